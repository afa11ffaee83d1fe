//! How credits come and go: given once, spent in parts, expired, taken back, left behind; and vouchers for who does not enrol.

mod any_history;

use super::*;
use crate::{
    doctor,
    store::{credits, payments, promotions},
};
use handsel_api::{
    Code, Private, PromotionId,
    credits::{CreatePromotion, CreateVouchers, Credit, Promotion, Vouchers},
    disputes::{CloseDispute, DisputeOutcome, OpenDispute, OpenedBy},
    payments::{CapturePayment, PaymentStatus},
};

const OPERATOR: Caller = Caller::Operator;

fn welcome(minor: i64) -> CreatePromotion {
    CreatePromotion {
        name: "Welcome".to_owned(),
        amount_minor: minor,
        currency: "EUR".to_owned(),
        from: None,
        until: None,
        days: 90,
    }
}

async fn promotion(shop: &Shop, minor: i64) -> Promotion {
    shop.app.create_promotion(&OPERATOR, welcome(minor)).await.unwrap()
}

/// A subject who signed and has no card.
async fn signed(shop: &Shop, name: &str) -> SubjectId {
    let create = CreateSubject { site: shop.site, display_name: name.to_owned(), of_age: true, phone_last4: None };
    let id = shop.app.create_subject(&shop.kiosk(), create).await.unwrap().subject.id;
    shop.app.give_consent(&shop.kiosk(), id, shop.yes(name)).await.unwrap();
    id
}

async fn link(shop: &Shop, subject: SubjectId, sandbox_card: SandboxCard) {
    shop.app.add_payment_method(&shop.kiosk(), subject, AddPaymentMethod { sandbox_card }).await.unwrap();
}

async fn credits_of(shop: &Shop, subject: SubjectId) -> Vec<Credit> {
    shop.app.credits(&Caller::Subject(subject), subject).await.unwrap()
}

/// How much of each a subject can spend, newest first.
async fn left(shop: &Shop, subject: SubjectId) -> Vec<i64> {
    credits_of(shop, subject).await.iter().map(|credit| credit.left_minor).collect()
}

/// What promotions cost so far: what was given and did not come back.
async fn cost(shop: &Shop) -> i64 {
    let account = Account::promotion(Currency::parse("EUR").unwrap());
    let (debits, credits) = money::posted(&mut shop.app.0.store.read().await.unwrap(), account.id).await.unwrap();
    debits - credits
}

/// Has a promotion's credits expire, as when their time has come.
async fn let_time_pass(shop: &Shop, promotion: PromotionId) {
    let mut tx = shop.app.0.store.write().await.unwrap();
    sqlx::query("update credit set expires_ms = 1 where promotion_id = $1")
        .bind(promotion.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// A payment that is about somebody, as after a hand was recognised.
async fn recognised(shop: &Shop, subject: SubjectId, minor: i64, capture: CaptureWhen) -> PaymentId {
    let asks = CreatePayment { capture, ..shop.asks(minor) };
    let id = shop.app.create_payment(&shop.till(), &RequestKey::unique(), asks).await.unwrap().id;
    let mut tx = shop.app.0.store.write().await.unwrap();
    payments::set_status(&mut tx, id, PaymentStatus::RequiresConfirmation, Some(subject)).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn pays(shop: &Shop, subject: SubjectId, minor: i64, capture: CaptureWhen) -> Payment {
    let id = recognised(shop, subject, minor, capture).await;
    shop.app.confirm(&shop.till(), &RequestKey::unique(), id, ConfirmPayment::default()).await.unwrap()
}

async fn refund(shop: &Shop, id: PaymentId, minor: i64) {
    shop.app.refund(&shop.till(), &RequestKey::unique(), id, shop.refund(minor)).await.unwrap();
}

async fn sound(shop: &Shop) {
    let report = doctor::examine(&shop.dir.config()).await.unwrap();
    assert!(report.sound, "{:?}", report.findings);
}

async fn they_are_given_once_per_palm_and_once_per_card(on: On) {
    let shop = Shop::open_on(on).await;
    let [wrens, moss_hand, third] = [Drawn::new(1, Hand::Right), Drawn::new(2, Hand::Left), Drawn::new(3, Hand::Right)];
    let early = signed(&shop, "Ash").await;
    let gift = promotion(&shop, 1_000).await;
    // In either order, and only when both are there.
    let wren = signed(&shop, "Wren").await;
    link(&shop, wren, SandboxCard::VisaApproved).await;
    assert!(credits_of(&shop, wren).await.is_empty());
    shop.enrol(wren, &wrens).await;
    let given = credits_of(&shop, wren).await;
    assert_eq!((given.len(), given[0].promotion, given[0].left_minor), (1, gift.id, 1_000));
    assert_eq!(given[0].name, "Welcome");
    let moss = signed(&shop, "Moss").await;
    shop.enrol(moss, &moss_hand).await;
    assert!(credits_of(&shop, moss).await.is_empty());
    link(&shop, moss, SandboxCard::MastercardApproved).await;
    assert_eq!(left(&shop, moss).await, [1_000]);
    // Another palm, another card, another capture: not again.
    link(&shop, wren, SandboxCard::VisaDeclined).await;
    let others = Drawn::new(1, Hand::Left);
    shop.enrol(wren, &others).await;
    assert_eq!(left(&shop, wren).await, [1_000]);
    // Somebody else's palm with a card that was used, also after its owner left.
    let third_one = signed(&shop, "Rue").await;
    shop.enrol(third_one, &third).await;
    link(&shop, third_one, SandboxCard::VisaApproved).await;
    assert!(credits_of(&shop, third_one).await.is_empty());
    shop.app.erase_subject(&OPERATOR, moss).await.unwrap();
    let again = signed(&shop, "Moss again").await;
    shop.enrol(again, &moss_hand).await;
    link(&shop, again, SandboxCard::MastercardApproved).await;
    assert!(credits_of(&shop, again).await.is_empty(), "who leaves and comes back with the same card");
    // Who was here before gets what began later for nothing.
    shop.enrol(early, &Drawn::new(4, Hand::Right)).await;
    link(&shop, early, SandboxCard::VisaDeclined).await;
    assert!(credits_of(&shop, early).await.is_empty());
    let listed = shop.app.list_promotions(&OPERATOR, 10, None).await.unwrap().data;
    assert_eq!(listed[0].given_count, 2);
    assert_eq!(cost(&shop).await, 1_000, "Moss's went back");
    sound(&shop).await;
}

async fn what_has_ended_or_not_begun_gives_nothing(on: On) {
    let shop = Shop::open_on(on).await;
    let ended = promotion(&shop, 500).await;
    for _ in 0..2 {
        let shown = shop.app.end_promotion(&OPERATOR, ended.id).await.unwrap();
        assert!(shown.ended_at.is_some());
    }
    let later = CreatePromotion { from: Some("2999-01-01T00:00:00Z".to_owned()), ..welcome(500) };
    shop.app.create_promotion(&OPERATOR, later).await.unwrap();
    let (wren, _) = shop.shopper("Wren", None).await;
    shop.enrol(wren, &Drawn::new(1, Hand::Right)).await;
    assert!(credits_of(&shop, wren).await.is_empty());
    assert!(shop.app.running_promotions().await.unwrap().is_empty());
    for caller in [shop.till(), shop.kiosk(), Caller::Subject(wren)] {
        let refused = shop.app.create_promotion(&caller, welcome(1)).await.unwrap_err();
        assert_eq!(refused.code, Code::Forbidden);
        assert_eq!(shop.app.end_promotion(&caller, ended.id).await.unwrap_err().code, Code::Forbidden);
        assert_eq!(shop.app.take_back_credits(&caller, wren).await.unwrap_err().code, Code::Forbidden);
    }
    assert_eq!(shop.app.credits(&shop.till(), wren).await.unwrap_err().code, Code::Forbidden);
}

async fn what_is_left_expires_and_what_is_held_is_left_alone(on: On) {
    let shop = Shop::open_on(on).await;
    let gift = promotion(&shop, 1_000).await;
    let (wren, _) = shop.shopper("Wren", None).await;
    shop.enrol(wren, &Drawn::new(1, Hand::Right)).await;
    let paid = pays(&shop, wren, 300, CaptureWhen::Now).await;
    assert_eq!((paid.credit_minor, paid.card), (300, None), "no card was asked");
    let held = pays(&shop, wren, 200, CaptureWhen::Later).await;
    assert_eq!((held.status, held.credit_minor), (PaymentStatus::Authorized, 200));
    shop.app.expire_credits().await.unwrap();
    assert_eq!(left(&shop, wren).await, [500], "it is not time");
    let_time_pass(&shop, gift.id).await;
    shop.app.expire_credits().await.unwrap();
    assert_eq!((left(&shop, wren).await, cost(&shop).await), (vec![0], 500));
    // Let go after its time: it expires then.
    shop.app.cancel(&shop.till(), held.id).await.unwrap();
    shop.app.expire_credits().await.unwrap();
    assert_eq!((left(&shop, wren).await, cost(&shop).await), (vec![0], 300));
    // What a refund brings back, too.
    refund(&shop, paid.id, 300).await;
    shop.app.expire_credits().await.unwrap();
    assert_eq!((left(&shop, wren).await, cost(&shop).await), (vec![0], 0));
    let next = pays(&shop, wren, 100, CaptureWhen::Now).await;
    assert_eq!((next.credit_minor, next.status), (0, PaymentStatus::Captured));
    sound(&shop).await;
}

async fn what_expires_first_is_spent_first(on: On) {
    let shop = Shop::open_on(on).await;
    let long = promotion(&shop, 1_000).await;
    let short = CreatePromotion { days: 1, ..welcome(500) };
    let short = shop.app.create_promotion(&OPERATOR, short).await.unwrap();
    let (wren, _) = shop.shopper("Wren", None).await;
    shop.enrol(wren, &Drawn::new(1, Hand::Right)).await;
    let shown = |credits: Vec<Credit>| -> Vec<(PromotionId, i64)> {
        credits.iter().map(|credit| (credit.promotion, credit.left_minor)).collect()
    };
    pays(&shop, wren, 400, CaptureWhen::Now).await;
    assert_eq!(shown(credits_of(&shop, wren).await), [(short.id, 100), (long.id, 1_000)]);
    let_time_pass(&shop, short.id).await;
    shop.app.expire_credits().await.unwrap();
    assert_eq!(shown(credits_of(&shop, wren).await), [(short.id, 0), (long.id, 1_000)]);
    assert_eq!(cost(&shop).await, 1_400);
    pays(&shop, wren, 2_000, CaptureWhen::Now).await;
    assert_eq!(shown(credits_of(&shop, wren).await), [(short.id, 0), (long.id, 0)]);
    sound(&shop).await;
}

async fn they_are_taken_back_and_left_behind(on: On) {
    let shop = Shop::open_on(on).await;
    promotion(&shop, 1_000).await;
    let (wren, _) = shop.shopper("Wren", None).await;
    shop.enrol(wren, &Drawn::new(1, Hand::Right)).await;
    let held = pays(&shop, wren, 150, CaptureWhen::Later).await;
    for _ in 0..2 {
        let taken = shop.app.take_back_credits(&OPERATOR, wren).await.unwrap();
        assert_eq!((taken[0].left_minor, taken[0].taken_back), (0, true));
    }
    assert_eq!(cost(&shop).await, 150);
    shop.app.capture(&shop.till(), held.id, CapturePayment { amount_minor: Some(50) }).await.unwrap();
    shop.app.expire_credits().await.unwrap();
    assert_eq!(cost(&shop).await, 50, "what the part captured did not need");

    let moss = signed(&shop, "Moss").await;
    link(&shop, moss, SandboxCard::MastercardApproved).await;
    shop.enrol(moss, &Drawn::new(2, Hand::Right)).await;
    let paid = pays(&shop, moss, 200, CaptureWhen::Now).await;
    shop.app.erase_subject(&Caller::Subject(moss), moss).await.unwrap();
    assert_eq!(cost(&shop).await, 250);
    // A refund for somebody who left: nobody can spend it, so it goes back.
    refund(&shop, paid.id, 120).await;
    shop.app.expire_credits().await.unwrap();
    assert_eq!(cost(&shop).await, 130);
    let mut conn = shop.app.0.store.read().await.unwrap();
    let owners: Vec<(String,)> =
        sqlx::query_as("select owner from account where kind <> 'merchant'").fetch_all(&mut *conn).await.unwrap();
    assert!(owners.iter().all(|(owner,)| owner.is_empty()), "the ledger names nobody");
    let named: Vec<(String,)> = sqlx::query_as("select promotion_id from credit where subject_id = $1")
        .bind(moss.to_string())
        .fetch_all(&mut *conn)
        .await
        .unwrap();
    assert!(named.is_empty());
    drop(conn);
    sound(&shop).await;
}

async fn vouchers(shop: &Shop, of: PromotionId, count: u32) -> Vouchers {
    shop.app.create_vouchers(&OPERATOR, &RequestKey::unique(), of, CreateVouchers { count }).await.unwrap()
}

fn with(code: &str) -> PayByCard {
    PayByCard { credit_code: Some(Private(code.to_owned())), ..VISA }
}

async fn a_voucher_pays_beside_a_card_until_nothing_is_left(on: On) {
    let shop = Shop::open_on(on).await;
    let till = shop.till();
    let gift = promotion(&shop, 1_000).await;
    let request = RequestKey::unique();
    let two = CreateVouchers { count: 2 };
    let made = shop.app.create_vouchers(&OPERATOR, &request, gift.id, two).await.unwrap();
    let again = shop.app.create_vouchers(&OPERATOR, &request, gift.id, two).await.unwrap();
    assert_eq!((made.codes.len(), &made.codes, made.amount_minor), (2, &again.codes, 1_000));
    assert_eq!(cost(&shop).await, 2_000, "made once");
    let dearer = promotion(&shop, 2_000).await.id;
    let reused = shop.app.create_vouchers(&OPERATOR, &request, dearer, two).await.err().unwrap();
    assert_eq!(reused.code, Code::IdempotencyMismatch, "no codes of one promotion as another's");
    let by = async |minor: i64, card: PayByCard| {
        let id = shop.payment(minor).await.id;
        shop.app.pay_by_card(&till, &RequestKey::unique(), id, card).await
    };
    let code = &made.codes[0];
    let first = by(300, with(&code.to_lowercase())).await.unwrap();
    assert_eq!((first.credit_minor, first.status, first.card), (300, PaymentStatus::Captured, None));
    // A refused card leaves it as it was.
    let declined = PayByCard { sandbox_card: SandboxCard::VisaDeclined, ..with(code) };
    assert_eq!(by(900, declined).await.unwrap().status, PaymentStatus::Declined);
    let second = by(900, with(code)).await.unwrap();
    assert_eq!((second.credit_minor, second.captured_minor), (700, Some(900)));
    let spent = by(100, with(code)).await.unwrap_err();
    assert_eq!((spent.code, spent.field.as_deref()), (Code::CreditCodeSpent, Some("/credit_code")));
    for wrong in ["", "0000-0000-0000", "é", &"K".repeat(300)] {
        assert_eq!(by(100, with(wrong)).await.unwrap_err().code, Code::CreditCodeSpent, "{wrong:.20}");
    }
    // Back to where it came from, and good again.
    refund(&shop, first.id, 300).await;
    assert_eq!(by(100, with(code)).await.unwrap().credit_minor, 100);
    let_time_pass(&shop, gift.id).await;
    assert_eq!(by(100, with(&made.codes[1])).await.unwrap_err().code, Code::CreditCodeSpent);
    shop.app.expire_credits().await.unwrap();
    assert_eq!(cost(&shop).await, 800);
    shop.app.end_promotion(&OPERATOR, gift.id).await.unwrap();
    let late = shop.app.create_vouchers(&OPERATOR, &RequestKey::unique(), gift.id, two).await.err().unwrap();
    assert_eq!(late.code, Code::WrongState);
    let refused = shop.app.create_vouchers(&till, &RequestKey::unique(), gift.id, two).await.err().unwrap();
    assert_eq!(refused.code, Code::Forbidden);
    let debug = format!("{:?}", with(code));
    assert!(!debug.contains(code), "{debug}");
    let yen = CreatePromotion { currency: "JPY".to_owned(), ..welcome(500) };
    let yen = shop.app.create_promotion(&OPERATOR, yen).await.unwrap();
    let yen = vouchers(&shop, yen.id, 1).await;
    assert_eq!(by(100, with(&yen.codes[0])).await.unwrap_err().code, Code::CreditCodeSpent);
    let mut conn = shop.app.0.store.read().await.unwrap();
    let kept: Vec<(Vec<u8>,)> =
        sqlx::query_as("select code_hash from credit where code_hash is not null").fetch_all(&mut *conn).await.unwrap();
    assert!(kept.iter().all(|(hash,)| hash.len() == 16));
    drop(conn);
    sound(&shop).await;
}

on_both_engines!(
    they_are_given_once_per_palm_and_once_per_card,
    what_has_ended_or_not_begun_gives_nothing,
    what_is_left_expires_and_what_is_held_is_left_alone,
    what_expires_first_is_spent_first,
    they_are_taken_back_and_left_behind,
    a_voucher_pays_beside_a_card_until_nothing_is_left,
);
