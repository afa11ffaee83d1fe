//! What went wrong, as RFC 9457 `application/problem+json`.

use crate::references::Quality;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A refusal or failure. Match on `code`, never on the texts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `/problems/{code}`: a page that explains it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for every problem of this code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable.
    pub code: Code,
    /// What is wrong this time, and what to do.
    pub detail: String,
    /// The field at fault, as a JSON pointer or a header's name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// For `capture_rejected`: why.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quality: Option<Quality>,
    /// Also in the `x-request-id` header and in the log.
    pub request_id: String,
}

macro_rules! codes {
    ($($name:ident $status:literal $title:literal $advice:literal;)*) => {
        /// Every kind of problem there is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Code] = &[$(Code::$name),*];

            /// The HTTP status it comes with.
            pub fn status(self) -> u16 {
                match self { $(Code::$name => $status,)* }
            }

            /// What it is, in one line.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// What to do about it.
            pub fn advice(self) -> &'static str {
                match self { $(Code::$name => $advice,)* }
            }
        }
    };
}

codes! {
    InvalidJson 400 "The body is not the JSON that was expected" "Send JSON that fits the schema; `field` names the place.";
    UnknownField 400 "The body has a field that is not known" "Remove the field named in `field`.";
    IdempotencyKeyMissing 400 "This request moves money and needs an Idempotency-Key" "Send a fresh random key per sale, and the same one again on a retry.";
    Unauthenticated 401 "No valid key or session" "Send `Authorization: Bearer` with a key of this installation.";
    BadSignature 401 "Not signed by the processor" "Set the processor's webhook secret here, and look at who else sends events.";
    Forbidden 403 "Not allowed with this key or session" "Use a key of the merchant or subject this belongs to.";
    KeyModeMismatch 403 "A test key at a real processor, or a live key at the simulated one" "Use a key of the other mode: nobody moves real money with a test key.";
    ConsentRequired 403 "No signed consent for this purpose" "Have the subject read the notice and sign it first; no frame was looked at.";
    Minor 403 "Not old enough to enrol a palm" "Pay by card, at the same price. Nothing was kept.";
    CustodyForbidden 403 "The law here forbids searching palms that an operator keeps" "Pay by card. A palm may only be compared with the one that its owner brings.";
    NotFound 404 "There is no such thing here" "Check the id and the key it is asked with.";
    MethodNotAllowed 405 "This path does not take this method" "See /v1/openapi.json.";
    AlreadyEnrolled 409 "This palm is already enrolled" "Use the existing wallet; a palm can belong to one subject only.";
    PalmsDiffer 409 "This capture is not of the palm captured before" "Hold the same hand again, or start over.";
    SignMissing 409 "The sign about palms does not hang at this door" "Print it in the console, hang it, and confirm it there; until then nobody enrols here.";
    WrongState 409 "The payment is not in a state that allows this" "Read the payment and go on from its status.";
    HeldRevoked 409 "This held palm opens nothing any more" "Pay by card, and enrol again: it was erased, or the operator revoked all of its time.";
    HeldReplayed 409 "This code was used before" "Show the phone again: it makes a new code each time.";
    IdempotencyConflict 409 "A request with this Idempotency-Key is still running" "Wait and send the same request again.";
    CaptureTooLarge 409 "More than what was set aside" "Capture at most the amount in `detail`.";
    AuthorizationExpired 409 "What was set aside was not captured in time" "Nothing was charged. Open a new payment.";
    RefundTooLarge 409 "More than what is left of the captured amount" "Refund at most the amount in `detail`.";
    ScannerBusy 409 "The scanner has another action in progress" "Wait for its end, or cancel it.";
    TooManyEndpoints 409 "No further webhook endpoint for this merchant" "Delete one that is not in use.";
    BodyTooLarge 413 "The body is larger than this takes" "Send at most the number of bytes in `detail`.";
    FrameTooLarge 413 "The body is larger than 20 MB" "Send a smaller image; 1600 pixels on the longest side are plenty.";
    UnsupportedMediaType 415 "Not a media type this takes" "Frames: image/jpeg, image/png or image/webp. Everything else: application/json.";
    InvalidFrame 422 "The body is not an image that can be read" "Send a whole JPEG, PNG or WebP of at most 20 megapixels.";
    CaptureRejected 422 "No palm fit for comparison in the frame" "Follow the first reason in `quality.reasons` and try again.";
    HeldUnreadable 422 "No whole held palm can be read" "Hold the code on the phone or the card still in front of the camera, and try again.";
    HeldInvalid 422 "Not a held palm that was sealed here" "Show the code from your wallet or your card. What was made or changed elsewhere is refused.";
    HeldExpired 422 "The code was made too long ago, or in the future" "Show the phone again; if it lasts, set its clock.";
    PinRequired 422 "This held palm needs its PIN" "Type the PIN that was chosen when it was enrolled.";
    PinWrong 422 "That PIN does not fit" "Try again, or pay by card. After five failures the held palm is locked.";
    CreditCodeSpent 422 "This code pays nothing" "Pay by card without it. A code pays in its own currency until it expires or nothing is left of it.";
    InvalidField 422 "A field has a value that is not allowed" "`field` names it and `detail` says what is allowed.";
    AmountOutOfRange 422 "The amount is not allowed" "Send whole minor units from 1 to 10,000,000.";
    CurrencyMismatch 422 "Not the currency of this merchant or payment" "Send the currency named in `detail`.";
    NoticeOutdated 422 "Not the notice that is in force" "Show the current notice and have that one signed.";
    IdempotencyMismatch 422 "This Idempotency-Key was used with another request" "Use a new key for a new request.";
    EventTooOld 422 "The event was signed too long ago" "Have the processor send it again; each time it is signed anew.";
    EventFromTheFuture 422 "The event was signed in the future" "Set the clocks: this machine's or the processor's is wrong.";
    OfflineLimit 422 "More than may be paid while the server cannot be reached" "Take the money another way; `detail` says what the limit is.";
    StepUpFailed 422 "That proof does not fit" "Pay by card, or try again while attempts are left.";
    NoPaymentMethod 422 "The subject has no card to pay with" "Add one in the wallet, or pay by card.";
    HeldLocked 429 "This held palm is locked after too many failures" "Pay by card, and unlock it in your wallet.";
    TooManyAttempts 429 "Too many attempts" "Pay by card. The payment is still open.";
    TooManyRequests 429 "More requests than this key may send" "Wait as long as `retry-after` says, and send the same request again.";
    Internal 500 "Something broke on our side" "Nothing was charged by this request unless a retry says so; retry with the same Idempotency-Key.";
    Busy 503 "More frames at once than this server has room for" "Send the frame again in a second or two.";
    GalleryUnavailable 503 "Not every palm could be searched" "Nobody was recognised and nothing charged. Try again in a moment, or pay by card.";
    LogUnavailable 503 "What is done with palms cannot be written down now" "Nobody was recognised and nothing charged. Pay by card; if it lasts, look at the disk of the log's folder.";
    Offline 503 "The server cannot be reached from this shop now" "Take the money another way, or try again once the line is back. Nothing was charged by this request.";
    ProcessorUnavailable 503 "The card processor does not answer now" "Nothing was charged. Try again in a few seconds, or take the money another way.";
    StoreUnavailable 503 "The store cannot take writes now" "Retry with the same Idempotency-Key: it never charges twice. If it lasts, check the disk.";
}

impl Code {
    /// The snake-case code as it stands in JSON.
    pub fn name(self) -> String {
        let mut out = String::new();
        for (i, c) in format!("{self:?}").chars().enumerate() {
            if c.is_ascii_uppercase() && i > 0 {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_spelt_as_serde_spells_it() {
        for &code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
            assert!((400..600).contains(&code.status()));
        }
    }
}
