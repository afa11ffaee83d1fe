//! The texture of a palm's skin between its creases: patches, lumps, hatching of fine wrinkles, grain.
//!
//! After light and contrast are evened out, a real palm is mostly this: spread over all sizes, nearly as often lighter as
//! darker than the mean, and the same for weeks.

use crate::{crease::Point, noise::Noise, rng::Rng};

/// What one palm's texture is drawn from.
pub(crate) struct Texture {
    noise: [Noise; 2],
    /// How strong the texture is as a whole.
    strength: f32,
    /// How strong its finer parts are.
    finer: f32,
    hatchings: [Hatching; 3],
}

/// Fine wrinkles side by side, over a part of the palm.
struct Hatching {
    /// Where it is strongest, and the reach from there.
    middle: Point,
    reach: f32,
    strength: f32,
    /// Cosine and sine of the direction across the wrinkles.
    across: Point,
    /// Wrinkles per unit.
    number: f32,
}

/// The texture's smooth parts at a place, to be interpolated between places.
#[derive(Clone, Copy)]
pub(crate) struct Weave {
    /// Lightness and height of what is coarse.
    tone: f32,
    height: f32,
    /// Where finer noise is read.
    grain: Point,
    /// Where each hatching's noise is read, and how strong it is.
    hatch: [(Point, f32); 3],
}

/// Height that belongs to a lightness, in the palm's units: what stands out is lighter.
const RELIEF: f32 = 0.030;

impl Texture {
    pub(crate) fn draw(rng: &mut Rng) -> Texture {
        let noise = [Noise::new(rng), Noise::new(rng)];
        let hatching = |middle: Point, angle: f32, rng: &mut Rng| {
            let angle = angle + rng.around(0.0, 0.3);
            Hatching {
                middle: [rng.around(middle[0], 0.25), rng.around(middle[1], 0.25)],
                reach: rng.range(0.6, 1.1),
                strength: 0.04 + 0.36 * rng.unit() * rng.unit(),
                across: [libm::cosf(angle), libm::sinf(angle)],
                number: rng.range(18.0, 34.0),
            }
        };
        // Wrinkles run across the thumb's mount, down from it; on the other side they lean the other way.
        // Under the fingers they run along them.
        let hatchings =
            [hatching([-0.7, -0.6], 1.2, rng), hatching([0.6, -0.5], 2.6, rng), hatching([0.2, 0.8], 0.1, rng)];
        Texture { noise, strength: rng.range(0.5, 1.2), finer: rng.range(0.6, 1.4), hatchings }
    }

    /// The smooth parts at a place.
    pub(crate) fn weave(&self, p: Point) -> Weave {
        let [a, b] = &self.noise;
        // Bent a little, so that neither the noise's grid nor the hatching is straight.
        let bend = [a.at(1.3 * p[0] + 7.0, 1.3 * p[1] - 3.0), a.at(1.3 * p[0] - 19.0, 1.3 * p[1] + 5.0)];
        let q = [p[0] + 0.16 * bend[0] + 0.4 * p[1], p[1] + 0.16 * bend[1] - 0.4 * p[0]];
        let broad = b.at(1.1 * q[0] + 3.0, 1.1 * q[1]);
        let patch = b.at(2.6 * q[0] + 21.0, 2.6 * q[1] + 5.0);
        let hatch = self.hatchings.each_ref().map(|h| {
            let (dx, dy) = (p[0] - h.middle[0], p[1] - h.middle[1]);
            let near = 1.0 / (1.0 + (dx * dx + dy * dy) / (h.reach * h.reach));
            let across = h.number * (h.across[0] * p[0] + h.across[1] * p[1] + 0.14 * bend[0] + 0.05 * patch);
            let along = 1.1 * (h.across[0] * p[1] - h.across[1] * p[0]);
            let crowd = (0.6 + a.at(2.1 * p[0] + 40.0, 2.1 * p[1] - 9.0)).clamp(0.0, 1.0);
            ([across, along], h.strength * near * crowd)
        });
        let tone = 0.20 * broad + 0.17 * patch;
        Weave { tone, height: RELIEF * (broad + patch), grain: q, hatch }
    }

    /// Lightness as a share, and height, where a weave says.
    #[inline]
    pub(crate) fn at(&self, weave: &Weave) -> (f32, f32) {
        let [a, b] = &self.noise;
        let [x, y] = weave.grain;
        let coarse = 0.09 * b.near(5.3 * x + 13.0, 5.3 * y - 8.0);
        let fine = self.finer
            * (0.09 * a.near(10.7 * x, 10.7 * y + 4.0)
                + 0.07 * b.near(21.0 * x - 5.0, 21.0 * y)
                + 0.13 * a.near(39.0 * x, 39.0 * y));
        let hatched: f32 = weave
            .hatch
            .iter()
            .zip(&self.noise)
            .map(|((at, strength), noise)| strength * noise.near(at[0], at[1]))
            .sum();
        let tone = self.strength * (weave.tone + coarse + fine + hatched);
        (tone, weave.height + RELIEF * self.strength * (coarse + fine + hatched))
    }
}

impl Weave {
    #[inline]
    pub(crate) fn mixed(&self, other: &Weave, t: f32) -> Weave {
        let mix = |a: f32, b: f32| a + (b - a) * t;
        let points = |a: Point, b: Point| [mix(a[0], b[0]), mix(a[1], b[1])];
        let hatch = |i: usize| {
            let (a, b) = (&self.hatch[i], &other.hatch[i]);
            (points(a.0, b.0), mix(a.1, b.1))
        };
        Weave {
            tone: mix(self.tone, other.tone),
            height: mix(self.height, other.height),
            grain: points(self.grain, other.grain),
            hatch: [hatch(0), hatch(1), hatch(2)],
        }
    }
}
