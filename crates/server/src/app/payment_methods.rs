//! Cards a subject pays with.

use super::{Answer, App, Caller};
use handsel_api::{
    PaymentMethodId, SubjectId,
    subjects::{AddPaymentMethod, PaymentMethod},
};

impl App {
    /// Links a sandbox card; the newest one pays first.
    pub async fn add_payment_method(
        &self,
        caller: &Caller,
        subject: SubjectId,
        request: AddPaymentMethod,
    ) -> Answer<PaymentMethod> {
        let _ = (caller, subject, request);
        todo!()
    }

    /// Unlinks a card.
    pub async fn remove_payment_method(
        &self,
        caller: &Caller,
        subject: SubjectId,
        method: PaymentMethodId,
    ) -> Answer<()> {
        let _ = (caller, subject, method);
        todo!()
    }
}
