//! Who may import whom: the walls between the rooms, read from `cargo metadata`.

use std::{collections::BTreeMap, process::Command};

/// Each crate of ours and those of ours it may use (DESIGN: "who may import whom").
const MAY_USE: &[(&str, &[&str])] = &[
    ("handsel-palm", &[]),
    ("handsel-ledger", &[]),
    ("handsel-log", &[]),
    ("handsel-directory", &["handsel-log"]),
    ("handsel-api", &[]),
    ("handsel-synth", &["handsel-palm"]),
    ("handsel-gallery", &["handsel-palm"]),
    ("handsel-eval", &["handsel-palm"]),
    ("handsel-sim-processor", &[]),
    (
        "handsel-server",
        &["handsel-palm", "handsel-gallery", "handsel-ledger", "handsel-log", "handsel-directory", "handsel-api"],
    ),
    (
        "handsel",
        &[
            "handsel-palm",
            "handsel-ledger",
            "handsel-log",
            "handsel-directory",
            "handsel-api",
            "handsel-synth",
            "handsel-gallery",
            "handsel-eval",
            "handsel-server",
            "handsel-sim-processor",
        ],
    ),
    ("handsel-training", &["handsel-palm", "handsel-synth"]),
    ("xtask", &[]),
];

#[test]
fn every_crate_uses_only_the_rooms_it_may() {
    let allowed: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    for (krate, dependency) in normal_dependencies() {
        let may = allowed.get(krate.as_str()).unwrap_or_else(|| panic!("{krate} is not in the list of rooms"));
        if allowed.contains_key(dependency.as_str()) {
            assert!(may.contains(&dependency.as_str()), "{krate} must not use {dependency}");
        }
    }
}

#[test]
fn the_pure_rooms_know_no_network_store_or_serialisation() {
    const FOREIGN: &[&str] =
        &["tokio", "axum", "sqlx", "hyper", "ureq", "async-nats", "futures-util", "serde", "serde_json"];
    for (krate, dependency) in normal_dependencies() {
        if ["handsel-palm", "handsel-ledger", "handsel-log", "handsel-gallery"].contains(&krate.as_str()) {
            assert!(!FOREIGN.contains(&dependency.as_str()), "{krate} must not use {dependency}");
        }
    }
}

#[test]
fn only_the_server_speaks_nats() {
    for (krate, dependency) in normal_dependencies() {
        assert!(dependency != "async-nats" || krate == "handsel-server", "{krate} must not use {dependency}");
    }
}

/// (crate, what it depends on) for every workspace member, tests and build scripts aside.
fn normal_dependencies() -> Vec<(String, String)> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .output()
        .expect("cargo metadata runs");
    let metadata: serde_json::Value = serde_json::from_slice(&out.stdout).expect("cargo metadata prints JSON");
    let mut edges = Vec::new();
    for package in metadata["packages"].as_array().expect("packages") {
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            if dependency["kind"].is_null() {
                let text = |value: &serde_json::Value| value.as_str().expect("a name").to_owned();
                edges.push((text(&package["name"]), text(&dependency["name"])));
            }
        }
    }
    assert!(!edges.is_empty(), "cargo metadata lists no dependency at all");
    edges
}
