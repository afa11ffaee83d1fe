//! What happens is written into the transparency log: with the step that does it, and before anybody hears of it.

use super::{Answer, App, Caller, Refusal};
use crate::{
    clock::now_ms,
    log::event::{Event, Logged, Records},
    secret::hex,
    store::{Conn, Step, log_entries::NewEntry, sessions},
    vault::{FIRST, Sealed, What},
};
use handsel_api::{Code, SubjectId};
use handsel_log::commitment::Opening;
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

/// The settings that remember what was logged last.
const CONFIGURATION: &str = "logged_configuration";
const RELEASE: &str = "logged_release";
const WRAPPING: &str = "logged_wrapping_key";

impl App {
    /// Logs, with this step, what concerns nobody in particular: the installation keeps what it opens to.
    pub(super) fn log(&self, step: &mut Step, event: Event) -> Answer<()> {
        let seal = |commitment: &str, opening: &[u8]| self.0.vault.seal_opening(commitment, opening);
        self.log_sealed(step, None, event, seal)
    }

    /// Logs, with this step, what concerns a subject: what it opens to is sealed under their key, and goes with it.
    pub(super) async fn log_about(&self, step: &mut Step, subject: SubjectId, event: Event) -> Answer<()> {
        let key = self.person(step, subject).await?.key;
        let seal = |commitment: &str, opening: &[u8]| key.seal(What::Opening { commitment }, opening);
        self.log_sealed(step, Some(subject), event, seal)
    }

    /// Says in the log, for the subject to read, that somebody who works for the operator was at their records.
    pub(super) async fn log_staff(&self, step: &mut Step, caller: &Caller, subject: SubjectId) -> Answer<()> {
        match caller.role() {
            Some(_) => self.log_about(step, subject, Event::StaffAccess { what: Records::Subject }).await,
            None => Ok(()),
        }
    }

    fn log_sealed(
        &self,
        step: &mut Step,
        subject: Option<SubjectId>,
        event: Event,
        seal: impl FnOnce(&str, &[u8]) -> Sealed,
    ) -> Answer<()> {
        let (logged, opening) = self.to_log(event)?;
        enter(step, &logged, &opening, subject, seal);
        Ok(())
    }

    /// What would be logged of an event now, and what it opens to.
    pub(super) fn to_log(&self, event: Event) -> Answer<(Logged, Opening)> {
        let logged = Logged { at_ms: now_ms(), event };
        let opening = logged.opening(self.0.epochs.current().number);
        let opening = opening.map_err(|_| Refusal::internal("an event that cannot be logged"))?;
        Ok((logged, opening))
    }

    /// Logs, with this step, what was made ready to log and concerns nobody in particular.
    pub(super) fn log_ready(&self, step: &mut Step, logged: &Logged, opening: &Opening) {
        enter(step, logged, opening, None, |commitment, opening| self.0.vault.seal_opening(commitment, opening));
    }

    /// Logs one event, and waits until it is on the disk.
    pub(super) async fn log_now(&self, event: Event) -> Answer<()> {
        let mut step = self.0.store.write().await?;
        self.log(&mut step, event)?;
        Ok(step.commit().await?)
    }

    /// The key by which anybody can check who signed the log.
    pub fn log_key(&self) -> String {
        self.0.log.key().to_string()
    }

    /// A file of the log that anybody may read; `None` where there is none of this name.
    pub async fn log_file(&self, path: &str) -> Answer<Option<Vec<u8>>> {
        let Some(file) = self.0.log.file(path) else { return Ok(None) };
        match tokio::fs::read(file).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(why) => {
                tracing::error!(%why, "a file of the log cannot be read");
                Err(Refusal::new(Code::LogUnavailable, "The file cannot be read now; try again."))
            }
        }
    }

    /// At the start: logs which program runs and what it was told to do, where either is another one than the last time.
    pub(super) async fn log_start(&self, told: &[u8]) -> Answer<()> {
        let program = tokio::task::spawn_blocking(|| PROGRAM.get_or_init(program_sha256).clone()).await;
        let program = program.ok().flatten().ok_or_else(|| Refusal::internal("this program cannot be read"))?;
        let mut step = self.0.store.write().await?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        if changed(&mut step, RELEASE, &program).await? {
            self.log(&mut step, Event::Release { version, sha256: program })?;
        }
        let sha256 = hex(&Sha256::digest(told));
        if changed(&mut step, CONFIGURATION, &sha256).await? {
            self.log(&mut step, Event::Configuration { sha256 })?;
        }
        step.commit().await?;
        self.log_rotation().await
    }

    /// Logs that there is a new key-encryption key, if there is, whoever made it.
    pub(super) async fn log_rotation(&self) -> Answer<()> {
        let number = self.0.vault.newest_wrapping();
        let mut step = self.0.store.write().await?;
        if changed(&mut step, WRAPPING, &number.to_string()).await? && number != FIRST {
            self.log(&mut step, Event::KeyRotation { number })?;
        }
        Ok(step.commit().await?)
    }
}

fn enter(
    step: &mut Step,
    logged: &Logged,
    opening: &Opening,
    subject: Option<SubjectId>,
    seal: impl FnOnce(&str, &[u8]) -> Sealed,
) {
    let leaf = opening.leaf();
    let sealed = seal(&hex(&leaf.commitment.0), &opening.to_bytes());
    let (kind, commitment, now_ms) = (logged.event.kind(), leaf.commitment.0, logged.at_ms);
    step.log(NewEntry { leaf: leaf.to_bytes(), kind, subject, commitment, sealed, now_ms });
}

/// Whether a setting had another value; it has this one from now on.
async fn changed(conn: &mut Conn, setting: &str, value: &str) -> Answer<bool> {
    if sessions::setting(conn, setting).await?.as_deref() == Some(value.as_bytes()) {
        return Ok(false);
    }
    sessions::put_setting(conn, setting, value.as_bytes()).await?;
    Ok(true)
}

/// The same as long as the process runs.
static PROGRAM: OnceLock<Option<String>> = OnceLock::new();

/// SHA-256 of the file of the program that runs.
fn program_sha256() -> Option<String> {
    let mut file = std::fs::File::open(std::env::current_exe().ok()?).ok()?;
    let mut hash = Sha256::new();
    std::io::copy(&mut file, &mut hash).ok()?;
    Some(hex(&hash.finalize()))
}
