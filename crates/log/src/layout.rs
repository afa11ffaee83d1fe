//! Where each file of a log is, <https://c2sp.org/tlog-tiles#apis>. Paths are relative to the log's prefix, with `/`.

/// How many hashes a full tile has, and how many entries a full bundle.
pub const TILE_WIDTH: u64 = 256;

/// Where the checkpoint is.
pub const CHECKPOINT: &str = "checkpoint";

/// A tile's or a bundle's name, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The tile's level; `None`: a bundle of entries.
    pub level: Option<u8>,
    /// Which one, from the left.
    pub index: u64,
    /// How many hashes or entries: 1 to 256.
    pub width: u64,
}

impl Place {
    /// The tile or bundle of this level and index in a tree of this size, if there is one: "the partial tile at level l for
    /// a tree of size s has floor(s / 256**l) mod 256 entries" (<https://c2sp.org/tlog-tiles#partial-tiles>).
    pub fn of_tree(level: Option<u8>, index: u64, size: u64) -> Option<Place> {
        let hashes = size.checked_shr(8 * u32::from(level.unwrap_or(0))).unwrap_or(0);
        let width = hashes.saturating_sub(index.checked_mul(TILE_WIDTH)?).min(TILE_WIDTH);
        (width > 0).then_some(Place { level, index, width })
    }

    /// The same tile or bundle once it is full.
    pub fn full(self) -> Place {
        Place { width: TILE_WIDTH, ..self }
    }

    /// Where it is: `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`.
    pub fn path(self) -> String {
        let level = self.level.map_or_else(|| "entries".to_owned(), |level| level.to_string());
        let partial = if self.width == TILE_WIDTH { String::new() } else { format!(".p/{}", self.width) };
        format!("tile/{level}/{}{partial}", thousands(self.index))
    }

    /// Reads a path; only what [`Place::path`] writes is one.
    pub fn parse(path: &str) -> Option<Place> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let level = if level == "entries" { None } else { Some(level.parse().ok().filter(|level| *level < 64)?) };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, width.parse().ok()?),
            None => (rest, TILE_WIDTH),
        };
        let digits: String = index.chars().filter(char::is_ascii_digit).collect();
        let place = Place { level, index: digits.parse().ok()?, width };
        ((1..=TILE_WIDTH).contains(&width) && place.path() == path).then_some(place)
    }
}

/// "Zero-padded 3-digit path elements. All but the last path element MUST begin with an `x`": 1234067 is `x001/x234/067`.
fn thousands(mut index: u64) -> String {
    let mut path = format!("{:03}", index % 1000);
    while index >= 1000 {
        index /= 1000;
        path = format!("x{:03}/{path}", index % 1000);
    }
    path
}
