//! What was done with the shopper's palms, in their wallet.

use super::super::{Shown, visitor::Wallet, words};
use crate::{
    app::{Answer, App},
    http::routes::uses::proofs,
};
use axum::extract::State;
use handsel_api::uses::Use;

/// How many the wallet shows; the file has all.
const SHOWN: u32 = 25;

/// One use, in words.
pub(super) struct Used {
    /// What was done.
    pub(super) what: &'static str,
    pub(super) when: String,
    /// Where; empty where it was here.
    pub(super) place: String,
    /// Which entry of the log says so; none until it is published, a second or two later.
    pub(super) entry: Option<u64>,
}

/// The last ones, newest first.
pub(super) async fn last(app: &App, wallet: &Wallet) -> Answer<Vec<Used>> {
    let uses = app.uses(&wallet.caller(), wallet.0, SHOWN, None).await?;
    Ok(uses.data.into_iter().map(used).collect())
}

/// All of them, with their proofs, as a file.
pub(super) async fn download(State(app): State<App>, wallet: Wallet) -> Shown {
    Ok(proofs(app.proofs_of_uses(&wallet.caller(), wallet.0).await?))
}

fn used(one: Use) -> Used {
    Used {
        what: words::used(&one.kind, one.outcome.as_deref()),
        when: words::when(&one.at),
        place: one.site_name.unwrap_or_default(),
        entry: one.proof.map(|_| one.entry),
    }
}
