//! Everything that is kept about a subject, for them to take away. Never a template.

use crate::{
    MerchantId, PaymentId, ReferenceId, SiteId,
    consents::{Notice, Purpose},
    credits::Credit,
    loyalty::Loyalty,
    payments::Payment,
    references::Hand,
    subjects::Subject,
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
    /// Every notice they signed, word by word.
    pub notices: Vec<Notice>,
    /// Every payment they were recognised for, newest first. Receipts' links are for themselves only.
    pub payments: Vec<Payment>,
    /// Every credit, newest first.
    pub credits: Vec<Credit>,
    /// Their numbers in merchants' programmes; for themselves only.
    pub loyalty: Vec<Loyalty>,
    /// Each use of a palm of theirs that is noted, newest first.
    pub uses: Vec<PalmUse>,
    /// Who else had this written out, newest first.
    pub exports: Vec<ExportNote>,
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

/// A palm was recognised.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PalmUse {
    /// RFC 3339.
    pub at: String,
    /// Who asked.
    pub merchant: MerchantId,
    /// Their name.
    pub merchant_name: String,
    /// Where.
    pub site: SiteId,
    /// Its name.
    pub site_name: String,
    /// What for.
    pub purpose: Purpose,
    /// What came of it, as the payment's status says.
    pub outcome: String,
    /// The payment it was for.
    pub payment: Option<PaymentId>,
}

/// Somebody else had it written out.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExportNote {
    /// Who: `operator`.
    pub by: String,
    /// RFC 3339.
    pub at: String,
}
