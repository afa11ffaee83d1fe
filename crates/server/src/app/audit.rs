//! The auditor: holds the published log against itself as a stranger would, against what this server acknowledged, and against how
//! often palms were compared. What does not fit is an incident.

use super::{Answer, App, Parts, Refusal};
use crate::{
    clock::now_ms,
    log::{
        event::Event,
        held::{Held, read},
    },
    store::{log_entries, sessions},
};
use handsel_api::incidents::IncidentKind;
use handsel_directory::audit;
use handsel_log::verify::Reason;
use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

/// How often it looks, at most; and it takes a tenth of the time at most.
const EVERY: Duration = Duration::from_secs(5);
const SHARE: u32 = 10;
/// How long an entry may be acknowledged and not published: the longest promise.
const MERGED_WITHIN_MS: i64 = 2_000;
/// The setting that remembers the last checkpoint that held.
pub(crate) const SEEN: &str = "audited_checkpoint";

/// What the auditor remembers between two looks.
pub(super) struct Auditor {
    /// Entries before this one were looked at.
    looked_to: u64,
    /// Searches that the log tells of, since this process began.
    searches: u64,
    /// How many searches there had been when it began.
    searches_before: u64,
    /// The last checkpoint that held.
    seen: Option<Vec<u8>>,
    /// How far the directory of uses was followed; what the last process looked at is taken as it is.
    directory: audit::Auditor,
    /// What of it did not hold: nothing mends that.
    directory_broken: Option<String>,
}

impl Auditor {
    /// Begins before anything of this process is logged that it compares.
    pub(super) async fn begin(app: &App) -> Answer<Auditor> {
        let searches_before = app.0.palms.searches();
        let log = Arc::clone(&app.0.log);
        let looked_to = off_thread(move || log.len()).await?.map_err(|_| Refusal::internal("the log"))?;
        let seen = sessions::setting(&mut *app.0.store.read().await?, SEEN).await?;
        Ok(Auditor {
            looked_to,
            searches: 0,
            searches_before,
            seen,
            directory: audit::Auditor::midway(),
            directory_broken: None,
        })
    }

    /// Works until the last [`App`] is gone.
    pub(super) async fn work(mut self, parts: Weak<Parts>) {
        let mut pause = EVERY;
        loop {
            tokio::time::sleep(pause).await;
            let Some(app) = parts.upgrade().map(App) else { return };
            let start = Instant::now();
            if let Err(refusal) = self.look(&app).await {
                tracing::error!(code = refusal.code.name(), "the log could not be audited; it is tried again");
            }
            pause = EVERY.max(start.elapsed() * SHARE);
        }
    }

    /// Looks at everything once, and notes what it found.
    pub(super) async fn look(&mut self, app: &App) -> Answer<()> {
        // In this order: what was compared by now was logged before, and what was acknowledged by now is there to be published.
        let compared = app.0.palms.searches() - self.searches_before;
        let acknowledged = log_entries::last(&mut *app.0.store.read().await?).await?;
        let published = app.publish().await.is_ok();
        let (log, from, seen) = (Arc::clone(&app.0.log), self.looked_to, self.seen.clone());
        let held = match off_thread(move || read(&log.public(), log.key(), from, seen)).await? {
            Ok(held) => held,
            Err(fault) => {
                let detail = fault.to_string();
                let forked = matches!(fault.reason, Reason::Forked { .. } | Reason::RolledBack { .. });
                let kind = if forked { IncidentKind::LogForked } else { IncidentKind::LogDamaged };
                return app.note_incident(kind, Some(&detail)).await;
            }
        };
        app.note_incident(IncidentKind::LogForked, None).await?;
        let held = self.follow_directory(app, held).await?;
        app.note_incident(IncidentKind::LogDamaged, self.directory_broken.as_deref()).await?;

        let late = acknowledged
            .filter(|(last, at_ms)| *last >= held.size && (published || now_ms() - at_ms > MERGED_WITHIN_MS));
        let broken = match late {
            Some((last, _)) => Some(format!("entry {last} is not published")),
            None => {
                let other = log_entries::other_than(&mut *app.0.store.read().await?, &held).await?;
                other.map(|index| format!("entry {index} is not the one that was acknowledged"))
            }
        };
        app.note_incident(IncidentKind::PromiseBroken, broken.as_deref()).await?;

        self.searches += held.new.iter().filter(|leaf| leaf.kind.as_str() == Event::SEARCH).count() as u64;
        let unlogged = compared.saturating_sub(self.searches);
        // Until entries are published again, nobody can say.
        if published {
            let found = (unlogged > 0).then(|| format!("{unlogged} searches since this server began"));
            app.note_incident(IncidentKind::UnloggedRead, found.as_deref()).await?;
        }
        if broken.is_none() && self.seen.as_ref() != Some(&held.checkpoint) {
            let mut tx = app.0.store.write().await?;
            sessions::put_setting(&mut tx, SEEN, &held.checkpoint).await?;
            tx.commit().await?;
        }
        self.looked_to = held.size;
        self.seen = Some(held.checkpoint);
        Ok(())
    }
}

impl Auditor {
    /// Looks at what the new entries say of the directory, and keeps what does not hold.
    async fn follow_directory(&mut self, app: &App, held: Held) -> Answer<Held> {
        let log = Arc::clone(&app.0.log);
        let mut directory = std::mem::replace(&mut self.directory, audit::Auditor::midway());
        let (held, directory, broken) = off_thread(move || {
            let source = log.public();
            let fault =
                (held.from..).zip(&held.new).find_map(|(index, leaf)| directory.look(&source, index, leaf).err());
            (held, directory, fault.map(|fault| fault.to_string()))
        })
        .await?;
        self.directory = directory;
        self.directory_broken = self.directory_broken.take().or(broken);
        Ok(held)
    }
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Refusal::internal("the audit broke off"))
}
