//! A server of this program as a real process, and a shop in it that sells: to be measured, tried and killed.

use super::client::{Answer, Client};
use anyhow::{Context, Result, ensure};
use handsel_api::{
    MerchantId, PaymentId, SiteId,
    keys::NewKey,
    merchants::{CreateMerchant, CreateSite, Merchant, Site},
    payments::{CreatePayment, PayByCard, Payment, PaymentStatus},
    subjects::SandboxCard,
};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// How a server is started.
pub(crate) struct Start<'a> {
    pub(crate) program: &'a Path,
    pub(crate) data_dir: &'a Path,
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
        command.envs(start.failpoint.map(|name| ("HANDSEL_FAILPOINT", name)));
        let mut process = command
            .args(["serve", "--listen", "127.0.0.1:0", "--no-demo", "--data-dir"])
            .arg(start.data_dir)
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
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

    pub(crate) fn anyone(&self) -> Client {
        Client::new(&self.base)
    }

    /// Whether it ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Signal 9: no chance to finish anything.
    pub(crate) fn kill(&mut self) {
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

    /// Asks for an amount.
    pub(crate) fn ask(&self, till: &Client, amount_minor: i64, name: &str) -> Result<PaymentId> {
        let new = CreatePayment {
            site: self.site,
            amount_minor,
            currency: "EUR".into(),
            client_reference: None,
            capture: Default::default(),
        };
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
