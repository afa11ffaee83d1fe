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
        // Patches are smooth: computed every 8 pixels and interpolated.
        let columns = layer.width / 8 + 2;
        let patches = |row: usize| {
            let patch = |column: usize| self.patch(8.0 * column as f32 / scale, 8.0 * row as f32 / scale);
            (0..columns).map(patch).collect::<Vec<f32>>()
        };
        let (mut above, mut below) = (Vec::new(), patches(0));
        for (y, row) in layer.colours.chunks_exact_mut(layer.width).enumerate() {
            if y % 8 == 0 {
                above = std::mem::replace(&mut below, patches(y / 8 + 1));
            }
            let down = (y % 8) as f32 / 8.0;
            for (x, colour) in row.iter_mut().enumerate() {
                let (left, right) = (x / 8, (x % 8) as f32 / 8.0);
                let top = above[left] + (above[left + 1] - above[left]) * right;
                let bottom = below[left] + (below[left + 1] - below[left]) * right;
                let fine = self.weave.at(self.pitch * x as f32 / scale, self.pitch * y as f32 / scale);
                let factor = (1.0 + self.texture * fine + self.patches * (top + (bottom - top) * down)).max(0.1);
                *colour = self.colour.map(|c| c * factor);
            }
        }
    }

    /// Lighter and darker patches, about −1–1; coordinates in pixels of a 720-pixel image.
    fn patch(&self, x: f32, y: f32) -> f32 {
        self.weave.at(x / 90.0, y / 90.0) + 0.5 * self.weave.at(x / 31.0 + 5.0, y / 37.0)
    }
}
