//! What the log's auditor found, noted and shown.

use super::{
    Answer, App, Caller,
    access::{Right, allow},
    merchants::page,
};
use crate::{
    clock::{now_ms, rfc3339},
    ids,
    store::{incidents, rows},
};
use handsel_api::{
    IncidentId,
    incidents::{Incident, IncidentKind},
    merchants::Page,
};

impl App {
    /// Every incident, newest first. Operators only.
    pub async fn list_incidents(
        &self,
        caller: &Caller,
        limit: u32,
        after: Option<IncidentId>,
    ) -> Answer<Page<Incident>> {
        allow(caller, Right::Look)?;
        let found = incidents::list(&mut *self.0.store.read().await?, limit + 1, after).await?;
        let shown = found.into_iter().map(|stored| Incident {
            id: stored.id,
            kind: stored.kind,
            detail: stored.detail,
            found_at: rfc3339(stored.found_ms),
            ended_at: stored.ended_ms.map(rfc3339),
        });
        Ok(page(shown.collect(), limit, |incident| incident.id.to_string()))
    }

    /// Notes what was found of a kind, or that nothing is found any more. An alarm is raised once.
    pub(super) async fn note_incident(&self, kind: IncidentKind, found: Option<&str>) -> Answer<()> {
        let mut tx = self.0.store.write().await?;
        let word = rows::word(&kind)?;
        match found {
            Some(detail) => {
                if incidents::begin(&mut tx, IncidentId(ids::next()), kind, detail, now_ms()).await? {
                    tracing::error!(kind = word, detail, "incident");
                }
            }
            None => {
                if incidents::end(&mut tx, kind, now_ms()).await? {
                    tracing::warn!(kind = word, "the incident ended");
                }
            }
        }
        Ok(tx.commit().await?)
    }
}
