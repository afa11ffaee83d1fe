//! What must hold of every drawn palm.

use handsel_palm::Side;
use handsel_synth::{Background, Conditions, KEY_POINTS, Misalignment, Palm, Plaster, Shadow};
use sha2::{Digest, Sha256};

fn captures(palm: &Palm, count: u32) -> Vec<Vec<u8>> {
    let aligned = |i| Conditions { misalignment: Misalignment::default(), ..Conditions::of_capture(77, i) };
    (0..count).map(|i| palm.draw_roi(&aligned(i))).collect()
}

/// The correlation of two regions of interest's fine structure, best over shifts of up to 6 pixels.
fn likeness(a: &[u8], b: &[u8]) -> f64 {
    let (a, b) = (fine(a), fine(b));
    let mut best = -1.0_f64;
    for dy in -6_i32..=6 {
        for dx in -6_i32..=6 {
            let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
            for y in 12..116_i32 {
                for x in 12..116_i32 {
                    let (p, q) = (a[(y * 128 + x) as usize], b[((y + dy) * 128 + x + dx) as usize]);
                    ab += p * q;
                    aa += p * p;
                    bb += q * q;
                }
            }
            best = best.max(ab / (aa * bb).sqrt());
        }
    }
    best
}

/// What a mean over 5 × 5 has above a mean over 17 × 17.
fn fine(grey: &[u8]) -> Vec<f64> {
    let mean = |x: i32, y: i32, reach: i32| {
        let (mut sum, mut n) = (0.0, 0.0);
        for v in (y - reach).max(0)..=(y + reach).min(127) {
            for u in (x - reach).max(0)..=(x + reach).min(127) {
                sum += f64::from(grey[(v * 128 + u) as usize]);
                n += 1.0;
            }
        }
        sum / n
    };
    (0..128 * 128).map(|i| mean(i % 128, i / 128, 2) - mean(i % 128, i / 128, 8)).collect()
}

#[test]
fn the_same_seed_draws_the_same_pixels() {
    let draw = || {
        let palm = Palm::from_seed(42, Side::Left);
        let conditions = Conditions::of_capture(42, 3).sized(320, 240);
        let mut hash = Sha256::new();
        hash.update(palm.draw_roi(&conditions));
        hash.update(&palm.draw_hand(&conditions).rgb);
        hash.finalize()
    };
    assert_eq!(draw(), draw());
}

/// Changes when a drawing does, on purpose or not; then look at the pictures before taking the new value.
#[test]
fn drawings_are_the_same_on_every_machine() {
    let palm = Palm::from_seed(2026, Side::Right);
    let conditions = Conditions::of_capture(2026, 1).sized(320, 240);
    let mut hash = Sha256::new();
    hash.update(palm.draw_roi(&conditions));
    for conditions in [conditions.clone(), conditions.back_of_hand()] {
        hash.update(&palm.draw_hand(&conditions).rgb);
    }
    let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "ac6d3a2476ce1bf5c9e0fcb84384dc1a7cab55d67bf2e5ce22f47f1fc497fb48");
}

#[test]
fn training_captures_repeat_vary_and_show_something() {
    let palm = Palm::from_seed(7, Side::Right);
    let drawn: Vec<_> = (0..40).map(|i| palm.draw_roi(&Conditions::of_training(3, i))).collect();
    for (i, roi) in drawn.iter().enumerate() {
        assert_eq!(*roi, palm.draw_roi(&Conditions::of_training(3, i as u32)));
        assert!(drawn.iter().skip(i + 1).all(|other| other != roi));
        let (low, high) = (roi.iter().min().unwrap(), roi.iter().max().unwrap());
        assert!(high - low > 8, "capture {i} is blank: {low}–{high}");
    }
}

#[test]
fn a_sibling_shares_the_principal_lines_but_not_the_finer_ones() {
    let (palm, sibling) = (Palm::from_seed(31, Side::Left), Palm::sibling(32, 31, Side::Left));
    assert_eq!(palm.principal_lines(), sibling.principal_lines());
    assert_eq!(sibling.skin(), Palm::from_seed(32, Side::Left).skin());
    let (a, b) = (palm.draw_roi(&Conditions::ideal()), sibling.draw_roi(&Conditions::ideal()));
    let alike = likeness(&a, &b);
    assert!((0.1..0.9).contains(&alike), "{alike}");
}

#[test]
fn each_demand_on_a_region_of_interest_shows() {
    let palm = Palm::from_seed(12, Side::Left);
    let plain = palm.draw_roi(&Conditions::ideal());
    let shadow = Shadow { direction_deg: 0.0, offset: 0.0, darkness: 0.5, edge_px: 2.0 };
    let plaster = Plaster { middle: [0.2, 0.1], direction_deg: 30.0, half: (0.5, 0.2), tone: 0.4 };
    let ideal = Conditions::ideal;
    let contrast = |roi: &[u8]| roi.iter().max().unwrap() - roi.iter().min().unwrap();
    for (name, conditions) in [
        ("faint creases", Conditions { faint_creases: 0.4, ..ideal() }),
        ("patches", Conditions { patches: 1.0, ..ideal() }),
        ("plaster", Conditions { plaster: Some(plaster), ..ideal() }),
        ("shadow", Conditions { shadow: Some(shadow), ..ideal() }),
        ("shine", Conditions { shine: 4.0, ..ideal() }),
        ("vignette", Conditions { vignette: 0.4, ..ideal() }),
        ("gamma", Conditions { gamma: 1.3, ..ideal() }),
        ("resolution", Conditions { resolution: 0.5, ..ideal() }),
        ("jpeg", Conditions { jpeg_quality: Some(30), ..ideal() }),
        ("lean", Conditions { lean_deg: (15.0, -10.0), ..ideal() }),
    ] {
        assert_ne!(palm.draw_roi(&conditions), plain, "{name}");
    }
    let hazy = palm.draw_roi(&Conditions { haze: 0.4, ..ideal() });
    assert!(contrast(&hazy) < contrast(&plain) / 2 + 10);
    let dark = palm.draw_roi(&Conditions { shadow: Some(shadow), ..ideal() });
    let mean = |x: usize| (0..128).map(|y| f64::from(dark[y * 128 + x])).sum::<f64>();
    assert!(mean(110) < 0.85 * mean(20), "the right side is shaded");
}

#[test]
fn captures_of_one_palm_are_alike_and_of_two_are_not() {
    let palms: Vec<Vec<Vec<u8>>> = (0..6).map(|seed| captures(&Palm::from_seed(seed, Side::Left), 2)).collect();
    let mated = palms.iter().map(|c| likeness(&c[0], &c[1])).fold(1.0, f64::min);
    let mut non_mated = -1.0_f64;
    for i in 0..palms.len() {
        for j in 0..i {
            non_mated = non_mated.max(likeness(&palms[i][0], &palms[j][1]));
        }
    }
    assert!(mated > non_mated + 0.05, "least mated {mated:.3}, greatest non-mated {non_mated:.3}");
}

#[test]
fn left_and_right_of_one_seed_are_different_palms() {
    let [left, right] = [Side::Left, Side::Right].map(|side| Palm::from_seed(9, side));
    assert_eq!(left.skin(), right.skin(), "one person has one skin");
    assert_ne!(left.principal_lines(), right.principal_lines());
    let flat = Conditions::ideal();
    let mirrored = |roi: Vec<u8>| roi.chunks_exact(128).rev().flatten().copied().collect::<Vec<_>>();
    let (a, b) = (left.draw_roi(&flat), right.draw_roi(&flat));
    assert!(likeness(&a, &b) < 0.6 && likeness(&a, &mirrored(b)) < 0.6);
}

#[test]
fn key_points_lie_in_the_frame_and_are_all_there() {
    for seed in 0..12 {
        let palm = Palm::from_seed(seed, if seed % 2 == 0 { Side::Left } else { Side::Right });
        for conditions in [Conditions::ideal().sized(480, 360), Conditions::of_capture(seed, 0).sized(480, 360)] {
            let hand = palm.draw_hand(&conditions);
            let names: Vec<_> = hand.key_points.iter().map(|p| p.0).collect();
            assert_eq!(names, KEY_POINTS);
            for (name, x, y) in hand.key_points {
                let inside = (0.0..480.0).contains(&x) && (0.0..360.0).contains(&y);
                // A lean or a shift may take the wrist and a fingertip's last millimetres out of the frame.
                let near = (-24.0..504.0).contains(&x) && (-24.0..400.0).contains(&y);
                assert!(
                    if name.starts_with("roi") || name.starts_with("valley") { inside } else { near },
                    "{name} {x} {y}"
                );
            }
        }
    }
}

#[test]
fn a_left_palms_thumb_is_on_the_viewers_left_and_the_backs_on_the_right() {
    // Positive where the thumb lies clockwise of the middle finger, seen from the palm's centre.
    let clockwise = |side, conditions: &Conditions| {
        let hand = Palm::from_seed(5, side).draw_hand(conditions);
        let point = |name| hand.point(name).expect("a key point");
        let ((cx, cy), (tx, ty), (mx, my)) = (point("palm_centre"), point("tip_thumb"), point("tip_middle"));
        (mx - cx) * (ty - cy) - (my - cy) * (tx - cx)
    };
    for turn in [0.0, 70.0, 145.0, 230.0, 310.0] {
        let palm = Conditions::ideal().sized(320, 240).rotated(turn);
        let back = palm.clone().back_of_hand();
        assert!(clockwise(Side::Left, &palm) < 0.0 && clockwise(Side::Right, &palm) > 0.0);
        assert!(clockwise(Side::Left, &back) > 0.0 && clockwise(Side::Right, &back) < 0.0);
    }
}

#[test]
fn fingers_point_where_they_are_turned() {
    let palm = Palm::from_seed(6, Side::Right);
    for (turn, dx, dy) in [(0.0, 0.0, -1.0), (90.0, 1.0, 0.0), (180.0, 0.0, 1.0), (270.0, -1.0, 0.0)] {
        let hand = palm.draw_hand(&Conditions::ideal().sized(320, 240).rotated(turn));
        let ((cx, cy), (mx, my)) = (hand.point("palm_centre").unwrap(), hand.point("tip_middle").unwrap());
        let length = (mx - cx).hypot(my - cy);
        assert!(((mx - cx) * dx + (my - cy) * dy) / length > 0.95, "{turn}");
    }
}

#[test]
fn the_outline_is_where_the_key_points_say() {
    // On a dark background the hand is what is bright: tips and valleys lie on its edge.
    for seed in 0..6 {
        let hand = Palm::from_seed(seed, Side::Left).draw_hand(&Conditions::ideal());
        let bright = |x: f32, y: f32| hand.rgb[3 * (y as usize * 960 + x as usize)] > 70;
        let (cx, cy) = hand.point("palm_centre").unwrap();
        assert!(bright(cx, cy));
        for (name, x, y) in &hand.key_points {
            if !name.starts_with("tip") && !name.starts_with("valley") || *name == "valley_thumb_index" {
                continue;
            }
            let length = (x - cx).hypot(y - cy);
            let (ux, uy) = ((x - cx) / length, (y - cy) / length);
            assert!(bright(x - 9.0 * ux, y - 9.0 * uy), "inside of {name} of {seed}");
            assert!(!bright(x + 9.0 * ux, y + 9.0 * uy), "outside of {name} of {seed}");
        }
    }
}

#[test]
fn demands_change_the_picture_as_they_say() {
    let palm = Palm::from_seed(8, Side::Left);
    let mean = |c: Conditions| {
        let rgb = palm.draw_hand(&c.sized(320, 240).on(Background::Counter)).rgb;
        rgb.iter().map(|v| f64::from(*v)).sum::<f64>() / rgb.len() as f64
    };
    let plain = mean(Conditions::ideal());
    assert!(mean(Conditions::ideal().too_dark()) < 0.45 * plain);
    assert!(mean(Conditions::ideal().too_bright()) > 1.5 * plain);
    let span = |c: Conditions| {
        let hand = palm.draw_hand(&c.sized(320, 240));
        let ((ax, ay), (bx, by)) = (hand.point("tip_middle").unwrap(), hand.point("palm_centre").unwrap());
        (ax - bx).hypot(ay - by)
    };
    assert!(span(Conditions::ideal().too_far()) < 60.0 && span(Conditions::ideal().too_close()) > 240.0);
    let detail = |c: Conditions| {
        let rgb = palm.draw_hand(&c.sized(320, 240)).rgb;
        rgb.chunks_exact(6).map(|p| f64::from(p[0].abs_diff(p[3]))).sum::<f64>()
    };
    assert!(detail(Conditions::ideal().blurred()) < 0.6 * detail(Conditions::ideal()));
}

#[test]
fn extreme_conditions_still_draw() {
    let palm = Palm::from_seed(4, Side::Left);
    let odd = Conditions { stretch: 3.0, reach: 0.0, spread: -4.0, lean_deg: (400.0, -90.0), ..Conditions::ideal() };
    for conditions in
        [odd.sized(0, 0), Conditions::ideal().sized(1, 100_000).too_close(), Conditions::ideal().sized(40, 40)]
    {
        let hand = palm.draw_hand(&conditions);
        assert_eq!(hand.rgb.len() as u32, 3 * hand.width * hand.height);
        assert!(!hand.to_jpeg(0).is_empty());
    }
}

#[test]
fn an_encoded_hand_decodes() {
    let hand = Palm::from_seed(3, Side::Right).draw_hand(&Conditions::ideal().sized(320, 240));
    for bytes in [hand.to_jpeg(90), hand.to_png()] {
        let decoded = image::load_from_memory(&bytes).expect("an image").to_rgb8();
        assert_eq!(decoded.dimensions(), (320, 240));
        let off: u64 = decoded.as_raw().iter().zip(&hand.rgb).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        assert!((off as f64) < 4.0 * hand.rgb.len() as f64, "{off}");
    }
}
