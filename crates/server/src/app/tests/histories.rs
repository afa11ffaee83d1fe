//! Made-up histories: payments over a line that loses questions and answers and delivers some late, with a clock that jumps, and
//! restarts at any moment. Whatever happens, nobody is charged twice, and both books agree in the end. One seed is one
//! history; the same seed makes the same one again: `HISTORY_SEED=… HISTORIES=1 cargo test histories`.

mod world;

use super::*;
use crate::{app::StartError, clock::JUMPED_MS, doctor};
use handsel_api::{
    Code,
    payments::{CapturePayment, PaymentStatus, Refund, RefundStatus},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use world::World;

/// How many histories there are where the environment does not say, as `HISTORIES`.
const HISTORIES: u64 = 150;
/// How many share a store.
const PER_STORE: u64 = 100;
const MINUTE_MS: i64 = 60 * 1000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// A payment of a history, and what its till was told.
struct Sale {
    id: PaymentId,
    minor: i64,
    charge: RequestKey,
    /// The till has seen it captured, with so much.
    acknowledged: Option<i64>,
    refunds: Vec<(RequestKey, i64)>,
    promised_back: i64,
}

#[test]
fn histories_over_a_bad_line_charge_nobody_twice() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let count = number("HISTORIES").unwrap_or(HISTORIES);
    let first = number("HISTORY_SEED").unwrap_or_else(|| rand::random::<u32>().into());
    run(first, count);
}

fn run(first: u64, count: u64) {
    // One thread, so that its clock is everybody's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut seed = first;
        while seed < first + count {
            let world = World::default();
            let dir = Arc::new(Ground::new(On::Sqlite));
            let app = App::open_with(&dir.config(), Box::new(world.clone())).await.unwrap();
            let mut shop = Shop::furnish(app, dir).await;
            let until = (seed + PER_STORE).min(first + count);
            while seed < until {
                shop = history(seed, shop, &world).await;
                seed += 1;
            }
            let report = doctor::look(&mut shop.app.0.store.read().await.unwrap(), &shop.app.0.vault).await.unwrap();
            assert!(
                report.sound && report.unknown == 0 && report.refunds_pending == 0,
                "before seed {seed}: {report:?}"
            );
            let cards = &report.cards[0];
            assert_eq!((cards.taken_minor, cards.given_back_minor), world.totals(), "before seed {seed}");
            shop.app.close().await;
            JUMPED_MS.set(0);
        }
    });
    eprintln!("{count} histories from seed {first}: nobody charged twice, nothing lost, both books agree");
}

/// Some minutes or days at a till; then the line is good again and everything has to be known.
async fn history(seed: u64, mut shop: Shop, world: &World) -> Shop {
    let mut rng = StdRng::seed_from_u64(seed);
    world.begin(seed);
    let mut sales = Vec::new();
    for _ in 0..rng.random_range(4..24) {
        match rng.random_range(0..20) {
            0..5 => sales.extend(ask(&shop, &mut rng).await),
            5..9 => with_one(&mut sales, &mut rng, async |sale, _| charge(&shop, sale, seed).await).await,
            9..11 => with_one(&mut sales, &mut rng, async |sale, rng| capture(&shop, sale, rng, seed).await).await,
            11 => {
                with_one(&mut sales, &mut rng, async |sale, _| drop(shop.app.cancel(&shop.till(), sale.id).await)).await
            }
            12..15 => with_one(&mut sales, &mut rng, async |sale, rng| refund(&shop, sale, rng).await).await,
            15 => drop(shop.app.ask_again().await),
            16 => drop(shop.app.housekeep().await),
            17 => jump(rng.random_range(-10 * MINUTE_MS..30 * MINUTE_MS)),
            18 => jump(rng.random_range(-DAY_MS..8 * DAY_MS)),
            _ => {
                shop.app.close().await;
                world.cut_off();
                shop = Shop { app: reopen(world, &shop).await, ..shop };
            }
        }
        world.deliver_some();
        if rng.random_bool(0.5) {
            shop.app.0.processor.end_rest();
        }
    }
    world.heal();
    shop.app.0.processor.end_rest();
    for _ in 0..20 {
        jump(30 * MINUTE_MS);
        shop.app.ask_again().await.unwrap();
        world.deliver_some();
    }
    for sale in &sales {
        hold_to_account(&shop, world, sale, seed).await;
    }
    shop
}

/// A process that another test starts right now may hold this one's lock until it is itself.
async fn reopen(world: &World, shop: &Shop) -> App {
    loop {
        match App::open_with(&shop.dir.config(), Box::new(world.clone())).await {
            Err(StartError::InUse(_)) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            opened => return opened.unwrap(),
        }
    }
}

fn jump(ms: i64) {
    // The clock of a machine never goes back to before the history.
    JUMPED_MS.set((JUMPED_MS.get() + ms).max(0));
}

async fn with_one(sales: &mut [Sale], rng: &mut StdRng, act: impl AsyncFnOnce(&mut Sale, &mut StdRng)) {
    if !sales.is_empty() {
        let nth = rng.random_range(0..sales.len());
        act(&mut sales[nth], rng).await;
    }
}

async fn ask(shop: &Shop, rng: &mut StdRng) -> Option<Sale> {
    let minor = rng.random_range(1..50_000);
    let capture = if rng.random_bool(0.4) { CaptureWhen::Later } else { CaptureWhen::Now };
    let asks = CreatePayment { capture, ..shop.asks(minor) };
    let id = shop.app.create_payment(&shop.till(), &RequestKey::unique(), asks).await.ok()?.id;
    let charge = RequestKey::unique();
    Some(Sale { id, minor, charge, acknowledged: None, refunds: Vec::new(), promised_back: 0 })
}

/// Charges, or charges again under the same key as a till does that heard nothing; and tries under another key.
async fn charge(shop: &Shop, sale: &mut Sale, seed: u64) {
    if let Ok(paid) = shop.app.pay_by_card(&shop.till(), &sale.charge, sale.id, VISA).await {
        note(sale, &paid, seed);
    }
    if let Ok(other) = shop.app.pay_by_card(&shop.till(), &RequestKey::unique(), sale.id, VISA).await {
        // Only where the first request came to nothing before it reached the processor.
        note(sale, &other, seed);
    }
}

async fn capture(shop: &Shop, sale: &mut Sale, rng: &mut StdRng, seed: u64) {
    let amount_minor = rng.random_bool(0.5).then(|| rng.random_range(1..=sale.minor));
    if let Ok(taken) = shop.app.capture(&shop.till(), sale.id, CapturePayment { amount_minor }).await {
        note(sale, &taken, seed);
    }
}

async fn refund(shop: &Shop, sale: &mut Sale, rng: &mut StdRng) {
    let again = sale.refunds.last().copied().filter(|_| rng.random_bool(0.3));
    let (request, minor) = again.unwrap_or_else(|| (RequestKey::unique(), rng.random_range(1..=sale.minor)));
    match shop.app.refund(&shop.till(), &request, sale.id, shop.refund(minor)).await {
        Ok(_) if again.is_none() => {
            sale.promised_back += minor;
            sale.refunds.push((request, minor));
        }
        Ok(_) => {}
        Err(refused) => assert!(matches!(refused.code, Code::WrongState | Code::RefundTooLarge), "{refused:?}"),
    }
}

fn note(sale: &mut Sale, payment: &Payment, seed: u64) {
    if payment.status == PaymentStatus::Captured {
        let minor = payment.captured_minor.unwrap();
        assert!(sale.acknowledged.is_none_or(|before| before == minor), "seed {seed}: captured another amount");
        sale.acknowledged = Some(minor);
    }
}

/// One payment when all is said and done.
async fn hold_to_account(shop: &Shop, world: &World, sale: &Sale, seed: u64) {
    let payment = shop.app.payment(&shop.till(), sale.id).await.unwrap();
    let charged = world.charged(sale.id);
    let place = format!("seed {seed}, {}: {payment:?}, {charged:?}", sale.id);
    assert!(charged.executed <= 1, "charged twice: {place}");
    assert!(!matches!(payment.status, PaymentStatus::Unknown | PaymentStatus::Processing), "never known: {place}");
    let captured = if payment.status == PaymentStatus::Captured { payment.captured_minor.unwrap() } else { 0 };
    assert_eq!(charged.captured_minor, captured, "the books differ: {place}");
    if let Some(acknowledged) = sale.acknowledged {
        assert_eq!(captured, acknowledged, "acknowledged and lost: {place}");
    }
    let refunds = shop.app.list_refunds(&shop.till(), sale.id).await.unwrap();
    let sum = |refunds: &[&Refund]| refunds.iter().map(|refund| refund.amount_minor).sum::<i64>();
    let (given, refused): (Vec<_>, Vec<_>) = refunds.iter().partition(|refund| refund.status == RefundStatus::Given);
    assert_eq!(sum(&given) + sum(&refused), sale.promised_back, "a refund was lost: {place}");
    assert!(refused.iter().all(|refund| refund.status == RefundStatus::Refused), "never known: {place}");
    assert_eq!(payment.refunded_minor, sum(&given), "{place}");
    assert_eq!(charged.refunded_minor, sum(&given), "a refund was lost or given twice: {place}");
    let held = payment.status == PaymentStatus::Authorized;
    assert_eq!(charged.held, held, "money is set aside that nobody knows of: {place}");
}
