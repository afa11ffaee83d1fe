//! `handsel demo`: a fresh store in a temporary folder – open in a browser, or the whole story told by itself.

use crate::{
    hands::DrawnHands,
    serve::{announce, runtime, with_processor},
};
use anyhow::{Result, bail};
use handsel_server::{App, Config, app::DemoHands, config::CodesConfig};
use std::{io::IsTerminal, net::SocketAddr, process::ExitCode, sync::Arc};
use tokio::net::TcpListener;

pub(crate) mod client;
mod files;
mod story;

/// Without flags: a server with a store that is gone when it stops.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Tell the story without a browser: enrol two, pay, refuse a stranger, refund, freeze, erase, search the files.
    #[arg(long)]
    headless: bool,
    /// With --headless: print the steps as JSON.
    #[arg(long, requires = "headless")]
    json: bool,
    /// Where to listen; any free port by default.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    crate::memory::keep_memory_private()?;
    let folder = tempfile::Builder::new().prefix("handsel-demo-").tempdir()?;
    let config = Config {
        data_dir: folder.path().to_owned(),
        listen: args.listen,
        codes: Some(CodesConfig::File),
        ..Config::default()
    };
    let (config, _processor) = with_processor(config)?;
    let hands: Arc<dyn DemoHands> = Arc::new(DrawnHands::new());
    let runtime = runtime()?;
    let listener = runtime.block_on(TcpListener::bind(config.listen))?;
    let address = listener.local_addr()?;
    let app = runtime.block_on(App::open(&config))?;
    if !args.headless {
        runtime.block_on(announce(&app, &listener))?;
        println!("Everything is in a temporary folder and gone when you press Ctrl-C.");
        let stop = async { drop(tokio::signal::ctrl_c().await) };
        runtime.block_on(handsel_server::serve(app, Some(hands), listener, stop))?;
        return Ok(ExitCode::SUCCESS);
    }

    let admin_link = runtime.block_on(app.admin_link_token());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = runtime.spawn(handsel_server::serve(app, Some(hands), listener, async { drop(stopped.await) }));
    let report = story::tell(&format!("http://{address}"), &admin_link, folder.path(), !args.json);
    if stop.send(()).is_err() {
        bail!("the server stopped before the story ended");
    }
    runtime.block_on(server)??;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else if std::io::stdout().is_terminal() {
        println!("{}", if report.ok { "All of it held." } else { "Something did not hold." });
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
