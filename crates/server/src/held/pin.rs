//! PINs, and what is made of them slowly: argon2id (RFC 9106), 64 MiB, 3 passes, 4 lanes.

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::{Zeroize, Zeroizing};

/// RFC 9106, section 4, the second recommended choice.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;

/// The digits that a PIN has.
const DIGITS: std::ops::RangeInclusive<usize> = 6..=12;

/// A PIN as typed. Never printed, wiped when dropped.
pub(crate) struct Pin(Zeroizing<String>);

/// What tells the right PIN from another. Wiped when dropped.
pub(crate) struct PinCheck([u8; PinCheck::BYTES]);

/// What was made of a PIN and a salt. Wiped when dropped.
pub(crate) struct Stretched {
    /// The carrier's half, where it has none but the PIN.
    pub(crate) half: Zeroizing<[u8; 32]>,
    pub(crate) check: PinCheck,
}

impl Pin {
    /// 6 to 12 digits; none that is one digit again and again, or counts up or down.
    pub(crate) fn parse(text: &str) -> Option<Pin> {
        let digits = text.as_bytes();
        let fits = DIGITS.contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
        let first_step = digits.get(1)?.wrapping_sub(*digits.first()?);
        let is_a_row = matches!(first_step, 0 | 1 | u8::MAX)
            && digits.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == first_step);
        (fits && !is_a_row).then(|| Pin(Zeroizing::new(text.to_owned())))
    }

    /// Takes its time. `None` when this machine has not the memory.
    pub(crate) fn stretch(&self, salt: &[u8]) -> Option<Stretched> {
        let mut out = Zeroizing::new([0; 32 + PinCheck::BYTES]);
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(out.len())).ok()?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2.hash_password_into(self.0.as_bytes(), salt, out.as_mut_slice()).ok()?;
        let (half, check) = out.split_at(32);
        Some(Stretched { half: Zeroizing::new(half.try_into().ok()?), check: PinCheck(check.try_into().ok()?) })
    }
}

impl PinCheck {
    pub(crate) const BYTES: usize = 16;

    pub(crate) fn from_bytes(bytes: [u8; Self::BYTES]) -> PinCheck {
        PinCheck(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// Whether the two are of one PIN; takes as long either way.
    pub(crate) fn is(&self, other: &PinCheck) -> bool {
        self.0.iter().zip(&other.0).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
    }
}

impl Drop for PinCheck {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_digits_that_are_not_guessed_first() {
        for good in ["483920", "123457", "112233", "483920483920"] {
            assert!(Pin::parse(good).is_some(), "{good}");
        }
        for bad in ["", "1", "48392", "4839204839201", "48392x", "４８３９２０", "000000", "123456", "987654321"]
        {
            assert!(Pin::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_pin_gives_the_same_again_under_its_salt_alone() {
        let stretched = |pin: &str, salt: u8| Pin::parse(pin).unwrap().stretch(&[salt; 16]).unwrap();
        let one = stretched("483920", 1);
        assert_eq!(*one.half, *stretched("483920", 1).half);
        assert!(one.check.is(&stretched("483920", 1).check));
        for other in [stretched("483921", 1), stretched("483920", 2)] {
            assert_ne!(*one.half, *other.half);
            assert!(!one.check.is(&other.check));
        }
    }
}
