//! Cutting an aligned square out of the whole frame.

use super::{
    Plane,
    geometry::{Point, Similarity},
};
use crate::Frame;

/// The most samples per side that one output pixel is averaged from: enough for a palm 1,500 px wide.
const MAX_SAMPLES: usize = 12;

/// Draws a square of `side` × `side` grey values; `placement` takes its pixel coordinates (0 to `side`) to the frame's.
///
/// Each value is the mean over the area it covers, so that fine texture does not alias; beyond the edge of the frame the
/// nearest pixel is repeated.
pub(crate) fn cut_square(frame: &Frame, side: usize, placement: &Similarity) -> Vec<u8> {
    let window = Window::around(frame, side, placement);
    let samples = (placement.scale().ceil() as usize).clamp(1, MAX_SAMPLES);
    let step = 1.0 / samples as f32;
    let (right, down) = (placement.x_axis * step, placement.x_axis.turned() * step);
    let mut out = Vec::with_capacity(side * side);
    for y in 0..side {
        for x in 0..side {
            let corner = placement.apply(Point::new(x as f32, y as f32)) + (right + down) * 0.5;
            let mut sum = 0.0;
            for j in 0..samples {
                let line = corner + down * j as f32;
                sum += (0..samples).map(|i| window.at(line + right * i as f32)).sum::<f32>();
            }
            out.push((sum * step * step + 0.5).clamp(0.0, 255.0) as u8);
        }
    }
    out
}

/// The luma (BT.601) of the part of the frame that a square needs.
struct Window {
    left: usize,
    top: usize,
    plane: Plane,
}

impl Window {
    fn around(frame: &Frame, side: usize, placement: &Similarity) -> Window {
        let end = side as f32;
        let corners = [(0.0, 0.0), (end, 0.0), (0.0, end), (end, end)].map(|(x, y)| placement.apply(Point::new(x, y)));
        let range = |pick: fn(Point) -> f32, size: u32| {
            let (low, high) = corners.iter().fold((f32::MAX, f32::MIN), |(l, h), &p| (l.min(pick(p)), h.max(pick(p))));
            let last = size as usize - 1;
            (((low - 1.0).max(0.0) as usize).min(last), ((high + 1.0).max(0.0) as usize).min(last))
        };
        let (left, right) = range(|p| p.x, frame.width());
        let (top, bottom) = range(|p| p.y, frame.height());
        let stride = 3 * frame.width() as usize;
        let luma = |p: &[u8; 3]| {
            ((19595 * u32::from(p[0]) + 38470 * u32::from(p[1]) + 7471 * u32::from(p[2]) + (1 << 15)) >> 16) as u8
        };
        let mut data = Vec::with_capacity((right - left + 1) * (bottom - top + 1));
        for row in frame.rgb().chunks_exact(stride).take(bottom + 1).skip(top) {
            data.extend(row[3 * left..3 * (right + 1)].as_chunks::<3>().0.iter().map(luma));
        }
        Window { left, top, plane: Plane::from_vec(right - left + 1, bottom - top + 1, data) }
    }

    /// The value between pixels; a pixel's value stands at its middle.
    fn at(&self, at: Point) -> f32 {
        let Plane { width, height, ref data } = self.plane;
        let x = (at.x - 0.5 - self.left as f32).clamp(0.0, (width - 1) as f32);
        let y = (at.y - 0.5 - self.top as f32).clamp(0.0, (height - 1) as f32);
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(width - 1), (y0 + 1).min(height - 1));
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let value = |x: usize, y: usize| f32::from(data[y * width + x]);
        let top = value(x0, y0) * (1.0 - fx) + value(x1, y0) * fx;
        let bottom = value(x0, y1) * (1.0 - fx) + value(x1, y1) * fx;
        top * (1.0 - fy) + bottom * fy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_is_cut_turned_and_scaled() {
        let frame = Frame::from_rgb(200, 200, (0..200 * 200).flat_map(|i| [(i % 200) as u8; 3]).collect()).unwrap();
        // One output pixel is two frame pixels, turned a quarter clockwise, starting at (150, 20).
        let placement = Similarity { x_axis: Point::new(0.0, 2.0), origin: Point::new(150.0, 20.0) };
        let out = cut_square(&frame, 50, &placement);
        for (i, &v) in out.iter().enumerate() {
            let expected = 150.0 - 2.0 * ((i / 50) as f32 + 0.5) - 0.5;
            assert!((f32::from(v) - expected).abs() <= 1.0);
        }
    }

    #[test]
    fn fine_stripes_average_out() {
        let frame = Frame::from_rgb(256, 256, (0..256 * 256).flat_map(|i| [(i % 2 * 200) as u8; 3]).collect()).unwrap();
        let placement = Similarity { x_axis: Point::new(4.0, 0.0), origin: Point::new(0.0, 0.0) };
        let out = cut_square(&frame, 60, &placement);
        assert!(out.iter().all(|v| v.abs_diff(100) <= 2));
    }
}
