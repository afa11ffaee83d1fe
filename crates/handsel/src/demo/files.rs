//! Looking for bytes that must not be in any file.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// How long a piece of a template must be to count as found. The chance that 24 bytes of ciphertext or code repeat by
/// accident is nil.
const WINDOW: usize = 24;

/// The files under `folder` that hold a recognisable piece of `needle`, and how many files were read.
pub(crate) fn holding(folder: &Path, needle: &[u8]) -> Result<(Vec<PathBuf>, usize)> {
    let pieces: Vec<&[u8]> = needle.chunks_exact(WINDOW).filter(|piece| telling(piece)).collect();
    anyhow::ensure!(!pieces.is_empty(), "there is nothing to look for");
    let mut holders = Vec::new();
    let mut read = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            read += 1;
            if pieces.iter().any(|piece| contains(&bytes, piece)) {
                holders.push(path);
            }
        }
    }
    Ok((holders, read))
}

/// Runs of one value are in every file; they tell nothing.
fn telling(piece: &[u8]) -> bool {
    let mut seen = [false; 256];
    piece.iter().for_each(|&byte| seen[usize::from(byte)] = true);
    seen.iter().filter(|&&seen| seen).count() > 8
}

fn contains(bytes: &[u8], piece: &[u8]) -> bool {
    bytes.windows(piece.len()).any(|window| window == piece)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_piece_is_found_and_a_clean_folder_is_clean() {
        let folder = tempfile::tempdir().unwrap();
        let template: Vec<u8> = (0..200_u32).map(|i| (i * 97 % 251) as u8).collect();
        std::fs::write(folder.path().join("a"), b"nothing").unwrap();
        assert_eq!(holding(folder.path(), &template).unwrap(), (vec![], 1));
        let sub = folder.path().join("sub");
        std::fs::create_dir(&sub).unwrap();
        std::fs::write(sub.join("b"), [b"xx".as_slice(), &template[48..72], b"yy"].concat()).unwrap();
        assert_eq!(holding(folder.path(), &template).unwrap(), (vec![sub.join("b")], 2));
    }
}
