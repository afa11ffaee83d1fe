//! A device with passkeys, as WebAuthn has it: keys on P-256, no attestation. What it says can be bent to see it refused.

use super::{Answer, Client};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Where the tests' servers say they are.
pub const ORIGIN: &str = "http://localhost:8321";
const HOST: &str = "localhost";
/// Somebody is there and was recognised.
const PRESENT_AND_VERIFIED: u8 = 0b101;
/// A new key is attached.
const ATTACHED: u8 = 0b100_0000;

/// One passkey in a device.
pub struct Authenticator {
    key: EcdsaKeyPair,
    id: [u8; 16],
    user: Option<String>,
    /// How often it was used.
    pub counter: u32,
    /// Which page it believes to be on.
    pub origin: String,
    /// What it says of whoever holds it.
    pub flags: u8,
}

impl Authenticator {
    pub fn new() -> Authenticator {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &random).unwrap();
        let mut id = [0; 16];
        random.fill(&mut id).unwrap();
        Authenticator { key, id, user: None, counter: 0, origin: ORIGIN.to_owned(), flags: PRESENT_AND_VERIFIED }
    }

    /// Makes a passkey for a question, as a page would send it.
    pub fn make(&mut self, question: &Value, name: &str) -> Value {
        let options = &question["publicKey"];
        self.user = Some(options["user"]["id"].as_str().unwrap().to_owned());
        let point = self.key.public_key().as_ref();
        let mut data = self.data(ATTACHED);
        data.extend([0; 16]);
        data.extend(16_u16.to_be_bytes());
        data.extend(self.id);
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 32]);
        data.extend(&point[33..]);
        let mut object = b"\xa3cfmtdnonegattStmt\xa0hauthData\x58".to_vec();
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        let client = self.client_data("webauthn.create", options);
        let response = json!({"attestationObject": BASE64.encode(object), "clientDataJSON": BASE64.encode(client)});
        json!({"ceremony": question["ceremony"], "name": name, "credential": self.credential(response)})
    }

    /// Answers a question with its passkey.
    pub fn prove(&mut self, question: &Value) -> Value {
        self.counter += 1;
        let client = self.client_data("webauthn.get", &question["publicKey"]);
        let data = self.data(0);
        let signed = [data.as_slice(), &Sha256::digest(&client)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        let response = json!({
            "authenticatorData": BASE64.encode(data), "clientDataJSON": BASE64.encode(client),
            "signature": BASE64.encode(signature), "userHandle": self.user,
        });
        json!({"ceremony": question["ceremony"], "credential": self.credential(response)})
    }

    /// Signs in from this browser.
    pub fn sign_in(&mut self, browser: &Client) -> Answer {
        let question: Value = browser.post("/sign-in/passkey/start", &json!({})).ok();
        browser.post("/sign-in/passkey/finish", &self.prove(&question))
    }

    /// Uses a staff link.
    pub fn join(&mut self, browser: &Client, token: &str, name: &str) -> Answer {
        let question: Value = browser.post(&format!("/join/{token}/start"), &json!({"name": name})).ok();
        browser.post(&format!("/join/{token}/finish"), &self.make(&question, ""))
    }

    fn data(&self, more: u8) -> Vec<u8> {
        let mut data = Sha256::digest(HOST).to_vec();
        data.push(self.flags | more);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let said =
            json!({"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false});
        said.to_string().into_bytes()
    }

    fn credential(&self, response: Value) -> Value {
        let id = BASE64.encode(self.id);
        json!({"id": id, "rawId": id, "type": "public-key", "response": response, "extensions": {}})
    }
}
