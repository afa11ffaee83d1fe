//! A shop that is cut off: a real server, a real agent, tills that speak HTTP, and a line between the two that can be cut.

mod cut_off;
mod left;
mod line;
mod money;
mod till;

use super::*;
use crate::{
    app::StartError,
    http,
    site::{Agent, SiteConfig, SiteError},
};
use handsel_api::keys::{CreateKey, Scope};
use line::{Line, Passes};
use std::{net::SocketAddr, sync::atomic::AtomicI64, time::Duration};
use till::Till;
use tokio::{net::TcpListener, sync::oneshot};

/// What somebody enrolled with.
const DIGITS: &str = "1815";

/// A shop away from its server, with somebody who paid there before.
struct Away {
    shop: Shop,
    /// Between server and agent.
    line: Line,
    /// Through the agent.
    till: Till,
    /// To the server itself.
    server: Till,
    wren: SubjectId,
    hand: Drawn,
    agent: Option<Running>,
    key: String,
    till_key: String,
    folder: tempfile::TempDir,
}

/// An agent that runs, and its machine's clock.
struct Running {
    agent: Agent,
    clock: Arc<AtomicI64>,
    stop: oneshot::Sender<()>,
}

impl Away {
    async fn open() -> Away {
        Away::open_on(On::Sqlite).await
    }

    /// Everything up to palms at the agent, and the line cut.
    async fn open_on(on: On) -> Away {
        let dir = Arc::new(Ground::new(on));
        let config = Config { offline: true, ..dir.config() };
        let shop = Shop::furnish(App::open(&config).await.unwrap(), dir).await;
        let (wren, _) = shop.shopper("Wren Ashdown", Some(DIGITS)).await;
        let hand = Drawn::new(1, Hand::Right);
        shop.enrol(wren, &hand).await;
        let till_key = shop.key(None).await;
        let key = shop.key(Some(vec![Scope::Offline])).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        tokio::spawn(http::serve(shop.app.clone(), None, listener, std::future::pending()));
        let line = Line::to(server).await;
        let server = Till::at(server, &till_key, shop.site);
        server.pay(&hand, 700).await;
        let folder = tempfile::tempdir().unwrap();
        let (agent, address) = Running::start(&line, &key, shop.site, folder.path(), 0).await;
        assert!(agent.agent.fetch().await, "the server gives palms");
        line.set(Passes::Nothing);
        let till = Till::at(address, &till_key, shop.site);
        Away { shop, line, till, server, wren, hand, agent: Some(agent), key, till_key, folder }
    }

    fn agent(&self) -> &Agent {
        &self.agent.as_ref().unwrap().agent
    }

    /// Time goes by, on the agent's clock.
    fn later(&self, ms: i64) {
        self.agent.as_ref().unwrap().clock.fetch_add(ms, Ordering::SeqCst);
    }

    /// Ends the agent, and starts another one in its folder, later by so much on its clock.
    async fn start_again(&mut self, later_ms: i64) {
        self.later(later_ms);
        let ahead_ms = self.agent.as_ref().unwrap().clock.load(Ordering::SeqCst);
        self.agent.take().unwrap().end().await;
        let (agent, address) =
            Running::start(&self.line, &self.key, self.shop.site, self.folder.path(), ahead_ms).await;
        self.agent = Some(agent);
        self.till = Till::at(address, &self.till_key, self.shop.site);
    }

    /// The line is back, the agent has noticed, and hands in what was taken.
    async fn hand_in(&self) {
        self.line.set(Passes::Everything);
        self.agent().set_up(true);
        self.agent().hand_in_all().await;
    }

    /// As the server has it.
    async fn stored(&self, id: &str) -> Payment {
        self.shop.app.payment(&self.shop.till(), id.parse().unwrap()).await.unwrap()
    }

    /// How much the processor charged, once each, and what the merchant is owed.
    async fn charged(&self) -> (i64, i64) {
        (self.shop.dir.processor().audit().await.1, self.shop.booked().await)
    }
}

impl Running {
    async fn start(line: &Line, key: &str, site: SiteId, dir: &Path, ahead_ms: i64) -> (Running, SocketAddr) {
        let config = || SiteConfig {
            server: format!("http://{}", line.address),
            key: key.to_owned().into(),
            site,
            data_dir: dir.to_owned(),
        };
        let clock = Arc::new(AtomicI64::new(ahead_ms));
        let agent = loop {
            let ahead = Arc::clone(&clock);
            let wall = Box::new(move || crate::clock::now_ms() + ahead.load(Ordering::SeqCst));
            match Agent::open_at(config(), wall).await {
                // A process that another test starts has every open file for a moment, and its lock.
                Err(SiteError::Folder(StartError::InUse(_))) => tokio::time::sleep(Duration::from_millis(10)).await,
                opened => break opened.unwrap(),
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        // What it would do by itself, the tests do when they want it.
        tokio::spawn(agent.clone().answer_until(listener, async { drop(stopped.await) }));
        (Running { agent, clock, stop }, address)
    }

    async fn end(self) {
        drop(self.stop);
        while Arc::strong_count(&self.agent.0) > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Shop {
    async fn key(&self, scopes: Option<Vec<Scope>>) -> String {
        let create = CreateKey { scopes, ..CreateKey::default() };
        self.app.create_key(&Caller::Operator, self.merchant, create).await.unwrap().key
    }
}
