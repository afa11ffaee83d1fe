//! The demo store: made and enrolled along the same path as anybody.

use super::{Answer, App};
use handsel_api::{SiteId, references::Hand};

/// Drawn hands for a machine without a camera.
pub trait DemoHands: Send + Sync {
    /// The two shoppers who are enrolled already.
    fn shoppers(&self) -> Vec<DemoShopper>;
    /// Hands to borrow, enrolled and not.
    fn tray(&self) -> &[BorrowedHand];
    /// A JPEG of the hand `id`, each `take` a new capture of it; `None` for a hand that is not in the tray.
    fn draw(&self, id: &str, take: u32) -> Option<Vec<u8>>;
}

/// A shopper of the demo store.
pub struct DemoShopper {
    /// What they want to be called.
    pub name: String,
    /// The last four digits of their phone.
    pub phone_last4: Option<String>,
    /// JPEGs of their palms; several of one palm are several captures.
    pub enrol_frames: Vec<Vec<u8>>,
}

/// A hand in the tray.
#[derive(Debug, Clone)]
pub struct BorrowedHand {
    /// Names it.
    pub id: &'static str,
    /// On its button.
    pub label: String,
    /// Under its label: whose it is, or what is wrong with it.
    pub note: String,
    /// Which hand.
    pub side: Hand,
}

impl App {
    /// Makes the demo merchant, its site and its shoppers, or finds them.
    pub async fn demo_store(&self, hands: &dyn DemoHands) -> Answer<SiteId> {
        let _ = hands;
        todo!()
    }
}
