//! Disputes: opened by a shopper with their receipt or by the operator, closed by the operator. A lost one takes what remained
//! paid from the merchant, in the transaction that closes it.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow, merchant_of},
    merchants::page,
    payments::reload,
    tender,
};
use crate::{
    clock::{now_ms, rfc3339},
    ids,
    store::{
        Conn, Step, credits,
        disputes::{self, NewDispute, StoredDispute},
        events,
        payments::StoredPayment,
        refunds, subjects,
    },
    vault::Sealed,
};
use handsel_api::{
    Code, DisputeId, PaymentId,
    disputes::{CloseDispute, Dispute, DisputeParty, DisputeStatus, OpenDispute},
    events::EventKind,
    keys::Scope,
    merchants::Page,
    payments::{Means, PaymentStatus},
    subjects::SubjectStatus,
};

/// The longest note, in characters.
const LONGEST_NOTE: usize = 500;

impl App {
    /// "This wasn't me": the palm that paid is frozen and a dispute opened. Doing it twice changes nothing.
    pub async fn dispute(&self, secret: &str) -> Answer<()> {
        let mut tx = self.0.store.write().await?;
        let stored = self.paid(&mut tx, secret).await?;
        if stored.means != Some(Means::Palm) {
            return Err(Refusal::new(Code::WrongState, "This was paid by card; ask the card's issuer."));
        }
        let before = disputes::of_payment(&mut tx, stored.id).await?;
        let new = !said_by_shopper(&before);
        if new {
            self.record_dispute(&mut tx, &stored, DisputeParty::Shopper, None).await?;
            if let Some(subject) = stored.subject {
                subjects::set_status(&mut tx, subject, SubjectStatus::Frozen).await?;
            }
        }
        tx.commit().await?;
        tracing::warn!(payment = %stored.id, new, "disputed by the shopper: the palm is frozen");
        Ok(())
    }

    /// Opens a dispute of the processor's or the operator's about a captured payment. Operators only.
    pub async fn open_dispute(&self, caller: &Caller, id: PaymentId, open: OpenDispute) -> Answer<Dispute> {
        allow(caller, Right::Run)?;
        let by = DisputeParty::from(open.opened_by);
        let note = open.note.as_deref().map(note).transpose()?;
        let mut tx = self.0.store.write().await?;
        let stored = reload(&mut tx, id).await?;
        if stored.status != PaymentStatus::Captured {
            return Err(Refusal::new(Code::WrongState, "Only a captured payment can be disputed."));
        }
        for before in disputes::of_payment(&mut tx, id).await? {
            if before.status == DisputeStatus::Lost {
                let detail = format!("{} was lost: its money was taken back already.", before.id);
                return Err(Refusal::new(Code::WrongState, detail));
            }
            if before.status == DisputeStatus::Open && before.opened_by == by {
                return Err(Refusal::new(Code::WrongState, format!("{} is open already.", before.id)));
            }
        }
        let opened = self.record_dispute(&mut tx, &stored, by, note.as_deref()).await?;
        let shown = self.show_dispute(caller, load(&mut tx, opened).await?)?;
        tx.commit().await?;
        tracing::info!(payment = %id, dispute = %opened, ?by, "dispute opened");
        Ok(shown)
    }

    /// Closes a dispute. Closing it again the same way changes nothing. Operators only.
    pub async fn close_dispute(&self, caller: &Caller, id: DisputeId, close: CloseDispute) -> Answer<Dispute> {
        allow(caller, Right::Run)?;
        let note = close.note.as_deref().map(note).transpose()?.map(|text| self.0.vault.seal_note(id, &text));
        let to = DisputeStatus::from(close.outcome);
        let mut tx = self.0.store.write().await?;
        let stored = load(&mut tx, id).await?;
        if stored.status == to {
            tx.commit().await?;
            return self.show_dispute(caller, stored);
        }
        if stored.status != DisputeStatus::Open {
            return Err(Refusal::new(Code::WrongState, "This dispute is closed; how it ended stays."));
        }
        if to == DisputeStatus::Lost
            && let Some(lost) = lost(&disputes::of_payment(&mut tx, stored.payment).await?)
        {
            let detail = format!("{lost} was lost: the money of this payment was taken back already.");
            return Err(Refusal::field(Code::WrongState, "/outcome", detail));
        }
        let now_ms = now_ms();
        if to == DisputeStatus::Lost {
            let payment = reload(&mut tx, stored.payment).await?;
            if refunds::is_pending(&mut tx, payment.id).await? {
                let detail =
                    "A refund of this payment is still with the processor; close the dispute once that is known.";
                return Err(Refusal::field(Code::WrongState, "/outcome", detail));
            }
            let (transfers, credit_minor) = tender::lost(&mut tx, &payment, id.0.into()).await?;
            self.book(&mut tx, &transfers, now_ms).await?;
            if credit_minor > 0 {
                credits::came_back(&mut tx, &transfers).await?;
            }
            let minor = transfers.iter().map(|transfer| transfer.amount.minor()).sum();
            disputes::set_taken(&mut tx, id, minor, credit_minor).await?;
        }
        disputes::close(&mut tx, id, to, note.as_ref().map(Sealed::bytes), now_ms).await?;
        let shown = self.show_dispute(caller, load(&mut tx, id).await?)?;
        tx.commit().await?;
        tracing::info!(dispute = %id, ?to, "dispute closed");
        Ok(shown)
    }

    /// The disputes the caller may see, newest first: an operator all, a till its merchant's and without notes.
    pub async fn list_disputes(&self, caller: &Caller, limit: u32, after: Option<DisputeId>) -> Answer<Page<Dispute>> {
        let merchant = merchant_of(caller, Scope::ReportsRead)?;
        let found = disputes::list(&mut *self.0.store.read().await?, merchant, limit + 1, after).await?;
        let shown = found.into_iter().map(|stored| self.show_dispute(caller, stored)).collect::<Answer<Vec<_>>>()?;
        Ok(page(shown, limit, |dispute| dispute.id.to_string()))
    }

    async fn record_dispute(
        &self,
        tx: &mut Step,
        payment: &StoredPayment,
        opened_by: DisputeParty,
        note: Option<&str>,
    ) -> Answer<DisputeId> {
        let id = DisputeId(ids::next());
        let sealed = note.map(|text| self.0.vault.seal_note(id, text));
        let new = NewDispute {
            id,
            payment: payment.id,
            opened_by,
            amount_minor: payment.captured_minor.unwrap_or(0) - payment.refunded_minor,
            note_sealed: sealed.as_ref().map(Sealed::bytes),
            now_ms: now_ms(),
        };
        disputes::insert(tx, &new).await?;
        events::emit(tx, payment.merchant, payment.id, EventKind::PaymentDisputed, new.now_ms).await?;
        Ok(id)
    }

    /// A dispute as the caller may see it: what the operator noted may name a person, so it is for the operator only.
    fn show_dispute(&self, caller: &Caller, stored: StoredDispute) -> Answer<Dispute> {
        let sealed = stored.note_sealed.filter(|_| caller.role().is_some());
        let note = sealed.map(|sealed| self.0.vault.open_note(stored.id, &sealed)).transpose()?;
        Ok(Dispute {
            id: stored.id,
            payment: stored.payment,
            merchant: stored.merchant,
            opened_by: stored.opened_by,
            status: stored.status,
            amount_minor: stored.amount_minor,
            currency: stored.currency,
            opened_at: rfc3339(stored.opened_ms),
            closed_at: stored.closed_ms.map(rfc3339),
            note,
        })
    }
}

/// Whether a shopper said "this wasn't me" about a payment, whatever became of it.
pub(super) fn said_by_shopper(disputes: &[StoredDispute]) -> bool {
    disputes.iter().any(|dispute| dispute.opened_by == DisputeParty::Shopper)
}

fn lost(disputes: &[StoredDispute]) -> Option<DisputeId> {
    disputes.iter().find(|dispute| dispute.status == DisputeStatus::Lost).map(|dispute| dispute.id)
}

async fn load(conn: &mut Conn, id: DisputeId) -> Answer<StoredDispute> {
    disputes::dispute(conn, id).await?.ok_or_else(|| Refusal::not_found("dispute"))
}

/// A note: up to 500 characters on any number of lines.
fn note(text: &str) -> Answer<String> {
    let text = text.trim().replace("\r\n", "\n");
    let fits = (1..=LONGEST_NOTE).contains(&text.chars().count());
    if !fits || text.chars().any(|one| one.is_control() && one != '\n') {
        let detail = format!("1 to {LONGEST_NOTE} characters, without control characters but line breaks.");
        return Err(Refusal::field(Code::InvalidField, "/note", detail));
    }
    Ok(text)
}
