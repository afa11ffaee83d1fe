//! `handsel bench payments`: payments through HTTP, from asking for the amount to a captured charge, on a server of its own.

use super::{
    Spread,
    shop::{CardCompany, Server, Shop, Sold, Start},
    spread,
};
use crate::demo::client::Answer;
use anyhow::{Context, Result, ensure};
use handsel_api::payments::{Payment, PaymentStatus};
use handsel_server::doctor;
use serde::Serialize;
use std::{
    path::PathBuf,
    sync::Mutex,
    time::{Duration, Instant},
};

/// How long it runs before anything is counted: files grow, statements are prepared, connections opened.
const WARM_UP: Duration = Duration::from_secs(2);
/// How many merchants there are, where there is not one.
const SHOPS: usize = 20;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many tills sell at once.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=512))]
    clients: u16,
    /// For how long, after two seconds of warming up.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=3600))]
    seconds: u16,
    /// Keep the store in an empty PostgreSQL database: postgres://…
    #[arg(long, value_name = "ADDRESS")]
    store: Option<String>,
    /// All payments go to one merchant, instead of to twenty.
    #[arg(long)]
    one_merchant: bool,
    /// Where the server's files are; a temporary folder without it.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Write the figures as JSON.
    #[arg(long, value_name = "F.json")]
    pub(super) json: Option<PathBuf>,
}

#[derive(Serialize)]
pub(super) struct Figures {
    clients: u16,
    seconds: f64,
    merchants: usize,
    captured: usize,
    captured_per_s: f64,
    /// From the request for the amount to the captured charge: two requests.
    p50_ms: f64,
    p99_ms: f64,
    /// From the shopper's yes to the captured charge: one request.
    yes_ms: Spread,
    /// Ledger rows written by these payments.
    transfers_per_s: f64,
    /// Acknowledged payments that are not there or not captured.
    lost: u64,
    /// Charges at the processor above one for each payment.
    charged_twice: i64,
    /// What the processor took, less what the ledger says, in minor units.
    imbalance: i64,
    /// What `handsel doctor` says.
    sound: bool,
}

/// One sale: from when to when, and from where the card was shown.
struct Sale {
    begun: Instant,
    ended: Instant,
    yes: Duration,
}

pub(super) fn figures(args: &Args) -> Result<Figures> {
    let folder = tempfile::tempdir()?;
    let data_dir = args.data_dir.clone().unwrap_or_else(|| folder.path().join("data"));
    let program = std::env::current_exe().context("this program has no path")?;
    let company = CardCompany::start(&program, &folder.path().join("books.db"))?;
    let (store, processor) = (args.store.as_deref(), company.url.as_str());
    let start = Start { program: &program, data_dir: &data_dir, processor, store, failpoint: None };
    let server = Server::start(&start)?;
    let shops = Shop::set_up(&server, if args.one_merchant { 1 } else { SHOPS })?;
    let counted_from = Instant::now() + WARM_UP;
    let until = counted_from + Duration::from_secs(args.seconds.into());
    let (sales, ids) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        let sellers: Vec<_> = (0..usize::from(args.clients))
            .map(|client| {
                let (shops, server, sales, ids) = (&shops, &server, &sales, &ids);
                let shop = &shops[client % shops.len()];
                scope.spawn(move || -> Result<()> {
                    let till = shop.till(server);
                    let (mut own, mut own_ids, mut number) = (Vec::new(), Vec::new(), 0u32);
                    while Instant::now() < until {
                        let begun = Instant::now();
                        let asked = shop.ask(&till, 250, &format!("{client}-{number}"))?;
                        let shown = Instant::now();
                        own_ids.push((client % shops.len(), shop.take(&till, asked, &format!("{client}-{number}"))?));
                        let ended = Instant::now();
                        own.push(Sale { begun, ended, yes: ended - shown });
                        number += 1;
                    }
                    sales.lock().map_err(|_| anyhow::anyhow!("a till broke"))?.extend(own);
                    ids.lock().map_err(|_| anyhow::anyhow!("a till broke"))?.extend(own_ids);
                    Ok(())
                })
            })
            .collect();
        sellers.into_iter().try_for_each(|seller| seller.join().map_err(|_| anyhow::anyhow!("a till broke"))?)
    })?;
    let sales = sales.into_inner().map_err(|_| anyhow::anyhow!("a till broke"))?;
    let ids = ids.into_inner().map_err(|_| anyhow::anyhow!("a till broke"))?;
    let counted: Vec<&Sale> = sales.iter().filter(|sale| sale.ended >= counted_from && sale.ended <= until).collect();
    ensure!(!counted.is_empty(), "nothing was sold");
    let all_ms = |of: &dyn Fn(&Sale) -> Duration| counted.iter().map(|sale| of(sale).as_secs_f64() * 1e3).collect();
    let (whole, yes_ms) = (spread(all_ms(&|sale| sale.ended - sale.begun)), spread(all_ms(&|sale| sale.yes)));
    let seconds = f64::from(args.seconds);
    let captured_per_s = counted.len() as f64 / seconds;
    let lost = count_lost(&server, &shops, &ids)?;
    drop(server);
    let store = args.store.as_deref().map(str::parse).transpose()?;
    let config = handsel_server::Config { data_dir, store, ..Default::default() };
    let report =
        super::super::serve::runtime()?.block_on(doctor::examine(&config)).map_err(|why| anyhow::anyhow!(why))?;
    let totals = company.totals()?;
    let booked: i64 = report.cards.iter().map(|cards| cards.taken_minor - cards.given_back_minor).sum();
    let imbalance = totals.captured_minor - totals.refunded_minor - booked;
    Ok(Figures {
        clients: args.clients,
        seconds,
        merchants: shops.len(),
        captured: counted.len(),
        captured_per_s,
        p50_ms: whole.p50,
        p99_ms: whole.p99,
        yes_ms,
        transfers_per_s: 2.0 * captured_per_s,
        lost,
        charged_twice: totals.charged_twice,
        imbalance,
        sound: report.sound,
    })
}

/// How many acknowledged payments are not there, or not captured.
fn count_lost(server: &Server, shops: &[Shop], sold: &[(usize, Sold)]) -> Result<u64> {
    let tills: Vec<_> = shops.iter().map(|shop| shop.till(server)).collect();
    let mut lost = 0;
    for (shop, sold) in sold {
        let now = tills[*shop].get::<Payment>(&format!("/v1/payments/{}", sold.id))?;
        lost += u64::from(!matches!(now, Answer::Done(Payment { status: PaymentStatus::Captured, .. })));
    }
    Ok(lost)
}
