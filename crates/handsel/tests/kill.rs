//! A killed process loses no acknowledged payment and charges nobody twice, wherever it is killed; and its books agree with the
//! card company's. `cargo xtask chaos --cycles N` runs more of it.

use anyhow::{Context, Result, ensure};
use client::Client;
use handsel_api::payments::{CreateRefund, Payment, PaymentStatus, Refund};
use handsel_server::{Config, doctor, failpoint::FAILPOINTS};
use shop::{CardCompany, Server, Shop, Sold, Start, pay};
use std::{
    path::Path,
    sync::mpsc,
    time::{Duration, Instant},
};

#[path = "../../../tests/support/postgres.rs"]
mod postgres;

#[path = "../src/demo/client.rs"]
#[allow(dead_code, unreachable_pub, reason = "the demo uses more of it")]
mod client;

#[path = "../src/bench/shop.rs"]
#[allow(dead_code, reason = "the bench uses more of it")]
mod shop;

/// How many kills there are, where the environment does not say: as `CHAOS_CYCLES`.
const CYCLES: u32 = 12;
/// How many tills sell at once.
const TILLS: u32 = 4;
/// How soon everything has to be known after a start.
const RECOVERY: Duration = Duration::from_secs(20);

#[test]
fn killed_anywhere_it_loses_no_acknowledged_payment_and_charges_nobody_twice() -> Result<()> {
    kill_again_and_again(None)
}

#[test]
fn killed_anywhere_it_loses_nothing_in_a_database() -> Result<()> {
    kill_again_and_again(Some(&postgres::database()))
}

#[test]
fn killed_at_every_point_between_a_request_and_its_receipt_it_loses_nothing() -> Result<()> {
    let ground = Ground::new(None)?;
    let mut sold = Vec::new();
    for failpoint in FAILPOINTS {
        // What the last kill left is brought to an end first, so that the server gets as far as selling.
        drop(ground.start(None)?);
        let mut server = ground.start(Some(failpoint))?;
        let till = ground.shop.till(&server);
        let until = Instant::now() + Duration::from_secs(30);
        for sale in 0.. {
            ensure!(Instant::now() < until, "nothing came by {failpoint}");
            match sell_and_give_back(&ground.shop, &till, &format!("{failpoint}-{sale}")) {
                Ok(done) => sold.push(done),
                Err(_) if ended(&mut server) => break,
                Err(why) => return Err(why.context(failpoint)),
            }
        }
    }
    ground.hold_to_account(&sold)
}

fn kill_again_and_again(store: Option<&str>) -> Result<()> {
    let cycles = std::env::var("CHAOS_CYCLES").ok().map(|text| text.parse()).transpose()?.unwrap_or(CYCLES);
    let ground = Ground::new(store)?;
    let mut acknowledged = Vec::new();
    for cycle in 0..cycles {
        let mut server = ground.start(None)?;
        let (sold, sales) = mpsc::channel();
        std::thread::scope(|scope| -> Result<()> {
            for till in 0..TILLS {
                let (client, shop, sold) = (ground.shop.till(&server), &ground.shop, sold.clone());
                scope.spawn(move || sell_until_it_breaks(shop, &client, &format!("{cycle}-{till}"), &sold));
            }
            let first = sales.recv_timeout(Duration::from_secs(60));
            // Somewhere else each time: 0 to 200 ms.
            std::thread::sleep(Duration::from_micros(
                u64::from(cycle.wrapping_mul(2_654_435_761) >> 16) * 200_000 / 65_536,
            ));
            server.kill();
            acknowledged.push(first.context("nothing was sold before the kill")?);
            Ok(())
        })?;
        drop(sold);
        acknowledged.extend(sales);
        if (cycle + 1) % 100 == 0 {
            eprintln!("{} kills, {} payments acknowledged", cycle + 1, acknowledged.len());
        }
    }
    ground.hold_to_account(&acknowledged)
}

/// An installation, its card company and a shop.
struct Ground {
    folder: tempfile::TempDir,
    store: Option<String>,
    company: CardCompany,
    shop: Shop,
}

impl Ground {
    fn new(store: Option<&str>) -> Result<Ground> {
        let folder = tempfile::tempdir()?;
        let company = CardCompany::start(program(), &folder.path().join("books.db"))?;
        let (data, store) = (folder.path().join("data"), store.map(str::to_owned));
        let start = Start {
            program: program(),
            data_dir: &data,
            processor: &company.url,
            store: store.as_deref(),
            failpoint: None,
        };
        let server = Server::start(&start)?;
        let shop = Shop::set_up(&server, 1)?.remove(0);
        Ok(Ground { folder, store, company, shop })
    }

    fn start(&self, failpoint: Option<&str>) -> Result<Server> {
        Server::start(&Start {
            program: program(),
            data_dir: &self.folder.path().join("data"),
            processor: &self.company.url,
            store: self.store.as_deref(),
            failpoint,
        })
    }

    /// Every acknowledged payment is there and a retry charges nothing; nothing stays unknown; the ledger is sound, and agrees
    /// with what the card company really did.
    fn hold_to_account(&self, acknowledged: &[Sold]) -> Result<()> {
        let server = self.start(None)?;
        let till = self.shop.till(&server);
        for Sold { id, key } in acknowledged {
            let now: Payment = till.get(&format!("/v1/payments/{id}"))?.done()?;
            ensure!(now.status == PaymentStatus::Captured, "{id} was acknowledged and is {:?}", now.status);
            let again = pay(&till, *id, key)?.done()?;
            ensure!(again.receipt_path == now.receipt_path, "{id} was charged again by a retry");
        }
        let began = Instant::now();
        let report = loop {
            let report = self.examine()?;
            if report.unknown == 0 && report.refunds_pending == 0 {
                break report;
            }
            ensure!(began.elapsed() < RECOVERY, "after {RECOVERY:?} it is still not known: {report:?}");
            std::thread::sleep(Duration::from_millis(100));
        };
        ensure!(report.sound, "{report:?}");
        let totals = self.company.totals()?;
        ensure!((totals.charged_twice, totals.refunded_twice) == (0, 0), "{totals:?}");
        let (taken, back) = report.cards.first().map_or((0, 0), |cards| (cards.taken_minor, cards.given_back_minor));
        ensure!((taken, back) == (totals.captured_minor, totals.refunded_minor), "{totals:?} {report:?}");
        eprintln!("{} acknowledged, {taken} taken, {back} given back, {totals:?}", acknowledged.len());
        Ok(())
    }

    fn examine(&self) -> Result<doctor::Report> {
        let store = self.store.as_deref().map(str::parse).transpose()?;
        let config = Config { data_dir: self.folder.path().join("data"), store, ..Config::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(doctor::examine(&config)).map_err(anyhow::Error::msg)
    }
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_handsel"))
}

/// Whether the server is gone, or goes soon.
fn ended(server: &mut Server) -> bool {
    (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        server.has_ended()
    })
}

/// Sells until the server is gone; what it reports, the server said was paid.
fn sell_until_it_breaks(shop: &Shop, till: &Client, name: &str, sold: &mpsc::Sender<Sold>) {
    for sale in 0_u32..100_000 {
        let name = format!("{name}-{sale}");
        let done = if sale % 3 == 2 { sell_and_give_back(shop, till, &name) } else { shop.sell(till, 250, &name) };
        let Ok(done) = done else { return };
        if sold.send(done).is_err() {
            return;
        }
    }
}

/// One sale with the money taken at once, one with it set aside first, and a part of it given back.
fn sell_and_give_back(shop: &Shop, till: &Client, name: &str) -> Result<Sold> {
    shop.sell_later(till, 400, &format!("later-{name}"))?;
    let sold = shop.sell(till, 300, name)?;
    let refund = CreateRefund { amount_minor: 100, currency: "EUR".into() };
    let path = format!("/v1/payments/{}/refunds", sold.id);
    till.post::<Refund>(&path, &refund, Some(&format!("back-{name}")))?.done()?;
    Ok(sold)
}
