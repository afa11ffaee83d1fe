//! Type: from a text in any direction to glyphs from left to right.

use harfrust::{Direction, FontRef, ShapeOptions, ShaperData, UnicodeBuffer};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::MetadataProvider;
use std::{collections::BTreeSet, ops::Range, sync::LazyLock};
use unicode_bidi::BidiInfo;

/// What stands for a letter that no face has.
const MISSING: char = '□';

/// Faces in the order in which a letter is looked for.
pub(super) struct Type(Vec<Face>);

/// One file of letters: read for its letters, for its rules, and to be put into a PDF.
struct Face {
    letters: FontRef<'static>,
    rules: ShaperData,
    font: Font,
}

/// The slip's own type.
pub(super) static MONO: LazyLock<Type> = LazyLock::new(|| {
    Type::of(&[
        include_bytes!("../../../fonts/slip-mono.ttf").as_slice(),
        include_bytes!("../../../fonts/slip-more.ttf").as_slice(),
    ])
});

/// For names and sums.
pub(super) static BOLD: LazyLock<Type> =
    LazyLock::new(|| Type::of(&[include_bytes!("../../../fonts/slip-bold.ttf").as_slice()]));

/// A text that the faces can show.
pub(super) struct Clean {
    pub(super) text: String,
    /// Whether letters were replaced.
    pub(super) lacks: bool,
}

/// One line, ready to be drawn from left to right. Widths are in ems.
pub(super) struct Shaped {
    pub(super) runs: Vec<Run>,
    pub(super) width: f32,
    /// Whether the line as a whole is read from the right.
    pub(super) from_right: bool,
}

/// Glyphs of one face in one direction.
pub(super) struct Run {
    pub(super) font: Font,
    pub(super) text: String,
    pub(super) glyphs: Vec<KrillaGlyph>,
    pub(super) width: f32,
}

impl Type {
    /// Faces that are parts of the program; the tests read every one.
    fn of(files: &[&'static [u8]]) -> Type {
        let face = |file: &&'static [u8]| {
            let letters = FontRef::new(file).ok()?;
            Some(Face { rules: ShaperData::new(&letters), font: Font::new(file.to_vec().into(), 0)?, letters })
        };
        Type(files.iter().filter_map(face).collect())
    }

    /// Leaves out what has no shape of its own, and replaces letters that no face has.
    pub(super) fn clean(&self, text: &str) -> Clean {
        let mut lacks = false;
        let mut show = |letter: char| {
            let known = self.face_of(letter).is_some();
            lacks |= !known;
            if known { letter } else { MISSING }
        };
        let text = text.chars().filter(|letter| !is_invisible(*letter)).map(&mut show).collect();
        Clean { text, lacks }
    }

    /// Shapes one line of a clean text.
    pub(super) fn shape(&self, text: &str) -> Shaped {
        let bidi = BidiInfo::new(text, None);
        let mut shaped = Shaped { runs: Vec::new(), width: 0.0, from_right: false };
        let Some(paragraph) = bidi.paragraphs.first() else { return shaped };
        shaped.from_right = paragraph.level.is_rtl();
        let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
        for run in runs {
            let from_right = levels.get(run.start).is_some_and(unicode_bidi::Level::is_rtl);
            let mut parts = self.parts(text, run);
            if from_right {
                parts.reverse();
            }
            for (face, part) in parts {
                let Some(text) = text.get(part) else { continue };
                let run = self.run(face, text, from_right);
                shaped.width += run.width;
                shaped.runs.push(run);
            }
        }
        shaped
    }

    /// Cuts a run where another face is needed.
    fn parts(&self, text: &str, run: Range<usize>) -> Vec<(usize, Range<usize>)> {
        let mut parts: Vec<(usize, Range<usize>)> = Vec::new();
        let letters = text.get(run.clone()).unwrap_or_default().char_indices();
        for (at, letter) in letters {
            let (start, end) = (run.start + at, run.start + at + letter.len_utf8());
            let face = self.face_of(letter).unwrap_or(0);
            match parts.last_mut() {
                Some((same, part)) if *same == face => part.end = end,
                _ => parts.push((face, start..end)),
            }
        }
        parts
    }

    fn run(&self, face: usize, text: &str, from_right: bool) -> Run {
        let Face { letters, rules, font } = &self.0[face];
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(if from_right { Direction::RightToLeft } else { Direction::LeftToRight });
        let output = rules.shaper(letters).build().shape(buffer, ShapeOptions::new());
        let em = font.units_per_em();
        let starts: BTreeSet<usize> = output.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        let glyphs: Vec<KrillaGlyph> = output
            .glyph_infos()
            .iter()
            .zip(output.glyph_positions())
            .map(|(info, place)| {
                let start = info.cluster as usize;
                let end = starts.range(start + 1..).next().copied().unwrap_or(text.len());
                let [advance, right, up, down] =
                    [place.x_advance, place.x_offset, place.y_offset, place.y_advance].map(|units| units as f32 / em);
                KrillaGlyph::new(GlyphId::new(info.glyph_id), advance, right, up, down, start..end, None)
            })
            .collect();
        let units: i32 = output.glyph_positions().iter().map(|place| place.x_advance).sum();
        Run { font: font.clone(), text: text.to_owned(), glyphs, width: units as f32 / em }
    }

    fn face_of(&self, letter: char) -> Option<usize> {
        self.0.iter().position(|face| face.letters.charmap().map(letter).is_some())
    }
}

/// Signs that steer other letters and show nothing: directions are found from the letters themselves.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        || letter.is_control()
}
