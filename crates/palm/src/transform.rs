//! A keyed transform that templates are kept under, and probes for them put under: under one key palms compare as they are, to the
//! last bit; under different keys all are strangers. Whoever changes the key and re-keys what is stored has made copies useless.
//!
//! - **The vector**: its numbers are put into another order, and some are negated. No other maps of whole steps keep every
//!   cosine exactly. The leading ones stay in front, where a search looks first.
//! - **The code**: compared at many shifts, it has few symmetries (a common order and sign of its six channels: 46,080 keys, which
//!   anyone can try). So a mask lies over it instead, a keystream of its own for each template, and a probe brings the key that
//!   lifts it, on the stack and for one comparison.
//!
//! What this hides and what not is measured (`handsel eval --unlinkability`) and said in docs/adr/0018: it revokes; it is no
//! encryption of the vector.

use crate::{
    features::{WORDS, code::Code},
    vector::{DIMENSIONS, LEADING, Vector},
};
use chacha20::{
    ChaCha12, ChaCha20,
    cipher::{KeyIvInit, StreamCipher},
};
use zeroize::Zeroizing;

/// Bytes of a template's own salt.
pub const SALT_BYTES: usize = 12;

/// What makes a template's mask its own: random, and never used twice under one key.
pub type Salt = [u8; SALT_BYTES];

/// A keyed transform. Never printed, wiped when dropped.
pub struct Transform {
    /// Where each number of a vector comes from.
    order: Zeroizing<[u8; DIMENSIONS]>,
    /// Which of them, as they stand then, are negated.
    negated: Zeroizing<[bool; DIMENSIONS]>,
    mask: MaskKey,
}

impl Transform {
    /// Bytes of a key.
    pub const KEY_BYTES: usize = 32;

    /// The transform of a key, which is random.
    pub fn new(key: &[u8; Self::KEY_BYTES]) -> Transform {
        let mut stream = Stream::new(key);
        let mask = MaskKey::from_bytes(&Zeroizing::new(std::array::from_fn(|_| stream.byte())));
        let mut order = Zeroizing::new(std::array::from_fn(|i| i as u8));
        stream.shuffle(&mut order[..LEADING]);
        stream.shuffle(&mut order[LEADING..]);
        let negated = Zeroizing::new(std::array::from_fn(|_| stream.byte() & 1 == 1));
        Transform { order, negated, mask }
    }

    pub(crate) fn of_vector(&self, vector: &Vector) -> Vector {
        vector.moved(|from| {
            let mut to = Box::new([0; DIMENSIONS]);
            for (i, step) in to.iter_mut().enumerate() {
                let moved = from[usize::from(self.order[i])];
                *step = if self.negated[i] { -moved } else { moved };
            }
            to
        })
    }

    pub(crate) fn back(&self, vector: &Vector) -> Vector {
        vector.moved(|from| {
            let mut to = Box::new([0; DIMENSIONS]);
            for (i, &step) in from.iter().enumerate() {
                to[usize::from(self.order[i])] = if self.negated[i] { -step } else { step };
            }
            to
        })
    }

    pub(crate) fn mask(&self) -> &MaskKey {
        &self.mask
    }
}

impl std::fmt::Debug for Transform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transform(..)")
    }
}

/// Makes the masks of codes. Wiped when dropped.
#[derive(Clone)]
pub(crate) struct MaskKey(Zeroizing<[u8; 32]>);

impl MaskKey {
    pub(crate) const BYTES: usize = 32;

    pub(crate) fn from_bytes(bytes: &[u8; Self::BYTES]) -> MaskKey {
        MaskKey(Zeroizing::new(*bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// A bare code with its mask over it.
    pub(crate) fn lay(&self, code: &Code, salt: Salt) -> Code {
        Code { salt: Some(salt), ..self.masked(code, salt) }
    }

    /// The bare code from under its mask.
    pub(crate) fn lift(&self, code: &Code, salt: Salt) -> Code {
        self.masked(code, salt)
    }

    fn masked(&self, code: &Code, salt: Salt) -> Code {
        let mut mask = [0u8; 2 * WORDS * size_of::<u32>()];
        ChaCha12::new((&*self.0).into(), &salt.into()).apply_keystream(&mut mask);
        let (words, _) = mask.as_chunks();
        let word = |i: usize| u32::from_le_bytes(words[i]);
        let masked = Code {
            salt: None,
            signs: std::array::from_fn(|i| code.signs[i] ^ word(i)),
            firm: std::array::from_fn(|i| code.firm[i] ^ word(WORDS + i)),
        };
        // Wiped in wide steps: `Zeroize` goes byte by byte, which takes as long as making the mask.
        mask.fill(0);
        std::hint::black_box(&mask);
        masked
    }
}

/// Random bytes from a key.
struct Stream(ChaCha20);

impl Stream {
    fn new(key: &[u8; 32]) -> Stream {
        Stream(ChaCha20::new(key.into(), b"transform/1\0".into()))
    }

    fn byte(&mut self) -> u8 {
        let mut byte = [0];
        self.0.apply_keystream(&mut byte);
        byte[0]
    }

    /// Fisher and Yates; each order is as likely as any other.
    fn shuffle(&mut self, values: &mut [u8]) {
        for last in (1..values.len()).rev() {
            let choices = last + 1;
            let fair = 256 / choices * choices;
            let pick = loop {
                let byte = usize::from(self.byte());
                if byte < fair {
                    break byte % choices;
                }
            };
            values.swap(last, pick);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Probe, Template, TemplateError,
        features::drawn::{Pose, roi},
    };
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static TEMPLATES: LazyLock<Vec<Template>> =
        LazyLock::new(|| (0..6).map(|seed| Template::extract(&roi(seed, Pose::UPRIGHT, seed))).collect());
    static PROBES: LazyLock<Vec<Probe>> = LazyLock::new(|| {
        let pose = Pose { degrees: 3.0, x: 5.0, ..Pose::UPRIGHT };
        (0..6).map(|seed| Probe::build(&roi(seed, pose, seed + 100))).collect()
    });

    /// The cosine and the agreement, bit for bit.
    fn scores(probe: &Probe, template: &Template) -> [Option<u32>; 2] {
        [probe.cosine(template), probe.agreement(template)].map(|score| score.map(f32::to_bits))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn under_one_key_every_score_is_the_bare_one(key: [u8; 32], salts: [Salt; 6]) {
            let transform = Transform::new(&key);
            for (template, salt) in TEMPLATES.iter().zip(salts) {
                let kept = Template::from_bytes(&template.under(&transform, salt).to_bytes()).unwrap();
                for probe in PROBES.iter() {
                    let under = Probe::from_bytes(&probe.under(&transform).to_bytes()).unwrap();
                    prop_assert_eq!(scores(&under, &kept), scores(probe, template));
                }
            }
        }

        #[test]
        fn what_was_put_under_comes_back_and_goes_under_another(keys: [[u8; 32]; 2], salts: [Salt; 2]) {
            let [old, new] = [Transform::new(&keys[0]), Transform::new(&keys[1])];
            for template in TEMPLATES.iter() {
                let back = template.under(&old, salts[0]).bare(&old).unwrap();
                prop_assert_eq!(back.to_bytes(), template.to_bytes());
                let moved = back.under(&new, salts[1]);
                prop_assert_eq!(moved.to_bytes(), template.under(&new, salts[1]).to_bytes());
            }
        }
    }

    /// Sixty-four fixed pairs of keys: what is said of many is not left to chance.
    #[test]
    fn under_different_keys_the_same_palm_is_a_stranger() {
        let mut cosines = Vec::new();
        for pair in 0..64u8 {
            let [one, other] = [[pair; 32], [pair + 64; 32]].map(|key| Transform::new(&key));
            for (template, probe) in TEMPLATES.iter().zip(PROBES.iter()) {
                let kept = template.under(&one, [pair; SALT_BYTES]);
                for (probe, kept) in [(&probe.under(&other), &kept), (probe, &kept), (&probe.under(&one), template)] {
                    cosines.push(probe.cosine(kept).unwrap());
                }
                for probe in [&probe.under(&other), probe] {
                    assert!(probe.agreement(&kept).unwrap() < 0.6);
                }
                assert_eq!(kept.bare(&other).err(), Some(TemplateError::Damaged));
            }
        }
        let furthest = cosines.iter().fold(0.0f32, |most, cosine| most.max(cosine.abs()));
        let deviation = (cosines.iter().map(|cosine| cosine * cosine).sum::<f32>() / cosines.len() as f32).sqrt();
        // A random direction in 256 dimensions deviates by 1/16; in the 96 that come first, and hold more of the length, by 1/10.
        assert!(deviation < 0.1 && furthest < 0.45, "{deviation} {furthest}");
    }

    #[test]
    fn a_template_looks_different_under_every_salt_and_says_nothing() {
        let transform = Transform::new(&[7; 32]);
        let [a, b] = [[1; SALT_BYTES], [2; SALT_BYTES]].map(|salt| TEMPLATES[0].under(&transform, salt));
        let differing: u32 = a.code().signs.iter().zip(&b.code().signs).map(|(a, b)| (a ^ b).count_ones()).sum();
        assert!((2_800..3_350).contains(&differing), "{differing} of 6144");
        assert_eq!(format!("{transform:?}"), "Transform(..)");
        assert_eq!(a.under(&Transform::new(&[8; 32]), [3; SALT_BYTES]).to_bytes(), a.to_bytes());
    }
}
