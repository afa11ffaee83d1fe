//! PyEER's score files.
//!
//! `geteerinf` reads one file of mated and one of non-mated scores, the score in each line's last column; nobody says
//! whose they are, so there are no intervals over subjects. `getcmcinf` reads lines of `query template score`, and a
//! file of the `query template` pairs that are mated.

use super::{Collector, joined, lines, word};
use crate::EvalError;
use crate::error;
use crate::folder::Role;
use crate::set::{Comparison, Set};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub(super) fn read(mated: &Path, non_mated: &Path) -> Result<Set, EvalError> {
    let nobody = |role| ("–".to_owned(), "–".to_owned(), "–".to_owned(), role);
    let mut set = Set::of(&[nobody(Role::Probe), nobody(Role::Reference)]);
    set.subjects.clear();
    for (path, mated) in [(mated, true), (non_mated, false)] {
        for line in lines::read(path)? {
            let score = line.score(line.words().last().copied().unwrap_or_default())?;
            set.comparisons.push(Comparison { probe: 0, reference: 1, mated, score });
        }
    }
    Ok(set)
}

pub(super) fn write(path: &Path, set: &Set) -> Result<(), EvalError> {
    for (mated, suffix) in [(true, "genuine"), (false, "impostor")] {
        let mut text = String::new();
        for c in set.comparisons.iter().filter(|c| c.mated == mated) {
            let _ = writeln!(text, "{}", c.score);
        }
        error::write(&beside(path, suffix), text.as_bytes())?;
    }
    Ok(())
}

pub(super) fn read_cmc(scores: &Path, pairs: &Path) -> Result<Set, EvalError> {
    let mut mated = BTreeSet::new();
    for line in lines::read(pairs)? {
        let [query, template] = line.words()[..] else {
            return Err(line.wrong("expected `query template`"));
        };
        mated.insert((query.to_owned(), template.to_owned()));
    }
    let palms = joined(&mated);
    let palm = |name: String| palms.get(&name).cloned().unwrap_or(name);
    let mut collector = Collector::default();
    for line in lines::read(scores)? {
        let [query, template, score] = line.words()[..] else {
            return Err(line.wrong("expected `query template score`"));
        };
        let is_mated = mated.contains(&(query.to_owned(), template.to_owned()));
        let score = line.score(score)?;
        let (probe, reference) = (palm(format!("q {query}")), palm(format!("t {template}")));
        if probe == reference && !is_mated {
            return Err(line.wrong("a pair that other pairs make mated is not listed as mated"));
        }
        collector.compare((query, &probe), (template, &reference), is_mated, score);
    }
    Ok(collector.set())
}

pub(super) fn write_cmc(path: &Path, set: &Set) -> Result<(), EvalError> {
    let (mut scores, mut pairs) = (String::new(), String::new());
    for c in &set.comparisons {
        let (query, template) = (word(&set.probe(c).name), word(&set.reference(c).name));
        let _ = writeln!(scores, "{query} {template} {}", c.score);
        if c.mated {
            let _ = writeln!(pairs, "{query} {template}");
        }
    }
    error::write(path, scores.as_bytes())?;
    error::write(&beside(path, "pairs"), pairs.as_bytes())
}

/// `scores.txt` and `pairs` give `scores-pairs.txt`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let extension = path.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}-{suffix}{extension}"))
}
