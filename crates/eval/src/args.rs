//! What to measure, and where to write it.

use crate::{Comparator, Format, Fuse, Layout, Options, Part, Protocol, Rule, Source};
use std::path::{Path, PathBuf};

/// What the images of a folder show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Input {
    /// Whole hands: found, aligned and judged as in a shop.
    Hand,
    /// Regions of interest, cut out and aligned already.
    Roi,
}

/// The command line of `handsel eval`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// A folder of palms.
    #[arg(required_unless_present_any = ["scores", "compare"], conflicts_with_all = ["scores", "compare"])]
    pub dir: Option<PathBuf>,
    /// What the images show.
    #[arg(long, value_enum, required_unless_present_any = ["scores", "compare"])]
    pub input: Option<Input>,
    /// How the folder is laid out.
    #[arg(long, value_enum, default_value_t = Layout::Handsel)]
    pub layout: Layout,
    /// Report on these scores instead of a folder; `--format pyeer` and `pyeer-cmc` take two files.
    #[arg(long, num_args = 1..=2, value_name = "FILE", conflicts_with = "compare")]
    pub scores: Option<Vec<PathBuf>>,
    /// How the score file is written.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    pub format: Format,
    /// Compare two runs, each written with --json: figures side by side and, over the same pairs, which is better.
    #[arg(long, num_args = 2, value_names = ["A.json", "B.json"])]
    pub compare: Option<Vec<PathBuf>>,

    /// What compares two palms.
    #[arg(long, value_enum, default_value_t = Comparator::Both, conflicts_with_all = ["scores", "compare"], help_heading = "Protocol")]
    pub comparator: Comparator,
    /// The session whose captures are enrolled; without sessions, every pair of captures is compared once.
    #[arg(long, requires = "probe_session", value_name = "NAME", help_heading = "Protocol")]
    pub enrol_session: Option<String>,
    /// The session whose captures are compared with the enrolled ones.
    #[arg(long, requires = "enrol_session", value_name = "NAME", help_heading = "Protocol")]
    pub probe_session: Option<String>,
    /// Enrol the first N captures of each palm and probe with the others [1 with --identify or --fuse].
    #[arg(long, value_name = "N", conflicts_with = "enrol_session", help_heading = "Protocol")]
    pub enrol_captures: Option<std::num::NonZeroUsize>,
    /// Measure only one seeded half of the subjects: choose settings on `tune`, report on `test`.
    #[arg(long, value_enum, help_heading = "Protocol")]
    pub part: Option<Part>,
    /// Instead of error rates: how well templates under different keys can be linked (D_sys), by several ways to try it.
    #[arg(long, requires = "dir", conflicts_with_all = ["identify", "fuse", "html", "curves", "write_scores"], help_heading = "Protocol")]
    pub unlinkability: bool,
    /// Also search 1:N, open set: a seeded share of the subjects is enrolled, the others are strangers.
    #[arg(long, help_heading = "Protocol")]
    pub identify: bool,
    /// The share of subjects that --identify enrols.
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, value_parser = share, help_heading = "Protocol")]
    pub enrolled: f64,
    /// Fuse the scores of what belongs together into one.
    #[arg(long, value_enum, help_heading = "Protocol")]
    pub fuse: Option<Fuse>,
    /// How several scores become one.
    #[arg(long, value_enum, default_value_t = Rule::Mean, help_heading = "Protocol")]
    pub fuse_rule: Rule,
    /// Qualities of captures, `name,quality` per line, higher is better; instead of those the pipeline gives.
    #[arg(long, value_name = "F.csv", help_heading = "Protocol")]
    pub qualities: Option<PathBuf>,
    /// The FNMR at which the error-versus-discard curve begins.
    #[arg(long, value_name = "RATE", default_value_t = 0.05, value_parser = share, help_heading = "Protocol")]
    pub discard_fnmr: f64,
    /// What splits and resamples are drawn with; the same seed gives the same figures everywhere.
    #[arg(long, default_value_t = 1, help_heading = "Protocol")]
    pub seed: u64,

    /// Write the report as JSON.
    #[arg(long, value_name = "F.json", help_heading = "Output")]
    pub json: Option<PathBuf>,
    /// Write the report as one self-contained page with curves and counts.
    #[arg(long, value_name = "F.html", help_heading = "Output")]
    pub html: Option<PathBuf>,
    /// Write the curves: det.csv, cmc.csv, identification.csv, discard.csv.
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub curves: Option<PathBuf>,
    /// Write every comparison.
    #[arg(long, value_name = "FILE", conflicts_with = "compare", help_heading = "Output")]
    pub write_scores: Option<PathBuf>,
    /// How to write them; pyeer makes two files, F-genuine and F-impostor, pyeer-cmc F and F-pairs.
    #[arg(long, value_enum, default_value_t = Format::Csv, help_heading = "Output")]
    pub write_format: Format,
}

/// A share strictly between nothing and all.
fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value < 1.0 => Ok(value),
        _ => Err("expected a number above 0 and below 1".into()),
    }
}

impl Args {
    /// What these arguments ask to be measured; `None` when they ask for a comparison of two runs.
    pub fn options(&self) -> Option<Options> {
        let source = match (&self.dir, self.input, &self.scores) {
            (_, _, Some(files)) => Source::Scores { files: files.clone(), format: self.format },
            (Some(dir), Some(input), None) => Source::Folder { dir: dir.clone(), input, layout: self.layout },
            _ => return None,
        };
        let protocol = Protocol {
            comparator: self.comparator,
            sessions: self.enrol_session.clone().zip(self.probe_session.clone()),
            enrol_captures: self.enrol_captures.map(usize::from),
            part: self.part,
            identify: self.identify.then_some(self.enrolled),
            fuse: self.fuse.map(|fuse| (fuse, self.fuse_rule)),
            qualities: self.qualities.clone(),
            discard_fnmr: self.discard_fnmr,
            seed: self.seed,
        };
        Some(Options { command: command(&source, &protocol), source, protocol })
    }
}

/// The command line that repeats a run on any machine: of absolute paths only the last name is told.
fn command(source: &Source, protocol: &Protocol) -> String {
    let mut words = vec!["handsel eval".to_owned()];
    match source {
        Source::Folder { dir, input, layout } => {
            words.push(format!("{} --input {}", told(dir), word(*input)));
            if *layout != Layout::Handsel {
                words.push(format!("--layout {}", word(*layout)));
            }
        }
        Source::Scores { files, format } => {
            let files: Vec<String> = files.iter().map(|f| told(f)).collect();
            words.push(format!("--scores {} --format {}", files.join(" "), word(*format)));
        }
    }
    if protocol.comparator != Comparator::Both {
        words.push(format!("--comparator {}", word(protocol.comparator)));
    }
    if let Some((enrol, probe)) = &protocol.sessions {
        words.push(format!("--enrol-session {enrol} --probe-session {probe}"));
    }
    words.extend(protocol.enrol_captures.map(|n| format!("--enrol-captures {n}")));
    words.extend(protocol.part.map(|part| format!("--part {}", word(part))));
    words.extend(protocol.identify.map(|share| format!("--identify --enrolled {share}")));
    words.extend(protocol.fuse.map(|(fuse, rule)| format!("--fuse {} --fuse-rule {}", word(fuse), word(rule))));
    words.extend(protocol.qualities.as_ref().map(|file| format!("--qualities {}", told(file))));
    let usual = Protocol::default();
    if protocol.discard_fnmr != usual.discard_fnmr {
        words.push(format!("--discard-fnmr {}", protocol.discard_fnmr));
    }
    if protocol.seed != usual.seed {
        words.push(format!("--seed {}", protocol.seed));
    }
    words.join(" ")
}

fn told(path: &Path) -> String {
    let name = if path.is_absolute() { path.file_name().map(Path::new) } else { None };
    name.unwrap_or(path).display().to_string()
}

/// The word that means a value on the command line.
pub(crate) fn word(value: impl clap::ValueEnum) -> String {
    value.to_possible_value().map(|v| v.get_name().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    fn command_of(words: &str) -> String {
        Cli::try_parse_from(["eval"].into_iter().chain(words.split(' '))).unwrap().args.options().unwrap().command
    }

    #[test]
    fn the_command_repeats_the_run_and_names_no_machine() {
        let typed = "roi --input roi --enrol-session 1 --probe-session 2 --identify --enrolled 0.5 --seed 7";
        assert_eq!(command_of(typed), format!("handsel eval {typed}"));
        assert_eq!(command_of("/data/set --input roi"), "handsel eval set --input roi");
        assert_eq!(command_of("--scores a.txt --format bob4"), "handsel eval --scores a.txt --format bob4");
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for words in [
            "",
            "roi",
            "roi --input roi --scores a.csv",
            "roi --input roi --enrol-session 1",
            "--compare a.json",
            "roi --input roi --enrolled 1",
            "roi --input roi --enrol-captures 0",
        ] {
            assert!(Cli::try_parse_from(["eval"].into_iter().chain(words.split_whitespace())).is_err(), "{words:?}");
        }
    }
}
