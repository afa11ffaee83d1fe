//! The log is published once a second: what was appended goes into the tree, and a new checkpoint is signed, by witnesses too.

use super::{Answer, App, Parts, Refusal, courier};
use crate::config::WitnessConfig;
use handsel_api::incidents::IncidentKind;
use handsel_log::{
    Folder, Note, Prover, Signature,
    witness::{ADD_CHECKPOINT, Answered, Refused, ask},
};
use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};
use tokio::runtime::Handle;

/// How often it is published: half of the longest that anybody may wait.
const EVERY: Duration = Duration::from_secs(1);
/// How long a witness may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who is asked to sign. Cloning shares what is known of them.
#[derive(Clone)]
pub(crate) struct Witnesses {
    client: reqwest::Client,
    all: Arc<Mutex<Vec<Witness>>>,
}

struct Witness {
    config: WitnessConfig,
    /// How many entries it is believed to have seen.
    known: u64,
    /// It did not sign the last time; said once.
    failing: bool,
}

impl Witnesses {
    pub(super) fn of(configs: &[WitnessConfig]) -> Result<Witnesses, reqwest::Error> {
        let all = configs.iter().map(|config| Witness { config: config.clone(), known: 0, failing: false }).collect();
        Ok(Witnesses { client: courier::client()?, all: Arc::new(Mutex::new(all)) })
    }

    /// Whether each has seen so many entries.
    fn have_seen(&self, size: u64) -> bool {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).iter().all(|witness| witness.known == size)
    }

    /// Asks every one; the signatures, and who knows the log otherwise. Keeps the calling thread busy.
    fn ask(&self, on: &Handle, checkpoint: &Note, prover: &Prover<Folder>) -> (Vec<Signature>, Vec<String>) {
        let (mut signatures, mut disagree) = (Vec::new(), Vec::new());
        for witness in self.all.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            let Witness { config, known, failing } = witness;
            let url = format!("{}{ADD_CHECKPOINT}", config.url.trim_end_matches('/'));
            let mut post = |body: String| {
                on.block_on(async {
                    let answer = self.client.post(&url).timeout(PATIENCE).body(body).send().await?;
                    let status = answer.status().as_u16();
                    Ok::<_, reqwest::Error>(Answered { status, body: answer.text().await? })
                })
            };
            let refused = match ask(&config.key, known, checkpoint, prover, &mut post) {
                Ok(signed) => {
                    signatures.extend(signed);
                    *failing = false;
                    continue;
                }
                Err(refused) => refused,
            };
            let name = config.key.name();
            if !std::mem::replace(failing, true) {
                tracing::warn!(witness = %name, why = %refused, "a witness did not sign; it is asked again");
            }
            if matches!(refused, Refused::RolledBack(_) | Refused::Forked) {
                disagree.push(format!("{name}: {refused}"));
            }
        }
        (signatures, disagree)
    }
}

impl App {
    /// Publishes what was appended, and has witnesses sign it that have not seen all of it. How many entries there are.
    pub(super) async fn publish(&self) -> Answer<u64> {
        let (log, witnesses, on) = (Arc::clone(&self.0.log), self.0.witnesses.clone(), Handle::current());
        let publishing = tokio::task::spawn_blocking(move || {
            let mut asked = None;
            let note = log.publish(|note, prover| {
                if witnesses.have_seen(prover.size()) {
                    return Vec::new();
                }
                let (signatures, disagree) = witnesses.ask(&on, note, prover);
                asked = Some(disagree);
                signatures
            });
            note.map(|note| (note, asked))
        });
        let published = publishing.await.map_err(|_| Refusal::internal("publishing the log broke off"))?;
        let (note, asked) = published.map_err(|error| {
            tracing::error!(%error, "the log cannot be published now; it is tried again");
            Refusal::internal("the log")
        })?;
        if let Some(disagree) = asked {
            let found = (!disagree.is_empty()).then(|| disagree.join("; "));
            self.note_incident(IncidentKind::WitnessDisagrees, found.as_deref()).await?;
        }
        let checkpoint: handsel_log::Checkpoint =
            note.text().parse().map_err(|_| Refusal::internal("a checkpoint that is none"))?;
        Ok(checkpoint.size)
    }
}

/// Works until the last [`App`] is gone.
pub(super) async fn work(parts: Weak<Parts>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(app) = parts.upgrade().map(App) else { return };
        // What failed was said, and is tried again.
        let _ = app.publish().await;
    }
}
