//! Continuous searches, with people coming and going, while machines are killed.

use crate::{
    machines::Process,
    world::{Drawn, PATIENCE, World, until},
};
use anyhow::{Context, Result, bail, ensure};
use handsel_palm::Side;
use handsel_server::matchers::Rehearsal;
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use tokio::task::JoinHandle;

/// Searches and changes that run until they are told to stop.
struct Load {
    stop: Arc<AtomicBool>,
    searches: Arc<AtomicU64>,
    changes: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<Result<()>>>,
}

impl Load {
    fn start(world: &Arc<World>, comers: Vec<Drawn>) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let (searches, changes) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let most = world.alone.len() as u64 + comers.len() as u64;
        let mut tasks = Vec::new();
        for worker in 0..2 {
            let (world, stop, searches) = (Arc::clone(world), Arc::clone(&stop), Arc::clone(&searches));
            tasks.push(tokio::spawn(async move {
                for palm in (0..world.palms.len()).cycle().skip(worker * 3) {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let found = world.server.search(&world.palms[palm].probe, Side::Right).await;
                    let found = found.context("a search failed")?;
                    let expected = world.expected(palm);
                    ensure!(found.best == expected.best, "{found:?}, not {expected:?}");
                    ensure!((expected.comparisons..=most).contains(&found.comparisons), "{found:?}");
                    searches.fetch_add(1, Ordering::SeqCst);
                }
                Ok(())
            }));
        }
        let (server, halt, count) = (Arc::clone(&world.server), Arc::clone(&stop), Arc::clone(&changes));
        tasks.push(tokio::spawn(async move {
            while !halt.load(Ordering::SeqCst) {
                come_and_go(&server, &comers).await?;
                count.fetch_add(1, Ordering::SeqCst);
            }
            Ok(())
        }));
        Load { stop, searches, changes, tasks }
    }

    /// Waits for that many more searches, and for two more rounds of changes.
    async fn more(&self, searches: u64) -> Result<()> {
        let now = || (self.searches.load(Ordering::SeqCst), self.changes.load(Ordering::SeqCst));
        let before = now();
        let broken = || self.tasks.iter().any(JoinHandle::is_finished);
        until("more is searched", || broken() || now().0 >= before.0 + searches && now().1 >= before.1 + 2).await?;
        if broken() { bail!("the load broke off") } else { Ok(()) }
    }

    /// Nothing was wrong, nothing failed; how many searches there were.
    async fn end(self) -> Result<u64> {
        self.stop.store(true, Ordering::SeqCst);
        for task in self.tasks {
            task.await??;
        }
        Ok(self.searches.load(Ordering::SeqCst))
    }
}

/// Each palm is found at once when it is enrolled, and never again once its erasure is acknowledged.
pub(crate) async fn come_and_go(server: &Rehearsal, comers: &[Drawn]) -> Result<()> {
    for comer in comers {
        let key = server.enrol(Side::Right, &[&comer.template]).await?[0];
        let found = server.search(&comer.probe, Side::Right).await.context("a search after an enrolment failed")?;
        ensure!(found.best.is_some_and(|best| best.key == key), "a new palm is not found: {found:?}");
        server.erase(key).await?;
        let found = server.search(&comer.probe, Side::Right).await.context("a search after an erasure failed")?;
        ensure!(found.best.is_none_or(|best| best.key != key), "an erased palm is found: {found:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn machines_come_go_and_are_killed_and_every_search_is_right() -> Result<()> {
    let world = Arc::new(World::new(3).await?);
    let mut matchers = vec![world.matcher("one")?, world.matcher("two")?, world.matcher("three")?];
    world.held_by(2).await?;
    world.all_answers_are_right().await?;
    let comers = (100..103).map(Drawn::new).collect::<Result<Vec<_>>>()?;
    let load = Load::start(&world, comers);
    let outcome = async {
        load.more(50).await?;
        matchers[0].kill();
        load.more(50).await?;
        world.held_by(2).await?;
        matchers[0] = world.matcher("four")?;
        load.more(50).await?;
        world.held_by(2).await?;
        world.nats.kill(0);
        load.more(50).await?;
        world.held_by(2).await?;
        let leaving = matchers.remove(1);
        let left = tokio::task::spawn_blocking(move || leaving.stop()).await??;
        ensure!(left.success(), "a matcher that was told to stop ended with {left}");
        load.more(50).await?;
        matchers.push(world.matcher("five")?);
        load.more(50).await?;
        world.held_by(2).await
    };
    let outcome = outcome.await;
    let searches = load.end().await?;
    outcome?;
    ensure!(searches >= 300, "only {searches} searches");
    world.all_answers_are_right().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_every_bucket_there_is_no_answer_and_with_them_there_is_again() -> Result<()> {
    let world = World::new(1).await?;
    ensure!(world.server.search(&world.palms[0].probe, Side::Right).await.is_none(), "nobody holds anything yet");
    let mut matchers = [world.matcher("one")?, world.matcher("two")?, world.matcher("three")?];
    let settled = tokio::time::timeout(PATIENCE, world.server.settled_at(2)).await;
    settled.context("the palms do not come to rest at two matchers each")?;
    world.all_answers_are_right().await?;
    // The third one goes on answering for its own; what only the other two held is missing.
    matchers[..2].iter_mut().for_each(Process::kill);
    ensure!(world.server.search(&world.palms[0].probe, Side::Right).await.is_none(), "an answer from a part");
    // It takes over what is missing by itself.
    tokio::time::timeout(PATIENCE, world.server.settled_at(1)).await.context("the last one does not take over")?;
    world.all_answers_are_right().await?;
    matchers[2].kill();
    ensure!(world.server.search(&world.palms[0].probe, Side::Right).await.is_none(), "there is nobody to answer");
    until("the palms are known not to be held", || !world.server.is_held()).await?;
    let one = world.matcher("four")?;
    world.held_by(1).await?;
    world.all_answers_are_right().await?;
    let two = world.matcher("five")?;
    world.held_by(2).await?;
    world.all_answers_are_right().await?;
    drop((one, two));
    Ok(())
}
