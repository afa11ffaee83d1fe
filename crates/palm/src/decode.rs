//! From the bytes of a JPEG, PNG or WebP file to pixels; the header is judged before anything is decoded.

use crate::{Frame, FrameError};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, metadata::Orientation};
use std::io::Cursor;
use zeroize::Zeroizing;
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

/// The most memory a PNG or WebP decoder may ask for, in bytes: [`Frame::MAX_PIXELS`] of 16-bit RGBA, and as much again
/// for its own tables.
const MAX_DECODER_BYTES: u64 = 2 * 8 * Frame::MAX_PIXELS;

/// Decodes by the first bytes; the file's name or declared type play no part.
pub(crate) fn decode(bytes: &[u8]) -> Result<Frame, FrameError> {
    if bytes.is_empty() {
        return Err(FrameError::Empty);
    }
    match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) => decode_jpeg(bytes),
        Ok(format @ (ImageFormat::Png | ImageFormat::WebP)) => decode_other(bytes, format),
        _ => Err(FrameError::NotAnImage),
    }
}

/// Baseline and progressive, grey, YCbCr, RGB, CMYK and YCCK; the kinds the decoder cannot turn into RGB are damaged.
fn decode_jpeg(bytes: &[u8]) -> Result<Frame, FrameError> {
    let side = usize::from(u16::MAX);
    let options =
        DecoderOptions::default().set_max_width(side).set_max_height(side).jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| FrameError::Damaged)?;
    let info = decoder.info().ok_or(FrameError::Damaged)?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    check_size(width, height)?;
    if !has_end_marker(bytes) {
        return Err(FrameError::Damaged);
    }
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    if grey {
        decoder.set_options(options.jpeg_set_out_colorspace(ColorSpace::Luma));
    }
    let mirrored = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif)).is_some_and(mirrors);
    let mut rgb = decoder.decode().map_err(|_| FrameError::Damaged)?;
    if grey {
        let luma = Zeroizing::new(rgb);
        rgb = luma.iter().flat_map(|&v| [v, v, v]).collect();
    }
    finish(width, height, rgb, mirrored)
}

/// PNG of any depth, palette or transparency (which is dropped), and the first picture of a WebP.
fn decode_other(bytes: &[u8], format: ImageFormat) -> Result<Frame, FrameError> {
    let (width, height) =
        ImageReader::with_format(Cursor::new(bytes), format).into_dimensions().map_err(|_| FrameError::Damaged)?;
    check_size(width, height)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| FrameError::Damaged)?;
    let mirrored = decoder.orientation().is_ok_and(mirrors);
    let rgb = DynamicImage::from_decoder(decoder).map_err(|_| FrameError::Damaged)?.into_rgb8();
    finish(width, height, rgb.into_raw(), mirrored)
}

fn check_size(width: u32, height: u32) -> Result<(), FrameError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > Frame::MAX_PIXELS {
        return Err(FrameError::TooManyPixels { pixels });
    }
    if width.min(height) < Frame::MIN_SIDE_PX { Err(FrameError::TooSmall) } else { Ok(()) }
}

/// Whether the JPEG is all there: after the first scan starts, an end marker can only be the end of the picture.
fn has_end_marker(bytes: &[u8]) -> bool {
    let is = |marker: u8| move |pair: &[u8]| pair == [0xff, marker];
    let scan = first_scan(bytes).unwrap_or(bytes.len());
    bytes[scan..].windows(2).any(is(0xd9))
}

/// Where the first start-of-scan marker stands, stepping over the segments before it (a thumbnail may hide in one).
fn first_scan(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        let &[0xff, marker] = bytes.get(at..at + 2)? else {
            at += 1;
            continue;
        };
        match marker {
            0xda => return Some(at),
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            _ => {
                let length = bytes.get(at + 2..at + 4)?;
                at += 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
            }
        }
    }
}

/// A rotation changes nothing here, because hands are found at any angle; a reflection would swap left and right.
fn mirrors(orientation: Orientation) -> bool {
    use Orientation::{FlipHorizontal, FlipVertical, Rotate90FlipH, Rotate270FlipH};
    matches!(orientation, FlipHorizontal | FlipVertical | Rotate90FlipH | Rotate270FlipH)
}

fn finish(width: u32, height: u32, mut rgb: Vec<u8>, mirrored: bool) -> Result<Frame, FrameError> {
    if mirrored {
        for row in rgb.chunks_exact_mut(3 * width as usize) {
            let (pixels, _) = row.as_chunks_mut::<3>();
            pixels.reverse();
        }
    }
    Frame::from_rgb(width, height, rgb)
}
