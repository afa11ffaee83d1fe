//! The transparency log's files, as they are (c2sp.org/tlog-tiles). Anybody may read them.

use crate::{
    app::{Answer, App, Refusal},
    http::Shared,
};
use axum::{
    Router,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};

/// `/log/checkpoint`, `/log/tile/…` and `/log/directory/…`; `/log/key` says by which key the log is signed.
pub fn routes() -> Router<Shared> {
    Router::new().route("/log/key", get(key)).route("/log/{*path}", get(file))
}

async fn key(State(app): State<App>) -> String {
    format!("{}\n", app.log_key())
}

/// Tiles, bundles and what is said of the directory never change, and the checkpoint always does.
async fn file(State(app): State<App>, Path(path): Path<String>) -> Answer<Response> {
    let bytes = app.log_file(&path).await?.ok_or_else(|| Refusal::not_found("file of the log"))?;
    let (kind, keep) = if path.starts_with("tile/") || path.starts_with("directory/") {
        ("application/octet-stream", "public, max-age=31536000, immutable")
    } else {
        ("text/plain; charset=utf-8", "no-store")
    };
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)], bytes).into_response())
}
