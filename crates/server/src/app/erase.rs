//! Leaving: everything of a subject is gone in one transaction, and its bytes leave the files.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
    directory,
};
use crate::{
    clock::{now_ms, rfc3339},
    log::event::Event,
    pairwise::pairwise_id,
    store::{
        credits::EndedBy,
        erase,
        erasures::{self, Erasure},
        holds,
    },
};
use handsel_api::{ReferenceId, SubjectId, subjects::Erased};
use std::collections::HashSet;

impl App {
    /// Erases a subject: templates, key, personal data, consents, cards, wallet. Receipts stay, linked to nobody.
    pub async fn erase_subject(&self, caller: &Caller, id: SubjectId) -> Answer<Erased> {
        allow(caller, Right::ActFor { subject: id })?;
        self.erase(id, now_ms()).await
    }

    /// The one way in which a subject goes, whoever asks for it: themselves, the operator, or the policy. Under a legal hold what the
    /// order keeps goes out of reach now, and is erased when the hold ends.
    pub(super) async fn erase(&self, id: SubjectId, now_ms: i64) -> Answer<Erased> {
        let _changing = self.0.enrolling.lock().await;
        let mut tx = self.0.store.write().await?;
        let merchants = erase::merchants(&mut tx).await?;
        let mut names: HashSet<String> =
            merchants.into_iter().map(|merchant| pairwise_id(&self.0.vault, merchant, id)).collect();
        names.insert(id.to_string());
        self.forget_answers_with(&mut tx, &names).await?;
        self.end_credits(&mut tx, id, EndedBy::Leaving, now_ms).await?;
        let held_until_ms = holds::until(&mut tx, id, now_ms).await?;
        // In a store that was put back from before, it was destroyed before that.
        let place = self.person(&mut tx, id).await.ok().map(|person| directory::secret(&person.key));
        let (palms, unlinked_payments) = match held_until_ms {
            Some(_) => (self.leave_under_hold(&mut tx, id, now_ms).await?, 0),
            None => {
                let erased = erase::erase_subject(&mut tx, id).await?.ok_or_else(|| Refusal::not_found("subject"))?;
                (erased.references, erased.unlinked_payments)
            }
        };
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let erasure = Erasure {
            mark: self.0.vault.erasure_mark(&id.to_string()),
            asked_ms: now_ms,
            erased_ms: held_until_ms.is_none().then_some(now_ms),
            held_until_ms,
            palms: count(palms.len()),
            payments: i64::try_from(unlinked_payments).unwrap_or(i64::MAX),
        };
        let erasure = erasures::note(&mut tx, &erasure).await?;
        self.log(&mut tx, Event::Erasure { palms: palms.len() as u64, held: held_until_ms.is_some() })?;
        tx.commit().await?;
        // Not before: an erasure that was refused must not be done by the next start.
        if held_until_ms.is_none() {
            self.remember_outside(&erasure);
            if let Some(place) = place {
                self.forget_place(place).await;
            }
        }
        if self.answers_are_kept(Some(&names)).await {
            let mut tx = self.0.store.write().await?;
            self.forget_answers_with(&mut tx, &names).await?;
            tx.commit().await?;
        }
        self.forget_palms(&palms).await;
        tracing::info!(subject = %id, palms = palms.len(), held = held_until_ms.is_some(), "subject erased");
        Ok(Erased {
            id,
            references: u32::try_from(palms.len()).unwrap_or(u32::MAX),
            unlinked_payments: u32::try_from(unlinked_payments).unwrap_or(u32::MAX),
            erased_at: rfc3339(now_ms),
            held_until: held_until_ms.map(rfc3339),
            receipt: self.signed_receipt(&erasure),
        })
    }

    /// After a committed erasure: overwrites the palms in memory and has their records leave the store's files. Call it with
    /// `enrolling` held.
    pub(super) async fn forget_palms(&self, palms: &[ReferenceId]) {
        self.0.palms.forget(palms).await;
        // The erasure itself is committed, so it is not refused any more; the next one and the next start try again.
        match self.0.store.scrub().await {
            Ok(true) => {}
            Ok(false) => tracing::warn!("readers held the write-ahead log, so erased records are not out of it yet"),
            Err(error) => tracing::error!(%error, "erased records could not be taken out of the store's files yet"),
        }
    }
}
