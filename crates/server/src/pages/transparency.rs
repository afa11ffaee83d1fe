//! `/transparency`: seven questions that were once asked of a company, answered by this installation from what it is doing now.

use super::{Page, Shown, words};
use crate::{
    app::{App, Refusal},
    http::here::Here,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::IntoResponse,
};
use handsel_api::{
    consents::{Notice, Purpose},
    policy::{KeptIn, SearchedBy},
    transparency::{Moratorium, PublicIncident, Rounded, Transparency},
};

#[derive(Template)]
#[template(path = "transparency.html")]
struct TransparencyPage<'a> {
    told: &'a Transparency,
    here: String,
    as_of: String,
    kept_in: &'static str,
    searched_by: &'static str,
    uses: Vec<Row>,
    moratorium: Option<String>,
    /// One search in so many of strangers finds somebody.
    one_in: String,
    incidents: Vec<Incident>,
    backup_made: String,
    backup_tried: String,
}

/// Something that was found amiss.
struct Incident {
    what: &'static str,
    found: String,
    ended: Option<String>,
}

/// A purpose and how often palms were read for it.
struct Row {
    what: &'static str,
    reads: u64,
    found: u64,
}

pub(super) async fn show(State(app): State<App>, here: Here) -> Shown {
    let whole = app.transparency().await?;
    let told = &whole.answers;
    let uses = told.uses.purposes.iter();
    let page = TransparencyPage {
        here: here.0,
        as_of: words::when(&told.as_of),
        kept_in: match told.policy.kept_in {
            KeptIn::File => "in a file on one machine of the operator’s",
            KeptIn::Database => "in a database of the operator’s",
        },
        searched_by: match told.policy.searched_by {
            SearchedBy::Server => "in the memory of that machine",
            SearchedBy::Matchers => "in the memory of several machines of the operator’s",
            SearchedBy::Nobody => "nowhere: the law here forbids it",
        },
        uses: uses.map(|one| Row { what: purpose(one.purpose), reads: one.reads, found: one.found }).collect(),
        one_in: one_in(told.accuracy.target_fpir),
        incidents: told.incidents.iter().map(incident).collect(),
        backup_made: at(told.backups.made_at.as_deref()),
        backup_tried: at(told.backups.tried_at.as_deref()),
        moratorium: told.authorities.moratoria.iter().find(|one| one.in_force).map(in_force),
        told,
    };
    Ok(Page(page).into_response())
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage {
    notice: Notice,
}

/// A notice as people were told it, by its fingerprint.
pub(super) async fn notice(State(app): State<App>, Path(sha256): Path<String>) -> Shown {
    let notice = app.notice_signed(&sha256).await?.ok_or_else(|| Refusal::not_found("notice"))?;
    Ok(Page(NoticePage { notice }).into_response())
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Payment => "To pay",
        Purpose::Entry => "To open a door",
        Purpose::Loyalty => "To give a customer number",
        Purpose::AgeCheck => "To show an age",
    }
}

fn incident(one: &PublicIncident) -> Incident {
    Incident {
        what: words::incident(one.kind),
        found: words::when(&one.found_at),
        ended: one.ended_at.as_deref().map(words::when),
    }
}

fn at(time: Option<&str>) -> String {
    time.map_or_else(|| "Never yet".to_owned(), words::when)
}

/// One in so many, with commas.
fn one_in(rate: f64) -> String {
    let digits = format!("{:.0}", 1.0 / rate);
    let parts = digits.as_bytes().rchunks(3).rev().filter_map(|part| std::str::from_utf8(part).ok());
    parts.collect::<Vec<_>>().join(",")
}

fn counted(count: &u64, one: &str) -> String {
    words::counted(usize::try_from(*count).unwrap_or(usize::MAX), one)
}

fn people(rounded: &Rounded) -> String {
    match rounded {
        Rounded::None => "nobody".to_owned(),
        Rounded::FewerThan20 => "fewer than 20 people".to_owned(),
        Rounded::About(number) => format!("about {number} people"),
    }
}

fn in_force(one: &Moratorium) -> String {
    let since = words::when(&one.began_at);
    match &one.ends_at {
        None => format!("Since {since} a moratorium is in force: only what a judge signed is answered."),
        Some(ends) => {
            format!("Since {since} only what a judge signed is answered. This ends on {}.", words::when(ends))
        }
    }
}
