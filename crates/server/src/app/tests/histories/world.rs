//! The world beyond the till: a processor that keeps its own books, and the line to it.

use super::*;
use crate::{
    clock::now_ms,
    processor::{ChargeState, Decline, Take},
};
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Mutex,
};

/// A processor and a line, as a seed has them. Cloning shares it.
#[derive(Clone, Default)]
pub(super) struct World(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    rng: Option<StdRng>,
    charges: HashMap<PaymentId, Booked>,
    /// What was given back, or `None` where it was refused for good.
    refunds: HashMap<RefundId, Option<i64>>,
    /// Questions that are still on their way, and since when.
    late: Vec<(i64, Question)>,
}

/// What really happened to one payment.
#[derive(Debug, Clone, Default)]
pub(super) struct Booked {
    /// How often money was set aside or taken for it.
    pub(super) executed: u32,
    pub(super) held: bool,
    pub(super) captured_minor: i64,
    pub(super) refunded_minor: i64,
    minor: i64,
    /// When it was charged: a day later the key it was charged under is forgotten.
    charged_ms: i64,
    declined: bool,
    /// Nothing can be charged any more.
    closed: bool,
}

/// What the processor can be asked.
#[derive(Clone)]
enum Question {
    Charge(PaymentId, i64, Take),
    Capture(PaymentId, i64),
    Void(PaymentId),
    Refund(RefundId, PaymentId, i64),
    LookUp(PaymentId),
}

/// What becomes of a question.
enum Fate {
    Answered,
    Lost,
    AnswerLost,
    Late,
}

impl World {
    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// From now on, faults are those of this seed.
    pub(super) fn begin(&self, seed: u64) {
        self.inner().rng = Some(StdRng::seed_from_u64(!seed));
    }

    /// From now on the line is good; what was on its way arrives.
    pub(super) fn heal(&self) {
        self.deliver_some();
        let mut inner = self.inner();
        inner.rng = None;
        for (sent_ms, question) in std::mem::take(&mut inner.late) {
            inner.arrives(sent_ms, &question);
        }
    }

    /// A process ended; what it had sent may still arrive.
    pub(super) fn cut_off(&self) {
        self.deliver_some();
    }

    /// Some of what is on its way arrives.
    pub(super) fn deliver_some(&self) {
        let mut inner = self.inner();
        for (sent_ms, question) in std::mem::take(&mut inner.late) {
            if inner.rng.as_mut().is_some_and(|rng| rng.random_bool(0.5)) {
                inner.arrives(sent_ms, &question);
            } else {
                inner.late.push((sent_ms, question));
            }
        }
    }

    pub(super) fn charged(&self, payment: PaymentId) -> Booked {
        self.inner().charges.get(&payment).cloned().unwrap_or_default()
    }

    /// Taken and given back, in all.
    pub(super) fn totals(&self) -> (i64, i64) {
        let inner = self.inner();
        let sum = |of: fn(&Booked) -> i64| inner.charges.values().map(of).sum();
        (sum(|booked| booked.captured_minor), sum(|booked| booked.refunded_minor))
    }

    fn ask(&self, question: Question) -> Result<Option<Charged>, Silent> {
        let mut inner = self.inner();
        let fate = inner.rng.as_mut().map_or(Fate::Answered, |rng| match rng.random_range(0..100) {
            0..12 => Fate::Lost,
            12..26 => Fate::AnswerLost,
            26..34 => Fate::Late,
            _ => Fate::Answered,
        });
        match fate {
            Fate::Answered => Ok(inner.does(&question)),
            Fate::Lost => Err(Silent),
            Fate::AnswerLost => {
                inner.does(&question);
                Err(Silent)
            }
            Fate::Late => {
                inner.late.push((now_ms(), question));
                Err(Silent)
            }
        }
    }
}

impl Inner {
    /// Something arrives late. No question is on its way for a day.
    fn arrives(&mut self, sent_ms: i64, question: &Question) {
        if (now_ms() - sent_ms).abs() < DAY_MS {
            self.does(question);
        }
    }

    /// Does what is asked, once; a charge whose key is forgotten, once more.
    fn does(&mut self, question: &Question) -> Option<Charged> {
        match *question {
            Question::Charge(payment, minor, take) => {
                let declines = self.rng.as_mut().is_some_and(|rng| rng.random_bool(0.1));
                let booked = self.charges.entry(payment).or_default();
                let forgotten = booked.executed > 0 && (now_ms() - booked.charged_ms).abs() >= DAY_MS;
                if forgotten && !booked.closed {
                    booked.executed += 1;
                } else if booked.executed == 0 && !booked.closed && !booked.declined {
                    booked.charged_ms = now_ms();
                    booked.declined = declines;
                    if !declines {
                        (booked.minor, booked.executed) = (minor, 1);
                        booked.held = take == Take::Later;
                        booked.captured_minor = if take == Take::Now { minor } else { 0 };
                    }
                }
                self.state(payment)
            }
            Question::Capture(payment, minor) => {
                let booked = self.charges.entry(payment).or_default();
                if booked.held && minor <= booked.minor {
                    (booked.held, booked.captured_minor) = (false, minor);
                }
                self.state(payment)
            }
            Question::Void(payment) => {
                let booked = self.charges.entry(payment).or_default();
                booked.closed |= booked.captured_minor == 0;
                booked.held = false;
                self.state(payment)
            }
            Question::Refund(refund, payment, minor) => {
                let refuses = self.rng.as_mut().is_some_and(|rng| rng.random_bool(0.1));
                let booked = self.charges.entry(payment).or_default();
                if let Entry::Vacant(new) = self.refunds.entry(refund) {
                    new.insert((!refuses).then_some(minor));
                    booked.refunded_minor += if refuses { 0 } else { minor };
                    assert!(booked.refunded_minor <= booked.captured_minor, "more was given back than taken");
                }
                None
            }
            Question::LookUp(payment) => self.charges.contains_key(&payment).then(|| self.state(payment)).flatten(),
        }
    }

    fn state(&self, payment: PaymentId) -> Option<Charged> {
        let booked = self.charges.get(&payment)?;
        let auth_code = "A1".to_owned();
        let state = match booked {
            Booked { declined: true, .. } => ChargeState::Declined { why: Decline::InsufficientFunds },
            Booked { captured_minor: 1.., .. } => {
                ChargeState::Captured { auth_code, amount_minor: booked.captured_minor }
            }
            Booked { held: true, .. } => ChargeState::Authorized { auth_code },
            _ => ChargeState::Voided,
        };
        Some(Charged { reference: None, state })
    }
}

impl Processor for World {
    fn name(&self) -> &'static str {
        "sim"
    }

    fn start_setup(&self, _: CardSetupId, _: String) -> Asking<'_, SetupStarted> {
        Box::pin(async { Err(Silent) })
    }

    fn look_up_setup(&self, _: String) -> Asking<'_, Option<LinkedCard>> {
        Box::pin(async { Err(Silent) })
    }

    fn charge(&self, charge: Charge) -> Asking<'_, Charged> {
        let question = Question::Charge(charge.payment, charge.amount.minor(), charge.take);
        Box::pin(async move { self.ask(question)?.ok_or(Silent) })
    }

    fn capture(&self, at: ChargeAt, amount: Amount) -> Asking<'_, Charged> {
        Box::pin(async move { self.ask(Question::Capture(at.payment, amount.minor()))?.ok_or(Silent) })
    }

    fn void(&self, at: ChargeAt) -> Asking<'_, Charged> {
        Box::pin(async move { self.ask(Question::Void(at.payment))?.ok_or(Silent) })
    }

    fn refund(&self, refund: RefundId, at: ChargeAt, amount: Amount) -> Asking<'_, RefundState> {
        let question = Question::Refund(refund, at.payment, amount.minor());
        Box::pin(async move {
            self.ask(question)?;
            let given = self.inner().refunds.get(&refund).is_some_and(Option::is_some);
            Ok(if given { RefundState::Given } else { RefundState::Refused })
        })
    }

    fn look_up(&self, at: ChargeAt) -> Asking<'_, Option<Charged>> {
        Box::pin(async move { self.ask(Question::LookUp(at.payment)) })
    }
}
