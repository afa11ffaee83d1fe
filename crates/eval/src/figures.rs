//! Numbers as people read them, and never finer than the counts behind them.

use crate::bootstrap::Interval;

/// A share in percent, with as many digits as it takes to tell it from zero.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0 %".to_owned(),
        p if p >= 9.95 => format!("{p:.1} %"),
        p if p >= 0.0995 => format!("{p:.2} %"),
        p if p >= 0.000_995 => format!("{p:.4} %"),
        p => format!("{p:.1e} %"),
    }
}

/// The rate that none of so many independent trials rules out at 95 %: the rule of three (ISO/IEC 19795-1).
pub(crate) fn rule_of_three(trials: usize) -> f64 {
    (3.0 / trials.max(1) as f64).min(1.0)
}

/// A rate over so many trials; one under a single error is only bounded.
pub(crate) fn rate(share: f64, trials: usize) -> String {
    // A hair under one error: 1 of 3 must not fail by rounding.
    if share * trials as f64 > 1.0 - 1e-6 { percent(share) } else { format!("< {}", percent(rule_of_three(trials))) }
}

/// An interval of a rate over so many trials; ends under a single error are only bounded.
pub(crate) fn interval(interval: Option<Interval>, trials: usize) -> Option<String> {
    let [low, high] = interval?;
    let least = 1.0 - 1e-6;
    let low_text = if low * (trials as f64) < least { "0 %".to_owned() } else { percent(low) };
    Some(format!("{low_text} – {}", rate(high, trials)))
}

/// A count with thin spaces between thousands.
pub(crate) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(grouped(990_000), "990\u{202f}000");
        assert_eq!(grouped(12), "12");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.0123), "1.23 %");
        assert_eq!(percent(0.00002), "0.0020 %");
        assert_eq!(percent(0.5), "50.0 %");
    }

    #[test]
    fn no_rate_is_finer_than_its_counts() {
        assert_eq!(rate(0.0, 10_000), "< 0.0300 %");
        assert_eq!(rate(0.000_003, 10_000), "< 0.0300 %");
        assert_eq!(rate(0.0001, 10_000), "0.0100 %");
        assert_eq!(rate(1.0 / 3.0, 3), "33.3 %");
        assert_eq!(rate(0.0, 2), "< 100.0 %");
        assert_eq!(interval(Some([0.000_001, 0.002]), 10_000).unwrap(), "0 % – 0.20 %");
        assert_eq!(interval(Some([0.0, 0.0]), 100).unwrap(), "0 % – < 3.00 %");
        assert_eq!(interval(None, 100), None);
    }
}
