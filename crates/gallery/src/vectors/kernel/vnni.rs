//! AVX-512 with VNNI: one instruction multiplies four directions of sixteen rows and adds them up.

use super::{LENGTH_BITS, LINE, Lanes, Layout, REST_STEP, ROWS, SLACK, SQUARED_BITS, Scale};
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

    #[inline(always)]
    unsafe fn open(norms: &[u8; LINE], scale: &Scale, high: &[i32; ROWS]) -> u16 {
        // SAFETY: as the trait's; what is loaded is sixteen sums.
        unsafe {
            let words = load(norms);
            let rest =
                _mm512_and_si512(_mm512_srli_epi32::<SQUARED_BITS>(words), _mm512_set1_epi32((1 << LENGTH_BITS) - 1));
            let low = _mm512_srli_epi32::<{ SQUARED_BITS + LENGTH_BITS }>(words);
            let by = |lengths: __m512i, scale: f32| _mm512_mul_ps(_mm512_cvtepi32_ps(lengths), _mm512_set1_ps(scale));
            let high = _mm512_slli_epi32::<4>(_mm512_loadu_si512(high.as_ptr().cast()));
            let product = _mm512_cvtepi32_ps(_mm512_add_epi32(high, _mm512_set1_epi32(scale.head_offset)));
            // REST_STEP is a power of two, so that this product is as exact as any.
            let beyond = _mm512_add_ps(by(low, scale.head_length), by(rest, scale.rest_length * REST_STEP as f32));
            let most = _mm512_add_ps(_mm512_add_ps(product, beyond), _mm512_set1_ps(SLACK));
            let wanted = _mm512_mul_ps(lengths(words), _mm512_set1_ps(scale.bound * scale.length));
            _mm512_mask_cmp_ps_mask::<_CMP_GE_OQ>(_mm512_test_epi32_mask(words, words), most, wanted)
        }
    }

    #[inline(always)]
    unsafe fn near(
        norms: &[u8; LINE],
        scale: &Scale,
        high: &[i32; ROWS],
        low: &[i32; ROWS],
        cosines: &mut [f32; ROWS],
    ) -> u16 {
        // SAFETY: as the trait's; what is loaded and stored is sixteen each.
        unsafe {
            let high = _mm512_slli_epi32::<4>(_mm512_loadu_si512(high.as_ptr().cast()));
            let sum = _mm512_add_epi32(high, _mm512_loadu_si512(low.as_ptr().cast()));
            let product = _mm512_cvtepi32_ps(_mm512_add_epi32(sum, _mm512_set1_epi32(scale.offset)));
            let both = _mm512_mul_ps(_mm512_set1_ps(scale.length), lengths(load(norms)));
            let cosine = _mm512_div_ps(product, both);
            _mm512_storeu_ps(cosines.as_mut_ptr(), cosine);
            _mm512_cmp_ps_mask::<_CMP_GE_OQ>(cosine, _mm512_set1_ps(scale.at_least))
        }
    }
}

/// # Safety
/// AVX-512F, BW and VNNI.
#[inline(always)]
unsafe fn lengths(words: __m512i) -> __m512 {
    // SAFETY: as this function's.
    unsafe {
        let squared = _mm512_and_si512(words, _mm512_set1_epi32((1 << SQUARED_BITS) - 1));
        _mm512_sqrt_ps(_mm512_cvtepi32_ps(squared))
    }
}
