//! Puts the figures together.

use super::{DetPoint, Identification, Intervals, Paired, RankPoint, Report, SearchPoint, Tested};
use crate::acquire::{Acquired, Outcome};
use crate::bootstrap::{LEVEL, RESAMPLES, Resampled, resample_with};
use crate::discard::Discard;
use crate::figures::rule_of_three;
use crate::folder::Role;
use crate::identify::Searches;
use crate::rates::{GRID, POINTS, Rates, is_supported};
use crate::set::Set;
use crate::{Options, Source};
use handsel_palm::Template;
use std::collections::{BTreeMap, BTreeSet};

/// The false positive identification rates at which the FNIR is reported, and their place in [`GRID`].
const FPIRS: [(&str, usize); 3] = [("1e-1", 25), ("1e-2", 20), ("1e-3", 15)];

/// Everything that a report is made of.
pub(crate) struct Measured<'a> {
    pub(crate) options: &'a Options,
    pub(crate) captures: &'a [Acquired],
    pub(crate) set: &'a Set,
    pub(crate) rates: &'a Rates,
    pub(crate) resampled: Option<&'a Resampled>,
    pub(crate) searches: Option<&'a Searches>,
    pub(crate) discard: Option<Discard>,
    pub(crate) seconds: BTreeMap<&'static str, f64>,
}

pub(crate) fn assemble(m: Measured) -> Report {
    let Measured { options, set, rates, resampled, .. } = m;
    let (mated, non_mated) = set.counts();
    let seed = options.protocol.seed;
    let failures = failures(m.captures);
    let from_folder = matches!(options.source, Source::Folder { .. });
    let gfrr = |fnmr: f64| (fnmr * mated as f64 + set.mated_lost as f64) / (mated + set.mated_lost) as f64;
    let at_points = Supported { non_mated, points: &POINTS };
    let known = !set.subjects.is_empty();
    Report {
        command: options.command.clone(),
        tested: Tested::of(options, set),
        palms: if known { set.palms.len() } else { 0 },
        subjects: set.subjects.len(),
        captures: match (from_folder, known) {
            (true, _) => m.captures.len(),
            // A capture that is both enrolled and looked for is one.
            (false, true) => set.samples.iter().map(|s| &s.name).collect::<BTreeSet<_>>().len(),
            (false, false) => 0,
        },
        failed_to_acquire: failures.values().sum(),
        failures,
        failed_to_enrol: failed_to_enrol(set),
        mated,
        non_mated,
        mated_lost: set.mated_lost,
        same_subject_left_out: set.same_subject,
        eer: rates.eer,
        rule_of_three: BTreeMap::from([
            ("comparisons", rule_of_three(mated)),
            ("subjects", rule_of_three(set.subjects.len())),
        ]),
        fnmr_at_fmr: at_points.map(|place| Some(rates.grid[place].fnmr)),
        gfrr_at_fmr: at_points.map(|place| Some(gfrr(rates.grid[place].fnmr))),
        threshold_at_fmr: at_points.map(|place| Some(rates.grid[place].score).filter(|s| s.is_finite())),
        intervals: Intervals {
            level: LEVEL,
            resamples: RESAMPLES,
            seed,
            eer: resampled.map(Resampled::eer),
            fnmr_at_fmr: at_points.map(|place| resampled.map(|r| r.fnmr(place))),
        },
        det: (0..GRID.len())
            .filter(|&place| GRID[place] * non_mated as f64 > 1.0 - 1e-6)
            .map(|place| DetPoint {
                fmr: GRID[place],
                fnmr: rates.grid[place].fnmr,
                interval: resampled.map(|r| r.fnmr(place)),
            })
            .collect(),
        identification: m.searches.map(|searches| identification(searches, set, seed)),
        discard: m.discard,
        template_bytes: if from_folder { Template::BYTES } else { 0 },
        ms_per_capture: median_ms(m.captures),
        seconds: m.seconds,
        paired: paired(set, resampled, &at_points),
    }
}

/// Named points of a grid, each with a value where the data supports it.
struct Supported<'a> {
    non_mated: usize,
    points: &'a [(&'static str, usize)],
}

impl Supported<'_> {
    fn map<T>(&self, value: impl Fn(usize) -> Option<T>) -> BTreeMap<&'static str, Option<T>> {
        let one = |&(name, place): &(&'static str, usize)| {
            (name, if is_supported(GRID[place], self.non_mated) { value(place) } else { None })
        };
        self.points.iter().map(one).collect()
    }
}

fn failures(captures: &[Acquired]) -> BTreeMap<&'static str, usize> {
    let mut failures = BTreeMap::new();
    for capture in captures {
        if let Outcome::Failed(reason) = capture.outcome {
            *failures.entry(reason).or_insert(0) += 1;
        }
    }
    failures
}

/// Palms with captures to enrol of which none was acquired.
fn failed_to_enrol(set: &Set) -> usize {
    let palms = |acquired: bool| -> BTreeSet<u32> {
        let meant = set.samples.iter().filter(|s| s.role != Role::Probe && (!acquired || s.acquired));
        meant.map(|s| s.palm).collect()
    };
    palms(false).difference(&palms(true)).count()
}

fn median_ms(captures: &[Acquired]) -> f64 {
    let mut ms: Vec<f64> = captures.iter().map(|c| c.took.as_secs_f64() * 1e3).collect();
    ms.sort_by(f64::total_cmp);
    ms.get(ms.len() / 2).copied().unwrap_or_default()
}

fn identification(searches: &Searches, set: &Set, seed: u64) -> Identification {
    let (mated, non_mated) = searches.counts();
    let rates = &searches.rates;
    let resampled = searches.resampled(set, seed);
    let points = Supported { non_mated, points: &FPIRS };
    let with_failures =
        |fnir: f64| (fnir * mated as f64 + searches.mated_lost as f64) / (mated + searches.mated_lost) as f64;
    Identification {
        enrolled_subjects: searches.enrolled,
        gallery: searches.gallery,
        strangers: searches.strangers,
        mated_searches: mated,
        non_mated_searches: non_mated,
        mated_lost: searches.mated_lost,
        non_mated_lost: searches.non_mated_lost,
        fnir_at_fpir: points.map(|place| Some(rates.grid[place].fnmr)),
        fnir_with_failures: points.map(|place| Some(with_failures(rates.grid[place].fnmr))),
        threshold_at_fpir: points.map(|place| Some(rates.grid[place].score).filter(|s| s.is_finite())),
        intervals: points.map(|place| resampled.as_ref().map(|r| r.fnmr(place))),
        thresholds: thresholds(searches, set, seed),
        cmc: (1..)
            .zip(searches.cmc(set, seed))
            .map(|(rank, (share, interval))| RankPoint { rank, share, interval })
            .collect(),
    }
}

/// FPIR and FNIR at the thresholds that keep each FPIR of the grid, each threshold once.
fn thresholds(searches: &Searches, set: &Set, seed: u64) -> Vec<SearchPoint> {
    let at: [Option<f32>; GRID.len()] = std::array::from_fn(|place| {
        let score = searches.rates.grid[place].score;
        searches.places().any(|p| p == place).then_some(score).filter(|s| s.is_finite())
    });
    // (FPIR, FNIR) at every threshold, one after the other.
    let rates = |times: &dyn Fn(u32) -> f64| {
        let mut values = [f64::NAN; 2 * GRID.len()];
        for (place, threshold) in at.iter().enumerate() {
            let Some(threshold) = threshold else { continue };
            let (mut mated, mut missed, mut non_mated, mut found) = (0.0, 0.0, 0.0, 0.0);
            for c in &searches.ranked {
                let weight = times(set.probe(c).subject);
                let reaches = c.score >= *threshold;
                if c.mated {
                    mated += weight;
                    missed += if reaches { 0.0 } else { weight };
                } else {
                    non_mated += weight;
                    found += if reaches { weight } else { 0.0 };
                }
            }
            (values[2 * place], values[2 * place + 1]) = (found / non_mated, missed / mated);
        }
        values
    };
    let values = rates(&|_| 1.0);
    let intervals = resample_with(set.subjects.len(), seed, |times| rates(&|s| times[s as usize]));
    let mut points: Vec<SearchPoint> = (0..GRID.len())
        .filter(|&place| at[place].is_some())
        .map(|place| SearchPoint {
            threshold: at[place],
            fpir: values[2 * place],
            fpir_interval: intervals.map(|i| i[2 * place]),
            fnir: values[2 * place + 1],
            fnir_interval: intervals.map(|i| i[2 * place + 1]),
        })
        .collect();
    points.dedup_by_key(|p| p.threshold.map(f32::to_bits));
    points
}

fn paired(set: &Set, resampled: Option<&Resampled>, points: &Supported) -> Paired {
    // Six digits, which is more than a thousand resamples can carry.
    let short = |value: f64| format!("{value:.6e}").parse::<f64>().unwrap_or(value);
    let fnmr = points.map(|place| resampled.map(|r| r.fnmr.iter().map(|f| short(f[place])).collect()));
    Paired {
        pairs: format!("{:016x}", set.fingerprint()),
        eer: resampled.map(|r| r.eer.iter().copied().map(short).collect()).unwrap_or_default(),
        fnmr_at_fmr: fnmr.into_iter().filter_map(|(name, values)| Some((name.to_owned(), values?))).collect(),
    }
}
