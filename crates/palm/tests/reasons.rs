//! Each reason for refusing a frame, by a frame that deserves it.

mod common;

use common::{Bytes, drawn, frame, painted, reasons, sample};
use handsel_palm::{Frame, Reason, Side};
use handsel_synth::{Conditions, Palm};

/// Two people, a left and a right hand, in a studio and in a shop.
fn every(change: fn(Conditions) -> Conditions) -> impl Iterator<Item = Frame> {
    [(21, Side::Left), (22, Side::Right)].into_iter().flat_map(move |(seed, side)| {
        [Conditions::ideal(), Conditions::of_capture(seed, 3)].map(|c| drawn(seed, side, &change(c)))
    })
}

fn all_refused_first_for(reason: Reason, change: fn(Conditions) -> Conditions) {
    for frame in every(change) {
        assert_eq!(reasons(&frame).first(), Some(&reason));
    }
}

#[test]
fn a_good_hand_is_accepted() {
    for frame in every(|c| c) {
        assert!(sample(&frame).quality.score >= 70);
    }
}

#[test]
fn too_dark() {
    all_refused_first_for(Reason::TooDark, Conditions::too_dark);
}

#[test]
fn too_bright() {
    all_refused_first_for(Reason::TooBright, Conditions::too_bright);
}

#[test]
fn blurred() {
    all_refused_first_for(Reason::Blurred, Conditions::blurred);
}

#[test]
fn too_far() {
    all_refused_first_for(Reason::TooFar, Conditions::too_far);
}

#[test]
fn too_close() {
    for frame in every(|c| Conditions { rotation_deg: 0.0, lean_deg: (0.0, 0.0), ..c.too_close() }) {
        assert_eq!(reasons(&frame), [Reason::TooClose]);
    }
}

#[test]
fn fingers_closed() {
    all_refused_first_for(Reason::FingersClosed, Conditions::closed_fingers);
}

#[test]
fn cut_off() {
    all_refused_first_for(Reason::CutOff, Conditions::cut_off);
}

#[test]
fn back_of_hand() {
    all_refused_first_for(Reason::BackOfHand, Conditions::back_of_hand);
}

#[test]
fn two_hands_side_by_side() {
    let conditions = Conditions { reach: 0.7, ..Conditions::ideal().sized(640, 640) };
    let left = Palm::from_seed(31, Side::Left).draw_hand(&conditions);
    let right = Palm::from_seed(31, Side::Right).draw_hand(&conditions);
    let rows = left.rgb.chunks_exact(3 * 640).zip(right.rgb.chunks_exact(3 * 640));
    let both = rows.flat_map(|(l, r)| [l, r].concat()).collect();
    let frame = Frame::from_rgb(1280, 640, both).unwrap();
    assert_eq!(reasons(&frame), [Reason::SeveralHands]);
}

#[test]
fn a_wall_is_no_hand() {
    for colour in [[210, 205, 198], [128, 128, 128], [226, 196, 160], [90, 120, 150]] {
        let mut noise = Bytes(7);
        let grain: Vec<u8> = (0..640 * 480).map(|_| noise.below(7) as u8).collect();
        let wall = painted(640, 480, |x, y| {
            let g = i32::from(grain[y as usize * 640 + x as usize]) - 3 - (x / 40.0) as i32;
            colour.map(|v| (v + g).clamp(0, 255) as u8)
        });
        assert_eq!(reasons(&wall), [Reason::NoHand], "{colour:?}");
    }
}

#[test]
fn a_face_is_no_hand() {
    for (skin, behind) in
        [([214, 170, 146], [40, 44, 52]), ([120, 82, 62], [205, 205, 210]), ([224, 184, 160], [70, 60, 50])]
    {
        assert_eq!(reasons(&face(skin, behind)), [Reason::NoHand], "{skin:?}");
    }
}

/// Head, hair, neck, eyes, nose and mouth, as ellipses.
fn face(skin: [u8; 3], behind: [u8; 3]) -> Frame {
    let dim = |c: [u8; 3], k: f32| c.map(|v| (f32::from(v) * k) as u8);
    painted(640, 480, |x, y| {
        let within = |cx: f32, cy: f32, rx: f32, ry: f32| ((x - cx) / rx).powi(2) + ((y - cy) / ry).powi(2) < 1.0;
        let (eyes, mouth) =
            (within(285.0, 205.0, 16.0, 8.0) || within(355.0, 205.0, 16.0, 8.0), within(320.0, 300.0, 34.0, 9.0));
        let shade = 1.0 - 0.25 * ((x - 290.0) / 130.0).abs().min(1.0);
        match () {
            () if eyes => [30, 25, 22],
            () if mouth => [150, 70, 70],
            () if within(320.0, 250.0, 12.0, 24.0) => dim(skin, 0.85),
            () if within(320.0, 235.0, 96.0, 128.0) && y > 150.0 => dim(skin, shade),
            () if within(320.0, 200.0, 112.0, 125.0) => [52, 38, 30],
            () if (x - 320.0).abs() < 50.0 && y > 330.0 && y < 420.0 => dim(skin, 0.8),
            () if within(320.0, 520.0, 220.0, 120.0) => [60, 80, 130],
            () => behind,
        }
    })
}

#[test]
fn a_page_of_text_is_no_hand() {
    let mut noise = Bytes(99);
    let letters: Vec<u64> = (0..64 * 30).map(|_| noise.next()).collect();
    let page = painted(640, 480, |x, y| {
        let (column, line) = ((x / 10.0) as usize, (y / 16.0) as usize);
        let (inside_x, inside_y) = ((x % 10.0) as u64 / 2, (y % 16.0) as u64 / 2);
        let letter = letters[line * 64 + column];
        let ink = inside_x < 4 && (1..6).contains(&inside_y) && letter >> (inside_y * 4 + inside_x) & 1 == 1;
        if ink && !letter.is_multiple_of(6) { [25, 25, 28] } else { [250, 249, 246] }
    });
    assert_eq!(reasons(&page), [Reason::NoHand]);
}

#[test]
fn black_is_too_dark_and_white_too_bright() {
    assert_eq!(reasons(&painted(320, 240, |_, _| [2, 2, 3])), [Reason::TooDark]);
    assert_eq!(reasons(&painted(320, 240, |_, _| [255, 255, 255])), [Reason::TooBright]);
}

#[test]
fn a_hand_before_each_background_is_accepted() {
    use handsel_synth::Background::{Counter, Dark, Pale};
    for background in [Dark, Pale, Counter] {
        let hand = Palm::from_seed(41, Side::Right).draw_hand(&Conditions::ideal().on(background));
        assert_eq!(sample(&frame(&hand)).side, Side::Right, "{background:?}");
    }
}

#[test]
fn two_hands_either_way_round() {
    for seed in 0..6 {
        for sides in [[Side::Left, Side::Right], [Side::Right, Side::Left]] {
            let [first, second] =
                [(0, sides[0]), (1, sides[1])].map(|(i, side)| Palm::from_seed(40 + 2 * seed + i, side));
            let scene = handsel_synth::scene::two_hands(&first, &second, &Conditions::of_capture(seed, 1));
            let frame = Frame::decode(&scene.to_jpeg(90)).unwrap();
            assert_eq!(reasons(&frame), [Reason::SeveralHands], "{seed} {sides:?}");
        }
    }
}
