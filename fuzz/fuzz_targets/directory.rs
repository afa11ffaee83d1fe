//! Whatever a stranger gives as the proof that uses are all, or as what is said of a directory: it is refused with a reason, and
//! nothing panics.
//!
//! `cargo xtask fuzz` builds and runs it.

#![no_main]

use handsel_directory::{
    Completeness, Directory, Secret, Statement, Trusted, Use,
    audit::{Auditor, file},
};
use handsel_log::{
    Folder, KeyName, LogSigner, Proof, Prover, Source, VerifierKey, Writer,
    commitment::{EventKind, Leaf, Opening},
};
use libfuzzer_sys::fuzz_target;
use std::{io, sync::OnceLock};

/// A proof that holds, and a statement.
struct Made {
    history: Vec<u8>,
    statement: Proof,
    /// What was said of the epoch before, and of this one.
    openings: [Opening; 2],
    growth: Vec<u8>,
    uses: Vec<Use>,
    key: VerifierKey,
}

const NAME: &str = "log.example/fuzz";

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let signer = LogSigner::new(KeyName::parse(NAME).expect("a name"), &[7; 32]);
        let key = signer.verifier().clone();
        let log = Writer::open(&folder.path().join("log"), signer).expect("a log");
        let directory = Directory::open(&folder.path().join("directory.redb"), &[9; 32]).expect("a directory");
        let kind = |name| EventKind::parse(name).expect("a kind");
        let say = |statement: &Statement| {
            let mut event = serde_json::to_value(statement).expect("JSON");
            event["at_ms"] = 0.into();
            event["kind"] = Statement::KIND.into();
            Opening::for_everybody(kind(Statement::KIND), 1, serde_json::to_vec(&event).expect("JSON"))
        };
        let (mut uses, mut said) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let one = Opening::new(kind("match"), 1, b"paid".to_vec()).leaf();
            let index = log.append(&[one.to_bytes()]).expect("an entry").start;
            uses.push(Use::of(index, &one));
            let new = [(Secret::new([1; 32]), uses[uses.len() - 1])];
            said.push(say(&directory.publish(&new, index + 1).expect("an epoch").expect("a statement")));
        }
        let growth = directory.growth(3).expect("growth");
        let openings = [said[1].clone(), said[2].clone()];
        let [_, opening] = &openings;
        let index = log.append(&[opening.leaf().to_bytes()]).expect("an entry").start;
        let checkpoint = log.publish().expect("a checkpoint");
        let hashes = Prover::new(Folder::new(log.public()), log.len()).inclusion(index).expect("a proof");
        let statement = Proof { extra: Some(opening.to_bytes()), index, hashes, checkpoint };
        let history = directory.history(&Secret::new([1; 32])).expect("a file").expect("a history");
        Made { history, statement, openings, growth, uses, key }
    })
}

/// One file, whatever is asked for.
struct One(Vec<u8>);

impl Source for One {
    fn read(&self, _path: &str, _limit: u64) -> io::Result<Option<Vec<u8>>> {
        Ok(Some(self.0.clone()))
    }
}

/// The first bytes say where; the others are put there.
fn changed(whole: &[u8], bytes: &[u8]) -> Vec<u8> {
    let Some((at, new)) = bytes.split_first_chunk() else { return whole.to_vec() };
    let at = usize::from(u16::from_be_bytes(*at)) % whole.len();
    let mut changed = whole.to_vec();
    for (old, new) in changed[at..].iter_mut().zip(new) {
        *old = *new;
    }
    changed
}

fuzz_target!(|data: &[u8]| {
    let Some((&what, bytes)) = data.split_first() else { return };
    let Made { history, statement, openings, growth, uses, key } = made();
    let by = Trusted { origin: NAME, key, witnesses: &[] };
    match what % 4 {
        0 => {
            let Ok(text) = std::str::from_utf8(bytes) else { return };
            let Ok(proof) = Completeness::parse(text) else { return };
            assert_eq!(proof.to_string(), text);
            assert!(proof.check(&[], by).is_err(), "a signature was made up");
        }
        1 => {
            let history = if what < 128 { changed(history, bytes) } else { bytes.to_vec() };
            let proof = Completeness { secret: Secret::new([1; 32]), history, statement: statement.clone() };
            let _ = proof.check(uses, by);
            assert!(proof.check(&uses[1..], by).is_err(), "a use was left out unnoticed");
        }
        2 => {
            let mut auditor = Auditor::midway();
            let mut look = |opening: &Opening, growth: &[u8]| {
                auditor.look(&One(file(opening, growth)), statement.index, &opening.leaf())
            };
            look(&openings[0], b"").expect("the epoch before");
            let made_up = if what < 128 { changed(growth, bytes) } else { bytes.to_vec() };
            let held = look(&openings[1], &made_up);
            assert!(held.is_err() || made_up.len() >= growth.len(), "less than the proof was a proof");
        }
        _ => {
            let leaf = Leaf::parse(bytes).unwrap_or(openings[0].leaf());
            let _ = Auditor::midway().look(&One(bytes.to_vec()), u64::MAX, &leaf);
        }
    }
});
