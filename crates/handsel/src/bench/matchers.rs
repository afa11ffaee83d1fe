//! What searching at matchers costs beside searching in one's own memory, and what happens when one of them is killed. NATS server,
//! matchers and searches share this machine.

use super::{
    Spread,
    machines::{Nats, Process},
    spread,
};
use anyhow::{Context, Result, ensure};
use handsel_gallery::{Among, Found, Gallery, Key};
use handsel_palm::{Probe, Roi, Side, Template};
use handsel_server::{Config, matchers::Rehearsal};
use handsel_synth::{Conditions, Palm};
use indicatif::ProgressBar;
use serde::Serialize;
use std::{
    path::PathBuf,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

/// Palms that are searched for, each enrolled once.
const SEARCHED_FOR: u64 = 20;
/// Palms that the others are, each under as many references as it takes.
const OTHERS: u64 = 30;
/// References stored in one transaction.
const AT_ONCE: usize = 1_000;
/// Searches before the clock runs.
const WARM: usize = 20;
/// How long loading may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// What to time.
#[derive(clap::Args)]
pub(super) struct Args {
    /// How many references there are.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    references: u32,
    /// How many searches are timed, each in memory and over NATS, and as many again after the kill.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    searches: u32,
    /// Write the figures as JSON.
    #[arg(long, value_name = "F.json")]
    pub(super) json: Option<PathBuf>,
}

#[derive(Serialize)]
pub(super) struct Figures {
    references: u32,
    matchers: usize,
    searches: u32,
    load_s: f64,
    in_process_ms: Spread,
    over_nats_ms: Spread,
    /// The difference of the medians.
    cost_ms: f64,
    wrong: u32,
    failed: u32,
    after_kill_9_of_one_matcher: Killed,
}

#[derive(Serialize, Default)]
struct Killed {
    searches: u32,
    wrong: u32,
    failed: u32,
    slowest_ms: f64,
}

/// Fills a store, starts everything, measures, kills.
pub(super) fn figures(args: &Args) -> Result<Figures> {
    let runtime = crate::serve::runtime()?;
    runtime.block_on(measure(args))
}

async fn measure(args: &Args) -> Result<Figures> {
    let folder = tempfile::tempdir()?;
    let config = Config { data_dir: folder.path().join("data"), ..Config::default() };
    std::fs::create_dir(&config.data_dir)?;
    let nats = Nats::start(folder.path(), 1)?;
    let server = Rehearsal::make(&config, &nats.servers()?).await?;
    let (gallery, probes) = fill(&server, args.references as usize).await?;
    let start = Instant::now();
    let program = std::env::current_exe()?;
    let matcher = || Process::matcher(&program, &config.data_dir, &nats.url(), Stdio::null());
    let mut matchers = [matcher()?, matcher()?];
    tokio::time::timeout(PATIENCE, server.held_by(2)).await.context("the matchers do not load")?;
    let load_s = start.elapsed().as_secs_f64();

    let mut bench = Bench { server, gallery: Arc::new(gallery), probes, alone: Vec::new(), over: Vec::new() };
    for turn in 0..WARM {
        bench.search(turn).await?;
    }
    (bench.alone, bench.over) = (Vec::new(), Vec::new());
    let (mut wrong, mut failed) = (0, 0);
    for turn in 0..args.searches as usize {
        bench.search(turn).await?.count(&mut wrong, &mut failed);
    }
    let (alone, over) = (std::mem::take(&mut bench.alone), std::mem::take(&mut bench.over));
    let mut killed = Killed { searches: args.searches, ..Killed::default() };
    for turn in 0..args.searches as usize {
        // While one is being answered.
        let kill = async {
            if turn == 2 {
                matchers[0].kill();
            }
        };
        let (answer, ()) = tokio::join!(bench.search(turn), kill);
        answer?.count(&mut killed.wrong, &mut killed.failed);
    }
    killed.slowest_ms = spread(bench.over).max;
    let (in_process_ms, over_nats_ms) = (spread(alone), spread(over));
    Ok(Figures {
        references: args.references,
        matchers: matchers.len(),
        searches: args.searches,
        load_s,
        cost_ms: over_nats_ms.p50 - in_process_ms.p50,
        in_process_ms,
        over_nats_ms,
        wrong,
        failed,
        after_kill_9_of_one_matcher: killed,
    })
}

struct Bench {
    server: Rehearsal,
    gallery: Arc<Gallery>,
    probes: Vec<Arc<Probe>>,
    /// Milliseconds.
    alone: Vec<f64>,
    over: Vec<f64>,
}

enum Answer {
    Right,
    Wrong,
    Failed,
}

impl Bench {
    /// The same search over NATS and in memory, one after the other.
    async fn search(&mut self, turn: usize) -> Result<Answer> {
        let probe = &self.probes[turn % self.probes.len()];
        let start = Instant::now();
        let found = self.server.search(probe, Side::Right).await;
        self.over.push(ms_since(start));
        let (gallery, probe) = (Arc::clone(&self.gallery), Arc::clone(probe));
        let start = Instant::now();
        let searching = tokio::task::spawn_blocking(move || gallery.search(&probe, Side::Right, &Among::EVERYONE));
        let expected: Found = searching.await?;
        self.alone.push(ms_since(start));
        Ok(match found {
            None => Answer::Failed,
            Some(found) if found == expected => Answer::Right,
            Some(_) => Answer::Wrong,
        })
    }
}

impl Answer {
    fn count(&self, wrong: &mut u32, failed: &mut u32) {
        *wrong += u32::from(matches!(self, Answer::Wrong));
        *failed += u32::from(matches!(self, Answer::Failed));
    }
}

fn ms_since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

/// The same references in the store and in memory, and probes of those that are searched for.
async fn fill(server: &Rehearsal, references: usize) -> Result<(Gallery, Vec<Arc<Probe>>)> {
    let draw = |seed, take| -> Result<Roi> {
        let square = Palm::from_seed(seed, Side::Right).draw_roi(&Conditions::of_capture(seed, take));
        Roi::from_grey(square).context("a drawn square is a square")
    };
    let palms: Vec<Template> =
        (0..SEARCHED_FOR + OTHERS).map(|seed| Ok(Template::extract(&draw(seed, 0)?))).collect::<Result<_>>()?;
    let probes = (0..SEARCHED_FOR).map(|seed| Ok(Arc::new(Probe::build(&draw(seed, 1)?)))).collect::<Result<_>>()?;
    ensure!(references > palms.len(), "too few references");
    let (searched_for, others) = palms.split_at(SEARCHED_FOR as usize);
    let all: Vec<&Template> = searched_for.iter().chain(others.iter().cycle()).take(references).collect();
    let gallery = Gallery::new();
    let bar = ProgressBar::new(references as u64);
    for some in all.chunks(AT_ONCE) {
        let keys: Vec<Key> = server.enrol(Side::Right, some).await?;
        for (key, &template) in keys.into_iter().zip(some) {
            gallery.insert(key, Side::Right, 0, template.clone())?;
        }
        bar.inc(some.len() as u64);
    }
    bar.finish_and_clear();
    Ok((gallery, probes))
}
