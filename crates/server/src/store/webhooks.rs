//! Where events are sent, and what is owed there.

use super::{Conn, StoreError, events::Seq, rows};
use handsel_api::{MerchantId, WebhookEndpointId};

/// An endpoint as stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredEndpoint {
    pub(crate) id: WebhookEndpointId,
    pub(crate) merchant: MerchantId,
    pub(crate) url: String,
    /// How many secrets it has had; the newest one's number.
    pub(crate) secrets: i64,
    /// When it got that one, unless it is the first.
    pub(crate) rotated_ms: Option<i64>,
    /// The last event that has its delivery.
    pub(crate) passed_on: Seq,
    pub(crate) failing_since_ms: Option<i64>,
    pub(crate) disabled_ms: Option<i64>,
    pub(crate) created_ms: i64,
}

/// An event that an endpoint is owed.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(crate) struct Due {
    pub(crate) event_seq: Seq,
    pub(crate) attempts: i64,
    pub(crate) due_ms: i64,
}

/// How a delivery stands, for the console.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct StoredDelivery {
    pub(crate) event_seq: Seq,
    pub(crate) attempts: i64,
    pub(crate) due_ms: Option<i64>,
    pub(crate) answered: Option<i64>,
    pub(crate) delivered_ms: Option<i64>,
}

/// How one try went, to be written.
pub(crate) struct Tried {
    pub(crate) event_seq: Seq,
    /// How many tries there were, with this one.
    pub(crate) attempts: i64,
    /// The HTTP status, if there was an answer.
    pub(crate) answered: Option<u16>,
    pub(crate) arrived: bool,
    /// When to try again; `None` when it is over.
    pub(crate) due_ms: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct EndpointRow {
    id: String,
    merchant_id: String,
    url: String,
    secrets: i64,
    rotated_ms: Option<i64>,
    passed_on: i64,
    failing_since_ms: Option<i64>,
    disabled_ms: Option<i64>,
    created_ms: i64,
}

impl EndpointRow {
    fn read(self) -> Result<StoredEndpoint, StoreError> {
        Ok(StoredEndpoint {
            id: rows::parse("webhook_endpoint.id", &self.id)?,
            merchant: rows::parse("webhook_endpoint.merchant_id", &self.merchant_id)?,
            url: self.url,
            secrets: self.secrets,
            rotated_ms: self.rotated_ms,
            passed_on: self.passed_on,
            failing_since_ms: self.failing_since_ms,
            disabled_ms: self.disabled_ms,
            created_ms: self.created_ms,
        })
    }
}

/// Adds an endpoint, which is owed what happens from now on.
pub(crate) async fn insert(
    conn: &mut Conn,
    id: WebhookEndpointId,
    merchant: MerchantId,
    url: &str,
    passed_on: Seq,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into webhook_endpoint (id, merchant_id, url, passed_on, created_ms) values ($1, $2, $3, $4, $5)",
    )
    .bind(id.to_string())
    .bind(merchant.to_string())
    .bind(url)
    .bind(passed_on)
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn get(conn: &mut Conn, id: WebhookEndpointId) -> Result<Option<StoredEndpoint>, StoreError> {
    let row: Option<EndpointRow> = sqlx::query_as(
        "select id, merchant_id, url, secrets, rotated_ms, passed_on, failing_since_ms, disabled_ms, created_ms
         from webhook_endpoint where id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(EndpointRow::read).transpose()
}

/// Endpoints, newest first; of one merchant, or of all when `merchant` is `None`.
pub(crate) async fn list(
    conn: &mut Conn,
    merchant: Option<MerchantId>,
    limit: u32,
    after: Option<WebhookEndpointId>,
) -> Result<Vec<StoredEndpoint>, StoreError> {
    let rows: Vec<EndpointRow> = sqlx::query_as(
        "select id, merchant_id, url, secrets, rotated_ms, passed_on, failing_since_ms, disabled_ms, created_ms
         from webhook_endpoint
         where (cast($1 as text) is null or merchant_id = $1) and (cast($2 as text) is null or id < $2)
         order by id desc limit $3",
    )
    .bind(merchant.map(|id| id.to_string()))
    .bind(after.map(|id| id.to_string()))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(EndpointRow::read).collect()
}

/// The endpoints that events are sent to.
pub(crate) async fn enabled(conn: &mut Conn) -> Result<Vec<WebhookEndpointId>, StoreError> {
    let rows: Vec<(String,)> =
        sqlx::query_as("select id from webhook_endpoint where disabled_ms is null order by id").fetch_all(conn).await?;
    rows.iter().map(|(id,)| rows::parse("webhook_endpoint.id", id)).collect()
}

pub(crate) async fn count(conn: &mut Conn, merchant: MerchantId) -> Result<i64, StoreError> {
    let (count,): (i64,) =
        sqlx::query_as("select cast(count(*) as bigint) from webhook_endpoint where merchant_id = $1")
            .bind(merchant.to_string())
            .fetch_one(conn)
            .await?;
    Ok(count)
}

/// Forgets an endpoint and what it was owed.
pub(crate) async fn delete(conn: &mut Conn, id: WebhookEndpointId) -> Result<(), StoreError> {
    sqlx::query("delete from webhook_endpoint where id = $1").bind(id.to_string()).execute(conn).await?;
    Ok(())
}

/// Gives an endpoint its next secret.
pub(crate) async fn rotate(conn: &mut Conn, id: WebhookEndpointId, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("update webhook_endpoint set secrets = secrets + 1, rotated_ms = $2 where id = $1")
        .bind(id.to_string())
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// Owes an endpoint the events of its merchant from after `from` up to `to`, due now.
pub(crate) async fn pass_on(
    conn: &mut Conn,
    endpoint: &StoredEndpoint,
    to: Seq,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into delivery (event_seq, endpoint_id, due_ms)
         select seq, $1, cast($2 as bigint) from event where merchant_id = $3 and seq > $4 and seq <= $5
         on conflict (event_seq, endpoint_id) do nothing",
    )
    .bind(endpoint.id.to_string())
    .bind(now_ms)
    .bind(endpoint.merchant.to_string())
    .bind(endpoint.passed_on)
    .bind(to)
    .execute(&mut *conn)
    .await?;
    sqlx::query("update webhook_endpoint set passed_on = $2 where id = $1")
        .bind(endpoint.id.to_string())
        .bind(to)
        .execute(conn)
        .await?;
    Ok(())
}

/// Owes one event again to every endpoint of its merchant that is enabled, as if it had never been sent.
pub(crate) async fn owe_again(
    conn: &mut Conn,
    merchant: MerchantId,
    event: Seq,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into delivery (event_seq, endpoint_id, due_ms)
         select cast($1 as bigint), id, cast($2 as bigint) from webhook_endpoint
         where merchant_id = $3 and disabled_ms is null
         on conflict (event_seq, endpoint_id) do update set attempts = 0, due_ms = $2, delivered_ms = null",
    )
    .bind(event)
    .bind(now_ms)
    .bind(merchant.to_string())
    .execute(conn)
    .await?;
    Ok(())
}

/// What an endpoint is owed, in the order it is due.
pub(crate) async fn due(conn: &mut Conn, endpoint: WebhookEndpointId, most: u32) -> Result<Vec<Due>, StoreError> {
    Ok(sqlx::query_as(
        "select event_seq, attempts, due_ms from delivery where endpoint_id = $1 and due_ms is not null
         order by due_ms, event_seq limit $2",
    )
    .bind(endpoint.to_string())
    .bind(i64::from(most))
    .fetch_all(conn)
    .await?)
}

/// Writes how a try went.
pub(crate) async fn tried(
    conn: &mut Conn,
    endpoint: WebhookEndpointId,
    tried: &Tried,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "update delivery set attempts = $3, answered = $4, due_ms = $5, tried_ms = $6, delivered_ms = $7
         where event_seq = $1 and endpoint_id = $2",
    )
    .bind(tried.event_seq)
    .bind(endpoint.to_string())
    .bind(tried.attempts)
    .bind(tried.answered.map(i64::from))
    .bind(tried.due_ms)
    .bind(now_ms)
    .bind(tried.arrived.then_some(now_ms))
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes since when nothing has arrived at an endpoint, and whether that ends it.
pub(crate) async fn set_health(
    conn: &mut Conn,
    id: WebhookEndpointId,
    failing_since_ms: Option<i64>,
    disabled_ms: Option<i64>,
) -> Result<(), StoreError> {
    sqlx::query("update webhook_endpoint set failing_since_ms = $2, disabled_ms = $3 where id = $1")
        .bind(id.to_string())
        .bind(failing_since_ms)
        .bind(disabled_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// The last deliveries to an endpoint, newest event first.
pub(crate) async fn deliveries(
    conn: &mut Conn,
    endpoint: WebhookEndpointId,
    most: u32,
) -> Result<Vec<StoredDelivery>, StoreError> {
    Ok(sqlx::query_as(
        "select event_seq, attempts, due_ms, answered, delivered_ms from delivery
         where endpoint_id = $1 order by event_seq desc limit $2",
    )
    .bind(endpoint.to_string())
    .bind(i64::from(most))
    .fetch_all(conn)
    .await?)
}
