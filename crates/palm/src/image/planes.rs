//! The small image that a hand is looked for in.

use super::{Plane, WORKING_SIDE_PX, threshold::percentile};
use crate::Frame;
use zeroize::Zeroizing;

/// A frame averaged down to at most [`WORKING_SIDE_PX`] a side, as luma and two colour differences (BT.601, full range).
pub(crate) struct Working {
    /// Frame pixels per working pixel; at least 1.
    pub(crate) scale: f32,
    pub(crate) luma: Plane,
    pub(crate) cb: Plane,
    pub(crate) cr: Plane,
}

impl Working {
    pub(crate) fn of(frame: &Frame) -> Working {
        let (from_width, from_height) = (frame.width() as usize, frame.height() as usize);
        let scale = (from_width.max(from_height) as f32 / WORKING_SIDE_PX as f32).max(1.0);
        let shrunk = |side: usize| ((side as f32 / scale).round() as usize).max(1);
        let (width, height) = (shrunk(from_width), shrunk(from_height));
        let rgb = average(frame.rgb(), from_width, from_height, width, height);
        let plane = |weights: [i32; 3], offset: i32| {
            let value = |p: &[u8; 3]| {
                let sum: i32 = p.iter().zip(weights).map(|(&v, w)| i32::from(v) * w).sum();
                ((sum + (offset << 16) + (1 << 15)) >> 16).clamp(0, 255) as u8
            };
            Plane::from_vec(width, height, rgb.as_chunks::<3>().0.iter().map(value).collect())
        };
        Working {
            scale,
            luma: plane([19595, 38470, 7471], 0),
            cb: plane([-11059, -21709, 32768], 128),
            cr: plane([32768, -27439, -5329], 128),
        }
    }
}

impl Working {
    /// 98 % of the image are darker than this, 0–255.
    pub(crate) fn lightest(&self) -> f32 {
        f32::from(percentile(self.luma.data.iter().copied(), 0.98))
    }
}

/// Averages RGB down: each output pixel is the mean of the area it covers, whole or in part.
fn average(rgb: &[u8], from_width: usize, from_height: usize, width: usize, height: usize) -> Zeroizing<Vec<u8>> {
    let columns = spans(from_width, width);
    let mut sums = Zeroizing::new(vec![0f32; 3 * width]);
    let mut row = Zeroizing::new(vec![0f32; 3 * width]);
    let mut out = Zeroizing::new(Vec::with_capacity(3 * width * height));
    for lines in spans(from_height, height) {
        sums.fill(0.0);
        for (y, weight) in lines.weighted() {
            shrink_row(&rgb[3 * y * from_width..3 * (y + 1) * from_width], &columns, &mut row);
            sums.iter_mut().zip(row.iter()).for_each(|(sum, &v)| *sum += weight * v);
        }
        out.extend(sums.iter().map(|&v| (v + 0.5) as u8));
    }
    out
}

fn shrink_row(line: &[u8], columns: &[Span], row: &mut [f32]) {
    let (pixels, _) = line.as_chunks::<3>();
    for (span, out) in columns.iter().zip(row.as_chunks_mut::<3>().0) {
        *out = [0.0; 3];
        for (x, weight) in span.weighted() {
            for c in 0..3 {
                out[c] += weight * f32::from(pixels[x][c]);
            }
        }
    }
}

/// The input pixels that one output pixel covers.
struct Span {
    first: usize,
    last: usize,
    first_weight: f32,
    inner_weight: f32,
    last_weight: f32,
}

impl Span {
    fn weighted(&self) -> impl Iterator<Item = (usize, f32)> + '_ {
        (self.first..=self.last).map(|i| {
            let inner = if i == self.last { self.last_weight } else { self.inner_weight };
            (i, if i == self.first { self.first_weight } else { inner })
        })
    }
}

fn spans(from: usize, to: usize) -> Vec<Span> {
    let step = from as f64 / to as f64;
    let span = |i: usize| {
        let (begin, end) = (i as f64 * step, ((i + 1) as f64 * step).min(from as f64));
        let (first, last) = (begin as usize, (end.ceil() as usize - 1).min(from - 1));
        let covered = |k: usize| ((end.min(k as f64 + 1.0) - begin.max(k as f64)) / (end - begin)) as f32;
        Span {
            first,
            last,
            first_weight: covered(first),
            inner_weight: (1.0 / (end - begin)) as f32,
            last_weight: covered(last),
        }
    };
    (0..to).map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averaging_keeps_the_mean_and_the_size_limit() {
        let (w, h) = (1001usize, 333usize);
        let rgb: Vec<u8> = (0..w * h).flat_map(|i| [(i % w / 4) as u8, 100, (i / w % 256) as u8]).collect();
        let frame = Frame::from_rgb(w as u32, h as u32, rgb.clone()).unwrap();
        let small = Working::of(&frame);
        assert_eq!((small.luma.width, small.luma.height), (640, 213));
        let mean = |d: &[u8]| d.iter().map(|&v| f64::from(v)).sum::<f64>() / d.len() as f64;
        let luma: Vec<u8> = rgb
            .chunks_exact(3)
            .map(|p| (0.299 * f64::from(p[0]) + 0.587 * f64::from(p[1]) + 0.114 * f64::from(p[2])).round() as u8)
            .collect();
        assert!((mean(&luma) - mean(&small.luma.data)).abs() < 1.0);
    }

    #[test]
    fn a_small_frame_is_left_as_it_is() {
        let frame = Frame::from_rgb(64, 80, (0..64 * 80).flat_map(|i| [(i % 251) as u8; 3]).collect()).unwrap();
        let small = Working::of(&frame);
        assert_eq!(small.scale, 1.0);
        assert!(small.luma.data.iter().enumerate().all(|(i, &v)| v == (i % 251) as u8));
        assert!(small.cb.data.iter().chain(small.cr.data.iter()).all(|&v| v == 128));
    }
}
