//! How one capture of a palm differs from another.

use crate::rng::Rng;

/// Which side of the hand faces the camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facing {
    /// The palm.
    Palm,
    /// The back of the hand.
    Back,
}

/// What lies behind the hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Dark cloth.
    Dark,
    /// A pale wall or table.
    Pale,
    /// A coloured counter, neither dark nor pale.
    Counter,
}

/// The light on the hand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Light {
    /// Where it comes from, in degrees: 0 from the image's right, 90 from its top.
    pub direction_deg: f32,
    /// Its height over the palm, in degrees: 90 is straight from the camera, under 30 rakes.
    pub height_deg: f32,
    /// How much of it comes from everywhere, 0–1: flat light hides creases.
    pub ambient: f32,
    /// Its colour: linear RGB around 1.
    pub colour: [f32; 3],
    /// How much brighter the side towards the light is than the middle, as a share.
    pub falloff: f32,
}

/// The hard edge of a shadow across the palm, as of a phone or a head between lamp and hand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shadow {
    /// Towards where it is dark, in degrees: 0 is the image's right, 90 its top.
    pub direction_deg: f32,
    /// How far from the middle the edge lies: 1 reaches the side of the region of interest.
    pub offset: f32,
    /// The share of light it takes, 0–1.
    pub darkness: f32,
    /// The width of its edge in pixels of the region of interest.
    pub edge_px: f32,
}

/// A sticking plaster on the palm, in the palm's units (about 29 mm): it hides what is under it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plaster {
    /// Its middle: the region of interest spans −1–1, to the little finger's side and to the fingers.
    pub middle: [f32; 2],
    /// The direction along it, in degrees from the little finger's side to the fingers.
    pub direction_deg: f32,
    /// Half its length and half its width.
    pub half: (f32, f32),
    /// Its linear reflectance, 0–1.
    pub tone: f32,
}

/// How well the region of interest was aligned; for `draw_roi` only.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Misalignment {
    /// Residual rotation in degrees.
    pub rotation_deg: f32,
    /// Residual scale: 0.05 draws the palm 5 % larger.
    pub scale: f32,
    /// Residual shift in pixels of the region of interest, right and down.
    pub shift_px: (f32, f32),
}

/// How one capture of a palm differs from another: pose, stretch, light, blur, noise.
///
/// Start from [`Conditions::ideal`] or [`Conditions::of_capture`] and change what a test demands, by the named methods
/// or field by field.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    /// What noise, cloth, stretch and wobble are drawn from.
    pub seed: u64,
    /// Width and height of the whole-hand image in pixels; drawn at 32 to 4,096 each.
    pub size_px: (u32, u32),
    /// Which side of the hand faces the camera.
    pub facing: Facing,
    /// In-plane rotation in degrees, clockwise; 0 has the fingers up. For `draw_hand` only.
    pub rotation_deg: f32,
    /// From wrist to middle fingertip, as a share of the image's shorter side: 0.8 fills it well. For `draw_hand` only.
    pub reach: f32,
    /// Where the hand's middle lies off the image's middle, as shares of the shorter side, right and down.
    pub shift: (f32, f32),
    /// How far the hand leans out of the image's plane: sideways and along the fingers, in degrees.
    pub lean_deg: (f32, f32),
    /// Finger spread: 0 closed, 1 comfortably open, 1.5 as wide as they go.
    pub spread: f32,
    /// How far the skin is stretched and bent in its plane, in the palm's units (about 29 mm).
    pub stretch: f32,
    /// How much the palm is cupped, 0–1: mounts cast more shade.
    pub cupping: f32,
    /// The light.
    pub light: Light,
    /// 1 exposes a palm as a camera would; 0.15 is too dark, 4 too bright.
    pub exposure: f32,
    /// Defocus: the standard deviation of the blur in pixels, at 720 pixels on the shorter side or 128 for an ROI.
    pub defocus_px: f32,
    /// Length of motion blur in the same pixels, and its direction in degrees.
    pub motion_px: (f32, f32),
    /// Sensor noise: standard deviation of a mid-grey pixel, in steps of 1/255.
    pub noise: f32,
    /// What lies behind the hand.
    pub background: Background,
    /// Whether a sleeve begins below the wrist.
    pub sleeve: bool,
    /// How well the region of interest was aligned; for `draw_roi` only.
    pub misalignment: Misalignment,
    /// How well faint creases and texture show beside deep creases: 1 as they are, 0.4 hardly, 1.3 on dry skin. For `draw_roi` only.
    pub faint_creases: f32,
    /// Patches of blood and pressure that are this capture's alone: 0 none, 1 strong. For `draw_roi` only.
    pub patches: f32,
    /// How strongly the bent hand's soft folds shade the square in streaks of one direction, 0–1. For `draw_roi` only.
    pub folds: f32,
    /// A plaster. For `draw_roi` only.
    pub plaster: Option<Plaster>,
    /// A shadow's edge. For `draw_roi` only.
    pub shadow: Option<Shadow>,
    /// How strongly skin shines, over or under the usual 1. For `draw_roi` only.
    pub shine: f32,
    /// The share of light lost in the corners. For `draw_roi` only.
    pub vignette: f32,
    /// Stray light over the picture as a share of white: it takes contrast. For `draw_roi` only.
    pub haze: f32,
    /// An exponent on grey values: over 1 darkens the middle. For `draw_roi` only.
    pub gamma: f32,
    /// The camera's pixels per pixel of the region of interest, 0.3–1: under 1 is softer. For `draw_roi` only.
    pub resolution: f32,
    /// The quality, 1–100, of a JPEG that the frame was kept in. For `draw_roi` only.
    pub jpeg_quality: Option<u8>,
}

impl Conditions {
    /// Soft light, no blur, no noise, upright and centred on dark cloth, 960 × 720.
    pub fn ideal() -> Conditions {
        Conditions {
            seed: 0,
            size_px: (960, 720),
            facing: Facing::Palm,
            rotation_deg: 0.0,
            reach: 0.80,
            shift: (0.0, 0.0),
            lean_deg: (0.0, 0.0),
            spread: 0.9,
            stretch: 0.0,
            cupping: 0.3,
            light: Light { direction_deg: 110.0, height_deg: 58.0, ambient: 0.45, colour: [1.0; 3], falloff: 0.0 },
            exposure: 1.0,
            defocus_px: 0.0,
            motion_px: (0.0, 0.0),
            noise: 0.0,
            background: Background::Dark,
            sleeve: false,
            misalignment: Misalignment::default(),
            faint_creases: 1.0,
            patches: 0.0,
            folds: 0.0,
            plaster: None,
            shadow: None,
            shine: 1.0,
            vignette: 0.0,
            haze: 0.0,
            gamma: 1.0,
            resolution: 1.0,
            jpeg_quality: None,
        }
    }

    /// The conditions of capture `index` under `seed`, as varied as a shop's; every one shows a usable, open palm.
    pub fn of_capture(seed: u64, index: u32) -> Conditions {
        let mut rng = Rng::new(seed.wrapping_mul(0x9e37_79b9).wrapping_add(u64::from(index)), "conditions");
        let rng = &mut rng;
        // Daylight to lamp light: a shift between blue and red of up to 10 %.
        let warmth = rng.range(-0.07, 0.10);
        Conditions {
            seed: rng.next(),
            rotation_deg: rng.range(-30.0, 30.0),
            reach: rng.range(0.66, 0.84),
            shift: (rng.range(-0.10, 0.10), rng.range(-0.03, 0.05)),
            lean_deg: (rng.around(0.0, 3.5), rng.around(0.0, 3.5)),
            spread: rng.range(0.85, 1.30),
            stretch: rng.range(0.008, 0.030),
            cupping: rng.range(0.1, 0.7),
            light: Light {
                direction_deg: rng.range(0.0, 360.0),
                height_deg: rng.range(36.0, 75.0),
                ambient: rng.range(0.35, 0.65),
                colour: [1.0 + warmth, 1.0, 1.0 - warmth],
                falloff: rng.range(0.0, 0.4),
            },
            exposure: rng.range(0.75, 1.25),
            defocus_px: rng.range(0.0, 1.0),
            motion_px: (if rng.chance(0.3) { rng.range(0.0, 2.0) } else { 0.0 }, rng.range(0.0, 180.0)),
            noise: rng.range(1.0, 4.5),
            background: if rng.chance(0.6) { Background::Dark } else { Background::Pale },
            sleeve: rng.chance(0.35),
            misalignment: Misalignment {
                rotation_deg: rng.around(0.0, 1.8),
                scale: rng.around(0.0, 0.025),
                shift_px: (rng.around(0.0, 2.6), rng.around(0.0, 2.6)),
            },
            faint_creases: rng.range(0.7, 1.15),
            patches: rng.range(0.3, 1.2),
            shine: rng.range(0.3, 1.6),
            vignette: rng.range(0.0, 0.12),
            haze: rng.range(0.0, 0.05),
            resolution: rng.range(0.85, 1.0),
            ..Conditions::ideal()
        }
    }

    /// The conditions of capture `index` under `seed` for training on regions of interest: everything that
    /// [`Conditions::of_capture`] varies and more, each further than a shop would see it, and most captures hard in a few
    /// ways rather than in all.
    pub fn of_training(seed: u64, index: u32) -> Conditions {
        let mut rng = Rng::new(seed.wrapping_mul(0x9e37_79b9).wrapping_add(u64::from(index)), "training");
        let rng = &mut rng;
        let usual = Conditions::of_capture(rng.next(), index);
        let raking = rng.chance(0.25);
        let warmth = rng.range(-0.15, 0.20);
        Conditions {
            lean_deg: (rng.around(0.0, 8.0), rng.around(0.0, 8.0)),
            // Up to 8 px of the square in places; most captures half of that.
            stretch: 0.015 + 0.11 * rng.unit() * rng.unit(),
            cupping: rng.range(0.0, 1.0),
            light: Light {
                direction_deg: rng.range(0.0, 360.0),
                height_deg: if raking { rng.range(20.0, 40.0) } else { rng.range(38.0, 85.0) },
                ambient: rng.range(0.25, 0.8),
                colour: [1.0 + warmth, 1.0, 1.0 - warmth],
                falloff: if rng.chance(0.7) { rng.range(0.0, 0.25) } else { rng.range(0.25, 0.7) },
            },
            exposure: 0.5 + 0.9 * rng.unit(),
            defocus_px: if rng.chance(0.7) { rng.range(0.0, 1.0) } else { rng.range(0.8, 2.0) },
            motion_px: (if rng.chance(0.25) { rng.range(1.0, 5.0) } else { 0.0 }, rng.range(0.0, 180.0)),
            noise: 1.0 + 10.0 * rng.unit() * rng.unit(),
            misalignment: Misalignment {
                rotation_deg: tailed(3.5, rng),
                scale: tailed(0.05, rng),
                shift_px: (tailed(6.0, rng), tailed(6.0, rng)),
            },
            faint_creases: rng.range(0.4, 1.25),
            patches: 0.2 + 1.6 * rng.unit() * rng.unit(),
            plaster: rng.chance(0.015).then(|| Plaster {
                middle: [rng.range(-0.9, 0.9), rng.range(-0.9, 0.9)],
                direction_deg: rng.range(0.0, 180.0),
                half: (rng.range(0.3, 0.9), rng.range(0.15, 0.35)),
                tone: rng.range(0.15, 0.6),
            }),
            shadow: rng.chance(0.2).then(|| Shadow {
                direction_deg: rng.range(0.0, 360.0),
                offset: rng.range(-0.8, 0.8),
                darkness: rng.range(0.15, 0.65),
                edge_px: rng.range(1.0, 16.0),
            }),
            shine: 3.5 * rng.unit() * rng.unit(),
            vignette: 0.3 * rng.unit() * rng.unit(),
            haze: if rng.chance(0.4) { 0.4 * rng.unit() * rng.unit() } else { 0.0 },
            gamma: rng.range(0.75, 1.35),
            resolution: if rng.chance(0.5) { 1.0 } else { rng.range(0.4, 1.0) },
            jpeg_quality: rng.chance(0.3).then(|| rng.count(35, 92) as u8),
            ..usual
        }
    }

    /// Width and height as they are drawn.
    pub(crate) fn size(&self) -> (usize, usize) {
        let side = |px: u32| px.clamp(32, 4096) as usize;
        (side(self.size_px.0), side(self.size_px.1))
    }

    /// An image of this many pixels.
    pub fn sized(self, width: u32, height: u32) -> Conditions {
        Conditions { size_px: (width, height), ..self }
    }

    /// Turned by this many degrees clockwise; 0 has the fingers up.
    pub fn rotated(self, rotation_deg: f32) -> Conditions {
        Conditions { rotation_deg, ..self }
    }

    /// Before this background.
    pub fn on(self, background: Background) -> Conditions {
        Conditions { background, ..self }
    }

    /// The back of the hand.
    pub fn back_of_hand(self) -> Conditions {
        Conditions { facing: Facing::Back, ..self }
    }

    /// The fingers held together.
    pub fn closed_fingers(self) -> Conditions {
        Conditions { spread: 0.0, ..self }
    }

    /// A third of the palm outside the frame, on the little finger's side of an upright hand.
    pub fn cut_off(self) -> Conditions {
        Conditions { shift: (0.62, 0.0), rotation_deg: 0.0, ..self }
    }

    /// Too little light.
    pub fn too_dark(self) -> Conditions {
        Conditions { exposure: 0.07, ..self }
    }

    /// Too much light: most of the palm is white.
    pub fn too_bright(self) -> Conditions {
        Conditions { exposure: 5.5, ..self }
    }

    /// Too far: the whole hand is a quarter of the frame.
    pub fn too_far(self) -> Conditions {
        Conditions { reach: 0.22, shift: (0.0, 0.0), ..self }
    }

    /// Too close: the frame shows part of a palm and no fingertip.
    pub fn too_close(self) -> Conditions {
        Conditions { reach: 2.6, shift: (0.0, 0.0), ..self }
    }

    /// Out of focus and moved, beyond use.
    pub fn blurred(self) -> Conditions {
        Conditions { defocus_px: 7.0, motion_px: (14.0, 30.0), ..self }
    }
}

/// Normal around 0 with this standard deviation, and one draw in ten twice as wide: errors of a localiser have tails.
fn tailed(deviation: f32, rng: &mut Rng) -> f32 {
    let deviation = if rng.chance(0.1) { 2.0 * deviation } else { deviation };
    rng.around(0.0, deviation)
}
