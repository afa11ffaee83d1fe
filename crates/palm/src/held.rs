//! A palm's features made small enough to be carried by their owner: with keys and a signature around them they still fit into one
//! code on a phone's screen or on paper. Compared 1:1 only.
//!
//! - **The code**: every other sign, as on a chessboard. Neighbouring signs mostly agree, so the other half says little more. Which signs
//!   are firm is left out.
//! - **The vector**: five bits a number instead of eight.

use crate::{
    Probe, Template, TemplateError,
    features::{CHANNELS, GRID, WORDS, code::Code},
    vector::{self, DIMENSIONS},
};
use zeroize::{Zeroize, Zeroizing};

/// The version of the record. Changes with anything that changes a bit of it.
const VERSION: u8 = 1;
const MODEL_BYTES: usize = 8;
/// Steps of a whole vector in one step here, and the most steps from zero: 5 bits.
const STEP: f32 = 4.0;
const MOST_STEPS: i8 = 15;
const BITS: usize = 5;
const VECTOR_BYTES: usize = DIMENSIONS * BITS / 8;
/// How long a vector is in these steps; what is cut off at the ends and rounded makes it a little shorter or longer.
const LENGTHS: std::ops::RangeInclusive<f32> = 85.0..=115.0;
/// Kept signs of one row: half of them.
const ROW_BYTES: usize = GRID / 2 / 8;
/// How finely a code's signs change is kept in steps of 1/500; it is never more than a half.
const DETAIL_STEPS: f32 = 500.0;
/// The share of set signs, in percent, that each channel of a palm keeps within.
const BALANCE_PERCENT: std::ops::RangeInclusive<u32> = 15..=85;
/// The columns of even rows that are kept.
const EVEN: u32 = 0x5555_5555;

/// What a cosine adds to a score, for each 1 of it.
const COSINE_WEIGHT: f32 = 0.1;
/// The score from which on two palms are the same one: a false match rate of 1e-6 and less.
///
/// No measurement reaches that rate, so it is the end of a line. Of 990,000 non-mated comparisons of 100 real palms in two sessions none
/// came to 0.704 and the line through log FMR from 1e-3 to 1e-5 reaches 1e-6 at 0.713; half a decade is added, as much as palms drawn again
/// moved such lines ([`crate::score`]). Of 249,001 among 500 drawn palms none came to 0.666, and their line reaches 1e-6 at 0.672. What it costs: of
/// 10,000 mated comparisons of the real palms 0.62 % lie below.
const SAME_PALM: f32 = 0.72;

/// What comparing a probe with a [`HeldTemplate`] gives: the agreement of the codes, and a share of the vectors' cosine.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct HeldScore(f32);

impl HeldScore {
    /// The similarity; higher is closer.
    pub fn similarity(self) -> f32 {
        self.0
    }

    /// Whether the two are the same palm.
    pub fn is_match(self) -> bool {
        self.0 >= SAME_PALM
    }
}

/// A small template, for its owner to carry. Wiped when dropped.
pub struct HeldTemplate {
    steps: Box<[i8; DIMENSIONS]>,
    /// Kept signs where they lie, each with its neighbour's place filled by it too, so that whole codes can be aligned; only those
    /// kept are firm.
    code: Box<Code>,
    detail: u8,
}

impl HeldTemplate {
    /// The length of its record.
    pub const BYTES: usize = 1 + MODEL_BYTES + 1 + VECTOR_BYTES + WORDS * ROW_BYTES;

    /// The small form of a bare template; `None` where there are no features, or not open to see.
    pub fn of(template: &Template) -> Option<HeldTemplate> {
        let vector = template.vector().filter(|_| template.is_bare())?;
        let mut steps = Box::new([0; DIMENSIONS]);
        for (step, &from) in steps.iter_mut().zip(vector) {
            *step = (f32::from(from) / STEP).round().clamp(-f32::from(MOST_STEPS), f32::from(MOST_STEPS)) as i8;
        }
        let whole = template.code();
        let mut code = Box::new(Code { salt: None, signs: [0; WORDS], firm: [0; WORDS] });
        for word in 0..WORDS {
            set_row(&mut code, word, whole.signs[word]);
        }
        let detail = (whole.detail() * DETAIL_STEPS).round().clamp(1.0, 255.0) as u8;
        Some(HeldTemplate { steps, code, detail })
    }

    /// The record: the version; the extractor's name, 8 bytes; the detail; the vector, 5 bits a number; then every other sign, two
    /// bytes per row and channel, rows outermost.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(Self::BYTES));
        bytes.push(VERSION);
        bytes.extend_from_slice(&vector::model());
        bytes.push(self.detail);
        for eight in self.steps.as_chunks::<8>().0 {
            let packed = eight.iter().fold(0u64, |bits, &step| bits << BITS | u64::from((step + MOST_STEPS) as u8));
            bytes.extend_from_slice(&packed.to_be_bytes()[8 - BITS..]);
        }
        for (word, &signs) in self.code.signs.iter().enumerate() {
            bytes.extend_from_slice(&squeezed(signs >> odd(word)).to_le_bytes());
        }
        bytes
    }

    /// Reads what [`HeldTemplate::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`TemplateError`]; any foreign bytes are refused, none panic; and so is what could agree with everyone.
    pub fn from_bytes(bytes: &[u8]) -> Result<HeldTemplate, TemplateError> {
        let (&version, rest) = bytes.split_first().ok_or(TemplateError::Damaged)?;
        if version != VERSION {
            return Err(TemplateError::UnknownVersion(version));
        }
        if bytes.len() != Self::BYTES {
            return Err(TemplateError::Damaged);
        }
        let (model, rest) = rest.split_at(MODEL_BYTES);
        if model != vector::model() {
            return Err(TemplateError::OtherModel);
        }
        let (&detail, rest) = rest.split_first().ok_or(TemplateError::Damaged)?;
        let (packed, signs) = rest.split_at(VECTOR_BYTES);
        let mut steps = Box::new([0; DIMENSIONS]);
        for (eight, packed) in steps.as_chunks_mut::<8>().0.iter_mut().zip(packed.as_chunks::<BITS>().0) {
            let bits = packed.iter().fold(0u64, |bits, &byte| bits << 8 | u64::from(byte));
            for (i, step) in eight.iter_mut().enumerate() {
                *step = (bits >> (BITS * (7 - i)) & 0x1f) as i8 - MOST_STEPS;
            }
        }
        let mut code = Box::new(Code { salt: None, signs: [0; WORDS], firm: [0; WORDS] });
        for (word, signs) in signs.as_chunks::<ROW_BYTES>().0.iter().enumerate() {
            set_row(&mut code, word, spread(u16::from_le_bytes(*signs)) << odd(word));
        }
        let held = HeldTemplate { steps, code, detail };
        if held.is_plausible() { Ok(held) } else { Err(TemplateError::Damaged) }
    }

    /// Whether this could be a palm: a vector of its length, and every channel with both signs in fair shares.
    fn is_plausible(&self) -> bool {
        let balanced = (0..CHANNELS).all(|channel| {
            let signs = self.code.signs.iter().zip(&self.code.firm).skip(channel).step_by(CHANNELS);
            let set: u32 = signs.map(|(signs, kept)| (signs & kept).count_ones()).sum();
            BALANCE_PERCENT.contains(&(set * 100 / (GRID * GRID / 2) as u32))
        });
        let in_range = self.steps.iter().all(|step| step.abs() <= MOST_STEPS);
        balanced && in_range && self.detail > 0 && LENGTHS.contains(&self.length())
    }

    fn length(&self) -> f32 {
        vector::length(self.steps.iter().map(|&step| i32::from(step) * i32::from(step)).sum())
    }

    /// The cosine of the angle between the two vectors; `None` for a probe without features, or one under a transform.
    pub fn cosine(&self, probe: &Probe) -> Option<f32> {
        let other = probe.vector().filter(|_| probe.is_bare())?;
        let product = |with: &[i8; DIMENSIONS]| -> i32 {
            with.iter().zip(other).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
        };
        let squared: i32 = other.iter().map(|&step| i32::from(step) * i32::from(step)).sum();
        Some(vector::cosine(product(&self.steps), self.length(), vector::length(squared)))
    }

    /// The agreement of the two codes, 0–1, as [`Probe::agreement`] of whole ones.
    pub fn agreement(&self, probe: &Probe) -> Option<f32> {
        self.cosine(probe)?;
        probe.agreement_at(&self.code, f32::from(self.detail) / DETAIL_STEPS)
    }

    /// Compares with one probe; what has no features scores 0.
    pub fn compare(&self, probe: &Probe) -> HeldScore {
        let scores = self.cosine(probe).zip(self.agreement(probe));
        HeldScore(scores.map_or(0.0, |(cosine, agreement)| agreement + COSINE_WEIGHT * cosine))
    }
}

/// Sets one row of one channel from a row whose kept signs are where they lie.
fn set_row(code: &mut Code, word: usize, row: u32) {
    let odd = odd(word);
    let kept = EVEN << odd;
    let signs = row & kept;
    code.signs[word] = signs | if odd == 0 { signs << 1 } else { signs >> 1 };
    code.firm[word] = kept;
}

/// 1 where a word is of an odd row.
fn odd(word: usize) -> usize {
    word / CHANNELS % 2
}

/// Every other bit of a word, from the lowest.
fn squeezed(word: u32) -> u16 {
    (0..16).fold(0, |bits, i| bits | ((word >> (2 * i) & 1) as u16) << i)
}

/// The opposite of [`squeezed`].
fn spread(bits: u16) -> u32 {
    (0..16).fold(0, |word, i| word | u32::from(bits >> i & 1) << (2 * i))
}

impl Drop for HeldTemplate {
    fn drop(&mut self) {
        self.steps.zeroize();
        self.detail.zeroize();
    }
}

impl std::fmt::Debug for HeldTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HeldTemplate(..)")
    }
}

#[cfg(test)]
mod tests;
