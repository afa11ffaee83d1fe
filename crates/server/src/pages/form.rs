//! The fields of a form.

use crate::app::Refusal;
use axum::{
    Form,
    extract::{FromRequest, Request},
};
use handsel_api::Code;
use serde::de::DeserializeOwned;

/// The fields of a form of ours; what does not fit was not sent by one.
pub(super) struct Fields<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Fields<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Fields<T>, Refusal> {
        let form = Form::from_request(request, state).await;
        form.map(|Form(fields)| Fields(fields))
            .map_err(|why| Refusal::new(Code::InvalidField, format!("the form does not fit: {why}")))
    }
}
