//! Plain loops, which compilers turn into whatever the target has.

use super::{LINE, Lanes, Layout, ROWS};

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
