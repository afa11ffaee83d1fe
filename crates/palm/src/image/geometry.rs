//! Points and the transforms between frames of reference.

use std::ops::{Add, Mul, Sub};

/// A point or a direction, in pixels: x right, y down.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Point {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

impl Point {
    pub(crate) const fn new(x: f32, y: f32) -> Point {
        Point { x, y }
    }

    pub(crate) fn dot(self, other: Point) -> f32 {
        self.x * other.x + self.y * other.y
    }

    /// Positive when `other` lies clockwise of `self` on the screen.
    pub(crate) fn cross(self, other: Point) -> f32 {
        self.x * other.y - self.y * other.x
    }

    pub(crate) fn norm(self) -> f32 {
        self.dot(self).sqrt()
    }

    pub(crate) fn distance(self, other: Point) -> f32 {
        (self - other).norm()
    }

    /// The same direction with length 1; the zero direction stays zero.
    pub(crate) fn unit(self) -> Point {
        let norm = self.norm();
        if norm > 0.0 { self * (1.0 / norm) } else { self }
    }

    /// A quarter turn clockwise on the screen.
    pub(crate) fn turned(self) -> Point {
        Point::new(-self.y, self.x)
    }
}

impl Add for Point {
    type Output = Point;
    fn add(self, o: Point) -> Point {
        Point::new(self.x + o.x, self.y + o.y)
    }
}

impl Sub for Point {
    type Output = Point;
    fn sub(self, o: Point) -> Point {
        Point::new(self.x - o.x, self.y - o.y)
    }
}

impl Mul<f32> for Point {
    type Output = Point;
    fn mul(self, k: f32) -> Point {
        Point::new(self.x * k, self.y * k)
    }
}

/// Turns, scales and moves; never mirrors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Similarity {
    /// Where (1, 0) goes, less the origin: its length is the scale.
    pub(crate) x_axis: Point,
    /// Where (0, 0) goes.
    pub(crate) origin: Point,
}

impl Similarity {
    /// The weighted least-squares fit of `(from, to, weight)`; `None` when the points do not span anything.
    pub(crate) fn fit(pairs: &[(Point, Point, f32)]) -> Option<Similarity> {
        let total: f32 = pairs.iter().map(|p| p.2).sum();
        let mean = |pick: fn(&(Point, Point, f32)) -> Point| {
            pairs.iter().fold(Point::default(), |sum, p| sum + pick(p) * p.2) * (1.0 / total)
        };
        let (from_mean, to_mean) = (mean(|p| p.0), mean(|p| p.1));
        let (mut re, mut im, mut spread) = (0.0, 0.0, 0.0);
        for &(from, to, weight) in pairs {
            let (f, t) = (from - from_mean, to - to_mean);
            re += weight * f.dot(t);
            im += weight * f.cross(t);
            spread += weight * f.dot(f);
        }
        let x_axis = Point::new(re, im) * (1.0 / spread);
        let fit = Similarity { x_axis, origin: Point::default() };
        let origin = to_mean - fit.apply(from_mean);
        (x_axis.norm() > 0.0 && x_axis.norm().is_finite() && origin.norm().is_finite())
            .then_some(Similarity { x_axis, origin })
    }

    pub(crate) fn apply(&self, p: Point) -> Point {
        self.origin + self.x_axis * p.x + self.x_axis.turned() * p.y
    }

    /// This transform after `first`.
    pub(crate) fn after(&self, first: &Similarity) -> Similarity {
        let x_axis = self.x_axis * first.x_axis.x + self.x_axis.turned() * first.x_axis.y;
        Similarity { x_axis, origin: self.apply(first.origin) }
    }

    /// This transform to a target whose units are this many times as many.
    pub(crate) fn times(&self, factor: f32) -> Similarity {
        Similarity { x_axis: self.x_axis * factor, origin: self.origin * factor }
    }

    /// How many units of the target one unit of the source becomes.
    pub(crate) fn scale(&self) -> f32 {
        self.x_axis.norm()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_similarity_is_recovered_from_three_points() {
        let truth = Similarity { x_axis: Point::new(1.2, -3.4), origin: Point::new(17.0, -5.0) };
        let from = [Point::new(0.0, 0.0), Point::new(1.0, 0.3), Point::new(-0.4, 2.0)];
        let pairs: Vec<_> = from.iter().zip([1.0, 2.0, 0.5]).map(|(&p, w)| (p, truth.apply(p), w)).collect();
        let found = Similarity::fit(&pairs).unwrap();
        assert!(found.x_axis.distance(truth.x_axis) < 1e-4 && found.origin.distance(truth.origin) < 1e-4);
    }

    #[test]
    fn one_point_spans_nothing() {
        let p = Point::new(1.0, 1.0);
        assert!(Similarity::fit(&[(p, p, 1.0), (p, p, 1.0)]).is_none());
        assert!(Similarity::fit(&[]).is_none());
    }
}
