//! That somebody's uses are all that there are, checked offline.

use crate::{
    Hashing,
    statement::Statement,
    uses::{Secret, Sum, Use},
};
use akd::{HistoryParams, HistoryProof, HistoryVerificationParams};
use akd_core::proto::specs::types;
use handsel_log::{
    Checkpoint, NotAProof, Proof, Unproven, VerifierKey,
    commitment::{Leaf, Opening},
};
use protobuf::Message;
use std::fmt;

/// How many of the newest versions are looked at one by one. Whoever checks once in so many visits sees every version there ever was.
pub const NEWEST: usize = 100;
/// The first line.
const HEADER: &str = "handsel/completeness@v1";
/// A longer one is not read.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// What stands behind the proofs of somebody's uses: that they are all.
pub struct Completeness {
    /// Finds their place in the directory.
    pub secret: Secret,
    /// That the newest version of what stands there is the last one, as the tree writes it.
    pub history: Vec<u8>,
    /// That the log says which tree it is.
    pub statement: Proof,
}

/// By whom the log must be signed.
#[derive(Debug, Clone, Copy)]
pub struct Trusted<'a> {
    /// What the log calls itself.
    pub origin: &'a str,
    /// Its key.
    pub key: &'a VerifierKey,
    /// Who must have signed too.
    pub witnesses: &'a [VerifierKey],
}

/// What was found to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complete {
    /// What the log says of the directory.
    pub statement: Statement,
    /// When it says so, in milliseconds since 1970.
    pub at_ms: i64,
    /// How many versions there are.
    pub versions: u64,
    /// How many of them were looked at one by one.
    pub looked_at: usize,
    /// The checkpoint that it was held against.
    pub checkpoint: Checkpoint,
}

/// Why a text is not such a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCompleteness {
    /// Not laid out as one.
    #[error("it is cut short, or is no proof that these are all ({HEADER})")]
    Format,
    /// What should prove the statement is no proof.
    #[error("what should prove that the log says so: {0}")]
    Proof(#[from] NotAProof),
}

/// Why it does not show that uses are all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Incomplete {
    /// The directory's root is not in the log.
    #[error("what the log says of the directory: {0}")]
    NotInTheLog(#[from] Unproven),
    /// That entry says nothing of the directory.
    #[error("what should be what the log says of the directory is another entry")]
    NoStatement,
    /// The history is cut, or of another place, or does not lead to that root.
    #[error("the directory's proof does not lead from this place to the root that the log says: {0}")]
    NotInTheDirectory(&'static str),
    /// The directory tells of more.
    #[error("a use is left out: the directory tells of {told}, and here are {given}")]
    LeftOut {
        /// How many the directory tells of.
        told: u64,
        /// How many there are here.
        given: u64,
    },
    /// The directory tells of fewer.
    #[error("the proof is older than the uses: the directory tells of {told}, and here are {given}")]
    Older {
        /// How many the directory tells of.
        told: u64,
        /// How many there are here.
        given: u64,
    },
    /// A version sums up other uses.
    #[error("version {0} of what stands in the directory sums up other uses than these")]
    OtherUses(u64),
    /// A use is not among the entries that the statement is about, or stands behind a later one.
    #[error("entry {0} is not where the directory could tell of it")]
    OutOfPlace(u64),
}

impl Completeness {
    /// Checks that these uses, oldest first, are all that the directory tells of, and that the log says which directory.
    ///
    /// # Errors
    ///
    /// When it does not show that.
    pub fn check(&self, uses: &[Use], by: Trusted<'_>) -> Result<Complete, Incomplete> {
        let opening = self.statement.extra.as_deref().and_then(|extra| Opening::parse(extra).ok());
        let opening = opening.ok_or(Incomplete::NoStatement)?;
        let checkpoint = self.statement.check(&opening.leaf().to_bytes(), by.origin, by.key, by.witnesses)?;
        let (statement, at_ms) = Statement::of(&opening).ok_or(Incomplete::NoStatement)?;
        // The log cannot say beforehand what it will hold.
        if statement.entries > self.statement.index {
            return Err(Incomplete::NoStatement);
        }

        let mut sums = vec![Sum::begin(&self.secret)];
        for (before, one) in (0..).zip(uses) {
            let sum = sums[before];
            if one.index >= statement.entries || (sum.count > 0 && one.index <= sum.last) {
                return Err(Incomplete::OutOfPlace(one.index));
            }
            sums.push(sum.with(one));
        }
        let versions = self.versions(&statement)?;
        let (versions_in_all, newest) = versions.first().ok_or(Incomplete::NotInTheDirectory("it is empty"))?;
        let (told, given) = (newest.count, uses.len() as u64);
        if told > given {
            return Err(Incomplete::LeftOut { told, given });
        }
        if told < given {
            return Err(Incomplete::Older { told, given });
        }
        for (version, sum) in &versions {
            let expected = usize::try_from(sum.count).ok().filter(|count| *count > 0).and_then(|count| sums.get(count));
            if expected != Some(sum) {
                return Err(Incomplete::OtherUses(*version));
            }
        }
        Ok(Complete { statement, at_ms, versions: *versions_in_all, looked_at: versions.len(), checkpoint })
    }

    /// The newest versions of what stands in the place, newest first, each of which is there, and none is newer.
    fn versions(&self, statement: &Statement) -> Result<Vec<(u64, Sum)>, Incomplete> {
        let malformed = || Incomplete::NotInTheDirectory("it is cut or malformed");
        let read = types::HistoryProof::parse_from_bytes(&self.history).map_err(|_| malformed())?;
        let history = HistoryProof::try_from(&read).map_err(|_| malformed())?;
        // What the check below takes for granted.
        if history.update_proofs.iter().any(|one| one.version == 0 || one.version > statement.epoch) {
            return Err(Incomplete::NotInTheDirectory("a version is none of this epoch"));
        }
        let holds = akd::client::key_history_verify::<Hashing>(
            &statement.key.0,
            statement.root.0,
            statement.epoch,
            self.secret.label(),
            history,
            HistoryVerificationParams::Default { history_params: HistoryParams::MostRecent(NEWEST) },
        );
        let holds = holds.map_err(|_| Incomplete::NotInTheDirectory("a hash or the function's proof is wrong"))?;
        let sums = holds.into_iter().map(|one| Some((one.version, Sum::of(&one.value)?)));
        sums.collect::<Option<_>>().ok_or(Incomplete::NotInTheDirectory("what stands there is no sum"))
    }

    /// Where a text begins with which such a proof does.
    pub fn begins(text: &str) -> Option<usize> {
        let line = |at: &usize| *at == 0 || text.as_bytes()[at - 1] == b'\n';
        text.match_indices(HEADER).map(|(at, _)| at).find(line)
    }

    /// Reads what [`Display`](fmt::Display) wrote.
    ///
    /// # Errors
    ///
    /// When it is not that.
    pub fn parse(text: &str) -> Result<Completeness, NotCompleteness> {
        let parts = || {
            let (head, statement) = text.split_once("\n\n").filter(|_| text.len() <= MAX_BYTES)?;
            let mut lines = head.split('\n');
            lines.next().filter(|line| *line == HEADER)?;
            let secret = handsel_log::from_base64(lines.next()?.strip_prefix("secret ")?)?;
            let history = handsel_log::from_base64(lines.next()?.strip_prefix("history ")?)?;
            let secret = Secret::new(secret.try_into().ok()?);
            lines.next().is_none().then_some((secret, history, statement))
        };
        let (secret, history, statement) = parts().ok_or(NotCompleteness::Format)?;
        Ok(Completeness { secret, history, statement: Proof::parse(statement.as_bytes())? })
    }
}

impl fmt::Display for Completeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base64 = |bytes: &[u8]| handsel_log::to_base64(bytes);
        writeln!(f, "{HEADER}\nsecret {}", base64(self.secret.exposed()))?;
        write!(f, "history {}\n\n{}", base64(&self.history), self.statement)
    }
}

/// Which entry of the log a use is, once it is opened.
impl Use {
    /// Of an entry with this index.
    pub fn of(index: u64, leaf: &Leaf) -> Use {
        Use { index, commitment: leaf.commitment }
    }
}
