//! The loop over blocks, once for every set of instructions. All give the same bits.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
#[cfg(target_arch = "x86_64")]
mod vnni;

use super::{
    Query,
    chunk::{Chunk, LENGTH_BITS, LINE, Layout, REST_STEP, ROWS, SQUARED_BITS},
    query::Scale,
};

/// What the heads say too little by rounding: every product is a whole number below 2²⁴, which a single holds; the few
/// roundings of a bound are each below 2⁻²³ of at most 4 · 2¹⁸.
const SLACK: f32 = 1.0;

/// How a processor takes sums of products further, for sixteen rows and up to `Self::TILE` queries at once.
///
/// # Safety
/// Every method only where the instructions of the implementing type were detected.
trait Lanes {
    /// The most queries whose sums stay in registers.
    const TILE: usize;

    /// The products of a block's high halves with each query's leading directions, to `sums`.
    unsafe fn high<const P: usize>(lines: &[[u8; LINE]], queries: [&[i32]; P], sums: &mut [[i32; ROWS]; P]);

    /// The products of the low halves with the leading directions and of the other bytes with the others.
    unsafe fn rest<const P: usize, const D: usize>(
        lines: &[[u8; LINE]],
        queries: [(&[i32], &[i32]); P],
        sums: &mut [[i32; ROWS]; P],
    );

    /// The rows that the heads leave possible, a bit each: taken ones for which head·q and what Cauchy and Schwarz allow beyond it
    /// reach the wanted cosine.
    unsafe fn open(norms: &[u8; LINE], scale: &Scale, high: &[i32; ROWS]) -> u16;

    /// Every row's cosine, and which rows have one that is wanted, a bit each.
    unsafe fn near(
        norms: &[u8; LINE],
        scale: &Scale,
        high: &[i32; ROWS],
        low: &[i32; ROWS],
        cosines: &mut [f32; ROWS],
    ) -> u16;
}

/// Which instructions there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instructions {
    Portable,
    #[cfg(target_arch = "aarch64")]
    Neon,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Vnni,
}

impl Instructions {
    /// All that this processor has, the widest last.
    pub(super) fn all() -> Vec<Instructions> {
        #[allow(unused_mut, reason = "no processor but these has more")]
        let mut all = vec![Instructions::Portable];
        #[cfg(target_arch = "aarch64")]
        all.push(Instructions::Neon);
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            all.push(Instructions::Avx2);
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vnni")
            {
                all.push(Instructions::Vnni);
            }
        }
        all
    }

    fn widest() -> Instructions {
        static WIDEST: std::sync::LazyLock<Instructions> =
            std::sync::LazyLock::new(|| Instructions::all().last().copied().unwrap_or(Instructions::Portable));
        *WIDEST
    }
}

/// Searches the first `rows` rows of a chunk with the widest instructions there are.
pub(super) fn search<const D: usize>(
    chunk: &Chunk<D>,
    rows: u32,
    queries: &[Query<D>],
    near: impl FnMut(usize, u32, f32),
) {
    search_with(Instructions::widest(), chunk, rows, queries, near);
}

/// [`search`] with instructions that [`Instructions::all`] gave.
pub(super) fn search_with<const D: usize>(
    instructions: Instructions,
    chunk: &Chunk<D>,
    rows: u32,
    queries: &[Query<D>],
    near: impl FnMut(usize, u32, f32),
) {
    let pass = Pass { chunk, rows, queries, near };
    match instructions {
        // SAFETY: asks for no instructions.
        Instructions::Portable => unsafe { pass.run::<portable::Portable>() },
        // SAFETY: NEON is part of this architecture.
        #[cfg(target_arch = "aarch64")]
        Instructions::Neon => unsafe { pass.run::<neon::Neon>() },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: detected.
        Instructions::Avx2 => unsafe { with_avx2(pass) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: detected.
        Instructions::Vnni => unsafe { with_vnni(pass) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn with_avx2<const D: usize, F: FnMut(usize, u32, f32)>(pass: Pass<'_, D, F>) {
    // SAFETY: whoever calls this has detected what it is compiled for.
    unsafe { pass.run::<avx2::Avx2>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512bw,avx512vnni")]
fn with_vnni<const D: usize, F: FnMut(usize, u32, f32)>(pass: Pass<'_, D, F>) {
    // SAFETY: whoever calls this has detected what it is compiled for.
    unsafe { pass.run::<vnni::Vnni>() }
}

/// Adds up all of some memory, eight bytes at a time, with the widest instructions there are.
pub(super) fn read(lines: &[[u8; LINE]]) -> u64 {
    match Instructions::widest() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: detected.
        Instructions::Avx2 => unsafe { read_avx2(lines) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: detected.
        Instructions::Vnni => unsafe { read_avx512(lines) },
        _ => add_up(lines),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn read_avx2(lines: &[[u8; LINE]]) -> u64 {
    add_up(lines)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn read_avx512(lines: &[[u8; LINE]]) -> u64 {
    add_up(lines)
}

#[inline(always)]
fn add_up(lines: &[[u8; LINE]]) -> u64 {
    // Four lines at a time keep enough loads in flight.
    let (fours, rest) = lines.as_chunks::<4>();
    let mut sums = [[0u64; 8]; 4];
    for four in fours {
        for (sums, line) in sums.iter_mut().zip(four) {
            for (sum, bytes) in sums.iter_mut().zip(line.as_chunks::<8>().0) {
                *sum = sum.wrapping_add(u64::from_le_bytes(*bytes));
            }
        }
    }
    let rest = rest.as_flattened().as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes));
    sums.as_flattened().iter().copied().chain(rest).fold(0, u64::wrapping_add)
}

struct Pass<'a, const D: usize, F> {
    chunk: &'a Chunk<D>,
    rows: u32,
    queries: &'a [Query<D>],
    near: F,
}

impl<const D: usize, F: FnMut(usize, u32, f32)> Pass<'_, D, F> {
    /// Block by block, so that what one query read is in the cache for the next.
    #[inline(always)]
    unsafe fn run<L: Lanes>(mut self) {
        for block in 0..(self.rows as usize).div_ceil(ROWS) {
            let mut from = 0;
            while from < self.queries.len() {
                // SAFETY: as this function's.
                from += unsafe {
                    match (self.queries.len() - from).min(L::TILE) {
                        8.. => self.block::<L, 8>(block, from),
                        4..8 => self.block::<L, 4>(block, from),
                        2..4 => self.block::<L, 2>(block, from),
                        _ => self.block::<L, 1>(block, from),
                    }
                };
            }
        }
    }

    #[inline(always)]
    unsafe fn block<L: Lanes, const P: usize>(&mut self, block: usize, from: usize) -> usize {
        let (heads, rests) = (Layout::<D>::HEAD_BLOCK, Layout::<D>::REST_BLOCK);
        let lines = &self.chunk.heads()[block * heads..(block + 1) * heads];
        let (norms, high) = (&lines[0], &lines[1..]);
        let queries: [&Query<D>; P] = std::array::from_fn(|p| &self.queries[from + p]);
        let mut sums = [[0; ROWS]; P];
        // SAFETY: as this function's.
        unsafe { L::high(high, queries.map(|q| &q.head[..]), &mut sums) };
        let mut open = [0; P];
        for p in 0..P {
            // SAFETY: as this function's.
            open[p] = unsafe { L::open(norms, &queries[p].scale, &sums[p]) };
        }
        if open.iter().all(|&rows| rows == 0) {
            return P;
        }
        let mut lows = [[0; ROWS]; P];
        let lines = &self.chunk.rests()[block * rests..(block + 1) * rests];
        // SAFETY: as this function's.
        unsafe { L::rest::<P, D>(lines, queries.map(|q| (&q.head[..], &q.rest[..])), &mut lows) };
        for p in 0..P {
            let mut cosines = [0.0; ROWS];
            // SAFETY: as this function's.
            let mut near = open[p] & unsafe { L::near(norms, &queries[p].scale, &sums[p], &lows[p], &mut cosines) };
            while near != 0 {
                let lane = near.trailing_zeros();
                near &= near - 1;
                (self.near)(from + p, (block * ROWS) as u32 + lane, cosines[lane as usize]);
            }
        }
        P
    }
}
