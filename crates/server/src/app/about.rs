//! Everything that is kept about a subject, written out for them.

use super::{
    Answer, App, Caller,
    access::{Right, allow},
};
use crate::{
    clock::{now_ms, rfc3339},
    log::event::{Event, Records},
    store::{Conn, payments, references},
};
use handsel_api::{
    SubjectId,
    export::{ExportedPalm, SubjectExport},
};
use std::collections::BTreeSet;

impl App {
    /// Everything about a subject but their templates. For themselves, and for the operator, which is noted; customer numbers and the
    /// links of receipts are for themselves only.
    pub async fn export_subject(&self, caller: &Caller, id: SubjectId) -> Answer<SubjectExport> {
        allow(caller, Right::ActFor { subject: id })?;
        let now_ms = now_ms();
        let theirs = matches!(caller, Caller::Subject(_));
        if !theirs {
            let mut tx = self.0.store.write().await?;
            self.log_about(&mut tx, id, Event::StaffAccess { what: Records::Everything }).await?;
            tx.commit().await?;
            tracing::info!(subject = %id, by = caller.name(), "everything about a subject was written out");
        }
        let kept_until = self.kept_until(caller, id).await?;
        let held = self.list_held(caller, id).await?;
        let credits = self.credits(caller, id).await?;
        let loyalty = if theirs { self.loyalty(caller, id).await? } else { Vec::new() };
        let mut conn = self.0.store.read().await?;
        let subject = self.show_subject(&mut conn, id).await?;
        let phone_last4 = self.person(&mut conn, id).await?.phone_last4()?.map(|digits| digits.to_string());
        let stored = payments::of_subject(&mut conn, id).await?;
        let mut shown = Vec::with_capacity(stored.len());
        for one in &stored {
            let mut payment = self.view(&mut conn, one, now_ms).await?;
            if !theirs {
                (payment.receipt_path, payment.loyalty_number) = (None, None);
            }
            shown.push(payment);
        }
        let (uses, palms) = (self.all_uses(&mut conn, id).await?, palms(&mut conn, id).await?);
        drop(conn);
        let mut notices = Vec::new();
        for hash in subject.consents.iter().map(|consent| &consent.notice_sha256).collect::<BTreeSet<_>>() {
            notices.extend(self.notice_signed(hash).await?);
        }
        Ok(SubjectExport {
            exported_at: rfc3339(now_ms),
            subject,
            phone_last4,
            kept_until,
            palms,
            held,
            notices,
            payments: shown,
            credits,
            loyalty,
            uses,
        })
    }
}

async fn palms(conn: &mut Conn, subject: SubjectId) -> Answer<Vec<ExportedPalm>> {
    let mut palms: Vec<ExportedPalm> = Vec::new();
    for kept in references::captures(conn, subject).await? {
        match palms.last_mut() {
            Some(palm) if palm.id == kept.reference => palm.epochs.push(kept.epoch),
            _ => palms.push(ExportedPalm {
                id: kept.reference,
                hand: kept.hand,
                enrolled_at: rfc3339(kept.created_ms),
                last_used_at: kept.last_used_ms.map(rfc3339),
                custody: "sealed".to_owned(),
                epochs: vec![kept.epoch],
            }),
        }
    }
    Ok(palms)
}
