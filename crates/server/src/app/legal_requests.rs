//! Requests of authorities: noted, decided, answered with as little as was decided, and told to whom they concern.
//!
//! Who may be answered is one rule, [`may_answer`]. What may be given is a closed list, [`Part`], in which no template is.

use super::{
    Answer, App, Caller, Day, Refusal,
    access::{Right, allow},
    merchants::page,
    receipts::{MOST_PAYMENTS, names},
    retention::DAY_MS,
    text,
};
use crate::{
    clock::{now_ms, rfc3339},
    ids,
    log::event::{Event, MoratoriumStep, Records, RequestStep},
    store::{
        Conn,
        legal_requests::{self, NewRequest, StoredDecision, StoredRequest},
        payments,
    },
    vault::{Sealed, SubjectKey, What},
};
use handsel_api::{
    Code, LegalRequestId, SubjectId,
    merchants::Page,
    transparency::{Moratorium, Part, RequestKind},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// How long before its end a moratorium's end is announced.
const NOTICE_MS: i64 = 30 * DAY_MS;
/// The longest an order bars us from telling whom it concerns, without another order: a year.
const LONGEST_BAR_MS: i64 = 365 * DAY_MS;
/// The most requests a wallet shows.
const MOST_TOLD: u32 = 50;
/// The longest line, in characters.
const LINE: usize = 120;
/// The longest text, in characters.
const TEXT: usize = 2_000;

/// A request as the operator notes it.
pub struct NoteRequest {
    /// What they came with.
    pub kind: RequestKind,
    /// Whom it concerns, where that is known.
    pub subject: Option<SubjectId>,
    /// What is written about it.
    pub texts: RequestTexts,
    /// The last day for an answer, in UTC.
    pub deadline: Option<Day>,
    /// An order bars us from telling whom it concerns until the end of this day; without one they see it at once.
    pub barred_until: Option<Day>,
}

/// What is written about a request.
#[derive(Clone, Serialize, Deserialize)]
pub struct RequestTexts {
    /// Who asks, 1–120 characters.
    pub authority: String,
    /// Their reference, 1–120 characters.
    pub reference: String,
    /// The court or judge, at most 120 characters; empty without one.
    pub court: String,
    /// What they ask for, 1–2,000 characters.
    pub scope: String,
}

/// What is decided about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// Nothing is given.
    Refused,
    /// It is answered that nothing is held.
    NothingHeld,
    /// These parts are given; at least one.
    Answered(Vec<Part>),
}

/// A request.
#[derive(Clone)]
pub struct LegalRequest {
    /// Its id.
    pub id: LegalRequestId,
    /// What they came with.
    pub kind: RequestKind,
    /// Whom it concerns.
    pub subject: Option<SubjectId>,
    /// What is written about it; none when it went with whom it concerned.
    pub texts: Option<RequestTexts>,
    /// RFC 3339.
    pub received_at: String,
    /// RFC 3339.
    pub deadline: Option<String>,
    /// Where it concerns somebody: from when on they see it, RFC 3339.
    pub told_from: String,
    /// Whether they may see it now.
    pub told: bool,
    /// What was decided; none while it is open.
    pub ruling: Option<Ruling>,
    /// Why; none while it is open, or when it went with whom it concerned.
    pub reason: Option<Zeroizing<String>>,
    /// RFC 3339.
    pub decided_at: Option<String>,
}

/// What is given to an authority: only what was decided.
#[derive(Serialize)]
pub struct Disclosure {
    request: LegalRequestId,
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    enrolled_since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payments: Option<Vec<GivenPayment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cards: Option<Vec<GivenCard>>,
}

#[derive(Serialize)]
struct GivenPayment {
    paid_at: Option<String>,
    merchant: String,
    site: String,
    amount_minor: i64,
    currency: String,
}

#[derive(Serialize)]
struct GivenCard {
    brand: String,
    last4: String,
}

/// Whether a request of this kind may be answered with anything at all.
fn may_answer(kind: RequestKind, moratorium: bool) -> Result<(), &'static str> {
    match kind {
        RequestKind::Warrant | RequestKind::CourtOrder => Ok(()),
        RequestKind::Subpoena if !moratorium => Ok(()),
        RequestKind::Subpoena => Err("A moratorium is in force: only what a judge signed is answered. Refuse it."),
        RequestKind::Informal => Err("A question without an order is never answered. Refuse it."),
    }
}

impl App {
    /// Notes what an authority asked. Operators only.
    pub async fn note_request(&self, caller: &Caller, note: NoteRequest) -> Answer<LegalRequestId> {
        allow(caller, Right::Own)?;
        let texts = RequestTexts {
            authority: text("/authority", &note.texts.authority, LINE)?,
            reference: text("/reference", &note.texts.reference, LINE)?,
            court: if note.texts.court.trim().is_empty() {
                String::new()
            } else {
                text("/court", &note.texts.court, LINE)?
            },
            scope: text("/scope", &note.texts.scope, TEXT)?,
        };
        let judge = matches!(note.kind, RequestKind::Warrant | RequestKind::CourtOrder);
        if judge && texts.court.is_empty() {
            return Err(Refusal::field(Code::InvalidField, "/court", "Name the court or the judge who signed it."));
        }
        let (id, now_ms) = (LegalRequestId(ids::next()), now_ms());
        let told_ms = match note.barred_until {
            None => now_ms,
            Some(_) if !judge => {
                let detail = "Only what a judge signed bars us from telling whom it concerns.";
                return Err(Refusal::field(Code::InvalidField, "/barred_until", detail));
            }
            Some(day) => day.ends_ms(),
        };
        if !(now_ms..=now_ms + LONGEST_BAR_MS).contains(&told_ms) {
            return Err(Refusal::field(Code::InvalidField, "/barred_until", "A day from today on, within a year."));
        }
        let deadline_ms = note.deadline.map(Day::ends_ms);
        if deadline_ms.is_some_and(|deadline_ms| deadline_ms < now_ms) {
            return Err(Refusal::field(Code::InvalidField, "/deadline", "A day from today on."));
        }
        let mut tx = self.0.store.write().await?;
        let key = self.key_of(&mut tx, note.subject).await?;
        let plain = Zeroizing::new(serde_json::to_vec(&texts).map_err(|_| Refusal::internal("a request's texts"))?);
        let sealed = self.seal_request(key.as_ref(), id, TEXTS, &plain);
        let new = NewRequest {
            id,
            kind: note.kind,
            subject: note.subject,
            texts: &sealed,
            received_ms: now_ms,
            deadline_ms,
            told_ms,
        };
        legal_requests::insert(&mut tx, &new).await?;
        self.log(&mut tx, Event::AuthorityRequest { request: id, step: RequestStep::Received })?;
        tx.commit().await?;
        tracing::info!(request = %id, kind = note.kind.word(), "request of an authority noted");
        Ok(id)
    }

    /// Decides a request, once. Operators only.
    pub async fn decide_request(
        &self,
        caller: &Caller,
        id: LegalRequestId,
        ruling: &Ruling,
        reason: &str,
    ) -> Answer<()> {
        allow(caller, Right::Own)?;
        let reason = Zeroizing::new(text("/reason", reason, TEXT)?);
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let stored = legal_requests::get(&mut tx, id).await?.ok_or_else(|| Refusal::not_found("request"))?;
        if let Ruling::Answered(parts) = ruling {
            if parts.is_empty() {
                return Err(Refusal::field(
                    Code::InvalidField,
                    "/parts",
                    "Say what is given, or that nothing is held.",
                ));
            }
            if stored.subject.is_none() {
                let detail = "It concerns nobody here. Note it for whom it concerns, or answer that nothing is held.";
                return Err(Refusal::new(Code::WrongState, detail));
            }
            let moratorium = legal_requests::moratoria(&mut tx).await?.iter().any(|one| in_force(one.ends_ms, now_ms));
            may_answer(stored.kind, moratorium).map_err(|why| Refusal::new(Code::WrongState, why))?;
        }
        let key = self.key_of(&mut tx, stored.subject).await?;
        let sealed = self.seal_request(key.as_ref(), id, REASON, reason.as_bytes());
        let (decision, disclosed, step) = match ruling {
            Ruling::Refused => ("refused", 0, RequestStep::Refused),
            Ruling::NothingHeld => ("nothing_held", 0, RequestStep::NothingHeld),
            Ruling::Answered(parts) => ("answered", bits(parts), RequestStep::Answered),
        };
        let decided = StoredDecision { decision, reason: &sealed, disclosed, decided_ms: now_ms };
        if !legal_requests::decide(&mut tx, id, &decided).await? {
            return Err(Refusal::new(Code::WrongState, "It is decided already, and a decision stays."));
        }
        self.log(&mut tx, Event::AuthorityRequest { request: id, step })?;
        tx.commit().await?;
        tracing::info!(request = %id, decision, "request of an authority decided");
        Ok(())
    }

    /// What was decided to be given, and nothing else. Operators only.
    pub async fn disclosure(&self, caller: &Caller, id: LegalRequestId) -> Answer<Disclosure> {
        allow(caller, Right::Own)?;
        let mut conn = self.0.store.read().await?;
        let stored = legal_requests::get(&mut conn, id).await?.ok_or_else(|| Refusal::not_found("request"))?;
        let shown = self.show_request(&mut conn, stored, now_ms()).await?;
        let (Some(Ruling::Answered(parts)), Some(subject), Some(texts)) = (&shown.ruling, shown.subject, &shown.texts)
        else {
            return Err(Refusal::new(Code::WrongState, "Nothing is to be given for this request."));
        };
        let gives = |part| parts.contains(&part);
        let person = self.show_subject(&mut conn, subject).await?;
        let payments = if gives(Part::Payments) { Some(paid_by(&mut conn, subject).await?) } else { None };
        drop(conn);
        self.log_now(Event::AuthorityRequest { request: id, step: RequestStep::Given }).await?;
        tracing::info!(request = %id, "a disclosure was written out");
        Ok(Disclosure {
            request: id,
            reference: texts.reference.clone(),
            enrolled_since: gives(Part::Membership).then_some(person.created_at),
            payments,
            cards: gives(Part::Cards).then(|| {
                let cards = person.payment_methods.into_iter();
                cards.map(|one| GivenCard { brand: one.card.brand, last4: one.card.last4 }).collect()
            }),
        })
    }

    /// Every request, newest first. Operators only.
    pub async fn list_requests(
        &self,
        caller: &Caller,
        limit: u32,
        after: Option<LegalRequestId>,
    ) -> Answer<Page<LegalRequest>> {
        allow(caller, Right::Oversee)?;
        self.log_now(Event::StaffAccess { what: Records::LegalRequests }).await?;
        let mut conn = self.0.store.read().await?;
        let mut shown = Vec::new();
        for stored in legal_requests::list(&mut conn, limit + 1, after).await? {
            shown.push(self.show_request(&mut conn, stored, now_ms()).await?);
        }
        Ok(page(shown, limit, |request| request.id.to_string()))
    }

    /// The requests about a subject that no order keeps from them, newest first. For themselves only.
    pub async fn requests_about(&self, caller: &Caller, subject: SubjectId) -> Answer<Vec<LegalRequest>> {
        allow(caller, Right::OwnWallet { subject })?;
        let now_ms = now_ms();
        let mut conn = self.0.store.read().await?;
        let mut shown = Vec::new();
        for stored in legal_requests::told(&mut conn, subject, now_ms, MOST_TOLD).await? {
            shown.push(self.show_request(&mut conn, stored, now_ms).await?);
        }
        Ok(shown)
    }

    /// Begins a moratorium: from now on only judges are answered. Operators only.
    pub async fn begin_moratorium(&self, caller: &Caller) -> Answer<()> {
        allow(caller, Right::Own)?;
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        if legal_requests::moratoria(&mut tx).await?.iter().any(|one| one.ends_ms.is_none()) {
            return Err(Refusal::new(
                Code::WrongState,
                "A moratorium is in force already, and no end of it is announced.",
            ));
        }
        legal_requests::begin_moratorium(&mut tx, now_ms).await?;
        self.log(&mut tx, Event::Moratorium { step: MoratoriumStep::Begun })?;
        tx.commit().await?;
        tracing::info!("moratorium begun");
        Ok(())
    }

    /// Announces that the moratorium ends in thirty days. Operators only.
    pub async fn end_moratorium(&self, caller: &Caller) -> Answer<()> {
        allow(caller, Right::Own)?;
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        if !legal_requests::end_moratorium(&mut tx, now_ms, now_ms + NOTICE_MS).await? {
            return Err(Refusal::new(Code::WrongState, "No moratorium is in force without an announced end."));
        }
        self.log(&mut tx, Event::Moratorium { step: MoratoriumStep::EndAnnounced })?;
        tx.commit().await?;
        tracing::info!("the end of the moratorium is announced");
        Ok(())
    }

    /// Every moratorium there was, newest first. Anybody may know.
    pub async fn moratoria_now(&self) -> Answer<Vec<Moratorium>> {
        self.moratoria(&mut *self.0.store.read().await?, now_ms()).await
    }

    /// The same, read with other things.
    pub(super) async fn moratoria(&self, conn: &mut Conn, now_ms: i64) -> Answer<Vec<Moratorium>> {
        let stored = legal_requests::moratoria(conn).await?;
        let shown = stored.into_iter().map(|one| Moratorium {
            began_at: rfc3339(one.began_ms),
            ends_at: one.ends_ms.map(rfc3339),
            in_force: in_force(one.ends_ms, now_ms),
        });
        Ok(shown.collect())
    }

    async fn show_request(&self, conn: &mut Conn, stored: StoredRequest, now_ms: i64) -> Answer<LegalRequest> {
        let key = self.key_of(conn, stored.subject).await?;
        let open = |part, sealed: &Option<Vec<u8>>| -> Answer<Option<Zeroizing<Vec<u8>>>> {
            sealed.as_ref().map(|sealed| self.open_request(key.as_ref(), stored.id, part, sealed)).transpose()
        };
        let texts = open(TEXTS, &stored.texts_sealed)?;
        let texts =
            texts.map(|plain| serde_json::from_slice(&plain).map_err(|_| Refusal::internal("a request's texts")));
        let reason = open(REASON, &stored.reason_sealed)?;
        let reason = reason.map(|plain| String::from_utf8(plain.to_vec()).map_err(|_| Refusal::internal("a reason")));
        Ok(LegalRequest {
            id: stored.id,
            kind: stored.kind,
            subject: stored.subject,
            texts: texts.transpose()?,
            received_at: rfc3339(stored.received_ms),
            deadline: stored.deadline_ms.map(rfc3339),
            told_from: rfc3339(stored.told_ms),
            told: stored.told_ms <= now_ms,
            ruling: match stored.decision.as_deref() {
                None => None,
                Some("refused") => Some(Ruling::Refused),
                Some("nothing_held") => Some(Ruling::NothingHeld),
                Some("answered") => Some(Ruling::Answered(parts(stored.disclosed))),
                Some(_) => return Err(Refusal::internal("a decision")),
            },
            reason: reason.transpose()?.map(Zeroizing::new),
            decided_at: stored.decided_ms.map(rfc3339),
        })
    }

    async fn key_of(&self, conn: &mut Conn, subject: Option<SubjectId>) -> Answer<Option<SubjectKey>> {
        match subject {
            Some(subject) => Ok(Some(self.person(conn, subject).await?.key)),
            None => Ok(None),
        }
    }

    fn seal_request(&self, key: Option<&SubjectKey>, id: LegalRequestId, part: &'static str, plain: &[u8]) -> Sealed {
        match key {
            Some(key) => key.seal(What::LegalRequest { request: &id.to_string(), part }, plain),
            None => self.0.vault.seal_request(id, part, plain),
        }
    }

    fn open_request(
        &self,
        key: Option<&SubjectKey>,
        id: LegalRequestId,
        part: &'static str,
        sealed: &[u8],
    ) -> Answer<Zeroizing<Vec<u8>>> {
        Ok(match key {
            Some(key) => key.open(What::LegalRequest { request: &id.to_string(), part }, sealed)?,
            None => self.0.vault.open_request(id, part, sealed)?,
        })
    }
}

/// The paid payments of a subject, newest first.
async fn paid_by(conn: &mut Conn, subject: SubjectId) -> Answer<Vec<GivenPayment>> {
    let mut given = Vec::new();
    for stored in payments::captured_of_subject(conn, subject, MOST_PAYMENTS).await? {
        let (site, merchant) = names(conn, &stored).await?;
        given.push(GivenPayment {
            paid_at: stored.captured_ms.map(rfc3339),
            merchant,
            site,
            amount_minor: stored.captured_minor.unwrap_or(stored.amount_minor),
            currency: stored.currency,
        });
    }
    Ok(given)
}

/// Names of the two sealed texts.
const TEXTS: &str = "texts";
const REASON: &str = "reason";

fn in_force(ends_ms: Option<i64>, now_ms: i64) -> bool {
    ends_ms.is_none_or(|ends_ms| now_ms < ends_ms)
}

fn bits(parts: &[Part]) -> i64 {
    parts.iter().fold(0, |bits, &part| bits | bit(part))
}

fn parts(bits: i64) -> Vec<Part> {
    Part::ALL.into_iter().filter(|&part| bits & bit(part) != 0).collect()
}

/// The bit of a part in the store.
pub(super) fn bit(part: Part) -> i64 {
    match part {
        Part::Membership => 1,
        Part::Payments => 2,
        Part::Cards => 4,
    }
}
