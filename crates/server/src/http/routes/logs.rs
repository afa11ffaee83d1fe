//! The last requests.

use crate::{
    app::{Answer, Caller, Refusal},
    http::{
        Shared,
        recent::{Line, Tail},
        stream,
    },
};
use axum::{extract::State, response::Response};
use futures_util::stream::unfold;
use handsel_api::{Code, logs::RequestLine};
use tokio::sync::watch;

/// What one stream of requests reads.
struct Following {
    tail: Tail,
    caller: Caller,
    stopping: watch::Receiver<bool>,
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
    if !matches!(caller, Caller::Operator | Caller::Till(_)) {
        return Err(Refusal::new(Code::Forbidden, "Requests are for operators and tills."));
    }
    let following = Following { tail: shared.recent.tail(), caller, stopping: shared.app.stopping() };
    Ok(stream::answer(unfold(following, next)))
}

async fn next(mut following: Following) -> Option<(stream::Item, Following)> {
    loop {
        if *following.stopping.borrow() {
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
        Caller::Operator => true,
        Caller::Till(till) => till.key.is_some() && till.key == line.key,
        Caller::Kiosk(_) | Caller::Subject(_) => false,
    }
}
