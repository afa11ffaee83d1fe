//! A till that speaks HTTP.

use super::{DIGITS, Drawn};
use handsel_api::SiteId;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
};

pub(super) struct Till {
    base: String,
    key: String,
    site: SiteId,
    client: reqwest::Client,
}

/// A status and what came with it.
pub(super) type Said = (u16, Value);

impl Till {
    pub(super) fn at(address: SocketAddr, key: &str, site: SiteId) -> Till {
        crate::tls::choose();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Till { base: format!("http://{address}"), key: key.to_owned(), site, client }
    }

    /// The same till with another key.
    pub(super) fn with_key(&self, key: &str) -> Till {
        Till { base: self.base.clone(), key: key.to_owned(), site: self.site, client: self.client.clone() }
    }

    pub(super) async fn get(&self, path: &str) -> Said {
        self.send(self.client.get(format!("{}{path}", self.base))).await
    }

    /// An answer that goes on.
    pub(super) async fn stream(&self, path: &str) -> reqwest::Response {
        self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.key).send().await.unwrap()
    }

    /// An answer's headers.
    pub(super) async fn headers(&self, path: &str) -> reqwest::header::HeaderMap {
        self.stream(path).await.headers().clone()
    }

    /// With an Idempotency-Key of its own.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Said {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        self.post_as(&format!("till-{}", NEXT.fetch_add(1, Ordering::Relaxed)), path, body).await
    }

    pub(super) async fn post_as(&self, request: &str, path: &str, body: &Value) -> Said {
        let post = self.client.post(format!("{}{path}", self.base)).header("idempotency-key", request);
        self.send(post.json(body)).await
    }

    pub(super) async fn ask(&self, minor: i64) -> Said {
        let asks = json!({"site": self.site, "amount_minor": minor, "currency": "EUR", "client_reference": "bon 7"});
        self.post("/v1/payments", &asks).await
    }

    pub(super) async fn identify(&self, id: &str, frame: Vec<u8>) -> Said {
        let post = self.client.post(format!("{}/v1/payments/{id}/identify", self.base));
        self.send(post.header("content-type", "image/jpeg").body(frame)).await
    }

    /// Naming a purpose.
    pub(super) async fn identify_for(&self, purpose: &str, id: &str, frame: Vec<u8>) -> Said {
        let post = self.client.post(format!("{}/v1/payments/{id}/identify?purpose={purpose}", self.base));
        self.send(post.header("content-type", "image/jpeg").body(frame)).await
    }

    pub(super) async fn step_up(&self, id: &str, digits: &str) -> Said {
        self.post(&format!("/v1/payments/{id}/step_up"), &json!({"phone_last4": digits})).await
    }

    pub(super) async fn confirm(&self, id: &str) -> Said {
        self.post(&format!("/v1/payments/{id}/confirm"), &json!({})).await
    }

    pub(super) async fn show(&self, id: &str) -> Said {
        self.get(&format!("/v1/payments/{id}")).await
    }

    /// Up to the shopper's yes; the payment's id.
    pub(super) async fn up_to_the_yes(&self, hand: &Drawn, minor: i64) -> String {
        let (status, payment) = self.ask(minor).await;
        assert_eq!(status, 201, "{payment}");
        let id = payment["id"].as_str().unwrap().to_owned();
        let (status, found) = self.identify(&id, hand.frame(2)).await;
        assert_eq!(status, 200, "{found}");
        if found["decision"] == "step_up" {
            let (status, known) = self.step_up(&id, DIGITS).await;
            assert_eq!((status, &known["status"]), (200, &json!("requires_confirmation")), "{known}");
        }
        id
    }

    /// From the amount to the end.
    pub(super) async fn pay(&self, hand: &Drawn, minor: i64) -> Value {
        let id = self.up_to_the_yes(hand, minor).await;
        let (status, paid) = self.confirm(&id).await;
        assert_eq!(status, 200, "{paid}");
        paid
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Said {
        let answer = request.bearer_auth(&self.key).send().await.unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}
