//! How deep inside a mask each pixel lies.

use super::Mask;

/// Costs of a straight, a diagonal and a knight's step, in fifths of a pixel (G. Borgefors, 1986): 2 % off at most.
const STRAIGHT: u16 = 5;
const DIAGONAL: u16 = 7;
const KNIGHT: u16 = 11;
/// How many units of [`distance_inside`] make a pixel.
pub(crate) const UNITS_PER_PX: f32 = STRAIGHT as f32;
/// Pixels added on every side, so that a knight's step never leaves the buffer.
const PAD: usize = 2;

/// The distance from each pixel inside the mask to the nearest outside it, in fifths of a pixel; what lies beyond the
/// edge of the image counts as outside.
pub(crate) fn distance_inside(mask: &Mask) -> Vec<u16> {
    transform(mask.width, mask.height, |i| mask.data[i] != 0, 0)
}

/// The distance from each pixel outside the mask to the nearest inside it, in fifths of a pixel.
pub(crate) fn distance_outside(mask: &Mask) -> Vec<u16> {
    transform(mask.width, mask.height, |i| mask.data[i] == 0, u16::MAX / 2)
}

fn transform(width: usize, height: usize, far: impl Fn(usize) -> bool, beyond: u16) -> Vec<u16> {
    let stride = width + 2 * PAD;
    let mut d = vec![beyond; stride * (height + 2 * PAD)];
    for y in 0..height {
        for x in 0..width {
            d[(y + PAD) * stride + x + PAD] = if far(y * width + x) { u16::MAX / 2 } else { 0 };
        }
    }
    let s = stride as isize;
    let steps = [
        (-1, STRAIGHT),
        (-s, STRAIGHT),
        (-s - 1, DIAGONAL),
        (-s + 1, DIAGONAL),
        (-s - 2, KNIGHT),
        (-s + 2, KNIGHT),
        (-2 * s - 1, KNIGHT),
        (-2 * s + 1, KNIGHT),
    ];
    let mut relax = |at: usize, sign: isize| {
        if d[at] > 0 {
            let nearest = steps.iter().map(|&(by, cost)| d[at.wrapping_add_signed(sign * by)].saturating_add(cost)).min();
            d[at] = d[at].min(nearest.unwrap_or(u16::MAX));
        }
    };
    for y in PAD..height + PAD {
        (PAD..width + PAD).for_each(|x| relax(y * stride + x, 1));
    }
    for y in (PAD..height + PAD).rev() {
        (PAD..width + PAD).rev().for_each(|x| relax(y * stride + x, -1));
    }
    (0..width * height).map(|i| d[(i / width + PAD) * stride + i % width + PAD]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disc(side: usize, radius: f32) -> Mask {
        let centre = side as f32 / 2.0;
        let inside = |i: usize| ((i % side) as f32 - centre).hypot((i / side) as f32 - centre) < radius;
        Mask::from_vec(side, side, (0..side * side).map(|i| u8::from(inside(i))).collect())
    }

    #[test]
    fn the_deepest_pixel_of_a_disc_is_its_centre() {
        let d = distance_inside(&disc(101, 40.0));
        let (at, &deepest) = d.iter().enumerate().max_by_key(|(_, v)| **v).unwrap();
        assert!((at % 101).abs_diff(50) <= 2 && (at / 101).abs_diff(50) <= 2);
        assert!((f32::from(deepest) / UNITS_PER_PX - 40.0).abs() < 1.5);
    }

    #[test]
    fn the_edge_of_the_image_is_outside() {
        let full = Mask::from_vec(21, 21, vec![1; 441]);
        let d = distance_inside(&full);
        assert_eq!(d[0], STRAIGHT);
        assert_eq!(d[10 * 21 + 10], 11 * STRAIGHT);
    }

    #[test]
    fn outside_distance_of_an_empty_mask_is_far() {
        assert!(distance_outside(&Mask::new(5, 5)).iter().all(|&v| v > 1000));
    }
}
