//! Files that are there in full or not at all.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// How many files are synced at once: they share the disk's trips.
const SYNCED_AT_ONCE: usize = 8;

/// Files to be written below a folder, which appear there together, whole, in [`Files::sync`].
pub(super) struct Files<'a> {
    root: &'a Path,
    /// Where they are until then: not below the folder, which anybody may read.
    drafts: &'a Path,
    /// Each draft and where it goes.
    written: Vec<(PathBuf, PathBuf)>,
}

impl<'a> Files<'a> {
    pub(super) fn new(root: &'a Path, drafts: &'a Path) -> Files<'a> {
        Files { root, drafts, written: Vec::new() }
    }

    /// Writes a draft.
    pub(super) fn write(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let draft = self.drafts.join(self.written.len().to_string());
        fs::write(&draft, bytes)?;
        self.written.push((draft, self.root.join(path)));
        Ok(())
    }

    /// Everything that was written is on the disk, under its name.
    pub(super) fn sync(self) -> io::Result<()> {
        let share = self.written.len().div_ceil(SYNCED_AT_ONCE).max(1);
        std::thread::scope(|scope| {
            let sync = |drafts: &'_ [(PathBuf, PathBuf)]| {
                drafts.iter().try_for_each(|(draft, _)| File::open(draft)?.sync_all())
            };
            let threads: Vec<_> = self.written.chunks(share).map(|drafts| scope.spawn(move || sync(drafts))).collect();
            let panicked = |_| Err(io::Error::other("syncing panicked"));
            threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(panicked))
        })?;
        let mut folders = BTreeSet::new();
        for (draft, path) in &self.written {
            let folder = path.parent().unwrap_or(self.root);
            if !folders.contains(folder) {
                fs::create_dir_all(folder)?;
                // A new folder's name is in the one above, and so on.
                let above = folder.ancestors().take_while(|folder| folder.starts_with(self.root));
                folders.extend(above.map(Path::to_owned));
            }
            fs::rename(draft, path)?;
        }
        // The deepest first, so that no name is there whose folder is not.
        folders.iter().rev().try_for_each(|folder| sync_folder(folder))
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
