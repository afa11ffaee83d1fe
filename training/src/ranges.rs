//! How recognition holds across skin, side, light and distance, measured on drawn whole hands.

use anyhow::{Result, ensure};
use handsel_palm::{Capture, Frame, Probe, Sample, Score, Side, Template, capture};
use handsel_synth::{Conditions, Palm};
use std::{collections::BTreeMap, io::Write};

/// A Markdown table of failures to acquire and of scores, bin by bin. Drawn palms only: it says nothing of real ones.
#[derive(clap::Args)]
pub(crate) struct Ranges {
    /// How many palms in each bin; each is captured twice.
    #[arg(long, default_value_t = 100)]
    palms: usize,
    /// What everything is drawn from.
    #[arg(long, default_value_t = 0x0a11_5c09)]
    seed: u64,
}

/// The false match rate at which a mated comparison counts as missed.
const FMR: f64 = 1e-4;

/// One row: which palms, and what is fixed about both captures; all else is as in [`Conditions::of_capture`].
struct Bin {
    name: &'static str,
    side: Option<Side>,
    /// Bounds of the typology angle, in degrees.
    skin: (f32, f32),
    fix: fn(&mut Conditions),
}

fn bins() -> Vec<Bin> {
    let all = (f32::MIN, f32::MAX);
    // The limits of Chardon et al. (1991); "very light" is counted with "light".
    let skin = |name, from, to| Bin { name, side: None, skin: (from, to), fix: |_| {} };
    let side = |name, side| Bin { name, side: Some(side), skin: all, fix: |_| {} };
    let with = |name, fix| Bin { name, side: None, skin: all, fix };
    vec![
        skin("skin: dark", f32::MIN, -30.0),
        skin("skin: brown", -30.0, 10.0),
        skin("skin: tan", 10.0, 28.0),
        skin("skin: intermediate", 28.0, 41.0),
        skin("skin: light", 41.0, f32::MAX),
        side("side: left", Side::Left),
        side("side: right", Side::Right),
        with("light: dim, exposure 0.35", |c| c.exposure = 0.35),
        with("light: usual, exposure 1", |c| c.exposure = 1.0),
        with("light: bright, exposure 1.6", |c| c.exposure = 1.6),
        with("light: raking, height 25°", |c| c.light.height_deg = 25.0),
        with("light: lamp, red +10 %", |c| c.light.colour = [1.10, 1.0, 0.90]),
        with("light: daylight, blue +7 %", |c| c.light.colour = [0.93, 1.0, 1.07]),
        with("distance: reach 0.45", |c| c.reach = 0.45),
        with("distance: reach 0.65", |c| c.reach = 0.65),
        with("distance: reach 0.80", |c| c.reach = 0.80),
        with("distance: reach 0.95", |c| c.reach = 0.95),
    ]
}

impl Ranges {
    /// Writes one row as soon as its bin is measured.
    pub(crate) fn write(&self) -> Result<()> {
        ensure!(self.palms > 1, "there must be at least two palms");
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "| Bin | Captures | Not acquired (≤ 95 %) | Why | Mated | Over FMR 1e-4 (≤ 95 %) | Mated median | lowest \
             | Non-mated | 99.9 % |\n|---|--:|--:|---|--:|--:|--:|--:|--:|--:|"
        )?;
        for bin in bins() {
            writeln!(out, "{}", self.row(&bin)?)?;
        }
        Ok(())
    }

    fn row(&self, bin: &Bin) -> Result<String> {
        let mut reasons = BTreeMap::<&str, usize>::new();
        let (mut templates, mut probes) = (Vec::new(), Vec::new());
        for (seed, palm) in self.palms_of(bin) {
            for index in 0..2 {
                match sample(&palm, seed, index, bin)? {
                    Ok(sample) if index == 0 => templates.push((seed, Template::extract(&sample.roi))),
                    Ok(sample) => probes.push((seed, Probe::build(&sample.roi))),
                    Err(reason) => *reasons.entry(reason).or_default() += 1,
                }
            }
        }
        let (mut mated, mut others) = (Vec::<Score>::new(), Vec::<Score>::new());
        for (palm, probe) in &probes {
            for (other, template) in &templates {
                if palm == other { &mut mated } else { &mut others }.push(probe.compare(template));
            }
        }
        let lost = reasons.values().sum();
        let why = reasons.iter().map(|(reason, n)| format!("{reason} {n}")).collect::<Vec<_>>().join(", ");
        let missed = mated.iter().filter(|score| score.fmr() > FMR).count();
        Ok(format!(
            "| {} | {} | {} | {why} | {} | {} | {} | {} | {} | {} |",
            bin.name,
            2 * self.palms,
            rate(lost, 2 * self.palms),
            mated.len(),
            rate(missed, mated.len()),
            quantile(&mut mated, 0.5),
            quantile(&mut mated, 0.0),
            others.len(),
            quantile(&mut others, 0.999),
        ))
    }

    /// The first palms from the seed on that belong to a bin: one of each invented person, sides in turn.
    fn palms_of(&self, bin: &Bin) -> impl Iterator<Item = (u64, Palm)> {
        let seeds = (0..).map(|n: u64| (n, self.seed.wrapping_add(n)));
        let palms = seeds.map(|(n, seed)| {
            let turn = if n.is_multiple_of(2) { Side::Left } else { Side::Right };
            (seed, Palm::from_seed(seed, bin.side.unwrap_or(turn)))
        });
        let (from, to) = bin.skin;
        palms.filter(move |(_, palm)| (from..to).contains(&palm.skin().typology_deg)).take(self.palms)
    }
}

/// One capture as the shop would take it, or why there is none.
fn sample(palm: &Palm, seed: u64, index: u32, bin: &Bin) -> Result<Result<Sample, &'static str>> {
    let mut conditions = Conditions::of_capture(seed, index);
    (bin.fix)(&mut conditions);
    let drawn = palm.draw_hand(&conditions);
    Ok(match capture(&Frame::from_rgb(drawn.width, drawn.height, drawn.rgb)?) {
        Capture::Accepted(sample) if sample.side == palm.side() => Ok(sample),
        Capture::Accepted(_) => Err("wrong_side"),
        Capture::Rejected(quality) => Err(quality.reasons.first().map_or("unknown", |reason| reason.code())),
    })
}

/// A count and the rate that it stays under at 95 % (one-sided, exact; for none the rule of three).
fn rate(count: usize, trials: usize) -> String {
    if trials == 0 { "–".into() } else { format!("{count} (≤ {:.1} %)", 100.0 * upper_bound(count, trials)) }
}

/// The one-sided 95 % bound of Clopper and Pearson, and the rule of three for none.
fn upper_bound(count: usize, trials: usize) -> f64 {
    if count == 0 || count >= trials {
        return if count == 0 { (3.0 / trials as f64).min(1.0) } else { 1.0 };
    }
    let at_most = |p: f64| {
        let mut term = (1.0 - p).powi(trials as i32);
        (0..count).fold(term, |sum, k| {
            term *= (trials - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
            sum + term
        })
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..50 {
        let middle = (low + high) / 2.0;
        if at_most(middle) > 0.05 { low = middle } else { high = middle }
    }
    high
}

fn quantile(scores: &mut [Score], share: f64) -> String {
    scores.sort_by(|a, b| a.similarity().total_cmp(&b.similarity()));
    let last = scores.len().saturating_sub(1);
    scores.get((share * last as f64).round() as usize).map_or("–".into(), |s| format!("{:.3}", s.similarity()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_that_of_the_tables() {
        // Clopper and Pearson, one-sided 95 %: 5 of 100 and 1 of 20.
        assert!((upper_bound(5, 100) - 0.1023).abs() < 5e-4, "{}", upper_bound(5, 100));
        assert!((upper_bound(1, 20) - 0.2161).abs() < 5e-4, "{}", upper_bound(1, 20));
        assert_eq!((upper_bound(0, 100), upper_bound(7, 7)), (0.03, 1.0));
    }
}
