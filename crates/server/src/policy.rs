//! The policy of an installation, from its configuration.

use crate::{
    config::{Config, ProcessorConfig},
    jurisdiction::profile,
};
use handsel_api::{
    consents::{Language, Purpose},
    policy::{KeptIn, Policy, Retention, SearchedBy},
};

/// Why a configuration makes no policy; it says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("keep_unused_days is {days}, but must be from 1 to {most} here ({law}). Set another number, or leave it out")]
pub struct NoPolicy {
    days: u32,
    most: u32,
    law: &'static str,
}

/// How long a subject without any consent is kept, so that who withdrew can still see what they paid.
const WITHOUT_CONSENT_DAYS: u32 = 30;

/// What an installation with this configuration does with palms.
///
/// # Errors
/// [`NoPolicy`]: it would keep them for longer than the law or this program allow.
pub(crate) fn of(config: &Config) -> Result<Policy, NoPolicy> {
    let rules = profile(config.jurisdiction);
    let days = config.keep_unused_days;
    if !(1..=rules.most_unused_days).contains(&days) {
        return Err(NoPolicy { days, most: rules.most_unused_days, law: rules.law.en });
    }
    Ok(Policy {
        operator: config.operator.clone(),
        contact: config.contact.clone(),
        jurisdiction: config.jurisdiction,
        purposes: Purpose::ALL.to_vec(),
        languages: Language::ALL.to_vec(),
        minimum_age: rules.minimum_age,
        kept_in: if config.store.is_some() { KeptIn::Database } else { KeptIn::File },
        searched_by: match (rules.may_search, &config.gallery) {
            (false, _) => SearchedBy::Nobody,
            (true, Some(_)) => SearchedBy::Matchers,
            (true, None) => SearchedBy::Server,
        },
        held: config.held || !rules.may_search,
        processor: match config.processor {
            Some(ProcessorConfig::Stripe { .. }) => "stripe",
            Some(ProcessorConfig::Hyperswitch { .. }) => "hyperswitch",
            Some(ProcessorConfig::Sim { .. }) | None => "sim",
        }
        .to_owned(),
        offline: config.offline,
        retention: Retention { unused_days: days, without_consent_days: WITHOUT_CONSENT_DAYS.min(days) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use handsel_api::policy::Jurisdiction;

    #[test]
    fn no_jurisdiction_keeps_palms_for_longer_than_its_law_or_two_years() {
        for jurisdiction in Jurisdiction::ALL {
            let most = profile(jurisdiction).most_unused_days;
            assert!(most <= 730, "{jurisdiction:?}");
            let config = |keep_unused_days| Config { jurisdiction, keep_unused_days, ..Config::default() };
            assert_eq!(of(&config(most)).unwrap().retention.unused_days, most);
            for wrong in [0, most + 1, u32::MAX] {
                let refused = of(&config(wrong)).unwrap_err().to_string();
                assert!(refused.contains("keep_unused_days") && refused.contains(&most.to_string()), "{refused}");
            }
            assert!(profile(jurisdiction).minimum_age >= 18);
            assert!(of(&Config { jurisdiction, ..Config::default() }).is_ok(), "the default fits everywhere");
        }
    }

    #[test]
    fn a_jurisdiction_is_one_that_is_known() {
        let read = |json: &str| serde_json::from_str::<Config>(json);
        assert_eq!(read(r#"{"jurisdiction": "us-nyc"}"#).unwrap().jurisdiction, Jurisdiction::UsNyc);
        for unknown in ["us-ny", "US-IL", "", "everywhere"] {
            let refused = read(&format!(r#"{{"jurisdiction": "{unknown}"}}"#)).unwrap_err().to_string();
            assert!(refused.contains("us-il"), "it names those that are: {refused}");
        }
    }
}
