//! Events: listed, and followed as they happen. The rows are the truth; who follows reads those after the last one it saw.

use super::{Answer, App, Caller, Parts, Refusal, Role, access::merchant_of, merchants::page, payments::reload};
use crate::{
    clock::{now_ms, rfc3339},
    store::{
        Conn,
        events::{self, Seq, StoredEvent},
        refunds, webhooks,
    },
};
use handsel_api::{
    Code, EventId, KeyId, MerchantId,
    events::{Event, EventData, EventKind},
    keys::Scope,
    merchants::Page,
};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};
use tokio::sync::watch;

/// How often the store is asked for new events while somebody follows them: half of that is what a stream adds to the way
/// of an event. It needs no word from whoever commits, so none can be forgotten.
const LOOK: Duration = Duration::from_millis(20);
/// The most streams of one merchant at once.
const MOST_STREAMS: usize = 10;
/// How many events are read at once.
const READ: u32 = 100;
/// How long an event is kept: 30 days.
const KEEP_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// How many old events are deleted in one transaction, and in how many at a time.
const DELETE: (u32, u32) = (1_000, 50);

/// Tells whoever follows that there is something new.
pub(crate) struct Feed {
    latest: watch::Sender<Seq>,
    /// Changes whenever a scanner's action began or ended.
    actions: watch::Sender<()>,
    stopping: watch::Sender<bool>,
    /// How many streams there are of each merchant, and of all.
    streams: Arc<Mutex<HashMap<Option<MerchantId>, usize>>>,
}

/// Events of one merchant, or of all, as they happen.
pub struct Follower {
    app: App,
    merchant: Option<MerchantId>,
    key: Option<KeyId>,
    seq: Seq,
    read: VecDeque<Event>,
    latest: watch::Receiver<Seq>,
    stopping: watch::Receiver<bool>,
    _place: Place,
}

/// A stream's place among those of its merchant, until it is dropped.
pub struct Place {
    streams: Arc<Mutex<HashMap<Option<MerchantId>, usize>>>,
    merchant: Option<MerchantId>,
}

impl Default for Feed {
    fn default() -> Feed {
        let actions = watch::Sender::new(());
        Feed { latest: watch::Sender::new(0), actions, stopping: watch::Sender::new(false), streams: Arc::default() }
    }
}

impl Feed {
    /// Changes whenever there may be something new.
    pub(super) fn subscribe(&self) -> watch::Receiver<Seq> {
        self.latest.subscribe()
    }

    /// Has everybody look again.
    pub(super) fn wake(&self) {
        self.latest.send_modify(|_| ());
    }

    /// Changes whenever a scanner's action began or ended.
    pub(super) fn subscribe_to_actions(&self) -> watch::Receiver<()> {
        self.actions.subscribe()
    }

    /// Has scanners look what they are to do.
    pub(super) fn wake_scanners(&self) {
        self.actions.send_replace(());
    }

    fn take_place(&self, merchant: Option<MerchantId>) -> Answer<Place> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let count = streams.entry(merchant).or_default();
        if *count >= MOST_STREAMS {
            let detail = format!("At most {MOST_STREAMS} streams at once; end one.");
            return Err(Refusal::new(Code::TooManyRequests, detail));
        }
        *count += 1;
        Ok(Place { streams: Arc::clone(&self.streams), merchant })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = streams.get_mut(&self.merchant) {
            *count -= 1;
            if *count == 0 {
                streams.remove(&self.merchant);
            }
        }
    }
}

impl App {
    /// The events the caller may see, newest first: an operator all, a till its merchant's.
    pub async fn list_events(&self, caller: &Caller, limit: u32, after: Option<EventId>) -> Answer<Page<Event>> {
        let merchant = merchant_of(caller, Scope::PaymentsRead)?;
        let mut conn = self.0.store.read().await?;
        let before = after.map(|id| events::seq_of(id).unwrap_or(0));
        let mut shown = Vec::new();
        for stored in events::list(&mut conn, merchant, limit + 1, before).await? {
            shown.push(self.show_event(&mut conn, &stored).await?);
        }
        Ok(page(shown, limit, |event| event.id.to_string()))
    }

    /// Follows the events the caller may see: those after `after`, or those that happen from now on.
    pub async fn follow_events(&self, caller: &Caller, after: Option<EventId>) -> Answer<Follower> {
        let merchant = merchant_of(caller, Scope::PaymentsRead)?;
        let place = self.0.feed.take_place(merchant)?;
        let latest = self.0.feed.subscribe();
        let seq = match after {
            Some(id) => events::seq_of(id).unwrap_or(Seq::MAX),
            None => events::last(&mut *self.0.store.read().await?).await?,
        };
        Ok(Follower {
            app: self.clone(),
            merchant,
            key: if let Caller::Till(till) = caller { till.key } else { None },
            seq,
            read: VecDeque::new(),
            latest,
            stopping: self.0.feed.stopping.subscribe(),
            _place: place,
        })
    }

    /// Sends an event to its merchant's endpoints again, whether or not it arrived before.
    pub async fn replay_event(&self, caller: &Caller, id: EventId) -> Answer<()> {
        let merchant = merchant_of(caller, Scope::WebhooksWrite)?;
        let mut tx = self.0.store.write().await?;
        let event = events::get(&mut tx, id).await?;
        let event = event.filter(|event| merchant.is_none_or(|own| own == event.merchant));
        let event = event.ok_or_else(|| Refusal::not_found("event"))?;
        webhooks::owe_again(&mut tx, event.merchant, event.seq, now_ms()).await?;
        tx.commit().await?;
        self.0.feed.wake();
        tracing::info!(event = %id, "to be sent again");
        Ok(())
    }

    /// Becomes true when every stream is to end.
    /// A place for a stream of a caller's requests; streams of both kinds share a merchant's places.
    pub fn follow_requests(&self, caller: &Caller) -> Answer<Place> {
        match caller {
            _ if matches!(caller.role(), Some(Role::Owner | Role::Manager)) => self.0.feed.take_place(None),
            Caller::Till(till) => self.0.feed.take_place(Some(till.merchant)),
            _ => Err(Refusal::new(Code::Forbidden, "Requests are for operators and tills.")),
        }
    }

    /// Whether a caller's key, if it is one, was not revoked.
    pub fn is_still_good(&self, caller: &Caller) -> bool {
        !matches!(caller, Caller::Till(till) if till.key.is_some_and(|key| !self.0.keys.is_good(key)))
    }

    /// Tells when streams have to end.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.0.feed.stopping.subscribe()
    }

    /// Ends every stream: the server stops.
    pub fn end_streams(&self) {
        self.0.feed.stopping.send_replace(true);
    }

    /// An event with what it is about, as it is now; without initials, which are for the screen the shopper looks at, and without
    /// their number in a programme, which is for tills that ask.
    pub(super) async fn show_event(&self, conn: &mut Conn, stored: &StoredEvent) -> Answer<Event> {
        let payment = reload(conn, stored.payment).await?;
        let mut payment = self.view(conn, &payment, now_ms()).await?;
        payment.initials = None;
        payment.loyalty_number = None;
        let mut data = EventData { payment, refund: None, action: None };
        match (stored.kind, &stored.detail) {
            (EventKind::RefundCreated, Some(id)) => {
                let id = id.parse().map_err(|_| Refusal::internal("a refund's id in an event"))?;
                data.refund = refunds::get(conn, id).await?;
            }
            (EventKind::ScannerActionUpdated, Some(id)) => {
                let id = id.parse().map_err(|_| Refusal::internal("an action's id in an event"))?;
                data.action = self.show_action(conn, id).await?;
            }
            _ => {}
        }
        Ok(Event {
            id: stored.id(),
            kind: stored.kind,
            timestamp: rfc3339(stored.created_ms),
            merchant: stored.merchant,
            data,
        })
    }

    /// Forgets events that are older than they are kept.
    pub(super) async fn forget_old_events(&self) -> Answer<()> {
        let (most, times) = DELETE;
        for _ in 0..times {
            let mut tx = self.0.store.write().await?;
            let gone = events::delete_before(&mut tx, now_ms() - KEEP_MS, most).await?;
            tx.commit().await?;
            if gone < u64::from(most) {
                break;
            }
        }
        Ok(())
    }
}

impl Follower {
    /// The next event, when there is one; `None` when the server stops or the key it was asked with was revoked.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next(&mut self) -> Answer<Option<Event>> {
        loop {
            if *self.stopping.borrow() || self.key.is_some_and(|key| !self.app.0.keys.is_good(key)) {
                return Ok(None);
            }
            if let Some(event) = self.read.pop_front() {
                return Ok(Some(event));
            }
            self.latest.mark_unchanged();
            self.read().await?;
            if self.read.is_empty() {
                tokio::select! {
                    _ = self.latest.changed() => {}
                    _ = self.stopping.changed() => {}
                }
            }
        }
    }

    async fn read(&mut self) -> Answer<()> {
        let mut conn = self.app.0.store.read().await?;
        for stored in events::after(&mut conn, self.merchant, self.seq, READ).await? {
            self.read.push_back(self.app.show_event(&mut conn, &stored).await?);
            self.seq = stored.seq;
        }
        Ok(())
    }
}

/// Looks for new events while somebody follows them, until the last [`App`] is gone.
pub(super) async fn watch_events(parts: Weak<Parts>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(parts) = parts.upgrade() else { return };
        if parts.feed.latest.receiver_count() == 0 {
            continue;
        }
        let Ok(mut conn) = parts.store.read().await else { continue };
        if let Ok(seq) = events::last(&mut conn).await {
            parts.feed.latest.send_if_modified(|latest| std::mem::replace(latest, seq) != seq);
        }
    }
}
