//! The charge: hold, processor, capture, receipt. Knows nothing of hands.

use super::{
    Answer, App, Caller, Refusal, RequestKey,
    access::{Right, allow},
    payments::{parse_amount, reload, step},
};
use crate::{
    clock::now_ms,
    pairwise::pairwise_id,
    payment_state::Event,
    processor::LinkedCard,
    store::{Conn, money, payment_methods, payments, payments::StoredPayment, subjects},
};
use handsel_api::{
    Code, PaymentId, SubjectId,
    payments::{ConfirmPayment, Means, PayByCard, Payment, PaymentStatus},
    subjects::SubjectStatus,
};
use handsel_ledger::{AccountId, Outcome, Step, Transfer, TransferId};

/// What pays.
enum With {
    /// The card of whoever was recognised, and the name by which they were shown, if the screen says it.
    Palm { shown: Option<String> },
    /// A card at the same till.
    Card(LinkedCard),
}

impl App {
    /// The shopper's yes: holds the amount, has the processor take it, and makes the receipt. A refused card is an answer
    /// ([`PaymentStatus::Declined`]), not a refusal. The same `request` again gets the same answer.
    pub async fn confirm(
        &self,
        caller: &Caller,
        request: &RequestKey,
        id: PaymentId,
        yes: ConfirmPayment,
    ) -> Answer<Payment> {
        self.charge(caller, request, id, With::Palm { shown: yes.shopper }).await
    }

    /// Pays by a card at the same till, at the same price, along the same steps.
    pub async fn pay_by_card(
        &self,
        caller: &Caller,
        request: &RequestKey,
        id: PaymentId,
        card: PayByCard,
    ) -> Answer<Payment> {
        let card = self.sandbox_card(card.sandbox_card)?;
        self.charge(caller, request, id, With::Card(card)).await
    }

    async fn charge(&self, caller: &Caller, request: &RequestKey, id: PaymentId, with: With) -> Answer<Payment> {
        let started = self.start_charge(caller, request, id, with).await?;
        if started.status == PaymentStatus::Processing {
            // On its own task: whoever hangs up now does not stop it half way.
            let app = self.clone();
            let settled = tokio::spawn(async move { app.settle(started).await }).await;
            settled.map_err(|_| Refusal::internal("a charge broke off"))??;
        }
        let mut conn = self.0.store.read().await?;
        let stored = reload(&mut conn, id).await?;
        self.view(&mut conn, &stored, now_ms()).await
    }

    /// Writes the hold and hands the payment over, in one transaction. A repeated request finds what it did before.
    async fn start_charge(
        &self,
        caller: &Caller,
        request: &RequestKey,
        id: PaymentId,
        with: With,
    ) -> Answer<StoredPayment> {
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let stored = reload(&mut tx, id).await?;
        allow(caller, Right::Sell { merchant: stored.merchant, site: stored.site })?;
        if stored.charge_request == Some(*request.bytes()) {
            return Ok(stored);
        }
        let (means, event) = match &with {
            With::Palm { .. } => (Means::Palm, Event::Confirm),
            With::Card(_) => (Means::Card, Event::CardShown),
        };
        step(&stored, event, now_ms)?;
        let (subject, card) = match with {
            With::Card(card) => (None, card),
            With::Palm { shown } => {
                let subject = stored.subject.ok_or_else(|| Refusal::internal("a confirmation by nobody"))?;
                if shown.is_some_and(|shown| shown != pairwise_id(&self.0.vault, stored.merchant, subject)) {
                    let detail = "Somebody else has been recognised since; show the payment as it is now.";
                    return Err(Refusal::field(Code::WrongState, "/shopper", detail));
                }
                (Some(subject), paying_card(&mut tx, subject, self.0.processor.name()).await?)
            }
        };
        let outcome = money::apply(&mut tx, &hold(&stored)?, now_ms).await?;
        if outcome != Outcome::Created {
            tracing::error!(payment = %id, ?outcome, "the hold was not new");
            return Err(Refusal::internal("hold"));
        }
        payments::start_charge(&mut tx, id, request.bytes(), means, subject, &card.face).await?;
        let started = reload(&mut tx, id).await?;
        tx.commit().await?;
        tracing::info!(payment = %id, ?means, "held");
        Ok(started)
    }
}

/// The card that pays for a subject whose palms are in use.
async fn paying_card(conn: &mut Conn, subject: SubjectId, processor: &str) -> Answer<LinkedCard> {
    let stored = subjects::subject(conn, subject).await?;
    if stored.is_none_or(|stored| stored.status != SubjectStatus::Active) {
        return Err(Refusal::new(Code::WrongState, "This palm is out of use; pay by card."));
    }
    let cards = payment_methods::list(conn, subject).await?;
    let first = payment_methods::paying(&cards, processor).map(|stored| stored.card.clone());
    first.ok_or_else(|| Refusal::new(Code::NoPaymentMethod, "Link a card in the wallet, or pay by card here."))
}

/// The hold of a payment: from what the processor will owe, to what the merchant will get.
pub(super) fn hold(stored: &StoredPayment) -> Answer<Transfer> {
    let amount = parse_amount(stored.amount_minor, &stored.currency, &stored.currency)?;
    Ok(Transfer {
        id: TransferId::of(stored.id.0.into(), "hold"),
        step: Step::Hold,
        debit: AccountId::clearing(amount.currency()),
        credit: AccountId::merchant(stored.merchant.0.into(), amount.currency()),
        amount,
    })
}

/// Takes all of a payment's hold.
pub(super) fn post(stored: &StoredPayment) -> Answer<Transfer> {
    let hold = hold(stored)?;
    Ok(Transfer { id: TransferId::of(stored.id.0.into(), "capture"), step: Step::Post { hold: hold.id }, ..hold })
}

/// Lets all of a payment's hold go.
pub(super) fn void(stored: &StoredPayment) -> Answer<Transfer> {
    let hold = hold(stored)?;
    Ok(Transfer { id: TransferId::of(stored.id.0.into(), "void"), step: Step::Void { hold: hold.id }, ..hold })
}
