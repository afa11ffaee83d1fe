//! What somebody does who carries their palm: has it sealed to a phone or a card, and shows its code to a camera. For `bench held` and
//! `privacy-check`.

use crate::demo::client::{Answer, Client};
use anyhow::{Context, Result};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use handsel_api::{
    PaymentId, SubjectId,
    held::{Carrier, NewHeld, OpensWith, SeenCarrier},
    payments::Identification,
};
use image::{DynamicImage, GrayImage, Luma};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What everybody chooses.
pub(crate) const PIN: &str = "483920";
/// A frame as cameras give them, and a module's side in it: a phone's code, held a hand's length away.
const FRAME_PX: (u32, u32) = (1280, 720);
const MODULE_PX: u32 = 4;

/// A palm that its owner carries.
pub(crate) struct Carried {
    pub(crate) blob: Vec<u8>,
    /// A phone's.
    pub(crate) key: Option<[u8; 32]>,
    shown_to: Option<[u8; 32]>,
}

/// What was seen of a carrier and a hand, and how long each took.
pub(crate) struct Shown {
    pub(crate) answer: Answer<Identification>,
    pub(crate) read: Duration,
    pub(crate) whole: Duration,
}

impl Carried {
    /// Has a palm sealed to a carrier, out of one frame.
    pub(crate) fn take(owner: &Client, subject: SubjectId, carrier: Carrier, frame: &[u8]) -> Result<Answer<Carried>> {
        let headers = [("handsel-carrier", carrier.word()), ("handsel-pin", PIN)];
        let made: Answer<NewHeld> = owner.post_frame_with(&format!("/v1/subjects/{subject}/held"), frame, &headers)?;
        let made = match made {
            Answer::Done(made) => made,
            Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
        };
        Ok(Answer::Done(Carried {
            blob: bytes(&made.blob.0)?,
            key: made.key.map(|key| exact(&key.0)).transpose()?,
            shown_to: made.shown_to.map(|to| exact(&to)).transpose()?,
        }))
    }

    /// What its code holds now, in a frame.
    pub(crate) fn frame(&self) -> Result<Vec<u8>> {
        let code = match (&self.key, &self.shown_to) {
            (Some(key), Some(to)) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis().try_into()?;
                handsel_server::show_held(to, &self.blob, key, now).context("no key to seal to")?
            }
            _ => self.blob.clone(),
        };
        draw(&code)
    }
}

/// Shows a code, and then a hand, for a payment.
pub(crate) fn show(till: &Client, payment: PaymentId, code: &[u8], hand: &[u8]) -> Result<Shown> {
    let start = std::time::Instant::now();
    let seen: SeenCarrier = till.post_frame("/v1/held/read", code)?.done()?;
    let read = start.elapsed();
    let mut headers = vec![("handsel-held", &*seen.carried.0)];
    if seen.opens_with == OpensWith::PalmAndPin {
        headers.push(("handsel-pin", PIN));
    }
    let answer = till.post_frame_with(&format!("/v1/payments/{payment}/verify"), hand, &headers)?;
    Ok(Shown { answer, read, whole: start.elapsed() })
}

fn draw(code: &[u8]) -> Result<Vec<u8>> {
    let code = qrcode::QrCode::with_error_correction_level(code, qrcode::EcLevel::L)?;
    let (side, colors) = (u32::try_from(code.width())?, code.to_colors());
    let corner = (FRAME_PX.0 - side * MODULE_PX) / 2;
    let top = (FRAME_PX.1 - side * MODULE_PX) / 2;
    let pixel = |x: u32, y: u32| {
        let (x, y) = (x.wrapping_sub(corner) / MODULE_PX, y.wrapping_sub(top) / MODULE_PX);
        let is_dark = x < side && y < side && colors[(y * side + x) as usize] == qrcode::Color::Dark;
        Luma([if is_dark { 30 } else { 215 }])
    };
    let seen = image::imageops::blur(&GrayImage::from_fn(FRAME_PX.0, FRAME_PX.1, pixel), 0.8);
    let mut jpeg = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 75);
    DynamicImage::ImageLuma8(seen).to_rgb8().write_with_encoder(encoder)?;
    Ok(jpeg)
}

fn bytes(text: &str) -> Result<Vec<u8>> {
    Ok(BASE64_URL_SAFE_NO_PAD.decode(text)?)
}

fn exact(text: &str) -> Result<[u8; 32]> {
    bytes(text)?.try_into().ok().context("not 32 bytes")
}
