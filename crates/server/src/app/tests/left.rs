//! Leaving by a link or at a till, staying gone when the store is put back, backups, and taking everything away.

use super::*;
use crate::{
    backup::{self, BackupError, Lock, Unlock},
    erased,
    store::erasures::Erasure,
};
use handsel_api::{Code, Private, erasure::EraseRequest, payments::Decision};

fn by_receipt(receipt_path: &str, digits: &str) -> EraseRequest {
    EraseRequest::Receipt { receipt: Private(receipt_path.to_owned()), phone_last4: Private(digits.to_owned()) }
}

/// Somebody who enrolled and paid by palm; the receipt's path.
async fn who_paid(shop: &Shop, hand: &Drawn) -> (SubjectId, String) {
    let (wren, _) = shop.shopper("Wren Ashdown", Some("1815")).await;
    shop.enrol(wren, hand).await;
    let id = shop.payment(500).await.id;
    shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, hand.frame(4)).await.unwrap();
    let paid = shop.app.confirm(&shop.kiosk(), &RequestKey::unique(), id, ConfirmPayment::default()).await.unwrap();
    (wren, paid.receipt_path.unwrap())
}

async fn decision(shop: &Shop, hand: &Drawn) -> Decision {
    let next = shop.payment(500).await.id;
    shop.app.identify(&shop.kiosk(), next, Cohort::Everyone, hand.frame(5)).await.unwrap().decision
}

async fn a_link_erases_whom_it_was_given_to(on: On) {
    let shop = Shop::open_on(on).await;
    let create = CreateSubject { site: shop.site, display_name: "Wren".to_owned(), of_age: true, phone_last4: None };
    let made = shop.app.create_subject(&shop.kiosk(), create).await.unwrap();
    let link = made.leave_path.rsplit('/').next().unwrap();
    assert!(shop.app.leads_to_somebody(link).await.unwrap());
    assert_eq!(shop.app.erase_by_link("hsl_00").await.unwrap_err().code, Code::NotFound);
    let erased = shop.app.erase_by_link(link).await.unwrap();
    assert_eq!(erased.id, made.subject.id);
    assert!(!shop.app.leads_to_somebody(link).await.unwrap());
    assert_eq!(shop.app.erase_by_link(link).await.unwrap_err().code, Code::NotFound);
    let receipt = shop.app.erasure_receipt(&erased.receipt.id).await.unwrap();
    assert_eq!(receipt, erased.receipt);
    assert!(receipt.key_destroyed && !receipt.id.contains(&made.subject.id.to_string()));
    assert!(crate::signing::is_signed(&receipt.signed_text(), &receipt.signature, &receipt.public_key));
}

async fn at_a_till_a_receipt_needs_the_digits_of_the_phone(on: On) {
    let shop = Shop::open_on(on).await;
    let hand = Drawn::new(11, Hand::Right);
    let (wren, receipt) = who_paid(&shop, &hand).await;
    let erases = async |caller: Caller, digits: &str| {
        shop.app.erase_at_till(&caller, by_receipt(&receipt, digits)).await.map_err(|refusal| refusal.code)
    };
    let other = Caller::till(MerchantId(crate::ids::next()));
    assert_eq!(erases(other, "1815").await.unwrap_err(), Code::NotFound);
    assert_eq!(erases(Caller::Subject(wren), "1815").await.unwrap_err(), Code::Forbidden);
    assert_eq!(erases(shop.till(), "18x5").await.unwrap_err(), Code::InvalidField);
    assert_eq!(erases(shop.till(), "0000").await.unwrap_err(), Code::StepUpFailed);
    assert_eq!(erases(shop.till(), "1815").await.unwrap().references, 1);
    assert_eq!(erases(shop.till(), "1815").await.unwrap_err(), Code::WrongState, "linked to nobody");
    assert_eq!(decision(&shop, &hand).await, Decision::NoMatch);

    let (_, receipt) = who_paid(&shop, &Drawn::new(12, Hand::Right)).await;
    let guess = async || shop.app.erase_at_till(&shop.till(), by_receipt(&receipt, "0000")).await.unwrap_err().code;
    for _ in 0..3 {
        assert_eq!(guess().await, Code::StepUpFailed);
    }
    assert_eq!(guess().await, Code::TooManyAttempts);
    let right = shop.app.erase_at_till(&shop.till(), by_receipt(&receipt, "1815")).await;
    assert_eq!(right.unwrap_err().code, Code::TooManyAttempts);
    let card = shop.paid(300).await.receipt_path.unwrap();
    let by_card = shop.app.erase_at_till(&shop.till(), by_receipt(&card, "1815")).await;
    assert_eq!(by_card.unwrap_err().code, Code::WrongState);
}

async fn a_store_of_before_an_erasure_forgets_again(on: On) {
    let mut shop = Shop::open_on(on).await;
    let (gone, stays) = (Drawn::new(11, Hand::Right), Drawn::new(22, Hand::Right));
    let (wren, _) = who_paid(&shop, &gone).await;
    let (moss, _) = shop.shopper("Moss", None).await;
    shop.enrol(moss, &stays).await;
    // What the keys folder says when the store is older than it.
    let mark = shop.app.0.vault.erasure_mark(&wren.to_string());
    let erasure = Erasure { mark, asked_ms: 1, erased_ms: Some(2), held_until_ms: None, palms: 1, payments: 1 };
    erased::add(&shop.app.0.keys_dir, std::slice::from_ref(&erasure)).unwrap();
    shop.app.close().await;
    shop.app = App::open(&shop.dir.config()).await.unwrap();
    assert_eq!(decision(&shop, &gone).await, Decision::NoMatch);
    assert_eq!(decision(&shop, &stays).await, Decision::Identified);
    assert!(shop.app.subject(&Caller::Operator, wren).await.is_err());
    assert!(shop.app.erasure_receipt(&erasure.mark).await.unwrap().key_destroyed);
    // And the other way round: a keys folder that is older than the store learns from it.
    std::fs::remove_file(shop.app.0.keys_dir.join("erased")).unwrap();
    shop.app.close().await;
    shop.app = App::open(&shop.dir.config()).await.unwrap();
    assert!(erased::read(&shop.app.0.keys_dir).unwrap().contains_key(&erasure.mark));
}

async fn everything_about_a_subject_is_written_out_for_them(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, receipt) = who_paid(&shop, &Drawn::new(11, Hand::Right)).await;
    assert_eq!(shop.app.export_subject(&shop.till(), wren).await.err().unwrap().code, Code::Forbidden);
    let staff = shop.app.export_subject(&Caller::Operator, wren).await.unwrap();
    assert!(staff.payments.iter().all(|payment| payment.receipt_path.is_none()));
    let all = shop.app.export_subject(&Caller::Subject(wren), wren).await.unwrap();
    assert_eq!(all.payments[0].receipt_path.as_deref(), Some(&*receipt));
    assert_eq!((all.palms.len(), &*all.palms[0].epochs), (1, [1, 1].as_slice()));
    assert!(all.palms[0].last_used_at.is_some());
    assert_eq!((all.phone_last4.as_deref(), all.subject.payment_methods.len()), (Some("1815"), 1));
    assert_eq!((all.notices.len(), all.subject.consents.len()), (1, 1));
    let uses: Vec<_> = all.uses.iter().map(|one| &*one.kind).collect();
    assert_eq!(uses, ["staff_access", "match", "enrol", "match", "enrol", "consent_given"], "newest first");
    let paid = &all.uses[1];
    assert_eq!((paid.outcome.as_deref(), paid.site_name.as_deref()), (Some("found"), Some("Front counter")));
    assert_eq!(paid.payment, Some(all.payments[0].id));
    shop.app.erase_subject(&Caller::Operator, wren).await.unwrap();
    assert_eq!(shop.app.export_subject(&Caller::Operator, wren).await.err().unwrap().code, Code::NotFound);
}

on_both_engines!(
    a_link_erases_whom_it_was_given_to,
    at_a_till_a_receipt_needs_the_digits_of_the_phone,
    a_store_of_before_an_erasure_forgets_again,
    everything_about_a_subject_is_written_out_for_them,
);

/// A folder with a copy of an installation's keys and nothing else.
fn fresh(keys: &Path) -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { data_dir: folder.path().to_owned(), ..Config::default() };
    std::fs::create_dir(config.keys_dir()).unwrap();
    for entry in std::fs::read_dir(keys).unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), config.keys_dir().join(entry.file_name())).unwrap();
    }
    (folder, config)
}

/// Copies a folder with all that is in it.
fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_put_back_whole_without_who_left_or_not_at_all() {
    let shop = Shop::open().await;
    let (gone, stays) = (Drawn::new(11, Hand::Right), Drawn::new(22, Hand::Right));
    let (wren, _) = who_paid(&shop, &gone).await;
    let (moss, _) = shop.shopper("Moss", None).await;
    shop.enrol(moss, &stays).await;
    let config = shop.dir.config();
    let words = "twelve drawn palms";
    let (lock, unlock) = (|| Lock::passphrase(words).unwrap(), Unlock::passphrase(words).unwrap());
    let mut sealed = Vec::new();
    backup::make(&config, lock(), &mut sealed).unwrap();
    assert!(!sealed.windows(6).any(|window| window == b"SQLite"));
    let (_before, keys_of_before) = fresh(&config.keys_dir());
    shop.app.erase_subject(&Caller::Operator, wren).await.unwrap();
    assert_eq!(backup::drill(&config, &unlock, &sealed[..]).unwrap().erased_since, 1, "beside the running server");

    let refused = |config: &Config, unlock: &Unlock, bytes: &[u8]| {
        let before: Vec<_> = std::fs::read_dir(&config.data_dir).unwrap().map(|entry| entry.unwrap().path()).collect();
        let error = backup::restore(config, unlock, bytes).unwrap_err();
        for entry in std::fs::read_dir(&config.data_dir).unwrap().map(Result::unwrap) {
            assert!(before.contains(&entry.path()) || entry.file_name() == "lock", "{:?} was left", entry.path());
        }
        error
    };
    let (_folder, target) = fresh(&config.keys_dir());
    let wrong = Unlock::passphrase("thirteen drawn palms").unwrap();
    assert!(matches!(refused(&target, &wrong, &sealed), BackupError::Locked(_)));
    for length in [0, 20, 300, sealed.len() / 2, sealed.len() - 1] {
        let error = refused(&target, &unlock, &sealed[..length]);
        assert!(
            matches!(error, BackupError::Broken(_) | BackupError::NoBackup | BackupError::Locked(_)),
            "{length}: {error}"
        );
    }
    let mut changed = sealed.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(matches!(refused(&target, &unlock, &changed), BackupError::Broken(_)));
    let nothing = tempfile::tempdir().unwrap();
    let without_keys = Config { data_dir: nothing.path().to_owned(), ..Config::default() };
    assert!(matches!(refused(&without_keys, &unlock, &sealed), BackupError::Keys(_)));
    assert!(matches!(refused(&config, &unlock, &sealed), BackupError::StoreThere(_)));

    // A backup from after the erasure does not go beside keys from before it.
    let mut later = Vec::new();
    backup::make(&config, lock(), &mut later).unwrap();
    assert!(matches!(refused(&keys_of_before, &unlock, &later), BackupError::OldKeys { known: 0, needed: 1 }));
    shop.app.0.store.pretend_version(1).await.unwrap();
    let mut newer = Vec::new();
    backup::make(&config, lock(), &mut newer).unwrap();
    shop.app.0.store.pretend_version(-1).await.unwrap();
    assert!(matches!(refused(&target, &unlock, &newer), BackupError::Newer { .. }));

    assert!(matches!(refused(&target, &unlock, &sealed), BackupError::OldLog { known: 0, .. }));
    shop.app.close().await;
    copy_folder(&config.data_dir.join("log"), &target.data_dir.join("log"));
    let back = backup::restore(&target, &unlock, &sealed[..]).unwrap();
    assert_eq!((back.subjects, back.templates, back.erased_since), (1, 2, 1));
    let config = Config { processor: config.processor.clone(), ..target };
    let (merchant, site, dir) = (shop.merchant, shop.site, Arc::clone(&shop.dir));
    let shop = Shop { app: App::open(&config).await.unwrap(), merchant, site, dir };
    assert_eq!(decision(&shop, &gone).await, Decision::NoMatch);
    assert_eq!(decision(&shop, &stays).await, Decision::Identified);
    assert!(shop.app.subject(&Caller::Operator, wren).await.is_err());
    let notes = backup::notes(&config.data_dir);
    assert!(notes.restored_at.is_some());
    shop.app.close().await;
}
