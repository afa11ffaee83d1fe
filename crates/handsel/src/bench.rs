//! `handsel bench`: how long the work takes on this machine.

mod custody;
mod erase;
mod held;
mod ledger;
mod localise;
mod log;
#[allow(dead_code, reason = "the tests use more of it")]
mod machines;
mod matchers;
mod payments;
mod search;
#[allow(dead_code, reason = "the tests use more of it")]
mod shop;
mod start;

use crate::demo::client;
use anyhow::{Context, Result, bail};
use handsel_gallery::{Decision, Gallery, TargetFpir};
use handsel_palm::{Capture, Frame, Probe, Roi, Side, Template, capture};
use handsel_synth::{Conditions, Palm};
use indicatif::ProgressBar;
use serde::Serialize;
use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Instant};

/// Enrolment captures are numbered from here, so that no timed capture repeats one.
const ENROL_FROM: u32 = 10_000;

/// What to time.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// From the bytes of a 1600 px JPEG of a whole drawn hand to a decision among many enrolled palms.
    Identify(Identify),
    /// How far off drawn hands are placed, before anything and in any light, and how long it takes.
    Localise(localise::Args),
    /// Exact searches among very many vectors, next to how fast their bytes can be read at all.
    Search(search::Args),
    /// From nothing to an open installation with very many sealed palms in memory.
    Start(start::Args),
    /// Searching at two matchers over NATS beside searching in memory, and after one of them was killed.
    Matchers(matchers::Args),
    /// What sealed custody costs a search, and re-keying very many references while they are searched.
    Custody(custody::Args),
    /// A palm that its owner carries: from the frame with its code to the decision.
    Held(held::Args),
    /// Somebody erased among very many, through the API: until no search finds them, and until no byte of them is left.
    Erase(erase::Args),
    /// Payments through HTTP, from asking for the amount to a captured charge, with real durability.
    Payments(payments::Args),
    /// Transfers of the ledger in groups that share a commit.
    Ledger(ledger::Args),
    /// The transparency log: entries appended a second, and proofs in a log of a hundred million.
    Log(log::Args),
    /// Drawing regions of interest as training does: palms, each with a few captures.
    Draw(Draw),
}

#[derive(clap::Args)]
struct Draw {
    /// How many palms are drawn.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    palms: u32,
    /// How many captures of each.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    captures: u32,
}

#[derive(clap::Args)]
struct Identify {
    /// How many palms are enrolled.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    references: u32,
    /// How many captures are timed.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    captures: u32,
    /// Write the figures as JSON.
    #[arg(long, value_name = "F.json")]
    json: Option<PathBuf>,
}

#[derive(Serialize)]
struct Figures {
    references: u32,
    captures: u32,
    rejected: u32,
    identified: u32,
    step_up: u32,
    no_match: u32,
    wrong: u32,
    decode_ms: Spread,
    capture_ms: Spread,
    extract_ms: Spread,
    search_ms: Spread,
    frame_to_decision_ms: Spread,
}

/// Median, 95th and 99th percentile, and most.
#[derive(Serialize)]
struct Spread {
    p50: f64,
    p95: f64,
    p99: f64,
    max: f64,
}

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    let (text, json) = match args.what {
        What::Identify(args) => (serde_json::to_string_pretty(&identify(&args)?)?, args.json),
        What::Localise(args) => (serde_json::to_string_pretty(&localise::figures(&args)?)?, args.json),
        What::Search(args) => (serde_json::to_string_pretty(&search::figures(&args)?)?, args.json),
        What::Start(args) => (serde_json::to_string_pretty(&start::figures(&args)?)?, args.json),
        What::Matchers(args) => (serde_json::to_string_pretty(&matchers::figures(&args)?)?, args.json),
        What::Custody(args) => (serde_json::to_string_pretty(&custody::figures(&args)?)?, args.json),
        What::Held(args) => (serde_json::to_string_pretty(&held::figures(&args)?)?, args.json),
        What::Erase(args) => (serde_json::to_string_pretty(&erase::figures(&args)?)?, args.json),
        What::Payments(args) => (serde_json::to_string_pretty(&payments::figures(&args)?)?, args.json),
        What::Ledger(args) => (serde_json::to_string_pretty(&ledger::figures(&args)?)?, args.json),
        What::Log(args) => (serde_json::to_string_pretty(&log::figures(&args)?)?, args.json),
        What::Draw(args) => (serde_json::to_string_pretty(&draw(&args))?, None),
    };
    println!("{text}");
    if let Some(path) = &json {
        std::fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Draws every palm anew, with its captures.
fn draw(args: &Draw) -> serde_json::Value {
    let start = Instant::now();
    for who in 0..u64::from(args.palms) {
        let palm = Palm::from_seed(who, Side::Right);
        for capture in 0..args.captures {
            std::hint::black_box(palm.draw_roi(&Conditions::of_training(who, capture)));
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let drawn = f64::from(args.palms) * f64::from(args.captures);
    serde_json::json!({ "palms": args.palms, "captures": args.captures, "captures_per_second": drawn / seconds })
}

/// Enrols drawn right palms, then holds up the first ones again, as new captures.
fn identify(args: &Identify) -> Result<Figures> {
    let gallery = enrol(args.references, args.captures)?;
    // The server's default, and the risk a search by a stranger ends in an identity.
    let risk = TargetFpir::new(handsel_server::Config::DEFAULT_TARGET_FPIR).context("the default risk is a risk")?;
    let (mut rejected, mut identified, mut step_up, mut no_match, mut wrong) = (0, 0, 0, 0, 0);
    let mut laps: [Vec<f64>; 5] = Default::default();
    for index in 0..args.captures {
        let who = u64::from(index % args.references);
        let conditions = Conditions::of_capture(who, 1 + index / args.references).sized(1600, 1200);
        let jpeg = Palm::from_seed(who, Side::Right).draw_hand(&conditions).to_jpeg(90);

        let start = Instant::now();
        let frame = Frame::decode(&jpeg)?;
        let decoded = Instant::now();
        let captured = capture(&frame);
        let seen = Instant::now();
        let Capture::Accepted(sample) = captured else {
            rejected += 1;
            continue;
        };
        let probe = Arc::new(Probe::build(&sample.roi));
        let extracted = Instant::now();
        let decision = gallery.identify(&probe, sample.side, risk);
        let decided = Instant::now();

        match decision {
            Decision::Identified(candidate) if candidate.key == u128::from(who) => identified += 1,
            Decision::StepUp(candidate) if candidate.key == u128::from(who) => step_up += 1,
            Decision::NoMatch => no_match += 1,
            Decision::Identified(_) | Decision::StepUp(_) => wrong += 1,
        }
        let marks = [(start, decoded), (decoded, seen), (seen, extracted), (extracted, decided), (start, decided)];
        for (lap, (from, to)) in laps.iter_mut().zip(marks) {
            lap.push((to - from).as_secs_f64() * 1e3);
        }
    }
    if laps[0].is_empty() {
        bail!("no capture was accepted, so nothing was timed");
    }
    let [decode_ms, capture_ms, extract_ms, search_ms, frame_to_decision_ms] = laps.map(spread);
    let (references, captures) = (args.references, args.captures);
    Ok(Figures {
        references,
        captures,
        rejected,
        identified,
        step_up,
        no_match,
        wrong,
        decode_ms,
        capture_ms,
        extract_ms,
        search_ms,
        frame_to_decision_ms,
    })
}

/// Two captures of whole hands, as at the kiosk, of everybody who will be searched for; of the others one drawn square,
/// which is quicker to draw and costs a search the same.
fn enrol(references: u32, searched_for: u32) -> Result<Gallery> {
    let gallery = Gallery::new();
    let bar = ProgressBar::new(u64::from(references));
    for who in 0..u64::from(references) {
        let palm = Palm::from_seed(who, Side::Right);
        let rois = if who < u64::from(searched_for) {
            (0..2).filter_map(|take| cut(&palm, &Conditions::of_capture(who, ENROL_FROM + take))).collect()
        } else {
            vec![Roi::from_grey(palm.draw_roi(&Conditions::of_capture(who, 0))).context("a drawn square is a square")?]
        };
        for (capture, roi) in (0..).zip(rois) {
            gallery.insert(u128::from(who), Side::Right, capture, Template::extract(&roi))?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(gallery)
}

fn cut(palm: &Palm, conditions: &Conditions) -> Option<Roi> {
    let hand = palm.draw_hand(conditions);
    match capture(&Frame::from_rgb(hand.width, hand.height, hand.rgb).ok()?) {
        Capture::Accepted(sample) => Some(sample.roi),
        Capture::Rejected(_) => None,
    }
}

fn spread(mut times: Vec<f64>) -> Spread {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    Spread { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1.0) }
}
