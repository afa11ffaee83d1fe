//! A log's side: asking a witness for its signature.

use super::request::AddCheckpoint;
use crate::{
    key::{NotSigned, VerifierKey},
    note::{NotANote, Note, Signature},
    source::Source,
    text,
    write::{Prover, Unprovable},
};

/// What came back over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub enum Refused<E> {
    /// The witness could not be reached.
    #[error("the witness could not be reached")]
    Unreachable(#[source] E),
    /// It knows more entries than the log has: the log was rolled back.
    #[error("the witness knows {0} entries, and the log has fewer: it was rolled back")]
    RolledBack(u64),
    /// It knows another tree of the same size, or one that is not this one's beginning: the log was forked.
    #[error("the witness knows another tree: the log was forked")]
    Forked,
    /// Anything else that is not a signature.
    #[error("the witness answered {0}")]
    Status(u16),
    /// What it answered is not a signature.
    #[error("the witness answered what is not a signature: {0}")]
    NotSigned(String),
    /// The log's own tiles do not give a proof.
    #[error(transparent)]
    Unprovable(#[from] Unprovable),
}

impl<E> From<NotANote> for Refused<E> {
    fn from(why: NotANote) -> Refused<E> {
        Refused::NotSigned(why.to_string())
    }
}

impl<E> From<NotSigned> for Refused<E> {
    fn from(why: NotSigned) -> Refused<E> {
        Refused::NotSigned(why.to_string())
    }
}

/// Asks a witness to sign a checkpoint that continues what it knows. `known` is the size that it is believed to know, 0 if nothing is
/// believed; it is set to what it knows afterwards. `post` sends a body to the witness's `add-checkpoint`.
///
/// # Errors
///
/// When there is no signature.
pub fn ask<S: Source, E>(
    witness: &VerifierKey,
    known: &mut u64,
    checkpoint: &Note,
    prover: &Prover<S>,
    post: &mut impl FnMut(String) -> Result<Answered, E>,
) -> Result<Vec<Signature>, Refused<E>> {
    let mut once_more = true;
    loop {
        let old = (*known).min(prover.size());
        let proof = prover.consistency(old)?;
        let request = AddCheckpoint { old, proof, checkpoint: checkpoint.clone() };
        let answered = post(request.to_string()).map_err(Refused::Unreachable)?;
        match (answered.status, answered.body.strip_suffix('\n').and_then(text::decimal)) {
            (200, _) => {
                // "Concatenate it to the checkpoint" and check it as a whole; what others signed is left out.
                let signatures = Signature::parse_lines(&answered.body)?;
                witness.check(&Note::new(checkpoint.text().to_owned(), signatures.clone()))?;
                *known = prover.size();
                return Ok(signatures.into_iter().filter(|line| line.key_id == witness.id()).collect());
            }
            (409, Some(size)) if size > prover.size() => return Err(Refused::RolledBack(size)),
            (409, Some(size)) if size == old => return Err(Refused::Forked),
            (409, Some(size)) if once_more => (*known, once_more) = (size, false),
            (422, _) => return Err(Refused::Forked),
            (status, _) => return Err(Refused::Status(status)),
        }
    }
}
