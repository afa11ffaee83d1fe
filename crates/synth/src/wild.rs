//! Frames as varied as a localiser must stand: any rotation, either side, near and far, before anything, in any light.
//!
//! Far more varied than what a camera sees in a shop, so that what was learned from drawings also holds there.

use crate::{
    backdrop::Backdrop,
    clutter,
    conditions::{Background, Conditions, Facing, Light},
    hand::{Band, View},
    layer::Layer,
    palm::Palm,
    rng::Rng,
    shape::{Gesture, Shape},
    skin::Skin,
};
use handsel_palm::Side;

/// A drawn frame and what it shows.
#[derive(Debug, Clone)]
pub struct Wild {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// RGB, row-major, top row first.
    pub rgb: Vec<u8>,
    /// What there is to be found.
    pub shows: Shows,
}

/// What a frame shows.
#[derive(Debug, Clone)]
pub enum Shows {
    /// No hand.
    Nothing,
    /// More than one hand.
    Several,
    /// One hand.
    Hand(Shown),
}

/// The hand a frame shows.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The key points in pixels, in the order of [`crate::KEY_POINTS`]; some may lie outside the frame.
    pub key_points: Vec<(&'static str, f32, f32)>,
    /// Which side of the hand faces the camera.
    pub facing: Facing,
    /// Which palm its outline is that of: a back has that of the other hand's palm.
    pub looks: Side,
    /// 0 closed fingers, 1 comfortably open.
    pub spread: f32,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No hand.
    Nothing,
    /// Two hands, apart.
    Several,
    /// One hand, anywhere in the frame, whole or in part.
    Far,
    /// One hand that fills the frame.
    Near,
    /// So near that the frame shows a part of the palm.
    TooNear,
    /// An open palm as a shop wants it, if before anything and in any light: what must be found.
    Wanted,
}

/// Draws a frame of this kind and size with this palm's creases; shape, colour and everything else are the seed's.
pub fn draw(palm: &Palm, kind: Kind, (width, height): (u32, u32), seed: u64) -> Wild {
    let rng = &mut Rng::new(seed, "wild");
    let mut conditions = conditions(kind, rng).sized(width, height);
    let (width, height) = conditions.size();
    let mut layer = Layer::empty(width, height);
    if rng.chance(0.75) {
        clutter::fill(&mut layer, if kind == Kind::Nothing { 0.3 } else { 0.08 }, rng);
    } else {
        let plain = [Background::Dark, Background::Pale, Background::Counter][rng.count(0, 2)];
        Backdrop::draw(plain, rng).fill(&mut layer, width.min(height) as f32 / 720.0);
    }
    let shows = match kind {
        Kind::Nothing => Shows::Nothing,
        Kind::Several => {
            let wide = width > height;
            for side in [-1.0, 1.0] {
                let apart = side * rng.range(0.27, 0.38) * width.max(height) as f32 / width.min(height) as f32;
                let off = rng.range(-0.1, 0.1);
                conditions.shift = if wide { (apart, off) } else { (off, apart) };
                conditions.rotation_deg = rng.range(0.0, 360.0);
                conditions.reach = rng.range(0.35, 0.7);
                view(palm, kind, &conditions, rng).draw_on(&mut layer);
            }
            Shows::Several
        }
        _ => {
            let view = view(palm, kind, &conditions, rng);
            view.draw_on(&mut layer);
            let looks = if view.thumb_on_right() { Side::Right } else { Side::Left };
            let Conditions { facing, spread, .. } = conditions;
            Shows::Hand(Shown { key_points: view.key_points(), facing, looks, spread })
        }
    };
    let mut rgb = layer.lit(&conditions.light).photographed(&conditions, width.min(height) as f32 / 720.0, rng);
    tinted(&mut rgb, rng);
    Wild { width: width as u32, height: height as u32, rgb, shows }
}

/// A hand in some gesture, of any shape and colour, with or without rings and a watch.
fn view<'a>(palm: &'a Palm, kind: Kind, conditions: &Conditions, rng: &mut Rng) -> View<'a> {
    let shape = if kind == Kind::Wanted { Shape::draw(rng) } else { Shape::draw_varied(rng) };
    let skin = Skin::draw(rng);
    let gesture = if rng.chance(0.2) { Gesture::STRAIGHT } else { Gesture::draw(rng) };
    let mut worn = Vec::new();
    if rng.chance(0.15) {
        worn.push(band(Some(rng.count(1, 4)), rng.range(0.15, 0.5), rng.range(0.08, 0.2), rng));
    }
    if rng.chance(0.12) {
        worn.push(band(None, rng.range(0.0, 0.4), rng.range(0.2, 0.7), rng));
    }
    View::held(palm, (&shape, skin), &gesture, conditions, rng).wearing(worn)
}

fn band(finger: Option<usize>, begin: f32, width: f32, rng: &mut Rng) -> Band {
    let level = rng.range(0.02, 0.8);
    let colour = [level, level * rng.range(0.7, 1.0), level * rng.range(0.4, 1.0)];
    Band { finger, along: (begin, begin + width), colour, gloss: rng.range(0.5, 8.0) }
}

/// Fingers spread this far are open: their valleys show.
pub const OPEN: f32 = 0.35;
/// Fingers spread less than this are closed.
pub const CLOSED: f32 = 0.12;

fn conditions(kind: Kind, rng: &mut Rng) -> Conditions {
    let any = |low: f32, high: f32, rng: &mut Rng| libm::expf(rng.range(libm::logf(low), libm::logf(high)));
    let (reach, off) = match kind {
        Kind::Wanted => (rng.range(0.5, 0.85), 0.10),
        Kind::Near => (any(0.8, 1.5, rng), 0.22),
        Kind::TooNear => (any(2.0, 3.4, rng), 0.35),
        _ => (any(0.22, 1.2, rng), 0.35),
    };
    let open = kind == Kind::Wanted || rng.chance(0.85);
    let lean = if kind == Kind::Wanted { 4.0 } else { 9.0 };
    let lit = if kind == Kind::Wanted { (0.5, 1.8) } else { (0.3, 2.6) };
    Conditions {
        seed: rng.next(),
        facing: if kind != Kind::Wanted && rng.chance(0.3) { Facing::Back } else { Facing::Palm },
        rotation_deg: rng.range(0.0, 360.0),
        reach,
        shift: (rng.range(-off, off), rng.range(-off, off)),
        lean_deg: (rng.around(0.0, lean), rng.around(0.0, lean)),
        spread: if open { rng.range(if kind == Kind::Wanted { 0.6 } else { OPEN }, 1.4) } else { rng.range(0.0, OPEN) },
        stretch: rng.range(0.0, 0.04),
        cupping: rng.range(0.0, 1.0),
        light: Light {
            direction_deg: rng.range(0.0, 360.0),
            height_deg: rng.range(20.0, 85.0),
            ambient: rng.range(0.1, 0.9),
            colour: std::array::from_fn(|_| any(0.65, 1.5, rng)),
            falloff: rng.unit() * rng.unit() * 1.2,
        },
        exposure: any(lit.0, lit.1, rng),
        defocus_px: if rng.chance(0.5) { 9.0 * rng.unit() * rng.unit() } else { 0.0 },
        motion_px: (if rng.chance(0.2) { rng.range(0.0, 14.0) } else { 0.0 }, rng.range(0.0, 180.0)),
        noise: 14.0 * rng.unit() * rng.unit(),
        sleeve: rng.chance(0.35),
        ..Conditions::ideal()
    }
}

/// What cameras do with colours: more or less of them, none at all, and another tone curve.
fn tinted(rgb: &mut [u8], rng: &mut Rng) {
    let vivid = if rng.chance(0.15) { 0.0 } else { rng.range(0.3, 1.6) };
    let gamma = libm::expf(rng.range(-0.45, 0.45));
    let (black, white) = (rng.range(0.0, 0.15) * rng.unit(), 1.0 - rng.range(0.0, 0.2) * rng.unit());
    let curve: Vec<f32> =
        (0..256).map(|v| 255.0 * (black + (white - black) * libm::powf(v as f32 / 255.0, gamma))).collect();
    for pixel in rgb.as_chunks_mut::<3>().0 {
        let [r, g, b] = pixel.map(|v| curve[usize::from(v)]);
        let grey = 0.299 * r + 0.587 * g + 0.114 * b;
        *pixel = [r, g, b].map(|v| (grey + vivid * (v - grey) + 0.5).clamp(0.0, 255.0) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_frame_and_shows_what_was_asked_for() {
        let palm = Palm::from_seed(3, Side::Left);
        for (i, kind) in
            [Kind::Nothing, Kind::Several, Kind::Far, Kind::Near, Kind::TooNear, Kind::Wanted].iter().enumerate()
        {
            let (one, again) = (draw(&palm, *kind, (160, 120), i as u64), draw(&palm, *kind, (160, 120), i as u64));
            assert_eq!(one.rgb.len(), 3 * 160 * 120);
            assert_eq!(one.rgb, again.rgb);
            match one.shows {
                Shows::Nothing => assert_eq!(*kind, Kind::Nothing),
                Shows::Several => assert_eq!(*kind, Kind::Several),
                Shows::Hand(hand) => assert_eq!(hand.key_points.len(), crate::KEY_POINTS.len()),
            }
        }
    }
}
