//! Features: binary codes of how a palm's lines run.
//!
//! ```text
//! roi ─► normalise ─► filter (6 orientations) ─► code (sign of each response, on a 32 × 32 grid)
//!                                                  template: as it lies · probe: every rotation, scale and half cell
//! align   (every rotation × scale × shift, whole codes) ─► the best alignments
//! elastic (around each: 4 × 4 blocks, each free to move a little) ─► similarity
//! ```
//!
//! The codes follow the binary orientation co-occurrence vector (Guo, Zhang, Zhang and Zuo 2009: oriented band-pass
//! filters, responses binarised at zero, normalised Hamming distance) with the fragile bits of E-BOCV left out of the
//! comparison (Zhang, Li and Niu 2012). Rotation, scale and the skin's own stretch are taken up at comparison.
//!
//! All constants below were chosen on 100 palms photographed in two sessions weeks apart, with the second session
//! additionally turned by up to 7°, scaled by up to 7 %, shifted by up to 9 px, blurred and made noisy; nothing is
//! trained.

pub(crate) mod align;
pub(crate) mod code;
#[cfg(test)]
pub(crate) mod drawn;
pub(crate) mod elastic;
pub(crate) mod filter;
pub(crate) mod kernel;
pub(crate) mod normalise;

/// Orientations a code has, evenly spaced over 180°; as published.
pub(crate) const CHANNELS: usize = 6;

/// Cells along each side of a code. One cell is 4 px of the region of interest, as published.
pub(crate) const GRID: usize = 32;

/// 32-bit words in one code: one per row and channel, rows outermost, bit `x` is column `x`.
pub(crate) const WORDS: usize = GRID * CHANNELS;
