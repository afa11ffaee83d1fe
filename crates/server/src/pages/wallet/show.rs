//! The wallet's page, and the page that asks before everything is deleted.

use super::super::{Page, Shown, visitor::Wallet, words};
use crate::{
    app::{App, SubjectPayment},
    clock,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::IntoResponse,
};
use handsel_api::{
    consents::{Notice, Paragraph, Purpose},
    credits::Credit,
    loyalty::Loyalty,
    subjects::{Subject, SubjectStatus},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What was done just now.
#[derive(Default, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "wallet.html")]
struct WalletPage {
    subject: Subject,
    frozen: bool,
    done: Option<&'static str>,
    palms: Vec<Palm>,
    cards: Vec<Card>,
    sandbox: bool,
    receipts: Vec<Paid>,
    credits: Vec<Given>,
    loyalty: Vec<Loyalty>,
    /// Where a number can be linked: stores they paid at, by id and name.
    stores: BTreeMap<String, String>,
    consents: Vec<Signed>,
    /// What is signed for a number.
    loyalty_notice: Notice,
}

struct Palm {
    id: String,
    hand: &'static str,
    captures: String,
    when: String,
}

struct Card {
    id: String,
    face: String,
}

struct Paid {
    path: String,
    merchant: String,
    site: String,
    when: String,
    amount: String,
    refunded: Option<String>,
    dispute: Option<&'static str>,
    can_dispute: bool,
}

/// Credits, and what became of them.
struct Given {
    name: String,
    left: String,
    of: String,
    expires: String,
    /// Why nothing is left, where nothing is.
    gone: Option<&'static str>,
}

struct Signed {
    id: String,
    what: &'static str,
    version: u32,
    signed: String,
    revoked: Option<String>,
    /// What was signed, where it is the text in force.
    text: Option<Vec<Paragraph>>,
    sha256: String,
}

#[derive(Template)]
#[template(path = "wallet_delete.html")]
struct BeforeLeaving {
    palms: String,
    cards: String,
}

pub(super) async fn show(State(app): State<App>, wallet: Wallet, Query(query): Query<Done>) -> Shown {
    let subject = app.subject(&wallet.caller(), wallet.0).await?;
    let payments = app.subject_payments(&wallet.caller(), wallet.0).await?;
    let me = wallet.caller();
    let stores = payments.iter().map(|paid| (paid.payment.merchant.to_string(), paid.merchant.clone())).collect();
    let page = WalletPage {
        sandbox: app.has_sandbox(),
        credits: app.credits(&me, wallet.0).await?.into_iter().map(given).collect(),
        loyalty: app.loyalty(&me, wallet.0).await?,
        stores,
        ..WalletPage::of(
            subject,
            payments,
            [Purpose::Payment, Purpose::Loyalty].map(|of| app.notice(of)),
            done(&query.done),
        )
    };
    Ok(Page(page).into_response())
}

pub(super) async fn before_leaving(State(app): State<App>, wallet: Wallet) -> Shown {
    let subject = app.subject(&wallet.caller(), wallet.0).await?;
    let page = BeforeLeaving {
        palms: words::counted(subject.references.len(), "palm"),
        cards: words::counted(subject.payment_methods.len(), "card"),
    };
    Ok(Page(page).into_response())
}

/// Words for what was done; what is not one of ours says nothing.
fn done(act: &str) -> Option<&'static str> {
    Some(match act {
        "unfrozen" => "Your palms pay again.",
        "palm" => "That palm is deleted.",
        "card" => "The card is added.",
        "uncard" => "The card is removed.",
        "revoked" => "Revoked. What rested on it is deleted.",
        "number" => "The number is linked.",
        "unnumber" => "The number is unlinked.",
        _ => return None,
    })
}

impl WalletPage {
    fn of(
        subject: Subject,
        payments: Vec<SubjectPayment>,
        notices: [Notice; 2],
        done: Option<&'static str>,
    ) -> WalletPage {
        let signed = |sha256: &str| notices.iter().find(|notice| notice.sha256 == sha256);
        WalletPage {
            frozen: subject.status == SubjectStatus::Frozen,
            done,
            palms: subject
                .references
                .iter()
                .map(|palm| Palm {
                    id: palm.id.to_string(),
                    hand: words::hand(palm.hand),
                    captures: words::counted(palm.captures as usize, "capture"),
                    when: words::when(&palm.created_at),
                })
                .collect(),
            cards: subject
                .payment_methods
                .iter()
                .map(|method| Card { id: method.id.to_string(), face: words::card(&method.card) })
                .collect(),
            sandbox: false,
            credits: Vec::new(),
            loyalty: Vec::new(),
            stores: BTreeMap::new(),
            receipts: payments.into_iter().filter_map(paid).collect(),
            consents: subject
                .consents
                .iter()
                .map(|consent| Signed {
                    id: consent.id.to_string(),
                    what: match consent.purpose {
                        Purpose::Payment => "To pay with my palm",
                        Purpose::Loyalty => "To give my customer number",
                    },
                    version: consent.notice_version,
                    signed: words::when(&consent.signed_at),
                    revoked: consent.revoked_at.as_deref().map(words::when),
                    text: signed(&consent.notice_sha256).map(|notice| notice.paragraphs.clone()),
                    sha256: consent.notice_sha256.clone(),
                })
                .collect(),
            subject,
            loyalty_notice: notices[1].clone(),
        }
    }
}

fn given(credit: Credit) -> Given {
    let money = |minor| words::money(minor, &credit.currency);
    let expired = clock::parse(&credit.expires_at).is_some_and(|at| at <= clock::now_ms());
    let gone = match (credit.taken_back, expired, credit.left_minor) {
        (true, ..) => Some("taken back by the operator"),
        (false, true, _) => Some("expired"),
        (false, false, 0) => Some("spent"),
        _ => None,
    };
    Given {
        left: money(credit.left_minor),
        of: money(credit.amount_minor),
        expires: words::when(&credit.expires_at),
        name: credit.name,
        gone,
    }
}

fn paid(row: SubjectPayment) -> Option<Paid> {
    let SubjectPayment { payment, merchant, site, dispute, can_dispute } = row;
    let money = |minor| words::money(minor, &payment.currency);
    Some(Paid {
        when: words::when(&payment.created_at),
        amount: money(payment.captured_minor.unwrap_or(payment.amount_minor)),
        refunded: (payment.refunded_minor > 0).then(|| money(payment.refunded_minor)),
        path: payment.receipt_path?,
        merchant,
        site,
        dispute: dispute.map(|dispute| words::dispute(dispute.status)),
        can_dispute,
    })
}
