//! Drawn palms under many references, in a store and in a gallery in memory.

use crate::machines::{Nats, Process};
use anyhow::{Context, Result, ensure};
use handsel_gallery::{Among, Found, Gallery, Key};
use handsel_palm::{Probe, Roi, Side, Template};
use handsel_server::{Config, matchers::Rehearsal};
use handsel_synth::{Conditions, Palm};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

/// How long anything may take that is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Palms that are there all the time.
const PALMS: u64 = 8;
/// Under how many references each is stored.
const TIMES: usize = 10;

/// One drawn palm: as enrolled, and as it is shown later.
pub(crate) struct Drawn {
    pub(crate) template: Template,
    pub(crate) probe: Arc<Probe>,
}

impl Drawn {
    pub(crate) fn new(seed: u64) -> Result<Drawn> {
        let palm = Palm::from_seed(seed, Side::Right);
        let roi = |take| Roi::from_grey(palm.draw_roi(&Conditions::of_capture(seed, take))).context("a square");
        Ok(Drawn { template: Template::extract(&roi(0)?), probe: Arc::new(Probe::build(&roi(1)?)) })
    }
}

/// Everything of one test.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) nats: Nats,
    pub(crate) server: Arc<Rehearsal>,
    pub(crate) palms: Vec<Drawn>,
    /// The same references, in the memory of this process.
    pub(crate) alone: Gallery,
    pub(crate) keys: Vec<Key>,
}

impl World {
    pub(crate) async fn new(nats_servers: usize) -> Result<World> {
        let folder = tempfile::tempdir()?;
        let nats = Nats::start(folder.path(), nats_servers)?;
        let server = Arc::new(Rehearsal::make(&config(data(&folder)?), &nats.servers()?).await?);
        let palms: Vec<Drawn> = (0..PALMS).map(Drawn::new).collect::<Result<_>>()?;
        let alone = Gallery::new();
        let templates: Vec<&Template> = palms.iter().flat_map(|palm| [&palm.template; TIMES]).collect();
        let keys = server.enrol(Side::Right, &templates).await?;
        for (key, template) in keys.iter().zip(templates) {
            alone.insert(*key, Side::Right, 0, template.clone())?;
        }
        Ok(World { folder, nats, server, palms, alone, keys })
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts a matcher as a process of its own; its log is in the folder, under this name.
    pub(crate) fn matcher(&self, name: &str) -> Result<Process> {
        let log = std::fs::File::create(self.log(name))?;
        Process::matcher(program(), &self.data(), &self.nats.url(), Stdio::from(log))
    }

    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }

    /// Waits until every bucket is held by that many matchers.
    pub(crate) async fn held_by(&self, replicas: usize) -> Result<()> {
        let held = tokio::time::timeout(PATIENCE, self.server.held_by(replicas)).await;
        held.with_context(|| format!("the palms are not held by {replicas} matchers"))
    }

    /// Whom the memory of this process finds.
    pub(crate) fn expected(&self, palm: usize) -> Found {
        self.alone.search(&self.palms[palm].probe, Side::Right, &Among::EVERYONE)
    }

    /// Searches for every palm at the matchers; nothing may be enrolled or erased meanwhile.
    pub(crate) async fn all_answers_are_right(&self) -> Result<()> {
        for palm in 0..self.palms.len() {
            let found = self.server.search(&self.palms[palm].probe, Side::Right).await.context("no answer")?;
            ensure!(found == self.expected(palm), "{found:?}, not {:?}", self.expected(palm));
            let some: Vec<Key> = self.keys.iter().copied().step_by(7).collect();
            let only =
                self.server.search_only(&self.palms[palm].probe, Side::Right, &some).await.context("no answer")?;
            let alone = self.alone.search(&self.palms[palm].probe, Side::Right, &Among::Only(some));
            ensure!(only == alone, "{only:?}, not {alone:?}");
        }
        Ok(())
    }
}

pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_handsel"))
}

pub(crate) fn config(data_dir: PathBuf) -> Config {
    Config { data_dir, ..Config::default() }
}

fn data(folder: &tempfile::TempDir) -> Result<PathBuf> {
    let data = folder.path().join("data");
    std::fs::create_dir(&data)?;
    Ok(data)
}

/// Asks again and again until it is so.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Result<()> {
    let asking = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.with_context(|| format!("it never came to be that {what}"))
}
