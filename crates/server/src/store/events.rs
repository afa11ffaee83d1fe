//! What happened, in the order it happened: the outbox of webhooks and streams.

use super::{Conn, Step, StoreError, rows};
use handsel_api::{EventId, MerchantId, PaymentId, events::EventKind, payments::PaymentStatus};
use ulid::Ulid;

/// An event's number. Later events have larger ones; a transaction that was given up may leave a gap.
pub(crate) type Seq = i64;

/// An event as stored: what happened to which payment, and no copy of it.
#[derive(Debug, Clone)]
pub(crate) struct StoredEvent {
    pub(crate) seq: Seq,
    pub(crate) merchant: MerchantId,
    pub(crate) kind: EventKind,
    pub(crate) payment: PaymentId,
    /// A refund's or a scanner action's id.
    pub(crate) detail: Option<String>,
    pub(crate) created_ms: i64,
}

impl StoredEvent {
    /// The id it is known by: a ULID of its time and its number.
    pub(crate) fn id(&self) -> EventId {
        let time = u64::try_from(self.created_ms).unwrap_or(0);
        EventId(Ulid::from_parts(time, u128::from(self.seq.unsigned_abs())))
    }
}

/// The number in an event's id; `None` when no event has such an id.
pub(crate) fn seq_of(id: EventId) -> Option<Seq> {
    Seq::try_from(id.0.random()).ok()
}

#[derive(sqlx::FromRow)]
struct EventRow {
    seq: i64,
    merchant_id: String,
    kind: String,
    payment_id: String,
    detail_id: Option<String>,
    created_ms: i64,
}

impl EventRow {
    fn read(self) -> Result<StoredEvent, StoreError> {
        Ok(StoredEvent {
            seq: self.seq,
            merchant: rows::parse("event.merchant_id", &self.merchant_id)?,
            kind: rows::from_word("event.kind", &self.kind)?,
            payment: rows::parse("event.payment_id", &self.payment_id)?,
            detail: self.detail_id,
            created_ms: self.created_ms,
        })
    }
}

/// An event that is to be added.
#[derive(serde::Serialize)]
pub(super) struct NewEvent {
    merchant: MerchantId,
    kind: &'static str,
    payment: PaymentId,
    detail: Option<String>,
    now_ms: i64,
}

/// Adds an event, in the step that makes it happen.
pub(crate) async fn emit(
    step: &mut Step,
    merchant: MerchantId,
    payment: PaymentId,
    kind: EventKind,
    now_ms: i64,
) -> Result<(), StoreError> {
    step.leave_event(NewEvent { merchant, kind: kind.word(), payment, detail: None, now_ms }).await
}

/// [`emit`], of where a payment has come to stand, if anybody waits to hear of that.
pub(crate) async fn emit_status(
    step: &mut Step,
    merchant: MerchantId,
    payment: PaymentId,
    status: PaymentStatus,
    now_ms: i64,
) -> Result<(), StoreError> {
    match EventKind::of(status) {
        Some(kind) => emit(step, merchant, payment, kind, now_ms).await,
        None => Ok(()),
    }
}

/// [`emit`], of something that has an id of its own beside the payment's.
pub(crate) async fn emit_about(
    step: &mut Step,
    merchant: MerchantId,
    payment: PaymentId,
    kind: EventKind,
    detail: String,
    now_ms: i64,
) -> Result<(), StoreError> {
    step.leave_event(NewEvent { merchant, kind: kind.word(), payment, detail: Some(detail), now_ms }).await
}

/// Writes events, numbered in their order.
pub(super) async fn insert_all(conn: &mut Conn, events: &[NewEvent]) -> Result<(), StoreError> {
    sqlx::query(
        "insert into event (merchant_id, kind, payment_id, detail_id, created_ms)
         select e.value ->> 'merchant', e.value ->> 'kind', e.value ->> 'payment', e.value ->> 'detail',
             cast(e.value ->> 'now_ms' as bigint)
         from json_each($1) e order by e.key",
    )
    .bind(rows::list(events)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds an event for every payment that [`super::payments::expire_before`] is about to close.
pub(crate) async fn emit_expired(conn: &mut Conn, created_before_ms: i64, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query(
        "insert into event (merchant_id, kind, payment_id, created_ms)
         select merchant_id, 'payment.expired', id, cast($2 as bigint) from payment
         where status in ('requires_palm', 'requires_step_up', 'requires_confirmation') and created_ms <= $1
         order by id",
    )
    .bind(created_before_ms)
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// The number of the last event that is kept, 0 when there is none.
pub(crate) async fn last(conn: &mut Conn) -> Result<Seq, StoreError> {
    let (seq,): (Seq,) =
        sqlx::query_as("select cast(coalesce(max(seq), 0) as bigint) from event").fetch_one(conn).await?;
    Ok(seq)
}

/// An event by its id, which must be right to the millisecond.
pub(crate) async fn get(conn: &mut Conn, id: EventId) -> Result<Option<StoredEvent>, StoreError> {
    let Some(seq) = seq_of(id) else { return Ok(None) };
    Ok(by_seq(conn, seq).await?.filter(|event| event.id() == id))
}

/// An event by its number.
pub(crate) async fn by_seq(conn: &mut Conn, seq: Seq) -> Result<Option<StoredEvent>, StoreError> {
    let row: Option<EventRow> =
        sqlx::query_as("select seq, merchant_id, kind, payment_id, detail_id, created_ms from event where seq = $1")
            .bind(seq)
            .fetch_optional(conn)
            .await?;
    row.map(EventRow::read).transpose()
}

/// Events after a number, oldest first; of one merchant, or of all when `merchant` is `None`.
pub(crate) async fn after(
    conn: &mut Conn,
    merchant: Option<MerchantId>,
    seq: Seq,
    most: u32,
) -> Result<Vec<StoredEvent>, StoreError> {
    let rows: Vec<EventRow> = match merchant {
        Some(merchant) => {
            sqlx::query_as(
                "select seq, merchant_id, kind, payment_id, detail_id, created_ms from event
                 where merchant_id = $1 and seq > $2 order by seq limit $3",
            )
            .bind(merchant.to_string())
            .bind(seq)
            .bind(i64::from(most))
            .fetch_all(conn)
            .await?
        }
        None => {
            sqlx::query_as(
                "select seq, merchant_id, kind, payment_id, detail_id, created_ms from event
                 where seq > $1 order by seq limit $2",
            )
            .bind(seq)
            .bind(i64::from(most))
            .fetch_all(conn)
            .await?
        }
    };
    rows.into_iter().map(EventRow::read).collect()
}

/// Events, newest first; of one merchant, or of all when `merchant` is `None`.
pub(crate) async fn list(
    conn: &mut Conn,
    merchant: Option<MerchantId>,
    limit: u32,
    before: Option<Seq>,
) -> Result<Vec<StoredEvent>, StoreError> {
    let rows: Vec<EventRow> = sqlx::query_as(
        "select seq, merchant_id, kind, payment_id, detail_id, created_ms from event
         where (cast($1 as text) is null or merchant_id = $1) and (cast($2 as bigint) is null or seq < $2)
         order by seq desc limit $3",
    )
    .bind(merchant.map(|id| id.to_string()))
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(EventRow::read).collect()
}

/// Forgets events of before a time, with what was owed to endpoints of them: the oldest ones, at most `most`. How many.
pub(crate) async fn delete_before(conn: &mut Conn, created_before_ms: i64, most: u32) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "delete from event
         where seq in (select seq from event order by seq limit $2) and created_ms < $1",
    )
    .bind(created_before_ms)
    .bind(i64::from(most))
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_its_number() {
        let event = StoredEvent {
            seq: 12_345_678_901,
            merchant: MerchantId(Ulid::from_parts(1, 1)),
            kind: EventKind::PaymentCaptured,
            payment: PaymentId(Ulid::from_parts(1, 2)),
            detail: None,
            created_ms: 1_795_305_600_123,
        };
        assert_eq!(seq_of(event.id()), Some(event.seq));
        let later = StoredEvent { seq: event.seq + 1, ..event.clone() };
        assert!(later.id() > event.id());
        assert_eq!(seq_of(EventId(Ulid::from_parts(1, u128::MAX))), None);
    }
}
