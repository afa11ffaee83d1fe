//! Drawn hands, which belong to nobody. Each is drawn once per test run.

use handsel_palm::Side;
use handsel_synth::{Conditions, Palm};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock},
};

/// A JPEG of capture `take` of the right palm `seed`.
pub fn right(seed: u64, take: u32) -> Arc<Vec<u8>> {
    drawn(seed, take, Side::Right)
}

/// A JPEG of capture `take` of the left palm `seed`.
pub fn left(seed: u64, take: u32) -> Arc<Vec<u8>> {
    drawn(seed, take, Side::Left)
}

/// A JPEG of the back of a hand.
pub fn back() -> Vec<u8> {
    Palm::from_seed(1, Side::Right).draw_hand(&Conditions::ideal().back_of_hand()).to_jpeg(90)
}

fn drawn(seed: u64, take: u32, side: Side) -> Arc<Vec<u8>> {
    type Slot = Arc<OnceLock<Arc<Vec<u8>>>>;
    type Drawn = HashMap<(u64, u32, bool), Slot>;
    static DRAWN: OnceLock<Mutex<Drawn>> = OnceLock::new();
    let slot =
        DRAWN.get_or_init(Mutex::default).lock().unwrap().entry((seed, take, side == Side::Left)).or_default().clone();
    let draw = || Arc::new(Palm::from_seed(seed, side).draw_hand(&conditions(seed, take)).to_jpeg(90));
    slot.get_or_init(draw).clone()
}

/// A little different at each take, as two captures of one hand at one kiosk are.
fn conditions(seed: u64, take: u32) -> Conditions {
    let turn = [0.0, 6.0, -8.0, 12.0][take as usize % 4];
    Conditions { seed: seed * 100 + u64::from(take), noise: 1.5, ..Conditions::ideal() }.rotated(turn)
}
