//! Where events are sent, how the last ones went, and each again at the press of a button.

use super::{
    super::{
        Page, Shown,
        form::Fields,
        visitor::{Operator, Tab},
        words,
    },
    Asked, Done, MOST_PLACES,
};
use crate::{
    app::{Answer, App, Delivery, Refusal},
    http::path::Id,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use handsel_api::{
    EventId, MerchantId, WebhookEndpointId,
    webhooks::{CreateWebhookEndpoint, EndpointStatus, WebhookEndpoint, WebhookSecret},
};
use serde::Deserialize;

/// The most endpoints that are listed.
const MOST: u32 = 100;

#[derive(Template)]
#[template(path = "console_webhooks.html")]
struct WebhooksPage {
    here: Tab,
    done: Option<Done>,
    /// Id and name.
    merchants: Vec<(String, String)>,
    endpoints: Vec<Endpoint>,
    public_key: String,
}

struct Endpoint {
    id: String,
    url: String,
    merchant: String,
    status: &'static str,
    tone: &'static str,
    failing_since: Option<String>,
    rows: Vec<Row>,
}

struct Row {
    event: String,
    kind: &'static str,
    payment: String,
    timestamp: String,
    when: String,
    state: String,
    tone: &'static str,
    attempts: i64,
    answered: String,
}

/// A secret, shown once.
#[derive(Template)]
#[template(path = "console_webhook_secret.html")]
struct SecretPage {
    here: Tab,
    done: Option<Done>,
    url: String,
    secret: String,
    public_key: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Typed {
    merchant: MerchantId,
    url: String,
}

pub(super) async fn show(State(app): State<App>, operator: Operator, Query(asked): Query<Asked>) -> Shown {
    let said = match asked.done.as_str() {
        "replayed" => Some("It is sent again."),
        "deleted" => Some("Nothing more is sent there."),
        _ => None,
    };
    page(&app, operator, said.map(|text| Done { text: text.to_owned(), bad: false })).await
}

pub(super) async fn create(State(app): State<App>, operator: Operator, Fields(typed): Fields<Typed>) -> Shown {
    let create = CreateWebhookEndpoint { merchant: Some(typed.merchant), url: typed.url.trim().to_owned() };
    match app.create_webhook_endpoint(&operator.0, create).await {
        Ok(made) => Ok(secret(operator, made)),
        Err(Refusal { code, detail, .. }) => {
            let done = Some(Done { text: format!("{}: {detail}", code.title()), bad: true });
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&app, operator, done).await?).into_response())
        }
    }
}

pub(super) async fn rotate(State(app): State<App>, operator: Operator, Id(id): Id<WebhookEndpointId>) -> Shown {
    app.rotate_webhook_secret(&operator.0, id).await.map(|made| secret(operator, made))
}

pub(super) async fn delete(State(app): State<App>, operator: Operator, Id(id): Id<WebhookEndpointId>) -> Shown {
    app.delete_webhook_endpoint(&operator.0, id).await?;
    Ok(Redirect::to("/console/webhooks?done=deleted").into_response())
}

pub(super) async fn replay(State(app): State<App>, operator: Operator, Id(event): Id<EventId>) -> Shown {
    app.replay_event(&operator.0, event).await?;
    Ok(Redirect::to("/console/webhooks?done=replayed").into_response())
}

async fn page(app: &App, operator: Operator, done: Option<Done>) -> Answer<Response> {
    let merchants = app.list_merchants(&operator.0, MOST_PLACES, None).await?.data;
    let mut endpoints = Vec::new();
    for endpoint in app.list_webhook_endpoints(&operator.0, MOST, None).await?.data {
        let merchant = merchants.iter().find(|merchant| merchant.id == endpoint.merchant);
        let merchant = merchant.map_or_else(|| endpoint.merchant.to_string(), |merchant| merchant.name.clone());
        let deliveries = app.list_deliveries(&operator.0, endpoint.id).await?;
        endpoints.push(shown(endpoint, merchant, &deliveries));
    }
    let page = WebhooksPage {
        here: operator.at("/console/webhooks"),
        done,
        merchants: merchants.into_iter().map(|merchant| (merchant.id.to_string(), merchant.name)).collect(),
        endpoints,
        public_key: app.webhook_keys().public_keys.join(" "),
    };
    Ok(Page(page).into_response())
}

fn shown(endpoint: WebhookEndpoint, merchant: String, deliveries: &[Delivery]) -> Endpoint {
    let (status, tone) = match (endpoint.status, &endpoint.failing_since) {
        (EndpointStatus::Disabled, _) => ("Disabled", "off"),
        (EndpointStatus::Enabled, Some(_)) => ("Failing", "off"),
        (EndpointStatus::Enabled, None) => ("Enabled", "full"),
    };
    Endpoint {
        id: endpoint.id.to_string(),
        url: endpoint.url,
        merchant,
        status,
        tone,
        failing_since: endpoint.failing_since.as_deref().map(words::when),
        rows: deliveries.iter().map(row).collect(),
    }
}

fn row(delivery: &Delivery) -> Row {
    let (state, tone) = match (&delivery.delivered_at, &delivery.due_at) {
        (Some(_), _) => ("Arrived".to_owned(), "full"),
        (None, Some(_)) if delivery.attempts == 0 => ("On its way".to_owned(), ""),
        (None, Some(due)) => (format!("Again {}", words::when(due)), ""),
        (None, None) => ("Given up".to_owned(), "off"),
    };
    Row {
        event: delivery.event.id.to_string(),
        kind: delivery.event.kind.word(),
        payment: delivery.event.data.payment.id.to_string(),
        when: words::when(&delivery.event.timestamp),
        timestamp: delivery.event.timestamp.clone(),
        state,
        tone,
        attempts: delivery.attempts,
        answered: match (delivery.answered, delivery.attempts) {
            (Some(status), _) => status.to_string(),
            (None, 0) => "–".to_owned(),
            (None, _) => "No answer".to_owned(),
        },
    }
}

fn secret(operator: Operator, made: WebhookSecret) -> Response {
    Page(SecretPage {
        here: operator.at("/console/webhooks"),
        done: None,
        url: made.endpoint.url,
        secret: made.secret,
        public_key: made.public_key,
    })
    .into_response()
}
