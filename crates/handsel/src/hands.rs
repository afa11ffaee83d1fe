//! The demo's drawn hands: two shoppers, a stranger, and hands held wrongly.

use handsel_api::references::Hand;
use handsel_palm::Side;
use handsel_server::app::{BorrowedHand, DemoHands, DemoShopper};
use handsel_synth::{Conditions, Palm};

/// A hand to borrow, and how it is drawn.
struct Drawn {
    hand: BorrowedHand,
    seed: u64,
    held: fn(Conditions) -> Conditions,
}

/// Whoever enrols shows each palm twice, as at the kiosk.
const ENROL_TAKES: u32 = 2;
/// JPEG quality of a drawn frame, as a webcam page would send it.
const JPEG_QUALITY: u8 = 90;
/// Seeds of the people in the tray.
const WREN: u64 = 11;
const MOSS: u64 = 12;
const STRANGER: u64 = 13;
/// Enrolment captures are numbered from here, so that no capture at the till repeats one.
const ENROL_FROM: u32 = 10_000;

/// Hands that belong to nobody, drawn when they are asked for.
pub(crate) struct DrawnHands {
    tray: Vec<BorrowedHand>,
    drawn: Vec<Drawn>,
}

impl DrawnHands {
    pub(crate) fn new() -> DrawnHands {
        let hand = |id, label: &str, note: &str, seed, held: fn(Conditions) -> Conditions| Drawn {
            hand: BorrowedHand { id, label: label.into(), note: note.into(), side: Hand::Right },
            seed,
            held,
        };
        let drawn = vec![
            hand("wren", "Wren", "enrolled here, phone ends in 4821", WREN, |held| held),
            hand("moss", "Moss", "enrolled here, phone ends in 7730", MOSS, |held| held),
            hand("stranger", "A stranger", "not enrolled", STRANGER, |held| held),
            hand("back", "Wren, wrong way round", "the back of the hand", WREN, Conditions::back_of_hand),
            hand("dark", "Wren, in the dark", "too little light", WREN, Conditions::too_dark),
        ];
        DrawnHands { tray: drawn.iter().map(|one| one.hand.clone()).collect(), drawn }
    }
}

impl DemoHands for DrawnHands {
    fn shoppers(&self) -> Vec<DemoShopper> {
        let shopper = |name: &str, phone_last4: &str, seed| DemoShopper {
            name: name.into(),
            phone_last4: Some(phone_last4.into()),
            enrol_frames: (0..ENROL_TAKES).map(|take| draw(seed, ENROL_FROM + take, |held| held)).collect(),
        };
        vec![shopper("Wren Ashdown", "4821", WREN), shopper("Moss Calder", "7730", MOSS)]
    }

    fn tray(&self) -> &[BorrowedHand] {
        &self.tray
    }

    fn draw(&self, id: &str, take: u32) -> Option<Vec<u8>> {
        let one = self.drawn.iter().find(|one| one.hand.id == id)?;
        Some(draw(one.seed, take % ENROL_FROM, one.held))
    }
}

fn draw(seed: u64, take: u32, held: fn(Conditions) -> Conditions) -> Vec<u8> {
    let conditions = held(Conditions::of_capture(seed, take));
    Palm::from_seed(seed, Side::Right).draw_hand(&conditions).to_jpeg(JPEG_QUALITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use handsel_palm::{Capture, Frame, Reason, capture};

    #[test]
    fn every_hand_in_the_tray_is_what_its_label_says() {
        let hands = DrawnHands::new();
        for hand in hands.tray() {
            let wrong = match hand.id {
                "back" => Some(Reason::BackOfHand),
                "dark" => Some(Reason::TooDark),
                _ => None,
            };
            for take in 0..12 {
                let jpeg = hands.draw(hand.id, take).expect("it is in the tray");
                let seen = match capture(&Frame::decode(&jpeg).expect("a drawing is a frame")) {
                    Capture::Accepted(_) => None,
                    Capture::Rejected(quality) => quality.reasons.first().copied(),
                };
                assert_eq!(seen, wrong, "{}, take {take}", hand.id);
            }
        }
    }
}
