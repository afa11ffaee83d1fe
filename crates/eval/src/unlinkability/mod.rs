//! Unlinkability of templates under keyed transforms: how well it can be told whether two templates under different keys are of
//! one palm.
//!
//! D_sys as in Gomez-Barrero, Galbally, Rathgeb and Busch 2018 ("General framework to evaluate unlinkability in biometric template
//! protection systems"): 0 where a score says nothing, 1 where it says everything. 100 bins, ω = 1. What chance alone gives is
//! measured by drawing who is mated anew: a figure within that floor is no evidence of a link, and none of there being none.

mod attacks;

use crate::{
    EvalError, Options, Source, Stage,
    acquire::{acquire, on_all_cores},
    draw::{Draw, drawn_share},
    folder,
    set::Set,
};
use attacks::{Attack, Seen, Trained};
use handsel_palm::{Probe, Template, Transform};
use serde::Serialize;
use std::fmt::Write;

/// Bins of the scores' histogram, as in the paper's own code.
const BINS: usize = 100;
/// How often who is mated is drawn anew for the floor.
const DRAWN_ANEW: usize = 500;
/// The most pairs of each kind.
const MOST_PAIRS: usize = 20_000;

/// What one way of linking templates achieved.
#[derive(Debug, Clone, Serialize)]
pub struct Linkage {
    /// What whoever tries it looks at.
    pub by: &'static str,
    /// What they have.
    pub case: &'static str,
    /// Pairs of templates of one palm.
    pub mated: usize,
    /// Pairs of templates of different subjects' palms.
    pub non_mated: usize,
    /// D_sys, 0–1.
    pub d_sys: f64,
    /// Its mean where it was drawn who is mated.
    pub floor: f64,
    /// What it stays under there in 95 of 100.
    pub floor_95: f64,
}

/// Measures every attack over the pairs of a folder.
///
/// # Errors
/// [`EvalError`], as of [`crate::run`].
pub fn run(options: &Options, progress: &mut dyn FnMut(Stage, usize, usize)) -> Result<Vec<Linkage>, EvalError> {
    let protocol = &options.protocol;
    let Source::Folder { dir, input, layout } = &options.source else {
        return Err(EvalError::TooFew { from: options.command.clone(), mated: 0, non_mated: 0, samples: 0, failed: 0 });
    };
    let files = folder::read(dir, *layout, protocol)?;
    let captures = acquire(&files, *input, progress)?;
    let samples: Vec<_> =
        files.iter().map(|f| (f.name.clone(), f.place.palm.clone(), f.place.subject.clone(), f.role)).collect();
    let mut set = Set::of(&samples);
    for (sample, capture) in set.samples.iter_mut().zip(&captures) {
        sample.acquired = capture.palm().is_some();
    }
    let mut draw = Draw::new(protocol.seed);
    let pairs = pairs(&set, &mut draw);
    let mated = pairs.iter().filter(|pair| pair.mated).count();
    let failed = set.samples.iter().filter(|sample| !sample.acquired).count();
    if mated < 100 || pairs.len() - mated < 100 {
        let (from, non_mated) = (options.command.clone(), pairs.len() - mated);
        return Err(EvalError::TooFew { from, mated, non_mated, samples: set.samples.len(), failed });
    }
    let keys: Vec<[Transform; 2]> = pairs.iter().map(|_| [key(&mut draw), key(&mut draw)]).collect();
    let one = |i: usize| {
        let (pair, [first, second]) = (&pairs[i], &keys[i]);
        let ((roi, a), (_, b)) = captures[pair.first].palm().zip(captures[pair.second].palm())?;
        let (probe, salt) = (Probe::build(roi), salt(i));
        let seen = |probe: &Probe, b: Template| Seen {
            cosine: probe.cosine(&b),
            agreement: probe.agreement(&b),
            a: a.under(first, salt),
            b,
        };
        // Keys unknown; the keys known, so that both are brought back; and one capture before and after it was re-keyed.
        let unknown = seen(&probe.under(first), b.under(second, salt));
        let known = seen(&probe, b.under(second, salt).bare(second).ok()?);
        let of_same = if pair.mated { a } else { b };
        let rekeyed = seen(&probe.under(first), of_same.under(second, salt));
        Some([unknown, known, rekeyed].map(|seen| attacks::looks(&seen)))
    };
    let looked = on_all_cores(pairs.len(), one, &mut |done| progress(Stage::Compare, done, pairs.len()));
    let looked: Vec<_> = pairs.iter().zip(looked).filter_map(|(pair, looks)| Some((*pair, looks?))).collect();
    let train = drawn_share(set.subjects.len(), 0.5, protocol.seed);
    let mut found = Vec::new();
    for (case, name) in ["keys unknown", "keys known", "one capture, re-keyed"].into_iter().enumerate() {
        let is_of = |pair: &Pair, half: bool| {
            [pair.first, pair.second].iter().all(|&i| train[set.samples[i].subject as usize] == half)
        };
        let of = |half: bool| looked.iter().filter(move |(pair, _)| is_of(pair, half));
        let trained = Trained::from(of(true).map(|(pair, looks)| (pair.mated, &looks[case])));
        for attack in Attack::ALL {
            let scores: Vec<(bool, f64)> = match attack {
                Attack::Trained => of(false).map(|(pair, looks)| (pair.mated, trained.score(&looks[case]))).collect(),
                _ => looked.iter().map(|(pair, looks)| (pair.mated, looks[case].score(attack))).collect(),
            };
            found.push(linkage(attack.name(), name, &scores, &mut draw));
        }
    }
    Ok(found)
}

/// The table for a terminal.
pub fn text(options: &Options, found: &[Linkage]) -> String {
    let mut text = format!("{} --unlinkability\n", options.command);
    let _ = writeln!(
        text,
        "{:<23}{:<34}{:>7}{:>10}  {:>6}  chance: mean, 95 %",
        "case", "by", "mated", "non-mated", "D_sys"
    );
    for Linkage { by, case, mated, non_mated, d_sys, floor, floor_95 } in found {
        let _ = writeln!(text, "{case:<23}{by:<34}{mated:>7}{non_mated:>10}  {d_sys:.4}  {floor:.4}, {floor_95:.4}");
    }
    text
}

/// Two captures.
#[derive(Clone, Copy)]
struct Pair {
    first: usize,
    second: usize,
    mated: bool,
}

/// Mated pairs, [`MOST_PAIRS`] at most, and as many of different subjects.
fn pairs(set: &Set, draw: &mut Draw) -> Vec<Pair> {
    let acquired: Vec<usize> = (0..set.samples.len()).filter(|&i| set.samples[i].acquired).collect();
    let (mut mated, mut others) = (Vec::new(), Vec::new());
    for &first in &acquired {
        for &second in acquired.iter().filter(|&&second| set.is_compared(first, second)) {
            let is_mated = set.samples[first].palm == set.samples[second].palm;
            let list = if is_mated { &mut mated } else { &mut others };
            list.push(Pair { first, second, mated: is_mated });
        }
    }
    let mut some = |mut of: Vec<Pair>, most: usize| {
        for i in 0..most.min(of.len()) {
            let pick = i + draw.below(of.len() - i);
            of.swap(i, pick);
        }
        of.truncate(most);
        of
    };
    let mated = some(mated, MOST_PAIRS);
    let others = some(others, mated.len());
    [mated, others].concat()
}

fn key(draw: &mut Draw) -> Transform {
    Transform::new(&std::array::from_fn(|_| draw.below(256) as u8))
}

/// A salt of its own for each pair; what a mask is made of besides the pair's own keys.
fn salt(pair: usize) -> [u8; handsel_palm::transform::SALT_BYTES] {
    let mut salt = [0; handsel_palm::transform::SALT_BYTES];
    salt[..8].copy_from_slice(&(pair as u64).to_le_bytes());
    salt
}

fn linkage(by: &'static str, case: &'static str, scores: &[(bool, f64)], draw: &mut Draw) -> Linkage {
    let bins = binned(scores);
    let mut labels: Vec<bool> = scores.iter().map(|(mated, _)| *mated).collect();
    let mated = labels.iter().filter(|&&mated| mated).count();
    let found = d_sys(&bins, &labels);
    let mut chance: Vec<f64> = (0..DRAWN_ANEW)
        .map(|_| {
            for i in (1..labels.len()).rev() {
                labels.swap(i, draw.below(i + 1));
            }
            d_sys(&bins, &labels)
        })
        .collect();
    chance.sort_by(f64::total_cmp);
    let floor = chance.iter().sum::<f64>() / DRAWN_ANEW as f64;
    let floor_95 = chance[DRAWN_ANEW * 95 / 100];
    Linkage { by, case, mated, non_mated: scores.len() - mated, d_sys: found, floor, floor_95 }
}

/// In which of [`BINS`] equal bins from the least to the greatest each score lies.
fn binned(scores: &[(bool, f64)]) -> Vec<usize> {
    let least = scores.iter().map(|(_, score)| *score).fold(f64::INFINITY, f64::min);
    let most = scores.iter().map(|(_, score)| *score).fold(f64::NEG_INFINITY, f64::max);
    let width = ((most - least) / BINS as f64).max(f64::MIN_POSITIVE);
    scores.iter().map(|(_, score)| (((score - least) / width) as usize).min(BINS - 1)).collect()
}

/// D_sys of binned scores: the mean, over mated pairs, of how much more likely their scores are for mated pairs than for others.
fn d_sys(bins: &[usize], mated: &[bool]) -> f64 {
    let (mut of_mated, mut of_others) = ([0.0f64; BINS], [0.0f64; BINS]);
    for (&bin, &mated) in bins.iter().zip(mated) {
        if mated {
            of_mated[bin] += 1.0;
        } else {
            of_others[bin] += 1.0;
        }
    }
    let (all_mated, all_others): (f64, f64) = (of_mated.iter().sum(), of_others.iter().sum());
    let local = |bin: usize| {
        let (mated, others) = (of_mated[bin] / all_mated, of_others[bin] / all_others);
        if mated <= others {
            0.0
        } else if others == 0.0 {
            mated
        } else {
            let ratio = mated / others;
            mated * (2.0 * ratio / (1.0 + ratio) - 1.0)
        }
    };
    (0..BINS).map(local).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_linked_by_noise_and_everything_by_the_answer() {
        let noise = |seed| -> (Vec<(bool, f64)>, Draw) {
            let mut draw = Draw::new(seed);
            ((0..4_000).map(|i| (i % 2 == 0, draw.below(1_000_000) as f64)).collect(), draw)
        };
        let beyond = (0..12).filter(|&seed| {
            let (noise, mut draw) = noise(seed);
            let by_noise = linkage("noise", "", &noise, &mut draw);
            by_noise.d_sys > by_noise.floor_95
        });
        assert!(beyond.count() <= 3, "one in twenty is expected to be");
        let (noise, mut draw) = noise(1);
        let answer: Vec<(bool, f64)> = noise.iter().map(|&(mated, _)| (mated, f64::from(u8::from(mated)))).collect();
        assert_eq!(linkage("answer", "", &answer, &mut draw).d_sys, 1.0);
    }

    #[test]
    fn a_likelihood_ratio_of_three_is_one_half() {
        // 75 of 100 mated and 25 of 100 others in one bin: 2·3/4 − 1 = 1/2 for three quarters of the mated.
        let bins: Vec<usize> = (0..200).map(|i| usize::from(i % 100 >= if i < 100 { 75 } else { 25 })).collect();
        let mated: Vec<bool> = (0..200).map(|i| i < 100).collect();
        assert!((d_sys(&bins, &mated) - 0.375).abs() < 1e-12);
    }
}
