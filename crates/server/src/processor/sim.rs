//! A simulated processor: sandbox cards, no real money. It keeps its own books in a file of its own, as the company it
//! stands for would, so that a crash here never makes it forget a charge.

use super::{Asking, Charge, ChargeState, Processor, Silent};
use crate::{clock::now_ms, secret};
use handsel_api::{PaymentId, RefundId, subjects::SandboxCard};
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

    async fn state(&self, payment: PaymentId) -> Result<Option<ChargeState>, sqlx::Error> {
        let row: Option<(String, String)> = sqlx::query_as("select state, auth_code from charge where payment = ?1")
            .bind(payment.to_string())
            .fetch_optional(&self.books)
            .await?;
        Ok(row.map(|(state, auth_code)| match state.as_str() {
            "authorized" => ChargeState::Authorized { auth_code },
            "captured" => ChargeState::Captured { auth_code },
            "declined" => ChargeState::Declined,
            _ => ChargeState::Voided,
        }))
    }

    async fn known_state(&self, payment: PaymentId) -> Result<ChargeState, sqlx::Error> {
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
    fn is_simulated(&self) -> bool {
        true
    }

    fn authorize(&self, charge: Charge) -> Asking<'_, ChargeState> {
        answer(async move {
            let state = match charge.card {
                SandboxCard::VisaApproved | SandboxCard::MastercardApproved => "authorized",
                SandboxCard::VisaDeclined => "declined",
            };
            self.record(charge.payment, state, charge.amount.minor(), charge.amount.currency().code()).await?;
            self.known_state(charge.payment).await
        })
    }

    fn capture(&self, payment: PaymentId) -> Asking<'_, ChargeState> {
        answer(async move {
            self.change(payment, "captured").await?;
            self.known_state(payment).await
        })
    }

    fn void(&self, payment: PaymentId) -> Asking<'_, ChargeState> {
        answer(async move {
            self.record(payment, "voided", 0, "").await?;
            self.change(payment, "voided").await?;
            self.known_state(payment).await
        })
    }

    fn refund(&self, refund: RefundId, payment: PaymentId, amount: Amount) -> Asking<'_, ()> {
        answer(async move {
            sqlx::query(
                "insert into refund (id, payment, amount_minor, created_ms) values (?1, ?2, ?3, ?4)
                 on conflict (id) do nothing",
            )
            .bind(refund.to_string())
            .bind(payment.to_string())
            .bind(amount.minor())
            .bind(now_ms())
            .execute(&self.books)
            .await?;
            Ok(())
        })
    }

    fn look_up(&self, payment: PaymentId) -> Asking<'_, Option<ChargeState>> {
        answer(self.state(payment))
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

#[cfg(test)]
mod tests {
    use super::*;
    use handsel_ledger::Currency;
    use ulid::Ulid;

    #[tokio::test]
    async fn asking_twice_charges_once_and_a_closed_id_is_never_charged() {
        let dir = tempfile::tempdir().unwrap();
        let sim = Sim::open(dir.path()).await.unwrap();
        let amount = Amount::new(500, Currency::parse("EUR").unwrap()).unwrap();
        let charge = |n, card| Charge { payment: PaymentId(Ulid::from_parts(1, n)), amount, card };
        let paid = charge(1, SandboxCard::VisaApproved);
        let first = sim.authorize(paid).await.unwrap();
        assert!(matches!(first, ChargeState::Authorized { .. }));
        assert_eq!(sim.authorize(paid).await.unwrap(), first);
        let captured = sim.capture(paid.payment).await.unwrap();
        assert_eq!(sim.capture(paid.payment).await.unwrap(), captured);
        assert_eq!(sim.authorize(paid).await.unwrap(), captured);
        assert_eq!(sim.void(paid.payment).await.unwrap(), captured, "money that was taken is not let go");

        let declined = charge(2, SandboxCard::VisaDeclined);
        assert_eq!(sim.authorize(declined).await.unwrap(), ChargeState::Declined);
        assert_eq!(sim.capture(declined.payment).await.unwrap(), ChargeState::Declined);

        let late = charge(3, SandboxCard::VisaApproved);
        assert_eq!(sim.look_up(late.payment).await.unwrap(), None);
        assert_eq!(sim.void(late.payment).await.unwrap(), ChargeState::Voided);
        assert_eq!(sim.authorize(late).await.unwrap(), ChargeState::Voided);

        let refund = RefundId(Ulid::from_parts(1, 9));
        for _ in 0..2 {
            sim.refund(refund, paid.payment, amount).await.unwrap();
        }
        assert_eq!(sim.audit().await, (1, 500, 500));
    }
}
