//! A receipt as a PDF: the slip on a page of its own size. Tagged, with a title and a language, as PDF/UA-1 asks.

use super::{
    shape::{BOLD, MONO, Shaped, Type},
    slip::{Line, On, Slip},
};
use crate::app::{Answer, Refusal};
use handsel_api::receipts::Receipt;
use krilla::{
    Document, SerializeSettings,
    color::rgb,
    configure::{Accessibility, ConfigurationBuilder},
    destination::XyzDestination,
    geom::{Path, PathBuilder, Point},
    metadata::Metadata,
    outline::{Outline, OutlineNode},
    page::PageSettings,
    paint::{Fill, LineCap, Stroke, StrokeDash},
    surface::Surface,
    tagging::{Artifact, ArtifactType, ContentTag, SpanTag, Tag, TagGroup, TagKind, TagTree},
};
use std::num::NonZeroU16;

/// What is printed on, in points.
#[derive(Clone, Copy)]
pub(in crate::pages) struct Paper {
    width: f32,
    margin: f32,
    /// A sheet of this height at least; without one, a slip that is torn off where its text ends.
    height: Option<f32>,
}

/// As wide as A6, 105 mm.
const SLIP: Paper = Paper { width: 297.64, margin: 26.0, height: None };
pub(in crate::pages) const A4: Paper = Paper { width: 595.28, margin: 44.0, height: Some(841.89) };

/// Red, green, blue.
type Ink = [u8; 3];
/// The colours of web/assets/css/slip.css.
const INK: Ink = [0x0f, 0x1a, 0x52];
const SOFT: Ink = [0x3d, 0x46, 0x77];
const RULE: Ink = [0xc5, 0xcb, 0xe2];
const EDGE: Ink = [0x6f, 0x79, 0xb3];
/// The width and height of a tooth where the paper is torn.
const TOOTH: f32 = 6.0;

/// How a line is set.
#[derive(Clone, Copy)]
pub(in crate::pages) struct Set {
    face: &'static std::sync::LazyLock<Type>,
    size: f32,
    ink: Ink,
    /// From line to line.
    step: f32,
}

impl Set {
    /// For headings.
    pub(in crate::pages) const fn bold(size: f32) -> Set {
        Set { face: &BOLD, size, ink: INK, step: size * 1.3 }
    }

    /// For reading.
    pub(in crate::pages) const fn plain(size: f32) -> Set {
        Set { face: &MONO, size, ink: INK, step: size * 1.35 }
    }
}

const NAME: Set = Set { face: &BOLD, size: 14.0, ink: INK, step: 18.0 };
const TOTAL: Set = Set { face: &BOLD, size: 19.0, ink: INK, step: 25.0 };
const BODY: Set = Set { face: &MONO, size: 9.0, ink: INK, step: 14.5 };
const LABEL: Set = Set { ink: SOFT, ..BODY };
const SMALL: Set = Set { face: &MONO, size: 8.0, ink: SOFT, step: 12.0 };

/// The receipt as a PDF.
pub(super) fn write(receipt: &Receipt) -> Answer<Vec<u8>> {
    let slip = Slip::of(receipt, On::Screen);
    let mut sheet = Sheet::new(SLIP);
    sheet.block(TagKind::from(Tag::Hn(NonZeroU16::MIN, Some(slip.merchant.clone()))), &slip.merchant, NAME);
    sheet.gap(2.0);
    sheet.block(Tag::P.into(), &slip.site, BODY);
    sheet.block(Tag::P.into(), &slip.when, BODY);
    sheet.rule();
    for line in &slip.sums {
        sheet.pair(line, LABEL, BODY);
    }
    sheet.rule();
    sheet.pair(&slip.total, TOTAL, TOTAL);
    sheet.rule();
    for line in &slip.facts {
        sheet.pair(line, LABEL, BODY);
    }
    sheet.gap(8.0);
    sheet.block(Tag::P.into(), "Reference", SMALL);
    sheet.block(Tag::P.into(), &slip.reference, SMALL);
    for note in &slip.notes {
        sheet.gap(6.0);
        sheet.block(Tag::P.into(), note, Set { ink: INK, ..SMALL });
    }
    if sheet.lacks {
        sheet.gap(6.0);
        let note = "□ stands for a letter this file has no type for; the receipt’s page shows it.";
        sheet.block(Tag::P.into(), note, SMALL);
    }
    sheet.finish(&format!("Receipt from {}", slip.merchant))
}

/// What is put on the paper, from top to bottom, before its length is known.
pub(in crate::pages) struct Sheet {
    paper: Paper,
    y: f32,
    marks: Vec<Mark>,
    lacks: bool,
}

enum Mark {
    /// A heading, a paragraph, or a name with its value: read as one.
    Group(TagKind, Vec<Placed>),
    Rule(f32),
}

struct Placed {
    shaped: Shaped,
    at: Point,
    set: Set,
}

impl Sheet {
    /// An empty one.
    pub(in crate::pages) fn new(paper: Paper) -> Sheet {
        Sheet { paper, y: paper.margin, marks: Vec::new(), lacks: false }
    }

    /// Leaves room.
    pub(in crate::pages) fn gap(&mut self, height: f32) {
        self.y += height;
    }

    /// A line across.
    pub(in crate::pages) fn rule(&mut self) {
        self.marks.push(Mark::Rule(self.y + 5.0));
        self.y += 14.0;
    }

    /// A text on as many lines as it needs; at the right if it is read from there.
    pub(in crate::pages) fn block(&mut self, tag: TagKind, text: &str, set: Set) {
        let mut placed = Vec::new();
        for shaped in self.wrap(text, set) {
            let right = shaped.from_right;
            placed.push(self.place(shaped, set, right));
            self.y += set.step;
        }
        self.marks.push(Mark::Group(tag, placed));
    }

    /// A name at the left and its value at the right, below it where both do not fit on one line.
    fn pair(&mut self, line: &Line, name: Set, value: Set) {
        // With a space, so that what is read out or copied keeps them apart.
        let left = name.face.shape(&format!("{} ", line.name));
        let taken = left.width * name.size;
        let mut placed = vec![self.place(left, name, false)];
        let values = self.wrap(&line.value, value);
        let fits = values.len() == 1 && values.iter().all(|one| taken + one.width * value.size <= self.inner());
        if !fits {
            self.y += name.step;
        }
        for shaped in values {
            placed.push(self.place(shaped, value, true));
            self.y += value.step;
        }
        self.marks.push(Mark::Group(Tag::P.into(), placed));
    }

    fn place(&self, shaped: Shaped, set: Set, right: bool) -> Placed {
        let x = if right { self.paper.width - self.paper.margin - shaped.width * set.size } else { self.paper.margin };
        Placed { shaped, at: Point::from_xy(x, self.y + set.size), set }
    }

    /// Breaks at spaces; a word that is wider than the paper is cut.
    fn wrap(&mut self, text: &str, set: Set) -> Vec<Shaped> {
        let clean = set.face.clean(text);
        self.lacks |= clean.lacks;
        let inner = self.inner();
        let fits = |text: &str| set.face.shape(text).width * set.size <= inner;
        let (mut lines, mut line) = (Vec::new(), String::new());
        for word in clean.text.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if fits(&longer) {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                // The space stays, so that words are still apart when the lines are read as one.
                lines.push(std::mem::take(&mut line) + " ");
            }
            for letter in word.chars() {
                line.push(letter);
                if !fits(&line) && line.chars().count() > 1 {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, letter.to_string()));
                }
            }
        }
        lines.push(line);
        lines.iter().map(|line| set.face.shape(line)).collect()
    }

    /// Whether it is no longer than its paper.
    pub(in crate::pages) fn fits(&self) -> bool {
        self.paper.height.is_none_or(|height| self.height() <= height)
    }

    fn height(&self) -> f32 {
        self.y + self.paper.margin + TOOTH
    }

    fn inner(&self) -> f32 {
        self.paper.width - 2.0 * self.paper.margin
    }

    /// The document.
    pub(in crate::pages) fn finish(self, title: &str) -> Answer<Vec<u8>> {
        let refused = || Refusal::internal("a PDF");
        let configuration = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish();
        let settings =
            SerializeSettings { configuration: configuration.map_err(|_| refused())?, ..SerializeSettings::default() };
        let Paper { width, height: least, .. } = self.paper;
        let height = self.height().max(least.unwrap_or_default());
        let mut document = Document::new_with(settings);
        let mut page = document.start_page_with(PageSettings::from_wh(width, height).ok_or_else(refused)?);
        let mut surface = page.surface();
        let mut tags = TagTree::new().with_lang(Some("en".to_owned()));
        if least.is_none() {
            decoration(&mut surface, torn(width, height), Stroke { width: 0.8, ..stroke(EDGE) });
        }
        for mark in self.marks {
            match mark {
                Mark::Rule(y) => {
                    let dash = StrokeDash { array: vec![4.5, 3.5], offset: 0.0 };
                    decoration(
                        &mut surface,
                        across(self.paper, y),
                        Stroke { width: 1.3, dash: Some(dash), ..stroke(RULE) },
                    );
                }
                Mark::Group(tag, placed) => {
                    let mut group = TagGroup::new(tag);
                    for one in placed {
                        group.push(surface.start_tagged(ContentTag::Span(SpanTag::empty())));
                        draw(&mut surface, &one);
                        surface.end_tagged();
                    }
                    tags.push(group);
                }
            }
        }
        surface.finish();
        page.finish();
        let mut outline = Outline::new();
        outline.push_child(OutlineNode::new(title.to_owned(), XyzDestination::new(0, Point::from_xy(0.0, 0.0))));
        document.set_outline(outline);
        document.set_tag_tree(tags);
        document.set_metadata(Metadata::new().title(title.to_owned()).language("en".to_owned()));
        document.finish().map_err(|_| refused())
    }
}

fn draw(surface: &mut Surface<'_>, placed: &Placed) {
    surface.set_fill(Some(Fill { paint: color(placed.set.ink).into(), ..Fill::default() }));
    surface.set_stroke(None);
    let mut x = placed.at.x;
    for run in &placed.shaped.runs {
        let at = Point::from_xy(x, placed.at.y);
        surface.draw_glyphs(at, &run.glyphs, run.font.clone(), &run.text, placed.set.size, false);
        x += run.width * placed.set.size;
    }
}

/// Draws what is not read out.
fn decoration(surface: &mut Surface<'_>, path: Option<Path>, stroke: Stroke) {
    let Some(path) = path else { return };
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Other)));
    surface.set_fill(None);
    surface.set_stroke(Some(stroke));
    surface.draw_path(&path);
    surface.end_tagged();
}

fn color([red, green, blue]: Ink) -> rgb::Color {
    rgb::Color::new(red, green, blue)
}

fn stroke(ink: Ink) -> Stroke {
    Stroke { paint: color(ink).into(), line_cap: LineCap::Butt, ..Stroke::default() }
}

fn across(paper: Paper, y: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(paper.margin, y);
    path.line_to(paper.width - paper.margin, y);
    path.finish()
}

/// The edge where the slip was torn off.
fn torn(width: f32, height: f32) -> Option<Path> {
    let teeth = (width / TOOTH).floor() as u16;
    let wide = width / f32::from(teeth);
    let mut path = PathBuilder::new();
    path.move_to(0.0, height - 1.0);
    for tooth in 0..teeth {
        let left = f32::from(tooth) * wide;
        path.line_to(left + wide / 2.0, height - 1.0 - TOOTH / 2.0);
        path.line_to(left + wide, height - 1.0);
    }
    path.finish()
}
