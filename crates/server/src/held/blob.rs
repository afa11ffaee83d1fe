//! The blob: a palm sealed to its carrier and signed by this installation.

use crate::secret::{self, mac};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use ed25519_dalek::{Signature, Signer, SigningKey};
use handsel_api::{HeldId, held::Carrier};
use handsel_palm::{HeldTemplate, Side};
use hpke::{Kem as _, kem::X25519HkdfSha256};
use ulid::Ulid;
use zeroize::Zeroizing;

use super::PinCheck;

const VERSION: u8 = 1;
const ID_BYTES: usize = 16;
pub(super) const SALT_BYTES: usize = 16;
/// Version, carrier, epoch, id, salt.
const HEADER_BYTES: usize = 2 + size_of::<u32>() + ID_BYTES + SALT_BYTES;
const PLAIN_BYTES: usize = 1 + PinCheck::BYTES + HeldTemplate::BYTES;
const TAG_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 64;
const SIGNED_AS: &[u8] = b"handsel/1/held_blob\0";

/// What held palms are signed by, and what phones seal to. Never printed, wiped when dropped.
pub(crate) struct HeldKeys {
    signing: SigningKey,
    pub(super) opening: <X25519HkdfSha256 as hpke::Kem>::PrivateKey,
}

impl HeldKeys {
    /// The keys of an installation's secret.
    pub(crate) fn of(master: &[u8; 32]) -> HeldKeys {
        let signing = SigningKey::from_bytes(&Zeroizing::new(mac(master, b"handsel/1/ed25519")));
        let seed = Zeroizing::new(mac(master, b"handsel/1/x25519"));
        HeldKeys { signing, opening: X25519HkdfSha256::derive_keypair(seed.as_slice()).0 }
    }
}

/// A blob whose signature is good: this installation made it, and it is whole.
#[derive(Clone)]
pub(crate) struct Blob {
    pub(crate) id: HeldId,
    pub(crate) carrier: Carrier,
    pub(crate) epoch: i64,
    bytes: Vec<u8>,
}

/// Bytes that this installation did not make, or that were changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forged;

/// Not the key that it was sealed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrongKey;

/// What is sealed. Wiped when dropped.
pub(crate) struct Contents {
    pub(crate) side: Side,
    pub(crate) pin: PinCheck,
    pub(crate) template: HeldTemplate,
}

/// A blob in the making: its header, which the key and the PIN's check depend on.
pub(crate) struct Sealing {
    header: [u8; HEADER_BYTES],
}

impl Sealing {
    /// Begins one with a salt of its own.
    pub(crate) fn begin(id: HeldId, carrier: Carrier, epoch: i64) -> Option<Sealing> {
        let mut header = [0; HEADER_BYTES];
        header[0] = VERSION;
        header[1] = match carrier {
            Carrier::Phone => 1,
            Carrier::Card => 2,
        };
        header[2..6].copy_from_slice(&u32::try_from(epoch).ok()?.to_be_bytes());
        header[6..6 + ID_BYTES].copy_from_slice(&id.0.to_bytes());
        header[6 + ID_BYTES..].copy_from_slice(&secret::random::<SALT_BYTES>());
        Some(Sealing { header })
    }

    pub(crate) fn salt(&self) -> &[u8] {
        &self.header[HEADER_BYTES - SALT_BYTES..]
    }

    /// Seals and signs.
    pub(crate) fn finish(
        self,
        keys: &HeldKeys,
        halves: [&[u8; 32]; 2],
        contents: &Contents,
    ) -> Result<Vec<u8>, WrongKey> {
        let mut plain = Zeroizing::new(Vec::with_capacity(PLAIN_BYTES));
        plain.push(match contents.side {
            Side::Left => 0,
            Side::Right => 1,
        });
        plain.extend_from_slice(contents.pin.bytes());
        plain.extend_from_slice(&contents.template.to_bytes());
        let cipher = cipher(&self.header, halves);
        // Each key seals once: its header has a salt.
        let sealed = cipher.encrypt(&XNonce::default(), Payload { msg: &plain, aad: &self.header });
        let mut bytes = [self.header.as_slice(), &sealed.map_err(|_| WrongKey)?].concat();
        let signature = keys.signing.sign(&[SIGNED_AS, &bytes].concat());
        bytes.extend_from_slice(&signature.to_bytes());
        Ok(bytes)
    }
}

impl Blob {
    /// How long every blob is.
    pub(crate) const BYTES: usize = HEADER_BYTES + PLAIN_BYTES + TAG_BYTES + SIGNATURE_BYTES;

    /// Reads one; opens nothing.
    pub(crate) fn parse(keys: &HeldKeys, bytes: &[u8]) -> Result<Blob, Forged> {
        if bytes.len() != Self::BYTES {
            return Err(Forged);
        }
        let (signed, signature) = bytes.split_last_chunk::<SIGNATURE_BYTES>().ok_or(Forged)?;
        let signature = Signature::from_bytes(signature);
        let checked = keys.signing.verifying_key().verify_strict(&[SIGNED_AS, signed].concat(), &signature);
        checked.map_err(|_| Forged)?;
        let (head, rest) = signed.split_first_chunk::<2>().ok_or(Forged)?;
        let carrier = match head {
            [VERSION, 1] => Carrier::Phone,
            [VERSION, 2] => Carrier::Card,
            _ => return Err(Forged),
        };
        let (epoch, rest) = rest.split_first_chunk().ok_or(Forged)?;
        let (id, _) = rest.split_first_chunk::<ID_BYTES>().ok_or(Forged)?;
        let id = HeldId(Ulid::from_bytes(*id));
        Ok(Blob { id, carrier, epoch: u32::from_be_bytes(*epoch).into(), bytes: bytes.to_vec() })
    }

    pub(crate) fn salt(&self) -> &[u8] {
        &self.bytes[HEADER_BYTES - SALT_BYTES..HEADER_BYTES]
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Opens it with the installation's half and the carrier's.
    pub(crate) fn open(&self, halves: [&[u8; 32]; 2]) -> Result<Contents, WrongKey> {
        let (header, rest) = self.bytes.split_first_chunk::<HEADER_BYTES>().ok_or(WrongKey)?;
        let sealed = &rest[..PLAIN_BYTES + TAG_BYTES];
        let cipher = cipher(header, halves);
        let plain = cipher.decrypt(&XNonce::default(), Payload { msg: sealed, aad: header }).map_err(|_| WrongKey)?;
        let plain = Zeroizing::new(plain);
        let (&side, rest) = plain.split_first().ok_or(WrongKey)?;
        let (pin, template) = rest.split_first_chunk().ok_or(WrongKey)?;
        Ok(Contents {
            side: if side == 0 { Side::Left } else { Side::Right },
            pin: PinCheck::from_bytes(*pin),
            // Written by another version, it opens and still is no template any more.
            template: HeldTemplate::from_bytes(template).map_err(|_| WrongKey)?,
        })
    }
}

fn cipher(header: &[u8; HEADER_BYTES], [here, carried]: [&[u8; 32]; 2]) -> XChaCha20Poly1305 {
    let message = Zeroizing::new([carried.as_slice(), header].concat());
    let key = Zeroizing::new(mac(here, &message));
    XChaCha20Poly1305::new((&*key).into())
}
