//! What it speaks. A connection is served by hand, because a processor that fails breaks connections.

mod admin;
mod charges;
mod setups;
mod turn;

use crate::{Office, books::Said, pages};
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use std::{io, pin::pin, time::Duration};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

/// How long running requests may take at the end.
const GRACE: Duration = Duration::from_secs(5);

/// Marks an answer that never arrives: its connection breaks instead.
#[derive(Clone, Copy)]
struct Unsaid;

/// The connection was broken on purpose.
#[derive(Debug, thiserror::Error)]
#[error("broken on purpose")]
struct Broken;

/// Every route there is.
fn router(office: Office) -> Router {
    Router::new()
        .route("/v1/charges", post(charges::create))
        .route("/v1/payments/{payment}", get(charges::look_up))
        .route("/v1/payments/{payment}/capture", post(charges::capture))
        .route("/v1/payments/{payment}/void", post(charges::void))
        .route("/v1/refunds", post(charges::refund))
        .route("/v1/refunds/{refund}", get(charges::look_up_refund))
        .route("/v1/card_setups", post(setups::create))
        .route("/v1/card_setups/{id}", get(setups::show))
        .route("/cards/{id}", get(pages::choose).post(pages::chosen))
        .route("/faults", get(admin::faults).put(admin::set_faults))
        .route("/webhooks", axum::routing::put(admin::set_webhooks))
        .route("/audit", get(admin::audit))
        .route("/audit/totals", get(admin::totals))
        .route("/", get(pages::audit))
        .with_state(office)
}

/// Until `shutdown`.
pub(crate) async fn serve(
    office: Office,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let router = router(office);
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error),
            },
            () = &mut shutdown => break,
        };
        attend(router.clone(), stream, &graceful);
    }
    let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
    Ok(())
}

fn attend(router: Router, stream: TcpStream, graceful: &GracefulShutdown) {
    let _ = stream.set_nodelay(true); // costs at most 40 ms
    let answer = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        async move {
            let response = match router.oneshot(request.map(Body::new)).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            if response.extensions().get::<Unsaid>().is_some() { Err(Broken) } else { Ok(response) }
        }
    });
    let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), answer);
    let connection = graceful.watch(connection);
    tokio::spawn(async move { drop(connection.await) });
}

/// An answer in JSON.
fn say(said: Said) -> Response {
    let mut response = Response::new(Body::from(said.body));
    *response.status_mut() = StatusCode::from_u16(said.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = axum::http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(axum::http::header::CONTENT_TYPE, kind);
    response
}

/// No answer.
fn unsaid() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(Unsaid);
    response
}
