//! Palms that their owners carry (ADR 0021): what stands on a carrier, what opens it, and how it is read from a frame.
//!
//! ```text
//! blob     header ‖ sealed (side ‖ PIN check ‖ template) ‖ signature        on the card, and in the phone
//! shown    blob ‖ HPKE to this installation (phone's key ‖ time)            what a phone shows, once
//! key      HMAC(installation's half, carrier's half ‖ header)               the half here goes with its subject's key
//! ```

mod blob;
mod pin;
mod qr;
mod shown;
#[cfg(test)]
mod tests;

pub(crate) use blob::{Blob, Contents, Forged, HeldKeys, Sealing};
pub(crate) use pin::{Pin, PinCheck};
pub(crate) use qr::{draw, read};
pub(crate) use shown::Shown;
pub use shown::show;
#[cfg(test)]
pub(crate) use tests::{View, frame_of};
