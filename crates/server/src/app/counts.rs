//! Counts for the console. Counters by day, linked to nobody.

use super::{Answer, App, Caller};
use handsel_api::payments::PaymentStatus;

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

impl App {
    /// Everything the console counts. Operators only.
    pub async fn counts(&self, caller: &Caller) -> Answer<Counts> {
        let _ = caller;
        todo!()
    }
}
