//! Notices and consents.

use super::{Made, Shown, made};
use crate::{
    app::{App, Caller},
    http::{
        json::{Json, Nothing},
        language::{InLanguage, LanguageParams},
        path::{Id, Ids},
    },
};
use axum::extract::State;
use handsel_api::{
    ConsentId, SubjectId,
    consents::{Consent, GiveConsent, Notice, Purpose},
};
use std::{fmt, str::FromStr};

/// The notice in force
///
/// What a subject is told before signing.
#[utoipa::path(
    get, path = "/v1/notices/{purpose}", operation_id = "show_notice", tag = "consents",
    params(("purpose" = Purpose, Path, description = "What the notice is about"), LanguageParams),
    responses(
        (status = 200, body = Notice),
        (status = 404, description = "`not_found`: no such purpose"),
        (status = 422, description = "`invalid_field`: no such language"),
    ),
)]
pub async fn notice(
    State(app): State<App>,
    Id(purpose): Id<PurposeInPath>,
    InLanguage(language): InLanguage,
) -> axum::Json<Notice> {
    axum::Json(app.notice(purpose.0, language))
}

/// Sign a consent
///
/// Bound to the notice that was shown. Needed before the first frame is looked at.
#[utoipa::path(
    post, path = "/v1/subjects/{id}/consents", operation_id = "give_consent", tag = "consents",
    security(("operator" = []), ("key" = []), ("kiosk" = []), ("wallet" = [])),
    params(("id" = SubjectId, Path, description = "The subject")),
    request_body = GiveConsent,
    responses(
        (status = 201, body = Consent),
        (status = 404, description = "`not_found`"),
        (status = 422, description = "`notice_outdated`, `invalid_field`"),
    ),
)]
pub async fn give(
    State(app): State<App>,
    caller: Caller,
    Id(subject): Id<SubjectId>,
    Json(request): Json<GiveConsent>,
) -> Made<Consent> {
    app.give_consent(&caller, subject, request).await.map(made)
}

/// Revoke a consent
///
/// And every other one to its purpose. Numbers that rested on it are erased; palms are when no other purpose keeps them.
#[utoipa::path(
    delete, path = "/v1/subjects/{id}/consents/{consent}", operation_id = "revoke_consent", tag = "consents",
    security(("operator" = []), ("wallet" = [])),
    params(
        ("id" = SubjectId, Path, description = "The subject"),
        ("consent" = ConsentId, Path, description = "The consent"),
    ),
    responses((status = 200, body = Consent), (status = 404, description = "`not_found`")),
)]
pub async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Ids(subject, consent): Ids<SubjectId, ConsentId>,
    _: Nothing,
) -> Shown<Consent> {
    app.revoke_consent(&caller, subject, consent).await.map(axum::Json)
}

/// A purpose in a path.
pub struct PurposeInPath(Purpose);

/// A text that names no purpose.
pub struct NoPurpose;

impl fmt::Display for NoPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the purposes are {}", Purpose::ALL.map(Purpose::word).join(", "))
    }
}

impl FromStr for PurposeInPath {
    type Err = NoPurpose;

    fn from_str(text: &str) -> Result<PurposeInPath, NoPurpose> {
        Purpose::ALL.into_iter().find(|purpose| purpose.word() == text).map(PurposeInPath).ok_or(NoPurpose)
    }
}
