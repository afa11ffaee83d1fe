//! What a chore needs and the machine may lack: installed where we may, otherwise named in one line.

use crate::step;
use anyhow::{Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Version of `cargo deny` the gate runs; any that is there already serves.
const CARGO_DENY: &str = "0.20.2";

pub(crate) fn ensure_cargo_deny() -> Result<()> {
    if runs("cargo", &["deny", "--version"]) {
        return Ok(());
    }
    step(
        "installing cargo-deny",
        Command::new("cargo").args(["install", "--locked", "cargo-deny", "--version", CARGO_DENY]),
    )
}

/// The path of a Chromium that answers, installed from Debian's packages if need be.
pub(crate) fn ensure_chromium() -> Result<PathBuf> {
    let found = || {
        ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| {
            let out = Command::new("sh").args(["-c", &format!("command -v {name}")]).output().ok()?;
            out.status.success().then(|| PathBuf::from(String::from_utf8_lossy(&out.stdout).trim()))
        })
    };
    if found().is_none() {
        apt_install(&["chromium"], "the browser tests need Chromium")?;
    }
    found().ok_or_else(|| anyhow::anyhow!("chromium was installed but cannot be found on the PATH"))
}

pub(crate) fn ensure_node() -> Result<()> {
    if !(runs("node", &["--version"]) && runs("npm", &["--version"])) {
        apt_install(&["nodejs", "npm"], "the browser tests need Node.js 20 or later and npm")?;
    }
    Ok(())
}

/// What docs/INTEGRATE.md is followed with.
pub(crate) fn ensure_curl_and_jq() -> Result<()> {
    if !(runs("curl", &["--version"]) && runs("jq", &["--version"])) {
        apt_install(&["curl", "jq"], "the commands of docs/INTEGRATE.md need curl and jq")?;
    }
    Ok(())
}

/// PostgreSQL's programs, for stores of tests' own. They are looked for where tests look: `tests/support/postgres.rs`.
pub(crate) fn ensure_postgres() -> Result<()> {
    let found = "test -n \"$POSTGRES_BIN\" || ls /usr/lib/postgresql/*/bin/initdb || command -v initdb";
    if !runs("sh", &["-c", found]) {
        apt_install(&["postgresql"], "the store is tested on PostgreSQL 14 or later too")?;
    }
    Ok(())
}

/// Debian installs it where only the system's own path leads.
pub(crate) fn ensure_nats_server() -> Result<()> {
    let there = |program: &&str| runs(program, &["--version"]);
    if !["nats-server", "/usr/sbin/nats-server", "/usr/local/sbin/nats-server"].iter().any(there) {
        apt_install(&["nats-server"], "the tests of many machines need nats-server")?;
    }
    Ok(())
}

/// A PKCS#11 token in files, for keys that live in one.
pub(crate) fn ensure_softhsm() -> Result<()> {
    if !runs("softhsm2-util", &["--version"]) {
        apt_install(&["softhsm2"], "keys in a PKCS#11 token are tested with SoftHSM 2")?;
    }
    Ok(())
}

/// libFuzzer is C++.
pub(crate) fn ensure_cpp_compiler() -> Result<()> {
    if !runs("c++", &["--version"]) {
        apt_install(&["g++"], "the fuzz target needs a C++ compiler")?;
    }
    Ok(())
}

/// The target that this machine's compiler builds for.
pub(crate) fn host() -> Result<String> {
    let out = Command::new("rustc").arg("-vV").output()?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| anyhow::anyhow!("rustc does not say what it builds for"))
}

/// A Python of its own below `target`, with the packages that a list names; made again when the list changes.
pub(crate) fn ensure_python(target: &Path, name: &str, packages: &str) -> Result<PathBuf> {
    let folder = target.join(name);
    let (python, installed) = (folder.join("bin/python"), folder.join("installed.txt"));
    let wanted = fs::read(packages)?;
    if fs::read(&installed).is_ok_and(|list| list == wanted) {
        return Ok(python);
    }
    if !runs("python3", &["-c", "import ensurepip"]) {
        apt_install(&["python3", "python3-venv"], "networks are tested with Python 3 and its venv module")?;
    }
    step(&format!("a Python for {name}"), Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", packages];
    step(&format!("packages for {name}"), Command::new(&python).args(install))?;
    fs::write(&installed, wanted)?;
    Ok(python)
}

fn apt_install(packages: &[&str], need: &str) -> Result<()> {
    let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n");
    if !root || !runs("apt-get", &["--version"]) {
        bail!(
            "{need}: install {} (on Debian or Ubuntu: apt-get install {})",
            packages.join(" and "),
            packages.join(" ")
        );
    }
    step("package lists", Command::new("apt-get").args(["update", "--quiet=2"]))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "--yes", "--quiet=2", "--no-install-recommends"]).args(packages);
    step(&format!("installing {}", packages.join(" ")), install.env("DEBIAN_FRONTEND", "noninteractive"))
}

fn runs(program: &str, args: &[&str]) -> bool {
    Command::new(program).args(args).output().is_ok_and(|out| out.status.success())
}
