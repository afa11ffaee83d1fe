//! What a phone shows: its blob, and its key and the time sealed to this installation by HPKE (RFC 9180), anew for each code. Whoever
//! films it can open nothing, and shows it too late or a second time.

use super::{Blob, Forged, HeldKeys};
use handsel_api::held::Carrier;
use hpke::{
    Deserializable, Kem as _, OpModeR, OpModeS, Serializable, aead::AesGcm256, kdf::HkdfSha256, kem::X25519HkdfSha256,
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const ENCAPSULATED_BYTES: usize = 32;
const PLAIN_BYTES: usize = 32 + size_of::<u64>();
const TAG_BYTES: usize = 16;
const ENVELOPE_BYTES: usize = ENCAPSULATED_BYTES + PLAIN_BYTES + TAG_BYTES;
/// What the key schedule is bound to.
const INFO: &[u8] = b"handsel/1/held_shown";

/// The key and the time did not come sealed to this installation, with this blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotShownToUs;

/// What was read from a carrier.
pub(crate) struct Shown {
    pub(crate) blob: Blob,
    /// A phone's; a card has none.
    envelope: Option<Vec<u8>>,
}

/// What a phone says with its blob. Wiped when dropped.
pub(crate) struct Said {
    pub(crate) key: Zeroizing<[u8; 32]>,
    /// When it made the code, by its own clock.
    pub(crate) at_ms: i64,
    /// What the code is known by, so that it is used once.
    pub(crate) hash: [u8; 32],
}

impl HeldKeys {
    /// What phones seal to.
    pub(crate) fn shown_to(&self) -> [u8; 32] {
        X25519HkdfSha256::sk_to_pk(&self.opening).to_bytes().into()
    }
}

impl Shown {
    /// Whether so many bytes are what a carrier holds, neither cut off nor something else.
    pub(crate) fn is_whole(bytes: &[u8]) -> bool {
        [Blob::BYTES, Blob::BYTES + ENVELOPE_BYTES].contains(&bytes.len())
    }

    /// Reads what a carrier holds; opens nothing.
    pub(crate) fn parse(keys: &HeldKeys, bytes: &[u8]) -> Result<Shown, Forged> {
        let (blob, envelope) = bytes.split_at_checked(Blob::BYTES).ok_or(Forged)?;
        let blob = Blob::parse(keys, blob)?;
        match (blob.carrier, envelope.len()) {
            (Carrier::Card, 0) => Ok(Shown { blob, envelope: None }),
            (Carrier::Phone, ENVELOPE_BYTES) => Ok(Shown { blob, envelope: Some(envelope.to_vec()) }),
            _ => Err(Forged),
        }
    }

    /// What the phone said; `None` for a card.
    pub(crate) fn said(&self, keys: &HeldKeys) -> Result<Option<Said>, NotShownToUs> {
        let Some(envelope) = &self.envelope else { return Ok(None) };
        let (encapsulated, sealed) = envelope.split_at(ENCAPSULATED_BYTES);
        let encapsulated = <X25519HkdfSha256 as hpke::Kem>::EncappedKey::from_bytes(encapsulated);
        let open = hpke::single_shot_open::<AesGcm256, HkdfSha256, X25519HkdfSha256>;
        let encapsulated = encapsulated.map_err(|_| NotShownToUs)?;
        let plain = open(&OpModeR::Base, &keys.opening, &encapsulated, INFO, sealed, self.blob.bytes());
        let plain = Zeroizing::new(plain.map_err(|_| NotShownToUs)?);
        let (key, time) = plain.split_first_chunk::<32>().ok_or(NotShownToUs)?;
        let time = i64::from_be_bytes(time.try_into().map_err(|_| NotShownToUs)?);
        Ok(Some(Said { key: Zeroizing::new(*key), at_ms: time, hash: Sha256::digest(envelope).into() }))
    }
}

/// What a phone shows at a moment, as the page makes it in `web/assets/js/held/code.js`: for tests, benches and rehearsals. `None` when
/// `shown_to` is no key.
pub fn show(shown_to: &[u8; 32], blob: &[u8], key: &[u8; 32], at_ms: i64) -> Option<Vec<u8>> {
    let public = <X25519HkdfSha256 as hpke::Kem>::PublicKey::from_bytes(shown_to).ok()?;
    let plain = Zeroizing::new([key.as_slice(), &at_ms.to_be_bytes()].concat());
    let seal = hpke::single_shot_seal::<AesGcm256, HkdfSha256, X25519HkdfSha256>;
    let (encapsulated, sealed) = seal(&OpModeS::Base, &public, INFO, &plain, blob).ok()?;
    Some([blob, encapsulated.to_bytes().as_slice(), &sealed].concat())
}
