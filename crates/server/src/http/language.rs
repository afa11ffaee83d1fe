//! The query `?language=en` or `es` of what is told to people.

use crate::app::Refusal;
use axum::{extract::FromRequestParts, http::request::Parts};
use handsel_api::{Code, consents::Language};

/// The language that is asked for; English when the query does not say.
pub struct InLanguage(pub Language);

/// The query, as the API's description words it.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only describes")]
pub struct LanguageParams {
    /// What it is written in; English when left out.
    language: Option<Language>,
}

impl<S: Send + Sync> FromRequestParts<S> for InLanguage {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<InLanguage, Refusal> {
        let mut asked = Language::default();
        for pair in parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let Some(tag) = pair.strip_prefix("language=") else {
                return Err(Refusal::new(Code::UnknownField, "this takes `language` only"));
            };
            asked = Language::ALL.into_iter().find(|one| one.tag() == tag).ok_or_else(|| {
                let known = Language::ALL.map(Language::tag).join(" or ");
                Refusal::field(Code::InvalidField, "language", format!("Notices are written in {known}."))
            })?;
        }
        Ok(InLanguage(asked))
    }
}
