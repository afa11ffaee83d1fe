//! Searches that come while one runs wait for it together, and then share one pass over the memory.
//!
//! No thread of its own: whoever comes first leads. When its pass is done it hands the lead to one that waits.

use crate::{Buckets, Found, vectors::Query};
use handsel_palm::{Probe, Side, probe::FOUND_COSINE, vector::DIMENSIONS};
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    mpsc::{Sender, channel},
};

/// The most searches in one pass: from here on it is bound by computing, not by reading.
const TOGETHER: usize = 16;

/// One search.
pub(crate) struct Job {
    pub(crate) probe: Arc<Probe>,
    pub(crate) side: Side,
    pub(crate) buckets: Buckets,
    vector: zeroize::Zeroizing<[i8; DIMENSIONS]>,
}

impl Job {
    /// `None` for a probe without features.
    pub(crate) fn new(probe: &Arc<Probe>, side: Side, buckets: Buckets) -> Option<Job> {
        let vector = zeroize::Zeroizing::new(*probe.vector()?);
        Some(Job { probe: Arc::clone(probe), side, buckets, vector })
    }

    pub(crate) fn query(&self) -> Query<DIMENSIONS> {
        Query::new(&self.vector, FOUND_COSINE)
    }
}

/// The searches that wait.
#[derive(Default)]
pub(crate) struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    jobs: Vec<(Job, Sender<Turn>)>,
    led: bool,
}

/// What happens to a search that waits.
enum Turn {
    /// Somebody did it.
    Done(Found),
    /// It leads the next pass.
    Lead(Box<Job>),
}

impl Queue {
    /// Runs a job, in a pass of its own or of others; `pass` does up to [`TOGETHER`] at once and gives a result for each.
    pub(crate) fn run(&self, job: Job, pass: impl Fn(&[Job]) -> Vec<Found>) -> Found {
        let job = {
            let mut waiting = self.lock();
            if waiting.led {
                let (sender, receiver) = channel();
                waiting.jobs.push((job, sender));
                drop(waiting);
                match receiver.recv() {
                    Ok(Turn::Done(found)) => return found,
                    Ok(Turn::Lead(job)) => *job,
                    // Whoever led has panicked, and its callers with it; this one's caller must hear of it as well.
                    Err(_) => panic!("the search that this one waited for has failed"),
                }
            } else {
                waiting.led = true;
                job
            }
        };
        let _lead = Lead(self);
        let mut jobs = vec![job];
        let mut senders = Vec::new();
        {
            let mut waiting = self.lock();
            let count = waiting.jobs.len().min(TOGETHER - 1);
            for (job, sender) in waiting.jobs.drain(..count) {
                jobs.push(job);
                senders.push(sender);
            }
        }
        let found = pass(&jobs);
        for (sender, found) in senders.iter().zip(&found[1..]) {
            // Whoever has gone away does not want it.
            let _ = sender.send(Turn::Done(*found));
        }
        found[0]
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lead, which goes to one that waits when this is dropped, also by a panic.
struct Lead<'a>(&'a Queue);

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        while !waiting.jobs.is_empty() {
            let (job, sender) = waiting.jobs.remove(0);
            if sender.send(Turn::Lead(Box::new(job))).is_ok() {
                return;
            }
        }
        waiting.led = false;
    }
}
