//! Grants, payments with credits, refunds, expiry and taking back in any order: no account below nothing, and the books are right.

use super::*;
use proptest::{prelude::*, test_runner::TestRunner};

/// Something that happens. Which of two shoppers, or of all payments so far, is a number that is cut to fit.
#[derive(Debug, Clone)]
enum Event {
    Give { to: usize, minor: i64 },
    Pay { who: usize, minor: i64, later: bool },
    PayWithCode { minor: i64, declined: bool },
    Capture { of: usize, minor: i64 },
    Cancel { of: usize },
    Refund { of: usize, minor: i64 },
    Lose { of: usize },
    Expire { of: usize },
    TakeBack { who: usize },
    Leave { who: usize },
    KeepHouse,
}

fn history() -> impl Strategy<Value = Vec<Event>> {
    let which = any::<usize>;
    let event = prop_oneof![
        4 => (which(), 1..2_000i64).prop_map(|(to, minor)| Event::Give { to, minor }),
        8 => (which(), 1..1_500i64, any::<bool>()).prop_map(|(who, minor, later)| Event::Pay { who, minor, later }),
        3 => (1..1_500i64, any::<bool>()).prop_map(|(minor, declined)| Event::PayWithCode { minor, declined }),
        3 => (which(), 1..1_500i64).prop_map(|(of, minor)| Event::Capture { of, minor }),
        2 => which().prop_map(|of| Event::Cancel { of }),
        5 => (which(), 1..1_500i64).prop_map(|(of, minor)| Event::Refund { of, minor }),
        2 => which().prop_map(|of| Event::Lose { of }),
        3 => which().prop_map(|of| Event::Expire { of }),
        1 => which().prop_map(|who| Event::TakeBack { who }),
        1 => which().prop_map(|who| Event::Leave { who }),
        4 => Just(Event::KeepHouse),
    ];
    prop::collection::vec(event, 1..30)
}

/// What a history has made so far.
struct Played {
    people: Vec<SubjectId>,
    promotions: Vec<PromotionId>,
    payments: Vec<PaymentId>,
    code: String,
}

impl Played {
    async fn begin(shop: &Shop) -> Played {
        let mut people = Vec::new();
        for name in ["Wren", "Moss"] {
            people.push(shop.shopper(name, None).await.0);
        }
        let gift = promotion(shop, 900).await;
        let code = vouchers(shop, gift.id, 1).await.codes.remove(0);
        Played { people, promotions: vec![gift.id], payments: Vec::new(), code }
    }

    /// What is not possible is refused, and that is fine: what counts is that the books are right afterwards.
    async fn play(&mut self, shop: &Shop, event: &Event) {
        let till = shop.till();
        let payment = |of: usize| (!self.payments.is_empty()).then(|| self.payments[of % self.payments.len()]);
        match *event {
            Event::Give { to, minor } => {
                let new = promotion(shop, minor).await;
                self.promotions.push(new.id);
                let mut tx = shop.app.0.store.write().await.unwrap();
                let stored = promotions::promotion(&mut tx, new.id).await.unwrap().unwrap();
                let subject = self.people[to % self.people.len()];
                let account = shop.app.credit_account(subject.0.into(), &stored).unwrap();
                shop.app.give(&mut tx, &stored, &account, Some(subject), None, crate::clock::now_ms()).await.unwrap();
                tx.commit().await.unwrap();
            }
            Event::Pay { who, minor, later } => {
                let when = if later { CaptureWhen::Later } else { CaptureWhen::Now };
                let paid = pays(shop, self.people[who % self.people.len()], minor, when).await;
                self.payments.push(paid.id);
            }
            Event::PayWithCode { minor, declined } => {
                let id = shop.payment(minor).await.id;
                let sandbox_card = if declined { SandboxCard::VisaDeclined } else { SandboxCard::VisaApproved };
                let card = PayByCard { sandbox_card, ..with(&self.code) };
                if shop.app.pay_by_card(&till, &RequestKey::unique(), id, card).await.is_ok() {
                    self.payments.push(id);
                }
            }
            Event::Capture { of, minor } => {
                if let Some(id) = payment(of) {
                    let part = CapturePayment { amount_minor: Some(minor) };
                    let _ = shop.app.capture(&till, id, part).await;
                }
            }
            Event::Cancel { of } => {
                if let Some(id) = payment(of) {
                    let _ = shop.app.cancel(&till, id).await;
                }
            }
            Event::Refund { of, minor } => {
                if let Some(id) = payment(of) {
                    let _ = shop.app.refund(&till, &RequestKey::unique(), id, shop.refund(minor)).await;
                }
            }
            Event::Lose { of } => {
                if let Some(id) = payment(of) {
                    let open = OpenDispute { opened_by: OpenedBy::Processor, note: None };
                    if let Ok(dispute) = shop.app.open_dispute(&OPERATOR, id, open).await {
                        let lost = CloseDispute { outcome: DisputeOutcome::Lost, note: None };
                        shop.app.close_dispute(&OPERATOR, dispute.id, lost).await.unwrap();
                    }
                }
            }
            Event::Expire { of } => let_time_pass(shop, self.promotions[of % self.promotions.len()]).await,
            Event::TakeBack { who } => {
                let who = self.people[who % self.people.len()];
                shop.app.take_back_credits(&OPERATOR, who).await.unwrap();
            }
            Event::Leave { who } => {
                let place = who % self.people.len();
                shop.app.erase_subject(&OPERATOR, self.people[place]).await.unwrap();
                self.people[place] = shop.shopper("Next", None).await.0;
            }
            Event::KeepHouse => {
                shop.app.expire_credits().await.unwrap();
                shop.app.housekeep().await.unwrap();
            }
        }
    }

    /// After everything was let go and has expired, promotions cost what was spent of them and not given back.
    async fn end(&self, shop: &Shop) {
        for id in &self.payments {
            let _ = shop.app.cancel(&shop.till(), *id).await;
        }
        for promotion in &self.promotions {
            let_time_pass(shop, *promotion).await;
        }
        shop.app.expire_credits().await.unwrap();
        let mut conn = shop.app.0.store.read().await.unwrap();
        let now_ms = crate::clock::now_ms();
        assert!(credits::due(&mut conn, now_ms, None, 10).await.unwrap().is_empty(), "nothing is left to expire");
        let (spent,): (i64,) = sqlx::query_as(
            "select cast(coalesce(sum(case when credit_minor < captured_minor then credit_minor else captured_minor end), 0) as bigint)
             from payment where status = 'captured'",
        )
        .fetch_one(&mut *conn)
        .await
        .unwrap();
        let (back,): (i64,) = sqlx::query_as(
            "select (select cast(coalesce(sum(credit_minor), 0) as bigint) from refund)
                 + (select cast(coalesce(sum(credit_minor), 0) as bigint) from dispute where status = 'lost')",
        )
        .fetch_one(&mut *conn)
        .await
        .unwrap();
        drop(conn);
        assert_eq!(cost(shop).await, spent - back);
    }
}

fn the_books_are_right_after_any_history(on: On) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    TestRunner::new(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })
        .run(&history(), |history| {
            runtime.block_on(async {
                let shop = Shop::open_on(on).await;
                let mut played = Played::begin(&shop).await;
                for event in &history {
                    played.play(&shop, event).await;
                    let overdrawn = money::overdrawn(&mut shop.app.0.store.read().await.unwrap()).await.unwrap();
                    assert!(overdrawn.is_empty(), "{overdrawn:?} after {event:?}");
                }
                sound(&shop).await;
                played.end(&shop).await;
                sound(&shop).await;
            });
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_books_are_right_after_any_history_in_a_file() {
    the_books_are_right_after_any_history(On::Sqlite);
}

#[test]
fn the_books_are_right_after_any_history_in_a_database() {
    the_books_are_right_after_any_history(On::Postgres);
}
