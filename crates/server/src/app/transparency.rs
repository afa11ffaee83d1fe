//! What is answered to everybody, from live data. Nothing of it leads to anybody.

use super::{Answer, App, Refusal, legal_requests::bit};
use crate::{
    clock::{now_ms, rfc3339},
    custody, notice,
    store::{Conn, holds, legal_requests, notices, public},
};
use handsel_api::{
    consents::{Notice, Purpose},
    custody::EpochStatus,
    transparency::{
        Authorities, PalmKeys, PalmUses, Part, People, PurposeUse, RequestCount, RequestKind, Rounded, ScannerPlace,
        Seller, ToldNotice, Transparency,
    },
};
use std::sync::{Arc, Mutex, PoisonError};

/// For how long a count is shown before it is counted anew, in milliseconds: counting reads whole tables, and anybody may ask.
const FRESH_MS: i64 = 10_000;

/// The last count, and when it was made.
#[derive(Default)]
pub(super) struct Kept {
    last: Mutex<Option<(i64, Arc<Transparency>)>>,
    /// Held while it is counted, so that many who ask at once wait for one count.
    counting: tokio::sync::Mutex<()>,
}

impl Kept {
    fn fresh(&self, now_ms: i64) -> Option<Arc<Transparency>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(at_ms, _)| (0..FRESH_MS).contains(&(now_ms - at_ms))).map(|(_, kept)| kept.clone())
    }

    fn keep(&self, now_ms: i64, counted: Transparency) -> Arc<Transparency> {
        let counted = Arc::new(counted);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((now_ms, counted.clone()));
        counted
    }
}

impl App {
    /// What this installation answers to everybody, at most ten seconds old.
    pub async fn transparency(&self) -> Answer<Arc<Transparency>> {
        let kept = &self.0.answers;
        if let Some(fresh) = kept.fresh(now_ms()) {
            return Ok(fresh);
        }
        let _counting = kept.counting.lock().await;
        let now_ms = now_ms();
        match kept.fresh(now_ms) {
            Some(fresh) => Ok(fresh),
            None => Ok(kept.keep(now_ms, self.count_for_everybody(now_ms).await?)),
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

    async fn count_for_everybody(&self, now_ms: i64) -> Answer<Transparency> {
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
                left: Rounded::of(public::left(&mut conn).await?),
            },
            uses: uses(&mut conn).await?,
            notices: self.told_notices(&mut conn).await?,
            keys: self.keys_for_everybody(&mut conn).await?,
            authorities: self.authorities(&mut conn, now_ms).await?,
        })
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
