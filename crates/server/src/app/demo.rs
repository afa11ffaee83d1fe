//! The demo store: made and enrolled along the same path as anybody.

use super::{Answer, App, Caller};
use crate::store::{Conn, sessions, subjects::StoredSubject};
use handsel_api::{
    Code, SiteId,
    consents::{GiveConsent, Language, Purpose},
    merchants::{CreateMerchant, CreateSite},
    policy::SearchedBy,
    references::Hand,
    subjects::{AddPaymentMethod, CreateSubject, SandboxCard},
};

/// The setting that remembers the demo's site, from when its shoppers are enrolled there.
const DEMO_SITE: &str = "demo_site";
/// The setting that remembers it from when it was begun.
const DEMO_BEGUN: &str = "demo_begun";

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
    /// Makes the demo merchant, its site and its shoppers, or finds them. A hand that is not fit to be enrolled stops it.
    pub async fn demo_store(&self, hands: &dyn DemoHands) -> Answer<SiteId> {
        let _making = self.0.making_demo.lock().await;
        if let Some(site) = self.remembered(DEMO_SITE).await? {
            self.confirm_sign(&Caller::Operator, site).await?;
            return Ok(site);
        }
        // One that broke off is gone on with: whoever enrolled there stays at home there.
        let site = match self.remembered(DEMO_BEGUN).await? {
            Some(site) => site,
            None => self.begin_demo().await?,
        };
        // The shop is drawn, and so is its door.
        self.confirm_sign(&Caller::Operator, site).await?;
        // Where no palm may be searched, whoever comes brings their own.
        let shoppers = if self.0.policy.searched_by == SearchedBy::Nobody { Vec::new() } else { hands.shoppers() };
        for shopper in shoppers {
            self.enrol_demo(site, shopper).await?;
        }
        self.remember(DEMO_SITE, site).await?;
        Ok(site)
    }

    async fn begin_demo(&self) -> Answer<SiteId> {
        let operator = Caller::Operator;
        let merchant = CreateMerchant { name: "Corner Store (demo)".to_owned(), currency: "EUR".to_owned() };
        let merchant = self.create_merchant(&operator, merchant).await?.id;
        let site = self.create_site(&operator, CreateSite { merchant, name: "Front counter".to_owned() }).await?.id;
        self.remember(DEMO_BEGUN, site).await?;
        Ok(site)
    }

    async fn remember(&self, setting: &str, site: SiteId) -> Answer<()> {
        let mut tx = self.0.store.write().await?;
        sessions::put_setting(&mut tx, setting, site.to_string().as_bytes()).await?;
        Ok(tx.commit().await?)
    }

    async fn remembered(&self, setting: &str) -> Answer<Option<SiteId>> {
        remembered(&mut *self.0.store.read().await?, setting).await
    }

    /// Along the same path as anybody: made, told, signed, looked at, given a card. Whoever is here already stays as they
    /// are.
    async fn enrol_demo(&self, site: SiteId, shopper: DemoShopper) -> Answer<()> {
        let kiosk = Caller::Kiosk(site);
        let create = CreateSubject {
            site,
            display_name: shopper.name.clone(),
            of_age: true,
            phone_last4: shopper.phone_last4.clone(),
        };
        let subject = self.create_subject(&kiosk, create).await?.subject.id;
        let notice = self.notice(Purpose::Payment, Language::En);
        let yes = GiveConsent {
            purpose: Purpose::Payment,
            notice_version: notice.version,
            notice_sha256: notice.sha256,
            signature: shopper.name,
        };
        self.give_consent(&kiosk, subject, yes).await?;
        for frame in shopper.enrol_frames {
            match self.add_reference(&kiosk, subject, frame).await {
                Ok(_) => {}
                Err(refusal) if refusal.code == Code::AlreadyEnrolled => {
                    // Left over from a demo store that was not finished.
                    self.erase_subject(&Caller::Operator, subject).await?;
                    return Ok(());
                }
                Err(refusal) => return Err(refusal),
            }
        }
        let card = AddPaymentMethod { sandbox_card: SandboxCard::VisaApproved };
        self.add_payment_method(&kiosk, subject, card).await?;
        Ok(())
    }
}

/// Whether a subject may be recognised at a site. Anybody may open the demo's till, so it recognises only who enrolled
/// there; every other till recognises everybody.
pub(super) async fn is_recognised_at(conn: &mut Conn, site: SiteId, subject: &StoredSubject) -> Answer<bool> {
    let is_demo = remembered(conn, DEMO_BEGUN).await? == Some(site);
    Ok(!is_demo || subject.enrolled_by == Caller::Kiosk(site).name())
}

async fn remembered(conn: &mut Conn, setting: &str) -> Answer<Option<SiteId>> {
    let stored = sessions::setting(conn, setting).await?;
    Ok(stored.and_then(|bytes| String::from_utf8(bytes).ok()).and_then(|text| text.parse().ok()))
}
