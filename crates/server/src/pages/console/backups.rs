//! Backups: made and downloaded, tried, and how to put one back.

use super::{
    super::{
        Page, Shown,
        form::Fields,
        visitor::{Operator, Tab},
        words,
    },
    Done,
};
use crate::{
    app::{Answer, App, Refusal},
    backup::{Lock, Notes, Summary, Unlock},
};
use askama::Template;
use axum::{
    body::Body,
    extract::{Multipart, State, multipart::Field},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use handsel_api::Code;
use serde::Deserialize;
use std::{fs::File, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zeroize::Zeroizing;

/// How much of a backup is in memory at once.
const PART: usize = 64 * 1024;
/// How long what nobody wants is listened to.
const REST: Duration = Duration::from_secs(10);
/// The longest passphrase or key that is read.
const LONGEST_SECRET: usize = 1024;

#[derive(Template)]
#[template(path = "console_backups.html")]
struct BackupsPage {
    here: Tab,
    done: Option<Done>,
    /// What was done last, and when: made, tried, put back.
    rows: Vec<(&'static str, String, String)>,
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Typed {
    lock: Zeroizing<String>,
    again: Zeroizing<String>,
}

pub(super) async fn show(State(app): State<App>, operator: Operator) -> Shown {
    page(&app, operator, None).await
}

pub(super) async fn make(State(app): State<App>, operator: Operator, Fields(typed): Fields<Typed>) -> Shown {
    if *typed.lock != *typed.again {
        return refused(&app, operator, "The two are not the same. Type it again.".to_owned()).await;
    }
    let lock = match Lock::typed(&typed.lock) {
        Ok(lock) => lock,
        Err(why) => return refused(&app, operator, format!("{why}.")).await,
    };
    match app.make_backup(&operator.0, lock).await {
        Ok((made, file)) => Ok(download(&made, file)),
        Err(refusal) => answered(&app, operator, refusal).await,
    }
}

pub(super) async fn check(State(app): State<App>, operator: Operator, mut form: Multipart) -> Shown {
    let tried = async {
        let mut key = Zeroizing::new(String::new());
        while let Some(field) = form.next_field().await.map_err(broken)? {
            match field.name() {
                Some("key") => key = secret(field).await?,
                Some("file") => {
                    let unlock = Unlock::typed(&key).map_err(|why| not_fit(format!("{why}.")))?;
                    let file = arrived(&app, operator, field).await?;
                    return app.try_backup(&operator.0, unlock, file).await;
                }
                _ => {}
            }
        }
        Err(not_fit("Choose the file of a backup.".to_owned()))
    };
    let tried = tried.await;
    if tried.is_err() {
        // A browser that is still sending would not hear why.
        let rest = async { while let Ok(Some(_)) = form.next_field().await {} };
        drop(tokio::time::timeout(REST, rest).await);
    }
    match tried {
        Ok(found) => {
            let left = people(found.erased_since);
            let text = format!(
                "It can be put back: {}, {}, all of which open. {left} who left since would stay away.",
                people(found.subjects),
                words::counted(found.templates, "template")
            );
            page(&app, operator, Some(Done { text, bad: false })).await
        }
        Err(refusal) => answered(&app, operator, refusal).await,
    }
}

/// A short field.
async fn secret(mut field: Field<'_>) -> Answer<Zeroizing<String>> {
    let mut typed = Zeroizing::new(Vec::with_capacity(LONGEST_SECRET));
    while let Some(part) = field.chunk().await.map_err(broken)? {
        if typed.len() + part.len() > LONGEST_SECRET {
            return Err(not_fit(format!("A passphrase or key of {LONGEST_SECRET} bytes is the longest.")));
        }
        typed.extend_from_slice(&part);
    }
    let text = std::str::from_utf8(&typed).map_err(|_| not_fit("The passphrase is not text.".to_owned()))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// The file as it arrives, into one without a name.
async fn arrived(app: &App, operator: Operator, mut field: Field<'_>) -> Answer<File> {
    let (file, most) = app.room_for_backup(&operator.0).await?;
    let mut file = tokio::fs::File::from_std(file);
    let mut left = most;
    while let Some(part) = field.chunk().await.map_err(broken)? {
        left = left.checked_sub(part.len() as u64).ok_or_else(|| {
            not_fit(format!("It is larger than {} MiB, which no backup of this store is.", most / (1024 * 1024)))
        })?;
        file.write_all(&part).await.map_err(full)?;
    }
    file.flush().await.map_err(full)?;
    Ok(file.into_std().await)
}

fn download(made: &Summary, file: File) -> Response {
    let parts = stream::try_unfold(tokio::fs::File::from_std(file), async |mut file| {
        let mut part = vec![0; PART];
        let read = file.read(&mut part).await?;
        part.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then_some((part, file)))
    });
    let name: String = made.made_at.chars().filter(char::is_ascii_alphanumeric).collect();
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"handsel-{name}.age\"")),
    ];
    (headers, Body::from_stream(parts)).into_response()
}

fn broken(_: impl std::error::Error) -> Refusal {
    not_fit("The upload broke off, or was not sent by this page. Try again.".to_owned())
}

fn full(why: std::io::Error) -> Refusal {
    tracing::warn!(%why, "an uploaded backup could not be written");
    Refusal::new(Code::StoreUnavailable, "There is no room for it in the data folder. Nothing was changed.")
}

fn not_fit(detail: String) -> Refusal {
    Refusal::new(Code::InvalidField, detail)
}

/// What does not fit is said on the page; the rest by the page of its own.
async fn answered(app: &App, operator: Operator, refusal: Refusal) -> Shown {
    match refusal.code {
        Code::InvalidField => refused(app, operator, refusal.detail).await,
        _ => Err(refusal),
    }
}

async fn refused(app: &App, operator: Operator, text: String) -> Shown {
    let page = page(app, operator, Some(Done { text, bad: true })).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn page(app: &App, operator: Operator, done: Option<Done>) -> Answer<Response> {
    let notes = app.backup_notes(&operator.0).await?;
    Ok(Page(BackupsPage { here: operator.at("/console/backups"), done, rows: rows(&notes) }).into_response())
}

fn people(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

fn rows(notes: &Notes) -> Vec<(&'static str, String, String)> {
    let when = |at: Option<&str>| at.map_or_else(|| "Never".to_owned(), words::when);
    let made = notes.backup.as_ref();
    let held = made.map(|made| format!("{}, {} MiB", people(made.subjects), made.bytes.div_ceil(1 << 20)));
    let found = notes.drilled.as_ref();
    let found =
        found.map(|found| format!("{}, {}", people(found.subjects), words::counted(found.templates, "template")));
    vec![
        ("Last made", when(made.map(|made| &*made.made_at)), held.unwrap_or_default()),
        ("Last tried", when(notes.drilled_at.as_deref()), found.unwrap_or_default()),
        ("Last put back", when(notes.restored_at.as_deref()), String::new()),
    ]
}
