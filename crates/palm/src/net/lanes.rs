//! Sixteen sums side by side, in the registers of each kind of processor.
//!
//! Written with the processor's own instructions: left to the compiler, the same loop came out at anything from full speed to a
//! tenth of it, depending on what else was in the binary.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// Output channels of a panel, computed side by side: one register of 512 bits, two of 256, four of 128.
pub(super) const LANES: usize = 16;

/// One value for each of [`LANES`] output channels, where the processor loads it fastest.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Lanes(pub(super) [f32; LANES]);

/// [`LANES`] running sums. All kinds give the same bits: one rounding per fused multiply-add.
pub(super) trait Sums: Copy {
    fn load(lanes: &Lanes) -> Self;
    /// `self + value × weights`, rounded once.
    fn plus(self, value: f32, weights: Self) -> Self;
    fn lanes(self) -> Lanes;
}

/// For every processor. `f32::mul_add` is one instruction on 64-bit ARM; where there is none it is a function: right, and some
/// hundred times slower.
impl Sums for Lanes {
    #[inline(always)]
    fn load(lanes: &Lanes) -> Lanes {
        *lanes
    }

    #[inline(always)]
    fn plus(self, value: f32, weights: Lanes) -> Lanes {
        let mut sums = self;
        for lane in 0..LANES {
            sums.0[lane] = value.mul_add(weights.0[lane], sums.0[lane]);
        }
        sums
    }

    #[inline(always)]
    fn lanes(self) -> Lanes {
        self
    }
}

/// Two registers of 256 bits. Only for code that runs where AVX2 and FMA were detected.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Avx2([__m256; 2]);

#[cfg(target_arch = "x86_64")]
impl Sums for Avx2 {
    #[inline(always)]
    fn load(Lanes(lanes): &Lanes) -> Avx2 {
        // SAFETY: `Convolve::run_avx2` runs only where AVX2 was detected; both halves lie inside the sixteen lanes.
        unsafe { Avx2([_mm256_loadu_ps(lanes.as_ptr()), _mm256_loadu_ps(lanes.as_ptr().add(LANES / 2))]) }
    }

    #[inline(always)]
    fn plus(self, value: f32, weights: Avx2) -> Avx2 {
        // SAFETY: `Convolve::run_avx2` runs only where AVX2 and FMA were detected.
        unsafe {
            let value = _mm256_set1_ps(value);
            let [first, second] = weights.0;
            Avx2([_mm256_fmadd_ps(value, first, self.0[0]), _mm256_fmadd_ps(value, second, self.0[1])])
        }
    }

    #[inline(always)]
    fn lanes(self) -> Lanes {
        let mut lanes = Lanes([0.0; LANES]);
        // SAFETY: as in `load`.
        unsafe {
            _mm256_storeu_ps(lanes.0.as_mut_ptr(), self.0[0]);
            _mm256_storeu_ps(lanes.0.as_mut_ptr().add(LANES / 2), self.0[1]);
        }
        lanes
    }
}

/// One register of 512 bits. Only for code that runs where AVX-512 was detected.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Avx512(__m512);

#[cfg(target_arch = "x86_64")]
impl Sums for Avx512 {
    #[inline(always)]
    fn load(Lanes(lanes): &Lanes) -> Avx512 {
        // SAFETY: `Convolve::run_avx512` runs only where AVX-512 was detected; there are sixteen lanes.
        Avx512(unsafe { _mm512_loadu_ps(lanes.as_ptr()) })
    }

    #[inline(always)]
    fn plus(self, value: f32, weights: Avx512) -> Avx512 {
        // SAFETY: `Convolve::run_avx512` runs only where AVX-512 was detected.
        Avx512(unsafe { _mm512_fmadd_ps(_mm512_set1_ps(value), weights.0, self.0) })
    }

    #[inline(always)]
    fn lanes(self) -> Lanes {
        let mut lanes = Lanes([0.0; LANES]);
        // SAFETY: as in `load`.
        unsafe { _mm512_storeu_ps(lanes.0.as_mut_ptr(), self.0) };
        lanes
    }
}
