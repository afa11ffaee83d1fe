use super::{Expected, World, expect};
use crate::support::{files, hands};
use handsel_api::Code;
use handsel_palm::Side;
use handsel_synth::{Background, Conditions, Palm, scene};

struct Row {
    name: &'static str,
    media_type: &'static str,
    bytes: Vec<u8>,
    expected: Expected,
}

fn row(name: &'static str, media_type: &'static str, bytes: Vec<u8>, expected: Expected) -> Row {
    Row { name, media_type, bytes, expected }
}

fn no_image() -> Expected {
    expect(422, Code::InvalidFrame)
}

fn rejected(reason: &'static str) -> Expected {
    expect(422, Code::CaptureRejected).reason(reason)
}

fn rows() -> Vec<Row> {
    let hand = hands::right(3, 0);
    let two = scene::two_hands(&Palm::from_seed(3, Side::Right), &Palm::from_seed(4, Side::Left), &Conditions::ideal());
    let mut broken_middle = hand.to_vec();
    let middle = broken_middle.len() / 2;
    broken_middle.truncate(middle);
    let text = "Dear till, please charge somebody else.\n".repeat(100).into_bytes();
    let media_type = || expect(415, Code::UnsupportedMediaType).field("content-type");
    vec![
        row("not an image", "image/jpeg", (0..=255).cycle().take(50_000).collect(), no_image()),
        row("a truncated image", "image/jpeg", broken_middle, no_image()),
        row("the first bytes of an image", "image/jpeg", hand[..20].to_vec(), no_image()),
        row("a 100-megapixel JPEG", "image/jpeg", files::jpeg_claiming(&hand, 10_000, 10_000), no_image()),
        row("the largest JPEG there can be", "image/jpeg", files::jpeg_claiming(&hand, 65_535, 65_535), no_image()),
        row("a 100-megapixel PNG", "image/png", files::png_claiming(10_000, 10_000), no_image()),
        row("a decompression bomb", "image/png", files::png_claiming(1 << 30, 1 << 30), no_image()),
        row("a bomb just inside the limit", "image/png", files::png_claiming(5_000, 4_000), no_image()),
        row("an image of no pixels", "image/png", files::png_claiming(0, 0), no_image()),
        row("a text file as an image", "image/png", text.clone(), no_image()),
        row("a text file as text", "text/plain", text, media_type()),
        row("an animated picture", "image/gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;".to_vec(), media_type()),
        row("an empty body", "image/jpeg", Vec::new(), no_image()),
        row("a 21 MB upload", "image/jpeg", vec![0xff; 21_000_000], expect(413, Code::FrameTooLarge)),
        row("a face", "image/jpeg", scene::face(1, &Conditions::ideal()).to_jpeg(90), rejected("no_hand")),
        row(
            "a wall",
            "image/jpeg",
            scene::wall(&Conditions::ideal().on(Background::Pale)).to_jpeg(90),
            rejected("no_hand"),
        ),
        row("two hands", "image/jpeg", two.to_jpeg(90), rejected("several_hands")),
        row("the back of a hand", "image/jpeg", hands::back(), rejected("back_of_hand")),
    ]
}

#[test]
fn at_enrolment() {
    let world = World::new();
    let path = format!("/v1/subjects/{}/references", world.shopper.id);
    for Row { name, media_type, bytes, expected } in rows() {
        world.check(name, &expected, |world| world.till().send("POST", &path, Some(media_type), bytes));
    }
    // The same subject enrols right after all of it.
    let enrolled = world.till().frame(&path, &hands::right(3, 0));
    assert_eq!(enrolled.status, 201, "{}", enrolled.text());
}

#[test]
fn at_a_payment() {
    let world = World::new();
    let path = format!("/v1/payments/{}/identify", world.payment);
    for Row { name, media_type, bytes, expected } in rows() {
        world.check(name, &expected, |world| world.till().send("POST", &path, Some(media_type), bytes));
    }
    // None of it counted as one of the eight captures, and the payment is still open.
    let found = world.till().frame(&path, &hands::right(3, 0));
    assert_eq!(found.status, 200, "{}", found.text());
}

#[test]
fn a_frame_is_not_read_for_nobody() {
    let world = World::new();
    let path = format!("/v1/payments/{}/identify", world.payment);
    let frame = hands::right(3, 0);
    let nobody = expect(401, Code::Unauthenticated);
    world.check("no key", &nobody, |world| world.server.anyone().frame(&path, &frame));
    let large = vec![0xff; 21_000_000];
    world.check("no key and 21 MB", &nobody, |world| world.server.with("hsk_test_x").frame(&path, &large));
}
