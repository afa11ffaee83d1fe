//! Paying with a palm that its owner carries: from the frame with its code to the decision, over HTTP at a real server.

use super::{Spread, spread};
use crate::{
    carried::{Carried, show},
    demo::client::Answer,
    privacy::server::{Ground, Server, Shop, frame},
};
use anyhow::{Context, Result, ensure};
use handsel_api::{Code, consents::Purpose, held::Carrier, payments::Decision};
use serde::Serialize;
use std::{path::PathBuf, time::Duration};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many times each carrier is shown.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    shown: u32,
    /// Write the figures as JSON.
    #[arg(long, value_name = "F.json")]
    pub(crate) json: Option<PathBuf>,
}

#[derive(Serialize)]
pub(crate) struct Figures {
    phone: OfCarrier,
    card: OfCarrier,
}

/// What one carrier took.
#[derive(Serialize)]
struct OfCarrier {
    blob_bytes: usize,
    decided: usize,
    identified: usize,
    /// Hands that were no good, and not timed.
    rejected: usize,
    /// Of a code in a frame.
    read_ms: Spread,
    /// From the frame with the code being sent to the decision about the hand; with the PIN, for a card.
    code_to_decision_ms: Spread,
}

pub(crate) fn figures(args: &Args) -> Result<Figures> {
    let folder = tempfile::Builder::new().prefix("handsel-held-").tempdir()?;
    let server = Server::start(&Ground::of(folder.path()))?;
    let shop = Shop::open(&server, "Fennel & Rye")?;
    let of = |carrier, seed| of_carrier(args, &server, &shop, carrier, seed);
    let figures = Figures { phone: of(Carrier::Phone, 201)?, card: of(Carrier::Card, 202)? };
    server.stop()?;
    Ok(figures)
}

fn of_carrier(args: &Args, server: &Server, shop: &Shop, carrier: Carrier, seed: u64) -> Result<OfCarrier> {
    let person = shop.person(server, "Wren Ashdown", seed)?;
    shop.sign(&person, Purpose::Payment)?;
    let taken = (0..8).find_map(|take| match Carried::take(&person.wallet, person.id, carrier, &frame(seed, take)) {
        Ok(Answer::Refused(problem)) if problem.code == Code::CaptureRejected => None,
        other => Some(other.and_then(Answer::done)),
    });
    let carried = taken.context("no capture was good enough to carry")??;
    let (mut read, mut whole, mut identified, mut rejected) = (Vec::new(), Vec::new(), 0, 0);
    for take in 0..args.shown {
        let payment = shop.ask(500, &format!("{seed}-{take}"))?;
        let shown = show(&shop.till, payment.id, &carried.frame()?, &frame(seed, 100 + take))?;
        match shown.answer {
            Answer::Refused(problem) if problem.code == Code::CaptureRejected => {
                rejected += 1;
                continue;
            }
            answer => identified += usize::from(answer.done()?.decision == Decision::Identified),
        }
        read.push(ms(shown.read));
        whole.push(ms(shown.whole));
    }
    ensure!(!whole.is_empty(), "no hand was good enough to be compared");
    Ok(OfCarrier {
        blob_bytes: carried.blob.len(),
        decided: whole.len(),
        identified,
        rejected,
        read_ms: spread(read),
        code_to_decision_ms: spread(whole),
    })
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}
