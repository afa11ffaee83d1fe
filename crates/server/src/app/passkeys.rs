//! Passkeys: added to a wallet or to staff, and used to sign in. The library does what WebAuthn asks of a server; here is what is
//! kept, for how long, and who may.

use super::{
    Account, Answer, App, Caller, Refusal,
    staff::{self, StaffLink},
};
use crate::{
    clock::{day, now_ms, rfc3339},
    config::PublicUrl,
    ids, secret,
    store::{
        Conn,
        passkeys::{self, StoredPasskey},
    },
    vault::{DoesNotOpen, Sealed, What},
};
use handsel_api::{Code, PasskeyId, StaffId, SubjectId};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use ulid::Ulid;
use webauthn_rs::prelude::{
    CreationChallengeResponse, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, RequestChallengeResponse, Url, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};
use webauthn_rs_proto::ResidentKeyRequirement;

/// How long somebody may take with their device.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// The most that may be under way at once; each is a few hundred bytes.
const MOST_UNDER_WAY: usize = 10_000;
/// The most passkeys of one account.
const MOST: usize = 20;
const LONGEST_NAME: usize = 40;

/// Makes and checks passkeys for one origin.
pub(crate) struct Passkeys {
    webauthn: Webauthn,
    under_way: Mutex<HashMap<String, (Ceremony, Instant)>>,
}

/// What a device was asked for.
enum Ceremony {
    /// A passkey for this account, by this link where nobody is signed in yet.
    Add { account: Account, joining: Option<Joining>, state: PasskeyRegistration },
    /// Any passkey it has for this origin.
    SignIn(DiscoverableAuthentication),
}

/// Somebody with a link, on the way to become staff or to come back.
#[derive(Clone)]
pub(super) struct Joining {
    pub(super) link: StaffLink,
    pub(super) name: String,
}

/// What a browser is to hand to its device, and what to send back with the answer.
#[derive(Serialize)]
pub struct Begun<T> {
    /// Names the question; good once, for five minutes.
    pub ceremony: String,
    /// For `navigator.credentials`.
    #[serde(flatten)]
    pub options: T,
}

/// A device's answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasskeyAnswer<T> {
    /// Which question it answers.
    pub ceremony: String,
    /// What the device said.
    pub credential: T,
    /// What a new passkey is called.
    #[serde(default)]
    pub name: Option<String>,
}

/// A passkey as its owner sees it.
#[derive(Debug, Clone)]
pub struct ShownPasskey {
    /// Its id.
    pub id: PasskeyId,
    /// What they call it.
    pub name: String,
    /// RFC 3339.
    pub created_at: String,
    /// The day it was last used.
    pub last_used_on: Option<String>,
}

/// Somebody who has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// The session's token.
    pub token: String,
}

/// What is sealed of a passkey.
#[derive(Serialize, Deserialize)]
struct Record {
    name: String,
    passkey: Passkey,
}

impl Passkeys {
    /// For pages under this address.
    pub(super) fn of(url: &PublicUrl) -> Result<Passkeys, WebauthnError> {
        let origin = Url::parse(url.origin()).map_err(|_| WebauthnError::InvalidRPOrigin)?;
        let webauthn = WebauthnBuilder::new(url.host(), &origin)?
            .rp_name("Handsel")
            .allow_any_port(url.any_port())
            .timeout(PATIENCE)
            .build()?;
        Ok(Passkeys { webauthn, under_way: Mutex::default() })
    }

    fn begin(&self, ceremony: Ceremony) -> Answer<String> {
        let name = secret::token("");
        let (now, mut under_way) = (Instant::now(), self.under_way.lock().unwrap_or_else(PoisonError::into_inner));
        if under_way.len() >= MOST_UNDER_WAY {
            under_way.retain(|_, (_, until)| *until > now);
        }
        if under_way.len() >= MOST_UNDER_WAY {
            return Err(Refusal::new(Code::TooManyRequests, "Many people sign in just now. Try again in a minute."));
        }
        under_way.insert(name.clone(), (ceremony, now + PATIENCE));
        Ok(name)
    }

    /// Each question is answered once: an answer that is sent again finds none.
    fn take(&self, name: &str) -> Option<Ceremony> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.remove(name).filter(|(_, until)| *until > Instant::now()).map(|(ceremony, _)| ceremony)
    }
}

impl App {
    /// Asks a device for a passkey of the caller's.
    pub async fn begin_passkey(&self, caller: &Caller) -> Answer<Begun<CreationChallengeResponse>> {
        let account = caller.account()?;
        let mut conn = self.0.store.read().await?;
        let name = self.account_name(&mut conn, account).await?;
        let known = self.records(&mut conn, account).await?;
        if known.len() >= MOST {
            return Err(Refusal::new(Code::InvalidField, format!("{MOST} passkeys are the most. Remove one first.")));
        }
        self.ask_for_passkey(account, &name, None, known.into_iter().map(|(_, record)| record.passkey))
    }

    /// Adds the passkey that a device made.
    pub async fn add_passkey(
        &self,
        caller: &Caller,
        answer: PasskeyAnswer<RegisterPublicKeyCredential>,
    ) -> Answer<PasskeyId> {
        let own = caller.account()?;
        let name = super::text("/name", answer.name.as_deref().unwrap_or("Passkey"), LONGEST_NAME)?;
        match self.0.passkeys.take(&answer.ceremony) {
            Some(Ceremony::Add { account, joining: None, state }) if account == own => {
                let passkey = self.made(&answer.credential, &state)?;
                let mut tx = self.0.store.write().await?;
                let id = self.keep_passkey(&mut tx, account, Record { name, passkey }).await?;
                tx.commit().await?;
                tracing::info!(by = caller.name(), passkey = %id, "passkey added");
                Ok(id)
            }
            _ => Err(over()),
        }
    }

    /// The caller's passkeys, the oldest first.
    pub async fn passkeys(&self, caller: &Caller) -> Answer<Vec<ShownPasskey>> {
        let account = caller.account()?;
        let mut conn = self.0.store.read().await?;
        let shown = self.records(&mut conn, account).await?.into_iter().map(|(stored, record)| ShownPasskey {
            id: stored.id,
            name: record.name,
            created_at: rfc3339(stored.created_ms),
            last_used_on: stored.last_used_on,
        });
        Ok(shown.collect())
    }

    /// Takes a passkey away from the caller. Staff keep one: they have no other way in.
    pub async fn remove_passkey(&self, caller: &Caller, id: PasskeyId) -> Answer<()> {
        let account = caller.account()?;
        let mut tx = self.0.store.write().await?;
        if matches!(account, Account::Staff(_)) && passkeys::of(&mut tx, account).await?.len() < 2 {
            return Err(Refusal::new(Code::InvalidField, "It is the only one. Add another one first."));
        }
        if !passkeys::delete(&mut tx, account, id).await? {
            return Err(Refusal::not_found("passkey"));
        }
        tx.commit().await?;
        tracing::info!(by = caller.name(), passkey = %id, "passkey removed");
        Ok(())
    }

    /// Asks a device for any passkey it has for this place. Says nothing of who has an account.
    pub async fn begin_sign_in(&self) -> Answer<Begun<RequestChallengeResponse>> {
        let (mut options, state) = self.0.passkeys.webauthn.start_discoverable_authentication().map_err(broken)?;
        // A button was pressed: the device asks at once, and not beside a form.
        options.mediation = None;
        Ok(Begun { ceremony: self.0.passkeys.begin(Ceremony::SignIn(state))?, options })
    }

    /// Signs in whoever has the passkey that a device used; `device` is what it is called in the list of sessions.
    pub async fn sign_in(&self, answer: PasskeyAnswer<PublicKeyCredential>, device: &str) -> Answer<SignedIn> {
        let Some(Ceremony::SignIn(state)) = self.0.passkeys.take(&answer.ceremony) else { return Err(over()) };
        let webauthn = &self.0.passkeys.webauthn;
        let (user, credential) =
            webauthn.identify_discoverable_authentication(&answer.credential).map_err(|_| unknown())?;
        let mut conn = self.0.store.read().await?;
        let mut found = None;
        for account in accounts(user) {
            let records = self.records(&mut conn, account).await?;
            let fits = |(_, record): &(_, Record)| record.passkey.cred_id().as_slice() == credential;
            if let Some((stored, record)) = records.into_iter().find(fits) {
                found = Some((account, stored.id, record));
            }
        }
        drop(conn);
        let Some((account, id, mut record)) = found else { return Err(unknown()) };
        let proved = webauthn.finish_discoverable_authentication_v2(&answer.credential, state, &record.passkey);
        let proved = proved.map_err(|why| {
            let copied = matches!(why, WebauthnError::CredentialPossibleCompromise);
            tracing::warn!(passkey = %id, copied, "a passkey was refused");
            unknown()
        })?;
        record.passkey.update_credential(&proved);
        let mut tx = self.0.store.write().await?;
        let sealed = self.seal_record(&mut tx, account, id, &record).await?;
        passkeys::used(&mut tx, id, &sealed, &day(now_ms())).await?;
        tx.commit().await?;
        let token = self.sign_in_as(account, device).await?;
        Ok(SignedIn { account, token })
    }

    /// Asks the device of somebody with a staff link for a passkey.
    pub async fn begin_joining(&self, token: &str, name: &str) -> Answer<Begun<CreationChallengeResponse>> {
        let link = self.staff_link(token).await?;
        let account = Account::Staff(link.staff.unwrap_or_else(|| StaffId(ids::next())));
        let mut conn = self.0.store.read().await?;
        let name = match link.staff {
            Some(_) => self.account_name(&mut conn, account).await?,
            None => super::text("/name", name, staff::LONGEST_NAME)?,
        };
        let known = self.records(&mut conn, account).await?;
        let joining = Joining { link, name: name.clone() };
        self.ask_for_passkey(account, &name, Some(joining), known.into_iter().map(|(_, record)| record.passkey))
    }

    /// Makes somebody with a staff link staff, with the passkey that their device made, and signs them in.
    pub async fn join(
        &self,
        token: &str,
        answer: PasskeyAnswer<RegisterPublicKeyCredential>,
        device: &str,
    ) -> Answer<SignedIn> {
        let taken = self.0.passkeys.take(&answer.ceremony);
        let Some(Ceremony::Add { account: Account::Staff(id), joining: Some(joining), state }) = taken else {
            return Err(over());
        };
        let passkey = self.made(&answer.credential, &state)?;
        let mut tx = self.0.store.write().await?;
        self.use_staff_link(&mut tx, token, id, &joining).await?;
        let account = Account::Staff(id);
        self.keep_passkey(&mut tx, account, Record { name: "First passkey".to_owned(), passkey }).await?;
        tx.commit().await?;
        tracing::info!(staff = %id, role = ?joining.link.role, "staff signed in by a link");
        let token = self.sign_in_as(account, device).await?;
        Ok(SignedIn { account, token })
    }

    fn ask_for_passkey(
        &self,
        account: Account,
        name: &str,
        joining: Option<Joining>,
        known: impl Iterator<Item = Passkey>,
    ) -> Answer<Begun<CreationChallengeResponse>> {
        let known = known.map(|passkey| passkey.cred_id().clone()).collect();
        let started = self.0.passkeys.webauthn.start_passkey_registration(user(account), name, name, Some(known));
        let (mut options, state) = started.map_err(broken)?;
        // One that the device finds by itself: nobody types who they are.
        if let Some(wished) = &mut options.public_key.authenticator_selection {
            wished.resident_key = Some(ResidentKeyRequirement::Required);
            wished.require_resident_key = true;
        }
        Ok(Begun { ceremony: self.0.passkeys.begin(Ceremony::Add { account, joining, state })?, options })
    }

    fn made(&self, credential: &RegisterPublicKeyCredential, state: &PasskeyRegistration) -> Answer<Passkey> {
        self.0.passkeys.webauthn.finish_passkey_registration(credential, state).map_err(|why| {
            tracing::info!(%why, "a new passkey was refused");
            Refusal::new(Code::InvalidField, "The device's answer does not fit what it was asked. Try again.")
        })
    }

    async fn keep_passkey(&self, tx: &mut Conn, account: Account, record: Record) -> Answer<PasskeyId> {
        let known = self.records(tx, account).await?;
        if known.iter().any(|(_, other)| other.passkey.cred_id() == record.passkey.cred_id()) {
            return Err(Refusal::new(Code::InvalidField, "This passkey is here already."));
        }
        let id = PasskeyId(ids::next());
        let sealed = self.seal_record(tx, account, id, &record).await?;
        passkeys::insert(tx, account, id, &sealed, now_ms()).await?;
        Ok(id)
    }

    /// What somebody is called on their own device.
    async fn account_name(&self, conn: &mut Conn, account: Account) -> Answer<String> {
        match account {
            Account::Subject(id) => Ok(self.person(conn, id).await?.name()?.to_string()),
            Account::Staff(id) => self.staff_name(conn, id).await,
        }
    }

    /// An account's passkeys; none when there is no such account.
    async fn records(&self, conn: &mut Conn, account: Account) -> Answer<Vec<(StoredPasskey, Record)>> {
        let stored = passkeys::of(conn, account).await?;
        if stored.is_empty() {
            return Ok(Vec::new());
        }
        let key = match account {
            Account::Subject(id) => Some(self.person(conn, id).await?.key),
            Account::Staff(_) => None,
        };
        let open = |one: StoredPasskey| {
            let id = one.id.to_string();
            let plain = match &key {
                Some(key) => key.open(What::Passkey { passkey: &id }, &one.sealed)?,
                None => self.0.vault.open_staff(&format!("passkey/{id}"), &one.sealed)?,
            };
            let record = serde_json::from_slice(&plain).map_err(|_| DoesNotOpen)?;
            Ok((one, record))
        };
        stored.into_iter().map(open).collect()
    }

    async fn seal_record(&self, conn: &mut Conn, account: Account, id: PasskeyId, record: &Record) -> Answer<Sealed> {
        let plain = serde_json::to_vec(record).map_err(|_| Refusal::internal("a passkey cannot be written"))?;
        let id = id.to_string();
        Ok(match account {
            Account::Subject(subject) => {
                self.person(conn, subject).await?.key.seal(What::Passkey { passkey: &id }, &plain)
            }
            Account::Staff(_) => self.0.vault.seal_staff(&format!("passkey/{id}"), &plain),
        })
    }
}

/// An account as a device knows it.
fn user(account: Account) -> Uuid {
    let (Account::Subject(SubjectId(id)) | Account::Staff(StaffId(id))) = account;
    Uuid::from_u128(id.0)
}

/// Whose a device's name for an account can be.
fn accounts(user: Uuid) -> [Account; 2] {
    let id = Ulid(user.as_u128());
    [Account::Subject(SubjectId(id)), Account::Staff(StaffId(id))]
}

/// The same for whatever does not fit, so that nobody learns which passkeys and accounts there are.
fn unknown() -> Refusal {
    Refusal::new(Code::Unauthenticated, "Nobody here signs in with this passkey. Try another one, or another way in.")
}

fn over() -> Refusal {
    Refusal::new(Code::Unauthenticated, "That took too long, or was answered already. Begin again.")
}

fn broken(why: WebauthnError) -> Refusal {
    tracing::error!(%why, "passkeys do not work");
    Refusal::internal("webauthn")
}
