//! The promises that a day of traffic shows.

use super::{
    look::{self, Hits, Wanted},
    server::{self, Ground, Person, Server, Shop},
};
use anyhow::{Context, Result, bail, ensure};
use handsel_api::{
    Code,
    consents::{GiveConsent, Notice, Purpose},
    custody::{Custody, EpochStatus},
    merchants::Page,
    payments::{Decision, Payment},
};
use handsel_server::privacy::{self, Trace};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// Why nothing is said about memory.
/// How long what is being read when somebody leaves may take to come to its end.
const COMES_TO_ITS_END: Duration = Duration::from_secs(10);
const UNREAD: &str = "not known: this user may not read the server\u{2019}s memory. Run it as root";

/// One promise: what was seen, or what was broken.
pub(super) type Check = fn(&mut Day) -> Result<String>;

/// A server with two shops, and what was shown to it.
pub(super) struct Day<'a> {
    pub(super) ground: Ground,
    pub(super) runtime: &'a tokio::runtime::Runtime,
    /// `None` while none runs.
    pub(super) server: Option<Server>,
    pub(super) bakery: Shop,
    pub(super) grocer: Shop,
    pub(super) wren: Person,
    pub(super) moss: Person,
    /// Every frame that was sent.
    pub(super) frames: Vec<Vec<u8>>,
}

impl<'a> Day<'a> {
    pub(super) fn begin(ground: Ground, runtime: &'a tokio::runtime::Runtime) -> Result<Day<'a>> {
        let server = Server::start(&ground)?;
        let bakery = Shop::open(&server, "Bakery")?;
        let grocer = Shop::open(&server, "Grocer")?;
        let mut frames = Vec::new();
        let wren = bakery.enrol(&server, "Wren Ashdown", 101, &mut frames)?;
        let moss = bakery.enrol(&server, "Moss Calder", 102, &mut frames)?;
        Ok(Day { ground, runtime, server: Some(server), bakery, grocer, wren, moss, frames })
    }

    pub(super) fn server(&self) -> Result<&Server> {
        self.server.as_ref().context("no server runs")
    }

    pub(super) fn traces(&self, person: &Person) -> Result<Vec<privacy::Found>> {
        let config = self.ground.config()?;
        self.runtime.block_on(privacy::traces(&config, person.id)).map_err(anyhow::Error::msg)
    }

    /// What of `wanted` is in any file: of the store, of what is temporary, of the log.
    pub(super) fn files(&self, wanted: &Wanted) -> Result<(Hits, usize)> {
        look::files(&self.ground.folder, wanted)
    }

    /// Fails unless these were found in the store's file: the search sees what is there. A database's files are not looked at.
    pub(super) fn expect_in_store(&self, there: &Hits, names: &[&str]) -> Result<()> {
        let missing = names.iter().find(|&&name| self.ground.store.is_none() && !there.contains_key(name));
        ensure!(missing.is_none(), "the search does not find what is there: {there:?}");
        Ok(())
    }

    /// Where the store is, to say what was not looked at.
    pub(super) fn besides(&self) -> &'static str {
        if self.ground.store.is_some() { "; the database\u{2019}s own files are not looked at" } else { "" }
    }

    /// What of `wanted` the server's memory holds. A promise about it is not held where this user may not look.
    pub(super) fn memory(&self, wanted: &Wanted) -> Result<(Hits, String)> {
        let looked = look::memory(self.server()?.pid(), wanted)?;
        let (hits, bytes) = looked.context(UNREAD)?;
        Ok((hits, format!("{} MB of the server\u{2019}s memory", bytes >> 20)))
    }

    /// The server's memory, in words, once nothing of this is in it but what is called `but`; an error where something stays. What was
    /// being read meanwhile may come to its end.
    pub(super) fn memory_without(&self, wanted: &Wanted, but: &str) -> Result<String> {
        let (start, mut later) = (Instant::now(), String::new());
        loop {
            let (hits, memory) = self.memory(wanted)?;
            if hits.keys().all(|name| *name == but) {
                return Ok(memory + &later);
            }
            ensure!(start.elapsed() < COMES_TO_ITS_END, "in {memory}: {hits:?}");
            std::thread::sleep(Duration::from_millis(200));
            later = format!(", {} ms after the first look", start.elapsed().as_millis());
        }
    }
}

/// Nothing is looked at before its owner signed.
pub(super) fn consent_before_capture(day: &mut Day) -> Result<String> {
    let person = day.bakery.person(day.server()?, "Early Bird", 103)?;
    let no_picture = b"\xff\xd8 this would be refused as a picture, were it looked at";
    day.bakery.show(&person, no_picture)?.refused_with(Code::ConsentRequired)?;
    day.bakery.sign(&person, Purpose::Payment)?;
    day.bakery.show(&person, no_picture)?.refused_with(Code::InvalidFrame)?;
    Ok("bytes that are no picture are refused for want of a consent, and only after it as no picture".to_owned())
}

/// A palm is read for what its owner signed, and there is nothing else to sign.
pub(super) fn purpose(day: &mut Day) -> Result<String> {
    let person = day.bakery.person(day.server()?, "Ivy Thorne", 104)?;
    day.bakery.sign(&person, Purpose::Entry)?;
    for take in 0..2 {
        let frame = server::frame(person.seed, take);
        day.bakery.show(&person, &frame)?.done()?;
        day.frames.push(frame);
    }
    let payment = day.bakery.ask(100, "purpose")?;
    let decision = day.bakery.identify(&payment, person.seed, &mut day.frames)?;
    ensure!(decision == Decision::NoMatch, "who signed for doors only was {decision:?} at a till");
    let notice: Notice = day.bakery.till.get("/v1/notices/payment")?.done()?;
    for purpose in ["advertising", "improvement", "profiling"] {
        let mut yes = serde_json::to_value(GiveConsent {
            purpose: Purpose::Payment,
            notice_version: notice.version,
            notice_sha256: notice.sha256.clone(),
            signature: "Ivy".into(),
        })?;
        yes["purpose"] = purpose.into();
        let path = format!("/v1/subjects/{}/consents", person.id);
        day.bakery.till.post::<Value>(&path, &yes, None)?.refused_with(Code::InvalidField)?;
    }
    day.bakery.sign(&person, Purpose::Payment)?;
    let paid = day.bakery.pay(&person, 101, &mut day.frames)?;
    Ok(format!("nobody at the till before, {} after a consent to pay; advertising cannot be signed", paid.id))
}

/// Two merchants cannot tell that they have the same customer.
pub(super) fn pairwise_ids(day: &mut Day) -> Result<String> {
    let mut minor = 200;
    for shop in [&day.bakery, &day.grocer] {
        for person in [&day.wren, &day.moss] {
            minor += 7;
            shop.pay(person, minor, &mut day.frames)?;
        }
    }
    let (mut columns, mut exports) = (BTreeSet::new(), Vec::new());
    for shop in [&day.bakery, &day.grocer] {
        let page: Page<Payment> = shop.till.get("/v1/payments")?.done()?;
        let rows: Vec<Value> = page.data.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
        let paid = |minor: i64| rows.iter().find(|row| row["amount_minor"] == minor).cloned();
        let first = if exports.is_empty() { 207 } else { 221 };
        let (wren, moss) = (paid(first).context("Wren\u{2019}s")?, paid(first + 7).context("Moss\u{2019}s")?);
        ensure!(
            wren["shopper"].is_string() && wren["shopper"] != moss["shopper"],
            "shoppers have no names of their own"
        );
        columns.extend(wren.as_object().into_iter().flatten().map(|(name, _)| name.clone()));
        exports.push((wren, moss));
    }
    for column in &columns {
        // A column joins two exports where it is the same for one person at both, and tells them from the other.
        let at = |export: usize| (&exports[export].0[column], &exports[export].1[column]);
        let ((wren_a, moss_a), (wren_b, moss_b)) = (at(0), at(1));
        let joins = wren_a == wren_b && !wren_a.is_null() && (wren_a != moss_a || wren_b != moss_b);
        ensure!(!joins && (moss_a != moss_b || moss_a.is_null() || moss_a == wren_a), "{column} joins them");
    }
    Ok(format!("no one of {} columns tells which shoppers of two merchants are the same", columns.len()))
}

/// What is stored is sealed under a key of the person\u{2019}s own.
pub(super) fn custody(day: &mut Day) -> Result<String> {
    let (mut sealed, mut open) = (Wanted::default(), Wanted::default());
    for trace in day.traces(&day.moss)? {
        match trace.what {
            Trace::SealedTemplate | Trace::WrappedKey | Trace::SealedOpening => sealed.trace(trace.what, &trace.bytes),
            _ => open.trace(trace.what, &trace.bytes),
        }
    }
    let (there, _) = day.files(&sealed)?;
    day.expect_in_store(&there, &["SealedTemplate", "WrappedKey", "SealedOpening"])?;
    let (hits, files) = day.files(&open)?;
    ensure!(hits.is_empty(), "in the files: {hits:?}");
    let (pieces, besides) = (open.len(), day.besides());
    Ok(format!("templates are sealed; none of {pieces} open pieces is in {files} files{besides}"))
}

/// No frame outlives its request.
pub(super) fn no_picture(day: &mut Day) -> Result<String> {
    let payment = day.grocer.ask(300, "stranger")?;
    let decision = day.grocer.identify(&payment, 999, &mut day.frames)?;
    ensure!(decision == Decision::NoMatch, "a stranger was {decision:?}");
    let mut wanted = Wanted::default();
    for frame in &day.frames {
        wanted.add("frame", frame);
        let pixels = image::load_from_memory(frame)?;
        // Every twentieth row of what it shows, as it is and in grey.
        for (bytes, width) in
            [(pixels.to_rgb8().into_raw(), 3 * pixels.width()), (pixels.to_luma8().into_raw(), pixels.width())]
        {
            bytes.chunks_exact(width as usize).step_by(20).for_each(|row| wanted.add("pixels", row));
        }
    }
    let own = look::memory(std::process::id(), &wanted)?;
    if let Some((own, _)) = own {
        ensure!(own.contains_key("frame"), "the search does not find what is here");
    }
    let (hits, files) = day.files(&wanted)?;
    ensure!(hits.is_empty(), "in the files: {hits:?}");
    // What a request left is freed when its thread comes round to it.
    std::thread::sleep(Duration::from_millis(500));
    let memory = day.memory_without(&wanted, "")?;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", day.server()?.pid()));
    let core =
        limits.unwrap_or_default().lines().find(|line| line.starts_with("Max core file size")).map(str::to_owned);
    let off = core.as_deref().is_some_and(|line| line.split_whitespace().skip(4).take(2).eq(["0", "0"]));
    ensure!(off, "core dumps are on: {core:?}");
    let status = std::fs::read_to_string(format!("/proc/{}/status", day.server()?.pid()))?;
    let locked = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap_or("").trim().to_owned();
    let (shown, pieces) = (day.frames.len(), wanted.len());
    Ok(format!(
        "none of {pieces} pieces of {shown} frames is in {files} files or {memory}; no core dumps; {locked} locked"
    ))
}

/// After an epoch is revoked, what was copied before is of no use.
pub(super) fn revoked_epoch(day: &mut Day) -> Result<String> {
    let mut copied = Wanted::default();
    for trace in day.traces(&day.moss)?.iter().filter(|one| matches!(one.what, Trace::Template | Trace::SealedTemplate))
    {
        copied.trace(trace.what, &trace.bytes);
    }
    let (before, _) = day.files(&copied)?;
    day.expect_in_store(&before, &["SealedTemplate"])?;
    let operator = &day.server()?.operator;
    operator.act::<Custody>("/v1/custody/revoke_epoch", None)?.done()?;
    let start = Instant::now();
    loop {
        let custody: Custody = operator.get("/v1/custody")?.done()?;
        if custody.templates_to_rekey == 0 && custody.epochs.iter().all(|epoch| epoch.status != EpochStatus::Retiring) {
            break;
        }
        if start.elapsed() > Duration::from_secs(60) {
            bail!("references are re-keyed still");
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let (hits, _) = day.files(&copied)?;
    ensure!(hits.is_empty(), "in the files: {hits:?}");
    let memory = day.memory_without(&copied, "")?;
    let paid = day.bakery.pay(&day.moss, 401, &mut day.frames)?;
    Ok(format!("what was copied is in no file and not in {memory}; its owner still pays, {}", paid.id))
}
