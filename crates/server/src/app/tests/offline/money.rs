//! What was taken is charged once, within the limits, and not where it cannot be.

use super::*;
use handsel_api::{
    Code,
    offline::OfflinePayment,
    payments::{DeclineReason, PaymentStatus},
};
use serde_json::json;

const HOUR_MS: i64 = 60 * 60 * 1000;

async fn what_was_taken_while_cut_off_is_charged_once(on: On) {
    let mut away = Away::open_on(on).await;
    assert_eq!(away.charged().await, (700, 700));
    let taken = away.till.pay(&away.hand, 1_200).await;
    assert_eq!((&taken["status"], &taken["offline_at"].is_string()), (&json!("accepted"), &true), "{taken}");
    assert_eq!((&taken["captured_minor"], &taken["receipt_path"]), (&json!(null), &json!(null)), "nothing moved yet");
    let id = taken["id"].as_str().unwrap().to_owned();
    assert_eq!(away.till.show(&id).await.1["status"], "accepted");
    assert_eq!(away.charged().await, (700, 700));

    // The server gets it and charges; the agent never hears of that, stops, and hands it in again.
    away.line.set(Passes::Requests);
    away.agent().set_up(true);
    away.agent().hand_in_all().await;
    until(async || away.charged().await == (1_900, 1_900)).await;
    away.line.set(Passes::Nothing);
    away.start_again(0).await;
    assert_eq!(away.till.show(&id).await.1["status"], "accepted", "it is still in the agent's hands");
    for _ in 0..3 {
        away.hand_in().await;
    }
    assert_eq!(away.charged().await, (1_900, 1_900), "once");
    let (status, paid) = away.till.show(&id).await;
    assert_eq!((status, &paid["status"]), (200, &json!("captured")), "the server says it now: {paid}");
    assert_eq!((&paid["offline_at"], &paid["client_reference"]), (&taken["offline_at"], &json!("bon 7")));
    assert_eq!(paid["shopper"], taken["shopper"]);
    assert!(paid["receipt_path"].is_string());
    assert_eq!(away.agent().0.queue.waiting().await.unwrap(), (0, 0));
    let report = crate::doctor::look(&mut away.shop.app.0.store.read().await.unwrap(), &away.shop.app.0.vault).await;
    assert!(report.unwrap().sound);
}

async fn who_left_meanwhile_is_not_charged_and_the_shop_bears_it(on: On) {
    let away = Away::open_on(on).await;
    let ids = [away.till.pay(&away.hand, 900).await, away.till.pay(&away.hand, 800).await]
        .map(|taken| taken["id"].as_str().unwrap().to_owned());
    // The card goes; and then everything.
    let cards = away.shop.app.subject(&Caller::Operator, away.wren).await.unwrap().payment_methods;
    away.shop.app.remove_payment_method(&Caller::Operator, away.wren, cards[0].id).await.unwrap();
    away.line.set(Passes::Everything);
    let (_, first) = away.agent().0.queue.next().await.unwrap().unwrap();
    let first: OfflinePayment = serde_json::from_str(&first).unwrap();
    let agent = away.agent_caller().await;
    let lost = away.shop.app.take_offline(&agent, first).await.unwrap();
    assert_eq!((lost.status, lost.decline), (PaymentStatus::Declined, Some(DeclineReason::Unavailable)));
    away.shop.app.erase_subject(&Caller::Operator, away.wren).await.unwrap();
    away.hand_in().await;
    for id in ids {
        let lost = away.stored(&id).await;
        assert_eq!((lost.status, lost.decline), (PaymentStatus::Declined, Some(DeclineReason::Unavailable)));
        assert_eq!((lost.shopper, lost.card), (None, None), "linked to nobody");
        assert!(lost.offline_at.is_some(), "the shop sees that the goods are gone");
    }
    assert_eq!(away.charged().await, (700, 700), "what they paid before they left");
    assert!(away.agent().fetch().await);
    let (held, _) = away.agent().held().unwrap();
    assert_eq!(held.gallery.len(), 0, "and they are gone from the agent");
}

async fn frozen_or_withdrawn_is_not_charged(on: On) {
    let away = Away::open_on(on).await;
    let (a, b) = (away.till.pay(&away.hand, 900).await, away.till.pay(&away.hand, 800).await);
    away.shop.app.freeze(&Caller::Operator, away.wren).await.unwrap();
    away.line.set(Passes::Everything);
    let (seq, first) = away.agent().0.queue.next().await.unwrap().unwrap();
    let agent = away.agent_caller().await;
    away.shop.app.take_offline(&agent, serde_json::from_str(&first).unwrap()).await.unwrap();
    away.agent().0.queue.handed_in(seq, String::new()).await.unwrap();
    away.shop.app.unfreeze(&Caller::Operator, away.wren).await.unwrap();
    let consent = away.shop.app.subject(&Caller::Operator, away.wren).await.unwrap().consents[0].id;
    away.shop.app.revoke_consent(&Caller::Operator, away.wren, consent).await.unwrap();
    away.hand_in().await;
    for taken in [a, b] {
        assert_eq!(away.stored(taken["id"].as_str().unwrap()).await.status, PaymentStatus::Declined);
    }
    assert_eq!(away.charged().await, (700, 700));
}

/// A server that stops between its promise and the charge goes on with it: nobody stands at the till to be asked again.
async fn a_silent_processor_is_asked_until_it_took_the_money(on: On) {
    for fault in [Fault::SilentBefore, Fault::SilentAfter] {
        let dir = Arc::new(Ground::new(on));
        let processor = Faulty::new(dir.path(), Fault::None).await;
        let config = Config { offline: true, ..dir.config() };
        let app = App::open_with(&config, Box::new(processor.clone())).await.unwrap();
        let shop = Shop::furnish(app, dir).await;
        let (wren, _) = shop.shopper("Wren Ashdown", Some(DIGITS)).await;
        let (agent, key) = shop.agent_caller().await;
        let taken = shop.taken(wren, key, 1_000, crate::clock::now_ms()).await;
        processor.set(fault);
        let waits = shop.app.take_offline(&agent, taken.clone()).await.unwrap();
        assert_eq!(waits.status, PaymentStatus::Unknown, "{fault:?}");
        processor.set(Fault::None);
        shop.ask_again().await;
        let paid = shop.app.take_offline(&agent, taken).await.unwrap();
        assert_eq!(paid.status, PaymentStatus::Captured, "{fault:?}");
        assert_eq!(processor.sim.audit().await, (1, 1_000, 0), "{fault:?}");
        assert_eq!(shop.booked().await, 1_000);
    }
}

/// Whoever has an agent's key and folder can write what they like into its queue.
async fn a_forged_queue_charges_no_more_than_the_limits(on: On) {
    let dir = Arc::new(Ground::new(on));
    let config = Config { offline: true, ..dir.config() };
    let shop = Shop::furnish(App::open(&config).await.unwrap(), dir).await;
    let (agent, key) = shop.agent_caller().await;
    let now_ms = crate::clock::now_ms();
    let (mut charged, mut handed_in) = (0, 0);
    for n in 0..11 {
        let (subject, _) = shop.shopper(&format!("Shopper {n}"), Some(DIGITS)).await;
        let mut theirs = 0;
        for minor in [2_501, 2_500, 2_400, 101, 100, 1] {
            let taken = shop.taken(subject, key, minor, now_ms).await;
            let said = shop.app.take_offline(&agent, taken).await.unwrap();
            let within = minor <= 2_500 && theirs + minor <= 5_000 && handed_in + minor <= 50_000;
            handed_in += minor;
            let expected = if within { PaymentStatus::Captured } else { PaymentStatus::Declined };
            assert_eq!(said.status, expected, "{minor} of shopper {n}");
            assert_eq!(said.decline, (!within).then_some(DeclineReason::OfflineLimit));
            theirs += if within { minor } else { 0 };
        }
        charged += theirs;
    }
    assert_eq!((charged, shop.booked().await), (shop.dir.processor().audit().await.1, charged));
    assert!((30_000..=50_000).contains(&charged), "{charged}");
}

async fn bad_hand_ins_are_refused_and_leave_nothing(on: On) {
    let dir = Arc::new(Ground::new(on));
    let config = Config { offline: true, ..dir.config() };
    let shop = Shop::furnish(App::open(&config).await.unwrap(), dir).await;
    let (wren, _) = shop.shopper("Wren", Some(DIGITS)).await;
    let (agent, key) = shop.agent_caller().await;
    let (_, other) = shop.agent_caller().await;
    let now_ms = crate::clock::now_ms();
    let good = shop.taken(wren, key, 500, now_ms).await;
    let at = |ms: i64| crate::clock::rfc3339(ms);
    let id_of = |ms: i64| PaymentId(ulid::Ulid::from_parts(ms.unsigned_abs(), 7));
    let foreign = shop.taken(wren, other, 500, now_ms).await.pass;
    let with = |change: &dyn Fn(&mut OfflinePayment)| {
        let mut changed = good.clone();
        change(&mut changed);
        changed
    };
    let table = [
        (with(&|it| it.pass = "AAAA".to_owned()), Code::InvalidField, "/pass"),
        (with(&|it| it.pass = "é".to_owned()), Code::InvalidField, "/pass"),
        (with(&|it| it.pass = foreign.clone()), Code::InvalidField, "/pass"),
        (with(&|it| it.taken_at = "yesterday".to_owned()), Code::InvalidField, "/taken_at"),
        (with(&|it| it.taken_at = at(now_ms - 2 * HOUR_MS)), Code::InvalidField, "/taken_at"),
        (with(&|it| it.taken_at = at(now_ms + HOUR_MS)), Code::InvalidField, "/taken_at"),
        (with(&|it| it.taken_at = at(now_ms + 25 * HOUR_MS)), Code::InvalidField, "/taken_at"),
        (with(&|it| it.id = id_of(now_ms - HOUR_MS)), Code::InvalidField, "/id"),
        (with(&|it| it.id = id_of(1 << 47)), Code::InvalidField, "/id"),
        (with(&|it| it.amount_minor = 0), Code::AmountOutOfRange, "/amount_minor"),
        (with(&|it| it.amount_minor = -1), Code::AmountOutOfRange, "/amount_minor"),
        (with(&|it| it.amount_minor = i64::MAX), Code::AmountOutOfRange, "/amount_minor"),
        (with(&|it| it.tip_minor = 501), Code::AmountOutOfRange, "/tip_minor"),
        (with(&|it| it.tip_minor = -1), Code::AmountOutOfRange, "/tip_minor"),
        (with(&|it| it.currency = "USD".to_owned()), Code::CurrencyMismatch, "/currency"),
        (with(&|it| it.client_reference = Some("a\nb".to_owned())), Code::InvalidField, "/client_reference"),
    ];
    for (bad, code, field) in table {
        let refused = shop.app.take_offline(&agent, bad.clone()).await.unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (code, Some(field)), "{bad:?}");
    }
    for nobody in [Caller::Operator, shop.till(), shop.kiosk(), Caller::Subject(wren)] {
        assert_eq!(shop.app.take_offline(&nobody, good.clone()).await.unwrap_err().code, Code::Forbidden, "{nobody:?}");
    }
    assert_eq!(shop.dir.processor().audit().await.0, 0);
    assert_eq!(shop.app.take_offline(&agent, good.clone()).await.unwrap().status, PaymentStatus::Captured);
    assert_eq!(shop.app.take_offline(&agent, good.clone()).await.unwrap().status, PaymentStatus::Captured);
    let more = with(&|it| it.amount_minor = 501);
    assert_eq!(shop.app.take_offline(&agent, more).await.unwrap_err().code, Code::IdempotencyMismatch);
    assert_eq!(shop.dir.processor().audit().await, (1, 500, 0));
}

on_both_engines!(
    what_was_taken_while_cut_off_is_charged_once,
    who_left_meanwhile_is_not_charged_and_the_shop_bears_it,
    frozen_or_withdrawn_is_not_charged,
    a_silent_processor_is_asked_until_it_took_the_money,
    a_forged_queue_charges_no_more_than_the_limits,
    bad_hand_ins_are_refused_and_leave_nothing,
);

pub(super) async fn until(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..400 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it never came to that");
}

impl Away {
    async fn agent_caller(&self) -> Caller {
        self.shop.app.caller_of(&self.key).await.unwrap()
    }
}

impl Shop {
    /// The agent of a key that was used once.
    async fn agent_caller(&self) -> (Caller, handsel_api::KeyId) {
        let key = self.key(Some(vec![Scope::Offline])).await;
        let caller = self.app.caller_of(&key).await.unwrap();
        let public_key = "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned();
        self.app
            .offline_subset(&caller, handsel_api::offline::AskForSubset { site: self.site, public_key })
            .await
            .unwrap();
        let Caller::Till(till) = caller else { panic!("{caller:?}") };
        (caller, till.key.unwrap())
    }

    /// What an agent with this key says it took from somebody whose pass it has.
    async fn taken(&self, subject: SubjectId, key: handsel_api::KeyId, minor: i64, taken_ms: i64) -> OfflinePayment {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let pass = self.app.0.new_pass(key, self.site, subject, taken_ms - HOUR_MS);
        OfflinePayment {
            id: PaymentId(ulid::Ulid::from_parts(taken_ms.unsigned_abs(), rand::random())),
            pass: STANDARD.encode(pass),
            amount_minor: minor,
            tip_minor: 0,
            currency: "EUR".to_owned(),
            client_reference: None,
            taken_at: crate::clock::rfc3339(taken_ms),
        }
    }
}
