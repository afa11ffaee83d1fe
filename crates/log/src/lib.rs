//! A transparency log: what is written into it cannot be unwritten, and anybody can check that.
//!
//! The formats are those of C2SP, so other people's tools read them: [tiles](https://c2sp.org/tlog-tiles), which are static files,
//! [checkpoints](https://c2sp.org/tlog-checkpoint) as [signed notes](https://c2sp.org/signed-note),
//! [witnesses](https://c2sp.org/tlog-witness) and their [cosignatures](https://c2sp.org/tlog-cosignature), and
//! [proof files](https://c2sp.org/tlog-proof). The tree is RFC 6962's. An entry is opaque bytes here; what Handsel writes is in
//! [`commitment`].
//!
//! # The life of an entry
//!
//! 1. [`Writer::append`] writes it into the journal, together with what comes along, and syncs it. From then on it has an index,
//!    and a process that is killed, or a machine that loses power, does not lose it.
//! 2. [`Writer::publish`] takes everything that was appended: entries into bundles of 256, their hashes into tiles of 256, the
//!    hash of each full tile into the tile above. All files are synced before any gets its name, and the names before the next step.
//! 3. It signs a checkpoint over the new root. [Witnesses](witness) sign it too, once they saw that the log only grew.
//! 4. The checkpoint takes the old one's place by a rename, and the journal's older part goes.
//! 5. A [`Prover`] reads tiles and makes a [`Proof`] that the entry is there, which [`Proof::check`] checks offline, years later.
//! 6. [`verify::audit`] reads everything and computes it anew, as a stranger would.
//!
//! Nothing in [`verify`] calls anything in [`mod@write`]; a test reads the sources for it.
//!
//! ```
//! use handsel_log::{Folder, KeyName, LogSigner, Proof, Prover, Writer, verify};
//! # let folder = tempfile::tempdir()?;
//! let signer = LogSigner::new(KeyName::parse("shop.example/log")?, &[7; 32]);
//! let key = signer.verifier().clone();
//! let log = Writer::open(folder.path(), signer)?;
//! assert_eq!(log.append(&["a palm was enrolled", "a palm was searched for"])?, 0..2);
//! let checkpoint = log.publish()?;
//!
//! let prover = Prover::new(Folder::new(log.public()), 2);
//! let proof = Proof { extra: None, index: 1, hashes: prover.inclusion(1)?, checkpoint };
//! let proof = Proof::parse(proof.to_string().as_bytes())?;
//! proof.check(b"a palm was searched for", "shop.example/log", &key, &[])?;
//! assert!(proof.check(b"a palm was not searched for", "shop.example/log", &key, &[]).is_err());
//!
//! let known = verify::Expected { key: Some(key), ..Default::default() };
//! assert_eq!(verify::audit(&Folder::new(log.public()), &known)?.checkpoint.size, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod checkpoint;
pub mod commitment;
pub mod failpoint;
mod hash;
mod key;
pub mod layout;
mod note;
mod proof;
mod sign;
mod source;
mod text;
pub mod verify;
pub mod witness;
pub mod write;

pub use checkpoint::{Checkpoint, NotACheckpoint};
pub use hash::{Hash, NotAHash};
pub use key::{KeyName, Kind, NotAKey, NotSigned, Signed, VerifierKey};
pub use note::{NotANote, Note, Signature};
pub use proof::{NotAProof, Proof, Unproven};
pub use sign::{ClockBeyond, Cosigner, LogSigner, NotOneObject};
pub use source::{Folder, Source, read_at_most};
pub use text::{base64 as to_base64, from_base64};
pub use write::{Prover, Writer};
