//! The project's chores: `cargo xtask test` runs every test there is, `cargo xtask ci` what the gate runs.

use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

mod tools;

const USAGE: &str = "usage: cargo xtask COMMAND

  test      every test there is: unit, API, process, networks against onnxruntime, a small training, figures on palms, pages in a browser
  browser   only the pages in a browser
  ci        formatting, lints, dependencies' licences and sources, then `test`";

fn main() -> Result<()> {
    std::env::set_current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent folder")?)?;
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["test"] => test(),
        ["browser"] => browser(),
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
    let oracle = tools::ensure_python(&target, "oracle", "training/oracle-requirements.txt")?;
    let training = tools::ensure_python(&target, "training", "training/requirements.txt")?;
    let mut tests = Command::new("cargo");
    tests.args(["test", "--workspace", "--locked"]).env("ORACLE_PYTHON", oracle).env("TRAINING_PYTHON", training);
    step("tests", &mut tests)?;
    browser()
}

/// Builds the binary and drives its pages in a real browser.
fn browser() -> Result<()> {
    step("the binary", Command::new("cargo").args(["build", "--package", "handsel", "--locked"]))?;
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
