//! JSON bodies: read whole, refused with the place that is wrong.

use super::{Shared, body};
use crate::app::Refusal;
use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use handsel_api::Code;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// The largest JSON body in bytes; the largest request the API has is far under 1 KiB.
pub const MAX_BYTES: usize = 64 * 1024;

/// A JSON body that fits `T`.
pub struct Json<T>(pub T);

/// A JSON body that fits `T`, or none where `{}` would fit.
pub struct Maybe<T>(pub T);

/// The body of an action that takes none: empty, or `{}`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl<T: DeserializeOwned> FromRequest<Shared> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &Shared) -> Result<Json<T>, Refusal> {
        let (parts, body) = request.into_parts();
        let bytes = body::read(&parts.headers, body, MAX_BYTES, too_large).await?;
        parse(&parts.headers, &bytes).map(Json)
    }
}

impl<T: DeserializeOwned> FromRequest<Shared> for Maybe<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &Shared) -> Result<Maybe<T>, Refusal> {
        let (parts, body) = request.into_parts();
        let bytes = body::read(&parts.headers, body, MAX_BYTES, too_large).await?;
        if bytes.is_empty() { empty() } else { parse(&parts.headers, &bytes) }.map(Maybe)
    }
}

impl FromRequest<Shared> for Nothing {
    type Rejection = Refusal;

    async fn from_request(request: Request, shared: &Shared) -> Result<Nothing, Refusal> {
        Maybe::from_request(request, shared).await.map(|Maybe(nothing)| nothing)
    }
}

/// Reads `T` out of a body.
///
/// # Errors
/// [`Code::UnsupportedMediaType`], [`Code::InvalidJson`], [`Code::UnknownField`] or [`Code::InvalidField`]; where there
/// is a place at fault, with its JSON pointer.
pub fn parse<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Refusal> {
    if !is_json(headers) {
        let detail = "send content-type: application/json";
        return Err(Refusal::header(Code::UnsupportedMediaType, "content-type", detail));
    }
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut source).map_err(refuse)?;
    source.end().map_err(|why| Refusal::new(Code::InvalidJson, why.to_string()))?;
    Ok(value)
}

/// What an empty body stands for: `{}`, where that is enough.
///
/// # Errors
/// [`Code::InvalidJson`] where it is not.
pub fn empty<T: DeserializeOwned>() -> Result<T, Refusal> {
    serde_json::from_slice(b"{}").map_err(|_| Refusal::new(Code::InvalidJson, "the body is empty"))
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// The body is too long for JSON of this API.
pub fn too_large() -> Refusal {
    Refusal::new(Code::BodyTooLarge, format!("a body here is at most {MAX_BYTES} bytes"))
}

/// serde says what is wrong in words only, so the kind of mistake is read from how its message begins.
fn refuse(error: serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let parent = pointer(error.path());
    let inner = error.into_inner();
    let text = inner.to_string();
    if inner.classify() != Category::Data {
        return Refusal::new(Code::InvalidJson, text);
    }
    let detail = text.split(" at line ").next().unwrap_or_default().to_owned();
    let starts = |with: &str| detail.starts_with(with);
    let named = || detail.split('`').nth(1).map(escape);
    let (code, field) = if starts("unknown field") {
        (Code::UnknownField, named().map(|name| within(&parent, &name)))
    } else if starts("missing field") || starts("duplicate field") {
        (Code::InvalidJson, named().map(|name| within(&parent, &name)))
    } else if starts("invalid type") || starts("invalid length") {
        (Code::InvalidJson, Some(parent).filter(|p| !p.is_empty()))
    } else {
        (Code::InvalidField, Some(parent).filter(|p| !p.is_empty()))
    };
    Refusal { code, detail, field, quality: None }
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", escape(key))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// The pointer of a field `name` beside or at the place `path`: some paths already end with the field, some do not.
fn within(path: &str, name: &str) -> String {
    match path.rsplit_once('/') {
        Some((_, last)) if last == name => path.to_owned(),
        _ => format!("{path}/{name}"),
    }
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
