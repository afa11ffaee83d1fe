//! Payments: making, showing, giving up.

use super::{
    Answer, App, Caller, Refusal, RequestKey,
    access::{Right, allow, merchant_of},
    merchants::page,
    text,
    view::standing,
};
use crate::{
    clock::now_ms,
    ids,
    payment_state::{Event, next},
    store::{
        Conn, events, merchants,
        payments::{self, NewPayment, StoredPayment},
    },
};
use handsel_api::{
    Code, PaymentId,
    events::EventKind,
    keys::Scope,
    merchants::Page,
    payments::{CreatePayment, Payment, PaymentStatus},
};
use handsel_ledger::{Amount, Currency};

/// The longest number a till may give a sale, in characters.
const LONGEST_REFERENCE: usize = 64;

impl App {
    /// Asks for an amount at a site. Moves no money. The same `request` again gets the same payment.
    pub async fn create_payment(
        &self,
        caller: &Caller,
        request: &RequestKey,
        create: CreatePayment,
    ) -> Answer<Payment> {
        let mut tx = self.0.store.write().await?;
        let Some(site) = merchants::site(&mut tx, create.site).await? else {
            return Err(Refusal::field(Code::InvalidField, "/site", "There is no such site here."));
        };
        allow(caller, Right::Sell { merchant: site.merchant, site: site.id })?;
        let merchant = merchants::merchant(&mut tx, site.merchant).await?;
        let merchant = merchant.ok_or_else(|| Refusal::internal("a site without a merchant"))?;
        let amount = parse_amount(create.amount_minor, &create.currency, &merchant.currency)?;
        let reference = create
            .client_reference
            .as_deref()
            .map(|own| text("/client_reference", own, LONGEST_REFERENCE))
            .transpose()?;
        let now_ms = now_ms();
        if let Some(before) = payments::by_request(&mut tx, request.bytes()).await? {
            return self.view(&mut tx, &before, now_ms).await;
        }
        let new = NewPayment {
            id: PaymentId(ids::next()),
            request: request.bytes(),
            site: site.id,
            merchant: site.merchant,
            amount_minor: amount.minor(),
            currency: amount.currency().code(),
            client_reference: reference.as_deref(),
            now_ms,
        };
        payments::insert(&mut tx, &new).await?;
        events::emit(&mut tx, new.merchant, new.id, EventKind::PaymentCreated, now_ms).await?;
        let made = reload(&mut tx, new.id).await?;
        let shown = self.view(&mut tx, &made, now_ms).await?;
        tx.commit().await?;
        tracing::info!(payment = %new.id, site = %site.id, "payment asked for");
        Ok(shown)
    }

    /// A payment as it now stands.
    pub async fn payment(&self, caller: &Caller, id: PaymentId) -> Answer<Payment> {
        let mut conn = self.0.store.read().await?;
        let stored = reload(&mut conn, id).await?;
        allow(caller, Right::SeePayment { merchant: stored.merchant, site: stored.site })?;
        self.view(&mut conn, &stored, now_ms()).await
    }

    /// The payments the caller may see, newest first: an operator all, a till its merchant's.
    pub async fn list_payments(&self, caller: &Caller, limit: u32, after: Option<PaymentId>) -> Answer<Page<Payment>> {
        let merchant = merchant_of(caller, Scope::PaymentsRead)?;
        let mut conn = self.0.store.read().await?;
        let now_ms = now_ms();
        let mut shown = Vec::new();
        for stored in payments::list(&mut conn, merchant, limit + 1, after).await? {
            shown.push(self.view(&mut conn, &stored, now_ms).await?);
        }
        Ok(page(shown, limit, |payment| payment.id.to_string()))
    }

    /// Gives a payment up before anything was charged. Giving up twice changes nothing.
    pub async fn cancel(&self, caller: &Caller, id: PaymentId) -> Answer<Payment> {
        let mut tx = self.0.store.write().await?;
        let mut stored = reload(&mut tx, id).await?;
        allow(caller, Right::Sell { merchant: stored.merchant, site: stored.site })?;
        let now_ms = now_ms();
        if stored.status != PaymentStatus::Cancelled {
            let to = step(&stored, Event::GiveUp, now_ms)?;
            payments::set_status(&mut tx, id, to, None).await?;
            events::emit_status(&mut tx, stored.merchant, id, to, now_ms).await?;
            stored = reload(&mut tx, id).await?;
        }
        let shown = self.view(&mut tx, &stored, now_ms).await?;
        tx.commit().await?;
        tracing::info!(payment = %id, "payment given up");
        Ok(shown)
    }
}

/// A payment that must be there.
pub(super) async fn reload(conn: &mut Conn, id: PaymentId) -> Answer<StoredPayment> {
    payments::payment(conn, id).await?.ok_or_else(|| Refusal::not_found("payment"))
}

/// Where an event takes a payment, or [`Code::WrongState`].
pub(super) fn step(stored: &StoredPayment, event: Event, now_ms: i64) -> Answer<PaymentStatus> {
    let from = standing(stored, now_ms);
    next(from, event).ok_or_else(|| {
        let status = crate::store::rows::word(&from).unwrap_or_default();
        Refusal::new(Code::WrongState, format!("The payment is {status}."))
    })
}

/// An amount in the currency it must be in.
pub(super) fn parse_amount(minor: i64, currency: &str, expected: &str) -> Answer<Amount> {
    if currency != expected {
        return Err(Refusal::field(Code::CurrencyMismatch, "/currency", format!("The currency here is {expected}.")));
    }
    let Some(currency) = Currency::parse(expected) else {
        return Err(Refusal::internal("a stored currency that is not known"));
    };
    Amount::new(minor, currency)
        .map_err(|error| Refusal::field(Code::AmountOutOfRange, "/amount_minor", format!("{error}.")))
}
