//! Streams what a network learns from to standard output: drawn on the spot, nothing touches the disk.
//!
//! ```text
//! squares   drawn palms, as the extractor sees them: { label u32, 64 × 64 × i8 } per capture
//! scores    comparisons of drawn palms, for calibration: { palm u32, other u32, cosine f32, agreement f32 }
//! folder    the regions of interest in a folder, likewise; for measuring, never for training
//! ```
//!
//! Capture `n` of a stream depends on its seed and on `n` alone, so that a run which stops goes on where it was.

mod scores;
mod squares;

use clap::Parser;

/// Streams what a network learns from to standard output.
#[derive(Parser)]
enum Stream {
    /// Drawn palms, as the extractor sees them.
    Squares(squares::Squares),
    /// Comparisons of drawn palms, for calibration.
    Scores(scores::Scores),
    /// The regions of interest in a folder laid out as `<palm>/<session>/<image>`, for measuring only.
    Folder(squares::Folder),
}

fn main() -> anyhow::Result<()> {
    match Stream::parse() {
        Stream::Squares(squares) => squares.write(),
        Stream::Scores(scores) => scores.write(),
        Stream::Folder(folder) => folder.write(),
    }
}
