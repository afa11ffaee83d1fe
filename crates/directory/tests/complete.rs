//! A directory beside a real log: what proves that uses are all, and what does not; and what a stranger can tell.

use handsel_directory::{
    Completeness, Directory, Incomplete, NEWEST, NotCompleteness, Secret, Statement, Trusted, Use,
    audit::{Auditor, Reason, file, path},
};
use handsel_log::{
    Folder, Hash, KeyName, LogSigner, Proof, Prover, VerifierKey, Writer,
    commitment::{EventKind, Leaf, Opening},
};
use proptest::prelude::*;

const NAME: &str = "shop.example/log";

/// A log with a directory beside it.
struct Shop {
    folder: tempfile::TempDir,
    log: Writer,
    key: VerifierKey,
    directory: Directory,
    /// Each statement's entry and opening.
    said: Vec<(u64, Opening)>,
}

impl Shop {
    fn open() -> Shop {
        let folder = tempfile::tempdir().unwrap();
        let signer = LogSigner::new(KeyName::parse(NAME).unwrap(), &[7; 32]);
        let key = signer.verifier().clone();
        let log = Writer::open(&folder.path().join("log"), signer).unwrap();
        std::fs::create_dir_all(log.public().join("directory")).unwrap();
        let directory = Directory::open(&folder.path().join("directory.redb"), &[9; 32]).unwrap();
        Shop { folder, log, key, directory, said: Vec::new() }
    }

    /// Something is done with somebody's palm.
    fn does(&self, what: &str) -> Use {
        let opening = Opening::new(EventKind::parse("match").unwrap(), 1, what.as_bytes().to_vec());
        let index = self.log.append(&[opening.leaf().to_bytes()]).unwrap().start;
        Use::of(index, &opening.leaf())
    }

    /// Puts uses into the directory, and says so in the log.
    fn publish(&mut self, uses: &[(Secret, Use)]) -> Statement {
        let statement = self.directory.publish(uses, self.log.len()).unwrap().expect("something new");
        let growth = self.directory.growth(statement.epoch).unwrap();
        self.say(&statement, &growth);
        statement
    }

    fn say(&mut self, statement: &Statement, growth: &[u8]) {
        let opening = opening(statement);
        let place = self.log.public().join(path(&opening.leaf().commitment));
        std::fs::write(place, file(&opening, growth)).unwrap();
        let index = self.log.append(&[opening.leaf().to_bytes()]).unwrap().start;
        self.said.push((index, opening));
    }

    fn completeness(&self, secret: &Secret) -> Completeness {
        let (index, opening) = self.said.last().unwrap();
        let history = self.directory.history(secret).unwrap().unwrap();
        Completeness { secret: secret.clone(), history, statement: self.proof(*index, opening) }
    }

    fn proof(&self, index: u64, opening: &Opening) -> Proof {
        let checkpoint = self.log.publish().unwrap();
        let prover = Prover::new(Folder::new(self.log.public()), self.log.len());
        Proof { extra: Some(opening.to_bytes()), index, hashes: prover.inclusion(index).unwrap(), checkpoint }
    }

    fn by(&self) -> Trusted<'_> {
        Trusted { origin: NAME, key: &self.key, witnesses: &[] }
    }

    fn audit(&self) -> Result<u64, Reason> {
        let mut auditor = Auditor::default();
        for (index, opening) in &self.said {
            let source = Folder::new(self.log.public());
            auditor.look(&source, *index, &opening.leaf()).map_err(|fault| fault.reason)?;
        }
        Ok(auditor.added)
    }
}

fn opening(statement: &Statement) -> Opening {
    let mut event = serde_json::to_value(statement).unwrap();
    event["at_ms"] = 1_000.into();
    event["kind"] = Statement::KIND.into();
    let kind = EventKind::parse(Statement::KIND).unwrap();
    Opening::for_everybody(kind, 1, serde_json::to_vec(&event).unwrap())
}

/// Of two people, five uses each, in turn.
fn two_people(shop: &mut Shop) -> ([Secret; 2], [Vec<Use>; 2]) {
    let secrets = [Secret::new([1; 32]), Secret::new([2; 32])];
    let mut uses = [Vec::new(), Vec::new()];
    for _ in 0..5 {
        let mut new = Vec::new();
        for (secret, uses) in secrets.iter().zip(&mut uses) {
            let one = shop.does("paid");
            uses.push(one);
            new.push((secret.clone(), one));
        }
        shop.publish(&new);
    }
    (secrets, uses)
}

#[test]
fn all_uses_are_proved_to_be_all_and_a_file_of_it_reads_back() {
    let mut shop = Shop::open();
    let ([wren, _], [uses, _]) = two_people(&mut shop);
    let text = shop.completeness(&wren).to_string();
    assert_eq!(Completeness::begins(&text), Some(0));
    let read = Completeness::parse(&text).unwrap();
    assert_eq!(read.to_string(), text);
    let complete = read.check(&uses, shop.by()).unwrap();
    assert_eq!((complete.versions, complete.looked_at, complete.at_ms), (5, 5, 1_000));
    assert_eq!((complete.statement.epoch, complete.checkpoint.size), (5, 15));

    // Two uses in one epoch are one version.
    let more = [shop.does("paid"), shop.does("paid")];
    shop.publish(&more.map(|one| (wren.clone(), one)));
    let uses = [&uses[..], &more].concat();
    let complete = shop.completeness(&wren).check(&uses, shop.by()).unwrap();
    assert_eq!(complete.versions, 6);
}

#[test]
fn what_is_left_out_old_anothers_or_in_no_log_is_refused_with_its_reason() {
    let mut shop = Shop::open();
    let ([wren, jay], [uses, of_jay]) = two_people(&mut shop);
    let proof = shop.completeness(&wren);
    let why = |proof: &Completeness, uses: &[Use]| proof.check(uses, shop.by()).unwrap_err();

    assert_eq!(why(&proof, &uses[..4]), Incomplete::LeftOut { told: 5, given: 4 }, "the last one left out");
    assert_eq!(why(&proof, &uses[1..]), Incomplete::LeftOut { told: 5, given: 4 }, "the first one left out");
    let mut replaced = uses.clone();
    replaced[2].commitment = Hash([0; 32]);
    assert!(matches!(why(&proof, &replaced), Incomplete::OtherUses(_)), "one is another one");
    assert!(matches!(why(&proof, &of_jay), Incomplete::OtherUses(_)), "another person's uses");
    let mut turned = uses.clone();
    turned.swap(1, 2);
    assert_eq!(why(&proof, &turned), Incomplete::OutOfPlace(uses[1].index), "out of order");
    assert_eq!(why(&proof, &[]), Incomplete::LeftOut { told: 5, given: 0 });

    let anothers = Completeness { history: shop.directory.history(&jay).unwrap().unwrap(), ..shop.completeness(&wren) };
    assert!(matches!(why(&anothers, &uses), Incomplete::NotInTheDirectory(_)), "another person's history");
    let anothers = Completeness { secret: jay, ..shop.completeness(&wren) };
    assert!(matches!(why(&anothers, &uses), Incomplete::NotInTheDirectory(_)), "another person's place");

    // An older statement, with the history of then and of now.
    let (index, opening) = &shop.said[3];
    let older = Completeness { statement: shop.proof(*index, opening), ..shop.completeness(&wren) };
    assert!(matches!(why(&older, &uses), Incomplete::OutOfPlace(_)), "a use of after it");
    assert!(matches!(why(&older, &uses[..4]), Incomplete::NotInTheDirectory(_)), "a history of after it");

    // A root that the log does not know, and one that it knows as something else.
    let mut made_up = Statement::of(opening).unwrap().0;
    made_up.root = Hash([5; 32]);
    let mut statement = shop.proof(*index, opening);
    statement.extra = Some(crate::opening(&made_up).to_bytes());
    assert!(matches!(why(&Completeness { statement, ..shop.completeness(&wren) }, &uses), Incomplete::NotInTheLog(_)));
    let other = Opening::new(EventKind::parse("match").unwrap(), 1, b"paid".to_vec());
    let index = shop.log.append(&[other.leaf().to_bytes()]).unwrap().start;
    let statement = shop.proof(index, &other);
    assert_eq!(why(&Completeness { statement, ..shop.completeness(&wren) }, &uses), Incomplete::NoStatement);

    // Another log's key.
    let other = LogSigner::new(KeyName::parse(NAME).unwrap(), &[8; 32]);
    let by = Trusted { key: other.verifier(), ..shop.by() };
    assert!(matches!(proof.check(&uses, by).unwrap_err(), Incomplete::NotInTheLog(_)));
}

#[test]
fn an_old_proof_does_not_prove_newer_uses_and_nor_does_one_that_was_kept() {
    let mut shop = Shop::open();
    let ([wren, _], [uses, _]) = two_people(&mut shop);
    let kept = shop.completeness(&wren);
    let one = shop.does("paid");
    shop.publish(&[(wren.clone(), one)]);
    let now = [&uses[..], &[one]].concat();
    assert_eq!(kept.check(&now, shop.by()).unwrap_err(), Incomplete::OutOfPlace(one.index));
    // It still proves what it proved, and says for when.
    assert_eq!(kept.check(&uses, shop.by()).unwrap().statement.epoch, 5);
    // The old history under the new statement.
    let mixed = Completeness { history: kept.history, ..shop.completeness(&wren) };
    assert!(matches!(mixed.check(&now, shop.by()).unwrap_err(), Incomplete::NotInTheDirectory(_)));
}

#[test]
fn a_server_that_sums_up_other_uses_is_caught_in_the_versions_before() {
    let mut shop = Shop::open();
    let (wren, hidden, second) = (Secret::new([1; 32]), shop.does("paid"), shop.does("paid"));
    shop.publish(&[(wren.clone(), hidden)]);
    // One sum in which the first use is replaced: published as a server could that wants to hide it.
    shop.publish(&[(wren.clone(), second)]);
    let invented = Use { index: hidden.index, commitment: Hash([3; 32]) };
    let why = shop.completeness(&wren).check(&[invented, second], shop.by()).unwrap_err();
    assert_eq!(why, Incomplete::OtherUses(2));
}

#[test]
fn of_many_versions_the_newest_are_looked_at_one_by_one() {
    let mut shop = Shop::open();
    let wren = Secret::new([1; 32]);
    let mut uses = Vec::new();
    for _ in 0..NEWEST + 23 {
        uses.push(shop.does("paid"));
        shop.publish(&[(wren.clone(), uses[uses.len() - 1])]);
    }
    let complete = shop.completeness(&wren).check(&uses, shop.by()).unwrap();
    assert_eq!((complete.versions, complete.looked_at), (NEWEST as u64 + 23, NEWEST));
    for left_out in [0, NEWEST / 2, uses.len() - 1] {
        let mut fewer = uses.clone();
        fewer.remove(left_out);
        let why = shop.completeness(&wren).check(&fewer, shop.by()).unwrap_err();
        assert!(matches!(why, Incomplete::LeftOut { .. }), "{left_out}: {why}");
    }
}

#[test]
fn uses_are_put_in_once_whatever_is_tried_again_and_a_directory_opens_again() {
    let mut shop = Shop::open();
    let ([wren, _], [uses, _]) = two_people(&mut shop);
    let again: Vec<_> = uses.iter().map(|one| (wren.clone(), *one)).collect();
    assert_eq!(shop.directory.publish(&again, 15).unwrap(), None, "all of it is there");
    let before = shop.directory.statement().unwrap();
    let Shop { folder, directory, .. } = shop;
    drop(directory);
    let opened = Directory::open(&folder.path().join("directory.redb"), &[9; 32]).unwrap();
    assert_eq!(opened.statement().unwrap(), before);
    assert_eq!(opened.publish(&again, 15).unwrap(), None);
    opened.forget(&wren).unwrap();
    assert_eq!(opened.history(&wren).unwrap(), None, "nobody is told any more what was theirs");
    assert_eq!(opened.statement().unwrap(), before, "and the tree stays");
}

#[test]
fn a_stranger_sees_that_it_only_grew_and_what_does_not_fit() {
    let mut shop = Shop::open();
    two_people(&mut shop);
    // Each use adds a version, and marks the one before as old: 2 + 4 × 4.
    assert_eq!(shop.audit().unwrap(), 18);
    let statement = shop.directory.statement().unwrap().unwrap();
    shop.say(&Statement { entries: shop.log.len(), ..statement.clone() }, b"");
    shop.audit().unwrap();

    let undo = shop.said.len();
    let mut refused = |statement: &Statement, growth: &[u8]| {
        shop.say(statement, growth);
        let why = shop.audit().unwrap_err();
        shop.said.truncate(undo);
        why
    };
    let root = Hash([4; 32]);
    assert_eq!(refused(&Statement { root, ..statement.clone() }, b""), Reason::OutOfOrder { before: 5, now: 5 });
    let entries = 15;
    let late = Statement { entries, ..statement.clone() };
    assert_eq!(refused(&Statement { root, ..late.clone() }, b""), Reason::Forked(5));
    assert_eq!(refused(&Statement { key: root, ..late.clone() }, b""), Reason::OtherKey);
    assert_eq!(refused(&Statement { epoch: 7, ..late.clone() }, b""), Reason::OutOfOrder { before: 5, now: 7 });
    assert!(matches!(refused(&Statement { entries: 999, ..late.clone() }, b""), Reason::Ahead { entries: 999, .. }));
    assert_eq!(refused(&Statement { epoch: 6, ..late.clone() }, b""), Reason::NotGrown(6));
    let growth = shop.directory.growth(5).unwrap();
    shop.say(&Statement { epoch: 6, ..late }, &growth);
    assert_eq!(shop.audit().unwrap_err(), Reason::NotGrown(6), "another epoch's growth");
    shop.said.truncate(undo);

    let place = shop.log.public().join(path(&shop.said[1].1.leaf().commitment));
    let other = shop.log.public().join(path(&shop.said[2].1.leaf().commitment));
    let kept = std::fs::read(&place).unwrap();
    std::fs::copy(other, &place).unwrap();
    assert_eq!(shop.audit().unwrap_err(), Reason::OtherStatement(shop.said[1].0));
    std::fs::remove_file(&place).unwrap();
    assert_eq!(shop.audit().unwrap_err(), Reason::Missing);
    for cut in [0, 10, kept.len() / 2, kept.len() - 1] {
        std::fs::write(&place, &kept[..cut]).unwrap();
        shop.audit().unwrap_err();
    }
}

/// Made once: a proof, the uses it is of, and one statement's file.
type Made = (String, Vec<Use>, VerifierKey, Vec<u8>, u64, Leaf);

fn made() -> &'static Made {
    static MADE: std::sync::OnceLock<Made> = std::sync::OnceLock::new();
    MADE.get_or_init(|| {
        let mut shop = Shop::open();
        let ([wren, _], [uses, _]) = two_people(&mut shop);
        let (index, opening) = shop.said[0].clone();
        let bytes = std::fs::read(shop.log.public().join(path(&opening.leaf().commitment))).unwrap();
        (shop.completeness(&wren).to_string(), uses, shop.key.clone(), bytes, index, opening.leaf())
    })
}

proptest! {
    #[test]
    fn no_changed_byte_of_a_history_passes(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let (text, uses, key, ..) = made();
        let mut proof = Completeness::parse(text).unwrap();
        let at = at.index(proof.history.len());
        prop_assume!(proof.history[at] != to);
        proof.history[at] = to;
        let by = Trusted { origin: NAME, key, witnesses: &[] };
        // Some bits of the format say nothing; then it is the same proof still, of the same uses.
        if let Ok(complete) = proof.check(uses, by) {
            prop_assert_eq!(complete.versions, 5);
            prop_assert!(proof.check(&uses[1..], by).is_err());
        }
    }

    #[test]
    fn foreign_bytes_are_refused_and_nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in any::<prop::sample::Index>()) {
        let (text, uses, key, ..) = made();
        let by = Trusted { origin: NAME, key, witnesses: &[] };
        prop_assert!(Completeness::parse(&String::from_utf8_lossy(&bytes)).is_err());
        let cut = cut.index(text.len());
        prop_assert!(Completeness::parse(&text[..cut]).is_err() || Completeness::parse(&text[..cut]).unwrap().check(uses, by).is_err());
        let mut proof = Completeness::parse(text).unwrap();
        proof.history = bytes;
        prop_assert!(proof.check(uses, by).is_err());
    }

    #[test]
    fn no_changed_byte_of_a_statements_file_passes_as_another(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let (_, _, _, bytes, index, leaf) = made();
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join(path(&leaf.commitment));
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        let mut bytes = bytes.clone();
        let at = at.index(bytes.len());
        bytes[at] = to;
        std::fs::write(&place, bytes).unwrap();
        let mut auditor = Auditor::default();
        let held = auditor.look(&Folder::new(folder.path()), *index, leaf).is_ok();
        // Only what the statement commits to can have held.
        prop_assert_eq!(auditor.last().is_some(), held);
    }
}

#[test]
fn what_is_cut_short_says_so() {
    let (text, ..) = made();
    let head = text.split_once("\n\n").unwrap().0;
    assert_eq!(Completeness::parse(head).err(), Some(NotCompleteness::Format));
    assert!(matches!(Completeness::parse(&text[..head.len() + 10]).err(), Some(NotCompleteness::Proof(_))));
}
