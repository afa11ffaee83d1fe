//! What skin looks like at a place: its colour, and its height over the rounded body of the hand.

use crate::{
    conditions::Conditions,
    crease::Point,
    noise::{Noise, bell, smooth_step},
    shape::{Hand, Place},
    skin::Skin,
    surface::{CREASE_DEPTH, Skinprint},
};

/// The skin at one place, before light.
pub(crate) struct Flesh {
    /// Linear reflectance.
    pub(crate) colour: [f32; 3],
    /// Height in the palm's units, over the rounded body.
    pub(crate) height: f32,
    /// 1 is skin, more is glossier.
    pub(crate) gloss: f32,
}

/// The skin of the palm itself, without fingers.
pub(crate) fn of_palm(print: Skinprint, skin: &Skin, cupping: f32) -> Flesh {
    let flush = 4.0 * (print.mount - 0.07);
    let colour = creased(tinted(skin.palm, print.mottle, flush), skin, print.crease);
    Flesh { colour, height: print.height + (0.25 + cupping) * print.mount, gloss: 1.0 }
}

/// The palm's skin as a grey camera under one light sees it.
pub(crate) struct GreySkin {
    /// Linear reflectance of even skin.
    tone: f32,
    /// The share of it that the deepest crease takes.
    crease: f32,
    cupping: f32,
    faint_creases: f32,
    /// How well texture shows.
    mottle: f32,
}

impl GreySkin {
    pub(crate) fn new(skin: &Skin, conditions: &Conditions) -> GreySkin {
        // Rec. 601 luma, over the light's colour.
        let grey = |colour: [f32; 3]| {
            let weights = [0.299, 0.587, 0.114];
            (0..3).map(|c| weights[c] * conditions.light.colour[c] * colour[c]).sum::<f32>()
        };
        let tone = grey(skin.palm);
        let floor = grey(std::array::from_fn(|c| skin.palm[c] * skin.crease[c]));
        let (cupping, faint_creases) = (conditions.cupping, conditions.faint_creases);
        let mottle = 0.5 + 0.5 * faint_creases;
        GreySkin { tone, crease: 0.85 * (1.0 - floor / tone), cupping, faint_creases, mottle }
    }
}

/// The palm's skin in grey: linear reflectance, and height in the palm's units. `patch` is the share by which it
/// is lighter.
#[inline]
pub(crate) fn grey_palm(print: Skinprint, skin: &GreySkin, patch: f32) -> (f32, f32) {
    // Faint creases come and go with pressure and dryness; deep ones stay.
    let shown = (skin.faint_creases + (1.0 - skin.faint_creases) * print.crease).max(0.0);
    let flush = 4.0 * (print.mount - 0.07);
    let tone = skin.tone * (1.0 + skin.mottle * print.mottle + patch) * (1.0 - 0.035 * flush);
    let height = print.height + CREASE_DEPTH * print.crease * (1.0 - shown) + (0.25 + skin.cupping) * print.mount;
    (tone * (1.0 - skin.crease * print.crease * shown), height)
}

/// The skin of the palm's side of a hand, fingers included.
pub(crate) fn of_front(
    place: &Place,
    print: Skinprint,
    hand: &Hand,
    skin: &Skin,
    grain: &Noise,
    cupping: f32,
) -> Flesh {
    let mut flesh = of_palm(print, skin, cupping);
    if let Some((index, u, v, half_width)) = place.finger {
        let finger = &hand.fingers[index];
        let share = u / finger.length;
        let (from, to) = if index == 0 { (0.0, 0.7) } else { (-0.15, 0.30) };
        let weight = smooth_step(from, to, u);
        let shift = 13.0 * index as f32;
        let mottle = grain.octaves(3.0 * u + shift, 3.0 * v + shift, 3);
        let fine = grain.at(34.0 * u + shift, 34.0 * v);
        let crease = joint_creases(index, finger.length, finger.joints(), u, v / half_width, grain);
        let tip = smooth_step(0.70, 0.95, share);
        let tone = tinted(skin.palm, 0.07 * mottle + 0.012 * fine, 0.15 + 0.8 * tip);
        let finger_colour = creased(tone, skin, crease);
        for (palm, finger) in flesh.colour.iter_mut().zip(finger_colour) {
            let folded = if crease > 0.02 { finger.min(*palm) } else { *palm };
            *palm = folded + (finger - folded) * weight;
        }
        let pads = 0.025 * (1.0 - finger.joints().iter().map(|j| bell((u - j * finger.length) / 0.17)).sum::<f32>());
        flesh.height += (pads + 0.0012 * fine - flesh.height) * weight - 0.022 * crease;
    }
    // The palm's lighter skin meets the darker skin of the back at the outline.
    let edge = 0.55 * (1.0 - smooth_step(0.0, 0.13, -place.distance));
    for channel in 0..3 {
        flesh.colour[channel] += (skin.back[channel].min(flesh.colour[channel]) - flesh.colour[channel]) * edge;
    }
    flesh
}

/// The skin of the back of a hand: knuckles, tendons and nails, no palm creases.
pub(crate) fn of_back(point: Point, place: &Place, hand: &Hand, skin: &Skin, grain: &Noise) -> Flesh {
    let mottle = grain.octaves(2.2 * point[0] + 3.0, 2.2 * point[1] + 3.0, 4);
    let fine = grain.at(26.0 * point[0], 26.0 * point[1]) + 0.6 * grain.at(11.0 * point[0], 15.0 * point[1]);
    let mut flesh =
        Flesh { colour: tinted(skin.back, 0.07 * mottle + 0.02 * fine, 0.0), height: 0.0016 * fine, gloss: 0.7 };
    for finger in &hand.fingers[1..] {
        let knuckle = finger.axis(-0.42);
        let (dx, dy) = (point[0] - knuckle[0], point[1] - knuckle[1]);
        let near = bell((dx * dx + dy * dy).sqrt() / 0.24);
        flesh.height += 0.085 * near;
        redden(&mut flesh.colour, 0.35 * near);
        // The tendon, from the knuckle to the middle of the wrist.
        let to = [0.25 * knuckle[0] - knuckle[0], hand.wrist_y - knuckle[1]];
        let length2 = to[0] * to[0] + to[1] * to[1];
        let along = (dx * to[0] + dy * to[1]) / length2;
        let off = (dx * to[1] - dy * to[0]) / length2.sqrt();
        let strength = smooth_step(0.02, 0.15, along) * (1.0 - smooth_step(0.45, 0.8, along));
        flesh.height += 0.030 * strength * bell(off / 0.075);
    }
    if let Some((index, u, v, half_width)) = place.finger {
        let finger = &hand.fingers[index];
        for (order, joint) in finger.joints().into_iter().enumerate() {
            if index == 0 && order == 0 {
                continue;
            }
            let off = u - joint * finger.length;
            let near = bell(off / 0.16);
            let across = v / half_width;
            let fan: f32 = (-2..=2)
                .map(|k: i32| {
                    let k = k as f32;
                    bell((off - 0.075 * k - 0.03 * k * across * across) / 0.017) * (1.0 - 0.13 * k.abs())
                })
                .sum();
            let fold =
                fan * if order == 0 || index == 0 { 0.5 } else { 0.3 } * (1.0 - smooth_step(0.5, 0.95, across.abs()));
            flesh.height += 0.03 * near - 0.016 * fold;
            redden(&mut flesh.colour, 0.45 * near);
            flesh.colour = flesh.colour.map(|c| c * (1.0 - 0.20 * fold));
        }
        nail(&mut flesh, finger.length - u, v / half_width, index == 0);
    }
    flesh
}

/// Draws a nail where there is one: `to_tip` units from the fingertip, `across` in half widths.
fn nail(flesh: &mut Flesh, to_tip: f32, across: f32, thumb: bool) {
    let (middle, half_length) = if thumb { (0.30, 0.27) } else { (0.25, 0.23) };
    let (dx, dy) = (across / 0.70, (to_tip - middle) / half_length);
    let out = dx * dx * dx * dx + dy * dy * dy * dy;
    if out < 1.0 {
        let inside = smooth_step(0.0, 0.35, 1.0 - out);
        let white = smooth_step(0.05, 0.0, to_tip - (middle - half_length) - 0.02 + 0.05 * dx * dx);
        let bed = [0.56, 0.33, 0.28];
        let lid = [0.66, 0.58, 0.50];
        for channel in 0..3 {
            let tone = bed[channel] + (lid[channel] - bed[channel]) * white;
            let nail = 0.35 * flesh.colour[channel] + 0.65 * tone;
            flesh.colour[channel] += (nail - flesh.colour[channel]) * inside;
        }
        flesh.height += 0.012 * inside;
        flesh.gloss = 1.0 + 5.0 * inside;
    }
    let rim = bell((out - 1.05) / 0.22);
    flesh.colour = flesh.colour.map(|c| c * (1.0 - 0.22 * rim));
}

/// How deep the creases at a finger's joints are at a place along (`u`) and across (`x`, in half widths) it, 0–1.
fn joint_creases(index: usize, length: f32, joints: [f32; 2], u: f32, x: f32, grain: &Noise) -> f32 {
    let wander = 0.016 * grain.octaves(1.3 * x + 7.0 * index as f32, 1.5 * u + 3.0, 2);
    let line = |at: f32, bow: f32, width: f32, depth: f32| depth * bell((u - at - bow * x * x - wander) / width);
    let [first, second] = joints.map(|joint| joint * length);
    // The thumb's first joint lies in the palm, where the skin folds less.
    let fold = if index == 0 { 0.6 } else { 1.0 };
    let at_joints = fold * line(first - 0.035, 0.02, 0.020, 0.75)
        + fold * line(first + 0.045, -0.02, 0.019, 0.60)
        + line(second, 0.015, 0.020, 0.70)
        + line(second + 0.07, -0.01, 0.013, 0.22);
    let at_root = match index {
        0 => line(-0.16, 0.0, 0.018, 0.18),
        1 | 4 => line(0.05, -0.03, 0.021, 0.70) + line(0.14, -0.02, 0.012, 0.22),
        _ => line(0.02, -0.03, 0.020, 0.70) + line(0.12, -0.03, 0.016, 0.40),
    };
    // Faint lines across, everywhere.
    let faint = (grain.at(11.0 * u + 5.0 * index as f32, 1.1 * x + 2.0) - 0.45).max(0.0) * 0.35;
    (at_joints + at_root + faint).min(1.0) * (1.0 - 0.5 * smooth_step(0.6, 1.0, x.abs()))
}

/// A colour made lighter by a share, and redder by `flush` (about −1–1).
fn tinted(colour: [f32; 3], lighter: f32, flush: f32) -> [f32; 3] {
    let mut out = colour.map(|c| c * (1.0 + lighter));
    redden(&mut out, flush);
    out
}

fn redden(colour: &mut [f32; 3], flush: f32) {
    colour[0] *= 1.0 + 0.012 * flush;
    colour[1] *= 1.0 - 0.055 * flush;
    colour[2] *= 1.0 - 0.050 * flush;
}

fn creased(colour: [f32; 3], skin: &Skin, crease: f32) -> [f32; 3] {
    let depth = 0.85 * crease;
    std::array::from_fn(|channel| colour[channel] * (1.0 - depth * (1.0 - skin.crease[channel])))
}
