//! bob's score files: columns between spaces.
//!
//! Four: claimed identity, real identity, probe label, score. Five: claimed identity, reference label, real identity,
//! probe label, score. A comparison is mated when both identities are the same. An identity is a palm here, as it is
//! for bob; identities named `X-left` and `X-right` are two palms of one subject.

use super::{Collector, lines, word};
use crate::EvalError;
use crate::error;
use crate::set::Set;
use std::fmt::Write;
use std::path::Path;

pub(super) fn read(path: &Path, columns: usize) -> Result<Set, EvalError> {
    let mut collector = Collector::default();
    for line in lines::read(path)? {
        let fields = line.words();
        if fields.len() != columns {
            return Err(line.wrong(format!("{} fields; bob's {columns}-column files have {columns}", fields.len())));
        }
        let (claimed, score) = (fields[0], line.score(fields[columns - 1])?);
        let (label, real, probe) =
            if columns == 5 { (fields[1], fields[2], fields[3]) } else { (claimed, fields[1], fields[2]) };
        collector.compare((probe, real), (label, claimed), claimed == real, score);
    }
    Ok(collector.set())
}

pub(super) fn write(path: &Path, set: &Set, columns: usize) -> Result<(), EvalError> {
    let mut text = String::with_capacity(set.comparisons.len() * 48);
    for c in &set.comparisons {
        let (probe, reference) = (set.probe(c), set.reference(c));
        let palm = |index: u32| word(&set.palms[index as usize]);
        let (claimed, real) = (palm(reference.palm), palm(probe.palm));
        let label = word(&probe.name);
        let _ = match columns {
            5 => writeln!(text, "{claimed} {} {real} {label} {}", word(&reference.name), c.score),
            _ => writeln!(text, "{claimed} {real} {label} {}", c.score),
        };
    }
    error::write(path, text.as_bytes())
}
