//! Everything that is kept about a subject, for them to take away. Never a template.

use crate::{
    ReferenceId, consents::Notice, credits::Credit, held::Held, loyalty::Loyalty, payments::Payment, references::Hand,
    subjects::Subject, uses::Use,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The answer to `GET /v1/subjects/{id}/export`.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct SubjectExport {
    /// RFC 3339.
    pub exported_at: String,
    /// Who they are here, with their consents, palms and cards.
    pub subject: Subject,
    /// The last four digits of their phone, if they gave them.
    pub phone_last4: Option<String>,
    /// When everything is erased unless they use or sign something before, RFC 3339.
    pub kept_until: String,
    /// What each palm is kept as, without what it is compared by.
    pub palms: Vec<ExportedPalm>,
    /// What is known of the palms that they carry themselves.
    pub held: Vec<Held>,
    /// Every notice they signed, word by word.
    pub notices: Vec<Notice>,
    /// Every payment they were recognised for, newest first. Receipts' links are for themselves only.
    pub payments: Vec<Payment>,
    /// Every credit, newest first.
    pub credits: Vec<Credit>,
    /// Their numbers in merchants' programmes; for themselves only.
    pub loyalty: Vec<Loyalty>,
    /// Everything that was done with their palms and records, newest first, as the log has it; also that staff had this written out.
    pub uses: Vec<Use>,
}

/// A palm, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExportedPalm {
    /// Its id.
    pub id: ReferenceId,
    /// Which hand.
    pub hand: Hand,
    /// RFC 3339.
    pub enrolled_at: String,
    /// When it was last recognised, RFC 3339.
    pub last_used_at: Option<String>,
    /// Where it is kept: always `sealed`, under a key of their own.
    pub custody: String,
    /// For each capture, the epoch whose key it is kept under; 0 for one from before there were epochs.
    pub epochs: Vec<i64>,
}
