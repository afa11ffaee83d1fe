//! What the processor is asked, and what its answer does. The processor is asked under the payment's own id, and what it
//! says is written in one transaction. Silence makes a payment `unknown`: it is looked up until it is known what became of
//! it, and never charged again.

use super::{
    Answer, App, Parts, Refusal,
    charge::BUSY_MS,
    payments::{parse_amount, reload},
    tender::{self, End},
};
use crate::{
    clock::now_ms,
    failpoint::hit,
    pairwise::receipt_secret,
    payment_state::{Event, next},
    processor::{Charge, ChargeAt, ChargeState, Charged, Decline, Silent, Take},
    secret,
    store::{
        Step, charges,
        charges::Captured,
        events, money,
        payments::{Ask, Asked, StoredPayment},
    },
};
use handsel_api::{
    PaymentId,
    events::EventKind,
    payments::{CaptureWhen, DeclineReason, PaymentStatus},
};
use std::sync::PoisonError;

/// How soon the processor is asked again after the first silence; each further one doubles it.
const FIRST_WAIT_MS: i64 = 2_000;
/// The longest wait between two questions, before it is made a little longer or shorter.
const MOST_DOUBLED_MS: i64 = 10 * 60 * 1000;
const _: () = assert!(MOST_DOUBLED_MS / 2 + MOST_DOUBLED_MS < charges::LONGEST_WAIT_MS);
/// What stands where the processor's code would, when credits paid all of it.
const BY_CREDITS: &str = "CREDIT";

/// Marks a payment as being settled by this process; dropping it lets the worker have it.
struct Settling<'a> {
    parts: &'a Parts,
    id: PaymentId,
}

impl App {
    /// Asks what the payment waits for and writes the answer, or that there was none. The payment as it is then.
    pub(super) async fn settle(&self, stored: StoredPayment) -> Answer<StoredPayment> {
        let id = stored.id;
        if is_to_be_looked_up(&stored) {
            self.resolve(id).await?;
            return reload(&mut *self.0.store.read().await?, id).await;
        }
        let (Some(asked), Some(_settling)) = (stored.asked, Settling::begin(&self.0, id)) else {
            return reload(&mut *self.0.store.read().await?, id).await;
        };
        if stored.card_minor() == 0 {
            return self.write_end(&stored, without_card(&stored, asked)).await;
        }
        hit("before_asking");
        match self.ask(&stored, asked).await {
            Ok(charged) => {
                hit("after_asking");
                self.write_end(&stored, charged).await
            }
            Err(Silent) => {
                tracing::warn!(payment = %id, "the processor did not answer; it will be looked up");
                self.write_unknown(&stored, asked).await
            }
        }
    }

    /// Looks up what became of a payment whose answer is missing. What was taken is written as taken; what was only set
    /// aside is let go, because nobody stands at the till any more. What was taken offline is asked for again instead.
    pub(super) async fn resolve(&self, id: PaymentId) -> Answer<()> {
        let Some(_settling) = Settling::begin(&self.0, id) else { return Ok(()) };
        let stored = reload(&mut *self.0.store.read().await?, id).await?;
        let Some(asked) = stored.asked else { return Ok(()) };
        if stored.card_minor() == 0 {
            return self.write_end(&stored, without_card(&stored, asked)).await.map(drop);
        }
        let at = at(&stored, asked.first_ms);
        let processor = &self.0.processor;
        let later = stored.take == CaptureWhen::Later;
        // The goods are gone and the shopper has said yes, so what the processor has not done yet it is asked for again.
        let insists = stored.offline_ms.is_some() && !is_to_be_looked_up(&stored);
        let state = match (asked.what, processor.ask(|it| it.look_up(at.clone())).await) {
            (_, Err(Silent)) => Err(Silent),
            (Ask::Charge, Ok(None)) if insists => self.ask(&stored, asked).await,
            (Ask::Charge | Ask::Void, Ok(None)) => processor.ask(|it| it.void(at)).await,
            (_, Ok(None)) => return Err(Refusal::internal("the processor does not know a charge that it authorised")),
            (what, Ok(Some(charged))) => match (what, &charged.state) {
                (Ask::Charge, ChargeState::Authorized { .. }) if later => Ok(charged),
                (Ask::Charge, ChargeState::Authorized { .. }) if insists => self.ask(&stored, asked).await,
                (Ask::Charge | Ask::Void, ChargeState::Authorized { .. }) => processor.ask(|it| it.void(at)).await,
                (Ask::Capture, ChargeState::Authorized { .. }) => self.ask(&stored, asked).await,
                _ => Ok(charged),
            },
        };
        match state {
            Ok(charged) => {
                tracing::warn!(payment = %id, "a payment whose answer was missing is resolved");
                self.write_end(&stored, charged).await.map(drop)
            }
            Err(Silent) => self.write_unknown(&stored, asked).await.map(drop),
        }
    }

    /// Has the processor let go of what was set aside and never captured.
    pub(super) async fn let_expire(&self, id: PaymentId) -> Answer<()> {
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let stored = reload(&mut tx, id).await?;
        if next(stored.status, Event::Release).is_none() {
            return Ok(()); // Captured or let go meanwhile.
        }
        let again_ms = now_ms.saturating_add(BUSY_MS);
        let asked = charges::start_ask(&mut tx, id, Ask::Void, stored.total_minor(), now_ms, again_ms).await?;
        tx.commit().await?;
        match asked {
            Some(asked) => self.settle(asked).await.map(drop),
            None => Ok(()),
        }
    }

    /// Puts a question off that could not be dealt with.
    pub(super) async fn put_off(&self, id: PaymentId) -> Answer<()> {
        let stored = reload(&mut *self.0.store.read().await?, id).await?;
        match stored.asked {
            Some(asked) => self.write_unknown(&stored, asked).await.map(drop),
            None => Ok(()),
        }
    }

    async fn ask(&self, stored: &StoredPayment, asked: Asked) -> Result<Charged, Silent> {
        let processor = &self.0.processor;
        let by_card = tender::card_share(stored, asked.minor);
        let Ok(amount) = parse_amount(by_card, &stored.currency, &stored.currency) else { return Err(Silent) };
        let at = at(stored, asked.first_ms);
        match asked.what {
            Ask::Capture => processor.ask(|it| it.capture(at, amount)).await,
            Ask::Void => processor.ask(|it| it.void(at)).await,
            Ask::Charge => {
                let card = stored.card_token.clone().ok_or(Silent)?;
                let take = if stored.take == CaptureWhen::Later { Take::Later } else { Take::Now };
                let charge = Charge { payment: stored.id, amount, card, take };
                let charged = processor.ask(|it| it.charge(charge)).await?;
                match charged.state {
                    // Some processors take in a second step only.
                    ChargeState::Authorized { .. } if take == Take::Now => {
                        let at = ChargeAt { reference: charged.reference, ..at };
                        processor.ask(|it| it.capture(at, amount)).await
                    }
                    _ => Ok(charged),
                }
            }
        }
    }

    async fn write_unknown(&self, stored: &StoredPayment, asked: Asked) -> Answer<StoredPayment> {
        if next(stored.status, Event::Silence).is_none() {
            return Ok(stored.clone());
        }
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let unknown = charges::set_unknown(&mut tx, stored.id, now_ms.saturating_add(wait_ms(asked.tries))).await?;
        if unknown.is_some() && stored.status != PaymentStatus::Unknown {
            events::emit_status(&mut tx, stored.merchant, stored.id, PaymentStatus::Unknown, now_ms).await?;
        }
        self.commit_ended(tx, unknown, stored.id).await
    }

    /// Writes what the processor said: ledger, status and receipt in one transaction. Writing it twice changes nothing.
    async fn write_end(&self, stored: &StoredPayment, charged: Charged) -> Answer<StoredPayment> {
        let (id, now_ms) = (stored.id, now_ms());
        let resolved_ms = (stored.status == PaymentStatus::Unknown).then_some(now_ms);
        let event = match &charged.state {
            ChargeState::Authorized { .. } => Event::SetAside,
            ChargeState::Captured { .. } => Event::Taken,
            ChargeState::Declined { .. } => Event::Refused,
            ChargeState::Voided if stored.hold_until_ms.is_some_and(|until| now_ms >= until) => Event::HoldOver,
            ChargeState::Voided => Event::LetGo,
        };
        let Some(to) = next(stored.status, event) else { return Ok(stored.clone()) };
        let asked_minor = stored.asked.map_or(0, |asked| asked.minor);
        let by_card = tender::card_share(stored, asked_minor);
        let end = match &charged.state {
            ChargeState::Authorized { .. } => None,
            ChargeState::Captured { amount_minor, .. } => {
                if by_card != *amount_minor {
                    tracing::error!(payment = %id, by_card, amount_minor, "the processor took another amount than asked");
                }
                Some(End::Taken(asked_minor - by_card + amount_minor))
            }
            _ if to == PaymentStatus::Expired => Some(End::Expired),
            _ => Some(End::LetGo),
        };
        match self.try_end(stored, to, &charged, end, (now_ms, resolved_ms)).await {
            Ok(Some(ended)) => {
                tracing::info!(payment = %id, status = ?to, "settled");
                Ok(ended)
            }
            // Whoever comes second finds it ended, and moved no money.
            not_written => {
                let mut tx = self.0.store.write().await?;
                let now = reload(&mut tx, id).await?;
                tx.commit().await?;
                match not_written {
                    Err(refusal) if next(now.status, event) == Some(to) => Err(refusal),
                    _ => Ok(now),
                }
            }
        }
    }

    /// Writes an end; `None` when it had ended before. The money first, then the payment, which decides: a light step's last
    /// statement.
    async fn try_end(
        &self,
        stored: &StoredPayment,
        to: PaymentStatus,
        charged: &Charged,
        end: Option<End>,
        (now_ms, resolved_ms): (i64, Option<i64>),
    ) -> Answer<Option<StoredPayment>> {
        let id = stored.id;
        // What ends was written long before, so it is looked up beside the writer.
        let (mut ends, mut seen) = (Vec::new(), Vec::new());
        if let Some(end) = end {
            let mut conn = self.0.store.read().await?;
            ends = tender::ends(&mut conn, stored, end, now_ms).await?;
            seen = money::look_up(&mut conn, &self.0.vault, &ends).await?;
        }
        let mut tx = self.0.store.write_light().await?;
        self.book_seen(&mut tx, &ends, seen, now_ms).await?;
        events::emit_status(&mut tx, stored.merchant, id, to, now_ms).await?;
        if resolved_ms.is_some() {
            events::emit(&mut tx, stored.merchant, id, EventKind::PaymentResolved, now_ms).await?;
        }
        let reference = charged.reference.as_deref();
        let ended = match (&charged.state, end) {
            (ChargeState::Authorized { auth_code }, _) => {
                charges::set_authorized(tx.last(), id, reference, auth_code, now_ms, resolved_ms).await?
            }
            (ChargeState::Captured { auth_code, .. }, Some(End::Taken(minor))) => {
                let receipt_hash = &secret::hash(&receipt_secret(&self.0.vault, id));
                let captured = Captured { minor, reference, auth_code, receipt_hash, now_ms, resolved_ms };
                charges::set_captured(tx.last(), stored, &captured).await?
            }
            (state, _) => charges::set_over(tx.last(), id, to, decline(state), resolved_ms).await?,
        };
        if ended.is_none() {
            tx.changed_nothing();
            return Ok(None);
        }
        hit("before_writing_the_end");
        tx.commit().await?;
        hit("after_writing_the_end");
        Ok(ended)
    }

    /// Commits, and gives the payment as it is then: as it was written, or as somebody else wrote it meanwhile.
    async fn commit_ended(&self, mut tx: Step, written: Option<StoredPayment>, id: PaymentId) -> Answer<StoredPayment> {
        let stored = match written {
            Some(stored) => stored,
            None => reload(&mut tx, id).await?,
        };
        tx.commit().await?;
        Ok(stored)
    }
}

/// A payment's charge, as both sides name it.
pub(super) fn at(stored: &StoredPayment, asked_ms: i64) -> ChargeAt {
    ChargeAt { payment: stored.id, reference: stored.processor_ref.clone(), asked_ms }
}

/// Whether a charge was asked for so long ago that the processor may have forgotten it: then it is not asked for again.
fn is_to_be_looked_up(stored: &StoredPayment) -> bool {
    stored.asked.is_some_and(|asked| asked.what == Ask::Charge && at(stored, asked.first_ms).is_old(now_ms()))
}

/// How long to wait after so many silences: doubling, and a little more or less, so that not everything comes back at once.
pub(super) fn wait_ms(tries: i64) -> i64 {
    let doubled = FIRST_WAIT_MS.saturating_mul(1 << tries.clamp(0, 20)).min(MOST_DOUBLED_MS);
    doubled / 2 + i64::from(u16::from_be_bytes(secret::random())) * doubled / i64::from(u16::MAX)
}

/// The answer where no card is asked.
fn without_card(stored: &StoredPayment, asked: Asked) -> Charged {
    let auth_code = BY_CREDITS.to_owned();
    let state = match asked.what {
        Ask::Charge if stored.take == CaptureWhen::Later => ChargeState::Authorized { auth_code },
        Ask::Charge => ChargeState::Captured { auth_code, amount_minor: 0 },
        Ask::Capture => ChargeState::Captured { auth_code, amount_minor: 0 },
        Ask::Void => ChargeState::Voided,
    };
    Charged { reference: None, state }
}

fn decline(state: &ChargeState) -> Option<DeclineReason> {
    let ChargeState::Declined { why } = state else { return None };
    Some(match why {
        Decline::Refused => DeclineReason::Refused,
        Decline::InsufficientFunds => DeclineReason::InsufficientFunds,
        Decline::Expired => DeclineReason::Expired,
        Decline::AuthenticationRequired => DeclineReason::AuthenticationRequired,
    })
}

impl<'a> Settling<'a> {
    /// `None` when somebody is at it already.
    fn begin(parts: &'a Parts, id: PaymentId) -> Option<Settling<'a>> {
        let new = parts.settling.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        // Not `then_some`: what is made in vain would be dropped, and let the other one's mark go.
        if new { Some(Settling { parts, id }) } else { None }
    }
}

impl Drop for Settling<'_> {
    fn drop(&mut self) {
        self.parts.settling.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
