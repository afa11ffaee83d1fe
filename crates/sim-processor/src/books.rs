//! The books: one SQLite file, one thread that has it. Whoever wants something sends work; all work that waits is done in one
//! transaction, and answered once that is on the disk. So a commit's wait is shared, and nobody hears of what could be lost.

mod audit;
mod charges;
mod keys;
mod refunds;
mod schema;
mod setups;

pub(crate) use audit::{Audit, PaymentAudit, audit, totals};
pub(crate) use charges::{Charge, Decline, NewCharge, State, capture, charge, charges_of, void};
pub(crate) use keys::{Key, keyed};
pub(crate) use refunds::{NewRefund, refund, refund_by_name};
pub use schema::OpenError;
pub(crate) use setups::{choose, new_setup, setup};

use rusqlite::Connection;
use serde::Serialize;
use std::{path::Path, sync::mpsc, thread};
use tokio::sync::oneshot;

/// The most work in one transaction.
const MOST_AT_ONCE: usize = 1000;

/// The way to the thread that has the books. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Books(mpsc::Sender<Work>);

/// The books cannot be written: nothing was done.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the books cannot be used")]
pub(crate) struct Broken;

/// Something to do, which gives what to do once it is on the disk.
type Work = Box<dyn FnOnce(&Connection) -> rusqlite::Result<Answer> + Send>;
type Answer = Box<dyn FnOnce() + Send>;

/// What was said to a request, and is said again to the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) status: u16,
    /// JSON.
    pub(crate) body: String,
}

/// Why a request was not done.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Refused {
    pub(crate) code: &'static str,
    pub(crate) detail: String,
}

impl Books {
    pub(crate) fn open(file: &Path) -> Result<Books, OpenError> {
        let conn = schema::open(file)?;
        let (work, waiting) = mpsc::channel();
        thread::Builder::new().name("sim-books".to_owned()).spawn(move || keep(&conn, &waiting))?;
        Ok(Books(work))
    }

    /// Does `work` and answers after the commit.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Broken> {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |conn| {
            let done = work(conn)?;
            Ok(Box::new(move || drop(answer.send(done))))
        });
        self.0.send(work).map_err(|_| Broken)?;
        answered.await.map_err(|_| Broken)
    }
}

/// Until nobody can ask any more.
fn keep(conn: &Connection, waiting: &mpsc::Receiver<Work>) {
    while let Ok(first) = waiting.recv() {
        let batch = std::iter::once(first).chain(waiting.try_iter()).take(MOST_AT_ONCE);
        if let Err(error) = commit(conn, batch) {
            tracing::error!(%error, "the simulated processor's books cannot be written");
        }
    }
}

/// All of it or nothing; of what fails, nobody gets an answer.
fn commit(conn: &Connection, batch: impl Iterator<Item = Work>) -> rusqlite::Result<()> {
    let tx = conn.unchecked_transaction()?;
    let answers = batch.map(|work| work(&tx)).collect::<rusqlite::Result<Vec<_>>>()?;
    tx.commit()?;
    answers.into_iter().for_each(|answer| answer());
    Ok(())
}

impl Said {
    pub(crate) fn ok(value: &impl Serialize) -> Said {
        Said { status: 200, body: json(value) }
    }

    /// A refusal; with the charge as it stands, where there is one.
    pub(crate) fn refused(status: u16, code: &'static str, detail: impl Into<String>, charge: Option<&Charge>) -> Said {
        #[derive(Serialize)]
        struct Body<'a> {
            error: Refused,
            #[serde(skip_serializing_if = "Option::is_none")]
            charge: Option<&'a Charge>,
        }
        Said { status, body: json(&Body { error: Refused { code, detail: detail.into() }, charge }) }
    }
}

fn json(value: &impl Serialize) -> String {
    #[expect(clippy::expect_used, reason = "numbers and texts in structs of ours")]
    serde_json::to_string(value).expect("it has a JSON form")
}
