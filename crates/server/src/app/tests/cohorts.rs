//! Phones that a version before cohorts stored are found by their digits too.

use super::*;
use crate::store::references;

async fn phones_are_indexed_at_the_start(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren", Some("1815")).await;
    shop.enrol(wren, &Drawn::new(21, Hand::Right)).await;
    shop.shopper("Moss", None).await;
    let index = shop.app.0.vault.phone_index("1815");
    let of_phone = async || references::of_phone(&mut shop.app.0.store.read().await.unwrap(), &index, 9).await.unwrap();
    let before = of_phone().await;
    assert_eq!(before.len(), 1);
    let mut tx = shop.app.0.store.write().await.unwrap();
    sqlx::query("update subject set phone_index = null").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(of_phone().await, []);
    shop.app.index_phones().await.unwrap();
    assert_eq!(of_phone().await, before);
}

on_both_engines!(phones_are_indexed_at_the_start);
