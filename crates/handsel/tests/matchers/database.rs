//! A store in a database: matchers need nothing of the server's machine but a copy of its key file.

use crate::{
    load::come_and_go,
    machines::{self, Nats, Process},
    postgres,
    world::{Drawn, PATIENCE, config, program},
};
use anyhow::{Context, Result, ensure};
use handsel_palm::Side;
use handsel_server::{Config, matchers::Rehearsal};
use std::{path::Path, process::Stdio};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn matchers_on_other_machines_follow_a_store_in_a_database() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let database = postgres::database();
    let nats = Nats::start(folder.path(), 1)?;
    let here = folder.path().join("server");
    let server = Config { store: Some(database.parse()?), ..config(here.clone()) };
    let server = Rehearsal::make(&server, &nats.servers()?).await?;
    let palms = (0..4).map(Drawn::new).collect::<Result<Vec<_>>>()?;
    let keys = server.enrol(Side::Right, &palms.iter().map(|palm| &palm.template).collect::<Vec<_>>()).await?;
    let matcher = |name: &str| -> Result<Process> {
        let there = folder.path().join(name);
        copy_keys(&here, &there)?;
        let mut command = machines::matcher(program(), &there, &nats.url());
        Process::start(command.env("HANDSEL_STORE", &database).stdout(Stdio::null()).stderr(Stdio::null()))
    };
    let mut matchers = [matcher("one")?, matcher("two")?];
    tokio::time::timeout(PATIENCE, server.held_by(2)).await.context("the palms are not held by two matchers")?;
    come_and_go(&server, &[Drawn::new(100)?]).await?;
    matchers[0].kill();
    for (palm, key) in palms.iter().zip(keys) {
        let found = server.search(&palm.probe, Side::Right).await.context("no answer")?;
        ensure!(found.best.is_some_and(|best| best.key == key) && found.comparisons == 4, "{found:?}");
    }
    ensure!(!here.join("handsel.db").exists() && !folder.path().join("one/handsel.db").exists(), "a store in a file");
    Ok(())
}

fn copy_keys(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to.join("keys"))?;
    let name = "keys/installation.key";
    // The mode is copied, too: its owner's alone.
    std::fs::copy(from.join(name), to.join(name))?;
    Ok(())
}
