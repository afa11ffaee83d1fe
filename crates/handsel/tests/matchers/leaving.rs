//! What an operator does after a breach, and what somebody does who leaves, reaches every matcher: also one that is killed meanwhile and
//! comes back. Real processes, searched all the time, and their memory.

use crate::{
    client::Answer,
    look::{self, Wanted},
    machines::{Nats, Process},
    people::{Ground, Person, Server, Shop, frame},
    postgres,
    world::{Drawn, PATIENCE, program},
};
use anyhow::{Context, Result, ensure};
use handsel_api::{
    Private,
    custody::{Custody, EpochStatus},
    erasure::EraseRequest,
    payments::{Decision, Identification},
    subjects::Erased,
};
use handsel_palm::{Side, Template};
use handsel_server::{
    matchers::Rehearsal,
    privacy::{self, Trace},
};
use std::{
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

/// How long what is being read when somebody leaves may take to come to its end.
const GONE_WITHIN: Duration = Duration::from_secs(10);
/// Palms of nobody, so that re-keying takes long enough to kill somebody meanwhile.
const NOBODY: usize = 6_000;
/// Searches that a till makes at least, from before the breach until after everything is re-keyed.
const SEARCHES: usize = 30;

#[test]
fn a_breach_and_leaving_reach_a_matcher_that_was_killed_meanwhile() -> Result<()> {
    breach_and_leave(None)
}

#[test]
fn a_breach_and_leaving_reach_matchers_of_a_database() -> Result<()> {
    breach_and_leave(Some(postgres::database()))
}

fn breach_and_leave(store: Option<String>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let nats = Nats::start(folder.path(), 1)?;
    let ground = Ground { store, gallery: Some(nats.url()), ..Ground::of(folder.path()) };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(fill(&ground, &nats))?;
    let server = Server::start(&ground)?;
    let matcher = |name: &str| start_matcher(&ground, name);
    let (mut one, two) = (matcher("one")?, matcher("two")?);
    ready(&server)?;
    let shop = Shop::open(&server, "Bakery")?;
    let [moss, wren, rowan] = [("Moss", 102), ("Wren", 101), ("Rowan", 105)]
        .map(|(name, seed)| shop.enrol(&server, name, seed, &mut Vec::new()));
    let (moss, wren, rowan) = (moss?, wren?, rowan?);
    let stays = recognised(&shop, &moss)?;
    let leaves = recognised(&shop, &wren)?;
    let traces = |of: &Person| -> Result<Wanted> {
        let found = runtime.block_on(privacy::traces(&ground.config()?, of.id)).map_err(anyhow::Error::msg)?;
        let mut wanted = Wanted::default();
        found.iter().for_each(|found| wanted.trace(found.what, &found.bytes));
        Ok(wanted)
    };
    // What a thief has of Moss: templates as they are stored and searched in this epoch. Not what outlives it.
    let stolen = {
        let found = runtime.block_on(privacy::traces(&ground.config()?, moss.id)).map_err(anyhow::Error::msg)?;
        let mut wanted = Wanted::default();
        let of_the_epoch = [Trace::Template, Trace::Vector, Trace::SealedTemplate];
        found.iter().filter(|it| of_the_epoch.contains(&it.what)).for_each(|it| wanted.trace(it.what, &it.bytes));
        wanted
    };
    let all_of_rowan = traces(&rowan)?;
    for matcher in [one.id(), two.id()] {
        for (whose, wanted) in [("Moss", &stolen), ("Rowan", &all_of_rowan)] {
            holds(matcher, wanted).with_context(|| format!("{whose} is not found before"))?;
        }
    }

    let over = AtomicBool::new(false);
    let searches = std::thread::scope(|scope| -> Result<usize> {
        let (shop, over, stays) = (&shop, &over, &stays);
        let searching = scope.spawn(move || -> Result<usize> {
            let mut searches = 0;
            while !over.load(Ordering::SeqCst) || searches < SEARCHES {
                let decision = decide(shop, stays, &format!("during-{searches}")).context("a search failed")?;
                ensure!(decision != Decision::NoMatch, "who stays was not found in search {searches}");
                searches += 1;
            }
            Ok(searches)
        });
        let outcome = (|| {
            server.operator.act::<Custody>("/v1/custody/revoke_epoch", None)?.done()?;
            // Re-keying begins when no search is under way that does not know the epoch.
            let all = left_to_rekey(&server)?;
            wait("references are re-keyed", || Ok(left_to_rekey(&server)? < all))?;
            one.kill();
            let left = left_to_rekey(&server)?;
            ensure!(left > 0, "all were re-keyed before anybody was killed");
            erase(shop, &rowan)?;
            one = matcher("one again")?;
            wait("every reference is of the new epoch", || {
                let custody: Custody = server.operator.get("/v1/custody")?.done()?;
                Ok(custody.templates_to_rekey == 0
                    && custody.epochs.iter().all(|epoch| epoch.status != EpochStatus::Retiring))
            })
        })();
        over.store(true, Ordering::SeqCst);
        let searches = searching.join().expect("searching does not panic")?;
        outcome.map(|()| searches)
    })?;
    ensure!(searches >= SEARCHES, "{searches} searches");
    // The one that came back holds its share again, under the new epoch.
    let moss_now = traces(&moss)?;
    wait("the matcher that was killed holds palms again", || Ok(holds(one.id(), &moss_now).is_ok()))?;
    let everybody = [("the server", server.pid()), ("the first matcher", one.id()), ("the second matcher", two.id())];
    for (who, id) in everybody {
        gone(id, &stolen).with_context(|| format!("what was stolen of Moss, in {who}"))?;
        gone(id, &all_of_rowan).with_context(|| format!("Rowan, who left, in {who}"))?;
    }
    ensure!(decide(&shop, &stays, "after")? != Decision::NoMatch, "who stays is not found after");

    // Nobody is killed or re-keyed now.
    let all_of_wren = traces(&wren)?;
    for matcher in [one.id(), two.id()] {
        holds(matcher, &all_of_wren).context("Wren is not found before")?;
    }
    erase(&shop, &wren)?;
    ensure!(decide(&shop, &leaves, "gone")? == Decision::NoMatch, "who left is found");
    for (who, id) in everybody {
        gone(id, &all_of_wren).with_context(|| format!("Wren, who left, in {who}"))?;
    }
    server.stop()
}

/// Palms under names of nobody, before the server is there.
async fn fill(ground: &Ground, nats: &Nats) -> Result<()> {
    let config = ground.config()?;
    std::fs::create_dir_all(&config.data_dir)?;
    let rehearsal = Rehearsal::make(&config, &nats.servers()?).await?;
    let palms = (0..4).map(Drawn::new).collect::<Result<Vec<_>>>()?;
    let templates: Vec<&Template> = palms.iter().map(|palm| &palm.template).cycle().take(NOBODY).collect();
    for some in templates.chunks(1_000) {
        rehearsal.enrol(Side::Right, some).await?;
    }
    Ok(())
}

fn start_matcher(ground: &Ground, name: &str) -> Result<Process> {
    let log = std::fs::File::create(ground.folder.join(format!("{name}.log")))?;
    let (data, nats) = (ground.folder.join("data"), ground.gallery.as_deref().context("NATS")?);
    let mut command: Command = crate::machines::matcher(program(), Path::new(&data), nats);
    match &ground.store {
        Some(store) => command.env("HANDSEL_STORE", store),
        None => command.env_remove("HANDSEL_STORE"),
    };
    Process::start(command.stdout(Stdio::null()).stderr(log))
}

fn ready(server: &Server) -> Result<()> {
    wait("the palms are held", || Ok(matches!(server.anyone.get::<serde_json::Value>("/readyz")?, Answer::Done(_))))
}

/// Waits until it is so; no longer than three times as long as anything else here may take.
fn wait(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !is_so()? {
        ensure!(start.elapsed() < 3 * PATIENCE, "it never came to be that {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn left_to_rekey(server: &Server) -> Result<u64> {
    Ok(server.operator.get::<Custody>("/v1/custody")?.done()?.templates_to_rekey)
}

fn erase(shop: &Shop, person: &Person) -> Result<()> {
    let request = EraseRequest::Link { link: Private(person.leave_path.clone()) };
    shop.till.post::<Erased>("/v1/erasures", &request, None)?.done()?;
    Ok(())
}

/// A capture by which somebody is recognised now.
fn recognised(shop: &Shop, person: &Person) -> Result<Vec<u8>> {
    let frames = (30..40).map(|take| (take, frame(person.seed, take)));
    let found = frames.into_iter().find(|(take, frame)| {
        decide(shop, frame, &format!("try-{}-{take}", person.seed)).is_ok_and(|decision| decision != Decision::NoMatch)
    });
    Ok(found.context("somebody who is enrolled is not recognised")?.1)
}

fn decide(shop: &Shop, frame: &[u8], key: &str) -> Result<Decision> {
    let payment = shop.ask(100, key)?;
    let path = format!("/v1/payments/{}/identify", payment.id);
    Ok(shop.till.post_frame::<Identification>(&path, frame)?.done()?.decision)
}

/// Fails unless a process holds some of this; says nothing where this user may not look.
fn holds(id: u32, wanted: &Wanted) -> Result<()> {
    let Some((hits, _)) = look::memory(id, wanted)? else { return Ok(()) };
    ensure!(hits.contains_key("Template") && hits.contains_key("Vector"), "it holds {hits:?}");
    Ok(())
}

/// Fails if a process still holds any of this after a while: what reads when somebody leaves may come to its end.
fn gone(id: u32, wanted: &Wanted) -> Result<()> {
    let until = Instant::now() + GONE_WITHIN;
    loop {
        let Some((hits, _)) = look::memory(id, wanted)? else { return Ok(()) };
        if hits.is_empty() {
            return Ok(());
        }
        ensure!(Instant::now() < until, "it holds {hits:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
