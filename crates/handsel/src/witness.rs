//! `handsel witness`: signs what logs of elsewhere say of themselves, once it is seen that they only grew (c2sp.org/tlog-witness).

use crate::serve::{log_to_stderr, runtime, stop_signal};
use anyhow::{Context, Result, ensure};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use handsel_log::{
    Cosigner, KeyName, Kind, VerifierKey,
    witness::{ADD_CHECKPOINT, Answer, LONGEST_REQUEST, SIZE_TYPE, Witness},
};
use std::{
    collections::HashMap,
    fs::{self, OpenOptions},
    io::Write,
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process::ExitCode,
    str::FromStr,
    sync::Arc,
    time::SystemTime,
};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

/// Where its secret key is, in its folder.
const KEY_FILE: &str = "witness.key";

/// Anybody may ask it: it signs nothing but what a log it knows has signed.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to listen; TLS belongs in front of it.
    #[arg(long, value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Where its key and what it saw are kept. A witness that loses it must become another one, with another key.
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// What it is called, such as witness.example/w1.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// A log that it signs for: its key, and its origin if that is not the key's name; may be repeated.
    #[arg(long = "log", value_name = "VKEY[=ORIGIN]", required = true)]
    logs: Vec<KnownLog>,
}

/// A log's key and what the log calls itself.
#[derive(Debug, Clone)]
struct KnownLog {
    key: VerifierKey,
    origin: String,
}

impl FromStr for KnownLog {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<KnownLog> {
        // A log's key is Base64 of 33 bytes, which ends in no `=`.
        let (key, origin) = text.split_once('=').map_or((text, None), |(key, origin)| (key, Some(origin)));
        let key: VerifierKey = key.parse()?;
        ensure!(key.kind() == Kind::Ed25519, "this is a witness's key, not a log's");
        let origin = origin.unwrap_or(key.name().as_str()).to_owned();
        ensure!(!origin.is_empty() && !origin.contains('\n'), "an origin is a line of text");
        Ok(KnownLog { key, origin })
    }
}

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    log_to_stderr();
    let name = KeyName::parse(&args.name)?;
    let mut logs: HashMap<String, Vec<VerifierKey>> = HashMap::new();
    for KnownLog { key, origin } in args.logs {
        logs.entry(origin).or_default().push(key);
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&args.data_dir)?;
    let key = Cosigner::new(name, &*secret(&args.data_dir.join(KEY_FILE))?);
    let witness = Arc::new(Witness::open(&args.data_dir, key, logs)?);
    runtime()?.block_on(async {
        let listener =
            TcpListener::bind(args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
        println!("The witness is at http://{}", listener.local_addr()?);
        println!("Its key:          {}", witness.verifier());
        let router = Router::new()
            .route(ADD_CHECKPOINT, post(add_checkpoint))
            .layer(DefaultBodyLimit::max(LONGEST_REQUEST as usize))
            .with_state(witness);
        axum::serve(listener, router).with_graceful_shutdown(stop_signal()).await.context("the witness stopped")
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Judges one request. What it decides is on the disk before it is said.
async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: Bytes) -> Response {
    let judged = tokio::task::spawn_blocking(move || {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        witness.add_checkpoint(&body, now.as_secs())
    });
    let Ok(answer) = judged.await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    match &answer {
        Answer::Cosigned(_) | Answer::Stale(_) => {}
        Answer::Forked(size) => tracing::error!(size, "a log signed two trees of one size; the other one is kept"),
        Answer::Failed(why) => tracing::error!(why, "what was seen could not be written down"),
        refused => tracing::warn!(status = refused.status(), "refused"),
    }
    let kind = match &answer {
        Answer::Stale(_) | Answer::Forked(_) => SIZE_TYPE,
        _ => "text/plain; charset=utf-8",
    };
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, kind)], answer.body()).into_response()
}

/// The key in its file, which is made if there is none.
fn secret(path: &Path) -> Result<Zeroizing<[u8; 32]>> {
    let what = || format!("cannot read or write {}", path.display());
    if !path.try_exists().with_context(what)? {
        // Under another name first: a key that is half written is none.
        let new = path.with_added_extension("new");
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new).with_context(what)?;
        file.write_all(&*Zeroizing::new(rand::random::<[u8; 32]>())).with_context(what)?;
        file.sync_all().with_context(what)?;
        fs::rename(&new, path).with_context(what)?;
    }
    let mode = fs::metadata(path).with_context(what)?.permissions().mode();
    ensure!(mode & 0o077 == 0, "others may read {}: make it yours alone (chmod 600)", path.display());
    let bytes = Zeroizing::new(fs::read(path).with_context(what)?);
    let key = bytes.as_slice().try_into().with_context(|| format!("{} does not hold a key", path.display()))?;
    Ok(Zeroizing::new(key))
}
