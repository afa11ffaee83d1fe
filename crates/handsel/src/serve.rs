//! `handsel serve`: the server, ready within two seconds.

use crate::{hands::DrawnHands, memory::keep_memory_private};
use anyhow::{Context, Result};
use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use handsel_server::{App, Config, ProcessorConfig, StoreUrl, residue::wipe_stack_if_used};
use handsel_sim_processor::{Running, SimProcessor};
use std::{io::IsTerminal, net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};
use tokio::net::TcpListener;

/// Flags win over the environment (`HANDSEL_DATA_DIR`, `HANDSEL_PROCESSOR__SECRET_KEY`, …), which wins over `handsel.toml`.
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    #[command(flatten)]
    installation: Installation,
    /// Where to listen.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Search palms at matchers, through these NATS servers: nats://user:password@host:4222, more after commas. A password belongs
    /// into HANDSEL_GALLERY or the configuration file.
    #[arg(long, value_name = "ADDRESS")]
    gallery: Option<String>,
    /// Leave out the demo store and the tray of drawn hands.
    #[arg(long)]
    no_demo: bool,
}

/// Which installation a command is about.
#[derive(clap::Args, Default)]
pub(crate) struct Installation {
    /// A configuration file; without it, `handsel.toml` if there is one.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Where the key file and, without --store, the store live.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Keep the store in PostgreSQL: postgres://user@host/database. Others on this machine see arguments, so a password
    /// belongs into HANDSEL_STORE or the configuration file.
    #[arg(long, value_name = "ADDRESS")]
    store: Option<String>,
}

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    log_to_stderr();
    keep_memory_private()?;
    let config = configuration(&args.installation, args.gallery.as_deref())?;
    let config = Config { listen: args.listen.unwrap_or(config.listen), ..config };
    runtime()?.block_on(serve(config, !args.no_demo))?;
    Ok(ExitCode::SUCCESS)
}

/// The threads everything runs on. Two workers: the work that takes time (pixels, search) has threads of its own.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .on_thread_park(wipe_stack_if_used)
        .build()
        .context("cannot start threads")
}

async fn serve(config: Config, demo: bool) -> Result<()> {
    let listener = TcpListener::bind(config.listen).await.with_context(|| {
        format!("cannot listen on {}; is Handsel running already? --listen names another", config.listen)
    })?;
    let (config, _processor) = with_processor(config)?;
    let app = App::open(&config).await?;
    announce(&app, &listener).await?;
    let hands = demo.then(|| Arc::new(DrawnHands::new()) as Arc<dyn handsel_server::app::DemoHands>);
    handsel_server::serve(app, hands, listener, stop_signal()).await.context("the server stopped")
}

/// Starts a simulated processor in this process when the configuration names none, with its books in the data folder. It runs
/// until it is dropped.
pub(crate) fn with_processor(config: Config) -> Result<(Config, Option<Running>)> {
    if config.processor.is_some() {
        return Ok((config, None));
    }
    config.make_data_dir()?;
    let processor = SimProcessor::open(&config.data_dir.join("sim-processor.db"))?.start()?;
    let named = ProcessorConfig::Sim { url: processor.url().try_into()?, webhook_secret: None };
    Ok((Config { processor: Some(named), ..config }, Some(processor)))
}

/// The address, and the one-time administrator link: on standard output only, never in the log.
pub(crate) async fn announce(app: &App, listener: &TcpListener) -> Result<()> {
    let base = base(app, listener.local_addr()?);
    println!("Handsel is open at   {base}/");
    println!("Administrator, once: {base}/admin/{}", app.admin_link_token().await);
    Ok(())
}

/// Where people reach the server. At loopback by name, since passkeys are bound to names.
fn base(app: &App, address: SocketAddr) -> String {
    match address.ip() {
        _ if app.public_url().is_secure() => app.public_url().origin().to_owned(),
        ip if ip == std::net::Ipv4Addr::LOCALHOST => format!("http://localhost:{}", address.port()),
        _ => format!("http://{address}"),
    }
}

/// The file and the environment, and what was given besides.
pub(crate) fn configuration(given: &Installation, gallery: Option<&str>) -> Result<Config> {
    let file = match &given.config {
        Some(path) => Toml::file_exact(path),
        None => Toml::file("handsel.toml"),
    };
    let mut config: Config = Figment::new()
        .merge(file)
        // What a till is told by the environment is not for the server, which may be started in the same terminal.
        .merge(Env::prefixed("HANDSEL_").filter(|name| !name.starts_with("till_")).split("__"))
        .extract()
        .context("the configuration is not valid")?;
    if let Some(data_dir) = &given.data_dir {
        config.data_dir.clone_from(data_dir);
    }
    if let Some(store) = &given.store {
        config.store = Some(store.parse::<StoreUrl>()?);
    }
    if let Some(gallery) = gallery {
        config.gallery = Some(gallery.parse()?);
    }
    Ok(config)
}

/// JSON lines, or plain lines on a terminal. `RUST_LOG` chooses; ids only, never a frame, a template or a secret.
pub(crate) fn log_to_stderr() {
    use tracing_subscriber::{EnvFilter, filter::filter_fn, fmt, layer::SubscriberExt, util::SubscriberInitExt};
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let registry = tracing_subscriber::registry().with(filter).with(filter_fn(handsel_server::may_be_logged));
    if std::io::stderr().is_terminal() {
        registry.with(fmt::layer().with_writer(std::io::stderr)).init();
    } else {
        registry.with(fmt::layer().json().with_writer(std::io::stderr)).init();
    }
}

pub(crate) async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
        }
        Err(_) => drop(interrupt.await),
    }
}
