use super::*;
use crate::Roi;
use crate::features::drawn::{Pose, roi};
use proptest::prelude::*;

fn held(seed: u64) -> HeldTemplate {
    HeldTemplate::of(&Template::extract(&roi(seed, Pose::UPRIGHT, seed))).unwrap()
}

#[test]
fn what_was_written_is_read_and_small() {
    const { assert!(HeldTemplate::BYTES <= 560) };
    let probe = Probe::build(&roi(1, Pose { degrees: 3.0, x: 4.0, ..Pose::UPRIGHT }, 2));
    for seed in 0..6 {
        let held = held(seed);
        let bytes = held.to_bytes();
        assert_eq!(bytes.len(), HeldTemplate::BYTES);
        let read = HeldTemplate::from_bytes(&bytes).unwrap();
        assert_eq!(read.to_bytes(), bytes);
        let scores = |held: &HeldTemplate| [held.cosine(&probe), held.agreement(&probe)].map(|s| s.unwrap().to_bits());
        assert_eq!(scores(&read), scores(&held));
    }
}

#[test]
fn the_owner_is_known_and_others_are_not() {
    let all: Vec<_> = (0..8).map(held).collect();
    for seed in 0..8u64 {
        let probe = Probe::build(&roi(seed, Pose { degrees: -4.0, x: 5.0, y: 3.0, scale: 1.03 }, seed + 50));
        for (other, held) in all.iter().enumerate() {
            assert_eq!(
                held.compare(&probe).is_match(),
                other as u64 == seed,
                "{seed} with {other}: {:?}",
                held.compare(&probe)
            );
        }
    }
}

#[test]
fn what_has_no_features_or_hides_them_is_not_held() {
    let blank = Roi::from_grey(vec![140; Roi::SIDE_PX * Roi::SIDE_PX]).unwrap();
    assert!(HeldTemplate::of(&Template::extract(&blank)).is_none());
    assert!(!held(1).compare(&Probe::build(&blank)).is_match());
    let transform = crate::Transform::new(&[3; 32]);
    let (palm, salt) = (roi(1, Pose::UPRIGHT, 1), [1; crate::transform::SALT_BYTES]);
    assert!(HeldTemplate::of(&Template::extract(&palm).under(&transform, salt)).is_none());
    assert!(!held(1).compare(&Probe::build(&palm).under(&transform)).is_match());
    assert_eq!(format!("{:?}", held(1)), "HeldTemplate(..)");
}

#[test]
fn foreign_bytes_are_refused() {
    let bytes = held(2).to_bytes();
    for length in 0..bytes.len() {
        assert_eq!(HeldTemplate::from_bytes(&bytes[..length]).err(), Some(TemplateError::Damaged), "{length}");
    }
    let changed = |range: std::ops::Range<usize>, to: u8| {
        let mut bytes = bytes.to_vec();
        bytes[range].fill(to);
        HeldTemplate::from_bytes(&bytes).err()
    };
    assert_eq!(changed(0..1, 9), Some(TemplateError::UnknownVersion(9)));
    assert_eq!(changed(1..9, 0), Some(TemplateError::OtherModel));
    assert_eq!(changed(9..10, 0), Some(TemplateError::Damaged));
    for fill in [0x00, 0xff] {
        assert_eq!(changed(10..10 + VECTOR_BYTES, fill), Some(TemplateError::Damaged));
        assert_eq!(changed(10 + VECTOR_BYTES..HeldTemplate::BYTES, fill), Some(TemplateError::Damaged));
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..700), headed: bool) {
        let model = vector::model();
        let head = [&[VERSION], model.as_slice()].concat();
        let mut all = if headed { [head, bytes].concat() } else { bytes };
        if headed { all.resize(HeldTemplate::BYTES, 0x35); }
        if let Ok(read) = HeldTemplate::from_bytes(&all) {
            let written = read.to_bytes();
            prop_assert_eq!(written.as_slice(), all.as_slice());
        }
    }

    #[test]
    fn every_other_bit_comes_back(bits: u16) {
        prop_assert_eq!(squeezed(spread(bits)), bits);
    }
}
