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

/// More than any distance here.
const FAR: u16 = u16::MAX / 2;

/// What lies beyond the edge of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beyond {
    /// Nothing of the mask.
    Outside,
    /// More of whatever touches the edge.
    Continues,
}

/// The distance from each pixel inside the mask to the nearest outside it, in fifths of a pixel.
pub(crate) fn distance_inside(mask: &Mask, beyond: Beyond) -> Vec<u16> {
    transform(mask, |v| v != 0, if beyond == Beyond::Outside { 0 } else { FAR })
}

/// The distance from each pixel outside the mask to the nearest inside it, in fifths of a pixel.
pub(crate) fn distance_outside(mask: &Mask) -> Vec<u16> {
    transform(mask, |v| v == 0, FAR)
}

fn transform(mask: &Mask, far: impl Fn(u8) -> bool, beyond: u16) -> Vec<u16> {
    let (width, height) = (mask.width, mask.height);
    let stride = width + 2 * PAD;
    let mut d = vec![beyond; stride * (height + 2 * PAD)];
    for (y, row) in mask.data.chunks_exact(width.max(1)).enumerate() {
        let start = (y + PAD) * stride + PAD;
        d[start..start + width].iter_mut().zip(row).for_each(|(d, &v)| *d = if far(v) { FAR } else { 0 });
    }
    for y in PAD..height + PAD {
        let at = y * stride;
        let (above, row) = d.split_at_mut(at);
        let (two, one) = (&above[at - 2 * stride..at - stride], &above[at - stride..]);
        for x in PAD..width + PAD {
            if row[x] > 0 {
                row[x] = row[x].min(nearest(two, one, x)).min(row[x - 1] + STRAIGHT);
            }
        }
    }
    for y in (PAD..height + PAD).rev() {
        let (row, below) = d[y * stride..].split_at_mut(stride);
        let (one, two) = (&below[..stride], &below[stride..2 * stride]);
        for x in (PAD..width + PAD).rev() {
            if row[x] > 0 {
                row[x] = row[x].min(nearest(two, one, x)).min(row[x + 1] + STRAIGHT);
            }
        }
    }
    d[PAD * stride..].chunks_exact(stride).take(height).flat_map(|row| &row[PAD..PAD + width]).copied().collect()
}

/// The least cost by way of the row next to this one and the row next to that.
fn nearest(two: &[u16], one: &[u16], x: usize) -> u16 {
    let straight = one[x] + STRAIGHT;
    let diagonal = one[x - 1].min(one[x + 1]) + DIAGONAL;
    let knight = one[x - 2].min(one[x + 2]).min(two[x - 1]).min(two[x + 1]) + KNIGHT;
    straight.min(diagonal).min(knight)
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
        let d = distance_inside(&disc(101, 40.0), Beyond::Outside);
        let (at, &deepest) = d.iter().enumerate().max_by_key(|(_, v)| **v).unwrap();
        assert!((at % 101).abs_diff(50) <= 2 && (at / 101).abs_diff(50) <= 2);
        assert!((f32::from(deepest) / UNITS_PER_PX - 40.0).abs() < 1.5);
    }

    #[test]
    fn the_edge_of_the_image_is_outside_or_not() {
        let full = Mask::from_vec(21, 21, vec![1; 441]);
        let d = distance_inside(&full, Beyond::Outside);
        assert_eq!(d[0], STRAIGHT);
        assert_eq!(d[10 * 21 + 10], 11 * STRAIGHT);
        assert!(distance_inside(&full, Beyond::Continues).iter().all(|&v| v > 1000));
    }

    #[test]
    fn outside_distance_of_an_empty_mask_is_far() {
        assert!(distance_outside(&Mask::new(5, 5)).iter().all(|&v| v > 1000));
    }
}
