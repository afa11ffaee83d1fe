//! A real server in a folder of its own, with two shops; and people with drawn palms.

use crate::demo::client::{Answer, Client};
use anyhow::{Context, Result, ensure};
use handsel_api::{
    SiteId, SubjectId,
    consents::{Consent, GiveConsent, Notice, Purpose},
    keys::NewKey,
    merchants::{CreateMerchant, CreateSite, Merchant, Site},
    payments::{CreatePayment, Decision, Identification, Payment, StepUp},
    references::Enrolled,
    subjects::{AddPaymentMethod, CreateSubject, CreatedSubject, PaymentMethod, SandboxCard},
};
use handsel_palm::Side;
use handsel_server::Config;
use handsel_synth::{Conditions, Palm};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// The last digits of everybody's phone.
const PHONE: &str = "4821";

/// Where an installation is, and what it works with.
#[derive(Clone)]
pub(crate) struct Ground {
    /// `data` is the installation, `tmp` what is temporary, `log` what the server says.
    pub(crate) folder: PathBuf,
    /// A PostgreSQL database; a file in `data` without one.
    pub(crate) store: Option<String>,
    /// NATS servers, behind which matchers hold the palms.
    pub(crate) gallery: Option<String>,
}

/// A server that runs.
pub(crate) struct Server {
    child: Child,
    pub(crate) anyone: Client,
    pub(crate) operator: Client,
}

impl Server {
    /// Starts `handsel serve` on a ground.
    pub(crate) fn start(ground: &Ground) -> Result<Server> {
        let folder = &ground.folder;
        let (data, tmp) = (folder.join("data"), folder.join("tmp"));
        std::fs::create_dir_all(&tmp)?;
        let log = File::options().create(true).append(true).open(folder.join("log"))?;
        let mut command = Command::new(program()?);
        for (name, value) in [("HANDSEL_STORE", &ground.store), ("HANDSEL_GALLERY", &ground.gallery)] {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let mut child = command
            .args(["serve", "--no-demo", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(&data)
            .current_dir(folder)
            .env("TMPDIR", &tmp)
            .env("HANDSEL_HELD", "true")
            .env("RUST_LOG", "debug,sqlx=warn")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let said = BufReader::new(child.stdout.take().context("its words")?).lines();
        let link = said.map_while(Result::ok).find_map(|line| line.split_once("once: ").map(|(_, to)| to.to_owned()));
        let link = link.with_context(|| format!("the server did not start: see {}", folder.join("log").display()))?;
        let (base, token) = link.trim().split_once("/admin/").context("its administrator link")?;
        let anyone = Client::new(base);
        let operator = anyone.with_bearer(&anyone.claim_admin(token)?);
        Ok(Server { child, anyone, operator })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as an operator does.
    pub(crate) fn stop(mut self) -> Result<()> {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM)?;
        ensure!(self.child.wait()?.success(), "the server did not end well");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing is left running when a check broke off; one that was stopped is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ground {
    /// A folder, with the store and all palms at the server itself.
    pub(crate) fn of(folder: &Path) -> Ground {
        Ground { folder: folder.to_owned(), store: None, gallery: None }
    }

    /// The installation, to be looked at beside its server.
    pub(crate) fn config(&self) -> Result<Config> {
        let store = self.store.as_ref().map(|store| store.parse()).transpose()?;
        Ok(Config { data_dir: self.folder.join("data"), store, ..Config::default() })
    }
}

/// This program; in a test, the one that is tested.
fn program() -> Result<PathBuf> {
    match option_env!("CARGO_BIN_EXE_handsel") {
        Some(tested) => Ok(tested.into()),
        None => Ok(std::env::current_exe()?),
    }
}

/// A shop with a till.
pub(crate) struct Shop {
    site: SiteId,
    pub(crate) till: Client,
}

/// Somebody who enrolled, or is about to.
pub(crate) struct Person {
    pub(crate) id: SubjectId,
    pub(crate) wallet: Client,
    pub(crate) leave_path: String,
    pub(crate) seed: u64,
}

impl Shop {
    pub(crate) fn open(server: &Server, name: &str) -> Result<Shop> {
        let shop = CreateMerchant { name: name.into(), currency: "EUR".into() };
        let merchant = server.operator.post::<Merchant>("/v1/merchants", &shop, None)?.done()?.id;
        let key: NewKey = server.operator.act(&format!("/v1/merchants/{merchant}/keys"), None)?.done()?;
        let site = CreateSite { merchant, name: "Front".into() };
        let site = server.operator.post::<Site>("/v1/sites", &site, None)?.done()?.id;
        server.operator.act::<Site>(&format!("/v1/sites/{site}/sign"), None)?.done()?;
        Ok(Shop { site, till: server.anyone.with_bearer(&key.key) })
    }

    /// A subject with a card, who signed nothing.
    pub(crate) fn person(&self, server: &Server, name: &str, seed: u64) -> Result<Person> {
        let new =
            CreateSubject { site: self.site, display_name: name.into(), of_age: true, phone_last4: Some(PHONE.into()) };
        let made: CreatedSubject = self.till.post("/v1/subjects", &new, None)?.done()?;
        let id = made.subject.id;
        let card = AddPaymentMethod { sandbox_card: SandboxCard::VisaApproved };
        self.till.post::<PaymentMethod>(&format!("/v1/subjects/{id}/payment_methods"), &card, None)?.done()?;
        let wallet = made.wallet_path.rsplit('/').next().context("a wallet's path")?;
        Ok(Person { id, wallet: server.anyone.with_bearer(wallet), leave_path: made.leave_path, seed })
    }

    pub(crate) fn sign(&self, person: &Person, purpose: Purpose) -> Result<()> {
        let word = serde_json::to_value(purpose)?;
        let notice: Notice = self.till.get(&format!("/v1/notices/{}", word.as_str().unwrap_or_default()))?.done()?;
        let yes = GiveConsent {
            purpose,
            notice_version: notice.version,
            notice_sha256: notice.sha256,
            signature: "Somebody".into(),
        };
        self.till.post::<Consent>(&format!("/v1/subjects/{}/consents", person.id), &yes, None)?.done()?;
        Ok(())
    }

    pub(crate) fn show(&self, person: &Person, frame: &[u8]) -> Result<Answer<Enrolled>> {
        self.till.post_frame(&format!("/v1/subjects/{}/references", person.id), frame)
    }

    /// Signs for payment and enrols two captures.
    pub(crate) fn enrol(&self, server: &Server, name: &str, seed: u64, frames: &mut Vec<Vec<u8>>) -> Result<Person> {
        let person = self.person(server, name, seed)?;
        self.sign(&person, Purpose::Payment)?;
        for take in 0..2 {
            let frame = frame(seed, take);
            self.show(&person, &frame)?.done()?;
            frames.push(frame);
        }
        Ok(person)
    }

    pub(crate) fn ask(&self, amount_minor: i64, key: &str) -> Result<Payment> {
        let new = CreatePayment {
            site: self.site,
            amount_minor,
            currency: "EUR".into(),
            client_reference: None,
            capture: Default::default(),
        };
        self.till.post("/v1/payments", &new, Some(key))?.done()
    }

    /// Shows captures of a palm until one is looked at; the decision.
    pub(crate) fn identify(&self, payment: &Payment, seed: u64, frames: &mut Vec<Vec<u8>>) -> Result<Decision> {
        for take in 20..26 {
            let frame = frame(seed, take);
            let answer =
                self.till.post_frame::<Identification>(&format!("/v1/payments/{}/identify", payment.id), &frame)?;
            frames.push(frame);
            if let Answer::Done(seen) = answer {
                return Ok(seen.decision);
            }
        }
        anyhow::bail!("no capture was accepted, so nothing was shown")
    }

    pub(crate) fn pay(&self, person: &Person, amount_minor: i64, frames: &mut Vec<Vec<u8>>) -> Result<Payment> {
        let key = format!("{}-{amount_minor}", person.seed);
        let payment = self.ask(amount_minor, &format!("ask-{key}"))?;
        match self.identify(&payment, person.seed, frames)? {
            Decision::Identified => {}
            Decision::StepUp => {
                let proof = StepUp { phone_last4: PHONE.into() };
                let path = format!("/v1/payments/{}/step_up", payment.id);
                self.till.post::<Payment>(&path, &proof, None)?.done()?;
            }
            Decision::NoMatch => anyhow::bail!("somebody who is enrolled was not recognised"),
        }
        self.till.act(&format!("/v1/payments/{}/confirm", payment.id), Some(&format!("confirm-{key}")))?.done()
    }
}

/// One capture of the right hand of the drawn person `seed`.
pub(crate) fn frame(seed: u64, take: u32) -> Vec<u8> {
    Palm::from_seed(seed, Side::Right).draw_hand(&Conditions::of_capture(seed, take)).to_jpeg(90)
}
