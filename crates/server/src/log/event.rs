//! What is logged: a closed list. Of each event the log says its kind and a commitment; the rest is the opening, kept sealed.

use handsel_api::{
    ConsentId, HeldId, HoldId, LegalRequestId, MerchantId, PaymentId, ReferenceId, ScannerId, SiteId, consents::Purpose,
};
use handsel_directory::Statement;
use handsel_log::commitment::{EventKind, Malformed, Opening};
use serde::{Deserialize, Serialize};

/// Something that happened. It holds no name, no score and nothing of a palm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Event {
    /// A palm of theirs was enrolled, or a capture was added to it.
    Enrol {
        /// The palm.
        reference: ReferenceId,
        /// What it is kept for.
        purpose: Purpose,
    },
    /// Palms are about to be compared with one that was shown. One entry for each search, whomever it finds.
    Search {
        /// What for.
        purpose: Purpose,
        /// Where the palm was shown.
        #[serde(flatten)]
        place: ShownAt,
        /// Among whom.
        among: Among,
    },
    /// A palm of theirs was found by a search, or compared.
    Match {
        /// What for.
        purpose: Purpose,
        /// Where the palm was shown.
        #[serde(flatten)]
        place: ShownAt,
        /// What came of it.
        outcome: Outcome,
    },
    /// They were asked for one more proof.
    StepUp {
        /// Of which payment.
        payment: PaymentId,
        /// Whether it was the right one.
        passed: bool,
    },
    /// A palm that they carry was made, or what opens it changed.
    HeldPalm {
        /// Which.
        held: HeldId,
        /// What happened to it.
        step: HeldStep,
    },
    /// The operator looked at records of people.
    StaffAccess {
        /// At which.
        what: Records,
    },
    /// Records left in bulk.
    Export {
        /// Which.
        what: Exported,
        /// Whose they are, where they are a merchant's.
        merchant: MerchantId,
    },
    /// An authority's order was noted, or ended.
    LegalRequest {
        /// The hold that follows it.
        hold: HoldId,
        /// Whether it begins or ends.
        step: OrderStep,
    },
    /// An authority asked something, or it was decided.
    AuthorityRequest {
        /// The request.
        request: LegalRequestId,
        /// Where it stands.
        step: RequestStep,
    },
    /// From now on only judges are answered, or the end of that is announced.
    Moratorium {
        /// Which.
        step: MoratoriumStep,
    },
    /// They signed a consent.
    ConsentGiven {
        /// Which.
        consent: ConsentId,
        /// To what.
        purpose: Purpose,
    },
    /// They took a consent back.
    ConsentWithdrawn {
        /// Which.
        consent: ConsentId,
        /// To what.
        purpose: Purpose,
    },
    /// Somebody's records, or one palm, were erased.
    Erasure {
        /// How many palms.
        palms: u64,
        /// Whether a legal order keeps some of it out of reach until it ends.
        held: bool,
    },
    /// There is a new key-encryption key.
    KeyRotation {
        /// Its number.
        number: i64,
    },
    /// An epoch's key is about to be destroyed, and a new epoch began.
    EpochRevocation {
        /// The new one.
        began: i64,
    },
    /// What is done with palms, or how, was set anew.
    Configuration {
        /// SHA-256 of the policy and the settings beside it, in hexadecimal.
        sha256: String,
    },
    /// What the directory of uses is now: everybody may open this one.
    Directory(Statement),
    /// Another version of this program runs.
    Release {
        /// Its version.
        version: String,
        /// SHA-256 of the program's file, in hexadecimal.
        sha256: String,
    },
}

/// What happened to a palm that its owner carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HeldStep {
    /// It was taken, sealed and given to its owner.
    Given,
    /// Somebody typed another PIN than its own.
    WrongPin,
    /// It opens nothing until its owner unlocks it: too many failures.
    Locked,
    /// Its owner unlocked it.
    Unlocked,
    /// It opens nothing any more, wherever it lies.
    GivenUp,
}

/// Where a request of an authority stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RequestStep {
    /// It was received.
    Received,
    /// It was refused.
    Refused,
    /// It was answered that nothing is held.
    NothingHeld,
    /// It is answered with something.
    Answered,
    /// What is given was written out.
    Given,
}

/// What became of a moratorium.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MoratoriumStep {
    /// It began.
    Begun,
    /// Its end in thirty days was announced.
    EndAnnounced,
}

/// Where a palm was shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShownAt {
    /// The site; none where somebody shows it to their own wallet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) site: Option<SiteId>,
    /// The scanner, where the site's till asked one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) scanner: Option<ScannerId>,
    /// The payment that it is for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) payment: Option<PaymentId>,
}

/// Among whom a search looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Among {
    /// Everybody.
    Everybody,
    /// Those among whom the till says the person is.
    Cohort,
    /// One palm, which its owner says it is.
    OnePalm,
    /// The one palm that its owner brought.
    Brought,
}

/// What came of a comparison with a palm, as its owner is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Surely this one.
    Found,
    /// Probably this one: one more proof is asked for.
    Probably,
    /// Found by a search to whose purpose they do not consent, which was told that it found nobody.
    NoConsent,
    /// Somebody wanted to enrol a palm that is theirs, and was refused.
    Taken,
    /// Compared while they enrolled.
    Verified,
    /// Another hand was held against the palm that they carry.
    Different,
    /// Sent sealed to a shop that may be cut off, to be compared there.
    Carried,
}

/// Records that an operator looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Records {
    /// One subject's.
    Subject,
    /// The list of everybody, without names.
    Subjects,
    /// Everything about one subject, written out.
    Everything,
    /// Orders of authorities.
    LegalHolds,
    /// Requests of authorities.
    LegalRequests,
    /// A backup of everything, sealed.
    Backup,
}

/// Records that leave in bulk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Exported {
    /// A merchant's payments as a table.
    Payments,
    /// Sealed palms for a shop's agent.
    Palms,
}

/// Whether an order begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OrderStep {
    /// It is kept to from now on.
    Placed,
    /// It was lifted.
    Lifted,
}

/// An event and when it was: what an opening holds, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Logged {
    /// In milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// What happened.
    #[serde(flatten)]
    pub(crate) event: Event,
}

impl Event {
    /// A search's kind.
    pub(crate) const SEARCH: &'static str = "search";

    /// Every kind there is.
    #[cfg(test)]
    pub(crate) const KINDS: [&'static str; 18] = [
        "enrol",
        Event::SEARCH,
        "match",
        "step_up",
        "held_palm",
        "staff_access",
        "export",
        "legal_request",
        "authority_request",
        "moratorium",
        "consent_given",
        "consent_withdrawn",
        "erasure",
        "key_rotation",
        "epoch_revocation",
        "configuration",
        Statement::KIND,
        "release",
    ];

    /// What sort of event it is, as anybody reads it in the log.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Event::Enrol { .. } => "enrol",
            Event::Search { .. } => Event::SEARCH,
            Event::Match { .. } => "match",
            Event::StepUp { .. } => "step_up",
            Event::HeldPalm { .. } => "held_palm",
            Event::StaffAccess { .. } => "staff_access",
            Event::Export { .. } => "export",
            Event::LegalRequest { .. } => "legal_request",
            Event::AuthorityRequest { .. } => "authority_request",
            Event::Moratorium { .. } => "moratorium",
            Event::ConsentGiven { .. } => "consent_given",
            Event::ConsentWithdrawn { .. } => "consent_withdrawn",
            Event::Erasure { .. } => "erasure",
            Event::KeyRotation { .. } => "key_rotation",
            Event::EpochRevocation { .. } => "epoch_revocation",
            Event::Configuration { .. } => "configuration",
            Event::Directory(_) => Statement::KIND,
            Event::Release { .. } => "release",
        }
    }
}

impl Logged {
    /// What is committed to, with random bytes of its own unless everybody may know it.
    pub(crate) fn opening(&self, epoch: i64) -> Result<Opening, Malformed> {
        let kind = EventKind::parse(self.event.kind())?;
        let event = serde_json::to_vec(self).map_err(|_| Malformed)?;
        let epoch = u64::try_from(epoch).map_err(|_| Malformed)?;
        Ok(match self.event {
            Event::Directory(_) => Opening::for_everybody(kind, epoch, event),
            _ => Opening::new(kind, epoch, event),
        })
    }

    /// Reads it out of an opening.
    pub(crate) fn of(opening: &Opening) -> Result<Logged, Malformed> {
        serde_json::from_slice(opening.event()).map_err(|_| Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use handsel_log::Hash;
    use ulid::Ulid;

    #[test]
    fn an_event_reads_back_from_its_opening_and_is_called_as_its_json_says() {
        let (id, purpose) = (Ulid::from_parts(1, 2), Purpose::Payment);
        let place = ShownAt { site: Some(SiteId(id)), scanner: None, payment: Some(PaymentId(id)) };
        let hold = HoldId(id);
        let events = [
            Event::Enrol { reference: ReferenceId(id), purpose },
            Event::Search { purpose, place, among: Among::Cohort },
            Event::Match { purpose, place: ShownAt::default(), outcome: Outcome::NoConsent },
            Event::StepUp { payment: PaymentId(id), passed: false },
            Event::HeldPalm { held: HeldId(id), step: HeldStep::WrongPin },
            Event::StaffAccess { what: Records::Subject },
            Event::Export { what: Exported::Palms, merchant: MerchantId(id) },
            Event::LegalRequest { hold, step: OrderStep::Lifted },
            Event::AuthorityRequest { request: LegalRequestId(id), step: RequestStep::Refused },
            Event::Moratorium { step: MoratoriumStep::EndAnnounced },
            Event::ConsentGiven { consent: ConsentId(id), purpose },
            Event::ConsentWithdrawn { consent: ConsentId(id), purpose },
            Event::Erasure { palms: 2, held: true },
            Event::KeyRotation { number: 2 },
            Event::EpochRevocation { began: 3 },
            Event::Configuration { sha256: "00".to_owned() },
            Event::Directory(Statement { epoch: 1, root: Hash([1; 32]), entries: 7, key: Hash([2; 32]) }),
            Event::Release { version: "1".to_owned(), sha256: "00".to_owned() },
        ];
        assert_eq!(events.each_ref().map(Event::kind), Event::KINDS);
        for event in events {
            let logged = Logged { at_ms: 5, event };
            let opening = logged.opening(3).unwrap();
            let json: serde_json::Value = serde_json::from_slice(opening.event()).unwrap();
            assert_eq!((json["kind"].as_str(), json["at_ms"].as_i64()), (Some(logged.event.kind()), Some(5)));
            assert_eq!(Logged::of(&Opening::parse(&opening.to_bytes()).unwrap()).unwrap(), logged);
        }
    }
}
