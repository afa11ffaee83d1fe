//! Convolution: nearly all of a network's time.
//!
//! Every output is one chain of fused multiply-adds from the bias on, over rows, columns and channels of the filter in
//! this order, however many outputs are computed side by side. That makes every processor's answer the same, bit for bit.

use super::Shape;
use crate::features::kernel::Kernel;
use std::array::from_fn;
use zeroize::Zeroizing;

/// Output channels of a panel, computed side by side: one register of 512 bits, two of 256, four of 128.
const LANES: usize = 16;

/// One value for each of [`LANES`] output channels, where the processor loads it fastest.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Lanes([f32; LANES]);

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

    /// 6 pixels × 1 panel: 12 sums in the 16 registers of AVX2, 24 in the 32 of NEON (where `f32::mul_add` is one
    /// instruction too, so that no code of its own is needed). Without either, `f32::mul_add` is a function: right, and
    /// some hundred times slower.
    #[inline(always)]
    fn run(mut self) {
        for panel in 0..self.conv.bias.len() {
            self.panels::<6, 1>(panel);
        }
    }

    /// 8 pixels × up to 3 panels: 24 sums in the 32 registers of AVX-512.
    #[inline(always)]
    fn run_wide(mut self) {
        let panels = self.conv.bias.len();
        let mut panel = 0;
        while panel < panels {
            // Two and two where three would leave one alone.
            let wide = if panels - panel == 4 { 2 } else { (panels - panel).min(3) };
            match wide {
                3 => self.panels::<8, 3>(panel),
                2 => self.panels::<8, 2>(panel),
                _ => self.panels::<8, 1>(panel),
            }
            panel += wide;
        }
    }
}

impl Convolve<'_> {
    /// Computes `PANELS` panels of every pixel, up to `ROWS` pixels of a row side by side.
    #[inline(always)]
    fn panels<const ROWS: usize, const PANELS: usize>(&mut self, panel: usize) {
        let Shape { height, width, .. } = self.conv.output;
        for y in 0..height {
            let (mut x, mut pieces) = (0, width.div_ceil(ROWS));
            while pieces > 0 {
                let pixels = (width - x).div_ceil(pieces);
                match pixels {
                    8 if ROWS >= 8 => self.tile::<8, PANELS>(panel, y, x),
                    7 if ROWS >= 7 => self.tile::<7, PANELS>(panel, y, x),
                    6 => self.tile::<6, PANELS>(panel, y, x),
                    5 => self.tile::<5, PANELS>(panel, y, x),
                    4 => self.tile::<4, PANELS>(panel, y, x),
                    3 => self.tile::<3, PANELS>(panel, y, x),
                    2 => self.tile::<2, PANELS>(panel, y, x),
                    _ => self.tile::<1, PANELS>(panel, y, x),
                }
                (x, pieces) = (x + pixels, pieces - 1);
            }
        }
    }

    /// Computes `ROWS` pixels from (x, y) on.
    #[inline(always)]
    fn tile<const ROWS: usize, const PANELS: usize>(&mut self, panel: usize, y: usize, x: usize) {
        let Conv { geometry: Geometry { kernel, stride, .. }, padded, ref weights, ref bias, .. } = *self.conv;
        let (run, line, step) = (kernel * padded.channels, padded.width * padded.channels, stride * padded.channels);
        let taps = kernel * run;
        let mut sums: [[[f32; LANES]; PANELS]; ROWS] = [from_fn(|p| bias[panel + p].0); ROWS];
        for row in 0..kernel {
            let pixels = &self.input[(y * stride + row) * line + x * step..];
            let weights = &weights[panel * taps + row * run..];
            sums = accumulate(sums, run, (pixels, step), (weights, taps));
        }
        for (r, sums) in sums.iter().enumerate() {
            for (p, sums) in sums.iter().enumerate() {
                self.store((y * self.conv.output.width + x + r) * self.conv.output.channels, panel + p, sums);
            }
        }
    }

    /// Finishes one panel of the pixel that starts at `pixel`: residual, activation.
    #[inline(always)]
    fn store(&mut self, pixel: usize, panel: usize, sums: &[f32; LANES]) {
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
/// The sums come and go by value, and each row of lanes is worked on as a whole: so the compiler keeps them in registers.
/// Other ways of writing it were measured at a thirtieth of the speed, and with bounds checks at a third with AVX2.
#[inline(always)]
fn accumulate<const ROWS: usize, const PANELS: usize>(
    mut sums: [[[f32; LANES]; PANELS]; ROWS],
    run: usize,
    (pixels, step): (&[f32], usize),
    (weights, taps): (&[Lanes], usize),
) -> [[[f32; LANES]; PANELS]; ROWS] {
    assert!(pixels.len() >= (ROWS - 1) * step + run && weights.len() >= (PANELS - 1) * taps + run);
    for i in 0..run {
        // SAFETY: `p * taps + i` is at most `(PANELS - 1) * taps + run - 1`, which was just seen to be inside.
        let weights: [_; PANELS] = from_fn(|p| unsafe { weights.get_unchecked(p * taps + i) }.0);
        for (r, sums) in sums.iter_mut().enumerate() {
            // SAFETY: `r * step + i` is at most `(ROWS - 1) * step + run - 1`, which was just seen to be inside.
            let value = unsafe { *pixels.get_unchecked(r * step + i) };
            for (sums, weights) in sums.iter_mut().zip(&weights) {
                let mut row = *sums;
                for lane in 0..LANES {
                    row[lane] = value.mul_add(weights[lane], row[lane]);
                }
                *sums = row;
            }
        }
    }
    sums
}
