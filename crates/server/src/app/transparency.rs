//! What is answered to everybody, from live data. Nothing of it leads to anybody.

use super::{Answer, App, Refusal, legal_requests::bit};
use crate::{
    accuracy, backup,
    clock::{now_ms, rfc3339},
    custody, notice,
    store::{Conn, holds, incidents, legal_requests, notices, public},
};
use handsel_api::{
    consents::{Notice, Purpose},
    custody::EpochStatus,
    transparency::{
        Accuracy, Authorities, Backups, PalmKeys, PalmUses, Part, People, PublicIncident, PurposeUse, RequestCount,
        RequestKind, Rounded, ScannerPlace, Seller, ToldNotice, Transparency,
    },
};
use handsel_log::layout::CHECKPOINT;
use std::sync::{Arc, Mutex, PoisonError};

/// For how long a count is shown before it is counted anew, in milliseconds: counting reads whole tables, and anybody may ask.
const FRESH_MS: i64 = 10_000;
/// How far back incidents are told.
const YEAR_MS: i64 = 365 * 24 * 60 * 60 * 1000;
/// The most incidents that are told.
const MOST_INCIDENTS: u32 = 50;

/// What was counted, and the same as bytes that are signed.
#[derive(Debug)]
pub struct Told {
    /// The answers.
    pub answers: Transparency,
    /// Them as JSON on one line, and after an empty one the signature by the log's key: <https://c2sp.org/signed-note>.
    pub note: String,
}

impl Told {
    /// What is signed, without the line break at its end.
    pub fn json(&self) -> &str {
        self.note.split('\n').next().unwrap_or_default()
    }
}

/// The last count, and when it was made.
#[derive(Default)]
pub(super) struct Kept {
    last: Mutex<Option<(i64, Arc<Told>)>>,
    /// Held while it is counted, so that many who ask at once wait for one count.
    counting: tokio::sync::Mutex<()>,
}

impl Kept {
    fn fresh(&self, now_ms: i64) -> Option<Arc<Told>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(at_ms, _)| (0..FRESH_MS).contains(&(now_ms - at_ms))).map(|(_, kept)| kept.clone())
    }

    fn keep(&self, now_ms: i64, counted: Told) -> Arc<Told> {
        let counted = Arc::new(counted);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((now_ms, counted.clone()));
        counted
    }
}

impl App {
    /// What this installation answers to everybody, at most ten seconds old, and signed.
    pub async fn transparency(&self) -> Answer<Arc<Told>> {
        let kept = &self.0.answers;
        if let Some(fresh) = kept.fresh(now_ms()) {
            return Ok(fresh);
        }
        let _counting = kept.counting.lock().await;
        let now_ms = now_ms();
        match kept.fresh(now_ms) {
            Some(fresh) => Ok(fresh),
            None => Ok(kept.keep(now_ms, self.signed(self.count_for_everybody(now_ms).await?)?)),
        }
    }

    /// Notes since when the notices in force are told.
    pub(super) async fn keep_notices(&self) -> Answer<()> {
        let mut tx = self.0.store.write().await?;
        for notice in notice::all_in_force(&self.0.policy) {
            notices::keep(&mut tx, &notice, now_ms()).await?;
        }
        Ok(tx.commit().await?)
    }

    fn signed(&self, answers: Transparency) -> Answer<Told> {
        let json = serde_json::to_string(&answers).map_err(|_| Refusal::internal("answers that are no JSON"))?;
        let note = self.0.log.statement(&json).map_err(|_| Refusal::internal("answers that cannot be signed"))?;
        Ok(Told { answers, note: note.to_string() })
    }

    /// The newest published checkpoint; there is one as soon as the log was published for the first time.
    async fn checkpoint(&self) -> Answer<String> {
        let bytes = match self.log_file(CHECKPOINT).await? {
            Some(bytes) => bytes,
            None => {
                self.publish().await?;
                self.log_file(CHECKPOINT).await?.unwrap_or_default()
            }
        };
        String::from_utf8(bytes).map_err(|_| Refusal::internal("a checkpoint that is not text"))
    }

    async fn count_for_everybody(&self, now_ms: i64) -> Answer<Transparency> {
        let checkpoint = self.checkpoint().await?;
        let mut conn = self.0.store.read().await?;
        let sites = public::sites(&mut conn).await?;
        let merchants = sites
            .chunk_by(|a, b| a.merchant == b.merchant)
            .map(|its| Seller { name: its[0].merchant.clone(), sites: its.len() as u64 });
        Ok(Transparency {
            as_of: rfc3339(now_ms),
            release: env!("CARGO_PKG_VERSION").to_owned(),
            policy: self.0.policy.clone(),
            merchants: merchants.collect(),
            places: sites
                .into_iter()
                .map(|one| ScannerPlace {
                    merchant: one.merchant,
                    site: one.site,
                    scanners: u64::try_from(one.scanners).unwrap_or_default(),
                    sign_since: one.sign_confirmed_ms.map(rfc3339),
                })
                .collect(),
            planned: self.0.planned.clone(),
            people: People {
                sealed: Rounded::of(public::enrolled(&mut conn).await?),
                held: Rounded::of(public::carrying(&mut conn).await?),
                left: Rounded::of(public::left(&mut conn).await?),
            },
            uses: uses(&mut conn).await?,
            notices: self.told_notices(&mut conn).await?,
            keys: self.keys_for_everybody(&mut conn).await?,
            authorities: self.authorities(&mut conn, now_ms).await?,
            accuracy: Accuracy { target_fpir: self.0.risk.rate(), measured: accuracy::measured() },
            incidents: incidents_for_everybody(&mut conn, now_ms).await?,
            backups: self.backups_for_everybody(),
            checkpoint,
        })
    }

    fn backups_for_everybody(&self) -> Backups {
        let notes = backup::notes(&self.0.data_dir);
        Backups {
            made_at: notes.backup.map(|made| made.made_at),
            tried_at: notes.drilled_at,
            put_back_at: notes.restored_at,
        }
    }

    async fn told_notices(&self, conn: &mut Conn) -> Answer<Vec<ToldNotice>> {
        let current: Vec<String> = notice::all_in_force(&self.0.policy).into_iter().map(|one| one.sha256).collect();
        let mut told = Vec::new();
        for stored in public::notices(conn).await? {
            let notice: Notice = serde_json::from_str(&stored.words).map_err(|_| Refusal::internal("a notice"))?;
            told.push(ToldNotice {
                purpose: notice.purpose,
                language: notice.language,
                version: notice.version,
                title: notice.title,
                current: current.contains(&notice.sha256),
                sha256: notice.sha256,
                since: stored.first_ms.map(rfc3339),
            });
        }
        let place = |one: &ToldNotice| {
            (Purpose::ALL.iter().position(|all| *all == one.purpose), one.language.tag(), one.version)
        };
        told.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.since.cmp(&b.since)));
        Ok(told)
    }

    async fn keys_for_everybody(&self, conn: &mut Conn) -> Answer<PalmKeys> {
        let custody = custody::look(conn, &self.0.vault).await?;
        let current = custody.epochs.first().ok_or_else(|| Refusal::internal("no epoch"))?;
        Ok(PalmKeys {
            epoch: current.number,
            epoch_since: current.began_at.clone(),
            revoked: custody.epochs.iter().filter(|epoch| epoch.status == EpochStatus::Revoked).count() as u64,
            to_rekey: custody.templates_to_rekey,
        })
    }

    async fn authorities(&self, conn: &mut Conn, now_ms: i64) -> Answer<Authorities> {
        let none = |kind| RequestCount { kind, received: 0, open: 0, refused: 0, nothing_held: 0, answered: 0 };
        let mut requests = RequestKind::ALL.map(none);
        let mut given = [0; Part::ALL.len()];
        for (kind, decision, disclosed, count) in legal_requests::counted(conn).await? {
            for one in requests.iter_mut().filter(|one| one.kind == kind) {
                one.received += count;
                *match decision.as_str() {
                    "refused" => &mut one.refused,
                    "nothing_held" => &mut one.nothing_held,
                    "answered" => &mut one.answered,
                    _ => &mut one.open,
                } += count;
            }
            for (given, part) in given.iter_mut().zip(Part::ALL) {
                *given += if disclosed & bit(part) != 0 { count } else { 0 };
            }
        }
        let [gave_membership, gave_payments, gave_cards] = given;
        Ok(Authorities {
            requests: requests.to_vec(),
            gave_membership,
            gave_payments,
            gave_cards,
            legal_holds: holds::in_force(conn, now_ms).await?,
            moratoria: self.moratoria(conn, now_ms).await?,
        })
    }
}

async fn incidents_for_everybody(conn: &mut Conn, now_ms: i64) -> Answer<Vec<PublicIncident>> {
    let found = incidents::list(conn, MOST_INCIDENTS, None).await?.into_iter();
    let lately = found.filter(|one| one.ended_ms.is_none_or(|ended| ended > now_ms - YEAR_MS));
    let told = lately.map(|one| PublicIncident {
        kind: one.kind,
        found_at: rfc3339(one.found_ms),
        ended_at: one.ended_ms.map(rfc3339),
    });
    Ok(told.collect())
}

async fn uses(conn: &mut Conn) -> Answer<PalmUses> {
    let counted = crate::store::counts::reads_since(conn, "").await?;
    let of = |purpose: Purpose, which: fn(&str) -> bool| {
        let its = counted.iter().filter(|(word, outcome, _)| word == purpose.word() && which(outcome));
        its.map(|(_, _, count)| count).sum()
    };
    let purposes = Purpose::ALL.map(|purpose| PurposeUse {
        purpose,
        reads: of(purpose, |_| true),
        found: of(purpose, |outcome| matches!(outcome, "found" | "verified" | "brought")),
    });
    Ok(PalmUses { since: public::first_day(conn).await?, purposes: purposes.to_vec() })
}
