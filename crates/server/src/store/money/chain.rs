//! The chain of transfers: each row carries a keyed hash of itself and of the row before it. Without the key file nobody can
//! change, take out, put in or move a row so that it still fits. That the last rows were cut off does not show here; the
//! payments that rest on them do (`handsel doctor`).

use super::{Columns, Conn, StoreError, Transfer, TransferId, number, rows};
use crate::{store::Step, vault::Vault};

/// How many rows are read at once.
const PAGE: i64 = 1_000;

/// One row's place in the chain.
#[derive(Clone, Copy)]
pub(in crate::store) struct Link {
    /// Its number: 1, 2, 3, …
    pub(super) seq: i64,
    pub(super) mac: [u8; 32],
}

/// What a check found.
pub(crate) struct Checked {
    /// How many rows fit.
    pub(crate) fit: i64,
    /// The first row that does not; what follows it was not looked at.
    pub(crate) broken_at: Option<i64>,
}

/// A transfer as stored.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    seq: i64,
    id: Vec<u8>,
    step: String,
    target_id: Option<Vec<u8>>,
    debit: Vec<u8>,
    credit: Vec<u8>,
    amount_minor: i64,
    currency: String,
    expires_ms: Option<i64>,
    created_ms: i64,
    mac: Vec<u8>,
}

impl Link {
    /// The link of a row as stored; the one before the first row where there is none.
    pub(super) fn read(seq: Option<i64>, mac: Option<&[u8]>) -> Result<Link, StoreError> {
        match (seq, mac) {
            (Some(seq), Some(mac)) => Ok(Link { seq, mac: rows::bytes("transfer.mac", mac)? }),
            _ => Ok(Link::before_all()),
        }
    }

    fn before_all() -> Link {
        Link { seq: 0, mac: [0; 32] }
    }

    /// The link of the row after this one.
    pub(super) fn next(&self, vault: &Vault, transfer: &Transfer, created_ms: i64) -> Link {
        let seq = self.seq + 1;
        let mut row = Vec::with_capacity(160);
        row.extend_from_slice(&self.mac);
        row.extend_from_slice(&seq.to_be_bytes());
        row.extend_from_slice(&transfer.id.0.to_be_bytes());
        row.extend_from_slice(format!("{:<8}", transfer.step.as_str()).as_bytes());
        // No transfer is called 0, and no hold expires in 1970.
        row.extend_from_slice(&transfer.step.target().map_or(0, |id| id.0).to_be_bytes());
        row.extend_from_slice(&transfer.debit.0.to_be_bytes());
        row.extend_from_slice(&transfer.credit.0.to_be_bytes());
        row.extend_from_slice(&transfer.amount.minor().to_be_bytes());
        row.extend_from_slice(transfer.amount.currency().code().as_bytes());
        row.extend_from_slice(&transfer.step.expires_ms().unwrap_or(0).to_be_bytes());
        row.extend_from_slice(&created_ms.to_be_bytes());
        Link { seq, mac: vault.chain(&row) }
    }
}

/// The link of the last row there is, written or as good as written.
pub(super) async fn last(step: &mut Step) -> Result<Link, StoreError> {
    if let Some(last) = step.last_link() {
        return Ok(last);
    }
    let row: Option<(i64, Vec<u8>)> =
        sqlx::query_as("select seq, mac from transfer order by seq desc limit 1").fetch_optional(&mut **step).await?;
    let (seq, mac) = row.unzip();
    Link::read(seq, mac.as_deref())
}

impl Row {
    /// `None` where the row does not even read back.
    pub(super) fn transfer(&self) -> Option<Transfer> {
        let columns = Columns {
            step: Some(self.step.clone()),
            target: self.target_id.clone(),
            debit: Some(self.debit.clone()),
            credit: Some(self.credit.clone()),
            amount_minor: Some(self.amount_minor),
            currency: Some(self.currency.clone()),
            expires_ms: self.expires_ms,
        };
        columns.read(TransferId(number("id", &self.id).ok()?)).ok().flatten()
    }
}

/// Looks at every row, from the first.
pub(crate) async fn check(conn: &mut Conn, vault: &Vault) -> Result<Checked, StoreError> {
    let mut last = Link::before_all();
    loop {
        let rows: Vec<Row> = sqlx::query_as(
            "select seq, id, step, target_id, debit, credit, amount_minor, currency, expires_ms, created_ms, mac
             from transfer where seq > $1 order by seq limit $2",
        )
        .bind(last.seq)
        .bind(PAGE)
        .fetch_all(&mut *conn)
        .await?;
        if rows.is_empty() {
            return Ok(Checked { fit: last.seq, broken_at: None });
        }
        for row in rows {
            let next = row.transfer().map(|transfer| last.next(vault, &transfer, row.created_ms));
            match next {
                Some(next) if next.seq == row.seq && next.mac.as_slice() == row.mac => last = next,
                _ => return Ok(Checked { fit: last.seq, broken_at: Some(row.seq) }),
            }
        }
    }
}

/// Whether an older version wrote rows that are not chained yet.
pub(in crate::store) async fn has_unchained(conn: &mut Conn) -> Result<bool, StoreError> {
    let row: Option<(i64,)> = sqlx::query_as("select seq from transfer where mac = $1 order by seq limit 1")
        .bind(Vec::new())
        .fetch_optional(conn)
        .await?;
    Ok(row.is_some())
}

/// Chains the rows that an older version wrote.
pub(in crate::store) async fn chain_what_is_not(conn: &mut Conn, vault: &Vault) -> Result<(), StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select seq, id, step, target_id, debit, credit, amount_minor, currency, expires_ms, created_ms, mac
         from transfer order by seq",
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut last = Link::before_all();
    for row in rows {
        if !row.mac.is_empty() {
            last = Link::read(Some(row.seq), Some(&row.mac))?;
            continue;
        }
        let transfer = row.transfer();
        let transfer =
            transfer.ok_or_else(|| StoreError::Broken(format!("transfer {} does not read back", row.seq)))?;
        last = last.next(vault, &transfer, row.created_ms);
        sqlx::query("update transfer set mac = $2 where seq = $1")
            .bind(row.seq)
            .bind(last.mac.as_slice())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}
