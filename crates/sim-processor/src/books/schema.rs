//! The tables.

use rusqlite::{Connection, OptionalExtension};
use std::{fs::File, io, path::Path, time::Duration};

/// Why books cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// What the system said.
    #[error("the processor's books cannot be opened: {0}")]
    File(#[from] io::Error),
    /// What SQLite said.
    #[error("the processor's books cannot be opened: {0}")]
    Books(#[from] rusqlite::Error),
}

/// A row per executed charge and refund, not per name: a payment that was charged twice has two.
const TABLES: &str = "
    create table if not exists charge (
        id integer not null primary key,
        payment text not null,
        card text not null,
        state text not null,
        decline text,
        amount_minor integer not null,
        captured_minor integer not null,
        currency text not null,
        auth_code text not null,
        created_ms integer not null,
        expires_ms integer not null,
        constraint charge_state check (state in ('authorized', 'captured', 'declined', 'voided')),
        constraint charge_captured check (captured_minor between 0 and amount_minor)
    ) strict;
    create index if not exists charge_by_payment on charge (payment);
    create table if not exists closed (payment text not null primary key) strict, without rowid;
    create table if not exists refund (
        id integer not null primary key,
        refund text not null,
        charge_id integer not null references charge (id),
        refused integer not null,
        amount_minor integer not null,
        created_ms integer not null,
        given_ms integer not null
    ) strict;
    create index if not exists refund_by_charge on refund (charge_id);
    create index if not exists refund_by_name on refund (refund);
    create table if not exists answer (
        key text not null primary key,
        request_hash blob not null,
        status integer not null,
        body text not null,
        created_ms integer not null
    ) strict, without rowid;
    create table if not exists card_setup (
        id text not null primary key,
        return_url text not null,
        card text,
        created_ms integer not null
    ) strict;";

/// Books of version 0.1 had one row per payment.
const FROM_THE_FIRST: &str = "
    insert into charge (payment, card, state, amount_minor, captured_minor, currency, auth_code, created_ms, expires_ms)
        select payment, '', state, amount_minor, case state when 'captured' then amount_minor else 0 end, currency,
            auth_code, created_ms, created_ms from charge_first where amount_minor > 0;
    insert into closed (payment) select payment from charge_first where amount_minor = 0;
    insert into refund (refund, charge_id, refused, amount_minor, created_ms, given_ms)
        select r.id, c.id, 0, r.amount_minor, r.created_ms, r.created_ms
        from refund_first r join charge c on c.payment = r.payment;
    drop table refund_first;
    drop table charge_first;";

/// Opens or makes the file; a commit is on the disk.
pub(super) fn open(file: &Path) -> Result<Connection, OpenError> {
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(file)?);
    let mut conn = Connection::open(file)?;
    conn.busy_timeout(Duration::from_secs(10))?;
    conn.pragma_update(None, "journal_mode", "wal")?;
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "foreign_keys", "on")?;
    let tx = conn.transaction()?;
    let first = is_of_the_first(&tx)?;
    if first {
        tx.execute_batch("alter table charge rename to charge_first; alter table refund rename to refund_first;")?;
    }
    tx.execute_batch(TABLES)?;
    if first {
        tx.execute_batch(FROM_THE_FIRST)?;
    }
    tx.commit()?;
    Ok(conn)
}

fn is_of_the_first(conn: &Connection) -> rusqlite::Result<bool> {
    let charge = "select 1 from sqlite_schema where name = 'charge'
        and not exists (select 1 from pragma_table_info('charge') where name = 'captured_minor')";
    Ok(conn.query_row(charge, [], |_| Ok(())).optional()?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::{State, charges_of, refund_by_name};

    #[test]
    fn books_of_the_first_version_are_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("books.db");
        Connection::open(&file)
            .unwrap()
            .execute_batch(
                "create table charge (
                     payment text not null primary key, state text not null, amount_minor integer not null,
                     currency text not null, auth_code text not null, created_ms integer not null
                 ) strict;
                 create table refund (
                     id text not null primary key, payment text not null references charge (payment),
                     amount_minor integer not null, created_ms integer not null
                 ) strict;
                 insert into charge values ('pay_1', 'captured', 500, 'EUR', 'A1B2C3', 7), ('pay_2', 'voided', 0, '', '', 8);
                 insert into refund values ('rfd_1', 'pay_1', 200, 9);",
            )
            .unwrap();
        for _ in 0..2 {
            let conn = open(&file).unwrap();
            let (charges, closed) = charges_of(&conn, "pay_1", 10).unwrap();
            let [charge] = &charges[..] else { panic!("{charges:?}") };
            assert_eq!((charge.state, charge.captured_minor, charge.refunded_minor), (State::Captured, 500, 200));
            assert!(!closed);
            assert!(charges_of(&conn, "pay_2", 10).unwrap().1);
            assert_eq!(refund_by_name(&conn, "rfd_1", 10).unwrap().unwrap().amount_minor, 200);
        }
    }
}
