//! Random secrets, their texts and their hashes.

use hmac::{Hmac, Mac};
use rand::TryRngCore;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Fills an array from the system's generator.
///
/// # Panics
/// When the system has no randomness to give: nothing here may go on without it.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "a key that is not random is worse than no process")]
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).expect("the system's random generator");
    bytes
}

/// A new secret's text: `prefix` and 32 random bytes in hexadecimal.
pub(crate) fn token(prefix: &str) -> String {
    let bytes = Zeroizing::new(random::<32>());
    format!("{prefix}{}", hex(bytes.as_slice()))
}

/// What is kept of a secret's text.
pub(crate) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// HMAC-SHA256.
pub(crate) fn mac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Whether two are equal, in a time that says nothing of where they differ.
pub(crate) fn same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.iter().zip(other).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads hexadecimal of exactly `2 × N` digits.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = Zeroizing::new([0; N]);
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(16 * high + low).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_hexadecimal_reads_back() {
        let (one, two) = (token("hsw_"), token("hsw_"));
        assert_ne!(one, two);
        assert_eq!(one.len(), 4 + 64);
        assert_eq!(unhex::<2>(&hex(&[0, 255])).as_deref(), Some(&[0, 255]));
        assert_eq!(unhex::<2>("00f").as_deref(), None);
        assert_eq!(unhex::<2>("00g0").as_deref(), None);
        assert_eq!(unhex::<2>("é0é").as_deref(), None);
    }
}
