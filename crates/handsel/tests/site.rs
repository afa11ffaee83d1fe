//! A shop that is cut off, with everything as processes of its own that are killed: what the till was told is accepted is charged, once.

use anyhow::{Context, Result, ensure};
use client::{Answer, Client};
use handsel_api::{
    Code, SubjectId,
    consents::{Consent, GiveConsent, Notice, Purpose},
    erasure::EraseRequest,
    keys::{CreateKey, KeyMode, NewKey, Scope},
    merchants::{CreateMerchant, CreateSite, Merchant, Site},
    payments::{CaptureWhen, ConfirmPayment, CreatePayment, Decision, Identification, Payment, PaymentStatus, StepUp},
    references::Enrolled,
    subjects::{AddPaymentMethod, CreateSubject, CreatedSubject, Erased, PaymentMethod, SandboxCard},
};
use handsel_palm::Side;
use handsel_server::privacy;
use handsel_synth::{Conditions, Palm};
use look::Wanted;
use shop::CardCompany;
use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

#[path = "../src/privacy/look.rs"]
#[allow(dead_code, unreachable_pub, reason = "the check of privacy uses more of it")]
mod look;

#[path = "../src/demo/client.rs"]
#[allow(dead_code, unreachable_pub, reason = "the demo uses more of it")]
mod client;

#[path = "../src/bench/shop.rs"]
#[allow(dead_code, reason = "the bench uses more of it")]
mod shop;

/// The last four digits of the shopper's phone.
const DIGITS: &str = "1815";
/// How long anything may take to come about.
const PATIENCE: Duration = Duration::from_secs(40);
/// How often server and agent are killed while what was taken is handed in.
const KILLS: u64 = 6;
/// Where the server kills itself between taking a payment and writing that it was charged.
const FAILPOINTS: [&str; 4] = ["charge_held", "before_asking", "after_asking", "before_writing_the_end"];

/// A process that is killed with signal 9, at the latest with the test.
struct Process(Child);

impl Process {
    /// Waits until it says where it is; the last word of its last line of `lines`.
    fn start(command: &mut Command, lines: usize) -> Result<(Process, String)> {
        let command = command.env("RUST_LOG", "info").stdin(Stdio::null());
        let mut process = Process(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?);
        let said = BufReader::new(process.0.stdout.take().context("piped")?).lines();
        let last = said.take(lines).last().context("it ended")??;
        Ok((process, last.split_whitespace().last().context("an empty line")?.to_owned()))
    }

    fn kill(mut self) -> Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where everything is.
struct Ground {
    folder: tempfile::TempDir,
    company: CardCompany,
    server_at: String,
    agent_at: String,
}

impl Ground {
    fn new() -> Result<Ground> {
        let folder = tempfile::tempdir()?;
        let company = CardCompany::start(&program(), &folder.path().join("books.db"))?;
        // Both come back where they were.
        let free = || -> Result<String> { Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string()) };
        Ok(Ground { folder, company, server_at: free()?, agent_at: free()? })
    }

    /// The server, and its administrator's link.
    fn server(&self) -> Result<(Process, String)> {
        self.server_at(&self.server_at)
    }

    /// The server, at another address.
    fn server_at(&self, address: &str) -> Result<(Process, String)> {
        Process::start(&mut self.server_command(address), 2)
    }

    /// Has a server run until it kills itself at this point.
    fn server_until(&self, failpoint: &str) -> Result<()> {
        let mut command = self.server_command(&self.server_at);
        command.env("FAILPOINT", failpoint).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut server = Process(command.spawn()?);
        until(|| Ok(server.0.try_wait()?.is_some())).context(failpoint.to_owned())
    }

    fn server_command(&self, address: &str) -> Command {
        let mut command = Command::new(program());
        command.env("HANDSEL_PROCESSOR__KIND", "sim").env("HANDSEL_PROCESSOR__URL", &self.company.url);
        command.env("HANDSEL_OFFLINE", "true");
        command.args(["serve", "--no-demo", "--listen", address, "--data-dir"]);
        command.arg(self.folder.path().join("server"));
        command
    }

    fn agent(&self, site: &Site, key: &str) -> Result<Process> {
        let mut command = Command::new(program());
        command.env("HANDSEL_TILL_KEY", key).env("HANDSEL_TILL_SERVER", format!("http://{}", self.server_at));
        command.args(["site", "--site", &site.id.to_string(), "--listen", &self.agent_at, "--data-dir"]);
        Ok(Process::start(command.arg(self.agents_folder()), 1)?.0)
    }

    fn agents_folder(&self) -> PathBuf {
        self.folder.path().join("agent")
    }
}

/// A shop with a till behind its agent, and somebody who paid there.
struct Shop {
    site: Site,
    agent_key: String,
    till_key: String,
    /// Through the agent.
    till: Client,
    wren: SubjectId,
    leave_path: String,
}

impl Shop {
    /// Opens it; the agent holds palms at the end.
    fn open(ground: &Ground, link: &str) -> Result<(Shop, Process)> {
        let anyone = Client::new(&format!("http://{}", ground.server_at));
        let operator = anyone.with_bearer(&anyone.claim_admin(link.rsplit('/').next().context("a link")?)?);
        let merchant = CreateMerchant { name: "Fennel & Rye".into(), currency: "EUR".into() };
        let merchant: Merchant = operator.post("/v1/merchants", &merchant, None)?.done()?;
        let site = CreateSite { merchant: merchant.id, name: "Quay Street".into() };
        let site: Site = operator.post("/v1/sites", &site, None)?.done()?;
        let site: Site = operator.act(&format!("/v1/sites/{}/sign", site.id), None)?.done()?;
        let keys = format!("/v1/merchants/{}/keys", merchant.id);
        let till_key = operator.act::<NewKey>(&keys, None)?.done()?.key;
        let agents = CreateKey { mode: KeyMode::Test, scopes: Some(vec![Scope::Offline]) };
        let agent_key = operator.post::<NewKey>(&keys, &agents, None)?.done()?.key;
        let (wren, leave_path) = enrol(&anyone.with_bearer(&till_key), &site)?;

        let agent = ground.agent(&site, &agent_key)?;
        let till = Client::new(&format!("http://{}", ground.agent_at)).with_bearer(&till_key);
        let paid = pay(&till, &site, 700, "before")?;
        ensure!(paid.status == PaymentStatus::Captured, "with the server there, the agent only passes on: {paid:?}");
        agent.kill()?;
        // It fetches palms when it starts, and every few minutes; there is somebody to fetch now.
        let palms = ground.agents_folder().join("palms.sealed");
        drop(std::fs::remove_file(&palms));
        let agent = ground.agent(&site, &agent_key)?;
        until(|| Ok(palms.exists()))?;
        Ok((Shop { site, agent_key, till_key, till, wren, leave_path }, agent))
    }
}

#[test]
fn killed_on_both_sides_of_the_line_what_was_accepted_is_charged_once() -> Result<()> {
    let ground = Ground::new()?;
    let (server, link) = ground.server()?;
    let (Shop { site, agent_key, till, .. }, agent) = Shop::open(&ground, &link)?;

    server.kill()?;
    let first = pay(&till, &site, 1_200, "first")?;
    ensure!(first.status == PaymentStatus::Accepted, "{first:?}");
    agent.kill()?; // in the moment after it said so
    let agent = ground.agent(&site, &agent_key)?;
    let second = pay(&till, &site, 900, "second")?;
    ensure!(second.status == PaymentStatus::Accepted, "palms and what was taken are there after a start: {second:?}");
    till.get::<serde_json::Value>("/v1/events")?.refused_with(Code::Offline)?;

    let mut more = Vec::new();
    for failpoint in FAILPOINTS {
        more.push(pay(&till, &site, 100, failpoint)?);
        ground.server_until(failpoint)?;
    }

    let mut running = agent;
    for kill in 0..KILLS {
        let (server, _) = ground.server()?;
        // Somewhere else each time, around the moment in which the agent notices and hands in.
        std::thread::sleep(Duration::from_millis(150 + kill * 250));
        if kill % 2 == 0 {
            server.kill()?;
            running.kill()?;
        } else {
            running.kill()?;
            server.kill()?;
        }
        running = ground.agent(&site, &agent_key)?;
    }
    let (_server, _) = ground.server()?;
    for taken in [&first, &second].into_iter().chain(&more) {
        let path = format!("/v1/payments/{}", taken.id);
        until(|| {
            Ok(matches!(till.get::<Payment>(&path), Ok(Answer::Done(it)) if it.status == PaymentStatus::Captured))
        })?;
        let settled: Payment = till.get(&path)?.done()?;
        ensure!(settled.offline_at == taken.offline_at && settled.shopper == taken.shopper, "{settled:?}");
    }
    let totals = ground.company.totals()?;
    ensure!((totals.captured_minor, totals.charged_twice) == (3_200, 0), "{totals:?}");
    drop(_server);
    let data = ground.folder.path().join("server");
    let doctor = Command::new(program()).args(["doctor", "--data-dir"]).arg(&data).output()?;
    ensure!(doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));
    Ok(())
}

/// The agent runs all the time: what it forgets, it forgets by itself.
#[test]
fn who_left_while_the_line_was_cut_is_nowhere_in_the_shop_once_it_is_back() -> Result<()> {
    let ground = Ground::new()?;
    let (server, link) = ground.server()?;
    let (shop, agent) = Shop::open(&ground, &link)?;
    let data_dir = ground.folder.path().join("server");
    let config = handsel_server::Config { data_dir, ..handsel_server::Config::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let traces = runtime.block_on(privacy::traces(&config, shop.wren)).map_err(anyhow::Error::msg)?;
    let mut wanted = Wanted::default();
    traces.iter().for_each(|trace| wanted.trace(trace.what, &trace.bytes));
    server.kill()?;
    let taken = pay(&shop.till, &shop.site, 900, "cut")?;
    ensure!(taken.status == PaymentStatus::Accepted, "{taken:?}");
    wanted.add("shopper", taken.shopper.context("a name here")?.as_bytes());
    let may_look = match look::memory(agent.0.id(), &wanted)? {
        None => false,
        Some((there, _)) => {
            let there_is = |name| there.contains_key(name);
            ensure!(there_is("BareTemplate") && there_is("BareVector") && there_is("shopper"), "before: {there:?}");
            true
        }
    };
    let (there, _) = look::files(&ground.agents_folder(), &wanted)?;
    ensure!(there.contains_key("shopper"), "before: {there:?}");

    // They leave where the agent does not reach the server.
    let elsewhere = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let (server, _) = ground.server_at(&elsewhere)?;
    let leaves = EraseRequest::Link { link: handsel_api::Private(shop.leave_path) };
    let till = Client::new(&format!("http://{elsewhere}")).with_bearer(&shop.till_key);
    till.post::<Erased>("/v1/erasures", &leaves, None)?.done()?;
    server.kill()?;
    let (_server, _) = ground.server()?;
    let path = format!("/v1/payments/{}", taken.id);
    until(|| {
        Ok(matches!(shop.till.get::<Payment>(&path), Ok(Answer::Done(it)) if it.status == PaymentStatus::Declined))
    })?;
    let lost: Payment = shop.till.get(&path)?.done()?;
    ensure!(lost.shopper.is_none() && lost.offline_at == taken.offline_at, "{lost:?}");
    ensure!(ground.company.totals()?.captured_minor == 700, "what they paid before they left");
    until(|| Ok(look::files(&ground.agents_folder(), &wanted)?.0.is_empty()))
        .with_context(|| format!("{:?}", look::files(&ground.agents_folder(), &wanted)))?;
    // What was last told to a till may be in its connection's buffer, until something else is or the till hangs up.
    drop(shop.till);
    if may_look {
        until(|| Ok(look::memory(agent.0.id(), &wanted)?.is_some_and(|(hits, _)| hits.is_empty())))
            .with_context(|| format!("{:?}", look::memory(agent.0.id(), &wanted)))?;
    }
    Ok(())
}

#[test]
fn what_it_cannot_start_with_it_says() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let site = "sit_01JD9VZZZZZZZZZZZZZZZZZZZZ";
    for (server, site, key, said) in [
        ("http://pay.example", site, Some("hsk_test_1"), "must not travel in the clear"),
        ("pay.example", site, Some("hsk_test_1"), "the server is https://host"),
        ("http://127.0.0.1:1", "mer_01JD9VZZZZZZZZZZZZZZZZZZZZ", Some("hsk_test_1"), "an id that starts with sit_"),
        ("http://127.0.0.1:1", site, None, "name the key"),
    ] {
        let mut command = Command::new(program());
        command.args(["site", "--server", server, "--site", site, "--listen", "127.0.0.1:0", "--data-dir"]);
        command.arg(folder.path()).env_remove("HANDSEL_TILL_KEY");
        let out = command.args(key.iter().flat_map(|key| ["--key", key])).output()?;
        let words = String::from_utf8_lossy(&out.stderr).into_owned();
        ensure!(!out.status.success() && words.contains(said), "{server} {site}: {words}");
        ensure!(!words.contains("hsk_test_1"), "the key is not shown: {words}");
    }
    Ok(())
}

/// Somebody who signed, has a card, and enrolled one palm.
fn enrol(till: &Client, site: &Site) -> Result<(SubjectId, String)> {
    let name = "Wren Ashdown".to_owned();
    let create =
        CreateSubject { site: site.id, of_age: true, display_name: name.clone(), phone_last4: Some(DIGITS.to_owned()) };
    let made: CreatedSubject = till.post("/v1/subjects", &create, None)?.done()?;
    let id = made.subject.id;
    let notice: Notice = till.get("/v1/notices/payment")?.done()?;
    ensure!(notice.paragraphs.iter().any(|paragraph| paragraph.question.contains("cut off")), "they are told");
    let yes = GiveConsent {
        purpose: Purpose::Payment,
        notice_version: notice.version,
        notice_sha256: notice.sha256,
        signature: name,
    };
    till.post::<Consent>(&format!("/v1/subjects/{id}/consents"), &yes, None)?.done()?;
    for take in 0..2 {
        till.post_frame::<Enrolled>(&format!("/v1/subjects/{id}/references"), &hand(take))?.done()?;
    }
    let card = AddPaymentMethod { sandbox_card: SandboxCard::VisaApproved };
    till.post::<PaymentMethod>(&format!("/v1/subjects/{id}/payment_methods"), &card, None)?.done()?;
    Ok((id, made.leave_path))
}

/// From the amount to the shopper's yes.
fn pay(till: &Client, site: &Site, minor: i64, name: &str) -> Result<Payment> {
    let asks = CreatePayment {
        site: site.id,
        amount_minor: minor,
        currency: "EUR".into(),
        client_reference: None,
        capture: CaptureWhen::Now,
    };
    let id = till.post::<Payment>("/v1/payments", &asks, Some(&format!("open-{name}")))?.done()?.id;
    let path = format!("/v1/payments/{id}");
    let found: Identification = till.post_frame(&format!("{path}/identify"), &hand(2))?.done()?;
    if found.decision == Decision::StepUp {
        till.post::<Payment>(&format!("{path}/step_up"), &StepUp { phone_last4: DIGITS.to_owned() }, None)?.done()?;
    }
    till.post(&format!("{path}/confirm"), &ConfirmPayment::default(), Some(&format!("yes-{name}")))?.done()
}

fn hand(take: u32) -> Vec<u8> {
    Palm::from_seed(1, Side::Right).draw_hand(&Conditions::of_capture(1, take)).to_jpeg(92)
}

fn until(mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while !holds()? {
        ensure!(Instant::now() < until, "it never came to that");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn program() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_handsel")).to_owned()
}
