//! `/cards/{id}`: where a browser lands that comes back from the processor's page. It brings no session, since it comes from
//! elsewhere; the page goes on by itself to one of ours, where it has one again.

use super::{Shown, message::Message};
use crate::{app::App, http::path::Id};
use axum::{extract::State, http::StatusCode, response::IntoResponse};
use handsel_api::CardSetupId;

pub(super) async fn came_back(State(app): State<App>, Id(id): Id<CardSetupId>) -> Shown {
    let came_back = app.finish_card_setup(id).await?;
    let to = came_back.return_url.as_deref().unwrap_or("/wallet");
    if came_back.linked {
        let to = came_back.return_url.as_deref().unwrap_or("/wallet?done=card");
        let links = [(to, "Go on")];
        let linked = Message { title: "The card is linked", lines: &[], code: None, links: &links, refresh: Some(to) };
        return Ok(linked.page().into_response());
    }
    let again = format!("/cards/{id}");
    let none = Message {
        title: "No card was linked",
        lines: &["None was named on the processor’s page, or that was too long ago. Begin again whenever you like."],
        code: None,
        links: &[(to, "Go back"), (&again, "I did name one: look again")],
        refresh: None,
    };
    Ok((StatusCode::OK, none.page()).into_response())
}
