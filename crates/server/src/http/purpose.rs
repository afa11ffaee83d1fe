//! For what a palm is looked for: `?purpose=`, which is always to pay here. Whoever names another purpose is told so before a frame is looked
//! at; without it, a palm would be read for something else than its caller said.

use crate::app::Refusal;
use axum::{extract::FromRequestParts, http::request::Parts};
use handsel_api::{Code, consents::Purpose};

/// The palm is looked for to pay.
pub struct ToPay;

/// The query, as the API's description words it.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only describes")]
pub struct PurposeParams {
    /// What the palm is read for. A payment reads it to pay, with or without this; any other purpose is refused before the frame is
    /// looked at.
    #[param(inline)]
    purpose: Option<Purpose>,
}

impl ToPay {
    /// Reads a query.
    ///
    /// # Errors
    /// [`Code::InvalidField`] for another purpose, [`Code::UnknownField`] for anything else.
    pub fn of(query: Option<&str>) -> Result<ToPay, Refusal> {
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            match pair.strip_prefix("purpose=") {
                Some(word) if word == Purpose::Payment.word() => {}
                Some(_) => {
                    let detail = "A payment reads a palm for the purpose `payment` alone, and nothing here reads one for another purpose, \
                                  whatever its owner signed. No frame was looked at.";
                    return Err(Refusal::field(Code::InvalidField, "purpose", detail));
                }
                None => return Err(Refusal::new(Code::UnknownField, "this takes `purpose` only")),
            }
        }
        Ok(ToPay)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ToPay {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<ToPay, Refusal> {
        ToPay::of(parts.uri.query())
    }
}
