//! `handsel verify-erasure`: whether a receipt of an erasure was signed by the installation it names.

use anyhow::{Context, Result};
use handsel_api::erasure::ErasureReceipt;
use handsel_server::signing::is_signed;
use std::{path::PathBuf, process::ExitCode};

/// Needs nothing but the receipt: no server, no account.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The receipt, as saved (JSON).
    receipt: PathBuf,
    /// The installation's public key from elsewhere, such as its `/v1/webhook_keys`; without it, the one on the receipt is believed.
    #[arg(long, value_name = "whpk_…")]
    key: Option<String>,
}

/// Exits with 1 when the signature is not that key's.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let name = args.receipt.display();
    let text = std::fs::read_to_string(&args.receipt).with_context(|| format!("cannot read {name}"))?;
    let receipt: ErasureReceipt =
        serde_json::from_str(&text).with_context(|| format!("{name} is no receipt of an erasure"))?;
    let key = args.key.as_deref().unwrap_or(&receipt.public_key);
    if !is_signed(&receipt.signed_text(), &receipt.signature, key) {
        println!("NOT GENUINE: this is not what that key signed.");
        return Ok(ExitCode::FAILURE);
    }
    match &receipt.erased_at {
        Some(at) => println!(
            "Genuine. Erased at {at}: palms {}; receipts that remain, linked to nobody: {}; the key is destroyed.",
            receipt.references, receipt.unlinked_payments
        ),
        None => println!(
            "Genuine. Asked for at {}; a legal hold keeps sealed records until {}.",
            receipt.asked_at,
            receipt.held_until.as_deref().unwrap_or("it ends")
        ),
    }
    println!("Signed by {key}");
    if args.key.is_none() {
        println!(
            "That key stands on the receipt itself: compare it with what the installation publishes at /v1/webhook_keys."
        );
    }
    Ok(ExitCode::SUCCESS)
}
