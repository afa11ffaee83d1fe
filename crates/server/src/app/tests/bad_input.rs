//! What must not be taken about palms: refused with a clear reason, the store as it was, and nothing said about anybody. One test for each.

use super::*;
use crate::{
    app::StartError,
    backup::{self, BackupError, Lock, Unlock},
};
use age::{secrecy::ExposeSecret, x25519::Identity};
use handsel_api::{Code, payments::Decision};
use std::{collections::BTreeMap, fs, path::PathBuf};

const NAME: &str = "Wren Ashdown";

/// How many there are of what a refusal might change.
async fn kept(shop: &Shop) -> Vec<i64> {
    let counts: (i64, i64, i64, i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from subject), (select count(*) from consent),
             (select count(*) from consent where revoked_ms is not null), (select count(*) from reference),
             (select count(*) from template), (select count(*) from payment where subject_id is not null)",
    )
    .fetch_one(&mut *shop.app.0.store.read().await.unwrap())
    .await
    .unwrap();
    vec![counts.0, counts.1, counts.2, counts.3, counts.4, counts.5, shop.app.palms() as i64]
}

async fn signs(shop: &Shop, subject: SubjectId, purpose: Purpose) -> handsel_api::ConsentId {
    let notice = shop.app.notice(purpose, Language::En);
    let (notice_version, notice_sha256) = (notice.version, notice.sha256);
    let yes = GiveConsent { purpose, notice_version, notice_sha256, signature: NAME.to_owned() };
    shop.app.give_consent(&shop.kiosk(), subject, yes).await.unwrap().id
}

/// Somebody with a card who signed nothing yet.
async fn somebody(shop: &Shop) -> SubjectId {
    let create = CreateSubject { site: shop.site, display_name: NAME.to_owned(), of_age: true, phone_last4: None };
    let id = shop.app.create_subject(&shop.kiosk(), create).await.unwrap().subject.id;
    let card = AddPaymentMethod { sandbox_card: SandboxCard::VisaApproved };
    shop.app.add_payment_method(&shop.kiosk(), id, card).await.unwrap();
    id
}

async fn decided(shop: &Shop, frame: Vec<u8>) -> Decision {
    let id = shop.payment(400).await.id;
    shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, frame).await.unwrap().decision
}

/// For enrolling, one to a number in a programme; for paying, one to doors.
async fn a_consent_to_another_purpose(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, hand) = (somebody(&shop).await, Drawn::new(11, Hand::Right));
    signs(&shop, wren, Purpose::Loyalty).await;
    let before = kept(&shop).await;
    let refused = shop.app.add_reference(&shop.kiosk(), wren, hand.frame(0)).await.unwrap_err();
    assert_eq!(refused.code, Code::ConsentRequired);
    assert!(!refused.detail.contains(NAME), "{}", refused.detail);
    assert_eq!(kept(&shop).await, before);
    signs(&shop, wren, Purpose::Entry).await;
    shop.enrol(wren, &hand).await;
    let before = kept(&shop).await;
    assert_eq!(decided(&shop, hand.frame(3)).await, Decision::NoMatch, "as if there were nobody");
    assert_eq!(kept(&shop).await, before, "the payment is linked to nobody");
}

/// Neither enrols nor pays, and signing it again is another consent.
async fn a_revoked_consent(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, hand) = (somebody(&shop).await, Drawn::new(11, Hand::Right));
    signs(&shop, wren, Purpose::Entry).await;
    let paying = signs(&shop, wren, Purpose::Payment).await;
    shop.enrol(wren, &hand).await;
    assert_eq!(decided(&shop, hand.frame(2)).await, Decision::Identified);
    shop.app.revoke_consent(&Caller::Subject(wren), wren, paying).await.unwrap();
    let before = kept(&shop).await;
    assert_eq!(decided(&shop, hand.frame(3)).await, Decision::NoMatch);
    let again = shop.app.revoke_consent(&Caller::Subject(wren), wren, paying).await.unwrap();
    assert!(again.revoked_at.is_some());
    assert_eq!(kept(&shop).await, before);
    assert_ne!(signs(&shop, wren, Purpose::Payment).await, paying);
    assert_eq!(decided(&shop, hand.frame(4)).await, Decision::Identified);
}

/// There is no purpose of making the product better: nobody can be asked, and the store has no place for a yes to it.
async fn a_consent_to_improvement(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, hand) = (somebody(&shop).await, Drawn::new(11, Hand::Right));
    let word = serde_json::from_value::<Purpose>("improvement".into());
    assert!(word.unwrap_err().to_string().contains("unknown variant"));
    assert!(Purpose::ALL.iter().all(|purpose| purpose.word() != "improvement"));
    let payment = signs(&shop, wren, Purpose::Payment).await;
    let before = kept(&shop).await;
    let written = sqlx::query("update consent set purpose = 'improvement' where id = $1")
        .bind(payment.to_string())
        .execute(&shop.app.0.store.writer().await)
        .await;
    let refused = written.unwrap_err().to_string().to_lowercase();
    assert!(refused.contains("consent_purpose") || refused.contains("check constraint"), "{refused}");
    assert_eq!(kept(&shop).await, before);
    // And whoever signs to pay has signed enough.
    shop.enrol(wren, &hand).await;
    assert_eq!(decided(&shop, hand.frame(3)).await, Decision::Identified);
}

/// With the key back, everything is as it was.
async fn a_missing_key_file(on: On) {
    let mut shop = Shop::open_on(on).await;
    let (wren, hand) = (somebody(&shop).await, Drawn::new(11, Hand::Right));
    signs(&shop, wren, Purpose::Payment).await;
    shop.enrol(wren, &hand).await;
    let before = kept(&shop).await;
    shop.app.close().await;
    let (key, aside) = (shop.dir.path().join("keys/installation.key"), shop.dir.path().join("aside"));
    fs::rename(&key, &aside).unwrap();
    let files = contents(shop.dir.path());
    let refused = App::open(&shop.dir.config()).await.err().unwrap();
    assert!(matches!(refused, StartError::KeyFile(_)), "{refused:?}");
    let said = refused.to_string();
    assert!(said.contains("Put the file back") && !said.contains(NAME), "{said}");
    assert_eq!(contents(shop.dir.path()), files, "no key was made in its place");
    fs::rename(&aside, &key).unwrap();
    shop.app = App::open(&shop.dir.config()).await.unwrap();
    assert_eq!(kept(&shop).await, before);
    assert_eq!(decided(&shop, hand.frame(3)).await, Decision::Identified);
}

on_both_engines!(a_consent_to_another_purpose, a_revoked_consent, a_consent_to_improvement, a_missing_key_file);

/// Every file under a folder but locks and what only says that a file is open.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                folders.push(path);
            } else if name != "lock" && !name.ends_with("-shm") && !name.ends_with("-wal") {
                files.insert(path.clone(), fs::read(path).unwrap());
            }
        }
    }
    files
}

/// A backup, where it can be put back, and what opens it.
struct BackedUp {
    shop: Shop,
    hand: Drawn,
    sealed: Vec<u8>,
    identity: Identity,
    target: Config,
    folder: tempfile::TempDir,
}

impl BackedUp {
    async fn new() -> BackedUp {
        let shop = Shop::open().await;
        let (wren, hand) = (somebody(&shop).await, Drawn::new(11, Hand::Right));
        signs(&shop, wren, Purpose::Payment).await;
        shop.enrol(wren, &hand).await;
        let identity = Identity::generate();
        let sealed = sealed_to(&shop, &identity);
        let folder = tempfile::tempdir().unwrap();
        for copied in ["keys", "log"] {
            copy(&shop.dir.path().join(copied), &folder.path().join(copied));
        }
        let target = Config { data_dir: folder.path().to_owned(), ..shop.dir.config() };
        BackedUp { shop, hand, sealed, identity, target, folder }
    }

    /// What is said when bytes are put back with an identity; everything is as it was after that.
    fn refused(&self, identity: &Identity, bytes: &[u8]) -> BackupError {
        let unlock = unlock(identity);
        let before = contents(self.folder.path());
        let error = backup::restore(&self.target, &unlock, bytes).unwrap_err();
        let drilled = backup::drill(&self.target, &unlock, bytes).unwrap_err();
        assert_eq!(error.to_string(), drilled.to_string());
        assert!(contents(self.folder.path()) == before, "something was changed: {error}");
        let said = format!("{error} {error:?}");
        let secret = identity.to_string();
        for told in [NAME, secret.expose_secret(), "SQLite"] {
            assert!(!said.contains(told), "{said}");
        }
        error
    }

    /// The backup itself is good, and brings back who was there.
    async fn goes_back(self) {
        let put_back = backup::restore(&self.target, &unlock(&self.identity), &self.sealed[..]).unwrap();
        assert_eq!((put_back.subjects, put_back.templates), (1, 2));
        self.shop.app.close().await;
        let (merchant, site, dir) = (self.shop.merchant, self.shop.site, Arc::clone(&self.shop.dir));
        let shop = Shop { app: App::open(&self.target).await.unwrap(), merchant, site, dir };
        assert_eq!(decided(&shop, self.hand.frame(3)).await, Decision::Identified);
        shop.app.close().await;
    }
}

fn sealed_to(shop: &Shop, identity: &Identity) -> Vec<u8> {
    let mut sealed = Vec::new();
    let lock = Lock::recipient(&identity.to_public().to_string()).unwrap();
    backup::make(&shop.dir.config(), lock, &mut sealed).unwrap();
    sealed
}

fn unlock(identity: &Identity) -> Unlock {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), format!("# of nobody\n{}\n", identity.to_string().expose_secret())).unwrap();
    Unlock::identity_file(file.path()).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for path in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(path, to).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_truncated_backup() {
    let backed = BackedUp::new().await;
    let whole = backed.sealed.len();
    // In the header, at the borders of what is sealed in one piece (64 KiB and 16 bytes), and one byte before the end.
    let header = backed.sealed.windows(5).position(|window| window == b"\n--- ").unwrap() + 49;
    let pieces = (0..).map(|piece| header + 16 + piece * (65_536 + 16)).take_while(|&at| at < whole);
    for length in [0, 1, 21, header - 1, header, header + 15, whole - 17, whole - 1].into_iter().chain(pieces) {
        let error = backed.refused(&backed.identity, &backed.sealed[..length]);
        assert!(matches!(error, BackupError::Broken(_) | BackupError::NoBackup), "{length} of {whole}: {error:?}");
    }
    backed.goes_back().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_with_a_byte_flipped() {
    let backed = BackedUp::new().await;
    let whole = backed.sealed.len();
    let places = (0..200).step_by(9).chain((200..whole).step_by(whole / 23)).chain([whole - 1]);
    for place in places {
        let mut changed = backed.sealed.clone();
        changed[place] ^= 1;
        let error = backed.refused(&backed.identity, &changed);
        assert!(
            matches!(error, BackupError::Broken(_) | BackupError::NoBackup | BackupError::Locked(_)),
            "byte {place} of {whole}: {error:?}"
        );
    }
    backed.goes_back().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_newer_release() {
    let backed = BackedUp::new().await;
    backed.shop.app.0.store.pretend_version(1).await.unwrap();
    let newer = sealed_to(&backed.shop, &backed.identity);
    backed.shop.app.0.store.pretend_version(-1).await.unwrap();
    let error = backed.refused(&backed.identity, &newer);
    let BackupError::Newer { schema, known, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*schema, known + 1);
    assert!(error.to_string().contains("Use that release"), "{error}");
    backed.goes_back().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_with_a_wrong_identity_or_passphrase() {
    let backed = BackedUp::new().await;
    let error = backed.refused(&Identity::generate(), &backed.sealed);
    assert!(matches!(error, BackupError::Locked(_)) && error.to_string().contains("does not open"), "{error:?}");
    // A passphrase for what is sealed to somebody, and the other way round; and another passphrase.
    let words = "twelve drawn palms";
    let before = contents(backed.folder.path());
    let tries = |unlock: &Unlock, sealed: &[u8]| backup::restore(&backed.target, unlock, sealed).unwrap_err();
    let mut by_words = Vec::new();
    backup::make(&backed.shop.dir.config(), Lock::passphrase(words).unwrap(), &mut by_words).unwrap();
    for error in [
        tries(&Unlock::passphrase(words).unwrap(), &backed.sealed),
        tries(&unlock(&backed.identity), &by_words),
        tries(&Unlock::passphrase("thirteen drawn palms").unwrap(), &by_words),
    ] {
        assert!(matches!(error, BackupError::Locked(_)), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("drawn palms"), "{error}");
    }
    assert!(contents(backed.folder.path()) == before, "something was changed");
    backed.goes_back().await;
}
