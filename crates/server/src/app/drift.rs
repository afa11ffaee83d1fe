//! Notices when captures begin to end worse than they did: a lens that got dirty, a lamp that was moved, or somebody who tries hands.

use super::{Answer, App, CaptureOutcome, CapturePurpose};
use crate::{
    clock::{day, now_ms},
    store::counts::{self, StoredCount},
};
use handsel_api::incidents::IncidentKind;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// The days that are held against those before them: today and yesterday.
const LATELY: i64 = 2;
/// The days before.
const BEFORE: i64 = 28;
/// The fewest captures lately, and before, that say anything.
const FEWEST_LATELY: u64 = 200;
const FEWEST_BEFORE: u64 = 1_000;
/// How many standard deviations are no chance: alone it reaches five once in 3.5 million independent looks, and counts of two days change
/// too little between two looks to be independent.
const DEVIATIONS: f64 = 5.0;
/// How many captures in a hundred more are worth somebody's time, however sure it is.
const POINTS: f64 = 0.05;

/// So many of so many.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    of: u64,
    all: u64,
}

impl App {
    /// Compares how captures at payments ended lately with the four weeks before; what got worse is an incident until it is better.
    pub(super) async fn look_for_drift(&self) -> Answer<()> {
        let now_ms = now_ms();
        let since = day(now_ms - (LATELY + BEFORE - 1) * DAY_MS);
        let lately = day(now_ms - (LATELY - 1) * DAY_MS);
        let all = counts::captures_since(&mut *self.0.store.read().await?, &since).await?;
        self.note_incident(IncidentKind::RatesDrifted, worse(&all, &lately).as_deref()).await
    }
}

/// What got worse since a day, in words.
fn worse(all: &[StoredCount], lately: &str) -> Option<String> {
    let paying = || all.iter().filter(|row| row.purpose == CapturePurpose::Identify.word());
    let share = |recent: bool, bad: CaptureOutcome, among: fn(&str) -> bool| {
        let counted = paying().filter(|row| (row.day.as_str() >= lately) == recent && among(&row.outcome));
        counted.fold(Share::default(), |share, row| Share {
            of: share.of + if row.outcome == bad.word() { row.count } else { 0 },
            all: share.all + row.count,
        })
    };
    let usable = |outcome: &str| outcome != CaptureOutcome::Rejected.word();
    let every = |_: &str| true;
    let looked_at: [(&str, CaptureOutcome, fn(&str) -> bool); 3] = [
        ("no usable palm", CaptureOutcome::Rejected, every),
        ("nobody found", CaptureOutcome::NoMatch, usable),
        ("asked for digits", CaptureOutcome::StepUp, usable),
    ];
    let found = looked_at.into_iter().filter_map(|(what, bad, among)| {
        let (now, before) = (share(true, bad, among), share(false, bad, among));
        now.is_worse_than(before).then(|| format!("{what}: {now} in {LATELY} days, {before} in the {BEFORE} before"))
    });
    let found: Vec<String> = found.collect();
    (!found.is_empty()).then(|| found.join("; "))
}

impl Share {
    /// Whether it is larger by more than chance: the pooled test of two proportions.
    fn is_worse_than(self, before: Share) -> bool {
        if self.all < FEWEST_LATELY || before.all < FEWEST_BEFORE {
            return false;
        }
        let difference = self.rate() - before.rate();
        let pooled = Share { of: self.of + before.of, all: self.all + before.all }.rate();
        let deviation = (pooled * (1.0 - pooled) * (1.0 / float(self.all) + 1.0 / float(before.all))).sqrt();
        difference >= POINTS && difference > DEVIATIONS * deviation
    }

    fn rate(self) -> f64 {
        float(self.of) / float(self.all)
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.0} % of {}", 100.0 * self.rate(), self.all)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of captures are far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(day: &str, outcome: CaptureOutcome, count: u64) -> StoredCount {
        let (purpose, outcome) = (CapturePurpose::Identify.word().to_owned(), outcome.word().to_owned());
        StoredCount { day: day.to_owned(), purpose, outcome, reason: String::new(), count }
    }

    /// Four weeks of 50 captures a day with two rejected in each, and then what is given.
    fn shop(lately: &[(CaptureOutcome, u64)]) -> Vec<StoredCount> {
        let before = (1..=28).flat_map(|date| {
            let day = format!("2026-10-{date:02}");
            [(CaptureOutcome::Rejected, 2), (CaptureOutcome::Identified, 46), (CaptureOutcome::NoMatch, 2)]
                .map(|(outcome, count)| counted(&day, outcome, count))
        });
        before.chain(lately.iter().map(|(outcome, count)| counted("2026-10-29", *outcome, *count))).collect()
    }

    #[test]
    fn what_got_much_worse_is_said_and_chance_is_not() {
        use CaptureOutcome::{Identified, NoMatch, Rejected, StepUp};
        let said = |lately: &[(CaptureOutcome, u64)]| worse(&shop(lately), "2026-10-29");
        assert_eq!(said(&[]), None, "nothing lately");
        assert_eq!(said(&[(Rejected, 12), (Identified, 276), (NoMatch, 12)]), None, "as before");
        assert_eq!(said(&[(Rejected, 22), (Identified, 270), (NoMatch, 8)]), None, "a bad day");
        assert_eq!(said(&[(Rejected, 100), (Identified, 50)]), None, "too few to say");
        assert_eq!(said(&[(Identified, 300)]), None, "better");
        let dirty = said(&[(Rejected, 90), (Identified, 200), (NoMatch, 10)]).unwrap();
        assert_eq!(dirty, "no usable palm: 30 % of 300 in 2 days, 4 % of 1400 in the 28 before");
        let tried = said(&[(Identified, 200), (NoMatch, 60), (StepUp, 40)]).unwrap();
        assert!(
            tried.starts_with("nobody found: 20 % of 300") && tried.contains("; asked for digits: 13 % of 300"),
            "{tried}"
        );
        let enrolling: Vec<StoredCount> = shop(&[(Rejected, 90), (Identified, 200)])
            .into_iter()
            .map(|row| StoredCount { purpose: "enrol".to_owned(), ..row })
            .collect();
        assert_eq!(worse(&enrolling, "2026-10-29"), None, "payments only");
    }
}
