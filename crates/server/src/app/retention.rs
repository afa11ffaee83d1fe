//! The policy, published and obeyed: the job that erases reads the very value that the page `/policy` shows.

use super::{
    Answer, App, Caller,
    access::{Right, allow},
};
use crate::{
    clock::{now_ms, rfc3339},
    store::{holds, retention, sessions},
};
use handsel_api::{
    SubjectId,
    policy::{Policy, PublishedPolicy},
};

/// A day.
pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// How many subjects one look finds.
const AT_ONCE: u32 = 100;
/// The setting that remembers when the policy was enforced.
const ENFORCED: &str = "policy_enforced_ms";

impl App {
    /// What this installation does with palms.
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    /// The policy, how many orders stop it, and when it was enforced. Anybody may know.
    pub async fn published_policy(&self) -> Answer<PublishedPolicy> {
        let mut conn = self.0.store.read().await?;
        let enforced = sessions::setting(&mut conn, ENFORCED).await?;
        let enforced = enforced.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
        Ok(PublishedPolicy {
            policy: self.0.policy.clone(),
            legal_holds: holds::in_force(&mut conn, now_ms()).await?,
            enforced_at: enforced.map(rfc3339),
        })
    }

    /// When a subject is erased unless they use or sign something before, RFC 3339. For themselves and the operator.
    pub async fn kept_until(&self, caller: &Caller, subject: SubjectId) -> Answer<String> {
        allow(caller, Right::ActFor { subject })?;
        let mut conn = self.0.store.read().await?;
        let last_ms = retention::last_used(&mut conn, subject).await?;
        let told_ms = retention::told(&mut conn, subject).await?.unwrap_or(i64::MAX);
        Ok(rfc3339(last_ms + told_ms.min(days_ms(self.0.policy.retention.unused_days))))
    }

    /// Erases everybody whose time is over at `now_ms`; how many. Whoever cannot be erased now is tried again the next time.
    pub(super) async fn enforce_policy(&self, now_ms: i64) -> Answer<u32> {
        let rules = self.0.policy.retention;
        let unused_since_ms = now_ms - days_ms(rules.unused_days);
        let without_since_ms = now_ms - days_ms(rules.without_consent_days);
        let (mut erased, mut after) = (0, None);
        loop {
            let due = {
                let mut conn = self.0.store.read().await?;
                retention::due(&mut conn, unused_since_ms, without_since_ms, now_ms, after, AT_ONCE).await?
            };
            for subject in &due {
                match self.erase(*subject, now_ms).await {
                    Ok(_) => erased += 1,
                    Err(refusal) => {
                        tracing::error!(code = refusal.code.name(), %subject, "could not be erased; it is tried again");
                    }
                }
            }
            after = due.last().copied();
            if after.is_none() {
                break;
            }
        }
        let mut tx = self.0.store.write().await?;
        let let_go = holds::forget_withheld(&mut tx, now_ms).await?;
        sessions::put_setting(&mut tx, ENFORCED, now_ms.to_string().as_bytes()).await?;
        tx.commit().await?;
        if let_go > 0 {
            self.forget_palms(&[]).await;
        }
        tracing::info!(erased, let_go, "policy enforced");
        Ok(erased)
    }
}

/// So many days in milliseconds.
pub(super) fn days_ms(days: u32) -> i64 {
    i64::from(days) * DAY_MS
}
