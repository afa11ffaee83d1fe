//! Palm recognition: from the pixels of one frame to a comparison score.
//!
//! The whole path is [`capture()`], one line per stage:
//!
//! ```text
//! Frame ─► hand ─► roi ─► quality ─► Sample ─► Template (kept, sealed) ┐
//!                                      └─────► Probe (one search) ─────┴─► Score
//! ```
//!
//! This crate is pure: no I/O, no clock, no global state, and the same bytes always give the same answer. Nothing here
//! can be serialised or printed: [`Frame`], [`Roi`], [`Template`] and [`Probe`] have a `Debug` that says nothing and are
//! wiped when dropped.

pub mod capture;
pub mod frame;
pub mod hand;
pub mod held;
pub mod net;
pub mod probe;
pub mod quality;
pub mod roi;
pub mod score;
pub mod side;
pub mod template;
pub mod trace;
pub mod transform;
pub mod vector;

mod decode;
mod features;
mod image;

pub use capture::{Capture, Sample, capture, capture_traced};
pub use features::code::Code;
pub use frame::{Frame, FrameError};
pub use held::{HeldScore, HeldTemplate};
pub use probe::{Probe, ProbeError};
pub use quality::{Quality, Reason};
pub use roi::Roi;
pub use score::{Evidence, Score};
pub use side::Side;
pub use template::{Template, TemplateError};
pub use transform::Transform;
