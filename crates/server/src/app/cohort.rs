//! Narrowing a search to those among whom its caller knows the person to be.

use super::{Answer, App, Refusal, subjects::four_digits};
use crate::{
    pairwise::pairwise_id,
    store::{Conn, payments::StoredPayment, references, subjects},
    vault::What,
};
use handsel_api::{Code, ReferenceId};
use handsel_gallery::Among;

/// The header that names a cohort.
pub const COHORT: &str = "handsel-cohort";

/// The most palms of a cohort: beyond, searching everyone is quicker. Matchers take as many in one message.
const MOST_PALMS: usize = 50_000;
/// The most shoppers that a till may name: phones in one room.
pub const MOST_SHOPPERS: usize = 100;
/// Subjects whose phone is indexed in one transaction.
const AT_ONCE: u32 = 500;

/// Among whom a payment's shopper is looked for. Fewer comparisons share the accepted risk, so a smaller cohort is both quicker and
/// surer; whoever is not in it is not found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cohort {
    /// Everybody enrolled.
    #[default]
    Everyone,
    /// Those who paid at this site with their palm before.
    Site,
    /// Those whose phone ends in these four digits, which the shopper typed. They are then no further proof: what would be a step-up
    /// is nobody.
    PhoneLast4(String),
    /// Those whom the merchant knows by these names (`shopper` of a payment), as a phone in the pocket hints.
    Shoppers(Vec<String>),
}

impl App {
    /// The references to search for a payment.
    pub(super) async fn among(&self, conn: &mut Conn, payment: &StoredPayment, cohort: &Cohort) -> Answer<Among> {
        let references: Vec<ReferenceId> = match cohort {
            Cohort::Everyone => return Ok(Among::EVERYONE),
            Cohort::Site => references::of_site(conn, payment.site, MOST_PALMS + 1).await?,
            Cohort::PhoneLast4(digits) => {
                let digits = four_digits(COHORT, digits)?;
                references::of_phone(conn, &self.0.vault.phone_index(&digits), MOST_PALMS + 1).await?
            }
            Cohort::Shoppers(names) => {
                let mut found = Vec::new();
                for subject in subjects::who_paid_at(conn, payment.merchant).await? {
                    if names.contains(&pairwise_id(&self.0.vault, payment.merchant, subject)) {
                        found.extend(references::references(conn, subject).await?.into_iter().map(|r| r.id));
                    }
                }
                found
            }
        };
        if references.len() > MOST_PALMS {
            let detail = format!("The cohort has more than {MOST_PALMS} palms; search everyone.");
            return Err(Refusal::header(Code::InvalidField, COHORT, detail));
        }
        Ok(Among::Only(references.into_iter().map(|reference| reference.0.into()).collect()))
    }

    /// Indexes phones that a version before cohorts stored.
    pub(super) async fn index_phones(&self) -> Answer<()> {
        let mut after = String::new();
        loop {
            let mut tx = self.0.store.write().await?;
            let some = subjects::with_phone_not_indexed(&mut tx, &after, AT_ONCE).await?;
            let Some(last) = some.last() else { return Ok(()) };
            after = last.id.to_string();
            for subject in &some {
                let digits = || {
                    let key = self.0.vault.subject_key(subject.id, &subject.wrapped_key)?;
                    key.open_text(What::PhoneLast4, &subject.phone_sealed)
                };
                match digits() {
                    Ok(digits) => {
                        let index = self.0.vault.phone_index(&digits);
                        subjects::set_phone_index(&mut tx, subject.id, &index).await?;
                    }
                    // Found among everyone all the same.
                    Err(error) => tracing::error!(%error, subject = %subject.id, "a phone was not indexed"),
                }
            }
            tx.commit().await?;
            tracing::info!(subjects = some.len(), "phones indexed");
        }
    }
}
