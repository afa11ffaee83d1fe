//! What palms leave on stacks: values that are moved leave copies behind, which nothing wipes when it is dropped. So stacks are overwritten
//! after a palm was handled on them.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU64, Ordering},
};

/// How much of a stack below its caller is overwritten: what looks at frames and compares palms takes less.
const DEPTH: usize = 512 << 10;

/// How often palms were handled in this process.
static HANDLED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Up to which of them this thread's stack was overwritten.
    static CLEAN: Cell<u64> = const { Cell::new(0) };
}

/// A palm is handled on whatever threads run meanwhile; when it is dropped, they have something to overwrite.
pub(crate) struct Handling;

impl Drop for Handling {
    fn drop(&mut self) {
        HANDLED.fetch_add(1, Ordering::Release);
    }
}

/// Overwrites what lies on this thread's stack below the caller.
pub(crate) fn wipe_stack() {
    handsel_gallery::wipe_stack::<DEPTH>();
}

/// The same, if a palm was handled since it was last done on this thread: for a runtime to call before a thread rests.
pub fn wipe_stack_if_used() {
    let handled = HANDLED.load(Ordering::Acquire);
    if CLEAN.replace(handled) != handled {
        wipe_stack();
    }
}
