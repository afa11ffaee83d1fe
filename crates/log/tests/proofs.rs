//! Proofs that the writer makes hold for the verifier, for trees of any size, and changed ones do not.

use handsel_log::{
    Folder, Hash, Proof, Prover, Source, Unproven, Writer,
    layout::Place,
    verify::{BadProof, consistency, inclusion, leaf_hash, root_of, root_of_nothing},
};
use proptest::prelude::*;
use std::{io, sync::OnceLock};

mod support;

/// The largest tree here: a full tile of the second level and some.
const LARGEST: u64 = 65_536 + 777;

/// A log of that size, as it was at any smaller one: its tiles, cut to the width that is asked for.
struct Narrower(support::Memory);

impl Source for Narrower {
    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let place = Place::parse(path).expect("a tile's path");
        let now = Place::of_tree(place.level, place.index, LARGEST).expect("a tile of the largest tree");
        let mut tile = self.0.read(&now.path(), limit)?.expect("it is there");
        tile.truncate(place.width as usize * Hash::BYTES);
        Ok(Some(tile))
    }
}

fn log() -> &'static Narrower {
    static LOG: OnceLock<Narrower> = OnceLock::new();
    LOG.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let log = Writer::open(folder.path(), support::signer()).unwrap();
        let entries: Vec<_> = (0..LARGEST).map(u64::to_be_bytes).collect();
        log.append(&entries).unwrap();
        log.publish().unwrap();
        Narrower(support::Memory(support::files(log.public())))
    })
}

fn leaf(index: u64) -> Hash {
    static LEAVES: OnceLock<Vec<Hash>> = OnceLock::new();
    LEAVES.get_or_init(|| (0..LARGEST + 2).map(|index| leaf_hash(&index.to_be_bytes())).collect())[index as usize]
}

fn root(size: u64) -> Hash {
    root_of(0, size, &mut leaf)
}

/// Sizes near the edges of tiles as often as any.
fn size() -> impl Strategy<Value = u64> {
    prop_oneof![
        1..2000_u64,
        (1..=256_u64, -2..=2_i64).prop_map(|(n, by)| (n * 256).saturating_add_signed(by)),
        1..=LARGEST
    ]
}

#[test]
fn every_proof_in_every_small_tree_holds() {
    let roots: Vec<Hash> = (0..=300).map(root).collect();
    for size in 1..=300 {
        let (prover, new) = (Prover::new(log(), size), roots[size as usize]);
        for index in 0..size {
            let path = prover.inclusion(index).unwrap();
            assert_eq!(inclusion(leaf(index), index, size, &path, new), Ok(()), "{index} of {size}");
        }
        for older in 0..=size {
            let path = prover.consistency(older).unwrap();
            assert_eq!(consistency((older, roots[older as usize]), (size, new), &path), Ok(()), "{older} to {size}");
        }
        assert!(prover.inclusion(size).is_err() && prover.consistency(size + 1).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_proof_holds_for_its_entry_and_size_and_no_other(size in size(), at in 0.0..1.0_f64, change in any::<prop::sample::Index>(), bit in 0..256_usize) {
        let index = (size as f64 * at) as u64;
        let root = root(size);
        let path = Prover::new(log(), size).inclusion(index).unwrap();
        prop_assert_eq!(inclusion(leaf(index), index, size, &path, root), Ok(()));
        prop_assert!(inclusion(leaf(index + 1), index, size, &path, root).is_err());
        prop_assert_eq!(inclusion(leaf(index), size, size, &path, root), Err(BadProof::Outside));
        if index > 0 {
            prop_assert!(inclusion(leaf(index), index - 1, size, &path, root).is_err());
        }
        let longer = [&path[..], &[root]].concat();
        prop_assert_eq!(inclusion(leaf(index), index, size, &longer, root), Err(BadProof::Length));
        if !path.is_empty() {
            prop_assert_eq!(inclusion(leaf(index), index, size, &path[1..], root), Err(BadProof::Length));
            let mut changed = path.clone();
            changed[change.index(path.len())].0[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(inclusion(leaf(index), index, size, &changed, root), Err(BadProof::OtherRoot));
        }
    }

    #[test]
    fn a_tree_continues_its_beginnings_and_nothing_else(size in size(), at in 0.0..=1.0_f64, change in any::<prop::sample::Index>(), bit in 0..256_usize) {
        let older = (size as f64 * at) as u64;
        let (old, new) = (root(older), root(size));
        let path = Prover::new(log(), size).consistency(older).unwrap();
        prop_assert_eq!(consistency((older, old), (size, new), &path), Ok(()));
        let other = leaf(LARGEST + 1);
        prop_assert!(consistency((older, other), (size, new), &path).is_err());
        if older > 0 {
            prop_assert!(consistency((older, old), (size, other), &path).is_err());
            prop_assert_eq!(consistency((size + 1, old), (size, new), &path), Err(BadProof::Outside));
            let longer = [&path[..], &[new]].concat();
            prop_assert_eq!(consistency((older, old), (size, new), &longer), Err(BadProof::Length));
        } else {
            prop_assert_eq!(old, root_of_nothing());
        }
        if !path.is_empty() {
            prop_assert!(consistency((older, old), (size, new), &path[1..]).is_err());
            let mut changed = path.clone();
            changed[change.index(path.len())].0[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(consistency((older, old), (size, new), &changed).is_err());
        }
    }

    #[test]
    fn proofs_of_any_numbers_end(old in any::<u64>(), new in any::<u64>(), hashes in prop::collection::vec(any::<[u8; 32]>(), 0..80)) {
        let hashes: Vec<Hash> = hashes.into_iter().map(Hash).collect();
        let zero = Hash([0; 32]);
        prop_assert!(inclusion(zero, old, new, &hashes, zero).is_err());
        prop_assert!(consistency((old, zero), (new, zero), &hashes).is_err() || (old == new && hashes.is_empty()));
    }
}

#[test]
fn a_proof_file_is_checked_for_its_log_its_keys_and_its_entry() {
    let folder = tempfile::tempdir().unwrap();
    let log = Writer::open(folder.path(), support::signer()).unwrap();
    let entries: Vec<String> = (0..1000).map(|index| format!("entry {index}")).collect();
    log.append(&entries).unwrap();
    let witness = support::Witnessed::new(1);
    let checkpoint = log.publish_with(|note, prover| witness.sign(note, prover, 1_700_000_000)).unwrap();
    let hashes = Prover::new(Folder::new(log.public()), 1000).inclusion(500).unwrap();
    let proof = Proof { extra: Some(b"more".to_vec()), index: 500, hashes, checkpoint };
    let proof = Proof::parse(proof.to_string().as_bytes()).unwrap();
    assert_eq!((proof.index, proof.extra.as_deref()), (500, Some(&b"more"[..])));

    let (origin, key) = ("test.example/log", support::signer().verifier().clone());
    let witnesses = [support::cosigner(1).verifier().clone(), support::cosigner(2).verifier().clone()];
    assert_eq!(proof.check(b"entry 500", origin, &key, &witnesses[..1]).unwrap().size, 1000);
    let refused = |entry: &[u8], origin, key, witnesses| proof.check(entry, origin, key, witnesses).unwrap_err();
    assert_eq!(refused(b"entry 501", origin, &key, &[]), Unproven::BadProof(BadProof::OtherRoot));
    assert!(matches!(refused(b"entry 500", "another", &key, &[]), Unproven::OtherOrigin(_)));
    assert!(matches!(refused(b"entry 500", origin, &witnesses[1], &[]), Unproven::NotSigned(_)));
    assert!(matches!(refused(b"entry 500", origin, &key, &witnesses), Unproven::NotSigned(_)));
}
