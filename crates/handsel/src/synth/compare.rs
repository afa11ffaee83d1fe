//! `handsel synth --compare`: drawn palms beside a folder of real ones, in numbers only.

use anyhow::{Context, Result, bail};
use handsel_palm::{Probe, Roi, Template};
use handsel_synth::{Dataset, measure};
use indicatif::ProgressBar;
use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

/// Two captures of one palm.
type Pair = [Roi; 2];

/// Compares as many drawn palms as the folder has, at most the data set's: of each real palm the first capture of the first
/// session and the last of the last one, of each drawn palm its first two captures.
///
/// # Errors
/// When the folder is not laid out as `<palm>/<session>/<image>`, or a capture is no picture of 128 × 128.
pub(crate) fn table(dir: &Path, dataset: &Dataset) -> Result<String> {
    let real = read(dir, dataset.palms as usize)?;
    if real.len() < 2 {
        bail!("{} has fewer than two palms of two captures", dir.display());
    }
    let draw =
        |palm: u32, capture: u32| Roi::from_grey(dataset.palm(palm).draw_roi(&dataset.conditions(palm, capture)));
    let drawn = (0..real.len() as u32)
        .map(|palm| Some([draw(palm, 0)?, draw(palm, 1)?]))
        .collect::<Option<Vec<Pair>>>()
        .context("a drawn square is a square")?;
    let mut out = format!("{} palms, two captures of each: mean (standard deviation)\n\n", real.len());
    writeln!(out, "| Measure | Real | Drawn |\n|---|---|---|")?;
    let (a, b) = (measured(&real), measured(&drawn));
    for ((name, a), b) in measure::MEASURES.iter().zip(&a).zip(&b) {
        writeln!(out, "| {name} | {:.3} ({:.3}) | {:.3} ({:.3}) |", a.0, a.1, b.0, b.1)?;
    }
    let bar = ProgressBar::new(2 * real.len() as u64);
    let [a, b] = [&real, &drawn].map(|pairs| scores(pairs, &bar));
    bar.finish_and_clear();
    for ((name, a), b) in ["Mated", "Non-mated"].iter().zip(&a).zip(&b) {
        for percent in [1, 10, 50, 90, 99] {
            let at = |scores: &[f32]| scores[(scores.len() - 1) * percent / 100];
            writeln!(out, "| {name} scores, {percent} % under | {:.3} | {:.3} |", at(a), at(b))?;
        }
    }
    Ok(out)
}

fn read(dir: &Path, most: usize) -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    for palm in entries(dir)?.into_iter().filter(|path| path.is_dir()).take(most) {
        let sessions: Vec<PathBuf> = entries(&palm)?.into_iter().filter(|path| path.is_dir()).collect();
        let mut captures = Vec::new();
        for session in &sessions {
            captures.extend(entries(session)?);
        }
        if let [first, .., last] = &captures[..] {
            pairs.push([square(first)?, square(last)?]);
        }
    }
    Ok(pairs)
}

/// What a folder holds, in the order of names.
fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read the folder {}", dir.display());
    let list = std::fs::read_dir(dir).with_context(cannot)?;
    let mut paths =
        list.map(|entry| entry.map(|e| e.path())).collect::<std::io::Result<Vec<_>>>().with_context(cannot)?;
    paths.sort();
    Ok(paths)
}

fn square(path: &Path) -> Result<Roi> {
    let grey = image::open(path).with_context(|| format!("cannot read {}", path.display()))?.into_luma8();
    let wide = grey.width() as usize == Roi::SIDE_PX;
    Roi::from_grey(grey.into_raw())
        .filter(|_| wide)
        .with_context(|| format!("{} is not a region of interest: it must be 128 × 128 pixels", path.display()))
}

/// Mean and standard deviation of each measure over all captures.
fn measured(pairs: &[Pair]) -> Vec<(f32, f32)> {
    let all: Vec<_> = pairs.iter().flatten().map(measure::measure).collect();
    let n = all.len() as f32;
    let spread = |index: usize| {
        let mean = all.iter().map(|m| m[index]).sum::<f32>() / n;
        let variance = all.iter().map(|m| (m[index] - mean) * (m[index] - mean)).sum::<f32>() / n;
        (mean, variance.sqrt())
    };
    (0..measure::MEASURES.len()).map(spread).collect()
}

/// Similarities of the orientation code, sorted: mated, and non-mated.
fn scores(pairs: &[Pair], bar: &ProgressBar) -> [Vec<f32>; 2] {
    let references: Vec<Template> = pairs.iter().map(|pair| Template::extract(&pair[0])).collect();
    let (mut mated, mut non_mated) = (Vec::new(), Vec::new());
    for (i, pair) in pairs.iter().enumerate() {
        let probe = Probe::build(&pair[1]);
        for (j, reference) in references.iter().enumerate() {
            let score = probe.compare(reference).similarity();
            if i == j { mated.push(score) } else { non_mated.push(score) }
        }
        bar.inc(1);
    }
    mated.sort_by(f32::total_cmp);
    non_mated.sort_by(f32::total_cmp);
    [mated, non_mated]
}
