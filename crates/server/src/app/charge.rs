//! The charge: from the shopper's yes to a hold, handed to the processor. Knows nothing of hands.

use super::{
    Answer, App, Caller, Refusal, RequestKey,
    access::{Right, allow},
    loyalty::shown_to,
    payments::{reload, step},
    tender,
};
use crate::{
    clock::now_ms,
    failpoint::hit,
    pairwise::pairwise_id,
    payment_state::Event,
    processor::LinkedCard,
    store::{
        Conn, Step, charges, charges::NewCharge, money, money::Stored, payment_methods, payments::StoredPayment,
        subjects,
    },
};
use handsel_api::{
    Code, PaymentId, Private, SubjectId,
    payments::{CaptureWhen, ConfirmPayment, Means, PayByCard, Payment},
    subjects::SubjectStatus,
};
use handsel_ledger::{Account, Outcome, Transfer};

/// How long what was set aside can be captured: a week. Card networks let most authorisations go after that.
const HOLD_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// When somebody else may ask the processor about a payment that this process is busy with: longer than an answer can take.
pub(super) const BUSY_MS: i64 = 60 * 1000;

/// How often a charge is tried anew that found the payment changed since it was read.
const TRIES: usize = 5;

/// What became of a charge that was to be started.
enum Started {
    As(StoredPayment),
    /// Somebody else changed the payment meanwhile; as it is now.
    NotAsItWas(StoredPayment),
}

/// What pays.
enum With {
    /// The card of whoever was recognised; and as who they were shown and which amount, if the screen says it.
    Palm { shown: Option<String>, amount_minor: Option<i64> },
    /// A card at the same till, after a voucher if there is one.
    Card(LinkedCard, Option<Private>),
}

impl App {
    /// The shopper's yes: holds the amount, has the processor take it or set it aside, and makes the receipt. A refused card
    /// is an answer (`declined`), not a refusal, and so is a silent processor
    /// (`unknown`). The same `request` again gets the same answer.
    pub async fn confirm(
        &self,
        caller: &Caller,
        request: &RequestKey,
        id: PaymentId,
        yes: ConfirmPayment,
    ) -> Answer<Payment> {
        self.charge(
            caller,
            request,
            id,
            With::Palm { shown: yes.shopper, amount_minor: yes.amount_minor },
            yes.tip_minor,
        )
        .await
    }

    /// Pays by a card at the same till, at the same price, along the same steps.
    pub async fn pay_by_card(
        &self,
        caller: &Caller,
        request: &RequestKey,
        id: PaymentId,
        card: PayByCard,
    ) -> Answer<Payment> {
        let with = With::Card(self.sandbox_card(card.sandbox_card)?, card.credit_code);
        self.charge(caller, request, id, with, card.tip_minor).await
    }

    async fn charge(
        &self,
        caller: &Caller,
        request: &RequestKey,
        id: PaymentId,
        with: With,
        tip_minor: i64,
    ) -> Answer<Payment> {
        let started = self.start_charge(caller, request, id, with, tip_minor).await?;
        Ok(shown_to(caller, self.to_the_end(started).await?))
    }

    /// Has the processor do what a payment asks of it, and shows how that ended. On a task of its own: whoever hangs up now
    /// does not stop it half way.
    pub(super) async fn to_the_end(&self, stored: StoredPayment) -> Answer<Payment> {
        let app = self.clone();
        let ended = tokio::spawn(async move { app.settle(stored).await }).await;
        let stored = ended.map_err(|_| Refusal::internal("a charge broke off"))??;
        self.view(&mut *self.0.store.read().await?, &stored, now_ms()).await
    }

    /// Writes the holds and hands the payment over, in one transaction. A repeated request finds what it did before.
    async fn start_charge(
        &self,
        caller: &Caller,
        request: &RequestKey,
        id: PaymentId,
        with: With,
        tip_minor: i64,
    ) -> Answer<StoredPayment> {
        let mut was = reload(&mut *self.0.store.read().await?, id).await?;
        for _ in 0..TRIES {
            match self.try_charge(caller, request, was, &with, tip_minor).await? {
                Started::As(stored) => return Ok(stored),
                Started::NotAsItWas(now) => was = now,
            }
        }
        Err(Refusal::new(Code::WrongState, "The payment keeps changing; show it as it is now."))
    }

    /// [`App::start_charge`], of a payment as it was read beside the writer. That it still is so is the step's last word.
    async fn try_charge(
        &self,
        caller: &Caller,
        request: &RequestKey,
        was: StoredPayment,
        with: &With,
        tip_minor: i64,
    ) -> Answer<Started> {
        let now_ms = now_ms();
        let id = was.id;
        allow(caller, Right::Sell { merchant: was.merchant, site: was.site })?;
        if was.charge_request == Some(*request.bytes()) {
            return Ok(Started::As(was));
        }
        let mut stored = was.clone();
        let (means, event) = match with {
            With::Palm { .. } => (Means::Palm, Event::Confirm),
            With::Card(..) => (Means::Card, Event::CardShown),
        };
        step(&stored, event, now_ms)?;
        if !(0..=stored.amount_minor).contains(&tip_minor) {
            let detail = format!("0 to {}, in whole minor units.", stored.amount_minor);
            return Err(Refusal::field(Code::AmountOutOfRange, "/tip_minor", detail));
        }
        stored.tip_minor = tip_minor;
        let accounts = self.card_accounts(&stored).await?;
        let mut tx = self.0.store.write_light().await?;
        let mut voucher = None;
        let (subject, card) = match with {
            With::Card(card, code) => {
                if let Some(code) = code {
                    let account = self.voucher(&mut tx, code, &stored.currency, now_ms).await?;
                    stored.credit_minor = tender::credits_in(&mut tx, &stored, account).await?;
                    if stored.credit_minor == 0 {
                        return Err(Refusal::field(
                            Code::CreditCodeSpent,
                            "/credit_code",
                            "Nothing is left of this code.",
                        ));
                    }
                    voucher = Some(account);
                }
                (None, card.clone())
            }
            With::Palm { shown, amount_minor } => {
                let subject = stored.subject.ok_or_else(|| Refusal::internal("a confirmation by nobody"))?;
                if shown.as_ref().is_some_and(|shown| *shown != pairwise_id(&self.0.vault, stored.merchant, subject)) {
                    let detail = "Somebody else has been recognised since; show the payment as it is now.";
                    return Err(Refusal::field(Code::WrongState, "/shopper", detail));
                }
                if amount_minor.is_some_and(|shown| shown != stored.amount_minor) {
                    let detail = format!("{} is due now; show it first.", stored.amount_minor);
                    return Err(Refusal::field(Code::WrongState, "/amount_minor", detail));
                }
                stored.credit_minor =
                    tender::credits_in(&mut tx, &stored, tender::credits_of(&stored, subject)?).await?;
                (Some(subject), paying_card(&mut tx, subject, self.0.processor.name()).await?)
            }
        };
        stored.subject = subject;
        stored.hold_until_ms = (stored.take == CaptureWhen::Later).then(|| now_ms.saturating_add(HOLD_MS));
        let by_card = stored.card_minor() > 0;
        if by_card && self.0.processor.is_down() {
            let detail = "Nothing was charged. Try again in a few seconds, or take the money another way.";
            return Err(Refusal::new(Code::ProcessorUnavailable, detail));
        }
        let holds = tender::holds(&stored, voucher)?;
        let seen = if stored.credit_minor == 0 {
            vec![Stored::first(accounts.0, accounts.1)]
        } else {
            money::look_up(&mut tx, &self.0.vault, &holds).await?
        };
        if let Err(refusal) = self.book_seen(&mut tx, &holds, seen, now_ms).await {
            drop(tx);
            return self.changed_since(&was).await?.ok_or(refusal);
        }
        let charge = NewCharge {
            request: request.bytes(),
            means,
            subject,
            tip_minor,
            credit_minor: stored.credit_minor,
            card: by_card.then_some((&card.face, card.token.0.as_str())),
            hold_until_ms: stored.hold_until_ms,
            now_ms,
            ask_again_ms: now_ms.saturating_add(BUSY_MS),
        };
        let Some(started) = charges::start_charge(tx.last(), &was, &charge).await? else {
            tx.changed_nothing();
            drop(tx);
            let unchanged = || Refusal::internal("a payment that cannot be charged and did not change");
            return self.changed_since(&was).await?.ok_or_else(unchanged);
        };
        tx.commit().await?;
        hit("charge_held");
        tracing::info!(payment = %id, ?means, "held");
        Ok(Started::As(started))
    }

    /// A payment as it is now, if somebody changed it since it was read: also by a step that is not on the disk yet.
    async fn changed_since(&self, was: &StoredPayment) -> Answer<Option<Started>> {
        let mut tx = self.0.store.write().await?;
        let now = reload(&mut tx, was.id).await?;
        tx.commit().await?;
        let same = (now.status, now.amount_minor, now.subject) == (was.status, was.amount_minor, was.subject);
        Ok((!same).then_some(Started::NotAsItWas(now)))
    }

    /// Between which accounts a payment's card pays.
    async fn card_accounts(&self, stored: &StoredPayment) -> Answer<(Account, Account)> {
        let (from, to) = tender::card_accounts(stored)?;
        match (self.0.store.account(from).await?, self.0.store.account(to).await?) {
            (Some(from), Some(to)) => Ok((from, to)),
            _ => Err(Refusal::internal("a merchant without accounts")),
        }
    }

    /// Writes transfers that have to be new.
    pub(super) async fn book(&self, step: &mut Step, transfers: &[Transfer], now_ms: i64) -> Answer<()> {
        let stored = money::look_up(step, &self.0.vault, transfers).await?;
        self.book_seen(step, transfers, stored, now_ms).await
    }

    /// [`App::book`], of transfers that were looked up before the step began: see [`money::apply_seen`].
    pub(super) async fn book_seen(
        &self,
        step: &mut Step,
        transfers: &[Transfer],
        stored: Vec<Stored>,
        now_ms: i64,
    ) -> Answer<()> {
        let outcomes = money::apply_seen(step, &self.0.vault, transfers, stored, now_ms).await?;
        for (transfer, outcome) in transfers.iter().zip(outcomes) {
            if outcome != Outcome::Created {
                tracing::error!(step = transfer.step.as_str(), ?outcome, "the ledger refused");
                return Err(Refusal::internal("ledger"));
            }
        }
        Ok(())
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
