//! A simulated processor: sandbox cards, no real money. It keeps its own books in a file of its own, as the company it
//! stands for would, so that a crash here never makes it forget a charge.

use super::{Asking, Charge, ChargeAt, ChargeState, Charged, Decline, Processor, RefundState, Silent, Take};
use crate::{clock::now_ms, secret};
use handsel_api::{PaymentId, RefundId};
use handsel_ledger::Amount;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::path::Path;

/// The file's name in the data folder.
pub(crate) const FILE_NAME: &str = "sim-processor.db";

/// The simulated processor.
pub(crate) struct Sim {
    books: SqlitePool,
}

impl Sim {
    /// Opens or makes its books.
    ///
    /// # Errors
    /// What SQLite said.
    pub(crate) async fn open(data_dir: &Path) -> Result<Sim, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(data_dir.join(FILE_NAME))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let books = pool.connect_with(options).await?;
        for table in [
            "create table if not exists charge (
                 payment text not null primary key, state text not null, amount_minor integer not null,
                 currency text not null, auth_code text not null, created_ms integer not null,
                 constraint charge_state check (state in ('authorized', 'captured', 'declined', 'voided'))
             ) strict",
            "create table if not exists refund (
                 id text not null primary key, payment text not null references charge (payment),
                 amount_minor integer not null, created_ms integer not null
             ) strict",
        ] {
            sqlx::query(table).execute(&books).await?;
        }
        Ok(Sim { books })
    }

    async fn record(&self, payment: PaymentId, state: &str, minor: i64, currency: &str) -> Result<(), sqlx::Error> {
        let auth_code = secret::hex(&secret::random::<3>()).to_uppercase();
        sqlx::query(
            "insert into charge (payment, state, amount_minor, currency, auth_code, created_ms)
             values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (payment) do nothing",
        )
        .bind(payment.to_string())
        .bind(state)
        .bind(minor)
        .bind(currency)
        .bind(auth_code)
        .bind(now_ms())
        .execute(&self.books)
        .await?;
        Ok(())
    }

    async fn change(&self, payment: PaymentId, to: &str) -> Result<(), sqlx::Error> {
        sqlx::query("update charge set state = ?2 where payment = ?1 and state = 'authorized'")
            .bind(payment.to_string())
            .bind(to)
            .execute(&self.books)
            .await?;
        Ok(())
    }

    async fn state(&self, payment: PaymentId) -> Result<Option<Charged>, sqlx::Error> {
        let row: Option<(String, String, i64)> =
            sqlx::query_as("select state, auth_code, amount_minor from charge where payment = ?1")
                .bind(payment.to_string())
                .fetch_optional(&self.books)
                .await?;
        Ok(row.map(|(state, auth_code, amount_minor)| Charged {
            reference: None,
            state: match state.as_str() {
                "authorized" => ChargeState::Authorized { auth_code },
                "captured" => ChargeState::Captured { auth_code, amount_minor },
                "declined" => ChargeState::Declined { why: Decline::Refused },
                _ => ChargeState::Voided,
            },
        }))
    }

    async fn known_state(&self, payment: PaymentId) -> Result<Charged, sqlx::Error> {
        self.state(payment).await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// How many charges took money, how much of it, and how much was given back, in minor units.
    #[cfg(test)]
    pub(crate) async fn audit(&self) -> (i64, i64, i64) {
        sqlx::query_as(
            "select (select count(*) from charge where state = 'captured'),
                 (select coalesce(sum(amount_minor), 0) from charge where state = 'captured'),
                 (select coalesce(sum(amount_minor), 0) from refund)",
        )
        .fetch_one(&self.books)
        .await
        .unwrap()
    }
}

impl Processor for Sim {
    fn name(&self) -> &'static str {
        "sim"
    }

    fn charge(&self, charge: Charge) -> Asking<'_, Charged> {
        answer(async move {
            let state = match (charge.card.0.as_str(), charge.take) {
                ("card_visa_declined", _) => "declined",
                (_, Take::Now) => "captured",
                (_, Take::Later) => "authorized",
            };
            self.record(charge.payment, state, charge.amount.minor(), charge.amount.currency().code()).await?;
            self.known_state(charge.payment).await
        })
    }

    fn capture(&self, at: ChargeAt, amount: Amount) -> Asking<'_, Charged> {
        answer(async move {
            sqlx::query(
                "update charge set state = 'captured', amount_minor = ?2 where payment = ?1 and state = 'authorized'",
            )
            .bind(at.payment.to_string())
            .bind(amount.minor())
            .execute(&self.books)
            .await?;
            self.known_state(at.payment).await
        })
    }

    fn void(&self, at: ChargeAt) -> Asking<'_, Charged> {
        answer(async move {
            self.record(at.payment, "voided", 0, "").await?;
            self.change(at.payment, "voided").await?;
            self.known_state(at.payment).await
        })
    }

    fn refund(&self, refund: RefundId, at: ChargeAt, amount: Amount) -> Asking<'_, RefundState> {
        answer(async move {
            sqlx::query(
                "insert into refund (id, payment, amount_minor, created_ms) values (?1, ?2, ?3, ?4)
                 on conflict (id) do nothing",
            )
            .bind(refund.to_string())
            .bind(at.payment.to_string())
            .bind(amount.minor())
            .bind(now_ms())
            .execute(&self.books)
            .await?;
            Ok(RefundState::Given)
        })
    }

    fn look_up(&self, at: ChargeAt) -> Asking<'_, Option<Charged>> {
        answer(async move { self.state(at.payment).await })
    }
}

/// Whatever breaks in the books is silence to whoever asked.
fn answer<'a, T>(asked: impl Future<Output = Result<T, sqlx::Error>> + Send + 'a) -> Asking<'a, T> {
    Box::pin(async move {
        asked.await.map_err(|error| {
            tracing::error!(%error, "the simulated processor's books cannot be used");
            Silent
        })
    })
}
