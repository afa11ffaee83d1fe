//! Leaving: everywhere, provably, and by itself in the end.

use super::{
    checks::Day,
    look::Wanted,
    server::{Ground, Server},
};
use anyhow::{Context, Result, ensure};
use handsel_api::{
    Code, SubjectId,
    erasure::{EraseRequest, ErasureReceipt},
    payments::Decision,
    subjects::{Erased, Subject},
    webhooks::WebhookKeys,
};
use handsel_server::{
    backup::{self, Lock, Unlock},
    privacy,
    signing::is_signed,
};
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

/// Opens the backup that is made meanwhile.
const PASSPHRASE: &str = "a passphrase of nobody\u{2019}s";

/// After an erasure nothing is left: not in memory, not in a file, not in what a backup brings back.
pub(super) fn erasure(day: &mut Day) -> Result<String> {
    let server = day.server.as_ref().context("no server runs")?;
    let leaving = day.bakery.enrol(server, "Rowan Leaving", 105, &mut day.frames)?;
    day.bakery.pay(&leaving, 501, &mut day.frames)?;
    let mut wanted = Wanted::default();
    for trace in day.traces(&leaving)? {
        wanted.trace(trace.what, &trace.bytes);
    }
    wanted.add("id", leaving.id.to_string().as_bytes());
    let (there, _) = day.files(&wanted)?;
    day.expect_in_store(&there, &["SealedTemplate", "WrappedKey", "SealedOpening"])?;
    let (there, _) = day.memory(&wanted)?;
    ensure!(there.contains_key("Template") && there.contains_key("Vector"), "not found in memory before: {there:?}");
    let backup = backup_of(day)?;

    let request = EraseRequest::Link { link: handsel_api::Private(leaving.leave_path.clone()) };
    let start = Instant::now();
    let erased: Erased = day.bakery.till.post("/v1/erasures", &request, None)?.done()?;
    let took = start.elapsed();
    let receipt: ErasureReceipt = day.server()?.anyone.get(&format!("/v1/erasures/{}", erased.receipt.id))?.done()?;
    let keys: WebhookKeys = day.server()?.anyone.get("/v1/webhook_keys")?.done()?;
    let key = keys.public_keys.first().context("a public key")?;
    ensure!(is_signed(&receipt.signed_text(), &receipt.signature, key), "its receipt is not signed");
    let changed = ErasureReceipt { references: receipt.references + 1, ..receipt.clone() };
    ensure!(!is_signed(&changed.signed_text(), &receipt.signature, key), "a changed receipt is believed");
    leaving.wallet.get::<Subject>(&format!("/v1/subjects/{}", leaving.id))?.refused_with(Code::Unauthenticated)?;
    let (hits, files) = day.files(&wanted)?;
    ensure!(hits.keys().all(|name| name == "id"), "in the files: {hits:?}");
    let payment = day.bakery.ask(502, "gone")?;
    let decision = day.bakery.identify(&payment, leaving.seed, &mut day.frames)?;
    ensure!(decision == Decision::NoMatch, "who left was {decision:?}");
    let memory = day.memory_without(&wanted, "id")?;

    ensure!(day.traces(&leaving).is_err(), "the store has them still");
    let back = match backup {
        Some(backup) => nothing_comes_back(day, leaving.id, &backup)?,
        None => "",
    };
    Ok(format!(
        "gone in {} ms from {files} files and {memory}; the receipt is signed{back}{}",
        took.as_millis(),
        day.besides()
    ))
}

/// A backup, where the store is a file; a database has its own.
fn backup_of(day: &Day) -> Result<Option<Vec<u8>>> {
    if day.ground.store.is_some() {
        return Ok(None);
    }
    let mut backup = Vec::new();
    backup::make(&day.ground.config()?, Lock::passphrase(PASSPHRASE)?, &mut backup)?;
    Ok(Some(backup))
}

/// Puts a backup of before an erasure back elsewhere, beside the keys of now.
fn nothing_comes_back(day: &Day, gone: SubjectId, backup: &[u8]) -> Result<&'static str> {
    let elsewhere = tempfile::tempdir()?;
    let (here, fresh) = (day.ground.config()?, Ground::of(elsewhere.path()).config()?);
    copy_folder(&here.keys_dir(), &fresh.keys_dir())?;
    copy_folder(&here.data_dir.join("log"), &fresh.data_dir.join("log"))?;
    let restored = backup::restore(&fresh, &Unlock::passphrase(PASSPHRASE)?, backup)?;
    ensure!(restored.erased_since == 1, "{} were erased since the backup, not one", restored.erased_since);
    let back = day.runtime.block_on(privacy::traces(&fresh, gone));
    ensure!(back.is_err(), "a backup of before opens what was erased");
    Ok("; a backup of before brings nothing back")
}

/// Whoever does not come for long enough is erased by the server itself.
pub(super) fn retention(day: &mut Day) -> Result<String> {
    day.server.take().context("no server runs")?.stop()?;
    let config = day.ground.config()?;
    let aged = privacy::pretend_unused(&config, day.wren.id, config.keep_unused_days + 1);
    day.runtime.block_on(aged).map_err(anyhow::Error::msg)?;
    let server = Server::start(&day.ground)?;
    let start = Instant::now();
    let path = format!("/v1/subjects/{}", day.wren.id);
    while server.operator.get::<Subject>(&path)?.done().is_ok() {
        ensure!(start.elapsed() < Duration::from_secs(20), "who did nothing for a year is here still");
        std::thread::sleep(Duration::from_millis(100));
    }
    let stays: Subject = server.operator.get(&format!("/v1/subjects/{}", day.moss.id))?.done()?;
    server.stop()?;
    Ok(format!("unused for {} days: erased by itself; {} stays", config.keep_unused_days + 1, stays.id))
}

/// Copies a folder with all that is in it.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
