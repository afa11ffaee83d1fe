//! What steps leave to be written together: one statement for each table, however many steps there were.

use super::{
    Conn, StoreError,
    events::{self, NewEvent},
    money::{self, Written},
};

/// Rows that are as good as written: nothing but the writer's own connection could see the difference, and it writes them
/// before anything there looks.
#[derive(Default)]
pub(super) struct Pending {
    events: Vec<NewEvent>,
    transfers: Vec<Written>,
}

/// How much there was at some moment.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    events: usize,
    transfers: usize,
}

impl Pending {
    pub(super) fn mark(&self) -> Mark {
        Mark { events: self.events.len(), transfers: self.transfers.len() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.mark() == Mark::default()
    }

    /// Forgets what came after a mark.
    pub(super) fn truncate(&mut self, to: Mark) {
        self.events.truncate(to.events);
        self.transfers.truncate(to.transfers);
    }

    pub(super) fn add_event(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    pub(super) fn add_transfer(&mut self, transfer: Written) {
        self.transfers.push(transfer);
    }

    /// The transfers, in the order they are chained in.
    pub(super) fn transfers(&self) -> &[Written] {
        &self.transfers
    }

    /// Writes all of it.
    pub(super) async fn write(&self, conn: &mut Conn) -> Result<(), StoreError> {
        if !self.transfers.is_empty() {
            money::insert_all(conn, &self.transfers).await?;
        }
        if !self.events.is_empty() {
            events::insert_all(conn, &self.events).await?;
        }
        Ok(())
    }
}
