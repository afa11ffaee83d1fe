//! A finished drawing with its ground truth.

pub use handsel_palm::hand::KEY_POINTS;
use image::{ExtendedColorType, ImageEncoder, codecs::jpeg::JpegEncoder, codecs::png::PngEncoder};

/// A drawn whole hand on a background, with ground truth.
#[derive(Debug, Clone)]
pub struct DrawnHand {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// RGB, row-major, top row first.
    pub rgb: Vec<u8>,
    /// Ground-truth key points in pixels, x right, y down, each with its name from [`KEY_POINTS`].
    pub key_points: Vec<(&'static str, f32, f32)>,
}

impl DrawnHand {
    /// The key point of this name, in pixels; `None` for a name that is not in [`KEY_POINTS`].
    pub fn point(&self, name: &str) -> Option<(f32, f32)> {
        self.key_points.iter().find(|(known, ..)| *known == name).map(|&(_, x, y)| (x, y))
    }

    /// The hand as a JPEG of this quality, 1–100.
    pub fn to_jpeg(&self, quality: u8) -> Vec<u8> {
        jpeg(self.width, self.height, &self.rgb, quality)
    }

    /// The hand as a PNG.
    pub fn to_png(&self) -> Vec<u8> {
        png(self.width, self.height, &self.rgb, ExtendedColorType::Rgb8)
    }
}

/// RGB pixels as a JPEG.
pub(crate) fn jpeg(width: u32, height: u32, rgb: &[u8], quality: u8) -> Vec<u8> {
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, quality.clamp(1, 100))
        .encode(rgb, width, height, ExtendedColorType::Rgb8)
        .expect("a drawing has its size in pixels, and memory does not refuse a write");
    out
}

/// Pixels as a PNG.
pub(crate) fn png(width: u32, height: u32, pixels: &[u8], kind: ExtendedColorType) -> Vec<u8> {
    let mut out = Vec::new();
    PngEncoder::new(&mut out)
        .write_image(pixels, width, height, kind)
        .expect("a drawing has its size in pixels, and memory does not refuse a write");
    out
}
