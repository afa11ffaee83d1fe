//! A palm is read for what its owner signed, and for nothing else.

use super::*;
use crate::store::counts;
use handsel_api::{
    Code,
    consents::Consent,
    payments::{Decision, PaymentStatus},
    policy::Jurisdiction,
};

fn yes(shop: &Shop, purpose: Purpose, language: Language) -> GiveConsent {
    let notice = shop.app.notice(purpose, language);
    GiveConsent { purpose, notice_version: notice.version, notice_sha256: notice.sha256, signature: "Wren".to_owned() }
}

async fn signs(shop: &Shop, subject: SubjectId, purpose: Purpose) -> Consent {
    shop.app.give_consent(&shop.kiosk(), subject, yes(shop, purpose, Language::En)).await.unwrap()
}

/// Somebody with a card who signed nothing yet.
async fn somebody(shop: &Shop) -> SubjectId {
    let create = CreateSubject { site: shop.site, display_name: "Wren".to_owned(), of_age: true, phone_last4: None };
    let id = shop.app.create_subject(&shop.kiosk(), create).await.unwrap().subject.id;
    let card = AddPaymentMethod { sandbox_card: SandboxCard::VisaApproved };
    shop.app.add_payment_method(&shop.kiosk(), id, card).await.unwrap();
    id
}

async fn decided(shop: &Shop, frame: Vec<u8>) -> (PaymentId, Decision) {
    let id = shop.payment(400).await.id;
    let found = shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, frame).await.unwrap();
    (id, found.decision)
}

async fn reads(shop: &Shop) -> Vec<(String, String, u64)> {
    counts::reads_since(&mut shop.app.0.store.read().await.unwrap(), "2000-01-01").await.unwrap()
}

async fn a_palm_pays_by_a_consent_to_pay_and_by_no_other(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, hand) = (somebody(&shop).await, Drawn::new(11, Hand::Right));
    let refused = shop.app.add_reference(&shop.kiosk(), wren, hand.frame(0)).await.unwrap_err();
    assert_eq!(refused.code, Code::ConsentRequired);
    signs(&shop, wren, Purpose::Loyalty).await;
    let refused = shop.app.add_reference(&shop.kiosk(), wren, hand.frame(0)).await.unwrap_err();
    assert_eq!(refused.code, Code::ConsentRequired, "no palm is kept for a number");

    let entry = signs(&shop, wren, Purpose::Entry).await;
    shop.enrol(wren, &hand).await;
    assert_eq!(decided(&shop, hand.frame(3)).await.1, Decision::NoMatch, "signed for doors, not for paying");
    let count = |purpose: &str, outcome: &str, count| (purpose.to_owned(), outcome.to_owned(), count);
    assert_eq!(
        reads(&shop).await,
        [count("entry", "nobody", 1), count("entry", "verified", 1), count("payment", "no_consent", 1)]
    );
    let payment = signs(&shop, wren, Purpose::Payment).await;
    let (open, decision) = decided(&shop, hand.frame(3)).await;
    assert_eq!(decision, Decision::Identified);
    assert!(reads(&shop).await.contains(&count("payment", "found", 1)));

    // Withdrawn for one purpose: the palm stays for the other, and whoever was shown at a till is not any more.
    let me = Caller::Subject(wren);
    shop.app.revoke_consent(&me, wren, payment.id).await.unwrap();
    assert_eq!(shop.app.payment(&shop.till(), open).await.unwrap().status, PaymentStatus::RequiresPalm);
    let confirmed = shop.app.confirm(&shop.till(), &RequestKey::unique(), open, ConfirmPayment::default()).await;
    assert_eq!(confirmed.unwrap_err().code, Code::WrongState);
    assert_eq!(decided(&shop, hand.frame(4)).await.1, Decision::NoMatch);
    assert_eq!((shop.app.subject(&me, wren).await.unwrap().references.len(), shop.app.palms()), (1, 1));
    // And for the last one: the palm is gone.
    shop.app.revoke_consent(&me, wren, entry.id).await.unwrap();
    assert_eq!((shop.app.subject(&me, wren).await.unwrap().references.len(), shop.app.palms()), (0, 0));
    let refused = shop.app.add_reference(&me, wren, hand.frame(0)).await.unwrap_err();
    assert_eq!(refused.code, Code::ConsentRequired, "a revoked consent is none");
}

async fn what_was_signed_can_be_read_word_by_word(on: On) {
    let mut shop = Shop::open_on(on).await;
    let wren = somebody(&shop).await;
    let spanish = yes(&shop, Purpose::Payment, Language::Es);
    let read = shop.app.notice(Purpose::Payment, Language::Es);
    let signed = shop.app.give_consent(&shop.kiosk(), wren, spanish.clone()).await.unwrap();
    assert_eq!((signed.language, signed.device), (Some(Language::Es), Some(format!("kiosk:{}", shop.site))));
    let again = shop.app.give_consent(&shop.kiosk(), wren, spanish.clone()).await.unwrap();
    assert_eq!(again.id, signed.id, "signed once");
    for wrong in [
        GiveConsent { purpose: Purpose::Entry, ..spanish.clone() },
        GiveConsent { notice_version: 1, ..spanish.clone() },
        GiveConsent { notice_sha256: "0".repeat(64), ..spanish.clone() },
    ] {
        let refused = shop.app.give_consent(&shop.kiosk(), wren, wrong.clone()).await.unwrap_err();
        assert_eq!(
            (refused.code, refused.field.as_deref()),
            (Code::NoticeOutdated, Some("/notice_sha256")),
            "{wrong:?}"
        );
    }
    // Another configuration has other notices; what was signed stays what it was, and the old text is signed by nobody new.
    shop.app.close().await;
    let config = Config { contact: Some("palms@corner.example".to_owned()), ..shop.dir.config() };
    shop.app = App::open(&config).await.unwrap();
    assert_ne!(shop.app.notice(Purpose::Payment, Language::Es).sha256, read.sha256);
    let kept = shop.app.notice_signed(&signed.notice_sha256).await.unwrap().unwrap();
    assert_eq!(serde_json::to_value(&kept).unwrap(), serde_json::to_value(&read).unwrap());
    let refused = shop.app.give_consent(&shop.kiosk(), wren, spanish).await.unwrap_err();
    assert_eq!(refused.code, Code::NoticeOutdated);
    shop.enrol(wren, &Drawn::new(11, Hand::Right)).await;
}

/// A notice that changed is signed again; taking back one yes takes back every one to that purpose.
async fn a_withdrawal_is_of_a_purpose(on: On) {
    let mut shop = Shop::open_on(on).await;
    let wren = somebody(&shop).await;
    let first = signs(&shop, wren, Purpose::Payment).await;
    shop.enrol(wren, &Drawn::new(11, Hand::Right)).await;
    shop.app.close().await;
    let config = Config { operator: Some("Corner Store Limited".to_owned()), ..shop.dir.config() };
    shop.app = App::open(&config).await.unwrap();
    let second = signs(&shop, wren, Purpose::Payment).await;
    assert_ne!(first.id, second.id);
    shop.app.revoke_consent(&Caller::Subject(wren), wren, second.id).await.unwrap();
    let left = shop.app.subject(&Caller::Subject(wren), wren).await.unwrap();
    assert!(left.consents.iter().all(|consent| consent.revoked_at.is_some()) && left.references.is_empty());
}

async fn where_the_law_forbids_it_nobody_is_searched(on: On) {
    let ground = Arc::new(Ground::new(on));
    let config = Config { jurisdiction: Jurisdiction::Eu, ..ground.config() };
    let shop = Shop::furnish(App::open(&config).await.unwrap(), ground).await;
    let wren = somebody(&shop).await;
    signs(&shop, wren, Purpose::Payment).await;
    // Bytes that are no image would be refused as such if anybody had looked.
    let refused = shop.app.add_reference(&shop.kiosk(), wren, b"not an image".to_vec()).await.unwrap_err();
    assert_eq!(refused.code, Code::CustodyForbidden);
    let id = shop.payment(400).await.id;
    let identified = shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, b"not an image".to_vec()).await;
    assert_eq!(identified.unwrap_err().code, Code::CustodyForbidden);
    let paid = shop.app.pay_by_card(&shop.till(), &RequestKey::unique(), id, VISA).await.unwrap();
    assert_eq!(paid.status, PaymentStatus::Captured, "cards work as always");
}

async fn nobody_enrols_before_the_sign_hangs_or_too_young(on: On) {
    let shop = Shop::open_on(on).await;
    let create = || CreateSubject { site: shop.site, display_name: "Wren".to_owned(), of_age: true, phone_last4: None };
    let young = CreateSubject { of_age: false, ..create() };
    let refused = shop.app.create_subject(&shop.kiosk(), young).await.err().unwrap();
    assert_eq!((refused.code, refused.field.as_deref()), (Code::Minor, Some("/of_age")));
    for other in [shop.till(), shop.kiosk()] {
        assert_eq!(shop.app.confirm_sign(&other, shop.site).await.unwrap_err().code, Code::Forbidden);
    }
    let down = shop.app.take_sign_down(&Caller::Operator, shop.site).await.unwrap();
    assert_eq!((down.sign_confirmed_at, down.sign_confirmed_by), (None, None));
    for caller in [shop.till(), shop.kiosk(), Caller::Operator] {
        let refused = shop.app.create_subject(&caller, create()).await.err().unwrap();
        assert_eq!((refused.code, refused.field.as_deref()), (Code::SignMissing, Some("/site")));
    }
    let none = shop.app.list_subjects(&Caller::Operator, 10, None).await.unwrap();
    assert!(none.data.is_empty(), "nothing was kept");
    let hangs = shop.app.confirm_sign(&Caller::Operator, shop.site).await.unwrap();
    assert_eq!(hangs.sign_confirmed_by.as_deref(), Some("operator"));
    let again = shop.app.confirm_sign(&Caller::Operator, shop.site).await.unwrap();
    assert_eq!(again.sign_confirmed_at, hangs.sign_confirmed_at, "the first time stands");
    shop.app.create_subject(&shop.kiosk(), create()).await.unwrap();
}

on_both_engines!(
    a_palm_pays_by_a_consent_to_pay_and_by_no_other,
    what_was_signed_can_be_read_word_by_word,
    a_withdrawal_is_of_a_purpose,
    where_the_law_forbids_it_nobody_is_searched,
    nobody_enrols_before_the_sign_hangs_or_too_young,
);
