//! Whose cards pay: each processor knows its own only.

use super::*;
use crate::{config::ProcessorConfig, processor, store::payment_methods};
use handsel_api::{Code, payments::PaymentStatus};

/// The installation of before, at another processor. Nothing is asked of it here.
async fn at_another_processor(shop: Shop) -> Shop {
    let stripe: ProcessorConfig =
        serde_json::from_str(r#"{"kind": "stripe", "url": "http://127.0.0.1:1", "secret_key": "sk_test_x"}"#).unwrap();
    shop.app.close().await;
    let app = App::open_with(&shop.dir.config(), processor::driver(&stripe)).await.unwrap();
    Shop { app, ..shop }
}

async fn a_card_of_another_processor_does_not_pay(on: On) {
    let shop = Shop::open_on(on).await;
    let (subject, _) = shop.shopper("Wren", None).await;
    let shop = at_another_processor(shop).await;
    let cards = payment_methods::list(&mut shop.app.0.store.read().await.unwrap(), subject).await.unwrap();
    assert!(payment_methods::paying(&cards, "sim").is_some());
    assert!(payment_methods::paying(&cards, shop.app.0.processor.name()).is_none());

    let card = AddPaymentMethod { sandbox_card: SandboxCard::VisaApproved };
    let refused = shop.app.add_payment_method(&shop.kiosk(), subject, card).await.unwrap_err();
    assert_eq!((refused.code, refused.field.as_deref()), (Code::InvalidField, Some("/sandbox_card")));
    let id = shop.payment(500).await.id;
    let refused = shop.app.pay_by_card(&shop.till(), &RequestKey::unique(), id, VISA).await.unwrap_err();
    assert_eq!(refused.code, Code::InvalidField);
    assert_eq!(shop.app.payment(&shop.till(), id).await.unwrap().status, PaymentStatus::RequiresPalm);
}

#[tokio::test]
async fn without_a_processor_nothing_opens() {
    let ground = Ground::new(On::Sqlite);
    let config = Config { processor: None, ..ground.config() };
    let refused = App::open(&config).await.err().unwrap();
    assert!(matches!(refused, crate::StartError::NoProcessor), "{refused}");
}

on_both_engines!(a_card_of_another_processor_does_not_pay);
