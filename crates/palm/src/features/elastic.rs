//! Compares block by block, each free to move a little: skin stretches, and a palm is not flat.

use super::align::{Alignment, Variant, moved};
use super::code::{Code, FRAGILE};
use super::kernel::Kernel;
use super::{CHANNELS, GRID, WORDS};

/// Blocks along each side: 8 × 8 cells, so that one block is one byte of a row.
const BLOCKS: usize = 4;
const BLOCK_CELLS: usize = GRID / BLOCKS;
/// How far a block may move from the common alignment, in half cells (of 2 px) each way. 1 is a little less
/// forgiving, 2 takes up ± 4 px.
const REACH_HALVES: i32 = 2;
/// What a block pays, in share of differing signs, per half cell that it moves. Tried 0.005–0.02; a little
/// better towards 0.02.
const MOVE_COST: f32 = 0.02;
/// The least share of the firm signs that must be compared for a similarity to mean anything. Chosen, not tuned.
const LEAST_COMPARED: f32 = 0.3;

/// The similarity of a probe's variant and a template around one alignment: one less the weighted mean over blocks of
/// the smallest cost of each, its share of differing firm signs plus what it pays to move.
pub(crate) struct Elastic<'a> {
    pub(crate) variant: &'a Variant,
    pub(crate) alignment: Alignment,
    pub(crate) code: &'a Code,
}

impl Kernel for Elastic<'_> {
    type Output = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        let mut best = [(f32::INFINITY, 0u32); BLOCKS * BLOCKS];
        for my in -REACH_HALVES..=REACH_HALVES {
            for mx in -REACH_HALVES..=REACH_HALVES {
                let (x, y) = (2 * self.alignment.dx + mx, 2 * self.alignment.dy + my);
                let layer = &self.variant.phases[(x.rem_euclid(2) + 2 * y.rem_euclid(2)) as usize];
                let (signs, within) = layer.rows(y.div_euclid(2));
                let counts = count(signs, within, self.code, -x.div_euclid(2));
                let cost = MOVE_COST * ((mx * mx + my * my) as f32).sqrt();
                for (best, (differing, compared)) in best.iter_mut().zip(counts) {
                    let total = differing as f32 / compared as f32 + cost;
                    if compared > 0 && total < best.0 {
                        *best = (total, compared);
                    }
                }
            }
        }
        let compared: u32 = best.iter().map(|b| b.1).sum();
        let firm = CHANNELS * (GRID * GRID - FRAGILE);
        if (compared as f32) < LEAST_COMPARED * firm as f32 {
            return 0.0;
        }
        let cost: f32 = best.iter().filter(|b| b.1 > 0).map(|b| b.0 * b.1 as f32).sum();
        1.0 - cost / compared as f32
    }
}

/// Per block, how many firm signs differ and how many were compared, with the probe's rows moved by `dx`.
#[inline(always)]
fn count(signs: &[u32; WORDS], within: &[u32; WORDS], code: &Code, dx: i32) -> [(u32, u32); BLOCKS * BLOCKS] {
    // A byte of a sum holds at most 8 bits × the words added to it; half a block's rows keep it under 256.
    const HALF: usize = BLOCK_CELLS / 2 * CHANNELS;
    let mut counts = [(0, 0); BLOCKS * BLOCKS];
    for half in 0..2 * BLOCKS {
        let (mut differing, mut compared) = (0u32, 0u32);
        for i in half * HALF..(half + 1) * HALF {
            let both = moved(within[i], dx) & code.firm[i];
            differing += bits_per_byte((moved(signs[i], dx) ^ code.signs[i]) & both);
            compared += bits_per_byte(both);
        }
        for column in 0..BLOCKS {
            let block = &mut counts[half / 2 * BLOCKS + column];
            block.0 += differing >> (8 * column) & 0xff;
            block.1 += compared >> (8 * column) & 0xff;
        }
    }
    counts
}

/// The number of set bits of each byte, in that byte.
#[inline(always)]
fn bits_per_byte(v: u32) -> u32 {
    let v = v - (v >> 1 & 0x5555_5555);
    let v = (v & 0x3333_3333) + (v >> 2 & 0x3333_3333);
    (v + (v >> 4)) & 0x0f0f_0f0f
}
