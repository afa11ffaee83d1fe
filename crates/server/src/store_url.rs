//! The address of a PostgreSQL store. It holds a password, so nothing prints it.

use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;
use std::{fmt, net::IpAddr, path::Path, str::FromStr};
use zeroize::Zeroizing;

/// What may follow the `?`. Anything else is refused, so that a misspelled `password=` is not printed as unknown.
const PARAMETERS: [&str; 10] =
    ["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "port", "user", "password", "dbname", "application_name"];

/// A PostgreSQL address, `postgres://user:password@host:port/database`. To a host that is not this machine the connection
/// is encrypted and the host's certificate checked, unless the address itself says otherwise (`sslmode`).
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct StoreUrl {
    address: Zeroizing<String>,
    shown: String,
}

/// Why a text is no address of a store; says what to do, and nothing of the text.
#[derive(Debug, thiserror::Error)]
#[error(
    "the store must be a PostgreSQL address, postgres://user:password@host/database; leave it out to keep the store in a \
     file in the data folder ({0})"
)]
pub struct NoStoreUrl(String);

impl StoreUrl {
    /// The address with its password, for connecting.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

impl FromStr for StoreUrl {
    type Err = NoStoreUrl;

    fn from_str(text: &str) -> Result<StoreUrl, NoStoreUrl> {
        if !(text.starts_with("postgres://") || text.starts_with("postgresql://")) {
            return Err(NoStoreUrl("it does not start with postgres://".to_owned()));
        }
        let (_, query) = text.split_once('?').unwrap_or((text, ""));
        let names = || query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty());
        if names().any(|name| !PARAMETERS.contains(&name)) {
            return Err(NoStoreUrl(format!("after the ? only {} are known", PARAMETERS.join(", "))));
        }
        let options: PgConnectOptions = text.parse().map_err(|error: sqlx::Error| NoStoreUrl(error.to_string()))?;
        let mut address = Zeroizing::new(text.to_owned());
        let socket = options.get_socket().map(|path| path.as_path());
        if !(socket.is_some() || is_here(options.get_host()) || names().any(|name| name == "sslmode")) {
            address.push_str(if text.contains('?') { "&sslmode=verify-full" } else { "?sslmode=verify-full" });
        }
        let host = socket.map_or_else(|| options.get_host().into(), Path::to_string_lossy);
        let database = options.get_database().unwrap_or(options.get_username());
        let shown = format!("postgres://{host}:{}/{database}", options.get_port());
        Ok(StoreUrl { address, shown })
    }
}

fn is_here(host: &str) -> bool {
    host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

impl TryFrom<String> for StoreUrl {
    type Error = NoStoreUrl;

    fn try_from(text: String) -> Result<StoreUrl, NoStoreUrl> {
        Zeroizing::new(text).parse()
    }
}

/// Host, port and database alone.
impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoreUrl").field(&self.shown).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_prints_user_or_password() {
        for (text, shown) in [
            ("postgres://clerk:hush@db.example:6543/shop", "postgres://db.example:6543/shop"),
            ("postgresql://clerk@localhost/shop?password=hush", "postgres://localhost:5432/shop"),
            ("postgres:///shop?host=/run/pg&user=clerk&password=hush", "postgres:///run/pg:5432/shop"),
        ] {
            let url: StoreUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), shown);
            let config = crate::Config { store: Some(url), ..crate::Config::default() };
            let printed = format!("{config:?}");
            assert!(!printed.contains("hush") && !printed.contains("clerk"), "{printed}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for text in [
            "",
            "mysql://clerk:hush@db/shop",
            "sqlite:hush.db",
            "hush",
            "postgres://clerk:hush@db:port/shop",
            "postgres://clerk@db/shop?pasword=hush",
            "postgres://clerk:hush@db/shop?sslmode=perhaps",
        ] {
            let refused = text.parse::<StoreUrl>().unwrap_err().to_string();
            assert!(refused.contains("postgres://user:password@host/database"), "{refused}");
            assert!(!refused.contains("hush") && !refused.contains("clerk"), "{refused}");
        }
    }

    #[test]
    fn another_machine_is_asked_for_its_certificate() {
        let address = |text: &str| text.parse::<StoreUrl>().unwrap().address().to_owned();
        assert_eq!(address("postgres://db.example/shop"), "postgres://db.example/shop?sslmode=verify-full");
        assert_eq!(
            address("postgres://db.example/shop?user=a"),
            "postgres://db.example/shop?user=a&sslmode=verify-full"
        );
        for as_it_is in [
            "postgres://db.example/shop?sslmode=require",
            "postgres://localhost/shop",
            "postgres://127.0.0.1/shop",
            "postgres://[::1]/shop",
            "postgres:///shop?host=/run/pg",
        ] {
            assert_eq!(address(as_it_is), as_it_is);
        }
    }
}
