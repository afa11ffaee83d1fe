//! AVX2: eight rows a register. A product of bytes is added up in 16 bits first, which holds half bytes safely: a pair of them
//! with two directions is at most 2 · 15 · 128, and eight such pairs are below 2¹⁵.

use super::{LENGTH_BITS, LINE, Lanes, Layout, REST_STEP, ROWS, SLACK, SQUARED_BITS, Scale};
use std::arch::x86_64::*;

pub(super) struct Avx2;

/// Sums of eight rows for the first and the last eight of a block.
type Halves = [__m256i; 2];

/// # Safety
/// AVX2.
#[inline(always)]
unsafe fn load(line: &[u8; LINE]) -> Halves {
    // SAFETY: a line is 64 bytes, aligned or not.
    unsafe { [_mm256_loadu_si256(line.as_ptr().cast()), _mm256_loadu_si256(line.as_ptr().add(32).cast())] }
}

/// The low and the high half of every byte.
///
/// # Safety
/// AVX2.
#[inline(always)]
unsafe fn split(bytes: __m256i) -> [__m256i; 2] {
    // SAFETY: as this function's.
    unsafe {
        let mask = _mm256_set1_epi8(15);
        [_mm256_and_si256(bytes, mask), _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), mask)]
    }
}

/// # Safety
/// AVX2.
#[inline(always)]
unsafe fn widened(pairs: __m256i) -> __m256i {
    // SAFETY: as this function's.
    unsafe { _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)) }
}

/// # Safety
/// AVX2.
#[inline(always)]
unsafe fn halves<const P: usize>(lines: &[[u8; LINE]], queries: [&[i32]; P], sums: &mut [Halves; P]) {
    // SAFETY: as this function's.
    unsafe {
        // Four lines are eight pairs of half bytes.
        for (chunk, lines) in lines.chunks(4).enumerate() {
            let mut pairs = [[_mm256_setzero_si256(); 2]; P];
            for (i, line) in lines.iter().enumerate() {
                let line = load(line);
                for half in 0..2 {
                    let [first, second] = split(line[half]);
                    for p in 0..P {
                        let word = 2 * (4 * chunk + i);
                        let a = _mm256_maddubs_epi16(first, _mm256_set1_epi32(queries[p][word]));
                        let b = _mm256_maddubs_epi16(second, _mm256_set1_epi32(queries[p][word + 1]));
                        pairs[p][half] = _mm256_add_epi16(pairs[p][half], _mm256_add_epi16(a, b));
                    }
                }
            }
            for p in 0..P {
                for half in 0..2 {
                    sums[p][half] = _mm256_add_epi32(sums[p][half], widened(pairs[p][half]));
                }
            }
        }
    }
}

/// # Safety
/// AVX2.
#[inline(always)]
unsafe fn bytes<const P: usize>(lines: &[[u8; LINE]], queries: [&[i32]; P], sums: &mut [Halves; P]) {
    // SAFETY: as this function's.
    unsafe {
        for (chunk, lines) in lines.chunks(8).enumerate() {
            let mut lows = [[_mm256_setzero_si256(); 2]; P];
            let mut highs = lows;
            for (i, line) in lines.iter().enumerate() {
                let line = load(line);
                for half in 0..2 {
                    let [low, high] = split(line[half]);
                    for p in 0..P {
                        let query = _mm256_set1_epi32(queries[p][8 * chunk + i]);
                        lows[p][half] = _mm256_add_epi16(lows[p][half], _mm256_maddubs_epi16(low, query));
                        highs[p][half] = _mm256_add_epi16(highs[p][half], _mm256_maddubs_epi16(high, query));
                    }
                }
            }
            for p in 0..P {
                for half in 0..2 {
                    let both =
                        _mm256_add_epi32(widened(lows[p][half]), _mm256_slli_epi32::<4>(widened(highs[p][half])));
                    sums[p][half] = _mm256_add_epi32(sums[p][half], both);
                }
            }
        }
    }
}

/// # Safety
/// AVX2.
#[inline(always)]
unsafe fn store<const P: usize>(registers: &[Halves; P], sums: &mut [[i32; ROWS]; P]) {
    for (registers, sums) in registers.iter().zip(sums) {
        let [first, last] = sums.as_chunks_mut::<8>().0 else { continue };
        // SAFETY: as this function's; eight sums each.
        unsafe {
            _mm256_storeu_si256(first.as_mut_ptr().cast(), registers[0]);
            _mm256_storeu_si256(last.as_mut_ptr().cast(), registers[1]);
        }
    }
}

impl Lanes for Avx2 {
    const TILE: usize = 2;

    #[inline(always)]
    unsafe fn high<const P: usize>(lines: &[[u8; LINE]], queries: [&[i32]; P], sums: &mut [[i32; ROWS]; P]) {
        // SAFETY: as the trait's.
        unsafe {
            let mut registers = [[_mm256_setzero_si256(); 2]; P];
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
            let mut registers = [[_mm256_setzero_si256(); 2]; P];
            halves(lows, queries.map(|(head, _)| head), &mut registers);
            bytes(others, queries.map(|(_, rest)| rest), &mut registers);
            store(&registers, sums);
        }
    }

    #[inline(always)]
    unsafe fn open(norms: &[u8; LINE], scale: &Scale, high: &[i32; ROWS]) -> u16 {
        const SQUARED: i32 = SQUARED_BITS as i32;
        const LENGTHS: i32 = (SQUARED_BITS + LENGTH_BITS) as i32;
        let mut open = 0;
        // SAFETY: as the trait's; what is loaded is eight sums at a time.
        unsafe {
            for (half, words) in load(norms).into_iter().enumerate() {
                let mask = _mm256_set1_epi32((1 << LENGTH_BITS) - 1);
                let rest = _mm256_and_si256(_mm256_srli_epi32::<SQUARED>(words), mask);
                let low = _mm256_srli_epi32::<LENGTHS>(words);
                let by =
                    |lengths: __m256i, scale: f32| _mm256_mul_ps(_mm256_cvtepi32_ps(lengths), _mm256_set1_ps(scale));
                let high = _mm256_slli_epi32::<4>(_mm256_loadu_si256(high.as_ptr().add(8 * half).cast()));
                let product = _mm256_cvtepi32_ps(_mm256_add_epi32(high, _mm256_set1_epi32(scale.head_offset)));
                // REST_STEP is a power of two, so that this product is as exact as any.
                let beyond = _mm256_add_ps(by(low, scale.head_length), by(rest, scale.rest_length * REST_STEP as f32));
                let most = _mm256_add_ps(_mm256_add_ps(product, beyond), _mm256_set1_ps(SLACK));
                let wanted = _mm256_mul_ps(lengths(words), _mm256_set1_ps(scale.bound * scale.length));
                let free = _mm256_castsi256_ps(_mm256_cmpeq_epi32(words, _mm256_setzero_si256()));
                let enough = _mm256_andnot_ps(free, _mm256_cmp_ps::<_CMP_GE_OQ>(most, wanted));
                open |= (_mm256_movemask_ps(enough) as u16) << (8 * half);
            }
        }
        open
    }

    #[inline(always)]
    unsafe fn near(
        norms: &[u8; LINE],
        scale: &Scale,
        high: &[i32; ROWS],
        low: &[i32; ROWS],
        cosines: &mut [f32; ROWS],
    ) -> u16 {
        let mut near = 0;
        // SAFETY: as the trait's; what is loaded and stored is eight at a time.
        unsafe {
            for (half, words) in load(norms).into_iter().enumerate() {
                let high = _mm256_slli_epi32::<4>(_mm256_loadu_si256(high.as_ptr().add(8 * half).cast()));
                let sum = _mm256_add_epi32(high, _mm256_loadu_si256(low.as_ptr().add(8 * half).cast()));
                let product = _mm256_cvtepi32_ps(_mm256_add_epi32(sum, _mm256_set1_epi32(scale.offset)));
                let cosine = _mm256_div_ps(product, _mm256_mul_ps(_mm256_set1_ps(scale.length), lengths(words)));
                _mm256_storeu_ps(cosines.as_mut_ptr().add(8 * half), cosine);
                let enough = _mm256_cmp_ps::<_CMP_GE_OQ>(cosine, _mm256_set1_ps(scale.at_least));
                near |= (_mm256_movemask_ps(enough) as u16) << (8 * half);
            }
        }
        near
    }
}

/// # Safety
/// AVX2.
#[inline(always)]
unsafe fn lengths(words: __m256i) -> __m256 {
    // SAFETY: as this function's.
    unsafe {
        let squared = _mm256_and_si256(words, _mm256_set1_epi32((1 << SQUARED_BITS) - 1));
        _mm256_sqrt_ps(_mm256_cvtepi32_ps(squared))
    }
}
