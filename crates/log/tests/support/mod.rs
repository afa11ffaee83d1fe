//! Logs to test with.

#![allow(dead_code, reason = "each test uses a part of it")]

use handsel_log::{
    Cosigner, Folder, KeyName, LogSigner, Note, Prover, Signature, Source,
    witness::{self, Witness},
};
use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::Path,
};

/// A log's files in memory.
#[derive(Clone, Default)]
pub(crate) struct Memory(pub(crate) BTreeMap<String, Vec<u8>>);

impl Source for Memory {
    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let bytes = self.0.get(path);
        assert!(bytes.is_none_or(|bytes| bytes.len() as u64 <= limit), "{path} is longer than {limit} bytes");
        Ok(bytes.cloned())
    }

    fn list(&self) -> io::Result<Option<Vec<String>>> {
        Ok(Some(self.0.keys().cloned().collect()))
    }
}

/// Everything in a folder.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let folder = Folder::new(folder);
    let paths = folder.list().unwrap().unwrap();
    paths.into_iter().map(|path| (path.clone(), folder.read(&path, 1 << 24).unwrap().unwrap())).collect()
}

/// The log's key in these tests.
pub(crate) fn signer() -> LogSigner {
    LogSigner::new(KeyName::parse("test.example/log").unwrap(), &[7; 32])
}

/// A witness's key.
pub(crate) fn cosigner(number: u8) -> Cosigner {
    Cosigner::new(KeyName::parse(&format!("witness.example/w{number}")).unwrap(), &[100 + number; 32])
}

/// A witness of the test log, in a folder that goes with it.
pub(crate) struct Witnessed {
    /// The witness.
    pub(crate) witness: Witness,
    /// Its folder.
    pub(crate) folder: tempfile::TempDir,
}

impl Witnessed {
    /// Knows the test log.
    pub(crate) fn new(number: u8) -> Witnessed {
        let folder = tempfile::tempdir().unwrap();
        Witnessed { witness: open_witness(number, folder.path()), folder }
    }

    /// What a log does to get a signature.
    pub(crate) fn sign<S: Source>(&self, note: &Note, prover: &Prover<S>, now_s: u64) -> Vec<Signature> {
        let key = self.witness.verifier();
        witness::ask(key, &mut 0, note, prover, &mut |body| {
            let answer = self.witness.add_checkpoint(body.as_bytes(), now_s);
            Ok::<_, io::Error>(witness::Answered { status: answer.status(), body: answer.body() })
        })
        .unwrap()
    }
}

/// Opens what a witness of the test log wrote down.
pub(crate) fn open_witness(number: u8, folder: &Path) -> Witness {
    let logs = HashMap::from([("test.example/log".to_owned(), vec![signer().verifier().clone()])]);
    Witness::open(folder, cosigner(number), logs).unwrap()
}
