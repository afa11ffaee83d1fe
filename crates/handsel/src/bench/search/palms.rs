//! Many vectors that are spread as the extractor's are, without drawing as many palms.
//!
//! Each is a mixture of what the extractor says of a few drawn palms, at random weights, and of a direction that all have in common.
//! Its second moment is then that of drawn palms, and the cosines of strangers have the mean and spread that they have among
//! 100 real palms (0.19 and 0.13). A probe of somebody who is there is their vector and a mixture of its own, at the median cosine
//! of real captures weeks apart (0.77).

use anyhow::{Context, Result};
use handsel_palm::{
    Roi, Side, Template,
    vector::{DIMENSIONS, LENGTH},
};
use handsel_synth::{Conditions, Palm};
use rand::{Rng, SeedableRng, rngs::StdRng};

/// Drawn palms that everything is mixed from.
const DRAWN: u64 = 512;
/// Drawn palms in a mixture.
const MIXED: usize = 12;
/// How much of a vector's squared length all have in common.
const COMMON: f32 = 0.19;
/// The cosine of a probe with the vector of the same palm.
const MATED: f32 = 0.77;

type Direction = Vec<f32>;
/// References and probes.
type Vectors<const D: usize> = (Vec<[i8; D]>, Vec<[i8; D]>);

/// `references` vectors and `probes` probes: the even ones of somebody who is there, the odd ones of strangers.
pub(super) fn alike<const D: usize>(references: u32, probes: u32) -> Result<Vectors<D>> {
    let drawn = drawn().context("drawn palms have features")?;
    let common = unit(mixture(&drawn, &mut StdRng::seed_from_u64(1), D));
    let palm = |who: u64| {
        let own = unit(mixture(&drawn, &mut StdRng::seed_from_u64(1_000 + who), D));
        unit(sum(&common, COMMON.sqrt(), &own, (1.0 - COMMON).sqrt()))
    };
    let mut rows = vec![[0; D]; references as usize];
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = rows.len().div_ceil(threads);
    std::thread::scope(|scope| {
        for (part, rows) in rows.chunks_mut(share).enumerate() {
            let palm = &palm;
            scope.spawn(move || {
                for (i, row) in rows.iter_mut().enumerate() {
                    *row = steps(&palm((part * share + i) as u64));
                }
            });
        }
    });
    let probe = |i: u32| {
        if !i.is_multiple_of(2) {
            return steps(&palm(u64::MAX / 2 + u64::from(i)));
        }
        let own = palm(u64::from(i.wrapping_mul(2_654_435_761) % references));
        let other = unit(mixture(&drawn, &mut StdRng::seed_from_u64(u64::MAX / 4 + u64::from(i)), D));
        let along: f32 = own.iter().zip(&other).map(|(a, b)| a * b).sum();
        let across = unit(sum(&other, 1.0, &own, -along));
        steps(&sum(&own, MATED, &across, (1.0 - MATED * MATED).sqrt()))
    };
    Ok((rows, (0..probes).map(probe).collect()))
}

fn drawn() -> Option<Vec<[i8; DIMENSIONS]>> {
    let vector = |who| {
        let square = Palm::from_seed(who, Side::Right).draw_roi(&Conditions::of_training(who, 0));
        Template::extract(&Roi::from_grey(square)?).vector().copied()
    };
    let all: Vec<_> = (0..DRAWN).filter_map(vector).collect();
    (all.len() > DRAWN as usize / 2).then_some(all)
}

/// Leading directions first, as in every vector: where `D` is two extractors' worth, both halves' leading ones.
fn mixture(drawn: &[[i8; DIMENSIONS]], rng: &mut StdRng, d: usize) -> Direction {
    let mut halves = vec![vec![0.0; DIMENSIONS]; d / DIMENSIONS];
    for half in &mut halves {
        for _ in 0..MIXED {
            let vector = &drawn[rng.random_range(0..drawn.len())];
            let weight = rng.random_range(-1.0..1.0f32);
            half.iter_mut().zip(vector).for_each(|(sum, &step)| *sum += weight * f32::from(step));
        }
    }
    let head = DIMENSIONS * 3 / 8;
    let heads = halves.iter().flat_map(|half| &half[..head]);
    heads.chain(halves.iter().flat_map(|half| &half[head..])).copied().collect()
}

fn sum(a: &[f32], by: f32, b: &[f32], and: f32) -> Direction {
    a.iter().zip(b).map(|(a, b)| by * a + and * b).collect()
}

fn unit(mut v: Direction) -> Direction {
    let length = v.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::EPSILON);
    v.iter_mut().for_each(|x| *x /= length);
    v
}

fn steps<const D: usize>(v: &[f32]) -> [i8; D] {
    std::array::from_fn(|i| (v[i] * LENGTH).round().clamp(-127.0, 127.0) as i8)
}
