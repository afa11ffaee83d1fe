//! Cutting an aligned square out of the whole frame.

use super::geometry::{Point, Similarity};
use crate::Frame;

/// The most samples per side that one output pixel is averaged from: enough for a palm 1,500 px wide.
const MAX_SAMPLES: usize = 12;

/// Draws a square of `side` × `side` grey values; `placement` takes its pixel coordinates (0 to `side`) to the frame's.
///
/// Each value is the mean over the area it covers, so that fine texture does not alias; beyond the edge of the frame the
/// nearest pixel is repeated.
pub(crate) fn cut_square(frame: &Frame, side: usize, placement: &Similarity) -> Vec<u8> {
    let samples = (placement.scale().ceil() as usize).clamp(1, MAX_SAMPLES);
    let offset = |k: usize| (k as f32 + 0.5) / samples as f32;
    let mut out = Vec::with_capacity(side * side);
    for y in 0..side {
        for x in 0..side {
            let mut sum = 0.0;
            for j in 0..samples {
                for i in 0..samples {
                    let at = Point::new(x as f32 + offset(i), y as f32 + offset(j));
                    sum += luma_at(frame, placement.apply(at));
                }
            }
            out.push((sum / (samples * samples) as f32 + 0.5).clamp(0.0, 255.0) as u8);
        }
    }
    out
}

/// The luma (BT.601) between pixels; a pixel's value stands at its middle.
fn luma_at(frame: &Frame, at: Point) -> f32 {
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let x = (at.x - 0.5).clamp(0.0, (width - 1) as f32);
    let y = (at.y - 0.5).clamp(0.0, (height - 1) as f32);
    let (x0, y0) = (x as usize, y as usize);
    let (x1, y1) = ((x0 + 1).min(width - 1), (y0 + 1).min(height - 1));
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    let rgb = frame.rgb();
    let luma = |x: usize, y: usize| {
        let at = 3 * (y * width + x);
        let [r, g, b] = [rgb[at], rgb[at + 1], rgb[at + 2]].map(f32::from);
        0.299 * r + 0.587 * g + 0.114 * b
    };
    let top = luma(x0, y0) * (1.0 - fx) + luma(x1, y0) * fx;
    let bottom = luma(x0, y1) * (1.0 - fx) + luma(x1, y1) * fx;
    top * (1.0 - fy) + bottom * fy
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
