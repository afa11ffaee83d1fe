//! Looking for bytes where they must not be: in every file of a folder, and in the memory of another process.

use anyhow::{Context, Result, ensure};
use handsel_server::privacy::Trace;
use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    os::unix::fs::FileExt,
    path::Path,
};

/// How long a piece must be to count. That so many bytes of what is looked for repeat by accident is out of the question.
const PIECE: usize = 24;
/// How much of a memory is read at once.
const AT_ONCE: usize = 1 << 20;
/// From one piece of a vector in the gallery to the next.
const LINE: usize = 64;

/// What is looked for: pieces by their first eight bytes.
#[derive(Default)]
pub(crate) struct Wanted {
    pieces: HashMap<u64, Vec<([u8; PIECE], Shape, String)>>,
    /// A bit for what the first two bytes of a piece are, since most places hold none.
    begins: Vec<bool>,
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    InOne,
    /// Four bytes in each line.
    InLines,
}

/// What was found, and how often.
pub(crate) type Hits = BTreeMap<String, usize>;

impl Wanted {
    /// Adds whatever of these bytes tells something, under a name.
    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) {
        bytes.chunks_exact(PIECE).for_each(|piece| self.piece(name, piece, Shape::InOne));
        if let (true, Some(end)) = (!bytes.len().is_multiple_of(PIECE), bytes.last_chunk::<PIECE>()) {
            self.piece(name, end, Shape::InOne);
        }
    }

    /// Adds what is known of a subject.
    pub(crate) fn trace(&mut self, what: Trace, bytes: &[u8]) {
        let name = format!("{what:?}");
        match what {
            Trace::Vector | Trace::BareVector => {
                bytes.chunks_exact(PIECE).for_each(|piece| self.piece(&name, piece, Shape::InLines))
            }
            _ => self.add(&name, bytes),
        }
    }

    fn piece(&mut self, name: &str, piece: &[u8], shape: Shape) {
        let Ok(piece) = <[u8; PIECE]>::try_from(piece) else { return };
        let mut seen = [false; 256];
        piece.iter().for_each(|&byte| seen[usize::from(byte)] = true);
        // Runs of few values are in every file and tell nothing.
        if seen.iter().filter(|&&seen| seen).count() <= PIECE / 2 {
            return;
        }
        self.begins.resize(1 << 16, false);
        self.begins[usize::from(u16::from_le_bytes([piece[0], piece[1]]))] = true;
        let first = match shape {
            Shape::InOne => u64::from_le_bytes(std::array::from_fn(|i| piece[i])),
            Shape::InLines => u64::from(u32::from_le_bytes(std::array::from_fn(|i| piece[i]))),
        };
        self.pieces.entry(first).or_default().push((piece, shape, name.to_owned()));
    }

    /// How many pieces are looked for.
    pub(crate) fn len(&self) -> usize {
        self.pieces.values().map(Vec::len).sum()
    }

    /// Notes what of it is in these bytes.
    pub(crate) fn find(&self, bytes: &[u8], hits: &mut Hits) {
        if self.begins.is_empty() {
            return;
        }
        for (at, eight) in bytes.windows(8).enumerate() {
            if !self.begins[usize::from(u16::from_le_bytes([eight[0], eight[1]]))] {
                continue;
            }
            let eight = u64::from_le_bytes(std::array::from_fn(|i| eight[i]));
            let four = eight & u64::from(u32::MAX);
            for key in [eight, four].into_iter().take(if eight == four { 1 } else { 2 }) {
                let there = self.pieces.get(&key).into_iter().flatten();
                for (_, _, name) in there.filter(|(piece, shape, _)| is_at(bytes, at, piece, *shape)) {
                    *hits.entry(name.clone()).or_default() += 1;
                }
            }
        }
    }
}

fn is_at(bytes: &[u8], at: usize, piece: &[u8; PIECE], shape: Shape) -> bool {
    match shape {
        Shape::InOne => bytes[at..].starts_with(piece),
        Shape::InLines => piece
            .chunks_exact(4)
            .enumerate()
            .all(|(line, four)| bytes.get(at + line * LINE..).is_some_and(|rest| rest.starts_with(four))),
    }
}

/// Looks through every file under a folder; what was found, and how many files were read.
pub(crate) fn files(folder: &Path, wanted: &Wanted) -> Result<(Hits, usize)> {
    let (mut hits, mut read, mut folders) = (Hits::new(), 0, vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(file) = File::open(path) {
                read += 1;
                stretch(&file, 0, u64::MAX, wanted, &mut hits);
            }
        }
    }
    Ok((hits, read))
}

/// Looks through all memory that a process may write; what was found, and how many bytes were read. `None` where this user may not.
pub(crate) fn memory(pid: u32, wanted: &Wanted) -> Result<Option<(Hits, usize)>> {
    let Ok(memory) = File::open(format!("/proc/{pid}/mem")) else { return Ok(None) };
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let (mut hits, mut read) = (Hits::new(), 0);
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|mode| mode.starts_with("rw"))) {
        let range = line.split(' ').next().and_then(|range| range.split_once('-'));
        let (from, to) = range.context("a line of maps without its range")?;
        read += stretch(&memory, u64::from_str_radix(from, 16)?, u64::from_str_radix(to, 16)?, wanted, &mut hits);
    }
    ensure!(read > 0, "nothing of the memory of process {pid} could be read");
    Ok(Some((hits, read)))
}

/// Looks through a stretch of a file or of a memory, a part of it at a time; how many bytes there were to read.
fn stretch(of: &File, mut from: u64, to: u64, wanted: &Wanted, hits: &mut Hits) -> usize {
    // Pieces may lie across a border, so a little more than each part is read.
    let mut buffer = vec![0; AT_ONCE + 8 * LINE];
    let mut read = 0;
    while from < to {
        let most = (to - from).min(buffer.len() as u64) as usize;
        match of.read_at(&mut buffer[..most], from) {
            Ok(0) => break,
            Ok(got) => {
                read += got.min(AT_ONCE);
                for page in (0..got.min(AT_ONCE)).step_by(1 << 16) {
                    let end = (page + (1 << 16) + 8 * LINE).min(got);
                    if buffer[page..end].iter().any(|&byte| byte != 0) {
                        wanted.find(&buffer[page..end], hits);
                    }
                }
            }
            // Memory that is only reserved; what comes after it may be in use.
            Err(_) => {}
        }
        from += AT_ONCE as u64;
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_planted_is_found_in_files_and_in_memory_and_nothing_else() {
        let bytes: Vec<u8> = (0..480_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let mut wanted = Wanted::default();
        wanted.add("planted", &bytes);
        wanted.trace(Trace::Vector, &bytes[..48]);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), b"nothing").unwrap();
        assert_eq!(files(folder.path(), &wanted).unwrap(), (Hits::new(), 1));
        std::fs::write(folder.path().join("b"), [b"x".as_slice(), &bytes[100..200]].concat()).unwrap();
        assert!(files(folder.path(), &wanted).unwrap().0["planted"] >= 3);
        let mut across = vec![1; AT_ONCE - 50];
        across.extend(&bytes[..96]);
        across.extend(vec![2; AT_ONCE]);
        std::fs::write(folder.path().join("b"), across).unwrap();
        assert!(files(folder.path(), &wanted).unwrap().0["planted"] >= 4, "also where it lies across two parts");
        let mut lines = vec![0; 12 * LINE];
        for (line, four) in bytes[24..48].chunks_exact(4).enumerate() {
            lines[line * LINE + 8..][..4].copy_from_slice(four);
        }
        let mut hits = Hits::new();
        wanted.find(&lines, &mut hits);
        assert_eq!(hits, Hits::from([("Vector".to_owned(), 1)]));
        let own = memory(std::process::id(), &wanted).unwrap().expect("a process may read its own memory");
        assert!(own.0["planted"] >= 20);
    }
}
