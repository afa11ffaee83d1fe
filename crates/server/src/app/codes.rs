//! One-time codes: to an address that a subject has confirmed, six digits, ten minutes, five tries. Whoever asks learns nothing of
//! who has a wallet here: the same is done and answered for an address that nobody has.

use super::{
    Account, Answer, App, Caller, Refusal, SignedIn,
    access::{Right, allow},
};
use crate::{
    clock::now_ms,
    config::CodesConfig,
    secret,
    sender::{self, Channel, Sender},
    signing::Signer,
    store::contacts,
    vault::What,
};
use handsel_api::{Code, SubjectId};
use rand::Rng;
use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

/// How long a code is good.
const GOOD: Duration = Duration::from_secs(10 * 60);
/// How often a code may be typed wrong.
const TRIES: u32 = 5;
/// How long to wait for the next code; each one that is asked for on the same day doubles it.
const PAUSE: Duration = Duration::from_secs(30);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The most codes for one address in a day: fifty guesses at a million.
const MOST_A_DAY: u32 = 10;
/// The most addresses that codes were asked for within a day.
const MOST_ADDRESSES: usize = 100_000;
/// The most codes that may be asked for in a minute, by everybody.
const MOST_A_MINUTE: u32 = 60;
/// The most addresses of one subject.
const MOST_CONTACTS: usize = 5;

/// What was asked for, by address: in memory only, so a restart asks again.
pub(crate) struct Codes {
    sender: Box<dyn Sender>,
    /// Nobody carries them: they are written into a file.
    in_file: bool,
    asked: Mutex<Asked>,
}

struct Asked {
    by_address: HashMap<[u8; 16], Kept>,
    minute: Instant,
    in_minute: u32,
}

/// What is kept of an address's codes.
struct Kept {
    /// The newest code's hash, while it is good.
    code: Option<[u8; 32]>,
    /// Who gets in with it; `None` where nobody has the address.
    subject: Option<SubjectId>,
    /// Whether it confirms an address, for the subject, or signs in.
    confirms: bool,
    tries_left: u32,
    sent: Instant,
    /// When the next one may be asked for.
    next: Instant,
    since: Instant,
    in_day: u32,
}

/// An address of a subject, as they see it.
#[derive(Debug, Clone)]
pub struct ShownContact {
    /// Names it in a form.
    pub id: String,
    /// The mail address or phone number.
    pub address: String,
}

/// A mail address or a phone number, written in one way.
struct Address {
    channel: Channel,
    text: Zeroizing<String>,
}

impl Codes {
    pub(super) fn of(kind: &CodesConfig, data_dir: &Path, client: reqwest::Client, signer: Signer) -> Codes {
        let asked = Asked { by_address: HashMap::new(), minute: Instant::now(), in_minute: 0 };
        let sender = sender::of(kind, data_dir, client, signer);
        Codes { sender, in_file: *kind == CodesConfig::File, asked: Mutex::new(asked) }
    }
}

impl Asked {
    /// Makes room for a new code; `false` when it is too soon for one.
    fn may_send(&mut self, index: [u8; 16], now: Instant) -> Answer<bool> {
        if now.duration_since(self.minute) >= Duration::from_secs(60) {
            (self.minute, self.in_minute) = (now, 0);
        }
        if self.in_minute >= MOST_A_MINUTE {
            return Err(Refusal::new(
                Code::TooManyRequests,
                "Many people ask for codes just now. Try again in a minute.",
            ));
        }
        self.in_minute += 1;
        if self.by_address.len() >= MOST_ADDRESSES {
            self.by_address.retain(|_, kept| now.duration_since(kept.since) < DAY);
        }
        if self.by_address.len() >= MOST_ADDRESSES {
            return Err(Refusal::new(
                Code::TooManyRequests,
                "Many people ask for codes today. Use a passkey or your link.",
            ));
        }
        let Some(kept) = self.by_address.get_mut(&index) else { return Ok(true) };
        if now.duration_since(kept.since) >= DAY {
            self.by_address.remove(&index);
            return Ok(true);
        }
        Ok(kept.in_day < MOST_A_DAY && now >= kept.next)
    }

    fn put(&mut self, index: [u8; 16], code: [u8; 32], subject: Option<SubjectId>, confirms: bool, now: Instant) {
        let before = self.by_address.get(&index);
        let (since, in_day) = before.map_or((now, 0), |kept| (kept.since, kept.in_day));
        let next = now + PAUSE * 2_u32.saturating_pow(in_day);
        let in_day = in_day + 1;
        let kept = Kept { code: Some(code), subject, confirms, tries_left: TRIES, sent: now, next, since, in_day };
        self.by_address.insert(index, kept);
    }

    /// Who gets in with this code; each wrong one counts, and the right one works once.
    fn take(&mut self, index: [u8; 16], code: &[u8; 32], confirms: bool, now: Instant) -> Option<SubjectId> {
        let kept = self.by_address.get_mut(&index)?;
        let good = kept.code.filter(|_| kept.confirms == confirms && now.duration_since(kept.sent) < GOOD)?;
        if kept.tries_left == 0 {
            return None;
        }
        kept.tries_left -= 1;
        if !secret::same(&good, code) {
            return None;
        }
        // Whoever had it reads what arrives there: the next one may follow at once.
        (kept.code, kept.next) = (None, now);
        kept.subject
    }
}

impl App {
    /// Sends a code to an address that a subject wants to sign in by. Themselves only.
    pub async fn send_confirmation(&self, caller: &Caller, id: SubjectId, address: &str) -> Answer<()> {
        allow(caller, Right::OwnWallet { subject: id })?;
        let address = read(address)?;
        let mut conn = self.0.store.read().await?;
        if contacts::of(&mut conn, id).await?.len() >= MOST_CONTACTS {
            return Err(Refusal::new(Code::InvalidField, format!("{MOST_CONTACTS} addresses are the most.")));
        }
        self.send_code(address, Some(id), true).await
    }

    /// Keeps an address, by the code that arrived there. Themselves only.
    pub async fn confirm_contact(&self, caller: &Caller, id: SubjectId, address: &str, code: &str) -> Answer<()> {
        allow(caller, Right::OwnWallet { subject: id })?;
        let address = read(address)?;
        let index = self.0.vault.contact_index(&address.text);
        if self.take_code(index, code, true) != Some(id) {
            return Err(wrong());
        }
        let mut tx = self.0.store.write().await?;
        let key = self.person(&mut tx, id).await?.key;
        let sealed = key.seal(What::Contact { index: &secret::hex(&index) }, address.text.as_bytes());
        if !contacts::insert(&mut tx, id, &index, &sealed, now_ms()).await? {
            return Err(Refusal::new(
                Code::InvalidField,
                "This address opens a wallet already. Remove it there first.",
            ));
        }
        tx.commit().await?;
        tracing::info!(subject = %id, "an address for one-time codes confirmed");
        Ok(())
    }

    /// A subject's addresses. Themselves only.
    pub async fn contacts(&self, caller: &Caller, id: SubjectId) -> Answer<Vec<ShownContact>> {
        allow(caller, Right::OwnWallet { subject: id })?;
        let mut conn = self.0.store.read().await?;
        let key = self.person(&mut conn, id).await?.key;
        let shown = contacts::of(&mut conn, id).await?.into_iter().map(|stored| {
            let index = secret::hex(&stored.index);
            let address = key.open_text(What::Contact { index: &index }, &stored.sealed)?.to_string();
            Ok(ShownContact { id: index, address })
        });
        shown.collect()
    }

    /// Takes an address away. Themselves only.
    pub async fn remove_contact(&self, caller: &Caller, id: SubjectId, contact: &str) -> Answer<()> {
        allow(caller, Right::OwnWallet { subject: id })?;
        let index = secret::unhex::<16>(contact).ok_or_else(|| Refusal::not_found("address"))?;
        let mut tx = self.0.store.write().await?;
        if !contacts::delete(&mut tx, id, &index).await? {
            return Err(Refusal::not_found("address"));
        }
        Ok(tx.commit().await?)
    }

    /// Sends a code to whoever has a wallet with this address. Answers alike when nobody has.
    pub async fn send_sign_in_code(&self, address: &str) -> Answer<()> {
        let address = read(address)?;
        let index = self.0.vault.contact_index(&address.text);
        let subject = contacts::subject_of(&mut *self.0.store.read().await?, &index).await?;
        self.send_code(address, subject, false).await
    }

    /// Opens the wallet of whoever has this address, by the code that arrived there.
    pub async fn sign_in_by_code(&self, address: &str, code: &str, device: &str) -> Answer<SignedIn> {
        let address = read(address)?;
        let index = self.0.vault.contact_index(&address.text);
        let subject = self.take_code(index, code, false).ok_or_else(wrong)?;
        // They may have removed the address since.
        if contacts::subject_of(&mut *self.0.store.read().await?, &index).await? != Some(subject) {
            return Err(wrong());
        }
        let account = Account::Subject(subject);
        let token = self.sign_in_as(account, device).await?;
        Ok(SignedIn { account, token })
    }

    /// Whether one-time codes are sent at all.
    pub fn sends_codes(&self) -> bool {
        self.0.codes.is_some()
    }

    /// The file in the data folder that codes are written into, where nobody carries them.
    pub fn codes_file(&self) -> Option<&'static str> {
        self.0.codes.as_ref().is_some_and(|codes| codes.in_file).then_some(sender::FILE)
    }

    fn codes(&self) -> Answer<&Codes> {
        let none = || Refusal::new(Code::NotFound, "No codes are sent here. Use a passkey or your link.");
        self.0.codes.as_ref().ok_or_else(none)
    }

    /// Makes a code and has it carried, where somebody is to get one. What is sent is sent beside the answer: it takes as long for
    /// an address that nobody has.
    async fn send_code(&self, address: Address, subject: Option<SubjectId>, confirms: bool) -> Answer<()> {
        let codes = self.codes()?;
        let index = self.0.vault.contact_index(&address.text);
        let code = Zeroizing::new(format!("{:06}", rand::rng().random_range(0..1_000_000)));
        let kept = self.0.vault.one_time_code(&index, &code);
        {
            let now = Instant::now();
            let mut asked = codes.asked.lock().unwrap_or_else(PoisonError::into_inner);
            if !asked.may_send(index, now)? {
                return Ok(());
            }
            asked.put(index, kept, subject, confirms, now);
        }
        if subject.is_some() {
            let parts = Arc::clone(&self.0);
            tokio::spawn(async move {
                let Some(codes) = &parts.codes else { return };
                if let Err(error) = codes.sender.send(address.channel, &address.text, &code).await {
                    tracing::error!(%error, "nobody got their code");
                }
            });
        }
        Ok(())
    }

    fn take_code(&self, index: [u8; 16], code: &str, confirms: bool) -> Option<SubjectId> {
        let codes = self.0.codes.as_ref()?;
        let digits: Zeroizing<String> = Zeroizing::new(code.chars().filter(|c| !c.is_whitespace()).collect());
        let typed = self.0.vault.one_time_code(&index, &digits);
        let mut asked = codes.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.take(index, &typed, confirms, Instant::now())
    }
}

/// Reads a mail address, or a phone number with its country.
fn read(typed: &str) -> Answer<Address> {
    let typed = typed.trim();
    let bad = || {
        let detail = "A mail address, or a phone number with its country: +44 20 7946 0000.";
        Refusal::field(Code::InvalidField, "/address", detail)
    };
    if let Some(number) = typed.strip_prefix('+') {
        let digits: String = number.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '/')).collect();
        let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        return match fits {
            true => Ok(Address { channel: Channel::Phone, text: Zeroizing::new(format!("+{digits}")) }),
            false => Err(bad()),
        };
    }
    let (name, host) = typed.split_once('@').ok_or_else(bad)?;
    let clean = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '@' | '<' | '>' | ',' | ';' | '"');
    let fits =
        typed.len() <= 254 && !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.');
    if !fits || !name.chars().chain(host.chars()).all(clean) {
        return Err(bad());
    }
    Ok(Address { channel: Channel::Mail, text: Zeroizing::new(typed.to_lowercase()) })
}

fn wrong() -> Refusal {
    Refusal::new(
        Code::Unauthenticated,
        "That code does not fit, or is too old. After five wrong ones a new code is needed.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_in_one_way() {
        let text = |typed: &str| read(typed).map(|address| address.text.to_string()).ok();
        assert_eq!(text(" Wren@Mail.Example ").as_deref(), Some("wren@mail.example"));
        assert_eq!(text("+44 (20) 7946-0000").as_deref(), Some("+442079460000"));
        for bad in [
            "",
            "@",
            "wren",
            "wren@",
            "@mail.example",
            "wren@mail",
            "a b@mail.example",
            "w@a.b@c.d",
            "020 7946",
            "+44",
            "+44x0794600",
            "<w@mail.example>",
            "w@mail.example\r\nbcc:x@y.z",
        ] {
            assert_eq!(text(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_code_works_once_for_ten_minutes_and_five_tries() {
        let (index, other, right, wrong) = ([1; 16], [2; 16], [3; 32], [4; 32]);
        let subject = Some(SubjectId(ulid::Ulid::from_parts(1, 2)));
        let start = Instant::now();
        let fresh = || {
            let mut asked = Asked { by_address: HashMap::new(), minute: start, in_minute: 0 };
            asked.put(index, right, subject, false, start);
            asked.put(other, right, None, false, start);
            asked
        };
        let mut asked = fresh();
        assert_eq!(asked.take(index, &right, true, start), None, "it confirms nothing");
        assert_eq!(asked.take(other, &right, false, start), None, "nobody has that address");
        assert_eq!(asked.take(index, &right, false, start), subject);
        assert_eq!(asked.take(index, &right, false, start), None, "once");
        let mut asked = fresh();
        assert_eq!(asked.take(index, &right, false, start + GOOD), None, "too late");
        let mut asked = fresh();
        for _ in 0..TRIES {
            assert_eq!(asked.take(index, &wrong, false, start), None);
        }
        assert_eq!(asked.take(index, &right, false, start), None, "five wrong ones are enough");
    }

    #[test]
    fn codes_come_slower_and_slower_and_stop_for_the_day() {
        let (index, start) = ([1; 16], Instant::now());
        let mut asked = Asked { by_address: HashMap::new(), minute: start, in_minute: 0 };
        let (mut now, mut sent) = (start, 0);
        while now < start + DAY {
            if asked.may_send(index, now).unwrap() {
                asked.put(index, [0; 32], None, false, now);
                sent += 1;
            }
            now += Duration::from_secs(10);
        }
        assert_eq!(sent, MOST_A_DAY);
        assert!(asked.may_send(index, now).unwrap(), "the next day");
        let mut asked = Asked { by_address: HashMap::new(), minute: start, in_minute: 0 };
        let sends = (0..100_u8).filter(|n| asked.may_send([*n; 16], start).is_ok()).count();
        assert_eq!(sends, MOST_A_MINUTE as usize, "everybody together");
    }
}
