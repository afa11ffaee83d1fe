//! Giving money back from the console: done once, however often the form is sent.

use super::{
    super::{Shown, form::Fields, visitor::Operator, words},
    Done, payments,
};
use crate::{
    app::{App, Begun},
    http::path::Id,
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use handsel_api::{PaymentId, payments::CreateRefund};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Typed {
    key: String,
    amount: String,
}

pub(super) async fn refund(
    State(app): State<App>,
    operator: Operator,
    Id(id): Id<PaymentId>,
    Fields(typed): Fields<Typed>,
) -> Shown {
    let caller = operator.0;
    let currency = app.payment(&caller, id).await?.currency;
    let Some(amount_minor) = words::read_money(&typed.amount, &currency) else {
        return refused(
            &app,
            operator,
            format!("“{}” is not an amount of {currency}. Nothing was given back.", typed.amount),
        )
        .await;
    };
    let key = format!("console-{}", typed.key);
    let hash = Sha256::digest(format!("refund\n{id}\n{amount_minor}\n{currency}")).into();
    let request = match app.idempotency_begin(&caller, &key, hash).await? {
        Begun::Fresh(request) => request,
        Begun::Replay { .. } => return Ok(Redirect::to("/console?done=refunded").into_response()),
        Begun::InFlight => {
            return refused(&app, operator, "That refund is still running. Look again in a moment.".to_owned()).await;
        }
        Begun::Mismatch => {
            return refused(
                &app,
                operator,
                "That form gave back another amount already. Nothing more was given back.".to_owned(),
            )
            .await;
        }
    };
    match app.refund(&caller, &request, id, CreateRefund { amount_minor, currency }).await {
        Ok(_) => {
            app.idempotency_finish(&caller, &key, StatusCode::CREATED.as_u16(), b"");
            Ok(Redirect::to("/console?done=refunded").into_response())
        }
        Err(refusal) => {
            app.idempotency_forget(&caller, &key);
            refused(&app, operator, format!("{}: {}. Nothing was given back.", refusal.code.title(), refusal.detail))
                .await
        }
    }
}

async fn refused(app: &App, operator: Operator, text: String) -> Shown {
    let page = payments::page(app, operator, None, Some(Done { text, bad: true })).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}
