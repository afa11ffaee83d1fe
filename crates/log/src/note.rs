//! Signed notes, <https://c2sp.org/signed-note>: a text and lines that sign it.

use crate::{key::KeyName, text};
use std::fmt;

/// More bytes than this are not read. Sixteen signatures must be; the longest known are 5 kB.
const MAX_BYTES: usize = 256 * 1024;
/// More signatures than this are not read.
const MAX_SIGNATURES: usize = 64;
/// What a signature line begins with: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// A text and who is said to have signed it. Whether they did, [`VerifierKey::check`](crate::VerifierKey::check) says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// A line that is said to sign a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Whose it is said to be.
    pub name: KeyName,
    /// Which key and which kind of signature it is said to be.
    pub key_id: [u8; 4],
    /// The signature itself, laid out as its kind says. Kinds that are not known here are kept as they are.
    pub bytes: Vec<u8>,
}

/// Why bytes are not a signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotANote {
    /// Over the limit.
    #[error("it is longer than {MAX_BYTES} bytes or has more than {MAX_SIGNATURES} signatures")]
    TooLong,
    /// Not UTF-8, or with control characters.
    #[error("it is not plain text in UTF-8")]
    NotText,
    /// No empty line, or no line break at the end.
    #[error("it has no text, an empty line and signatures")]
    NoSignatures,
    /// A line after the empty one is not a signature.
    #[error("a line where signatures are is none")]
    SignatureLine,
}

impl Note {
    /// A text that ends in a line break, and its signatures.
    pub(crate) fn new(text: String, signatures: Vec<Signature>) -> Note {
        debug_assert!(text.ends_with('\n'));
        Note { text, signatures }
    }

    /// Reads a note: <https://c2sp.org/signed-note#format>.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn parse(bytes: &[u8]) -> Result<Note, NotANote> {
        if bytes.len() > MAX_BYTES {
            return Err(NotANote::TooLong);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NotANote::NotText)?;
        if whole.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(NotANote::NotText);
        }
        // "The text is separated from the signatures by the last empty line in the note."
        let (text, lines) = whole.rsplit_once("\n\n").ok_or(NotANote::NoSignatures)?;
        let signatures = Signature::parse_lines(lines)?;
        Ok(Note { text: format!("{text}\n"), signatures })
    }

    /// What is signed, with the line break at its end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Who is said to have signed it.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The same text with more signatures. One of a key that signed before takes that one's place.
    pub fn signed_also_by(mut self, signatures: Vec<Signature>) -> Note {
        let same = |a: &Signature, b: &Signature| (&a.name, a.key_id) == (&b.name, b.key_id);
        self.signatures.retain(|old| !signatures.iter().any(|new| same(old, new)));
        self.signatures.extend(signatures);
        self
    }
}

impl Signature {
    /// Reads lines of signatures, at least one.
    ///
    /// # Errors
    ///
    /// When one is none.
    pub fn parse_lines(lines: &str) -> Result<Vec<Signature>, NotANote> {
        let lines = lines.strip_suffix('\n').ok_or(NotANote::NoSignatures)?;
        let signatures: Option<Vec<_>> = lines.split('\n').take(MAX_SIGNATURES + 1).map(Signature::parse).collect();
        let signatures = signatures.ok_or(NotANote::SignatureLine)?;
        if signatures.len() > MAX_SIGNATURES { Err(NotANote::TooLong) } else { Ok(signatures) }
    }

    /// An em dash, a space, the name, a space, and Base64 of the key id and the signature.
    fn parse(line: &str) -> Option<Signature> {
        let (name, rest) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = text::from_base64(rest)?;
        let (key_id, bytes) = bytes.split_first_chunk().filter(|(_, bytes)| !bytes.is_empty())?;
        Some(Signature { name: KeyName::parse(name).ok()?, key_id: *key_id, bytes: bytes.to_vec() })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| signature.fmt(f))
    }
}

/// With a line break at its end.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.key_id[..], &self.bytes].concat();
        writeln!(f, "{DASH}{} {}", self.name, text::base64(&bytes))
    }
}
