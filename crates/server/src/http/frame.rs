//! One frame as the raw body of a request.

use super::{Shared, body, caller, room::Taken};
use crate::app::{Caller, Refusal};
use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use handsel_api::Code;

/// The largest frame in bytes.
pub const MAX_BYTES: usize = 20_000_000;

/// The media types a frame may have.
pub const MEDIA_TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];

/// Somebody who may be known, and the bytes of a frame they sent. The bytes are not looked at here.
pub struct Upload {
    /// Who sent it.
    pub caller: Caller,
    /// As sent; never empty.
    pub frame: Vec<u8>,
    /// Its room in memory, to hold until the frame was looked at.
    pub taken: Taken,
}

impl FromRequest<Shared> for Upload {
    type Rejection = Refusal;

    async fn from_request(request: Request, shared: &Shared) -> Result<Upload, Refusal> {
        let (parts, body) = request.into_parts();
        let allowed = match caller::caller(&shared.app, &parts.headers).await {
            Ok(caller) => media_type(&parts.headers).map(|()| caller),
            Err(refusal) => Err(refusal),
        };
        let caller = match allowed {
            Ok(caller) => caller,
            Err(refusal) => {
                body::refuse_unread(&parts.headers, body).await;
                return Err(refusal);
            }
        };
        let read = body::read_into(&shared.frames, &parts.headers, body, MAX_BYTES, too_large).await;
        let (frame, taken) = read.map_err(as_frame)?;
        if frame.is_empty() {
            return Err(Refusal::new(Code::InvalidFrame, "the body is empty; send one frame as the body"));
        }
        Ok(Upload { caller, frame: frame.into(), taken })
    }
}

pub(crate) fn media_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if MEDIA_TYPES.iter().any(|known| known.eq_ignore_ascii_case(essence)) {
        return Ok(());
    }
    let detail = format!("send a frame as {}", MEDIA_TYPES.join(", "));
    Err(Refusal::header(Code::UnsupportedMediaType, "content-type", detail))
}

pub(crate) fn too_large() -> Refusal {
    Refusal::new(Code::FrameTooLarge, format!("a frame is at most {MAX_BYTES} bytes"))
}

/// A body that broke off was no JSON here.
fn as_frame(refusal: Refusal) -> Refusal {
    if refusal.code == Code::InvalidJson { Refusal { code: Code::InvalidFrame, ..refusal } } else { refusal }
}
