//! The references of one bucket.

use crate::{Found, InsertError, Key, queue::Job, vectors::Row, vectors::Vectors};
use handsel_palm::{Code, Probe, Score, Side, Template, probe::FOUND_COSINE, vector::DIMENSIONS};
use std::{
    collections::{HashMap, hash_map::Entry},
    ops::Deref,
};

/// Codes compared before the bucket is let go for a moment, so that whoever enrols or erases waits for about a millisecond.
const CODES_AT_ONCE: usize = 32;

/// The references of one bucket. Wiped when dropped.
#[derive(Default)]
pub(crate) struct Shelf {
    left: Bank,
    right: Bank,
    index: HashMap<Key, Place>,
}

/// Where a reference's captures stand.
struct Place {
    side: Side,
    captures: Vec<(u8, Row)>,
}

/// The templates of one side; what belongs to one row stands at its place in each list.
#[derive(Default)]
struct Bank {
    vectors: Vectors<DIMENSIONS>,
    keys: Vec<Key>,
    codes: Vec<Option<Box<Code>>>,
}

impl Shelf {
    pub(crate) fn insert(&mut self, key: Key, side: Side, capture: u8, template: Template) -> Result<(), InsertError> {
        let place = self.index.get(&key);
        match place {
            Some(place) if place.side != side => return Err(InsertError::OtherHand),
            Some(place) if place.captures.iter().any(|&(c, _)| c == capture) => return Err(InsertError::Duplicate),
            _ => {}
        }
        let row = self.bank_mut(side).insert(key, template)?;
        match self.index.entry(key) {
            Entry::Occupied(mut place) => place.get_mut().captures.push((capture, row)),
            Entry::Vacant(place) => {
                place.insert(Place { side, captures: vec![(capture, row)] });
            }
        }
        Ok(())
    }

    pub(crate) fn remove(&mut self, key: Key) -> bool {
        let Some(place) = self.index.remove(&key) else { return false };
        let bank = self.bank_mut(place.side);
        place.captures.iter().for_each(|&(_, row)| bank.erase(row));
        true
    }

    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    pub(crate) fn templates(&self, side: Side) -> u64 {
        self.bank(side).vectors.len() as u64
    }

    /// A reference's best score and how many of its templates were compared, if it is there and of `side`.
    pub(crate) fn verify(&self, key: Key, side: Side, probe: &Probe) -> Option<(Score, u64)> {
        let place = self.index.get(&key).filter(|place| place.side == side)?;
        let bank = self.bank(side);
        let mut found = Found::default();
        let vector = probe.vector();
        for &(_, row) in &place.captures {
            let near = vector.is_some_and(|vector| bank.vectors.cosine(row, vector).is_some_and(|c| c >= FOUND_COSINE));
            found.add(key, if near { bank.score(key, row, probe)? } else { Score::new(0.0) });
        }
        found.best.map(|best| (best.score, place.captures.len() as u64))
    }

    fn bank(&self, side: Side) -> &Bank {
        match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        }
    }

    fn bank_mut(&mut self, side: Side) -> &mut Bank {
        match side {
            Side::Left => &mut self.left,
            Side::Right => &mut self.right,
        }
    }
}

impl Bank {
    fn insert(&mut self, key: Key, template: Template) -> Result<Row, InsertError> {
        let vector = template.vector().ok_or(InsertError::NoFeatures)?;
        let row = self.vectors.insert(vector).ok_or(InsertError::Full)?;
        let code = template.into_code();
        let at = row as usize;
        if at == self.keys.len() {
            self.keys.push(key);
            self.codes.push(code);
        } else {
            self.keys[at] = key;
            self.codes[at] = code;
        }
        Ok(row)
    }

    fn erase(&mut self, row: Row) {
        self.vectors.erase(row);
        self.keys[row as usize] = 0;
        self.codes[row as usize] = None;
    }

    /// The score of a template whose vector is close enough, if the row is still this reference's.
    fn score(&self, key: Key, row: Row, probe: &Probe) -> Option<Score> {
        let code = self.codes[row as usize].as_ref().filter(|_| self.keys[row as usize] == key)?;
        Some(Score::new(probe.agreement_of_code(code).unwrap_or(0.0)))
    }
}

/// Searches one bucket for every job that asks for it. `shelf` takes the lock, for a chunk of vectors or a few codes at a time; a
/// reference that comes or goes meanwhile is found or not.
pub(crate) fn search<S: Deref<Target = Shelf>>(
    shelf: impl Fn() -> S,
    bucket: usize,
    jobs: &[Job],
    found: &mut [Found],
) {
    for side in [Side::Left, Side::Right] {
        let (mut of, mut queries) = (Vec::new(), Vec::new());
        for (i, job) in jobs.iter().enumerate() {
            if job.side == side && job.buckets.contains(bucket) {
                of.push(i);
                queries.push(job.query());
            }
        }
        if queries.is_empty() {
            continue;
        }
        let mut near: Vec<(usize, Row, Key)> = Vec::new();
        let mut chunk = 0;
        loop {
            {
                let shelf = shelf();
                let bank = shelf.bank(side);
                if chunk == 0 {
                    of.iter().for_each(|&job| found[job].comparisons += bank.vectors.len() as u64);
                }
                if chunk >= bank.vectors.chunks() {
                    break;
                }
                bank.vectors
                    .search(chunk, &queries, |hit| near.push((of[hit.query], hit.row, bank.keys[hit.row as usize])));
            }
            for some in near.chunks(CODES_AT_ONCE) {
                let shelf = shelf();
                let bank = shelf.bank(side);
                for &(job, row, key) in some {
                    if let Some(score) = bank.score(key, row, &jobs[job].probe) {
                        found[job].add(key, score);
                    }
                }
            }
            near.clear();
            chunk += 1;
        }
    }
}
