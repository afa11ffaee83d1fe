//! The actions, a small file per group. Each reads its request, asks the domain, and words the answer.

pub mod card_setups;
pub mod charges;
pub mod consents;
pub mod credits;
pub mod custody;
pub mod disputes;
pub mod erasures;
pub mod events;
pub mod health;
pub mod held;
pub mod incidents;
pub mod keys;
pub mod log;
pub mod logs;
pub mod loyalty;
pub mod merchants;
pub mod offline;
pub mod payment_methods;
pub mod payments;
pub mod policy;
pub mod problems;
pub mod processor_events;
pub mod promotions;
pub mod receipts;
pub mod references;
pub mod refunds;
pub mod scanners;
pub mod settlements;
pub mod sites;
pub mod subjects;
pub mod transparency;
pub mod uses;
pub mod webhooks;

use crate::app::Answer;
use axum::{Json, http::StatusCode};

/// An answer with a body.
type Shown<T> = Answer<Json<T>>;

/// An answer with the body of what was made.
type Made<T> = Answer<(StatusCode, Json<T>)>;

/// An answer without a body.
type Done = Answer<StatusCode>;

fn made<T>(value: T) -> (StatusCode, Json<T>) {
    (StatusCode::CREATED, Json(value))
}
