//! Writes folders of drawn palms, laid out as `handsel eval` reads them.

use crate::{conditions::Conditions, drawn, palm::Palm};
use handsel_palm::{Roi, Side};
use image::ExtendedColorType;
use serde_json::json;
use std::{fs, io, path::Path};

/// What to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dataset {
    /// How many palms: left and right in turn, every palm of another invented person.
    pub palms: u32,
    /// How many captures of each.
    pub captures: u32,
    /// What everything is drawn from.
    pub seed: u64,
    /// Width and height of a whole-hand image in pixels.
    pub size_px: (u32, u32),
    /// Whether captures are as hard as those that training uses, not as a shop's.
    pub training: bool,
}

impl Dataset {
    /// Palms and captures under seed 1, 960 × 720, as a shop would see them.
    pub fn new(palms: u32, captures: u32) -> Dataset {
        Dataset { palms, captures, seed: 1, size_px: (960, 720), training: false }
    }

    /// Writes every capture under `dir`: `hand/<palm>/1/<nn>.jpg` with its key points in `<nn>.json` beside it, and
    /// `roi/<palm>/1/<nn>.png`. Calls `progress` after each capture with how many are done.
    ///
    /// # Errors
    /// What the file system answers; what was written before stays.
    pub fn write(&self, dir: &Path, mut progress: impl FnMut(u32)) -> io::Result<()> {
        let mut done = 0;
        for index in 0..self.palms {
            let palm = self.palm(index);
            let name = format!("{index:04}-{}", palm.side().as_str());
            let (hands, rois) = (dir.join("hand").join(&name).join("1"), dir.join("roi").join(&name).join("1"));
            fs::create_dir_all(&hands)?;
            fs::create_dir_all(&rois)?;
            for capture in 0..self.captures {
                let conditions = self.conditions(index, capture);
                let hand = palm.draw_hand(&conditions);
                fs::write(hands.join(format!("{capture:02}.jpg")), hand.to_jpeg(92))?;
                let points: serde_json::Map<_, _> =
                    hand.key_points.iter().map(|&(name, x, y)| (name.to_owned(), json!([x, y]))).collect();
                let truth = json!({
                    "side": palm.side().as_str(),
                    "width_px": hand.width,
                    "height_px": hand.height,
                    "rotation_deg": conditions.rotation_deg,
                    "key_points_px": points,
                });
                fs::write(hands.join(format!("{capture:02}.json")), format!("{truth:#}\n"))?;
                let side = Roi::SIDE_PX as u32;
                let roi = drawn::png(side, side, &palm.draw_roi(&conditions), ExtendedColorType::L8);
                fs::write(rois.join(format!("{capture:02}.png")), roi)?;
                done += 1;
                progress(done);
            }
        }
        Ok(())
    }

    /// The palm of this index.
    pub fn palm(&self, index: u32) -> Palm {
        let side = if index.is_multiple_of(2) { Side::Left } else { Side::Right };
        Palm::from_seed(self.seed.wrapping_mul(1_000_003).wrapping_add(u64::from(index)), side)
    }

    /// The conditions of this palm's capture.
    pub fn conditions(&self, index: u32, capture: u32) -> Conditions {
        let (width, height) = self.size_px;
        let seed = self.seed.wrapping_mul(7_919).wrapping_add(u64::from(index) << 20);
        let draw = if self.training { Conditions::of_training } else { Conditions::of_capture };
        draw(seed, capture).sized(width, height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_laid_out_as_eval_reads_it() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let dataset = Dataset { size_px: (320, 240), ..Dataset::new(2, 2) };
        let mut calls = Vec::new();
        dataset.write(dir.path(), |done| calls.push(done)).expect("written");
        assert_eq!(calls, [1, 2, 3, 4]);
        for palm in ["0000-left", "0001-right"] {
            for capture in ["00", "01"] {
                let hand = dir.path().join("hand").join(palm).join("1");
                let frame = image::open(hand.join(format!("{capture}.jpg"))).expect("a JPEG");
                assert_eq!((frame.width(), frame.height()), (320, 240));
                let truth = fs::read(hand.join(format!("{capture}.json"))).expect("its truth");
                let truth: serde_json::Value = serde_json::from_slice(&truth).expect("JSON");
                assert!(palm.ends_with(truth["side"].as_str().expect("a side")));
                assert_eq!(truth["key_points_px"].as_object().expect("points").len(), crate::KEY_POINTS.len());
                let roi = dir.path().join("roi").join(palm).join("1").join(format!("{capture}.png"));
                assert_eq!(image::open(roi).expect("a PNG").width(), 128);
            }
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        assert!(Dataset::new(1, 1).write(file.path(), |_| {}).is_err());
    }
}
