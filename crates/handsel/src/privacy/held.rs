//! The promise about palms that their owners carry.

use super::{
    checks::Day,
    look::{self, Wanted},
    server,
};
use crate::{
    carried::{Carried, PIN, show},
    demo::client::Answer,
};
use anyhow::{Context, Result, ensure};
use handsel_api::{Code, consents::Purpose, held::Carrier, payments::Decision};
use handsel_palm::{Capture, Frame, HeldTemplate, Template, capture};
use std::time::Duration;

/// Nothing stays here of a palm that its owner carries: no template, nothing that was sealed, no key, no PIN.
pub(super) fn held(day: &mut Day) -> Result<String> {
    let person = day.bakery.person(day.server()?, "Holly Marsh", 105)?;
    day.bakery.sign(&person, Purpose::Payment)?;
    let mut wanted = Wanted::default();
    for carrier in [Carrier::Phone, Carrier::Card] {
        let carried = take(day, &person, carrier, &mut wanted)?;
        wanted.add("blob", &carried.blob);
        if let Some(key) = &carried.key {
            wanted.add("key", key);
        }
        let payment = day.bakery.ask(600, &format!("held-{}", carrier.word()))?;
        let decision = (30..38).find_map(|take| {
            let hand = server::frame(person.seed, take);
            let code = carried.frame();
            let shown = code.and_then(|code| show(&day.bakery.till, payment.id, &code, &hand));
            day.frames.push(hand);
            match shown.map(|shown| shown.answer) {
                Ok(Answer::Refused(problem)) if problem.code == Code::CaptureRejected => None,
                other => Some(other.and_then(Answer::done)),
            }
        });
        let decision = decision.context("no capture was accepted")??.decision;
        ensure!(decision == Decision::Identified, "who brought their palm on a {} was {decision:?}", carrier.word());
    }
    let own = look::memory(std::process::id(), &wanted)?;
    if let Some((own, _)) = own {
        ensure!(own.contains_key("blob") && own.contains_key("held template"), "the search does not find what is here");
    }
    // What a request left is freed when its thread comes round to it.
    std::thread::sleep(Duration::from_millis(500));
    let (hits, files) = day.files(&wanted)?;
    ensure!(hits.is_empty(), "in the files: {hits:?}");
    let memory = day.memory_without(&wanted, "")?;
    let log = std::fs::read_to_string(day.ground.folder.join("log"))?;
    ensure!(!log.contains(PIN), "the PIN is in the log");
    Ok(format!(
        "paid by phone and by card; none of {} pieces of their templates, blobs and key is in {files} files or {memory}",
        wanted.len()
    ))
}

/// Has a palm sealed to a carrier, and notes what it was made of.
fn take(day: &mut Day, person: &server::Person, carrier: Carrier, wanted: &mut Wanted) -> Result<Carried> {
    for take in 0..8 {
        let frame = server::frame(person.seed, take);
        let answer = Carried::take(&person.wallet, person.id, carrier, &frame)?;
        if matches!(&answer, Answer::Refused(problem) if problem.code == Code::CaptureRejected) {
            day.frames.push(frame);
            continue;
        }
        let carried = answer.done()?;
        let Capture::Accepted(sample) = capture(&Frame::decode(&frame)?) else { continue };
        let template = Template::extract(&sample.roi);
        wanted.add("template", &template.to_bytes());
        wanted.add("held template", &HeldTemplate::of(&template).context("a template that is small")?.to_bytes());
        day.frames.push(frame);
        return Ok(carried);
    }
    anyhow::bail!("no capture was accepted")
}
