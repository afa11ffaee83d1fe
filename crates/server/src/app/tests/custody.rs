//! Epochs and key-encryption keys: what was stolen matches nothing, and nobody has to come back.

use super::*;
use crate::{
    custody,
    store::{epochs, references},
    vault::{Vault, What},
};
use handsel_api::{custody::EpochStatus, payments::Decision};
use handsel_gallery::Among;
use handsel_palm::{Capture, Frame, Probe, Sample, Template, capture};
use std::time::Duration;

/// What the store holds of templates: (epoch, sealed bytes), in order.
async fn templates(app: &App) -> Vec<(i64, Vec<u8>)> {
    sqlx::query_as("select epoch, sealed from template order by reference_id, position")
        .fetch_all(&mut *app.0.store.read().await.unwrap())
        .await
        .unwrap()
}

async fn rekey_all(app: &App) {
    while app.rekey_some().await.unwrap() {}
}

/// Every stored template as it is in memory, from under its seal.
async fn opened(app: &App) -> Vec<(SubjectId, Template)> {
    let mut found = Vec::new();
    let mut conn = app.0.store.read().await.unwrap();
    for stored in references::page_of_templates(&mut conn, None, 100).await.unwrap() {
        let key = app.0.vault.subject_key(stored.subject, &stored.wrapped_key).unwrap();
        found.push((stored.subject, crate::load::open(&key, &stored).unwrap()));
    }
    found
}

pub(super) fn sample(hand: &Drawn) -> Sample {
    match capture(&Frame::decode(&hand.frame(6)).unwrap()) {
        Capture::Accepted(sample) => sample,
        Capture::Rejected(quality) => panic!("{quality:?}"),
    }
}

async fn recognised(shop: &Shop, hand: &Drawn, take: u32) -> bool {
    let id = shop.payment(100).await.id;
    let found = shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, hand.frame(take)).await.unwrap();
    found.decision == Decision::Identified
}

async fn a_revoked_epoch_leaves_everybody_recognised_and_what_was_stolen_useless(on: On) {
    let shop = Shop::open_on(on).await;
    let hands = [Drawn::new(11, Hand::Right), Drawn::new(22, Hand::Left)];
    for (hand, name) in hands.iter().zip(["Wren", "Moss"]) {
        let (subject, _) = shop.shopper(name, None).await;
        shop.enrol(subject, hand).await;
    }
    let before = templates(&shop.app).await;
    assert!(before.iter().all(|(epoch, _)| *epoch == 1), "enrolled in the first epoch");
    let stolen = opened(&shop.app).await;
    let old = shop.app.0.epochs.current();

    shop.app.begin_epoch().await.unwrap();
    // Between the two every hand is recognised, wherever it stands.
    assert!(recognised(&shop, &hands[0], 4).await && recognised(&shop, &hands[1], 4).await);
    rekey_all(&shop.app).await;
    assert!(recognised(&shop, &hands[0], 5).await && recognised(&shop, &hands[1], 5).await);

    let after = templates(&shop.app).await;
    assert_eq!(after.len(), before.len());
    for ((epoch, sealed), (_, was)) in after.iter().zip(&before) {
        assert_eq!(*epoch, 2);
        assert!(sealed.windows(32).all(|part| !was.windows(32).any(|other| other == part)));
    }
    let keys: Vec<(i64, Option<Vec<u8>>)> = sqlx::query_as("select number, wrapped_key from epoch order by number")
        .fetch_all(&mut *shop.app.0.store.read().await.unwrap())
        .await
        .unwrap();
    assert!(matches!(&keys[..], [(1, None), (2, Some(_))]), "the old epoch's key is destroyed");
    assert_eq!(shop.app.0.epochs.in_use().len(), 1);

    // Who has the old templates, or even the old key, is nobody here; and no template of now opens with the old key.
    let now = opened(&shop.app).await;
    for (_, stolen) in &stolen {
        for (_, kept) in &now {
            assert!(old.bare_template(kept).is_err());
        }
        let probe = old.probe(&Arc::new(Probe::build(&sample(&hands[0]).roi)));
        assert!(now.iter().all(|(_, kept)| probe.compare(kept).similarity() < 0.6));
        assert!(probe.compare(stolen).similarity() <= 1.0);
    }
    shop.app.close().await;
    let again = App::open(&shop.dir.config()).await.unwrap();
    assert_eq!(again.palms(), 2);
}

async fn re_keying_goes_on_where_a_killed_process_left_it(on: On) {
    let shop = Shop::open_on(on).await;
    let hand = Drawn::new(33, Hand::Right);
    let (subject, _) = shop.shopper("Wren", None).await;
    shop.enrol(subject, &hand).await;
    shop.app.begin_epoch().await.unwrap();
    // Killed before the first is re-keyed: nothing is kept but what is on the disk.
    shop.app.0.store.close().await;
    shop.app.0.directory.lock().await.close();
    shop.app.0.log.close();
    shop.app.0.lock.lock().unwrap().take();
    let app = App::open(&shop.dir.config()).await.unwrap();
    for _ in 0..200 {
        if app.0.epochs.in_use().len() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(templates(&app).await.iter().all(|(epoch, _)| *epoch == 2), "re-keyed without being asked");
    let shop = Shop { app, merchant: shop.merchant, site: shop.site, dir: shop.dir };
    assert!(recognised(&shop, &hand, 4).await);
}

async fn templates_of_before_there_were_epochs_are_taken_over(on: On) {
    let shop = Shop::open_on(on).await;
    let hand = Drawn::new(44, Hand::Right);
    let (subject, _) = shop.shopper("Wren", None).await;
    shop.enrol(subject, &hand).await;
    // As an older version wrote it: bare, sealed without an epoch, and no epoch anywhere.
    let mut tx = shop.app.0.store.write().await.unwrap();
    let current = shop.app.0.epochs.current();
    for stored in references::page_of_templates(&mut tx, None, 100).await.unwrap() {
        let key = shop.app.0.vault.subject_key(stored.subject, &stored.wrapped_key).unwrap();
        let bare = current.bare_template(&crate::load::open(&key, &stored).unwrap()).unwrap();
        let reference = stored.reference.to_string();
        let what = What::Template { reference: &reference, position: stored.position, epoch: 0 };
        epochs::rekey(&mut tx, &stored, 0, &key.seal(what, &bare.to_bytes())).await.unwrap();
    }
    sqlx::query("delete from epoch").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    shop.app.close().await;

    let app = App::open(&shop.dir.config()).await.unwrap();
    let shop = Shop { app, merchant: shop.merchant, site: shop.site, dir: shop.dir };
    assert!(recognised(&shop, &hand, 4).await, "found while bare");
    rekey_all(&shop.app).await;
    assert!(templates(&shop.app).await.iter().all(|(epoch, _)| *epoch == 1));
    assert!(recognised(&shop, &hand, 5).await, "found afterwards");
}

async fn searches_see_everybody_while_references_move(on: On) {
    let shop = Shop::open_on(on).await;
    let hand = Drawn::new(55, Hand::Right);
    let (subject, _) = shop.shopper("Wren", None).await;
    shop.enrol(subject, &hand).await;
    let sample = sample(&hand);
    let (probe, side) = (Arc::new(Probe::build(&sample.roi)), sample.side);
    let found = move |app: App, probe: Arc<Probe>| async move {
        let permit = app.permit(Purpose::Payment).unwrap();
        app.0.palms.search(permit, probe, side, Among::EVERYONE).await.unwrap().best.unwrap().score.similarity()
    };
    let expected = found(shop.app.clone(), Arc::clone(&probe)).await;
    let (app, searching) = (shop.app.clone(), Arc::new(std::sync::atomic::AtomicBool::new(true)));
    let on = Arc::clone(&searching);
    let searches = tokio::spawn(async move {
        let mut count = 0;
        while on.load(Ordering::Relaxed) {
            assert_eq!(found(app.clone(), Arc::clone(&probe)).await.to_bits(), expected.to_bits());
            count += 1;
        }
        count
    });
    for _ in 0..10 {
        shop.app.begin_epoch().await.unwrap();
        rekey_all(&shop.app).await;
        while shop.app.0.epochs.in_use().len() > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    searching.store(false, Ordering::Relaxed);
    assert!(searches.await.unwrap() > 10);
}

async fn key_encryption_keys_change_while_everything_goes_on(on: On) {
    let shop = Shop::open_on(on).await;
    let (subject, _) = shop.shopper("Wren Ashdown", Some("1815")).await;
    let config = shop.dir.config();
    let keys_dir = config.data_dir.join("keys");
    for number in 2..4 {
        assert_eq!(custody::rotate(&config).await.unwrap(), number);
        shop.app.0.vault.reread_wrapping().unwrap();
        let during = shop.shopper("Moss", None).await.0;
        while shop.app.rewrap_some().await.unwrap() {}
        let status = custody::status(&config).await.unwrap();
        assert!(matches!(&status.wrapping_keys[..], [one] if one.number == number), "{status:?}");
        assert_eq!(status.newest_wrapping_key, number);
        for subject in [subject, during] {
            shop.app.subject(&Caller::Operator, subject).await.unwrap();
        }
    }
    // What wraps nothing leaves the file; what wraps something is missed when it is gone.
    shop.app.0.vault.forget_old_wrapping().unwrap();
    let file = keys_dir.join("wrapping.keys");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("3 ") && text.lines().count() == 1);
    shop.app.close().await;
    std::fs::remove_file(&file).unwrap();
    let refused = App::open(&config).await.err().unwrap().to_string();
    assert!(refused.contains("key-encryption key 3") && refused.contains("wrapping.keys"), "{refused}");
    let other = if text.contains('0') { text.replace('0', "1") } else { text.replace('f', "e") };
    crate::vault::write_private(&file, other.as_bytes()).unwrap();
    let refused = App::open(&config).await.err().unwrap().to_string();
    assert!(refused.contains("not the one this store was sealed with"), "{refused}");
    for damaged in ["3", "x 00", "1 00", "3 00"] {
        crate::vault::write_private(&file, damaged.as_bytes()).unwrap();
        let refused = App::open(&config).await.err().unwrap().to_string();
        assert!(refused.contains("each line"), "{refused}");
    }
    crate::vault::write_private(&file, text.as_bytes()).unwrap();
    let app = App::open(&config).await.unwrap();
    app.subject(&Caller::Operator, subject).await.unwrap();
    drop(Vault::open(&keys_dir, false).unwrap());
}

async fn an_order_of_the_command_line_is_followed_once(on: On) {
    let shop = Shop::open_on(on).await;
    let config = shop.dir.config();
    assert_eq!(custody::revoke_epoch(&config).await.unwrap(), 1);
    for _ in 0..200 {
        let status = custody::status(&config).await.unwrap();
        if status.epochs.len() == 2 && status.epochs[1].status == EpochStatus::Revoked {
            assert_eq!(status.epochs[0].status, EpochStatus::Current);
            assert!(!config.data_dir.join("keys/revoke_epoch").exists());
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the order was not followed in 20 s");
}

on_both_engines!(
    a_revoked_epoch_leaves_everybody_recognised_and_what_was_stolen_useless,
    re_keying_goes_on_where_a_killed_process_left_it,
    templates_of_before_there_were_epochs_are_taken_over,
    searches_see_everybody_while_references_move,
    key_encryption_keys_change_while_everything_goes_on,
    an_order_of_the_command_line_is_followed_once,
);
