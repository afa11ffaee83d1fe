//! Whatever a stranger serves as a log, sends as a proof or asks of a witness: it is refused with a reason or read as it is
//! written, and nothing panics.
//!
//! `cargo xtask fuzz` builds and runs it.

#![no_main]

use handsel_log::{
    Checkpoint, KeyName, LogSigner, Note, Proof, Source, VerifierKey,
    commitment::{Leaf, Opening},
    layout::{CHECKPOINT, Place},
    verify::{Expected, audit, consistency, inclusion},
    witness::AddCheckpoint,
};
use libfuzzer_sys::fuzz_target;
use std::{collections::BTreeMap, io};

/// A log whose every file is made up.
struct Foreign(BTreeMap<String, Vec<u8>>);

impl Source for Foreign {
    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let file = self.0.get(path).cloned();
        if file.as_ref().is_some_and(|bytes| bytes.len() as u64 > limit) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(file)
    }

    fn list(&self) -> io::Result<Option<Vec<String>>> {
        Ok(Some(self.0.keys().cloned().collect()))
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((&what, bytes)) = data.split_first() else { return };
    let key = LogSigner::new(KeyName::parse("log.example/fuzz").expect("a name"), &[7; 32]).verifier().clone();
    match what % 6 {
        0 => {
            let Ok(note) = Note::parse(bytes) else { return };
            assert_eq!(note.to_string().as_bytes(), bytes);
            assert!(key.check(&note).is_err(), "a signature was made up");
            let _ = note.text().parse::<Checkpoint>();
        }
        1 => {
            let Ok(proof) = Proof::parse(bytes) else { return };
            assert_eq!(proof.to_string().as_bytes(), bytes);
            assert!(proof.check(bytes, "log.example/fuzz", &key, &[]).is_err());
            if let Ok(checkpoint) = proof.checkpoint.text().parse::<Checkpoint>() {
                let root = checkpoint.root;
                let _ = inclusion(root, proof.index, checkpoint.size, &proof.hashes, root);
                let _ = consistency((proof.index, root), (checkpoint.size, root), &proof.hashes);
            }
        }
        2 => {
            let Ok(request) = AddCheckpoint::parse(bytes) else { return };
            assert_eq!(request.to_string().as_bytes(), bytes);
        }
        3 => {
            let Ok(text) = std::str::from_utf8(bytes) else { return };
            if let Ok(key) = text.parse::<VerifierKey>() {
                assert_eq!(key.to_string(), text);
            }
            if let Some(place) = Place::parse(text) {
                assert_eq!(place.path(), text);
            }
        }
        4 => {
            if let Ok(leaf) = Leaf::parse(bytes) {
                assert_eq!(leaf.to_bytes(), bytes);
            }
            if let Ok(opening) = Opening::parse(bytes) {
                assert_eq!(opening.to_bytes(), bytes);
                assert!(opening.verify(&opening.leaf()));
            }
        }
        _ => {
            // A size, and the files of such a tree, split where a byte says.
            let Some((&size, mut rest)) = bytes.split_first() else { return };
            let size = u64::from(size) * 5;
            let root = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
            let checkpoint = format!("log.example/fuzz\n{size}\n{root}\n\n\u{2014} log.example/fuzz AAAAAAA=\n");
            let mut files = BTreeMap::from([(CHECKPOINT.to_owned(), checkpoint.into_bytes())]);
            for place in (0..4).flat_map(|index| [None, Some(0), Some(1)].map(|level| Place::of_tree(level, index, size))) {
                let Some((place, (&length, more))) = place.zip(rest.split_first()) else { continue };
                let (file, more) = more.split_at(usize::from(length).min(more.len()));
                files.insert(place.path(), file.to_vec());
                rest = more;
            }
            assert!(audit(&Foreign(files), &Expected::default()).is_err(), "a root was made up");
        }
    }
});
