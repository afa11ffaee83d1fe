//! How captures and payments end. Counters by day, linked to nobody.

use super::{
    super::{
        Page, Shown,
        visitor::{Operator, Tab},
        words,
    },
    Done, ROWS,
    bars::Chart,
};
use crate::app::{App, CaptureCount, CaptureOutcome, CapturePurpose, Counts};
use askama::Template;
use axum::{extract::State, response::IntoResponse};
use handsel_api::incidents::Incident;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "console_counts.html")]
struct CountsPage {
    here: Tab,
    done: Option<Done>,
    subjects: u64,
    palms: u64,
    captures: u64,
    rejected_share: String,
    charts: Vec<Chart>,
    incidents: Vec<Amiss>,
}

/// Something that was found amiss.
struct Amiss {
    what: &'static str,
    detail: String,
    found: String,
    ended: Option<String>,
}

pub(super) async fn show(State(app): State<App>, operator: Operator) -> Shown {
    let counts = app.counts(&operator.0).await?;
    let captures = counts.captures.iter().map(|row| row.count).sum();
    let rejected = sum(&counts.captures, |row| row.outcome == CaptureOutcome::Rejected);
    let page = CountsPage {
        here: operator.at("/console/quality"),
        done: None,
        subjects: counts.subjects,
        palms: counts.palms,
        captures,
        rejected_share: share(rejected, captures),
        charts: charts(&counts),
        incidents: app.list_incidents(&operator.0, ROWS, None).await?.data.into_iter().map(amiss).collect(),
    };
    Ok(Page(page).into_response())
}

fn amiss(incident: Incident) -> Amiss {
    Amiss {
        what: words::incident(incident.kind),
        detail: incident.detail,
        found: words::when(&incident.found_at),
        ended: incident.ended_at.as_deref().map(words::when),
    }
}

fn charts(counts: &Counts) -> Vec<Chart> {
    let outcomes = |purpose, named: &[(CaptureOutcome, &str)]| {
        let count = |outcome| sum(&counts.captures, |row| row.purpose == purpose && row.outcome == outcome);
        named.iter().map(|(outcome, name)| ((*name).to_owned(), count(*outcome))).collect()
    };
    let paying = outcomes(
        CapturePurpose::Identify,
        &[
            (CaptureOutcome::Identified, "Recognised"),
            (CaptureOutcome::StepUp, "Asked for digits"),
            (CaptureOutcome::NoMatch, "Nobody"),
            (CaptureOutcome::Rejected, "No usable palm"),
        ],
    );
    let enrolling = outcomes(
        CapturePurpose::Enrol,
        &[
            (CaptureOutcome::Enrolled, "Enrolled"),
            (CaptureOutcome::Refused, "Already enrolled"),
            (CaptureOutcome::Rejected, "No usable palm"),
        ],
    );
    let payments = counts.payments.iter().map(|row| (words::status(row.status).to_owned(), row.count)).collect();
    let quality = counts.quality.iter().enumerate().map(|(tens, count)| (range(tens), *count)).collect();
    let reads = counts.reads.iter().map(|(purpose, outcome, count)| (words::read(purpose, outcome), *count)).collect();
    vec![
        Chart::of("Captures to pay", "Ended as", paying),
        Chart::of("Captures to enrol", "Ended as", enrolling),
        Chart::of("Why a capture was no good", "Reason", reasons(&counts.captures)),
        Chart::of("Quality of good captures", "Quality", quality),
        Chart::of("What palms were read for", "Purpose and outcome", reads),
        Chart::of("Payments", "Status", payments),
    ]
}

/// First reasons, the commonest on top.
fn reasons(captures: &[CaptureCount]) -> Vec<(String, u64)> {
    let mut by_reason: BTreeMap<&str, u64> = BTreeMap::new();
    for row in captures {
        if let Some(reason) = &row.reason {
            *by_reason.entry(reason).or_default() += row.count;
        }
    }
    let mut rows: Vec<_> = by_reason.into_iter().map(|(code, n)| (words::reason(code).to_owned(), n)).collect();
    rows.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    rows
}

fn range(tens: usize) -> String {
    let end = if tens == 9 { 100 } else { tens * 10 + 9 };
    format!("{} to {end}", tens * 10)
}

fn sum(captures: &[CaptureCount], counts: impl Fn(&CaptureCount) -> bool) -> u64 {
    captures.iter().filter(|row| counts(row)).map(|row| row.count).sum()
}

fn share(part: u64, whole: u64) -> String {
    let percent = (part * 100 + whole / 2).checked_div(whole);
    percent.map_or_else(|| "–".to_owned(), |percent| format!("{percent} %"))
}
