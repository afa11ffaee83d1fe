//! Enrolling and paying with drawn palms.

use super::*;
use crate::app::{CaptureOutcome, CapturePurpose};
use handsel_api::{
    Code,
    disputes::DisputeStatus,
    payments::{Decision, Means, PaymentStatus},
    subjects::SubjectStatus,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_shoppers_enrol_and_each_pays_with_their_own_palm() {
    let shop = Shop::open().await;
    let (wren, ada_wallet) = shop.shopper("Wren Ashdown", Some("1815")).await;
    let (moss, _) = shop.shopper("Moss Calder", Some("1912")).await;
    let (wren_hand, moss_hand) = (Drawn::new(11, Hand::Right), Drawn::new(22, Hand::Right));
    shop.enrol(wren, &wren_hand).await;
    shop.enrol(moss, &moss_hand).await;

    let mut names = Vec::new();
    for (hand, initials) in [(&wren_hand, "WA"), (&moss_hand, "MC"), (&wren_hand, "WA")] {
        let id = shop.payment(1_240).await.id;
        let found =
            shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, hand.frame(7 + names.len() as u32)).await.unwrap();
        assert_eq!(found.decision, Decision::Identified);
        assert_eq!(found.payment.status, PaymentStatus::RequiresConfirmation);
        assert_eq!(found.payment.initials.as_deref(), Some(initials));
        assert_eq!(found.payment.card.unwrap().last4, "4242");
        let paid = shop.app.confirm(&shop.kiosk(), &RequestKey::unique(), id, ConfirmPayment::default()).await.unwrap();
        assert_eq!((paid.status, paid.means), (PaymentStatus::Captured, Some(Means::Palm)));
        assert_eq!(paid.initials, None, "initials are for confirming only");
        names.push(paid.shopper.unwrap());
    }
    assert_eq!(names[0], names[2]);
    assert_ne!(names[0], names[1]);

    let wallet = shop.app.authenticate(ada_wallet.strip_prefix("/wallet/").unwrap()).await.unwrap();
    assert_eq!(wallet, Caller::Subject(wren));
    let payments = shop.app.subject_payments(&wallet, wren).await.unwrap();
    assert_eq!(payments.len(), 2);
    assert!(shop.app.subject_payments(&wallet, moss).await.is_err());
    assert!(shop.app.subject_payments(&Caller::Operator, wren).await.is_err(), "not even for the operator");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_is_nobody_and_a_palm_belongs_to_one_wallet() {
    let shop = Shop::open().await;
    let (wren, _) = shop.shopper("Wren", None).await;
    let (eve, _) = shop.shopper("Eve", None).await;
    let hand = Drawn::new(11, Hand::Left);
    shop.enrol(wren, &hand).await;

    let id = shop.payment(500).await.id;
    let stranger =
        shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, Drawn::new(99, Hand::Left).frame(0)).await.unwrap();
    assert_eq!(stranger.decision, Decision::NoMatch);
    assert_eq!((stranger.payment.status, stranger.payment.shopper), (PaymentStatus::RequiresPalm, None));
    let unconfirmed =
        shop.app.confirm(&shop.kiosk(), &RequestKey::unique(), id, ConfirmPayment::default()).await.unwrap_err();
    assert_eq!(unconfirmed.code, Code::WrongState);

    let twice = shop.app.add_reference(&shop.kiosk(), eve, hand.frame(5)).await.unwrap_err();
    assert_eq!(twice.code, Code::AlreadyEnrolled);
    let other = shop.app.add_reference(&shop.kiosk(), wren, Drawn::new(77, Hand::Left).frame(0)).await.unwrap_err();
    assert_eq!(other.code, Code::PalmsDiffer);
    for take in 2..5 {
        let enrolled = shop.app.add_reference(&shop.kiosk(), wren, hand.frame(take)).await.unwrap();
        assert_eq!(enrolled.reference.captures, 3, "at most three captures are kept");
    }
    let counts = shop.app.counts(&Caller::Operator).await.unwrap();
    let count = |purpose, outcome| {
        counts.captures.iter().filter(|one| one.purpose == purpose && one.outcome == outcome).map(|one| one.count).sum()
    };
    let found: [u64; 3] = [
        count(CapturePurpose::Enrol, CaptureOutcome::Enrolled),
        count(CapturePurpose::Enrol, CaptureOutcome::Refused),
        count(CapturePurpose::Identify, CaptureOutcome::NoMatch),
    ];
    assert_eq!(found, [5, 2, 1]);
    assert_eq!(counts.quality.iter().sum::<u64>(), 8);
    assert_eq!((counts.subjects, counts.palms), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_looked_at_before_the_notice_is_signed() {
    let shop = Shop::open().await;
    let create = CreateSubject { site: shop.site, display_name: "Wren".to_owned(), of_age: true, phone_last4: None };
    let wren = shop.app.create_subject(&shop.kiosk(), create).await.unwrap().subject.id;
    // Not even an image: the refusal is about consent, so nobody looked.
    let unsigned = shop.app.add_reference(&shop.kiosk(), wren, b"not an image".to_vec()).await.unwrap_err();
    assert_eq!(unsigned.code, Code::ConsentRequired);
    let mut old = shop.yes("Wren");
    old.notice_version += 1;
    let outdated = shop.app.give_consent(&shop.kiosk(), wren, old).await.unwrap_err();
    assert_eq!(outdated.code, Code::NoticeOutdated);
    let consent = shop.app.give_consent(&shop.kiosk(), wren, shop.yes("Wren")).await.unwrap();
    let looked = shop.app.add_reference(&shop.kiosk(), wren, b"not an image".to_vec()).await.unwrap_err();
    assert_eq!(looked.code, Code::InvalidFrame);

    let hand = Drawn::new(11, Hand::Right);
    shop.enrol(wren, &hand).await;
    let me = Caller::Subject(wren);
    shop.app.revoke_consent(&me, wren, consent.id).await.unwrap();
    let subject = shop.app.subject(&me, wren).await.unwrap();
    assert!(subject.references.is_empty() && subject.consents[0].revoked_at.is_some());
    let again = shop.app.add_reference(&shop.kiosk(), wren, hand.frame(0)).await.unwrap_err();
    assert_eq!(again.code, Code::ConsentRequired);
    let id = shop.payment(500).await.id;
    let found = shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, hand.frame(3)).await.unwrap();
    assert_eq!(found.decision, Decision::NoMatch);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disputed_payment_freezes_the_palm_and_a_frozen_palm_is_nobodys() {
    let shop = Shop::open().await;
    let (wren, _) = shop.shopper("Wren", None).await;
    let hand = Drawn::new(11, Hand::Right);
    shop.enrol(wren, &hand).await;
    let id = shop.payment(500).await.id;
    shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, hand.frame(4)).await.unwrap();
    let paid = shop.app.confirm(&shop.kiosk(), &RequestKey::unique(), id, ConfirmPayment::default()).await.unwrap();
    let secret = paid.receipt_path.unwrap().rsplit('/').next().unwrap().to_owned();
    let receipt = shop.app.receipt(&secret).await.unwrap();
    assert!(receipt.can_dispute && receipt.dispute.is_none());
    assert_eq!((receipt.merchant.as_str(), receipt.amount_minor), ("Corner Store", 500));
    for _ in 0..2 {
        shop.app.dispute(&secret).await.unwrap();
    }
    let reported = shop.app.receipt(&secret).await.unwrap();
    assert_eq!(reported.dispute.unwrap().status, DisputeStatus::Open);
    assert!(!reported.can_dispute);
    assert_eq!(shop.app.subject(&Caller::Subject(wren), wren).await.unwrap().status, SubjectStatus::Frozen);

    let next = shop.payment(500).await.id;
    let frozen = shop.app.identify(&shop.kiosk(), next, Cohort::Everyone, hand.frame(5)).await.unwrap();
    assert_eq!((frozen.decision, frozen.payment.shopper), (Decision::NoMatch, None));
    // Frozen is not gone: the palm cannot start over under another name.
    let (eve, _) = shop.shopper("Eve", None).await;
    let evading = shop.app.add_reference(&shop.kiosk(), eve, hand.frame(6)).await.unwrap_err();
    assert_eq!(evading.code, Code::AlreadyEnrolled);
    shop.app.unfreeze(&Caller::Subject(wren), wren).await.unwrap();
    let thawed = shop.app.identify(&shop.kiosk(), next, Cohort::Everyone, hand.frame(5)).await.unwrap();
    assert_eq!(thawed.decision, Decision::Identified);
    assert!(shop.app.receipt("0".repeat(32).as_str()).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_tries_and_the_card_path_stays_open() {
    let shop = Shop::open().await;
    let id = shop.payment(500).await.id;
    let stranger = Drawn::new(99, Hand::Left).frame(0);
    for _ in 0..8 {
        shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, stranger.clone()).await.unwrap();
    }
    let ninth = shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, stranger).await.unwrap_err();
    assert_eq!(ninth.code, Code::TooManyAttempts);
    let paid = shop.app.pay_by_card(&shop.kiosk(), &RequestKey::unique(), id, VISA).await.unwrap();
    assert_eq!((paid.status, paid.means, paid.shopper), (PaymentStatus::Captured, Some(Means::Card), None));
}
