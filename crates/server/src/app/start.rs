//! Starting: store, keys, gallery, and what the last process left half way.

use super::{
    App, Parts,
    audit::Auditor,
    codes::Codes,
    courier, custody,
    directory::{self, Telling},
    events::{Feed, watch_events},
    idempotency::{Requests, keep_answers},
    keys::Keys,
    passkeys::Passkeys,
    publish::{self, Witnesses},
    worker,
};
use crate::{
    clock::now_ms,
    config::{Config, PublicUrl},
    epochs::{EpochError, Epochs},
    galleries::Galleries,
    load::{self, LoadError},
    log::{self, Log, LogError},
    matchers::{Coordinator, NatsError},
    palms::Palms,
    policy::{self, NoPolicy},
    processor::{self, Processor, breaker::Breaker},
    store::{self, OpenError, Place, Store, StoreError, charges, epochs, log_entries, merchants, sessions, subjects},
    vault::{KeyFileError, Vault},
};
use handsel_api::policy::Policy;
use handsel_gallery::TargetFpir;
use std::{
    collections::HashSet,
    fs::{File, TryLockError},
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// The file that one process holds locked.
const LOCK: &str = "lock";
/// How many frames are looked at at once. Each takes about 100 ms of one core and, at 20 megapixels, 60 MB.
const LOOKING: usize = 2;

/// Why an installation could not be opened; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be made or written.
    #[error("cannot use the data folder {path}: {why}. Make it writable for this user, or name another one")]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// Another process has this installation open.
    #[error("another process is using {0}. Stop it first, or name another data folder")]
    InUse(PathBuf),
    /// Nobody moves the money.
    #[error("no processor is configured. Name one: processor = {{ kind = \"sim\", url = \"http://127.0.0.1:…\" }}")]
    NoProcessor,
    /// Palms would be kept for too long.
    #[error(transparent)]
    Policy(#[from] NoPolicy),
    /// The accepted risk is out of range.
    #[error("target_fpir is {0}, but must be above 0 and at most 0.01")]
    TargetFpir(f64),
    /// Another server uses the database.
    #[error("another server is using the store {0}. Stop it first, or name another database")]
    StoreInUse(String),
    /// A newer version of this program wrote the store.
    #[error(
        "the store {store} was written by a newer version (its schema is {version}). Start that version, or restore a backup"
    )]
    NewerStore {
        /// The file or the database.
        store: String,
        /// Its schema's version.
        version: i64,
    },
    /// The store cannot be opened.
    #[error(
        "cannot open the store {path}: {why}. Check that the file is a store of this program, that this user may \
             write it, and that the disk has space"
    )]
    Store {
        /// The file.
        path: PathBuf,
        /// What the database said.
        why: String,
    },
    /// The database that is the store cannot be used.
    #[error(
        "cannot use the store {store}: {why}. Check that the database runs and can be reached from here, that user and \
             password are right, and that it is a database of its own, with nothing else in it"
    )]
    Database {
        /// Its address, without user and password.
        store: String,
        /// What was said.
        why: String,
    },
    /// The key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The key file belongs to another store.
    #[error("the key file in {0} is not the one this store was sealed with. Put the right one back from your backup")]
    WrongKeyFile(PathBuf),
    /// The transparency log cannot be used.
    #[error(
        "cannot use the log in {path}: {why}. Check that this user may write it and that the disk has space; where it is damaged or \
         older than the store, put the folder back as it was: it is not repaired"
    )]
    Log {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Stored templates cannot be searched.
    #[error(transparent)]
    Templates(#[from] LoadError),
    /// The client that sends webhooks cannot be made.
    #[error("webhooks cannot be sent from here: {0}. Check the certificates this system trusts")]
    Webhooks(#[from] reqwest::Error),
    /// Passkeys cannot be made under the public address.
    #[error("passkeys do not work under public_url: {0}")]
    Passkeys(#[from] webauthn_rs::prelude::WebauthnError),
    /// The matchers' NATS servers cannot be used.
    #[error(transparent)]
    Nats(#[from] NatsError),
}

impl App {
    /// Opens the installation in `config.data_dir`, making what is not there: store, key file (mode 0600). Migrates, loads
    /// the gallery or finds the matchers that hold it, and resolves payments that a stopped process left with the processor.
    ///
    /// # Errors
    /// [`StartError`], each with what to do.
    pub async fn open(config: &Config) -> Result<App, StartError> {
        let processor = config.processor.as_ref().ok_or(StartError::NoProcessor)?;
        App::open_with(config, processor::driver(processor)).await
    }

    /// [`App::open`], with another processor.
    pub(crate) async fn open_with(config: &Config, processor: Box<dyn Processor>) -> Result<App, StartError> {
        let policy = policy::of(config)?;
        config.make_data_dir()?;
        let risk = TargetFpir::new(config.target_fpir).ok_or(StartError::TargetFpir(config.target_fpir))?;
        let lock = lock(&config.data_dir)?;
        let place = Place::of(config);
        let failed = |why| match &place {
            Place::File(path) => StartError::Store { path: path.clone(), why },
            Place::Postgres(url) => StartError::Database { store: url.to_string(), why },
        };
        let store = Store::open(&place).await.map_err(|error| match error {
            OpenError::Newer(version) => StartError::NewerStore { store: place.to_string(), version },
            OpenError::InUse => StartError::StoreInUse(place.to_string()),
            OpenError::Failed(why) => failed(why),
        })?;
        let broken = |error: StoreError| failed(error.to_string());
        let vault = Arc::new(open_vault(config, &store, broken).await?);
        let epochs = Arc::new(load_epochs(config, &store, &vault, broken).await?);
        let log = Arc::new(open_log(config, &store, &vault, broken).await?);
        store.log_into(Arc::clone(&log)).await.map_err(broken)?;
        let said = directory::said(&mut *store.read().await.map_err(broken)?).await.map_err(broken)?;
        let directory = Telling::open(&config.data_dir, &vault, said).await;
        let directory = directory.map_err(|why| StartError::Log { path: config.data_dir.join(log::FOLDER), why })?;
        let palms = find_palms(config, &store, &vault, &epochs, broken).await?;
        store.chain_transfers(&vault).await.map_err(broken)?;
        let mut tx = store.write().await.map_err(broken)?;
        merchants::open_accounts(&mut tx).await.map_err(broken)?;
        charges::ask_all_now(&mut tx, now_ms()).await.map_err(broken)?;
        tx.commit().await.map_err(broken)?;
        store.scrub().await.map_err(broken)?;
        let mut conn = store.read().await.map_err(broken)?;
        let keys = Keys::load(&mut conn, config.requests_per_s).await.map_err(broken)?;
        drop(conn);
        let public_url = config.public_url.clone().unwrap_or_else(|| PublicUrl::localhost(config.listen.port()));
        let named = config.public_url.as_ref().map(|url| url.host().to_owned());
        let passkeys = Passkeys::of(&public_url)?;
        let (signer, vault_signer) = (vault.webhook_signer(), vault.webhook_signer());
        let webhooks = courier::client()?;
        let (requests, answers) = Requests::none();
        let app = App(Arc::new(Parts {
            lock: Mutex::new(Some(lock)),
            store,
            vault,
            policy,
            palms,
            epochs,
            log,
            directory: tokio::sync::Mutex::new(directory),
            witnesses: Witnesses::of(&config.witnesses)?,
            keys_dir: config.keys_dir(),
            token: config.pkcs11.clone(),
            processor: Breaker::new(processor),
            risk,
            data_dir: config.data_dir.clone(),
            admin: Mutex::new(None),
            passkeys,
            codes: config.codes.as_ref().map(|kind| Codes::of(kind, &config.data_dir, webhooks.clone(), vault_signer)),
            installation: Config { processor: None, codes: None, ..config.clone() },
            backing_up: tokio::sync::Mutex::new(()),
            enrolling: tokio::sync::Mutex::new(()),
            making_demo: tokio::sync::Mutex::new(()),
            looking: tokio::sync::Semaphore::new(LOOKING),
            sellers: Mutex::default(),
            settling: Mutex::new(HashSet::new()),
            identifying: Mutex::new(HashSet::new()),
            requests,
            last_probe: Default::default(),
            hosts: config.hosts.iter().cloned().chain(named).collect(),
            public_url,
            at_loopback: config.listen.ip().is_loopback(),
            offline: config.offline,
            planned: config.planned.clone(),
            answers: Default::default(),
            keys,
            feed: Feed::default(),
            signer,
            webhooks,
        }));
        tokio::spawn(keep_answers(Arc::downgrade(&app.0), answers));
        app.keep_notices().await.map_err(|refusal| failed(refusal.detail))?;
        app.log_start(&told(config, app.policy())).await.map_err(|refusal| failed(refusal.detail))?;
        app.index_phones().await.map_err(|refusal| failed(refusal.detail))?;
        // What the last process left half way is brought to an end before anybody asks; silence is no reason not to start.
        app.keep_the_erased_erased().await.map_err(|refusal| failed(refusal.detail))?;
        app.housekeep().await.map_err(|refusal| failed(refusal.detail))?;
        app.ask_again().await.map_err(|refusal| failed(refusal.detail))?;
        tokio::spawn(watch_events(Arc::downgrade(&app.0)));
        app.start_couriers().await.map_err(|refusal| failed(refusal.detail))?;
        app.follow_actions().await.map_err(|refusal| failed(refusal.detail))?;
        tokio::spawn(worker::work(Arc::downgrade(&app.0)));
        tokio::spawn(custody::work(Arc::downgrade(&app.0)));
        tokio::spawn(publish::work(Arc::downgrade(&app.0)));
        tokio::spawn(directory::work(Arc::downgrade(&app.0)));
        let auditor = Auditor::begin(&app).await.map_err(|refusal| failed(refusal.detail))?;
        tokio::spawn(auditor.work(Arc::downgrade(&app.0)));
        tracing::info!("the installation is open");
        Ok(app)
    }

    /// The further names the server is reached under, from the configuration.
    pub fn hosts(&self) -> &[String] {
        &self.0.hosts
    }

    /// The address people have in their browser.
    pub fn public_url(&self) -> &PublicUrl {
        &self.0.public_url
    }

    /// Waits for what is being written, and closes the files.
    pub async fn close(&self) {
        self.answers_are_kept(None).await;
        self.0.store.close().await;
        self.0.directory.lock().await.close();
        let log = Arc::clone(&self.0.log);
        // It waits for the disk, and has nothing to say.
        let _ = tokio::task::spawn_blocking(move || log.close()).await;
        if let Some(lock) = self.0.lock.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Said, not only dropped: a process that is just being started from here may hold the file for a moment.
            drop(lock.unlock());
        }
    }
}

impl Config {
    /// Makes the data folder and its files for their owner alone; what is there keeps its mode. The folder may be one that
    /// others can read, so each file is made here with a mode of its own; SQLite gives its logs the mode of their database.
    ///
    /// # Errors
    /// [`StartError::DataDir`].
    pub fn make_data_dir(&self) -> Result<(), StartError> {
        let path = &self.data_dir;
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(path).map_err(|why| StartError::DataDir { path: path.to_owned(), why })?;
        let store = self.store.is_none().then_some(store::FILE_NAME);
        for name in [LOCK].into_iter().chain(store) {
            let file = path.join(name);
            let mut options = File::options();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            match options.open(&file) {
                Err(why) if why.kind() != ErrorKind::AlreadyExists => {
                    return Err(StartError::DataDir { path: file, why });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// One process at a time: a second one would take payments in flight for left-over ones. The system lets go of the lock
/// when the process ends, however it ends.
pub(crate) fn lock(data_dir: &Path) -> Result<File, StartError> {
    let path = data_dir.join(LOCK);
    let failed = |why| StartError::DataDir { path: path.clone(), why };
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse(data_dir.to_owned())),
        Err(TryLockError::Error(why)) => Err(failed(why)),
    }
}

/// A store that was sealed before never gets a new key: it could not be read with it.
async fn open_vault(
    config: &Config,
    store: &Store,
    broken: impl Fn(StoreError) -> StartError,
) -> Result<Vault, StartError> {
    let keys_dir = config.data_dir.join("keys");
    let mut tx = store.write().await.map_err(&broken)?;
    let check = sessions::setting(&mut tx, sessions::KEY_CHECK).await.map_err(&broken)?;
    let any_subject = subjects::any_subject(&mut tx).await.map_err(&broken)?;
    let vault = Vault::of(config, check.is_none() && !any_subject)?;
    match check {
        Some(check) if check != vault.check() => return Err(StartError::WrongKeyFile(keys_dir)),
        Some(_) => {}
        None => sessions::put_setting(&mut tx, sessions::KEY_CHECK, vault.check()).await.map_err(&broken)?,
    }
    tx.commit().await.map_err(broken)?;
    Ok(vault)
}

/// The log, which has every entry that the store knows of: it is never older.
async fn open_log(
    config: &Config,
    store: &Store,
    vault: &Arc<Vault>,
    broken: impl Fn(StoreError) -> StartError,
) -> Result<Log, StartError> {
    let path = config.data_dir.join(log::FOLDER);
    let failed = |why: LogError| match why {
        LogError::Locked => StartError::InUse(config.data_dir.clone()),
        LogError::Failed(why) => StartError::Log { path: path.clone(), why },
    };
    let (data_dir, vault) = (config.data_dir.clone(), Arc::clone(vault));
    let opening = tokio::task::spawn_blocking(move || {
        let log = Log::open(&data_dir, &vault)?;
        let len = log.len()?;
        Ok::<_, LogError>((log, len))
    });
    let last = log_entries::last(&mut *store.read().await.map_err(&broken)?).await.map_err(&broken)?;
    let opened = opening.await.map_err(|why| LogError::Failed(why.to_string())).flatten();
    let (log, len) = opened.map_err(&failed)?;
    match last {
        Some((last, _)) if last >= len => {
            Err(failed(LogError::Failed(format!("it has {len} entries, and the store knows of entry {last}"))))
        }
        _ => Ok(log),
    }
}

/// What an installation was told to do with palms, as bytes to compare.
fn told(config: &Config, policy: &Policy) -> Vec<u8> {
    let set = (config.target_fpir, config.offline, config.gallery.is_some(), config.pkcs11.is_some());
    serde_json::to_vec(&(policy, set)).unwrap_or_default()
}

/// The epochs in use; the first one is made here.
async fn load_epochs(
    config: &Config,
    store: &Store,
    vault: &Vault,
    broken: impl Fn(StoreError) -> StartError,
) -> Result<Epochs, StartError> {
    let mut tx = store.write().await.map_err(&broken)?;
    let used = epochs::wrappings(&mut tx).await.map_err(&broken)?;
    vault.check_wrapping(used.iter().map(|wrapping| wrapping.by))?;
    let epochs = Epochs::load(&mut tx, vault, now_ms()).await.map_err(|error| match error {
        EpochError::Store(error) => broken(error),
        EpochError::Token(error) => KeyFileError::from(error).into(),
        EpochError::Key(_) => StartError::WrongKeyFile(config.data_dir.join("keys")),
    })?;
    tx.commit().await.map_err(broken)?;
    Ok(epochs)
}

/// All palms into the memory of this process, or the way to the matchers that hold them.
async fn find_palms(
    config: &Config,
    store: &Store,
    vault: &Arc<Vault>,
    epochs: &Arc<Epochs>,
    broken: impl Fn(StoreError) -> StartError,
) -> Result<Palms, StartError> {
    if let Some(servers) = &config.gallery {
        let coordinator = Coordinator::connect(servers, store.clone(), Arc::clone(vault), Arc::clone(epochs)).await?;
        tracing::info!("palms are searched by matchers");
        return Ok(Palms::AtMatchers(Arc::new(coordinator)));
    }
    let galleries = load_galleries(store, vault, broken).await?;
    tracing::info!(palms = galleries.len(), "palms are searched here");
    Ok(Palms::Here(galleries, Arc::clone(epochs)))
}

/// Fills the galleries; a template that cannot be taken in is a reason not to start: its owner would not be recognised.
async fn load_galleries(
    store: &Store,
    vault: &Arc<Vault>,
    broken: impl Fn(StoreError) -> StartError,
) -> Result<Arc<Galleries>, StartError> {
    let (galleries, refused) = load::all(store, vault).await.map_err(broken)?;
    refused.nothing()?;
    Ok(galleries)
}
