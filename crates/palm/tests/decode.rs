//! From bytes to frames, and from anything else to an error.

mod common;

use common::Bytes;
use handsel_palm::{Frame, FrameError, capture};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat, RgbImage, codecs::jpeg::JpegEncoder};
use std::io::Cursor;

fn ramp(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 2) as u8, (y * 2) as u8, 120]))
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encoded(&ramp(width, height).into(), ImageFormat::Jpeg)
}

#[test]
fn jpeg_png_and_webp_give_the_same_pixels() {
    let image = ramp(100, 80);
    for (format, tolerance) in [(ImageFormat::Jpeg, 12), (ImageFormat::Png, 0), (ImageFormat::WebP, 0)] {
        let frame = Frame::decode(&encoded(&image.clone().into(), format)).unwrap();
        assert_eq!((frame.width(), frame.height()), (100, 80));
        let off = frame.rgb().iter().zip(image.as_raw()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(off <= Some(tolerance), "{format:?}: {off:?}");
    }
}

#[test]
fn grey_alpha_and_16_bits_become_rgb() {
    let image = DynamicImage::from(ramp(70, 70));
    let kinds = [
        encoded(&image.to_luma8().into(), ImageFormat::Jpeg),
        encoded(&image.to_luma8().into(), ImageFormat::Png),
        encoded(&image.to_luma_alpha16().into(), ImageFormat::Png),
        encoded(&image.to_rgba16().into(), ImageFormat::Png),
        encoded(&image.to_rgba8().into(), ImageFormat::WebP),
    ];
    let expected = image.to_luma8();
    for (i, bytes) in kinds.iter().enumerate() {
        let frame = Frame::decode(bytes).unwrap();
        let green = frame.rgb().iter().skip(1).step_by(3);
        let compared: Vec<u8> =
            if i < 3 { expected.as_raw().clone() } else { image.to_rgb8().pixels().map(|p| p.0[1]).collect() };
        assert!(green.zip(&compared).all(|(a, b)| a.abs_diff(*b) <= 4), "kind {i}");
    }
}

#[test]
fn what_is_no_image_is_named() {
    assert_eq!(Frame::decode(b"").unwrap_err(), FrameError::Empty);
    for bytes in [&b"Dear shop, here is my palm."[..], b"{\"a\":1}", b"GIF89a\x01\x00\x01\x00", b"\xff\xd8", &[0; 64]] {
        let error = Frame::decode(bytes).unwrap_err();
        assert!(matches!(error, FrameError::NotAnImage | FrameError::Damaged), "{error:?}");
    }
    assert_eq!(Frame::decode(b"just text").unwrap_err(), FrameError::NotAnImage);
}

#[test]
fn truncated_images_are_damaged() {
    let image = DynamicImage::from(ramp(200, 160));
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let bytes = encoded(&image, format);
        for share in [0.3, 0.6, 0.9] {
            let cut = &bytes[..(bytes.len() as f64 * share) as usize];
            assert_eq!(Frame::decode(cut).unwrap_err(), FrameError::Damaged, "{format:?} {share}");
        }
    }
}

#[test]
fn too_many_pixels_are_refused_by_the_header_alone() {
    // A real header that promises 100 megapixels, and nothing after it.
    let mut bytes = jpeg(64, 64);
    let frame_header = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    bytes[frame_header + 5..frame_header + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    assert_eq!(Frame::decode(&bytes).unwrap_err(), FrameError::TooManyPixels { pixels: 100_000_000 });

    // 225 megapixels of nothing, in 220 kB of PNG: a decompression bomb.
    let mut bomb = Vec::new();
    let black = vec![0; 15_000 * 15_000 / 8];
    image::codecs::png::PngEncoder::new_with_quality(
        &mut bomb,
        image::codecs::png::CompressionType::Fast,
        image::codecs::png::FilterType::NoFilter,
    )
    .write_image(&black, 15_000, 15_000 / 8, ExtendedColorType::L8)
    .unwrap();
    assert_eq!(Frame::decode(&bomb).unwrap_err(), FrameError::TooManyPixels { pixels: 15_000 * 1_875 });
}

#[test]
fn small_images_are_refused() {
    assert_eq!(Frame::decode(&jpeg(63, 300)).unwrap_err(), FrameError::TooSmall);
    assert!(Frame::decode(&jpeg(64, 64)).is_ok());
}

#[test]
fn a_mirroring_orientation_is_followed() {
    // A bare EXIF block that says "mirrored left to right".
    let exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x02\0\0\0\0\0\0\0".to_vec();
    let image = ramp(100, 80);
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    encoder.set_exif_metadata(exif).unwrap();
    encoder.write_image(image.as_raw(), 100, 80, ExtendedColorType::Rgb8).unwrap();
    let frame = Frame::decode(&bytes).unwrap();
    assert!(frame.rgb()[0] > 180, "the left edge holds what was at the right");
}

#[test]
fn damaged_bytes_never_panic() {
    let mut random = Bytes(0x5eed);
    let image = DynamicImage::from(ramp(96, 72));
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let whole = encoded(&image, format);
        for _ in 0..400 {
            let mut bytes = whole.clone();
            for _ in 0..=random.below(8) {
                let at = random.below(bytes.len());
                bytes[at] = random.next() as u8;
            }
            bytes.truncate(bytes.len() - random.below(bytes.len() / 3) * random.below(2));
            // Either a frame or an error; a frame is then looked at.
            if let Ok(frame) = Frame::decode(&bytes) {
                let _ = capture(&frame);
            }
        }
    }
}

#[test]
fn any_small_picture_is_looked_at_without_panic() {
    let mut random = Bytes(0xca11);
    for round in 0..150 {
        let (width, height) = (64 + random.below(70) as u32, 64 + random.below(70) as u32);
        // Noise, flat areas, and blocks of both.
        let block = 1 + random.below(40) as u32;
        let blocks: Vec<[u8; 3]> =
            (0..200 * 200).map(|_| [random.next() as u8, random.next() as u8, random.next() as u8]).collect();
        let pixel = |x: u32, y: u32| blocks[((y / block) * 200 + x / block) as usize];
        let rgb = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| pixel(x, y)).collect();
        let frame = Frame::from_rgb(width, height, rgb).unwrap_or_else(|e| panic!("round {round}: {e}"));
        let _ = capture(&frame);
    }
}
