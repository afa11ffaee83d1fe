//! Lines of a foreign file, each with its number.

use crate::{EvalError, error};
use std::path::Path;

/// One line with something on it.
pub(super) struct Line<'a> {
    path: &'a Path,
    number: usize,
    pub(super) text: String,
}

/// The lines that hold anything; a file that is not UTF-8 is read as far as names go, since scores are ASCII.
pub(super) fn read(path: &Path) -> Result<Vec<Line<'_>>, EvalError> {
    let text = String::from_utf8_lossy(&error::read(path)?).into_owned();
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let line = |(i, text): (usize, &str)| Line { path, number: i + 1, text: text.trim().to_owned() };
    let lines: Vec<Line> = text.lines().enumerate().map(line).collect();
    let lines: Vec<Line> = lines.into_iter().filter(|l| !l.text.is_empty() && !l.text.starts_with('#')).collect();
    if lines.is_empty() {
        return Err(EvalError::Line { path: path.into(), line: 1, problem: "the file holds nothing".into() });
    }
    Ok(lines)
}

impl Line<'_> {
    /// The fields between spaces.
    pub(super) fn words(&self) -> Vec<&str> {
        self.text.split_whitespace().collect()
    }

    /// A score, which is finite.
    pub(super) fn score(&self, field: &str) -> Result<f32, EvalError> {
        match field.trim().parse::<f32>() {
            Ok(score) if score.is_finite() => Ok(score),
            Ok(_) => Err(self.wrong(format!("the score {} is not finite", shown(field)))),
            Err(_) => Err(self.wrong(format!("{} is not a score", shown(field)))),
        }
    }

    /// An error about this line.
    pub(super) fn wrong(&self, problem: impl Into<String>) -> EvalError {
        EvalError::Line { path: self.path.into(), line: self.number, problem: problem.into() }
    }
}

/// A foreign field as it may stand in an error: short, and nothing in it that a terminal would obey.
pub(super) fn shown(field: &str) -> String {
    let short: String = field.chars().take(40).collect();
    format!("{short:?}")
}
