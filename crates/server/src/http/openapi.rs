//! The API's description: what tools read at `/v1/openapi.json` and people try out at `/v1/docs`.

mod complete;

use super::{Shared, path::Id};
use crate::app::Refusal;
use axum::{
    Json, Router,
    http::header,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use handsel_api::{Code, Problem};
use std::sync::Arc;
use utoipa::{
    OpenApi,
    openapi::{
        self,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

/// What the routes are added to.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Handsel",
        description = "Pay with your palm, without giving it away. Money is `amount_minor`, whole minor units, beside \
                       `currency`. Frames are the raw body of a request. Errors are `application/problem+json`: \
                       match on `code`. Unknown fields are refused. Every answer has `x-request-id`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This installation")),
    components(schemas(Problem)),
    tags(
        (name = "merchants", description = "Who sells, and where"),
        (name = "keys", description = "Tills' keys, and what each may do"),
        (name = "subjects", description = "Whoever pays with their palm"),
        (name = "consents", description = "What a subject is told, and their signed yes to it"),
        (name = "references", description = "Enrolled palms, without anything biometric"),
        (name = "held", description = "Palms that their owners carry, on a phone or a printed card"),
        (name = "payment methods", description = "Cards a subject pays with"),
        (name = "custody", description = "Under which keys palms are kept"),
        (name = "log", description = "Whether what is done with palms is written down as it must be"),
        (name = "credits", description = "What an operator gives, and what is left of it"),
        (name = "loyalty", description = "Numbers in merchants' programmes, and members' prices"),
        (name = "payments", description = "From an amount to a receipt"),
        (name = "refunds", description = "Money given back"),
        (name = "settlements", description = "A merchant's day and its books"),
        (name = "disputes", description = "Payments that somebody says are not right"),
        (name = "receipts", description = "For whoever holds one"),
        (name = "processor", description = "For the processor, about what it did"),
        (name = "events", description = "What happened, listed and as it happens"),
        (name = "webhooks", description = "Where events are sent: Standard Webhooks"),
        (name = "scanners", description = "Devices that collect a payment for a till"),
        (name = "offline", description = "For the agent of a shop that may be cut off from its server"),
        (name = "logs", description = "The last requests, for whoever writes a till"),
        (name = "health", description = "For probes"),
    ),
)]
struct Base;

/// The description before its routes.
pub fn base() -> openapi::OpenApi {
    let mut document = Base::openapi();
    let components = document.components.get_or_insert_default();
    let key = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("One merchant's key, `hsk_test_…` or `hsk_live_…`"))
        .build();
    components.add_security_scheme("key", SecurityScheme::Http(key));
    let wallet = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A subject's wallet, `hsw_…`; in a browser also the cookie `handsel_wallet`"))
        .build();
    components.add_security_scheme("wallet", SecurityScheme::Http(wallet));
    for (name, cookie, what) in [
        ("operator", "handsel_operator", "Whoever runs this installation, from the link printed at start"),
        ("kiosk", "handsel_kiosk", "A kiosk bound to one site"),
    ] {
        let value = ApiKeyValue::with_description(cookie, what);
        components.add_security_scheme(name, SecurityScheme::ApiKey(ApiKey::Cookie(value)));
    }
    document
}

/// The whole description, as it is served.
pub fn document() -> openapi::OpenApi {
    let (_, description) = super::api().split_for_parts();
    complete::complete(description)
}

/// Where the description and the page to try it on are served.
pub fn routes(description: openapi::OpenApi) -> Router<Shared> {
    let document = Arc::new(complete::complete(description));
    Router::new()
        .route("/v1/openapi.json", get(async move || Json(document).into_response()))
        .route("/v1/docs", get(async || Redirect::permanent("/v1/docs/")))
        .route("/v1/docs/", get(async || docs("index.html")))
        .route("/v1/docs/{file}", get(async |Id(file): Id<String>| docs(&file)))
}

/// A file of Swagger UI, which is part of the binary.
fn docs(file: &str) -> Response {
    let config = Arc::new(utoipa_swagger_ui::Config::from("/v1/openapi.json"));
    match utoipa_swagger_ui::serve(file, config) {
        Ok(Some(found)) => ([(header::CONTENT_TYPE, found.content_type)], found.bytes.into_owned()).into_response(),
        Ok(None) => Refusal::new(Code::NotFound, "no such file").into_response(),
        Err(_) => Refusal::new(Code::Internal, "the page could not be put together").into_response(),
    }
}
