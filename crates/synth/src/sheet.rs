//! Contact sheets, so that a person can judge how real the drawings look.

use crate::{Dataset, drawn};
use handsel_palm::Roi;
use image::ExtendedColorType;

/// The side of a region of interest on the sheet, which is also the height of a row, in pixels.
const SIDE: usize = Roi::SIDE_PX;
/// The width of a whole hand on the sheet in pixels: the hand is drawn at twice this size and halved.
const HAND: usize = SIDE * 4 / 3;
/// Light grey between pictures, in pixels.
const GAP: usize = 4;

impl Dataset {
    /// A sheet of this data set as a PNG: palms in rows, the captures' regions of interest in columns, and on the right the
    /// first capture's whole hand.
    pub fn contact_sheet(&self) -> Vec<u8> {
        let (palms, captures) = (self.palms as usize, self.captures as usize);
        let width = captures * (SIDE + GAP) + HAND;
        let height = palms * (SIDE + GAP) - GAP;
        let mut sheet = vec![230; 3 * width * height];
        for row in 0..palms {
            let palm = self.palm(row as u32);
            let mut paste = |left: usize, wide: usize, rgb: &dyn Fn(usize, usize) -> [u8; 3]| {
                for y in 0..SIDE {
                    for x in 0..wide {
                        let at = 3 * ((row * (SIDE + GAP) + y) * width + left + x);
                        sheet[at..at + 3].copy_from_slice(&rgb(x, y));
                    }
                }
            };
            for capture in 0..captures {
                let grey = palm.draw_roi(&self.conditions(row as u32, capture as u32));
                paste(capture * (SIDE + GAP), SIDE, &|x, y| [grey[y * SIDE + x]; 3]);
            }
            let hand = palm.draw_hand(&self.conditions(row as u32, 0).sized(2 * HAND as u32, 2 * SIDE as u32));
            paste(captures * (SIDE + GAP), HAND, &|x, y| {
                let at = |dx: usize, dy: usize, c: usize| {
                    u16::from(hand.rgb[3 * ((2 * y + dy) * 2 * HAND + 2 * x + dx) + c])
                };
                std::array::from_fn(|c| ((at(0, 0, c) + at(1, 0, c) + at(0, 1, c) + at(1, 1, c)) / 4) as u8)
            });
        }
        drawn::png(width as u32, height as u32, &sheet, ExtendedColorType::Rgb8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_shows_every_capture_in_its_place() {
        let dataset = Dataset::new(2, 3);
        let sheet = image::load_from_memory(&dataset.contact_sheet()).expect("a PNG").to_rgb8();
        assert_eq!(sheet.dimensions(), ((3 * (SIDE + GAP) + HAND) as u32, (2 * SIDE + GAP) as u32));
        let grey = dataset.palm(1).draw_roi(&dataset.conditions(1, 2));
        for (x, y) in [(0, 0), (50, 80), (127, 127)] {
            let pixel = sheet.get_pixel((2 * (SIDE + GAP) + x) as u32, (SIDE + GAP + y) as u32);
            assert_eq!(pixel.0, [grey[y * SIDE + x]; 3]);
        }
    }
}
