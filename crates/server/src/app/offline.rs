//! Shops that may be cut off: who may pay there meanwhile goes to their agents, and what was taken there comes back and is charged.
//! The risk is the shop's: what cannot be charged is recorded as declined, with when it was taken.

use super::{
    Answer, App, Caller, Parts, Refusal, RequestKey,
    access::Right,
    charge::BUSY_MS,
    consents,
    demo::is_recognised_at,
    loyalty::shown_to,
    payments::{another_request_had_this_key, parse_amount},
    tender, text,
};
use crate::{
    clock::{now_ms, parse, rfc3339},
    failpoint::hit,
    load,
    log::event::ShownAt,
    offline::{self, Limit, Palm, Person, Spent, Subset, limits, seal, subset::Digits},
    pairwise::pairwise_id,
    processor::LinkedCard,
    store::{
        Conn, Step, charges,
        charges::NewCharge,
        events, merchants,
        offline::{self as rows, Taken},
        payment_methods, payments,
        payments::StoredPayment,
        references, subjects,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use handsel_api::{
    Code, KeyId, SiteId, SubjectId,
    consents::{Language, Purpose},
    events::EventKind,
    keys::{KeyMode, Scope},
    offline::{AskForSubset, OfflinePayment, SealedSubset},
    payments::{DeclineReason, Means, Payment, PaymentStatus},
    subjects::SubjectStatus,
};
use ulid::Ulid;

/// Who paid with their palm within this time may pay while the site is cut off: 30 days.
const REGULAR_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// The most people of a subset, those who paid last.
const MOST_PEOPLE: u32 = 500;
/// How far the clocks of an agent and a server may differ.
const SKEW_MS: i64 = 5 * 60 * 1000;
/// How long a payment may be open at a till, and so be older than the shopper's yes.
const OPEN_MS: i64 = super::view::OPEN_MS + SKEW_MS;
/// When nobody need expect to be charged any more: a week after.
const LATEST_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// An agent's key, which is its name here.
struct Agent {
    key: KeyId,
    key_hash: [u8; 32],
    mode: KeyMode,
}

impl App {
    /// Who may pay at a site while it is cut off, sealed to its agent. The first time, the key becomes that site's and that
    /// agent's; with another site or public key it is refused from then on, so a stolen key opens nothing.
    pub async fn offline_subset(&self, caller: &Caller, ask: AskForSubset) -> Answer<SealedSubset> {
        let agent = self.agent(caller)?;
        if !self.0.offline {
            return Err(Refusal::new(Code::Forbidden, "No shop may be cut off here: `offline` is not set."));
        }
        let permit = self.permit(Purpose::Payment)?;
        let public_key = STANDARD.decode(&ask.public_key).ok().filter(|key| key.len() == seal::PUBLIC_BYTES);
        let not_one = || Refusal::field(Code::InvalidField, "/public_key", "An X25519 public key, 32 bytes in base64.");
        let public_key = public_key.ok_or_else(not_one)?;
        // Some 32 bytes are none, and the key must not become theirs.
        seal::seal(&public_key, &agent.key_hash, ask.site, &[]).map_err(|_| not_one())?;
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let Some((merchant, currency)) = merchants::seller(&mut tx, ask.site).await? else {
            return Err(Refusal::field(Code::InvalidField, "/site", "There is no such site here."));
        };
        super::access::allow(caller, Right::Manage { merchant, scope: Scope::Offline })?;
        if let Some(known) = rows::agent(&mut tx, agent.key).await?
            && (known.site, &known.public_key) != (ask.site, &public_key)
        {
            let detail =
                "This key is another agent's, or another site's: ask the operator for one of this agent's own.";
            return Err(Refusal::new(Code::Forbidden, detail));
        }
        rows::note_agent(&mut tx, agent.key, ask.site, &public_key).await?;
        tx.commit().await?;
        let mut conn = self.0.store.read().await?;
        let mut subset = Subset {
            merchant,
            site: ask.site,
            currency,
            issued_ms: now_ms,
            target_fpir: self.0.risk.rate(),
            tills: self.0.keys.selling(merchant, agent.mode),
            people: Vec::new(),
        };
        let mut carried = Vec::new();
        let since_ms = now_ms - REGULAR_MS;
        let notices = Language::ALL.map(|language| self.notice(Purpose::Payment, language).sha256);
        let processor = self.0.processor.name();
        for subject in rows::people(&mut conn, ask.site, since_ms, &notices, processor, MOST_PEOPLE).await? {
            if let Some(person) = self.person_for(&mut conn, &agent, &subset, subject).await? {
                subset.people.push(person);
                carried.push(subject);
            }
        }
        let sealed = seal::seal(&public_key, &agent.key_hash, ask.site, &subset.to_bytes()).map_err(|_| not_one())?;
        drop(conn);
        let place = ShownAt { site: Some(ask.site), ..ShownAt::default() };
        self.note_carried(permit.at(place), merchant, &carried).await?;
        let people = u32::try_from(subset.people.len()).unwrap_or(u32::MAX);
        tracing::info!(site = %ask.site, key = %agent.key, people, "palms went to an agent");
        Ok(SealedSubset {
            issued_at: rfc3339(now_ms),
            expires_at: rfc3339(now_ms + offline::VALID_MS),
            people,
            sealed: STANDARD.encode(sealed),
        })
    }

    /// Charges what was taken while a shop was cut off, once, however often it is handed in. What cannot be charged is recorded as
    /// declined: an answer, not a refusal.
    pub async fn take_offline(&self, caller: &Caller, taken: OfflinePayment) -> Answer<Payment> {
        let agent = self.agent(caller)?;
        let started = self.start_offline(&agent, &taken).await?;
        Ok(shown_to(caller, self.to_the_end(started).await?))
    }

    async fn start_offline(&self, agent: &Agent, taken: &OfflinePayment) -> Answer<StoredPayment> {
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let no_agent = || Refusal::new(Code::Forbidden, "No agent has asked for palms with this key yet.");
        let site = rows::agent(&mut tx, agent.key).await?.ok_or_else(no_agent)?.site;
        let (merchant, currency) =
            merchants::seller(&mut tx, site).await?.ok_or_else(|| Refusal::internal("an agent without a site"))?;
        let amount_minor = parse_amount(taken.amount_minor, &taken.currency, &currency)?.minor();
        if !(0..=amount_minor).contains(&taken.tip_minor) {
            return Err(Refusal::field(Code::AmountOutOfRange, "/tip_minor", format!("0 to {amount_minor}.")));
        }
        let reference = taken.client_reference.as_deref();
        let reference = reference.map(|own| text("/client_reference", own, super::payments::LONGEST_REFERENCE));
        let reference = reference.transpose()?;
        let (subject, taken_ms) = self.who_and_when(agent, site, taken, now_ms)?;
        if let Some(before) = payments::payment(&mut tx, taken.id).await? {
            let same = rows::handed_in_by(&mut tx, taken.id).await? == Some(agent.key)
                && before.offline_ms == Some(taken_ms)
                && (before.amount_minor, before.tip_minor) == (amount_minor, taken.tip_minor)
                && before.client_reference == reference;
            if !same {
                return Err(another_request_had_this_key());
            }
            tx.commit().await?; // It may be of a moment ago, and not on the disk yet.
            return Ok(before);
        }
        let total_minor = amount_minor + taken.tip_minor;
        let spent = Spent {
            agent_minor: {
                let window = limits::AGENT_WINDOW_MS;
                rows::taken_by(&mut tx, agent.key, taken_ms - window, taken_ms + window).await?
            },
            person_minor: {
                let (from_ms, before_ms) = limits::day_of(taken_ms);
                rows::taken_from(&mut tx, subject, &currency, from_ms, before_ms).await?
            },
        };
        let broken = Limit::broken(total_minor, spent);
        let pays = if broken.is_some() || now_ms - taken_ms > LATEST_MS {
            Err(DeclineReason::OfflineLimit)
        } else {
            self.card_of(&mut tx, site, subject).await?.ok_or(DeclineReason::Unavailable)
        };
        if pays.is_ok() && self.0.processor.is_down() {
            let detail = "Nothing was charged and nothing recorded. Hand it in again in a few seconds.";
            return Err(Refusal::new(Code::ProcessorUnavailable, detail));
        }
        let request = RequestKey::of("offline", &taken.id.to_string());
        let row = Taken {
            id: taken.id,
            request: request.bytes(),
            key: agent.key,
            site,
            merchant,
            subject: pays.is_ok().then_some(subject),
            amount_minor,
            tip_minor: taken.tip_minor,
            currency: &currency,
            client_reference: reference.as_deref(),
            decline: pays.as_ref().err().copied(),
            taken_ms,
        };
        let made = rows::insert(&mut tx, &row).await?.ok_or_else(|| Refusal::internal("a payment not written"))?;
        events::emit(&mut tx, merchant, taken.id, EventKind::PaymentCreated, now_ms).await?;
        let started = match pays {
            Ok(card) => self.start_offline_charge(&mut tx, &made, &request, &card, now_ms).await?,
            Err(why) => {
                events::emit_status(&mut tx, merchant, taken.id, PaymentStatus::Declined, now_ms).await?;
                tracing::warn!(payment = %taken.id, total_minor, ?why, ?broken, "a shop's loss: taken offline, not charged");
                made
            }
        };
        tx.commit().await?;
        hit("charge_held");
        Ok(started)
    }

    async fn start_offline_charge(
        &self,
        tx: &mut Step,
        made: &StoredPayment,
        request: &RequestKey,
        card: &LinkedCard,
        now_ms: i64,
    ) -> Answer<StoredPayment> {
        self.book(tx, &tender::holds(made, None)?, now_ms).await?;
        let charge = NewCharge {
            request: request.bytes(),
            means: Means::Palm,
            subject: made.subject,
            tip_minor: made.tip_minor,
            // The shopper saw a card, and it pays.
            credit_minor: 0,
            card: Some((&card.face, card.token.0.as_str())),
            hold_until_ms: None,
            now_ms,
            ask_again_ms: now_ms.saturating_add(BUSY_MS),
        };
        let started = charges::start_charge(tx, made, &charge).await?;
        tracing::info!(payment = %made.id, "taken offline, held now");
        started.ok_or_else(|| Refusal::internal("a payment that went"))
    }

    /// The key of an agent: one of a till, with the scope for it.
    fn agent(&self, caller: &Caller) -> Answer<Agent> {
        caller.needs(Scope::Offline)?;
        let found = match caller {
            Caller::Till(till) => till.key.and_then(|key| Some((key, self.0.keys.good(key)?))),
            Caller::Operator | Caller::Staff(_) | Caller::Kiosk(_) | Caller::Subject(_) => None,
        };
        let (key, (key_hash, mode)) = found
            .ok_or_else(|| Refusal::new(Code::Forbidden, "This is for the agent of a shop, with a key of its own."))?;
        Ok(Agent { key, key_hash, mode })
    }

    /// Somebody, as an agent gets them; `None` who has no card any more.
    async fn person_for(
        &self,
        conn: &mut Conn,
        agent: &Agent,
        subset: &Subset,
        subject: SubjectId,
    ) -> Answer<Option<Person>> {
        let Some(card) = self.card_of(conn, subset.site, subject).await? else { return Ok(None) };
        let person = self.person(conn, subject).await?;
        let Some(digits) = person.phone_last4()? else { return Ok(None) };
        let mut palms = Vec::new();
        for reference in references::references(conn, subject).await? {
            let mut captures = Vec::new();
            for stored in references::templates_of(conn, reference.id).await? {
                // Gone when its epoch ended meanwhile: the next subset has it again.
                let Some(template) = self.0.epochs.bare(&person.key, &stored)? else { continue };
                captures.push((u8::try_from(stored.position).unwrap_or(u8::MAX), template));
            }
            palms.push(Palm { side: load::side(reference.hand), captures });
        }
        Ok(Some(Person {
            shopper: pairwise_id(&self.0.vault, subset.merchant, subject),
            initials: person.initials()?,
            card: card.face,
            digits: Digits::of(&digits),
            pass: self.0.new_pass(agent.key, subset.site, subject, subset.issued_ms),
            palms,
        }))
    }

    /// The card that pays for somebody at a site, if they may pay there by palm at all.
    async fn card_of(&self, conn: &mut Conn, site: SiteId, subject: SubjectId) -> Answer<Option<LinkedCard>> {
        let Some(stored) = subjects::subject(conn, subject).await? else { return Ok(None) };
        let may = stored.status == SubjectStatus::Active
            && consents::in_force(conn, subject, Purpose::Payment).await?.is_some()
            && is_recognised_at(conn, site, &stored).await?;
        if !may {
            return Ok(None);
        }
        let cards = payment_methods::list(conn, subject).await?;
        Ok(payment_methods::paying(&cards, self.0.processor.name()).map(|stored| stored.card.clone()))
    }

    /// Whom a pass names, and when they paid, as far as that can be: while the pass was good, and not in times to come.
    fn who_and_when(
        &self,
        agent: &Agent,
        site: SiteId,
        taken: &OfflinePayment,
        now_ms: i64,
    ) -> Answer<(SubjectId, i64)> {
        let foreign = || Refusal::field(Code::InvalidField, "/pass", "No pass that this agent was given here.");
        let sealed = STANDARD.decode(&taken.pass).map_err(|_| foreign())?;
        let pass = self.0.vault.open_pass(&pass_data(agent.key, site), &sealed).map_err(|_| foreign())?;
        let (subject, issued) = pass.split_first_chunk().ok_or_else(foreign)?;
        let issued_ms = i64::from_be_bytes(issued.try_into().map_err(|_| foreign())?);
        let not_then = |why: &str| Refusal::field(Code::InvalidField, "/taken_at", why.to_owned());
        let taken_ms = parse(&taken.taken_at).ok_or_else(|| not_then("A time as RFC 3339 writes it."))?;
        if taken_ms < issued_ms || taken_ms >= issued_ms + offline::VALID_MS {
            return Err(not_then("The pass was not good then: it is for 24 hours after it was made."));
        }
        if taken_ms > now_ms + SKEW_MS {
            return Err(not_then("That is in the future, by this server's clock."));
        }
        // Lists are in the order of ids, so an id is of its time.
        let id_ms = i64::try_from(taken.id.0.timestamp_ms()).unwrap_or(i64::MAX);
        if id_ms.abs_diff(taken_ms) > OPEN_MS.unsigned_abs() {
            return Err(Refusal::field(Code::InvalidField, "/id", "An id made within minutes of `taken_at`."));
        }
        Ok((SubjectId(Ulid::from_bytes(*subject)), taken_ms))
    }
}

impl Parts {
    /// What says to this server, and to nobody else, who somebody is, and that this agent got them at this time.
    pub(super) fn new_pass(&self, key: KeyId, site: SiteId, subject: SubjectId, issued_ms: i64) -> Vec<u8> {
        let mut pass = subject.0.to_bytes().to_vec();
        pass.extend_from_slice(&issued_ms.to_be_bytes());
        self.vault.seal_pass(&pass_data(key, site), &pass).into_bytes()
    }
}

/// A pass opens for the agent it was made for, at its site.
fn pass_data(key: KeyId, site: SiteId) -> String {
    format!("handsel/1/offline_pass/{key}/{site}")
}
