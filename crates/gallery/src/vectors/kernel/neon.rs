//! NEON: four rows a register.

use super::{LINE, Lanes, Layout, ROWS, Scale, portable};
use std::arch::aarch64::*;

pub(super) struct Neon;

/// Sums of four rows each.
type Quarters = [int32x4_t; 4];

/// The products of four directions of four rows, added up by row.
///
/// # Safety
/// NEON.
#[inline(always)]
unsafe fn four(sums: int32x4_t, rows: uint8x16_t, query: int8x8_t) -> int32x4_t {
    // SAFETY: as this function's.
    unsafe {
        let query = vmovl_s8(query);
        let low = vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(rows)));
        let high = vreinterpretq_s16_u16(vmovl_u8(vget_high_u8(rows)));
        // Two rows each: four products of 32 bits a row, then pairs, then pairs of pairs.
        let row = |half: int16x4_t| vmull_s16(half, vget_low_s16(query));
        let first = vpaddq_s32(row(vget_low_s16(low)), row(vget_high_s16(low)));
        let last = vpaddq_s32(row(vget_low_s16(high)), row(vget_high_s16(high)));
        vaddq_s32(sums, vpaddq_s32(first, last))
    }
}

/// # Safety
/// NEON.
#[inline(always)]
unsafe fn load(line: &[u8; LINE]) -> [uint8x16_t; 4] {
    // SAFETY: a line is 64 bytes.
    unsafe { std::array::from_fn(|i| vld1q_u8(line.as_ptr().add(16 * i))) }
}

/// # Safety
/// NEON.
#[inline(always)]
unsafe fn query(word: i32) -> int8x8_t {
    // SAFETY: as this function's.
    unsafe { vreinterpret_s8_s32(vdup_n_s32(word)) }
}

/// # Safety
/// NEON.
#[inline(always)]
unsafe fn halves<const P: usize>(lines: &[[u8; LINE]], queries: [&[i32]; P], sums: &mut [Quarters; P]) {
    // SAFETY: as this function's.
    unsafe {
        for (i, line) in lines.iter().enumerate() {
            for (quarter, bytes) in load(line).into_iter().enumerate() {
                let (first, second) = (vandq_u8(bytes, vdupq_n_u8(15)), vshrq_n_u8::<4>(bytes));
                for p in 0..P {
                    let sum = four(sums[p][quarter], first, query(queries[p][2 * i]));
                    sums[p][quarter] = four(sum, second, query(queries[p][2 * i + 1]));
                }
            }
        }
    }
}

/// # Safety
/// NEON.
#[inline(always)]
unsafe fn store<const P: usize>(registers: &[Quarters; P], sums: &mut [[i32; ROWS]; P]) {
    for (registers, sums) in registers.iter().zip(sums) {
        for (register, sums) in registers.iter().zip(sums.as_chunks_mut::<4>().0) {
            // SAFETY: as this function's; four sums each.
            unsafe { vst1q_s32(sums.as_mut_ptr(), *register) };
        }
    }
}

impl Lanes for Neon {
    const TILE: usize = 2;

    #[inline(always)]
    unsafe fn high<const P: usize>(lines: &[[u8; LINE]], queries: [&[i32]; P], sums: &mut [[i32; ROWS]; P]) {
        // SAFETY: as the trait's.
        unsafe {
            let mut registers = [[vdupq_n_s32(0); 4]; P];
            halves(lines, queries, &mut registers);
            store(&registers, sums);
        }
    }

    #[inline(always)]
    unsafe fn rest<const P: usize, const D: usize>(
        lines: &[[u8; LINE]],
        queries: [(&[i32], &[i32]); P],
        sums: &mut [[i32; ROWS]; P],
    ) {
        let (lows, others) = lines.split_at(Layout::<D>::HIGH_LINES);
        // SAFETY: as the trait's.
        unsafe {
            let mut registers = [[vdupq_n_s32(0); 4]; P];
            halves(lows, queries.map(|(head, _)| head), &mut registers);
            for (i, line) in others.iter().enumerate() {
                for (quarter, bytes) in load(line).into_iter().enumerate() {
                    for p in 0..P {
                        registers[p][quarter] = four(registers[p][quarter], bytes, query(queries[p].1[i]));
                    }
                }
            }
            store(&registers, sums);
        }
    }

    #[inline(always)]
    unsafe fn open(norms: &[u8; LINE], scale: &Scale, high: &[i32; ROWS]) -> u16 {
        portable::open(norms, scale, high)
    }

    #[inline(always)]
    unsafe fn near(
        norms: &[u8; LINE],
        scale: &Scale,
        high: &[i32; ROWS],
        low: &[i32; ROWS],
        cosines: &mut [f32; ROWS],
    ) -> u16 {
        portable::near(norms, scale, high, low, cosines)
    }
}
