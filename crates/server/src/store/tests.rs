//! Both engines, and every statement on both.

mod migrations;
mod older;
#[path = "../../../../tests/support/postgres.rs"]
mod postgres_server;
mod statements;
mod steps;
mod till_keys;
mod two_engines;

use super::Place;
use crate::{config::Config, processor::rehearsal::Rehearsal, store_url::StoreUrl};
use std::{path::Path, sync::OnceLock};

/// Which engine a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Sqlite,
    Postgres,
}

/// A data folder for one test, and a database when the store is to be in one.
pub(crate) struct Ground {
    folder: tempfile::TempDir,
    store: Option<StoreUrl>,
    processor: OnceLock<Rehearsal>,
}

impl Ground {
    pub(crate) fn new(on: On) -> Ground {
        let store = (on == On::Postgres).then(|| postgres_server::database().parse().unwrap());
        Ground { folder: tempfile::tempdir().unwrap(), store, processor: OnceLock::new() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The processor of this ground: the same one however often an installation is opened on it.
    pub(crate) fn processor(&self) -> &Rehearsal {
        self.processor.get_or_init(|| Rehearsal::open(self.path()))
    }

    pub(crate) fn config(&self) -> Config {
        Config { processor: Some(self.processor().config()), ..self.without_processor() }
    }

    fn without_processor(&self) -> Config {
        Config { data_dir: self.path().to_owned(), store: self.store.clone(), ..Config::default() }
    }

    pub(crate) fn place(&self) -> Place {
        Place::of(&self.without_processor())
    }
}

/// Runs each test on both engines.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::store::tests::On::Sqlite).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::store::tests::On::Postgres).await;
            })+
        }
    };
}
pub(crate) use on_both_engines;
