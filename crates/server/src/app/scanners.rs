//! Scanners: a till asks one to collect a payment, and reads what became of it. The action follows the payment's end.

use super::{
    Answer, App, Caller, Parts, Refusal,
    access::{Right, allow, merchant_of},
    merchants::page,
    payments::reload,
    text,
    view::{standing, standing_of},
};
use crate::{
    clock::{now_ms, rfc3339},
    ids,
    store::{
        Conn, Step, events, merchants,
        scanners::{self, StoredAction},
    },
};
use handsel_api::{
    Code, ScannerActionId, ScannerId,
    events::EventKind,
    keys::Scope,
    merchants::Page,
    payments::PaymentStatus,
    scanners::{CreateScanner, CreateScannerAction, Scanner, ScannerAction, ScannerActionKind, ScannerActionStatus},
};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

/// The longest name of a scanner, in characters.
const LONGEST_NAME: usize = 60;
/// How long a scanner shows a payment: five minutes.
const DEADLINE_MS: i64 = 5 * 60 * 1000;
/// How often an action is looked at that is past its deadline, or when the store could not be read.
const AGAIN: Duration = Duration::from_secs(2);

impl App {
    /// Makes a scanner at a site.
    pub async fn create_scanner(&self, caller: &Caller, create: CreateScanner) -> Answer<Scanner> {
        let name = text("/name", &create.name, LONGEST_NAME)?;
        let mut tx = self.0.store.write().await?;
        let Some(site) = merchants::site(&mut tx, create.site).await? else {
            return Err(Refusal::field(Code::InvalidField, "/site", "There is no such site here."));
        };
        allow(caller, Right::Manage { merchant: site.merchant, scope: Scope::ScannersWrite })?;
        let id = ScannerId(ids::next());
        scanners::insert(&mut tx, id, site.id, site.merchant, &name, now_ms()).await?;
        let made = scanner(&mut tx, id).await?;
        tx.commit().await?;
        tracing::info!(scanner = %id, site = %site.id, "scanner made");
        Ok(made)
    }

    /// The scanners the caller may see, newest first: an operator all, a till its merchant's.
    pub async fn list_scanners(&self, caller: &Caller, limit: u32, after: Option<ScannerId>) -> Answer<Page<Scanner>> {
        let merchant = merchant_of(caller, Scope::ScannersWrite)?;
        let rows = scanners::list(&mut *self.0.store.read().await?, merchant, limit + 1, after).await?;
        Ok(page(rows, limit, |scanner| scanner.id.to_string()))
    }

    /// A scanner, for whoever may ask it.
    pub async fn scanner(&self, caller: &Caller, id: ScannerId) -> Answer<Scanner> {
        self.may_scan(&mut *self.0.store.read().await?, caller, id).await
    }

    /// Asks a scanner to do something; one thing at a time. Asked for the same again, it goes on with what it does: a till whose
    /// answer was lost just asks once more.
    pub async fn start_action(
        &self,
        caller: &Caller,
        id: ScannerId,
        create: CreateScannerAction,
    ) -> Answer<ScannerAction> {
        let CreateScannerAction::CollectPayment { payment } = create;
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let scanner = self.may_scan(&mut tx, caller, id).await?;
        let payment = reload(&mut tx, payment).await.map_err(|refusal| match refusal.code {
            Code::NotFound => Refusal::field(Code::InvalidField, "/payment", "There is no such payment here."),
            _ => refusal,
        })?;
        if payment.site != scanner.site {
            return Err(Refusal::field(Code::InvalidField, "/payment", "The payment is of another site."));
        }
        let status = standing(&payment, now_ms);
        if !is_open(status) {
            let detail = "Only an open payment can be collected; read it for its status.";
            return Err(Refusal::new(Code::WrongState, detail));
        }
        end_what_is_over(&mut tx, now_ms).await?;
        let running = scanners::in_progress(&mut tx, Some(id)).await?;
        if let Some(same) = running.iter().find(|running| running.payment == payment.id) {
            let shown = show(same, now_ms);
            tx.commit().await?;
            return Ok(shown);
        }
        if !running.is_empty() {
            return Err(Refusal::new(Code::ScannerBusy, "Wait for the end of its action, or cancel it."));
        }
        if scanners::is_collecting(&mut tx, payment.id).await? {
            return Err(Refusal::field(Code::ScannerBusy, "/payment", "Another scanner collects this payment."));
        }
        let action_id = ScannerActionId(ids::next());
        scanners::insert_action(&mut tx, action_id, id, payment.id, now_ms, now_ms + DEADLINE_MS).await?;
        let made = action(&mut tx, id, action_id).await?;
        tx.commit().await?;
        tracing::info!(scanner = %id, action = %action_id, payment = %payment.id, "action begun");
        self.follow_action(action_id);
        self.0.feed.wake_scanners();
        Ok(show(&made, now_ms))
    }

    /// What a scanner was asked to do, and how far it is.
    pub async fn action(&self, caller: &Caller, scanner: ScannerId, id: ScannerActionId) -> Answer<ScannerAction> {
        let mut conn = self.0.store.read().await?;
        self.may_scan(&mut conn, caller, scanner).await?;
        Ok(show(&action(&mut conn, scanner, id).await?, now_ms()))
    }

    /// What a scanner is to do now, if anything.
    pub async fn current_action(&self, caller: &Caller, scanner: ScannerId) -> Answer<Option<ScannerAction>> {
        let mut conn = self.0.store.read().await?;
        self.may_scan(&mut conn, caller, scanner).await?;
        let now_ms = now_ms();
        let running = scanners::in_progress(&mut conn, Some(scanner)).await?;
        let mut shown = running.iter().map(|action| show(action, now_ms));
        Ok(shown.find(|action| action.status == ScannerActionStatus::InProgress))
    }

    /// [`App::current_action`], once it is another one than `known`; after `wait` also when it is not.
    pub async fn next_action(
        &self,
        caller: &Caller,
        scanner: ScannerId,
        known: Option<ScannerActionId>,
        wait: Duration,
    ) -> Answer<Option<ScannerAction>> {
        let (mut news, mut stopping) = (self.0.feed.subscribe_to_actions(), self.stopping());
        let until = tokio::time::Instant::now() + wait;
        loop {
            news.mark_unchanged();
            let current = self.current_action(caller, scanner).await?;
            if current.as_ref().map(|action| action.id) != known || *stopping.borrow() {
                return Ok(current);
            }
            tokio::select! {
                _ = news.changed() => {}
                _ = stopping.changed() => {}
                () = tokio::time::sleep_until(until) => return Ok(current),
            }
        }
    }

    /// Has a scanner stop; the payment stays open. Twice changes nothing.
    pub async fn cancel_action(
        &self,
        caller: &Caller,
        scanner: ScannerId,
        id: ScannerActionId,
    ) -> Answer<ScannerAction> {
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        self.may_scan(&mut tx, caller, scanner).await?;
        let stored = action(&mut tx, scanner, id).await?;
        match standing_action(&stored, now_ms) {
            ScannerActionStatus::Cancelled => {}
            ScannerActionStatus::InProgress if is_open(stored.payment_status) => {
                end(&mut tx, &stored, ScannerActionStatus::Cancelled, now_ms).await?;
            }
            ScannerActionStatus::InProgress => {
                return Err(Refusal::new(Code::WrongState, "The payment is with the processor; wait for its end."));
            }
            ScannerActionStatus::Succeeded | ScannerActionStatus::Failed => {
                return Err(Refusal::new(Code::WrongState, "The action has ended."));
            }
        }
        let shown = show(&action(&mut tx, scanner, id).await?, now_ms);
        tx.commit().await?;
        self.0.feed.wake_scanners();
        tracing::info!(action = %id, "action cancelled");
        Ok(shown)
    }

    /// An action for an event.
    pub(super) async fn show_action(&self, conn: &mut Conn, id: ScannerActionId) -> Answer<Option<ScannerAction>> {
        Ok(scanners::action(conn, id).await?.map(|action| show(&action, now_ms())))
    }

    /// Follows every action that has not ended, after a start.
    pub(super) async fn follow_actions(&self) -> Answer<()> {
        for action in scanners::in_progress(&mut *self.0.store.read().await?, None).await? {
            self.follow_action(action.id);
        }
        Ok(())
    }

    fn follow_action(&self, id: ScannerActionId) {
        tokio::spawn(follow(Arc::downgrade(&self.0), id));
    }

    /// Ends an action that is over. How long until it is worth another look; `None` when it has ended.
    async fn look_at(&self, id: ScannerActionId) -> Answer<Option<Duration>> {
        let now_ms = now_ms();
        let running = |action: &StoredAction| action.status == ScannerActionStatus::InProgress;
        let mut conn = self.0.store.read().await?;
        let Some(stored) = scanners::action(&mut conn, id).await?.filter(running) else { return Ok(None) };
        drop(conn);
        if standing_action(&stored, now_ms) == ScannerActionStatus::InProgress {
            let left = u64::try_from(stored.deadline_ms - now_ms).unwrap_or(0);
            return Ok(Some(Duration::from_millis(left).max(AGAIN)));
        }
        let mut tx = self.0.store.write().await?;
        if let Some(stored) = scanners::action(&mut tx, id).await? {
            end(&mut tx, &stored, standing_action(&stored, now_ms), now_ms).await?;
        }
        tx.commit().await?;
        self.0.feed.wake_scanners();
        Ok(None)
    }

    async fn may_scan(&self, conn: &mut Conn, caller: &Caller, id: ScannerId) -> Answer<Scanner> {
        let found = scanner(conn, id).await?;
        allow(caller, Right::Scan { merchant: found.merchant, site: found.site })?;
        Ok(found)
    }
}

async fn scanner(conn: &mut Conn, id: ScannerId) -> Answer<Scanner> {
    scanners::get(conn, id).await?.ok_or_else(|| Refusal::not_found("scanner"))
}

async fn action(conn: &mut Conn, scanner: ScannerId, id: ScannerActionId) -> Answer<StoredAction> {
    let found = scanners::action(conn, id).await?.filter(|action| action.scanner == scanner);
    found.ok_or_else(|| Refusal::not_found("action"))
}

/// Looks at an action whenever something happened, until it has ended.
async fn follow(parts: Weak<Parts>, id: ScannerActionId) {
    let Some(mut news) = parts.upgrade().map(|parts| parts.feed.subscribe()) else { return };
    loop {
        news.mark_unchanged();
        let Some(parts) = parts.upgrade() else { return };
        let wait = match App(parts).look_at(id).await {
            Ok(Some(wait)) => wait,
            Ok(None) => return,
            Err(_) => AGAIN,
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            changed = news.changed() => if changed.is_err() { return },
        }
    }
}

/// Ends what is over already and not noted yet, so that a scanner is not busy with it.
async fn end_what_is_over(step: &mut Step, now_ms: i64) -> Answer<()> {
    for stored in scanners::in_progress(step, None).await? {
        let status = standing_action(&stored, now_ms);
        if status != ScannerActionStatus::InProgress {
            end(step, &stored, status, now_ms).await?;
        }
    }
    Ok(())
}

async fn end(step: &mut Step, stored: &StoredAction, status: ScannerActionStatus, now_ms: i64) -> Answer<()> {
    if scanners::end(step, stored.id, status).await? {
        let (kind, id) = (EventKind::ScannerActionUpdated, stored.id.to_string());
        events::emit_about(step, stored.merchant, stored.payment, kind, id, now_ms).await?;
        tracing::info!(action = %stored.id, ?status, "action ended");
    }
    Ok(())
}

/// How far an action is now, whether or not the store says so yet.
fn standing_action(stored: &StoredAction, now_ms: i64) -> ScannerActionStatus {
    if stored.status != ScannerActionStatus::InProgress {
        return stored.status;
    }
    match standing_of(stored.payment_status, stored.payment_created_ms, now_ms) {
        PaymentStatus::Captured | PaymentStatus::Authorized => ScannerActionStatus::Succeeded,
        PaymentStatus::Declined | PaymentStatus::Expired => ScannerActionStatus::Failed,
        PaymentStatus::Cancelled => ScannerActionStatus::Cancelled,
        PaymentStatus::Processing | PaymentStatus::Unknown | PaymentStatus::Accepted => ScannerActionStatus::InProgress,
        PaymentStatus::RequiresPalm
        | PaymentStatus::Identifying
        | PaymentStatus::RequiresStepUp
        | PaymentStatus::RequiresConfirmation => {
            if now_ms < stored.deadline_ms {
                ScannerActionStatus::InProgress
            } else {
                ScannerActionStatus::Failed
            }
        }
    }
}

/// Whether the shopper can still be asked.
fn is_open(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::RequiresPalm | PaymentStatus::RequiresStepUp | PaymentStatus::RequiresConfirmation)
}

fn show(stored: &StoredAction, now_ms: i64) -> ScannerAction {
    ScannerAction {
        id: stored.id,
        scanner: stored.scanner,
        kind: ScannerActionKind::CollectPayment,
        payment: stored.payment,
        status: standing_action(stored, now_ms),
        deadline_at: rfc3339(stored.deadline_ms),
        created_at: rfc3339(stored.created_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use handsel_api::{MerchantId, PaymentId};
    use ulid::Ulid;

    #[test]
    fn an_action_follows_its_payment_and_its_deadline() {
        let id = Ulid::from_parts(1, 1);
        let at = |payment_status, now_ms| {
            let stored = StoredAction {
                id: ScannerActionId(id),
                scanner: ScannerId(id),
                merchant: MerchantId(id),
                payment: PaymentId(id),
                status: ScannerActionStatus::InProgress,
                deadline_ms: 100,
                created_ms: 0,
                payment_status,
                payment_created_ms: 0,
            };
            standing_action(&stored, now_ms)
        };
        use ScannerActionStatus::{Cancelled, Failed, InProgress, Succeeded};
        assert_eq!(at(PaymentStatus::RequiresPalm, 99), InProgress);
        assert_eq!(at(PaymentStatus::RequiresPalm, 100), Failed);
        assert_eq!(at(PaymentStatus::RequiresConfirmation, 100), Failed);
        assert_eq!(at(PaymentStatus::Processing, 1_000), InProgress, "money that moves is waited for");
        assert_eq!(at(PaymentStatus::Captured, 1_000), Succeeded);
        assert_eq!(at(PaymentStatus::Declined, 1), Failed);
        assert_eq!(at(PaymentStatus::Cancelled, 1), Cancelled);
        assert_eq!(at(PaymentStatus::Expired, 1), Failed);
    }
}
