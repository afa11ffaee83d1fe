//! Line drawings that stand in for palms in this crate's tests; handsel-synth draws real-looking ones.

use crate::Roi;

/// How a drawn palm lies: turned in degrees, scaled, moved in px.
#[derive(Clone, Copy)]
pub(crate) struct Pose {
    pub(crate) degrees: f32,
    pub(crate) scale: f32,
    pub(crate) x: f32,
    pub(crate) y: f32,
}

impl Pose {
    pub(crate) const UPRIGHT: Pose = Pose { degrees: 0.0, scale: 1.0, x: 0.0, y: 0.0 };
}

/// Thirty dark waves of lines through a square, drawn from a seed, with a little noise from another.
pub(crate) fn roi(seed: u64, pose: Pose, noise_seed: u64) -> Roi {
    let mut next = stream(seed);
    let lines: Vec<[f32; 5]> = (0..30).map(|_| std::array::from_fn(|_| next())).collect();
    let mut noise = stream(noise_seed);
    let (sin, cos) = (pose.degrees.to_radians()).sin_cos();
    let side = Roi::SIDE_PX;
    let grey = (0..side * side).map(|i| {
        let (u, v) = ((i % side) as f32 - 63.5, (i / side) as f32 - 63.5);
        let x = (cos * u - sin * v) * pose.scale + pose.x;
        let y = (sin * u + cos * v) * pose.scale + pose.y;
        let depth: f32 = lines
            .iter()
            .map(|[angle, offset, bend, width, depth]| {
                let (s, c) = (angle * std::f32::consts::PI).sin_cos();
                let along = c * y - s * x;
                let across = c * x + s * y - (offset - 0.5) * 160.0 - bend * 8.0 * (along / 20.0).sin();
                let width = 1.5 + 2.0 * width;
                (0.3 + 0.7 * depth) * (-(across * across) / (2.0 * width * width)).exp()
            })
            .sum();
        (170.0 - 45.0 * depth.min(2.5) + 12.0 * (noise() - 0.5)) as u8
    });
    Roi::from_grey(grey.collect()).expect("SIDE_PX² values")
}

/// Numbers in 0–1.
pub(crate) fn stream(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for _ in 0..8 {
        state = step(state);
    }
    move || {
        state = step(state);
        (state >> 40) as f32 / (1u64 << 24) as f32
    }
}

fn step(mut s: u64) -> u64 {
    s ^= s << 13;
    s ^= s >> 7;
    s ^ s << 17
}
