//! `/wallet/held`: the palms that whoever owns the wallet carries. What happens on it is in `web/assets/js/held.js`.

use super::super::{Page, Shown, visitor::Wallet, words};
use crate::{
    app::{App, Refusal},
    held::draw,
    http::{Shared, path::Id},
    residue::Handling,
};
use askama::Template;
use axum::{
    Json,
    body::Bytes,
    extract::{Query, State},
    response::{IntoResponse, Redirect},
};
use handsel_api::{
    Code, HeldId,
    consents::Purpose,
    held::{Carrier, Held, OpensWith},
};
use serde::Deserialize;

/// What was done just now.
#[derive(Default, Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "wallet_held.html")]
struct HeldPage {
    subject: String,
    done: Option<&'static str>,
    /// Whether they signed for paying by palm.
    signed: bool,
    held: Vec<Carried>,
    demo: bool,
    hands: bool,
}

/// One held palm, in the words people read.
struct Carried {
    id: String,
    what: &'static str,
    when: String,
    state: &'static str,
    can_unlock: bool,
}

impl Carried {
    fn of(held: &Held) -> Carried {
        let (state, can_unlock) = match held.opens_with {
            OpensWith::Palm => ("opens with your hand", false),
            OpensWith::PalmAndPin if held.carrier == Carrier::Card => ("opens with your hand and the PIN", false),
            OpensWith::PalmAndPin => ("asks for the PIN after five failures", true),
            OpensWith::Locked => ("locked after too many failures", true),
            OpensWith::Revoked => ("opens nothing any more: take your palm again", false),
        };
        Carried {
            id: held.id.to_string(),
            what: match held.carrier {
                Carrier::Phone => "A palm on a phone",
                Carrier::Card => "A palm on a card",
            },
            when: words::when(&held.created_at),
            state,
            can_unlock,
        }
    }
}

pub(super) async fn show(State(shared): State<Shared>, wallet: Wallet, Query(query): Query<Done>) -> Shown {
    let app = &shared.app;
    if !app.policy().held {
        return Err(Refusal::not_found("page"));
    }
    let subject = app.subject(&wallet.caller(), wallet.0).await?;
    let signed = subject.consents.iter().any(|one| one.purpose == Purpose::Payment && one.revoked_at.is_none());
    let held = app.list_held(&wallet.caller(), wallet.0).await?;
    let page = HeldPage {
        subject: wallet.0.to_string(),
        done: match &*query.done {
            "off" => Some("It opens nothing any more, wherever it lies."),
            "unlocked" => Some("Unlocked."),
            _ => None,
        },
        signed,
        held: held.iter().map(Carried::of).collect(),
        demo: false,
        hands: shared.demo.is_some(),
    };
    Ok(Page(page).into_response())
}

/// The longest body of a code.
pub(super) const LONGEST_CODE: usize = 1024;

/// Draws what a phone is about to show, or a card: the till reads the same a moment later. Nothing of it is kept.
pub(super) async fn code(_: Wallet, bytes: Bytes) -> Shown {
    let _handling = Handling;
    let rows = draw(&bytes).ok_or_else(|| Refusal::new(Code::InvalidField, "That is too much for one code."))?;
    Ok(Json(rows).into_response())
}

pub(super) async fn unlock(State(app): State<App>, wallet: Wallet, Id(held): Id<HeldId>) -> Shown {
    app.unlock_held(&wallet.caller(), wallet.0, held).await?;
    Ok(Redirect::to("/wallet/held?done=unlocked").into_response())
}

pub(super) async fn delete(State(app): State<App>, wallet: Wallet, Id(held): Id<HeldId>) -> Shown {
    app.remove_held(&wallet.caller(), wallet.0, held).await?;
    Ok(Redirect::to("/wallet/held?done=off").into_response())
}
