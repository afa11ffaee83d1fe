//! The query of a list: `?limit=1…100&after=<id>`.

use crate::app::Refusal;
use axum::{extract::FromRequestParts, http::request::Parts};
use handsel_api::Code;
use std::{fmt::Display, str::FromStr};

/// How many rows when the query does not say.
const DEFAULT_LIMIT: u32 = 25;

/// The most rows of one answer.
const MAX_LIMIT: u32 = 100;

/// Which part of a list, newest first.
pub struct List<T> {
    /// 1–100.
    pub limit: u32,
    /// Only what is older than this one.
    pub after: Option<T>,
}

/// The query of a list, as the API's description words it.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only describes")]
pub struct ListParams {
    /// How many rows, 1–100.
    #[param(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

impl<S, T> FromRequestParts<S> for List<T>
where
    S: Send + Sync,
    T: FromStr<Err: Display>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<List<T>, Refusal> {
        let mut list = List { limit: DEFAULT_LIMIT, after: None };
        for pair in parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("limit", text) => list.limit = limit(text)?,
                ("after", text) => list.after = Some(text.parse().map_err(|why: T::Err| refuse("after", why))?),
                _ => return Err(Refusal::new(Code::UnknownField, "a list takes `limit` and `after` only")),
            }
        }
        Ok(list)
    }
}

fn limit(text: &str) -> Result<u32, Refusal> {
    let fits = text.parse().ok().filter(|n| (1..=MAX_LIMIT).contains(n));
    fits.ok_or_else(|| refuse("limit", format!("a whole number from 1 to {MAX_LIMIT}")))
}

fn refuse(field: &'static str, why: impl Display) -> Refusal {
    Refusal::field(Code::InvalidField, field, why.to_string())
}
