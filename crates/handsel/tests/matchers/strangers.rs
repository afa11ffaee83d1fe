//! Who may not take part: a wrong password, no key file, another release, a store that is not as it was left.

use crate::{
    machines::Nats,
    world::{World, config, program, until},
};
use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use handsel_server::matchers::{NatsError, Rehearsal};
use std::{
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_without_the_key_file_cannot_search_forge_or_replay() -> Result<()> {
    let world = World::new(1).await?;
    let _matchers = [world.matcher("one")?, world.matcher("two")?];
    world.held_by(2).await?;
    // The right password, everything heard, and everything said again to everybody, from a place of its own for answers.
    let (address, user, password) = world.nats.login();
    let stranger = async_nats::ConnectOptions::with_user_and_password(user, password).connect(address).await?;
    let mut heard = stranger.subscribe(">").await?;
    let mut inbox = stranger.subscribe("stranger").await?;
    let (echoed, got) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let answers = Arc::clone(&got);
    let collecting = tokio::spawn(async move {
        while let Some(message) = inbox.next().await {
            // That nobody listens there is no answer.
            answers.fetch_add(u64::from(message.status.is_none()), Ordering::SeqCst);
        }
    });
    let (count, speaker) = (Arc::clone(&echoed), stranger.clone());
    let repeating = tokio::spawn(async move {
        while let Some(message) = heard.next().await {
            // Its own words come back to it; those are not said again.
            if message.headers.is_some() || !message.subject.starts_with("handsel.") && message.reply.is_none() {
                continue;
            }
            let mut mark = async_nats::HeaderMap::new();
            mark.insert("again", "1");
            let mut broken = message.payload.to_vec();
            if let Some(byte) = broken.last_mut() {
                *byte ^= 1;
            }
            // The request again for an answer of its own, a broken one, and nonsense where an answer is awaited.
            for payload in [message.payload, broken.into(), "nonsense".into()] {
                let to = message.subject.clone();
                let said = speaker.publish_with_reply_and_headers(to, "stranger", mark.clone(), payload).await;
                if said.is_err() {
                    return;
                }
            }
            if let Some(reply) = message.reply {
                let said = speaker.publish_with_headers(reply, mark.clone(), "nonsense".into()).await;
                if said.is_err() {
                    return;
                }
            }
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    for _ in 0..4 {
        world.all_answers_are_right().await?;
    }
    until("the stranger has repeated a lot", || echoed.load(Ordering::SeqCst) > 50).await?;
    world.held_by(2).await?;
    stranger.flush().await?;
    ensure!(got.load(Ordering::SeqCst) == 0, "the stranger was answered");
    repeating.abort();
    collecting.abort();
    let log = std::fs::read_to_string(world.log("one"))?;
    ensure!(log.contains("messages on NATS were refused"), "nobody was told");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_another_release_and_a_gap_are_each_dealt_with() -> Result<()> {
    let world = World::new(1).await?;
    let wrong: handsel_server::matchers::NatsServers = world.nats.url_with("guessed").parse()?;
    let refused = wrong_password(&world, &wrong).await.context("a wrong password was accepted")?;
    ensure!(refused == NatsError::Refused.to_string(), "{refused}");
    let said = ends(&["matcher"], &world.data(), &world.nats.url_with("guessed"))?;
    ensure!(said.contains("refuse these credentials") && !said.contains("guessed"), "{said}");
    let said = ends(&["matcher"], &world.data(), "nats://127.0.0.1:4222")?;
    ensure!(said.contains("has no credentials"), "{said}");

    let _matchers = [world.matcher("one")?, world.matcher("two")?];
    world.held_by(2).await?;
    for _ in 0..3 {
        world.server.announce_another_release("0.0.1").await?;
        world.all_answers_are_right().await?;
    }

    world.server.lose_changes().await?;
    // No search is answered by who does not know how the store goes on; then everything is loaded again.
    let one = || std::fs::read_to_string(world.log("one")).unwrap_or_default();
    let two = || std::fs::read_to_string(world.log("two")).unwrap_or_default();
    until("both have noticed the gap", || [one(), two()].iter().all(|log| log.contains("changes are missing"))).await?;
    until("both have loaded again", || {
        [one(), two()].iter().all(|log| log.matches("buckets were loaded").count() >= 2)
    })
    .await?;
    world.held_by(2).await?;
    world.all_answers_are_right().await
}

#[test]
fn a_store_that_is_newer_is_refused_and_left_as_it_is() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let nats = Nats::start(folder.path(), 1)?;
    let said = ends(&["matcher"], folder.path(), &nats.url())?;
    ensure!(said.contains("Start the server first"), "{said}");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let server = runtime.block_on(Rehearsal::make(&config(folder.path().to_owned()), &nats.servers()?))?;
    for (moved, error) in
        [(1_000, "written by a newer version"), (-1_000_000, "start the server of this version first")]
    {
        runtime.block_on(server.pretend_schema(moved))?;
        let said = ends(&["matcher"], folder.path(), &nats.url())?;
        ensure!(said.contains(error), "{said}");
    }
    Ok(())
}

async fn wrong_password(world: &World, wrong: &handsel_server::matchers::NatsServers) -> Option<String> {
    world.server.again(wrong).await.err().map(|error| error.to_string())
}

/// What a command that must fail says on its way out.
fn ends(args: &[&str], data_dir: &Path, nats: &str) -> Result<String> {
    let mut command = Command::new(program());
    command.args(args).arg("--data-dir").arg(data_dir).env("HANDSEL_GALLERY", nats).current_dir(data_dir);
    let ended = command.stdin(Stdio::null()).output()?;
    ensure!(!ended.status.success(), "it did not fail");
    Ok(String::from_utf8_lossy(&ended.stderr).into_owned())
}
