//! The matchers that are heard of.

use super::{
    message::{Announcement, MatcherId, Release},
    seal::is_fresh,
};
use crate::store::changes::Seq;
use handsel_gallery::{BUCKETS, Buckets};
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

/// Within this every matcher has announced itself.
pub(crate) const ANNOUNCED_TWICE: Duration = Duration::from_millis(500);
/// How often a matcher announces itself.
pub(crate) const ANNOUNCED: Duration = Duration::from_millis(250);
/// A matcher that was not heard of for this long is dead: six announcements.
pub(crate) const DEAD: Duration = Duration::from_millis(1_500);

/// The matchers of this release that are heard of, and which others there were.
pub(crate) struct Members {
    own: Release,
    all: HashMap<MatcherId, Member>,
    foreign: HashSet<Release>,
}

/// One matcher, as it last announced itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) leaving: bool,
    pub(crate) ready: Buckets,
    pub(crate) applied: Seq,
    time_ms: i64,
    heard: Instant,
}

impl Member {
    /// Oneself.
    pub(crate) fn own(leaving: bool, ready: Buckets, applied: Seq) -> Member {
        Member { leaving, ready, applied, time_ms: 0, heard: Instant::now() }
    }
}

impl Members {
    pub(crate) fn new(own: Release) -> Members {
        Members { own, all: HashMap::new(), foreign: HashSet::new() }
    }

    /// Takes an announcement in. False when it is no news: out of date, or one that came before.
    pub(crate) fn hear(&mut self, release: Release, announcement: Option<Announcement>, now: Instant) -> bool {
        let Some(announcement) = announcement.filter(|_| release == self.own) else {
            // Bounded, whoever speaks: it is only kept so that each is logged once.
            if self.foreign.len() < 64 && !self.foreign.contains(&release) {
                tracing::warn!(%release, own = %self.own, "a matcher of another release is not asked: start one of this release");
                self.foreign.insert(release);
            }
            return true;
        };
        let Announcement { id, time_ms, leaving, ready, applied, .. } = announcement;
        if !is_fresh(time_ms) || self.all.get(&id).is_some_and(|member| member.time_ms >= time_ms) {
            return false;
        }
        if !self.all.contains_key(&id) {
            tracing::info!(matcher = %name(id), "a matcher is there");
        }
        self.all.insert(id, Member { leaving, ready, applied, time_ms, heard: now });
        true
    }

    /// Corrects what a matcher holds by what it answered.
    pub(crate) fn holds(&mut self, id: MatcherId, ready: Buckets) {
        if let Some(member) = self.all.get_mut(&id) {
            member.ready = ready;
        }
    }

    /// Takes out who is dead.
    pub(crate) fn bury(&mut self, now: Instant) {
        // Longer than dead: until its last announcement is out of date, it could be played again.
        self.all.retain(|_, member| now.duration_since(member.heard) < 3 * super::seal::FRESH);
    }

    /// Who is alive, in no order.
    pub(crate) fn live(&self, now: Instant) -> impl Iterator<Item = (MatcherId, &Member)> {
        let alive = move |member: &Member| now.duration_since(member.heard) < DEAD;
        self.all.iter().filter(move |(_, member)| alive(member)).map(|(id, member)| (*id, member))
    }

    /// For each bucket, how many live matchers hold it.
    pub(crate) fn holders(&self, now: Instant) -> [usize; BUCKETS] {
        let mut holders = [0; BUCKETS];
        for (_, member) in self.live(now) {
            member.ready.iter().for_each(|bucket| holders[bucket] += 1);
        }
        holders
    }

    /// The buckets that somebody alive holds.
    pub(crate) fn held(&self, now: Instant) -> Buckets {
        self.live(now).fold(Buckets(0), |held, (_, member)| Buckets(held.0 | member.ready.0))
    }
}

/// How a matcher is called in a log.
pub(crate) fn name(id: MatcherId) -> String {
    format!("{:08x}", id >> 96)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now_ms;

    fn said(id: MatcherId, time_ms: i64) -> Announcement {
        Announcement { release: Release::own(), id, time_ms, leaving: false, ready: Buckets(3), applied: 1 }
    }

    #[test]
    fn who_is_silent_is_dead_and_an_old_announcement_revives_nobody() {
        let mut members = Members::new(Release::own());
        let (start, time_ms) = (Instant::now(), now_ms());
        let hear = |members: &mut Members, said: Announcement, now| members.hear(Release::own(), Some(said), now);
        assert!(hear(&mut members, said(1, time_ms), start));
        assert_eq!(members.held(start), Buckets(3));
        let later = start + DEAD;
        assert_eq!(members.live(later).count(), 0);
        assert!(!hear(&mut members, said(1, time_ms), later), "played again");
        assert!(!hear(&mut members, said(2, time_ms - 60_000), later), "out of date");
        assert_eq!(members.held(later), Buckets(0));
        members.bury(later);
        assert!(!hear(&mut members, said(1, time_ms), later), "still remembered");
        assert!(hear(&mut members, said(1, time_ms + 1), later));
        assert_eq!(members.live(later).count(), 1);
    }

    #[test]
    fn another_release_is_no_member() {
        let mut members = Members::new(Release::own());
        let (now, other) = (Instant::now(), Release { version: "0.0.1".into(), ..Release::own() });
        let said = Announcement { release: other.clone(), ..said(1, now_ms()) };
        members.hear(other, Some(said), now);
        members.hear(Release { protocol: 99, ..Release::own() }, None, now);
        assert_eq!(members.live(now).count(), 0);
    }
}
