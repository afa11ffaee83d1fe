//! What a writer does besides writing: it is the only one, refuses what is not its own, and goes on after what went wrong.

use handsel_log::{
    Folder, KeyName, LogSigner, Writer,
    verify::{Expected, Reason, audit},
    write::{Error, MAX_ENTRY_BYTES},
};
use std::{fs, path::Path};
use support::signer;

mod support;

fn filled(folder: &Path) -> Writer {
    let log = Writer::open(folder, signer()).unwrap();
    log.append(&["a", "b", "c"]).unwrap();
    log.publish().unwrap();
    log
}

/// Why a log does not open.
fn refused(folder: &Path) -> Error {
    Writer::open(folder, signer()).err().expect("it does not open")
}

#[test]
fn an_empty_log_has_a_checkpoint_and_holds() {
    let folder = tempfile::tempdir().unwrap();
    let log = Writer::open(folder.path(), signer()).unwrap();
    assert!(log.is_empty());
    assert_eq!(log.append::<&str>(&[]).unwrap(), 0..0);
    assert_eq!(audit(&Folder::new(log.public()), &Expected::default()).unwrap().checkpoint.size, 0);
}

#[test]
fn there_is_one_writer() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    assert!(matches!(refused(folder.path()), Error::Locked));
    drop(log);
    assert_eq!(Writer::open(folder.path(), signer()).unwrap().len(), 3);
}

#[test]
fn what_was_appended_and_not_published_is_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    assert_eq!(log.append(&["d"]).unwrap(), 3..4);
    drop(log);
    let log = Writer::open(folder.path(), signer()).unwrap();
    assert_eq!(log.append(&["e", "f"]).unwrap(), 4..6);
    drop(log);
    let log = Writer::open(folder.path(), signer()).unwrap();
    let checkpoint = log.publish().unwrap();
    assert!(checkpoint.text().starts_with("test.example/log\n6\n"));
    assert_eq!(fs::read_dir(folder.path().join("journal")).unwrap().count(), 0, "what is published is in no journal");
    let bundle = fs::read(log.public().join("tile/entries/000.p/6")).unwrap();
    assert_eq!(bundle, b"\0\x01a\0\x01b\0\x01c\0\x01d\0\x01e\0\x01f");
}

#[test]
fn another_log_or_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    for (name, key) in [("test.example/log", 8), ("test.example/other", 7)] {
        let other = LogSigner::new(KeyName::parse(name).unwrap(), &[key; 32]);
        assert!(matches!(Writer::open(folder.path(), other), Err(Error::OtherLog)));
    }
}

#[test]
fn an_entry_that_is_too_long_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    let long = vec![0; MAX_ENTRY_BYTES + 1];
    assert!(matches!(log.append(&[&b"d"[..], &long]), Err(Error::TooLong(_))));
    assert_eq!(log.len(), 3);
    log.append(&[&long[1..]]).unwrap();
    log.publish().unwrap();
    assert_eq!(audit(&Folder::new(log.public()), &Expected::default()).unwrap().checkpoint.size, 4);
}

#[test]
fn a_log_that_was_changed_behind_its_back_is_not_gone_on_with() {
    for (file, what) in
        [("tile/0/000.p/3", "a tile"), ("tile/entries/000.p/3", "a bundle"), ("checkpoint", "a checkpoint")]
    {
        let folder = tempfile::tempdir().unwrap();
        let log = filled(folder.path());
        let path = log.public().join(file);
        drop(log);
        let mut bytes = fs::read(&path).unwrap();
        bytes[2] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(matches!(refused(folder.path()), Error::Damaged(_) | Error::OtherLog), "{what} was changed");
        fs::remove_file(path).unwrap();
        assert!(matches!(refused(folder.path()), Error::Damaged(_) | Error::Io(..)), "{what} is gone");
    }
}

#[test]
fn a_journal_is_cut_where_an_append_was_interrupted_and_refused_where_it_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    log.append(&["d"]).unwrap();
    log.append(&["e"]).unwrap();
    drop(log);
    let segment = folder.path().join("journal/3");
    let whole = fs::read(&segment).unwrap();
    let record = whole.len() / 2;

    // Wherever the last record ends, what is before it stays; and nothing is half there.
    for end in record..whole.len() {
        fs::write(&segment, &whole[..end]).unwrap();
        assert_eq!(Writer::open(folder.path(), signer()).unwrap().len(), 4, "cut at {end}");
        assert_eq!(fs::read(&segment).unwrap(), whole[..record]);
    }
    // What was acknowledged after the damage must not be forgotten silently.
    for at in 0..record {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&segment, changed).unwrap();
        let why = refused(folder.path()).to_string();
        assert_eq!(why, "the log is damaged: the journal is damaged at byte 0 of 3", "changed at {at}");
    }
    fs::write(&segment, &whole).unwrap();
    assert_eq!(Writer::open(folder.path(), signer()).unwrap().len(), 5);

    // A gap: a segment is gone.
    fs::rename(&segment, folder.path().join("journal/4")).unwrap();
    fs::write(folder.path().join("journal/4"), &whole[record..]).unwrap();
    assert_eq!(refused(folder.path()).to_string(), "the log is damaged: the journal goes on at entry 4 instead of 3");
}

#[test]
fn publishing_that_fails_can_be_tried_again_and_nothing_half_done_is_signed() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    let before = log.checkpoint().unwrap();
    log.append(&vec!["more"; 600]).unwrap();
    // A file where a folder must be.
    let blocker = log.public().join("tile/1");
    fs::write(&blocker, "").unwrap();
    assert!(matches!(log.publish(), Err(Error::Io(..))));
    assert_eq!(fs::read(log.public().join("checkpoint")).unwrap(), before.to_string().into_bytes());
    fs::remove_file(blocker).unwrap();
    log.append(&["last"]).unwrap();
    assert!(log.publish().unwrap().text().starts_with("test.example/log\n604\n"));
    let known = Expected { older: vec![before.to_string().into_bytes()], ..Expected::default() };
    audit(&Folder::new(log.public()), &known).unwrap();
}

#[test]
fn older_partial_tiles_stay_until_the_full_one_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    log.append(&["d"; 100]).unwrap();
    log.publish().unwrap();
    let there = |path: &str| log.public().join(path).exists();
    assert!(there("tile/0/000.p/3") && there("tile/0/000.p/103") && there("tile/entries/000.p/3"));
    log.append(&["e"; 200]).unwrap();
    log.publish().unwrap();
    assert!(there("tile/0/000") && there("tile/entries/000") && there("tile/0/001.p/47"));
    assert!(!there("tile/0/000.p") && !there("tile/entries/000.p"));
}

#[test]
fn an_audit_says_what_is_of_no_checkpoint_yet_and_refuses_names_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    let ahead = log.public().join("tile/0/000.p/4");
    fs::copy(log.public().join("tile/0/000.p/3"), ahead).unwrap();
    let public = Folder::new(log.public());
    assert_eq!(audit(&public, &Expected::default()).unwrap().ahead, ["tile/0/000.p/4"]);
    fs::write(log.public().join("tile/0/000.p/04"), "").unwrap();
    assert_eq!(audit(&public, &Expected::default()).unwrap_err().reason, Reason::Name);
}
