//! The project's chores: `cargo xtask test` runs every test there is, `cargo xtask ci` what the gate runs.

use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

mod clients;
mod tools;

const USAGE: &str = "usage: cargo xtask COMMAND

  test      every test there is: unit, API, process, networks against onnxruntime, a small training, processors against doubles, figures on palms, made-up searches, tills' clients, pages in a browser
  clients   generate the types of clients/ anew from the API's description
  tills     only the tills of examples/, against the real server
  browser   only the pages in a browser
  fuzz [N]  N inputs made up (100,000) against the exact search, and against what reads a log, another seed each time
  chaos [--cycles N]       kills a selling server N times (1,000), and once at every point between request and receipt
  histories [--seeds N]    N made-up histories (10,000) of payments over a bad line, with clock jumps and restarts
  tamper [--entries N]     changes a log of N entries (3,000) in every byte, and in every other way there is: all must be found out
  ci        formatting, lints, dependencies' licences and sources, then `test`";

fn main() -> Result<()> {
    std::env::set_current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent folder")?)?;
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["test"] => test(),
        ["clients"] => clients::generate(),
        ["tills"] => binary().and_then(|()| clients::test()),
        ["browser"] => binary().and_then(|()| browser()),
        ["fuzz"] => fuzz(100_000),
        ["fuzz", inputs] => fuzz(inputs.parse().context("how many inputs: a whole number")?),
        ["chaos"] => chaos("1000"),
        ["chaos", "--cycles", cycles] => chaos(cycles),
        ["histories"] => histories("10000"),
        ["histories", "--seeds", seeds] => histories(seeds),
        ["tamper"] => tamper("3000"),
        ["tamper", "--entries", entries] => tamper(entries),
        ["ci"] => ci(),
        _ => bail!("{USAGE}"),
    }
}

fn ci() -> Result<()> {
    step("formatting", Command::new("cargo").args(["fmt", "--all", "--check"]))?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"];
    step("lints", Command::new("cargo").args(clippy))?;
    tools::ensure_cargo_deny()?;
    step("licences and sources", Command::new("cargo").args(["deny", "check", "bans", "licenses", "sources"]))?;
    test()
}

fn test() -> Result<()> {
    tools::ensure_postgres()?;
    let target = target()?;
    tools::ensure_nats_server()?;
    tools::ensure_softhsm()?;
    let oracle = tools::ensure_python(&target, "oracle", "training/oracle-requirements.txt")?;
    let localstripe = tools::ensure_python(&target, "localstripe", "tests/localstripe-requirements.txt")?;
    let training = tools::ensure_python(&target, "training", "training/requirements.txt")?;
    let mut tests = Command::new("cargo");
    tests.args(["test", "--workspace", "--locked"]).env("ORACLE_PYTHON", oracle).env("TRAINING_PYTHON", training);
    tests.env("LOCALSTRIPE_PYTHON", localstripe);
    step("tests", &mut tests)?;
    fuzz(20_000)?;
    clients::test()?;
    browser()
}

/// Kills again and again; the figures are printed at the end.
fn chaos(cycles: &str) -> Result<()> {
    tools::ensure_postgres()?;
    let mut kills = Command::new("cargo");
    kills.args(["test", "--locked", "--package", "handsel", "--test", "kill", "--", "--nocapture"]);
    step("kills", kills.env("CHAOS_CYCLES", cycles))
}

/// Histories from seeds that were not tried before, or from those that follow `HISTORY_SEED`.
fn histories(seeds: &str) -> Result<()> {
    let mut made_up = Command::new("cargo");
    made_up.args(["test", "--locked", "--package", "handsel-server", "--lib", "histories", "--", "--nocapture"]);
    step("made-up histories", made_up.env("HISTORIES", seeds))
}

/// A larger log than in the tests; the table is printed as it is made.
fn tamper(entries: &str) -> Result<()> {
    let mut changes = Command::new("cargo");
    changes.args([
        "test",
        "--release",
        "--locked",
        "--package",
        "handsel-log",
        "--test",
        "tamper",
        "--",
        "--nocapture",
    ]);
    step("tampering", changes.env("TAMPER_ENTRIES", entries))
}

/// What `fuzz/` is compiled with: libFuzzer's counters, which the stable compiler can place as well.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// Makes up inputs for each fuzz target. What breaks one is left in `target/fuzz/`, and libFuzzer prints how to repeat it.
fn fuzz(inputs: u32) -> Result<()> {
    tools::ensure_cpp_compiler()?;
    let folder = target()?.join("fuzz");
    // Named, so that the counters are not put into build scripts.
    let host = tools::host()?;
    let mut build = Command::new("cargo");
    build.args(["build", "--release", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target", &host]);
    step("the fuzz targets", build.env("RUSTFLAGS", COVERAGE).env("CARGO_TARGET_DIR", &folder))?;
    for (target, what) in
        [("search", "made-up searches"), ("log", "made-up logs and proofs"), ("directory", "made-up directories")]
    {
        let mut run = Command::new(folder.join(&host).join("release").join(target));
        run.arg(format!("-runs={inputs}")).arg("-max_len=2048").arg("-verbosity=0");
        run.arg(format!("-artifact_prefix={}/", folder.display()));
        step(what, &mut run)?;
    }
    Ok(())
}

/// Builds the binary. The tests build it as well, with what they ask of its dependencies, so that nothing is built twice there.
fn binary() -> Result<()> {
    step("the binary", Command::new("cargo").args(["build", "--package", "handsel", "--locked"]))
}

/// Drives the binary's pages in a real browser.
fn browser() -> Result<()> {
    let chromium = tools::ensure_chromium()?;
    tools::ensure_node()?;
    let folder = Path::new("tests/browser");
    step(
        "browser test packages",
        Command::new("npm").args(["install", "--silent", "--no-audit", "--no-fund"]).current_dir(folder),
    )?;
    let binary = target()?.join("debug/handsel");
    let mut run = Command::new("node");
    run.arg("--test").arg("--test-reporter=spec").arg(".");
    step("pages in a browser", run.current_dir(folder).env("BINARY_UNDER_TEST", binary).env("CHROMIUM", chromium))
}

/// Where what is built goes.
fn target() -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    Ok(std::path::absolute(target)?)
}

fn step(what: &str, command: &mut Command) -> Result<()> {
    println!("── {what}");
    let start = Instant::now();
    let status = command.status().with_context(|| format!("{what}: cannot start {command:?}"))?;
    if !status.success() {
        bail!("{what}: {command:?} failed ({status})");
    }
    println!("── {what}: {:.0} s", start.elapsed().as_secs_f32());
    Ok(())
}
