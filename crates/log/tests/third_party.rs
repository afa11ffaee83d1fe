//! Other people's code reads our files and agrees: `tlog_tiles` and `signed_note`, which are ports of the code of the Go
//! checksum database, and `ring` for signatures.

use handsel_log::{Checkpoint, Folder, Note, Prover, Source, Writer, verify::leaf_hash};
use ring::signature::{ED25519, UnparsedPublicKey};
use signed_note::{StandardVerifier, VerifierList};
use std::collections::BTreeSet;
use tlog_tiles::{Hash, Tile, TileHashReader, TileReader};

mod support;

/// Their reader of tiles, over our files. They name tiles by their height, and bundles "data".
struct Theirs(Folder);

impl TileReader for Theirs {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &Tile| {
            let path = tile.path().replacen("tile/8/", "tile/", 1);
            self.0.read(&path, 8192).unwrap().unwrap_or_else(|| panic!("{path} is missing"))
        };
        Ok(tiles.iter().map(read).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

/// The sizes at which something changes: a bundle is full, a tile is, a tile above is.
const SIZES: [u64; 12] = [1, 2, 3, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 66_000];

#[test]
fn their_code_finds_the_same_tree_and_the_same_proofs_in_our_files() {
    let folder = tempfile::tempdir().unwrap();
    let log = Writer::open(folder.path(), support::signer()).unwrap();
    let mut roots: Vec<(u64, Hash)> = Vec::new();
    for size in SIZES {
        let entries: Vec<String> = (log.len()..size).map(|index| format!("entry {index}")).collect();
        log.append(&entries).unwrap();
        let note = log.publish().unwrap();

        let theirs = tlog_tiles::Checkpoint::from_bytes(note.text().as_bytes());
        let theirs = theirs.unwrap_or_else(|_| panic!("their code reads the checkpoint of {size}"));
        let ours: Checkpoint = note.text().parse().unwrap();
        assert_eq!((theirs.origin(), theirs.size(), theirs.hash().0), ("test.example/log", size, ours.root.0));

        let tiles = Theirs(Folder::new(log.public()));
        let reader = TileHashReader::new(size, *theirs.hash(), &tiles);
        let prover = Prover::new(Folder::new(log.public()), size);
        let asked: BTreeSet<u64> = [0, 1, size / 3, size / 2, size - 1].into_iter().filter(|at| *at < size).collect();
        for index in asked {
            let proof = tlog_tiles::prove_record(size, index, &reader).unwrap();
            let ours: Vec<Hash> = prover.inclusion(index).unwrap().iter().map(|hash| Hash(hash.0)).collect();
            assert_eq!(ours, proof, "entry {index} of {size}");
            let leaf = Hash(leaf_hash(format!("entry {index}").as_bytes()).0);
            tlog_tiles::check_record(&ours, size, *theirs.hash(), index, leaf).unwrap();
        }
        for (older, root) in &roots {
            let proof = tlog_tiles::prove_tree(size, *older, &reader).unwrap();
            let ours: Vec<Hash> = prover.consistency(*older).unwrap().iter().map(|hash| Hash(hash.0)).collect();
            assert_eq!(ours, proof, "from {older} to {size}");
            tlog_tiles::check_tree(&ours, size, *theirs.hash(), *older, *root).unwrap();
        }
        roots.push((size, *theirs.hash()));
    }
}

#[test]
fn their_code_checks_our_notes() {
    let folder = tempfile::tempdir().unwrap();
    let log = Writer::open(folder.path(), support::signer()).unwrap();
    log.append(&["one"]).unwrap();
    log.publish().unwrap();
    let bytes = std::fs::read(log.public().join("checkpoint")).unwrap();
    let key = StandardVerifier::new(&support::signer().verifier().to_string()).unwrap();
    let note = signed_note::Note::from_bytes(&bytes).unwrap();
    let (verified, others) = note.verify(&VerifierList::new(vec![Box::new(key)])).unwrap();
    assert_eq!((verified.len(), others.len()), (1, 0));
}

/// <https://c2sp.org/tlog-cosignature#ed25519-signed-message>, written out by hand and checked by `ring`.
#[test]
fn ring_checks_our_cosignatures() {
    let folder = tempfile::tempdir().unwrap();
    let log = Writer::open(folder.path(), support::signer()).unwrap();
    log.append(&["one"]).unwrap();
    let note = log.publish().unwrap();
    let witness = support::Witnessed::new(1);
    let lines = witness.sign(&note, &Prover::new(Folder::new(log.public()), 1), 1_679_315_147);
    let signature = &lines[0];
    assert_eq!(signature.bytes[..8], 1_679_315_147_u64.to_be_bytes());
    let root = log.checkpoint().unwrap().text().lines().nth(2).unwrap().to_owned();
    let message = format!("cosignature/v1\ntime 1679315147\ntest.example/log\n1\n{root}\n");
    let key = ed25519_key(&support::cosigner(1).verifier().to_string());
    UnparsedPublicKey::new(&ED25519, key).verify(message.as_bytes(), &signature.bytes[8..]).expect("ring agrees");
    let note = note.signed_also_by(lines);
    assert_eq!(Note::parse(note.to_string().as_bytes()).unwrap(), note);
}

/// The 32 bytes behind a key's kind.
fn ed25519_key(key: &str) -> Vec<u8> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.decode(key.splitn(3, '+').nth(2).unwrap()).unwrap()[1..].to_vec()
}
