//! Palms that their owners carry: enrolled, brought, compared, and never kept.

use super::*;
use crate::{
    clock::now_ms,
    held::{Pin, View, frame_of, show},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use handsel_api::{
    Code,
    held::{Carrier, NewHeld, OpensWith},
    payments::{Decision, Identification, PaymentStatus},
    policy::Jurisdiction,
    transparency::Rounded,
};

const PIN: &str = "483920";

fn pin(text: &str) -> Pin {
    Pin::parse(text).unwrap()
}

fn bytes(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// What the phone shows at a moment.
fn shows(held: &NewHeld, at_ms: i64) -> Vec<u8> {
    let key = bytes(&held.key.as_ref().unwrap().0).try_into().unwrap();
    let to = bytes(held.shown_to.as_ref().unwrap()).try_into().unwrap();
    show(&to, &bytes(&held.blob.0), &key, at_ms).unwrap()
}

/// A shop where the law forbids to search palms, somebody with a card, and their hand.
async fn shop_on(on: On) -> (Shop, SubjectId, Drawn) {
    let ground = Arc::new(Ground::new(on));
    let config = Config { jurisdiction: Jurisdiction::Eu, ..ground.config() };
    let shop = Shop::furnish(App::open(&config).await.unwrap(), ground).await;
    let (wren, _) = shop.shopper("Wren Ashdown", None).await;
    (shop, wren, Drawn::new(11, Hand::Right))
}

async fn holds(shop: &Shop, subject: SubjectId, carrier: Carrier, hand: &Drawn) -> NewHeld {
    shop.app.hold(&shop.kiosk(), subject, carrier, pin(PIN), hand.frame(0)).await.unwrap()
}

async fn brings(shop: &Shop, carried: &[u8], typed: Option<&str>, frame: Vec<u8>) -> Result<Identification, Code> {
    let id = shop.payment(400).await.id;
    let typed = typed.map(pin);
    shop.app.verify_brought(&shop.kiosk(), id, carried, typed, frame).await.map_err(|refusal| refusal.code)
}

/// Everything in the installation's folder, file by file.
fn files(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![std::fs::read(path).unwrap()] }).collect()
}

async fn who_brings_their_palm_pays_where_no_palm_may_be_searched(on: On) {
    let (shop, wren, hand) = shop_on(on).await;
    let phone = holds(&shop, wren, Carrier::Phone, &hand).await;
    let people = shop.app.transparency().await.unwrap().answers.people;
    assert_eq!((people.held, people.sealed), (Rounded::FewerThan20, Rounded::None));
    assert_eq!((phone.held.carrier, phone.held.opens_with), (Carrier::Phone, OpensWith::Palm));
    assert!(bytes(&phone.blob.0).len() <= 700);

    let code = shows(&phone, now_ms());
    let seen = shop.app.see_carrier(&shop.kiosk(), frame_of(&code, View::STRAIGHT)).await.unwrap();
    assert_eq!((bytes(&seen.carried.0), seen.opens_with), (code.clone(), OpensWith::Palm));
    let id = shop.payment(1_240).await.id;
    let found = shop.app.verify_brought(&shop.kiosk(), id, &code, None, hand.frame(3)).await.unwrap();
    assert_eq!(found.decision, Decision::Identified);
    assert_eq!(found.payment.initials.as_deref(), Some("WA"));
    let paid = shop.app.confirm(&shop.kiosk(), &RequestKey::unique(), id, ConfirmPayment::default()).await.unwrap();
    assert_eq!(paid.status, PaymentStatus::Captured);

    let card = holds(&shop, wren, Carrier::Card, &hand).await;
    assert!(card.key.is_none() && card.shown_to.is_none());
    let printed = bytes(&card.blob.0);
    let seen = shop.app.see_carrier(&shop.till(), frame_of(&printed, View::STRAIGHT)).await.unwrap();
    assert_eq!((seen.carrier, seen.opens_with), (Carrier::Card, OpensWith::PalmAndPin));
    for take in 4..6 {
        let found = brings(&shop, &printed, Some(PIN), hand.frame(take)).await.unwrap();
        assert_eq!(found.decision, Decision::Identified, "a card is used again and again");
    }

    // Nothing of either is kept: not the blob, not the phone's key, not the template that a whole copy of the folder could open.
    assert!(shop.app.subject(&Caller::Subject(wren), wren).await.unwrap().references.is_empty());
    assert_eq!(shop.app.palms(), 0);
    shop.app.close().await;
    let sealed = &bytes(&phone.blob.0)[38..100];
    let key = bytes(&phone.key.as_ref().unwrap().0);
    let needles = [sealed, &key, &printed[38..100], PIN.as_bytes()];
    let all = files(shop.dir.path());
    assert!(!all.is_empty());
    for needle in needles {
        assert!(all.iter().all(|file| !file.windows(needle.len()).any(|bytes| bytes == needle)));
    }
}

async fn what_is_forged_replayed_late_or_revoked_is_refused(on: On) {
    let (shop, wren, hand) = shop_on(on).await;
    let held = holds(&shop, wren, Carrier::Phone, &hand).await;
    let refused = async |carried: &[u8]| brings(&shop, carried, None, hand.frame(3)).await.unwrap_err();

    let code = shows(&held, now_ms());
    let mut forged = code.clone();
    forged[50] ^= 1;
    assert_eq!(refused(&forged).await, Code::HeldInvalid);
    for cut in [&code[1..], &code[..code.len() - 1], &code[..300], &[]] {
        assert_eq!(refused(cut).await, Code::HeldUnreadable, "{} bytes", cut.len());
    }
    let seen = shop.app.see_carrier(&shop.kiosk(), frame_of(&code[..700], View::STRAIGHT)).await;
    assert_eq!(seen.unwrap_err().code, Code::HeldUnreadable);
    assert_eq!(refused(&bytes(&held.blob.0)).await, Code::HeldInvalid, "a phone's blob without its key");
    let to = bytes(held.shown_to.as_ref().unwrap()).try_into().unwrap();
    let made_up = show(&to, &bytes(&held.blob.0), &[7; 32], now_ms()).unwrap();
    assert_eq!(refused(&made_up).await, Code::HeldInvalid);
    for at_ms in [now_ms() - 120_000, now_ms() + 120_000, i64::MIN, i64::MAX] {
        assert_eq!(refused(&shows(&held, at_ms)).await, Code::HeldExpired);
    }
    assert_eq!(shop.app.list_held(&Caller::Subject(wren), wren).await.unwrap()[0].opens_with, OpensWith::Palm);
    // A frame without a palm uses nothing up; a comparison does, and a film of it is worth nothing.
    let id = shop.payment(400).await.id;
    let nothing =
        shop.app.verify_brought(&shop.kiosk(), id, &code, None, frame_of(&code, View::STRAIGHT)).await.unwrap_err();
    assert_eq!(nothing.code, Code::CaptureRejected);
    assert_eq!(brings(&shop, &code, None, hand.frame(3)).await.unwrap().decision, Decision::Identified);
    assert_eq!(refused(&code).await, Code::HeldReplayed);
    // Another hand, and the owner's other one.
    for other in [Drawn::new(99, Hand::Right), Drawn::new(11, Hand::Left)] {
        let found = brings(&shop, &shows(&held, now_ms()), None, other.frame(0)).await.unwrap();
        assert_eq!((found.decision, found.payment.shopper), (Decision::NoMatch, None));
    }
    // Frozen is nobody; a consent taken back takes the held palm with it.
    let me = Caller::Subject(wren);
    shop.app.freeze(&me, wren).await.unwrap();
    assert_eq!(brings(&shop, &shows(&held, now_ms()), None, hand.frame(3)).await.unwrap().decision, Decision::NoMatch);
    shop.app.unfreeze(&me, wren).await.unwrap();
    shop.app.revoke_epoch(&Caller::Operator).await.unwrap();
    assert_eq!(refused(&shows(&held, now_ms())).await, Code::HeldRevoked, "of another epoch");
    let next = holds(&shop, wren, Carrier::Phone, &hand).await;
    shop.app.remove_held(&me, wren, next.held.id).await.unwrap();
    assert_eq!(refused(&shows(&next, now_ms())).await, Code::HeldRevoked);
    let last = holds(&shop, wren, Carrier::Card, &hand).await;
    shop.app.erase_subject(&me, wren).await.unwrap();
    assert_eq!(refused(&bytes(&last.blob.0)).await, Code::HeldRevoked, "erased");
}

async fn five_failures_ask_for_the_pin_and_lock(on: On) {
    let (shop, wren, hand) = shop_on(on).await;
    let (phone, card) =
        (holds(&shop, wren, Carrier::Phone, &hand).await, holds(&shop, wren, Carrier::Card, &hand).await);
    let (stranger, me) = (Drawn::new(99, Hand::Right), Caller::Subject(wren));
    for _ in 0..5 {
        let found = brings(&shop, &shows(&phone, now_ms()), None, stranger.frame(0)).await.unwrap();
        assert_eq!(found.decision, Decision::NoMatch);
    }
    let show_again = async |typed| brings(&shop, &shows(&phone, now_ms()), typed, hand.frame(3)).await;
    assert_eq!(show_again(None).await.unwrap_err(), Code::PinRequired);
    assert_eq!(show_again(Some("593021")).await.unwrap_err(), Code::PinWrong);
    assert_eq!(show_again(Some(PIN)).await.unwrap().decision, Decision::Identified);
    assert_eq!(show_again(None).await.unwrap().decision, Decision::Identified, "a success starts the count again");

    let printed = bytes(&card.blob.0);
    assert_eq!(brings(&shop, &printed, None, hand.frame(3)).await.unwrap_err(), Code::PinRequired);
    // Eight side by side are no more than five after each other.
    let tries: Vec<_> = (0..8).map(|_| brings(&shop, &printed, Some("593021"), hand.frame(3))).collect();
    let together = futures_util::future::join_all(tries).await;
    let codes: Vec<Code> = together.into_iter().map(|tried| tried.unwrap_err()).collect();
    assert_eq!(codes.iter().filter(|&&code| code == Code::PinWrong).count(), 5, "{codes:?}");
    assert_eq!(codes.iter().filter(|&&code| code == Code::HeldLocked).count(), 3, "{codes:?}");
    shop.app.unlock_held(&me, wren, card.held.id).await.unwrap();
    for wrong in 0..6 {
        let expected = if wrong < 5 { Code::PinWrong } else { Code::HeldLocked };
        assert_eq!(brings(&shop, &printed, Some("593021"), hand.frame(3)).await.unwrap_err(), expected, "{wrong}");
    }
    assert_eq!(brings(&shop, &printed, Some(PIN), hand.frame(3)).await.unwrap_err(), Code::HeldLocked);
    let refused = shop.app.unlock_held(&Caller::Operator, wren, card.held.id).await.unwrap_err();
    assert_eq!(refused.code, Code::Forbidden, "only its owner");
    let unlocked = shop.app.unlock_held(&me, wren, card.held.id).await.unwrap();
    assert_eq!(unlocked.opens_with, OpensWith::PalmAndPin);
    assert_eq!(brings(&shop, &printed, Some(PIN), hand.frame(3)).await.unwrap().decision, Decision::Identified);

    // Their owner reads all of it in the log.
    let uses = shop.app.uses(&me, wren, 100, None).await.unwrap().data;
    let told = |kind: &str, outcome: &str| {
        uses.iter().filter(|one| one.kind == kind && one.outcome.as_deref() == Some(outcome)).count()
    };
    assert_eq!([told("held_palm", "given"), told("match", "different"), told("match", "found")], [2, 5, 3]);
    assert_eq!(["wrong_pin", "locked", "unlocked"].map(|step| told("held_palm", step)), [11, 2, 2]);
}

async fn held_palms_are_for_whoever_signed_and_where_they_are_offered(on: On) {
    let (shop, wren, hand) = shop_on(on).await;
    let create = CreateSubject { site: shop.site, display_name: "Moss".to_owned(), of_age: true, phone_last4: None };
    let moss = shop.app.create_subject(&shop.kiosk(), create).await.unwrap().subject.id;
    let unsigned = shop.app.hold(&shop.kiosk(), moss, Carrier::Phone, pin(PIN), b"no image".to_vec()).await;
    assert_eq!(unsigned.unwrap_err().code, Code::ConsentRequired);
    let other = shop.app.hold(&Caller::Subject(moss), wren, Carrier::Phone, pin(PIN), hand.frame(0)).await;
    assert_eq!(other.unwrap_err().code, Code::NotFound);
    let usual = Shop::open_on(on).await;
    let (subject, _) = usual.shopper("Wren", None).await;
    let off = usual.app.hold(&usual.kiosk(), subject, Carrier::Phone, pin(PIN), hand.frame(0)).await;
    assert_eq!(off.unwrap_err().code, Code::NotFound);
}

on_both_engines!(
    who_brings_their_palm_pays_where_no_palm_may_be_searched,
    what_is_forged_replayed_late_or_revoked_is_refused,
    five_failures_ask_for_the_pin_and_lock,
    held_palms_are_for_whoever_signed_and_where_they_are_offered,
);
