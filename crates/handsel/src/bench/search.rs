//! How fast vectors are searched, next to how fast their bytes can be read at all.

mod palms;

use anyhow::{Context, Result, ensure};
use handsel_gallery::vectors::{Near, Query, Vectors};
use handsel_palm::{probe::FOUND_COSINE, vector};
use serde::Serialize;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// How many probes share a pass in `batch16`.
const BATCH: usize = 16;
/// Of how many probes the answers are compared with the plain scan's; each takes a plain loop over everything.
const CHECKED: usize = 8;
/// How often all bytes are read to see how fast that goes; the quickest counts.
const READINGS: usize = 15;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many vectors are searched.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    references: u32,
    /// Directions of a vector, a byte each: 256, which the extractor gives, or 512, as two of them side by side.
    #[arg(long, default_value_t = 256)]
    dimensions: usize,
    /// How many probes are searched for, half of them of somebody who is there.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(16..=100_000))]
    probes: u32,
    /// How many threads search; one per processor unless said.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// The least cosine looked for, −1 to 1.
    #[arg(long, default_value_t = 0.7)]
    at_least: f32,
    /// Write the figures as JSON.
    #[arg(long, value_name = "F.json")]
    pub(crate) json: Option<PathBuf>,
    /// Also write `references.i8` and `probes.i8`, a row each, for another program to search.
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
}

#[derive(Serialize)]
pub(crate) struct Figures {
    references: u32,
    dimensions: usize,
    probes: u32,
    threads: usize,
    at_least: f32,
    /// Cosines of probes with vectors of others: mean and standard deviation.
    non_mated: [f64; 2],
    load_s: f64,
    bytes_per_reference: f64,
    read_bandwidth_gb_per_s: f64,
    exhaustive: Scheme,
    thresholded: Scheme,
    /// As the product searches today: for every vector close enough for its code to be compared.
    as_finder: Scheme,
    batch16: Scheme,
}

#[derive(Serialize)]
struct Scheme {
    at_least: f32,
    searches_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    /// Bytes of all vectors, over the median time; of those that share a pass, once.
    gb_per_s: f64,
    share_of_bandwidth: f64,
    found_per_probe: f64,
    recall: f64,
}

pub(crate) fn figures(args: &Args) -> Result<Figures> {
    ensure!((-1.0..=1.0).contains(&args.at_least), "--at-least is a cosine: from -1 to 1");
    match args.dimensions {
        256 => Bench::<256>::new(args)?.figures(args),
        512 => Bench::<512>::new(args)?.figures(args),
        other => anyhow::bail!("--dimensions is 256 or 512, not {other}"),
    }
}

struct Bench<const D: usize> {
    vectors: Vectors<D>,
    /// The same in plain rows, for the plain scan.
    rows: Vec<[i8; D]>,
    probes: Vec<[i8; D]>,
    threads: usize,
    load_s: f64,
}

impl<const D: usize> Bench<D> {
    fn new(args: &Args) -> Result<Bench<D>> {
        let (rows, probes) = palms::alike::<D>(args.references, args.probes)?;
        if let Some(folder) = &args.write {
            write(folder, "references.i8", &rows)?;
            write(folder, "probes.i8", &probes)?;
        }
        let threads =
            args.threads.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
        let start = Instant::now();
        let mut vectors = Vectors::default();
        for row in &rows {
            vectors.insert(row).context("a vector as the extractor makes them")?;
        }
        Ok(Bench { vectors, rows, probes, threads, load_s: start.elapsed().as_secs_f64() })
    }

    fn figures(&self, args: &Args) -> Result<Figures> {
        let readings = (0..READINGS).map(|_| {
            let start = Instant::now();
            std::hint::black_box(self.vectors.read(self.threads));
            start.elapsed().as_secs_f64()
        });
        let bandwidth = self.vectors.bytes() as f64 / readings.fold(f64::INFINITY, f64::min) / 1e9;
        let query = |at_least: f32| move |probe: &[i8; D]| Query::new(probe, at_least);
        let whole = |probe: &[i8; D]| Query::new(probe, args.at_least).exhaustive();
        Ok(Figures {
            references: args.references,
            dimensions: D,
            probes: args.probes,
            threads: self.threads,
            at_least: args.at_least,
            non_mated: self.non_mated(),
            load_s: self.load_s,
            bytes_per_reference: self.vectors.bytes() as f64 / self.vectors.len() as f64,
            read_bandwidth_gb_per_s: bandwidth,
            exhaustive: self.scheme(1, args.at_least, bandwidth, whole),
            thresholded: self.scheme(1, args.at_least, bandwidth, query(args.at_least)),
            as_finder: self.scheme(1, FOUND_COSINE, bandwidth, query(FOUND_COSINE)),
            batch16: self.scheme(BATCH, args.at_least, bandwidth, whole),
        })
    }

    /// Times searches for every probe, `together` at once, and compares some of the answers with the plain scan's.
    fn scheme(&self, together: usize, at_least: f32, bandwidth: f64, query: impl Fn(&[i8; D]) -> Query<D>) -> Scheme {
        let (mut times, mut found, mut right, mut expected) = (Vec::new(), 0, 0, 0);
        for (turn, probes) in self.probes.chunks_exact(together).enumerate() {
            let queries: Vec<Query<D>> = probes.iter().map(&query).collect();
            let start = Instant::now();
            let near = self.vectors.search_all(&queries, self.threads);
            times.push(start.elapsed().as_secs_f64() * 1e3);
            found += near.len();
            if turn * together < CHECKED {
                for (i, probe) in probes.iter().enumerate().take(CHECKED) {
                    let plain = self.plain(probe, at_least);
                    let of_probe = || near.iter().filter(|n| n.query == i);
                    let as_plain =
                        |n: &&Near| plain.binary_search_by_key(&n.row, |p| p.0).is_ok_and(|at| plain[at].1 == n.cosine);
                    // One too many is as wrong as one too few.
                    right += of_probe()
                        .filter(as_plain)
                        .count()
                        .saturating_sub(of_probe().count().saturating_sub(plain.len()));
                    expected += plain.len();
                }
            }
        }
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
        let gb_per_s = self.vectors.bytes() as f64 / at(0.5) / 1e6;
        Scheme {
            at_least,
            searches_per_s: together as f64 * times.len() as f64 * 1e3 / times.iter().sum::<f64>(),
            p50_ms: at(0.5),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            gb_per_s,
            share_of_bandwidth: gb_per_s / bandwidth,
            found_per_probe: found as f64 / (times.len() * together) as f64,
            recall: if expected == 0 { 1.0 } else { right as f64 / expected as f64 },
        }
    }

    /// The plain scan: every product of every row, one after the other.
    fn plain(&self, probe: &[i8; D], at_least: f32) -> Vec<(u32, f32)> {
        let length = |v| vector::length(product(v, v));
        let scored =
            (0..).zip(&self.rows).map(|(row, v)| (row, vector::cosine(product(v, probe), length(probe), length(v))));
        scored.filter(|&(_, cosine)| cosine >= at_least).collect()
    }

    /// The first probe of a stranger, with everybody.
    fn non_mated(&self) -> [f64; 2] {
        let stranger = &self.probes[1];
        let cosines: Vec<f64> = self.plain(stranger, -1.0).iter().map(|&(_, cosine)| f64::from(cosine)).collect();
        let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
        let variance = cosines.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / cosines.len() as f64;
        [mean, variance.sqrt()]
    }
}

fn product<const D: usize>(a: &[i8; D], b: &[i8; D]) -> i32 {
    a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}

fn write<const D: usize>(folder: &Path, name: &str, rows: &[[i8; D]]) -> Result<()> {
    fs::create_dir_all(folder)?;
    let bytes: Vec<u8> = rows.as_flattened().iter().map(|&step| step as u8).collect();
    fs::write(folder.join(name), bytes).with_context(|| format!("cannot write {name} in {}", folder.display()))
}
