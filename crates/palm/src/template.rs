//! Stored features that can be compared directly.

use crate::Roi;
use crate::features::code::Code;
use crate::features::{WORDS, filter::Padded, normalise::normalise};
use crate::transform::{SALT_BYTES, Salt, Transform};
use crate::vector::{self, DIMENSIONS, Vector};
use zeroize::Zeroizing;

/// The version of the record that [`Template::to_bytes`] writes of a bare template. Changes with anything that changes a bit of a code.
const BARE: u8 = 2;
/// The version of the record of one under a transform. Changes with the transform as well.
const UNDER_TRANSFORM: u8 = 3;
const MODEL_BYTES: usize = 8;
const WORD_BYTES: usize = size_of::<u32>();

/// A palm's stored features: the vector that finds it, and the code that decides. Wiped when dropped.
///
/// The code is the signs of 6 × 32 × 32 line responses and which of them are firm. A template is *bare* as it was drawn, or *under* a
/// [`Transform`].
///
/// It is drawn from a palm's region of interest:
///
/// ```
/// fn kept(seen: &handsel_palm::Sample) -> handsel_palm::Template {
///     handsel_palm::Template::extract(&seen.roi)
/// }
/// ```
///
/// and from nothing else. Of a face, or of a frame in which one may be, there is no template:
///
/// ```compile_fail
/// fn kept(seen: &handsel_palm::Frame) -> handsel_palm::Template {
///     handsel_palm::Template::extract(seen)
/// }
/// ```
#[derive(Clone)]
pub struct Template {
    /// `None` for a palm without features.
    vector: Option<Vector>,
    code: Box<Code>,
}

/// Why bytes are not a template of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Written as another version of the record.
    #[error("template version {0} is not known here: enrol the palm again")]
    UnknownVersion(u8),
    /// Its vector was made by other weights, and means nothing beside one made by these.
    #[error("the template was made by another extractor: enrol the palm again")]
    OtherModel,
    /// Too long, too short or out of range.
    #[error("the template is damaged")]
    Damaged,
}

impl Template {
    /// The length of the record that [`Template::to_bytes`] writes of a bare template, in bytes. Under a transform it is longer by a salt.
    pub const BYTES: usize = 1 + MODEL_BYTES + DIMENSIONS + 2 * WORDS * WORD_BYTES;
    /// The version of the record of a template under a transform, which is named in what it is sealed with.
    pub const SCHEMA: u8 = UNDER_TRANSFORM;

    /// Draws the features of a region of interest.
    pub fn extract(roi: &Roi) -> Template {
        let plane = normalise(roi);
        let code = Code::draw(&Padded::new(&plane));
        let vector = code.is_plausible().then(|| Vector::extract(&plane)).flatten();
        Template::of(vector, code)
    }

    /// The versioned record that is sealed and stored. Its only reader is [`Template::from_bytes`].
    ///
    /// The version; the extractor's name, 8 bytes; the vector, a byte per dimension; then the code: its signs, then the firm
    /// ones, as little-endian words, one per row and channel, rows outermost; under a transform, the salt of its mask.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(Self::BYTES + SALT_BYTES));
        bytes.push(if self.is_bare() { BARE } else { UNDER_TRANSFORM });
        bytes.extend_from_slice(&vector::model());
        match &self.vector {
            Some(vector) => bytes.extend(vector.steps().iter().map(|&step| step as u8)),
            None => bytes.extend([0; DIMENSIONS]),
        }
        for word in self.code.signs.iter().chain(&self.code.firm) {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(self.code.salt.as_ref().map_or(&[], |salt| salt.as_slice()));
        bytes
    }

    /// Reads what [`Template::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`TemplateError`]; any foreign bytes are refused, none panic. So is the record of a palm without features (see
    /// [`Template::is_usable`]): a code that is all of one sign, or firm nowhere, and a vector of zeros or saturated, could
    /// agree with everyone. What lies under a mask cannot be looked at; [`Template::bare`] does that.
    pub fn from_bytes(bytes: &[u8]) -> Result<Template, TemplateError> {
        let (&version, rest) = bytes.split_first().ok_or(TemplateError::Damaged)?;
        let (rest, salt) = match version {
            BARE => (rest, None),
            UNDER_TRANSFORM => {
                let (rest, salt) = rest.split_last_chunk::<SALT_BYTES>().ok_or(TemplateError::Damaged)?;
                (rest, Some(*salt))
            }
            other => return Err(TemplateError::UnknownVersion(other)),
        };
        if rest.len() != Self::BYTES - 1 {
            return Err(TemplateError::Damaged);
        }
        let (model, rest) = rest.split_at(MODEL_BYTES);
        if model != vector::model() {
            return Err(TemplateError::OtherModel);
        }
        let (vector, words) = rest.split_first_chunk().ok_or(TemplateError::Damaged)?;
        let mut code = Code { salt, signs: [0; WORDS], firm: [0; WORDS] };
        let (read, _) = words.as_chunks::<WORD_BYTES>();
        for (to, from) in code.signs.iter_mut().chain(&mut code.firm).zip(read) {
            *to = u32::from_le_bytes(*from);
        }
        let template = Template::of(Vector::from_bytes(vector).filter(|_| salt.is_some() || code.is_plausible()), code);
        if template.is_usable() { Ok(template) } else { Err(TemplateError::Damaged) }
    }

    /// The template under a transform; `salt` is random and never used twice. What is under one already is left as it is.
    pub fn under(&self, transform: &Transform, salt: Salt) -> Template {
        if !self.is_bare() {
            return self.clone();
        }
        let code = transform.mask().lay(&self.code, salt);
        Template::of(self.vector.as_ref().map(|vector| transform.of_vector(vector)), code)
    }

    /// The template as it was drawn, from under this transform.
    ///
    /// # Errors
    /// [`TemplateError::Damaged`]: it is not under this one; what comes out is not a palm.
    pub fn bare(&self, transform: &Transform) -> Result<Template, TemplateError> {
        let Some(salt) = self.code.salt else { return Ok(self.clone()) };
        let code = transform.mask().lift(&self.code, salt);
        if !code.is_plausible() {
            return Err(TemplateError::Damaged);
        }
        Ok(Template::of(self.vector.as_ref().map(|vector| transform.back(vector)), code))
    }

    /// Whether it is under no transform.
    pub fn is_bare(&self) -> bool {
        self.code.salt.is_none()
    }

    /// Whether there is anything to compare; a blank square has no features. What is not usable matches nobody.
    pub fn is_usable(&self) -> bool {
        self.vector.is_some()
    }

    /// The vector: [`DIMENSIONS`] steps of two's complement, [`LENGTH`](vector::LENGTH) steps long give or take a twentieth; `None`
    /// where there are no features.
    pub fn vector(&self) -> Option<&[i8; DIMENSIONS]> {
        self.vector.as_ref().map(Vector::steps)
    }

    /// The code alone, once the vector is kept elsewhere; `None` where there are no features.
    pub fn into_code(self) -> Option<Box<Code>> {
        self.vector.is_some().then_some(self.code)
    }

    pub(crate) fn learned(&self) -> Option<&Vector> {
        self.vector.as_ref()
    }

    pub(crate) fn code(&self) -> &Code {
        &self.code
    }

    /// `vector` only if the code is plausible.
    fn of(vector: Option<Vector>, code: Code) -> Template {
        // Copied, not moved: what is dropped here is wiped, what is moved from is not.
        Template { vector, code: Box::new(code.clone()) }
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
        let older = [&[1], &bytes[1..]].concat();
        assert_eq!(Template::from_bytes(&older).err(), Some(TemplateError::UnknownVersion(1)));
        for length in 1..bytes.len() {
            assert_eq!(Template::from_bytes(&bytes[..length]).err(), Some(TemplateError::Damaged));
        }
        let mut longer = bytes.to_vec();
        longer.push(0);
        assert_eq!(Template::from_bytes(&longer).err(), Some(TemplateError::Damaged));
        let mut next = stream(7);
        let noise: Vec<u8> = bytes[..1 + MODEL_BYTES]
            .iter()
            .copied()
            .chain((1 + MODEL_BYTES..Template::BYTES).map(|_| (next() * 256.0) as u8))
            .collect();
        assert_eq!(Template::from_bytes(&noise).err(), Some(TemplateError::Damaged));
    }

    #[test]
    fn a_code_that_would_agree_with_everyone_is_refused() {
        let honest = Template::extract(&roi(2, Pose::UPRIGHT, 2)).to_bytes();
        let vector = 1 + MODEL_BYTES..1 + MODEL_BYTES + DIMENSIONS;
        let signs = vector.end..vector.end + WORDS * WORD_BYTES;
        let firm = signs.end..Template::BYTES;
        let refused = |range: std::ops::Range<usize>, fill: u8| {
            let mut bytes = honest.to_vec();
            bytes[range].fill(fill);
            assert_eq!(Template::from_bytes(&bytes).err(), Some(TemplateError::Damaged));
        };
        for fill in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            refused(vector.clone(), fill);
        }
        refused(signs.clone(), 0x00);
        refused(signs, 0xff);
        refused(firm.clone(), 0x00);
        refused(firm, 0xff);
    }

    #[test]
    fn the_template_of_another_extractor_is_refused() {
        let mut bytes = Template::extract(&roi(2, Pose::UPRIGHT, 2)).to_bytes();
        bytes[1] ^= 1;
        assert_eq!(Template::from_bytes(&bytes).err(), Some(TemplateError::OtherModel));
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
