//! Cards: named on Stripe's own page (a Checkout Session in setup mode, a full redirect), kept there with a customer.

use super::Stripe;
use crate::processor::{CardToken, LinkedCard, SetupStarted, Silent};
use handsel_api::{CardSetupId, subjects::Card};
use reqwest::StatusCode;
use serde::Deserialize;

#[derive(Deserialize)]
struct Session {
    id: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    customer: Option<String>,
    #[serde(default)]
    setup_intent: Option<SetupIntent>,
}

/// Expanded, or only named.
#[derive(Deserialize)]
#[serde(untagged)]
enum SetupIntent {
    Whole {
        status: String,
        #[serde(default)]
        payment_method: Option<PaymentMethod>,
    },
    Named(#[expect(dead_code, reason = "it says that there is one, and no more")] String),
}

#[derive(Deserialize)]
struct PaymentMethod {
    id: String,
    card: CardOnFile,
}

#[derive(Deserialize)]
struct CardOnFile {
    brand: String,
    last4: String,
    fingerprint: String,
}

pub(super) async fn start(stripe: &Stripe, setup: CardSetupId, return_url: String) -> Result<SetupStarted, Silent> {
    let fields = [
        ("mode", "setup".to_owned()),
        ("payment_method_types[]", "card".to_owned()),
        ("customer_creation", "always".to_owned()),
        ("client_reference_id", setup.to_string()),
        ("success_url", return_url.clone()),
        ("cancel_url", return_url),
    ];
    let answer = stripe.post("/v1/checkout/sessions", &setup.to_string(), &fields).await?;
    if answer.status != StatusCode::OK {
        return answer.unclear("start a card setup");
    }
    let session: Session = answer.read()?;
    Ok(SetupStarted { reference: session.id, redirect_url: session.url.ok_or(Silent)? })
}

pub(super) async fn look_up(stripe: &Stripe, reference: String) -> Result<Option<LinkedCard>, Silent> {
    let path = format!("/v1/checkout/sessions/{reference}");
    let answer = stripe.get(&path, &[("expand[]", "setup_intent.payment_method".to_owned())]).await?;
    if answer.status != StatusCode::OK {
        return answer.unclear("look up a card setup");
    }
    let session: Session = answer.read()?;
    let Some(SetupIntent::Whole { status, payment_method: Some(method) }) = session.setup_intent else {
        return Ok(None);
    };
    let Some(customer) = session.customer.filter(|_| status == "succeeded") else { return Ok(None) };
    Ok(Some(LinkedCard {
        token: CardToken(format!("{customer}/{}", method.id)),
        face: Card { brand: method.card.brand, last4: method.card.last4 },
        fingerprint: method.card.fingerprint,
    }))
}

/// The two names of a card: Stripe charges it only together with the customer it is kept with.
pub(super) fn customer_and_card(token: &CardToken) -> Result<(&str, &str), Silent> {
    token.0.split_once('/').ok_or_else(|| {
        tracing::error!("a card that is none of this processor's");
        Silent
    })
}
