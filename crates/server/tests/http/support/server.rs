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
    stop: Stop,
}

/// Tells a server to stop when it goes.
struct Stop(Option<oneshot::Sender<()>>);

impl Server {
    pub fn start() -> Server {
        Server::start_with(tempfile::tempdir().unwrap(), Config::default())
    }

    /// A server with this configuration, on the data in this folder.
    pub fn start_with(data: tempfile::TempDir, config: Config) -> Server {
        log::capture();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let processor = SimProcessor::open(&data.path().join("sim-processor.db")).unwrap().start().unwrap();
        let url = processor.url().try_into().unwrap();
        let webhook_secret = Some(WEBHOOK_SECRET.to_owned().into());
        let config = Config {
            data_dir: data.path().to_owned(),
            processor: Some(ProcessorConfig::Sim { url, webhook_secret }),
            ..config
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
        Server { address, app, runtime, data, processor, stop: Stop(Some(stop)) }
    }

    /// Stops it in the middle of whatever it does, and starts another one on the same data.
    pub fn crash_and_start(self) -> Server {
        let Server { app, runtime, data, processor, .. } = self;
        drop(app);
        runtime.shutdown_timeout(std::time::Duration::from_secs(10));
        drop(processor);
        Server::start_with(data, Config::default())
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
        self.stop.now();
    }

    /// Whether it still answers.
    pub fn is_up(&self) -> bool {
        self.anyone().get("/healthz").status == 200
    }
}

impl Stop {
    fn now(&mut self) {
        if let Some(stop) = self.0.take() {
            let _ = stop.send(());
        }
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.now();
    }
}
