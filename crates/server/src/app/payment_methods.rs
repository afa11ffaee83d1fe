//! Cards a subject pays with.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
};
use crate::{
    clock::now_ms,
    ids,
    processor::{LinkedCard, sandbox},
    store::{Conn, Step, payment_methods, subjects},
};
use handsel_api::{
    Code, PaymentMethodId, SubjectId,
    subjects::{AddPaymentMethod, PaymentMethod, SandboxCard},
};

/// The most cards of one subject.
const MOST_CARDS: usize = 10;

impl App {
    /// Links a sandbox card, where the processor is the simulated one; the newest card pays first.
    pub async fn add_payment_method(
        &self,
        caller: &Caller,
        subject: SubjectId,
        request: AddPaymentMethod,
    ) -> Answer<PaymentMethod> {
        let mut tx = self.0.store.write().await?;
        let stored = subjects::subject(&mut tx, subject).await?.ok_or_else(|| Refusal::not_found("subject"))?;
        allow(caller, Right::Enrol { subject: &stored, now_ms: now_ms() })?;
        let card = self.sandbox_card(request.sandbox_card)?;
        let method = self.link(&mut tx, subject, card).await?;
        tx.commit().await?;
        tracing::info!(%subject, payment_method = %method.id, "card linked");
        Ok(method)
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
        self.log_staff(&mut tx, caller, subject).await?;
        tx.commit().await?;
        tracing::info!(%subject, payment_method = %method, "card unlinked");
        Ok(())
    }

    /// Whether there are sandbox cards here.
    pub fn has_sandbox(&self) -> bool {
        self.0.processor.name() == "sim"
    }

    /// A sandbox card as the simulated processor has it; no other one knows it.
    pub(super) fn sandbox_card(&self, card: SandboxCard) -> Answer<LinkedCard> {
        if self.has_sandbox() {
            return Ok(sandbox(card));
        }
        let detail = "There are no sandbox cards at this processor; link a card by a card setup.";
        Err(Refusal::field(Code::InvalidField, "/sandbox_card", detail))
    }

    /// Writes a linked card down.
    pub(super) async fn link(&self, step: &mut Step, subject: SubjectId, card: LinkedCard) -> Answer<PaymentMethod> {
        room_for_a_card(step, subject).await?;
        let id = PaymentMethodId(ids::next());
        let now_ms = now_ms();
        payment_methods::insert(step, id, subject, self.0.processor.name(), &card, now_ms).await?;
        self.give_credits(step, subject, now_ms).await?;
        Ok(PaymentMethod { id, card: card.face })
    }
}

/// Refuses one card too many.
pub(super) async fn room_for_a_card(conn: &mut Conn, subject: SubjectId) -> Answer<()> {
    if payment_methods::list(conn, subject).await?.len() >= MOST_CARDS {
        return Err(Refusal::new(Code::TooManyAttempts, format!("At most {MOST_CARDS} cards; remove one first.")));
    }
    Ok(())
}
