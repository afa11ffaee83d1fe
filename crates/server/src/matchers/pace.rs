//! How long matchers usually take, so that one that is busy is not taken for one that is dead.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The least time before another matcher is asked for the same.
const PATIENCE: Duration = Duration::from_millis(250);

/// What answers took of late.
#[derive(Default)]
pub(super) struct Pace {
    usual_us: AtomicU64,
}

impl Pace {
    /// How long an answer may take at all, and with it a search.
    pub(super) const LONGEST: Duration = Duration::from_secs(10);

    /// Notes how long an answer took. What takes long is believed at once, what is quick again little by little.
    pub(super) fn took(&self, time: Duration) {
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        // Racing searches may forget each other's note: it is an estimate.
        let usual = self.usual_us.load(Ordering::Relaxed);
        self.usual_us.store(us.max(usual - usual / 16), Ordering::Relaxed);
    }

    /// When another matcher is asked for the same: after 250 ms, or when answers take long, twice what they do.
    pub(super) fn patience(&self) -> Duration {
        let usual = Duration::from_micros(self.usual_us.load(Ordering::Relaxed));
        (2 * usual).clamp(PATIENCE, Pace::LONGEST)
    }

    /// How long a search may take altogether: four times its patience, so a second unless answers take long.
    pub(super) fn budget(patience: Duration) -> Duration {
        (4 * patience).min(Pace::LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_busy_is_waited_for_and_quick_ones_make_it_short_again() {
        let pace = Pace::default();
        let ms = Duration::from_millis;
        assert_eq!((pace.patience(), Pace::budget(pace.patience())), (ms(250), ms(1_000)));
        pace.took(ms(900));
        assert_eq!((pace.patience(), Pace::budget(pace.patience())), (ms(1_800), ms(7_200)));
        (0..100).for_each(|_| pace.took(ms(3)));
        assert_eq!(pace.patience(), ms(250));
        pace.took(Duration::from_secs(60));
        assert_eq!((pace.patience(), Pace::budget(pace.patience())), (Pace::LONGEST, Pace::LONGEST));
    }
}
