//! Money given back.

use super::{Answer, App, Caller, RequestKey};
use handsel_api::{
    PaymentId,
    payments::{CreateRefund, Refund},
};

impl App {
    /// Gives back a part or all of what was captured. The same `request` again gets the same refund.
    pub async fn refund(
        &self,
        caller: &Caller,
        request: &RequestKey,
        id: PaymentId,
        create: CreateRefund,
    ) -> Answer<Refund> {
        let _ = (caller, request, id, create);
        todo!()
    }

    /// Every refund of a payment, newest first.
    pub async fn list_refunds(&self, caller: &Caller, id: PaymentId) -> Answer<Vec<Refund>> {
        let _ = (caller, id);
        todo!()
    }
}
