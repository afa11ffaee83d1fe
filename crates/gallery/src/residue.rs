//! What comparing leaves on stacks: a thread that is over leaves its stack to the next one as it is.

use std::hint::black_box;

/// How much of a stack below its caller is overwritten; comparing takes less.
const DEPTH: usize = 128 << 10;

/// Overwrites what lies on this thread's stack below the caller.
#[inline(never)]
pub(crate) fn wipe_stack() {
    let mut below = [0_u8; DEPTH];
    black_box(&mut below);
}
