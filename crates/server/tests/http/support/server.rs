use super::{Client, log};
use handsel_server::{App, Config, ProcessorConfig, serve};
use handsel_sim_processor::{Running, SimProcessor};
use std::net::SocketAddr;
use tokio::{net::TcpListener, runtime::Runtime, sync::oneshot};

/// What the processor signs its events with.
pub const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A server on a free port of loopback, with a store of its own that goes when it goes.
pub struct Server {
    pub address: SocketAddr,
    pub app: App,
    pub runtime: Runtime,
    pub data: tempfile::TempDir,
    /// The processor, which stops after the server.
    pub processor: Running,
    stop: Option<oneshot::Sender<()>>,
}

impl Server {
    pub fn start() -> Server {
        log::capture();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let data = tempfile::tempdir().unwrap();
        let processor = SimProcessor::open(&data.path().join("sim-processor.db")).unwrap().start().unwrap();
        let url = processor.url().try_into().unwrap();
        let webhook_secret = Some(WEBHOOK_SECRET.to_owned().into());
        let config = Config {
            data_dir: data.path().to_owned(),
            processor: Some(ProcessorConfig::Sim { url, webhook_secret }),
            ..Config::default()
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let (app, address) = runtime.block_on(async {
            let app = App::open(&config).await.unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let stopped = async move {
                let _ = stopped.await;
            };
            tokio::spawn(serve(app.clone(), None, listener, stopped));
            (app, address)
        });
        Server { address, app, runtime, data, processor, stop: Some(stop) }
    }

    /// Somebody without key or session.
    pub fn anyone(&self) -> Client {
        Client::new(self.address, None)
    }

    /// Somebody with a key, wallet or session.
    pub fn with(&self, token: &str) -> Client {
        Client::new(self.address, Some(token.to_owned()))
    }

    /// Whoever runs this installation.
    pub fn operator(&self) -> Client {
        self.with(&self.operator_token())
    }

    pub fn operator_token(&self) -> String {
        self.runtime.block_on(async {
            let link = self.app.admin_link_token().await;
            self.app.claim_admin(&link).await.expect("the link of this start")
        })
    }

    /// Tells it to stop, and returns at once.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Whether it still answers.
    pub fn is_up(&self) -> bool {
        self.anyone().get("/healthz").status == 200
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
