//! Reads the names in a folder of palms.

use crate::draw::drawn_share;
use crate::layout::Place;
use crate::{EvalError, Layout, Part, Protocol};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One image and whose it is.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its path under the folder, with forward slashes.
    pub(crate) name: String,
    /// Whose palm it shows.
    pub(crate) place: Place,
    /// What its capture is for.
    pub(crate) role: Role,
}

/// What a capture is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Enrolled.
    Reference,
    /// Compared with what is enrolled.
    Probe,
    /// Both: compared once with every other one.
    Either,
}

/// What a public set's folder may hold beside images; in our own layout, everything but a note is an image.
const IMAGES: [&str; 6] = ["bmp", "jpg", "jpeg", "png", "webp", "tif"];

/// Lists the images to measure, in the order of their names.
///
/// In our own layout every file counts as an image, so that none is dropped unseen; only a `.json` (an image's ground
/// truth) is passed by. In a public set's layout, files that are no image by their extension are passed by.
pub(crate) fn read(dir: &Path, layout: Layout, protocol: &Protocol) -> Result<Vec<File>, EvalError> {
    let mut files = Vec::new();
    walk(dir, dir, layout, &mut files)?;
    if files.is_empty() {
        return Err(EvalError::Layout { path: dir.into(), expected: layout.expected() });
    }
    if let Some(part) = protocol.part {
        keep_part(&mut files, part, protocol.seed);
    }
    match (&protocol.sessions, protocol.enrols()) {
        (Some((enrol, probe)), _) => by_session(dir, &mut files, enrol, probe)?,
        (None, Some(captures)) => by_capture(&mut files, captures),
        (None, None) => {}
    }
    Ok(files)
}

fn walk(dir: &Path, folder: &Path, layout: Layout, files: &mut Vec<File>) -> Result<(), EvalError> {
    for path in entries(folder)? {
        if path.is_dir() {
            walk(dir, &path, layout, files)?;
            continue;
        }
        let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let is_image = if layout == Layout::Handsel { extension != "json" } else { IMAGES.contains(&&*extension) };
        if !is_image {
            continue;
        }
        let parts: Vec<String> = path.strip_prefix(dir).unwrap_or(&path).iter().map(text).collect();
        let Some(place) = layout.place(&parts.iter().map(String::as_str).collect::<Vec<_>>()) else {
            return Err(EvalError::Layout { path, expected: layout.expected() });
        };
        files.push(File { name: parts.join("/"), path, place, role: Role::Either });
    }
    Ok(())
}

/// Keeps one of two halves that share no subject.
fn keep_part(files: &mut Vec<File>, part: Part, seed: u64) {
    let subjects: BTreeSet<String> = files.iter().map(|f| f.place.subject.clone()).collect();
    let tune = drawn_share(subjects.len(), 0.5, seed);
    let kept: BTreeSet<&String> =
        subjects.iter().zip(tune).filter(|(_, tune)| *tune == (part == Part::Tune)).map(|(s, _)| s).collect();
    files.retain(|f| kept.contains(&f.place.subject));
}

/// Gives roles by session; a session's name also means every part of it (`huawei` means `huawei/Flash`).
fn by_session(dir: &Path, files: &mut Vec<File>, enrol: &str, probe: &str) -> Result<(), EvalError> {
    let is_in = |session: &str, asked: &str| {
        session.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    for asked in [enrol, probe] {
        if !files.iter().any(|f| is_in(&f.place.session, asked)) {
            let present: BTreeSet<&str> = files.iter().map(|f| f.place.session.as_str()).collect();
            let present = present.into_iter().collect::<Vec<_>>().join(", ");
            return Err(EvalError::NoSuchSession { path: dir.into(), session: asked.to_owned(), present });
        }
    }
    files.retain_mut(|file| {
        let (enrols, probes) = (is_in(&file.place.session, enrol), is_in(&file.place.session, probe));
        file.role = match (enrols, probes) {
            (true, true) => Role::Either,
            (true, false) => Role::Reference,
            _ => Role::Probe,
        };
        enrols || probes
    });
    Ok(())
}

/// Enrols the first captures of each palm.
fn by_capture(files: &mut [File], captures: usize) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for file in files {
        let seen = seen.entry(file.place.palm.clone()).or_default();
        file.role = if *seen < captures { Role::Reference } else { Role::Probe };
        *seen += 1;
    }
}

/// The paths in a folder in the order of their names, without hidden ones.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, EvalError> {
    let failed = |source| EvalError::Read { path: folder.into(), source };
    let listed = std::fs::read_dir(folder).map_err(failed)?;
    let mut paths = listed.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    paths.retain(|p| !p.file_name().is_some_and(|name| text(name).starts_with('.')));
    paths.sort();
    Ok(paths)
}

fn text(name: &std::ffi::OsStr) -> String {
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"").unwrap();
        }
        dir
    }

    fn listed(files: &[&str], protocol: &Protocol) -> Vec<(String, Role)> {
        let read = read(folder(files).path(), Layout::Handsel, protocol).unwrap();
        read.into_iter().map(|f| (f.name, f.role)).collect()
    }

    fn sessions(enrol: &str, probe: &str) -> Protocol {
        Protocol { sessions: Some((enrol.into(), probe.into())), ..Protocol::default() }
    }

    #[test]
    fn names_are_sorted_and_notes_passed_by() {
        let dir =
            folder(&["b-right/1/0.png", "b-left/2/1.png", "b-left/2/0.png", "b-left/2/0.json", "a/1/x.jpg", ".x/1/0"]);
        let files = read(dir.path(), Layout::Handsel, &Protocol::default()).unwrap();
        let names: Vec<&str> = files.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["a/1/x.jpg", "b-left/2/0.png", "b-left/2/1.png", "b-right/1/0.png"]);
        assert_eq!(files.iter().map(|f| &*f.place.subject).collect::<Vec<_>>(), ["a", "b", "b", "b"]);
    }

    #[test]
    fn sessions_or_captures_decide_what_is_enrolled() {
        use Role::{Either, Probe, Reference};
        let files = ["a/1/0", "a/1/1", "a/2/0", "a/3/0", "b/1/0"];
        let roles = |p: &Protocol| listed(&files, p).into_iter().map(|f| f.1).collect::<Vec<_>>();
        assert_eq!(roles(&Protocol::default()), [Either; 5]);
        assert_eq!(roles(&sessions("1", "2")), [Reference, Reference, Probe, Reference]);
        assert_eq!(roles(&sessions("1", "1")), [Either; 3]);
        let first = Protocol { enrol_captures: Some(2), ..Protocol::default() };
        assert_eq!(roles(&first), [Reference, Reference, Probe, Probe, Reference]);
        let error = read(folder(&files).path(), Layout::Handsel, &sessions("1", "9")).unwrap_err().to_string();
        assert!(error.contains("\"9\"") && error.contains("1, 2, 3"), "{error}");
    }

    #[test]
    fn a_session_means_all_its_parts() {
        let dir = folder(&["huawei/Flash/L_001/0.jpg", "huawei/Nature/L_001/0.jpg", "LG/Flash/L_001/0.jpg", "x/a.txt"]);
        let files = read(dir.path(), Layout::XjtuUp, &sessions("huawei", "LG")).unwrap();
        assert_eq!(files.iter().map(|f| f.role).collect::<Vec<_>>(), [Role::Probe, Role::Reference, Role::Reference]);
    }

    #[test]
    fn two_parts_share_no_subject_and_lose_none() {
        let names: Vec<String> = (0..7).flat_map(|i| [format!("{i}-left/1/0"), format!("{i}-right/1/0")]).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let part = |part, seed| {
            let protocol = Protocol { part: Some(part), seed, ..Protocol::default() };
            listed(&names, &protocol).into_iter().map(|f| f.0).collect::<BTreeSet<_>>()
        };
        let (tune, test) = (part(Part::Tune, 1), part(Part::Test, 1));
        assert_eq!(tune.len() + test.len(), 14);
        let subjects = |p: &BTreeSet<String>| p.iter().map(|n| n[..1].to_owned()).collect::<BTreeSet<_>>();
        assert!(subjects(&tune).is_disjoint(&subjects(&test)));
        assert!((2..20).any(|seed| part(Part::Tune, seed) != tune));
    }

    #[test]
    fn a_folder_laid_out_otherwise_is_named() {
        let named = |files: &[&str], layout, path: &str| {
            let dir = folder(files);
            let error = read(dir.path(), layout, &Protocol::default()).unwrap_err().to_string();
            assert!(error.contains(&dir.path().display().to_string()) && error.contains(path), "{error}");
            assert!(error.contains(layout.expected()), "{error}");
        };
        named(&["0.png"], Layout::Handsel, "0.png");
        named(&["a/0.png"], Layout::Handsel, "a/0.png");
        named(&["a/1/2/0.png"], Layout::Handsel, "a/1/2/0.png");
        named(&["session1/a.bmp", "readme.txt"], Layout::Tongji, "session1/a.bmp");
        named(&[], Layout::Handsel, "");
        named(&["readme.txt"], Layout::Mpd, "");
        let missing = read(Path::new("/nowhere/at all"), Layout::Handsel, &Protocol::default()).unwrap_err();
        assert!(matches!(missing, EvalError::Read { .. }) && missing.to_string().contains("/nowhere/at all"));
    }
}
