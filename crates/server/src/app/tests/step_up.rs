//! One more proof. The searches are replaced here: the payment is put where a search that is not sure puts it.

use super::*;
use crate::store::payments;
use handsel_api::{
    Code,
    payments::{PaymentStatus, StepUp},
    subjects::SubjectStatus,
};

async fn unsure(shop: &Shop, subject: SubjectId) -> PaymentId {
    let id = shop.payment(500).await.id;
    let mut tx = shop.app.0.store.write().await.unwrap();
    payments::set_status(&mut tx, id, PaymentStatus::RequiresStepUp, Some(subject)).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn digits(text: &str) -> StepUp {
    StepUp { phone_last4: text.to_owned() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_shown_before_the_proof_and_three_wrong_ones_end_it() {
    let shop = Shop::open().await;
    let (wren, _) = shop.shopper("Wren Ashdown", Some("1815")).await;
    let id = unsure(&shop, wren).await;
    let waiting = shop.app.payment(&shop.kiosk(), id).await.unwrap();
    assert_eq!((waiting.shopper, waiting.initials, waiting.card), (None, None, None));
    let wrong = shop.app.step_up(&shop.kiosk(), id, digits("0000")).await.unwrap_err();
    assert_eq!(wrong.code, Code::StepUpFailed);
    assert_eq!(shop.app.step_up(&shop.kiosk(), id, digits("18l5")).await.unwrap_err().code, Code::InvalidField);
    let right = shop.app.step_up(&shop.kiosk(), id, digits("1815")).await.unwrap();
    assert_eq!(right.status, PaymentStatus::RequiresConfirmation);
    assert_eq!(right.initials.as_deref(), Some("WA"));

    let id = unsure(&shop, wren).await;
    for code in [Code::StepUpFailed, Code::StepUpFailed, Code::TooManyAttempts] {
        assert_eq!(shop.app.step_up(&shop.kiosk(), id, digits("0000")).await.unwrap_err().code, code);
    }
    assert_eq!(shop.app.payment(&shop.kiosk(), id).await.unwrap().status, PaymentStatus::RequiresPalm);
    assert_eq!(shop.app.step_up(&shop.kiosk(), id, digits("1815")).await.unwrap_err().code, Code::WrongState);
    let frame = Drawn::new(99, Hand::Left).frame(0);
    assert_eq!(
        shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, frame).await.unwrap_err().code,
        Code::TooManyAttempts
    );
    let paid = shop.app.pay_by_card(&shop.kiosk(), &RequestKey::unique(), id, VISA).await.unwrap();
    assert_eq!((paid.status, paid.shopper), (PaymentStatus::Captured, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_over_many_payments_freezes_the_palm() {
    let shop = Shop::open().await;
    let (wren, _) = shop.shopper("Wren", Some("1815")).await;
    for _ in 0..3 {
        let id = unsure(&shop, wren).await;
        for _ in 0..3 {
            shop.app.step_up(&shop.kiosk(), id, digits("0000")).await.unwrap_err();
        }
    }
    assert_eq!(shop.app.subject(&Caller::Operator, wren).await.unwrap().status, SubjectStatus::Frozen);
    let id = unsure(&shop, wren).await;
    let right_but_frozen = shop.app.step_up(&shop.kiosk(), id, digits("1815")).await.unwrap_err();
    assert_eq!(right_but_frozen.code, Code::StepUpFailed);
}
