//! Uses are shown to be all, whatever happened in between; and strangers see that the directory only grew.

use super::*;
use crate::{
    app::{Day, PlaceHold, audit, directory::secret},
    log::held,
};
use handsel_api::incidents::IncidentKind;
use handsel_directory::{
    Complete, Completeness, Incomplete, Statement, Trusted, Use,
    audit::{Auditor, path},
};
use handsel_log::{
    Proof,
    commitment::{Leaf, Opening},
};

/// The uses in somebody's file, oldest first, and what else is in it.
async fn file(shop: &Shop, of: SubjectId) -> (Vec<Use>, Vec<String>, Option<Completeness>) {
    let file = shop.app.proofs_of_uses(&Caller::Subject(of), of).await.unwrap();
    let (each, rest) = file.split_at(Completeness::begins(&file).unwrap_or(file.len()));
    let (mut uses, mut kinds) = (Vec::new(), Vec::new());
    for one in each.split_inclusive("c2sp.org/tlog-proof@v1\n").skip(1) {
        let text = format!("c2sp.org/tlog-proof@v1\n{}", one.trim_end_matches("c2sp.org/tlog-proof@v1\n"));
        let proof = Proof::parse(text.as_bytes()).unwrap();
        let opening = Opening::parse(proof.extra.as_deref().unwrap()).unwrap();
        uses.push(Use::of(proof.index, &opening.leaf()));
        kinds.push(opening.kind().to_string());
    }
    (uses, kinds, Completeness::parse(rest).ok())
}

fn check(shop: &Shop, proof: &Completeness, uses: &[Use]) -> Result<Complete, Incomplete> {
    let log = &shop.app.0.log;
    proof.check(uses, Trusted { origin: log.key().name().as_str(), key: log.key(), witnesses: &[] })
}

/// Every entry, as a stranger reads it.
async fn entries(shop: &Shop) -> Vec<Leaf> {
    shop.app.publish().await.unwrap();
    let log = &shop.app.0.log;
    held::read(&log.public(), log.key(), 0, None).unwrap().new
}

/// Follows the directory as a stranger would; its last epoch, and how many statements there were.
async fn followed(shop: &Shop) -> (u64, usize) {
    let (entries, source) = (entries(shop).await, shop.app.0.log.public());
    tokio::task::spawn_blocking(move || {
        let mut auditor = Auditor::default();
        for (index, leaf) in (0..).zip(&entries) {
            auditor.look(&source, index, leaf).unwrap();
        }
        let said = entries.iter().filter(|leaf| leaf.kind.as_str() == Statement::KIND).count();
        (auditor.last().map_or(0, |last| last.epoch), said)
    })
    .await
    .unwrap()
}

/// Somebody looks at a record, which is a use of it.
async fn look(shop: &Shop, at: SubjectId) {
    shop.app.subject(&Caller::Operator, at).await.unwrap();
}

async fn tell(shop: &Shop) {
    let mut telling = shop.app.0.directory.lock().await;
    shop.app.tell(&mut telling, false).await.unwrap();
}

async fn uses_are_shown_to_be_all(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren", None).await;
    let (jay, _) = shop.shopper("Jay", None).await;
    look(&shop, jay).await;
    tell(&shop).await;
    tell(&shop).await;
    assert_eq!(followed(&shop).await, (1, 1), "nothing new is nothing to say");
    look(&shop, wren).await;
    look(&shop, wren).await;

    let (uses, kinds, proof) = file(&shop, wren).await;
    let proof = proof.unwrap();
    assert_eq!(kinds, ["consent_given", "staff_access", "staff_access"]);
    let complete = check(&shop, &proof, &uses).unwrap();
    assert_eq!((complete.versions, complete.statement.epoch), (2, 2));
    assert_eq!(check(&shop, &proof, &uses[..2]).unwrap_err(), Incomplete::LeftOut { told: 3, given: 2 });
    let (of_jay, _, anothers) = file(&shop, jay).await;
    check(&shop, &anothers.unwrap(), &of_jay).unwrap();
    check(&shop, &proof, &of_jay).unwrap_err();

    // An order about them that they must not hear of is in nobody's place, and what they are told is still all of it.
    let place = PlaceHold { subject: wren, order: "24-CV-0815".to_owned(), until: Day::today() };
    shop.app.place_hold(&Caller::Operator, place).await.unwrap();
    let (now, kinds, proof) = file(&shop, wren).await;
    assert!(!kinds.contains(&"legal_request".to_owned()));
    let complete = check(&shop, &proof.unwrap(), &now).unwrap();
    let entries = entries(&shop).await;
    let order = entries.iter().position(|leaf| leaf.kind.as_str() == "legal_request").unwrap() as u64;
    assert!(complete.statement.entries > order && complete.versions == 2, "{complete:?}");
    followed(&shop).await;

    // A use that the server does not show any more cannot be shown away.
    let mut tx = shop.app.0.store.write().await.unwrap();
    let hide = "delete from log_entry where leaf_index = $1";
    sqlx::query(hide).bind(i64::try_from(uses[1].index).unwrap()).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let (fewer, _, proof) = file(&shop, wren).await;
    assert!(fewer.len() == 2 && proof.is_none(), "it does not say that these are all");
}

async fn what_a_killed_process_left_is_said_by_the_next_one(on: On) {
    let mut shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren", None).await;
    tell(&shop).await;
    look(&shop, wren).await;
    let last = entries(&shop).await.len() as u64 - 1;
    let telling = shop.app.0.directory.lock().await;
    let mut conn = shop.app.0.store.read().await.unwrap();
    let place = secret(&shop.app.person(&mut conn, wren).await.unwrap().key);
    let untold = crate::store::log_entries::untold(&mut conn, last, 10).await.unwrap();
    drop(conn);
    let one = Use { index: last, commitment: handsel_log::Hash(untold[0].commitment) };
    telling.with(move |directory| directory.publish(&[(place, one)], last + 1)).await.unwrap().unwrap();
    drop(telling);
    assert_eq!(followed(&shop).await.0, 1, "the log does not say it yet");
    shop.app.close().await;
    shop.app = App::open(&shop.dir.config()).await.unwrap();
    tell(&shop).await;
    assert_eq!(followed(&shop).await, (2, 2));
    let (uses, _, proof) = file(&shop, wren).await;
    check(&shop, &proof.unwrap(), &uses).unwrap();

    // One that is older than what was said of it is not gone on with.
    let file = shop.dir.path().join("log/directory.redb");
    shop.app.close().await;
    let Shop { app, dir, .. } = shop;
    drop(app);
    let kept = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let refused = App::open(&dir.config()).await.err().unwrap();
    assert!(
        matches!(&refused, crate::app::StartError::Log { why, .. } if why.contains("the store knows of 2")),
        "{refused}"
    );
    std::fs::write(&file, kept).unwrap();
    App::open(&dir.config()).await.unwrap().close().await;
}

async fn whoever_leaves_leaves_their_place(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren", None).await;
    let (jay, _) = shop.shopper("Jay", None).await;
    tell(&shop).await;
    let mut conn = shop.app.0.store.read().await.unwrap();
    let place = secret(&shop.app.person(&mut conn, wren).await.unwrap().key);
    drop(conn);
    shop.app.erase_subject(&Caller::Subject(wren), wren).await.unwrap();
    let telling = shop.app.0.directory.lock().await;
    assert_eq!(telling.history(place).await.unwrap(), None);
    drop(telling);
    look(&shop, jay).await;
    let (uses, _, proof) = file(&shop, jay).await;
    check(&shop, &proof.unwrap(), &uses).unwrap();
    followed(&shop).await;
}

async fn a_directory_that_does_not_fit_is_an_incident(on: On) {
    let shop = Shop::open_on(on).await;
    let mut auditor = audit::Auditor::begin(&shop.app).await.unwrap();
    let (wren, _) = shop.shopper("Wren", None).await;
    for _ in 0..2 {
        look(&shop, wren).await;
        tell(&shop).await;
    }
    auditor.look(&shop.app).await.unwrap();
    let incidents = async || shop.app.list_incidents(&Caller::Operator, 10, None).await.unwrap().data;
    assert!(incidents().await.is_empty());
    look(&shop, wren).await;
    tell(&shop).await;
    let newest = entries(&shop).await.pop().unwrap();
    let file = shop.dir.path().join("log/public").join(path(&newest.commitment));
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(file, bytes).unwrap();
    auditor.look(&shop.app).await.unwrap();
    auditor.look(&shop.app).await.unwrap();
    let found = incidents().await;
    assert!(found.len() == 1 && found[0].kind == IncidentKind::LogDamaged && found[0].ended_at.is_none());
    assert!(found[0].detail.contains("does not continue"), "{}", found[0].detail);
}

on_both_engines!(
    uses_are_shown_to_be_all,
    what_a_killed_process_left_is_said_by_the_next_one,
    whoever_leaves_leaves_their_place,
    a_directory_that_does_not_fit_is_an_incident,
);
