//! The same networks in onnxruntime.

use handsel_palm::net::{Network, Scratch};
use std::{path::Path, process::Command};

#[path = "common/network.rs"]
mod network;
use network::Drawn;

/// A Python with what `training/oracle-requirements.txt` lists; `cargo xtask test` makes one and sets this.
const PYTHON: &str = "ORACLE_PYTHON";

#[test]
fn onnxruntime_computes_the_same() {
    let Some(python) = std::env::var_os(PYTHON) else {
        eprintln!("not compared with onnxruntime: {PYTHON} is not set; `cargo xtask test` does that");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut nets: Vec<Drawn> = (2000..2060).map(Drawn::random).collect();
    nets.push(Drawn::extractor());
    let inputs: Vec<Vec<f32>> = nets.iter_mut().map(Drawn::input).collect();
    for (i, (net, input)) in nets.iter().zip(&inputs).enumerate() {
        network::write(net, input, &folder.path().join(format!("{i:03}")));
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../training/oracle.py");
    let status = Command::new(&python).arg(script).arg(folder.path()).status();
    assert!(status.expect("Python starts").success());

    let mut scratch = Scratch::default();
    for (i, (net, input)) in nets.iter().zip(&inputs).enumerate() {
        let oracle = std::fs::read(folder.path().join(format!("{i:03}.output"))).expect("the oracle answered");
        let mut oracle = oracle.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let net = Network::read(&net.bytes()).expect("it was just written");
        for (output, tensor) in net.run(input, &mut scratch).iter().enumerate() {
            let expected: Vec<f32> = oracle.by_ref().take(tensor.values.len()).collect();
            assert_eq!(expected.len(), tensor.values.len());
            let largest = expected.iter().fold(1.0f32, |largest, value| largest.max(value.abs()));
            let worst = tensor.values.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 2e-5 * largest, "network {i}, output {output}: off by {worst} of {largest}");
        }
        assert_eq!(oracle.next(), None);
    }
}
