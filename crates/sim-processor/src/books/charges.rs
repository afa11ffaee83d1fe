//! Charges: authorised, captured, let go.

use super::Said;
use crate::{cards, faults};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

/// `POST /v1/charges`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCharge {
    /// The merchant's own name for it.
    pub(crate) payment: String,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    /// A card's token.
    pub(crate) card: String,
    /// Take it at once.
    pub(crate) capture: bool,
}

/// A charge as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Charge {
    /// Its name here; none for a payment that was closed before it was charged.
    pub(crate) id: Option<String>,
    pub(crate) payment: String,
    pub(crate) state: State,
    pub(crate) amount_minor: i64,
    pub(crate) captured_minor: i64,
    pub(crate) refunded_minor: i64,
    pub(crate) currency: String,
    pub(crate) auth_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decline: Option<Decline>,
    #[serde(skip)]
    pub(crate) row: i64,
}

/// Where a charge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Authorized,
    Captured,
    Declined,
    Voided,
    /// An authorisation that nobody captured in time.
    Expired,
}

/// Why a card was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decline {
    Refused,
    InsufficientFunds,
    Expired,
    AuthenticationRequired,
}

macro_rules! words {
    ($of:ident: $($name:ident $word:literal),*) => {
        impl $of {
            pub(crate) fn word(self) -> &'static str {
                match self { $($of::$name => $word),* }
            }

            fn read(word: &str) -> rusqlite::Result<$of> {
                match word { $($word => Ok($of::$name),)* _ => Err(rusqlite::Error::InvalidQuery) }
            }
        }
    };
}
words!(State: Authorized "authorized", Captured "captured", Declined "declined", Voided "voided", Expired "expired");
words!(Decline: Refused "refused", InsufficientFunds "insufficient_funds", Expired "expired",
    AuthenticationRequired "authentication_required");

/// Charges a card. A payment that was closed is not charged; one that was charged before is charged again: only keys
/// protect against that, as at any processor.
pub(crate) fn charge(
    conn: &Connection,
    new: &NewCharge,
    auth_code: &str,
    now_ms: i64,
    live_ms: i64,
) -> rusqlite::Result<Said> {
    let Some(card) = cards::by_token(&new.card) else {
        return Ok(Said::refused(422, "unknown_card", "There is no card with this token.", None));
    };
    if is_closed(conn, &new.payment)? {
        return Ok(Said::ok(&Charge::closed(&new.payment)));
    }
    let decline = card.declines.or_else(|| faults::magic_decline(new.amount_minor));
    let state = match (decline, new.capture) {
        (Some(_), _) => State::Declined,
        (None, true) => State::Captured,
        (None, false) => State::Authorized,
    };
    let captured_minor = if state == State::Captured { new.amount_minor } else { 0 };
    conn.prepare_cached(
        "insert into charge (payment, card, state, decline, amount_minor, captured_minor, currency, auth_code, created_ms,
             expires_ms)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        new.payment,
        card.token,
        state.word(),
        decline.map(Decline::word),
        new.amount_minor,
        captured_minor,
        new.currency,
        auth_code,
        now_ms,
        now_ms.saturating_add(live_ms),
    ])?;
    let row = conn.last_insert_rowid();
    Ok(Said::ok(&Charge {
        id: Some(name(row)),
        payment: new.payment.clone(),
        state,
        amount_minor: new.amount_minor,
        captured_minor,
        refunded_minor: 0,
        currency: new.currency.clone(),
        auth_code: auth_code.to_owned(),
        decline,
        row,
    }))
}

/// Takes an authorised amount, all or a part; the rest is let go.
pub(crate) fn capture(conn: &Connection, payment: &str, amount_minor: i64, now_ms: i64) -> rusqlite::Result<Said> {
    let (charges, _) = charges_of(conn, payment, now_ms)?;
    let Some(open) = charges.iter().find(|charge| charge.state == State::Authorized) else {
        let detail = "There is nothing authorised to capture.";
        return Ok(match charges.last() {
            Some(charge) => Said::refused(409, "not_authorized", detail, Some(charge)),
            None => Said::refused(404, "unknown_payment", detail, None),
        });
    };
    if amount_minor > open.amount_minor {
        let detail = format!("{} is authorised.", open.amount_minor);
        return Ok(Said::refused(422, "capture_too_large", detail, Some(open)));
    }
    conn.prepare_cached("update charge set state = 'captured', captured_minor = ?2 where id = ?1")?
        .execute(params![open.row, amount_minor])?;
    Ok(Said::ok(&Charge { state: State::Captured, captured_minor: amount_minor, ..open.clone() }))
}

/// Lets go what is authorised, and closes the payment: it cannot be charged any more. Money that was taken stays taken.
pub(crate) fn void(conn: &Connection, payment: &str, now_ms: i64) -> rusqlite::Result<Said> {
    conn.prepare_cached("insert into closed (payment) values (?1) on conflict do nothing")?.execute([payment])?;
    conn.prepare_cached("update charge set state = 'voided' where payment = ?1 and state = 'authorized'")?
        .execute([payment])?;
    let (charges, _) = charges_of(conn, payment, now_ms)?;
    if let Some(taken) = charges.iter().find(|charge| charge.state == State::Captured) {
        return Ok(Said::refused(409, "already_captured", "What was taken is given back by a refund.", Some(taken)));
    }
    Ok(Said::ok(charges.last().unwrap_or(&Charge::closed(payment))))
}

/// Every charge of a payment, oldest first, and whether it is closed.
pub(crate) fn charges_of(conn: &Connection, payment: &str, now_ms: i64) -> rusqlite::Result<(Vec<Charge>, bool)> {
    let mut rows = conn.prepare_cached(
        "select c.id, c.payment, c.state, c.decline, c.amount_minor, c.captured_minor, c.currency, c.auth_code, c.expires_ms,
             (select coalesce(sum(r.amount_minor), 0) from refund r where r.charge_id = c.id and r.refused = 0)
         from charge c where c.payment = ?1 order by c.id",
    )?;
    let charges = rows.query_map([payment], |row| Charge::read(row, now_ms))?.collect::<rusqlite::Result<_>>()?;
    Ok((charges, is_closed(conn, payment)?))
}

fn is_closed(conn: &Connection, payment: &str) -> rusqlite::Result<bool> {
    let mut closed = conn.prepare_cached("select 1 from closed where payment = ?1")?;
    Ok(closed.query_row([payment], |_| Ok(())).optional()?.is_some())
}

fn name(row: i64) -> String {
    format!("ch_{row}")
}

impl Charge {
    /// What stands for a payment that was let go before anybody charged it.
    pub(crate) fn closed(payment: &str) -> Charge {
        Charge {
            id: None,
            payment: payment.to_owned(),
            state: State::Voided,
            amount_minor: 0,
            captured_minor: 0,
            refunded_minor: 0,
            currency: String::new(),
            auth_code: String::new(),
            decline: None,
            row: 0,
        }
    }

    fn read(row: &Row<'_>, now_ms: i64) -> rusqlite::Result<Charge> {
        let id = row.get(0)?;
        let state = match State::read(&row.get::<_, String>(2)?)? {
            State::Authorized if now_ms >= row.get(8)? => State::Expired,
            state => state,
        };
        Ok(Charge {
            id: Some(name(id)),
            payment: row.get(1)?,
            state,
            decline: row.get::<_, Option<String>>(3)?.map(|word| Decline::read(&word)).transpose()?,
            amount_minor: row.get(4)?,
            captured_minor: row.get(5)?,
            currency: row.get(6)?,
            auth_code: row.get(7)?,
            refunded_minor: row.get(9)?,
            row: id,
        })
    }
}
