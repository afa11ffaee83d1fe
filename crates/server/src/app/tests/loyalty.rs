//! A merchant's number with the payment: to that merchant's till alone, by consent; and a member's price before the yes.

use super::*;
use crate::store::payments;
use handsel_api::{
    Code, Private,
    loyalty::LinkLoyalty,
    payments::{LowerAmount, PaymentStatus},
};

fn agrees(shop: &Shop) -> GiveConsent {
    let notice = shop.app.notice(Purpose::Loyalty, Language::En);
    GiveConsent {
        purpose: Purpose::Loyalty,
        notice_version: notice.version,
        notice_sha256: notice.sha256,
        signature: "Wren".to_owned(),
    }
}

fn link(merchant: MerchantId, number: &str) -> LinkLoyalty {
    LinkLoyalty { merchant, number: Private(number.to_owned()) }
}

/// A payment that is about somebody, as after a hand was recognised.
async fn recognised(shop: &Shop, subject: SubjectId, minor: i64) -> PaymentId {
    let id = shop.payment(minor).await.id;
    let mut tx = shop.app.0.store.write().await.unwrap();
    payments::set_status(&mut tx, id, PaymentStatus::RequiresConfirmation, Some(subject)).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn elsewhere(shop: &Shop) -> MerchantId {
    let create = CreateMerchant { name: "Elsewhere".to_owned(), currency: "EUR".to_owned() };
    shop.app.create_merchant(&Caller::Operator, create).await.unwrap().id
}

async fn a_number_goes_to_its_merchants_till_and_nowhere_else(on: On) {
    let shop = Shop::open_on(on).await;
    let (till, other) = (shop.till(), elsewhere(&shop).await);
    let (wren, wallet) = shop.shopper("Wren", None).await;
    let me = Caller::Subject(wren);
    let early = shop.app.link_loyalty(&me, wren, link(shop.merchant, "M-004471")).await.unwrap_err();
    assert_eq!(early.code, Code::ConsentRequired);
    let consent = shop.app.give_consent(&me, wren, agrees(&shop)).await.unwrap();
    assert_eq!(consent.purpose, Purpose::Loyalty);
    for number in ["", " ", "a\nb", &"9".repeat(65)] {
        let refused = shop.app.link_loyalty(&me, wren, link(shop.merchant, number)).await.unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (Code::InvalidField, Some("/number")), "{number:?}");
    }
    let nowhere = link(MerchantId(crate::ids::next()), "1");
    assert_eq!(shop.app.link_loyalty(&me, wren, nowhere).await.unwrap_err().field.as_deref(), Some("/merchant"));
    let not_its_own = shop.app.link_loyalty(&shop.kiosk(), wren, link(other, "1")).await.unwrap_err();
    assert_eq!(not_its_own.field.as_deref(), Some("/merchant"), "whoever enrols links their own merchant's");
    shop.app.link_loyalty(&shop.kiosk(), wren, link(shop.merchant, "M-000001")).await.unwrap();
    shop.app.link_loyalty(&me, wren, link(shop.merchant, "M-004471")).await.unwrap();
    shop.app.link_loyalty(&me, wren, link(other, "E-17")).await.unwrap();
    let linked = shop.app.loyalty(&me, wren).await.unwrap();
    let shown: Vec<_> = linked.iter().map(|one| (one.name.as_str(), one.number.0.as_str())).collect();
    assert_eq!(shown, [("Corner Store", "M-004471"), ("Elsewhere", "E-17")]);
    assert_eq!(shop.app.loyalty(&Caller::Operator, wren).await.unwrap_err().code, Code::Forbidden);

    // Only once it is sure who it is, and only to the till.
    let id = shop.payment(900).await.id;
    assert_eq!(shop.app.payment(&till, id).await.unwrap().loyalty_number, None);
    let id = recognised(&shop, wren, 900).await;
    let number = Some(Private("M-004471".to_owned()));
    let seen = shop.app.payment(&till, id).await.unwrap();
    assert_eq!(seen.loyalty_number, number);
    assert!(!format!("{seen:?}").contains("004471"));
    for caller in [Caller::Operator, shop.kiosk()] {
        assert_eq!(shop.app.payment(&caller, id).await.unwrap().loyalty_number, None, "{caller:?}");
    }
    let paid = shop.app.confirm(&till, &RequestKey::unique(), id, ConfirmPayment::default()).await.unwrap();
    assert_eq!((paid.status, paid.loyalty_number), (PaymentStatus::Captured, number));
    let events = shop.app.list_events(&till, 100, None).await.unwrap();
    let told = serde_json::to_string(&events.data).unwrap();
    assert!(told.contains(&id.to_string()) && !told.contains("004471"), "{told}");
    let kept = crate::secret::hex(b"004471");
    let mut conn = shop.app.0.store.read().await.unwrap();
    let sealed: Vec<(Vec<u8>,)> =
        sqlx::query_as("select number_sealed from loyalty").fetch_all(&mut *conn).await.unwrap();
    assert!(sealed.len() == 2 && sealed.iter().all(|(one,)| !crate::secret::hex(one).contains(&kept)));
    drop(conn);

    // Unlinked, revoked, and gone with its subject.
    shop.app.unlink_loyalty(&me, wren, other).await.unwrap();
    assert_eq!(shop.app.unlink_loyalty(&me, wren, other).await.unwrap_err().code, Code::NotFound);
    let waiting = recognised(&shop, wren, 100).await;
    shop.app.revoke_consent(&me, wren, consent.id).await.unwrap();
    assert!(shop.app.loyalty(&me, wren).await.unwrap().is_empty());
    let still = shop.app.payment(&till, waiting).await.unwrap();
    assert_eq!(
        (still.status, still.loyalty_number),
        (PaymentStatus::RequiresConfirmation, None),
        "no palm rested on it"
    );
    shop.app.give_consent(&me, wren, agrees(&shop)).await.unwrap();
    shop.app.link_loyalty(&me, wren, link(shop.merchant, "M-004471")).await.unwrap();
    shop.app.erase_subject(&me, wren).await.unwrap();
    assert_eq!(shop.app.authenticate(wallet.strip_prefix("/wallet/").unwrap()).await, None);
    let mut conn = shop.app.0.store.read().await.unwrap();
    let rows: Vec<(String,)> = sqlx::query_as("select subject_id from loyalty").fetch_all(&mut *conn).await.unwrap();
    assert!(rows.is_empty());
    drop(conn);
    assert_eq!(shop.app.payment(&till, id).await.unwrap().loyalty_number, None);
}

async fn a_members_price_is_lower_and_seen_before_the_yes(on: On) {
    let shop = Shop::open_on(on).await;
    let till = shop.till();
    let (wren, _) = shop.shopper("Wren", None).await;
    let lower = |minor| LowerAmount { amount_minor: minor };
    let early = shop.payment(1_000).await.id;
    assert_eq!(shop.app.lower_amount(&till, early, lower(900)).await.unwrap_err().code, Code::WrongState);
    let id = recognised(&shop, wren, 1_000).await;
    for wrong in [1_001, 0, -1] {
        let refused = shop.app.lower_amount(&till, id, lower(wrong)).await.unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (Code::AmountOutOfRange, Some("/amount_minor")));
    }
    assert_eq!(shop.app.lower_amount(&shop.kiosk(), id, lower(900)).await.unwrap_err().code, Code::Forbidden);
    let other = Caller::till(elsewhere(&shop).await);
    assert_eq!(shop.app.lower_amount(&other, id, lower(900)).await.unwrap_err().code, Code::NotFound);
    for _ in 0..2 {
        let lowered = shop.app.lower_amount(&till, id, lower(900)).await.unwrap();
        assert_eq!((lowered.amount_minor, lowered.listed_minor), (900, Some(1_000)));
    }
    assert_eq!(shop.app.lower_amount(&till, id, lower(950)).await.unwrap_err().code, Code::AmountOutOfRange);
    let shown = |minor| ConfirmPayment { amount_minor: Some(minor), ..ConfirmPayment::default() };
    let stale = shop.app.confirm(&till, &RequestKey::unique(), id, shown(1_000)).await.unwrap_err();
    assert_eq!((stale.code, stale.field.as_deref()), (Code::WrongState, Some("/amount_minor")));
    let paid = shop.app.confirm(&till, &RequestKey::unique(), id, shown(900)).await.unwrap();
    assert_eq!((paid.status, paid.captured_minor), (PaymentStatus::Captured, Some(900)));
    assert_eq!(shop.booked().await, 900);
    assert_eq!(shop.app.lower_amount(&till, id, lower(1)).await.unwrap_err().code, Code::WrongState);
    // Asking for it again under the same key finds it, at what was asked then.
    let key = RequestKey::unique();
    let asked = shop.app.create_payment(&till, &key, shop.asks(500)).await.unwrap().id;
    let mut tx = shop.app.0.store.write().await.unwrap();
    payments::set_status(&mut tx, asked, PaymentStatus::RequiresConfirmation, Some(wren)).await.unwrap();
    tx.commit().await.unwrap();
    shop.app.lower_amount(&till, asked, lower(400)).await.unwrap();
    assert_eq!(shop.app.create_payment(&till, &key, shop.asks(500)).await.unwrap().amount_minor, 400);
    let mismatch = shop.app.create_payment(&till, &key, shop.asks(400)).await.unwrap_err();
    assert_eq!(mismatch.code, Code::IdempotencyMismatch);
}

on_both_engines!(
    a_number_goes_to_its_merchants_till_and_nowhere_else,
    a_members_price_is_lower_and_seen_before_the_yes,
);
