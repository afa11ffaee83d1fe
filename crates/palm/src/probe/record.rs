//! A probe as bytes, so that another process of the same release can search with it.

use super::Probe;
use crate::features::{
    CHANNELS, GRID,
    align::{Layer, Variant},
};
use crate::transform::MaskKey;
use crate::vector::{self, DIMENSIONS, Vector};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The version of the record. Changes with anything that changes a bit of it or of the features.
const VERSION: u8 = 2;
const MODEL_BYTES: usize = 8;
const WORD_BYTES: usize = size_of::<u32>();
/// The version, the extractor's name, the detail, whether it is under a transform, and the key of its masks.
const HEAD_BYTES: usize = 1 + MODEL_BYTES + WORD_BYTES + 1 + MaskKey::BYTES;
const LAYERS: usize = 4;
/// For every row: the signs of each channel, then the cells within the palm, which are the same in each.
const LAYER_BYTES: usize = GRID * (CHANNELS + 1) * WORD_BYTES;
const VARIANTS: usize = super::ROTATIONS_DEGREES.len() * super::SCALES.len();

/// Why bytes are not a probe of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// Written as another version of the record.
    #[error("probe version {0} is not known here")]
    UnknownVersion(u8),
    /// Its vector was made by other weights, and means nothing beside one made by these.
    #[error("the probe was made by another extractor")]
    OtherModel,
    /// Too long, too short or out of range.
    #[error("the probe is damaged")]
    Damaged,
}

impl Probe {
    /// The most bytes that [`Probe::to_bytes`] writes.
    pub const MOST_BYTES: usize = HEAD_BYTES + DIMENSIONS + VARIANTS * LAYERS * LAYER_BYTES;

    /// The versioned record of a probe on its way to who searches with it. Its only reader is [`Probe::from_bytes`].
    ///
    /// The version; the extractor's name, 8 bytes; the detail; whether it is under a transform, and the key of its masks. For a palm with features then the vector, a byte per dimension,
    /// and every variant's layers row by row: the signs of each channel, and the cells within the palm. Numbers are
    /// little-endian. The cells within are sent though they could be computed: an angle's sine may differ in its last bit from one
    /// processor's library to another's, and the same search must give the same score everywhere.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(Self::MOST_BYTES));
        bytes.push(VERSION);
        bytes.extend_from_slice(&vector::model());
        bytes.extend_from_slice(&self.detail.to_le_bytes());
        bytes.push(self.mask.is_some().into());
        bytes.extend_from_slice(self.mask.as_ref().map_or(&[0; MaskKey::BYTES], |mask| mask.bytes()));
        if let Some(vector) = &self.vector {
            bytes.extend(vector.steps().iter().map(|&step| step as u8));
            for layer in self.variants.iter().flat_map(|variant| &variant.phases) {
                let (signs, within) = layer.rows(0);
                for (signs, within) in signs.chunks_exact(CHANNELS).zip(within.chunks_exact(CHANNELS)) {
                    for word in signs.iter().chain(&within[..1]) {
                        bytes.extend_from_slice(&word.to_le_bytes());
                    }
                }
            }
        }
        bytes
    }

    /// Reads what [`Probe::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`ProbeError`]; any foreign bytes are refused, none panic.
    pub fn from_bytes(bytes: &[u8]) -> Result<Probe, ProbeError> {
        let (&version, rest) = bytes.split_first().ok_or(ProbeError::Damaged)?;
        if version != VERSION {
            return Err(ProbeError::UnknownVersion(version));
        }
        let (model, rest) = rest.split_first_chunk::<MODEL_BYTES>().ok_or(ProbeError::Damaged)?;
        if *model != vector::model() {
            return Err(ProbeError::OtherModel);
        }
        let (detail, rest) = rest.split_first_chunk().ok_or(ProbeError::Damaged)?;
        let detail = f32::from_le_bytes(*detail);
        if !(0.0..=1.0).contains(&detail) {
            return Err(ProbeError::Damaged);
        }
        let (&masked, rest) = rest.split_first().ok_or(ProbeError::Damaged)?;
        let (key, rest) = rest.split_first_chunk::<{ MaskKey::BYTES }>().ok_or(ProbeError::Damaged)?;
        let mask = match masked {
            0 if *key == [0; MaskKey::BYTES] => None,
            1 => Some(MaskKey::from_bytes(key)),
            _ => return Err(ProbeError::Damaged),
        };
        if rest.is_empty() {
            return Ok(Probe { vector: None, variants: Arc::default(), detail, mask });
        }
        let (vector, layers) = rest.split_first_chunk().ok_or(ProbeError::Damaged)?;
        if layers.len() != VARIANTS * LAYERS * LAYER_BYTES {
            return Err(ProbeError::Damaged);
        }
        let vector = Vector::from_bytes(vector).ok_or(ProbeError::Damaged)?;
        let mut layers = layers.chunks_exact(LAYER_BYTES);
        let mut next = || layers.next().and_then(layer).ok_or(ProbeError::Damaged);
        let mut variants = Vec::with_capacity(VARIANTS);
        for _ in 0..VARIANTS {
            variants.push(Variant::new([next()?, next()?, next()?, next()?]));
        }
        Ok(Probe { vector: Some(vector), variants: variants.into(), detail, mask })
    }
}

/// `None` when a sign is set outside the palm, which nothing here writes.
fn layer(bytes: &[u8]) -> Option<Layer> {
    let mut layer = Layer::new();
    let (words, _) = bytes.as_chunks::<WORD_BYTES>();
    for (y, row) in words.chunks_exact(CHANNELS + 1).enumerate() {
        let within = u32::from_le_bytes(row[CHANNELS]);
        for (channel, signs) in row[..CHANNELS].iter().enumerate() {
            let signs = u32::from_le_bytes(*signs);
            if signs & !within != 0 {
                return None;
            }
            layer.set_row(channel, y, signs, within);
        }
    }
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::drawn::{Pose, roi, stream};
    use crate::{Roi, Template};

    #[test]
    fn what_was_written_scores_the_same() {
        let templates: Vec<Template> = (0..6).map(|seed| Template::extract(&roi(seed, Pose::UPRIGHT, seed))).collect();
        for seed in 0..3 {
            let probe = Probe::build(&roi(seed, Pose { degrees: 3.0, x: 5.0, ..Pose::UPRIGHT }, seed + 100));
            let bytes = probe.to_bytes();
            assert_eq!(bytes.len(), Probe::MOST_BYTES);
            const { assert!(Probe::MOST_BYTES < 64 * 1024) };
            let read = Probe::from_bytes(&bytes).unwrap();
            assert_eq!(*read.to_bytes(), *bytes);
            for template in &templates {
                let (was, is) = (probe.compare(template), read.compare(template));
                assert_eq!(was.similarity().to_bits(), is.similarity().to_bits());
                assert_eq!(probe.agreement(template).map(f32::to_bits), read.agreement(template).map(f32::to_bits));
            }
        }
    }

    #[test]
    fn a_palm_without_features_is_read_as_one() {
        let blank = Probe::build(&Roi::from_grey(vec![140; Roi::SIDE_PX * Roi::SIDE_PX]).unwrap());
        let read = Probe::from_bytes(&blank.to_bytes()).unwrap();
        assert!(read.vector().is_none());
        assert_eq!(read.compare(&Template::extract(&roi(1, Pose::UPRIGHT, 1))), crate::Score::new(0.0));
    }

    #[test]
    fn foreign_bytes_are_refused() {
        let bytes = Probe::build(&roi(1, Pose::UPRIGHT, 1)).to_bytes();
        for cut in
            (0..bytes.len()).step_by(97).chain([1, 9, 12, 14, 30, 45, bytes.len() - 1]).filter(|&cut| cut != HEAD_BYTES)
        {
            assert!(Probe::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        let mut longer = bytes.to_vec();
        longer.push(0);
        assert_eq!(Probe::from_bytes(&longer).unwrap_err(), ProbeError::Damaged);
        let changed = |at: usize, to: &[u8]| {
            let mut other = bytes.to_vec();
            other[at..at + to.len()].copy_from_slice(to);
            Probe::from_bytes(&other).unwrap_err()
        };
        assert_eq!(changed(0, &[9]), ProbeError::UnknownVersion(9));
        assert_eq!(changed(1, &[!bytes[1]]), ProbeError::OtherModel);
        assert_eq!(changed(9, &f32::NAN.to_le_bytes()), ProbeError::Damaged);
        assert_eq!(changed(9, &(-0.5f32).to_le_bytes()), ProbeError::Damaged);
        assert_eq!(changed(13, &[2]), ProbeError::Damaged);
        assert_eq!(changed(14, &[1]), ProbeError::Damaged, "a key of masks that a bare probe has");
        assert_eq!(changed(HEAD_BYTES, &[0; DIMENSIONS]), ProbeError::Damaged);
        // Signs where there is no palm.
        let row: Vec<u8> = [[0xff; 4 * CHANNELS].as_slice(), &[0; 4]].concat();
        assert_eq!(changed(HEAD_BYTES + DIMENSIONS, &row), ProbeError::Damaged);
        for seed in 0..50 {
            let mut noise = stream(seed);
            let noise: Vec<u8> = (0..Probe::MOST_BYTES).map(|_| (noise() * 256.0) as u8).collect();
            assert!(Probe::from_bytes(&noise).is_err());
        }
    }
}
