//! Each use of a subject's palms and records, out of the log, with the proof that it stands there.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
    directory,
    merchants::page,
};
use crate::{
    clock::rfc3339,
    log::event::{Event, Logged, ShownAt},
    secret::hex,
    store::{Conn, log_entries, log_entries::StoredEntry, merchants, rows},
    vault::{SubjectKey, What},
};
use handsel_api::{SubjectId, merchants::Page, uses::Use as Shown};
use handsel_directory::{Completeness, Secret, Statement, Trusted, Use};
use handsel_log::{Checkpoint, Folder, Note, Proof, Prover, Source, commitment::Opening, layout::CHECKPOINT};
use std::sync::Arc;

/// A checkpoint file is not longer.
const LONGEST_CHECKPOINT: u64 = 256 * 1024;
/// How many entries are read and proved at once.
const AT_ONCE: u32 = 1_000;

/// An entry with what it opens to.
struct Opened {
    index: u64,
    opening: Opening,
}

/// Somebody's place in the directory.
struct Place {
    secret: Secret,
    history: Vec<u8>,
    /// What the log says of the directory.
    statement: Statement,
    /// The entry that says so.
    said: Opened,
}

impl App {
    /// What was done with a subject's palms and records, newest first. For themselves only.
    pub async fn uses(
        &self,
        caller: &Caller,
        subject: SubjectId,
        limit: u32,
        after: Option<u64>,
    ) -> Answer<Page<Shown>> {
        allow(caller, Right::OwnWallet { subject })?;
        let mut conn = self.0.store.read().await?;
        let opened = self.opened(&mut conn, subject, limit + 1, after).await?;
        let mut uses = Vec::new();
        for one in &opened {
            uses.push(shown(&mut conn, one).await?);
        }
        drop(conn);
        for (one, proof) in uses.iter_mut().zip(self.prove(opened).await?) {
            one.proof = proof;
        }
        Ok(page(uses, limit, |one| one.entry.to_string()))
    }

    /// All of it, newest first, without proofs.
    pub(super) async fn all_uses(&self, conn: &mut Conn, subject: SubjectId) -> Answer<Vec<Shown>> {
        let (mut uses, mut before) = (Vec::new(), None);
        loop {
            let opened = self.opened(conn, subject, AT_ONCE, before).await?;
            let Some(last) = opened.last() else { return Ok(uses) };
            before = Some(last.index);
            for one in &opened {
                uses.push(shown(conn, one).await?);
            }
        }
    }

    /// The proofs of all of it in one file, oldest first, and the proof that it is all: `handsel log verify --subject` reads it,
    /// anywhere. For themselves only.
    pub async fn proofs_of_uses(&self, caller: &Caller, subject: SubjectId) -> Answer<String> {
        allow(caller, Right::OwnWallet { subject })?;
        let place = self.place(subject).await?;
        // What was done since then is told the next time.
        let mut before = place.as_ref().map(|place| place.statement.entries);
        let (mut proofs, mut uses) = (Vec::new(), Vec::new());
        loop {
            let mut conn = self.0.store.read().await?;
            let opened = self.opened(&mut conn, subject, AT_ONCE, before).await?;
            drop(conn);
            let Some(last) = opened.last() else { break };
            before = Some(last.index);
            uses.extend(opened.iter().map(|one| Use::of(one.index, &one.opening.leaf())));
            proofs.extend(self.prove(opened).await?.into_iter().flatten());
        }
        proofs.reverse();
        uses.reverse();
        if let Some(place) = place.filter(|_| !uses.is_empty()) {
            proofs.extend(self.complete(place, uses).await?);
        }
        Ok(proofs.concat())
    }

    /// A subject's place in the directory, which is told of everything before, and what the log says of it; `None` where nothing stands
    /// there.
    async fn place(&self, subject: SubjectId) -> Answer<Option<Place>> {
        let mut telling = self.0.directory.lock().await;
        self.tell(&mut telling, true).await?;
        let mut conn = self.0.store.read().await?;
        let secret = directory::secret(&self.person(&mut conn, subject).await?.key);
        let said = log_entries::last_statement(&mut conn).await?;
        drop(conn);
        let history = telling.history(secret.clone()).await?;
        drop(telling);
        self.publish().await?;
        let (Some(said), Some(history)) = (said, history) else { return Ok(None) };
        let opening = self.0.vault.open_opening(&hex(&said.commitment), &said.sealed)?;
        let opening = Opening::parse(&opening).map_err(|_| Refusal::internal("an opening that is none"))?;
        let (statement, _) = Statement::of(&opening).ok_or_else(|| Refusal::internal("a statement that is none"))?;
        Ok(Some(Place { secret, history, statement, said: Opened { index: said.index, opening } }))
    }

    /// That uses are all, checked as their owner would; `None`, and said, where that cannot be shown: a store that was put back from
    /// before lacks what was done since.
    async fn complete(&self, place: Place, uses: Vec<Use>) -> Answer<Option<String>> {
        let Place { secret, history, said, .. } = place;
        let Some(Some(proof)) = self.prove(vec![said]).await?.pop() else { return Ok(None) };
        let log = Arc::clone(&self.0.log);
        let checking = tokio::task::spawn_blocking(move || {
            let statement = Proof::parse(proof.as_bytes()).map_err(|_| Refusal::internal("a proof that is none"))?;
            let complete = Completeness { secret, history, statement };
            let by = Trusted { origin: log.key().name().as_str(), key: log.key(), witnesses: &[] };
            match complete.check(&uses, by) {
                Ok(_) => Ok(Some(complete.to_string())),
                Err(why) => {
                    tracing::error!(%why, "it cannot be shown that somebody's uses are all");
                    Ok(None)
                }
            }
        });
        checking.await.map_err(|_| Refusal::internal("checking broke off"))?
    }

    async fn opened(
        &self,
        conn: &mut Conn,
        subject: SubjectId,
        limit: u32,
        before: Option<u64>,
    ) -> Answer<Vec<Opened>> {
        let key = self.person(conn, subject).await?.key;
        let stored = log_entries::of_subject(conn, subject, limit, before).await?;
        stored.iter().map(|entry| open(&key, entry)).collect()
    }

    /// The proof of each that is published, checked as its owner would.
    async fn prove(&self, opened: Vec<Opened>) -> Answer<Vec<Option<String>>> {
        let log = Arc::clone(&self.0.log);
        let proving = tokio::task::spawn_blocking(move || {
            let source = log.public();
            let checkpoint = source.read(CHECKPOINT, LONGEST_CHECKPOINT).ok().flatten().unwrap_or_default();
            let checkpoint = Note::parse(&checkpoint).map_err(|_| Refusal::internal("a checkpoint that is none"))?;
            let said: Checkpoint =
                checkpoint.text().parse().map_err(|_| Refusal::internal("a checkpoint that is none"))?;
            let prover: Prover<Folder> = Prover::new(source, said.size);
            let one = |Opened { index, opening }: Opened| {
                if index >= said.size {
                    return Ok(None);
                }
                let hashes = prover.inclusion(index).map_err(|_| Refusal::internal("an entry without a proof"))?;
                let extra = Some(opening.to_bytes());
                let proof = Proof { extra, index, hashes, checkpoint: checkpoint.clone() };
                let holds = proof.check(&opening.leaf().to_bytes(), log.key().name().as_str(), log.key(), &[]);
                holds.map_err(|_| Refusal::internal("an entry of a use is not in the log"))?;
                Ok(Some(proof.to_string()))
            };
            opened.into_iter().map(one).collect::<Answer<Vec<_>>>()
        });
        proving.await.map_err(|_| Refusal::internal("proving broke off"))?
    }
}

fn open(key: &SubjectKey, entry: &StoredEntry) -> Answer<Opened> {
    let what = hex(&entry.commitment);
    let opening = key.open(What::Opening { commitment: &what }, &entry.sealed)?;
    let opening = Opening::parse(&opening).map_err(|_| Refusal::internal("an opening that is none"))?;
    Ok(Opened { index: entry.index, opening })
}

/// In the words of the API.
async fn shown(conn: &mut Conn, Opened { index, opening }: &Opened) -> Answer<Shown> {
    let Logged { at_ms, event } = Logged::of(opening).map_err(|_| Refusal::internal("an event that is none"))?;
    let kind = event.kind().to_owned();
    let (place, purpose, outcome) = match event {
        Event::Search { place, purpose, .. } => (place, Some(purpose), None),
        Event::Match { place, purpose, outcome } => (place, Some(purpose), Some(rows::word(&outcome)?)),
        Event::StepUp { payment, passed } => {
            let place = ShownAt { payment: Some(payment), ..ShownAt::default() };
            (place, None, Some(if passed { "passed" } else { "failed" }.to_owned()))
        }
        Event::HeldPalm { step, .. } => (ShownAt::default(), None, Some(rows::word(&step)?)),
        Event::Enrol { purpose, .. }
        | Event::ConsentGiven { purpose, .. }
        | Event::ConsentWithdrawn { purpose, .. } => (ShownAt::default(), Some(purpose), None),
        Event::StaffAccess { .. }
        | Event::Export { .. }
        | Event::LegalRequest { .. }
        | Event::AuthorityRequest { .. }
        | Event::Moratorium { .. }
        | Event::Erasure { .. }
        | Event::KeyRotation { .. }
        | Event::EpochRevocation { .. }
        | Event::Configuration { .. }
        | Event::Directory(_)
        | Event::Release { .. } => (ShownAt::default(), None, None),
    };
    let site_name = match place.site {
        Some(site) => merchants::site(conn, site).await?.map(|site| site.name),
        None => None,
    };
    let ShownAt { site, scanner, payment } = place;
    Ok(Shown {
        entry: *index,
        kind,
        at: rfc3339(at_ms),
        purpose,
        site,
        site_name,
        scanner,
        payment,
        outcome,
        proof: None,
    })
}
