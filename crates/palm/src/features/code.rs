//! Binary codes: the sign of each response on the grid, and which signs are firm.

use super::filter::{Padded, Response};
use super::{CHANNELS, GRID, WORDS};
use crate::transform::Salt;
use std::f32::consts::PI;
use zeroize::Zeroize;

/// Cells per channel whose sign is fragile: the quarter of smallest response. Tried 0, 25 and 40 %.
pub(crate) const FRAGILE: usize = GRID * GRID / 4;
/// The share of set bits, in percent, that each channel of a palm keeps within; the filters have no preferred sign.
const BALANCE_PERCENT: std::ops::RangeInclusive<usize> = 15..=85;
/// The least mean size of a response for a code to mean anything. It turns away an even square, whose responses are
/// rounding errors; chosen, not tuned.
const LEAST_RESPONSE: f32 = 0.05;

/// A palm's orientation code as it is stored: the signs of line responses, and which are firm. Wiped when dropped.
#[derive(Clone)]
pub struct Code {
    /// What its mask is made of besides a key, while one lies over signs and firm ones.
    pub(crate) salt: Option<Salt>,
    /// Sign of each response, one word per row and channel.
    pub(crate) signs: [u32; WORDS],
    /// Which of them are firm, laid out alike.
    pub(crate) firm: [u32; WORDS],
}

/// The six responses of a palm turned by some angle.
pub(crate) struct Turned {
    responses: [Response; CHANNELS],
    angle: f32,
}

impl Turned {
    /// Filters a palm as if it were turned back by `degrees` (clockwise as seen, y pointing down).
    pub(crate) fn new(padded: &Padded, degrees: f32) -> Turned {
        let angle = degrees * PI / 180.0;
        let orientation = |c: usize| c as f32 * PI / CHANNELS as f32 + angle;
        Turned { responses: std::array::from_fn(|c| padded.respond(orientation(c))), angle }
    }

    /// The places where the cells of a grid lie, scaled by `scale` about the middle and moved by `(x, y)` cells, in
    /// half-resolution pixels, and whether each lies within the palm.
    pub(crate) fn places(&self, scale: f32, x: f32, y: f32) -> Vec<(f32, f32, bool)> {
        let (sin, cos) = self.angle.sin_cos();
        let middle = GRID as f32 / 2.0 - 0.5;
        let last = super::normalise::SIDE as f32 - 0.5;
        let place = |i: usize| {
            let u = ((i % GRID) as f32 + x - middle) * 2.0 * scale;
            let v = ((i / GRID) as f32 + y - middle) * 2.0 * scale;
            let (px, py) = (cos * u - sin * v + 2.0 * middle + 0.5, sin * u + cos * v + 2.0 * middle + 0.5);
            (px, py, (-0.5..last).contains(&px) && (-0.5..last).contains(&py))
        };
        (0..GRID * GRID).map(place).collect()
    }

    /// The response of channel `channel` at a place.
    pub(crate) fn at(&self, channel: usize, place: &(f32, f32, bool)) -> f32 {
        self.responses[channel].at(place.0, place.1)
    }
}

impl Code {
    /// Draws the code of a palm as it lies.
    pub(crate) fn draw(padded: &Padded) -> Code {
        let turned = Turned::new(padded, 0.0);
        let places = turned.places(1.0, 0.0, 0.0);
        let mut code = Code { salt: None, signs: [0; WORDS], firm: [0; WORDS] };
        for channel in 0..CHANNELS {
            let mut cells: Vec<f32> = places.iter().map(|p| turned.at(channel, p)).collect();
            let mut by_size: Vec<usize> = (0..cells.len()).collect();
            by_size.sort_unstable_by(|&a, &b| cells[a].abs().total_cmp(&cells[b].abs()).then(a.cmp(&b)));
            let faint = cells.iter().map(|r| r.abs()).sum::<f32>() < LEAST_RESPONSE * cells.len() as f32;
            for &i in &by_size[FRAGILE..] {
                code.firm[i / GRID * CHANNELS + channel] |= 1 << (i % GRID);
            }
            for (i, r) in cells.iter().enumerate() {
                code.signs[i / GRID * CHANNELS + channel] |= u32::from(*r > 0.0 && !faint) << (i % GRID);
            }
            cells.zeroize();
        }
        code
    }

    /// Whether this could be a palm: every channel has both signs in fair shares and exactly its firm cells.
    ///
    /// A code that is not (a blank square's, or one made up to agree with everything) must never be compared.
    pub(crate) fn is_plausible(&self) -> bool {
        (0..CHANNELS).all(|channel| {
            let count = |words: &[u32; WORDS]| -> usize {
                words.iter().skip(channel).step_by(CHANNELS).map(|w| w.count_ones() as usize).sum()
            };
            let share = count(&self.signs) * 100 / (GRID * GRID);
            count(&self.firm) == GRID * GRID - FRAGILE && BALANCE_PERCENT.contains(&share)
        })
    }
}

impl Code {
    /// How finely the signs change: the share of neighbouring cells, across and down, whose signs differ, 0–1.
    ///
    /// A sharp palm's is about 0.32, one blurred by 3 px about 0.25.
    pub(crate) fn detail(&self) -> f32 {
        const INNER: u32 = u32::MAX >> 1;
        let across: u32 = self.signs.iter().map(|row| ((row ^ (row >> 1)) & INNER).count_ones()).sum();
        let down: u32 = self.signs.iter().zip(&self.signs[CHANNELS..]).map(|(a, b)| (a ^ b).count_ones()).sum();
        (across + down) as f32 / (2 * CHANNELS * GRID * (GRID - 1)) as f32
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(..)")
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        self.signs.zeroize();
        self.firm.zeroize();
    }
}
