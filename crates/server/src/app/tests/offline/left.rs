//! Who left while a shop was cut off: what they took is booked once, and nothing in the shop says any more who they were.

use super::money::until;
use super::*;
use handsel_api::payments::{DeclineReason, PaymentStatus};
use serde_json::json;
use std::fs;

impl Away {
    /// Whether any file in the agent's folder holds this.
    fn in_files(&self, text: &str) -> bool {
        let files = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        files
            .filter(|path| path.is_file())
            .any(|path| fs::read(path).unwrap().windows(text.len()).any(|window| window == text.as_bytes()))
    }

    /// How many payments the server has of this many minor units.
    async fn booked_as(&self, minor: i64) -> usize {
        let all = self.shop.app.list_payments(&self.shop.till(), 100, None).await.unwrap().data;
        all.iter().filter(|payment| payment.amount_minor == minor).count()
    }
}

async fn who_left_is_booked_once_and_nowhere_in_the_shop(on: On) {
    let mut away = Away::open_on(on).await;
    let taken = away.till.pay(&away.hand, 900).await;
    let (id, shopper) = (taken["id"].as_str().unwrap().to_owned(), taken["shopper"].as_str().unwrap().to_owned());
    // One more that nobody said yes to, and wrong digits.
    let open = away.till.up_to_the_yes(&away.hand, 300).await;
    let other = away.till.ask(100).await.1["id"].as_str().unwrap().to_owned();
    away.till.identify(&other, away.hand.frame(2)).await;
    assert_eq!(away.till.step_up(&other, "0000").await.0, 422);
    let (_, waits) = away.agent().0.queue.next().await.unwrap().unwrap();
    let pass = serde_json::from_str::<serde_json::Value>(&waits).unwrap()["pass"].as_str().unwrap().to_owned();
    assert!(away.in_files(&shopper) && away.in_files(&pass), "the search sees what is there");

    away.shop.app.erase_subject(&Caller::Operator, away.wren).await.unwrap();
    // It is handed in and the agent does not hear of it; and again, twice.
    away.line.set(Passes::Requests);
    away.agent().set_up(true);
    away.agent().hand_in_all().await;
    until(async || away.booked_as(900).await == 1).await;
    for _ in 0..2 {
        away.hand_in().await;
    }
    let lost = away.stored(&id).await;
    assert_eq!((lost.status, lost.decline), (PaymentStatus::Declined, Some(DeclineReason::Unavailable)));
    assert_eq!((lost.shopper, lost.card), (None, None), "linked to nobody");
    assert_eq!(
        (away.booked_as(900).await, away.charged().await),
        (1, (700, 700)),
        "booked once, as the shop\u{2019}s loss"
    );
    assert_eq!(away.agent().0.queue.waiting().await.unwrap(), (0, 0));

    assert!(away.agent().fetch().await);
    let held = away.agent().held().unwrap().0;
    assert!(held.gallery.is_empty() && held.who(&shopper).is_none());
    for text in [&shopper, &pass] {
        assert!(!away.in_files(text), "{text} is in the agent\u{2019}s files");
    }
    away.line.set(Passes::Nothing);
    away.agent().set_up(false);
    let (_, shown) = away.till.show(&open).await;
    assert_eq!((&shown["status"], &shown["shopper"]), (&json!("requires_palm"), &json!(null)), "{shown}");
    assert_eq!(away.till.confirm(&open).await.1["code"], "wrong_state");
    assert_eq!(away.till.identify(&open, away.hand.frame(2)).await.1["decision"], "no_match");
    // Nor when it starts again.
    away.start_again(0).await;
    assert!(!away.in_files(&shopper));
}

/// The limits of whoever stays hold on, and what left still counts for the scanner.
async fn who_stays_is_held_to_their_limit(on: On) {
    let away = Away::open_on(on).await;
    away.till.pay(&away.hand, 2_500).await;
    away.till.pay(&away.hand, 2_500).await;
    away.hand_in().await;
    assert!(away.agent().fetch().await);
    away.line.set(Passes::Nothing);
    away.agent().set_up(false);
    let third = away.till.up_to_the_yes(&away.hand, 1).await;
    assert_eq!(away.till.confirm(&third).await.1["code"], "offline_limit");
}

on_both_engines!(who_left_is_booked_once_and_nowhere_in_the_shop, who_stays_is_held_to_their_limit);
