//! Ways to tell whether two templates under different keys are of one palm.

use handsel_palm::{Template, vector::LEADING};

/// How a template's sorted sizes are summed up, for the trained attack.
const QUANTILES: usize = 32;

/// Two templates as whoever links them has them.
pub(super) struct Seen {
    /// Of the first one's probe with the second, by the vectors.
    pub(super) cosine: Option<f32>,
    /// By the codes.
    pub(super) agreement: Option<f32>,
    pub(super) a: Template,
    pub(super) b: Template,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attack {
    /// The vectors as they are compared here.
    Cosine,
    /// The codes as they are compared here.
    Agreement,
    /// What no order and no signs hide: how large the vector's numbers are.
    Sizes,
    /// The same, weighed by what tells most among other people.
    Trained,
}

impl Attack {
    pub(super) const ALL: [Attack; 4] = [Attack::Cosine, Attack::Agreement, Attack::Sizes, Attack::Trained];

    pub(super) fn name(self) -> &'static str {
        match self {
            Attack::Cosine => "comparing the vectors",
            Attack::Agreement => "comparing the codes",
            Attack::Sizes => "sizes of the vectors' numbers",
            Attack::Trained => "the same, trained on one half",
        }
    }
}

/// What every attack makes of a pair.
pub(super) struct Looks {
    cosine: f64,
    agreement: f64,
    /// Less what the sorted sizes differ by.
    sizes: f64,
    /// How far the sizes differ at each quantile.
    differences: [f64; 2 * QUANTILES],
}

pub(super) fn looks(seen: &Seen) -> Looks {
    let (a, b) = (sizes(&seen.a), sizes(&seen.b));
    let differ: i64 = a.iter().zip(&b).map(|(a, b)| (i64::from(*a) - i64::from(*b)).pow(2)).sum();
    let at = |sizes: &[u8], i: usize| {
        let (part, i) = if i < QUANTILES { (&sizes[..LEADING], i) } else { (&sizes[LEADING..], i - QUANTILES) };
        f64::from(part[(2 * i + 1) * part.len() / (2 * QUANTILES)])
    };
    Looks {
        cosine: seen.cosine.unwrap_or_default().into(),
        agreement: seen.agreement.unwrap_or_default().into(),
        sizes: -(differ as f64),
        differences: std::array::from_fn(|i| (at(&a, i) - at(&b, i)).abs()),
    }
}

impl Looks {
    pub(super) fn score(&self, attack: Attack) -> f64 {
        match attack {
            Attack::Cosine => self.cosine,
            Attack::Agreement => self.agreement,
            Attack::Sizes | Attack::Trained => self.sizes,
        }
    }
}

/// The sizes of a vector's numbers, sorted within the leading ones and within the rest.
fn sizes(template: &Template) -> Vec<u8> {
    let Some(vector) = template.vector() else { return Vec::new() };
    let mut sizes: Vec<u8> = vector.iter().map(|step| step.unsigned_abs()).collect();
    sizes[..LEADING].sort_unstable();
    sizes[LEADING..].sort_unstable();
    sizes
}

/// Weights of the differences: by how much each is smaller for mated pairs, over its variance.
pub(super) struct Trained([f64; 2 * QUANTILES]);

impl Trained {
    pub(super) fn from<'a>(pairs: impl Iterator<Item = (bool, &'a Looks)>) -> Trained {
        let (mut counts, mut sums, mut squares) = ([0.0; 2], [[0.0; 2 * QUANTILES]; 2], [0.0; 2 * QUANTILES]);
        for (mated, looks) in pairs {
            let kind = usize::from(mated);
            counts[kind] += 1.0;
            for (i, difference) in looks.differences.iter().enumerate() {
                sums[kind][i] += difference;
                squares[i] += difference * difference;
            }
        }
        let all = f64::max(counts[0] + counts[1], 1.0);
        Trained(std::array::from_fn(|i| {
            let mean = (sums[0][i] + sums[1][i]) / all;
            let variance = f64::max(squares[i] / all - mean * mean, 1e-9);
            (sums[0][i] / f64::max(counts[0], 1.0) - sums[1][i] / f64::max(counts[1], 1.0)) / variance
        }))
    }

    pub(super) fn score(&self, looks: &Looks) -> f64 {
        -self.0.iter().zip(&looks.differences).map(|(weight, difference)| weight * difference).sum::<f64>()
    }
}
