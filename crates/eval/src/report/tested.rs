//! What was tested and what was not, in words.

use crate::args::word;
use crate::set::Set;
use crate::{Input, Layout, Options, Source};

/// What ISO/IEC 19795-1 asks a report to say beside its figures; one sentence per field or entry.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Tested {
    /// What stood in the test.
    pub system: String,
    /// What it was tested with.
    pub data: String,
    /// Which captures were enrolled and which were compared with them.
    pub protocol: String,
    /// How thresholds were chosen.
    pub thresholds: String,
    /// How uncertainty was worked out.
    pub uncertainty: String,
    /// What this test says nothing about.
    pub not_tested: Vec<String>,
}

impl Tested {
    pub(crate) fn of(options: &Options, set: &Set) -> Tested {
        let protocol = &options.protocol;
        let mut not_tested = vec![
            "Attacks: every palm was shown by whom it belongs to.".to_owned(),
            "Other people, cameras, light and intervals of time than those of the data.".to_owned(),
        ];
        if protocol.identify.is_none() {
            not_tested.push("Searching 1:N: no FPIR or FNIR (--identify).".into());
        }
        if set.samples.iter().all(|s| s.quality.is_none()) {
            not_tested.push("Whether quality predicts failure: the captures have no quality (--qualities).".into());
        }
        if protocol.sessions.is_none() && matches!(options.source, Source::Folder { .. }) {
            not_tested.push("Change over time: captures were not kept apart by session.".into());
        }
        let (system, data) = match &options.source {
            Source::Folder { input, layout, .. } => {
                let chain = match input {
                    Input::Hand => "localisation, quality check, extraction and comparison of whole-hand images",
                    Input::Roi => "extraction and comparison of regions of interest that others aligned",
                };
                if *input == Input::Roi {
                    not_tested.push("Localisation and failure to acquire: the regions came aligned.".into());
                }
                let version = env!("CARGO_PKG_VERSION");
                let laid_out =
                    if *layout == Layout::Handsel { String::new() } else { format!(", layout {}", word(*layout)) };
                (format!("Handsel {version}: {chain}."), format!("A folder of images{laid_out}."))
            }
            Source::Scores { format, .. } => {
                not_tested.push("Failure to acquire and time: only scores were given.".into());
                let system = "Whatever system wrote the scores.".to_owned();
                (system, format!("Score files in the format {}; higher is closer.", word(*format)))
            }
        };
        Tested {
            system,
            data,
            protocol: described(options, set),
            thresholds: "Fixed on the measured scores themselves: at each stated FMR the lowest threshold that keeps \
                         it. No threshold was carried over from other data."
                .into(),
            uncertainty: if set.subjects.is_empty() {
                "None: the scores do not say whose they are.".into()
            } else {
                "95 % intervals by bootstrap over subjects (percentile method); where no error was seen, the rule of \
                 three over comparisons, which takes them for independent: captures of one palm are not, so the truth \
                 may lie higher."
                    .into()
            },
            not_tested,
        }
    }
}

fn described(options: &Options, set: &Set) -> String {
    let protocol = &options.protocol;
    let mut text = match (&options.source, &protocol.sessions, protocol.enrols()) {
        (Source::Scores { .. }, ..) => "The comparisons that the files list.".to_owned(),
        (_, Some((enrol, probe)), _) => {
            format!("Session {enrol} enrolled, session {probe} compared with it, every pair.")
        }
        (_, None, Some(captures)) => {
            format!("The first {captures} capture(s) of each palm enrolled, the others compared with them, every pair.")
        }
        (_, None, None) => "Every pair of captures once.".to_owned(),
    };
    if let Some(part) = protocol.part {
        text += &format!(" One half of the subjects ({}), drawn with seed {}.", word(part), protocol.seed);
    }
    if let Some((fuse, rule)) = protocol.fuse {
        text += &format!(" Scores of {} fused by {}.", word(fuse), word(rule));
    }
    if let Some(share) = protocol.identify {
        text += &format!(
            " For 1:N, {:.0} % of the subjects enrolled, drawn with seed {}; all others are strangers.",
            share * 100.0,
            protocol.seed
        );
    }
    text += if set.subjects.len() == set.palms.len() {
        " Every palm counts as a subject of its own."
    } else {
        " Both palms of one subject were never compared with each other."
    };
    text
}
