//! The tills' clients: their types are generated from the API's description, and they are tried on the real server.

use crate::{step, target, tools};
use anyhow::{Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What both are generated from; a test of the server keeps it as it is served.
const DESCRIPTION: &str = "crates/server/tests/http/openapi.json";
const TYPESCRIPT: &str = "clients/typescript";
const TILL: &str = "examples/till-typescript";
/// The files that are generated.
const GENERATED: [&str; 2] = ["clients/typescript/src/api.ts", "clients/python/src/handsel/models.py"];

/// Generates both clients' types anew.
pub(crate) fn generate() -> Result<()> {
    let generated = GENERATED.map(PathBuf::from);
    write(&generated)
}

/// Fails where the clients' types are not those of the API's description.
fn check() -> Result<()> {
    let folder = target()?.join("clients");
    fs::create_dir_all(&folder)?;
    let fresh = ["api.ts", "models.py"].map(|name| folder.join(name));
    write(&fresh)?;
    for (kept, fresh) in GENERATED.iter().zip(&fresh) {
        if fs::read(kept)? != fs::read(fresh)? {
            bail!("{kept} is not of this API any more; `cargo xtask clients` writes it anew");
        }
    }
    Ok(())
}

fn write([types, models]: &[PathBuf; 2]) -> Result<()> {
    tools::ensure_node()?;
    npm_install(TYPESCRIPT, &["--ignore-scripts"])?;
    let generator = Path::new(TYPESCRIPT).join("node_modules/.bin/openapi-typescript");
    step("types for TypeScript", Command::new(generator).arg(DESCRIPTION).arg("--output").arg(types))?;
    let python = tools::ensure_python(&target()?, "generators", "clients/generators.txt")?;
    let mut models_of = Command::new(python);
    models_of.args(["-m", "datamodel_code_generator", "--input", DESCRIPTION, "--input-file-type", "openapi"]);
    models_of.args(["--output-model-type", "typing.TypedDict", "--no-use-closed-typed-dict", "--use-union-operator"]);
    models_of.args(["--use-schema-description", "--use-field-description", "--enum-field-as-literal", "all"]);
    models_of.args(["--target-python-version", "3.11", "--formatters", "builtin", "--disable-timestamp"]);
    step("types for Python", models_of.arg("--output").arg(models))
}

/// Checks the types, builds clients and examples, and runs the examples' tills against the real server, which is built already.
pub(crate) fn test() -> Result<()> {
    tools::ensure_curl_and_jq()?;
    check()?;
    npm_install(TYPESCRIPT, &[])?;
    npm_install(TILL, &[])?;
    step("the till in TypeScript", Command::new("npm").args(["run", "--silent", "build"]).current_dir(TILL))?;
    let python = tools::ensure_python(&target()?, "till", "tests/clients/requirements.txt")?;
    let mut run = Command::new("node");
    run.args(["--test", "--test-reporter=spec", "tests/clients/"]).env("TILL_PYTHON", python);
    step("tills", run.env("BINARY_UNDER_TEST", target()?.join("debug/handsel")))
}

fn npm_install(folder: &str, more: &[&str]) -> Result<()> {
    let mut install = Command::new("npm");
    install.args(["install", "--silent", "--no-audit", "--no-fund"]).args(more).current_dir(folder);
    step(&format!("packages for {folder}"), &mut install)
}
