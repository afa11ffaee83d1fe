//! From sealed rows to palms in memory: the one place where stored templates are opened and taken into a gallery.

use crate::{
    store::references::StoredTemplate,
    vault::{Vault, What},
};
use handsel_api::references::Hand;
use handsel_gallery::{Gallery, InsertError};
use handsel_palm::{Side, Template, TemplateError};

/// Why stored templates could not be taken in; each says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A stored template does not open.
    #[error("{damaged} stored templates do not open: the store is damaged. Restore a backup")]
    Damaged {
        /// How many.
        damaged: usize,
    },
    /// Stored templates were drawn by another version of the extractor, and cannot be compared with new ones.
    #[error(
        "{count} stored templates were made by another extractor ({error}): start the version that made them; to move to this \
         one, erase these palms there first"
    )]
    OtherExtractor {
        /// How many.
        count: usize,
        /// What the first of them is.
        error: TemplateError,
    },
}

/// What could not be taken in so far.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    damaged: usize,
    foreign: usize,
    first: Option<TemplateError>,
}

impl Refused {
    /// Nothing was refused.
    ///
    /// # Errors
    /// [`LoadError`]: something was.
    pub(crate) fn nothing(&self) -> Result<(), LoadError> {
        match self.first {
            _ if self.damaged > 0 => Err(LoadError::Damaged { damaged: self.damaged }),
            Some(error) => Err(LoadError::OtherExtractor { count: self.foreign, error }),
            None => Ok(()),
        }
    }
}

/// Opens templates and inserts them. What is there already stays: a stored template never changes. Quickest for rows in order of
/// subjects, whose keys are unwrapped once each.
pub(crate) fn take_in(gallery: &Gallery, vault: &Vault, rows: &[StoredTemplate], refused: &mut Refused) {
    let mut key = None;
    for stored in rows {
        if key.as_ref().is_none_or(|(subject, _)| *subject != stored.subject) {
            key = vault.subject_key(stored.subject, &stored.wrapped_key).ok().map(|key| (stored.subject, key));
        }
        let reference = stored.reference.to_string();
        let what = What::Template { reference: &reference, position: stored.position };
        let opened = key.as_ref().and_then(|(_, key)| key.open(what, &stored.sealed).ok());
        match opened.map(|bytes| Template::from_bytes(&bytes)) {
            Some(Ok(template)) => {
                let capture = u8::try_from(stored.position).unwrap_or(u8::MAX);
                let taken = gallery.insert(stored.reference.0.into(), side(stored.hand), capture, template);
                refused.damaged += usize::from(!matches!(taken, Ok(()) | Err(InsertError::Duplicate)));
            }
            Some(Err(error @ (TemplateError::UnknownVersion(_) | TemplateError::OtherModel))) => {
                refused.foreign += 1;
                refused.first.get_or_insert(error);
            }
            Some(Err(TemplateError::Damaged)) | None => refused.damaged += 1,
        }
    }
}

/// The side of a hand.
pub(crate) fn side(hand: Hand) -> Side {
    match hand {
        Hand::Left => Side::Left,
        Hand::Right => Side::Right,
    }
}
