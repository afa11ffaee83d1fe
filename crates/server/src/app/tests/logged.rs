//! Every use is in the log before anybody hears of it; what it opens to is its owner's; and what does not fit is noticed.

use super::*;
use crate::{
    app::{DayRange, NoteRequest, PlaceHold, RequestTexts, audit::Auditor},
    clock::{JUMPED_MS, rfc3339},
    doctor,
    held::Pin,
    log::{
        event::{Among, Event, Logged, Outcome},
        held,
    },
    secret::hex,
    store::log_entries,
    vault::What,
};
use handsel_api::{
    Code,
    held::Carrier,
    incidents::{Incident, IncidentKind},
    payments::{Decision, PaymentStatus, StepUp},
    transparency::RequestKind,
};
use handsel_directory::{Completeness, Trusted, Use};
use handsel_log::{
    Proof,
    commitment::{Leaf, Opening},
};
use handsel_palm::Probe;
use std::{collections::BTreeSet, path::PathBuf};

/// Every entry, as a stranger reads it.
async fn entries(shop: &Shop) -> Vec<Leaf> {
    shop.app.publish().await.unwrap();
    let log = &shop.app.0.log;
    held::read(&log.public(), log.key(), 0, None).unwrap().new
}

/// What a subject's entries open to, oldest first.
async fn opened(shop: &Shop, subject: SubjectId) -> Vec<Event> {
    let mut conn = shop.app.0.store.read().await.unwrap();
    let key = shop.app.person(&mut conn, subject).await.unwrap().key;
    let mut stored = log_entries::of_subject(&mut conn, subject, 1_000, None).await.unwrap();
    stored.reverse();
    let leaves = entries(shop).await;
    let open = |entry: log_entries::StoredEntry| {
        let what = hex(&entry.commitment);
        let opening = Opening::parse(&key.open(What::Opening { commitment: &what }, &entry.sealed).unwrap()).unwrap();
        assert!(opening.verify(&leaves[entry.index as usize]), "what the log says is what they have");
        Logged::of(&opening).unwrap().event
    };
    stored.into_iter().map(open).collect()
}

/// Every byte of every file below a folder.
fn bytes_below(folder: PathBuf) -> Vec<u8> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(bytes_below(path));
        } else {
            found.extend(std::fs::read(path).unwrap());
        }
    }
    found
}

async fn incidents(shop: &Shop) -> Vec<Incident> {
    shop.app.list_incidents(&Caller::Operator, 100, None).await.unwrap().data
}

/// What goes on.
async fn alarms(shop: &Shop) -> Vec<IncidentKind> {
    let all = incidents(shop).await;
    all.into_iter().filter(|one| one.ended_at.is_none()).map(|one| one.kind).collect()
}

async fn every_kind_is_written_by_what_does_it(on: On) {
    let ground = Arc::new(Ground::new(on));
    let config = Config { held: true, ..ground.config() };
    let mut shop = Shop::furnish(App::open(&config).await.unwrap(), ground).await;
    let (wren, _) = shop.shopper("Wren Ashdown", Some("1815")).await;
    let hand = Drawn::new(11, Hand::Right);
    shop.enrol(wren, &hand).await;
    let pin = Pin::parse("483920").unwrap();
    shop.app.hold(&shop.kiosk(), wren, Carrier::Card, pin, hand.frame(0)).await.unwrap();
    let id = shop.payment(500).await.id;
    let found = shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, hand.frame(4)).await.unwrap();
    assert_eq!(found.decision, Decision::Identified);
    let unsure = shop.payment(500).await.id;
    let mut tx = shop.app.0.store.write().await.unwrap();
    crate::store::payments::set_status(&mut tx, unsure, PaymentStatus::RequiresStepUp, Some(wren)).await.unwrap();
    tx.commit().await.unwrap();
    let proof = StepUp { phone_last4: "1815".to_owned() };
    shop.app.step_up(&shop.kiosk(), unsure, proof).await.unwrap();
    shop.app.subject(&Caller::Operator, wren).await.unwrap();
    let today = crate::app::Day::today();
    shop.app.export(&Caller::Operator, shop.merchant, DayRange::new(today, today).unwrap()).await.unwrap();
    shop.app.rotate_keys(&Caller::Operator).await.unwrap();
    shop.app.revoke_epoch(&Caller::Operator).await.unwrap();

    let events = opened(&shop, wren).await;
    let kinds: Vec<&str> = events.iter().map(Event::kind).collect();
    assert_eq!(kinds, ["consent_given", "enrol", "match", "enrol", "held_palm", "match", "step_up", "staff_access"]);
    assert!(matches!(events[2], Event::Match { outcome: Outcome::Verified, .. }));
    let Event::Match { purpose: Purpose::Payment, place, outcome: Outcome::Found } = events[5] else {
        panic!("{:?}", events[5]);
    };
    assert_eq!((place.site, place.payment), (Some(shop.site), Some(id)), "when, where and why");

    // Their wallet shows each of these, with its proof; nobody else is shown any.
    let me = Caller::Subject(wren);
    // The log says something more for it, so it comes first.
    let file = shop.app.proofs_of_uses(&me, wren).await.unwrap();
    let uses = shop.app.uses(&me, wren, 100, None).await.unwrap().data;
    assert_eq!(uses.iter().rev().map(|one| one.kind.as_str()).collect::<Vec<_>>(), kinds);
    let paid = &uses[2];
    assert_eq!((paid.purpose, paid.site_name.as_deref()), (Some(Purpose::Payment), Some("Front counter")));
    assert_eq!((paid.payment, paid.outcome.as_deref()), (Some(id), Some("found")));
    let proofs: Vec<&str> = uses.iter().rev().map(|one| one.proof.as_deref().unwrap()).collect();
    let (each, all) = file.split_at(Completeness::begins(&file).unwrap());
    assert_eq!(each, proofs.concat());
    let key = shop.app.log_key().parse().unwrap();
    let origin = shop.app.0.log.key().name().as_str();
    let mut proved = Vec::new();
    for proof in proofs {
        let proof = Proof::parse(proof.as_bytes()).unwrap();
        let leaf = Opening::parse(proof.extra.as_deref().unwrap()).unwrap().leaf();
        proof.check(&leaf.to_bytes(), origin, &key, &[]).unwrap();
        proved.push(Use::of(proof.index, &leaf));
    }
    let by = Trusted { origin, key: &key, witnesses: &[] };
    Completeness::parse(all).unwrap().check(&proved, by).unwrap();
    let first = shop.app.uses(&me, wren, 2, None).await.unwrap();
    let rest = shop.app.uses(&me, wren, 100, Some(first.next.unwrap().parse().unwrap())).await.unwrap();
    assert_eq!((first.data.len(), rest.data.len(), rest.data[0].entry), (2, uses.len() - 2, uses[2].entry));
    for other in [Caller::Operator, shop.till(), shop.kiosk()] {
        assert_eq!(shop.app.uses(&other, wren, 100, None).await.unwrap_err().code, Code::Forbidden);
    }

    // Nobody who reads the files learns whose it was.
    let files = bytes_below(shop.dir.path().join("log"));
    for said in [wren.to_string(), "Wren".to_owned(), id.to_string(), shop.site.to_string(), "similarity".to_owned()] {
        assert!(!files.windows(said.len()).any(|window| window == said.as_bytes()), "the log says {said}");
    }

    // Leaving takes the openings; the entries stay.
    let place = PlaceHold { subject: wren, order: "24-CV-0815".to_owned(), until: today };
    let hold = shop.app.place_hold(&Caller::Operator, place).await.unwrap();
    shop.app.lift_hold(&Caller::Operator, hold).await.unwrap();
    let texts = RequestTexts {
        authority: "Fraud unit of Elsewhere".to_owned(),
        reference: "24-CV-0815".to_owned(),
        court: String::new(),
        scope: "Everything".to_owned(),
    };
    let note = NoteRequest { kind: RequestKind::Informal, subject: None, texts, deadline: None, barred_until: None };
    shop.app.note_request(&Caller::Operator, note).await.unwrap();
    shop.app.begin_moratorium(&Caller::Operator).await.unwrap();
    let consent = shop.app.subject(&me, wren).await.unwrap().consents[0].id;
    shop.app.revoke_consent(&me, wren, consent).await.unwrap();
    let before = entries(&shop).await;
    shop.app.erase_subject(&me, wren).await.unwrap();
    let mut conn = shop.app.0.store.read().await.unwrap();
    assert!(log_entries::of_subject(&mut conn, wren, 10, None).await.unwrap().is_empty());
    drop(conn);
    let after = entries(&shop).await;
    assert_eq!(after[..before.len()], before, "what was written stays");

    // What concerns nobody in particular, the installation can read.
    let mut conn = shop.app.0.store.read().await.unwrap();
    let own: Vec<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "select leaf_index, commitment, opening_sealed from log_entry where subject_id is null order by leaf_index",
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    drop(conn);
    for (index, commitment, sealed) in &own {
        let opening = shop.app.0.vault.open_opening(&hex(commitment), sealed).unwrap();
        assert!(Opening::parse(&opening).unwrap().verify(&after[*index as usize]));
        assert!(!opening.windows(26).any(|window| window == &wren.to_string().as_bytes()[4..]), "no subject in it");
    }
    assert_eq!(own.last().unwrap().0 as usize, after.len() - 1, "the erasure");

    // Another configuration, and the same program.
    shop.app.close().await;
    let config = Config { target_fpir: 1e-3, ..shop.dir.config() };
    shop.app = App::open(&config).await.unwrap();
    let all = entries(&shop).await;
    let kinds: Vec<&str> = all.iter().map(|leaf| leaf.kind.as_str()).collect();
    assert_eq!(BTreeSet::from_iter(kinds.iter().copied()), BTreeSet::from(Event::KINDS));
    let count = |kind: &str| kinds.iter().filter(|one| **one == kind).count();
    assert_eq!((count("search"), count("configuration"), count("release"), count("key_rotation")), (3, 2, 1, 1));
    assert_eq!((all[0].epoch, after.last().unwrap().epoch), (1, 2));
    let said = doctor::examine(&config).await.unwrap();
    assert!(said.sound && said.log_entries == all.len() as u64, "{said:?}");
}

async fn where_the_log_cannot_be_written_nobody_is_recognised(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren", None).await;
    let hand = Drawn::new(11, Hand::Right);
    shop.enrol(wren, &hand).await;
    let id = shop.payment(500).await.id;
    let before = entries(&shop).await.len();
    // Published, so the next entry begins a new file; and where that would be, there is no folder.
    let journal = shop.dir.path().join("log/journal");
    std::fs::rename(&journal, shop.dir.path().join("away")).unwrap();
    std::fs::write(&journal, "").unwrap();
    let compared = shop.app.0.palms.searches();
    for _ in 0..2 {
        let refused = shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, hand.frame(4)).await.unwrap_err();
        assert_eq!(refused.code, Code::LogUnavailable);
    }
    assert_eq!(shop.app.0.palms.searches(), compared, "no palm was compared");
    let payment = shop.app.payment(&shop.till(), id).await.unwrap();
    assert_eq!((payment.status, payment.shopper), (PaymentStatus::RequiresPalm, None));
    let refused = shop.app.erase_subject(&Caller::Subject(wren), wren).await.unwrap_err();
    assert_eq!(refused.code, Code::LogUnavailable);
    assert_eq!(shop.paid(100).await.status, PaymentStatus::Captured, "cards work as always");
    // There is space again, and it goes on by itself.
    std::fs::remove_file(&journal).unwrap();
    std::fs::rename(shop.dir.path().join("away"), &journal).unwrap();
    let found = shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, hand.frame(4)).await.unwrap();
    assert_eq!(found.decision, Decision::Identified);
    assert_eq!(entries(&shop).await.len(), before + 2);
}

async fn a_step_that_is_given_up_leaves_no_entry(on: On) {
    let shop = Shop::open_on(on).await;
    let before = entries(&shop).await.len();
    let (first, second) = (Event::KeyRotation { number: 7 }, Event::EpochRevocation { began: 8 });
    let mut tx = shop.app.0.store.write().await.unwrap();
    shop.app.log(&mut tx, first.clone()).unwrap();
    drop(tx);
    let mut tx = shop.app.0.store.write().await.unwrap();
    shop.app.log(&mut tx, second).unwrap();
    tx.commit().await.unwrap();
    let after = entries(&shop).await;
    assert_eq!((after.len(), after[before].kind.as_str()), (before + 1, "epoch_revocation"));
    // Those that come at once share a trip to the disk, in one order.
    let all = (0..50).map(|_| shop.app.log_now(first.clone()));
    futures_util::future::try_join_all(all).await.unwrap();
    assert_eq!(entries(&shop).await.len(), before + 51);
}

async fn what_does_not_fit_is_an_incident(on: On) {
    let shop = Shop::open_on(on).await;
    let mut auditor = Auditor::begin(&shop.app).await.unwrap();
    let (wren, _) = shop.shopper("Wren", None).await;
    let hand = Drawn::new(11, Hand::Right);
    shop.enrol(wren, &hand).await;
    auditor.look(&shop.app).await.unwrap();
    assert!(incidents(&shop).await.is_empty());
    let public = shop.dir.path().join("log/public");
    let (bundle, checkpoint) = (newest_bundle(&public), std::fs::read(public.join("checkpoint")).unwrap());

    // A bit that was flipped.
    let whole = std::fs::read(&bundle).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    std::fs::write(&bundle, flipped).unwrap();
    auditor.look(&shop.app).await.unwrap();
    assert_eq!(alarms(&shop).await, [IncidentKind::LogDamaged]);
    let said = doctor::examine(&shop.dir.config()).await.unwrap();
    assert!(!said.sound && said.findings.len() == 2, "{said:?}");
    std::fs::write(&bundle, whole).unwrap();
    auditor.look(&shop.app).await.unwrap();
    assert!(alarms(&shop).await.is_empty());
    let ended = incidents(&shop).await.remove(0);
    assert!(ended.ended_at.unwrap() >= ended.found_at && !ended.detail.contains(&wren.to_string()));

    // A search that nobody wrote down.
    let sample = super::custody::sample(&hand);
    let permit = shop.app.permit(Purpose::Payment).unwrap();
    let probe = Arc::new(Probe::build(&sample.roi));
    let everyone = handsel_gallery::Among::EVERYONE;
    shop.app.0.palms.search(permit, Arc::clone(&probe), sample.side, everyone.clone()).await.unwrap();
    auditor.look(&shop.app).await.unwrap();
    assert_eq!(alarms(&shop).await, [IncidentKind::UnloggedRead]);
    shop.app.search(permit, probe, sample.side, everyone).await.unwrap();
    auditor.look(&shop.app).await.unwrap();
    assert_eq!(alarms(&shop).await, [IncidentKind::UnloggedRead], "one that is written down makes up for none");

    // An entry that was acknowledged and is not there.
    let mut tx = shop.app.0.store.write().await.unwrap();
    let forged = "update log_entry set commitment = (select commitment from log_entry where leaf_index = 0)
                  where leaf_index = (select max(leaf_index) from log_entry)";
    let place = crate::log::event::ShownAt::default();
    shop.app.log(&mut tx, Event::Search { purpose: Purpose::Entry, place, among: Among::Cohort }).unwrap();
    tx.commit().await.unwrap();
    let mut tx = shop.app.0.store.write().await.unwrap();
    sqlx::query(forged).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    auditor.look(&shop.app).await.unwrap();
    assert!(alarms(&shop).await.contains(&IncidentKind::PromiseBroken));

    // An older checkpoint, of its own and rightly signed.
    std::fs::write(public.join("checkpoint"), checkpoint).unwrap();
    auditor.look(&shop.app).await.unwrap();
    assert!(alarms(&shop).await.contains(&IncidentKind::LogForked));
    for caller in [shop.till(), shop.kiosk(), Caller::Subject(wren)] {
        assert_eq!(shop.app.list_incidents(&caller, 10, None).await.unwrap_err().code, Code::Forbidden);
    }
    assert!(incidents(&shop).await.iter().all(|one| one.found_at <= rfc3339(crate::clock::now_ms())));
}

async fn an_entry_that_is_not_published_in_time_is_an_incident(on: On) {
    let shop = Shop::open_on(on).await;
    let mut auditor = Auditor::begin(&shop.app).await.unwrap();
    auditor.look(&shop.app).await.unwrap();
    let public = shop.dir.path().join("log/public");
    let width: u32 = newest_bundle(&public).file_name().unwrap().to_str().unwrap().parse().unwrap();
    // Something lies where the next entry is to go.
    let in_the_way = public.join(format!("tile/entries/000.p/{}", width + 1));
    std::fs::create_dir(&in_the_way).unwrap();
    shop.app.list_subjects(&Caller::Operator, 10, None).await.unwrap();
    auditor.look(&shop.app).await.unwrap();
    assert!(alarms(&shop).await.is_empty(), "there is time yet");
    JUMPED_MS.set(JUMPED_MS.get() + 3_000);
    auditor.look(&shop.app).await.unwrap();
    assert_eq!(alarms(&shop).await, [IncidentKind::PromiseBroken]);
    assert!(incidents(&shop).await[0].detail.contains("is not published"));
    std::fs::remove_dir(&in_the_way).unwrap();
    auditor.look(&shop.app).await.unwrap();
    assert!(alarms(&shop).await.is_empty());
    JUMPED_MS.set(0);
}

/// The bundle whose entries came last.
fn newest_bundle(public: &Path) -> PathBuf {
    let bundles = std::fs::read_dir(public.join("tile/entries/000.p")).unwrap();
    let width = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().parse::<u32>().unwrap();
    bundles.map(|entry| entry.unwrap().path()).max_by_key(width).unwrap()
}

async fn a_log_that_is_older_than_the_store_is_not_gone_on_with(on: On) {
    let shop = Shop::open_on(on).await;
    shop.app.publish().await.unwrap();
    shop.app.close().await;
    let folder = shop.dir.path().join("log");
    let Shop { app, dir, .. } = shop;
    drop(app);
    let away = dir.path().join("away");
    std::fs::rename(&folder, &away).unwrap();
    let opened = App::open(&dir.config()).await;
    let refused = opened.err().unwrap();
    assert!(matches!(refused, crate::app::StartError::Log { .. }), "{refused}");
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::rename(&away, &folder).unwrap();
    App::open(&dir.config()).await.unwrap().close().await;
}

on_both_engines!(
    every_kind_is_written_by_what_does_it,
    where_the_log_cannot_be_written_nobody_is_recognised,
    a_step_that_is_given_up_leaves_no_entry,
    what_does_not_fit_is_an_incident,
    an_entry_that_is_not_published_in_time_is_an_incident,
    a_log_that_is_older_than_the_store_is_not_gone_on_with,
);
