//! New ids, each later than the one before.

use std::sync::{Mutex, PoisonError};
use ulid::{Generator, Ulid};

static LAST: Mutex<Generator> = Mutex::new(Generator::new());

/// An id that sorts after every one that this process has made, also within one millisecond: lists are in the order of ids.
///
/// Ids made in one millisecond follow each other, so none may serve as a secret.
pub(crate) fn next() -> Ulid {
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    // Refused only when a millisecond has no larger id left, which 80 random bits make a matter of luck beyond reason.
    last.generate().unwrap_or_else(|_| Ulid::new())
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_of_one_millisecond_are_in_order() {
        let made: Vec<_> = (0..1000).map(|_| super::next()).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
