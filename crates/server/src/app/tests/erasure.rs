//! Erasing a subject, looked at from outside: in the raw bytes of every file of a store, or in every row of a database.

use super::*;
use handsel_api::{Code, payments::Decision};

/// Every byte of every file in the data folder, by name.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            found.push((entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()));
        }
    }
    found
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Two shoppers, one of whom paid and leaves.
struct Leaving {
    shop: Shop,
    wren: SubjectId,
    wallet: String,
    wren_hand: Drawn,
    moss_hand: Drawn,
    paid: Payment,
    /// What must be gone after an erasure, and what it is.
    secrets: Vec<(Vec<u8>, &'static str)>,
}

async fn leaving(on: On) -> Leaving {
    let shop = Shop::open_on(on).await;
    let (wren, wallet) = shop.shopper("Wren Ashdown", Some("1815")).await;
    let (moss, _) = shop.shopper("Moss Calder", None).await;
    let (wren_hand, moss_hand) = (Drawn::new(11, Hand::Right), Drawn::new(22, Hand::Right));
    shop.enrol(wren, &wren_hand).await;
    shop.enrol(moss, &moss_hand).await;
    let id = shop.payment(500).await.id;
    shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, wren_hand.frame(4)).await.unwrap();
    let paid = shop.app.confirm(&shop.kiosk(), &RequestKey::unique(), id, ConfirmPayment::default()).await.unwrap();
    let kept = serde_json::to_vec(&paid).unwrap();
    shop.app.idempotency_begin(&shop.till(), "k", [0; 32]).await.unwrap();
    shop.app.idempotency_finish(&shop.till(), "k", 200, &kept);
    shop.app.answers_are_kept(None).await;

    let mut secrets: Vec<(Vec<u8>, &str)> = Vec::new();
    let mut conn = shop.app.0.store.read().await.unwrap();
    let templates: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "select t.sealed, s.wrapped_key from template t join reference r on r.id = t.reference_id
         join subject s on s.id = r.subject_id where s.id = $1",
    )
    .bind(wren.to_string())
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    assert_eq!(templates.len(), 2);
    for (sealed, wrapped) in templates {
        // A page holds about 4,000 bytes of a long value; any 48 bytes of it give it away.
        for part in sealed.chunks_exact(48) {
            secrets.push((part.to_vec(), "template"));
        }
        secrets.push((wrapped, "wrapped key"));
    }
    let (name, phone): (Vec<u8>, Vec<u8>) =
        sqlx::query_as("select name_sealed, phone_sealed from subject where id = $1")
            .bind(wren.to_string())
            .fetch_one(&mut *conn)
            .await
            .unwrap();
    let answers: Vec<(Vec<u8>,)> =
        sqlx::query_as("select body from idempotency where body is not null").fetch_all(&mut *conn).await.unwrap();
    assert_eq!(answers.len(), 1);
    drop(conn);
    secrets.extend(answers.into_iter().map(|(body,)| (body[..48].to_vec(), "kept answer")));
    secrets.push((name, "name"));
    secrets.push((phone, "phone"));
    secrets.push((wren.to_string().into_bytes(), "id"));
    Leaving { shop, wren, wallet, wren_hand, moss_hand, paid, secrets }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_erasure_no_file_holds_a_sealed_byte_or_the_key() {
    let leaving = leaving(On::Sqlite).await;
    let Leaving { shop, wren, wallet, paid, secrets, .. } = &leaving;
    let before: Vec<u8> = files(shop.dir.path()).into_iter().flat_map(|(_, bytes)| bytes).collect();
    for (secret, what) in secrets {
        assert!(holds(&before, secret), "the search must find {what} while it is there");
    }
    let receipt = paid.receipt_path.as_deref().unwrap().rsplit('/').next().unwrap();
    for (plain, what) in [
        ("Wren Ashdown", "name"),
        (wallet.strip_prefix("/wallet/").unwrap(), "wallet"),
        (receipt, "receipt"),
        (paid.shopper.as_deref().unwrap(), "pairwise id"),
    ] {
        assert!(!holds(&before, plain.as_bytes()), "the {what} is stored in clear");
    }

    let erased = shop.app.erase_subject(&Caller::Subject(*wren), *wren).await.unwrap();
    assert_eq!((erased.references, erased.unlinked_payments), (1, 1));
    for (file, bytes) in files(shop.dir.path()) {
        for (secret, what) in secrets {
            assert!(!holds(&bytes, secret), "{file} still holds the {what}");
        }
    }
    nobody_is_left(leaving).await;
}

/// (table, row as text) of every row there is.
async fn rows(shop: &Shop) -> Vec<(String, String)> {
    let mut conn = shop.app.0.store.read().await.unwrap();
    let tables = "select tablename::text from pg_tables where schemaname = 'public'";
    let tables: Vec<(String,)> = sqlx::query_as(tables).fetch_all(&mut *conn).await.unwrap();
    let mut found = Vec::new();
    for (table,) in tables {
        let rows = sqlx::AssertSqlSafe(format!("select t::text from {table} t"));
        let rows: Vec<(String,)> = sqlx::query_as(rows).fetch_all(&mut *conn).await.unwrap();
        found.extend(rows.into_iter().map(|(row,)| (table.clone(), row)));
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_erasure_no_row_of_a_database_holds_a_sealed_byte_or_the_key() {
    let leaving = leaving(On::Postgres).await;
    let Leaving { shop, wren, secrets, .. } = &leaving;
    let shown = |secret: &[u8]| [crate::secret::hex(secret), String::from_utf8_lossy(secret).into_owned()];
    let holds = |row: &str, secret: &[u8]| shown(secret).iter().any(|text| row.contains(text));
    let before = rows(shop).await;
    for (secret, what) in secrets {
        assert!(before.iter().any(|(_, row)| holds(row, secret)), "the search must find {what} while it is there");
    }
    let erased = shop.app.erase_subject(&Caller::Subject(*wren), *wren).await.unwrap();
    assert_eq!((erased.references, erased.unlinked_payments), (1, 1));
    for (table, row) in rows(shop).await {
        for (secret, what) in secrets {
            assert!(!holds(&row, secret), "{table} still holds the {what}");
        }
    }
    nobody_is_left(leaving).await;
}

/// Nothing and nobody finds who left; what they paid is still there.
async fn nobody_is_left(leaving: Leaving) {
    let Leaving { shop, wren, wallet, wren_hand, moss_hand, paid, .. } = leaving;
    assert_eq!(shop.app.authenticate(wallet.strip_prefix("/wallet/").unwrap()).await, None);
    assert_eq!(shop.app.erase_subject(&Caller::Operator, wren).await.unwrap_err().code, Code::NotFound);
    let payment = shop.app.payment(&shop.till(), paid.id).await.unwrap();
    assert_eq!((payment.shopper, payment.amount_minor), (None, 500));
    let secret = paid.receipt_path.unwrap().rsplit('/').next().unwrap().to_owned();
    let receipt = shop.app.receipt(&secret).await.unwrap();
    assert!(!receipt.can_dispute, "there is no palm left to freeze");

    let next = shop.payment(500).await.id;
    let gone = shop.app.identify(&shop.kiosk(), next, Cohort::Everyone, wren_hand.frame(5)).await.unwrap();
    assert_eq!(gone.decision, Decision::NoMatch);
    let stays = shop.app.identify(&shop.kiosk(), next, Cohort::Everyone, moss_hand.frame(5)).await.unwrap();
    assert_eq!(stays.decision, Decision::Identified);
    let (again, _) = shop.shopper("Wren again", None).await;
    shop.enrol(again, &wren_hand).await;
}
