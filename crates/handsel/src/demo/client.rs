//! A till's HTTP client, as thin as an integrator's first one.

use anyhow::{Context, Result, bail};
use handsel_api::{Code, Problem};
use serde::{Serialize, de::DeserializeOwned};

/// Speaks to one server in one person's name.
pub(crate) struct Client {
    agent: ureq::Agent,
    base: String,
    bearer: Option<String>,
}

/// What a server answers: what was asked for, or a problem.
pub(crate) enum Answer<T> {
    /// 2xx.
    Done(T),
    /// 4xx or 5xx.
    Refused(Box<Problem>),
}

impl<T> Answer<T> {
    /// The result, or an error that names the problem.
    pub(crate) fn done(self) -> Result<T> {
        match self {
            Answer::Done(value) => Ok(value),
            Answer::Refused(problem) => bail!("{}: {}", problem.code.name(), problem.detail),
        }
    }

    /// Fails unless it was refused with this code.
    pub(crate) fn refused_with(self, code: Code) -> Result<()> {
        match self {
            Answer::Refused(problem) if problem.code == code => Ok(()),
            Answer::Refused(problem) => bail!("refused with {}, not {}", problem.code.name(), code.name()),
            Answer::Done(_) => bail!("accepted, but should be refused with {}", code.name()),
        }
    }
}

impl Client {
    /// Nobody in particular.
    pub(crate) fn new(base: &str) -> Client {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
        Client { agent: config.into(), base: base.to_owned(), bearer: None }
    }

    /// The same server, in the name of whoever holds this key or session.
    pub(crate) fn with_bearer(&self, token: &str) -> Client {
        Client { agent: self.agent.clone(), base: self.base.clone(), bearer: Some(token.to_owned()) }
    }

    /// Follows a one-time administrator link and returns the session it opens.
    pub(crate) fn claim_admin(&self, token: &str) -> Result<String> {
        let response = self.agent.get(format!("{}/admin/{token}", self.base)).call()?;
        let cookies = response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let session = cookies
            .filter_map(|cookie| cookie.strip_prefix("handsel_operator=")?.split(';').next())
            .next()
            .context("the administrator link opened no session")?;
        Ok(session.to_owned())
    }

    /// `GET`.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Answer<T>> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(bearer) = &self.bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        read(request.call()?)
    }

    /// `GET` of what goes on and on; from after `last` where it says so.
    pub(crate) fn stream(&self, path: &str, last: Option<&str>) -> Result<Answer<ureq::BodyReader<'static>>> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(bearer) = &self.bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let mut response = request.call()?;
        if response.status().is_success() {
            return Ok(Answer::Done(response.into_body().into_reader()));
        }
        Ok(Answer::Refused(serde_json::from_slice(&response.body_mut().read_to_vec()?)?))
    }

    /// `DELETE`.
    pub(crate) fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<Answer<T>> {
        let mut request = self.agent.delete(format!("{}{path}", self.base));
        if let Some(bearer) = &self.bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        read(request.call()?)
    }

    /// `POST` of JSON, with an `Idempotency-Key` where money moves.
    pub(crate) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        idempotency_key: Option<&str>,
    ) -> Result<Answer<T>> {
        self.send(path, "application/json", &once(idempotency_key), &serde_json::to_vec(body)?)
    }

    /// `POST` without a body.
    pub(crate) fn act<T: DeserializeOwned>(&self, path: &str, idempotency_key: Option<&str>) -> Result<Answer<T>> {
        self.send(path, "application/json", &once(idempotency_key), b"")
    }

    /// `POST` of one frame.
    pub(crate) fn post_frame<T: DeserializeOwned>(&self, path: &str, jpeg: &[u8]) -> Result<Answer<T>> {
        self.post_frame_with(path, jpeg, &[])
    }

    /// `POST` of one frame, with headers beside it.
    pub(crate) fn post_frame_with<T: DeserializeOwned>(
        &self,
        path: &str,
        jpeg: &[u8],
        headers: &[(&str, &str)],
    ) -> Result<Answer<T>> {
        self.send(path, "image/jpeg", headers, jpeg)
    }

    fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        content_type: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer<T>> {
        let mut request = self.agent.post(format!("{}{path}", self.base)).header("content-type", content_type);
        if let Some(bearer) = &self.bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.send(body)?)
    }
}

/// The header that makes a request happen once.
fn once(key: Option<&str>) -> Vec<(&'static str, &str)> {
    key.map(|key| ("idempotency-key", key)).into_iter().collect()
}

fn read<T: DeserializeOwned>(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer<T>> {
    let success = response.status().is_success();
    let body = response.body_mut().read_to_vec()?;
    // A 204 has no body; `null` reads as `()`.
    let body = if body.is_empty() { b"null".as_slice() } else { &body };
    Ok(if success {
        Answer::Done(serde_json::from_slice(body)?)
    } else {
        Answer::Refused(serde_json::from_slice(body)?)
    })
}
