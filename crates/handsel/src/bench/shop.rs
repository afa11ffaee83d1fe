//! A server of this program and a card company as real processes, and a shop that sells: to be measured, tried and killed.

use super::client::{Answer, Client};
use anyhow::{Context, Result, ensure};
use handsel_api::{
    MerchantId, PaymentId, SiteId,
    keys::NewKey,
    merchants::{CreateMerchant, CreateSite, Merchant, Site},
    payments::{CapturePayment, CaptureWhen, CreatePayment, PayByCard, Payment, PaymentStatus},
    subjects::SandboxCard,
};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// A simulated processor as a process of its own, which outlives the servers it serves. Killed when dropped.
pub(crate) struct CardCompany {
    process: Child,
    pub(crate) url: String,
}

/// What a card company's audit says.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Totals {
    pub(crate) captured_minor: i64,
    pub(crate) refunded_minor: i64,
    pub(crate) charged_twice: i64,
    pub(crate) refunded_twice: i64,
}

impl CardCompany {
    /// With its books in a file.
    pub(crate) fn start(program: &Path, books: &Path) -> Result<CardCompany> {
        let mut process = Command::new(program)
            .args(["sim-processor", "--books"])
            .arg(books)
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let url = last_words(&mut process, 1)?.remove(0);
        Ok(CardCompany { process, url })
    }

    pub(crate) fn totals(&self) -> Result<Totals> {
        Client::new(&self.url).get("/audit/totals")?.done()
    }
}

impl Drop for CardCompany {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

/// How a server is started.
pub(crate) struct Start<'a> {
    pub(crate) program: &'a Path,
    pub(crate) data_dir: &'a Path,
    /// The card company it charges at.
    pub(crate) processor: &'a str,
    /// A database, or the file in the data folder.
    pub(crate) store: Option<&'a str>,
    /// The point at which a debug build kills itself.
    pub(crate) failpoint: Option<&'a str>,
}

/// The real binary as a real process. Killed when dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) base: String,
    pub(crate) admin_link: String,
}

impl Server {
    pub(crate) fn start(start: &Start<'_>) -> Result<Server> {
        let mut command = Command::new(start.program);
        command.envs(start.store.map(|store| ("HANDSEL_STORE", store)));
        command.envs(start.failpoint.map(|name| ("FAILPOINT", name)));
        command.env("HANDSEL_PROCESSOR__KIND", "sim").env("HANDSEL_PROCESSOR__URL", start.processor);
        let mut process = command
            .args(["serve", "--listen", "127.0.0.1:0", "--no-demo", "--data-dir"])
            .arg(start.data_dir)
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let said = last_words(&mut process, 2)?;
        let base = said[0].trim_end_matches('/').to_owned();
        let admin_link = said[1].rsplit('/').next().context("no link")?.to_owned();
        Ok(Server { process, base, admin_link })
    }

    pub(crate) fn anyone(&self) -> Client {
        Client::new(&self.base)
    }

    /// Whether it ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Signal 9: no chance to finish anything.
    pub(crate) fn kill(&mut self) {
        end(&mut self.process);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn end(process: &mut Child) {
    // Already ended is fine.
    drop(process.kill());
    drop(process.wait());
}

/// The last words of the first lines that a process prints.
fn last_words(process: &mut Child, count: usize) -> Result<Vec<String>> {
    let lines = BufReader::new(process.stdout.take().context("no standard output")?).lines();
    let said: Vec<String> = lines
        .take(count)
        .map(|line| Ok(line?.split_whitespace().last().context("an empty line")?.to_owned()))
        .collect::<Result<_>>()?;
    ensure!(said.len() == count, "it ended before it said where it is");
    Ok(said)
}

/// A merchant with a site and a till's key.
pub(crate) struct Shop {
    pub(crate) merchant: MerchantId,
    pub(crate) site: SiteId,
    pub(crate) key: String,
}

/// A payment the till has a receipt for.
pub(crate) struct Sold {
    pub(crate) id: PaymentId,
    /// The key it was charged under.
    pub(crate) key: String,
}

impl Shop {
    /// As many shops as are asked for, in a new installation.
    pub(crate) fn set_up(server: &Server, count: usize) -> Result<Vec<Shop>> {
        let operator = server.anyone().with_bearer(&server.anyone().claim_admin(&server.admin_link)?);
        (0..count)
            .map(|_| {
                let merchant = CreateMerchant { name: "Fennel & Rye".into(), currency: "EUR".into() };
                let merchant = operator.post::<Merchant>("/v1/merchants", &merchant, None)?.done()?.id;
                let key: NewKey = operator.act(&format!("/v1/merchants/{merchant}/keys"), None)?.done()?;
                let site = CreateSite { merchant, name: "Quay Street".into() };
                let site = operator.post::<Site>("/v1/sites", &site, None)?.done()?.id;
                Ok(Shop { merchant, site, key: key.key })
            })
            .collect()
    }

    /// Its till at a server.
    pub(crate) fn till(&self, server: &Server) -> Client {
        server.anyone().with_bearer(&self.key)
    }

    /// Asks for an amount and takes it by card.
    pub(crate) fn sell(&self, till: &Client, amount_minor: i64, name: &str) -> Result<Sold> {
        let payment = self.ask(till, amount_minor, name)?;
        self.take(till, payment, name)
    }

    /// Has an amount set aside, and takes a part of it.
    pub(crate) fn sell_later(&self, till: &Client, amount_minor: i64, name: &str) -> Result<()> {
        let later = CreatePayment { capture: CaptureWhen::Later, ..self.new_payment(amount_minor) };
        let asked: Payment = till.post("/v1/payments", &later, Some(&format!("open-{name}")))?.done()?;
        let held = pay(till, asked.id, &format!("card-{name}"))?.done()?;
        ensure!(held.status == PaymentStatus::Authorized, "the payment is {:?}", held.status);
        let part = CapturePayment { amount_minor: Some(amount_minor / 2) };
        let path = format!("/v1/payments/{}/capture", asked.id);
        let taken: Payment = till.post(&path, &part, Some(&format!("take-{name}")))?.done()?;
        ensure!(taken.status == PaymentStatus::Captured, "the payment is {:?}", taken.status);
        Ok(())
    }

    fn new_payment(&self, amount_minor: i64) -> CreatePayment {
        CreatePayment {
            site: self.site,
            amount_minor,
            currency: "EUR".into(),
            client_reference: None,
            capture: CaptureWhen::Now,
        }
    }

    /// Asks for an amount.
    pub(crate) fn ask(&self, till: &Client, amount_minor: i64, name: &str) -> Result<PaymentId> {
        let new = self.new_payment(amount_minor);
        Ok(till.post::<Payment>("/v1/payments", &new, Some(&format!("open-{name}")))?.done()?.id)
    }

    /// Takes it by card.
    pub(crate) fn take(&self, till: &Client, id: PaymentId, name: &str) -> Result<Sold> {
        let key = format!("card-{name}");
        let paid = pay(till, id, &key)?.done()?;
        ensure!(paid.status == PaymentStatus::Captured, "the payment is {:?}", paid.status);
        Ok(Sold { id, key })
    }
}

/// Charges a card, under a key.
pub(crate) fn pay(till: &Client, id: PaymentId, key: &str) -> Result<Answer<Payment>> {
    let card = PayByCard { sandbox_card: SandboxCard::MastercardApproved, tip_minor: 0, credit_code: None };
    till.post(&format!("/v1/payments/{id}/card"), &card, Some(key))
}
