//! `handsel listen`: follows a till's events and sends them to its server on this machine, signed as webhooks are. With
//! keys of its own, made anew at each start, since those of the installation never leave it.

use crate::till::{self, Till};
use anyhow::{Context, Result};
use handsel_api::events::Event;
use handsel_server::signing::{self, Secret, Signer};
use std::{
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use zeroize::Zeroizing;

/// How long the till's server has to answer, as webhooks have it.
const PATIENCE: Duration = Duration::from_secs(15);

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    till: Till,
    /// Where to send each event: http://127.0.0.1:3000/hooks.
    #[arg(long, value_name = "ADDRESS")]
    forward_to: String,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let client = args.till.client()?;
    let signer = Signer::from_seed(&rand::random());
    let secret = Secret::new(Zeroizing::new(rand::random()));
    println!("Secret, until this ends:     {}", secret.text());
    println!("Public key, until this ends: {}", signer.public_key());
    println!("Events go to {}. Ctrl-C ends it.", args.forward_to);
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    let agent: ureq::Agent = config.timeout_global(Some(PATIENCE)).build().into();
    let secrets = [secret];
    till::follow(&client, "/v1/events/stream", &mut |item| {
        let event: Event = serde_json::from_str(&item.data).context("an event that this version cannot read")?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().cast_signed();
        let (id, body) = (event.id.to_string(), item.data.as_bytes());
        let sent = agent
            .post(&args.forward_to)
            .header("content-type", "application/json")
            .header(signing::ID, &id)
            .header(signing::TIMESTAMP, now.to_string())
            .header(signing::SIGNATURE, signer.sign(&secrets, &id, now, body))
            .send(body);
        let answered = sent.map_or_else(|error| error.to_string(), |answer| answer.status().as_u16().to_string());
        println!("{}  {id}  {}  {answered}", event.kind.word(), event.data.payment.id);
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}
