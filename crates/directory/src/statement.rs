//! What the log says of the directory.

use handsel_log::{Hash, commitment::Opening};
use serde::{Deserialize, Serialize};

/// What an entry of the log says of the directory. Everybody may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// How many times the tree was added to.
    pub epoch: u64,
    /// Its root.
    #[serde(with = "base64")]
    pub root: Hash,
    /// Every use among so many entries of the log is in it.
    pub entries: u64,
    /// The public key of the function that hides places. It never changes: under another one, everybody would have another place.
    #[serde(with = "base64")]
    pub key: Hash,
}

/// A statement with when it was made.
#[derive(Serialize, Deserialize)]
struct Said {
    at_ms: i64,
    kind: String,
    #[serde(flatten)]
    statement: Statement,
}

impl Statement {
    /// What such an entry is called in the log.
    pub const KIND: &'static str = "directory";

    /// Reads an entry's opening: the statement, and when it was made, in milliseconds since 1970. `None` where it is no statement.
    pub fn of(opening: &Opening) -> Option<(Statement, i64)> {
        if opening.kind().as_str() != Statement::KIND {
            return None;
        }
        let said: Said = serde_json::from_slice(opening.event()).ok()?;
        (said.kind == Statement::KIND).then_some((said.statement, said.at_ms))
    }
}

/// 32 bytes, as the log writes hashes.
mod base64 {
    use handsel_log::Hash;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(hash: &Hash, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(hash)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Hash, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}
