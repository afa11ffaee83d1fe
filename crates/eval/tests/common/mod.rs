//! Folders of drawn squares, and runs over them.

use handsel_eval::{EvalError, Evaluation, Input, Layout, Options, Protocol, Source, run};
use handsel_palm::{Roi, Side};
use handsel_synth::{Conditions, Palm};
use std::path::Path;

/// Draws one capture of an invented palm.
fn square(palm: u64, capture: u32) -> image::GrayImage {
    let side = Roi::SIDE_PX as u32;
    let drawn = Palm::from_seed(palm, Side::Left).draw_roi(&Conditions::of_capture(palm, capture));
    image::GrayImage::from_raw(side, side, drawn).expect("a square of that side")
}

/// Writes one capture in the format that its name ends in.
pub(crate) fn write(path: &Path, palm: u64, capture: u32) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
    square(palm, capture).save(path).expect("written");
}

/// Runs over a folder of squares.
pub(crate) fn measure(dir: &Path, layout: Layout, protocol: Protocol) -> Result<Evaluation, EvalError> {
    let source = Source::Folder { dir: dir.into(), input: Input::Roi, layout };
    run(&Options { source, protocol, command: "handsel eval DIR".into() }, &mut |_, _, _| ())
}
