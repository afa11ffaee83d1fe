//! Frames that hold no single open palm: what a capture must refuse.

use crate::{
    backdrop::Backdrop,
    conditions::Conditions,
    drawn,
    hand::View,
    layer::Layer,
    noise::{Noise, bell, smooth_step},
    palm::Palm,
    rng::Rng,
    skin::Skin,
};

/// A drawn frame without ground truth.
#[derive(Debug, Clone)]
pub struct Scene {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// RGB, row-major, top row first.
    pub rgb: Vec<u8>,
}

impl Scene {
    /// The scene as a JPEG of this quality, 1–100.
    pub fn to_jpeg(&self, quality: u8) -> Vec<u8> {
        drawn::jpeg(self.width, self.height, &self.rgb, quality)
    }
}

/// A plain surface with nothing before it; size, background, light and camera are the conditions'.
pub fn wall(conditions: &Conditions) -> Scene {
    photographed(conditions, |_, _| {})
}

/// Two open palms of two people side by side; the conditions' shift, rotation and reach are replaced.
pub fn two_hands(first: &Palm, second: &Palm, conditions: &Conditions) -> Scene {
    let aside = |by: f32, turn: f32| Conditions {
        shift: (by, 0.08),
        rotation_deg: turn,
        reach: 0.56,
        spread: 0.8,
        ..conditions.clone()
    };
    photographed(conditions, |layer, rng| {
        View::new(first, &aside(-0.33, -6.0), rng).draw_on(layer);
        View::new(second, &aside(0.33, 6.0), rng).draw_on(layer);
    })
}

/// A plainly invented face, head and shoulders, looking at the camera.
pub fn face(seed: u64, conditions: &Conditions) -> Scene {
    photographed(conditions, |layer, _| {
        let face = Face::draw(&mut Rng::new(seed, "face"));
        let (w, h) = (layer.width as f32, layer.height as f32);
        let unit = 0.30 * w.min(h);
        for y in 0..layer.height {
            for x in 0..layer.width {
                let p = [(x as f32 - 0.5 * w) / unit, (y as f32 - 0.45 * h) / unit];
                face.paint(layer, y * layer.width + x, p, unit);
            }
        }
    })
}

fn photographed(conditions: &Conditions, paint: impl FnOnce(&mut Layer, &mut Rng)) -> Scene {
    let rng = &mut Rng::new(conditions.seed, "scene");
    let (width, height) = conditions.size();
    let scale = width.min(height) as f32 / 720.0;
    let mut layer = Layer::empty(width, height);
    Backdrop::draw(conditions.background, rng).fill(&mut layer, scale);
    paint(&mut layer, rng);
    let rgb = layer.lit(&conditions.light).photographed(conditions, scale, rng);
    Scene { width: width as u32, height: height as u32, rgb }
}

/// What varies between faces.
pub(crate) struct Face {
    skin: [f32; 3],
    hair: [f32; 3],
    shirt: [f32; 3],
    iris: [f32; 3],
    width: f32,
    eyes: f32,
    mouth: f32,
    grain: Noise,
}

impl Face {
    pub(crate) fn draw(rng: &mut Rng) -> Face {
        let grey = rng.range(0.01, 0.25);
        Face {
            skin: Skin::draw(rng).back,
            hair: [grey * 1.3, grey, grey * 0.7],
            shirt: std::array::from_fn(|_| rng.range(0.05, 0.5)),
            iris: [rng.range(0.02, 0.12), rng.range(0.04, 0.15), rng.range(0.02, 0.25)],
            width: rng.range(0.70, 0.80),
            eyes: rng.range(0.29, 0.34),
            mouth: rng.range(0.22, 0.32),
            grain: Noise::new(rng),
        }
    }

    /// Paints one pixel; `p` is in head half-heights from the middle of the face, x right, y down.
    pub(crate) fn paint(&self, layer: &mut Layer, i: usize, p: [f32; 2], px_per_unit: f32) {
        let [x, y] = p;
        let ellipse = |cx: f32, cy: f32, rx: f32, ry: f32| {
            let (dx, dy) = ((x - cx) / rx, (y - cy) / ry);
            (dx * dx + dy * dy).sqrt()
        };
        let mut put = |colour: [f32; 3], height: f32, out: f32, softness: f32| {
            let cover = smooth_step(1.0 + softness, 1.0 - softness, out);
            if cover > 0.0 {
                let under = layer.colours[i];
                layer.colours[i] = std::array::from_fn(|c| under[c] + (colour[c] - under[c]) * cover);
                layer.heights[i] += (px_per_unit * height - layer.heights[i]) * cover;
                layer.cover[i] = layer.cover[i].max(cover);
            }
        };
        let dome = |out: f32| (1.0 - out * out).max(0.0).sqrt();
        let strands = 1.0 + 0.35 * self.grain.at(40.0 * x, 3.0 * y);
        let skin = self.skin.map(|c| c * (1.0 + 0.04 * self.grain.octaves(4.0 * x, 4.0 * y, 3)));
        let shoulders = ellipse(0.0, 2.25, 1.75, 1.05);
        put(self.shirt, 0.3 * dome(shoulders), shoulders, 0.01);
        let hair = ellipse(0.0, -0.22, self.width + 0.13, 0.98);
        put(self.hair.map(|c| c * strands), 0.3 * dome(hair), hair, 0.02);
        let neck = ellipse(0.0, 1.0, 0.36, 0.62);
        put(skin.map(|c| 0.8 * c), 0.1 * dome(neck), neck, 0.03);
        for side in [-1.0, 1.0] {
            let ear = ellipse(side * (self.width + 0.02), 0.02, 0.10, 0.20);
            put(skin, 0.1 * dome(ear), ear, 0.05);
        }
        let head = ellipse(0.0, 0.05 * y, self.width * (1.0 - 0.10 * y), 1.0);
        let nose = 0.16 * bell(x / 0.09) * smooth_step(-0.15, 0.25, y) * smooth_step(0.42, 0.32, y);
        let brow = 0.04 * bell((y + 0.22) / 0.10)
            - 0.05 * bell(ellipse(self.eyes, -0.08, 0.2, 0.12)) * f32::from(x > 0.0)
            - 0.05 * bell(ellipse(-self.eyes, -0.08, 0.2, 0.12)) * f32::from(x <= 0.0);
        let fringe = smooth_step(-0.50, -0.56, y + 0.08 * x * x);
        let face = std::array::from_fn(|c| skin[c] + (self.hair[c] * strands - skin[c]) * fringe);
        put(face, 0.45 * dome(head) + nose + brow, head, 0.012);
        for side in [-1.0, 1.0] {
            put(
                self.hair,
                0.42,
                ellipse(side * self.eyes, -0.27 + 0.25 * (x.abs() - self.eyes).abs(), 0.18, 0.035),
                0.3,
            );
            put([0.72, 0.70, 0.68], 0.42, ellipse(side * self.eyes, -0.09, 0.135, 0.062), 0.1);
            let iris = ellipse(side * self.eyes, -0.09, 0.058, 0.060);
            put(self.iris, 0.42, iris, 0.1);
            put([0.01; 3], 0.42, ellipse(side * self.eyes, -0.09, 0.026, 0.026), 0.1);
            put([0.03; 3], 0.42, ellipse(side * 0.075, 0.375, 0.034, 0.018), 0.4);
        }
        let lips = [skin[0] * 0.85, skin[1] * 0.55, skin[2] * 0.58];
        put(lips, 0.44, ellipse(0.0, 0.60, self.mouth, 0.075), 0.15);
        put(skin.map(|c| 0.25 * c), 0.40, ellipse(0.0, 0.595 - 0.1 * x * x, self.mouth * 0.92, 0.012), 0.5);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::Background;
    use handsel_palm::Side;

    #[test]
    fn scenes_have_their_size_and_repeat() {
        let conditions = Conditions::of_capture(3, 0).on(Background::Pale).sized(320, 240);
        let (first, second) = (Palm::from_seed(1, Side::Left), Palm::from_seed(2, Side::Right));
        let draw = || [wall(&conditions), face(4, &conditions), two_hands(&first, &second, &conditions)];
        for (one, again) in draw().iter().zip(&draw()) {
            assert_eq!(one.rgb.len(), 3 * 320 * 240);
            assert_eq!(one.rgb, again.rgb);
        }
    }

    #[test]
    fn a_wall_is_plain_and_a_face_is_not() {
        let conditions = Conditions::ideal().on(Background::Pale).sized(320, 240);
        let spread = |scene: &Scene| {
            let mean = scene.rgb.iter().map(|v| f64::from(*v)).sum::<f64>() / scene.rgb.len() as f64;
            scene.rgb.iter().map(|v| (f64::from(*v) - mean).abs()).sum::<f64>() / scene.rgb.len() as f64
        };
        assert!(spread(&wall(&conditions)) < 8.0);
        assert!(spread(&face(4, &conditions)) > 20.0);
    }
}
