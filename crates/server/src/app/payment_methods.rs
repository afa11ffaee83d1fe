//! Cards a subject pays with.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
};
use crate::{
    clock::now_ms,
    ids,
    processor::face,
    store::{payment_methods, subjects},
};
use handsel_api::{
    Code, PaymentMethodId, SubjectId,
    subjects::{AddPaymentMethod, PaymentMethod},
};

/// The most cards of one subject.
const MOST_CARDS: usize = 10;

impl App {
    /// Links a sandbox card; the newest one pays first.
    pub async fn add_payment_method(
        &self,
        caller: &Caller,
        subject: SubjectId,
        request: AddPaymentMethod,
    ) -> Answer<PaymentMethod> {
        let mut tx = self.0.store.write().await?;
        let stored = subjects::subject(&mut tx, subject).await?.ok_or_else(|| Refusal::not_found("subject"))?;
        let now_ms = now_ms();
        allow(caller, Right::Enrol { subject: &stored, now_ms })?;
        if payment_methods::list(&mut tx, subject).await?.len() >= MOST_CARDS {
            return Err(Refusal::new(Code::TooManyAttempts, format!("At most {MOST_CARDS} cards; remove one first.")));
        }
        let id = PaymentMethodId(ids::next());
        payment_methods::insert(&mut tx, id, subject, request.sandbox_card, now_ms).await?;
        tx.commit().await?;
        tracing::info!(%subject, payment_method = %id, "card linked");
        Ok(PaymentMethod { id, card: face(request.sandbox_card) })
    }

    /// Unlinks a card.
    pub async fn remove_payment_method(
        &self,
        caller: &Caller,
        subject: SubjectId,
        method: PaymentMethodId,
    ) -> Answer<()> {
        allow(caller, Right::ActFor { subject })?;
        let mut tx = self.0.store.write().await?;
        if !payment_methods::delete(&mut tx, subject, method).await? {
            return Err(Refusal::not_found("card"));
        }
        tx.commit().await?;
        tracing::info!(%subject, payment_method = %method, "card unlinked");
        Ok(())
    }
}
