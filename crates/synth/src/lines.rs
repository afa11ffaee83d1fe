//! Which creases a palm has: its three principal lines, the secondary ones, and the fine wrinkles.

use crate::{
    crease::{Crease, Kind, Point},
    noise::Noise,
    rng::Rng,
    statistics::PrincipalLine,
};
use std::f32::consts::TAU;

/// Every crease of one palm, deepest first.
pub(crate) fn creases(lines: &[PrincipalLine; 3], rng: &mut Rng) -> Vec<Crease> {
    // Some palms are nearly bare, some crossed all over: the one number that varies most between real palms.
    let richness = rng.range(0.5, 1.35);
    let mut all = Vec::new();
    principal(lines, rng, &mut all);
    secondary(lines, richness, rng, &mut all);
    wrinkles(&lines[0], richness, rng, &mut all);
    broad(rng, &mut all);
    all
}

/// The principal lines, carried on to where a palm carries them outside the region of interest, each in several strands.
fn principal(lines: &[PrincipalLine; 3], rng: &mut Rng, all: &mut Vec<Crease>) {
    for (index, line) in lines.iter().enumerate() {
        let mut run = sampled(line);
        match index {
            0 => {
                carry_on(&mut run, true, rng.range(0.35, 0.55), rng.range(0.1, 0.4));
                carry_on(&mut run, false, rng.range(0.7, 1.2), -rng.range(0.7, 1.2));
            }
            1 => {
                carry_on(&mut run, true, rng.range(0.3, 0.5), rng.range(-0.1, 0.3));
            }
            _ => {
                carry_on(&mut run, false, rng.range(0.4, 0.5), rng.range(-0.1, 0.25));
                if rng.chance(0.6) {
                    carry_on(&mut run, true, rng.range(0.1, 0.35), rng.range(0.2, 0.9));
                }
            }
        }
        let depth = rng.range(0.4, 0.95);
        let width = rng.range(0.018, 0.036);
        // A line that comes from the palm's edge begins at full depth; a free end fades.
        let (fade_in, fade_out) = if index == 2 { (0.30, 0.10) } else { (0.08, 0.30) };
        let line = Crease::along(run.clone(), width, depth, fade_in, fade_out);
        all.push(line.trembled(0.006, rng).beaded(rng.range(0.3, 0.8), rng));
        // The skin sinks in, or bulges, on both sides of the line.
        let kind = if rng.chance(0.5) { Kind::Shade } else { Kind::Light };
        let beside = Crease::along(run.clone(), rng.range(0.06, 0.11), rng.range(0.05, 0.16) * depth, 0.2, 0.3);
        all.push(beside.of_kind(kind));
        // Where it was folded hardest it is deeper and wider.
        for _ in 0..rng.count(1, 3) {
            let from = rng.range(0.05, 0.75);
            let points = section(&run, from, from + rng.range(0.12, 0.35));
            all.push(Crease::along(points, 1.35 * width, depth, 0.5, 0.5).trembled(0.004, rng));
        }
        for _ in 0..rng.count(1, 4) {
            let (from, to) = (rng.range(0.0, 0.55), rng.range(0.5, 1.0));
            let part = section(&run, from, to.max(from + 0.2));
            let aside = rng.range(-0.045, 0.045);
            let points = part.iter().map(|p| [p[0] + 0.5 * aside, p[1] + aside]).collect();
            let (width, depth) = (width * rng.range(0.4, 0.7), depth * rng.range(0.3, 0.6));
            all.push(Crease::along(points, width, depth, 0.3, 0.3).trembled(0.008, rng).beaded(0.7, rng));
        }
        hatched(&run, rng, all);
        branches(&run, width, depth, rng, all);
    }
}

/// Short fine creases across a principal line, as where skin gathers in it.
fn hatched(run: &[Point], rng: &mut Rng, all: &mut Vec<Crease>) {
    for _ in 0..rng.count(0, 34) {
        let at = (rng.unit() * (run.len() - 2) as f32) as usize;
        let angle = heading(run[at], run[at + 1]) + rng.range(1.0, 2.2);
        let length = rng.range(0.06, 0.20);
        let back = 0.5 * length;
        let from = [run[at][0] - back * libm::cosf(angle), run[at][1] - back * libm::sinf(angle)];
        all.push(Crease::curve(from, angle, length, 0.0, rng.range(0.006, 0.012), rng.range(0.1, 0.4)));
    }
}

/// Short creases that leave a principal line at an acute angle.
fn branches(run: &[Point], width: f32, depth: f32, rng: &mut Rng, all: &mut Vec<Crease>) {
    for _ in 0..rng.count(3, 7) {
        let at = (rng.range(0.1, 0.95) * (run.len() - 2) as f32) as usize;
        let along = heading(run[at], run[at + 1]);
        let off = rng.range(0.3, 0.9) * if rng.chance(0.5) { 1.0 } else { -1.0 };
        let length = rng.range(0.12, 0.5);
        let turn = rng.range(-0.5, 0.5);
        let mut branch = Crease::curve(
            run[at],
            along + off,
            length,
            turn,
            width * rng.range(0.35, 0.6),
            depth * rng.range(0.25, 0.6),
        );
        branch.fade_in = 0.05;
        branch.fade_out = 0.6;
        all.push(branch.trembled(0.007, rng));
    }
}

/// Creases between the principal lines and the wrinkles: the fate line, those under the fingers, and free ones.
fn secondary(lines: &[PrincipalLine; 3], richness: f32, rng: &mut Rng, all: &mut Vec<Crease>) {
    if rng.chance(0.55) {
        let fate = Crease::curve(
            [rng.range(-0.1, 0.25), rng.range(-1.8, -0.9)],
            rng.range(1.45, 1.85),
            rng.range(0.9, 2.2),
            rng.range(-0.3, 0.3),
            rng.range(0.010, 0.016),
            rng.range(0.35, 0.65),
        );
        all.push(fate.trembled(0.012, rng));
    }
    // Between heart line and fingers: arcs around the roots of the middle fingers, and short uprights.
    for _ in 0..rng.count(1, 4) {
        let from = [rng.range(-0.9, 0.5), rng.range(0.75, 1.05)];
        let depth = rng.range(0.2, 0.5);
        all.push(Crease::curve(from, rng.range(-1.1, 0.2), rng.range(0.3, 0.8), rng.range(0.2, 1.0), 0.011, depth));
    }
    // From the edge under the little finger inwards.
    for _ in 0..rng.count(2, 6) {
        let from = [rng.range(1.1, 1.45), rng.range(-1.2, 0.6)];
        let angle = rng.range(2.7, 3.5);
        all.push(Crease::curve(from, angle, rng.range(0.25, 0.7), rng.range(-0.4, 0.4), 0.010, rng.range(0.2, 0.5)));
    }
    for _ in 0..(rng.range(5.0, 13.0) * richness) as usize {
        let from = [rng.range(-1.2, 1.2), rng.range(-1.7, 0.9)];
        let length = rng.range(0.3, 1.3);
        let (width, depth) = (rng.range(0.008, 0.015), rng.range(0.15, 0.5));
        let free = Crease::curve(from, upright(rng), length, rng.range(-0.7, 0.7), width, depth);
        all.push(free.trembled(0.010, rng));
    }
    // The bracelets at the wrist.
    for row in 0..rng.count(1, 3) {
        let from = [-0.95, -2.62 - 0.13 * row as f32 + rng.range(-0.03, 0.03)];
        let bracelet = Crease::curve(from, 0.12, 1.9, -0.24, 0.016, rng.range(0.3, 0.6));
        all.push(bracelet.trembled(0.010, rng));
    }
    // Around the thumb's mount, in step with the life line.
    let life = sampled(&lines[0]);
    for _ in 0..rng.count(0, 3) {
        let inwards = rng.range(0.12, 0.45);
        let part = section(&life, rng.range(0.1, 0.4), rng.range(0.6, 1.0));
        let points = part.iter().map(|p| [p[0] - inwards, p[1] - 0.5 * inwards]).collect();
        let echo = Crease::along(points, 0.011, rng.range(0.2, 0.5), 0.4, 0.4);
        all.push(echo.trembled(0.012, rng));
    }
}

/// The soft forms that every palm has, by eye from real ones: where each begins, its direction in radians, its length in the
/// palm's units, and whether it is a groove or a ridge. Grooves between the fingers, ridges under them, the thumb's and the
/// little finger's mounts, and the hollow between those.
const FORMS: [(Point, f32, f32, Kind); 10] = [
    ([-0.62, 0.55], 1.6, 0.7, Kind::Shade),
    ([0.03, 0.55], 1.55, 0.7, Kind::Shade),
    ([0.66, 0.45], 1.5, 0.7, Kind::Shade),
    ([-0.95, 0.45], 1.6, 0.6, Kind::Light),
    ([-0.30, 0.50], 1.57, 0.6, Kind::Light),
    ([0.36, 0.45], 1.55, 0.6, Kind::Light),
    ([0.98, 0.30], 1.5, 0.6, Kind::Light),
    ([-1.00, -0.20], -1.0, 1.2, Kind::Light),
    ([0.90, -1.00], 1.65, 1.1, Kind::Light),
    ([0.25, -1.20], 1.57, 1.2, Kind::Shade),
];

/// What is broad and soft: the forms of every palm, folds of its own, veins under the skin; and, on some, a scar.
fn broad(rng: &mut Rng, all: &mut Vec<Crease>) {
    for ([x, y], angle, length, kind) in FORMS {
        let from = [rng.around(x, 0.07), rng.around(y, 0.08)];
        let (angle, length) = (rng.around(angle, 0.12), length * rng.range(0.8, 1.2));
        let (width, depth) = (rng.range(0.06, 0.15), rng.range(0.04, 0.26));
        all.push(Crease::curve(from, angle, length, rng.range(-0.2, 0.2), width, depth).of_kind(kind));
    }
    for _ in 0..rng.count(8, 22) {
        let from = [rng.range(-1.5, 1.5), rng.range(-1.8, 1.2)];
        let (angle, length) = (upright(rng), rng.range(0.5, 1.6));
        let fold =
            Crease::curve(from, angle, length, rng.range(-0.8, 0.8), rng.range(0.04, 0.16), rng.range(0.08, 0.30));
        all.push(fold.of_kind(if rng.chance(0.5) { Kind::Shade } else { Kind::Light }));
    }
    for _ in 0..rng.count(0, 4) {
        let from = [rng.range(-0.9, 1.1), rng.range(-2.0, -0.2)];
        let (angle, length) = (rng.range(0.9, 2.2), rng.range(0.8, 2.0));
        let vein =
            Crease::curve(from, angle, length, rng.range(-0.5, 0.5), rng.range(0.035, 0.06), rng.range(0.05, 0.14));
        all.push(vein.trembled(0.02, rng).of_kind(Kind::Shade));
    }
    if rng.chance(0.06) {
        let from = [rng.range(-1.0, 1.0), rng.range(-1.0, 0.8)];
        let (angle, length) = (rng.range(0.0, TAU), rng.range(0.3, 1.1));
        let scar =
            Crease::curve(from, angle, length, rng.range(-0.2, 0.2), rng.range(0.012, 0.03), rng.range(0.2, 0.45));
        all.push(scar.trembled(0.006, rng).of_kind(Kind::Light));
    }
}

/// Fine wrinkles: short, shallow, in flocks that share a direction; across the thumb's mount they cross the life line's.
fn wrinkles(life: &PrincipalLine, richness: f32, rng: &mut Rng, all: &mut Vec<Crease>) {
    let (flow, crowd) = (Noise::new(rng), Noise::new(rng));
    let thenar_angle = rng.range(-0.7, 0.35);
    let count = (rng.range(600.0, 1000.0) * richness) as usize;
    for _ in 0..count {
        let from = [rng.range(-1.7, 1.55), rng.range(-2.4, 1.25)];
        if crowd.octaves(1.6 * from[0] + 9.0, 1.6 * from[1] + 9.0, 2) < rng.range(-0.9, 0.5) {
            continue;
        }
        let on_thenar = from[0] < 0.1 && f64::from(from[1]) < life.y(f64::from(from[0]).clamp(-0.9, 0.3));
        let free = 3.1 * flow.at(0.7 * from[0] + 31.0, 0.7 * from[1] + 31.0);
        let angle = if on_thenar { thenar_angle + 0.15 * free } else { free } + rng.range(-0.25, 0.25);
        let length = rng.range(0.12, 0.40) + 0.7 * rng.unit() * rng.unit();
        let (width, depth) = (rng.range(0.007, 0.015), 0.06 + 0.30 * rng.unit() * rng.unit());
        let mut wrinkle = Crease::curve(from, angle, length, rng.range(-0.5, 0.5), width, depth);
        (wrinkle.fade_in, wrinkle.fade_out) = (0.45, 0.45);
        let kind = if rng.chance(0.25) { Kind::Light } else { Kind::Crease };
        wrinkle.depth *= if kind == Kind::Light { 0.6 } else { 1.0 };
        all.push(wrinkle.trembled(0.009, rng).of_kind(kind));
    }
}

/// A direction: in three of five cases along the hand, as the palm folds when the thumb comes in; else any.
fn upright(rng: &mut Rng) -> f32 {
    if rng.chance(0.6) { rng.around(0.25 * TAU, 0.35) } else { rng.range(0.0, TAU) }
}

/// The polynomial as points, from the thumb's side.
fn sampled(line: &PrincipalLine) -> Vec<Point> {
    let steps = 72;
    (0..=steps)
        .map(|i| {
            let x = line.x_start + (line.x_end - line.x_start) * f64::from(i) / f64::from(steps);
            [x as f32, line.y(x) as f32]
        })
        .collect()
}

/// Carries a run of points on past its start or its end, from its last direction, turning by `turn` radians per unit.
fn carry_on(run: &mut Vec<Point>, at_start: bool, length: f32, turn: f32) {
    if at_start {
        run.reverse();
    }
    let last = run.len() - 1;
    let mut at = run[last];
    let mut angle = heading(run[last - 3], at);
    for _ in 0..(length / 0.03) as usize {
        angle += turn * 0.03;
        at = [at[0] + 0.03 * libm::cosf(angle), at[1] + 0.03 * libm::sinf(angle)];
        run.push(at);
    }
    if at_start {
        run.reverse();
    }
}

fn section(run: &[Point], from: f32, to: f32) -> Vec<Point> {
    let last = run.len() - 1;
    let first = ((from * last as f32) as usize).min(last - 2);
    let end = ((to * last as f32) as usize).clamp(first + 2, last);
    run[first..=end].to_vec()
}

fn heading(from: Point, to: Point) -> f32 {
    libm::atan2f(to[1] - from[1], to[0] - from[0])
}
