//! How wide the step from hand to background is: blur that can be told from smooth skin.

use crate::image::{Plane, geometry::Point, planes::Working};

/// How far to either side of the edge the step is looked for, in working pixels.
const REACH_PX: i32 = 10;
/// A step lower than this, in grey values, says nothing.
const LEAST_STEP: f32 = 24.0;
/// How far from a finger's middle line its edge is looked for, as shares of half a region of interest's side: fingers are 0.5 to
/// 0.8 of it wide.
const EDGE_BETWEEN: (f32, f32) = (0.15, 0.55);
/// Along a finger, the edge is looked for at so many places from its root to its tip, but not at the ends.
const PLACES: usize = 12;
const ALONG: (f32, f32) = (0.3, 0.85);
/// Fewer steps than this say nothing.
const LEAST_STEPS: usize = 12;

/// The standard deviation of the blur, in working pixels, by the sharper quarter of the steps at the fingers' edges (the others
/// are softened by shadow and by the roundness of fingers); `None` where the hand hardly stands out. Fingers go from root to
/// tip; `unit` is half a region of interest's side.
pub(crate) fn edge_blur(working: &Working, fingers: &[(Point, Point)], unit: f32) -> Option<f32> {
    let mut blurs: Vec<f32> = Vec::new();
    for &(root, tip) in fingers {
        let across = (tip - root).unit().turned();
        for place in 0..PLACES {
            let share = ALONG.0 + (ALONG.1 - ALONG.0) * place as f32 / (PLACES - 1) as f32;
            let middle = root + (tip - root) * share;
            for normal in [across, across * -1.0] {
                let edge = steepest(&working.luma, middle, normal, unit);
                blurs.extend(edge.and_then(|at| step_width(&working.luma, at, normal)));
            }
        }
    }
    if blurs.len() < LEAST_STEPS {
        return None;
    }
    let quarter = blurs.len() / 4;
    // A step blurred by a bell is √(2π) standard deviations wide, measured as height over steepest slope.
    Some(*blurs.select_nth_unstable_by(quarter, f32::total_cmp).1 / (2.0 * std::f32::consts::PI).sqrt())
}

/// Where the luma changes most on the way out from a finger's middle.
fn steepest(luma: &Plane, middle: Point, normal: Point, unit: f32) -> Option<Point> {
    let at = |px: i32| middle + normal * px as f32;
    let change = |px: i32| Some((between(luma, at(px + 2))? - between(luma, at(px - 2))?).abs());
    let places = (EDGE_BETWEEN.0 * unit) as i32..=(EDGE_BETWEEN.1 * unit) as i32;
    places.filter_map(|px| Some((px, change(px)?))).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(px, _)| at(px))
}

/// Height over steepest slope of the luma along a line through a point of the outline.
fn step_width(luma: &Plane, at: Point, normal: Point) -> Option<f32> {
    let profile: Vec<f32> =
        (-REACH_PX..=REACH_PX).map(|t| between(luma, at + normal * t as f32)).collect::<Option<_>>()?;
    let steepest = profile.windows(2).map(|p| (p[1] - p[0]).abs()).fold(0.0, f32::max);
    let (low, high) = profile.iter().fold((f32::MAX, f32::MIN), |(l, h), &v| (l.min(v), h.max(v)));
    (high - low >= LEAST_STEP).then(|| (high - low) / steepest)
}

/// The value between pixels; `None` outside.
fn between(plane: &Plane, p: Point) -> Option<f32> {
    let (x, y) = (p.x.floor(), p.y.floor());
    let value = |dx: f32, dy: f32| plane.at(Point::new(x + dx, y + dy)).map(f32::from);
    let (fx, fy) = (p.x - x, p.y - y);
    let top = value(0.0, 0.0)? * (1.0 - fx) + value(1.0, 0.0)? * fx;
    let bottom = value(0.0, 1.0)? * (1.0 - fx) + value(1.0, 1.0)? * fx;
    Some(top * (1.0 - fy) + bottom * fy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Frame, image::smooth::gaussian};

    /// The blur of a drawn finger 60 px wide on a dark ground.
    fn blur_of(sigma: f32) -> f32 {
        let side = 200;
        let finger: Vec<f32> =
            (0..side * side).map(|i: usize| if (i % side).abs_diff(100) < 30 { 180.0 } else { 30.0 }).collect();
        let soft = gaussian(&finger, side, sigma);
        let rgb = soft.iter().flat_map(|&v| [v.round() as u8; 3]).collect();
        let working = Working::of(&Frame::from_rgb(side as u32, side as u32, rgb).unwrap());
        edge_blur(&working, &[(Point::new(97.0, 190.0), Point::new(103.0, 10.0))], 90.0).unwrap()
    }

    #[test]
    fn the_blur_of_a_finger_is_measured() {
        for sigma in [1.0, 2.0, 3.0] {
            assert!((blur_of(sigma) - sigma).abs() < 0.35 * sigma, "{sigma}: {}", blur_of(sigma));
        }
    }
}
