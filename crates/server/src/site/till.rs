//! What a till may do while the server cannot be reached: the same requests and answers, for small amounts, with the second proof
//! always. A yes is on the disk before it is answered.

use super::{
    Agent,
    held::{Held, Known},
    open::Open,
};
use crate::{
    app::{
        Answer, Refusal,
        identify::{MOST_ATTEMPTS, MOST_WRONG_PROOFS, MOST_WRONG_PROOFS_EVER},
        look::{look_at, ms_since, rejected},
        payments::{LONGEST_REFERENCE, another_request_had_this_key, parse_amount},
        subjects::four_digits,
        text,
    },
    clock::rfc3339,
    offline::{Limit, MOST_A_PAYMENT},
    payment_state::Event,
    secret,
    store::queue::{NewTaken, QueueError},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use handsel_api::{
    Code, PaymentId,
    offline::OfflinePayment,
    payments::{
        CaptureWhen, ConfirmPayment, CreatePayment, Decision, Identification, Means, Payment, PaymentStatus, StepUp,
        Timings,
    },
};
use handsel_palm::Probe;
use std::{sync::Arc, time::Instant};
use ulid::Ulid;
use zeroize::Zeroizing;

/// Who asks, and what the agent holds for them.
pub(super) struct Desk {
    pub(super) held: Arc<Held>,
    /// The hash of the till's key.
    pub(super) till: [u8; 32],
    /// By the server's clock.
    pub(super) now_ms: i64,
}

impl Agent {
    /// Lets a till in by the hash of its key, if there are palms that are good.
    pub(super) fn desk(&self, till: &[u8; 32]) -> Answer<Desk> {
        let (held, now_ms) = self.held().ok_or_else(|| {
            let detail = "The server cannot be reached, and no palms are held here that are good now.";
            Refusal::new(Code::Offline, detail)
        })?;
        if !held.knows_till(till) {
            let detail = "No key that took payments here when the server was last reached.";
            return Err(Refusal::field(Code::Unauthenticated, "authorization", detail));
        }
        Ok(Desk { held, till: *till, now_ms })
    }

    /// The payment that a till's request made here.
    pub(super) fn made_by(&self, request: &str) -> Option<PaymentId> {
        self.payments().iter().find(|(_, open)| open.request == request).map(|(id, _)| *id)
    }

    /// Asks for an amount.
    pub(super) fn create(&self, desk: &Desk, request: String, mut create: CreatePayment) -> Answer<Payment> {
        if create.site != self.0.site {
            let detail = format!("While the server cannot be reached, only {} can be sold at.", self.0.site);
            return Err(Refusal { field: Some("/site".to_owned()), ..Refusal::new(Code::Offline, detail) });
        }
        let minor = parse_amount(create.amount_minor, &create.currency, &desk.held.currency)?.minor();
        if create.capture != CaptureWhen::Now {
            let detail = "Nothing can be set aside while the server cannot be reached.";
            return Err(Refusal { field: Some("/capture".to_owned()), ..Refusal::new(Code::Offline, detail) });
        }
        if minor > MOST_A_PAYMENT {
            return Err(Refusal::field(Code::OfflineLimit, "/amount_minor", Limit::Payment.detail()));
        }
        let reference = create.client_reference.as_deref();
        create.client_reference = reference.map(|own| text("/client_reference", own, LONGEST_REFERENCE)).transpose()?;
        let mut payments = self.payments();
        if let Some((id, before)) = payments.iter().find(|(_, open)| open.request == request) {
            let (a, b) = (&before.asked, &create);
            let same = (a.amount_minor, &a.client_reference) == (b.amount_minor, &b.client_reference);
            return if same {
                Ok(before.shown(*id, &desk.held, desk.now_ms))
            } else {
                Err(another_request_had_this_key())
            };
        }
        payments.retain(|_, open| open.standing(desk.now_ms) != PaymentStatus::Expired);
        let id = PaymentId(Ulid::from_parts(desk.now_ms.unsigned_abs(), rand::random()));
        let open = Open {
            request,
            asked: create,
            status: PaymentStatus::RequiresPalm,
            person: None,
            attempts: 0,
            wrong_proofs: 0,
            created_ms: desk.now_ms,
        };
        let shown = open.shown(id, &desk.held, desk.now_ms);
        payments.insert(id, open);
        tracing::info!(payment = %id, "payment asked for while the server cannot be reached");
        Ok(shown)
    }

    /// A payment as it now stands.
    pub(super) fn show(&self, desk: &Desk, id: PaymentId) -> Answer<Payment> {
        Ok(self.find(id)?.shown(id, &desk.held, desk.now_ms))
    }

    /// Gives a payment up.
    pub(super) fn cancel(&self, desk: &Desk, id: PaymentId) -> Answer<Payment> {
        let mut payments = self.payments();
        let open = payments.get_mut(&id).ok_or_else(|| Refusal::not_found("payment"))?;
        if open.status != PaymentStatus::Cancelled {
            open.status = open.step(Event::GiveUp, desk.now_ms)?;
            open.person = None;
        }
        Ok(open.shown(id, &desk.held, desk.now_ms))
    }

    /// Looks for whoever holds their hand over the scanner. Whoever is found is asked for the second proof.
    pub(super) async fn identify(&self, desk: &Desk, id: PaymentId, frame: Vec<u8>) -> Answer<Identification> {
        let before = self.find(id)?;
        check_open(&before, desk.now_ms)?;
        let held = Arc::clone(&desk.held);
        let frame = Zeroizing::new(frame);
        let Ok(_turn) = self.0.looking.acquire().await else { return Err(Refusal::internal("looking is over")) };
        let looked = tokio::task::spawn_blocking(move || {
            let looked = look_at(&frame, |sample| {
                let start = Instant::now();
                let probe = Arc::new(Probe::build(&sample.roi));
                let extract_ms = ms_since(start);
                let start = Instant::now();
                (held.gallery.identify(&probe, sample.side, held.risk), extract_ms, ms_since(start))
            });
            drop(frame);
            looked
        });
        let seen = looked.await.map_err(|_| Refusal::internal("looking at a frame broke off"))??.map_err(rejected)?;
        let (decision, extract_ms, search_ms) = seen.made;
        let person = self.whom(desk, decision).await?;

        let mut payments = self.payments();
        let open = payments.get_mut(&id).ok_or_else(|| Refusal::not_found("payment"))?;
        check_open(open, desk.now_ms)?;
        if open.moved_since(&before) {
            let detail = "The payment moved on while this frame was looked at; read it and go on from there.";
            return Err(Refusal::new(Code::WrongState, detail));
        }
        open.attempts += 1;
        let (event, decision) = match person {
            Some(_) => (Event::Unsure, Decision::StepUp),
            None => (Event::Nobody, Decision::NoMatch),
        };
        open.status = open.step(event, desk.now_ms)?;
        open.person = person;
        tracing::info!(payment = %id, ?decision, "identified while the server cannot be reached");
        let timings_ms =
            Timings { decode: seen.decode_ms, capture: seen.capture_ms, extract: extract_ms, search: search_ms };
        let payment = open.shown(id, &desk.held, desk.now_ms);
        Ok(Identification { decision, payment, quality: seen.quality, timings_ms })
    }

    /// The second proof: the last four digits of the phone. Three wrong ones end the palm path of this payment.
    pub(super) async fn step_up(&self, desk: &Desk, id: PaymentId, proof: StepUp) -> Answer<Payment> {
        let given = four_digits("/phone_last4", &proof.phone_last4)?;
        let (person, fits) = {
            let mut payments = self.payments();
            let open = payments.get_mut(&id).ok_or_else(|| Refusal::not_found("payment"))?;
            let to = open.step(Event::ProofFits, desk.now_ms)?;
            let person = open.person.clone().ok_or_else(|| Refusal::internal("a step-up about nobody"))?;
            let fits = person.digits.are(&given);
            if fits {
                open.status = to;
            } else {
                open.wrong_proofs += 1;
                if open.wrong_proofs >= MOST_WRONG_PROOFS {
                    open.status = open.step(Event::Nobody, desk.now_ms)?;
                    open.person = None;
                }
            }
            (person, fits)
        };
        if fits {
            self.0.queue.clear_wrong_proofs(person.shopper.clone()).await.map_err(not_kept)?;
            tracing::info!(payment = %id, "step-up passed");
            return self.show(desk, id);
        }
        self.0.queue.add_wrong_proof(person.shopper.clone(), desk.now_ms).await.map_err(not_kept)?;
        tracing::info!(payment = %id, "step-up failed");
        let left = MOST_WRONG_PROOFS - self.find(id)?.wrong_proofs;
        Err(if left > 0 {
            Refusal::field(Code::StepUpFailed, "/phone_last4", format!("Tries left: {left}."))
        } else {
            Refusal::new(Code::TooManyAttempts, "Take the money another way.")
        })
    }

    /// The shopper's yes: on the disk, to be charged when the server is back.
    pub(super) async fn confirm(
        &self,
        desk: &Desk,
        request: String,
        id: PaymentId,
        yes: ConfirmPayment,
    ) -> Answer<Payment> {
        let (taken, shown) = {
            let mut payments = self.payments();
            let open = payments.get_mut(&id).ok_or_else(|| Refusal::not_found("payment"))?;
            let to = open.step(Event::Confirm, desk.now_ms)?;
            let made = accept(open, desk, request, id, &yes)?;
            // Nobody else says yes to it meanwhile.
            open.status = to;
            made
        };
        let kept = self.0.queue.take(taken).await;
        let mut payments = self.payments();
        match kept {
            Ok(Ok(())) => {
                payments.remove(&id);
                tracing::info!(payment = %id, "accepted while the server cannot be reached");
                Ok(shown)
            }
            refused => {
                if let Some(open) = payments.get_mut(&id) {
                    open.status = PaymentStatus::RequiresConfirmation;
                }
                Err(match refused {
                    Ok(Err(limit)) => Refusal::new(Code::OfflineLimit, limit.detail()),
                    Err(error) => not_kept(error),
                    Ok(Ok(())) => Refusal::internal("a payment that was kept"),
                })
            }
        }
    }

    /// Whom a decision is about, as far as they may pay here now: sure or not, they are asked for the second proof.
    async fn whom(&self, desk: &Desk, decision: handsel_gallery::Decision) -> Answer<Option<Arc<Known>>> {
        let candidate = match decision {
            handsel_gallery::Decision::Identified(candidate) | handsel_gallery::Decision::StepUp(candidate) => {
                candidate
            }
            handsel_gallery::Decision::NoMatch => return Ok(None),
        };
        let Some(known) = desk.held.whose(candidate.key) else { return Ok(None) };
        let wrong = self.0.queue.wrong_proofs(known.shopper.clone(), desk.now_ms).await.map_err(not_kept)?;
        Ok((wrong < MOST_WRONG_PROOFS_EVER).then(|| Arc::clone(known)))
    }

    fn find(&self, id: PaymentId) -> Answer<Open> {
        self.payments().get(&id).cloned().ok_or_else(|| Refusal::not_found("payment"))
    }
}

/// What is kept of a yes, and what the till is told.
fn accept(
    open: &Open,
    desk: &Desk,
    request: String,
    id: PaymentId,
    yes: &ConfirmPayment,
) -> Answer<(NewTaken, Payment)> {
    let (asked, before) = (&open.asked, open.person.as_ref());
    let shopper = &before.ok_or_else(|| Refusal::internal("a confirmation by nobody"))?.shopper;
    // Gone from the palms that came since: they left, or stopped it.
    let Some(person) = desk.held.who(shopper) else {
        return Err(Refusal::new(Code::WrongState, "This palm is out of use; take the money another way."));
    };
    if yes.shopper.as_ref().is_some_and(|shown| shown != shopper) {
        let detail = "Somebody else has been recognised since; show the payment as it is now.";
        return Err(Refusal::field(Code::WrongState, "/shopper", detail));
    }
    if yes.amount_minor.is_some_and(|shown| shown != asked.amount_minor) {
        let detail = format!("{} is due; show it first.", asked.amount_minor);
        return Err(Refusal::field(Code::WrongState, "/amount_minor", detail));
    }
    if !(0..=asked.amount_minor).contains(&yes.tip_minor) {
        let detail = format!("0 to {}, in whole minor units.", asked.amount_minor);
        return Err(Refusal::field(Code::AmountOutOfRange, "/tip_minor", detail));
    }
    let taken_at = rfc3339(desk.now_ms);
    let hand_in = OfflinePayment {
        id,
        pass: STANDARD.encode(&person.pass),
        amount_minor: asked.amount_minor,
        tip_minor: yes.tip_minor,
        currency: asked.currency.clone(),
        client_reference: asked.client_reference.clone(),
        taken_at: taken_at.clone(),
    };
    let shown = Payment {
        status: PaymentStatus::Accepted,
        means: Some(Means::Palm),
        tip_minor: yes.tip_minor,
        initials: None,
        offline_at: Some(taken_at),
        ..open.shown(id, &desk.held, desk.now_ms)
    };
    let json = |error: serde_json::Error| {
        tracing::error!(%error, "a payment is no JSON");
        Refusal::internal("JSON")
    };
    let taken = NewTaken {
        id,
        till: secret::hex(&desk.till),
        request,
        shopper: shopper.clone(),
        total_minor: asked.amount_minor + yes.tip_minor,
        taken_ms: desk.now_ms,
        hand_in: serde_json::to_string(&hand_in).map_err(json)?,
        shown: serde_json::to_string(&shown).map_err(json)?,
    };
    Ok((taken, shown))
}

fn check_open(open: &Open, now_ms: i64) -> Answer<()> {
    open.step(Event::Nobody, now_ms)?;
    if open.attempts >= MOST_ATTEMPTS || open.wrong_proofs >= MOST_WRONG_PROOFS {
        return Err(Refusal::new(Code::TooManyAttempts, "Take the money another way."));
    }
    Ok(())
}

/// The agent's file cannot be used.
pub(super) fn not_kept(error: QueueError) -> Refusal {
    tracing::error!(%error, "the queue refused");
    let detail = "Nothing of this step was kept. Look at the free space and permissions of the agent's folder.";
    Refusal::new(Code::StoreUnavailable, detail)
}
