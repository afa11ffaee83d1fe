//! Score files: this system's, and the usual ones of others, read and written.
//!
//! What is read is foreign: every problem names file and line. Scores are similarities, higher is closer, and finite:
//! one NaN would make every figure after it a guess. Empty lines and lines beginning with `#` are passed by.

mod bob;
mod csv;
mod lines;
mod pyeer;

pub(crate) use csv::qualities;

use crate::folder::Role;
use crate::layout::subject_of;
use crate::set::{Comparison, Set};
use crate::{EvalError, Format};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Reads the scores of a run.
pub(crate) fn read(files: &[PathBuf], format: Format) -> Result<Set, EvalError> {
    match (format, files) {
        (Format::Csv, [file]) => csv::read(file),
        (Format::Bob4, [file]) => bob::read(file, 4),
        (Format::Bob5, [file]) => bob::read(file, 5),
        (Format::Pyeer, [mated, non_mated]) => pyeer::read(mated, non_mated),
        (Format::PyeerCmc, [scores, pairs]) => pyeer::read_cmc(scores, pairs),
        _ => {
            let wanted = if matches!(format, Format::Pyeer | Format::PyeerCmc) { 2 } else { 1 };
            Err(EvalError::Files { format: crate::args::word(format), wanted, given: files.len() })
        }
    }
}

/// Writes every comparison of a run.
pub(crate) fn write(path: &Path, format: Format, set: &Set) -> Result<(), EvalError> {
    match format {
        Format::Csv => csv::write(path, set),
        Format::Bob4 => bob::write(path, set, 4),
        Format::Bob5 => bob::write(path, set, 5),
        Format::Pyeer => pyeer::write(path, set),
        Format::PyeerCmc => pyeer::write_cmc(path, set),
    }
}

/// Collects named samples as a file brings them up, and compares them.
#[derive(Default)]
struct Collector {
    samples: Vec<(String, String, String, Role)>,
    index: BTreeMap<(Role, String, String), u32>,
    comparisons: Vec<Comparison>,
}

impl Collector {
    /// The index of a sample of this name and palm in this role.
    fn sample(&mut self, role: Role, name: &str, palm: &str) -> u32 {
        let next = self.samples.len() as u32;
        let key = (role, name.to_owned(), palm.to_owned());
        *self.index.entry(key).or_insert_with(|| {
            self.samples.push((name.to_owned(), palm.to_owned(), subject_of(palm).to_owned(), role));
            next
        })
    }

    /// One comparison; two palms of one subject are left out, and counted.
    fn compare(&mut self, probe: (&str, &str), reference: (&str, &str), mated: bool, score: f32) {
        let (probe, reference) =
            (self.sample(Role::Probe, probe.0, probe.1), self.sample(Role::Reference, reference.0, reference.1));
        self.comparisons.push(Comparison { probe, reference, mated, score });
    }

    fn set(self) -> Set {
        let mut set = Set::of(&self.samples);
        let all = self.comparisons.len();
        set.comparisons = self.comparisons;
        let subjects: Vec<u32> = set.samples.iter().map(|s| s.subject).collect();
        set.comparisons.retain(|c| c.mated || subjects[c.probe as usize] != subjects[c.reference as usize]);
        set.same_subject = all - set.comparisons.len();
        set
    }
}

/// A name as one word, for formats that separate fields by spaces.
fn word(name: &str) -> String {
    let word: String = name.chars().map(|c| if c.is_whitespace() || c == '#' { '_' } else { c }).collect();
    if word.is_empty() { "_".into() } else { word }
}

/// Names a palm for every query and template: what mated pairs join belongs to one, named by its first member.
fn joined(mated: &BTreeSet<(String, String)>) -> BTreeMap<String, String> {
    let mut parent: BTreeMap<String, String> = BTreeMap::new();
    fn root(parent: &BTreeMap<String, String>, name: &str) -> String {
        let mut at = name;
        while let Some(up) = parent.get(at).filter(|up| *up != at) {
            at = up;
        }
        at.to_owned()
    }
    for (query, template) in mated {
        let names = [format!("q {query}"), format!("t {template}")];
        for name in &names {
            parent.entry(name.clone()).or_insert_with(|| name.clone());
        }
        let [a, b] = names.map(|name| root(&parent, &name));
        let (first, second) = if a < b { (a, b) } else { (b, a) };
        parent.insert(second, first);
    }
    let names: Vec<String> = parent.keys().cloned().collect();
    names.into_iter().map(|name| (name.clone(), root(&parent, &name))).collect()
}

#[cfg(test)]
mod tests;
