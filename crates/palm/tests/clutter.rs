//! Hands before anything, in any light: found, told apart, and placed where they were drawn.

mod common;

use handsel_palm::{
    Frame, Side, capture_traced,
    trace::{Trace, View},
};
use handsel_synth::{
    Palm,
    wild::{self, Kind, Shows},
};

const SIZE: (u32, u32) = (480, 360);

/// What the pipeline shows of where it cut, and of the side.
#[derive(Default)]
struct Found {
    middle: Option<(f32, f32)>,
    side_px: f32,
    right: bool,
}

impl Trace for Found {
    fn stage(&mut self, key: &'static str, view: View<'_>) {
        match view {
            View::Points(corners) if key == "roi_frame" => {
                let mean = |of: fn(&(&str, f32, f32)) -> f32| corners.iter().map(of).sum::<f32>() / 4.0 + 0.5;
                self.middle = Some((mean(|c| c.1), mean(|c| c.2)));
                self.side_px = (corners[1].1 - corners[0].1).hypot(corners[1].2 - corners[0].2);
            }
            View::Numbers(numbers) if key == "hand" => self.right = numbers.contains(&("right", 1.0)),
            _ => {}
        }
    }
}

fn find(palm: &Palm, kind: Kind, seed: u64) -> (Found, Shows) {
    let drawn = wild::draw(palm, kind, SIZE, seed);
    let mut found = Found::default();
    capture_traced(&Frame::from_rgb(drawn.width, drawn.height, drawn.rgb).expect("a drawing is a frame"), &mut found);
    (found, drawn.shows)
}

#[test]
fn hands_are_placed_where_they_were_drawn() {
    let palm = Palm::from_seed(8, Side::Left);
    let (mut placed, frames) = (0, 30);
    for seed in 9_000..9_000 + frames {
        let (found, Shows::Hand(shown)) = find(&palm, Kind::Wanted, seed) else { panic!("a hand was asked for") };
        let Some((x, y)) = found.middle else { continue };
        let corner = |name| shown.key_points.iter().find(|p| p.0 == name).expect("a corner");
        let (a, b) = (corner("roi_index"), corner("roi_wrist_little"));
        let off = (x - (a.1 + b.1) / 2.0).hypot(y - (a.2 + b.2) / 2.0) / found.side_px;
        // 8 of the region of interest's 128 pixels.
        placed += u64::from(off < 0.0625 && found.right == (shown.looks == Side::Right));
    }
    assert!(placed >= frames * 9 / 10, "{placed} of {frames} hands were placed");
}

#[test]
fn where_there_is_no_hand_hardly_any_is_placed() {
    let palm = Palm::from_seed(8, Side::Left);
    let placed = (9_000..9_030).filter(|&seed| find(&palm, Kind::Nothing, seed).0.middle.is_some()).count();
    assert!(placed <= 2, "{placed} of 30 frames without a hand showed one");
}
