//! The charge: hold, processor, capture, receipt. Knows nothing of hands.

use super::{Answer, App, Caller, RequestKey};
use handsel_api::{
    PaymentId,
    payments::{PayByCard, Payment},
};

impl App {
    /// The shopper's yes: holds the amount, has the processor take it, and makes the receipt. A refused card is an answer
    /// ([`handsel_api::payments::PaymentStatus::Declined`]), not a refusal. The same `request` again gets the same answer.
    pub async fn confirm(&self, caller: &Caller, request: &RequestKey, id: PaymentId) -> Answer<Payment> {
        let _ = (caller, request, id);
        todo!()
    }

    /// Pays by a card at the same till, at the same price, along the same steps.
    pub async fn pay_by_card(
        &self,
        caller: &Caller,
        request: &RequestKey,
        id: PaymentId,
        card: PayByCard,
    ) -> Answer<Payment> {
        let _ = (caller, request, id, card);
        todo!()
    }
}
