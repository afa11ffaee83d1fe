//! `handsel trigger payment.captured`: makes a real test payment on a running server go to that state, as a till would.

use crate::{demo::client::Client, till::Till};
use anyhow::{Context, Result, ensure};
use handsel_api::{
    merchants::{Page, Site},
    payments::{CaptureWhen, CreatePayment, CreateRefund, PayByCard, Payment, PaymentStatus, Refund},
    subjects::SandboxCard,
};
use std::process::ExitCode;

/// What can be made to happen without a hand: an event's type.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Happening {
    #[value(name = "payment.created")]
    Created,
    #[value(name = "payment.authorized")]
    Authorized,
    #[value(name = "payment.captured")]
    Captured,
    #[value(name = "payment.declined")]
    Declined,
    #[value(name = "payment.cancelled")]
    Cancelled,
    #[value(name = "refund.created")]
    Refunded,
}

#[derive(clap::Args)]
pub(crate) struct Args {
    /// What is to happen.
    happening: Happening,
    #[command(flatten)]
    till: Till,
    /// The amount, in minor units.
    #[arg(long, default_value_t = 1240)]
    amount_minor: i64,
    /// The merchant's currency.
    #[arg(long, default_value = "EUR")]
    currency: String,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let client = args.till.client()?;
    let sites: Page<Site> = client.get("/v1/sites")?.done()?;
    let site = sites.data.first().context("the merchant has no site; the operator makes one")?.id;
    let create = CreatePayment {
        site,
        amount_minor: args.amount_minor,
        currency: args.currency.clone(),
        client_reference: Some("handsel trigger".to_owned()),
        capture: if args.happening == Happening::Authorized { CaptureWhen::Later } else { CaptureWhen::Now },
    };
    let key = fresh();
    let payment: Payment = client.post("/v1/payments", &create, Some(&key))?.done()?;
    let path = format!("/v1/payments/{}", payment.id);
    match args.happening {
        Happening::Created => {}
        Happening::Cancelled => {
            client.act::<Payment>(&format!("{path}/cancel"), None)?.done()?;
        }
        Happening::Authorized => pay(&client, &path, SandboxCard::VisaApproved, PaymentStatus::Authorized)?,
        Happening::Captured => pay(&client, &path, SandboxCard::VisaApproved, PaymentStatus::Captured)?,
        Happening::Declined => pay(&client, &path, SandboxCard::VisaDeclined, PaymentStatus::Declined)?,
        Happening::Refunded => {
            pay(&client, &path, SandboxCard::VisaApproved, PaymentStatus::Captured)?;
            let refund = CreateRefund { amount_minor: args.amount_minor, currency: args.currency.clone() };
            client.post::<Refund>(&format!("{path}/refunds"), &refund, Some(&fresh()))?.done()?;
        }
    }
    println!("{}", payment.id);
    Ok(ExitCode::SUCCESS)
}

fn pay(client: &Client, path: &str, card: SandboxCard, wanted: PaymentStatus) -> Result<()> {
    let card = PayByCard { sandbox_card: card, tip_minor: 0, credit_code: None };
    let paid: Payment = client.post(&format!("{path}/card"), &card, Some(&fresh()))?.done()?;
    ensure!(paid.status == wanted, "the payment is {:?}", paid.status);
    Ok(())
}

/// An `Idempotency-Key` nobody used before.
fn fresh() -> String {
    format!("trigger-{:032x}", rand::random::<u128>())
}
