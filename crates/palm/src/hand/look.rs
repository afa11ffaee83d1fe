//! What the localiser's network sees of a frame: a square of it, turned and scaled, with its light evened out.

use crate::{
    Frame,
    image::{
        geometry::{Point, Similarity},
        planes::{Rgb, Working},
    },
};
use zeroize::Zeroizing;

/// Width and height of the localiser's input.
pub const INPUT_SIDE: usize = 128;
/// Values reach this many standard deviations; what lies beyond is cut.
pub const REACH: f32 = 4.0;
/// A standard deviation less than this, in steps of 1/255, is noise, and is not blown up further.
const LEAST_DEVIATION: f32 = 6.0;

/// A square of a frame, which may reach beyond it; pixels begin at whole numbers, so that the first one's middle is 0.5.
#[derive(Debug, Clone, Copy)]
pub struct Square {
    /// Its middle in frame pixels.
    pub middle: (f32, f32),
    /// Its side in frame pixels.
    pub side: f32,
    /// How far it is turned clockwise, in degrees.
    pub rotation_deg: f32,
}

impl Square {
    /// The smallest upright square around a whole frame.
    pub fn around(frame: &Frame) -> Square {
        let (width, height) = (frame.width() as f32, frame.height() as f32);
        Square { middle: (width / 2.0, height / 2.0), side: width.max(height), rotation_deg: 0.0 }
    }

    /// From the input's pixels to the frame's.
    fn placement(&self) -> Similarity {
        let (sin, cos) = self.rotation_deg.to_radians().sin_cos();
        let x_axis = Point::new(cos, sin) * (self.side / INPUT_SIDE as f32);
        let half = INPUT_SIDE as f32 / 2.0;
        let middle = Point::new(self.middle.0, self.middle.1);
        Similarity { x_axis, origin: middle - x_axis * half - x_axis.turned() * half }
    }

    /// Where a point of the frame lies in the input, both in pixels.
    pub fn seen(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let Similarity { x_axis, origin } = self.placement();
        let (from_origin, scale) = (Point::new(x, y) - origin, 1.0 / x_axis.dot(x_axis));
        (from_origin.dot(x_axis) * scale, from_origin.dot(x_axis.turned()) * scale)
    }
}

/// Sides of the region of interest that a square around the palm has, and how far above the region's middle its own lies, in
/// such sides: from the wrist to half-way up the fingers.
const PALM_SIDES: f32 = 2.5;
const PALM_ABOVE: f32 = 0.175;

/// The square that shows a palm large and upright, with its region of interest's corners given in the order of the index finger,
/// the little finger, the wrist at the little finger and at the thumb.
pub fn around_palm(corners: [(f32, f32); 4]) -> Square {
    let [index, little, wrist_little, wrist_thumb] = corners.map(|(x, y)| Point::new(x, y));
    let up = (index + little - wrist_little - wrist_thumb) * 0.5;
    let across = (little + wrist_little - index - wrist_thumb) * 0.5;
    let middle = (index + little + wrist_little + wrist_thumb) * 0.25 + up * PALM_ABOVE;
    Square {
        middle: (middle.x, middle.y),
        side: PALM_SIDES * 0.5 * (up.norm() + across.norm()),
        rotation_deg: up.x.atan2(-up.y).to_degrees(),
    }
}

/// The same for a palm whose region of interest, ±1, lies there in the working image: from the input's pixels to its.
pub(super) fn around(palm: &Similarity) -> Similarity {
    let unit = 2.0 * PALM_SIDES / INPUT_SIDE as f32;
    let origin = Point::new(-PALM_SIDES, -PALM_SIDES - 2.0 * PALM_ABOVE);
    palm.after(&Similarity { x_axis: Point::new(unit, 0.0), origin })
}

/// The same for the whole working image.
pub(super) fn whole(working: &Working) -> Similarity {
    let (width, height) = (working.rgb.width as f32, working.rgb.height as f32);
    Square { middle: (width / 2.0, height / 2.0), side: width.max(height), rotation_deg: 0.0 }.placement()
}

/// The localiser's input: [`INPUT_SIDE`]² pixels of red, green and blue, row-major, less their common mean and over their
/// common standard deviation, ±[`REACH`]; 0 beyond the frame. As much a hand as the frame it comes from.
pub fn input(frame: &Frame, square: &Square) -> Zeroizing<Vec<f32>> {
    let working = Working::of(frame);
    look(&working, &square.placement().times(1.0 / working.scale))
}

/// The input of a square; `placement` takes its pixels to the working image's, pixels beginning at whole numbers.
pub(super) fn look(working: &Working, placement: &Similarity) -> Zeroizing<Vec<f32>> {
    // Halved until a pixel of the input covers less than two by two.
    let halvings = placement.scale().log2().floor().max(0.0) as i32;
    let halved =
        (0..halvings).fold(None, |image: Option<Rgb>, _| Some(image.as_ref().unwrap_or(&working.rgb).halved()));
    let placement = placement.times(0.5f32.powi(halvings));
    evened_out(&sampled(halved.as_ref().unwrap_or(&working.rgb), &placement))
}

/// How far a whole hand reaches from its palm's middle, in halves of the region of interest's side: to both sides, to the
/// fingertips, and beyond the wrist.
const HAND_ASIDE: f32 = 2.0;
const HAND_UP: f32 = 3.6;
const HAND_DOWN: f32 = 3.4;

/// Whether a place may belong to the hand whose region of interest, ±1, lies there.
pub(super) fn is_of_hand(palm: &Similarity, place: Point) -> bool {
    let (off, scale) = (place - palm.origin, 1.0 / palm.x_axis.dot(palm.x_axis));
    let (aside, down) = (off.dot(palm.x_axis) * scale, off.dot(palm.x_axis.turned()) * scale);
    aside.abs() < HAND_ASIDE && (-HAND_UP..HAND_DOWN).contains(&down)
}

/// The input of the whole working image with nothing where that hand is.
pub(super) fn without(working: &Working, palm: &Similarity) -> Zeroizing<Vec<f32>> {
    let whole = whole(working);
    let mut rest = look(working, &whole);
    for (i, pixel) in rest.chunks_exact_mut(3).enumerate() {
        let place = Point::new((i % INPUT_SIDE) as f32 + 0.5, (i / INPUT_SIDE) as f32 + 0.5);
        if is_of_hand(palm, whole.apply(place)) {
            pixel.fill(0.0);
        }
    }
    rest
}

/// The colour at every pixel of the input: the mean of 2 × 2 places between pixels; nothing beyond the image.
fn sampled(image: &Rgb, placement: &Similarity) -> Zeroizing<Vec<Option<[f32; 3]>>> {
    let at = |i: usize| {
        let (x, y) = ((i % INPUT_SIDE) as f32, (i / INPUT_SIDE) as f32);
        let places = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
        let mut sum = [0.0; 3];
        for (dx, dy) in places {
            let colour = image.between(placement.apply(Point::new(x + dx, y + dy)))?;
            sum.iter_mut().zip(colour).for_each(|(sum, value)| *sum += 0.25 * value);
        }
        Some(sum)
    };
    Zeroizing::new((0..INPUT_SIDE * INPUT_SIDE).map(at).collect())
}

fn evened_out(colours: &[Option<[f32; 3]>]) -> Zeroizing<Vec<f32>> {
    let values = || colours.iter().flatten().flatten();
    let (mut count, mut sum, mut squares) = (0.0f64, 0.0f64, 0.0f64);
    for &value in values() {
        count += 1.0;
        sum += f64::from(value);
        squares += f64::from(value) * f64::from(value);
    }
    let mean = sum / count.max(1.0);
    let deviation = (squares / count.max(1.0) - mean * mean).max(0.0).sqrt();
    let (mean, scale) = (mean as f32, 1.0 / (deviation as f32).max(LEAST_DEVIATION));
    let value =
        |colour: &Option<[f32; 3]>| colour.map_or([0.0; 3], |c| c.map(|v| ((v - mean) * scale).clamp(-REACH, REACH)));
    Zeroizing::new(colours.iter().flat_map(value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_square_shows_what_lies_in_it() {
        // Red on the right half, on a frame twice as wide as high.
        let rgb = (0..400 * 200).flat_map(|i| if i % 400 < 200 { [0, 0, 0] } else { [255, 0, 0] }).collect();
        let frame = Frame::from_rgb(400, 200, rgb).unwrap();
        let square = Square { middle: (200.0, 100.0), side: 150.0, rotation_deg: 90.0 };
        let seen = input(&frame, &square);
        let red = |x: usize, y: usize| seen[3 * (y * INPUT_SIDE + x)];
        // What is right in the frame lies at the top of a square turned clockwise.
        assert!(red(64, 20) > 1.0 && red(64, 100) < 0.0);
        let (x, y) = square.seen((260.0, 100.0));
        assert!((x - 64.0).abs() < 0.01 && (y - (64.0 - 60.0 * 128.0 / 150.0)).abs() < 0.01, "{x} {y}");
        let whole = input(&frame, &Square::around(&frame));
        assert_eq!(whole[..3 * INPUT_SIDE * 30], vec![0.0; 3 * INPUT_SIDE * 30], "above the frame there is nothing");
    }
}
