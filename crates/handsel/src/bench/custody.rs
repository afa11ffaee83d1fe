//! What sealed custody costs: a search among templates under a transform beside one among bare ones, and re-keying very many
//! references while they are searched.

use super::{Spread, spread};
use crate::serve::{runtime, with_processor};
use anyhow::{Context, Result, anyhow, ensure};
use handsel_api::custody::EpochStatus;
use handsel_gallery::{Among, Gallery};
use handsel_palm::{Probe, Roi, Side, Template, Transform};
use handsel_server::{
    App, Config,
    app::{Caller, Refusal},
};
use handsel_synth::{Conditions, Palm};
use indicatif::ProgressBar;
use serde::Serialize;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Drawn palms that are stored again and again: what is in a template does not change how long it takes to re-key.
const DRAWN: u64 = 64;
/// References in a cohort that is searched while all are re-keyed.
const COHORT: u32 = 50;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many palms are re-keyed.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    references: u32,
    /// How many different drawn palms are searched, bare and under a transform.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    searched: u32,
    /// Where the installation is made, or is from the last time; a temporary folder unless said. About 3 KB a palm.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Write the figures as JSON.
    #[arg(long, value_name = "F.json")]
    pub(crate) json: Option<PathBuf>,
}

#[derive(Serialize)]
pub(crate) struct Figures {
    sealing: Sealing,
    rekeying: Rekeying,
}

/// The same searches among bare templates and among the same ones under a transform, in turn.
#[derive(Serialize)]
struct Sealing {
    references: usize,
    searches: usize,
    bare_ms: Spread,
    under_transform_ms: Spread,
    /// The medians' ratio, less one.
    cost: f64,
    different_answers: usize,
}

/// A revoked epoch, with the service up.
#[derive(Serialize)]
struct Rekeying {
    references: usize,
    seconds: f64,
    /// Searches of cohorts from its beginning to its end.
    searches: usize,
    failed: usize,
    wrong: usize,
    search_ms_before: Spread,
    search_ms_during: Spread,
    /// Searches of everybody meanwhile, one after the other; each must find what it found before.
    whole_searches: usize,
    whole_failed: usize,
    whole_wrong: usize,
}

pub(crate) fn figures(args: &Args) -> Result<Figures> {
    Ok(Figures { sealing: sealing(args.searched)?, rekeying: runtime()?.block_on(rekeying(args))? })
}

fn square(who: u64, take: u32) -> Result<Roi> {
    let palm = Palm::from_seed(who, Side::Right);
    Roi::from_grey(palm.draw_roi(&Conditions::of_capture(who, take))).context("a drawn square is a square")
}

fn sealing(references: u32) -> Result<Sealing> {
    let transform = Transform::new(&[7; Transform::KEY_BYTES]);
    let (bare, under) = (Gallery::with_threads(1), Gallery::with_threads(1));
    for who in 0..u64::from(references) {
        let template = Template::extract(&square(who, 0)?);
        // One in some hundreds is drawn too faint to be enrolled.
        if !template.is_usable() {
            continue;
        }
        let mut salt = [0; handsel_palm::transform::SALT_BYTES];
        salt[..8].copy_from_slice(&who.to_le_bytes());
        under.insert(who.into(), Side::Right, 0, template.under(&transform, salt))?;
        bare.insert(who.into(), Side::Right, 0, template)?;
    }
    let probes = (0..50).map(|who| Ok(Arc::new(Probe::build(&square(who, 1)?)))).collect::<Result<Vec<_>>>()?;
    let (mut bare_ms, mut under_ms, mut different) = (Vec::new(), Vec::new(), 0);
    for turn in 0..6 {
        for probe in &probes {
            let start = Instant::now();
            let plain = bare.search(probe, Side::Right, &Among::EVERYONE);
            let middle = Instant::now();
            let sealed = under.search(&Arc::new(probe.under(&transform)), Side::Right, &Among::EVERYONE);
            let end = Instant::now();
            different += usize::from(plain != sealed);
            // The first turn warms up.
            if turn > 0 {
                bare_ms.push((middle - start).as_secs_f64() * 1e3);
                under_ms.push((end - middle).as_secs_f64() * 1e3);
            }
        }
    }
    let searches = bare_ms.len();
    let (bare_ms, under_transform_ms) = (spread(bare_ms), spread(under_ms));
    let cost = under_transform_ms.p50 / bare_ms.p50 - 1.0;
    let references = bare.len();
    Ok(Sealing { references, searches, bare_ms, under_transform_ms, cost, different_answers: different })
}

/// What searches of one kind gave.
#[derive(Default)]
struct Searched {
    ms: Vec<f64>,
    failed: usize,
    wrong: usize,
}

impl Searched {
    async fn one(&mut self, app: &App, search: &Search) {
        let start = Instant::now();
        match app.search_to_measure(&search.probe, search.only.as_deref()).await {
            Err(_) => self.failed += 1,
            Ok(found) if found.map(f32::to_bits) != search.expected => self.wrong += 1,
            Ok(_) => {}
        }
        self.ms.push(start.elapsed().as_secs_f64() * 1e3);
    }
}

/// A search and what it found before.
struct Search {
    probe: Arc<Probe>,
    only: Option<Vec<handsel_api::ReferenceId>>,
    expected: Option<u32>,
}

async fn rekeying(args: &Args) -> Result<Rekeying> {
    let said = |refusal: Refusal| anyhow!(refusal.detail);
    let folder = tempfile::tempdir()?;
    let data_dir = args.data_dir.clone().unwrap_or_else(|| folder.path().to_owned());
    let (config, _processor) = with_processor(Config { data_dir, ..Config::default() })?;
    let app = App::open(&config).await?;
    if app.palms() == 0 {
        let templates = (0..DRAWN).map(|who| Ok(Template::extract(&square(who, 0)?))).collect::<Result<Vec<_>>>()?;
        let bar = ProgressBar::new(u64::from(args.references));
        app.fill_to_measure(args.references, &templates, |wrote| bar.set_position(u64::from(wrote)))
            .await
            .map_err(said)?;
        bar.finish_and_clear();
    }
    app.close().await;
    drop(app);
    let app = App::open(&config).await?;
    let references = app.palms();
    ensure!(references >= 1_000, "there are too few palms in that folder");
    let mut cohorts = Vec::new();
    for who in 0..16u32 {
        let from = (references as u32 - COHORT) / 16 * who;
        let only = Some(app.references_to_measure(from, COHORT).await.map_err(said)?);
        cohorts.push(search(&app, who.into(), only).await.map_err(said)?);
    }
    let whole = search(&app, 0, None).await.map_err(said)?;
    let mut before = Searched::default();
    for turn in 0..200 {
        before.one(&app, &cohorts[turn % cohorts.len()]).await;
    }
    ensure!(before.failed + before.wrong == 0, "searches differ before anything was re-keyed");

    let going = Arc::new(AtomicBool::new(true));
    let searching = tokio::spawn({
        let (app, going) = (app.clone(), Arc::clone(&going));
        async move {
            let mut during = Searched::default();
            while going.load(Ordering::Relaxed) {
                during.one(&app, &cohorts[during.ms.len() % cohorts.len()]).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            during
        }
    });
    let searching_all = tokio::spawn({
        let (app, going) = (app.clone(), Arc::clone(&going));
        async move {
            let mut during = Searched::default();
            while going.load(Ordering::Relaxed) {
                during.one(&app, &whole).await;
                // Not without a pause: whatever else is to be measured needs a processor too.
                tokio::time::sleep(Duration::from_secs(20)).await;
            }
            during
        }
    });
    let start = Instant::now();
    app.revoke_epoch(&Caller::Operator).await.map_err(said)?;
    let seconds = loop {
        // Counting a million rows takes a processor a second.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let custody = app.custody(&Caller::Operator).await.map_err(said)?;
        if custody.epochs.iter().all(|epoch| epoch.status != EpochStatus::Retiring) {
            break start.elapsed().as_secs_f64();
        }
    };
    going.store(false, Ordering::Relaxed);
    let (during, all) = (searching.await?, searching_all.await?);
    app.close().await;
    Ok(Rekeying {
        references,
        seconds,
        searches: during.ms.len(),
        failed: during.failed,
        wrong: during.wrong,
        search_ms_before: spread(before.ms),
        search_ms_during: spread(during.ms),
        whole_searches: all.ms.len(),
        whole_failed: all.failed,
        whole_wrong: all.wrong,
    })
}

async fn search(app: &App, who: u64, only: Option<Vec<handsel_api::ReferenceId>>) -> Result<Search, Refusal> {
    let probe = square(who, 1).map_err(|_| Refusal::new(handsel_api::Code::Internal, "a palm is not drawn"))?;
    let probe = Arc::new(Probe::build(&probe));
    let expected = app.search_to_measure(&probe, only.as_deref()).await?.map(f32::to_bits);
    Ok(Search { probe, only, expected })
}
