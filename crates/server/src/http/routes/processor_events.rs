//! What the processor tells by itself.

use super::Done;
use crate::{
    app::App,
    http::{body, json},
};
use axum::{
    extract::{Request, State},
    http::StatusCode,
};

/// Take an event of the processor
///
/// Signed by the processor that is configured. Each is acted on once, by looking the payment up; one about no payment of
/// this installation is ignored.
#[utoipa::path(
    post, path = "/v1/processor_events", operation_id = "take_processor_event", tag = "processor",
    request_body(content_type = "application/json", description = "As the processor signed it, at most 64 KiB"),
    responses(
        (status = 204, description = "Taken"),
        (status = 401, description = "`bad_signature`"),
        (status = 404, description = "`not_found`: no webhook secret is configured"),
        (status = 422, description = "`event_too_old`, `event_from_the_future`"),
    ),
)]
pub async fn take(State(app): State<App>, request: Request) -> Done {
    let (parts, content) = request.into_parts();
    let bytes = body::read(&parts.headers, content, json::MAX_BYTES, json::too_large).await?;
    app.processor_event(&parts.headers, &bytes).await.map(|()| StatusCode::NO_CONTENT)
}
