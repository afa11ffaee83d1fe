//! The header that narrows a search: `handsel-cohort`. A header, not a query: queries end up in logs.

use crate::app::{COHORT, Cohort, MOST_SHOPPERS, Refusal};
use axum::{extract::FromRequestParts, http::request::Parts};
use handsel_api::Code;

/// Among whom to search; everyone without the header.
pub struct Among(pub Cohort);

impl<S: Send + Sync> FromRequestParts<S> for Among {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Among, Refusal> {
        let mut sent = parts.headers.get_all(COHORT).iter();
        match (sent.next(), sent.next()) {
            (None, _) => Ok(Among(Cohort::Everyone)),
            (Some(value), None) => value.to_str().ok().and_then(parse).map(Among).ok_or_else(refuse),
            (Some(_), Some(_)) => Err(refuse()),
        }
    }
}

fn parse(text: &str) -> Option<Cohort> {
    match text.split_once('=').unwrap_or((text, "")) {
        ("site", "") => Some(Cohort::Site),
        ("phone_last4", digits) => (digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()))
            .then(|| Cohort::PhoneLast4(digits.to_owned())),
        ("shoppers", names) => {
            let names: Vec<String> = names.split(',').map(|name| name.trim().to_owned()).collect();
            let is_name = |name: &String| {
                name.strip_prefix("pw_")
                    .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
            };
            (names.len() <= MOST_SHOPPERS && names.iter().all(is_name)).then_some(Cohort::Shoppers(names))
        }
        _ => None,
    }
}

fn refuse() -> Refusal {
    let detail = format!(
        "Send one of `site`, `phone_last4=` and four digits, or `shoppers=` and up to {MOST_SHOPPERS} names `pw_…` with commas; or \
         leave it out to search everyone."
    );
    Refusal::header(Code::InvalidField, COHORT, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cohort_is_one_of_three() {
        let name = format!("pw_{}", "0af9".repeat(8));
        assert_eq!(parse("site"), Some(Cohort::Site));
        assert_eq!(parse("phone_last4=0815"), Some(Cohort::PhoneLast4("0815".to_owned())));
        let both = vec![name.clone(), name.clone()];
        assert_eq!(parse(&format!("shoppers={name}, {name}")), Some(Cohort::Shoppers(both)));
        let many = format!("shoppers={}", vec![name; MOST_SHOPPERS + 1].join(","));
        for wrong in [
            "",
            "everyone",
            "site=1",
            "phone_last4=",
            "phone_last4=12345",
            "phone_last4=12x4",
            "shoppers=",
            "shoppers=pw_1",
            &many,
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
