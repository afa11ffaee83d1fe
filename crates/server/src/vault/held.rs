//! The keys of palms that their owners carry (ADR 0021).

use super::{SubjectKey, Vault, derive};
use crate::held::HeldKeys;
use handsel_api::HeldId;
use zeroize::Zeroizing;

impl Vault {
    /// What held palms are signed by, and what phones seal to.
    pub(crate) fn held_keys(&self) -> HeldKeys {
        HeldKeys::of(&self.held)
    }
}

impl SubjectKey {
    /// The installation's half of what a held palm is sealed with. It goes with the subject's key.
    pub(crate) fn half_of_held(&self, held: HeldId) -> Zeroizing<[u8; 32]> {
        derive(&self.key, &format!("handsel/1/held/{held}"))
    }
}
