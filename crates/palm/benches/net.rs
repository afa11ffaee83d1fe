//! How long a network of the extractor's size takes: `cargo bench --package handsel-palm --bench net`.
//!
//! With ` -- FOLDER` at the end it also leaves the network there, for `training/oracle.py FOLDER --time 300`.

use handsel_palm::net::{Network, Scratch};
use std::time::Instant;

#[path = "../tests/common/network.rs"]
mod network;

const RUNS: usize = 300;

fn main() {
    let mut drawn = network::Drawn::extractor();
    let input = drawn.input();
    if let Some(folder) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')) {
        network::write(&drawn, &input, &std::path::Path::new(&folder).join("extractor"));
    }
    let net = Network::read(&drawn.bytes()).expect("it was just written");
    let mut scratch = Scratch::default();
    let mut times_ms: Vec<f64> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(net.run(&input, &mut scratch));
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times_ms.sort_by(f64::total_cmp);
    let (fastest, median) = (times_ms[0], times_ms[RUNS / 2]);
    let gflops = drawn.operations() as f64 / 1e6 / fastest;
    println!("fastest {fastest:.2} ms ({gflops:.0} GFLOP/s), median {median:.2} ms of {RUNS} runs");
}
