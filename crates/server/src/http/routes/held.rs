//! Palms that their owners carry.

use super::{Done, Made, Shown, made};
use crate::{
    app::{App, Caller},
    http::{
        frame::Upload,
        held::{Brought, HoldOn},
        json::Nothing,
        path::{Id, Ids},
    },
};
use axum::{extract::State, http::StatusCode};
use handsel_api::{
    HeldId, PaymentId, SubjectId,
    held::{Held, NewHeld, SeenCarrier},
    payments::Identification,
};

/// Take a palm and give it to its owner
///
/// The body is one frame. The palm is sealed to a phone or a card and answered; the operator keeps no template of it, and no key that
/// opens one.
#[utoipa::path(
    post, path = "/v1/subjects/{id}/held", operation_id = "hold_palm", tag = "held",
    security(("operator" = []), ("key" = []), ("kiosk" = []), ("wallet" = [])),
    params(
        ("id" = SubjectId, Path, description = "The subject"),
        ("handsel-carrier" = String, Header, description = "What it is carried on: `phone` or `card`"),
        ("handsel-pin" = String, Header, description = "The PIN its owner chose: 6 to 12 digits"),
    ),
    request_body(content(
        (String = "image/jpeg"),
        (String = "image/png"),
        (String = "image/webp"),
    ), description = "One frame, at most 20 MB and 20 megapixels"),
    responses(
        (status = 201, body = NewHeld),
        (status = 403, description = "`consent_required`, `forbidden`"),
        (status = 404, description = "`not_found`"),
        (status = 413, description = "`frame_too_large`"),
        (status = 422, description = "`invalid_field`, `invalid_frame`, `capture_rejected` with `quality.reasons`"),
    ),
)]
pub async fn hold(State(app): State<App>, Id(subject): Id<SubjectId>, on: HoldOn, upload: Upload) -> Made<NewHeld> {
    app.hold(&upload.caller, subject, on.carrier, on.pin, upload.frame).await.map(made)
}

/// What is known of the palms that a subject carries
#[utoipa::path(
    get, path = "/v1/subjects/{id}/held", operation_id = "list_held", tag = "held",
    security(("operator" = []), ("wallet" = [])),
    params(("id" = SubjectId, Path, description = "The subject")),
    responses((status = 200, body = Vec<Held>), (status = 404, description = "`not_found`")),
)]
pub async fn list(State(app): State<App>, caller: Caller, Id(subject): Id<SubjectId>) -> Shown<Vec<Held>> {
    app.list_held(&caller, subject).await.map(axum::Json)
}

/// Have a held palm open nothing any more, wherever it lies
#[utoipa::path(
    delete, path = "/v1/subjects/{id}/held/{held}", operation_id = "remove_held", tag = "held",
    security(("operator" = []), ("wallet" = [])),
    params(
        ("id" = SubjectId, Path, description = "The subject"),
        ("held" = HeldId, Path, description = "The held palm"),
    ),
    responses((status = 204, description = "Gone"), (status = 404, description = "`not_found`")),
)]
pub async fn remove(
    State(app): State<App>,
    caller: Caller,
    Ids(subject, held): Ids<SubjectId, HeldId>,
    _: Nothing,
) -> Done {
    app.remove_held(&caller, subject, held).await.map(|()| StatusCode::NO_CONTENT)
}

/// Unlock a held palm after too many failures
#[utoipa::path(
    post, path = "/v1/subjects/{id}/held/{held}/unlock", operation_id = "unlock_held", tag = "held",
    security(("wallet" = [])),
    params(
        ("id" = SubjectId, Path, description = "The subject"),
        ("held" = HeldId, Path, description = "The held palm"),
    ),
    responses((status = 200, body = Held), (status = 404, description = "`not_found`")),
)]
pub async fn unlock(
    State(app): State<App>,
    caller: Caller,
    Ids(subject, held): Ids<SubjectId, HeldId>,
    _: Nothing,
) -> Shown<Held> {
    app.unlock_held(&caller, subject, held).await.map(axum::Json)
}

/// Read the code of a phone or a card from a frame
///
/// The body is one frame. Opens nothing.
#[utoipa::path(
    post, path = "/v1/held/read", operation_id = "read_held", tag = "held",
    security(("operator" = []), ("key" = []), ("kiosk" = [])),
    request_body(content(
        (String = "image/jpeg"),
        (String = "image/png"),
        (String = "image/webp"),
    ), description = "One frame, at most 20 MB and 20 megapixels"),
    responses(
        (status = 200, body = SeenCarrier),
        (status = 409, description = "`held_revoked`"),
        (status = 413, description = "`frame_too_large`"),
        (status = 422, description = "`invalid_frame`, `held_unreadable`, `held_invalid`"),
    ),
)]
pub async fn read(State(app): State<App>, upload: Upload) -> Shown<SeenCarrier> {
    app.see_carrier(&upload.caller, upload.frame).await.map(axum::Json)
}

/// Compare the hand over the scanner with the palm its owner brought
///
/// The body is one frame. 1:1 and in memory; what was brought is wiped with the answer. Charges nothing.
#[utoipa::path(
    post, path = "/v1/payments/{id}/verify", operation_id = "verify", tag = "payments",
    security(("operator" = []), ("key" = []), ("kiosk" = [])),
    params(
        ("id" = PaymentId, Path, description = "The payment"),
        ("handsel-held" = String, Header, description = "`carried` of `POST /v1/held/read`"),
        ("handsel-pin" = Option<String>, Header, description = "The PIN, where it is needed"),
    ),
    request_body(content(
        (String = "image/jpeg"),
        (String = "image/png"),
        (String = "image/webp"),
    ), description = "One frame, at most 20 MB and 20 megapixels"),
    responses(
        (status = 200, body = Identification),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`, `held_revoked`, `held_replayed`"),
        (status = 413, description = "`frame_too_large`"),
        (
            status = 422,
            description = "`invalid_frame`, `capture_rejected` with `quality.reasons`, `no_payment_method`, `held_unreadable`, \
                `held_invalid`, `held_expired`, `pin_required`, `pin_wrong`, `invalid_field`",
        ),
        (status = 429, description = "`too_many_attempts`, `held_locked`"),
    ),
)]
pub async fn verify(
    State(app): State<App>,
    Id(payment): Id<PaymentId>,
    brought: Brought,
    upload: Upload,
) -> Shown<Identification> {
    app.verify_brought(&upload.caller, payment, &brought.carried, brought.pin, upload.frame).await.map(axum::Json)
}
