//! Ids in paths: one that is malformed names nothing, so it is `not_found`.

use crate::app::Refusal;
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use handsel_api::Code;
use std::{fmt::Display, str::FromStr};

/// The one id in a path.
pub struct Id<T>(pub T);

/// The two ids in a path, outer first.
pub struct Ids<A, B>(pub A, pub B);

impl<S, T> FromRequestParts<S> for Id<T>
where
    S: Send + Sync,
    T: FromStr<Err: Display>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Id<T>, Refusal> {
        nth(&params(parts, state).await?, 0).map(Id)
    }
}

impl<S, A, B> FromRequestParts<S> for Ids<A, B>
where
    S: Send + Sync,
    A: FromStr<Err: Display>,
    B: FromStr<Err: Display>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Ids<A, B>, Refusal> {
        let params = params(parts, state).await?;
        Ok(Ids(nth(&params, 0)?, nth(&params, 1)?))
    }
}

async fn params<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<RawPathParams, Refusal> {
    let unreadable = |_| Refusal::new(Code::NotFound, "the path is not UTF-8");
    RawPathParams::from_request_parts(parts, state).await.map_err(unreadable)
}

fn nth<T: FromStr<Err: Display>>(params: &RawPathParams, n: usize) -> Result<T, Refusal> {
    let (_, text) = params.iter().nth(n).ok_or_else(|| Refusal::new(Code::NotFound, "the path lacks an id"))?;
    text.parse().map_err(|why: T::Err| Refusal::new(Code::NotFound, why.to_string()))
}
