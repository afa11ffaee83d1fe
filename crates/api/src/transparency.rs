//! What an installation answers to anybody who asks: `GET /transparency.json`, signed at `/transparency.note`, in words at `/transparency`.

use crate::{
    consents::{Language, Purpose},
    incidents::IncidentKind,
    policy::Policy,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `GET /transparency.json`: everything from live data. It leads to nobody.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Transparency {
    /// When this was counted. RFC 3339.
    pub as_of: String,
    /// The version of the program.
    pub release: String,
    /// What is done with palms, by whom, under which law, and for how long.
    pub policy: Policy,
    /// Where palms are taken.
    pub places: Vec<ScannerPlace>,
    /// Where they will be, as the operator's configuration says.
    pub planned: Vec<String>,
    /// Whoever sells here. Each knows people by names of its own.
    pub merchants: Vec<Seller>,
    /// Who is enrolled.
    pub people: People,
    /// Every use of palms, counted.
    pub uses: PalmUses,
    /// What people are told, and were told before: by purpose, language and age.
    pub notices: Vec<ToldNotice>,
    /// The keys that palms are kept under.
    pub keys: PalmKeys,
    /// What authorities asked, and what became of it.
    pub authorities: Authorities,
    /// How often palms are taken for others, as measured before this release.
    pub accuracy: Accuracy,
    /// What was found amiss in the last year, newest first.
    pub incidents: Vec<PublicIncident>,
    /// When backups were made and tried.
    pub backups: Backups,
    /// The log's newest checkpoint when this was counted, a signed note (c2sp.org/tlog-checkpoint).
    pub checkpoint: String,
}

/// How often palms are taken for others.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Accuracy {
    /// The risk that a search among everybody here finds somebody for a stranger, which decides how alike palms must be.
    pub target_fpir: f64,
    /// Measured before this release, with real and with drawn palms of other people than those here.
    pub measured: Vec<Measured>,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Measured {
    /// What was measured.
    pub what: String,
    /// The result; `<` is the upper end of a 95 % interval where no error was seen.
    pub reached: String,
    /// On what, and how many comparisons: mated and non-mated.
    pub set: String,
}

/// Something that must not be and was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicIncident {
    /// What sort.
    pub kind: IncidentKind,
    /// RFC 3339.
    pub found_at: String,
    /// When it was not found any more, RFC 3339; absent while it goes on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<String>,
}

/// When backups were made and tried. RFC 3339; absent where it never was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Backups {
    /// The last one was made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub made_at: Option<String>,
    /// One was last opened, and everything in it, to see that it could be put back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tried_at: Option<String>,
    /// One was put back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub put_back_at: Option<String>,
}

/// A site.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ScannerPlace {
    /// Who sells there.
    pub merchant: String,
    /// Its name.
    pub site: String,
    /// How many scanners are registered there, beside kiosks in browsers.
    pub scanners: u64,
    /// Since when the sign hangs at its door, RFC 3339; nobody can enrol where none does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sign_since: Option<String>,
}

/// Somebody who sells here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Seller {
    /// Their name.
    pub name: String,
    /// At how many sites.
    pub sites: u64,
}

/// How many people there are and were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct People {
    /// With a palm sealed in this installation.
    pub sealed: Rounded,
    /// With a palm that they carry themselves; somebody may be among both.
    pub held: Rounded,
    /// Who left.
    pub left: Rounded,
}

/// A number of people that gives nobody away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rounded {
    /// None.
    None,
    /// So few that a number would say who: 1 to 19.
    FewerThan20,
    /// To the nearest ten; from 1,000 on to the nearest hundred.
    About(u64),
}

impl Rounded {
    /// Rounds a number of people.
    pub fn of(people: u64) -> Rounded {
        let to = |step: u64| people.saturating_add(step / 2) / step * step;
        match people {
            0 => Rounded::None,
            1..20 => Rounded::FewerThan20,
            20..1_000 => Rounded::About(to(10)),
            _ => Rounded::About(to(100)),
        }
    }
}

/// Every use of palms since counting began.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PalmUses {
    /// The first day that is counted, `YYYY-MM-DD`; none when nothing was read yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<String>,
    /// One for every purpose there is, also those never used. There is no other.
    pub purposes: Vec<PurposeUse>,
}

/// What palms were read for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PurposeUse {
    /// The purpose.
    pub purpose: Purpose,
    /// How often palms were read for it.
    pub reads: u64,
    /// In how many of them somebody was found, or was whom they said.
    pub found: u64,
}

/// A notice, and since when it is told.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ToldNotice {
    /// What it asks consent for.
    pub purpose: Purpose,
    /// In which language.
    pub language: Language,
    /// The version of its text.
    pub version: u32,
    /// Its title.
    pub title: String,
    /// Its fingerprint; the words are at `/notices/{sha256}`.
    pub sha256: String,
    /// Since when, RFC 3339; none for those kept before it was noted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<String>,
    /// Whether it is what people are told now.
    pub current: bool,
}

/// The keys that palms are kept under.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PalmKeys {
    /// The number of the epoch that palms are of.
    pub epoch: i64,
    /// Since when, RFC 3339.
    pub epoch_since: String,
    /// How many epochs were revoked.
    pub revoked: u64,
    /// Palms that are still under an earlier epoch's key.
    pub to_rekey: u64,
}

/// What authorities asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Authorities {
    /// By kind; every kind is here.
    pub requests: Vec<RequestCount>,
    /// In how many answers it was said whether somebody is enrolled.
    pub gave_membership: u64,
    /// In how many their payments were.
    pub gave_payments: u64,
    /// In how many their cards' brands and last digits were.
    pub gave_cards: u64,
    /// Orders in force to keep what would be erased.
    pub legal_holds: u64,
    /// Every moratorium there was, newest first: times in which only judges are answered.
    pub moratoria: Vec<Moratorium>,
}

/// Requests of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RequestCount {
    /// The kind.
    pub kind: RequestKind,
    /// Received.
    pub received: u64,
    /// Not decided yet.
    pub open: u64,
    /// Refused.
    pub refused: u64,
    /// Answered that nothing is held.
    pub nothing_held: u64,
    /// Answered with something.
    pub answered: u64,
}

/// What an authority came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// A warrant, which a judge signed.
    Warrant,
    /// Another order of a court.
    CourtOrder,
    /// A subpoena or another demand that no judge signed.
    Subpoena,
    /// A question without any order. It is always refused.
    Informal,
}

impl RequestKind {
    /// Every one.
    pub const ALL: [RequestKind; 4] =
        [RequestKind::Warrant, RequestKind::CourtOrder, RequestKind::Subpoena, RequestKind::Informal];

    /// The word of the API.
    pub fn word(self) -> &'static str {
        match self {
            RequestKind::Warrant => "warrant",
            RequestKind::CourtOrder => "court_order",
            RequestKind::Subpoena => "subpoena",
            RequestKind::Informal => "informal",
        }
    }
}

/// What may be given to an authority: a part for each. There is none for a template, so none can be given:
///
/// ```compile_fail
/// let given = handsel_api::transparency::Part::Template;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Whether they are enrolled, and since when.
    Membership,
    /// Their payments: when, where, how much.
    Payments,
    /// Their cards: brand and last four digits.
    Cards,
}

impl Part {
    /// Every one.
    pub const ALL: [Part; 3] = [Part::Membership, Part::Payments, Part::Cards];
}

/// A time in which only warrants and orders of courts are answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Moratorium {
    /// When it began. RFC 3339.
    pub began_at: String,
    /// When it ends or ended, thirty days after that was announced; none while no end is. RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ends_at: Option<String>,
    /// Whether it is in force.
    pub in_force: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_people_are_no_number_and_many_are_round() {
        let about = Rounded::About;
        let table = [
            (0, Rounded::None),
            (1, Rounded::FewerThan20),
            (19, Rounded::FewerThan20),
            (20, about(20)),
            (24, about(20)),
            (25, about(30)),
            (999, about(1_000)),
            (1_049, about(1_000)),
            (1_050, about(1_100)),
            (1_000_000, about(1_000_000)),
        ];
        for (people, rounded) in table {
            assert_eq!(Rounded::of(people), rounded, "{people}");
        }
        Rounded::of(u64::MAX);
    }
}
