//! The sign at a site's door: printed, and confirmed that it hangs.

use super::super::{Shown, sign, visitor::Operator};
use crate::{
    app::{App, Refusal},
    http::path::Id,
};
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Redirect},
};
use handsel_api::SiteId;

pub(super) async fn print(State(app): State<App>, _: Operator, Id(site): Id<SiteId>) -> Shown {
    let (site, merchant) = app.site(site).await?;
    let rules_at = app.hosts().first().map(|host| format!("https://{host}/policy"));
    let (place, policy) = (format!("{}, {}", merchant.name, site.name), app.policy().clone());
    // Milliseconds of shaping and packing, so not on a thread that answers others.
    let drawn = tokio::task::spawn_blocking(move || sign::write(&place, &policy, rules_at.as_deref())).await;
    let mut response = drawn.map_err(|_| Refusal::internal("a sign's PDF broke off"))??.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline; filename=\"palm-sign.pdf\""));
    Ok(response)
}

pub(super) async fn confirm(State(app): State<App>, operator: Operator, Id(site): Id<SiteId>) -> Shown {
    app.confirm_sign(&operator.0, site).await?;
    Ok(Redirect::to("/console/places?done=hangs").into_response())
}

pub(super) async fn take_down(State(app): State<App>, operator: Operator, Id(site): Id<SiteId>) -> Shown {
    app.take_sign_down(&operator.0, site).await?;
    Ok(Redirect::to("/console/places?done=down").into_response())
}
