//! The risk that a caller accepts.

/// The risk a caller accepts: how many searches of people who are not enrolled may end in an identity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TargetFpir(f64);

impl TargetFpir {
    /// `None` unless 0 < `rate` ≤ 0.01.
    pub fn new(rate: f64) -> Option<TargetFpir> {
        (rate > 0.0 && rate <= 0.01).then_some(TargetFpir(rate))
    }

    /// False positive identifications per search of someone who is not enrolled, above 0 and at most 0.01.
    pub fn rate(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_small_positive_rate_is_a_risk() {
        assert!(TargetFpir::new(1e-3).is_some());
        assert!(TargetFpir::new(0.01).is_some());
        for wrong in [0.0, -1e-3, 0.011, 1.0, f64::NAN, f64::INFINITY] {
            assert!(TargetFpir::new(wrong).is_none(), "{wrong}");
        }
    }
}
