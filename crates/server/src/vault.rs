//! Sealed storage: what is personal is encrypted under a key of its own subject, and that key under one kept outside the
//! database. Destroying a subject's wrapped key makes everything sealed under it unreadable, wherever a copy lies.
//!
//! XChaCha20-Poly1305 with random 24-byte nonces; the associated data names what is sealed and whose it is, so a
//! ciphertext moved to another row, column or subject does not open.

mod held;
mod key_file;
mod key_home;
#[cfg(test)]
mod tests;
mod token;
mod what;
mod wrapping;

pub(crate) use key_file::{KeyFileError, read_or_create, write_private};
pub(crate) use token::TokenError;
pub(crate) use what::What;
pub(crate) use wrapping::make as make_wrapping_key;
pub(crate) use wrapping::{FIRST, Wrapped};

use crate::{
    config::{Config, TokenConfig},
    secret::{self, mac},
    signing::{Secret, Signer},
};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use handsel_api::{DisputeId, LegalRequestId, SubjectId, WebhookEndpointId};
use handsel_log::KeyName;
use std::path::Path;
use wrapping::Ring;
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 24;

/// The installation's keys. Never printed, wiped when dropped.
pub(crate) struct Vault {
    wrapping: Ring,
    naming: Zeroizing<[u8; 32]>,
    receipts: Zeroizing<[u8; 32]>,
    answers: Zeroizing<[u8; 32]>,
    phones: Zeroizing<[u8; 32]>,
    matchers: Zeroizing<[u8; 32]>,
    ledger: Zeroizing<[u8; 32]>,
    webhooks: Zeroizing<[u8; 32]>,
    notes: Zeroizing<[u8; 32]>,
    credits: Zeroizing<[u8; 32]>,
    passes: Zeroizing<[u8; 32]>,
    held: Zeroizing<[u8; 32]>,
    log: Zeroizing<[u8; 32]>,
    directory: Zeroizing<[u8; 32]>,
    erasures: Zeroizing<[u8; 32]>,
    staff: Zeroizing<[u8; 32]>,
    contacts: Zeroizing<[u8; 32]>,
    check: [u8; 32],
}

/// One subject's key. Never printed, wiped when dropped.
pub(crate) struct SubjectKey {
    subject: SubjectId,
    key: Zeroizing<[u8; 32]>,
}

/// Nonce and ciphertext. Only the vault makes one, so nothing else can be written where sealed bytes belong.
pub(crate) struct Sealed(Vec<u8>);

/// Sealed bytes that do not open: damaged, moved, or sealed under another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sealed data does not open: it is damaged, in the wrong place or under another key")]
pub(crate) struct DoesNotOpen;

/// Why a key is not wrapped anew.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RewrapError {
    /// It does not unwrap.
    #[error(transparent)]
    Key(#[from] DoesNotOpen),
    /// The token does not wrap it.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl Vault {
    /// Reads the key files of an installation, or makes the first when `may_create`.
    pub(crate) fn of(config: &Config, may_create: bool) -> Result<Vault, KeyFileError> {
        Vault::with(&config.keys_dir(), may_create, config.pkcs11.as_ref())
    }

    /// The same in a folder, without a token.
    #[cfg(test)]
    pub(crate) fn open(keys_dir: &Path, may_create: bool) -> Result<Vault, KeyFileError> {
        Vault::with(keys_dir, may_create, None)
    }

    fn with(keys_dir: &Path, may_create: bool, token: Option<&TokenConfig>) -> Result<Vault, KeyFileError> {
        let master = key_file::read_or_create(keys_dir, may_create)?;
        Ok(Vault {
            wrapping: Ring::open(keys_dir, derive(&master, "handsel/1/wrapping"), token)?,
            naming: derive(&master, "handsel/1/pairwise"),
            receipts: derive(&master, "handsel/1/receipt"),
            answers: derive(&master, "handsel/1/answer"),
            phones: derive(&master, "handsel/1/phone_index"),
            matchers: derive(&master, "handsel/1/matchers"),
            ledger: derive(&master, "handsel/1/ledger"),
            webhooks: derive(&master, "handsel/1/webhooks"),
            notes: derive(&master, "handsel/1/notes"),
            credits: derive(&master, "handsel/1/credits"),
            passes: derive(&master, "handsel/1/offline_pass"),
            held: derive(&master, "handsel/1/held"),
            log: derive(&master, "handsel/1/log"),
            directory: derive(&master, "handsel/1/directory"),
            erasures: derive(&master, "handsel/1/erasures"),
            staff: derive(&master, "handsel/1/staff"),
            contacts: derive(&master, "handsel/1/contacts"),
            check: *derive(&master, "handsel/1/check"),
        })
    }

    /// Tells this key file from another; kept in the store, says nothing about the keys.
    pub(crate) fn check(&self) -> &[u8; 32] {
        &self.check
    }

    /// Seals a message between the server and its matchers; `data` says what it is.
    pub(crate) fn seal_message(&self, data: &str, plain: &[u8]) -> Sealed {
        seal(&self.matchers, data, plain)
    }

    /// Opens a message between the server and its matchers.
    pub(crate) fn open_message(&self, data: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        open(&self.matchers, data, sealed)
    }

    /// What this installation's messages are called among those of others; says nothing about the keys.
    pub(crate) fn message_name(&self) -> [u8; 16] {
        truncated(&self.matchers, b"handsel/1/name")
    }

    /// Signs webhooks in this installation's name.
    pub(crate) fn webhook_signer(&self) -> Signer {
        Signer::from_seed(&derive(&self.webhooks, "handsel/1/ed25519"))
    }

    /// The secret of this number of a webhook endpoint. None is stored anywhere.
    pub(crate) fn webhook_secret(&self, endpoint: WebhookEndpointId, number: i64) -> Secret {
        Secret::new(derive(&self.webhooks, &format!("handsel/1/secret/{endpoint}/{number}")))
    }

    /// Makes a subject's key, and its wrapped form to store.
    pub(crate) fn new_subject_key(&self, subject: SubjectId) -> Result<(SubjectKey, Wrapped<'static>), TokenError> {
        let key = Zeroizing::new(secret::random::<32>());
        let wrapped = self.wrapping.wrap(&wrap_data(&subject.to_string()), key.as_slice())?;
        Ok((SubjectKey { subject, key }, wrapped))
    }

    /// Unwraps a subject's key.
    pub(crate) fn subject_key(&self, subject: SubjectId, wrapped: &Wrapped<'_>) -> Result<SubjectKey, DoesNotOpen> {
        let key = self.unwrap(&wrap_data(&subject.to_string()), wrapped)?;
        Ok(SubjectKey { subject, key })
    }

    /// Makes the key of an epoch's transform, and its wrapped form to store.
    pub(crate) fn new_epoch_key(&self, number: i64) -> Result<(Zeroizing<[u8; 32]>, Wrapped<'static>), TokenError> {
        let key = Zeroizing::new(secret::random::<32>());
        let wrapped = self.wrapping.wrap(&epoch_data(number), key.as_slice())?;
        Ok((key, wrapped))
    }

    /// Unwraps the key of an epoch's transform.
    pub(crate) fn epoch_key(&self, number: i64, wrapped: &Wrapped<'_>) -> Result<Zeroizing<[u8; 32]>, DoesNotOpen> {
        self.unwrap(&epoch_data(number), wrapped)
    }

    /// The same subject's key, wrapped by the newest key-encryption key.
    pub(crate) fn rewrap_subject(&self, id: &str, wrapped: &Wrapped<'_>) -> Result<Wrapped<'static>, RewrapError> {
        let data = wrap_data(id);
        Ok(self.wrapping.wrap(&data, self.unwrap(&data, wrapped)?.as_slice())?)
    }

    /// The same epoch's key, wrapped by the newest key-encryption key.
    pub(crate) fn rewrap_epoch(&self, number: i64, wrapped: &Wrapped<'_>) -> Result<Wrapped<'static>, RewrapError> {
        let data = epoch_data(number);
        Ok(self.wrapping.wrap(&data, self.unwrap(&data, wrapped)?.as_slice())?)
    }

    /// The number of the key-encryption key that wraps what is new.
    pub(crate) fn newest_wrapping(&self) -> i64 {
        self.wrapping.newest()
    }

    /// Looks for key-encryption keys that were made since.
    pub(crate) fn reread_wrapping(&self) -> Result<(), KeyFileError> {
        self.wrapping.reread()
    }

    /// Every one of these key-encryption keys is there.
    pub(crate) fn check_wrapping(&self, used: impl IntoIterator<Item = i64>) -> Result<(), KeyFileError> {
        used.into_iter().try_for_each(|number| self.wrapping.check(number))
    }

    /// Forgets the key-encryption keys before the newest one, which wrap nothing any more, in the file as well.
    pub(crate) fn forget_old_wrapping(&self) -> Result<(), KeyFileError> {
        self.wrapping.forget_before(self.wrapping.newest())
    }

    fn unwrap(&self, data: &str, wrapped: &Wrapped<'_>) -> Result<Zeroizing<[u8; 32]>, DoesNotOpen> {
        let opened = self.wrapping.unwrap(data, wrapped)?;
        let key: [u8; 32] = opened.as_slice().try_into().map_err(|_| DoesNotOpen)?;
        Ok(Zeroizing::new(key))
    }

    /// Seals the answer kept for a caller's request.
    pub(crate) fn seal_answer(&self, caller: &str, key: &str, body: &[u8]) -> Sealed {
        seal(&self.answers, &answer_data(caller, key), body)
    }

    /// Opens the answer kept for a caller's request.
    pub(crate) fn open_answer(
        &self,
        caller: &str,
        key: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        open(&self.answers, &answer_data(caller, key), sealed)
    }

    /// Seals what an operator noted about a dispute.
    pub(crate) fn seal_note(&self, dispute: DisputeId, note: &str) -> Sealed {
        seal(&self.notes, &note_data(dispute), note.as_bytes())
    }

    /// Opens what an operator noted about a dispute.
    pub(crate) fn open_note(&self, dispute: DisputeId, sealed: &[u8]) -> Result<String, DoesNotOpen> {
        let plain = open(&self.notes, &note_data(dispute), sealed)?;
        std::str::from_utf8(&plain).map(str::to_owned).map_err(|_| DoesNotOpen)
    }

    /// Seals what is written about a request of an authority that concerns nobody here.
    pub(crate) fn seal_request(&self, request: LegalRequestId, part: &'static str, text: &[u8]) -> Sealed {
        seal(&self.notes, &request_data(request, part), text)
    }

    /// Opens what [`Vault::seal_request`] sealed.
    pub(crate) fn open_request(
        &self,
        request: LegalRequestId,
        part: &'static str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        open(&self.notes, &request_data(request, part), sealed)
    }

    /// What this installation's log is called among those of others; says nothing about the keys.
    pub(crate) fn log_name(&self) -> KeyName {
        let name = format!("handsel/{}", secret::hex(&truncated(&self.log, b"handsel/1/name")));
        #[expect(clippy::expect_used, reason = "letters, digits and a slash")]
        KeyName::parse(&name).expect("a name without spaces")
    }

    /// The secret key that signs the log.
    pub(crate) fn log_seed(&self) -> Zeroizing<[u8; 32]> {
        derive(&self.log, "handsel/1/ed25519")
    }

    /// Seals what an entry of the log opens to that concerns nobody in particular.
    pub(crate) fn seal_opening(&self, commitment: &str, opening: &[u8]) -> Sealed {
        seal(&derive(&self.log, "handsel/1/openings"), &opening_data(commitment), opening)
    }

    /// The key by which places in the directory are hidden.
    pub(crate) fn directory_key(&self) -> &[u8; 32] {
        &self.directory
    }

    /// Opens what [`Vault::seal_opening`] sealed.
    pub(crate) fn open_opening(&self, commitment: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        open(&derive(&self.log, "handsel/1/openings"), &opening_data(commitment), sealed)
    }

    /// Seals what says that somebody may pay at one agent; `data` names the agent.
    pub(crate) fn seal_pass(&self, data: &str, plain: &[u8]) -> Sealed {
        seal(&self.passes, data, plain)
    }

    /// Opens what [`Vault::seal_pass`] sealed.
    pub(crate) fn open_pass(&self, data: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        open(&self.passes, data, sealed)
    }

    /// Seals what belongs to somebody who works for the operator; `data` says what and whose.
    pub(crate) fn seal_staff(&self, data: &str, plain: &[u8]) -> Sealed {
        seal(&self.staff, &format!("handsel/1/staff/{data}"), plain)
    }

    /// Opens what [`Vault::seal_staff`] sealed.
    pub(crate) fn open_staff(&self, data: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        open(&self.staff, &format!("handsel/1/staff/{data}"), sealed)
    }

    /// The first 128 bits of HMAC-SHA256 of `message` under the key that names shoppers to merchants.
    pub(crate) fn name(&self, message: &[u8]) -> [u8; 16] {
        truncated(&self.naming, message)
    }

    /// What an erased subject is remembered by: 128 bits of HMAC-SHA256 of their id under a key of its own, in hexadecimal.
    pub(crate) fn erasure_mark(&self, subject: &str) -> String {
        secret::hex(&truncated(&self.erasures, subject.as_bytes()))
    }

    /// What those whose phone ends in these digits are found by: 128 bits of HMAC-SHA256 under a key of its own.
    pub(crate) fn phone_index(&self, digits: &str) -> [u8; 16] {
        truncated(&self.phones, digits.as_bytes())
    }

    /// What whoever has this mail address or phone number is found by.
    pub(crate) fn contact_index(&self, contact: &str) -> [u8; 16] {
        truncated(&self.contacts, format!("contact/{contact}").as_bytes())
    }

    /// What is kept of a one-time code for an address.
    pub(crate) fn one_time_code(&self, index: &[u8; 16], code: &str) -> [u8; 32] {
        mac(&self.contacts, format!("code/{}/{code}", secret::hex(index)).as_bytes())
    }

    /// What a card is known by to whoever gives credits: 128 bits of HMAC-SHA256 of the processor's fingerprint of it.
    pub(crate) fn card_hash(&self, processor: &str, fingerprint: &str) -> [u8; 16] {
        truncated(&self.credits, format!("card/{processor}/{fingerprint}").as_bytes())
    }

    /// What a voucher is found by.
    pub(crate) fn code_hash(&self, code: &str) -> [u8; 16] {
        truncated(&self.credits, format!("code/{code}").as_bytes())
    }

    /// What the code of the voucher of this number is made of that a request asked for.
    pub(crate) fn new_code(&self, request: &[u8; 16], number: u32) -> [u8; 16] {
        truncated(&self.credits, format!("new/{}/{number}", secret::hex(request)).as_bytes())
    }

    /// HMAC-SHA256 of a row of the ledger, with the one before it, under a key of its own.
    pub(crate) fn chain(&self, row: &[u8]) -> [u8; 32] {
        mac(&self.ledger, row)
    }

    /// The first 128 bits of HMAC-SHA256 of `message` under the key that makes receipts' secrets.
    pub(crate) fn receipt(&self, message: &[u8]) -> [u8; 16] {
        truncated(&self.receipts, message)
    }
}

impl SubjectKey {
    /// Its bytes, to be looked for where they must not be.
    pub(crate) fn exposed(&self) -> &[u8; 32] {
        &self.key
    }

    /// Finds this subject's place in the directory. It goes with the key.
    pub(crate) fn directory_secret(&self) -> Zeroizing<[u8; 32]> {
        derive(&self.key, "handsel/1/directory")
    }

    /// Seals bytes of this subject.
    pub(crate) fn seal(&self, what: What<'_>, plain: &[u8]) -> Sealed {
        seal(&self.key, &what.data(self.subject), plain)
    }

    /// Opens bytes of this subject.
    pub(crate) fn open(&self, what: What<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        open(&self.key, &what.data(self.subject), sealed)
    }

    /// Opens text of this subject.
    pub(crate) fn open_text(&self, what: What<'_>, sealed: &[u8]) -> Result<Zeroizing<String>, DoesNotOpen> {
        let plain = self.open(what, sealed)?;
        std::str::from_utf8(&plain).map(|text| Zeroizing::new(text.to_owned())).map_err(|_| DoesNotOpen)
    }
}

impl Sealed {
    /// The bytes to store.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes to send.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

fn wrap_data(subject: &str) -> String {
    format!("handsel/1/subject_key/{subject}")
}

fn epoch_data(number: i64) -> String {
    format!("handsel/1/epoch_key/{number}")
}

fn request_data(request: LegalRequestId, part: &'static str) -> String {
    format!("handsel/1/legal_request/{request}/{part}")
}

fn note_data(dispute: DisputeId) -> String {
    format!("handsel/1/dispute_note/{dispute}")
}

fn opening_data(commitment: &str) -> String {
    format!("handsel/1/opening/{commitment}")
}

/// No caller's name holds a slash, so no two requests share this.
fn answer_data(caller: &str, key: &str) -> String {
    format!("handsel/1/answer/{caller}/{key}")
}

fn seal(key: &[u8; 32], data: &str, plain: &[u8]) -> Sealed {
    let nonce = secret::random::<NONCE_BYTES>();
    let cipher = XChaCha20Poly1305::new(key.into());
    #[expect(clippy::expect_used, reason = "fails only past 256 GiB, and frames are at most 20 MB")]
    let ciphertext = cipher
        .encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: data.as_bytes() })
        .expect("a short plaintext");
    let mut bytes = Vec::with_capacity(NONCE_BYTES + ciphertext.len());
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&ciphertext);
    Sealed(bytes)
}

fn open(key: &[u8; 32], data: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
    let (nonce, ciphertext) = sealed.split_at_checked(NONCE_BYTES).ok_or(DoesNotOpen)?;
    XChaCha20Poly1305::new(key.into())
        .decrypt(XNonce::from_slice(nonce), Payload { msg: ciphertext, aad: data.as_bytes() })
        .map(Zeroizing::new)
        .map_err(|_| DoesNotOpen)
}

fn derive(master: &[u8; 32], label: &str) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(mac(master, label.as_bytes()))
}

fn truncated(key: &[u8; 32], message: &[u8]) -> [u8; 16] {
    let whole = mac(key, message);
    std::array::from_fn(|i| whole[i])
}
