//! The whole story of a shop whose palms are held elsewhere; and a server that is killed while it searches, and comes back.

use crate::{
    client::Client,
    machines::{Nats, Process},
    story,
    world::{PATIENCE, program},
};
use anyhow::{Context, Result, bail, ensure};
use handsel_api::{
    Code, SiteId,
    consents::{Consent, GiveConsent, Notice, Purpose},
    keys::NewKey,
    merchants::{CreateMerchant, CreateSite, Merchant, Site},
    payments::{CreatePayment, Decision, Identification, Payment},
    references::Enrolled,
    subjects::{AddPaymentMethod, CreateSubject, CreatedSubject, PaymentMethod, SandboxCard},
};
use handsel_palm::Side;
use handsel_synth::{Conditions, Palm};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

#[test]
fn a_shop_works_with_matchers_and_refuses_without_them() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let nats = Nats::start(folder.path(), 1)?;
    let server = Server::start(&data, &nats.url())?;
    ready(&server)?.refused_with(Code::GalleryUnavailable)?;
    let matcher = || Process::matcher(program(), &data, &nats.url(), Stdio::null());
    let (_one, mut two) = (matcher()?, matcher()?);
    server.wait_until_ready()?;
    let report = std::thread::scope(|scope| {
        let telling = scope.spawn(|| story::tell(&server.base, &server.admin_link, &data, false));
        two.kill();
        telling.join().expect("the story does not panic")
    });
    ensure!(report.ok, "{}", serde_json::to_string_pretty(&report)?);

    Ok(())
}

#[test]
fn a_server_killed_while_it_searches_finds_the_same_palm_when_it_is_back() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let nats = Nats::start(folder.path(), 1)?;
    let mut server = Server::start(&data, &nats.url())?;
    let matcher = || Process::matcher(program(), &data, &nats.url(), Stdio::null());
    let _matchers = (matcher()?, matcher()?);
    server.wait_until_ready()?;
    let till = Till::set_up(&server)?;
    till.enrol()?;
    let (found, finds) = mpsc::channel();
    let paying = {
        let till = Till { client: Client::new(&server.base).with_bearer(&till.key), key: till.key.clone(), ..till };
        std::thread::spawn(move || {
            for payment in 0_u32..10_000 {
                let Ok(decision) = till.identify(&format!("before-{payment}")) else { return };
                if found.send(decision).is_err() {
                    return;
                }
            }
        })
    };
    ensure!(finds.recv_timeout(PATIENCE)? == Decision::Identified, "an enrolled palm is not found");
    server.kill();
    paying.join().expect("the till does not panic");
    ensure!(finds.iter().all(|decision| decision == Decision::Identified), "an enrolled palm is not found");
    let server = Server::start(&data, &nats.url())?;
    server.wait_until_ready()?;
    let till = Till { client: Client::new(&server.base).with_bearer(&till.key), ..till };
    ensure!(till.identify("after")? == Decision::Identified, "the palm is not found after the server came back");
    Ok(())
}

/// One merchant's till, and one shopper's palm.
struct Till {
    client: Client,
    key: String,
    site: SiteId,
}

impl Till {
    fn set_up(server: &Server) -> Result<Till> {
        let anyone = Client::new(&server.base);
        let operator = anyone.with_bearer(&anyone.claim_admin(&server.admin_link)?);
        let merchant = CreateMerchant { name: "Fennel & Rye".into(), currency: "EUR".into() };
        let merchant = operator.post::<Merchant>("/v1/merchants", &merchant, None)?.done()?.id;
        let key: NewKey = operator.act(&format!("/v1/merchants/{merchant}/keys"), None)?.done()?;
        let site = CreateSite { merchant, name: "Quay Street".into() };
        let site = operator.post::<Site>("/v1/sites", &site, None)?.done()?.id;
        operator.act::<Site>(&format!("/v1/sites/{site}/sign"), None)?.done()?;
        Ok(Till { client: anyone.with_bearer(&key.key), key: key.key, site })
    }

    fn enrol(&self) -> Result<()> {
        let new = CreateSubject { site: self.site, display_name: "Wren".into(), of_age: true, phone_last4: None };
        let subject = self.client.post::<CreatedSubject>("/v1/subjects", &new, None)?.done()?.subject.id;
        let path = format!("/v1/subjects/{subject}");
        let notice: Notice = self.client.get("/v1/notices/payment")?.done()?;
        let (notice_version, notice_sha256) = (notice.version, notice.sha256);
        let yes = GiveConsent { purpose: Purpose::Payment, notice_version, notice_sha256, signature: "Wren".into() };
        self.client.post::<Consent>(&format!("{path}/consents"), &yes, None)?.done()?;
        for take in 0..2 {
            self.client.post_frame::<Enrolled>(&format!("{path}/references"), &frame(take))?.done()?;
        }
        let card = AddPaymentMethod { sandbox_card: SandboxCard::VisaApproved };
        self.client.post::<PaymentMethod>(&format!("{path}/payment_methods"), &card, None)?.done()?;
        Ok(())
    }

    fn identify(&self, name: &str) -> Result<Decision> {
        let new = CreatePayment {
            site: self.site,
            amount_minor: 250,
            currency: "EUR".into(),
            client_reference: None,
            capture: Default::default(),
        };
        let payment: Payment = self.client.post("/v1/payments", &new, Some(name))?.done()?;
        let path = format!("/v1/payments/{}/identify", payment.id);
        Ok(self.client.post_frame::<Identification>(&path, &frame(20))?.done()?.decision)
    }
}

fn frame(take: u32) -> Vec<u8> {
    Palm::from_seed(101, Side::Right).draw_hand(&Conditions::of_capture(101, take)).to_jpeg(90)
}

fn ready(server: &Server) -> Result<crate::client::Answer<serde_json::Value>> {
    Client::new(&server.base).get("/readyz")
}

/// The real binary as a real process.
struct Server {
    process: Child,
    base: String,
    admin_link: String,
}

impl Server {
    fn start(data_dir: &Path, nats: &str) -> Result<Server> {
        std::fs::create_dir_all(data_dir)?;
        let mut process = Command::new(program())
            .args(["serve", "--listen", "127.0.0.1:0", "--no-demo", "--data-dir"])
            .arg(data_dir)
            .env("HANDSEL_GALLERY", nats)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut lines = BufReader::new(process.stdout.take().context("no standard output")?).lines();
        let mut url = || -> Result<String> {
            let line = lines.next().context("the server printed no address")??;
            Ok(line.split_whitespace().last().context("an empty line")?.to_owned())
        };
        let base = url()?.trim_end_matches('/').to_owned();
        let admin_link = url()?.rsplit('/').next().context("no link")?.to_owned();
        Ok(Server { process, base, admin_link })
    }

    fn wait_until_ready(&self) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let crate::client::Answer::Done(_) = ready(self)? {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the server never became ready")
    }

    /// Signal 9: no chance to finish anything.
    fn kill(&mut self) {
        // Already ended is fine.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
