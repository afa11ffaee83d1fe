//! Leaving without a wallet: by the link that was given at enrolment, or at a till, by a receipt and the digits of a phone. And the
//! receipts of it, and what keeps erased people erased.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
    identify::{MOST_WRONG_PROOFS, MOST_WRONG_PROOFS_EVER},
    subjects::four_digits,
};
use crate::{
    clock::{now_ms, rfc3339},
    erased, secret,
    store::{
        erasures::{self, Erasure},
        payments, subjects,
    },
};
use handsel_api::{
    Code, SubjectId,
    erasure::{EraseRequest, ErasureReceipt},
    keys::Scope,
    payments::Means,
    subjects::{Erased, SubjectStatus},
};
use std::collections::BTreeMap;

/// A link that erases.
pub(super) const LEAVE: &str = "hsl_";

impl App {
    /// Whether a link still leads to somebody.
    pub async fn leads_to_somebody(&self, link: &str) -> Answer<bool> {
        let mut conn = self.0.store.read().await?;
        Ok(erasures::subject_of_link(&mut conn, &secret::hash(link)).await?.is_some())
    }

    /// Erases whom a link belongs to. Whoever holds it may: it does nothing else, and it goes with its subject.
    pub async fn erase_by_link(&self, link: &str) -> Answer<Erased> {
        let found = erasures::subject_of_link(&mut *self.0.store.read().await?, &secret::hash(link)).await?;
        let subject = found.ok_or_else(|| Refusal::not_found("link"))?;
        self.erase(subject, now_ms()).await
    }

    /// Erases somebody at a till, by what they hold.
    pub async fn erase_at_till(&self, caller: &Caller, request: EraseRequest) -> Answer<Erased> {
        match request {
            EraseRequest::Link { link } => {
                caller.needs(Scope::SubjectsWrite)?;
                self.erase_by_link(link.0.trim().rsplit('/').next().unwrap_or_default()).await
            }
            EraseRequest::Receipt { receipt, phone_last4 } => {
                self.erase_by_receipt(caller, &receipt.0, &phone_last4.0).await
            }
        }
    }

    /// A receipt alone may have been found in a bin, so the digits of the phone are asked for as at a step-up, and wrong ones counted
    /// with those.
    async fn erase_by_receipt(&self, caller: &Caller, receipt: &str, phone_last4: &str) -> Answer<Erased> {
        let given = four_digits("/phone_last4", phone_last4)?;
        let mut tx = self.0.store.write().await?;
        let paid = self.paid(&mut tx, receipt.trim().rsplit('/').next().unwrap_or_default()).await?;
        allow(caller, Right::SignUp { merchant: paid.merchant, site: paid.site })?;
        let (Some(Means::Palm), Some(subject)) = (paid.means, paid.subject) else {
            return Err(Refusal::new(Code::WrongState, "No palm of anybody who is still here paid this."));
        };
        if paid.wrong_proofs >= MOST_WRONG_PROOFS {
            return Err(Refusal::new(Code::TooManyAttempts, "Use the link from enrolling, or ask the operator."));
        }
        if self.person(&mut tx, subject).await?.phone_last4()?.is_some_and(|known| *known == given) {
            drop(tx);
            return self.erase(subject, now_ms()).await;
        }
        let left = MOST_WRONG_PROOFS - payments::add_wrong_proof(&mut tx, paid.id).await?;
        if subjects::add_wrong_proof(&mut tx, subject).await? >= MOST_WRONG_PROOFS_EVER {
            subjects::set_status(&mut tx, subject, SubjectStatus::Frozen).await?;
            tracing::warn!(%subject, "frozen after too many wrong proofs");
        }
        tx.commit().await?;
        Err(Refusal::field(Code::StepUpFailed, "/phone_last4", format!("Tries left: {}.", left.max(0))))
    }

    /// The receipt of an erasure; whoever knows its id may see it.
    pub async fn erasure_receipt(&self, id: &str) -> Answer<ErasureReceipt> {
        let found = if erased::is_mark(id) { erasures::get(&mut *self.0.store.read().await?, id).await? } else { None };
        found.map(|erasure| self.signed_receipt(&erasure)).ok_or_else(|| Refusal::not_found("receipt of an erasure"))
    }

    pub(super) fn signed_receipt(&self, erasure: &Erasure) -> ErasureReceipt {
        let count = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        let mut receipt = ErasureReceipt {
            id: erasure.mark.clone(),
            asked_at: rfc3339(erasure.asked_ms),
            erased_at: erasure.erased_ms.map(rfc3339),
            held_until: erasure.held_until_ms.map(rfc3339),
            references: count(erasure.palms),
            unlinked_payments: count(erasure.payments),
            key_destroyed: erasure.erased_ms.is_some(),
            public_key: self.0.signer.public_key(),
            signature: String::new(),
        };
        receipt.signature = self.0.signer.sign_text(&receipt.signed_text());
        receipt
    }

    /// Remembers an erasure outside the store. It is not refused for this: the store knows it, and the next start tries again.
    pub(super) fn remember_outside(&self, erasure: &Erasure) {
        if let Err(error) = erased::add(&self.0.keys_dir, std::slice::from_ref(erasure)) {
            tracing::error!(%error, "an erasure could not be noted in the keys folder; it is tried at the next start");
        }
    }

    /// Before anybody is served: a store that was put back from before some erasures does them again. How many.
    pub(super) async fn keep_the_erased_erased(&self) -> Answer<usize> {
        let read = erased::read(&self.0.keys_dir);
        let outside = read.map_err(|error| {
            tracing::error!(%error, "the list of who was erased cannot be read");
            Refusal::internal("the list of who was erased")
        })?;
        let here = erasures::done(&mut *self.0.store.read().await?).await?;
        let here: BTreeMap<String, Erasure> = here.into_iter().map(|one| (one.mark.clone(), one)).collect();
        let missing: Vec<Erasure> =
            here.iter().filter(|(mark, _)| !outside.contains_key(*mark)).map(|(_, one)| one.clone()).collect();
        if let (false, Err(error)) = (missing.is_empty(), erased::add(&self.0.keys_dir, &missing)) {
            tracing::error!(%error, "erasures could not be noted in the keys folder");
        }
        let unknown: BTreeMap<&String, &Erasure> =
            outside.iter().filter(|(mark, _)| !here.contains_key(*mark)).collect();
        if unknown.is_empty() {
            return Ok(0);
        }
        let everybody: Vec<SubjectId> = erasures::everybody(&mut *self.0.store.read().await?).await?;
        let back: Vec<SubjectId> = everybody
            .into_iter()
            .filter(|id| unknown.contains_key(&self.0.vault.erasure_mark(&id.to_string())))
            .collect();
        for subject in &back {
            self.erase(*subject, now_ms()).await?;
        }
        let mut tx = self.0.store.write().await?;
        for erasure in unknown.values() {
            erasures::learn(&mut tx, erasure).await?;
        }
        tx.commit().await?;
        tracing::warn!(erased = back.len(), "the store was of before some erasures; they are done again");
        Ok(back.len())
    }
}
