//! The outline of a blob.

use super::{Mask, geometry::Point};

/// The eight neighbours, clockwise on the screen from the right.
const AROUND: [(i32, i32); 8] = [(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)];

/// The outer boundary of the blob that holds the first set pixel, clockwise on the screen, as neighbouring pixels
/// (Moore's tracing with Jacob's stop); empty for an empty mask.
pub(crate) fn trace(mask: &Mask) -> Vec<Point> {
    let Some(first) = mask.data.iter().position(|&v| v != 0) else { return Vec::new() };
    let (width, height) = (mask.width as i32, mask.height as i32);
    let inside = |x: i32, y: i32| {
        (0..width).contains(&x) && (0..height).contains(&y) && mask.data[(y * width + x) as usize] != 0
    };
    let start = (first as i32 % width, first as i32 / width);
    let (mut at, mut heading) = (start, 0usize);
    let mut outline = Vec::new();
    let mut first_heading = None;
    // A boundary passes a pixel at most four times.
    for _ in 0..4 * mask.data.len() {
        // Turn as far left as possible first: the outside is kept on the left.
        let Some(turn) =
            (0..8).map(|k| (heading + 5 + k) % 8).find(|&k| inside(at.0 + AROUND[k].0, at.1 + AROUND[k].1))
        else {
            return vec![Point::new(at.0 as f32, at.1 as f32)];
        };
        if at == start && first_heading == Some(turn) {
            break;
        }
        first_heading.get_or_insert(turn);
        outline.push(Point::new(at.0 as f32, at.1 as f32));
        at = (at.0 + AROUND[turn].0, at.1 + AROUND[turn].1);
        heading = turn;
    }
    outline
}

/// The closed outline smoothed by a moving average over `2 × reach + 1` points.
pub(crate) fn smooth(outline: &[Point], reach: usize) -> Vec<Point> {
    let n = outline.len();
    let span = 2 * reach + 1;
    if n < span {
        return outline.to_vec();
    }
    let mut sum = (0..span).fold(Point::default(), |sum, k| sum + outline[(n - reach + k) % n]);
    (0..n)
        .map(|i| {
            let mean = sum * (1.0 / span as f32);
            sum = sum + outline[(i + reach + 1) % n] - outline[(i + n - reach) % n];
            mean
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_is_walked_clockwise_once() {
        let mut mask = Mask::new(10, 8);
        for y in 2..6 {
            for x in 3..8 {
                mask.data[y * 10 + x] = 1;
            }
        }
        let outline = trace(&mask);
        assert_eq!(outline.len(), 2 * (5 + 4) - 4);
        assert_eq!((outline[0], outline[1]), (Point::new(3.0, 2.0), Point::new(4.0, 2.0)));
        let doubled_area: f32 = (0..outline.len()).map(|i| outline[i].cross(outline[(i + 1) % outline.len()])).sum();
        assert!(doubled_area > 0.0);
    }

    #[test]
    fn thin_and_single_pixels_end() {
        let mut mask = Mask::new(6, 6);
        assert!(trace(&mask).is_empty());
        mask.data[7] = 1;
        assert_eq!(trace(&mask).len(), 1);
        mask.data[8] = 1;
        mask.data[9] = 1;
        assert_eq!(trace(&mask).len(), 4);
    }

    #[test]
    fn smoothing_keeps_the_centre() {
        let square: Vec<Point> = [(0., 0.), (1., 0.), (2., 0.), (2., 1.), (2., 2.), (1., 2.), (0., 2.), (0., 1.)]
            .map(|(x, y)| Point::new(x, y))
            .to_vec();
        let mean = smooth(&square, 2).iter().fold(Point::default(), |s, &p| s + p) * 0.125;
        assert!(mean.distance(Point::new(1.0, 1.0)) < 1e-5);
    }
}
