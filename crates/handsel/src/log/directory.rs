//! The directory beside a log, followed from its first statement to its last one.

use anyhow::{Context, Result, bail};
use handsel_directory::audit::{Auditor, Fault};
use handsel_log::{
    Source,
    commitment::Leaf,
    layout::{Place, TILE_WIDTH},
};

/// A bundle is not longer.
const LONGEST: u64 = TILE_WIDTH * (2 + 65_535);

/// What was found, or what does not hold.
pub(super) enum Followed {
    /// The log says nothing of a directory.
    None,
    /// It only grew.
    Grew(Auditor),
    /// Something does not hold.
    Fault(Fault),
}

/// Reads every statement of a log of this size, which was found to hold.
pub(super) fn follow(source: &impl Source, size: u64) -> Result<Followed> {
    let mut auditor = Auditor::default();
    for bundle in 0..size.div_ceil(TILE_WIDTH) {
        let place = Place::of_tree(None, bundle, size).context("a bundle outside the tree")?;
        let bytes = match source.read(&place.path(), LONGEST)? {
            Some(bytes) => bytes,
            None => source.read(&place.full().path(), LONGEST)?.context("a bundle that was there is gone")?,
        };
        let mut rest = &bytes[..];
        for index in (bundle * TILE_WIDTH..size).take(TILE_WIDTH as usize) {
            let Some((length, tail)) = rest.split_first_chunk() else { bail!("a bundle that was whole is cut") };
            let length = usize::from(u16::from_be_bytes(*length));
            let (entry, tail) = tail.split_at_checked(length).context("a bundle that was whole is cut")?;
            rest = tail;
            // Other logs have other entries.
            let Ok(leaf) = Leaf::parse(entry) else { continue };
            if let Err(fault) = auditor.look(source, index, &leaf) {
                return Ok(Followed::Fault(fault));
            }
        }
    }
    Ok(if auditor.last().is_some() { Followed::Grew(auditor) } else { Followed::None })
}
