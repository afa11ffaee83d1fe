//! Convolution: nearly all of a network's time.
//!
//! Every output is one chain of fused multiply-adds from the bias on, over rows, columns and channels of the filter in
//! this order, however many outputs are computed side by side. That makes every processor's answer the same, bit for bit.

use super::{
    Shape,
    lanes::{self, LANES, Lanes, Sums},
};
use crate::features::kernel::Kernel;
use std::array::from_fn;
use zeroize::Zeroizing;

/// How a square filter moves over its input.
#[derive(Clone, Copy)]
pub(super) struct Geometry {
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) pad: usize,
}

impl Geometry {
    /// The shapes of the padded input and of the output, if the filter fits and nothing is too large.
    pub(super) fn shapes(&self, input: Shape, channels: usize) -> Option<[Shape; 2]> {
        let around = self.pad.checked_mul(2)?;
        let side = |side: usize| side.checked_add(around);
        let padded = Shape::new(side(input.height)?, side(input.width)?, input.channels)?;
        let steps = |side: usize| Some(side.checked_sub(self.kernel)?.checked_div(self.stride)? + 1);
        let output = Shape::new(steps(padded.height)?, steps(padded.width)?, channels)?;
        (self.kernel > 0).then_some([padded, output])
    }
}

/// A convolution, its weights laid out as they are read.
pub(super) struct Conv {
    geometry: Geometry,
    relu: bool,
    padded: Shape,
    output: Shape,
    bias: Vec<Lanes>,
    /// Panel by panel, a row of lanes per filter tap; lanes after the last output channel are zero.
    weights: Vec<Lanes>,
}

impl Conv {
    /// Lays out weights in the order output channel, filter row, filter column, input channel. `shapes` are
    /// [`Geometry::shapes`].
    pub(super) fn new(geometry: Geometry, shapes: [Shape; 2], relu: bool, weights: &[f32], bias: &[f32]) -> Conv {
        let [mut padded, mut output] = shapes;
        let taps = geometry.kernel * geometry.kernel * padded.channels;
        let panels = output.channels.div_ceil(LANES);
        let mut packed = Conv {
            geometry,
            relu,
            padded,
            output,
            bias: vec![Lanes([0.0; LANES]); panels],
            weights: vec![Lanes([0.0; LANES]); panels * taps],
        };
        for (channel, (filter, &bias)) in weights.chunks_exact(taps).zip(bias).enumerate() {
            let (panel, lane) = (channel / LANES, channel % LANES);
            packed.bias[panel].0[lane] = bias;
            let rows = &mut packed.weights[panel * taps..][..taps];
            rows.iter_mut().zip(filter).for_each(|(row, &weight)| row.0[lane] = weight);
        }
        if matches!(geometry, Geometry { kernel: 1, stride: 1, pad: 0 }) {
            // Pixels are all alike here: one long row is cut into fewer pieces than many short ones.
            for shape in [&mut padded, &mut output] {
                (shape.height, shape.width) = (1, shape.height * shape.width);
            }
            (packed.padded, packed.output) = (padded, output);
        }
        packed
    }

    /// `input` with a border of zeros, in `buffer`; as it is where none is needed.
    pub(super) fn pad<'a>(&self, input: &'a [f32], buffer: &'a mut Zeroizing<Vec<f32>>) -> &'a [f32] {
        let Geometry { pad, .. } = self.geometry;
        if pad == 0 {
            return input;
        }
        let (line, border) = (self.padded.width * self.padded.channels, pad * self.padded.channels);
        let padded = super::resized(buffer, self.padded.len());
        let (above, rest) = padded.split_at_mut(pad * line);
        let (inside, below) = rest.split_at_mut((self.padded.height - 2 * pad) * line);
        above.fill(0.0);
        below.fill(0.0);
        for (to, from) in inside.chunks_exact_mut(line).zip(input.chunks_exact(line - 2 * border)) {
            to[..border].fill(0.0);
            to[border..line - border].copy_from_slice(from);
            to[line - border..].fill(0.0);
        }
        padded
    }
}

/// One run of a convolution.
pub(super) struct Convolve<'a> {
    pub(super) conv: &'a Conv,
    /// As [`Conv::pad`] gives it.
    pub(super) input: &'a [f32],
    /// Added before the activation.
    pub(super) residual: Option<&'a [f32]>,
    pub(super) output: &'a mut [f32],
}

impl Kernel for Convolve<'_> {
    type Output = ();

    /// 6 pixels × 1 panel, as 24 sums of four in the 32 registers of NEON.
    #[inline(always)]
    fn run(mut self) {
        for panel in 0..self.conv.bias.len() {
            self.panels::<Lanes, 6, 1>(panel);
        }
    }

    /// 6 pixels × 1 panel: 12 sums of eight in the 16 registers of AVX2.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn run_avx2(mut self) {
        for panel in 0..self.conv.bias.len() {
            self.panels::<lanes::Avx2, 6, 1>(panel);
        }
    }

    /// 8 pixels × up to 3 panels: 24 sums of sixteen in the 32 registers of AVX-512.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn run_avx512(mut self) {
        let panels = self.conv.bias.len();
        let mut panel = 0;
        while panel < panels {
            // Two and two where three would leave one alone.
            let wide = if panels - panel == 4 { 2 } else { (panels - panel).min(3) };
            match wide {
                3 => self.panels::<lanes::Avx512, 8, 3>(panel),
                2 => self.panels::<lanes::Avx512, 8, 2>(panel),
                _ => self.panels::<lanes::Avx512, 8, 1>(panel),
            }
            panel += wide;
        }
    }
}

impl Convolve<'_> {
    /// Computes `PANELS` panels of every pixel, up to `ROWS` pixels of a row side by side.
    #[inline(always)]
    fn panels<S: Sums, const ROWS: usize, const PANELS: usize>(&mut self, panel: usize) {
        let Shape { height, width, .. } = self.conv.output;
        for y in 0..height {
            let (mut x, mut pieces) = (0, width.div_ceil(ROWS));
            while pieces > 0 {
                let pixels = (width - x).div_ceil(pieces);
                match pixels {
                    8 if ROWS >= 8 => self.tile::<S, 8, PANELS>(panel, y, x),
                    7 if ROWS >= 7 => self.tile::<S, 7, PANELS>(panel, y, x),
                    6 => self.tile::<S, 6, PANELS>(panel, y, x),
                    5 => self.tile::<S, 5, PANELS>(panel, y, x),
                    4 => self.tile::<S, 4, PANELS>(panel, y, x),
                    3 => self.tile::<S, 3, PANELS>(panel, y, x),
                    2 => self.tile::<S, 2, PANELS>(panel, y, x),
                    _ => self.tile::<S, 1, PANELS>(panel, y, x),
                }
                (x, pieces) = (x + pixels, pieces - 1);
            }
        }
    }

    /// Computes `ROWS` pixels from (x, y) on.
    #[inline(always)]
    fn tile<S: Sums, const ROWS: usize, const PANELS: usize>(&mut self, panel: usize, y: usize, x: usize) {
        let Conv { geometry: Geometry { kernel, stride, .. }, padded, ref weights, ref bias, .. } = *self.conv;
        let (run, line, step) = (kernel * padded.channels, padded.width * padded.channels, stride * padded.channels);
        let taps = kernel * run;
        let mut sums: [[S; PANELS]; ROWS] = [from_fn(|p| S::load(&bias[panel + p])); ROWS];
        for row in 0..kernel {
            let pixels = &self.input[(y * stride + row) * line + x * step..];
            let weights = &weights[panel * taps + row * run..];
            sums = accumulate(sums, run, (pixels, step), (weights, taps));
        }
        for (r, sums) in sums.iter().enumerate() {
            for (p, sums) in sums.iter().enumerate() {
                self.store((y * self.conv.output.width + x + r) * self.conv.output.channels, panel + p, &sums.lanes());
            }
        }
    }

    /// Finishes one panel of the pixel that starts at `pixel`: residual, activation.
    #[inline(always)]
    fn store(&mut self, pixel: usize, panel: usize, Lanes(sums): &Lanes) {
        let first = panel * LANES;
        let end = self.conv.output.channels.min(first + LANES);
        let (from, to) = (pixel + first, pixel + end);
        let mut values = *sums;
        if let Some(residual) = self.residual {
            values.iter_mut().zip(&residual[from..to]).for_each(|(value, add)| *value += add);
        }
        if self.conv.relu {
            // Not `max`: what is no number must stay visible.
            values.iter_mut().for_each(|value| *value = if *value < 0.0 { 0.0 } else { *value });
        }
        self.output[from..to].copy_from_slice(&values[..to - from]);
    }
}

/// Adds `run` taps to every sum, with pixels and panels of weights so many values apart.
///
/// The sums come and go by value, so that they stay in registers.
#[inline(always)]
fn accumulate<S: Sums, const ROWS: usize, const PANELS: usize>(
    mut sums: [[S; PANELS]; ROWS],
    run: usize,
    (pixels, step): (&[f32], usize),
    (weights, taps): (&[Lanes], usize),
) -> [[S; PANELS]; ROWS] {
    assert!(pixels.len() >= (ROWS - 1) * step + run && weights.len() >= (PANELS - 1) * taps + run);
    for i in 0..run {
        // SAFETY: `p * taps + i` is at most `(PANELS - 1) * taps + run - 1`, which was just seen to be inside.
        let weights: [S; PANELS] = from_fn(|p| S::load(unsafe { weights.get_unchecked(p * taps + i) }));
        for (r, sums) in sums.iter_mut().enumerate() {
            // SAFETY: `r * step + i` is at most `(ROWS - 1) * step + run - 1`, which was just seen to be inside.
            let value = unsafe { *pixels.get_unchecked(r * step + i) };
            for (sums, &weights) in sums.iter_mut().zip(&weights) {
                *sums = sums.plus(value, weights);
            }
        }
    }
    sums
}
