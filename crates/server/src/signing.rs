//! Signatures of webhooks, as Standard Webhooks has them: an id, a time and a body, under a secret that the receiver has
//! (`v1`, HMAC-SHA256) and under a key of this installation (`v1a`, ed25519).

use crate::secret::mac;
use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

/// The header with what the message is known by; the same each time it is sent.
pub const ID: &str = "webhook-id";
/// The header with the time of sending, in seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures, with spaces between.
pub const SIGNATURE: &str = "webhook-signature";

/// Signs in the name of one installation. Never printed.
pub struct Signer(SigningKey);

/// What one receiver has in common with the sender. Never printed, wiped when dropped.
pub struct Secret(Zeroizing<[u8; 32]>);

impl Signer {
    /// The signer of a secret seed.
    pub fn from_seed(seed: &[u8; 32]) -> Signer {
        Signer(SigningKey::from_bytes(seed))
    }

    /// What checks the signatures `v1a`.
    pub fn public_key(&self) -> String {
        format!("whpk_{}", BASE64_STANDARD.encode(self.0.verifying_key().as_bytes()))
    }

    /// The value of [`SIGNATURE`]: under this key, and under each of `secrets`.
    pub fn sign(&self, secrets: &[Secret], id: &str, timestamp_s: i64, body: &[u8]) -> String {
        let signed = [format!("{id}.{timestamp_s}.").as_bytes(), body].concat();
        let mut signatures = format!("v1a,{}", BASE64_STANDARD.encode(self.0.sign(&signed).to_bytes()));
        for secret in secrets {
            signatures.push_str(" v1,");
            signatures.push_str(&BASE64_STANDARD.encode(mac(&secret.0, &signed)));
        }
        signatures
    }
}

impl Signer {
    /// A signature of a text that says by its beginning what it is, in base64. No webhook's id begins like one.
    pub fn sign_text(&self, text: &str) -> String {
        BASE64_STANDARD.encode(self.0.sign(text.as_bytes()).to_bytes())
    }
}

/// Whether [`Signer::sign_text`] signed this text under this public key.
pub fn is_signed(text: &str, signature: &str, public_key: &str) -> bool {
    let check = || {
        let key = BASE64_STANDARD.decode(public_key.strip_prefix("whpk_")?).ok()?;
        let key = VerifyingKey::from_bytes(key.as_slice().try_into().ok()?).ok()?;
        let signature = Signature::from_slice(&BASE64_STANDARD.decode(signature).ok()?).ok()?;
        key.verify_strict(text.as_bytes(), &signature).ok()
    };
    check().is_some()
}

impl Secret {
    /// A secret of these bytes.
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Secret {
        Secret(bytes)
    }

    /// As a receiver's library takes it.
    pub fn text(&self) -> String {
        format!("whsec_{}", BASE64_STANDARD.encode(self.0.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Others' code says yes: the reference library of the standard, and another implementation of ed25519.
    #[test]
    fn other_implementations_accept_what_is_signed_here_and_nothing_else() {
        let signer = Signer::from_seed(&[7; 32]);
        let (old, new) = (Secret::new(Zeroizing::new([1; 32])), Secret::new(Zeroizing::new([2; 32])));
        let texts = [old.text(), new.text()];
        let now = crate::clock::now_ms() / 1000;
        let body = br#"{"type":"payment.captured"}"#;
        let signature = signer.sign(&[old, new], "evt_1", now, body);

        let mut headers = axum::http::HeaderMap::new();
        headers.insert(ID, "evt_1".parse().unwrap());
        headers.insert(TIMESTAMP, now.to_string().parse().unwrap());
        headers.insert(SIGNATURE, signature.parse().unwrap());
        for text in &texts {
            let webhook = standardwebhooks::Webhook::new(text).unwrap();
            webhook.verify(body, &headers).unwrap();
            assert!(webhook.verify(b"another body", &headers).is_err());
        }
        let other = Secret::new(Zeroizing::new([3; 32])).text();
        assert!(standardwebhooks::Webhook::new(&other).unwrap().verify(body, &headers).is_err());

        let key = BASE64_STANDARD.decode(signer.public_key().strip_prefix("whpk_").unwrap()).unwrap();
        let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, key);
        let first = signature.split(' ').find_map(|one| one.strip_prefix("v1a,")).unwrap();
        let first = BASE64_STANDARD.decode(first).unwrap();
        let signed = [format!("evt_1.{now}.").as_bytes(), body.as_slice()].concat();
        key.verify(&signed, &first).unwrap();
        assert!(key.verify(body, &first).is_err());
    }
}
