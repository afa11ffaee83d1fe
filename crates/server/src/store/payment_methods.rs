//! Cards a subject pays with, by the processor's own names for them.

use super::{Conn, StoreError, rows};
use crate::processor::{CardToken, LinkedCard};
use handsel_api::{PaymentMethodId, SubjectId, subjects::Card};

/// A card as stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredCard {
    pub(crate) id: PaymentMethodId,
    /// Whose token it is; no other processor knows it.
    pub(crate) processor: String,
    pub(crate) card: LinkedCard,
}

#[derive(sqlx::FromRow)]
struct CardRow {
    id: String,
    processor: String,
    token: String,
    brand: String,
    last4: String,
    fingerprint: String,
}

impl CardRow {
    fn read(self) -> Result<StoredCard, StoreError> {
        Ok(StoredCard {
            id: rows::parse("payment_method.id", &self.id)?,
            processor: self.processor,
            card: LinkedCard {
                token: CardToken(self.token),
                face: Card { brand: self.brand, last4: self.last4 },
                fingerprint: self.fingerprint,
            },
        })
    }
}

/// The card that pays at a processor: the newest that it knows.
pub(crate) fn paying<'a>(cards: &'a [StoredCard], processor: &str) -> Option<&'a StoredCard> {
    cards.iter().find(|card| card.processor == processor)
}

pub(crate) async fn insert(
    conn: &mut Conn,
    id: PaymentMethodId,
    subject: SubjectId,
    processor: &str,
    card: &LinkedCard,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into payment_method (id, subject_id, processor, token, brand, last4, fingerprint, created_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id.to_string())
    .bind(subject.to_string())
    .bind(processor)
    .bind(&card.token.0)
    .bind(&card.face.brand)
    .bind(&card.face.last4)
    .bind(&card.fingerprint)
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// Every card of a subject, the newest – which pays – first.
pub(crate) async fn list(conn: &mut Conn, subject: SubjectId) -> Result<Vec<StoredCard>, StoreError> {
    let rows: Vec<CardRow> = sqlx::query_as(
        "select id, processor, token, brand, last4, fingerprint from payment_method where subject_id = $1
         order by created_ms desc, id desc",
    )
    .bind(subject.to_string())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(CardRow::read).collect()
}

/// False when it is not this subject's.
pub(crate) async fn delete(conn: &mut Conn, subject: SubjectId, id: PaymentMethodId) -> Result<bool, StoreError> {
    let done = sqlx::query("delete from payment_method where id = $1 and subject_id = $2")
        .bind(id.to_string())
        .bind(subject.to_string())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
