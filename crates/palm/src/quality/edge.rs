//! How wide the step from hand to background is: blur that can be told from smooth skin.

use crate::image::{Plane, geometry::Point, planes::Working};

/// How far to either side of the outline the step is looked for, in working pixels.
const REACH_PX: i32 = 10;
/// Every so many points of the outline are looked at.
const STEP: usize = 5;
/// How many points to either side give the outline's direction.
const SPAN: usize = 6;
/// A step lower than this, in grey values, says nothing.
const LEAST_STEP: f32 = 24.0;

/// The standard deviation of the blur, in working pixels, by the sharper quarter of the steps along the outline (the
/// others are softened by shadow and by the roundness of fingers); `None` where the hand hardly stands out.
pub(crate) fn edge_blur(working: &Working, outline: &[Point]) -> Option<f32> {
    let n = outline.len();
    let mut blurs: Vec<f32> = (0..n)
        .step_by(STEP)
        .filter_map(|i| {
            let along = outline[(i + SPAN) % n] - outline[(i + n - SPAN % n) % n];
            step_width(&working.luma, outline[i], along.turned().unit())
        })
        .collect();
    if blurs.len() < 20 {
        return None;
    }
    let quarter = blurs.len() / 4;
    // A step blurred by a bell is √(2π) standard deviations wide, measured as height over steepest slope.
    Some(*blurs.select_nth_unstable_by(quarter, f32::total_cmp).1 / (2.0 * std::f32::consts::PI).sqrt())
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

    fn blur_of(sigma: f32) -> f32 {
        let side = 200;
        let disc: Vec<f32> = (0..side * side)
            .map(|i| if ((i % side) as f32 - 100.0).hypot((i / side) as f32 - 100.0) < 60.0 { 180.0 } else { 30.0 })
            .collect();
        let soft = gaussian(&disc, side, sigma);
        let rgb = soft.iter().flat_map(|&v| [v.round() as u8; 3]).collect();
        let working = Working::of(&Frame::from_rgb(side as u32, side as u32, rgb).unwrap());
        let circle = |i: usize| (i as f32 / 60.0).sin_cos();
        let outline: Vec<Point> =
            (0..377).map(circle).map(|(s, c)| Point::new(100.0 + 60.0 * c, 100.0 + 60.0 * s)).collect();
        edge_blur(&working, &outline).unwrap()
    }

    #[test]
    fn the_blur_of_a_disc_is_measured() {
        for sigma in [1.0, 2.0, 3.0] {
            assert!((blur_of(sigma) - sigma).abs() < 0.35 * sigma, "{sigma}: {}", blur_of(sigma));
        }
    }
}
