//! What it costs a recognition that it is in the log before anybody hears of it.

use super::super::{Spread, spread};
use crate::serve::with_processor;
use anyhow::{Result, anyhow};
use handsel_server::{App, Config};
use serde::Serialize;

/// Recognitions' writes at an open installation, each durable, with the log and without it in turn.
#[derive(Serialize)]
pub(super) struct Gate {
    clients: usize,
    recognitions: usize,
    logged_ms: Spread,
    not_logged_ms: Spread,
    /// The one's 99th percentile less the other's.
    added_p99_ms: f64,
    /// The one's median by the other's.
    ratio: f64,
}

/// With so many clients at once, each as often.
pub(super) fn gate(clients: usize, each: usize) -> Result<Gate> {
    let folder = tempfile::tempdir()?;
    let (config, _processor) = with_processor(Config { data_dir: folder.path().to_owned(), ..Config::default() })?;
    let runtime = crate::serve::runtime()?;
    let (logged, not_logged) = runtime.block_on(async {
        let app = App::open(&config).await?;
        let mut laps = [Vec::new(), Vec::new()];
        // In turns: the machine may be busy with something else for a while.
        for turn in 0..20 {
            let logged = turn % 2 == 0;
            let all = (0..clients).map(|_| {
                let app = app.clone();
                tokio::spawn(async move {
                    let mut laps = Vec::with_capacity(each / 10);
                    for _ in 0..each / 10 {
                        let took = app.steps_to_measure(logged).await.map_err(|refusal| anyhow!(refusal.detail))?;
                        laps.push(took.as_secs_f64() * 1e3);
                    }
                    Ok::<_, anyhow::Error>(laps)
                })
            });
            for lap in all.collect::<Vec<_>>() {
                laps[usize::from(!logged)].extend(lap.await??);
            }
        }
        app.close().await;
        Ok::<_, anyhow::Error>(laps.into())
    })?;
    let recognitions = logged.len();
    let (logged_ms, not_logged_ms) = (spread(logged), spread(not_logged));
    Ok(Gate {
        clients,
        recognitions,
        added_p99_ms: logged_ms.p99 - not_logged_ms.p99,
        ratio: logged_ms.p50 / not_logged_ms.p50,
        logged_ms,
        not_logged_ms,
    })
}
