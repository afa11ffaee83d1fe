//! What lies behind a hand.

use crate::{conditions::Background, layer::Layer, noise::Noise, rng::Rng};

/// A plain, slightly textured surface.
pub(crate) struct Backdrop {
    colour: [f32; 3],
    weave: Noise,
    /// How strong weave and patches are, as shares of the colour.
    texture: f32,
    patches: f32,
    pitch: f32,
}

impl Backdrop {
    pub(crate) fn draw(background: Background, rng: &mut Rng) -> Backdrop {
        // Linear reflectances.
        let (low, high, tint) = match background {
            Background::Dark => (0.006, 0.022, 0.15),
            Background::Pale => (0.42, 0.68, 0.05),
            Background::Counter => (0.10, 0.22, 0.35),
        };
        let level = rng.range(low, high);
        let hue = rng.range(-1.0, 1.0);
        let dark = background == Background::Dark;
        Backdrop {
            colour: [level * (1.0 + tint * hue), level, level * (1.0 - tint * hue)],
            weave: Noise::new(rng),
            texture: if dark { 0.35 } else { 0.02 },
            patches: if dark { 0.35 } else { 0.05 },
            pitch: rng.range(0.3, 0.6),
        }
    }

    /// Fills a layer; `scale` is its shorter side over 720 pixels.
    pub(crate) fn fill(&self, layer: &mut Layer, scale: f32) {
        for (y, row) in layer.colours.chunks_exact_mut(layer.width).enumerate() {
            for (x, colour) in row.iter_mut().enumerate() {
                *colour = self.at(x as f32 / scale, y as f32 / scale);
            }
        }
    }

    /// Linear RGB at a place; coordinates in pixels of a 720-pixel image.
    fn at(&self, x: f32, y: f32) -> [f32; 3] {
        let fine = self.weave.at(self.pitch * x, self.pitch * y);
        let broad = self.weave.at(x / 90.0, y / 90.0) + 0.5 * self.weave.at(x / 31.0 + 5.0, y / 37.0);
        let factor = (1.0 + self.texture * fine + self.patches * broad).max(0.1);
        self.colour.map(|c| c * factor)
    }
}
