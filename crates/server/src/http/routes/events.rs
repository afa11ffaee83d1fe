//! What happened: listed, followed, and sent again.

use super::{Done, Shown};
use crate::{
    app::{Answer, App, Caller, Follower, Refusal},
    http::{
        json::Nothing,
        list::{List, ListParams},
        path::Id,
        stream,
    },
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use futures_util::stream::unfold;
use handsel_api::{Code, EventId, events::Event, merchants::Page};

/// The header of a browser or a library that goes on where it was cut off.
const LAST: &str = "last-event-id";

/// List events, newest first
///
/// An operator sees all, a till its merchant's. Kept for 30 days. An event shows its payment as it is now.
#[utoipa::path(
    get, path = "/v1/events", operation_id = "list_events", tag = "events",
    security(("operator" = []), ("key" = [])),
    params(ListParams),
    responses((status = 200, body = Page<Event>), (status = 422, description = "`invalid_field`")),
)]
pub async fn list(State(app): State<App>, caller: Caller, list: List<EventId>) -> Shown<Page<Event>> {
    app.list_events(&caller, list.limit, list.after).await.map(axum::Json)
}

/// Follow events as they happen
///
/// Server-sent events: `id` is the event's, `event` its type, `data` the event. With `Last-Event-ID`, from after that one
/// on; without it, from now on. At most ten streams for each merchant. It ends when the server stops: connect again.
#[utoipa::path(
    get, path = "/v1/events/stream", operation_id = "stream_events", tag = "events",
    security(("operator" = []), ("key" = [])),
    params(("last-event-id" = Option<EventId>, Header, description = "The last event that was seen")),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 422, description = "`invalid_field`"),
        (status = 429, description = "`too_many_requests`"),
    ),
)]
pub async fn stream(State(app): State<App>, caller: Caller, headers: HeaderMap) -> Answer<Response> {
    let follower = app.follow_events(&caller, last(&headers)?).await?;
    Ok(stream::answer(unfold(follower, next)))
}

/// Send an event to its merchant's webhook endpoints again
#[utoipa::path(
    post, path = "/v1/events/{id}/replay", operation_id = "replay_event", tag = "events",
    security(("operator" = []), ("key" = [])),
    params(("id" = EventId, Path, description = "The event")),
    responses((status = 202, description = "It will be sent"), (status = 404, description = "`not_found`")),
)]
pub async fn replay(State(app): State<App>, caller: Caller, Id(event): Id<EventId>, _: Nothing) -> Done {
    app.replay_event(&caller, event).await.map(|()| StatusCode::ACCEPTED)
}

fn last(headers: &HeaderMap) -> Answer<Option<EventId>> {
    let Some(value) = headers.get(LAST) else { return Ok(None) };
    let id = value.to_str().ok().and_then(|text| text.parse().ok());
    id.map(Some).ok_or_else(|| Refusal::header(Code::InvalidField, LAST, "The id of an event, evt_…"))
}

/// A store that cannot be read ends the stream: whoever follows connects again and goes on where they were.
async fn next(mut follower: Follower) -> Option<(stream::Item, Follower)> {
    let event = follower.next().await.ok()??;
    let item = stream::Item::default().id(event.id.to_string()).event(event.kind.word()).json_data(&event).ok()?;
    Some((item, follower))
}
