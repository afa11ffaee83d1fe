//! Stored features that can be compared directly.

use crate::Roi;
use crate::features::code::Code;
use crate::features::{WORDS, filter::Padded, normalise::normalise};
use zeroize::{Zeroize, Zeroizing};

/// The version of the record that [`Template::to_bytes`] writes. Changes with anything that changes a bit of a code.
const VERSION: u8 = 1;
const WORD_BYTES: usize = size_of::<u32>();

/// A palm's stored features: the signs of 6 × 32 × 32 line responses and which of them are firm. Wiped when dropped.
#[derive(Clone)]
pub struct Template {
    code: Box<Code>,
    detail: f32,
    usable: bool,
}

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
    /// The length of the record that [`Template::to_bytes`] writes, in bytes.
    pub const BYTES: usize = 1 + 2 * WORDS * WORD_BYTES;

    /// Draws the features of a region of interest.
    pub fn extract(roi: &Roi) -> Template {
        Template::from_code(Code::draw(&Padded::new(&normalise(roi))))
    }

    /// The versioned record that is sealed and stored. Its only reader is [`Template::from_bytes`].
    ///
    /// The version, then the signs, then the firm ones: little-endian words, one per row and channel, rows outermost.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(Self::BYTES));
        bytes.push(VERSION);
        for word in self.code.signs.iter().chain(&self.code.firm) {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Reads what [`Template::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`TemplateError`]; any foreign bytes are refused, none panic. So is the record of a palm without features (see
    /// [`Template::is_usable`]): a code that is all of one sign, or firm nowhere, could agree with everyone.
    pub fn from_bytes(bytes: &[u8]) -> Result<Template, TemplateError> {
        let (&version, words) = bytes.split_first().ok_or(TemplateError::Damaged)?;
        if version != VERSION {
            return Err(TemplateError::UnknownVersion(version));
        }
        if bytes.len() != Self::BYTES {
            return Err(TemplateError::Damaged);
        }
        let mut code = Code { signs: [0; WORDS], firm: [0; WORDS] };
        let (read, _) = words.as_chunks::<WORD_BYTES>();
        for (to, from) in code.signs.iter_mut().chain(&mut code.firm).zip(read) {
            *to = u32::from_le_bytes(*from);
        }
        let template = Template::from_code(code);
        if template.usable { Ok(template) } else { Err(TemplateError::Damaged) }
    }

    /// Whether there is anything to compare; a blank square has no features. What is not usable matches nobody.
    pub fn is_usable(&self) -> bool {
        self.usable
    }

    pub(crate) fn code(&self) -> &Code {
        &self.code
    }

    /// How finely the code's signs change, 0–1.
    pub(crate) fn detail(&self) -> f32 {
        self.detail
    }

    fn from_code(mut code: Code) -> Template {
        let (detail, usable) = (code.detail(), code.is_plausible());
        let kept = Template { code: Box::new(code.clone()), detail, usable };
        code.signs.zeroize();
        kept
    }
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Template(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Probe;
    use crate::features::drawn::{Pose, roi, stream};

    #[test]
    fn what_was_written_is_read() {
        let palm = roi(1, Pose::UPRIGHT, 1);
        let template = Template::extract(&palm);
        let bytes = template.to_bytes();
        assert_eq!(bytes.len(), Template::BYTES);
        let read = Template::from_bytes(&bytes).unwrap();
        assert_eq!(read.to_bytes(), bytes);
        let probe = Probe::build(&palm);
        assert_eq!(probe.compare(&read), probe.compare(&template));
    }

    #[test]
    fn foreign_bytes_are_refused() {
        let bytes = Template::extract(&roi(1, Pose::UPRIGHT, 1)).to_bytes();
        assert_eq!(Template::from_bytes(&[]).err(), Some(TemplateError::Damaged));
        assert_eq!(Template::from_bytes(&bytes[1..]).err(), Some(TemplateError::UnknownVersion(bytes[1])));
        for length in 1..bytes.len() {
            assert_eq!(Template::from_bytes(&bytes[..length]).err(), Some(TemplateError::Damaged));
        }
        let mut longer = bytes.to_vec();
        longer.push(0);
        assert_eq!(Template::from_bytes(&longer).err(), Some(TemplateError::Damaged));
        let mut next = stream(7);
        let noise: Vec<u8> =
            std::iter::once(VERSION).chain((1..Template::BYTES).map(|_| (next() * 256.0) as u8)).collect();
        assert_eq!(Template::from_bytes(&noise).err(), Some(TemplateError::Damaged));
    }

    #[test]
    fn a_code_that_would_agree_with_everyone_is_refused() {
        let honest = Template::extract(&roi(2, Pose::UPRIGHT, 2)).to_bytes();
        let signs = 1..1 + WORDS * WORD_BYTES;
        let firm = signs.end..Template::BYTES;
        let refused = |range: std::ops::Range<usize>, fill: u8| {
            let mut bytes = honest.to_vec();
            bytes[range].fill(fill);
            assert_eq!(Template::from_bytes(&bytes).err(), Some(TemplateError::Damaged));
        };
        refused(signs.clone(), 0x00);
        refused(signs, 0xff);
        refused(firm.clone(), 0x00);
        refused(firm, 0xff);
    }

    #[test]
    fn a_blank_square_is_not_usable_and_cannot_be_stored() {
        let blank = Template::extract(&Roi::from_grey(vec![90; Roi::SIDE_PX * Roi::SIDE_PX]).unwrap());
        assert!(!blank.is_usable());
        assert_eq!(Template::from_bytes(&blank.to_bytes()).err(), Some(TemplateError::Damaged));
    }

    #[test]
    fn debug_says_nothing() {
        assert_eq!(format!("{:?}", Template::extract(&roi(3, Pose::UPRIGHT, 3))), "Template(..)");
    }
}
