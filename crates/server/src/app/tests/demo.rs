//! The demo store, with drawn hands.

use super::*;
use crate::app::{BorrowedHand, DemoHands, DemoShopper};
use handsel_api::{
    Code,
    payments::{Decision, PaymentStatus},
};

/// Two shoppers; nothing to borrow.
struct Hands {
    frames: u32,
}

impl DemoHands for Hands {
    fn shoppers(&self) -> Vec<DemoShopper> {
        let shopper = |seed: u64, name: &str| DemoShopper {
            name: name.to_owned(),
            phone_last4: Some("1234".to_owned()),
            enrol_frames: (0..self.frames).map(|take| Drawn::new(seed, Hand::Right).frame(take)).collect(),
        };
        let mut shoppers = vec![shopper(11, "Wren Ashdown"), shopper(22, "Moss Calder")];
        if self.frames == 0 {
            shoppers[1].enrol_frames.push(b"not an image".to_vec());
        }
        shoppers
    }

    fn tray(&self) -> &[BorrowedHand] {
        &[]
    }

    fn draw(&self, _: &str, _: u32) -> Option<Vec<u8>> {
        None
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_store_is_made_once_and_its_shoppers_pay() {
    let shop = Shop::open().await;
    let site = shop.app.demo_store(&Hands { frames: 2 }).await.unwrap();
    assert_eq!(shop.app.demo_store(&Hands { frames: 2 }).await.unwrap(), site);
    let counts = shop.app.counts(&Caller::Operator).await.unwrap();
    assert_eq!((counts.subjects, counts.palms), (2, 2));
    let kiosk = Caller::Kiosk(site);
    for (seed, initials) in [(11, "WA"), (22, "MC")] {
        let asks = CreatePayment { site, ..shop.asks(350) };
        let id = shop.app.create_payment(&kiosk, &RequestKey::unique(), asks).await.unwrap().id;
        let found =
            shop.app.identify(&kiosk, id, Cohort::Everyone, Drawn::new(seed, Hand::Right).frame(6)).await.unwrap();
        assert_eq!(found.decision, Decision::Identified);
        assert_eq!(found.payment.initials.as_deref(), Some(initials));
        let paid = shop.app.confirm(&kiosk, &RequestKey::unique(), id, ConfirmPayment::default()).await.unwrap();
        assert_eq!(paid.status, PaymentStatus::Captured);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_store_that_broke_off_is_made_anew() {
    let shop = Shop::open().await;
    let broken = shop.app.demo_store(&Hands { frames: 0 }).await.unwrap_err();
    assert_eq!(broken.code, Code::InvalidFrame);
    let site = shop.app.demo_store(&Hands { frames: 1 }).await.unwrap();
    assert_eq!(shop.app.counts(&Caller::Operator).await.unwrap().palms, 2);
    let sites = shop.app.list_sites(&Caller::Operator, 10, None).await.unwrap().data;
    assert_eq!(sites.iter().filter(|one| one.id != shop.site).map(|one| one.id).collect::<Vec<_>>(), [site]);
}

/// Anybody may open the demo's till, so it must not lead to anybody who is not part of the demo.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demos_till_recognises_only_who_enrolled_at_it() {
    let shop = Shop::open().await;
    let (grace, _) = shop.shopper("Grace Hopper", Some("1906")).await;
    let (here, visiting) = (Drawn::new(33, Hand::Right), Drawn::new(44, Hand::Right));
    shop.enrol(grace, &here).await;
    let site = shop.app.demo_store(&Hands { frames: 1 }).await.unwrap();
    let demo = Shop { app: shop.app.clone(), merchant: shop.merchant, site, dir: shop.dir.clone() };
    let (visitor, _) = demo.shopper("Somebody Trying", None).await;
    demo.enrol(visitor, &visiting).await;

    for (at, hand, decision) in [
        (&demo, &here, Decision::NoMatch),
        (&demo, &visiting, Decision::Identified),
        (&shop, &here, Decision::Identified),
    ] {
        let kiosk = at.kiosk();
        let id = at.app.create_payment(&kiosk, &RequestKey::unique(), at.asks(350)).await.unwrap().id;
        let found = at.app.identify(&kiosk, id, Cohort::Everyone, hand.frame(6)).await.unwrap();
        assert_eq!(found.decision, decision);
    }
}
