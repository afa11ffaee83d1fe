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
fn a_code_is_drawn_whole_or_not_at_all() {
    let rows = draw(&[7; 777]).unwrap();
    assert_eq!(rows.len(), 4 * 19 + 17, "version 19");
    assert!(rows.iter().all(|row| row.len() == rows.len() && row.bytes().all(|module| matches!(module, b'0' | b'1'))));
    assert_eq!(draw(&[7; 1025]), None);
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
    let shown = show(&KEYS.shown_to(), &blob, &[5; 32], 1_234).unwrap();
    let said = Shown::parse(&KEYS, &shown).ok().unwrap().said(&KEYS).unwrap().unwrap();
    assert_eq!((*said.key, said.at_ms), ([5; 32], 1_234));
    let again = show(&KEYS.shown_to(), &blob, &[5; 32], 1_234).unwrap();
    let again = Shown::parse(&KEYS, &again).ok().unwrap().said(&KEYS).unwrap().unwrap();
    assert_ne!(said.hash, again.hash, "each code is another");
    let elsewhere = show(&HeldKeys::of(&[2; 32]).shown_to(), &blob, &[5; 32], 1_234).unwrap();
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

/// How a camera sees a code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    /// A module's side, pixels.
    pub(crate) module_px: f32,
    pub(crate) turned_deg: f32,
    /// How much nearer its right edge is than its middle.
    pub(crate) tilt: f32,
    /// Standard deviation, pixels.
    pub(crate) blur_px: f32,
}

impl View {
    /// Held straight.
    pub(crate) const STRAIGHT: View = View { module_px: 5.0, turned_deg: 0.0, tilt: 0.0, blur_px: 0.0 };
}

/// A code with its quiet zone on a grey ground, in a frame of 1280 × 720: every pixel is what falls on it, as JPEG of quality 75.
pub(crate) fn frame_of(bytes: &[u8], view: View) -> Vec<u8> {
    const QUIET: f32 = 4.0;
    const SAMPLES: u32 = 2;
    let rows = draw(bytes).unwrap();
    let side = rows.len();
    let (sin, cos) = view.turned_deg.to_radians().sin_cos();
    let half = side as f32 / 2.0;
    let light = |x: f32, y: f32| {
        let nearer = 1.0 + view.tilt * x / (view.module_px * half);
        let (x, y) = (x * nearer / view.module_px, y * nearer / view.module_px);
        let (column, row) = (cos * x + sin * y + half, cos * y - sin * x + half);
        let within = |margin: f32| [column, row].iter().all(|&at| at >= -margin && at < side as f32 + margin);
        match (within(0.0), within(QUIET)) {
            (true, _) if rows[row as usize].as_bytes()[column as usize] == b'1' => 30.0,
            (_, true) => 215.0,
            _ => 100.0,
        }
    };
    let pixel = |x: u32, y: u32| {
        let steps = (0..SAMPLES * SAMPLES).map(|at| (at % SAMPLES, at / SAMPLES));
        let at = |whole: u32, step: u32, middle: f32| whole as f32 + (step as f32 + 0.5) / SAMPLES as f32 - middle;
        let sum: f32 = steps.map(|(i, j)| light(at(x, i, 640.0), at(y, j, 360.0))).sum();
        image::Luma([(sum / (SAMPLES * SAMPLES) as f32) as u8])
    };
    let mut seen = GrayImage::from_fn(1280, 720, pixel);
    if view.blur_px > 0.0 {
        seen = image::imageops::blur(&seen, view.blur_px);
    }
    let mut jpeg = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 75);
    DynamicImage::ImageLuma8(seen).to_rgb8().write_with_encoder(encoder).unwrap();
    jpeg
}

#[test]
fn the_code_of_each_carrier_is_read_from_a_frame_as_a_shop_s_camera_gives_it() {
    let phone = show(&KEYS.shown_to(), &sealed(Carrier::Phone), &[5; 32], 1_234).unwrap();
    let views = [(0.0, 0.0, 0.0), (0.0, 0.0, 0.8), (10.0, 0.0, 0.5), (10.0, 0.0, 1.0), (-10.0, 0.08, 0.8)];
    for bytes in [phone, sealed(Carrier::Card)] {
        for module_px in [2.5, 5.0] {
            for (turned_deg, tilt, blur_px) in views {
                let view = View { module_px, turned_deg, tilt, blur_px };
                let codes = read(&frame_of(&bytes, view)).unwrap();
                assert_eq!(codes.iter().map(|code| code.as_slice()).collect::<Vec<_>>(), [&bytes[..]], "{view:?}");
            }
        }
    }
    let all_quiet = View { module_px: 1000.0, ..View::STRAIGHT };
    assert!(read(&frame_of(b"x", all_quiet)).unwrap().is_empty());
    assert!(read(b"no image").is_err());
}
