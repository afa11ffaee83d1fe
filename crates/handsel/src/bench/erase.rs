//! How long it takes until somebody who leaves cannot be found any more, and until no byte of them is left: one person among very many,
//! at a real server that is searched meanwhile.

use crate::{
    privacy::{
        look::{self, Hits, Wanted},
        server::{self, Ground, Person, Server, Shop},
    },
    serve::{runtime, with_processor},
};
use anyhow::{Context, Result, anyhow, bail, ensure};
use handsel_api::{
    Private,
    erasure::EraseRequest,
    payments::{Decision, Identification},
    subjects::Erased,
};
use handsel_palm::{Roi, Side, Template};
use handsel_server::{App, privacy};
use handsel_synth::{Conditions, Palm};
use indicatif::ProgressBar;
use serde::Serialize;
use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

/// Drawn palms that are stored again and again: what is in a template does not change how long it takes to erase another one.
const DRAWN: u64 = 64;
/// How many searches there are before it is erased, and after that.
const SEARCHES: usize = 5;
/// How long it may be looked for what is left.
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Among how many palms somebody is erased.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    references: u32,
    /// Where the installation is made, or is from the last time; a temporary folder unless said. About 3 KB a palm.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Write the figures as JSON.
    #[arg(long, value_name = "F.json")]
    pub(crate) json: Option<PathBuf>,
}

/// Times are counted from when the erasure was asked for.
#[derive(Serialize)]
pub(crate) struct Figures {
    references: usize,
    store_mb: u64,
    memory_mb: usize,
    /// What was found of them before, and in how many places: the search sees what is there.
    before_in_files: Hits,
    before_in_memory: Hits,
    answered_ms: f64,
    /// From then on no search was answered with them, also none that had begun before: when the erasure was answered, or the last search that
    /// found them.
    no_search_finds_ms: f64,
    /// Searches that ended since the erasure was asked for.
    searches_since: usize,
    /// The first of them to end, which began before the erasure or while it was under way.
    first_search_ended_ms: f64,
    /// Each look through all files and all memory, until one found nothing. The first begins at the answer, while searches go on.
    looks: Vec<Look>,
    no_byte_left_s: f64,
    files: usize,
    /// Whoever did not leave is found as before.
    others_are_found: bool,
}

/// One look, and what was still there.
#[derive(Serialize)]
struct Look {
    from_s: f64,
    to_s: f64,
    in_files: Hits,
    in_memory: Hits,
}

/// A search's answer.
struct Searched {
    ended: Instant,
    found: bool,
}

pub(crate) fn figures(args: &Args) -> Result<Figures> {
    let temporary = tempfile::tempdir()?;
    let ground = Ground::of(args.data_dir.as_deref().unwrap_or_else(|| temporary.path()));
    let references = runtime()?.block_on(fill(&ground, args.references))?;
    let server = Server::start(&ground)?;
    let figures = measure(&ground, &server, references);
    server.stop()?;
    figures
}

/// Makes the installation, unless it is there from the last time; how many palms it has.
async fn fill(ground: &Ground, references: u32) -> Result<usize> {
    let (config, _processor) = with_processor(ground.config()?)?;
    let app = App::open(&config).await?;
    let mut palms = app.palms();
    if palms == 0 {
        let square = |who| Roi::from_grey(Palm::from_seed(who, Side::Right).draw_roi(&Conditions::of_capture(who, 0)));
        let templates = (0..DRAWN).map(|who| Some(Template::extract(&square(who)?))).collect::<Option<Vec<_>>>();
        let templates = templates.context("a drawn square is a square")?;
        let bar = ProgressBar::new(u64::from(references));
        let filled = app.fill_to_measure(references, &templates, |wrote| bar.set_position(u64::from(wrote))).await;
        filled.map_err(|refusal| anyhow!(refusal.detail))?;
        bar.finish_and_clear();
        palms = references as usize;
    }
    app.close().await;
    Ok(palms)
}

fn measure(ground: &Ground, server: &Server, references: usize) -> Result<Figures> {
    let shop = Shop::open(server, "Bakery")?;
    let stays = shop.enrol(server, "Moss Calder", 100_102, &mut Vec::new())?;
    let leaving = shop.enrol(server, "Rowan Leaving", 100_105, &mut Vec::new())?;
    shop.pay(&leaving, 501, &mut Vec::new())?;
    let (frame_of_who_stays, frame) = (recognised(&shop, &stays)?, recognised(&shop, &leaving)?);
    let traces = runtime()?.block_on(privacy::traces(&ground.config()?, leaving.id)).map_err(anyhow::Error::msg)?;
    let mut wanted = Wanted::default();
    traces.iter().for_each(|trace| wanted.trace(trace.what, &trace.bytes));
    let (before_in_files, files) = look::files(&ground.folder, &wanted)?;
    let (before_in_memory, memory) = memory(server, &wanted)?;
    for (there, what) in [
        (&before_in_files, "SealedTemplate"),
        (&before_in_files, "WrappedKey"),
        (&before_in_files, "SealedOpening"),
        (&before_in_memory, "Template"),
        (&before_in_memory, "Vector"),
    ] {
        ensure!(there.contains_key(what), "{what} is not found before: {before_in_files:?}, {before_in_memory:?}");
    }

    let over = AtomicBool::new(false);
    let (asked, answered, searched, looks) = std::thread::scope(|scope| -> Result<_> {
        let (sends, comes) = std::sync::mpsc::channel();
        let (shop, frame, over) = (&shop, &frame, &over);
        let searching = scope.spawn(move || -> Result<()> {
            for turn in 0_u32.. {
                let found = decision(shop, frame, &format!("bench-{turn}"))? != Decision::NoMatch;
                if sends.send(Searched { ended: Instant::now(), found }).is_err() || over.load(Ordering::Relaxed) {
                    break;
                }
            }
            Ok(())
        });
        let erased = (|| {
            for _ in 0..SEARCHES {
                ensure!(comes.recv().context("the searches broke off")?.found, "they are not found before");
            }
            let asked = Instant::now();
            erase(shop, &leaving)?;
            let answered = asked.elapsed();
            let looks = look_until_nothing_is_left(ground, server, &wanted, asked)?;
            let mut searched = Vec::new();
            // The first that ends may have begun before.
            while searched.len() <= SEARCHES {
                let one = comes.recv().context("the searches broke off")?;
                searched.extend(Some(one).filter(|one: &Searched| one.ended > asked));
            }
            Ok((asked, answered, searched, looks))
        })();
        over.store(true, Ordering::Relaxed);
        drop(comes);
        searching.join().map_err(|_| anyhow!("searching broke off"))??;
        erased
    })?;
    let ms = |moment: Instant| (moment - asked).as_secs_f64() * 1e3;
    let answered_ms = answered.as_secs_f64() * 1e3;
    let last_found = searched.iter().filter(|one| one.found).map(|one| ms(one.ended));
    let no_search_finds_ms = last_found.fold(answered_ms, f64::max);
    ensure!(searched.last().is_some_and(|one| !one.found), "they are still found");
    let others_are_found = decision(&shop, &frame_of_who_stays, "after")? != Decision::NoMatch;
    // So that both can come again, where the installation is kept.
    erase(&shop, &stays)?;
    Ok(Figures {
        references: references + 2,
        store_mb: std::fs::metadata(ground.config()?.data_dir.join("handsel.db"))?.len() >> 20,
        memory_mb: memory >> 20,
        before_in_files,
        before_in_memory,
        answered_ms,
        no_search_finds_ms,
        searches_since: searched.len(),
        first_search_ended_ms: searched.first().map_or(0.0, |one| ms(one.ended)),
        no_byte_left_s: looks.last().map_or(0.0, |look| look.to_s),
        looks,
        files,
        others_are_found,
    })
}

/// Looks through everything again and again.
fn look_until_nothing_is_left(ground: &Ground, server: &Server, wanted: &Wanted, asked: Instant) -> Result<Vec<Look>> {
    let (mut looks, seconds) = (Vec::new(), || asked.elapsed().as_secs_f64());
    loop {
        let from_s = seconds();
        let (in_files, _) = look::files(&ground.folder, wanted)?;
        let (in_memory, _) = memory(server, wanted)?;
        let nothing = in_files.is_empty() && in_memory.is_empty();
        let left = format!("{in_files:?}, {in_memory:?}");
        looks.push(Look { from_s, to_s: seconds(), in_files, in_memory });
        if nothing {
            return Ok(looks);
        }
        ensure!(asked.elapsed() < PATIENCE, "something of them is left: {left}");
    }
}

/// By the link that somebody was given.
fn erase(shop: &Shop, person: &Person) -> Result<Erased> {
    let request = EraseRequest::Link { link: Private(person.leave_path.clone()) };
    shop.till.post("/v1/erasures", &request, None)?.done()
}

fn memory(server: &Server, wanted: &Wanted) -> Result<(Hits, usize)> {
    look::memory(server.pid(), wanted)?.context("this user may not read the server\u{2019}s memory. Run it as root")
}

/// A capture by which somebody is recognised now.
fn recognised(shop: &Shop, person: &Person) -> Result<Vec<u8>> {
    for take in 30..40 {
        let frame = server::frame(person.seed, take);
        if decision(shop, &frame, &format!("try-{}-{take}", person.seed)).is_ok_and(|found| found != Decision::NoMatch)
        {
            return Ok(frame);
        }
    }
    bail!("somebody who is enrolled is not recognised")
}

/// What a till is told about a hand.
fn decision(shop: &Shop, frame: &[u8], key: &str) -> Result<Decision> {
    let payment = shop.ask(100, key)?;
    let path = format!("/v1/payments/{}/identify", payment.id);
    Ok(shop.till.post_frame::<Identification>(&path, frame)?.done()?.decision)
}
