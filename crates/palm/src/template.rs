//! Stored features that can be compared directly.

use crate::Roi;
use zeroize::Zeroizing;

/// A palm's stored features. Wiped when dropped.
#[derive(Clone)]
pub struct Template(Zeroizing<Vec<u8>>);

/// Why bytes are not a template of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Made by another version of the extractor.
    #[error("template version {0} is not known here")]
    UnknownVersion(u8),
    /// Too long, too short or out of range.
    #[error("the template is damaged")]
    Damaged,
}

impl Template {
    /// Draws the features of a region of interest.
    pub fn extract(roi: &Roi) -> Template {
        let _ = roi;
        todo!()
    }

    /// The versioned record that is sealed and stored. Its only reader is [`Template::from_bytes`].
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        todo!()
    }

    /// Reads what [`Template::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`TemplateError`]; any foreign bytes are refused, none panic.
    pub fn from_bytes(bytes: &[u8]) -> Result<Template, TemplateError> {
        let _ = bytes;
        todo!()
    }
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Template(..)")
    }
}
