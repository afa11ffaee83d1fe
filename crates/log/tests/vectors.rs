//! What the specifications and the world's logs say, which is not ours to choose.

use handsel_log::{
    Checkpoint, Hash, Kind, NotAKey, NotSigned, Note, Prover, VerifierKey, Writer,
    layout::Place,
    verify::{BadProof, consistency, inclusion, leaf_hash, root_of},
    witness::AddCheckpoint,
};

mod support;

/// The public test vectors of RFC 6962's first implementation: eight entries, and the root after each.
const ENTRIES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const ROOT_OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn the_roots_of_rfc_6962_are_those_of_the_writer_and_of_the_verifier() {
    let folder = tempfile::tempdir().unwrap();
    let log = Writer::open(folder.path(), support::signer()).unwrap();
    assert_eq!(root(&log.publish().unwrap()), ROOT_OF_NOTHING);
    for (size, wanted) in (1..).zip(ROOTS) {
        log.append(&[ENTRIES[size - 1]]).unwrap();
        assert_eq!(root(&log.publish().unwrap()), wanted, "the writer's, of {size}");
        let verified = root_of(0, size as u64, &mut |leaf| leaf_hash(ENTRIES[leaf as usize]));
        assert_eq!(hex(verified), wanted, "the verifier's, of {size}");
    }
}

/// Argon2020, a Certificate Transparency log of a billion entries, on 16 September 2024.
#[test]
fn proofs_of_a_real_log_hold() {
    let size = 961_984_011;
    let root = hash("AWxD3p811N3m4WTinWRXPvBZHfT9IR9g/R4C7SKLPiU=");
    let path = hashes(include_str!("data/argon2020-inclusion.txt"));
    let leaf = hash("nCs3mfIydh9x4CKyQ+u2xtmpxmFggA5MLymHwNQSlLg=");
    assert_eq!(inclusion(leaf, 10_000, size, &path, root), Ok(()));
    assert_eq!(inclusion(leaf, 10_001, size, &path, root), Err(BadProof::OtherRoot));
    assert_eq!(inclusion(leaf, 10_000, size, &path[..29], root), Err(BadProof::Length));

    let older = (3_654_490, hash("AuIZ5V6sDUj1vn3Y1K85oOaQ7y+FJJKtyRTl1edIKBQ="));
    let path = hashes(include_str!("data/argon2020-consistency.txt"));
    assert_eq!(consistency(older, (size, root), &path), Ok(()));
    assert_eq!(consistency((older.0, leaf), (size, root), &path), Err(BadProof::OtherOldRoot));
    assert_eq!(consistency(older, (size, leaf), &path), Err(BadProof::OtherRoot));
}

/// The note in the documentation of golang.org/x/mod/sumdb/note, where the format comes from.
#[test]
fn the_first_note_is_signed() {
    let key: VerifierKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
    assert_eq!((key.name().as_str(), key.kind()), ("PeterNeumann", Kind::Ed25519));
    let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    let note = Note::parse(text.as_bytes()).unwrap();
    assert!(key.check(&note).is_ok());
    assert_eq!(note.to_string(), text);
    let note = Note::parse(text.replace("don't", "do").as_bytes()).unwrap();
    assert_eq!(key.check(&note), Err(NotSigned::Wrong(key.name().clone())));
}

/// The checkpoint that <https://c2sp.org/tlog-checkpoint> shows under a made-up name is one of the Go checksum database.
#[test]
fn a_checkpoint_of_a_real_log_is_signed() {
    let key: VerifierKey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8".parse().unwrap();
    let text = "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} sum.golang.org Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    let note = Note::parse(text.as_bytes()).unwrap();
    assert!(key.check(&note).is_ok());
    let checkpoint: Checkpoint = note.text().parse().unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("go.sum database tree", 20_852_163));
    assert_eq!(checkpoint.to_string(), note.text());
}

/// <https://c2sp.org/tlog-cosignature> and <https://c2sp.org/tlog-witness>.
#[test]
fn the_examples_of_requests_and_cosignatures_are_read_and_written_alike() {
    let request = "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\njrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n\
        example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
    let read = AddCheckpoint::parse(request.as_bytes()).unwrap();
    assert_eq!((read.old, read.proof.len(), read.checkpoint.signatures().len()), (20_852_014, 4, 2));
    assert_eq!(read.to_string(), request);
    // A cosignature is eight bytes of time and 64 of Ed25519.
    assert_eq!(read.checkpoint.signatures()[1].bytes.len(), 72);
    assert_eq!(read.checkpoint.signatures()[1].bytes[..8], 1_679_315_147_u64.to_be_bytes());
}

#[test]
fn keys_of_kinds_that_are_not_known_are_told_apart() {
    let ml_dsa = "AAAA".repeat(437) + "AA=="; // 1,312 bytes
    let key = format!("witness.example/w1+00000000+{}", ml_dsa.replacen("AAAA", "BgAA", 1));
    assert_eq!(key.parse::<VerifierKey>(), Err(NotAKey::Kind(6)));
    let other_id = "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert_eq!(other_id.parse::<VerifierKey>(), Err(NotAKey::Id));
}

/// <https://c2sp.org/tlog-tiles#merkle-tree>: its examples of paths and of a tree of 70,000 entries.
#[test]
fn the_examples_of_paths_hold() {
    let place = |level, index, width| Place { level, index, width };
    assert_eq!(place(Some(0), 1_234_067, 256).path(), "tile/0/x001/x234/067");
    assert_eq!(place(None, 5, 17).path(), "tile/entries/005.p/17");
    for path in ["tile/0/x001/x234/067", "tile/entries/005.p/17", "tile/63/000"] {
        assert_eq!(Place::parse(path).map(Place::path).as_deref(), Some(path));
    }
    for path in [
        "tile/0/1",
        "tile/64/000",
        "tile/00/000",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/0/x000/001",
        "tile/data/000",
    ] {
        assert_eq!(Place::parse(path), None, "{path}");
    }
    let of = |level, index| Place::of_tree(Some(level), index, 70_000).map(|place| place.width);
    assert_eq!([of(0, 0), of(0, 272), of(0, 273), of(0, 274)], [Some(256), Some(256), Some(112), None]);
    assert_eq!([of(1, 0), of(1, 1), of(1, 2)], [Some(256), Some(17), None]);
    assert_eq!([of(2, 0), of(2, 1), of(3, 0)], [Some(1), None, None]);
}

#[test]
fn a_tree_of_70_000_is_laid_out_as_the_specification_says() {
    let folder = tempfile::tempdir().unwrap();
    let log = Writer::open(folder.path(), support::signer()).unwrap();
    let entries: Vec<_> = (0..70_000_u32).map(u32::to_be_bytes).collect();
    log.append(&entries).unwrap();
    let note = log.publish().unwrap();
    let files = support::files(log.public());
    let under = |prefix: &str| files.keys().filter(|path| path.starts_with(prefix)).count();
    assert_eq!([under("tile/0/"), under("tile/1/"), under("tile/2/")], [274, 2, 1]);
    assert_eq!([under("tile/entries/"), files.len()], [274, 274 * 2 + 4]);
    assert_eq!(files["tile/0/273.p/112"].len(), 112 * 32);
    assert_eq!(files["tile/1/001.p/17"].len(), 17 * 32);
    assert_eq!(files["tile/2/000.p/1"].len(), 32);
    let wanted = root_of(0, 70_000, &mut |leaf| leaf_hash(&entries[leaf as usize]));
    assert_eq!(root(&note), hex(wanted));
    let path = Prover::new(&support::Memory(files), 70_000).inclusion(69_999).unwrap();
    assert_eq!(inclusion(leaf_hash(&entries[69_999]), 69_999, 70_000, &path, wanted), Ok(()));
}

fn root(note: &Note) -> String {
    hex(note.text().parse::<Checkpoint>().unwrap().root)
}

fn hex(hash: Hash) -> String {
    hash.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash(text: &str) -> Hash {
    text.parse().unwrap()
}

fn hashes(lines: &str) -> Vec<Hash> {
    lines.lines().map(hash).collect()
}
