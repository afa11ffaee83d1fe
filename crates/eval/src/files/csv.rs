//! Tables with commas: our own score files, and qualities.

use super::lines::{self, Line, shown};
use super::{Collector, joined};
use crate::set::Set;
use crate::{EvalError, error};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// The columns; the last two may be missing in a file that is read.
const HEADER: [&str; 6] = ["probe", "reference", "mated", "score", "probe_palm", "reference_palm"];

/// Reads what [`write`] wrote. Without its last two columns, what mated pairs join is taken for one palm.
pub(super) fn read(path: &Path) -> Result<Set, EvalError> {
    let lines = lines::read(path)?;
    let columns = fields(&lines[0])?.len();
    if !(columns == 4 || columns == 6) || fields(&lines[0])? != HEADER[..columns] {
        return Err(lines[0].wrong(format!("expected the header {}", HEADER.join(","))));
    }
    let mut rows = Vec::with_capacity(lines.len() - 1);
    for line in &lines[1..] {
        let fields = fields(line)?;
        if fields.len() != columns {
            return Err(line.wrong(format!("{} fields; the header has {columns}", fields.len())));
        }
        let mated = match fields[2].as_str() {
            "1" => true,
            "0" => false,
            other => return Err(line.wrong(format!("mated is 1 or 0, not {}", shown(other)))),
        };
        let score = line.score(&fields[3])?;
        rows.push((fields, mated, score));
    }
    let mated = rows.iter().filter(|r| columns == 4 && r.1).map(|r| (r.0[0].clone(), r.0[1].clone()));
    let palms = joined(&mated.collect::<BTreeSet<_>>());
    let palm = |name: String| palms.get(&name).cloned().unwrap_or(name);
    let mut collector = Collector::default();
    for (fields, mated, score) in &rows {
        let (probe, reference) = match &fields[..] {
            [probe, reference, _, _] => (palm(format!("q {probe}")), palm(format!("t {reference}"))),
            _ => (fields[4].clone(), fields[5].clone()),
        };
        collector.compare((&fields[0], &probe), (&fields[1], &reference), *mated, *score);
    }
    Ok(collector.set())
}

/// Writes every comparison; `mated` is 1 or 0, and a score has the fewest digits that read back as the same number.
pub(super) fn write(path: &Path, set: &Set) -> Result<(), EvalError> {
    let names: Vec<String> = set.samples.iter().map(|s| quoted(&s.name)).collect();
    let palms: Vec<String> = set.palms.iter().map(|p| quoted(p)).collect();
    let mut text = HEADER.join(",") + "\n";
    for c in &set.comparisons {
        let (probe, reference) = (&names[c.probe as usize], &names[c.reference as usize]);
        let palm = |sample: &crate::set::Sample| &palms[sample.palm as usize];
        let (p, r) = (palm(set.probe(c)), palm(set.reference(c)));
        let _ = writeln!(text, "{probe},{reference},{},{},{p},{r}", u8::from(c.mated), c.score);
    }
    error::write(path, text.as_bytes())
}

/// Gives samples the qualities in a file of `name,quality`; a header line `name,quality` is passed by.
///
/// # Errors
/// A line that is not that, a name that no sample has, or an acquired sample without a line.
pub(crate) fn qualities(path: &Path, set: &mut Set) -> Result<(), EvalError> {
    let mut named: BTreeMap<String, f32> = BTreeMap::new();
    let known: BTreeSet<&str> = set.samples.iter().map(|s| s.name.as_str()).collect();
    let lines = lines::read(path)?;
    for line in &lines {
        let fields = fields(line)?;
        let [name, quality] = &fields[..] else {
            return Err(line.wrong(format!("expected name,quality, not {} fields", fields.len())));
        };
        if name == "name" && quality == "quality" {
            continue;
        }
        if !known.contains(name.as_str()) {
            return Err(line.wrong(format!("no sample is named {}", shown(name))));
        }
        named.insert(name.clone(), line.score(quality)?);
    }
    for sample in &mut set.samples {
        sample.quality = named.get(&sample.name).copied();
        if sample.acquired && sample.quality.is_none() {
            let last = &lines[lines.len() - 1];
            return Err(last.wrong(format!("the file ends without a quality of {}", shown(&sample.name))));
        }
    }
    Ok(())
}

/// A line's fields as RFC 4180 has them; a field may hold commas and quotes, but no line break.
fn fields(line: &Line) -> Result<Vec<String>, EvalError> {
    let (mut fields, mut field, mut chars) = (Vec::new(), String::new(), line.text.chars().peekable());
    let mut within = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if within && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' if within || field.is_empty() => within = !within,
            ',' if !within => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    if within {
        return Err(line.wrong("a quoted field does not end on this line"));
    }
    fields.push(field);
    Ok(fields)
}

/// As RFC 4180 wants a field: quoted only where it must be; a line break, which no name needs, becomes a space.
fn quoted(field: &str) -> String {
    let field = field.replace(['\n', '\r'], " ");
    if field.contains([',', '"']) || field.starts_with('#') || field.trim() != field {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field
    }
}
