//! The source itself is checked: what must not land, does not.

use std::{path::Path, process::Command};

/// What no tracked file may contain: left-overs, and paths of somebody's machine. Written in halves so that this file passes.
const BANNED: &[(&str, &str)] =
    &[("todo", "!("), ("unimplemented", "!("), ("#[ign", "ore"), ("FIX", "ME"), ("/ho", "me/"), ("/ro", "ot/")];

/// A file over this many lines holds a second idea.
const MAX_LINES: usize = 500;

fn tracked(extension: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let out = Command::new("git").args(["ls-files"]).current_dir(root).output().expect("git runs");
    let files: Vec<_> = String::from_utf8(out.stdout)
        .expect("paths are UTF-8")
        .lines()
        .filter(|path| path.ends_with(extension))
        .filter_map(|path| Some((path.to_owned(), std::fs::read_to_string(root.join(path)).ok()?)))
        .collect();
    assert!(!files.is_empty(), "no {extension} file is tracked");
    files
}

#[test]
fn no_left_overs() {
    for (path, text) in [tracked(".rs"), tracked(".js"), tracked(".md"), tracked(".html")].concat() {
        for (a, b) in BANNED {
            assert!(!text.contains(&format!("{a}{b}")), "{path} contains {a}{b}");
        }
    }
}

#[test]
fn no_giant_files() {
    for (path, text) in tracked(".rs") {
        let lines = text.lines().count();
        assert!(lines <= MAX_LINES, "{path} has {lines} lines; look for the second idea in it");
    }
}

#[test]
fn biometric_types_have_a_silent_debug_and_no_serialize() {
    for (path, text) in tracked(".rs").into_iter().filter(|(path, _)| path.starts_with("crates/palm/src")) {
        assert!(!text.contains("Serialize"), "{path}: nothing in this crate may be serialised");
    }
}
