//! A simulated processor for tests, with its books in their folder.

use super::{
    Processor,
    sim::Sim,
    wire::{Wire, client},
};
use crate::config::{BaseUrl, ProcessorConfig};
use handsel_sim_processor::{Running, SimProcessor};
use reqwest::Method;
use serde_json::Value;
use std::path::Path;

/// A processor on a thread of its own, and the way to it.
pub(crate) struct Rehearsal {
    pub(crate) driver: Sim,
    running: Running,
}

impl Rehearsal {
    pub(crate) fn open(folder: &Path) -> Rehearsal {
        let running = SimProcessor::open(&folder.join("sim-processor.db")).unwrap().start().unwrap();
        Rehearsal { driver: Sim::new(&base(&running), None), running }
    }

    /// As the configuration names it.
    pub(crate) fn config(&self) -> ProcessorConfig {
        ProcessorConfig::Sim { url: base(&self.running), webhook_secret: None }
    }

    fn wire(&self) -> Wire {
        Wire::to(&base(&self.running))
    }

    /// What goes wrong from now on.
    pub(crate) async fn faults(&self, plan: Value) {
        let wire = self.wire();
        let answer = wire.send(wire.request(Method::PUT, "/faults").json(&plan)).await.unwrap();
        assert_eq!(answer.status, 200);
    }

    /// What was really charged.
    pub(crate) async fn totals(&self) -> Value {
        let wire = self.wire();
        wire.send(wire.request(Method::GET, "/audit/totals")).await.unwrap().read().unwrap()
    }

    /// How many charges took money, how much of it, and how much was given back, in minor units.
    pub(crate) async fn audit(&self) -> (i64, i64, i64) {
        let totals = self.totals().await;
        assert_eq!((&totals["charged_twice"], &totals["refunded_twice"]), (&0.into(), &0.into()), "{totals}");
        let figure = |name: &str| totals[name].as_i64().unwrap();
        (figure("captures"), figure("captured_minor"), figure("refunded_minor"))
    }

    /// A shopper names a card on the hosted page; where their browser is sent then.
    pub(crate) async fn choose(&self, page: &str, card: &str) -> String {
        let answer = client(true).post(page).form(&[("card", card)]).send().await.unwrap();
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    pub(crate) fn driver(&self) -> &dyn Processor {
        &self.driver
    }
}

fn base(running: &Running) -> BaseUrl {
    BaseUrl::try_from(running.url()).unwrap()
}
