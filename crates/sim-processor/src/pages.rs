//! Pages for people: where a shopper names a card, and what the books say.

use crate::{
    Office,
    books::{self, Audit, PaymentAudit},
    cards::{self, CARDS, Card},
};
use askama::Template;
use axum::{
    extract::{Form, Path, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde::Deserialize;

/// How many payments the audit's page shows.
const SHOWN: i64 = 200;

#[derive(Template)]
#[template(path = "choose.html")]
struct Choose {
    cards: &'static [Card],
}

#[derive(Template)]
#[template(path = "gone.html")]
struct Gone;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    totals: Audit,
    payments: Vec<PaymentAudit>,
    shown: i64,
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    card: String,
}

/// The sandbox's cards, as big choices.
pub(crate) async fn choose(State(office): State<Office>, Path(id): Path<String>) -> Response {
    match office.books.run(move |conn| books::setup(conn, &id)).await {
        Ok(Some(_)) => page(StatusCode::OK, &Choose { cards: &CARDS }),
        Ok(None) => page(StatusCode::NOT_FOUND, &Gone),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Keeps the choice and goes back to the merchant.
pub(crate) async fn chosen(
    State(office): State<Office>,
    Path(id): Path<String>,
    Form(Chosen { card }): Form<Chosen>,
) -> Response {
    let Some(card) = cards::by_token(&card) else {
        return page(StatusCode::UNPROCESSABLE_ENTITY, &Choose { cards: &CARDS });
    };
    match office.books.run(move |conn| books::choose(conn, &id, card.token)).await {
        Ok(Some(setup)) => match HeaderValue::from_str(&setup.return_url) {
            Ok(back) => (StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response(),
            Err(_) => page(StatusCode::NOT_FOUND, &Gone),
        },
        Ok(None) => page(StatusCode::NOT_FOUND, &Gone),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Who was charged, and whether anybody was charged twice.
pub(crate) async fn audit(State(office): State<Office>) -> Response {
    let audited = office.books.run(|conn| Ok((books::totals(conn)?, books::audit(conn, None, SHOWN)?))).await;
    match audited {
        Ok((totals, payments)) => page(StatusCode::OK, &AuditPage { totals, payments, shown: SHOWN }),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn page(status: StatusCode, template: &impl Template) -> Response {
    const HEADERS: [(HeaderName, &str); 4] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    match template.render() {
        Ok(text) => (status, HEADERS, Html(text)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
