//! Payments: making, showing, giving up.

use super::{Answer, App, Caller, RequestKey};
use handsel_api::{
    PaymentId,
    merchants::Page,
    payments::{CreatePayment, Payment},
};

impl App {
    /// Asks for an amount at a site. Moves no money. The same `request` again gets the same payment.
    pub async fn create_payment(
        &self,
        caller: &Caller,
        request: &RequestKey,
        create: CreatePayment,
    ) -> Answer<Payment> {
        let _ = (caller, request, create);
        todo!()
    }

    /// A payment as it now stands.
    pub async fn payment(&self, caller: &Caller, id: PaymentId) -> Answer<Payment> {
        let _ = (caller, id);
        todo!()
    }

    /// The payments the caller may see, newest first: an operator all, a till its merchant's.
    pub async fn list_payments(&self, caller: &Caller, limit: u32, after: Option<PaymentId>) -> Answer<Page<Payment>> {
        let _ = (caller, limit, after);
        todo!()
    }

    /// Gives a payment up before anything was charged.
    pub async fn cancel(&self, caller: &Caller, id: PaymentId) -> Answer<Payment> {
        let _ = (caller, id);
        todo!()
    }
}
