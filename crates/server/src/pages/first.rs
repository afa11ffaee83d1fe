//! `/`: what Handsel is, and three ways to begin.

use super::{
    Page,
    visitor::{Kiosk, Operator},
};
use crate::http::Shared;
use askama::Template;
use axum::{extract::State, response::IntoResponse};

#[derive(Template)]
#[template(path = "first.html")]
struct First {
    demo: bool,
    kiosk: bool,
    operator: bool,
}

pub(super) async fn show(
    State(shared): State<Shared>,
    kiosk: Option<Kiosk>,
    operator: Option<Operator>,
) -> impl IntoResponse {
    Page(First { demo: shared.demo.is_some(), kiosk: kiosk.is_some(), operator: operator.is_some() })
}
