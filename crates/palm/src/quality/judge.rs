//! From measures to a score and reasons.

use super::{Quality, Reason, measure::Measures};

/// Everything a found palm is judged by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence {
    pub(crate) measures: Measures,
    /// 98 % of the frame are darker than this, 0–255.
    pub(crate) lightest: f32,
    /// Blur of the hand's outline in pixels of the region of interest, where it can be measured.
    pub(crate) edge_blur_px: Option<f32>,
    /// Frame pixels per pixel of the region of interest.
    pub(crate) frame_px_per_px: f32,
    /// The share of the region of interest that lies outside the frame.
    pub(crate) outside_share: f32,
    /// How likely the fingers are held together, and how likely the back of the hand is shown, 0–1.
    pub(crate) closed: f32,
    pub(crate) back: f32,
    /// How large the region of interest is against the frame's shorter side.
    pub(crate) fill: f32,
}

/// One thing that can be wrong: at `useless` and beyond, a sample is refused for it; from `ideal` on, nothing is lost.
pub(crate) struct Scale {
    reason: Reason,
    useless: f32,
    ideal: f32,
}

impl Scale {
    const fn new(reason: Reason, useless: f32, ideal: f32) -> Scale {
        Scale { reason, useless, ideal }
    }

    /// 0 at useless to 1 at ideal.
    pub(crate) fn fitness(&self, value: f32) -> f32 {
        ((value - self.useless) / (self.ideal - self.useless)).clamp(0.0, 1.0)
    }
}

/// Median grey of the palm. A webcam before a window gives 45–65 and compares well.
const DARK: Scale = Scale::new(Reason::TooDark, 16.0, 60.0);
/// The lightest thing in the frame (98 % are darker): a dark palm before a window is dark, but there is light.
pub(crate) const UNLIT: Scale = Scale::new(Reason::TooDark, 72.0, 100.0);
/// Share of black pixels.
const BLACK: Scale = Scale::new(Reason::TooDark, 0.4, 0.05);
/// Median grey of the palm; flash on pale skin gives 230 and compares well.
const BRIGHT: Scale = Scale::new(Reason::TooBright, 249.0, 230.0);
/// Share of white pixels.
const WHITE: Scale = Scale::new(Reason::TooBright, 0.4, 0.05);
/// Sharpness (see [`Measures`]): sharp phones give 0.3–0.5, a sharp webcam 0.27; a Gaussian blur of 2 pixels of the region
/// gives 0.2, one of 3 gives 0.17.
const BLUR: Scale = Scale::new(Reason::Blurred, 0.18, 0.28);
/// Blur of the outline in pixels of the region: fingers' roundness and shadow give up to 2.2 on sharp pictures.
const EDGE_BLUR: Scale = Scale::new(Reason::Blurred, 3.0, 2.2);
/// Frame pixels per pixel of the region: below 1 detail is missing.
const FAR: Scale = Scale::new(Reason::TooFar, 0.55, 1.1);
/// Share of the region outside the frame.
const OUTSIDE: Scale = Scale::new(Reason::CutOff, 0.06, 0.0);
/// A region this large against the frame's shorter side that does not fit is too close, not beside the frame.
const CLOSE_FILL: f32 = 0.6;
/// Below this fitness a reason is named though the sample is accepted.
const NAMED_BELOW: f32 = 0.5;
/// The palm's three principal lines run across it; the back of a hand has nothing so dark and so long there. Half-way, in
/// ratio, between the faintest of 173 real palms (0.020) and the strongest of 46 drawn backs (0.013); no real back has
/// been measured, and wrinkled ones may pass for palms.
const MIN_LINES_ACROSS: f32 = 0.016;

/// From this probability on, something is taken to be so.
const LIKELY: f32 = 0.5;

/// Judges a found palm; refused when the score is 0.
pub(crate) fn judge(evidence: &Evidence) -> Quality {
    let Evidence { measures: m, edge_blur_px, lightest, frame_px_per_px, outside_share, closed, back, fill } =
        *evidence;
    let sharp = BLUR.fitness(m.sharpness).min(edge_blur_px.map_or(1.0, |px| EDGE_BLUR.fitness(px)));
    let mut fitness = [
        (OUTSIDE.reason, OUTSIDE.fitness(outside_share)),
        (FAR.reason, FAR.fitness(frame_px_per_px)),
        (DARK.reason, DARK.fitness(m.median).min(UNLIT.fitness(lightest)).min(BLACK.fitness(m.black_share))),
        (BRIGHT.reason, BRIGHT.fitness(m.median).min(WHITE.fitness(m.white_share))),
        (BLUR.reason, sharp),
    ];
    if fill > CLOSE_FILL {
        fitness[0].0 = Reason::TooClose;
    }
    fitness.sort_by(|a, b| a.1.total_cmp(&b.1));
    let worst = fitness[0].1;
    if worst == 0.0 {
        let reasons = fitness.iter().filter(|f| f.1 == 0.0).map(|f| f.0).collect();
        return Quality { score: 0, reasons };
    }
    if closed >= LIKELY {
        return Quality { score: 0, reasons: vec![Reason::FingersClosed] };
    }
    if back >= LIKELY || m.lines_across < MIN_LINES_ACROSS {
        // Blur takes the lines away too: of a blurred picture, only the blur is certain.
        return Quality {
            score: 0,
            reasons: vec![if sharp < NAMED_BELOW { Reason::Blurred } else { Reason::BackOfHand }],
        };
    }
    let mean = fitness.iter().map(|f| f.1).sum::<f32>() / fitness.len() as f32;
    let score = (50.0 * (worst + mean)).round().clamp(1.0, 100.0) as u8;
    let reasons = fitness.iter().filter(|f| f.1 < NAMED_BELOW).map(|f| f.0).collect();
    Quality { score, reasons }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Evidence {
        let measures = Measures {
            median: 150.0,
            black_share: 0.0,
            white_share: 0.0,
            sharpness: 0.4,
            lines_across: 0.05,
            lines_along: 0.03,
        };
        Evidence {
            measures,
            lightest: 180.0,
            edge_blur_px: Some(0.8),
            frame_px_per_px: 2.0,
            outside_share: 0.0,
            closed: 0.0,
            back: 0.0,
            fill: 0.4,
        }
    }

    #[test]
    fn nothing_wrong_is_100() {
        assert_eq!(judge(&good()), Quality { score: 100, reasons: vec![] });
    }

    #[test]
    fn each_fault_alone_refuses_and_is_named() {
        let with = |change: fn(&mut Evidence)| {
            let mut evidence = good();
            change(&mut evidence);
            judge(&evidence)
        };
        let refused = |reason| Quality { score: 0, reasons: vec![reason] };
        assert_eq!(with(|e| e.measures.median = 10.0), refused(Reason::TooDark));
        assert_eq!(with(|e| e.measures.black_share = 0.5), refused(Reason::TooDark));
        assert_eq!(with(|e| e.lightest = 60.0), refused(Reason::TooDark));
        assert_eq!(with(|e| e.measures.median = 252.0), refused(Reason::TooBright));
        assert_eq!(with(|e| e.measures.white_share = 0.5), refused(Reason::TooBright));
        assert_eq!(with(|e| e.measures.sharpness = 0.1), refused(Reason::Blurred));
        assert_eq!(with(|e| e.edge_blur_px = Some(4.0)), refused(Reason::Blurred));
        assert_eq!(with(|e| e.measures.lines_across = 0.01), refused(Reason::BackOfHand));
        assert_eq!(with(|e| e.back = 0.9), refused(Reason::BackOfHand));
        assert_eq!(with(|e| e.closed = 0.9), refused(Reason::FingersClosed));
        assert_eq!(with(|e| e.frame_px_per_px = 0.4), refused(Reason::TooFar));
        assert_eq!(with(|e| e.outside_share = 0.2), refused(Reason::CutOff));
        assert_eq!(with(|e| (e.outside_share, e.fill) = (0.2, 0.8)), refused(Reason::TooClose));
    }

    #[test]
    fn a_slight_fault_lowers_the_score_and_is_named() {
        let mut evidence = good();
        evidence.measures.sharpness = 0.22;
        let quality = judge(&evidence);
        assert!((40..80).contains(&quality.score), "{}", quality.score);
        assert_eq!(quality.reasons, [Reason::Blurred]);
    }
}
