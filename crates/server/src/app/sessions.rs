//! Keys, sessions and links: 32 random bytes behind a prefix, of which only the SHA-256 is kept.

use super::{Answer, App, Caller};
use handsel_api::SiteId;

impl App {
    /// Whose key (`hsk_test_`), wallet (`hsw_`) or session (`hso_`, `hsq_`) this is.
    pub async fn authenticate(&self, token: &str) -> Option<Caller> {
        let _ = token;
        todo!()
    }

    /// The one-time administrator link's token (`hsa_`): new at each start, good for one use.
    pub async fn admin_link_token(&self) -> String {
        todo!()
    }

    /// Trades the one-time token for an operator's session (`hso_`, 12 hours); `None` when it is wrong or used.
    pub async fn claim_admin(&self, token: &str) -> Option<String> {
        let _ = token;
        todo!()
    }

    /// Opens a kiosk's session (`hsq_`, 12 hours) at a site. Operators only.
    pub async fn open_kiosk(&self, caller: &Caller, site: SiteId) -> Answer<String> {
        let _ = (caller, site);
        todo!()
    }

    /// Ends an operator's or a kiosk's session. Keys and wallets stay.
    pub async fn sign_out(&self, token: &str) {
        let _ = token;
        todo!()
    }
}
