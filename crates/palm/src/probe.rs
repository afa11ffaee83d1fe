//! The template put in for comparison: built once, compared with many.

use crate::{Roi, Score, Template};

/// A palm prepared for search: its features at several rotations and scales. Wiped when dropped.
pub struct Probe(());

impl Probe {
    /// Draws the features of a region of interest at every rotation and scale that is searched.
    pub fn build(roi: &Roi) -> Probe {
        let _ = roi;
        todo!()
    }

    /// Compares with one template: the best agreement over translation, rotation and scale.
    pub fn compare(&self, template: &Template) -> Score {
        let _ = template;
        todo!()
    }
}

impl std::fmt::Debug for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Probe(..)")
    }
}
