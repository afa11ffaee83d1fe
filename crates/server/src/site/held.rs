//! The palms that an agent holds: as they came, sealed, in one file; opened, in memory alone; and gone after a day.

use super::{Agent, SiteError};
use crate::offline::{Person, Subset, VALID_MS, subset::Digits};
use handsel_api::{MerchantId, subjects::Card};
use handsel_gallery::{Gallery, Key, TargetFpir};
use std::{
    collections::{HashMap, HashSet},
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
    time::Instant,
};

/// A clock that went back by less is a clock that was put right.
const SET_BACK_MS: i64 = 60 * 1000;

/// Who may pay here while the server cannot be reached. Palms are wiped when this is dropped.
pub(crate) struct Held {
    pub(super) merchant: MerchantId,
    pub(super) currency: String,
    pub(super) risk: TargetFpir,
    pub(crate) gallery: Gallery,
    tills: HashSet<[u8; 32]>,
    people: Vec<Arc<Known>>,
    whose: HashMap<Key, usize>,
    issued_ms: i64,
    came: Moment,
}

/// Somebody who may pay, without their palms.
pub(crate) struct Known {
    pub(crate) shopper: String,
    pub(super) initials: String,
    pub(super) card: Card,
    pub(super) digits: Digits,
    pub(crate) pass: Vec<u8>,
}

/// A moment by two clocks: one that can be set, and one that stops with the process.
#[derive(Clone, Copy)]
struct Moment {
    wall_ms: i64,
    since: Instant,
}

/// The file that keeps palms, sealed.
pub(super) struct Stored(PathBuf);

impl Held {
    /// Takes in a subset that came at `wall_ms`; `None` if it is none that can be searched.
    fn new(subset: Subset, wall_ms: i64) -> Option<Held> {
        let risk = TargetFpir::new(subset.target_fpir)?;
        let (gallery, mut whose, mut people) = (Gallery::new(), HashMap::new(), Vec::new());
        for (at, person) in subset.people.into_iter().enumerate() {
            let Person { shopper, initials, card, digits, pass, palms } = person;
            for palm in palms {
                let key = whose.len() as Key;
                for (capture, template) in palm.captures {
                    // One that is not taken in is one that is not recognised.
                    let _ = gallery.insert(key, palm.side, capture, template);
                }
                whose.insert(key, at);
            }
            people.push(Arc::new(Known { shopper, initials, card, digits, pass }));
        }
        Some(Held {
            merchant: subset.merchant,
            currency: subset.currency,
            risk,
            gallery,
            tills: subset.tills.into_iter().collect(),
            people,
            whose,
            issued_ms: subset.issued_ms,
            came: Moment { wall_ms, since: Instant::now() },
        })
    }

    /// What time it is at the server; `None` once the day is over, or when this machine's clock was set back.
    pub(super) fn server_ms(&self, wall_ms: i64) -> Option<i64> {
        let by_wall = wall_ms - self.came.wall_ms;
        let by_itself = i64::try_from(self.came.since.elapsed().as_millis()).unwrap_or(i64::MAX);
        // The one that can be set may run ahead of the other, which does not run while a machine sleeps; it may not fall behind.
        if by_wall < by_itself - SET_BACK_MS {
            return None;
        }
        let gone_by = by_wall.max(by_itself);
        (gone_by < VALID_MS).then(|| self.issued_ms + gone_by)
    }

    /// Whether a till's key may ask.
    pub(super) fn knows_till(&self, key_hash: &[u8; 32]) -> bool {
        self.tills.contains(key_hash)
    }

    /// Whose palm a search found.
    pub(super) fn whose(&self, key: Key) -> Option<&Arc<Known>> {
        self.people.get(*self.whose.get(&key)?)
    }

    /// The names here of all who may pay.
    pub(super) fn shoppers(&self) -> impl Iterator<Item = &str> {
        self.people.iter().map(|known| known.shopper.as_str())
    }

    /// Somebody by their name here.
    pub(crate) fn who(&self, shopper: &str) -> Option<&Arc<Known>> {
        self.people.iter().find(|known| known.shopper == shopper)
    }
}

impl Stored {
    pub(super) fn of(data_dir: &Path) -> Stored {
        Stored(data_dir.join("palms.sealed"))
    }

    /// Keeps what came at `wall_ms`: whole, or what was there before stays.
    pub(super) fn put(&self, wall_ms: i64, sealed: &[u8]) -> io::Result<()> {
        let dir = self.0.parent().unwrap_or(Path::new("."));
        let mut new = tempfile::Builder::new().prefix(".new-").tempfile_in(dir)?; // 0600 on Unix
        new.write_all(&wall_ms.to_le_bytes())?;
        new.write_all(sealed)?;
        new.as_file().sync_all()?;
        new.persist(&self.0).map_err(|error| error.error)?;
        fs::File::open(dir)?.sync_all()
    }

    fn get(&self) -> Option<(i64, Vec<u8>)> {
        let bytes = fs::read(&self.0).ok()?;
        let (wall_ms, sealed) = bytes.split_first_chunk()?;
        Some((i64::from_le_bytes(*wall_ms), sealed.to_vec()))
    }

    pub(super) fn remove(&self) {
        match fs::remove_file(&self.0) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => {
                tracing::error!(%why, "sealed palms could not be removed")
            }
            _ => {}
        }
    }
}

impl Agent {
    /// Opens what lies in the folder, if it is still good; removes it otherwise.
    pub(super) async fn take_up(&self) -> Result<(), SiteError> {
        let wall_ms = self.wall_ms();
        let latest_ms = self.0.queue.note_time(wall_ms).await?;
        if let Some((came_ms, sealed)) = self.0.stored.get() {
            // What came in times to come came before the clock was set back.
            let sound = came_ms <= wall_ms && latest_ms - wall_ms < SET_BACK_MS;
            if !(sound && self.hold(came_ms, &sealed)) {
                self.let_go("they are too old, the clock was set back, or they are another agent's");
            }
        }
        Ok(())
    }

    /// Opens palms that came at `came_ms` into memory, in the place of those before.
    pub(super) fn hold(&self, came_ms: i64, sealed: &[u8]) -> bool {
        let opened = self.0.pair.open(&self.0.key_hash, self.0.site, sealed).ok();
        let subset =
            opened.and_then(|bytes| Subset::from_bytes(&bytes).ok()).filter(|subset| subset.site == self.0.site);
        let Some(held) = subset.and_then(|subset| Held::new(subset, came_ms)) else { return false };
        if held.server_ms(self.wall_ms()).is_none() {
            return false;
        }
        tracing::info!(
            palms = held.gallery.len(),
            people = held.people.len(),
            "palms are held for when the line is cut"
        );
        *self.0.held.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(held));
        true
    }

    /// Wipes the palms in memory and removes the file.
    pub(super) fn let_go(&self, why: &'static str) {
        let before = self.0.held.write().unwrap_or_else(PoisonError::into_inner).take();
        self.0.stored.remove();
        if before.is_some() {
            tracing::warn!(why, "the palms held here are wiped");
        }
    }

    /// Who may pay now, and what time it is at the server; wipes what is too old.
    pub(crate) fn held(&self) -> Option<(Arc<Held>, i64)> {
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        match held.server_ms(self.wall_ms()) {
            Some(server_ms) => Some((held, server_ms)),
            None => {
                self.let_go("a day is over, or the clock was set back");
                None
            }
        }
    }
}
