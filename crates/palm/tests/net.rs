//! Networks: what they compute, and that nothing foreign is believed.

use handsel_palm::net::{Fault, Network, NetworkError, Scratch};
use proptest::prelude::*;

#[path = "common/network.rs"]
mod network;
use network::{Drawn, Filter, sealed, words};

#[test]
fn random_networks_compute_what_convolution_is_defined_as() {
    let mut scratch = Scratch::default();
    for seed in 0..40 {
        let mut drawn = Drawn::random(1000 + seed);
        let input = drawn.input();
        let net = Network::read(&drawn.bytes()).unwrap();
        let (outputs, exact) = (net.run(&input, &mut scratch), drawn.run(&input));
        assert_eq!(outputs.len(), exact.len());
        for ((tensor, exact), &value) in outputs.iter().zip(&exact).zip(&drawn.outputs) {
            let shape = tensor.shape;
            assert_eq!([shape.height, shape.width, shape.channels], drawn.shapes[value]);
            assert_eq!(tensor.values.len(), exact.len());
            let largest = exact.iter().fold(1.0f64, |largest, value| largest.max(value.abs()));
            let worst = tensor.values.iter().zip(exact).map(|(&a, b)| (f64::from(a) - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-5 * largest, "network {seed}, value {value}: off by {worst} of {largest}");
        }
    }
}

#[test]
fn an_answer_does_not_depend_on_what_was_computed_before() {
    let (mut first, mut second) = (Drawn::random(1), Drawn::random(2));
    let (a, b) = (Network::read(&first.bytes()).unwrap(), Network::read(&second.bytes()).unwrap());
    let (x, y) = (first.input(), second.input());
    let values = |net: &Network, input: &[f32], scratch: &mut Scratch| -> Vec<f32> {
        net.run(input, scratch).iter().flat_map(|tensor| tensor.values.to_vec()).collect()
    };
    let fresh = values(&a, &x, &mut Scratch::default());
    let mut used = Scratch::default();
    values(&b, &y, &mut used);
    assert_eq!(values(&a, &x, &mut used), fresh);
    values(&a, &vec![f32::NAN; x.len()], &mut used);
    assert_eq!(values(&a, &x, &mut used), fresh);
}

#[test]
fn what_is_no_number_stays_visible() {
    let mut drawn = Drawn::new(5, 9, 9, 2);
    let at = drawn.conv(0, None, Filter { outputs: 20, kernel: 3, stride: 1, pad: 1, relu: true });
    let mean = drawn.mean(at);
    drawn.outputs = vec![mean];
    let net = Network::read(&drawn.bytes()).unwrap();
    let mut input = drawn.input();
    input[80] = f32::NAN;
    let mut scratch = Scratch::default();
    assert!(net.run(&input, &mut scratch)[0].values.iter().all(|value| value.is_nan()));
}

#[test]
fn two_files_have_two_ids() {
    let [a, b] = [1, 2].map(|seed| Network::read(&Drawn::random(seed).bytes()).unwrap().id());
    assert_ne!(a, b);
    assert_eq!(a, Network::read(&Drawn::random(1).bytes()).unwrap().id());
}

/// A file with an input of 6 × 5 × 4 (height, width, channels) and these layers.
fn file(layers: &[&[usize]], rest: &[u8]) -> Vec<u8> {
    let mut body = b"HSLNET01".to_vec();
    words(&mut body, &[4, 6, 5, layers.len()]);
    layers.iter().for_each(|layer| words(&mut body, layer));
    body.extend(rest);
    sealed(body)
}

/// Takes the input through a 1 × 1 convolution of 4 → 2 channels; `change` alters its nine words.
fn with_conv(change: impl Fn(&mut [usize; 9])) -> Option<NetworkError> {
    let mut fields = [0, 0, 0, 4, 2, 1, 1, 0, 0];
    change(&mut fields);
    let mut rest =
        vec![0; fields[3].min(99) * fields[4].min(99) * fields[5].min(99).pow(2) * 2 + fields[4].min(99) * 4];
    words(&mut rest, &[1, 1]);
    Network::read(&file(&[&fields], &rest)).err()
}

#[test]
fn each_wrong_thing_is_named() {
    let layer = |fault| Some(NetworkError::Layer { layer: 0, fault });
    assert_eq!(with_conv(|_| ()), None);
    assert_eq!(with_conv(|fields| fields[1] = 1), layer(Fault::Source(1)));
    assert_eq!(with_conv(|fields| fields[2] = 1), layer(Fault::Residual));
    assert_eq!(with_conv(|fields| fields[2] = 2), layer(Fault::Source(1)));
    assert_eq!(with_conv(|fields| fields[2] = u32::MAX as usize), layer(Fault::Source(u32::MAX - 1)));
    assert_eq!(with_conv(|fields| fields[3] = 5), layer(Fault::Channels { takes: 5, has: 4 }));
    assert_eq!(with_conv(|fields| fields[4] = 0), layer(Fault::Size));
    assert_eq!(with_conv(|fields| fields[4] = u32::MAX as usize), Some(NetworkError::Truncated));
    assert_eq!(with_conv(|fields| fields[5] = 0), layer(Fault::Size));
    assert_eq!(with_conv(|fields| fields[5] = 6), layer(Fault::Size));
    assert_eq!(with_conv(|fields| fields[5] = u32::MAX as usize), Some(NetworkError::Truncated));
    assert_eq!(with_conv(|fields| fields[6] = 0), layer(Fault::Size));
    assert_eq!(with_conv(|fields| fields[6] = u32::MAX as usize), None);
    assert_eq!(with_conv(|fields| fields[7] = 3000), layer(Fault::Size));
    assert_eq!(with_conv(|fields| fields[7] = u32::MAX as usize), layer(Fault::Size));
    assert_eq!(with_conv(|fields| fields[8] = 2), layer(Fault::Activation(2)));
    assert_eq!(with_conv(|fields| fields[0] = 3), layer(Fault::Operator(3)));
}

#[test]
fn what_is_around_the_layers_is_checked_too() {
    let outputs = |list: &[usize]| {
        let mut rest = Vec::new();
        words(&mut rest, list);
        Network::read(&file(&[&[2, 0]], &rest)).err()
    };
    assert_eq!(outputs(&[2, 0, 1]), None);
    assert_eq!(outputs(&[0]), Some(NetworkError::Output));
    assert_eq!(outputs(&[1, 2]), Some(NetworkError::Output));
    assert_eq!(outputs(&[2, 0]), Some(NetworkError::Truncated));
    assert_eq!(outputs(&[1, 0, 7]), Some(NetworkError::Trailing(4)));
    assert_eq!(outputs(&[u32::MAX as usize, 0]), Some(NetworkError::Truncated));
    assert_eq!(Network::read(b"").err(), Some(NetworkError::Magic));
    assert_eq!(Network::read(b"HSLNET02 and more").err(), Some(NetworkError::Magic));
    assert_eq!(Network::read(b"HSLNET01").err(), Some(NetworkError::Truncated));

    let empty = |channels: usize, height: usize| {
        let mut body = b"HSLNET01".to_vec();
        words(&mut body, &[channels, height, 5, 0, 1, 0]);
        Network::read(&sealed(body)).err()
    };
    assert_eq!(empty(4, 6), None);
    assert_eq!(empty(4, 0), Some(NetworkError::Input([0, 5, 4])));
    assert_eq!(empty(u32::MAX as usize, 6), Some(NetworkError::Input([6, 5, u32::MAX])));

    let doubled = |from: &[usize]| {
        let layers: Vec<[usize; 3]> = from.iter().map(|&value| [1, value, 0]).collect();
        let layers: Vec<&[usize]> = layers.iter().map(|layer| &layer[..]).collect();
        Network::read(&file(&layers, &[1, 0, 0, 0, 0, 0, 0, 0])).err()
    };
    assert_eq!(doubled(&[0, 1, 2, 3, 4, 5, 6, 7]), None);
    assert_eq!(doubled(&[0, 1, 2, 3, 4, 5, 6, 7, 7, 7]), Some(NetworkError::TooLarge));
    let ninth = NetworkError::Layer { layer: 8, fault: Fault::Size };
    assert_eq!(doubled(&[0, 1, 2, 3, 4, 5, 6, 7, 8]), Some(ninth));
}

#[test]
fn weights_that_are_no_numbers_are_refused() {
    for (weight, bias) in [(0x7c00u16, 0.0), (0xfe01, 0.0), (0, f32::NAN), (0, f32::INFINITY)] {
        let mut rest = [0u16, 0, 0, weight].map(u16::to_le_bytes).concat();
        rest.extend(bias.to_le_bytes());
        words(&mut rest, &[1, 1]);
        let error = Network::read(&file(&[&[0, 0, 0, 4, 1, 1, 1, 0, 0]], &rest)).err();
        assert_eq!(error, Some(NetworkError::Layer { layer: 0, fault: Fault::Weight }));
    }
}

proptest! {
    #[test]
    fn a_changed_file_is_refused(seed in 0u64..50, at: prop::sample::Index, bit in 0u8..8) {
        let mut bytes = Drawn::random(seed).bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let expected = if at < 8 { NetworkError::Magic } else { NetworkError::Checksum };
        prop_assert_eq!(Network::read(&bytes).err(), Some(expected));
    }

    #[test]
    fn a_cut_file_is_refused_also_with_a_right_checksum(seed in 0u64..50, at: prop::sample::Index) {
        let bytes = Drawn::random(seed).bytes();
        let cut = &bytes[..at.index(bytes.len())];
        prop_assert!(Network::read(cut).is_err());
        if cut.len() >= 8 && cut.len() < bytes.len() - 32 {
            prop_assert_eq!(Network::read(&sealed(cut.to_vec())).err(), Some(NetworkError::Truncated));
        }
    }

    /// Words that are changed and sealed again: refused, or a network that runs.
    #[test]
    fn a_forged_file_never_panics(seed in 0u64..50, at: prop::sample::Index, word in prop_oneof![0u32..40, any::<u32>()]) {
        let bytes = Drawn::random(seed).bytes();
        let mut body = bytes[..bytes.len() - 32].to_vec();
        let at = 8 + at.index(body.len().min(200) - 12) / 4 * 4;
        body[at..at + 4].copy_from_slice(&word.to_le_bytes());
        if let Ok(net) = Network::read(&sealed(body)) {
            let shape = net.input();
            let values = shape.height * shape.width * shape.channels;
            if values < 1 << 16 {
                net.run(&vec![1.0; values], &mut Scratch::default());
            }
        }
    }

    #[test]
    fn random_bytes_never_panic(tail in prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(2), any::<u8>()], 0..300)) {
        let mut body = b"HSLNET01".to_vec();
        body.extend(tail);
        _ = Network::read(&body);
        _ = Network::read(&sealed(body));
    }
}
