//! Whether a payment could be taken now.

use super::{Answer, App, Refusal};
use crate::store::sessions;
use handsel_api::Code;
use std::time::{Duration, Instant};

/// What is written to see whether writing works.
const SETTING: &str = "last_probe";

/// How long an outcome is repeated. Anybody may probe, and a probe costs one write to the disk.
const REPEATED: Duration = Duration::from_secs(1);

/// The last probe: when, and whether the store took it.
#[derive(Default)]
pub(crate) struct LastProbe(tokio::sync::Mutex<Option<(Instant, bool)>>);

impl App {
    /// Writes to the store and waits until it is on the disk; then asks whether every palm can be searched.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`], [`Code::GalleryUnavailable`].
    pub async fn ready(&self) -> Answer<()> {
        let mut last = self.0.last_probe.0.lock().await;
        let taken = match *last {
            Some((when, taken)) if when.elapsed() < REPEATED => taken,
            _ => {
                let taken = self.probe().await.is_ok();
                *last = Some((Instant::now(), taken));
                taken
            }
        };
        let why = "The store takes no writes now. Look at the disk's free space and permissions, or at the database that is the store.";
        if !taken {
            return Err(Refusal::new(Code::StoreUnavailable, why));
        }
        let why = "Some palms are held by no matcher now. Start matchers, or wait until they have loaded.";
        self.0.palms.are_held().then_some(()).ok_or_else(|| Refusal::new(Code::GalleryUnavailable, why))
    }

    async fn probe(&self) -> Answer<()> {
        let mut tx = self.0.store.write().await?;
        sessions::put_setting(&mut tx, SETTING, &[]).await?;
        Ok(tx.commit().await?)
    }
}
