//! What a region of interest looks like in numbers, by which drawn palms are compared with real ones.
//!
//! Light and contrast are evened out first, as before features are drawn; lines are looked for by the second derivatives
//! of the evened picture at three scales.

use crate::grey::Grey;
use handsel_palm::Roi;

const SIDE: usize = Roi::SIDE_PX;

/// What is measured, in the order of [`measure`]'s values; lengths in pixels of the region of interest.
pub const MEASURES: [&str; 24] = [
    "grey, mean",
    "grey, standard deviation",
    "local contrast, grey levels",
    "noise, grey levels",
    "energy share at 0.7–1.4 px",
    "energy share at 1.4–2.8 px",
    "energy share at 2.8–5.6 px",
    "energy share at 5.6–11 px",
    "spectrum slope, log2 of energy per octave",
    "evened values, skewness",
    "evened values, kurtosis",
    "dark line strength, fine",
    "dark line strength, middle",
    "dark line strength, coarse",
    "light line strength over dark, fine",
    "light line strength over dark, middle",
    "light line strength over dark, coarse",
    "line strength, kurtosis",
    "lines one way rather than two, 0–1",
    "line direction alike over 6 px, 0–1",
    "line direction alike over 16 px, 0–1",
    "share of strong dark lines",
    "width of strong dark lines, px",
    "energy across the hand over along it",
];

/// The scales of lines: standard deviations in pixels of the region of interest.
const SCALES: [f32; 3] = [1.3, 2.2, 4.0];

/// Measures a region of interest: one value for each of [`MEASURES`].
pub fn measure(roi: &Roi) -> [f32; MEASURES.len()] {
    let grey = Grey { side: SIDE, light: roi.grey().iter().map(|&v| f32::from(v)).collect() };
    let even = Evened::new(&grey);
    let plane = &even.plane;
    let [a, b, c, d] = bands(plane);
    let all = a + b + c + d;
    // The least squares line through four points one apart.
    let slope = (3.0 * (d / a).log2() + (c / b).log2()) / 10.0;
    let (_, deviation, skewness, kurtosis) = moments(&plane.light);
    let lines = SCALES.map(|scale| Lines::new(plane, scale));
    let [fine, middle, coarse] = lines.each_ref().map(|l| l.strength(1.0) / deviation);
    let [light_fine, light_middle, light_coarse] = lines.each_ref().map(|l| l.strength(-1.0) / l.strength(1.0));
    let line = &lines[1];
    let (_, _, _, peaked) = moments(&line.values.iter().map(|v| v.0).collect::<Vec<_>>());
    let (mean, contrast, _, _) = moments(&grey.light);
    let strong: Vec<usize> = (0..SIDE * SIDE).filter(|&i| line.values[i].0 > 0.8 * deviation).collect();
    [
        mean,
        contrast,
        even.contrast,
        noise(&grey.light),
        a / all,
        b / all,
        c / all,
        d / all,
        slope,
        skewness,
        kurtosis,
        fine,
        middle,
        coarse,
        light_fine,
        light_middle,
        light_coarse,
        peaked,
        line.one_way(),
        line.alike(6.0),
        line.alike(16.0),
        strong.len() as f32 / (SIDE * SIDE) as f32,
        width(&lines, &strong),
        line.across_over_along(),
    ]
}

/// The picture less its local mean, over its local contrast.
struct Evened {
    plane: Grey,
    /// The mean local contrast in grey levels.
    contrast: f32,
}

impl Evened {
    /// With the neighbourhoods, 12 and 16 px, and the floor, 2 grey levels, that features are drawn with.
    fn new(grey: &Grey) -> Evened {
        let mean = smoothed(&grey.light, 12.0);
        let centred: Vec<f32> = grey.light.iter().zip(&mean).map(|(v, m)| v - m).collect();
        let squares: Vec<f32> = centred.iter().map(|v| v * v).collect();
        let contrasts: Vec<f32> = smoothed(&squares, 16.0).iter().map(|v| v.sqrt()).collect();
        let light = centred.iter().zip(&contrasts).map(|(v, c)| (v / (c + 2.0)).clamp(-3.0, 3.0)).collect();
        let contrast = contrasts.iter().sum::<f32>() / contrasts.len() as f32;
        Evened { plane: Grey { side: SIDE, light }, contrast }
    }
}

fn smoothed(values: &[f32], deviation: f32) -> Vec<f32> {
    let mut grey = Grey { side: SIDE, light: values.to_vec() };
    grey.blurred(deviation);
    grey.light
}

/// Mean squares of what lies between blurs one octave apart, fine to coarse.
fn bands(plane: &Grey) -> [f32; 4] {
    let blurs = [0.7, 1.4, 2.8, 5.6, 11.2].map(|deviation| smoothed(&plane.light, deviation));
    std::array::from_fn(|i| {
        let squares = blurs[i].iter().zip(&blurs[i + 1]).map(|(a, b)| (a - b) * (a - b));
        squares.sum::<f32>() / (SIDE * SIDE) as f32
    })
}

/// Immerkær's estimate of the noise's standard deviation (1996): from what no plane and no straight edge explains.
fn noise(grey: &[f32]) -> f32 {
    let mut sum = 0.0;
    for y in 1..SIDE - 1 {
        for x in 1..SIDE - 1 {
            let at = |dx: usize, dy: usize| grey[(y + dy - 1) * SIDE + x + dx - 1];
            let corners = at(0, 0) + at(2, 0) + at(0, 2) + at(2, 2);
            let sides = at(1, 0) + at(0, 1) + at(2, 1) + at(1, 2);
            sum += (corners - 2.0 * sides + 4.0 * at(1, 1)).abs();
        }
    }
    (std::f32::consts::PI / 2.0).sqrt() * sum / (6.0 * ((SIDE - 2) * (SIDE - 2)) as f32)
}

/// The strongest second derivative at each pixel, times the scale squared, and its direction.
struct Lines {
    /// The curvature across the line (over 0 for dark lines), that along it, and cosine and sine of twice the normal's angle.
    values: Vec<(f32, f32, f32, f32)>,
}

impl Lines {
    fn new(plane: &Grey, scale: f32) -> Lines {
        let smooth = smoothed(&plane.light, scale);
        let at = |x: usize, y: usize| smooth[y.min(SIDE - 1) * SIDE + x.min(SIDE - 1)];
        let value = |i: usize| {
            let (x, y) = (i % SIDE, i / SIDE);
            let (left, up) = (x.saturating_sub(1), y.saturating_sub(1));
            let xx = at(x + 1, y) - 2.0 * at(x, y) + at(left, y);
            let yy = at(x, y + 1) - 2.0 * at(x, y) + at(x, up);
            let xy = 0.25 * (at(x + 1, y + 1) - at(left, y + 1) - at(x + 1, up) + at(left, up));
            let (mean, half) = (0.5 * (xx + yy), 0.5 * (xx - yy));
            let spread = (half * half + xy * xy).sqrt();
            // The eigenvalue furthest from 0 is the line's; its normal is turned by a right angle for the lesser one.
            let sign = if mean >= 0.0 { 1.0 } else { -1.0 };
            let turn = sign / spread.max(1e-12);
            let area = scale * scale;
            (area * (mean + sign * spread), area * (mean - sign * spread), turn * half, turn * xy)
        };
        Lines { values: (0..SIDE * SIDE).map(value).collect() }
    }

    /// Root mean square over the picture of dark lines (`sign` 1) or light ones (−1).
    fn strength(&self, sign: f32) -> f32 {
        let squares = self.values.iter().map(|v| (sign * v.0).max(0.0)).map(|v| v * v);
        (squares.sum::<f32>() / self.values.len() as f32).sqrt()
    }

    /// How much more curvature runs across lines than along them: 1 for straight lines, 0 for dots.
    fn one_way(&self) -> f32 {
        let sum = |f: fn(&(f32, f32, f32, f32)) -> f32| self.values.iter().map(f).sum::<f32>();
        1.0 - sum(|v| v.1 * v.1) / sum(|v| v.0 * v.0)
    }

    /// How alike the directions of lines are within this many pixels, weighted by their energy.
    fn alike(&self, reach: f32) -> f32 {
        let plane =
            |f: fn(&(f32, f32, f32, f32)) -> f32| smoothed(&self.values.iter().map(f).collect::<Vec<_>>(), reach);
        let (cos, sin) = (plane(|v| v.0 * v.0 * v.2), plane(|v| v.0 * v.0 * v.3));
        let all = plane(|v| v.0 * v.0);
        let along = cos.iter().zip(&sin).map(|(c, s)| (c * c + s * s).sqrt()).sum::<f32>();
        along / all.iter().sum::<f32>()
    }

    /// The energy of lines that run across the hand over that of lines that run along it.
    fn across_over_along(&self) -> f32 {
        let sum = |sign: f32| self.values.iter().map(|v| v.0 * v.0 * (1.0 + sign * v.2)).sum::<f32>();
        sum(-1.0) / sum(1.0)
    }
}

/// The mean width of the strong lines: for each, the scale at which it is strongest, at which a line is twice as wide.
fn width(lines: &[Lines; 3], strong: &[usize]) -> f32 {
    let of = |i: usize| {
        let best = (0..3).max_by(|&a, &b| lines[a].values[i].0.total_cmp(&lines[b].values[i].0)).unwrap_or(0);
        2.0 * SCALES[best]
    };
    strong.iter().map(|&i| of(i)).sum::<f32>() / strong.len().max(1) as f32
}

/// Mean, standard deviation, skewness and kurtosis (3 for normal values).
fn moments(values: &[f32]) -> (f32, f32, f32, f32) {
    let n = values.len() as f32;
    let mean = values.iter().sum::<f32>() / n;
    let power = |k: i32| values.iter().map(|v| (v - mean).powi(k)).sum::<f32>() / n;
    let deviation = power(2).sqrt().max(1e-6);
    (mean, deviation, power(3) / deviation.powi(3), power(4) / deviation.powi(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(name: &str, grey: impl Fn(f32, f32) -> f32) -> f32 {
        let pixels = (0..SIDE * SIDE).map(|i| grey((i % SIDE) as f32, (i / SIDE) as f32) as u8).collect();
        let index = MEASURES.iter().position(|measure| *measure == name).expect("a measure");
        measure(&Roi::from_grey(pixels).expect("a square"))[index]
    }

    #[test]
    fn measures_say_what_their_names_do() {
        // A dark line every 16 px, its standard deviation across, and whether it runs across the hand.
        let lines = |deviation: f32, level: bool| {
            move |x: f32, y: f32| {
                let off = (if level { y } else { x } + 8.0).rem_euclid(16.0) - 8.0;
                180.0 - 80.0 * (-0.5 * (off / deviation) * (off / deviation)).exp()
            }
        };
        let dots = |x: f32, y: f32| 140.0 + 40.0 * (0.6 * x).sin() * (0.6 * y).sin();
        assert!((measured("grey, mean", |_, _| 77.0) - 77.0).abs() < 0.1);
        assert!(measured("noise, grey levels", |x, y| 120.0 + 0.2 * x + 0.1 * y) < 0.6);
        assert!(measured("noise, grey levels", |x, y| if (x + y) % 2.0 == 0.0 { 110.0 } else { 130.0 }) > 8.0);
        let one_way = "lines one way rather than two, 0–1";
        assert!(measured(one_way, lines(2.0, true)) > 0.95 && measured(one_way, dots) < 0.7);
        let turned = "energy across the hand over along it";
        assert!(measured(turned, lines(2.0, true)) > 10.0 && measured(turned, lines(2.0, false)) < 0.1);
        let alike = "line direction alike over 16 px, 0–1";
        assert!(measured(alike, lines(2.0, false)) > 0.9);
        let width = "width of strong dark lines, px";
        assert!(measured(width, lines(1.2, true)) + 1.0 < measured(width, lines(3.2, true)));
        assert!(measured("evened values, skewness", lines(1.5, true)) < -0.5, "dark lines on light skin");
    }
}
