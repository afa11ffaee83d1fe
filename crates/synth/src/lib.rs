//! Draws hands and palms that belong to nobody, with ground truth.

use handsel_palm::Side;

/// A palm that belongs to nobody, drawn from a seed.
pub struct Palm(());

/// How one capture of a palm differs from another: pose, stretch, light, blur, noise. All drawn from a seed.
#[derive(Debug, Clone)]
pub struct Conditions(());

/// A drawn whole hand on a background, with ground truth.
pub struct DrawnHand {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// RGB, row-major, top row first.
    pub rgb: Vec<u8>,
    /// Ground-truth key points in pixels, x right, y down, each with its name.
    pub key_points: Vec<(&'static str, f32, f32)>,
}

impl Palm {
    /// The palm of this seed and side: the same seed draws the same palm on every machine.
    pub fn from_seed(seed: u64, side: Side) -> Palm {
        let _ = (seed, side);
        todo!()
    }

    /// Draws the aligned square: `handsel_palm::Roi::SIDE_PX²` grey values, in the region of interest's orientation.
    pub fn draw_roi(&self, conditions: &Conditions) -> Vec<u8> {
        let _ = conditions;
        todo!()
    }

    /// Draws the whole hand.
    pub fn draw_hand(&self, conditions: &Conditions) -> DrawnHand {
        let _ = conditions;
        todo!()
    }
}

impl Conditions {
    /// Flat light, no blur, no noise, upright and centred.
    pub fn ideal() -> Conditions {
        todo!()
    }

    /// The conditions of capture `index` under `seed`, as varied as a shop's.
    pub fn of_capture(seed: u64, index: u32) -> Conditions {
        let _ = (seed, index);
        todo!()
    }
}

impl DrawnHand {
    /// The hand as a JPEG of this quality, 1–100.
    pub fn to_jpeg(&self, quality: u8) -> Vec<u8> {
        let _ = quality;
        todo!()
    }
}
