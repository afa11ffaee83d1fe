//! What the server and its matchers say to each other. Each message is a fixed layout, sealed by [`super::seal`].

use super::wire::{Malformed, Reader, Writer};
use crate::store::{changes::Seq, epochs::Number};
use handsel_gallery::{Buckets, Candidate, Found, Key};
use handsel_palm::{Probe, Score, Side};
use zeroize::Zeroizing;

/// Changes with anything that changes a message or what it means.
pub(crate) const PROTOCOL: u16 = 2;

/// Epochs that templates may be of at one time: the current one and the one that it follows.
const MOST_EPOCHS: usize = 2;

/// Names one run of one matcher; random.
pub(crate) type MatcherId = u128;

/// What must be the same on both sides for their scores to mean the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Release {
    pub(crate) protocol: u16,
    pub(crate) version: String,
    /// The extractor's name, [`handsel_palm::vector::model`].
    pub(crate) model: [u8; 8],
}

impl Release {
    /// This program's.
    pub(crate) fn own() -> Release {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Release { protocol: PROTOCOL, version, model: handsel_palm::vector::model() }
    }
}

impl std::fmt::Display for Release {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Release { protocol, version, model } = self;
        write!(f, "{version} (protocol {protocol}, extractor {})", crate::secret::hex(model))
    }
}

/// A matcher says that it is there and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announcement {
    /// In all protocols, the release comes first, as it is here.
    pub(crate) release: Release,
    pub(crate) id: MatcherId,
    pub(crate) time_ms: i64,
    /// It is about to end: others must take what it holds.
    pub(crate) leaving: bool,
    pub(crate) ready: Buckets,
    pub(crate) applied: Seq,
}

impl Announcement {
    pub(crate) fn write(&self) -> Zeroizing<Vec<u8>> {
        let mut to = Writer::new(128);
        let version: String = self.release.version.chars().take(32).filter(char::is_ascii).collect();
        to.u16(self.release.protocol).u8(version.len() as u8).bytes(version.as_bytes()).bytes(&self.release.model);
        to.u128(self.id).i64(self.time_ms).u8(self.leaving.into()).u64(self.ready.0).i64(self.applied);
        to.finish()
    }

    /// The release, and the rest if it is of this protocol.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Release, Option<Announcement>), Malformed> {
        let mut from = Reader(bytes);
        let protocol = from.u16()?;
        let length = from.u8()?.into();
        let version = std::str::from_utf8(from.slice(length)?).map_err(|_| Malformed)?.to_owned();
        let release = Release { protocol, version, model: from.array()? };
        if protocol != PROTOCOL {
            return Ok((release, None));
        }
        let (id, time_ms) = (from.u128()?, from.i64()?);
        let leaving = from.u8()? != 0;
        let (ready, applied) = (Buckets(from.u64()?), from.i64()?);
        from.end()?;
        Ok((release.clone(), Some(Announcement { release, id, time_ms, leaving, ready, applied })))
    }
}

/// The server asks a matcher to search some of its buckets.
pub(crate) struct Request {
    /// Random; an answer is bound to it.
    pub(crate) id: u128,
    pub(crate) time_ms: i64,
    pub(crate) side: Side,
    pub(crate) buckets: Buckets,
    /// The matcher must have followed the store as far as this.
    pub(crate) required: Seq,
    /// These references alone, all of them in `buckets`.
    pub(crate) only: Option<Vec<Key>>,
    /// [`Probe::to_bytes`] for each epoch that templates may be of, two at most.
    pub(crate) probes: Vec<(Number, Zeroizing<Vec<u8>>)>,
}

impl Request {
    pub(crate) fn write(&self) -> Zeroizing<Vec<u8>> {
        let keys = self.only.as_deref();
        let probes: usize = self.probes.iter().map(|(_, probe)| 16 + probe.len()).sum();
        let mut to = Writer::new(64 + 16 * keys.map_or(0, <[Key]>::len) + probes);
        to.u128(self.id).i64(self.time_ms).u8((self.side == Side::Right).into()).u64(self.buckets.0).i64(self.required);
        // No cohort is 0; a cohort of n is n + 1.
        to.u32(keys.map_or(0, |keys| u32::try_from(keys.len() + 1).unwrap_or(u32::MAX)));
        for &key in keys.unwrap_or_default() {
            to.u128(key);
        }
        for (epoch, probe) in &self.probes {
            to.i64(*epoch).u32(u32::try_from(probe.len()).unwrap_or(u32::MAX)).bytes(probe);
        }
        to.finish()
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Request, Malformed> {
        let mut from = Reader(bytes);
        let (id, time_ms) = (from.u128()?, from.i64()?);
        let side = match from.u8()? {
            0 => Side::Left,
            1 => Side::Right,
            _ => return Err(Malformed),
        };
        let (buckets, required) = (Buckets(from.u64()?), from.i64()?);
        let only = match from.u32()? {
            0 => None,
            more => {
                let mut keys = Reader(from.slice((more as usize - 1).checked_mul(16).ok_or(Malformed)?)?);
                Some((1..more).map(|_| keys.u128()).collect::<Result<_, _>>()?)
            }
        };
        let mut from = Reader(from.rest());
        let mut probes = Vec::new();
        while !from.0.is_empty() {
            let (epoch, length) = (from.i64()?, from.u32()? as usize);
            if length > Probe::MOST_BYTES || probes.len() == MOST_EPOCHS {
                return Err(Malformed);
            }
            probes.push((epoch, Zeroizing::new(from.slice(length)?.to_vec())));
        }
        Ok(Request { id, time_ms, side, buckets, required, only, probes })
    }
}

/// What a matcher answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Answer {
    /// All that was asked for was searched, at this number of the list of changes.
    Found { applied: Seq, found: Found },
    /// It has not followed the store far enough.
    Behind { applied: Seq },
    /// It does not hold all of the buckets, or lost some meanwhile; it holds these.
    NotHeld { ready: Buckets },
}

impl Answer {
    pub(crate) fn write(&self) -> Zeroizing<Vec<u8>> {
        let mut to = Writer::new(64);
        match self {
            Answer::Found { applied, found } => {
                // A score is never negative, so −1 stands for none.
                let runner_up = found.runner_up.map_or(-1.0, Score::similarity);
                let (key, best) = found.best.map_or((0, -1.0), |best| (best.key, best.score.similarity()));
                to.u8(0).i64(*applied).u64(found.comparisons).u128(key);
                to.u32(best.to_bits()).u32(runner_up.to_bits());
            }
            Answer::Behind { applied } => {
                to.u8(1).i64(*applied);
            }
            Answer::NotHeld { ready } => {
                to.u8(2).u64(ready.0);
            }
        }
        to.finish()
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Answer, Malformed> {
        let mut from = Reader(bytes);
        let answer = match from.u8()? {
            0 => {
                let (applied, comparisons, key) = (from.i64()?, from.u64()?, from.u128()?);
                let best = score(&mut from)?.map(|score| Candidate { key, score });
                let runner_up = score(&mut from)?;
                if best.is_none() && runner_up.is_some() {
                    return Err(Malformed);
                }
                Answer::Found { applied, found: Found { best, runner_up, comparisons } }
            }
            1 => Answer::Behind { applied: from.i64()? },
            2 => Answer::NotHeld { ready: Buckets(from.u64()?) },
            _ => return Err(Malformed),
        };
        from.end()?;
        Ok(answer)
    }
}

fn score(from: &mut Reader<'_>) -> Result<Option<Score>, Malformed> {
    match f32::from_bits(from.u32()?) {
        -1.0 => Ok(None),
        similarity if (0.0..=1.0).contains(&similarity) => Ok(Some(Score::new(similarity))),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn announcements_read_back_and_another_protocol_still_says_its_release() {
        let (ready, time_ms) = (Buckets(0xf0f0), 1_790_000_000_000);
        let mut one = Announcement { release: Release::own(), id: 7, time_ms, leaving: true, ready, applied: 12 };
        let (release, read) = Announcement::read(&one.write()).unwrap();
        assert_eq!((release, read.as_ref()), (Release::own(), Some(&one)));
        one.release = Release { protocol: PROTOCOL + 1, version: "9.0.0".into(), model: [1; 8] };
        let longer = [one.write().as_slice(), b"what nobody knows yet"].concat();
        assert_eq!(Announcement::read(&longer), Ok((one.release, None)));
    }

    #[test]
    fn requests_read_back() {
        for only in [None, Some(vec![]), Some(vec![1, u128::MAX])] {
            let probes = vec![(0, Zeroizing::new(vec![3; 100])), (7, Zeroizing::new(vec![]))];
            let (id, buckets) = (u128::MAX - 1, Buckets(5));
            let request = Request { id, time_ms: -4, side: Side::Left, buckets, required: 9, only, probes };
            let read = Request::read(&request.write()).unwrap();
            assert_eq!((read.id, read.time_ms, read.side), (request.id, request.time_ms, request.side));
            assert_eq!((read.buckets, read.required), (request.buckets, request.required));
            assert_eq!((&read.only, &read.probes), (&request.only, &request.probes));
        }
    }

    #[test]
    fn answers_read_back() {
        let candidate = Candidate { key: 1 << 100, score: Score::new(0.8125) };
        let some = Found { best: Some(candidate), runner_up: Some(Score::new(0.0)), comparisons: 1 << 40 };
        for answer in [
            Answer::Found { applied: 3, found: some },
            Answer::Found { applied: 3, found: Found { runner_up: None, ..some } },
            Answer::Found { applied: 3, found: Found { comparisons: 9, ..Found::default() } },
            Answer::Behind { applied: 2 },
            Answer::NotHeld { ready: Buckets(6) },
        ] {
            assert_eq!(Answer::read(&answer.write()), Ok(answer));
        }
    }

    proptest! {
        #[test]
        fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Announcement::read(&bytes);
            let _ = Request::read(&bytes);
            let _ = Answer::read(&bytes);
        }
    }
}
