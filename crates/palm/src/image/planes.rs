//! The small image that a hand is looked for in.

use super::{Plane, WORKING_SIDE_PX, geometry::Point, threshold::percentile};
use crate::Frame;
use zeroize::Zeroizing;

/// A frame averaged down to at most [`WORKING_SIDE_PX`] a side, in colour and as luma (BT.601, full range).
pub(crate) struct Working {
    /// Frame pixels per working pixel; at least 1.
    pub(crate) scale: f32,
    pub(crate) rgb: Rgb,
    pub(crate) luma: Plane,
}

impl Working {
    pub(crate) fn of(frame: &Frame) -> Working {
        let (from_width, from_height) = (frame.width() as usize, frame.height() as usize);
        let scale = (from_width.max(from_height) as f32 / WORKING_SIDE_PX as f32).max(1.0);
        let shrunk = |side: usize| ((side as f32 / scale).round() as usize).max(1);
        let (width, height) = (shrunk(from_width), shrunk(from_height));
        let rgb = average(frame.rgb(), from_width, from_height, width, height);
        let luma = |&[r, g, b]: &[u8; 3]| {
            ((19595 * u32::from(r) + 38470 * u32::from(g) + 7471 * u32::from(b) + (1 << 15)) >> 16) as u8
        };
        let luma = Plane::from_vec(width, height, rgb.as_chunks::<3>().0.iter().map(luma).collect());
        Working { scale, luma, rgb: Rgb { width, height, data: rgb } }
    }
}

/// An image in colour: RGB, row-major, top row first. Wiped when dropped.
pub(crate) struct Rgb {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) data: Zeroizing<Vec<u8>>,
}

impl Rgb {
    /// Half as wide and half as high: each pixel is the mean of four.
    pub(crate) fn halved(&self) -> Rgb {
        let (width, height) = ((self.width / 2).max(1), (self.height / 2).max(1));
        let mut data = Zeroizing::new(Vec::with_capacity(3 * width * height));
        for y in 0..height {
            let row = |y: usize| &self.data[3 * y.min(self.height - 1) * self.width..][..3 * self.width];
            let (upper, lower) = (row(2 * y), row(2 * y + 1));
            for x in 0..width {
                let (left, right) = (6 * x, 3 * (2 * x + 1).min(self.width - 1));
                let sum = |c: usize| {
                    [upper[left + c], upper[right + c], lower[left + c], lower[right + c]]
                        .map(u16::from)
                        .iter()
                        .sum::<u16>()
                };
                data.extend([0, 1, 2].map(|c| ((sum(c) + 2) / 4) as u8));
            }
        }
        Rgb { width, height, data }
    }

    /// The colour between pixels, which begin at whole numbers; `None` outside.
    pub(crate) fn between(&self, p: Point) -> Option<[f32; 3]> {
        let (w, h) = (self.width as f32, self.height as f32);
        if !(p.x >= 0.0 && p.y >= 0.0 && p.x < w && p.y < h) {
            return None;
        }
        let (x, y) = ((p.x - 0.5).clamp(0.0, w - 1.0), (p.y - 0.5).clamp(0.0, h - 1.0));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let pixel = |x: usize, y: usize| &self.data[3 * (y * self.width + x)..][..3];
        let four = [pixel(left, top), pixel(right, top), pixel(left, bottom), pixel(right, bottom)];
        Some(std::array::from_fn(|c| {
            let [a, b, c, d] = four.map(|p| f32::from(p[c]));
            let (upper, lower) = (a + (b - a) * fx, c + (d - c) * fx);
            upper + (lower - upper) * fy
        }))
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
        assert_eq!(&small.rgb.data[..], frame.rgb());
    }
}
