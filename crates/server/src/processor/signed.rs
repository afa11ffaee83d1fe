//! Signatures of what processors tell by themselves.

use hmac::{Hmac, Mac, digest::KeyInit};
use sha2::{Sha256, Sha512};

/// How old or how far in the future a signed time may be.
const TOLERANCE_S: i64 = 300;

/// Why an event is not acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadEvent {
    /// No secret is configured, so nothing can be verified.
    NotExpected,
    /// It is not the processor's.
    Signature,
    /// Signed too long ago: it may be a recording.
    TooOld,
    /// Signed in the future: a clock is wrong.
    FromTheFuture,
    /// Signed, and not an event.
    NotAnEvent,
}

/// Whether `code` is the HMAC-SHA256 of `parts` one after the other, compared in constant time.
pub(super) fn is_sha256(key: &[u8], parts: &[&[u8]], code: &[u8]) -> bool {
    is_mac::<Hmac<Sha256>>(key, parts, code)
}

/// The same with SHA-512.
pub(super) fn is_sha512(key: &[u8], parts: &[&[u8]], code: &[u8]) -> bool {
    is_mac::<Hmac<Sha512>>(key, parts, code)
}

fn is_mac<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]], code: &[u8]) -> bool {
    let Ok(mut mac) = <M as Mac>::new_from_slice(key) else { return false };
    parts.iter().for_each(|part| mac.update(part));
    mac.verify_slice(code).is_ok()
}

/// The time in a header, which must be about now.
pub(super) fn check_time(signed_s: &str, now_ms: i64) -> Result<(), BadEvent> {
    let signed_s: i64 = signed_s.parse().map_err(|_| BadEvent::Signature)?;
    let age_s = (now_ms / 1000).saturating_sub(signed_s);
    if age_s > TOLERANCE_S {
        Err(BadEvent::TooOld)
    } else if age_s < -TOLERANCE_S {
        Err(BadEvent::FromTheFuture)
    } else {
        Ok(())
    }
}
