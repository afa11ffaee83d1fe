//! What the extractor learns from: locally normalised squares, and whose they are.

use crate::{mixed, output::Output};
use anyhow::{Context, Result, ensure};
use handsel_palm::{Roi, Side, vector};
use handsel_synth::{Conditions, Palm};
use std::path::{Path, PathBuf};

/// How many palms a family has: enough that a batch holds several hard pairs, few enough that it stays varied.
const FAMILY: u32 = 4;

/// Drawn palms in visits: each visit draws one palm under several conditions.
#[derive(clap::Args)]
pub(crate) struct Squares {
    /// How many palms there are, a multiple of four; each is another invented person's.
    #[arg(long, default_value_t = 20_000)]
    palms: u32,
    /// How many captures one visit draws.
    #[arg(long, default_value_t = 4)]
    captures: u32,
    /// What everything is drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The first visit.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many visits; without it, until the reader closes the pipe.
    #[arg(long)]
    visits: Option<u64>,
}

impl Squares {
    /// Writes visit after visit; ends when the reader does.
    pub(crate) fn write(&self) -> Result<()> {
        ensure!(
            self.palms > 0 && self.palms.is_multiple_of(FAMILY),
            "the number of palms must be a multiple of {FAMILY}"
        );
        ensure!(self.captures > 0, "there must be at least one capture");
        let mut out = Output::new();
        let end = self.visits.map_or(u64::MAX, |n| self.from.saturating_add(n));
        for visit in self.from..end {
            let label = self.palm_of(visit);
            let palm = self.draw(label);
            for capture in 0..self.captures {
                let index = visit.wrapping_mul(u64::from(self.captures)) + u64::from(capture);
                let conditions = Conditions::of_training(self.seed, index as u32);
                let roi = Roi::from_grey(palm.draw_roi(&conditions)).context("a drawn square has its size")?;
                if !out.write(&record(label, &roi))? {
                    return Ok(());
                }
            }
        }
        out.finish()
    }

    /// Which palm a visit draws: every palm once in each round, family by family, in another order each round.
    fn palm_of(&self, visit: u64) -> u32 {
        let families = u64::from(self.palms / FAMILY);
        let (round, within) = (visit / u64::from(self.palms), visit % u64::from(self.palms));
        // Stepping by a number without a common divisor reaches every family once.
        let mut step = (mixed(self.seed ^ round) % families) | 1;
        while common_divisor(step, families) != 1 {
            step += 2;
        }
        let first = mixed(self.seed.wrapping_add(round)) % families;
        let family = (within / u64::from(FAMILY) * step + first) % families;
        (family * u64::from(FAMILY) + within % u64::from(FAMILY)) as u32
    }

    /// Palms come in families on one side; in every other family all share their principal lines, so that
    /// only finer creases tell them apart.
    fn draw(&self, label: u32) -> Palm {
        let family = label / FAMILY;
        let side = if family.is_multiple_of(2) { Side::Left } else { Side::Right };
        let seed_of = |label: u32| mixed(self.seed) ^ u64::from(label);
        let lines_of = if (family / 2).is_multiple_of(2) { FAMILY * family } else { label };
        Palm::sibling(seed_of(label), seed_of(lines_of), side)
    }
}

/// The regions of interest in a folder; for measuring only.
#[derive(clap::Args)]
pub(crate) struct Folder {
    /// A folder laid out as `<palm>/<session>/<image>`. Labels count palms × 2 + session, in the order of names.
    dir: PathBuf,
}

impl Folder {
    /// Writes every image in the order of names.
    pub(crate) fn write(&self) -> Result<()> {
        let mut out = Output::new();
        for (palm, folder) in sorted(&self.dir)?.iter().enumerate() {
            for (session, folder) in sorted(folder)?.iter().enumerate() {
                for file in sorted(folder)? {
                    let grey =
                        image::open(&file).with_context(|| format!("cannot read {}", file.display()))?.into_luma8();
                    let roi = Roi::from_grey(grey.into_raw())
                        .with_context(|| format!("{} is not {1} × {1}", file.display(), Roi::SIDE_PX))?;
                    if !out.write(&record((palm * 2 + session.min(1)) as u32, &roi))? {
                        return Ok(());
                    }
                }
            }
        }
        out.finish()
    }
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let listed = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = listed.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// A capture's label and what the extractor sees of it.
fn record(label: u32, roi: &Roi) -> Vec<u8> {
    let mut record = label.to_le_bytes().to_vec();
    record.extend(vector::input(roi).iter().map(|v| (v * vector::STEPS_PER_DEVIATION).round() as i8 as u8));
    record
}

fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_round_visits_every_palm_once() {
        for palms in [4, 8, 28, 100, 1_024] {
            let squares = Squares { palms, captures: 1, seed: 3, from: 0, visits: None };
            for round in 0..3 {
                let mut seen: Vec<u32> =
                    (0..u64::from(palms)).map(|v| squares.palm_of(round * u64::from(palms) + v)).collect();
                seen.sort();
                assert_eq!(seen, (0..palms).collect::<Vec<_>>());
            }
        }
    }
}
