//! The NATS servers, and how they are reached.

use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use serde::Deserialize;
use std::{str::FromStr, time::Duration};
use zeroize::Zeroizing;

/// How long one server may take to answer before the next one is tried.
const CONNECT: Duration = Duration::from_secs(2);
/// How often a connection is asked whether it still stands.
const PING: Duration = Duration::from_secs(2);

/// Addresses of NATS servers and the credentials for them: `nats://user:password@host:4222`, more after commas. Credentials of the
/// first one serve all. Never printed.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct NatsServers {
    addresses: Vec<ServerAddr>,
    /// A user and their password, or a token alone.
    user: Option<String>,
    secret: Zeroizing<String>,
}

/// Why the NATS servers cannot be used. Never holds a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NatsError {
    /// Nobody without a password may be let in.
    #[error(
        "the address of the NATS servers has no credentials: write nats://user:password@host:4222 or nats://token@host:4222"
    )]
    NoCredentials,
    /// Each server has other credentials.
    #[error("the NATS servers have different credentials: they must be of one cluster, with the same ones")]
    TwoCredentials,
    /// It does not read as an address.
    #[error(
        "the address of NATS server number {0} is not valid: write nats://user:password@host:4222, more after commas"
    )]
    Address(usize),
    /// They do not know these credentials.
    #[error("the NATS servers refuse these credentials")]
    Refused,
    /// They do not answer.
    #[error("no NATS server answers: {0}. Start one, or correct the address")]
    Unreachable(String),
}

impl NatsServers {
    /// Connects to one of them; to another one whenever that is lost.
    pub(crate) async fn connect(&self, name: &'static str) -> Result<Client, NatsError> {
        let options = ConnectOptions::new();
        let options = match &self.user {
            Some(user) => options.user_and_password(user.clone(), self.secret.to_string()),
            None => options.token(self.secret.to_string()),
        };
        let connecting = options
            .name(name)
            .connection_timeout(CONNECT)
            .ping_interval(PING)
            .event_callback(|event| async move {
                match event {
                    Event::Connected => tracing::info!("connected to NATS"),
                    Event::Disconnected => tracing::warn!("a NATS server is gone; another one is tried"),
                    other => tracing::warn!(event = %other, "NATS"),
                }
            })
            .connect(self.addresses.as_slice());
        connecting.await.map_err(|error| match error.kind() {
            ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => NatsError::Refused,
            _ => NatsError::Unreachable(error.to_string()),
        })
    }
}

impl FromStr for NatsServers {
    type Err = NatsError;

    fn from_str(text: &str) -> Result<NatsServers, NatsError> {
        let mut addresses = Vec::new();
        let mut credentials: Option<(Option<String>, Zeroizing<String>)> = None;
        for (number, address) in (1..).zip(text.split(',')) {
            let wrong = || NatsError::Address(number);
            let (scheme, rest) = address.trim().split_once("://").ok_or_else(wrong)?;
            let (login, host) = rest.rsplit_once('@').map_or((None, rest), |(login, host)| (Some(login), host));
            if !matches!(scheme, "nats" | "tls") || host.is_empty() || host.contains('/') {
                return Err(wrong());
            }
            addresses.push(ServerAddr::from_str(&format!("{scheme}://{host}")).map_err(|_| wrong())?);
            let Some(login) = login else { continue };
            let (user, secret) = login.split_once(':').map_or((None, login), |(user, secret)| (Some(user), secret));
            let decoded = |part: &str| percent_decoded(part).filter(|part| !part.is_empty()).ok_or_else(wrong);
            let given = (user.map(decoded).transpose()?, Zeroizing::new(decoded(secret)?));
            if credentials.as_ref().is_some_and(|before| *before != given) {
                return Err(NatsError::TwoCredentials);
            }
            credentials = Some(given);
        }
        let (user, secret) = credentials.ok_or(NatsError::NoCredentials)?;
        Ok(NatsServers { addresses, user, secret })
    }
}

impl TryFrom<String> for NatsServers {
    type Error = NatsError;

    fn try_from(text: String) -> Result<NatsServers, NatsError> {
        Zeroizing::new(text).parse()
    }
}

impl std::fmt::Debug for NatsServers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NatsServers(..)")
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = after;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_required_and_never_shown() {
        let servers: NatsServers = "nats://wren:s%40cret@10.0.0.1:4222,nats://10.0.0.2:4222".parse().unwrap();
        assert_eq!((servers.user.as_deref(), servers.secret.as_str()), (Some("wren"), "s@cret"));
        assert_eq!(servers.addresses.len(), 2);
        assert_eq!(format!("{servers:?}"), "NatsServers(..)");
        let token: NatsServers = "tls://t0ken@nats.example".parse().unwrap();
        assert_eq!((token.user, token.secret.as_str()), (None, "t0ken"));
        for (text, error) in [
            ("nats://10.0.0.1:4222", NatsError::NoCredentials),
            ("nats://a:b@one,nats://a:c@two", NatsError::TwoCredentials),
            ("nats://wren:s3cret@", NatsError::Address(1)),
            ("nats://wren:@one", NatsError::Address(1)),
            ("nats://wren:%zz@one", NatsError::Address(1)),
            ("nats://a:b@one,http://two", NatsError::Address(2)),
            ("wren:s3cret@one", NatsError::Address(1)),
            ("", NatsError::Address(1)),
        ] {
            let refused = text.parse::<NatsServers>().unwrap_err();
            assert_eq!(refused, error, "{text}");
            assert!(!refused.to_string().contains("s3cret"));
        }
    }
}
