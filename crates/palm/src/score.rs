//! What a comparison gives, and what it means.

/// A comparison score: a similarity from 0 (nothing in common) to 1 (the same features). Always finite.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Score(f32);

impl Score {
    /// Takes a similarity; what is not finite becomes 0, and the rest is clamped to 0–1.
    pub fn new(similarity: f32) -> Score {
        Score(if similarity.is_finite() { similarity.clamp(0.0, 1.0) } else { 0.0 })
    }

    /// The similarity, 0–1.
    pub fn similarity(self) -> f32 {
        self.0
    }

    /// The false match rate expected of a threshold at this score, from a model of the non-mated scores' tail.
    pub fn fmr(self) -> f64 {
        todo!()
    }
}
