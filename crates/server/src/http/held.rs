//! The headers of held palms: what is carried, on what, and its PIN. Headers, not queries: queries end up in logs.

use crate::{app::Refusal, held::Pin};
use axum::{extract::FromRequestParts, http::request::Parts};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use handsel_api::{Code, held::Carrier};
use zeroize::Zeroizing;

const CARRIER: &str = "handsel-carrier";
const CARRIED: &str = "handsel-held";
const PIN: &str = "handsel-pin";
/// More than any carrier holds.
const MOST_CARRIED_BYTES: usize = 1024;

/// What a palm is to be carried on, and the PIN chosen for it.
pub struct HoldOn {
    /// What it is carried on.
    pub carrier: Carrier,
    /// The PIN.
    pub(crate) pin: Pin,
}

/// What was brought, and the PIN if it was typed.
pub struct Brought {
    /// The bytes of the code.
    pub carried: Zeroizing<Vec<u8>>,
    /// The PIN.
    pub(crate) pin: Option<Pin>,
}

impl<S: Send + Sync> FromRequestParts<S> for HoldOn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<HoldOn, Refusal> {
        let word = one(parts, CARRIER)?.and_then(|word| word.parse().ok());
        let carrier = word.ok_or_else(|| refuse(CARRIER, "Send `phone` or `card`."))?;
        let pin = pin(parts)?.ok_or_else(|| refuse(PIN, PIN_RULES))?;
        Ok(HoldOn { carrier, pin })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Brought {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Brought, Refusal> {
        let carried = one(parts, CARRIED)?.and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
        let carried = carried.filter(|bytes| bytes.len() <= MOST_CARRIED_BYTES);
        let carried = carried.ok_or_else(|| refuse(CARRIED, "Send what `POST /v1/held/read` read from the code."))?;
        Ok(Brought { carried: Zeroizing::new(carried), pin: pin(parts)? })
    }
}

const PIN_RULES: &str = "Send 6 to 12 digits that are not all the same and no row such as 123456.";

fn pin(parts: &Parts) -> Result<Option<Pin>, Refusal> {
    one(parts, PIN)?.map(|text| Pin::parse(text).ok_or_else(|| refuse(PIN, PIN_RULES))).transpose()
}

/// The value of a header that is there at most once.
fn one<'a>(parts: &'a Parts, name: &'static str) -> Result<Option<&'a str>, Refusal> {
    let mut sent = parts.headers.get_all(name).iter();
    match (sent.next(), sent.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| refuse(name, "Send plain ASCII.")),
        (Some(_), Some(_)) => Err(refuse(name, "Send it once.")),
    }
}

fn refuse(name: &'static str, detail: &str) -> Refusal {
    Refusal::header(Code::InvalidField, name, detail)
}
