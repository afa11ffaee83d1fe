//! One piece of memory: where each bit of a vector stands in it.

use std::{
    alloc::{Layout as Allocation, alloc_zeroed, dealloc, handle_alloc_error},
    ptr::NonNull,
};
use zeroize::{Zeroize, Zeroizing};

/// Rows in a block: one per 32-bit lane of a 512-bit register.
pub(super) const ROWS: usize = 16;
/// 16 rows × 4 bytes.
pub(super) const LINE: usize = 64;

/// A huge page: what the processor translates in one go, if the system grants one.
const LARGEST: usize = 2 << 20;
/// A small shop's few palms should not take a huge page for each of its chunks.
const SMALLEST: usize = 16 << 10;

/// How a vector of `D` directions is laid out.
pub struct Layout<const D: usize>;

impl<const D: usize> Layout<D> {
    /// Leading directions, whose high halves are read first.
    pub const HEAD: usize = D * 3 / 8;
    /// Lines of a block that hold the high halves of the leading directions, two directions a byte.
    pub const HIGH_LINES: usize = Self::HEAD / 8;
    /// Lines of a block that hold the other directions.
    pub const REST_LINES: usize = (D - Self::HEAD) / 4;
    /// Lines of a block that are always read: the norms and the high halves.
    pub const HEAD_BLOCK: usize = 1 + Self::HIGH_LINES;
    /// Lines of a block that are read where the heads leave it open: low halves, then the other directions.
    pub const REST_BLOCK: usize = Self::HIGH_LINES + Self::REST_LINES;
}

/// Bits of a row's squared length. What the extractor makes is 400 steps long, give or take a twentieth.
pub(super) const SQUARED_BITS: u32 = 18;
/// Bits of each of the two lengths beside it.
pub(super) const LENGTH_BITS: u32 = 7;
/// In which steps the length of the other directions is kept.
pub(super) const REST_STEP: u32 = 4;

/// A row's word of norms, from the lowest bit: its squared length; the length of its other directions and that of its low
/// halves, both rounded up. 0 is a free row. `None` for a vector that does not fit.
pub(super) fn norms<const D: usize>(vector: &[i8; D]) -> Option<u32> {
    let square = |v: &i8| u32::from(v.unsigned_abs()).pow(2);
    let (head, rest) = vector.split_at(Layout::<D>::HEAD);
    let rest_squared: u32 = rest.iter().map(square).sum();
    let squared = head.iter().map(square).sum::<u32>() + rest_squared;
    let low_squared: u32 = head.iter().map(|&v| (i32::from(low(v)) - 8).unsigned_abs().pow(2)).sum();
    let lengths = [ceil_root(rest_squared).div_ceil(REST_STEP), ceil_root(low_squared)];
    let fits = squared > 0 && squared < 1 << SQUARED_BITS && lengths.iter().all(|&length| length < 1 << LENGTH_BITS);
    fits.then_some(squared | lengths[0] << SQUARED_BITS | lengths[1] << (SQUARED_BITS + LENGTH_BITS))
}

fn ceil_root(squared: u32) -> u32 {
    let root = squared.isqrt();
    root + u32::from(root * root < squared)
}

fn stored(step: i8) -> u8 {
    (step as u8) ^ 0x80
}

fn high(step: i8) -> u8 {
    stored(step) >> 4
}

fn low(step: i8) -> u8 {
    stored(step) & 15
}

/// Rows of vectors in one allocation: all heads, then all rests. Wiped when dropped.
pub(super) struct Chunk<const D: usize> {
    memory: NonNull<[u8; LINE]>,
    blocks: usize,
    allocation: Allocation,
}

// SAFETY: a chunk owns its memory, and nothing in it is bound to a thread.
unsafe impl<const D: usize> Send for Chunk<D> {}
// SAFETY: it is changed through `&mut` only.
unsafe impl<const D: usize> Sync for Chunk<D> {}

impl<const D: usize> Chunk<D> {
    /// The `index`-th chunk: each is twice as large as the one before, up to a huge page.
    pub(super) fn new(index: usize) -> Chunk<D> {
        let size = if index < 7 { SMALLEST << index } else { LARGEST };
        let blocks = size / (LINE * (Layout::<D>::HEAD_BLOCK + Layout::<D>::REST_BLOCK));
        let align = if size == LARGEST { LARGEST } else { LINE };
        #[expect(clippy::expect_used, reason = "constants")]
        let allocation = Allocation::from_size_align(size, align).expect("a power of two");
        // SAFETY: the size is not zero.
        let memory = unsafe { alloc_zeroed(allocation) };
        let Some(memory) = NonNull::new(memory.cast::<[u8; LINE]>()) else { handle_alloc_error(allocation) };
        #[cfg(target_os = "linux")]
        if size == LARGEST {
            // SAFETY: the range is this allocation; the advice changes nothing that can be read. Refused, all is the same but slower.
            let _ = unsafe {
                rustix::mm::madvise(memory.as_ptr().cast::<std::ffi::c_void>(), size, rustix::mm::Advice::LinuxHugepage)
            };
        }
        Chunk { memory, blocks, allocation }
    }

    /// How many rows fit.
    pub(super) fn capacity(&self) -> u32 {
        (self.blocks * ROWS) as u32
    }

    pub(super) fn bytes(&self) -> usize {
        self.allocation.size()
    }

    /// The lines of each block that are always read.
    pub(super) fn heads(&self) -> &[[u8; LINE]] {
        &self.lines()[..self.blocks * Layout::<D>::HEAD_BLOCK]
    }

    /// The lines of each block that are read where the heads leave it open.
    pub(super) fn rests(&self) -> &[[u8; LINE]] {
        &self.lines()[self.blocks * Layout::<D>::HEAD_BLOCK..]
    }

    pub(super) fn lines(&self) -> &[[u8; LINE]] {
        // SAFETY: the allocation holds at least so many lines, was zeroed, and is borrowed as long as `self`.
        unsafe { std::slice::from_raw_parts(self.memory.as_ptr(), self.count()) }
    }

    fn lines_mut(&mut self) -> &mut [[u8; LINE]] {
        // SAFETY: as above, and `self` is borrowed alone.
        unsafe { std::slice::from_raw_parts_mut(self.memory.as_ptr(), self.count()) }
    }

    fn count(&self) -> usize {
        self.blocks * (Layout::<D>::HEAD_BLOCK + Layout::<D>::REST_BLOCK)
    }

    pub(super) fn write(&mut self, row: u32, vector: &[i8; D], norms: u32) {
        let (head, rest) = vector.split_at(Layout::<D>::HEAD);
        let lane = row as usize % ROWS * 4;
        let [heads, rests] = self.block(row);
        heads[0][lane..lane + 4].copy_from_slice(&norms.to_le_bytes());
        let (lows, others) = rests.split_at_mut(Layout::<D>::HIGH_LINES);
        for (i, eight) in head.as_chunks::<8>().0.iter().enumerate() {
            for j in 0..4 {
                heads[1 + i][lane + j] = high(eight[j]) | high(eight[4 + j]) << 4;
                lows[i][lane + j] = low(eight[j]) | low(eight[4 + j]) << 4;
            }
        }
        for (line, four) in others.iter_mut().zip(rest.as_chunks::<4>().0) {
            line[lane..lane + 4].copy_from_slice(&four.map(stored));
        }
    }

    /// Puts a row together again; `None` for a free one.
    pub(super) fn read(&self, row: u32) -> Option<Zeroizing<[i8; D]>> {
        let (block, lane) = (row as usize / ROWS, row as usize % ROWS * 4);
        let heads = &self.heads()[block * Layout::<D>::HEAD_BLOCK..][..Layout::<D>::HEAD_BLOCK];
        let rests = &self.rests()[block * Layout::<D>::REST_BLOCK..][..Layout::<D>::REST_BLOCK];
        let step = |i: usize| {
            if i >= Layout::<D>::HEAD {
                let other = i - Layout::<D>::HEAD;
                return rests[Layout::<D>::HIGH_LINES + other / 4][lane + other % 4];
            }
            let (line, byte, shift) = (i / 8, lane + i % 4, i % 8 / 4 * 4);
            (heads[1 + line][byte] >> shift & 15) << 4 | rests[line][byte] >> shift & 15
        };
        (heads[0][lane..lane + 4] != [0; 4]).then(|| Zeroizing::new(std::array::from_fn(|i| (step(i) ^ 0x80) as i8)))
    }

    /// Overwrites a row; false if it was free.
    pub(super) fn erase(&mut self, row: u32) -> bool {
        let lane = row as usize % ROWS * 4;
        let [heads, rests] = self.block(row);
        let taken = heads[0][lane..lane + 4] != [0; 4];
        for line in heads.iter_mut().chain(rests) {
            line[lane..lane + 4].zeroize();
        }
        taken
    }

    fn block(&mut self, row: u32) -> [&mut [[u8; LINE]]; 2] {
        let block = row as usize / ROWS;
        let (heads, rests) = (Layout::<D>::HEAD_BLOCK, Layout::<D>::REST_BLOCK);
        let split = self.blocks * heads;
        let (front, back) = self.lines_mut().split_at_mut(split);
        [&mut front[block * heads..(block + 1) * heads], &mut back[block * rests..(block + 1) * rests]]
    }
}

impl<const D: usize> Drop for Chunk<D> {
    fn drop(&mut self) {
        self.lines_mut().as_flattened_mut().zeroize();
        // SAFETY: allocated in `new` with this layout, and not used after.
        unsafe { dealloc(self.memory.as_ptr().cast(), self.allocation) };
    }
}
