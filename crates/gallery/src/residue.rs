//! What palms leave on stacks: values that are moved leave copies behind, which nothing wipes when it is dropped, and a thread that is over
//! leaves its stack to the next one as it is.

use std::hint::black_box;

/// Overwrites `DEPTH` bytes of this thread's stack below the caller.
#[inline(never)]
pub fn wipe_stack<const DEPTH: usize>() {
    let mut below = [0_u8; DEPTH];
    black_box(&mut below);
}
