//! The time of day, and how it is written.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, UTC. A clock before 1970 counts as 1970.
pub(crate) fn now_ms() -> i64 {
    let past = SystemTime::now().duration_since(UNIX_EPOCH);
    let now_ms = past.map_or(0, |past| i64::try_from(past.as_millis()).unwrap_or(i64::MAX));
    #[cfg(test)]
    let now_ms = now_ms + JUMPED_MS.get();
    now_ms
}

#[cfg(test)]
thread_local! {
    /// How far a test has moved this thread's clock.
    pub(crate) static JUMPED_MS: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
}

/// RFC 3339 with milliseconds, UTC.
pub(crate) fn rfc3339(ms: i64) -> String {
    // Capped at the year 9999, where the format ends.
    let ms = u64::try_from(ms).unwrap_or(0).min(253_402_300_799_999);
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(ms)).to_string()
}

/// The milliseconds of an RFC 3339 time.
pub(crate) fn parse(rfc3339: &str) -> Option<i64> {
    let past = humantime::parse_rfc3339(rfc3339).ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(past.as_millis()).ok()
}

/// The day, `YYYY-MM-DD`, UTC.
pub(crate) fn day(ms: i64) -> String {
    rfc3339(ms)[..10].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_795_305_600_123), "2026-11-22T00:00:00.123Z");
        assert_eq!(day(1_795_305_600_123), "2026-11-22");
        assert_eq!(day(i64::MIN), "1970-01-01");
        assert_eq!(day(i64::MAX), "9999-12-31");
    }
}
