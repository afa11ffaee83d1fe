//! A training run small enough for a test: it learns, stops, goes on, and its network is read.

use handsel_palm::net::Network;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

/// A Python with what `training/requirements.txt` lists; `cargo xtask test` makes one and sets this.
const PYTHON: &str = "TRAINING_PYTHON";

fn train(python: &Path, run: &Path, presentations: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("extractor.py");
    let status = Command::new(python)
        .arg(script)
        .args(["--program", env!("CARGO_BIN_EXE_handsel-training"), "--run"])
        .arg(run)
        .args(["--presentations", presentations, "--palms", "32", "--batch", "32", "--every", "256", "--threads", "1"])
        .args(["--widths", "8", "8", "16", "--blocks", "1", "1", "1", "--warm-up", "128", "--held-out", "8"])
        .stdout(Stdio::null())
        .status();
    assert!(status.expect("Python starts").success());
}

#[test]
fn a_small_run_learns_goes_on_and_is_the_same_again() {
    let Some(python) = std::env::var_os(PYTHON) else {
        eprintln!("no training was tried: {PYTHON} is not set; `cargo xtask test` does that");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let (once, again) = (folder.path().join("once"), folder.path().join("again"));
    train(python.as_ref(), &once, "512");
    train(python.as_ref(), &once, "1024");
    let curve = fs::read_to_string(once.join("curve.csv")).expect("a curve");
    let losses: Vec<f64> =
        curve.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse().expect("a loss")).collect();
    assert_eq!(losses.len(), 4, "a line for every 256 presentations:\n{curve}");
    assert!(losses[3] < losses[0], "nothing was learned:\n{curve}");
    let net = fs::read(once.join("extractor.net")).expect("a network");
    let network = Network::read(&net).expect("a network that is read");
    assert_eq!(network.outputs().map(|o| (o.height, o.width, o.channels)).collect::<Vec<_>>(), [(1, 1, 256)]);
    train(python.as_ref(), &again, "512");
    train(python.as_ref(), &again, "1024");
    assert!(
        fs::read(again.join("extractor.net")).is_ok_and(|bytes| bytes == net),
        "the same seed trained another network"
    );
}
