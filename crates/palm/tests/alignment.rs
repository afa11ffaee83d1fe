//! Where the region of interest is cut, whatever the side, the rotation and the size of the hand.

mod common;

use common::{drawn, frame, sample};
use handsel_palm::{
    Roi, Side, capture_traced,
    trace::{Trace, View},
};
use handsel_synth::{Conditions, DrawnHand, Palm};

const SIDES: [Side; 2] = [Side::Left, Side::Right];

#[test]
fn sides_are_told_apart_at_every_rotation() {
    for (i, rotation) in (0..360).step_by(24).enumerate() {
        let side = SIDES[i % 2];
        let conditions = Conditions { reach: 0.62, ..Conditions::ideal().rotated(rotation as f32) };
        assert_eq!(sample(&drawn(100 + i as u64, side, &conditions)).side, side, "{rotation}°");
    }
}

#[test]
fn a_mirrored_left_palm_is_a_right_one() {
    let mut hand = Palm::from_seed(5, Side::Left).draw_hand(&Conditions::ideal());
    for row in hand.rgb.chunks_exact_mut(3 * hand.width as usize) {
        row.as_chunks_mut::<3>().0.reverse();
    }
    assert_eq!(sample(&frame(&hand)).side, Side::Right);
}

#[test]
fn the_same_palm_is_cut_the_same_at_every_rotation() {
    for side in SIDES {
        let upright = sample(&drawn(6, side, &Conditions { reach: 0.62, ..Conditions::ideal() })).roi;
        for rotation in [37.0, 90.0, 145.0, 180.0, 233.0, 301.0] {
            let conditions = Conditions { reach: 0.62, ..Conditions::ideal().rotated(rotation) };
            let turned = sample(&drawn(6, side, &conditions)).roi;
            // Light stays where it is when the hand turns, so likeness is less than 1 even when cut alike.
            let alike = best_correlation(&upright, &turned);
            assert!(alike > 0.5, "{side:?} {rotation}°: {alike}");
        }
    }
}

/// The best correlation of the middles of two squares over shifts of up to 4 pixels.
fn best_correlation(a: &Roi, b: &Roi) -> f32 {
    let cut = |roi: &Roi, dx: i32, dy: i32| -> Vec<f32> {
        let place = |v: i32, by: i32| (16 + v + by) as usize;
        let at = |x, y| f32::from(roi.grey()[place(y, dy) * Roi::SIDE_PX + place(x, dx)]);
        (0..96).flat_map(|y| (0..96).map(move |x| (x, y))).map(|(x, y)| at(x, y)).collect()
    };
    let normal = |mut v: Vec<f32>| {
        let mean = v.iter().sum::<f32>() / v.len() as f32;
        let spread = v.iter().map(|x| (x - mean).powi(2)).sum::<f32>().sqrt();
        v.iter_mut().for_each(|x| *x = (*x - mean) / spread);
        v
    };
    let still = normal(cut(a, 0, 0));
    let shifts = (-4..=4).flat_map(|dy| (-4..=4).map(move |dx| (dx, dy)));
    let correlation = |(dx, dy)| still.iter().zip(normal(cut(b, dx, dy))).map(|(x, y)| x * y).sum::<f32>();
    shifts.map(correlation).fold(-1.0, f32::max)
}

/// Keeps the points of every stage.
#[derive(Default)]
struct Points(Vec<(&'static str, f32, f32)>, f64);

impl Trace for Points {
    fn stage(&mut self, key: &'static str, view: View<'_>) {
        match view {
            View::Points(points) if key == "key_points" => self.0.extend_from_slice(points),
            View::Numbers(numbers) if key == "working" => self.1 = numbers[0].1,
            _ => {}
        }
    }
}

#[test]
fn valleys_and_tips_lie_where_they_were_drawn() {
    for (seed, side) in [(51, Side::Left), (52, Side::Right), (53, Side::Left)] {
        let hand: DrawnHand = Palm::from_seed(seed, side).draw_hand(&Conditions::of_capture(seed, 0));
        let mut found = Points::default();
        capture_traced(&frame(&hand), &mut found);
        let span = distance(hand.point("valley_index_middle"), hand.point("valley_ring_little"));
        for name in ["valley_index_middle", "valley_middle_ring", "valley_ring_little", "tip_middle", "tip_thumb"] {
            let &(_, x, y) = found.0.iter().find(|p| p.0 == name).unwrap_or_else(|| panic!("no {name}"));
            let in_frame = |v: f32| (v + 0.5) * found.1 as f32;
            let off = distance(Some((in_frame(x), in_frame(y))), hand.point(name)) / span;
            assert!(off < 0.12, "{name} is {off} valley distances off");
        }
    }
}

fn distance(a: Option<(f32, f32)>, b: Option<(f32, f32)>) -> f32 {
    let ((ax, ay), (bx, by)) = (a.unwrap(), b.unwrap());
    (ax - bx).hypot(ay - by)
}
