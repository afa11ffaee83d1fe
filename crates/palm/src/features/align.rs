//! Finds how a probe lies on a template: the best agreement of whole codes over rotation, scale and translation.

use super::code::Code;
use super::kernel::Kernel;
use super::{CHANNELS, GRID, WORDS};
use zeroize::Zeroize;

/// How far the alignment searches, in cells each way: 4 cells are 16 px, twice what a localiser may leave.
pub(crate) const REACH: i32 = 4;
/// Alignments searched per variant.
const SHIFTS: usize = (2 * REACH as usize + 1) * (2 * REACH as usize + 1);
/// Rows of nothing above and below a probe's code, so that every shift reads in bounds; covers the elastic search too.
const MARGIN: usize = REACH as usize + 2;
const PADDED_WORDS: usize = (GRID + 2 * MARGIN) * CHANNELS;

/// A probe's code at one rotation, scale and sub-cell offset, with empty rows around it. Wiped when dropped.
pub(crate) struct Layer {
    signs: [u32; PADDED_WORDS],
    /// The cells that lie within the palm.
    within: [u32; PADDED_WORDS],
}

/// One alignment of a probe with a template: template cell (x, y) lies on probe cell (x + `dx`, y + `dy`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Alignment {
    /// Index of the probe's variant.
    pub(crate) variant: usize,
    /// Cells, −[`REACH`]..=[`REACH`].
    pub(crate) dx: i32,
    /// Cells, −[`REACH`]..=[`REACH`].
    pub(crate) dy: i32,
}

/// One rotation and scale of a probe, as it is aligned.
pub(crate) struct Variant {
    /// The code on the grid, and moved right, down and both by half a cell, in this order.
    pub(crate) phases: [Layer; 4],
    /// One over the bits compared at each shift, column shifts outermost.
    shares: [f32; SHIFTS],
}

impl Layer {
    /// An empty layer.
    pub(crate) fn new() -> Layer {
        Layer { signs: [0; PADDED_WORDS], within: [0; PADDED_WORDS] }
    }

    /// Sets one cell of one channel, which lies within the palm.
    pub(crate) fn set(&mut self, channel: usize, x: usize, y: usize, sign: bool) {
        let word = (y + MARGIN) * CHANNELS + channel;
        self.signs[word] |= u32::from(sign) << x;
        self.within[word] |= 1 << x;
    }

    /// Sets one row of one channel: its signs, and the cells that lie within the palm.
    pub(crate) fn set_row(&mut self, channel: usize, y: usize, signs: u32, within: u32) {
        let word = (y + MARGIN) * CHANNELS + channel;
        (self.signs[word], self.within[word]) = (signs, within);
    }

    /// The signs and the cells within, moved up by `dy` rows, −[`MARGIN`]..=[`MARGIN`].
    #[inline(always)]
    pub(crate) fn rows(&self, dy: i32) -> (&[u32; WORDS], &[u32; WORDS]) {
        let start = (MARGIN as i32 + dy) as usize * CHANNELS;
        let signs = self.signs[start..start + WORDS].try_into().expect("a window of WORDS words");
        let within = self.within[start..start + WORDS].try_into().expect("a window of WORDS words");
        (signs, within)
    }
}

impl Drop for Layer {
    fn drop(&mut self) {
        self.signs.zeroize();
    }
}

impl Variant {
    /// Counts what each shift compares.
    pub(crate) fn new(phases: [Layer; 4]) -> Variant {
        let mut shares = [0.0; SHIFTS];
        for (i, (dx, dy)) in shifts().enumerate() {
            let (_, within) = phases[0].rows(dy);
            let compared: u32 = within.iter().map(|w| (w & moved(u32::MAX, dx)).count_ones()).sum();
            shares[i] = 1.0 / compared.max(1) as f32;
        }
        Variant { phases, shares }
    }
}

/// Every shift, column shifts outermost.
fn shifts() -> impl Iterator<Item = (i32, i32)> {
    (-REACH..=REACH).flat_map(|dx| (-REACH..=REACH).map(move |dy| (dx, dy)))
}

/// A row moved so that its column x becomes x + `dx`.
#[inline(always)]
pub(crate) fn moved(row: u32, dx: i32) -> u32 {
    if dx >= 0 { row << dx } else { row >> -dx }
}

/// The alignment in which the fewest of the compared signs differ; of equals, the first.
pub(crate) struct Align<'a> {
    pub(crate) variants: &'a [Variant],
    pub(crate) code: &'a Code,
}

impl Kernel for Align<'_> {
    type Output = Option<Alignment>;

    #[inline(always)]
    fn run(self) -> Option<Alignment> {
        let (mut least, mut best) = (f32::INFINITY, None);
        let mut shifted = [0u32; WORDS];
        for dx in -REACH..=REACH {
            for (to, from) in shifted.iter_mut().zip(&self.code.signs) {
                *to = moved(*from, dx);
            }
            let edge = moved(u32::MAX, dx);
            for (variant, v) in self.variants.iter().enumerate() {
                for dy in -REACH..=REACH {
                    let (signs, within) = v.phases[0].rows(dy);
                    let differing = differing(signs, within, &shifted, edge);
                    let share = v.shares[((dx + REACH) * (2 * REACH + 1) + dy + REACH) as usize];
                    let distance = differing as f32 * share;
                    if distance < least {
                        (least, best) = (distance, Some(Alignment { variant, dx, dy }));
                    }
                }
            }
        }
        shifted.zeroize();
        best
    }
}

#[inline(always)]
fn differing(a: &[u32; WORDS], within: &[u32; WORDS], b: &[u32; WORDS], edge: u32) -> u32 {
    let mut count = 0;
    for i in 0..WORDS {
        count += ((a[i] ^ b[i]) & within[i] & edge).count_ones();
    }
    count
}
