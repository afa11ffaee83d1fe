//! What to measure, and where to write it.

use std::path::PathBuf;

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
    /// A folder of palms, laid out as <palm>/<session>/<image>.
    pub dir: PathBuf,
    /// What the images show.
    #[arg(long, value_enum)]
    pub input: Input,
    /// The session whose captures are enrolled; without sessions, every pair of captures is compared.
    #[arg(long, requires = "probe_session", value_name = "NAME")]
    pub enrol_session: Option<String>,
    /// The session whose captures are compared with the enrolled ones.
    #[arg(long, requires = "enrol_session", value_name = "NAME")]
    pub probe_session: Option<String>,
    /// Write every comparison: probe,reference,mated,score.
    #[arg(long, value_name = "F.csv")]
    pub scores: Option<PathBuf>,
    /// Write the figures as JSON.
    #[arg(long, value_name = "F.json")]
    pub json: Option<PathBuf>,
    /// Write a self-contained page with curves and counts.
    #[arg(long, value_name = "F.html")]
    pub html: Option<PathBuf>,
}

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder, laid out as `<palm>/<session>/<image>`.
    pub dir: PathBuf,
    /// What its images show.
    pub input: Input,
    /// The session enrolled and the session compared with it; `None` compares every pair of captures, once.
    pub sessions: Option<(String, String)>,
    /// Seeds the resamples that the intervals rest on.
    pub seed: u64,
    /// The command line, to be printed in the report.
    pub command: String,
}

impl Args {
    /// What these arguments ask to be measured.
    pub fn options(&self) -> Options {
        let sessions = self.enrol_session.clone().zip(self.probe_session.clone());
        let mut command = format!("handsel eval {} --input {}", self.dir.display(), self.input.as_str());
        if let Some((enrol, probe)) = &sessions {
            command += &format!(" --enrol-session {enrol} --probe-session {probe}");
        }
        Options { dir: self.dir.clone(), input: self.input, sessions, seed: 1, command }
    }
}

impl Input {
    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Input::Hand => "hand",
            Input::Roi => "roi",
        }
    }
}
