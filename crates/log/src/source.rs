//! Where a log's files are read from.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// A log's files, by their paths below its prefix. Nothing of what it gives is trusted.
pub trait Source {
    /// One file's bytes, at most `limit`; `None`: there is no such file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is longer.
    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>>;

    /// Every file's path, where they can be listed.
    ///
    /// # Errors
    ///
    /// When they could be, and could not.
    fn list(&self) -> io::Result<Option<Vec<String>>> {
        Ok(None)
    }
}

impl<S: Source + ?Sized> Source for &S {
    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        (**self).read(path, limit)
    }

    fn list(&self) -> io::Result<Option<Vec<String>>> {
        (**self).list()
    }
}

/// A log in a folder.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder that holds `checkpoint` and `tile/`.
    pub fn new(path: impl Into<PathBuf>) -> Folder {
        Folder(path.into())
    }
}

impl Source for Folder {
    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.0.join(path)) {
            Ok(file) => file,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(why),
        };
        read_at_most(file, limit).map(Some)
    }

    fn list(&self) -> io::Result<Option<Vec<String>>> {
        let mut found = Vec::new();
        list(&self.0, "", &mut found)?;
        found.sort();
        Ok(Some(found))
    }
}

fn list(folder: &Path, prefix: &str, found: &mut Vec<String>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{path}/"), found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// Everything, or an error when there is more than that.
///
/// # Errors
///
/// When it cannot be read, or is longer.
pub fn read_at_most(reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than any such file"));
    }
    Ok(bytes)
}
