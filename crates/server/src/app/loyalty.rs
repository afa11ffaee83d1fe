//! Numbers in merchants' programmes: linked by consent, given with the payment to that merchant's till and to nobody else.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
    consents::in_force,
    payments::{must_stand, reload},
    text,
};
use crate::{
    clock::{now_ms, rfc3339},
    store::{Conn, events, loyalty, merchants, payments, payments::StoredPayment},
    vault::What,
};
use handsel_api::{
    Code, MerchantId, PaymentId, Private, SubjectId,
    consents::Purpose,
    keys::Scope,
    loyalty::{LinkLoyalty, Loyalty},
    payments::{LowerAmount, Payment, PaymentStatus},
};

/// The longest number, in characters.
const LONGEST_NUMBER: usize = 64;

impl App {
    /// Links a number in a merchant's programme: the subject any, whoever enrols them their own merchant's.
    pub async fn link_loyalty(&self, caller: &Caller, subject: SubjectId, link: LinkLoyalty) -> Answer<Loyalty> {
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let person = self.person(&mut tx, subject).await?;
        allow(caller, Right::Enrol { subject: &person.stored, now_ms })?;
        let merchant = merchants::merchant(&mut tx, link.merchant).await?;
        let merchant = merchant.filter(|found| is_own(caller, found.id) != Some(false));
        let elsewhere = || Refusal::field(Code::InvalidField, "/merchant", "There is no such merchant here.");
        let merchant = merchant.ok_or_else(elsewhere)?;
        if let Caller::Kiosk(site) = caller
            && merchants::site(&mut tx, *site).await?.is_none_or(|site| site.merchant != merchant.id)
        {
            return Err(elsewhere());
        }
        let number = text("/number", &link.number.0, LONGEST_NUMBER)?;
        let consent = in_force(&mut tx, subject, Purpose::Loyalty).await?.ok_or_else(|| {
            Refusal::new(Code::ConsentRequired, "Sign the notice for the purpose loyalty first; nothing was linked.")
        })?;
        let sealed = person.key.seal(What::LoyaltyNumber { merchant: &merchant.id.to_string() }, number.as_bytes());
        loyalty::set(&mut tx, subject, merchant.id, consent, &sealed, now_ms).await?;
        tx.commit().await?;
        tracing::info!(%subject, merchant = %merchant.id, "loyalty linked");
        let linked_at = rfc3339(now_ms);
        Ok(Loyalty { merchant: merchant.id, name: merchant.name, number: Private(number), linked_at })
    }

    /// Every number a subject linked. For themselves only.
    pub async fn loyalty(&self, caller: &Caller, subject: SubjectId) -> Answer<Vec<Loyalty>> {
        allow(caller, Right::OwnWallet { subject })?;
        let mut conn = self.0.store.read().await?;
        let person = self.person(&mut conn, subject).await?;
        let linked = loyalty::of_subject(&mut conn, subject).await?.into_iter().map(|one| {
            let what = What::LoyaltyNumber { merchant: &one.merchant.to_string() };
            let number = person.key.open_text(what, &one.number_sealed)?;
            Ok(Loyalty {
                merchant: one.merchant,
                name: one.merchant_name,
                number: Private(number.to_string()),
                linked_at: rfc3339(one.created_ms),
            })
        });
        linked.collect()
    }

    /// Unlinks a number.
    pub async fn unlink_loyalty(&self, caller: &Caller, subject: SubjectId, merchant: MerchantId) -> Answer<()> {
        allow(caller, Right::ActFor { subject })?;
        let mut tx = self.0.store.write().await?;
        if !loyalty::delete(&mut tx, subject, merchant).await? {
            return Err(Refusal::not_found("linked number"));
        }
        self.log_staff(&mut tx, caller, subject).await?;
        tx.commit().await?;
        tracing::info!(%subject, %merchant, "loyalty unlinked");
        Ok(())
    }

    /// Lowers what is due, for members' prices: while the shopper has not said yes. Never raises it.
    pub async fn lower_amount(&self, caller: &Caller, id: PaymentId, lower: LowerAmount) -> Answer<Payment> {
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let stored = reload(&mut tx, id).await?;
        allow(caller, Right::Manage { merchant: stored.merchant, scope: Scope::PaymentsWrite })?;
        must_stand(&stored, PaymentStatus::RequiresConfirmation, now_ms)?;
        if !(1..=stored.amount_minor).contains(&lower.amount_minor) {
            let detail = format!("1 to {}, in whole minor units: an amount is lowered only.", stored.amount_minor);
            return Err(Refusal::field(Code::AmountOutOfRange, "/amount_minor", detail));
        }
        if lower.amount_minor < stored.amount_minor {
            payments::lower_amount(&mut tx, id, lower.amount_minor).await?;
            events::emit_status(&mut tx, stored.merchant, id, stored.status, now_ms).await?;
        }
        let lowered = reload(&mut tx, id).await?;
        let shown = shown_to(caller, self.view(&mut tx, &lowered, now_ms).await?);
        tx.commit().await?;
        tracing::info!(payment = %id, "amount lowered");
        Ok(shown)
    }

    /// The number of whoever a payment is about, in its merchant's programme.
    pub(super) async fn loyalty_number(
        &self,
        conn: &mut Conn,
        stored: &StoredPayment,
        subject: Option<SubjectId>,
    ) -> Answer<Option<Private>> {
        let (Some(subject), Some(sealed)) = (subject, &stored.loyalty_sealed) else { return Ok(None) };
        let person = self.person(conn, subject).await?;
        let what = What::LoyaltyNumber { merchant: &stored.merchant.to_string() };
        Ok(Some(Private(person.key.open_text(what, sealed)?.to_string())))
    }
}

/// A payment as a caller may see it: the number is for the merchant's till alone.
pub(super) fn shown_to(caller: &Caller, mut payment: Payment) -> Payment {
    if !matches!(caller, Caller::Till(till) if till.merchant == payment.merchant) {
        payment.loyalty_number = None;
    }
    payment
}

/// Whether a merchant is the caller's own; `None` where that is no question.
fn is_own(caller: &Caller, merchant: MerchantId) -> Option<bool> {
    if let Caller::Till(till) = caller { Some(till.merchant == merchant) } else { None }
}
