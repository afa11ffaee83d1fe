//! What an agent answers: the server's own answer where there is one, and otherwise the few that a till cannot do without.

use super::{
    Agent,
    pass_on::Unreachable,
    till::{Desk, not_kept},
};
use crate::{
    app::{Answer, Refusal},
    http::{
        body, caller, frame, json,
        layers::{problems, request_id, security, to_the_end},
        once,
        purpose::ToPay,
    },
    secret,
    store::queue::Shown,
};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, request::Parts},
    middleware::from_fn,
    response::{IntoResponse, Response},
};
use handsel_api::{Code, PaymentId, payments::Payment};

/// What a till may ask for while the server cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    Create,
    Show(PaymentId),
    Identify(PaymentId),
    StepUp(PaymentId),
    Confirm(PaymentId),
    Cancel(PaymentId),
}

/// Everything goes one way.
pub(super) fn router(agent: Agent) -> Router {
    Router::new()
        .fallback(answer)
        .layer(from_fn(to_the_end::run))
        .layer(from_fn(problems::write))
        .layer(from_fn(security::headers))
        .layer(from_fn(request_id::name))
        .with_state(agent)
}

async fn answer(State(agent): State<Agent>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let read = body::read_into(&agent.0.room, &parts.headers, body, frame::MAX_BYTES, frame::too_large).await;
    let (bytes, _taken) = match read {
        Ok(read) => read,
        Err(refusal) => return refusal.into_response(),
    };
    let asks = Asks::of(&parts.method, parts.uri.path());
    match agent.answer(asks, &parts, bytes).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

impl Asks {
    fn of(method: &Method, path: &str) -> Option<Asks> {
        let rest = path.strip_prefix("/v1/payments")?;
        let (id, action) = match rest.strip_prefix('/') {
            None => return (rest.is_empty() && method == Method::POST).then_some(Asks::Create),
            Some(rest) => rest.split_once('/').map_or((rest, None), |(id, action)| (id, Some(action))),
        };
        let id = id.parse().ok()?;
        match (method, action) {
            (&Method::GET, None) => Some(Asks::Show(id)),
            (&Method::POST, Some("identify")) => Some(Asks::Identify(id)),
            (&Method::POST, Some("step_up")) => Some(Asks::StepUp(id)),
            (&Method::POST, Some("confirm")) => Some(Asks::Confirm(id)),
            (&Method::POST, Some("cancel")) => Some(Asks::Cancel(id)),
            _ => None,
        }
    }

    fn payment(self) -> Option<PaymentId> {
        match self {
            Asks::Create => None,
            Asks::Show(id) | Asks::Identify(id) | Asks::StepUp(id) | Asks::Confirm(id) | Asks::Cancel(id) => Some(id),
        }
    }
}

impl Agent {
    async fn answer(&self, asks: Option<Asks>, parts: &Parts, bytes: Bytes) -> Answer<Response> {
        // A payment stays where it was made, until the server has it.
        if let Some(id) = asks.and_then(Asks::payment) {
            let taken = self.0.queue.shown(id).await.map_err(not_kept)?;
            if let Some(taken) = taken {
                return self.answer_taken(asks, parts, &taken);
            }
            if self.payments().contains_key(&id) {
                return self.answer_here(asks, parts, bytes).await;
            }
        }
        let makes = asks == Some(Asks::Create);
        if makes && self.made_by(&request(&parts.headers).unwrap_or_default()).is_some() {
            return self.answer_here(asks, parts, bytes).await;
        }
        match self.pass_on(parts, bytes.clone(), !makes).await {
            Ok(response) => Ok(response),
            Err(Unreachable) if makes => self.answer_here(asks, parts, bytes).await,
            Err(Unreachable) => {
                let detail = "Only new payments can be taken here now. If this request may have reached the server, send it again \
                              with the same Idempotency-Key once the line is back.";
                Err(Refusal::new(Code::Offline, detail))
            }
        }
    }

    async fn answer_here(&self, asks: Option<Asks>, parts: &Parts, bytes: Bytes) -> Answer<Response> {
        let (headers, desk) = (&parts.headers, self.desk_of(&parts.headers)?);
        let payment = match asks.ok_or_else(|| Refusal::internal("a request for nobody"))? {
            Asks::Create => {
                let made = self.create(&desk, request(headers)?, json::parse(headers, &bytes)?)?;
                return Ok((StatusCode::CREATED, Json(made)).into_response());
            }
            Asks::Identify(id) => {
                ToPay::of(parts.uri.query())?;
                frame::media_type(headers)?;
                return Ok(Json(self.identify(&desk, id, bytes.into()).await?).into_response());
            }
            Asks::Show(id) => self.show(&desk, id)?,
            Asks::Cancel(id) => self.cancel(&desk, id)?,
            Asks::StepUp(id) => self.step_up(&desk, id, json::parse(headers, &bytes)?).await?,
            Asks::Confirm(id) => {
                let request = request(headers)?;
                let yes = if bytes.is_empty() { json::empty()? } else { json::parse(headers, &bytes)? };
                self.confirm(&desk, request, id, yes).await?
            }
        };
        Ok(Json(payment).into_response())
    }

    /// About a payment that was taken and the server does not have: the till is told again what it was told.
    fn answer_taken(&self, asks: Option<Asks>, parts: &Parts, taken: &Shown) -> Answer<Response> {
        let till = till(&parts.headers)?;
        // Whoever asked may ask again, also once the palms are too old; and so may another till of this shop while they are not.
        let knows = || self.held().is_some_and(|(held, _)| held.knows_till(&till));
        if secret::hex(&till) != taken.till && !knows() {
            return Err(Refusal::not_found("payment"));
        }
        let again = match asks {
            Some(Asks::Show(_)) => true,
            Some(Asks::Confirm(_)) => request(&parts.headers)? == taken.request,
            _ => false,
        };
        if !again {
            return Err(Refusal::new(Code::WrongState, "The payment is accepted."));
        }
        let shown: Payment =
            serde_json::from_str(&taken.shown).map_err(|_| Refusal::internal("a payment that does not read back"))?;
        Ok(Json(shown).into_response())
    }

    fn desk_of(&self, headers: &HeaderMap) -> Answer<Desk> {
        self.desk(&till(headers)?)
    }
}

/// The hash of the key that a till sends.
fn till(headers: &HeaderMap) -> Answer<[u8; 32]> {
    let detail =
        "While the server cannot be reached, tills are known by their keys alone: Authorization: Bearer <key>.";
    let token =
        caller::token(headers).ok_or_else(|| Refusal::header(Code::Unauthenticated, "authorization", detail))?;
    Ok(secret::hash(token))
}

/// The key that a request is done once by.
fn request(headers: &HeaderMap) -> Answer<String> {
    once::key(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_till_cannot_do_without_is_answered_here() {
        let id = "pay_01JD9VZZZZZZZZZZZZZZZZZZZZ";
        let payment = id.parse().unwrap();
        let of = |method: Method, path: &str| Asks::of(&method, path);
        assert_eq!(of(Method::POST, "/v1/payments"), Some(Asks::Create));
        assert_eq!(of(Method::GET, &format!("/v1/payments/{id}")), Some(Asks::Show(payment)));
        assert_eq!(of(Method::POST, &format!("/v1/payments/{id}/identify")), Some(Asks::Identify(payment)));
        assert_eq!(of(Method::POST, &format!("/v1/payments/{id}/step_up")), Some(Asks::StepUp(payment)));
        assert_eq!(of(Method::POST, &format!("/v1/payments/{id}/confirm")), Some(Asks::Confirm(payment)));
        assert_eq!(of(Method::POST, &format!("/v1/payments/{id}/cancel")), Some(Asks::Cancel(payment)));
        for (method, path) in [
            (Method::GET, "/v1/payments".to_owned()),
            (Method::POST, "/v1/payments/".to_owned()),
            (Method::POST, "/v1/payments_more".to_owned()),
            (Method::POST, format!("/v1/payments/{id}/refunds")),
            (Method::POST, format!("/v1/payments/{id}/card")),
            (Method::POST, format!("/v1/payments/{id}/confirm/again")),
            (Method::POST, "/v1/payments/pay_1/confirm".to_owned()),
            (Method::POST, "/v1/subjects".to_owned()),
            (Method::GET, "/kiosk".to_owned()),
        ] {
            assert_eq!(of(method.clone(), &path), None, "{method} {path}");
        }
    }
}
