//! The template put in for comparison: built once, compared with many.

mod record;

pub use record::ProbeError;

use crate::features::align::{Align, Layer, Variant};
use crate::features::code::Turned;
use crate::features::elastic::Elastic;
use crate::features::filter::Padded;
use crate::features::kernel::dispatch;
use crate::features::normalise::normalise;
use crate::features::{CHANNELS, GRID, code::Code};
use crate::transform::{MaskKey, Transform};
use crate::vector::{DIMENSIONS, Vector};
use crate::{Roi, Score, Template};
use std::sync::Arc;

/// Rotations searched, in degrees: what a localiser may leave (4°) doubled, in steps that the elastic comparison
/// bridges.
const ROTATIONS_DEGREES: [f32; 5] = [-8.0, -4.0, 0.0, 4.0, 8.0];
/// Scales searched: what a localiser may leave (5 %) and a little more, in steps that the elastic comparison bridges.
const SCALES: [f32; 3] = [0.93, 1.0, 1.075];
/// Half-cell offsets of a probe's code, right and down.
const PHASES: [(f32, f32); 4] = [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)];

/// The detail from which on a score is taken as it is: the median over 200 sharp captures of 100 palms.
///
/// The chance agreement of two codes of n independent signs exceeds one half by a multiple of 1/√n, and n falls with
/// the square of the detail. Measured by blurring three captures of each palm and session by 1.5 and 3 px: the detail
/// falls by factors of 1.083 and 1.309, and what non-mated scores exceed one half by grows by factors of 1.08 and 1.28
/// at the median, 1.09 and 1.31 at FMR 1e-3.
const SHARP_DETAIL: f32 = 0.325;

/// The cosine below which two palms are told apart without a look at their codes.
///
/// Chosen on 100 real palms in two sessions weeks apart: of 10,000 mated comparisons none lies below 0.18, and the code is
/// spared in 37 % of 990,000 non-mated ones. At 0.20 it would be spared in 52 %, and five owners' comparisons lost: not worth it.
/// Drawn palms alone would allow 0.5, which misses one owner in twenty there: they are too unlike each other.
pub const FOUND_COSINE: f32 = 0.15;

/// A palm prepared for search: its features at several rotations and scales. Wiped when dropped.
pub struct Probe {
    /// `None` when the palm has no features to compare, as a blank square.
    vector: Option<Vector>,
    /// Empty then, too. The same under every transform.
    variants: Arc<[Variant]>,
    /// How finely the signs of the palm as it lies change, 0–1.
    detail: f32,
    /// Lifts the masks of codes that are under the same transform; `None` for a bare probe.
    mask: Option<MaskKey>,
}

impl Probe {
    /// Draws the features of a region of interest at every rotation and scale that is searched.
    pub fn build(roi: &Roi) -> Probe {
        let plane = normalise(roi);
        let padded = Padded::new(&plane);
        let code = Code::draw(&padded);
        let detail = code.detail();
        let Some(vector) = code.is_plausible().then(|| Vector::extract(&plane)).flatten() else {
            return Probe { vector: None, variants: Arc::default(), detail, mask: None };
        };
        let turned = ROTATIONS_DEGREES.iter().map(|&degrees| Turned::new(&padded, degrees));
        let variants = turned.flat_map(|t| SCALES.map(|scale| variant(&t, scale))).collect();
        Probe { vector: Some(vector), variants, detail, mask: None }
    }

    /// The probe for templates that are under a transform: it scores with them as the bare one with them bare, to the last bit,
    /// and as strangers do with all others.
    pub fn under(&self, transform: &Transform) -> Probe {
        Probe {
            vector: self.vector.as_ref().map(|vector| transform.of_vector(vector)),
            variants: Arc::clone(&self.variants),
            detail: self.detail,
            mask: Some(transform.mask().clone()),
        }
    }

    /// Compares with one template: first the vectors, then, unless these already lie too far apart, the codes.
    ///
    /// A probe or a template without features scores 0 against everything. The same on every processor.
    pub fn compare(&self, template: &Template) -> Score {
        match self.cosine(template) {
            Some(cosine) if cosine >= FOUND_COSINE => Score::new(self.agreement(template).unwrap_or(0.0)),
            _ => Score::new(0.0),
        }
    }

    /// The vector alone, as [`Template::vector`].
    pub fn vector(&self) -> Option<&[i8; DIMENSIONS]> {
        self.vector.as_ref().map(Vector::steps)
    }

    /// The cosine of the two vectors alone, −1–1; `None` where there are no features.
    pub fn cosine(&self, template: &Template) -> Option<f32> {
        Some(self.vector.as_ref()?.cosine(template.learned()?))
    }

    /// The agreement of the two codes alone, 0–1: finds how the two lie on each other, then compares block by block; `None`
    /// where there are no features.
    ///
    /// Two blurred palms agree more by chance, since their codes change less often from cell to cell; what the agreement
    /// exceeds one half by is scaled down accordingly.
    pub fn agreement(&self, template: &Template) -> Option<f32> {
        template.is_usable().then(|| self.agreement_of_code(template.code()))?
    }

    /// [`Probe::agreement`] with the code of a template that has features.
    pub fn agreement_of_code(&self, code: &Code) -> Option<f32> {
        let lifted;
        let code = match (&self.mask, code.salt) {
            (Some(mask), Some(salt)) => {
                lifted = mask.lift(code, salt);
                &lifted
            }
            _ => code,
        };
        self.agreement_at(code, code.detail())
    }

    /// The agreement with a bare code whose signs change as finely as `detail` says.
    pub(crate) fn agreement_at(&self, code: &Code, detail: f32) -> Option<f32> {
        let alignment = dispatch(Align { variants: &self.variants, code })?;
        let agreement = dispatch(Elastic { variant: &self.variants[alignment.variant], alignment, code });
        let detail = (self.detail * detail).sqrt();
        Some(0.5 + (agreement - 0.5) * (detail / SHARP_DETAIL).min(1.0))
    }

    /// Whether it is under no transform.
    pub(crate) fn is_bare(&self) -> bool {
        self.mask.is_none()
    }
}

fn variant(turned: &Turned, scale: f32) -> Variant {
    Variant::new(PHASES.map(|(x, y)| {
        let mut layer = Layer::new();
        for (i, place) in turned.places(scale, x, y).iter().enumerate().filter(|(_, place)| place.2) {
            for channel in 0..CHANNELS {
                layer.set(channel, i % GRID, i / GRID, turned.at(channel, place) > 0.0);
            }
        }
        layer
    }))
}

impl std::fmt::Debug for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Probe(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::drawn::{Pose, roi};
    use crate::features::kernel::Kernel;

    #[test]
    fn the_same_picture_agrees_as_far_as_its_detail_goes() {
        let palm = roi(1, Pose::UPRIGHT, 1);
        let template = Template::extract(&palm);
        let most = 0.5 + 0.5 * (template.code().detail() / SHARP_DETAIL).min(1.0);
        assert!((Probe::build(&palm).compare(&template).similarity() - most).abs() < 1e-6);
    }

    #[test]
    fn blur_makes_no_strangers_alike() {
        let blurred = |seed| {
            let sharp = roi(seed, Pose::UPRIGHT, seed);
            let side = Roi::SIDE_PX;
            let at = |x: usize, y: usize| u32::from(sharp.grey()[y.min(side - 1) * side + x.min(side - 1)]);
            let mean = |i: usize| {
                let near =
                    (0..81).map(|k| at((i % side + k % 9).saturating_sub(4), (i / side + k / 9).saturating_sub(4)));
                (near.sum::<u32>() / 81) as u8
            };
            Roi::from_grey((0..side * side).map(mean).collect()).unwrap()
        };
        let mean_score = |draw: &dyn Fn(u64) -> Roi| {
            let templates: Vec<Template> = (0..8).map(|s| Template::extract(&draw(s))).collect();
            let probes = (8..12).map(|s| Probe::build(&draw(s)));
            let scores: Vec<f32> =
                probes.flat_map(|p| templates.iter().map(|t| p.compare(t).similarity()).collect::<Vec<_>>()).collect();
            scores.iter().sum::<f32>() / scores.len() as f32
        };
        let (sharp, blurred) = (mean_score(&|s| roi(s, Pose::UPRIGHT, s)), mean_score(&blurred));
        assert!(blurred < sharp + 0.01, "{blurred} for blurred strangers, {sharp} for sharp ones");
    }

    #[test]
    fn a_moved_palm_still_beats_every_other() {
        let poses = [
            Pose { degrees: 7.0, ..Pose::UPRIGHT },
            Pose { scale: 1.06, ..Pose::UPRIGHT },
            Pose { scale: 0.94, degrees: -6.0, ..Pose::UPRIGHT },
            Pose { degrees: -5.0, scale: 0.96, x: 11.0, y: -9.0 },
        ];
        let templates: Vec<Template> = (0..12).map(|s| Template::extract(&roi(s, Pose::UPRIGHT, s + 100))).collect();
        for (i, pose) in poses.into_iter().enumerate() {
            let own = 2 * i as u64;
            let probe = Probe::build(&roi(own, pose, own + 500));
            let scores: Vec<Score> = templates.iter().map(|t| probe.compare(t)).collect();
            let others = scores.iter().enumerate().filter(|(j, _)| *j as u64 != own).map(|(_, s)| s.similarity());
            let best_other = others.fold(0.0, f32::max);
            assert!(scores[own as usize].similarity() > best_other + 0.05, "pose {i}: {scores:?}");
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_score() {
        let probe = Probe::build(&roi(3, Pose { degrees: 3.0, x: 5.0, ..Pose::UPRIGHT }, 1));
        for seed in 0..6 {
            let template = Template::extract(&roi(seed, Pose::UPRIGHT, seed));
            let align = || Align { variants: &probe.variants, code: template.code() };
            let alignment = align().run().unwrap();
            assert_eq!(dispatch(align()), Some(alignment));
            let variant = &probe.variants[alignment.variant];
            let elastic = || Elastic { variant, alignment, code: template.code() };
            assert_eq!(dispatch(elastic()).to_bits(), elastic().run().to_bits());
        }
    }

    #[test]
    fn what_has_no_features_matches_nobody() {
        let blank = Roi::from_grey(vec![140; Roi::SIDE_PX * Roi::SIDE_PX]).unwrap();
        let palm = roi(4, Pose::UPRIGHT, 4);
        assert_eq!(Probe::build(&blank).compare(&Template::extract(&palm)), Score::new(0.0));
        assert_eq!(Probe::build(&palm).compare(&Template::extract(&blank)), Score::new(0.0));
        assert_eq!(Probe::build(&blank).compare(&Template::extract(&blank)), Score::new(0.0));
    }
}
