//! Whatever bytes a stranger sends or serves, the answer is an error with a reason, never a panic.

use handsel_log::{
    Checkpoint, Note, Proof, VerifierKey,
    commitment::{EventKind, Leaf, Opening},
    layout::Place,
    verify::{Expected, Reason, audit},
    witness::{AddCheckpoint, Answer},
};
use proptest::prelude::*;
use std::collections::BTreeMap;

mod support;

/// A file with some of its bytes replaced, removed or repeated.
fn mangled(original: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
    prop::collection::vec(edit, 1..8).prop_map(move |edits| {
        let mut bytes = original.clone();
        for (at, byte, how) in edits {
            let at = at.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match how {
                _ if bytes.is_empty() => bytes.push(byte),
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, byte),
                _ => bytes.truncate(at),
            }
        }
        bytes
    })
}

fn checkpoint() -> Vec<u8> {
    "example.com/log\n300\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        .into()
}

fn proof() -> Vec<u8> {
    let head = "c2sp.org/tlog-proof@v1\nextra AAAA\nindex 7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n";
    [head.as_bytes(), &checkpoint()].concat()
}

fn request() -> Vec<u8> {
    [&b"old 3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"[..], &checkpoint()].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn notes_checkpoints_and_proofs(bytes in prop_oneof![any::<Vec<u8>>(), mangled(checkpoint()), mangled(proof()), mangled(request())]) {
        // What is read is written as it was: no two spellings of one thing.
        if let Ok(note) = Note::parse(&bytes) {
            prop_assert_eq!(note.to_string().into_bytes(), bytes.clone());
            let _ = note.text().parse::<Checkpoint>();
            prop_assert!(support::signer().verifier().check(&note).is_err());
        }
        if let Ok(proof) = Proof::parse(&bytes) {
            prop_assert_eq!(proof.to_string().into_bytes(), bytes.clone());
            let key = support::signer().verifier().clone();
            prop_assert!(proof.check(b"entry", "example.com/log", &key, &[]).is_err());
        }
        if let Ok(request) = AddCheckpoint::parse(&bytes) {
            prop_assert_eq!(request.to_string().into_bytes(), bytes.clone());
        }
    }

    #[test]
    fn keys_and_places(text in "\\PC*") {
        if let Ok(key) = text.parse::<VerifierKey>() {
            prop_assert_eq!(key.to_string(), text.clone());
        }
        if let Some(place) = Place::parse(&text) {
            prop_assert_eq!(place.path(), text);
        }
    }

    #[test]
    fn a_log_of_foreign_bytes(checkpoint in prop_oneof![any::<Vec<u8>>(), mangled(checkpoint()), Just(checkpoint())], bundle in any::<Vec<u8>>(), tile in any::<Vec<u8>>(), size in any::<u64>()) {
        let checkpoint = String::from_utf8_lossy(&checkpoint).replacen("\n300\n", &format!("\n{size}\n"), 1).into_bytes();
        let mut files = BTreeMap::from([("checkpoint".to_owned(), checkpoint), ("tile/x".to_owned(), tile.clone())]);
        for level in [None, Some(0)] {
            let bytes = if level.is_some() { &tile } else { &bundle };
            files.extend(Place::of_tree(level, 0, size).map(|place| (place.path(), bytes.clone())));
        }
        let fault = audit(&support::Memory(files), &Expected::default()).unwrap_err();
        prop_assert!(!fault.reason.to_string().is_empty());
    }

    #[test]
    fn a_witness(body in prop_oneof![any::<Vec<u8>>(), mangled(request())]) {
        let at = support::Witnessed::new(1);
        let answer = at.witness.add_checkpoint(&body, 0);
        prop_assert!(matches!(answer, Answer::Malformed(_) | Answer::UnknownLog), "{:?}", answer);
    }

    #[test]
    fn leaves_and_openings(kind in "[a-z0-9_]{1,32}", epoch in any::<u64>(), event in any::<Vec<u8>>(), foreign in any::<Vec<u8>>()) {
        let opening = Opening::new(EventKind::parse(&kind).unwrap(), epoch, event.clone());
        let leaf = opening.leaf();
        prop_assert_eq!(&Leaf::parse(&leaf.to_bytes()).unwrap(), &leaf);
        let again = Opening::parse(&opening.to_bytes()).unwrap();
        prop_assert!(again.verify(&leaf) && again.event() == event);
        // The same event, committed to twice, is not known to be the same.
        let other = Opening::new(EventKind::parse(&kind).unwrap(), epoch, event);
        prop_assert!(!other.verify(&leaf));
        if let Ok(leaf) = Leaf::parse(&foreign) {
            prop_assert_eq!(leaf.to_bytes(), foreign.clone());
        }
        if let Ok(opening) = Opening::parse(&foreign) {
            prop_assert_eq!(opening.to_bytes(), foreign);
        }
    }
}

#[test]
fn an_opening_is_not_shown_and_names_of_kinds_are_plain() {
    let kind = EventKind::parse("palm_searched").unwrap();
    let shown = format!("{:?}", Opening::new(kind, 3, b"a secret".to_vec()));
    assert_eq!(shown, "Opening(palm_searched of epoch 3)");
    for name in ["", "Palm", "palm searched", "é", &"x".repeat(33)] {
        assert!(EventKind::parse(name).is_err(), "{name}");
    }
}

#[test]
fn a_checkpoint_of_more_than_there_is_ends_at_the_first_missing_file() {
    let huge = String::from_utf8(checkpoint()).unwrap().replace("\n300\n", &format!("\n{}\n", u64::MAX));
    let files = support::Memory(BTreeMap::from([("checkpoint".to_owned(), huge.into_bytes())]));
    let fault = audit(&files, &Expected::default()).unwrap_err();
    assert_eq!((fault.file.as_str(), fault.reason), ("tile/entries/000", Reason::Missing));
}

/// The verifier is no use if a mistake of the writer's is its own as well.
#[test]
fn the_verifier_calls_nothing_of_the_writer() {
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut read = 0;
    for file in [
        "verify.rs",
        "verify/audit.rs",
        "verify/files.rs",
        "verify/reason.rs",
        "verify/tree.rs",
        "proof.rs",
        "checkpoint.rs",
        "hash.rs",
        "key.rs",
        "layout.rs",
        "note.rs",
        "source.rs",
        "text.rs",
    ] {
        let text = std::fs::read_to_string(sources.join(file)).unwrap();
        for foreign in ["write::", "Writer,", "Prover", "sign::", "witness::"] {
            assert!(!text.contains(foreign), "{file} uses {foreign}");
        }
        read += usize::from(file.starts_with("verify"));
    }
    let there = std::fs::read_dir(sources.join("verify")).unwrap().count();
    assert_eq!(read, there + 1, "a file of the verifier was not read");
}
