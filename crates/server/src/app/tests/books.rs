//! A merchant's books: settlements that agree with the ledger after any history, and exports that leave nothing out.

use super::*;
use crate::{
    app::{Day, DayRange, Export},
    ids, secret,
    store::{
        Conn, Step as WriteStep, charges, charges::Captured, merchants, money, payments, payments::NewPayment, refunds,
        refunds::NewRefund,
    },
    vault::Vault,
};
use handsel_api::{
    Code,
    disputes::{CloseDispute, DisputeOutcome, OpenDispute, OpenedBy},
    payments::RefundStatus,
    settlements::{DifferenceKind, Figure, Settlement},
};
use handsel_ledger::{Account, Currency, Outcome, Step, Transfer, TransferId};
use proptest::{prelude::*, test_runner::TestRunner};
use std::collections::BTreeMap;

const FIRST_DAY: &str = "2026-02-26";
const DAYS: u32 = 5;

/// Something that happens at a time; which payment a refund is of is a number that is cut to fit.
#[derive(Debug, Clone)]
enum Event {
    Sale {
        at: i64,
        minor: i64,
    },
    /// Held and let go: no money moved.
    LetGo {
        at: i64,
        minor: i64,
    },
    Refund {
        at: i64,
        of: usize,
        minor: i64,
    },
}

/// Any moment of the days, their first and last milliseconds often.
fn moment() -> impl Strategy<Value = i64> {
    let day = 24 * 60 * 60 * 1000i64;
    (0..i64::from(DAYS), prop_oneof![Just(0), Just(day - 1), 0..day])
        .prop_map(move |(days, within)| days * day + within)
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => (moment(), 1..50_000i64).prop_map(|(at, minor)| Event::Sale { at, minor }),
        1 => (moment(), 1..50_000i64).prop_map(|(at, minor)| Event::LetGo { at, minor }),
        2 => (moment(), any::<usize>(), 1..20_000i64).prop_map(|(at, of, minor)| Event::Refund { at, of, minor }),
    ];
    prop::collection::vec(event, 1..30)
}

/// Two books written by the store's own hands: what happened, as payments and as transfers.
struct Writer<'a> {
    conn: &'a mut WriteStep,
    vault: &'a Vault,
    merchant: MerchantId,
    site: SiteId,
    start_ms: i64,
    sales: Vec<(PaymentId, Transfer, i64)>,
    /// By day: captured and refunded.
    expected: BTreeMap<i64, (Figure, Figure)>,
}

impl Writer<'_> {
    fn expect(&mut self, at: i64) -> &mut (Figure, Figure) {
        self.expected.entry(at.div_euclid(24 * 60 * 60 * 1000)).or_default()
    }

    async fn sale(&mut self, at: i64, minor: i64, reference: Option<&str>) -> PaymentId {
        let (id, now_ms) = (PaymentId(ids::next()), self.start_ms + at);
        let request = secret::random();
        let (merchant, site) = (self.merchant, self.site);
        let new = NewPayment {
            id,
            request: &request,
            site,
            merchant,
            amount_minor: minor,
            currency: "EUR",
            client_reference: reference,
            take: CaptureWhen::Now,
            now_ms,
        };
        payments::insert(self.conn, &new).await.unwrap();
        capture(self.conn, id, minor, now_ms).await;
        let post = self.hold(id, minor, now_ms).await;
        let post = Transfer { id: TransferId::of(id.0.into(), "capture"), step: Step::Post { hold: post.id }, ..post };
        self.apply(&post, now_ms).await;
        self.sales.push((id, post, minor));
        let captured = &mut self.expect(at).0;
        captured.count += 1;
        captured.sum_minor += minor;
        id
    }

    async fn let_go(&mut self, at: i64, minor: i64) {
        let id = PaymentId(ids::next());
        let hold = self.hold(id, minor, self.start_ms + at).await;
        let void = Transfer { id: TransferId::of(id.0.into(), "void"), step: Step::Void { hold: hold.id }, ..hold };
        self.apply(&void, self.start_ms + at).await;
    }

    /// A refund of what is left, where anything is.
    async fn refund(&mut self, at: i64, of: usize, minor: i64) {
        if self.sales.is_empty() {
            return;
        }
        let nth = of % self.sales.len();
        let (payment, post, left) = self.sales[nth];
        let minor = minor.min(left);
        if minor == 0 {
            return;
        }
        self.sales[nth].2 -= minor;
        let (id, now_ms) = (RefundId(ids::next()), self.start_ms + at);
        let amount = Amount::new(minor, post.amount.currency()).unwrap();
        let request = secret::random();
        let new = NewRefund {
            id,
            request: &request,
            payment,
            amount,
            credit_minor: 0,
            status: RefundStatus::Given,
            now_ms,
            ask_again_ms: now_ms,
        };
        refunds::insert(self.conn, &new).await.unwrap();
        let (debit, credit) = (post.credit, post.debit);
        let id = TransferId::of(id.0.into(), "refund");
        self.apply(&Transfer { id, step: Step::Refund { post: post.id }, debit, credit, amount }, now_ms).await;
        let refunded = &mut self.expect(at).1;
        refunded.count += 1;
        refunded.sum_minor += minor;
    }

    async fn hold(&mut self, id: PaymentId, minor: i64, now_ms: i64) -> Transfer {
        let eur = Currency::parse("EUR").unwrap();
        let hold = Transfer {
            id: TransferId::of(id.0.into(), "hold"),
            step: Step::Hold { expires_ms: None },
            debit: Account::clearing(eur).id,
            credit: Account::merchant(self.merchant.0.into(), eur).id,
            amount: Amount::new(minor, eur).unwrap(),
        };
        self.apply(&hold, now_ms).await;
        hold
    }

    async fn apply(&mut self, transfer: &Transfer, now_ms: i64) {
        assert_eq!(money::apply(self.conn, self.vault, transfer, now_ms).await.unwrap(), Outcome::Created);
    }
}

/// Marks a payment captured.
async fn capture(conn: &mut Conn, id: PaymentId, minor: i64, now_ms: i64) {
    sqlx::query("update payment set status = 'processing', ask = 'charge' where id = $1")
        .bind(id.to_string())
        .execute(&mut *conn)
        .await
        .unwrap();
    let receipt_hash = &secret::random();
    let end = Captured { minor, reference: None, auth_code: "A1", receipt_hash, now_ms, resolved_ms: None };
    let was = payments::payment(conn, id).await.unwrap().unwrap();
    charges::set_captured(conn, &was, &end).await.unwrap();
}

/// A merchant of its own with one site, in a transaction.
async fn merchant(conn: &mut Conn) -> (MerchantId, SiteId) {
    let (merchant, site) = (MerchantId(ids::next()), SiteId(ids::next()));
    merchants::insert_merchant(conn, merchant, "Shop", "EUR", 0).await.unwrap();
    money::open_merchant(conn, merchant, Currency::parse("EUR").unwrap()).await.unwrap();
    merchants::insert_site(conn, site, merchant, "=Front, \"left\"", 0).await.unwrap();
    (merchant, site)
}

fn first_day() -> Day {
    FIRST_DAY.parse().unwrap()
}

async fn settled(shop: &Shop, merchant: MerchantId) -> Vec<Settlement> {
    let (mut day, mut all) = (first_day(), Vec::new());
    for _ in 0..DAYS {
        all.push(shop.app.settlement(&Caller::till(merchant), merchant, day).await.unwrap());
        day = day.next();
    }
    all
}

/// Whatever happened, each day's figures are those of the history, both books agree, and days follow each other.
async fn agrees(shop: &Shop, history: &[Event]) -> MerchantId {
    let mut tx = shop.app.0.store.write().await.unwrap();
    let (merchant, site) = merchant(&mut tx).await;
    let start_ms = first_day().start_ms();
    let expected = {
        let (sales, expected) = (Vec::new(), BTreeMap::new());
        let mut writer = Writer { conn: &mut tx, vault: &shop.app.0.vault, merchant, site, start_ms, sales, expected };
        for event in history {
            match *event {
                Event::Sale { at, minor } => drop(writer.sale(at, minor, None).await),
                Event::LetGo { at, minor } => writer.let_go(at, minor).await,
                Event::Refund { at, of, minor } => writer.refund(at, of, minor).await,
            }
        }
        writer.expected
    };
    tx.commit().await.unwrap();
    let mut owed = 0;
    for (n, day) in settled(shop, merchant).await.into_iter().enumerate() {
        let (captured, refunded) = expected.get(&i64::try_from(n).unwrap()).copied().unwrap_or_default();
        assert_eq!((day.captured, day.refunded), (captured, refunded), "{}", day.day);
        assert_eq!((day.ledger.captured, day.ledger.refunded), (captured, refunded), "{}", day.day);
        assert!(day.reconciled && day.difference_count == 0 && day.differences.is_empty(), "{day:?}");
        assert_eq!(day.ledger.opening_minor, owed, "{}", day.day);
        owed += captured.sum_minor - refunded.sum_minor;
        assert_eq!((day.ledger.closing_minor, day.net_minor), (owed, captured.sum_minor - refunded.sum_minor));
    }
    let account = Account::merchant(merchant.0.into(), Currency::parse("EUR").unwrap()).id;
    let mut conn = shop.app.0.store.read().await.unwrap();
    let (debits, credits) = money::posted(&mut conn, account).await.unwrap();
    assert_eq!(credits - debits, owed, "all of it was on these days");
    merchant
}

fn settlements_agree_with_the_ledger_after_any_history(on: On) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let shop = runtime.block_on(Shop::open_on(on));
    TestRunner::new(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })
        .run(&events(), |history| {
            runtime.block_on(agrees(&shop, &history));
            Ok(())
        })
        .unwrap();
}

#[test]
fn settlements_agree_after_any_history_in_a_file() {
    settlements_agree_with_the_ledger_after_any_history(On::Sqlite);
}

#[test]
fn settlements_agree_after_any_history_in_a_database() {
    settlements_agree_with_the_ledger_after_any_history(On::Postgres);
}

async fn what_differs_is_named(on: On) {
    let shop = Shop::open_on(on).await;
    let mut tx = shop.app.0.store.write().await.unwrap();
    let (merchant, site) = merchant(&mut tx).await;
    let (start_ms, sales, expected) = (first_day().start_ms(), Vec::new(), BTreeMap::new());
    let mut writer = Writer { conn: &mut tx, vault: &shop.app.0.vault, merchant, site, start_ms, sales, expected };
    let fine = writer.sale(0, 500, None).await;
    let changed = writer.sale(1, 1_000, None).await;
    let gone = writer.sale(2, 2_000, None).await;
    // Refunded, and then the refund is lost; and a payment that no transfer knows.
    writer.refund(3, 0, 100).await;
    let lone = PaymentId(ids::next());
    let request = secret::random();
    let new = NewPayment {
        id: lone,
        request: &request,
        site,
        merchant,
        amount_minor: 77,
        currency: "EUR",
        client_reference: None,
        take: CaptureWhen::Now,
        now_ms: start_ms,
    };
    payments::insert(&mut tx, &new).await.unwrap();
    capture(&mut tx, lone, 77, start_ms + 9).await;
    for (statement, id) in [
        ("update payment set captured_minor = 999 where id = $1", changed),
        ("delete from payment where id = $1", gone),
        ("delete from refund where payment_id = $1", fine),
    ] {
        sqlx::query(statement).bind(id.to_string()).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    let day = shop.app.settlement(&Caller::Operator, merchant, first_day()).await.unwrap();
    assert!(!day.reconciled);
    let mut found: Vec<_> =
        day.differences.iter().map(|one| (one.kind, one.payment, one.payment_minor, one.ledger_minor)).collect();
    found.sort_by_key(|(_, _, paper, ledger)| (*ledger, *paper));
    assert_eq!(
        found,
        [
            (DifferenceKind::NotInLedger, Some(lone), Some(77), None),
            (DifferenceKind::OnlyInLedger, None, None, Some(100)),
            (DifferenceKind::AmountDiffers, Some(changed), Some(999), Some(1_000)),
            (DifferenceKind::OnlyInLedger, None, None, Some(2_000)),
        ]
    );
    assert_eq!(day.difference_count, 4);
    let transfer = TransferId::of(gone.0.into(), "capture").0;
    assert!(day.differences.iter().any(|one| one.transfer == format!("{transfer:032x}")));
    let next = shop.app.settlement(&Caller::Operator, merchant, first_day().next()).await.unwrap();
    assert!(next.reconciled, "other days are what they were");
}

async fn a_real_day_settles_with_what_was_taken_back(on: On) {
    let shop = Shop::open_on(on).await;
    let (first, second) = (shop.paid(1_000).await, shop.paid(250).await);
    shop.app.refund(&shop.till(), &RequestKey::unique(), first.id, shop.refund(400)).await.unwrap();
    let declined = PayByCard { sandbox_card: SandboxCard::VisaDeclined, ..VISA };
    let id = shop.payment(9_999).await.id;
    shop.app.pay_by_card(&shop.till(), &RequestKey::unique(), id, declined).await.unwrap();
    shop.payment(77).await;
    for (payment, outcome) in [(first.id, DisputeOutcome::Lost), (second.id, DisputeOutcome::Won)] {
        let open = OpenDispute { opened_by: OpenedBy::Processor, note: None };
        let dispute = shop.app.open_dispute(&Caller::Operator, payment, open).await.unwrap().id;
        let close = CloseDispute { outcome, note: None };
        shop.app.close_dispute(&Caller::Operator, dispute, close).await.unwrap();
    }
    // Between these lines midnight may pass; then all of it is on the day before.
    let mut day = shop.app.settlement(&shop.till(), shop.merchant, Day::today()).await.unwrap();
    if day.captured.count == 0 {
        day = shop.app.settlement(&shop.till(), shop.merchant, Day::today().before()).await.unwrap();
    }
    assert_eq!(day.captured, Figure { count: 2, sum_minor: 1_250 });
    assert_eq!(day.refunded, Figure { count: 1, sum_minor: 400 });
    assert_eq!(day.taken_back, Figure { count: 1, sum_minor: 600 }, "what remained of the first");
    assert_eq!((day.net_minor, day.ledger.closing_minor), (250, 250));
    assert!(day.reconciled);
}

/// A day with two ways of paying, a tip, a part captured, a refund that is refused, and a dispute that is lost.
async fn a_day_with_credits_settles_too(on: On) {
    let dir = Arc::new(Ground::new(on));
    let processor = Faulty::new(dir.path(), Fault::None).await;
    let shop = Shop::open_with(processor.clone(), dir).await;
    let (till, hand) = (shop.till(), Drawn::new(1, Hand::Right));
    let (wren, _) = shop.shopper("Wren", None).await;
    shop.enrol(wren, &hand).await;
    super::later::give_credits(&shop, wren, 1_000).await;
    let id = shop.payment(1_500).await.id;
    shop.app.identify(&till, id, Cohort::Everyone, hand.frame(3)).await.unwrap();
    let yes = ConfirmPayment { tip_minor: 100, ..ConfirmPayment::default() };
    let paid = shop.app.confirm(&till, &RequestKey::unique(), id, yes).await.unwrap();
    assert_eq!((paid.credit_minor, paid.captured_minor), (1_000, Some(1_600)));
    // 600 to the card and 50 to credits; then the processor refuses another payment's.
    shop.app.refund(&till, &RequestKey::unique(), id, shop.refund(650)).await.unwrap();
    let other = shop.paid(200).await;
    processor.set(Fault::RefusesRefunds);
    let refused = shop.app.refund(&till, &RequestKey::unique(), other.id, shop.refund(70)).await.unwrap();
    assert_eq!(refused.status, RefundStatus::Refused);
    processor.set(Fault::None);
    let secret = paid.receipt_path.unwrap().rsplit('/').next().unwrap().to_owned();
    let receipt = shop.app.receipt(&secret).await.unwrap();
    assert_eq!((receipt.amount_minor, receipt.tip_minor, receipt.credit_minor), (1_500, Some(100), Some(1_000)));
    let open = OpenDispute { opened_by: OpenedBy::Processor, note: None };
    let dispute = shop.app.open_dispute(&Caller::Operator, id, open).await.unwrap();
    assert_eq!(dispute.amount_minor, 950);
    let before = shop.app.refund(&till, &RequestKey::unique(), id, shop.refund(150)).await.unwrap();
    assert_eq!(before.credit_minor, 150, "nothing is left of the card's part");
    let lost = CloseDispute { outcome: DisputeOutcome::Lost, note: None };
    let lost = shop.app.close_dispute(&Caller::Operator, dispute.id, lost).await.unwrap();
    assert_eq!(lost.amount_minor, 800, "what remained when it was lost");
    let more = shop.app.refund(&till, &RequestKey::unique(), id, shop.refund(1)).await.unwrap_err();
    assert_eq!(more.code, Code::RefundTooLarge, "its money was taken back");
    let mut day = shop.app.settlement(&till, shop.merchant, Day::today()).await.unwrap();
    if day.captured.count == 0 {
        day = shop.app.settlement(&till, shop.merchant, Day::today().before()).await.unwrap();
    }
    assert!(day.reconciled, "{:?}", day.differences);
    assert_eq!(day.captured, Figure { count: 2, sum_minor: 1_800 });
    assert_eq!(day.tips, Some(Figure { count: 1, sum_minor: 100 }));
    assert_eq!(day.credits, Some(Figure { count: 1, sum_minor: 1_000 }));
    assert_eq!(day.refunded, Figure { count: 3, sum_minor: 870 });
    assert_eq!(day.refunds_refused, Figure { count: 1, sum_minor: 70 });
    assert_eq!(day.taken_back, Figure { count: 1, sum_minor: 800 });
    assert_eq!((day.net_minor, day.ledger.closing_minor), (200, 200));
    assert_eq!(shop.booked().await, 200);
    let report = crate::doctor::examine(&shop.dir.config()).await.unwrap();
    assert!(report.sound, "{:?}", report.findings);
    // The same after everything was summed up; and a dispute whose transfer is missing is found by both.
    shop.app.housekeep().await.unwrap();
    let again = shop.app.settlement(&till, shop.merchant, Day::today()).await.unwrap();
    assert_eq!(again.ledger.closing_minor, 200);
    let mut tx = shop.app.0.store.write().await.unwrap();
    sqlx::query("update dispute set amount_minor = 801 where id = $1")
        .bind(dispute.id.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let report = crate::doctor::examine(&shop.dir.config()).await.unwrap();
    assert!(report.findings.iter().any(|finding| finding.contains(&dispute.id.to_string())), "{:?}", report.findings);
    let range = DayRange::new(Day::today().before(), Day::today()).unwrap();
    let (_, csv) = whole(shop.app.export(&till, shop.merchant, range).await.unwrap()).await;
    let csv = String::from_utf8(csv).unwrap();
    assert!(csv.contains(",lost,100,1000\r\n") && csv.contains(",lost,0,50\r\n"), "{csv}");
}

async fn books_are_for_the_merchant_and_the_operator(on: On) {
    let shop = Shop::open_on(on).await;
    let range = DayRange::new(first_day(), first_day()).unwrap();
    let other = Caller::till(MerchantId(ids::next()));
    for (caller, expected) in [
        (other, Code::NotFound),
        (shop.kiosk(), Code::Forbidden),
        (Caller::Subject(SubjectId(ids::next())), Code::Forbidden),
    ] {
        let refused = shop.app.settlement(&caller, shop.merchant, first_day()).await.unwrap_err();
        assert_eq!(refused.code, expected, "{caller:?}");
        let refused = shop.app.export(&caller, shop.merchant, range).await.err().unwrap();
        assert_eq!(refused.code, expected, "{caller:?}");
    }
    let nobody = shop.app.settlement(&Caller::Operator, MerchantId(ids::next()), first_day()).await.unwrap_err();
    assert_eq!(nobody.code, Code::NotFound);
    assert!(DayRange::new(first_day().next(), first_day()).is_err());
}

async fn whole(mut export: Export) -> (usize, Vec<u8>) {
    let (mut largest, mut all) = (0, Vec::new());
    while let Some(part) = export.next().await.unwrap() {
        largest = largest.max(part.len());
        all.extend(part);
    }
    (largest, all)
}

async fn an_export_leaves_nothing_out_and_runs_nothing(on: On) {
    let shop = Shop::open_on(on).await;
    let mut tx = shop.app.0.store.write().await.unwrap();
    let (merchant, site) = merchant(&mut tx).await;
    let (start_ms, sales, expected) = (first_day().start_ms(), Vec::new(), BTreeMap::new());
    let mut writer = Writer { conn: &mut tx, vault: &shop.app.0.vault, merchant, site, start_ms, sales, expected };
    let references = ["=HYPERLINK(\"http://evil\")", "+1", "-2+3", "@SUM(A1)", "till, 4 \"left\"", "شاي"];
    // More than two parts of them, many at the same millisecond, and some on days before and after.
    for n in 0..1_203i64 {
        let reference = usize::try_from(n).ok().and_then(|n| references.get(n).copied());
        writer.sale(n / 400, 100 + n, reference).await;
    }
    for n in 0..510 {
        writer.refund(50, n, 10).await;
    }
    writer.sale(-1, 5, None).await;
    writer.sale(24 * 60 * 60 * 1000, 6, None).await;
    tx.commit().await.unwrap();
    let range = DayRange::new(first_day(), first_day()).unwrap();
    let export = shop.app.export(&Caller::till(merchant), merchant, range).await.unwrap();
    assert_eq!(export.file_name(), "payments-2026-02-26-2026-02-26.csv");
    let (largest, file) = whole(export).await;
    assert!(largest * 2 < file.len(), "it comes in parts: {largest} of {}", file.len());
    assert!(file.ends_with(b"\r\n"));
    let mut reader = csv::Reader::from_reader(file.as_slice());
    let columns = reader.headers().unwrap().clone();
    let at = |name: &str| columns.iter().position(|column| column == name).unwrap();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let (sales, refunds): (Vec<_>, Vec<_>) = rows.iter().partition(|row| &row[at("kind")] == "sale");
    assert_eq!((sales.len(), refunds.len()), (1_203, 510));
    let payments: std::collections::HashSet<_> = sales.iter().map(|row| &row[at("payment")]).collect();
    assert_eq!(payments.len(), 1_203, "none twice");
    let sum = |rows: &[&csv::StringRecord]| {
        rows.iter().map(|row| row[at("amount_minor")].parse::<i64>().unwrap()).sum::<i64>()
    };
    let day = shop.app.settlement(&Caller::Operator, merchant, first_day()).await.unwrap();
    assert_eq!((sum(&sales), sum(&refunds)), (day.captured.sum_minor, day.refunded.sum_minor));
    let written: Vec<_> =
        sales.iter().map(|row| row[at("till_number")].to_owned()).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(written.len(), references.len());
    for reference in references {
        let safe =
            if reference.starts_with(['=', '+', '-', '@']) { format!("'{reference}") } else { reference.to_owned() };
        assert!(written.contains(&safe), "{safe} in {written:?}");
    }
    for row in &rows {
        assert_eq!(&row[at("site")], "'=Front, \"left\"");
        assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{row:?}");
    }
    assert_eq!((&rows[0][at("amount")], &rows[0][at("time_utc")]), ("1.00", "2026-02-26T00:00:00.000Z"));
}

on_both_engines!(
    what_differs_is_named,
    a_real_day_settles_with_what_was_taken_back,
    a_day_with_credits_settles_too,
    books_are_for_the_merchant_and_the_operator,
    an_export_leaves_nothing_out_and_runs_nothing,
);
