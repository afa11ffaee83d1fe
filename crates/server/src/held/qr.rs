//! QR codes: drawn for phones and cards, and found in frames. Read by the port of zxing-cpp: it reads a large code at 2.5 pixels a module, turned and a little blurred, where readers
//! made for small ones give up (ADR 0021).

use ::qrcode::{Color, EcLevel, QrCode};
use handsel_palm::{Frame, FrameError};
use rxing::{
    BinaryBitmap, DecodeHints, Luma8LuminanceSource, common::HybridBinarizer, multi::MultipleBarcodeReader,
    qrcode::cpp_port::QrReader,
};
use zeroize::Zeroizing;

/// The most bytes that are drawn; what a phone shows has 777.
const MOST_BYTES: usize = 1024;
/// Codes that are read from one frame; more than that is a wall of posters.
const MOST_CODES: usize = 8;

/// The bytes of each code in a frame; none where none can be read.
pub(crate) fn read(frame: &[u8]) -> Result<Vec<Zeroizing<Vec<u8>>>, FrameError> {
    let frame = Frame::decode(frame)?;
    let grey = |pixel: &[u8]| match *pixel {
        [red, green, blue] => ((299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue)) / 1000) as u8,
        _ => 0,
    };
    // The reader owns it, and freed memory is wiped by the allocator.
    let grey = frame.rgb().chunks_exact(3).map(grey).collect();
    let Ok(source) = Luma8LuminanceSource::new(grey, frame.width(), frame.height()) else {
        return Ok(Vec::new());
    };
    let mut image = BinaryBitmap::new(HybridBinarizer::new(source));
    let hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let codes = QrReader.decode_multiple_with_hints(&mut image, &hints).unwrap_or_default();
    Ok(codes.iter().take(MOST_CODES).map(|code| Zeroizing::new(code.getRawBytes().to_vec())).collect())
}

/// Draws bytes as a code: a row of `1` for dark and `0` for light each, without the quiet zone; `None` where they are too many.
pub(crate) fn draw(bytes: &[u8]) -> Option<Vec<String>> {
    if bytes.len() > MOST_BYTES {
        return None;
    }
    let code = QrCode::with_error_correction_level(bytes, EcLevel::L).ok()?;
    let dark = |color: &Color| if *color == Color::Dark { '1' } else { '0' };
    Some(code.to_colors().chunks(code.width()).map(|row| row.iter().map(dark).collect()).collect())
}
