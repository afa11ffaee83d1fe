//! What an installation may set. The binary fills it from a file and the environment.

mod codes;
mod processor;
mod public_url;
mod token;
mod witness;

pub use codes::CodesConfig;
pub use processor::{BaseUrl, NoBaseUrl, ProcessorConfig, SecretText};
pub use public_url::{NoPublicUrl, PublicUrl};
pub use token::TokenConfig;
pub use witness::WitnessConfig;

use crate::{matchers::NatsServers, store_url::StoreUrl};
use handsel_api::policy::Jurisdiction;
use serde::Deserialize;
use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
};

/// Everything an installation may set; unknown keys are refused.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the key file and, unless `store` names a database, the store live. Made when it is not there.
    pub data_dir: PathBuf,
    /// A PostgreSQL database that is the store; without one, it is a file in `data_dir`.
    pub store: Option<StoreUrl>,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// How many searches of people who are not enrolled may end in an identity, 0 < rate ≤ 0.01; see
    /// [`Config::DEFAULT_TARGET_FPIR`].
    pub target_fpir: f64,
    /// Further names the server is reached under, without scheme and port, such as a reverse proxy's. At loopback, other
    /// names than these and loopback's own are refused.
    pub hosts: Vec<String>,
    /// The address people have in their browser, such as `https://pay.example`: passkeys are bound to its name. Without one it
    /// is `http://localhost` with the port of `listen`.
    pub public_url: Option<PublicUrl>,
    /// Who carries one-time codes to people's mail or phone. Without one there are none.
    pub codes: Option<CodesConfig>,
    /// How many requests a second a till's key may send; more than that at once is refused.
    pub requests_per_s: NonZeroU32,
    /// The NATS servers that lead to the matchers. Without them all palms are held and searched in this process.
    pub gallery: Option<NatsServers>,
    /// Whether shops that are cut off from this server may go on taking small payments; see docs/OFFLINE.md.
    pub offline: bool,
    /// Whether people may keep their palm with them, on a phone or a printed card, instead of here. Where the law forbids to search
    /// palms that are kept here, they always may.
    pub held: bool,
    /// Whose law is kept: `us-il`, `us-tx`, `us-wa`, `us-co`, `us-nyc`, `eu`, or `default`.
    pub jurisdiction: Jurisdiction,
    /// Who runs this and answers for the data, as notices and the sign at the door name them.
    pub operator: Option<String>,
    /// How they are reached: an address, a mail address, a phone number.
    pub contact: Option<String>,
    /// Where scanners are planned, in words; shown on the public page.
    pub planned: Vec<String>,
    /// Whoever did not use their palm for so many days is erased; the jurisdiction sets the most.
    pub keep_unused_days: u32,
    /// Who moves the money. `handsel serve` starts a simulated one when none is named.
    pub processor: Option<ProcessorConfig>,
    /// A PKCS#11 token that the next key-encryption keys are made in. Without one they are in the keys folder.
    pub pkcs11: Option<TokenConfig>,
    /// Others who are asked to sign the log's checkpoints, once they saw that it only grew.
    pub witnesses: Vec<WitnessConfig>,
}

impl Config {
    /// Where the key files are.
    pub fn keys_dir(&self) -> PathBuf {
        self.data_dir.join("keys")
    }
}

impl Config {
    /// What one key may send in a second: more than one server of two cores answers.
    const DEFAULT_REQUESTS_PER_S: NonZeroU32 = NonZeroU32::new(5_000).unwrap();

    /// Twelve months.
    const DEFAULT_KEEP_UNUSED_DAYS: u32 = 365;

    /// One wrong identity in ten thousand searches by strangers, and even that one charges nobody: the shopper still sees
    /// initials and card before they say yes. A hundred times that often a stranger is asked for the last digits of a
    /// phone. Chosen on 40 drawn palms of two captures: 118 of 120 later captures were identified and 2 asked for a
    /// proof at a similarity of 0.716; this rate needs 0.698 there, and 0.715 among 1,000 enrolled palms.
    pub const DEFAULT_TARGET_FPIR: f64 = 1e-4;
}

impl Default for Config {
    fn default() -> Config {
        Config {
            data_dir: PathBuf::from("handsel-data"),
            store: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8321)),
            target_fpir: Config::DEFAULT_TARGET_FPIR,
            hosts: Vec::new(),
            public_url: None,
            codes: None,
            requests_per_s: Config::DEFAULT_REQUESTS_PER_S,
            gallery: None,
            offline: false,
            held: false,
            jurisdiction: Jurisdiction::Default,
            operator: None,
            contact: None,
            planned: Vec::new(),
            keep_unused_days: Config::DEFAULT_KEEP_UNUSED_DAYS,
            processor: None,
            pkcs11: None,
            witnesses: Vec::new(),
        }
    }
}
