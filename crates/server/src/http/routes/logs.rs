//! The last requests.

use crate::{
    app::{Answer, App, Caller, Place},
    http::{
        Shared,
        recent::{Line, Tail},
        stream,
    },
};
use axum::{extract::State, response::Response};
use futures_util::stream::unfold;
use handsel_api::logs::RequestLine;
use tokio::sync::watch;

/// What one stream of requests reads.
struct Following {
    app: App,
    tail: Tail,
    caller: Caller,
    stopping: watch::Receiver<bool>,
    _place: Place,
}

/// Follow requests as they are answered
///
/// Server-sent events of `RequestLine`s: the last ones that are remembered, then each new one. A key sees its own, an
/// operator all. No bodies, no ids, no queries.
#[utoipa::path(
    get, path = "/v1/logs/stream", operation_id = "stream_logs", tag = "logs",
    security(("operator" = []), ("key" = [])),
    responses((status = 200, content_type = "text/event-stream", body = RequestLine)),
)]
pub async fn stream(State(shared): State<Shared>, caller: Caller) -> Answer<Response> {
    let place = shared.app.follow_requests(&caller)?;
    let (tail, stopping) = (shared.recent.tail(), shared.app.stopping());
    let following = Following { app: shared.app, tail, caller, stopping, _place: place };
    Ok(stream::answer(unfold(following, next)))
}

async fn next(mut following: Following) -> Option<(stream::Item, Following)> {
    loop {
        if *following.stopping.borrow() || !following.app.is_still_good(&following.caller) {
            return None;
        }
        let line = tokio::select! {
            line = following.tail.next() => line?,
            _ = following.stopping.changed() => return None,
        };
        if may_see(&following.caller, &line) {
            let item = stream::Item::default().event("request").json_data(&line.shown).ok()?;
            return Some((item, following));
        }
    }
}

fn may_see(caller: &Caller, line: &Line) -> bool {
    match caller {
        Caller::Operator | Caller::Staff(_) => true,
        Caller::Till(till) => till.key.is_some() && till.key == line.key,
        Caller::Kiosk(_) | Caller::Subject(_) => false,
    }
}
