//! What was found amiss: by the log's auditor, and in how captures end.

use crate::IncidentId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that must not be: the transparency log, or what is to be in it, is not as it must be; or captures got worse.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// What sort.
    pub kind: IncidentKind,
    /// What was found, without personal data.
    pub detail: String,
    /// RFC 3339.
    pub found_at: String,
    /// When it was not found any more, RFC 3339; absent while it goes on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<String>,
}

/// What sort of incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IncidentKind {
    /// A file of the log is missing, was changed, or is not signed by this log.
    LogDamaged,
    /// The log is not the continuation of what it was.
    LogForked,
    /// A witness knows the log otherwise.
    WitnessDisagrees,
    /// An entry that was promised is not in the published log, or another one is.
    PromiseBroken,
    /// Palms were compared and the log does not say so.
    UnloggedRead,
    /// Captures at payments end worse than in the four weeks before.
    RatesDrifted,
}

impl IncidentKind {
    /// Every kind.
    pub const ALL: [IncidentKind; 6] = [
        IncidentKind::LogDamaged,
        IncidentKind::LogForked,
        IncidentKind::WitnessDisagrees,
        IncidentKind::PromiseBroken,
        IncidentKind::UnloggedRead,
        IncidentKind::RatesDrifted,
    ];
}
