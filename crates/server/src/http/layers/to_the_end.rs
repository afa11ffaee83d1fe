//! Runs each handler to its end, also when the client hangs up, and turns a panic into an answer.
//!
//! A dropped connection would otherwise drop the handler halfway, between a charge and the record of its answer.

use crate::app::Refusal;
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use handsel_api::Code;
use tracing::Instrument;

/// Runs the handler as a task of its own.
pub async fn run(request: Request, next: Next) -> Response {
    let task = tokio::spawn(next.run(request).instrument(tracing::Span::current()));
    task.await.unwrap_or_else(|_| broken().into_response())
}

/// What a client learns of a panic: nothing but that there was one.
pub fn broken() -> Refusal {
    Refusal::new(Code::Internal, "the request id finds this in the log")
}
