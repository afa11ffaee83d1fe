//! Counts for the console. Counters by day, linked to nobody.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
};
use crate::{
    clock::{day, now_ms},
    payment_state::EVERY,
    store::{counts, counts::StoredCount},
};
use handsel_api::payments::PaymentStatus;

/// How many days of captures are shown, today included.
const DAYS: i64 = 30;

/// What the console counts.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Subjects there are.
    pub subjects: u64,
    /// Palms in the gallery, frozen ones included.
    pub palms: u64,
    /// Payments by where they stand, in the order of [`PaymentStatus`]; every status is here.
    pub payments: Vec<PaymentCount>,
    /// Captures of the last 30 days by day, purpose, outcome and reason, newest first.
    pub captures: Vec<CaptureCount>,
    /// How often references were read in the last 30 days: purpose, outcome, count.
    pub reads: Vec<(String, String, u64)>,
    /// Accepted captures of the last 30 days by quality: 0–9, 10–19, … 90–100.
    pub quality: [u64; 10],
}

/// How many payments stand somewhere.
#[derive(Debug, Clone, Copy)]
pub struct PaymentCount {
    /// Where they stand.
    pub status: PaymentStatus,
    /// How many.
    pub count: u64,
}

/// How many captures ended in one way on one day.
#[derive(Debug, Clone)]
pub struct CaptureCount {
    /// `YYYY-MM-DD`, UTC.
    pub day: String,
    /// What the capture was for.
    pub purpose: CapturePurpose,
    /// How it ended.
    pub outcome: CaptureOutcome,
    /// For rejected ones: the first reason, as in the API; `None` otherwise.
    pub reason: Option<String>,
    /// How many.
    pub count: u64,
}

/// What a capture was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CapturePurpose {
    /// To enrol a palm.
    Enrol,
    /// To pay.
    Identify,
}

/// How a capture ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaptureOutcome {
    /// No palm fit for comparison.
    Rejected,
    /// Enrolled.
    Enrolled,
    /// A palm that is enrolled already, or not the one captured before.
    Refused,
    /// Somebody.
    Identified,
    /// Probably somebody.
    StepUp,
    /// Nobody.
    NoMatch,
}

impl CapturePurpose {
    const ALL: [CapturePurpose; 2] = [CapturePurpose::Enrol, CapturePurpose::Identify];

    /// The lower-case word used in SQL.
    pub(crate) fn word(self) -> &'static str {
        match self {
            CapturePurpose::Enrol => "enrol",
            CapturePurpose::Identify => "identify",
        }
    }
}

impl CaptureOutcome {
    const ALL: [CaptureOutcome; 6] = [
        CaptureOutcome::Rejected,
        CaptureOutcome::Enrolled,
        CaptureOutcome::Refused,
        CaptureOutcome::Identified,
        CaptureOutcome::StepUp,
        CaptureOutcome::NoMatch,
    ];

    /// The lower-case word used in SQL.
    pub(crate) fn word(self) -> &'static str {
        match self {
            CaptureOutcome::Rejected => "rejected",
            CaptureOutcome::Enrolled => "enrolled",
            CaptureOutcome::Refused => "refused",
            CaptureOutcome::Identified => "identified",
            CaptureOutcome::StepUp => "step_up",
            CaptureOutcome::NoMatch => "no_match",
        }
    }
}

impl App {
    /// Everything the console counts. Operators only.
    pub async fn counts(&self, caller: &Caller) -> Answer<Counts> {
        allow(caller, Right::Look)?;
        let mut conn = self.0.store.read().await?;
        let since = day(now_ms() - (DAYS - 1) * 24 * 60 * 60 * 1000);
        let (subjects, palms) = counts::subjects_and_palms(&mut conn).await?;
        let by_status = counts::payments_by_status(&mut conn).await?;
        let count_of = |status| by_status.iter().find(|(one, _)| *one == status).map_or(0, |(_, count)| *count);
        let captures = counts::captures_since(&mut conn, &since).await?;
        Ok(Counts {
            subjects,
            palms,
            payments: EVERY.map(|status| PaymentCount { status, count: count_of(status) }).to_vec(),
            captures: captures.into_iter().map(read).collect::<Answer<_>>()?,
            reads: counts::reads_since(&mut conn, &since).await?,
            quality: counts::quality_since(&mut conn, &since).await?,
        })
    }
}

fn read(stored: StoredCount) -> Answer<CaptureCount> {
    let purpose = CapturePurpose::ALL.into_iter().find(|one| one.word() == stored.purpose);
    let outcome = CaptureOutcome::ALL.into_iter().find(|one| one.word() == stored.outcome);
    let (Some(purpose), Some(outcome)) = (purpose, outcome) else { return Err(Refusal::internal("capture count")) };
    let reason = Some(stored.reason).filter(|reason| !reason.is_empty());
    Ok(CaptureCount { day: stored.day, purpose, outcome, reason, count: stored.count })
}
