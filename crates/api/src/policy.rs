//! What an installation does with palms: one document, published, and obeyed by the job that erases.

use crate::consents::{Language, Purpose};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whose law an installation keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Jurisdiction {
    /// None of the others: the strictest rules that leave everything running.
    #[default]
    Default,
    /// Illinois.
    UsIl,
    /// Texas.
    UsTx,
    /// Washington.
    UsWa,
    /// Colorado.
    UsCo,
    /// New York City.
    UsNyc,
    /// The European Union.
    Eu,
}

impl Jurisdiction {
    /// Every one.
    pub const ALL: [Jurisdiction; 7] = [
        Jurisdiction::Default,
        Jurisdiction::UsIl,
        Jurisdiction::UsTx,
        Jurisdiction::UsWa,
        Jurisdiction::UsCo,
        Jurisdiction::UsNyc,
        Jurisdiction::Eu,
    ];
}

/// `GET /policy.json`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PublishedPolicy {
    /// What is told, obeyed and published.
    pub policy: Policy,
    /// How many orders to keep what would be erased are in force. Only their number is public.
    pub legal_holds: u64,
    /// When the policy's times were last enforced, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub enforced_at: Option<String>,
}

/// What an installation does with palms. The notices, the sign at the door, the page `/policy` and the job that erases are all
/// made from this one value.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Policy {
    /// Who runs the installation and answers for the data.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operator: Option<String>,
    /// How they are reached.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contact: Option<String>,
    /// Whose law is kept.
    pub jurisdiction: Jurisdiction,
    /// What a palm may be read for, each by a consent of its own. There is no other purpose.
    pub purposes: Vec<Purpose>,
    /// What the notices are written in.
    pub languages: Vec<Language>,
    /// How old somebody must say they are.
    pub minimum_age: u8,
    /// Where the templates are.
    pub kept_in: KeptIn,
    /// Where they are searched.
    pub searched_by: SearchedBy,
    /// Whether a palm may stay with its owner, on a phone or a card, and be brought to pay.
    #[serde(default)]
    pub held: bool,
    /// Who moves the money: `sim`, `stripe` or `hyperswitch`.
    pub processor: String,
    /// Whether shops that are cut off may take small payments from a sealed copy that is theirs for a day.
    pub offline: bool,
    /// When what is erased.
    pub retention: Retention,
}

/// Where sealed templates are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeptIn {
    /// In a file on the server's own machine.
    File,
    /// In a database of the operator's.
    Database,
}

/// Where a palm is looked for among all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SearchedBy {
    /// In the memory of the server.
    Server,
    /// In the memory of several machines of the operator's.
    Matchers,
    /// Nowhere: the law forbids it.
    Nobody,
}

/// When a subject and everything of theirs is erased, besides at once when they say so. The earliest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Retention {
    /// So many days after they last used or signed anything.
    pub unused_days: u32,
    /// So many days after their last consent ended, or after they were made without any. Their palms go at once.
    pub without_consent_days: u32,
}
