//! Palms on their way to an agent, and in its folder: sealed to its own key pair by HPKE (RFC 9180), and with what both know of the
//! agent's key for the API, so that nobody else could have sealed them.

use crate::secret::mac;
use handsel_api::SiteId;
use hpke::{
    Deserializable, HpkeError, Kem as _, OpModeR, OpModeS, PskBundle, Serializable, aead::ChaCha20Poly1305,
    kdf::HkdfSha256, kem::X25519HkdfSha256,
};
use zeroize::Zeroizing;

type Kem = X25519HkdfSha256;
type PrivateKey = <Kem as hpke::Kem>::PrivateKey;
type PublicKey = <Kem as hpke::Kem>::PublicKey;
type Encapsulated = <Kem as hpke::Kem>::EncappedKey;

/// How long a public key is, and what comes before the sealed bytes.
pub(crate) const PUBLIC_BYTES: usize = 32;

/// Bytes that were not sealed to this agent, by a server that knows its key, for this site; or a public key that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not sealed for this agent and site by its server")]
pub(crate) struct NotSealedHere;

impl From<HpkeError> for NotSealedHere {
    fn from(_: HpkeError) -> NotSealedHere {
        NotSealedHere
    }
}

/// An agent's key pair. Wiped when dropped, and never printed.
pub(crate) struct AgentKey(PrivateKey);

impl AgentKey {
    /// The pair that follows from the key in the agent's folder.
    pub(crate) fn of(master: &[u8; 32]) -> AgentKey {
        let seed = Zeroizing::new(mac(master, b"handsel/1/offline_agent"));
        AgentKey(Kem::derive_keypair(seed.as_slice()).0)
    }

    /// The half that the server gets.
    pub(crate) fn public(&self) -> [u8; PUBLIC_BYTES] {
        Kem::sk_to_pk(&self.0).to_bytes().into()
    }

    /// Opens what [`seal`] sealed; `api_key_hash` is that of the agent's key for the API.
    pub(crate) fn open(
        &self,
        api_key_hash: &[u8; 32],
        site: SiteId,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, NotSealedHere> {
        let (encapsulated, sealed) = sealed.split_at_checked(PUBLIC_BYTES).ok_or(NotSealedHere)?;
        let encapsulated = Encapsulated::from_bytes(encapsulated)?;
        let mode = OpModeR::Psk(shared(api_key_hash)?);
        let open = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>;
        Ok(Zeroizing::new(open(&mode, &self.0, &encapsulated, &info(site), sealed, &[])?))
    }
}

/// Seals to the agent with this public key and this key for the API, at this site.
pub(crate) fn seal(
    public: &[u8],
    api_key_hash: &[u8; 32],
    site: SiteId,
    plain: &[u8],
) -> Result<Vec<u8>, NotSealedHere> {
    let public = PublicKey::from_bytes(public)?;
    let mode = OpModeS::Psk(shared(api_key_hash)?);
    let seal = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Kem>;
    let (encapsulated, sealed) = seal(&mode, &public, &info(site), plain, &[])?;
    Ok([encapsulated.to_bytes().as_slice(), &sealed].concat())
}

fn shared(api_key_hash: &[u8; 32]) -> Result<PskBundle<'_>, HpkeError> {
    PskBundle::new(api_key_hash, b"handsel/1/api_key")
}

fn info(site: SiteId) -> Vec<u8> {
    format!("handsel/1/offline_subset/{site}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    #[test]
    fn only_the_agent_it_is_for_opens_it_and_only_as_what_it_is() {
        let (agent, other) = (AgentKey::of(&[1; 32]), AgentKey::of(&[2; 32]));
        let (site, elsewhere) = (SiteId(Ulid::from_parts(1, 1)), SiteId(Ulid::from_parts(1, 2)));
        let sealed = seal(&agent.public(), &[7; 32], site, b"palms").unwrap();
        assert_eq!(agent.open(&[7; 32], site, &sealed).unwrap().as_slice(), b"palms");
        assert_eq!(AgentKey::of(&[1; 32]).open(&[7; 32], site, &sealed).unwrap().as_slice(), b"palms");
        assert!(other.open(&[7; 32], site, &sealed).is_err());
        assert!(agent.open(&[8; 32], site, &sealed).is_err(), "a server that does not know the key did not make it");
        assert!(agent.open(&[7; 32], elsewhere, &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(agent.open(&[7; 32], site, &changed).is_err(), "byte {at}");
            assert!(agent.open(&[7; 32], site, &sealed[..at]).is_err(), "{at} bytes");
        }
        assert!(seal(&[0; 32], &[7; 32], site, b"palms").is_err(), "a point of small order is no key");
        assert!(seal(&[1; 31], &[7; 32], site, b"palms").is_err());
    }
}
