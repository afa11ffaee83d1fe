//! `/receipts/{secret}`: a till slip for whoever holds it, and "this wasn't me".

use super::{Page, Shown, words};
use crate::{
    app::{App, Receipt},
    http::path::Id,
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};

#[derive(Template)]
#[template(path = "receipt.html")]
pub(super) struct ReceiptPage {
    pub(super) slip: Receipt,
    pub(super) secret: String,
    pub(super) when: String,
    pub(super) amount: String,
    pub(super) remains: String,
    pub(super) means: &'static str,
    pub(super) card: String,
    pub(super) refunds: Vec<GivenBack>,
}

pub(super) struct GivenBack {
    pub(super) when: String,
    pub(super) amount: String,
}

pub(super) async fn show(State(app): State<App>, Id(secret): Id<String>) -> Shown {
    let slip = app.receipt(&secret).await?;
    Ok(Page(page(slip, secret)).into_response())
}

pub(super) async fn dispute(State(app): State<App>, Id(secret): Id<String>) -> Shown {
    app.dispute(&secret).await?;
    Ok(Redirect::to(&format!("/receipts/{secret}")).into_response())
}

pub(super) fn page(slip: Receipt, secret: String) -> ReceiptPage {
    let money = |minor| words::money(minor, &slip.currency);
    ReceiptPage {
        when: words::when(&slip.paid_at),
        amount: money(slip.amount_minor),
        remains: money(slip.amount_minor - slip.refunded_minor),
        means: words::means(slip.means),
        card: words::card(&slip.card),
        refunds: slip
            .refunds
            .iter()
            .map(|refund| GivenBack { when: words::when(&refund.created_at), amount: money(refund.amount_minor) })
            .collect(),
        secret,
        slip,
    }
}
