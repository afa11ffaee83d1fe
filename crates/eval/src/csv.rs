//! Every comparison as a table.

use crate::{EvalError, compare::Comparison, error};
use std::fmt::Write;
use std::path::Path;

/// The first line.
const HEADER: &str = "probe,reference,mated,score\n";

/// Writes every comparison; `mated` is 1 or 0, and a score has the fewest digits that read back as the same number.
pub(crate) fn write(path: &Path, names: &[String], comparisons: &[Comparison]) -> Result<(), EvalError> {
    error::write(path, table(names, comparisons).as_bytes())
}

fn table(names: &[String], comparisons: &[Comparison]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| quoted(n)).collect();
    let mut text = String::with_capacity(HEADER.len() + comparisons.len() * 40);
    text.push_str(HEADER);
    for c in comparisons {
        let (probe, reference) = (&quoted[c.probe as usize], &quoted[c.reference as usize]);
        let _ = writeln!(text, "{probe},{reference},{},{}", u8::from(c.mated), c.score);
    }
    text
}

/// As RFC 4180 wants a field: quoted only where it must be.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_one_line() {
        let names = ["a/1/0.png".to_owned(), "b, c/1/\"0\".png".to_owned()];
        let comparisons = [
            Comparison { probe: 0, reference: 1, mated: false, score: 0.625 },
            Comparison { probe: 1, reference: 0, mated: true, score: 0.75 },
        ];
        assert_eq!(
            table(&names, &comparisons),
            "probe,reference,mated,score\n\
             a/1/0.png,\"b, c/1/\"\"0\"\".png\",0,0.625\n\
             \"b, c/1/\"\"0\"\".png\",a/1/0.png,1,0.75\n"
        );
    }
}
