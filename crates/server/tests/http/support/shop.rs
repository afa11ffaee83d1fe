//! A shop with a till, and shoppers who enrolled there, all along the API.

use super::{Answer, Client, Server};
use handsel_api::{
    MerchantId, PaymentId, SiteId, SubjectId,
    consents::{Consent, Notice},
    keys::NewKey,
    merchants::{Merchant, Site},
    payments::{Identification, Payment},
    subjects::CreatedSubject,
};
use serde_json::json;

/// A merchant with one site and a till.
pub struct Shop {
    pub merchant: MerchantId,
    pub site: SiteId,
    pub key: String,
    pub till: Client,
}

/// Somebody who enrolled.
pub struct Shopper {
    pub id: SubjectId,
    pub wallet_token: String,
    pub wallet: Client,
    pub consent: Consent,
}

impl Shop {
    pub fn open(server: &Server, operator: &Client) -> Shop {
        let merchant = json!({"name": "Corner Store", "currency": "EUR"});
        let merchant: Merchant = operator.post("/v1/merchants", &merchant).ok();
        let site: Site = operator.post("/v1/sites", &json!({"merchant": merchant.id, "name": "Front"})).ok();
        operator.act(&format!("/v1/sites/{}/sign", site.id)).ok::<Site>();
        let key: NewKey = operator.act(&format!("/v1/merchants/{}/keys", merchant.id)).ok();
        Shop { merchant: merchant.id, site: site.id, till: server.with(&key.key), key: key.key }
    }

    /// A subject who signed, has a card, and no palm yet.
    pub fn sign(&self, server: &Server, name: &str, card: &str) -> Shopper {
        let request = json!({"site": self.site, "display_name": name, "of_age": true, "phone_last4": "1234"});
        let made: CreatedSubject = self.till.post("/v1/subjects", &request).ok();
        let id = made.subject.id;
        let wallet_token = made.wallet_path.rsplit('/').next().unwrap().to_owned();
        let consent = self.consent(id, name);
        let card = json!({"sandbox_card": card});
        assert_eq!(self.till.post(&format!("/v1/subjects/{id}/payment_methods"), &card).status, 201);
        Shopper { id, wallet: server.with(&wallet_token), wallet_token, consent }
    }

    pub fn consent(&self, id: SubjectId, name: &str) -> Consent {
        let notice: Notice = self.till.get("/v1/notices/payment").ok();
        let yes = json!({
            "purpose": "payment", "notice_version": notice.version,
            "notice_sha256": notice.sha256, "signature": name,
        });
        self.till.post(&format!("/v1/subjects/{id}/consents"), &yes).ok()
    }

    /// A subject who signed, has a card, and enrolled these frames.
    pub fn enrol(&self, server: &Server, name: &str, frames: &[&[u8]]) -> Shopper {
        let shopper = self.sign(server, name, "visa_approved");
        for frame in frames {
            let answer = self.till.frame(&format!("/v1/subjects/{}/references", shopper.id), frame);
            assert_eq!(answer.status, 201, "{}", answer.text());
        }
        shopper
    }

    pub fn ask(&self, amount_minor: i64) -> PaymentId {
        let request = json!({"site": self.site, "amount_minor": amount_minor, "currency": "EUR"});
        self.till.fresh_key().post("/v1/payments", &request).ok::<Payment>().id
    }

    pub fn identify(&self, payment: PaymentId, frame: &[u8]) -> Identification {
        self.till.frame(&format!("/v1/payments/{payment}/identify"), frame).ok()
    }

    pub fn confirm(&self, payment: PaymentId) -> Answer {
        self.till.fresh_key().act(&format!("/v1/payments/{payment}/confirm"))
    }

    /// From the amount to the receipt, answering a step-up.
    pub fn pay(&self, amount_minor: i64, frame: &[u8]) -> Payment {
        let payment = self.ask(amount_minor);
        let found = self.identify(payment, frame);
        if found.decision == handsel_api::payments::Decision::StepUp {
            let proof = json!({"phone_last4": "1234"});
            assert_eq!(self.till.post(&format!("/v1/payments/{payment}/step_up"), &proof).status, 200);
        }
        self.confirm(payment).ok()
    }

    pub fn pay_by_card(&self, amount_minor: i64) -> Payment {
        let payment = self.ask(amount_minor);
        let card = json!({"sandbox_card": "visa_approved"});
        self.till.fresh_key().post(&format!("/v1/payments/{payment}/card"), &card).ok()
    }
}
