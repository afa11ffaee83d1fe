//! Streams what a network learns from to standard output: drawn on the spot, nothing touches the disk.
//!
//! ```text
//! squares   drawn palms, as the extractor sees them: { label u32, 64 × 64 × i8 } per capture
//! scores    comparisons of drawn palms, for calibration: { palm u32, other u32, cosine f32, agreement f32 }
//! hands     drawn frames, as the localiser looks at them: { 128 × 128 × 3 × i8, 16 × 2 × f32, 6 × f32 } per frame
//! ranges    no stream but a table: how recognition holds across skin, side, light and distance, on drawn hands
//! vectors   what the extractor says of drawn palms, to turn its directions: { 256 × i8 } per palm
//! folder    the regions of interest in a folder, likewise; for measuring, never for training
//! ```
//!
//! Capture `n` of a stream depends on its seed and on `n` alone, so that a run which stops goes on where it was.

mod hands;
mod output;
mod ranges;
mod scores;
mod squares;
mod vectors;

use clap::Parser;

/// Streams what a network learns from to standard output.
#[derive(Parser)]
enum Stream {
    /// Drawn palms, as the extractor sees them.
    Squares(squares::Squares),
    /// Comparisons of drawn palms, for calibration.
    Scores(scores::Scores),
    /// Drawn frames with and without a hand, as the localiser looks at them.
    Hands(hands::Hands),
    /// How recognition holds across skin, side, light and distance, on drawn hands: a table.
    Ranges(ranges::Ranges),
    /// What the extractor says of drawn palms, to turn its directions (`training/rotate.py`).
    Vectors(vectors::Vectors),
    /// The regions of interest in a folder laid out as `<palm>/<session>/<image>`, for measuring only.
    Folder(squares::Folder),
}

fn main() -> anyhow::Result<()> {
    match Stream::parse() {
        Stream::Squares(squares) => squares.write(),
        Stream::Scores(scores) => scores.write(),
        Stream::Hands(hands) => hands.write(),
        Stream::Ranges(ranges) => ranges.write(),
        Stream::Vectors(vectors) => vectors.write(),
        Stream::Folder(folder) => folder.write(),
    }
}

/// A number that looks drawn at random (the finaliser of SplitMix64).
fn mixed(value: u64) -> u64 {
    let z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
