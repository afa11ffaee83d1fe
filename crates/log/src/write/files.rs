//! Files that are there in full or not at all.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Writes below a folder, and knows which folders have to reach the disk afterwards.
pub(super) struct Files<'a> {
    root: &'a Path,
    /// Where a file is until it is whole: not below the folder, which anybody may read.
    draft: &'a Path,
    folders: BTreeSet<PathBuf>,
}

impl<'a> Files<'a> {
    pub(super) fn new(root: &'a Path, draft: &'a Path) -> Files<'a> {
        Files { root, draft, folders: BTreeSet::new() }
    }

    /// Writes a file under another name, syncs it, renames it. Its name is on the disk after [`Files::sync`].
    pub(super) fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.root.join(path);
        let folder = path.parent().unwrap_or(self.root);
        if !self.folders.contains(folder) {
            fs::create_dir_all(folder)?;
            // A new folder's name is in the one above, and so on.
            let above = folder.ancestors().take_while(|folder| folder.starts_with(self.root));
            self.folders.extend(above.map(Path::to_owned));
        }
        replace(&path, bytes, self.draft)
    }

    /// Everything that was written is on the disk.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        // The deepest first, so that no name is there whose folder is not.
        for folder in std::mem::take(&mut self.folders).iter().rev() {
            sync_folder(folder)?;
        }
        Ok(())
    }
}

/// Writes a file's bytes in place of what it held, at once for whoever reads it. Needs [`sync_folder`] to stay.
pub(crate) fn replace(path: &Path, bytes: &[u8], draft: &Path) -> io::Result<()> {
    let mut file = File::create(draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(draft, path)
}

/// Makes a folder, and those above it, and syncs the name of each.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !above.try_exists()? {
        make_folder(above)?;
    }
    match fs::create_dir(path) {
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    sync_folder(above)
}

/// The names in a folder are on the disk.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
