//! Who was erased, remembered outside the store: a store that is put back from before an erasure holds the subject again, and must
//! forget them before anybody is served.
//!
//! One line for each erasure in `keys/erased`, under a mark that says nothing without the installation's key ([`crate::vault::Vault::erasure_mark`]).
//! Whoever keeps a copy of the keys folder has it; whoever left has their mark on their receipt.

use crate::store::erasures::Erasure;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    path::Path,
};

const FILE_NAME: &str = "erased";

/// Every erasure that is remembered, by its mark. A line that was not written to its end is none.
pub(crate) fn read(keys_dir: &Path) -> io::Result<BTreeMap<String, Erasure>> {
    match fs::read_to_string(keys_dir.join(FILE_NAME)) {
        Ok(text) => Ok(text.lines().filter_map(parse).map(|one| (one.mark.clone(), one)).collect()),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(why) => Err(why),
    }
}

/// Remembers more of them, on the disk before this returns.
pub(crate) fn add(keys_dir: &Path, erasures: &[Erasure]) -> io::Result<()> {
    let mut options = File::options();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(keys_dir.join(FILE_NAME))?;
    let mut lines = String::new();
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            lines.push('\n');
        }
    }
    for one in erasures {
        let Erasure { mark, asked_ms, palms, payments, .. } = one;
        lines += &format!("{mark} {asked_ms} {} {palms} {payments}\n", one.erased_ms.unwrap_or(*asked_ms));
    }
    file.write_all(lines.as_bytes())?;
    file.sync_all()
}

fn parse(line: &str) -> Option<Erasure> {
    let mut words = line.split(' ');
    let mark = words.next().filter(|mark| is_mark(mark))?.to_owned();
    let mut number = || words.next()?.parse::<i64>().ok();
    let (asked_ms, erased_ms, palms, payments) = (number()?, number()?, number()?, number()?);
    Some(Erasure { mark, asked_ms, erased_ms: Some(erased_ms), held_until_ms: None, palms, payments })
}

/// Whether a text may be a mark.
pub(crate) fn is_mark(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erasure(digit: &str) -> Erasure {
        let mark = digit.repeat(32);
        Erasure { mark, asked_ms: 5, erased_ms: Some(6), held_until_ms: None, palms: 2, payments: 3 }
    }

    #[test]
    fn what_was_added_is_read_also_after_half_a_line() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read(dir.path()).unwrap().is_empty());
        add(dir.path(), &[erasure("a"), erasure("b")]).unwrap();
        let mut file = File::options().append(true).open(dir.path().join(FILE_NAME)).unwrap();
        file.write_all(b"cccc").unwrap();
        add(dir.path(), &[erasure("d")]).unwrap();
        let found: Vec<Erasure> = read(dir.path()).unwrap().into_values().collect();
        assert_eq!(found, [erasure("a"), erasure("b"), erasure("d")]);
    }
}
