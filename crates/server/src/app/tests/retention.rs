//! Everybody's time ends when the published policy says so, and an order alone stops it. Time is given to the job.

use super::*;
use crate::{
    app::{HoldState, PlaceHold, StartError, retention::DAY_MS},
    clock::{JUMPED_MS, now_ms},
    epochs::BARE,
    vault::What,
};
use handsel_api::{Code, payments::Decision};
use handsel_palm::Template;

async fn is_here(shop: &Shop, subject: SubjectId) -> bool {
    match shop.app.subject(&Caller::Operator, subject).await {
        Ok(_) => true,
        Err(refusal) => {
            assert_eq!(refusal.code, Code::NotFound);
            false
        }
    }
}

async fn decides(shop: &Shop, hand: &Drawn, take: u32) -> Decision {
    let id = shop.payment(400).await.id;
    shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, hand.frame(take)).await.unwrap().decision
}

async fn withheld(shop: &Shop) -> i64 {
    let mut conn = shop.app.0.store.read().await.unwrap();
    let (count,): (i64,) =
        sqlx::query_as("select count(*) from withheld_template").fetch_one(&mut *conn).await.unwrap();
    count
}

/// A hold on somebody for so many days.
async fn hold(shop: &Shop, subject: SubjectId, days: u32) {
    let until = (0..days).fold(crate::app::Day::today(), |day, _| day.next());
    let place = PlaceHold { subject, order: "24-CV-0815".to_owned(), until };
    shop.app.place_hold(&Caller::Operator, place).await.unwrap();
}

async fn whoever_does_not_come_back_is_erased(on: On) {
    let shop = Shop::open_on(on).await;
    let ((wren, _), (moss, _)) = (shop.shopper("Wren", None).await, shop.shopper("Moss", None).await);
    let (wrens, mosss) = (Drawn::new(11, Hand::Right), Drawn::new(22, Hand::Right));
    shop.enrol(wren, &wrens).await;
    shop.enrol(moss, &mosss).await;
    let start_ms = now_ms();
    // Moss pays after 300 days; Wren never again.
    JUMPED_MS.set(300 * DAY_MS);
    assert_eq!(decides(&shop, &mosss, 3).await, Decision::Identified);
    JUMPED_MS.set(0);
    let days = |days: i64| start_ms + days * DAY_MS;
    let told = shop.app.kept_until(&Caller::Subject(wren), wren).await.unwrap();
    assert_eq!(shop.app.enforce_policy(days(364)).await.unwrap(), 0);
    assert!(
        crate::clock::parse(&told).unwrap() > days(364) && crate::clock::parse(&told).unwrap() < days(366),
        "{told}"
    );
    assert_eq!(shop.app.enforce_policy(days(366)).await.unwrap(), 1);
    assert_eq!((is_here(&shop, wren).await, is_here(&shop, moss).await, shop.app.palms()), (false, true, 1));
    assert_eq!(decides(&shop, &wrens, 4).await, Decision::NoMatch);
    assert_eq!(shop.app.enforce_policy(days(664)).await.unwrap(), 0);
    assert_eq!(shop.app.enforce_policy(days(666)).await.unwrap(), 1);
    let enforced = shop.app.published_policy().await.unwrap().enforced_at.unwrap();
    assert_eq!(crate::clock::parse(&enforced), Some(days(666)));
}

async fn whoever_has_no_consent_left_is_erased_a_month_later(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren", None).await;
    let create = CreateSubject { site: shop.site, display_name: "Nobody".to_owned(), of_age: true, phone_last4: None };
    let never = shop.app.create_subject(&shop.kiosk(), create).await.unwrap().subject.id;
    let consent = shop.app.subject(&Caller::Operator, wren).await.unwrap().consents[0].id;
    let start_ms = now_ms();
    JUMPED_MS.set(10 * DAY_MS);
    shop.app.revoke_consent(&Caller::Subject(wren), wren, consent).await.unwrap();
    JUMPED_MS.set(0);
    let days = |days: i64| start_ms + days * DAY_MS;
    assert_eq!(shop.app.enforce_policy(days(29)).await.unwrap(), 0);
    assert_eq!(shop.app.enforce_policy(days(31)).await.unwrap(), 1);
    assert_eq!((is_here(&shop, wren).await, is_here(&shop, never).await), (true, false));
    assert_eq!(shop.app.enforce_policy(days(41)).await.unwrap(), 1);
    assert!(!is_here(&shop, wren).await);
}

/// The number that is published is the one that is obeyed.
async fn the_job_obeys_what_is_published(on: On) {
    let ground = Arc::new(Ground::new(on));
    let config = Config { keep_unused_days: 7, ..ground.config() };
    let shop = Shop::furnish(App::open(&config).await.unwrap(), ground).await;
    let (wren, _) = shop.shopper("Wren", None).await;
    let published = serde_json::to_value(shop.app.published_policy().await.unwrap()).unwrap();
    let days = published["policy"]["retention"]["unused_days"].as_i64().unwrap();
    assert_eq!(days, 7);
    let start_ms = now_ms();
    assert_eq!(shop.app.enforce_policy(start_ms + (days - 1) * DAY_MS).await.unwrap(), 0);
    assert_eq!(shop.app.enforce_policy(start_ms + (days + 1) * DAY_MS).await.unwrap(), 1);
    assert!(!is_here(&shop, wren).await);
    shop.app.close().await;
    for keep_unused_days in [0, 731] {
        let refused = App::open(&Config { keep_unused_days, ..shop.dir.config() }).await.err().unwrap();
        assert!(matches!(refused, StartError::Policy(_)), "{refused}");
    }
}

/// Who was told a week is not kept for a year because the configuration says so later, until they sign that.
async fn a_longer_time_holds_for_whoever_signs_it(on: On) {
    let ground = Arc::new(Ground::new(on));
    let week = Config { keep_unused_days: 7, ..ground.config() };
    let mut shop = Shop::furnish(App::open(&week).await.unwrap(), ground).await;
    let ((wren, _), (moss, _)) = (shop.shopper("Wren", None).await, shop.shopper("Moss", None).await);
    shop.app.close().await;
    shop.app = App::open(&shop.dir.config()).await.unwrap();
    shop.app.give_consent(&shop.kiosk(), moss, shop.yes("Moss")).await.unwrap();
    let start_ms = now_ms();
    let told = shop.app.kept_until(&Caller::Subject(wren), wren).await.unwrap();
    assert!(crate::clock::parse(&told).unwrap() < start_ms + 8 * DAY_MS, "{told}");
    assert_eq!(shop.app.enforce_policy(start_ms + 6 * DAY_MS).await.unwrap(), 0);
    assert_eq!(shop.app.enforce_policy(start_ms + 8 * DAY_MS).await.unwrap(), 1);
    assert_eq!((is_here(&shop, wren).await, is_here(&shop, moss).await), (false, true));
    assert_eq!(shop.app.enforce_policy(start_ms + 366 * DAY_MS).await.unwrap(), 1);
}

async fn an_order_keeps_what_would_be_erased_and_makes_it_unusable(on: On) {
    let mut shop = Shop::open_on(on).await;
    let (wren, wallet) = shop.shopper("Wren", Some("1815")).await;
    let hand = Drawn::new(11, Hand::Right);
    shop.enrol(wren, &hand).await;
    hold(&shop, wren, 500).await;
    assert_eq!(shop.app.published_policy().await.unwrap().legal_holds, 1);
    assert_eq!(decides(&shop, &hand, 3).await, Decision::Identified, "a hold takes nothing away");
    let start_ms = now_ms();
    assert_eq!(shop.app.enforce_policy(start_ms + 400 * DAY_MS).await.unwrap(), 0, "it alone stops the job");
    assert!(is_here(&shop, wren).await);

    let erased = shop.app.erase_subject(&Caller::Subject(wren), wren).await.unwrap();
    assert!(erased.held_until.is_some() && erased.references == 1);
    assert_eq!(shop.app.authenticate(wallet.strip_prefix("/wallet/").unwrap()).await, None);
    assert_eq!((shop.app.palms(), withheld(&shop).await), (0, 2));
    // What is kept depends on no epoch: it opens under its owner's key, bare.
    let mut conn = shop.app.0.store.read().await.unwrap();
    let key = shop.app.person(&mut conn, wren).await.unwrap().key;
    let kept: Vec<(String, i64, Vec<u8>)> =
        sqlx::query_as("select reference_id, position, sealed from withheld_template")
            .fetch_all(&mut *conn)
            .await
            .unwrap();
    drop(conn);
    for (reference, position, sealed) in kept {
        let opened = key.open(What::Template { reference: &reference, position, epoch: BARE }, &sealed).unwrap();
        assert!(Template::from_bytes(&opened).unwrap().is_usable());
    }
    assert_eq!(decides(&shop, &hand, 4).await, Decision::NoMatch);
    shop.app.close().await;
    shop.app = App::open(&shop.dir.config()).await.unwrap();
    assert_eq!((shop.app.palms(), decides(&shop, &hand, 5).await), (0, Decision::NoMatch), "not after a start either");
    let left = shop.app.subject(&Caller::Operator, wren).await.unwrap();
    assert!(left.payment_methods.is_empty() && left.consents.iter().all(|consent| consent.revoked_at.is_some()));

    let listed = shop.app.list_holds(&Caller::Operator, 10, None).await.unwrap().data;
    assert!(listed[0].leaving && *listed[0].order == "24-CV-0815" && listed[0].state == HoldState::InForce);
    shop.app.lift_hold(&Caller::Operator, listed[0].id).await.unwrap();
    assert!(!is_here(&shop, wren).await, "erased when the order ended");
    assert_eq!((withheld(&shop).await, shop.app.published_policy().await.unwrap().legal_holds), (0, 0));
    let again = shop.app.lift_hold(&Caller::Operator, listed[0].id).await.unwrap_err();
    assert_eq!(again.code, Code::NotFound);
}

async fn an_order_ends_by_itself(on: On) {
    let shop = Shop::open_on(on).await;
    let ((wren, _), (moss, _)) = (shop.shopper("Wren", None).await, shop.shopper("Moss", None).await);
    shop.enrol(wren, &Drawn::new(11, Hand::Right)).await;
    shop.enrol(moss, &Drawn::new(22, Hand::Right)).await;
    hold(&shop, wren, 10).await;
    hold(&shop, moss, 10).await;
    // Wren leaves; Moss takes one yes back and stays.
    shop.app.erase_subject(&Caller::Subject(wren), wren).await.unwrap();
    let me = Caller::Subject(moss);
    let consent = shop.app.subject(&me, moss).await.unwrap().consents[0].id;
    shop.app.revoke_consent(&me, moss, consent).await.unwrap();
    assert_eq!((shop.app.palms(), withheld(&shop).await), (0, 4));
    let start_ms = now_ms();
    assert_eq!(shop.app.enforce_policy(start_ms + 5 * DAY_MS).await.unwrap(), 0);
    assert_eq!(withheld(&shop).await, 4);
    assert_eq!(shop.app.enforce_policy(start_ms + 12 * DAY_MS).await.unwrap(), 1);
    assert_eq!((is_here(&shop, wren).await, is_here(&shop, moss).await, withheld(&shop).await), (false, true, 0));
}

async fn orders_are_checked(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren", None).await;
    let place = |subject, order: &str, until| PlaceHold { subject, order: order.to_owned(), until };
    let today = crate::app::Day::today();
    let far = (0..800).fold(today, |day, _| day.next());
    let nobody = SubjectId(crate::ids::next());
    for (wrong, code) in [
        (place(wren, "", today), Code::InvalidField),
        (place(wren, &"x".repeat(81), today), Code::InvalidField),
        (place(wren, "24-CV-0815", today.before()), Code::InvalidField),
        (place(wren, "24-CV-0815", far), Code::InvalidField),
        (place(nobody, "24-CV-0815", today), Code::NotFound),
    ] {
        assert_eq!(shop.app.place_hold(&Caller::Operator, wrong).await.unwrap_err().code, code);
    }
    for caller in [shop.till(), shop.kiosk(), Caller::Subject(wren)] {
        let placed = shop.app.place_hold(&caller, place(wren, "24-CV-0815", today)).await;
        assert_eq!(placed.unwrap_err().code, Code::Forbidden);
    }
}

on_both_engines!(
    whoever_does_not_come_back_is_erased,
    whoever_has_no_consent_left_is_erased_a_month_later,
    the_job_obeys_what_is_published,
    a_longer_time_holds_for_whoever_signs_it,
    an_order_keeps_what_would_be_erased_and_makes_it_unusable,
    an_order_ends_by_itself,
    orders_are_checked,
);
