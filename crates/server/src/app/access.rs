//! Who may do what: the only place that decides it.

use handsel_api::{MerchantId, SiteId, SubjectId};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Runs this installation.
    Operator,
    /// One merchant's key.
    Till(MerchantId),
    /// A kiosk bound to one site.
    Kiosk(SiteId),
    /// Somebody at their own wallet.
    Subject(SubjectId),
}
