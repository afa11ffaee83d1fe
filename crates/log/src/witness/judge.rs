//! A witness: what it saw of each log last, on the disk, and what it answers.

use super::request::{AddCheckpoint, NotARequest};
use crate::{
    checkpoint::Checkpoint,
    key::VerifierKey,
    note::Note,
    sign::Cosigner,
    verify,
    write::{make_folder, replace, sync_folder},
};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Signs what it saw: for each log that it knows, only checkpoints that continue the last one.
pub struct Witness {
    cosigner: Cosigner,
    /// By origin.
    logs: HashMap<String, Vec<VerifierKey>>,
    folder: PathBuf,
    /// The last checkpoint of each log that has one. Held while a request is judged, so that no two are judged by the same one.
    seen: Mutex<HashMap<String, Checkpoint>>,
    _lock: File,
}

/// What a witness answers. Each is a status of HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200: the lines that sign it.
    Cosigned(String),
    /// 400: not a request, or from a larger size to a smaller one.
    Malformed(String),
    /// 403: signed by none of the log's keys.
    NotSigned,
    /// 404: of a log that is not known here.
    UnknownLog,
    /// 409: the request is from another size than the last one, which is this.
    Stale(u64),
    /// 409: two trees of this size were signed. It is kept as evidence.
    Forked(u64),
    /// 422: the proof does not show that the log only grew. That may be the proof's fault, so it is evidence of nothing.
    Inconsistent(String),
    /// 500: it could not be written down, so it is not signed.
    Failed(String),
}

/// Why a witness cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file could not be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] io::Error),
    /// Its folder is in use.
    #[error("another process is this witness")]
    Locked,
    /// What it wrote down cannot be read. Without it, it would sign anything once more.
    #[error("{0} is not what a witness wrote down")]
    Damaged(PathBuf),
}

impl Witness {
    /// Opens what it saw of these logs: each by its origin, with its keys.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn open(
        folder: &Path,
        cosigner: Cosigner,
        logs: HashMap<String, Vec<VerifierKey>>,
    ) -> Result<Witness, OpenError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |why| OpenError::Io(path, why)
        };
        make_folder(folder).map_err(io(folder))?;
        let lock = File::create(folder.join("lock")).map_err(io(folder))?;
        lock.try_lock().map_err(|_| OpenError::Locked)?;
        let mut seen = HashMap::new();
        for origin in logs.keys() {
            let path = folder.join(file_of(origin));
            let bytes = match fs::read(&path) {
                Ok(bytes) => bytes,
                Err(why) if why.kind() == io::ErrorKind::NotFound => continue,
                Err(why) => return Err(io(&path)(why)),
            };
            let checkpoint = Note::parse(&bytes).ok().and_then(|note| note.text().parse::<Checkpoint>().ok());
            let checkpoint = checkpoint.filter(|checkpoint| checkpoint.origin == *origin);
            seen.insert(origin.clone(), checkpoint.ok_or(OpenError::Damaged(path))?);
        }
        Ok(Witness { cosigner, logs, folder: folder.to_owned(), seen: Mutex::new(seen), _lock: lock })
    }

    /// The key that others check by.
    pub fn verifier(&self) -> &VerifierKey {
        self.cosigner.verifier()
    }

    /// Judges a request's body at this time, in seconds since 1970, as <https://c2sp.org/tlog-witness#add-checkpoint> says, step by step.
    pub fn add_checkpoint(&self, body: &[u8], now_s: u64) -> Answer {
        let request = match AddCheckpoint::parse(body) {
            Ok(request) => request,
            Err(why) => return Answer::Malformed(why.to_string()),
        };
        let Ok(new) = request.checkpoint.text().parse::<Checkpoint>() else {
            return Answer::Malformed(NotARequest::Format.to_string());
        };
        // "If the checkpoint origin is unknown" …
        let Some(keys) = self.logs.get(&new.origin) else { return Answer::UnknownLog };
        // … "If none of the signatures verify against a trusted public key" …
        if !keys.iter().any(|key| key.check(&request.checkpoint).is_ok()) {
            return Answer::NotSigned;
        }
        // … "The old size MUST be equal to or lower than the checkpoint size" …
        if request.old > new.size {
            return Answer::Malformed("the old size is larger than the checkpoint's".to_owned());
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let nothing = Checkpoint { origin: new.origin.clone(), size: 0, root: verify::root_of_nothing() };
        let last = seen.get(&new.origin).unwrap_or(&nothing);
        // … "The witness MUST check that the old size matches the size of the latest checkpoint it cosigned" …
        if request.old != last.size {
            return Answer::Stale(last.size);
        }
        // … "If the old size matches the checkpoint size, the witness MUST check that the root hashes are also identical" …
        if new.size == last.size && new.root != last.root {
            self.keep_evidence(&new, &request.checkpoint);
            return Answer::Forked(last.size);
        }
        // … "If the Merkle Consistency Proof doesn't verify".
        if let Err(why) = verify::consistency((last.size, last.root), (new.size, new.root), &request.proof) {
            return Answer::Inconsistent(why.to_string());
        }
        // "The witness MUST persist the new checkpoint before responding."
        if new != *last {
            if let Err(why) = self.write_down(&file_of(&new.origin), &request.checkpoint) {
                return Answer::Failed(why.to_string());
            }
            seen.insert(new.origin.clone(), new);
        }
        match self.cosigner.cosign(request.checkpoint.text(), now_s) {
            Ok(signature) => Answer::Cosigned(signature.to_string()),
            Err(why) => Answer::Failed(why.to_string()),
        }
    }

    /// Two signed checkpoints of one size show that the log misbehaved. The other one is kept beside the last one.
    fn keep_evidence(&self, checkpoint: &Checkpoint, note: &Note) {
        // If it cannot be, the log is refused all the same.
        let _ = self.write_down(&format!("{}.contradicts", file_of(&checkpoint.origin)), note);
    }

    fn write_down(&self, name: &str, note: &Note) -> io::Result<()> {
        replace(&self.folder.join(name), note.to_string().as_bytes(), &self.folder.join("draft"))?;
        sync_folder(&self.folder)
    }
}

impl Answer {
    /// The status of HTTP that it is.
    pub fn status(&self) -> u16 {
        match self {
            Answer::Cosigned(_) => 200,
            Answer::Malformed(_) => 400,
            Answer::NotSigned => 403,
            Answer::UnknownLog => 404,
            Answer::Stale(_) | Answer::Forked(_) => 409,
            Answer::Inconsistent(_) => 422,
            Answer::Failed(_) => 500,
        }
    }

    /// Its body: the signatures, the size, or what is wrong.
    pub fn body(&self) -> String {
        match self {
            Answer::Cosigned(lines) => lines.clone(),
            Answer::Stale(size) | Answer::Forked(size) => format!("{size}\n"),
            Answer::Malformed(why) | Answer::Inconsistent(why) => format!("{why}\n"),
            Answer::NotSigned => "it is signed by none of the log's keys\n".to_owned(),
            Answer::UnknownLog => "this witness does not know the log\n".to_owned(),
            Answer::Failed(_) => "it could not be written down\n".to_owned(),
        }
    }
}

/// An origin may hold anything that a file's name may not.
fn file_of(origin: &str) -> String {
    Sha256::digest(origin).iter().map(|byte| format!("{byte:02x}")).collect()
}
