//! Oriented line filters: how strongly, and with which sign, lines of one direction run through each place.

use super::kernel::{Kernel, dispatch};
use super::normalise::{Plane, SIDE};
use zeroize::Zeroizing;

/// Standard deviation across a line, in px of the region of interest; a crease about 5 px wide answers strongest.
/// Tried 2–4: finer tells sharp palms apart better still, but loses blurred ones sooner; coarser tells fewer apart.
const ACROSS_SIGMA_PX: f32 = 2.5;
/// Standard deviation along a line, in px of the region of interest. Tried 4–10; flat from 6.
const ALONG_SIGMA_PX: f32 = 8.0;
/// Half the filter's width, in half-resolution pixels: 2.5 standard deviations along the line.
const RADIUS: usize = 10;
const DIAMETER: usize = 2 * RADIUS + 1;
const PADDED: usize = SIDE + 2 * RADIUS;

/// A normalised plane with its border mirrored outwards by the filter's radius, ready to be filtered many times.
pub(crate) struct Padded(Plane);

/// Responses of one orientation, [`SIDE`]² values.
pub(crate) struct Response(Plane);

impl Padded {
    /// Mirrors the border of a plane of [`SIDE`]² values.
    pub(crate) fn new(plane: &Plane) -> Padded {
        let mirrored = |i: usize| match i.checked_sub(RADIUS) {
            None => RADIUS - 1 - i,
            Some(j) if j < SIDE => j,
            Some(j) => 2 * SIDE - 1 - j,
        };
        let value = |i: usize| plane[mirrored(i / PADDED) * SIDE + mirrored(i % PADDED)];
        Padded(Zeroizing::new((0..PADDED * PADDED).map(value).collect()))
    }

    /// Filters for lines whose normal points `angle` radians from the x axis towards the y axis (downwards).
    pub(crate) fn respond(&self, angle: f32) -> Response {
        Response(dispatch(Convolve { padded: &self.0, weights: &line_filter(angle) }))
    }
}

impl Response {
    /// The response between pixels, in half-resolution pixels; held at the border.
    #[inline]
    pub(crate) fn at(&self, x: f32, y: f32) -> f32 {
        const LAST: f32 = SIDE as f32 - 1.001;
        let (x, y) = (x.clamp(0.0, LAST), y.clamp(0.0, LAST));
        let (left, top) = (x as usize, y as usize);
        let (fx, fy) = (x - left as f32, y - top as f32);
        let i = top * SIDE + left;
        let upper = self.0[i] * (1.0 - fx) + self.0[i + 1] * fx;
        let lower = self.0[i + SIDE] * (1.0 - fx) + self.0[i + SIDE + 1] * fx;
        upper * (1.0 - fy) + lower * fy
    }
}

/// Second derivative of a Gaussian across the line, Gaussian along it, and no answer to even light.
fn line_filter(angle: f32) -> [f32; DIAMETER * DIAMETER] {
    let (sin, cos) = angle.sin_cos();
    let (mut filter, mut envelope) = ([0.0; DIAMETER * DIAMETER], [0.0; DIAMETER * DIAMETER]);
    for i in 0..DIAMETER * DIAMETER {
        let x = 2.0 * ((i % DIAMETER) as f32 - RADIUS as f32);
        let y = 2.0 * ((i / DIAMETER) as f32 - RADIUS as f32);
        let across = (cos * x + sin * y) / ACROSS_SIGMA_PX;
        let along = (cos * y - sin * x) / ALONG_SIGMA_PX;
        envelope[i] = (-(across * across + along * along) / 2.0).exp();
        filter[i] = envelope[i] * (1.0 - across * across);
    }
    let excess = filter.iter().sum::<f32>() / envelope.iter().sum::<f32>();
    filter.iter_mut().zip(&envelope).for_each(|(f, e)| *f -= excess * e);
    filter
}

struct Convolve<'a> {
    padded: &'a [f32],
    weights: &'a [f32; DIAMETER * DIAMETER],
}

impl Kernel for Convolve<'_> {
    type Output = Plane;

    #[inline(always)]
    fn run(self) -> Plane {
        const LANES: usize = 32;
        let mut out = Zeroizing::new(vec![0.0f32; SIDE * SIDE]);
        for y in 0..SIDE {
            for x in (0..SIDE).step_by(LANES) {
                let mut sums = [0.0f32; LANES];
                for (row, weights) in self.weights.chunks_exact(DIAMETER).enumerate() {
                    let from = (y + row) * PADDED + x;
                    let pixels = &self.padded[from..from + LANES + DIAMETER - 1];
                    for (column, w) in weights.iter().enumerate() {
                        let lane: &[f32] = &pixels[column..column + LANES];
                        for j in 0..LANES {
                            sums[j] += w * lane[j];
                        }
                    }
                }
                out[y * SIDE + x..][..LANES].copy_from_slice(&sums);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::PI;

    fn dark_line(normal: f32) -> Padded {
        let (sin, cos) = normal.sin_cos();
        let value = |i: usize| {
            let (x, y) = ((i % SIDE) as f32 - 31.5, (i / SIDE) as f32 - 31.5);
            if (cos * x + sin * y).abs() < 1.5 { -1.0 } else { 0.0 }
        };
        Padded::new(&Zeroizing::new((0..SIDE * SIDE).map(value).collect()))
    }

    #[test]
    fn a_dark_line_answers_strongest_and_negative_at_its_own_orientation() {
        for own in 0..6 {
            let padded = dark_line(own as f32 * PI / 6.0);
            let responses: Vec<f32> = (0..6).map(|c| padded.respond(c as f32 * PI / 6.0).at(31.5, 31.5)).collect();
            let strongest = (0..6).min_by(|&a, &b| responses[a].total_cmp(&responses[b])).unwrap();
            assert_eq!(strongest, own);
            assert!(responses[own] < 0.0);
        }
    }

    #[test]
    fn even_light_gives_no_answer() {
        let padded = Padded::new(&Zeroizing::new(vec![1.0; SIDE * SIDE]));
        assert!(padded.respond(0.7).0.iter().all(|v| v.abs() < 1e-3));
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let padded = dark_line(0.4);
        let weights = line_filter(1.1);
        let fast = dispatch(Convolve { padded: &padded.0, weights: &weights });
        let portable = Convolve { padded: &padded.0, weights: &weights }.run();
        assert!(fast.iter().zip(portable.iter()).all(|(a, b)| a.to_bits() == b.to_bits()));
    }
}
