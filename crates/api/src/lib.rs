//! The words of the HTTP API: request and response types, shared by the server, its tests and the demo. Data only.
//!
//! Every request refuses unknown fields. Money is always `amount_minor` (whole minor units) beside a `currency`
//! (ISO 4217). Times are RFC 3339 in UTC. Ids are a prefix and a ULID, so they sort by age.

pub mod consents;
pub mod credits;
pub mod custody;
pub mod disputes;
pub mod erasure;
pub mod events;
pub mod export;
pub mod held;
pub mod id;
pub mod incidents;
pub mod keys;
pub mod logs;
pub mod loyalty;
pub mod merchants;
pub mod offline;
pub mod payments;
pub mod policy;
pub mod private;
pub mod problem;
pub mod receipts;
pub mod references;
pub mod scanners;
pub mod settlements;
pub mod subjects;
pub mod transparency;
pub mod uses;
pub mod webhooks;

pub use id::{
    CardSetupId, ConsentId, DisputeId, EventId, HeldId, HoldId, IncidentId, KeyId, LegalRequestId, MerchantId,
    PasskeyId, PaymentId, PaymentMethodId, PromotionId, ReferenceId, RefundId, ScannerActionId, ScannerId, SessionId,
    SiteId, StaffId, SubjectId, WebhookEndpointId,
};
pub use private::Private;
pub use problem::{Code, Problem};
