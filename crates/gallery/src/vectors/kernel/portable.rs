//! Plain loops, which compilers turn into whatever the target has.

use super::{LENGTH_BITS, LINE, Lanes, Layout, REST_STEP, ROWS, SLACK, SQUARED_BITS, Scale};
use handsel_palm::vector;

pub(super) struct Portable;

impl Lanes for Portable {
    const TILE: usize = 1;

    #[inline(always)]
    unsafe fn high<const P: usize>(lines: &[[u8; LINE]], queries: [&[i32]; P], sums: &mut [[i32; ROWS]; P]) {
        for (query, sums) in queries.iter().zip(sums) {
            halves(lines, query, sums);
        }
    }

    #[inline(always)]
    unsafe fn rest<const P: usize, const D: usize>(
        lines: &[[u8; LINE]],
        queries: [(&[i32], &[i32]); P],
        sums: &mut [[i32; ROWS]; P],
    ) {
        let (lows, others) = lines.split_at(Layout::<D>::HIGH_LINES);
        for ((head, rest), sums) in queries.iter().zip(sums) {
            halves(lows, head, sums);
            for (line, &word) in others.iter().zip(*rest) {
                four(line, word, sums);
            }
        }
    }

    #[inline(always)]
    unsafe fn open(norms: &[u8; LINE], scale: &Scale, high: &[i32; ROWS]) -> u16 {
        open(norms, scale, high)
    }

    #[inline(always)]
    unsafe fn near(
        norms: &[u8; LINE],
        scale: &Scale,
        high: &[i32; ROWS],
        low: &[i32; ROWS],
        cosines: &mut [f32; ROWS],
    ) -> u16 {
        near(norms, scale, high, low, cosines)
    }
}

fn length(word: u32) -> f32 {
    vector::length((word & ((1 << SQUARED_BITS) - 1)) as i32)
}

/// [`Lanes::open`], row by row.
#[inline(always)]
pub(super) fn open(norms: &[u8; LINE], scale: &Scale, high: &[i32; ROWS]) -> u16 {
    let wanted = scale.bound * scale.length;
    let mut open = 0;
    for (i, word) in norms.as_chunks::<4>().0.iter().enumerate() {
        let word = u32::from_le_bytes(*word);
        let rest = (REST_STEP * (word >> SQUARED_BITS & ((1 << LENGTH_BITS) - 1))) as f32;
        let low = (word >> (SQUARED_BITS + LENGTH_BITS)) as f32;
        let product = (16 * high[i] + scale.head_offset) as f32;
        let most = product + scale.head_length * low + scale.rest_length * rest + SLACK;
        open |= u16::from(word != 0 && most >= wanted * length(word)) << i;
    }
    open
}

/// [`Lanes::near`], row by row.
#[inline(always)]
pub(super) fn near(
    norms: &[u8; LINE],
    scale: &Scale,
    high: &[i32; ROWS],
    low: &[i32; ROWS],
    cosines: &mut [f32; ROWS],
) -> u16 {
    let mut near = 0;
    for (i, word) in norms.as_chunks::<4>().0.iter().enumerate() {
        let product = 16 * high[i] + low[i] + scale.offset;
        cosines[i] = vector::cosine(product, scale.length, length(u32::from_le_bytes(*word)));
        near |= u16::from(cosines[i] >= scale.at_least) << i;
    }
    near
}

/// Lines of two directions a byte.
#[inline(always)]
fn halves(lines: &[[u8; LINE]], query: &[i32], sums: &mut [i32; ROWS]) {
    for (line, words) in lines.iter().zip(query.as_chunks::<2>().0) {
        four(&line.map(|byte| byte & 15), words[0], sums);
        four(&line.map(|byte| byte >> 4), words[1], sums);
    }
}

/// Four directions of each row.
#[inline(always)]
fn four(line: &[u8; LINE], word: i32, sums: &mut [i32; ROWS]) {
    let query = word.to_le_bytes().map(|byte| i32::from(byte as i8));
    for (row, sum) in line.as_chunks::<4>().0.iter().zip(sums) {
        *sum += row.iter().zip(query).map(|(&byte, q)| i32::from(byte) * q).sum::<i32>();
    }
}
