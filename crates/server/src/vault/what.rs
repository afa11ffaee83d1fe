//! What is sealed under a subject's key: a part of the associated data, so that nothing opens in another's place.

use handsel_api::SubjectId;
use handsel_palm::Template;

/// What is sealed; a part of the associated data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What<'a> {
    /// What the subject wants to be called.
    DisplayName,
    /// The last four digits of their phone.
    PhoneLast4,
    /// The name they signed a consent with.
    Signature {
        /// The consent's id.
        consent: &'a str,
    },
    /// Their number in a merchant's programme.
    LoyaltyNumber {
        /// The merchant's id.
        merchant: &'a str,
    },
    /// What an entry of the log opens to.
    Opening {
        /// What the entry commits by, in hexadecimal.
        commitment: &'a str,
    },
    /// What an order to keep their records is called.
    Order {
        /// The hold's id.
        hold: &'a str,
    },
    /// Where they get one-time codes.
    Contact {
        /// What it is found by, in hexadecimal.
        index: &'a str,
    },
    /// A passkey: what it is called, and its public key.
    Passkey {
        /// Its id.
        passkey: &'a str,
    },
    /// What is written about a request of an authority that concerns them.
    LegalRequest {
        /// The request's id.
        request: &'a str,
        /// Which of its texts.
        part: &'static str,
    },
    /// One capture's template.
    Template {
        /// The reference's id.
        reference: &'a str,
        /// Which of its captures.
        position: i64,
        /// The epoch whose transform it is under; 0 for a bare one.
        epoch: i64,
    },
}

impl What<'_> {
    /// The associated data of this, of a subject's.
    pub(super) fn data(self, subject: SubjectId) -> String {
        match self {
            What::DisplayName => format!("handsel/1/display_name/{subject}"),
            What::PhoneLast4 => format!("handsel/1/phone_last4/{subject}"),
            What::Signature { consent } => format!("handsel/1/signature/{subject}/{consent}"),
            What::LoyaltyNumber { merchant } => format!("handsel/1/loyalty/{subject}/{merchant}"),
            What::Opening { commitment } => format!("handsel/1/opening/{subject}/{commitment}"),
            What::Order { hold } => format!("handsel/1/order/{subject}/{hold}"),
            What::Contact { index } => format!("handsel/1/contact/{subject}/{index}"),
            What::Passkey { passkey } => format!("handsel/1/passkey/{subject}/{passkey}"),
            What::LegalRequest { request, part } => format!("handsel/1/legal_request/{subject}/{request}/{part}"),
            What::Template { reference, position, epoch: 0 } => {
                format!("handsel/1/template/{subject}/{reference}/{position}")
            }
            What::Template { reference, position, epoch } => {
                format!("handsel/{}/template/{subject}/{epoch}/{reference}/{position}", Template::SCHEMA)
            }
        }
    }
}
