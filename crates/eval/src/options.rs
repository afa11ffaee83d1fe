//! What a run measures, and by which protocol.

use crate::{Input, Layout};
use handsel_palm::{HeldTemplate, Probe, Template};
use std::path::PathBuf;

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the scores come from.
    pub source: Source,
    /// Who is compared with whom.
    pub protocol: Protocol,
    /// The command line that repeats the run, to be printed in the report.
    pub command: String,
}

/// Where scores come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// From comparing the images of a folder.
    Folder {
        /// The folder.
        dir: PathBuf,
        /// What its images show.
        input: Input,
        /// How it is laid out.
        layout: Layout,
    },
    /// From score files that this or another system wrote.
    Scores {
        /// The files, as many as the format has.
        files: Vec<PathBuf>,
        /// How they are written.
        format: Format,
    },
}

/// Who is compared with whom, and how scores become figures.
#[derive(Debug, Clone)]
pub struct Protocol {
    /// What compares two palms; nothing to scores that are read from files.
    pub comparator: Comparator,
    /// The session enrolled and the session compared with it; `None` compares every pair of captures, once.
    pub sessions: Option<(String, String)>,
    /// How many captures of each palm are enrolled, where sessions do not say it.
    pub enrol_captures: Option<usize>,
    /// Which seeded half of the subjects is measured; `None` for all.
    pub part: Option<Part>,
    /// The share of subjects enrolled in an open-set 1:N test; `None` for no such test.
    pub identify: Option<f64>,
    /// What is fused, and how.
    pub fuse: Option<(Fuse, Rule)>,
    /// A file of qualities that replaces those the pipeline gives.
    pub qualities: Option<PathBuf>,
    /// The FNMR at which the error-versus-discard curve begins, 0–1.
    pub discard_fnmr: f64,
    /// Seeds every split and resample.
    pub seed: u64,
}

impl Default for Protocol {
    fn default() -> Protocol {
        Protocol {
            comparator: Comparator::Both,
            sessions: None,
            enrol_captures: None,
            part: None,
            identify: None,
            fuse: None,
            qualities: None,
            discard_fnmr: 0.05,
            seed: 1,
        }
    }
}

impl Protocol {
    /// How many captures of each palm are enrolled; `None` where sessions say it or nothing needs it.
    pub(crate) fn enrols(&self) -> Option<usize> {
        let needed = self.identify.is_some() || self.fuse.is_some();
        let given = self.enrol_captures.or(needed.then_some(1));
        if self.sessions.is_some() { None } else { given }
    }
}

/// What compares two palms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Comparator {
    /// What ships: the vectors find, and where they do, the codes decide.
    Both,
    /// The learned vectors alone, by their cosine.
    Vector,
    /// The orientation codes alone, by their agreement.
    Code,
    /// With the small template that its owner carries.
    Held,
}

impl Comparator {
    /// The score of two palms; what cannot be compared scores lowest.
    pub(crate) fn score(self, probe: &Probe, template: &Template) -> f32 {
        match self {
            Comparator::Both => probe.compare(template).similarity(),
            Comparator::Vector => probe.cosine(template).unwrap_or(-1.0),
            Comparator::Code => probe.agreement(template).unwrap_or(0.0),
            Comparator::Held => HeldTemplate::of(template).map_or(0.0, |held| held.compare(probe).similarity()),
        }
    }
}

/// One of two halves of the subjects that share nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// The half to choose settings on.
    Tune,
    /// The half to report on.
    Test,
}

/// What belongs together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Fuse {
    /// The enrolled captures of a palm: one reference.
    Captures,
    /// The left and the right palm of a subject, shown one after the other; implies `captures`.
    Palms,
}

/// How several scores become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Rule {
    /// The highest.
    Max,
    /// The mean.
    Mean,
    /// The mean of the two highest.
    Top2,
}

impl Rule {
    /// One score of several; `None` of none.
    pub(crate) fn fuse(self, scores: &mut [f32]) -> Option<f32> {
        scores.sort_by(|a, b| b.total_cmp(a));
        let taken = match self {
            Rule::Max => 1,
            Rule::Top2 => 2,
            Rule::Mean => scores.len(),
        };
        let taken = &scores[..taken.min(scores.len())];
        (!taken.is_empty()).then(|| taken.iter().sum::<f32>() / taken.len() as f32)
    }
}

/// How scores are written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// `probe,reference,mated,score` with a header; ours.
    Csv,
    /// bob, four columns: claimed identity, real identity, probe label, score.
    Bob4,
    /// bob, five columns: claimed identity, reference label, real identity, probe label, score.
    Bob5,
    /// PyEER's `geteerinf`: a file of mated and a file of non-mated scores, the score in the last column.
    Pyeer,
    /// PyEER's `getcmcinf`: a file of `query template score` and a file of the mated `query template` pairs.
    PyeerCmc,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_scores_become_one() {
        assert_eq!(Rule::Max.fuse(&mut [0.5, 0.75, 0.25]), Some(0.75));
        assert_eq!(Rule::Mean.fuse(&mut [0.5, 0.75, 0.25]), Some(0.5));
        assert_eq!(Rule::Top2.fuse(&mut [0.5, 0.75, 0.25]), Some(0.625));
        assert_eq!(Rule::Top2.fuse(&mut [0.5]), Some(0.5));
        assert_eq!(Rule::Mean.fuse(&mut []), None);
    }
}
