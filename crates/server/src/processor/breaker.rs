//! Between the domain and the processor: asks with a time limit, and stops asking for a while when nothing comes back.

use super::{Asking, Processor, Silent};
use std::{
    ops::Deref,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// How long an answer may take. Card networks answer within seconds; a person at a till waits no longer.
const PATIENCE: Duration = Duration::from_secs(15);
/// So many silences in a row, and the line counts as down. A choice.
const DOWN_AFTER: u32 = 5;
/// How long nothing is asked then.
const REST: Duration = Duration::from_secs(5);

/// A processor, and whether it is worth asking now.
pub(crate) struct Breaker {
    processor: Box<dyn Processor>,
    silences: AtomicU32,
    /// When the line may be tried again, where it is down.
    rests_until: Mutex<Option<Instant>>,
}

impl Breaker {
    pub(crate) fn new(processor: Box<dyn Processor>) -> Breaker {
        Breaker { processor, silences: AtomicU32::new(0), rests_until: Mutex::new(None) }
    }

    /// Whether new charges should not even be begun.
    pub(crate) fn is_down(&self) -> bool {
        let rests = *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner);
        rests.is_some_and(|until| Instant::now() < until)
    }

    /// As when it has rested.
    #[cfg(test)]
    pub(crate) fn end_rest(&self) {
        *self.rests_until.lock().unwrap() = None;
    }

    /// Asks, unless the line is down. A line that is down is silent.
    pub(crate) async fn ask<'a, T>(
        &'a self,
        ask: impl FnOnce(&'a dyn Processor) -> Asking<'a, T>,
    ) -> Result<T, Silent> {
        if self.is_down() {
            return Err(Silent);
        }
        let answer = tokio::time::timeout(PATIENCE, ask(self.processor.as_ref())).await.unwrap_or(Err(Silent));
        match answer {
            Ok(answer) => {
                if self.silences.swap(0, Ordering::Relaxed) >= DOWN_AFTER {
                    *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner) = None;
                    tracing::warn!(processor = self.processor.name(), "the processor answers again");
                }
                Ok(answer)
            }
            Err(Silent) => {
                if self.silences.fetch_add(1, Ordering::Relaxed) + 1 >= DOWN_AFTER {
                    let until = Instant::now() + REST;
                    *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
                    tracing::error!(
                        processor = self.processor.name(),
                        "the processor does not answer; it is asked less often"
                    );
                }
                Err(Silent)
            }
        }
    }
}

/// What moves no money is asked directly.
impl Deref for Breaker {
    type Target = dyn Processor;

    fn deref(&self) -> &Self::Target {
        self.processor.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processor::rehearsal::Rehearsal;

    #[tokio::test]
    async fn a_line_goes_down_after_silences_in_a_row_and_asks_nothing_then() {
        let dir = tempfile::tempdir().unwrap();
        let sim = Rehearsal::open(dir.path());
        let line = Breaker::new(Box::new(sim.driver));
        let silent = || line.ask::<()>(|_| Box::pin(async { Err(Silent) }));
        let speaks = || line.ask(|_| Box::pin(async { Ok(()) }));
        for _ in 0..3 {
            for _ in 1..DOWN_AFTER {
                assert_eq!(silent().await, Err(Silent));
            }
            assert_eq!(speaks().await, Ok(()), "not in a row");
            assert!(!line.is_down());
        }
        for _ in 0..DOWN_AFTER {
            assert_eq!(silent().await, Err(Silent));
        }
        assert!(line.is_down());
        let asked = line.ask::<()>(|_| panic!("a line that is down is not asked")).await;
        assert_eq!(asked, Err(Silent));
        // Rested: one answer, and it is up.
        *line.rests_until.lock().unwrap() = Some(Instant::now());
        assert_eq!(speaks().await, Ok(()));
        assert!(!line.is_down());
    }
}
