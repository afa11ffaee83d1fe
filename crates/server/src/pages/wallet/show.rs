//! The wallet's page, and the page that asks before everything is deleted.

use super::{
    super::{Page, Shown, visitor::Wallet, ways::Ways, words},
    uses::{self, Used},
};
use crate::{
    app::{Answer, App, LegalRequest, ShownContact, SubjectPayment},
    clock,
    http::cookies::As,
};
use askama::Template;
use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderMap, header},
    response::IntoResponse,
};
use handsel_api::{
    consents::{Consent, Language, Notice, Purpose},
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
    /// Whether a palm may stay with its owner.
    held: bool,
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
    /// What authorities asked about them.
    requests: Vec<AskedAbout>,
    /// What was done with the palms.
    uses: Vec<Used>,
    /// When everything is deleted unless it is used.
    kept_until: String,
    ways: Ways,
    /// Whether one-time codes are sent here.
    codes: bool,
    /// Where they get them.
    contacts: Vec<ShownContact>,
}

struct AskedAbout {
    who: String,
    what: String,
    kind: &'static str,
    reference: String,
    when: String,
    became: String,
    why: Option<String>,
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
    /// What was signed, word by word; none where it was signed before that was kept.
    text: Option<Notice>,
    /// In which language, and on what.
    how: String,
    sha256: String,
}

#[derive(Template)]
#[template(path = "wallet_delete.html")]
struct BeforeLeaving {
    palms: String,
    cards: String,
}

pub(super) async fn show(
    State(app): State<App>,
    wallet: Wallet,
    headers: HeaderMap,
    Query(query): Query<Done>,
) -> Shown {
    let subject = app.subject(&wallet.caller(), wallet.0).await?;
    let payments = app.subject_payments(&wallet.caller(), wallet.0).await?;
    let me = wallet.caller();
    let kept_until = words::when(&app.kept_until(&me, wallet.0).await?);
    let mut signed = Vec::with_capacity(subject.consents.len());
    for consent in &subject.consents {
        let place = place(&app, consent.device.as_deref()).await?;
        signed.push(Signed::of(consent, app.notice_signed(&consent.notice_sha256).await?, &place));
    }
    let stores = payments.iter().map(|paid| (paid.payment.merchant.to_string(), paid.merchant.clone())).collect();
    let requests = app.requests_about(&wallet.caller(), wallet.0).await?;
    let page = WalletPage {
        sandbox: app.has_sandbox(),
        held: app.policy().held,
        requests: requests.into_iter().filter_map(AskedAbout::of).collect(),
        credits: app.credits(&me, wallet.0).await?.into_iter().map(given).collect(),
        loyalty: app.loyalty(&me, wallet.0).await?,
        codes: app.sends_codes(),
        contacts: app.contacts(&me, wallet.0).await?,
        stores,
        uses: uses::last(&app, &wallet).await?,
        ..WalletPage::of(
            subject,
            payments,
            signed,
            app.notice(Purpose::Loyalty, Language::En),
            kept_until,
            Ways::of(&app, &me, &headers, As::Wallet).await?,
            done(&query.done),
        )
    };
    Ok(Page(page).into_response())
}

/// Everything about whoever owns the wallet, as a file.
pub(super) async fn export(State(app): State<App>, wallet: Wallet) -> Shown {
    let all = app.export_subject(&wallet.caller(), wallet.0).await?;
    let attachment = [(header::CONTENT_DISPOSITION, "attachment; filename=\"everything-about-me.json\"")];
    Ok((attachment, Json(all)).into_response())
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
        "passkey" => "The passkey is here. Sign in with it whenever you come back.",
        "unpasskey" => "The passkey is removed. Your device may still list it; delete it there too.",
        "contact" => "Confirmed. A code to that address opens your wallet.",
        "uncontact" => "Nothing is sent there any more.",
        "ended" => "That device is signed out.",
        "revoked" => "Withdrawn. What rested on it alone is deleted.",
        "number" => "The number is linked.",
        "unnumber" => "The number is unlinked.",
        _ => return None,
    })
}

impl WalletPage {
    fn of(
        subject: Subject,
        payments: Vec<SubjectPayment>,
        consents: Vec<Signed>,
        loyalty_notice: Notice,
        kept_until: String,
        ways: Ways,
        done: Option<&'static str>,
    ) -> WalletPage {
        WalletPage {
            held: false,
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
            codes: false,
            contacts: Vec::new(),
            stores: BTreeMap::new(),
            uses: Vec::new(),
            receipts: payments.into_iter().filter_map(paid).collect(),
            consents,
            subject,
            loyalty_notice,
            requests: Vec::new(),
            kept_until,
            ways,
        }
    }
}

impl AskedAbout {
    fn of(request: LegalRequest) -> Option<AskedAbout> {
        let texts = request.texts?;
        Some(AskedAbout {
            who: texts.authority,
            what: texts.scope,
            kind: words::request_kind(request.kind),
            reference: texts.reference,
            when: words::when(&request.received_at),
            became: request.ruling.as_ref().map_or_else(|| "Not decided yet".to_owned(), words::ruling),
            why: request.reason.map(|reason| reason.to_string()),
        })
    }
}

impl Signed {
    fn of(consent: &Consent, text: Option<Notice>, place: &str) -> Signed {
        let language = consent.language.map_or("", |language| match language {
            Language::En => ", in English",
            Language::Es => ", in Spanish",
        });
        Signed {
            id: consent.id.to_string(),
            what: match consent.purpose {
                Purpose::Payment => "To pay with my palm",
                Purpose::Entry => "To open doors with my palm",
                Purpose::Loyalty => "To give my customer number",
                Purpose::AgeCheck => "To show that I am old enough",
            },
            version: consent.notice_version,
            signed: words::when(&consent.signed_at),
            revoked: consent.revoked_at.as_deref().map(words::when),
            how: format!("{place}{language}"),
            text,
            sha256: consent.notice_sha256.clone(),
        }
    }
}

/// What something was signed on, in words.
async fn place(app: &App, device: Option<&str>) -> Answer<String> {
    let kiosk = device.and_then(|device| device.strip_prefix("kiosk:"));
    if let Some(site) = kiosk.and_then(|id| id.parse().ok()) {
        let (site, merchant) = app.site(site).await?;
        return Ok(format!("at a kiosk, {}, {}", merchant.name, site.name));
    }
    Ok(match device {
        Some("wallet") => "in this wallet",
        Some("operator") => "with the operator",
        Some(_) => "at a till",
        None => "",
    }
    .to_owned())
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
