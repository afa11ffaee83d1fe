//! Legal holds: an order to keep what would be erased. It alone stops an erasure, and it makes nothing usable: what it keeps lies
//! where nothing searches.

use super::{
    Answer, App, Caller, Day, Refusal,
    access::{Right, allow},
    merchants::page,
    text,
};
use crate::{
    clock::{now_ms, rfc3339},
    epochs::BARE,
    ids,
    log::event::{Event, OrderStep, Records},
    store::{Conn, holds, references, subjects},
    vault::What,
};
use handsel_api::{Code, HoldId, ReferenceId, SubjectId, merchants::Page};
use zeroize::Zeroizing;

/// The longest reference of an order, in characters.
const LONGEST_ORDER: usize = 80;
/// The longest a hold lasts before it must be placed again: two years.
const LONGEST_MS: i64 = 730 * super::retention::DAY_MS;

/// A legal hold, as the operator sees it.
#[derive(Clone)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// Whose records are kept.
    pub subject: SubjectId,
    /// The order's reference.
    pub order: Zeroizing<String>,
    /// Where it stands.
    pub state: HoldState,
    /// RFC 3339.
    pub placed_at: String,
    /// RFC 3339.
    pub until: String,
    /// Whether the subject left meanwhile: what it keeps is erased when it ends.
    pub leaving: bool,
}

/// Where a legal hold stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldState {
    /// It stops every erasure.
    InForce,
    /// Its time is over.
    Expired,
    /// The operator ended it.
    Lifted,
}

/// An order as the operator notes it.
pub struct PlaceHold {
    /// Whose records are to be kept.
    pub subject: SubjectId,
    /// The order's reference, 1–80 characters.
    pub order: String,
    /// The last day, in UTC.
    pub until: Day,
}

impl App {
    /// Notes an order to keep a subject's records. Operators only.
    pub async fn place_hold(&self, caller: &Caller, place: PlaceHold) -> Answer<HoldId> {
        allow(caller, Right::Own)?;
        let order = text("/order", &place.order, LONGEST_ORDER)?;
        let (id, now_ms) = (HoldId(ids::next()), now_ms());
        let until_ms = place.until.ends_ms();
        if !(now_ms..=now_ms + LONGEST_MS).contains(&until_ms) {
            return Err(Refusal::field(Code::InvalidField, "/until", "A day from today on, within two years."));
        }
        let mut tx = self.0.store.write().await?;
        let person = self.person(&mut tx, place.subject).await?;
        let order = person.key.seal(What::Order { hold: &id.to_string() }, order.as_bytes());
        holds::insert(&mut tx, id, place.subject, &order, now_ms, until_ms).await?;
        // What it opens to is the operator's: whether the subject may hear of it, the order says.
        self.log(&mut tx, Event::LegalRequest { hold: id, step: OrderStep::Placed })?;
        tx.commit().await?;
        tracing::info!(hold = %id, subject = %place.subject, "legal hold placed");
        Ok(id)
    }

    /// Every hold whose subject's records are still here, newest first. Operators only.
    pub async fn list_holds(&self, caller: &Caller, limit: u32, after: Option<HoldId>) -> Answer<Page<Hold>> {
        allow(caller, Right::Oversee)?;
        let now_ms = now_ms();
        self.log_now(Event::StaffAccess { what: Records::LegalHolds }).await?;
        let mut conn = self.0.store.read().await?;
        let mut shown = Vec::new();
        for stored in holds::list(&mut conn, limit + 1, after).await? {
            let person = self.person(&mut conn, stored.subject).await?;
            shown.push(Hold {
                order: person.key.open_text(What::Order { hold: &stored.id.to_string() }, &stored.order_sealed)?,
                id: stored.id,
                subject: stored.subject,
                state: match stored.lifted_ms {
                    Some(_) => HoldState::Lifted,
                    None if stored.until_ms <= now_ms => HoldState::Expired,
                    None => HoldState::InForce,
                },
                placed_at: rfc3339(stored.placed_ms),
                until: rfc3339(stored.until_ms),
                leaving: stored.leaving,
            });
        }
        Ok(page(shown, limit, |hold| hold.id.to_string()))
    }

    /// Ends a hold before its time, and erases at once what nothing else keeps. Operators only.
    pub async fn lift_hold(&self, caller: &Caller, id: HoldId) -> Answer<()> {
        allow(caller, Right::Own)?;
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        if !holds::lift(&mut tx, id, now_ms).await? {
            return Err(Refusal::not_found("hold in force"));
        }
        self.log(&mut tx, Event::LegalRequest { hold: id, step: OrderStep::Lifted })?;
        tx.commit().await?;
        tracing::info!(hold = %id, "legal hold lifted");
        self.enforce_policy(now_ms).await.map(drop)
    }
}

impl App {
    /// Deletes references from where they are searched. Under a hold their templates are kept out of reach: sealed under their owner's
    /// key and bare, so that an epoch that is revoked takes nothing from the order.
    pub(super) async fn delete_references(
        &self,
        tx: &mut Conn,
        subject: SubjectId,
        palms: &[ReferenceId],
        now_ms: i64,
    ) -> Answer<()> {
        let held = holds::until(tx, subject, now_ms).await?.is_some();
        for palm in palms {
            if held {
                self.withhold(tx, subject, *palm).await?;
            }
            references::delete_reference(tx, subject, *palm).await?;
        }
        Ok(())
    }

    async fn withhold(&self, tx: &mut Conn, subject: SubjectId, palm: ReferenceId) -> Answer<()> {
        let key = self.person(tx, subject).await?.key;
        for stored in references::templates_of(tx, palm).await?.iter().filter(|stored| stored.subject == subject) {
            // What cannot be read any more keeps nobody from leaving.
            let Ok(Some(bare)) = self.0.epochs.bare(&key, stored) else { continue };
            let (reference, position) = (palm.to_string(), stored.position);
            let sealed = key.seal(What::Template { reference: &reference, position, epoch: BARE }, &bare.to_bytes());
            holds::withhold(tx, stored, &sealed).await?;
        }
        Ok(())
    }

    /// What leaving is under a hold: everything goes that the order does not keep, and what it keeps is out of reach for good.
    pub(super) async fn leave_under_hold(
        &self,
        tx: &mut Conn,
        subject: SubjectId,
        now_ms: i64,
    ) -> Answer<Vec<ReferenceId>> {
        if subjects::subject(tx, subject).await?.is_none() {
            return Err(Refusal::not_found("subject"));
        }
        let palms: Vec<ReferenceId> =
            references::references(tx, subject).await?.into_iter().map(|palm| palm.id).collect();
        self.delete_references(tx, subject, &palms, now_ms).await?;
        holds::leave(tx, subject, &crate::secret::random::<32>(), now_ms).await?;
        Ok(palms)
    }
}
