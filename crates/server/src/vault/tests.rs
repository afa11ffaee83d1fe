//! What is sealed opens with its own key and as what it is, and not otherwise.

use super::*;
use ulid::Ulid;

fn vault() -> (tempfile::TempDir, Vault) {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::open(&dir.path().join("keys"), true).unwrap();
    (dir, vault)
}

#[test]
fn sealed_bytes_open_in_their_own_place_only() {
    let (_dir, vault) = vault();
    let (a, b) = (SubjectId(Ulid::from_parts(1, 1)), SubjectId(Ulid::from_parts(1, 2)));
    let (key, wrapped) = vault.new_subject_key(a).unwrap();
    let what = What::Template { reference: "ref_1", position: 0, epoch: 1 };
    let sealed = key.seal(what, b"features");
    let again = vault.subject_key(a, &wrapped).unwrap();
    assert_eq!(again.open(what, sealed.bytes()).unwrap().as_slice(), b"features");

    for elsewhere in [
        What::Template { reference: "ref_1", position: 1, epoch: 1 },
        What::Template { reference: "ref_2", position: 0, epoch: 1 },
        What::Template { reference: "ref_1", position: 0, epoch: 2 },
        What::Template { reference: "ref_1", position: 0, epoch: 0 },
        What::DisplayName,
        What::PhoneLast4,
        What::Signature { consent: "con_1" },
    ] {
        assert!(key.open(elsewhere, sealed.bytes()).is_err(), "{elsewhere:?}");
    }
    assert!(vault.subject_key(b, &wrapped).is_err(), "a key moved to another subject");
    let (other, _) = vault.new_subject_key(a).unwrap();
    assert!(other.open(what, sealed.bytes()).is_err(), "another key of the same subject");
}

#[test]
fn one_changed_bit_anywhere_and_nothing_opens() {
    let (_dir, vault) = vault();
    let (key, _) = vault.new_subject_key(SubjectId(Ulid::from_parts(1, 1))).unwrap();
    let sealed = key.seal(What::DisplayName, b"Wren");
    for i in 0..sealed.bytes().len() {
        let mut damaged = sealed.bytes().to_vec();
        damaged[i] ^= 1;
        assert!(key.open(What::DisplayName, &damaged).is_err(), "byte {i}");
    }
    for cut in [0, 1, 23, 24, 39, sealed.bytes().len() - 1] {
        assert!(key.open(What::DisplayName, &sealed.bytes()[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn the_same_text_is_never_sealed_the_same_twice() {
    let (_dir, vault) = vault();
    let (key, _) = vault.new_subject_key(SubjectId(Ulid::from_parts(1, 1))).unwrap();
    assert_ne!(key.seal(What::DisplayName, b"Wren").bytes(), key.seal(What::DisplayName, b"Wren").bytes());
}
