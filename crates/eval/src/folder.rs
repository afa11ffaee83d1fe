//! Reads the names in a folder of palms.

use crate::{EvalError, Options};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One image and whose it is.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// `<palm>/<session>/<image>`, with forward slashes.
    pub(crate) name: String,
    /// Index of the palm, in the order of names.
    pub(crate) palm: usize,
    /// Index of the subject: palms named `…-left` and `…-right` alike belong to one, and any other palm is its own.
    pub(crate) subject: usize,
    /// Whether its session is enrolled, or is compared with what is enrolled; both without sessions.
    pub(crate) role: Role,
}

/// What a capture is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Enrolled.
    Reference,
    /// Compared with what is enrolled.
    Probe,
    /// Both: compared once with every other one.
    Either,
}

/// Lists the images to measure, in the order of their names.
///
/// Every file counts as an image, so that none is dropped unseen; only a `.json` (an image's ground truth) is passed
/// by.
pub(crate) fn read(options: &Options) -> Result<Vec<File>, EvalError> {
    let (mut files, mut subjects, mut sessions) = (Vec::new(), BTreeMap::new(), Vec::new());
    let palms = entries(&options.dir)?;
    for (palm, folder) in palms.iter().enumerate() {
        let count = subjects.len();
        let subject = *subjects.entry(subject_of(&name_of(folder))).or_insert(count);
        for session in entries(expect_folder(folder, "a folder per palm")?)? {
            let session_name = name_of(&session);
            let role = role(&session_name, options);
            sessions.push(session_name.clone());
            for path in entries(expect_folder(&session, "a folder per session")?)? {
                if !path.is_file() {
                    return Err(EvalError::Layout { path, expected: "an image" });
                }
                if is_note(&path) {
                    continue;
                }
                let name = format!("{}/{session_name}/{}", name_of(folder), name_of(&path));
                files.extend(role.map(|role| File { path, name, palm, subject, role }));
            }
        }
    }
    if palms.is_empty() || sessions.is_empty() {
        return Err(EvalError::Layout { path: options.dir.clone(), expected: "at least one palm with a session" });
    }
    sessions.sort();
    sessions.dedup();
    for asked in options.sessions.iter().flat_map(|(enrol, probe)| [enrol, probe]) {
        if !sessions.contains(asked) {
            let (path, session) = (options.dir.clone(), asked.clone());
            return Err(EvalError::NoSuchSession { path, session, present: sessions.join(", ") });
        }
    }
    Ok(files)
}

fn role(session: &str, options: &Options) -> Option<Role> {
    match &options.sessions {
        None => Some(Role::Either),
        Some((enrol, probe)) if enrol == probe => (session == enrol).then_some(Role::Either),
        Some((enrol, _)) if session == enrol => Some(Role::Reference),
        Some((_, probe)) => (session == probe).then_some(Role::Probe),
    }
}

fn is_note(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"))
}

fn subject_of(palm: &str) -> String {
    palm.strip_suffix("-left").or_else(|| palm.strip_suffix("-right")).unwrap_or(palm).to_owned()
}

/// The paths in a folder in the order of their names, without hidden ones.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, EvalError> {
    let failed = |source| EvalError::Read { path: folder.into(), source };
    let listed = std::fs::read_dir(folder).map_err(failed)?;
    let mut paths = listed.map(|entry| entry.map(|e| e.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    paths.retain(|p| !name_of(p).starts_with('.'));
    paths.sort();
    Ok(paths)
}

fn expect_folder<'a>(path: &'a Path, expected: &'static str) -> Result<&'a Path, EvalError> {
    if path.is_dir() { Ok(path) } else { Err(EvalError::Layout { path: path.into(), expected }) }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Input;

    fn options(dir: &Path, sessions: Option<(&str, &str)>) -> Options {
        let sessions = sessions.map(|(e, p)| (e.to_owned(), p.to_owned()));
        Options { dir: dir.into(), input: Input::Roi, sessions, seed: 1, command: String::new() }
    }

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"").unwrap();
        }
        dir
    }

    #[test]
    fn names_are_sorted_and_say_whose_palm_it_is() {
        let dir =
            folder(&["b-right/1/0.png", "b-left/2/1.png", "b-left/2/0.png", "b-left/2/0.json", "a/1/x.jpg", ".x/1/0"]);
        let files = read(&options(dir.path(), None)).unwrap();
        let names: Vec<&str> = files.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["a/1/x.jpg", "b-left/2/0.png", "b-left/2/1.png", "b-right/1/0.png"]);
        assert_eq!(files.iter().map(|f| f.palm).collect::<Vec<_>>(), [0, 1, 1, 2]);
        assert_eq!(files.iter().map(|f| f.subject).collect::<Vec<_>>(), [0, 1, 1, 1]);
    }

    #[test]
    fn sessions_decide_what_is_enrolled() {
        let dir = folder(&["a/1/0", "a/2/0", "a/3/0", "b/1/0"]);
        let roles =
            |sessions| -> Vec<Role> { read(&options(dir.path(), sessions)).unwrap().iter().map(|f| f.role).collect() };
        assert_eq!(roles(None), [Role::Either; 4]);
        assert_eq!(roles(Some(("1", "2"))), [Role::Reference, Role::Probe, Role::Reference]);
        assert_eq!(roles(Some(("1", "1"))), [Role::Either; 2]);
        let unknown = read(&options(dir.path(), Some(("1", "9")))).unwrap_err().to_string();
        assert!(unknown.contains("\"9\"") && unknown.contains("1, 2, 3"), "{unknown}");
    }

    #[test]
    fn a_folder_laid_out_otherwise_is_named() {
        let named = |files: &[&str], path: &str| {
            let dir = folder(files);
            let error = read(&options(dir.path(), None)).unwrap_err().to_string();
            assert!(error.contains(&dir.path().join(path).display().to_string()), "{error}");
        };
        named(&["0.png"], "0.png");
        named(&["a/0.png"], "a/0.png");
        named(&["a/1/2/0.png"], "a/1/2");
        let empty = folder(&[]);
        let error = read(&options(empty.path(), None)).unwrap_err().to_string();
        assert!(error.starts_with(&empty.path().display().to_string()), "{error}");
        let missing = read(&options(Path::new("/nowhere/at all"), None)).unwrap_err();
        assert!(matches!(missing, EvalError::Read { .. }) && missing.to_string().contains("/nowhere/at all"));
    }
}
