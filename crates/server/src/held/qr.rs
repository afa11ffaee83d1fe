//! QR codes in frames.

use handsel_palm::{Frame, FrameError};
use rqrr::PreparedImage;
use zeroize::Zeroizing;

/// Why no code was read from a frame.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnreadableCode {
    /// It is no image.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// There is no code in it, or not one alone, or it is blurred.
    #[error("no code, or more than one, can be read in the frame")]
    None,
}

/// The bytes of the one code in a frame.
pub(crate) fn read(frame: &[u8]) -> Result<Zeroizing<Vec<u8>>, UnreadableCode> {
    let frame = Frame::decode(frame)?;
    let (width, height) = (frame.width() as usize, frame.height() as usize);
    let rgb = frame.rgb();
    let grey = |x: usize, y: usize| {
        let at = 3 * (y * width + x);
        let [red, green, blue] = [rgb[at], rgb[at + 1], rgb[at + 2]].map(u32::from);
        ((299 * red + 587 * green + 114 * blue) / 1000) as u8
    };
    let mut image = PreparedImage::prepare_from_greyscale(width, height, grey);
    let mut read = image.detect_grids().into_iter().filter_map(|grid| {
        let mut bytes = Zeroizing::new(Vec::new());
        grid.decode_to(&mut *bytes).ok().map(|_| bytes)
    });
    match (read.next(), read.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(UnreadableCode::None),
    }
}
