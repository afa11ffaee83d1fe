//! Each use of a subject's palms and records, out of the log, with the proof that it stands there.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
    merchants::page,
};
use crate::{
    clock::rfc3339,
    log::event::{Event, Logged, ShownAt},
    secret::hex,
    store::{Conn, log_entries, log_entries::StoredEntry, merchants, rows},
    vault::{SubjectKey, What},
};
use handsel_api::{SubjectId, merchants::Page, uses::Use};
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

impl App {
    /// What was done with a subject's palms and records, newest first. For themselves only.
    pub async fn uses(&self, caller: &Caller, subject: SubjectId, limit: u32, after: Option<u64>) -> Answer<Page<Use>> {
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
    pub(super) async fn all_uses(&self, conn: &mut Conn, subject: SubjectId) -> Answer<Vec<Use>> {
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

    /// The proofs of all of it in one file, oldest first: `handsel log verify --subject` reads it, anywhere. For themselves only.
    pub async fn proofs_of_uses(&self, caller: &Caller, subject: SubjectId) -> Answer<String> {
        allow(caller, Right::OwnWallet { subject })?;
        let (mut proofs, mut after) = (Vec::new(), None);
        loop {
            let mut conn = self.0.store.read().await?;
            let opened = self.opened(&mut conn, subject, AT_ONCE, after).await?;
            drop(conn);
            let Some(last) = opened.last() else { break };
            after = Some(last.index);
            proofs.extend(self.prove(opened).await?.into_iter().flatten());
        }
        proofs.reverse();
        Ok(proofs.concat())
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
async fn shown(conn: &mut Conn, Opened { index, opening }: &Opened) -> Answer<Use> {
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
        | Event::Release { .. } => (ShownAt::default(), None, None),
    };
    let site_name = match place.site {
        Some(site) => merchants::site(conn, site).await?.map(|site| site.name),
        None => None,
    };
    let ShownAt { site, scanner, payment } = place;
    Ok(Use {
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
