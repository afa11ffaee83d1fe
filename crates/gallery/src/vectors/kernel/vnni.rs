//! AVX-512 with VNNI: one instruction multiplies four directions of sixteen rows and adds them up.

use super::{LINE, Lanes, Layout, ROWS};
use std::arch::x86_64::*;

pub(super) struct Vnni;

/// # Safety
/// AVX-512F, BW and VNNI.
#[inline(always)]
unsafe fn load(line: &[u8; LINE]) -> __m512i {
    // SAFETY: a line is 64 bytes, aligned or not.
    unsafe { _mm512_loadu_si512(line.as_ptr().cast()) }
}

/// # Safety
/// AVX-512F, BW and VNNI.
#[inline(always)]
unsafe fn halves<const P: usize>(lines: &[[u8; LINE]], queries: [&[i32]; P], sums: &mut [__m512i; P]) {
    // SAFETY: as this function's.
    unsafe {
        let mask = _mm512_set1_epi8(15);
        for (i, line) in lines.iter().enumerate() {
            let line = load(line);
            let first = _mm512_and_si512(line, mask);
            let second = _mm512_and_si512(_mm512_srli_epi16::<4>(line), mask);
            for p in 0..P {
                sums[p] = _mm512_dpbusd_epi32(sums[p], first, _mm512_set1_epi32(queries[p][2 * i]));
                sums[p] = _mm512_dpbusd_epi32(sums[p], second, _mm512_set1_epi32(queries[p][2 * i + 1]));
            }
        }
    }
}

impl Lanes for Vnni {
    const TILE: usize = 8;

    #[inline(always)]
    unsafe fn high<const P: usize>(lines: &[[u8; LINE]], queries: [&[i32]; P], sums: &mut [[i32; ROWS]; P]) {
        let queries = queries.map(|query| &query[..2 * lines.len()]);
        // SAFETY: as the trait's; what is stored is sixteen sums each.
        unsafe {
            let mut registers = [_mm512_setzero_si512(); P];
            halves(lines, queries, &mut registers);
            for p in 0..P {
                _mm512_storeu_si512(sums[p].as_mut_ptr().cast(), registers[p]);
            }
        }
    }

    #[inline(always)]
    unsafe fn rest<const P: usize, const D: usize>(
        lines: &[[u8; LINE]],
        queries: [(&[i32], &[i32]); P],
        sums: &mut [[i32; ROWS]; P],
    ) {
        let (lows, others) = lines.split_at(Layout::<D>::HIGH_LINES);
        let heads = queries.map(|(head, _)| &head[..2 * lows.len()]);
        let rests = queries.map(|(_, rest)| &rest[..others.len()]);
        // SAFETY: as the trait's; what is stored is sixteen sums each.
        unsafe {
            let mut registers = [_mm512_setzero_si512(); P];
            halves(lows, heads, &mut registers);
            for (i, line) in others.iter().enumerate() {
                let line = load(line);
                for p in 0..P {
                    registers[p] = _mm512_dpbusd_epi32(registers[p], line, _mm512_set1_epi32(rests[p][i]));
                }
            }
            for p in 0..P {
                _mm512_storeu_si512(sums[p].as_mut_ptr().cast(), registers[p]);
            }
        }
    }
}
