//! What is answered to everybody is what is so, and leads to nobody.

use super::*;
use crate::clock::JUMPED_MS;
use handsel_api::{
    consents::{Language, Purpose},
    incidents::IncidentKind,
    transparency::{Backups, Rounded, Transparency},
};
use handsel_log::{Checkpoint, Note, VerifierKey};
use std::sync::Arc;

/// Counted anew: what was counted is shown for ten seconds.
async fn later(shop: &Shop) -> Transparency {
    JUMPED_MS.set(JUMPED_MS.get() + 11_000);
    shop.app.transparency().await.unwrap().answers.clone()
}

async fn what_happens_is_counted_and_names_nobody(on: On) {
    let shop = Shop::open_on(on).await;
    let first = shop.app.transparency().await.unwrap();
    let before = &first.answers;
    assert_eq!((before.people.sealed, before.people.left), (Rounded::None, Rounded::None));
    assert_eq!(before.uses.purposes.iter().map(|one| one.purpose).collect::<Vec<_>>(), Purpose::ALL);
    let (wren, wallet) = shop.shopper("Wren", Some("4242")).await;
    let hand = Drawn::new(11, Hand::Right);
    shop.enrol(wren, &hand).await;
    let paid = shop.payment(400).await.id;
    shop.app.identify(&shop.kiosk(), paid, Cohort::Everyone, hand.frame(3)).await.unwrap();
    let same = shop.app.transparency().await.unwrap();
    assert!(Arc::ptr_eq(&first, &same), "asking often costs nothing");
    let after = later(&shop).await;
    assert_eq!(after.people.sealed, Rounded::FewerThan20);
    let payment = &after.uses.purposes[0];
    assert!(payment.reads >= 2 && payment.found >= 1 && payment.found < payment.reads, "{payment:?}");
    assert!(after.uses.purposes[1..].iter().all(|one| one.reads == 0));
    let text = serde_json::to_string(&after).unwrap();
    for secret in [wren.to_string(), paid.to_string(), wallet, "Wren".to_owned(), "4242".to_owned()] {
        assert!(!text.contains(&secret), "{secret} in {text}");
    }
    shop.app.erase_subject(&Caller::Operator, wren).await.unwrap();
    let gone = later(&shop).await;
    assert_eq!((gone.people.sealed, gone.people.left), (Rounded::None, Rounded::FewerThan20));
    JUMPED_MS.set(0);
}

async fn every_notice_is_there_word_by_word(on: On) {
    let shop = Shop::open_on(on).await;
    let told = shop.app.transparency().await.unwrap().answers.clone();
    assert_eq!(told.notices.len(), Purpose::ALL.len() * Language::ALL.len());
    for one in &told.notices {
        assert!(one.current && one.since.is_some());
        let notice = shop.app.notice_signed(&one.sha256).await.unwrap().unwrap();
        assert_eq!(notice.sha256, shop.app.notice(one.purpose, one.language).sha256);
    }
}

async fn it_is_signed_says_how_far_the_log_was_and_what_went_wrong(on: On) {
    let shop = Shop::open_on(on).await;
    let told = shop.app.transparency().await.unwrap();
    let key = shop.app.log_key().parse::<VerifierKey>().unwrap();
    let note = Note::parse(told.note.as_bytes()).unwrap();
    key.check(&note).unwrap();
    assert_eq!(note.text().trim_end(), told.json());
    assert_eq!(serde_json::from_str::<Transparency>(told.json()).unwrap().as_of, told.answers.as_of);
    let checkpoint = Note::parse(told.answers.checkpoint.as_bytes()).unwrap();
    key.check(&checkpoint).unwrap();
    let entries = |told: &Transparency| {
        let note = Note::parse(told.checkpoint.as_bytes()).unwrap();
        note.text().parse::<Checkpoint>().unwrap().size
    };
    let before = entries(&told.answers);
    let forged = told.note.replacen("\"planned\":[]", "\"planned\":[\"Mars\"]", 1);
    assert!(key.check(&Note::parse(forged.as_bytes()).unwrap()).is_err());
    assert_eq!((told.answers.incidents.len(), &told.answers.backups), (0, &Backups::default()));
    assert!(told.answers.accuracy.target_fpir > 0.0 && told.answers.accuracy.measured.len() >= 4);

    shop.app.note_incident(IncidentKind::LogDamaged, Some("a file is gone")).await.unwrap();
    shop.app.list_subjects(&Caller::Operator, 10, None).await.unwrap();
    shop.app.publish().await.unwrap();
    let now = later(&shop).await;
    assert!(entries(&now) > before);
    assert_eq!((now.incidents[0].kind, &now.incidents[0].ended_at), (IncidentKind::LogDamaged, &None));
    shop.app.note_incident(IncidentKind::LogDamaged, None).await.unwrap();
    assert!(later(&shop).await.incidents[0].ended_at.is_some());
    JUMPED_MS.set(JUMPED_MS.get() + 366 * 24 * 60 * 60 * 1000);
    assert!(later(&shop).await.incidents.is_empty(), "a year later");
    JUMPED_MS.set(0);
}

on_both_engines!(
    what_happens_is_counted_and_names_nobody,
    every_notice_is_there_word_by_word,
    it_is_signed_says_how_far_the_log_was_and_what_went_wrong
);
