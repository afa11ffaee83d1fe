//! Frames and the connections they come by.

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// Ends the connection after a frame: its buffers held the frame, and are wiped when they are freed.
pub async fn close(request: Request, next: Next) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_frame = kind.is_some_and(|kind| kind.trim_start().starts_with("image/"));
    let mut response = next.run(request).await;
    if is_frame {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
