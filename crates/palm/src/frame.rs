//! One image from a sensor. It lives in memory only, and is wiped when dropped.

use zeroize::Zeroizing;

/// One colour image: 8-bit RGB, row-major, top row first. Wiped when dropped.
pub struct Frame {
    width: u32,
    height: u32,
    rgb: Zeroizing<Vec<u8>>,
}

/// Why bytes are not a frame. No variant carries any of the bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// There are no bytes.
    #[error("the image is empty")]
    Empty,
    /// The bytes are not JPEG, PNG or WebP.
    #[error("not a JPEG, PNG or WebP image")]
    NotAnImage,
    /// The header promises more pixels than a frame may have; nothing was decoded.
    #[error("{pixels} pixels, but at most {} are accepted", Frame::MAX_PIXELS)]
    TooManyPixels {
        /// Width × height as the header states it.
        pixels: u64,
    },
    /// Less than [`Frame::MIN_SIDE_PX`] wide or high.
    #[error("smaller than {} pixels on a side", Frame::MIN_SIDE_PX)]
    TooSmall,
    /// The image ends early or contradicts itself.
    #[error("the image is truncated or damaged")]
    Damaged,
}

impl Frame {
    /// The largest frame accepted, in pixels (20 megapixels).
    pub const MAX_PIXELS: u64 = 20_000_000;
    /// The smallest width and height accepted, in pixels.
    pub const MIN_SIDE_PX: u32 = 64;

    /// Decodes a JPEG, PNG or WebP image, told apart by their first bytes.
    ///
    /// Grey becomes RGB, 16 bits become 8, transparency is dropped, and CMYK is converted without a colour profile. A
    /// stated orientation (EXIF) is followed only where it mirrors: rotations do not matter here.
    ///
    /// # Errors
    /// [`FrameError`] for anything else, and for images over [`Frame::MAX_PIXELS`], before they are decoded.
    pub fn decode(bytes: &[u8]) -> Result<Frame, FrameError> {
        crate::decode::decode(bytes)
    }

    /// Takes RGB pixels as they are: `3 × width × height` bytes, row-major, top row first.
    ///
    /// # Errors
    /// [`FrameError::Damaged`] when the length does not fit, [`FrameError::TooManyPixels`] or [`FrameError::TooSmall`].
    pub fn from_rgb(width: u32, height: u32, rgb: Vec<u8>) -> Result<Frame, FrameError> {
        let rgb = Zeroizing::new(rgb);
        let pixels = u64::from(width) * u64::from(height);
        if pixels > Self::MAX_PIXELS {
            return Err(FrameError::TooManyPixels { pixels });
        }
        if width.min(height) < Self::MIN_SIDE_PX {
            return Err(FrameError::TooSmall);
        }
        if rgb.len() as u64 != 3 * pixels {
            return Err(FrameError::Damaged);
        }
        Ok(Frame { width, height, rgb })
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels: RGB, row-major, top row first.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Frame(..)")
    }
}
