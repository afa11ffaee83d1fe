//! Whole random networks on every kind of instructions that this machine has.

use super::{Network, Scratch};
use crate::features::kernel::Instructions;

#[path = "../../tests/common/network.rs"]
mod network;
use network::Drawn;

#[test]
fn every_instruction_set_gives_the_same_bits() {
    let kinds = Instructions::all();
    let mut scratch = Scratch::default();
    for seed in 0..100 {
        let mut drawn = Drawn::random(seed);
        let (net, input) = (Network::read(&drawn.bytes()).unwrap(), drawn.input());
        let mut run = |kind: Instructions| -> Vec<Vec<u32>> {
            let outputs = net.run_with(&input, &mut scratch, |convolve| kind.run(convolve));
            outputs.iter().map(|tensor| tensor.values.iter().map(|value| value.to_bits()).collect()).collect()
        };
        let portable = run(kinds[0]);
        for &kind in &kinds[1..] {
            assert!(run(kind) == portable, "network {seed}: {kind:?} differs from {:?}", kinds[0]);
        }
    }
}
