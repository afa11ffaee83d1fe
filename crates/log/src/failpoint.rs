//! Named points while something is written at which tests kill the process. In a release build there are none.

/// Every point's name, in the order in which an entry passes them.
pub const FAILPOINTS: [&str; 9] = [
    "segment_created",
    "record_half_written",
    "record_written",
    "record_synced",
    "bundles_written",
    "tiles_written",
    "checkpoint_signed",
    "checkpoint_renamed",
    "checkpoint_synced",
];

/// Ends the process at once if this point is chosen.
pub(crate) fn hit(name: &'static str) {
    debug_assert!(FAILPOINTS.contains(&name), "{name} is not in the list");
    if chosen(name) {
        std::process::abort();
    }
}

/// Whether the environment names this point, as `LOG_FAILPOINT`, and this is a debug build.
pub(crate) fn chosen(name: &str) -> bool {
    cfg!(debug_assertions) && std::env::var("LOG_FAILPOINT").is_ok_and(|chosen| chosen == name)
}
