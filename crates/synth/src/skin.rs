//! The colour of skin, over the whole human range.

use crate::rng::Rng;

/// The colours of one person's hands: linear RGB reflectances, 0–1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Skin {
    /// The individual typology angle of the back of the hand, in degrees: over 55 very light, under −30 dark.
    pub typology_deg: f32,
    /// The palm.
    pub palm: [f32; 3],
    /// The back of the hand.
    pub back: [f32; 3],
    /// A crease's floor, as a share of the palm's reflectance per channel.
    pub crease: [f32; 3],
}

/// The darkest and the lightest typology angle drawn, in degrees: the six classes of Chardon et al. (1991) and a margin.
pub const TYPOLOGY_RANGE_DEG: (f32, f32) = (-58.0, 62.0);

impl Skin {
    /// Skin drawn evenly over [`TYPOLOGY_RANGE_DEG`].
    pub(crate) fn draw(rng: &mut Rng) -> Skin {
        let typology = rng.range(TYPOLOGY_RANGE_DEG.0, TYPOLOGY_RANGE_DEG.1);
        Skin::of(typology, rng.range(-1.0, 1.0), rng.range(-1.0, 1.0))
    }

    /// Skin of a typology angle in degrees, with its redness and its yellowness from −1 to 1.
    pub(crate) fn of(typology_deg: f32, red: f32, yellow: f32) -> Skin {
        // 0 dark, 1 very light. CIELAB values follow the means published for the six classes: b* peaks in the middle,
        // and by definition L* = 50 + b*·tan(angle).
        let light = (typology_deg - TYPOLOGY_RANGE_DEG.0) / (TYPOLOGY_RANGE_DEG.1 - TYPOLOGY_RANGE_DEG.0);
        let b = 9.0 + 40.0 * light * (1.0 - light) + 2.5 * yellow + 2.0 * light;
        let l = (50.0 + b * libm::tanf(typology_deg.to_radians())).clamp(27.0, 76.0);
        let back = from_lab(l, 10.5 + 2.0 * red, b);
        // Palms carry far less melanin: lighter, pinker, and the darker the skin the larger the difference.
        let palm_l = 64.0 + 0.42 * (l - 55.0);
        let palm = from_lab(palm_l, 13.0 + 2.5 * red, 13.5 + 0.30 * b + 1.5 * yellow);
        // Pigment gathers in the creases of dark skin; in light skin they are merely redder.
        let dark = 1.0 - light;
        let crease = [0.70 - 0.30 * dark, 0.56 - 0.26 * dark, 0.55 - 0.27 * dark];
        Skin { typology_deg, palm, back, crease }
    }
}

/// CIELAB (D65) to linear RGB of the sRGB primaries, clipped to 0.01–1.
fn from_lab(l: f32, a: f32, b: f32) -> [f32; 3] {
    let fy = (l + 16.0) / 116.0;
    let inverse = |f: f32| if f > 6.0 / 29.0 { f * f * f } else { 0.128_42 * (f - 4.0 / 29.0) };
    let (x, y, z) = (0.950_47 * inverse(fy + a / 500.0), inverse(fy), 1.088_83 * inverse(fy - b / 200.0));
    [
        3.240_45 * x - 1.537_14 * y - 0.498_53 * z,
        -0.969_27 * x + 1.876_01 * y + 0.041_56 * z,
        0.055_64 * x - 0.204_03 * y + 1.057_23 * z,
    ]
    .map(|v| v.clamp(0.01, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_skin_is_drawn() {
        let mut classes = [0; 6];
        for seed in 0..600 {
            let angle = Skin::draw(&mut Rng::new(seed, "skin")).typology_deg;
            let class = [-30.0, 10.0, 28.0, 41.0, 55.0].iter().filter(|limit| angle > **limit).count();
            classes[class] += 1;
        }
        assert!(classes.iter().all(|count| *count > 15), "{classes:?}");
    }

    #[test]
    fn palms_are_lighter_than_backs_and_most_so_on_dark_hands() {
        let (dark, light) = (Skin::of(-50.0, 0.0, 0.0), Skin::of(58.0, 0.0, 0.0));
        assert!(dark.palm[1] > 1.8 * dark.back[1], "{dark:?}");
        assert!(light.palm[1] < 1.8 * light.back[1], "{light:?}");
        assert!(light.palm[1] > 1.3 * dark.palm[1]);
        for skin in [dark, light] {
            assert!(skin.palm[0] > skin.palm[1] && skin.palm[1] > skin.palm[2], "skin is warm: {skin:?}");
        }
    }
}
