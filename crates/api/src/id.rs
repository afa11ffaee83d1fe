//! Identifiers: a prefix that says what it names, and a ULID, so that ids of one kind sort by age.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};
use ulid::Ulid;

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId {
    /// The prefix that was expected.
    pub expected: &'static str,
}

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected an id that starts with {}", self.expected)
    }
}

impl std::error::Error for NotAnId {}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Ulid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.strip_prefix($prefix)
                    .and_then(|ulid| Ulid::from_string(ulid).ok())
                    .map(Self)
                    .ok_or(NotAnId { expected: $prefix })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "[0-9A-HJKMNP-TV-Z]{26}$")))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )*};
}

ids! {
    /// Who sells.
    MerchantId, "mer_";
    /// Where a merchant sells.
    SiteId, "sit_";
    /// The person references belong to.
    SubjectId, "sub_";
    /// A subject's signed yes to one purpose.
    ConsentId, "con_";
    /// An order to keep what would be erased.
    HoldId, "hld_";
    /// A palm that its owner carries.
    HeldId, "hel_";
    /// A request of an authority.
    LegalRequestId, "lrq_";
    /// One palm of a subject.
    ReferenceId, "ref_";
    /// A card a subject pays with.
    PaymentMethodId, "pm_";
    /// A processor's page where a subject names a card.
    CardSetupId, "cst_";
    /// One payment.
    PaymentId, "pay_";
    /// Money given back.
    RefundId, "rfd_";
    /// Something that happened to a payment.
    EventId, "evt_";
    /// Where events are sent.
    WebhookEndpointId, "whe_";
    /// A till's key.
    KeyId, "key_";
    /// A device that takes payments.
    ScannerId, "scn_";
    /// What a scanner was asked to do.
    ScannerActionId, "act_";
    /// Somebody saying that a payment is not right.
    DisputeId, "dsp_";
    /// Something that the log's auditor found.
    IncidentId, "inc_";
    /// What an operator gives for enrolling.
    PromotionId, "prm_";
    /// Somebody who works for the operator.
    StaffId, "stf_";
    /// A passkey of a subject or of staff.
    PasskeyId, "psk_";
    /// Somebody being signed in on one device.
    SessionId, "ses_";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_and_refuses_another_kind() {
        let id = PaymentId(Ulid::from_parts(1, 2));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().parse::<SiteId>(), Err(NotAnId { expected: "sit_" }));
        assert!("pay_".parse::<PaymentId>().is_err());
        assert!("pay_é".parse::<PaymentId>().is_err());
    }
}
