//! The demo: its store, and the tray of drawn hands.

use super::{Shown, session};
use crate::{
    app::{Caller, DemoHands, Refusal},
    http::{Shared, cookies::As, path::Id},
};
use axum::{
    Json,
    extract::{Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use handsel_api::{Code, references::Hand};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A hand in the tray, as the kiosk's page lists it.
#[derive(Serialize)]
struct Borrowable<'a> {
    id: &'a str,
    label: &'a str,
    note: &'a str,
    hand: Hand,
}

/// Which capture of a hand.
#[derive(Deserialize)]
pub(super) struct Take {
    #[serde(default)]
    take: u32,
}

/// `POST /try`: makes the demo store, or finds it, and makes this screen its kiosk.
pub(super) async fn open(State(shared): State<Shared>) -> Shown {
    let hands = hands(&shared)?;
    let site = shared.app.demo_store(hands.as_ref()).await?;
    // Whoever opens the first page may try the demo; it has its own merchant, so this opens nobody else's till.
    let token = shared.app.open_kiosk(&Caller::Operator, site).await?;
    session::redirect_as(&shared.app, As::Kiosk, &token, "/shop")
}

/// `GET /demo/hands`
pub(super) async fn tray(State(shared): State<Shared>) -> Result<Response, Refusal> {
    let hands = hands(&shared)?;
    let tray = hands.tray().iter().map(|hand| Borrowable {
        id: hand.id,
        label: &hand.label,
        note: &hand.note,
        hand: hand.side,
    });
    Ok(Json(tray.collect::<Vec<_>>()).into_response())
}

/// `GET /demo/hands/{id}.jpg?take=n`
pub(super) async fn draw(
    State(shared): State<Shared>,
    Id(file): Id<String>,
    Query(Take { take }): Query<Take>,
) -> Result<Response, Refusal> {
    let hands = hands(&shared)?;
    let id = file.strip_suffix(".jpg").ok_or_else(missing)?.to_owned();
    let drawing = tokio::task::spawn_blocking(move || hands.draw(&id, take)).await;
    let jpeg = drawing.ok().flatten().ok_or_else(missing)?;
    // The same take is the same drawing, of nobody's hand.
    Ok(([(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, "private, max-age=3600")], jpeg).into_response())
}

fn hands(shared: &Shared) -> Result<Arc<dyn DemoHands>, Refusal> {
    shared.demo.clone().ok_or_else(|| Refusal::new(Code::NotFound, "the demo is switched off on this machine"))
}

fn missing() -> Refusal {
    Refusal::new(Code::NotFound, "no such hand in the tray")
}
