//! Opening an installation: what is made, what is refused, and with which words.

use super::*;
use crate::app::StartError;
use handsel_api::keys::CreateKey;
use std::fs;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_without_its_key_file_is_refused_and_not_given_a_new_one() {
    let shop = Shop::open().await;
    shop.shopper("Wren", None).await;
    shop.app.close().await;
    let key = shop.dir.path().join("keys/installation.key");
    let aside = shop.dir.path().join("aside");
    fs::rename(&key, &aside).unwrap();
    let missing = App::open(&shop.dir.config()).await.err().unwrap();
    assert!(missing.to_string().contains("Put the file back"), "{missing}");
    assert!(!key.exists());

    fs::copy(&aside, &key).unwrap();
    let text = fs::read_to_string(&key).unwrap();
    let other = if text.starts_with('0') { text.replacen('0', "1", 1) } else { format!("0{}", &text[1..]) };
    fs::write(&key, other).unwrap();
    assert!(matches!(App::open(&shop.dir.config()).await, Err(StartError::WrongKeyFile(_))));
    fs::rename(&aside, &key).unwrap();
    App::open(&shop.dir.config()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_at_a_time() {
    let shop = Shop::open().await;
    let second = App::open(&shop.dir.config()).await;
    assert!(matches!(second, Err(StartError::InUse(_))));
    shop.app.close().await;
    App::open(&shop.dir.config()).await.unwrap();
}

async fn a_newer_store_is_refused(on: On) {
    let shop = Shop::open_on(on).await;
    sqlx::query(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'of tomorrow', true, $1, 0)",
    )
    .bind(b"".as_slice())
    .execute(&shop.app.0.store.writer().await)
    .await
    .unwrap();
    shop.app.close().await;
    let refused = App::open(&shop.dir.config()).await.err().unwrap();
    assert!(matches!(refused, StartError::NewerStore { version: 9999, .. }), "{refused}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_folder_that_others_may_read_the_files_are_still_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Ground::new(On::Sqlite);
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let shop = Shop::furnish(App::open(&dir.config()).await.unwrap(), Arc::new(dir)).await;
    shop.paid(500).await;
    let mut seen = Vec::new();
    for entry in fs::read_dir(shop.dir.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{:?} has mode {mode:o}", entry.file_name());
        seen.push(entry.file_name());
    }
    for name in ["handsel.db", "handsel.db-wal", "sim-processor.db", "lock", "keys"] {
        assert!(seen.iter().any(|one| one == name), "{name} is not among {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_a_store_is_named() {
    let dir = Ground::new(On::Sqlite);
    fs::write(dir.path().join("handsel.db"), "not a database, and longer than one hundred bytes ".repeat(20)).unwrap();
    let refused = App::open(&dir.config()).await.err().unwrap();
    assert!(refused.to_string().contains("handsel.db"), "{refused}");

    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(App::open(&Config { data_dir: file, ..dir.config() }).await, Err(StartError::DataDir { .. })));

    let risky = Config { target_fpir: 0.5, ..dir.config() };
    assert!(matches!(App::open(&risky).await, Err(StartError::TargetFpir(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_administrator_link_works_once() {
    let shop = Shop::open().await;
    let link = shop.app.admin_link_token().await;
    assert_eq!(shop.app.claim_admin("hsa_wrong").await, None);
    let session = shop.app.claim_admin(&link).await.unwrap();
    assert_eq!(shop.app.claim_admin(&link).await, None);
    assert_eq!(shop.app.authenticate(&session).await, Some(Caller::Operator));
    shop.app.sign_out(&session).await;
    assert_eq!(shop.app.authenticate(&session).await, None);
    assert_eq!(shop.app.authenticate(&link).await, None);

    let key = shop.app.create_key(&Caller::Operator, shop.merchant, CreateKey::default()).await.unwrap().key;
    let Some(Caller::Till(till)) = shop.app.authenticate(&key).await else { panic!("not a till") };
    assert_eq!((till.merchant, till.scopes), (shop.merchant, crate::app::Scopes::TILL));
    let kiosk = shop.app.open_kiosk(&Caller::Operator, shop.site).await.unwrap();
    assert_eq!(shop.app.authenticate(&kiosk).await, Some(shop.kiosk()));
    assert!(shop.app.open_kiosk(&shop.till(), shop.site).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_server_to_a_database() {
    let shop = Shop::open_on(On::Postgres).await;
    let other_folder = Ground::new(On::Sqlite);
    let other = Config { data_dir: other_folder.path().to_owned(), ..shop.dir.config() };
    let refused = App::open(&other).await.err().unwrap();
    assert!(matches!(refused, StartError::StoreInUse(_)), "{refused}");
    assert!(!shop.dir.path().join("handsel.db").exists(), "nothing of a store is in the folder");
    shop.app.close().await;
    // The folder holds the key: with another one, the store is another installation's.
    assert!(matches!(App::open(&other).await, Err(StartError::KeyFile(_) | StartError::WrongKeyFile(_))));
    App::open(&shop.dir.config()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cannot_be_used_is_named_without_its_password() {
    let ground = Ground::new(On::Sqlite);
    let address = "postgres://clerk:hush@localhost:1/shop".parse().unwrap();
    let refused = App::open(&Config { store: Some(address), ..ground.config() }).await.err().unwrap();
    let (shown, debug) = (refused.to_string(), format!("{refused:?}"));
    assert!(shown.contains("postgres://localhost:1/shop"), "{shown}");
    assert!(!shown.contains("hush") && !debug.contains("hush"), "{shown} {debug}");
}

on_both_engines!(a_newer_store_is_refused);
