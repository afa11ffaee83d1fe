//! What the wallet's buttons do; each goes back to the wallet and says what was done.

use super::super::{
    Shown,
    form::Fields,
    message::Message,
    session,
    visitor::Wallet,
    ways::{self, NewPasskey},
    words,
};
use crate::{
    app::{App, Refusal},
    http::{
        cookies::{self, As},
        here::Here,
        json::Json,
        path::Id,
    },
};
use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use handsel_api::{
    Code, ConsentId, MerchantId, PasskeyId, PaymentMethodId, Private, ReferenceId, SessionId,
    consents::{GiveConsent, Language, Purpose},
    loyalty::LinkLoyalty,
    subjects::{AddPaymentMethod, CreateCardSetup},
};
use serde::Deserialize;

/// Whether they said that they mean it.
#[derive(Deserialize)]
pub(super) struct Sure {
    #[serde(default)]
    sure: String,
}

pub(super) async fn freeze(State(app): State<App>, wallet: Wallet) -> Shown {
    app.freeze(&wallet.caller(), wallet.0).await?;
    // The page says that it is.
    Ok(Redirect::to("/wallet").into_response())
}

pub(super) async fn unfreeze(State(app): State<App>, wallet: Wallet) -> Shown {
    app.unfreeze(&wallet.caller(), wallet.0).await?;
    back("unfrozen")
}

pub(super) async fn delete_palm(State(app): State<App>, wallet: Wallet, Id(palm): Id<ReferenceId>) -> Shown {
    app.remove_reference(&wallet.caller(), wallet.0, palm).await?;
    back("palm")
}

pub(super) async fn add_card(State(app): State<App>, wallet: Wallet, Fields(card): Fields<AddPaymentMethod>) -> Shown {
    app.add_payment_method(&wallet.caller(), wallet.0, card).await?;
    back("card")
}

/// Out to the processor's page. A page of ours goes there by itself, since a form may lead to pages of ours only.
pub(super) async fn link_card(State(app): State<App>, wallet: Wallet, here: Here) -> Shown {
    let setup = app.start_card_setup(&wallet.caller(), wallet.0, &here.0, CreateCardSetup::default()).await?;
    let to = &*setup.redirect_url;
    let links = [(to, "To the card’s page"), ("/wallet", "Back")];
    let lines = ["Your card is named on a page of the card company’s own. No card number comes here."];
    let out = Message { title: "Linking a card", lines: &lines, code: None, links: &links, refresh: Some(to) };
    Ok(out.page().into_response())
}

pub(super) async fn delete_card(State(app): State<App>, wallet: Wallet, Id(card): Id<PaymentMethodId>) -> Shown {
    app.remove_payment_method(&wallet.caller(), wallet.0, card).await?;
    back("uncard")
}

/// What the form that links a number sends.
#[derive(Deserialize)]
pub(super) struct Number {
    merchant: MerchantId,
    number: String,
    signature: String,
    /// Of the notice that was shown.
    sha256: String,
}

/// Signs the notice that was shown, and links the number.
pub(super) async fn link_number(State(app): State<App>, wallet: Wallet, Fields(typed): Fields<Number>) -> Shown {
    let yes = GiveConsent {
        purpose: Purpose::Loyalty,
        notice_version: app.notice(Purpose::Loyalty, Language::En).version,
        notice_sha256: typed.sha256,
        signature: typed.signature,
    };
    app.give_consent(&wallet.caller(), wallet.0, yes).await?;
    let link = LinkLoyalty { merchant: typed.merchant, number: Private(typed.number) };
    app.link_loyalty(&wallet.caller(), wallet.0, link).await?;
    back("number")
}

pub(super) async fn unlink_number(State(app): State<App>, wallet: Wallet, Id(merchant): Id<MerchantId>) -> Shown {
    app.unlink_loyalty(&wallet.caller(), wallet.0, merchant).await?;
    back("unnumber")
}

pub(super) async fn revoke(State(app): State<App>, wallet: Wallet, Id(consent): Id<ConsentId>) -> Shown {
    app.revoke_consent(&wallet.caller(), wallet.0, consent).await?;
    back("revoked")
}

/// Asks this device for a passkey.
pub(super) async fn begin_passkey(State(app): State<App>, wallet: Wallet) -> Shown {
    Ok(axum::Json(app.begin_passkey(&wallet.caller()).await?).into_response())
}

pub(super) async fn add_passkey(State(app): State<App>, wallet: Wallet, Json(answer): Json<NewPasskey>) -> Shown {
    app.add_passkey(&wallet.caller(), answer).await?;
    Ok(ways::go_on("/wallet?done=passkey"))
}

pub(super) async fn remove_passkey(State(app): State<App>, wallet: Wallet, Id(id): Id<PasskeyId>) -> Shown {
    app.remove_passkey(&wallet.caller(), id).await?;
    back("unpasskey")
}

pub(super) async fn remove_contact(State(app): State<App>, wallet: Wallet, Id(contact): Id<String>) -> Shown {
    app.remove_contact(&wallet.caller(), wallet.0, &contact).await?;
    back("uncontact")
}

pub(super) async fn end_session(State(app): State<App>, wallet: Wallet, Id(id): Id<SessionId>) -> Shown {
    app.end_session(&wallet.caller(), id).await?;
    back("ended")
}

/// Deletes everything; the browser forgets the wallet too.
pub(super) async fn leave(State(app): State<App>, wallet: Wallet, Fields(Sure { sure }): Fields<Sure>) -> Shown {
    if sure != "yes" {
        return Err(Refusal::new(Code::InvalidField, "tick the box to delete everything"));
    }
    let erased = app.erase_subject(&wallet.caller(), wallet.0).await?;
    let palms = words::counted(erased.references as usize, "palm");
    let first = format!("{palms}, your cards, your name and your consents are deleted from memory and from the store.");
    let held = erased.held_until.as_deref().map(|until| {
        format!(
            "An order keeps your sealed records until {}. They are locked away: no palm of yours is found, nothing of them can be used, \
             and they are erased when the order ends. Everything else is deleted.",
            words::when(until)
        )
    });
    let receipts = words::counted(erased.unlinked_payments as usize, "receipt");
    let second = format!(
        "{receipts} that the law wants kept remain, linked to nobody. Cards work as always, at the same price."
    );
    let lines: &[&str] = match &held {
        Some(held) => &[held],
        None if erased.unlinked_payments == 0 => &[&first],
        None => &[&first, &second],
    };
    let receipt = format!("/erasures/{}", erased.receipt.id);
    let links = [(&*receipt, "Your receipt of it"), ("/", "To the first page")];
    let gone = Message { title: "Deleted. Goodbye.", lines, code: None, links: &links, refresh: None };
    Ok(forget(&app, gone.page().into_response()))
}

/// Closes the wallet on this screen; its link stays good.
pub(super) async fn close(State(app): State<App>, headers: HeaderMap) -> Response {
    session::end(&app, &headers, As::Wallet, "/").await
}

fn back(done: &str) -> Shown {
    Ok(Redirect::to(&format!("/wallet?done={done}")).into_response())
}

fn forget(app: &App, mut response: Response) -> Response {
    if let Some(cookie) = cookies::clear(As::Wallet, app.public_url().is_secure()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
