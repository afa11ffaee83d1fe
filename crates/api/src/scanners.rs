//! Scanners: devices that a till asks to collect a payment, so that a till needs HTTP and nothing else.

use crate::{MerchantId, PaymentId, ScannerActionId, ScannerId, SiteId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /v1/scanners`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateScanner {
    /// Where it stands.
    pub site: SiteId,
    /// What it is called there, 1–60 characters.
    #[schema(example = "Counter 2")]
    pub name: String,
}

/// A device that takes payments.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Scanner {
    /// Its id.
    pub id: ScannerId,
    /// Where it stands.
    pub site: SiteId,
    /// Whose site that is.
    pub merchant: MerchantId,
    /// What it is called.
    pub name: String,
    /// The page to open on the device, by a browser that is the site's kiosk.
    pub kiosk_path: String,
    /// RFC 3339.
    pub created_at: String,
}

/// `POST /v1/scanners/{id}/actions`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum CreateScannerAction {
    /// Show this payment to the shopper and take it.
    CollectPayment {
        /// An open payment of the scanner's site.
        payment: PaymentId,
    },
}

/// What a scanner was asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScannerAction {
    /// Its id.
    pub id: ScannerActionId,
    /// By which scanner.
    pub scanner: ScannerId,
    /// What to do.
    #[serde(rename = "type")]
    pub kind: ScannerActionKind,
    /// Which payment.
    pub payment: PaymentId,
    /// How far it is.
    pub status: ScannerActionStatus,
    /// When the scanner gives up, RFC 3339. A payment that is with the processor then is waited for.
    pub deadline_at: String,
    /// RFC 3339.
    pub created_at: String,
}

/// What a scanner can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScannerActionKind {
    /// Take a payment.
    CollectPayment,
}

/// How far an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScannerActionStatus {
    /// The scanner shows it.
    InProgress,
    /// Paid.
    Succeeded,
    /// The card was refused, or five minutes are over.
    Failed,
    /// The till or the shopper gave up.
    Cancelled,
}
