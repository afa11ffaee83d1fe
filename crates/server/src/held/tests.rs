//! What stands on a carrier is opened by nothing less than all of its keys, and read from a picture of its code.

use super::*;
use handsel_api::{HeldId, held::Carrier};
use handsel_palm::{Roi, Side, Template};
use handsel_synth::{Conditions, Palm};
use image::{DynamicImage, GrayImage};
use std::sync::LazyLock;
use ulid::Ulid;

fn template() -> handsel_palm::HeldTemplate {
    let square = Palm::from_seed(7, Side::Left).draw_roi(&Conditions::of_capture(7, 0));
    handsel_palm::HeldTemplate::of(&Template::extract(&Roi::from_grey(square).unwrap())).unwrap()
}

static KEYS: LazyLock<HeldKeys> = LazyLock::new(|| HeldKeys::of(&[1; 32]));

fn sealed(carrier: Carrier) -> Vec<u8> {
    let contents = Contents { side: Side::Left, pin: PinCheck::from_bytes([9; 16]), template: template() };
    let sealing = Sealing::begin(HeldId(Ulid::from_parts(1, 2)), carrier, 3).unwrap();
    sealing.finish(&KEYS, [&[4; 32], &[5; 32]], &contents).ok().unwrap()
}

#[test]
fn a_blob_is_small_and_opens_with_both_halves_alone() {
    const { assert!(Blob::BYTES <= 700) };
    let bytes = sealed(Carrier::Card);
    assert_eq!(bytes.len(), Blob::BYTES);
    let blob = Blob::parse(&KEYS, &bytes).ok().unwrap();
    assert_eq!((blob.carrier, blob.epoch, blob.id), (Carrier::Card, 3, HeldId(Ulid::from_parts(1, 2))));
    let opened = blob.open([&[4; 32], &[5; 32]]).ok().unwrap();
    assert_eq!((opened.side, opened.template.to_bytes()), (Side::Left, template().to_bytes()));
    assert!(opened.pin.is(&PinCheck::from_bytes([9; 16])));
    for halves in [[&[5; 32], &[4; 32]], [&[4; 32], &[6; 32]], [&[6; 32], &[5; 32]]] {
        assert!(blob.open(halves).is_err());
    }
    assert_ne!(sealed(Carrier::Card), bytes, "another salt each time");
}

#[test]
fn what_was_made_or_changed_elsewhere_is_forged() {
    let bytes = sealed(Carrier::Phone);
    assert!(Blob::parse(&HeldKeys::of(&[2; 32]), &bytes).is_err(), "another installation");
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(Blob::parse(&KEYS, &changed).is_err(), "byte {at}");
        assert!(Blob::parse(&KEYS, &bytes[..at]).is_err(), "{at} bytes");
    }
    assert!(Blob::parse(&KEYS, &[bytes.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn what_a_phone_shows_is_for_this_installation_and_this_blob() {
    let blob = sealed(Carrier::Phone);
    let shown = show(&KEYS.shown_to(), &blob, &[5; 32], 1_234);
    let said = Shown::parse(&KEYS, &shown).ok().unwrap().said(&KEYS).unwrap().unwrap();
    assert_eq!((*said.key, said.at_ms), ([5; 32], 1_234));
    let again = show(&KEYS.shown_to(), &blob, &[5; 32], 1_234);
    let again = Shown::parse(&KEYS, &again).ok().unwrap().said(&KEYS).unwrap().unwrap();
    assert_ne!(said.hash, again.hash, "each code is another");
    let elsewhere = show(&HeldKeys::of(&[2; 32]).shown_to(), &blob, &[5; 32], 1_234);
    assert!(Shown::parse(&KEYS, &elsewhere).ok().unwrap().said(&KEYS).is_err());
    let moved = [sealed(Carrier::Phone).as_slice(), &shown[Blob::BYTES..]].concat();
    assert!(Shown::parse(&KEYS, &moved).ok().unwrap().said(&KEYS).is_err(), "beside another blob");
    for at in Blob::BYTES..shown.len() {
        let mut changed = shown.clone();
        changed[at] ^= 1;
        assert!(Shown::parse(&KEYS, &changed).ok().unwrap().said(&KEYS).is_err(), "byte {at}");
    }
    for wrong in [&blob[..], &shown[..shown.len() - 1], &[], &sealed(Carrier::Card)[1..]] {
        assert!(Shown::parse(&KEYS, wrong).is_err());
    }
    assert!(Shown::parse(&KEYS, &[sealed(Carrier::Card).as_slice(), &shown[Blob::BYTES..]].concat()).is_err());
    assert!(Shown::parse(&KEYS, &sealed(Carrier::Card)).ok().unwrap().said(&KEYS).unwrap().is_none());
}

/// A frame of 1280 × 720 with a code in it, as a camera would see it that is held straight.
pub(crate) fn frame_of(bytes: &[u8], module_px: usize) -> Vec<u8> {
    let code = qrcode::QrCode::with_error_correction_level(bytes, qrcode::EcLevel::L).unwrap();
    let (side, colors) = (code.width(), code.to_colors());
    let at = |x: u32, y: u32| {
        let (x, y) = ((x as usize).wrapping_sub(300) / module_px, (y as usize).wrapping_sub(60) / module_px);
        let dark = x < side && y < side && colors[y * side + x] == qrcode::Color::Dark;
        image::Luma([if dark { 30 } else { 215 }])
    };
    let image = DynamicImage::ImageLuma8(GrayImage::from_fn(1280, 720, at)).to_rgb8();
    let mut jpeg = std::io::Cursor::new(Vec::new());
    image.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    jpeg.into_inner()
}

#[test]
fn the_code_of_each_carrier_is_read_from_a_frame() {
    let phone = show(&KEYS.shown_to(), &sealed(Carrier::Phone), &[5; 32], 1_234);
    for bytes in [phone, sealed(Carrier::Card)] {
        for module_px in [4, 5, 6] {
            assert_eq!(*read(&frame_of(&bytes, module_px)).unwrap(), bytes, "{} bytes, {module_px} px", bytes.len());
        }
    }
    let blank = frame_of(b"x", 1_000);
    assert!(matches!(read(&blank), Err(UnreadableCode::None)));
    assert!(matches!(read(b"no image"), Err(UnreadableCode::Frame(_))));
}
