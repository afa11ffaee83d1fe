//! Named points between a request and its receipt at which tests kill the process. In a release build there are none.

/// Every point's name.
pub const FAILPOINTS: [&str; 12] = [
    "payment_asked_for",
    "charge_held",
    "before_asking",
    "after_asking",
    "before_writing_the_end",
    "after_writing_the_end",
    "capture_asked_for",
    "refund_promised",
    "before_sending_refund",
    "after_sending_refund",
    "before_keeping_the_answer",
    "after_keeping_the_answer",
];

/// Points while the directory is told of uses.
pub const DIRECTORY: [&str; 3] = ["epoch_published", "statement_written", "statement_logged"];

/// Ends the process at once if the environment names this point, as `FAILPOINT`, and this is a debug build.
pub(crate) fn hit(name: &'static str) {
    debug_assert!(FAILPOINTS.contains(&name) || DIRECTORY.contains(&name), "{name} is not in the list");
    if cfg!(debug_assertions) && std::env::var("FAILPOINT").is_ok_and(|chosen| chosen == name) {
        std::process::abort();
    }
}
