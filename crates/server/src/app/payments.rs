//! Payments: making, showing, giving up.

use super::{
    Answer, App, Caller, Refusal, RequestKey,
    access::{Right, allow, merchant_of},
    charge::BUSY_MS,
    loyalty::shown_to,
    merchants::page,
    text,
    view::standing,
};
use crate::{
    clock::now_ms,
    failpoint::hit,
    ids,
    payment_state::{Event, next},
    store::{
        Conn, charges, events, merchants,
        payments::{self, Ask, NewPayment, StoredPayment},
    },
};
use handsel_api::{
    Code, MerchantId, PaymentId, SiteId,
    events::EventKind,
    keys::Scope,
    merchants::Page,
    payments::{CapturePayment, CreatePayment, Payment, PaymentStatus},
};
use handsel_ledger::{Amount, Currency};
use std::sync::PoisonError;

/// The longest number a till may give a sale, in characters.
pub(crate) const LONGEST_REFERENCE: usize = 64;

impl App {
    /// Asks for an amount at a site. Moves no money. The same `request` again gets the same payment.
    pub async fn create_payment(
        &self,
        caller: &Caller,
        request: &RequestKey,
        create: CreatePayment,
    ) -> Answer<Payment> {
        let (merchant, currency) = self.seller(create.site).await?;
        allow(caller, Right::Sell { merchant, site: create.site })?;
        let amount = parse_amount(create.amount_minor, &create.currency, &currency)?;
        let reference = create
            .client_reference
            .as_deref()
            .map(|own| text("/client_reference", own, LONGEST_REFERENCE))
            .transpose()?;
        let now_ms = now_ms();
        let new = NewPayment {
            id: PaymentId(ids::next()),
            request: request.bytes(),
            site: create.site,
            merchant,
            amount_minor: amount.minor(),
            currency: amount.currency().code(),
            client_reference: reference.as_deref(),
            take: create.capture,
            now_ms,
        };
        let mut tx = self.0.store.write_light().await?;
        let made = match payments::insert(tx.last(), &new).await? {
            Some(made) => {
                events::emit(&mut tx, merchant, new.id, EventKind::PaymentCreated, now_ms).await?;
                made
            }
            None => {
                tx.changed_nothing();
                let before = payments::by_request(&mut tx, request.bytes()).await?;
                let before = before.ok_or_else(|| Refusal::internal("a request that made nothing"))?;
                let same = (before.site, before.listed_minor.unwrap_or(before.amount_minor), before.take)
                    == (create.site, amount.minor(), create.capture)
                    && before.client_reference == reference;
                if !same {
                    return Err(another_request_had_this_key());
                }
                before
            }
        };
        let shown = self.view(&mut tx, &made, now_ms).await?;
        tx.commit().await?;
        hit("payment_asked_for");
        tracing::info!(payment = %made.id, site = %create.site, "payment asked for");
        Ok(shown)
    }

    /// Whose a site is, and which currency its merchant sells in. A site stays its merchant's, so it is looked up once.
    async fn seller(&self, site: SiteId) -> Answer<(MerchantId, String)> {
        let known = |of: &App| of.0.sellers.lock().unwrap_or_else(PoisonError::into_inner).get(&site).cloned();
        if let Some(seller) = known(self) {
            return Ok(seller);
        }
        let found = merchants::seller(&mut *self.0.store.read().await?, site).await?;
        let seller = found.ok_or_else(|| Refusal::field(Code::InvalidField, "/site", "There is no such site here."))?;
        self.0.sellers.lock().unwrap_or_else(PoisonError::into_inner).insert(site, seller.clone());
        Ok(seller)
    }

    /// A payment as it now stands.
    pub async fn payment(&self, caller: &Caller, id: PaymentId) -> Answer<Payment> {
        let mut conn = self.0.store.read().await?;
        let stored = reload(&mut conn, id).await?;
        allow(caller, Right::SeePayment { merchant: stored.merchant, site: stored.site })?;
        Ok(shown_to(caller, self.view(&mut conn, &stored, now_ms()).await?))
    }

    /// The payments the caller may see, newest first: an operator all, a till its merchant's.
    pub async fn list_payments(&self, caller: &Caller, limit: u32, after: Option<PaymentId>) -> Answer<Page<Payment>> {
        let merchant = merchant_of(caller, Scope::PaymentsRead)?;
        let mut conn = self.0.store.read().await?;
        let now_ms = now_ms();
        let mut shown = Vec::new();
        for stored in payments::list(&mut conn, merchant, limit + 1, after).await? {
            shown.push(shown_to(caller, self.view(&mut conn, &stored, now_ms).await?));
        }
        Ok(page(shown, limit, |payment| payment.id.to_string()))
    }

    /// Gives a payment up before anything was taken: at once where nothing is set aside, otherwise once the processor let it
    /// go. Giving up twice changes nothing.
    pub async fn cancel(&self, caller: &Caller, id: PaymentId) -> Answer<Payment> {
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let stored = reload(&mut tx, id).await?;
        allow(caller, Right::Sell { merchant: stored.merchant, site: stored.site })?;
        match stored.status {
            PaymentStatus::Cancelled => {}
            PaymentStatus::Authorized => {
                step(&stored, Event::Release, now_ms)?;
                let again_ms = now_ms.saturating_add(BUSY_MS);
                charges::start_ask(&mut tx, id, Ask::Void, stored.total_minor(), now_ms, again_ms).await?;
            }
            _ => {
                let to = step(&stored, Event::GiveUp, now_ms)?;
                payments::set_status(&mut tx, id, to, None).await?;
                events::emit_status(&mut tx, stored.merchant, id, to, now_ms).await?;
            }
        }
        let given_up = reload(&mut tx, id).await?;
        tx.commit().await?;
        Ok(shown_to(caller, self.to_the_end(given_up).await?))
    }

    /// Takes what was set aside, all or a part; the rest is let go. Taking the same amount twice changes nothing.
    pub async fn capture(&self, caller: &Caller, id: PaymentId, capture: CapturePayment) -> Answer<Payment> {
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let stored = reload(&mut tx, id).await?;
        allow(caller, Right::Manage { merchant: stored.merchant, scope: Scope::PaymentsWrite })?;
        let minor = capture.amount_minor.unwrap_or(stored.total_minor());
        let is_done = stored.status == PaymentStatus::Captured && stored.captured_minor == Some(minor);
        let asks_for_it =
            is_done || stored.asked.is_some_and(|asked| (asked.what, asked.minor) == (Ask::Capture, minor));
        if !asks_for_it {
            // What was taken or let go in time says so instead.
            let waits = matches!(stored.status, PaymentStatus::Authorized | PaymentStatus::Expired)
                || stored.asked.is_some_and(|asked| asked.what == Ask::Void);
            if waits && stored.hold_until_ms.is_some_and(|until| now_ms >= until) {
                return Err(Refusal::new(
                    Code::AuthorizationExpired,
                    "The week for capturing is over; nothing was charged.",
                ));
            }
            step(&stored, Event::Capture, now_ms)?;
            // A card that is asked at all is asked for something.
            let least = if stored.card_minor() > 0 { stored.credit_minor + 1 } else { 1 };
            if minor > stored.total_minor() {
                let detail = format!("{} is set aside.", stored.total_minor());
                return Err(Refusal::field(Code::CaptureTooLarge, "/amount_minor", detail));
            }
            if minor < least {
                let detail = format!("{least} to {} in whole minor units.", stored.total_minor());
                return Err(Refusal::field(Code::AmountOutOfRange, "/amount_minor", detail));
            }
            let again_ms = now_ms.saturating_add(BUSY_MS);
            charges::start_ask(&mut tx, id, Ask::Capture, minor, now_ms, again_ms).await?;
        }
        let asked = reload(&mut tx, id).await?;
        tx.commit().await?;
        hit("capture_asked_for");
        Ok(shown_to(caller, self.to_the_end(asked).await?))
    }
}

/// An Idempotency-Key names one request for good, also after its answer is forgotten.
pub(crate) fn another_request_had_this_key() -> Refusal {
    let detail = "This key made something else before; send a new key for a new request.";
    Refusal { field: Some("idempotency-key".to_owned()), ..Refusal::new(Code::IdempotencyMismatch, detail) }
}

/// A payment that must be there.
pub(super) async fn reload(conn: &mut Conn, id: PaymentId) -> Answer<StoredPayment> {
    payments::payment(conn, id).await?.ok_or_else(|| Refusal::not_found("payment"))
}

/// Where an event takes a payment, or [`Code::WrongState`].
pub(super) fn step(stored: &StoredPayment, event: Event, now_ms: i64) -> Answer<PaymentStatus> {
    let from = standing(stored, now_ms);
    next(from, event).ok_or_else(|| stands(from))
}

/// Refuses a payment that does not stand there.
pub(super) fn must_stand(stored: &StoredPayment, at: PaymentStatus, now_ms: i64) -> Answer<()> {
    let status = standing(stored, now_ms);
    if status == at { Ok(()) } else { Err(stands(status)) }
}

fn stands(at: PaymentStatus) -> Refusal {
    let status = crate::store::rows::word(&at).unwrap_or_default();
    Refusal::new(Code::WrongState, format!("The payment is {status}."))
}

/// An amount in the currency it must be in.
pub(crate) fn parse_amount(minor: i64, currency: &str, expected: &str) -> Answer<Amount> {
    if currency != expected {
        return Err(Refusal::field(Code::CurrencyMismatch, "/currency", format!("The currency here is {expected}.")));
    }
    let Some(currency) = Currency::parse(expected) else {
        return Err(Refusal::internal("a stored currency that is not known"));
    };
    Amount::new(minor, currency)
        .map_err(|error| Refusal::field(Code::AmountOutOfRange, "/amount_minor", format!("{error}.")))
}
