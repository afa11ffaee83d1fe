//! The judge: what was really charged, counted from a row per executed charge.

use rusqlite::Connection;
use serde::Serialize;

/// All of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Audit {
    /// How many payments were charged at least once.
    pub(crate) payments: i64,
    /// How many charges hold money or took it: one per payment, or somebody was charged twice.
    pub(crate) charges: i64,
    /// How many payments have more than one of these.
    pub(crate) charged_twice: i64,
    /// How many charges took money.
    pub(crate) captures: i64,
    pub(crate) captured_minor: i64,
    pub(crate) refunded_minor: i64,
    /// How many refunds were given more than once.
    pub(crate) refunded_twice: i64,
    /// How many charges still hold money.
    pub(crate) authorized: i64,
    pub(crate) declined: i64,
    pub(crate) voided: i64,
}

/// One payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PaymentAudit {
    pub(crate) payment: String,
    /// How many charges hold money of it or took it: more than one is one too many.
    pub(crate) charges: i64,
    pub(crate) captured_minor: i64,
    pub(crate) refunded_minor: i64,
    pub(crate) currency: String,
    /// Of the newest charge.
    pub(crate) state: String,
}

pub(crate) fn totals(conn: &Connection) -> rusqlite::Result<Audit> {
    let mut totals = conn.prepare_cached(
        "select count(distinct payment) filter (where state in ('authorized', 'captured')),
             count(*) filter (where state in ('authorized', 'captured')),
             count(*) filter (where state = 'captured'), coalesce(sum(captured_minor), 0),
             count(*) filter (where state = 'authorized'), count(*) filter (where state = 'declined'),
             count(*) filter (where state = 'voided'),
             (select coalesce(sum(amount_minor), 0) from refund where refused = 0),
             (select count(*) from (select 1 from charge where state in ('authorized', 'captured')
                 group by payment having count(*) > 1)),
             (select count(*) from (select 1 from refund where refused = 0 group by refund having count(*) > 1))
         from charge",
    )?;
    totals.query_row([], |row| {
        Ok(Audit {
            payments: row.get(0)?,
            charges: row.get(1)?,
            captures: row.get(2)?,
            captured_minor: row.get(3)?,
            authorized: row.get(4)?,
            declined: row.get(5)?,
            voided: row.get(6)?,
            refunded_minor: row.get(7)?,
            charged_twice: row.get(8)?,
            refunded_twice: row.get(9)?,
        })
    })
}

/// Each payment, the newest first; one of them, or all; at most `limit`.
pub(crate) fn audit(conn: &Connection, payment: Option<&str>, limit: i64) -> rusqlite::Result<Vec<PaymentAudit>> {
    let mut rows = conn.prepare_cached(
        "select c.payment, count(*) filter (where c.state in ('authorized', 'captured')), sum(c.captured_minor),
             (select coalesce(sum(r.amount_minor), 0) from refund r join charge o on o.id = r.charge_id
                 where o.payment = c.payment and r.refused = 0),
             c.currency, c.state, max(c.id) as newest -- SQLite takes bare columns from the row of the one maximum
         from charge c where ?1 is null or c.payment = ?1 group by c.payment order by newest desc limit ?2",
    )?;
    let rows = rows.query_map((payment, limit), |row| {
        Ok(PaymentAudit {
            payment: row.get(0)?,
            charges: row.get(1)?,
            captured_minor: row.get(2)?,
            refunded_minor: row.get(3)?,
            currency: row.get(4)?,
            state: row.get(5)?,
        })
    })?;
    rows.collect()
}
