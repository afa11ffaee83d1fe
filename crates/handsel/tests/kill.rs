//! A killed process loses no acknowledged payment, and charges nobody twice.

use anyhow::{Context, Result, ensure};
use client::{Answer, Client};
use handsel_api::{
    PaymentId, SiteId,
    keys::NewKey,
    merchants::{CreateMerchant, CreateSite, Merchant, Site},
    payments::{CreatePayment, PayByCard, Payment, PaymentStatus},
    subjects::SandboxCard,
};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

#[path = "../../../tests/support/postgres.rs"]
mod postgres;

#[path = "../src/demo/client.rs"]
#[allow(dead_code, unreachable_pub, reason = "the demo uses more of it")]
mod client;

/// How often the server is killed. Each time somewhere else: the pause before it grows.
const KILLS: u32 = 12;

#[test]
fn no_acknowledged_payment_is_lost_and_none_is_charged_twice() -> Result<()> {
    kill_again_and_again(None)
}

#[test]
fn no_acknowledged_payment_is_lost_from_a_database_and_none_is_charged_twice() -> Result<()> {
    kill_again_and_again(Some(&postgres::database()))
}

fn kill_again_and_again(store: Option<&str>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(folder.path(), store)?;
    let operator = server.anyone().with_bearer(&server.anyone().claim_admin(&server.admin_link)?);
    let merchant = CreateMerchant { name: "Fennel & Rye".into(), currency: "EUR".into() };
    let merchant = operator.post::<Merchant>("/v1/merchants", &merchant, None)?.done()?.id;
    let key: NewKey = operator.act(&format!("/v1/merchants/{merchant}/keys"), None)?.done()?;
    let site = CreateSite { merchant, name: "Quay Street".into() };
    let site = operator.post::<Site>("/v1/sites", &site, None)?.done()?.id;
    drop(server);

    let mut acknowledged = Vec::new();
    for kill in 0..KILLS {
        let mut server = Server::start(folder.path(), store)?;
        let till = server.anyone().with_bearer(&key.key);
        let (sold, sales) = mpsc::channel();
        let selling = std::thread::spawn(move || sell_until_it_breaks(&till, site, kill, &sold));
        let first = sales.recv_timeout(Duration::from_secs(60)).context("nothing was sold before the kill")?;
        std::thread::sleep(Duration::from_millis(17 * u64::from(kill)));
        server.kill();
        selling.join().expect("the till does not panic");
        acknowledged.push(first);
        acknowledged.extend(sales);
    }

    let server = Server::start(folder.path(), store)?;
    let till = server.anyone().with_bearer(&key.key);
    for Sold { id, key } in &acknowledged {
        let now: Payment = till.get(&format!("/v1/payments/{id}"))?.done()?;
        ensure!(now.status == PaymentStatus::Captured, "{id} was acknowledged and is {:?}", now.status);
        let again = pay(&till, *id, key)?.done()?;
        ensure!(again.receipt_path == now.receipt_path, "{id} was charged again by a retry");
    }
    Ok(())
}

/// A payment the till has a receipt for.
struct Sold {
    id: PaymentId,
    key: String,
}

/// Sells until the server is gone; what it reports, the server said was paid.
fn sell_until_it_breaks(till: &Client, site: SiteId, kill: u32, sold: &mpsc::Sender<Sold>) {
    for sale in 0_u32..10_000 {
        let Ok(done) = sell(till, site, &format!("{kill}-{sale}")) else { return };
        if sold.send(done).is_err() {
            return;
        }
    }
}

fn sell(till: &Client, site: SiteId, name: &str) -> Result<Sold> {
    let new = CreatePayment {
        site,
        amount_minor: 250,
        currency: "EUR".into(),
        client_reference: None,
        capture: Default::default(),
    };
    let payment: Payment = till.post("/v1/payments", &new, Some(&format!("open-{name}")))?.done()?;
    let key = format!("card-{name}");
    let paid = pay(till, payment.id, &key)?.done()?;
    ensure!(paid.status == PaymentStatus::Captured, "the payment is {:?}", paid.status);
    Ok(Sold { id: payment.id, key })
}

fn pay(till: &Client, id: PaymentId, key: &str) -> Result<Answer<Payment>> {
    let card = PayByCard { sandbox_card: SandboxCard::MastercardApproved, tip_minor: 0, credit_code: None };
    till.post(&format!("/v1/payments/{id}/card"), &card, Some(key))
}

/// The real binary as a real process.
struct Server {
    process: Child,
    base: String,
    admin_link: String,
}

impl Server {
    fn start(data_dir: &Path, store: Option<&str>) -> Result<Server> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_handsel"))
            .envs(store.map(|store| ("HANDSEL_STORE", store)))
            .args(["serve", "--listen", "127.0.0.1:0", "--no-demo", "--data-dir"])
            .arg(data_dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut lines = BufReader::new(process.stdout.take().context("no standard output")?).lines();
        let mut url = || -> Result<String> {
            let line = lines.next().context("the server printed no address")??;
            Ok(line.split_whitespace().last().context("an empty line")?.to_owned())
        };
        let base = url()?.trim_end_matches('/').to_owned();
        let admin_link = url()?.rsplit('/').next().context("no link")?.to_owned();
        Ok(Server { process, base, admin_link })
    }

    fn anyone(&self) -> Client {
        Client::new(&self.base)
    }

    /// Signal 9: no chance to finish anything.
    fn kill(&mut self) {
        self.process.kill().expect("the server runs");
        self.process.wait().expect("the server ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended is fine.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
