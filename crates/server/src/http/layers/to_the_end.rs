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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, body::Body, middleware::from_fn, routing::post};
    use std::{
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        time::Duration,
    };
    use tower::ServiceExt;

    fn request() -> Request {
        Request::builder().method("POST").uri("/").body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_that_says_nothing_of_it() {
        async fn breaks() -> &'static str {
            panic!("the words of a panic")
        }
        let router = Router::new().route("/", post(breaks)).layer(from_fn(run));
        let response = router.oneshot(request()).await.unwrap();
        let refusal = response.extensions().get::<Refusal>().unwrap();
        assert_eq!((response.status().as_u16(), refusal.code), (500, Code::Internal));
        assert!(!refusal.detail.contains("words"));
    }

    #[tokio::test]
    async fn a_handler_ends_although_its_client_hung_up() {
        let done = Arc::new(AtomicBool::new(false));
        let shared = done.clone();
        let slow = async move || {
            tokio::time::sleep(Duration::from_millis(50)).await;
            shared.store(true, Ordering::SeqCst);
        };
        let router = Router::new().route("/", post(slow)).layer(from_fn(run));
        let hung_up = tokio::time::timeout(Duration::from_millis(5), router.oneshot(request())).await;
        assert!(hung_up.is_err() && !done.load(Ordering::SeqCst));
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(done.load(Ordering::SeqCst));
    }
}
