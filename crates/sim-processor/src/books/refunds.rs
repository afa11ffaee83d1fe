//! Money given back.

use super::{Said, State, charges_of};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

/// A refund of this amount is refused by the card's bank.
pub(crate) const MAGIC_REFUSED: i64 = 66_632;
/// A refund of this amount is under way for [`PENDING_MS`].
pub(crate) const MAGIC_PENDING: i64 = 66_631;
/// How long a pending refund is under way.
pub(crate) const PENDING_MS: i64 = 1_500;

/// `POST /v1/refunds`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRefund {
    /// The merchant's own name for it.
    pub(crate) refund: String,
    pub(crate) payment: String,
    pub(crate) amount_minor: i64,
}

/// A refund as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Refund {
    pub(crate) refund: String,
    pub(crate) payment: String,
    pub(crate) amount_minor: i64,
    /// `given`, `pending` or `refused`.
    pub(crate) state: &'static str,
}

/// Gives back a part of what was taken, never more. The same name under another key is given again: only keys protect.
pub(crate) fn refund(conn: &Connection, new: &NewRefund, now_ms: i64) -> rusqlite::Result<Said> {
    let (charges, _) = charges_of(conn, &new.payment, now_ms)?;
    let Some(taken) = charges.iter().find(|charge| charge.state == State::Captured) else {
        return Ok(Said::refused(409, "not_captured", "Nothing of this payment was taken.", charges.last()));
    };
    let left_minor = taken.captured_minor - taken.refunded_minor;
    if new.amount_minor > left_minor {
        return Ok(Said::refused(409, "refund_too_large", format!("{left_minor} is left to give back."), Some(taken)));
    }
    let wait_ms = if new.amount_minor == MAGIC_PENDING { PENDING_MS } else { 0 };
    conn.prepare_cached(
        "insert into refund (refund, charge_id, refused, amount_minor, created_ms, given_ms) values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        new.refund,
        taken.row,
        i64::from(new.amount_minor == MAGIC_REFUSED),
        new.amount_minor,
        now_ms,
        now_ms + wait_ms,
    ])?;
    let made = refund_by_name(conn, &new.refund, now_ms)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    Ok(Said::ok(&made))
}

/// The newest refund of a name that a merchant gave it.
pub(crate) fn refund_by_name(conn: &Connection, name: &str, now_ms: i64) -> rusqlite::Result<Option<Refund>> {
    let mut row = conn.prepare_cached(
        "select r.refund, c.payment, r.amount_minor, r.refused, r.given_ms
         from refund r join charge c on c.id = r.charge_id where r.refund = ?1 order by r.id desc limit 1",
    )?;
    let refund = row.query_row([name], |row| {
        Ok(Refund {
            refund: row.get(0)?,
            payment: row.get(1)?,
            amount_minor: row.get(2)?,
            state: match (row.get::<_, i64>(3)?, row.get::<_, i64>(4)?) {
                (1, _) => "refused",
                (_, given_ms) if given_ms > now_ms => "pending",
                _ => "given",
            },
        })
    });
    refund.optional()
}
