//! Bodies read into memory, up to a limit and a time.

use super::room::{Room, Taken};
use crate::app::Refusal;
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use handsel_api::Code;
use http_body_util::BodyExt;
use std::time::Duration;

/// How long a body may take to arrive, in seconds: 20 MB at 6 Mbit/s. A choice, not a measurement.
const ARRIVAL_S: u64 = 30;

/// How many bytes of a refused body are read and thrown away, so that a client still sending sees the answer and not a
/// broken connection.
const DRAIN_BYTES: usize = 64 * 1024 * 1024;

/// Reads a body of at most `max_bytes`.
///
/// # Errors
/// What `too_large` makes, or [`Code::InvalidJson`] for one that broke off or took too long.
pub async fn read(
    headers: &HeaderMap,
    body: Body,
    max_bytes: usize,
    too_large: impl FnOnce() -> Refusal,
) -> Result<Bytes, Refusal> {
    read_whole(None, headers, body, max_bytes, too_large).await.map(|(bytes, _)| bytes)
}

/// [`read`], for a body that takes room; it is free again when [`Taken`] is dropped.
///
/// # Errors
/// Those of [`read`], and [`Code::Busy`] when the room is full.
pub async fn read_into(
    room: &Room,
    headers: &HeaderMap,
    body: Body,
    max_bytes: usize,
    too_large: impl FnOnce() -> Refusal,
) -> Result<(Bytes, Taken), Refusal> {
    read_whole(Some(room), headers, body, max_bytes, too_large).await
}

async fn read_whole(
    room: Option<&Room>,
    headers: &HeaderMap,
    body: Body,
    max_bytes: usize,
    too_large: impl FnOnce() -> Refusal,
) -> Result<(Bytes, Taken), Refusal> {
    if declared(headers).is_some_and(|length| length > max_bytes as u64) {
        refuse_unread(headers, body).await;
        return Err(too_large());
    }
    let expected = declared(headers).and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    match tokio::time::timeout(Duration::from_secs(ARRIVAL_S), collect(room, body, expected, max_bytes)).await {
        Ok(Collected::Whole(bytes, taken)) => Ok((bytes, taken)),
        Ok(Collected::TooLarge(rest)) => {
            drain(rest).await;
            Err(too_large())
        }
        Ok(Collected::NoRoom(refusal, rest)) => {
            drain(rest).await;
            Err(refusal)
        }
        Ok(Collected::Broken) => Err(Refusal::new(Code::InvalidJson, "the body broke off")),
        Err(_) => Err(Refusal::new(Code::InvalidJson, format!("the body did not arrive within {ARRIVAL_S} s"))),
    }
}

/// Makes a refusal reach a client that is still sending: throws the body away, unless it waits to be asked for.
pub async fn refuse_unread(headers: &HeaderMap, body: Body) {
    if !headers.contains_key(header::EXPECT) {
        drain(body).await;
    }
}

enum Collected {
    Whole(Bytes, Taken),
    TooLarge(Body),
    NoRoom(Refusal, Body),
    Broken,
}

/// Into one allocation where the length is known, so that growing leaves no copies of a frame behind.
async fn collect(room: Option<&Room>, mut body: Body, expected: usize, max_bytes: usize) -> Collected {
    let mut taken = Taken::default();
    let mut whole = Vec::with_capacity(expected);
    while let Some(part) = body.frame().await {
        let Ok(part) = part else { return Collected::Broken };
        let Ok(data) = part.into_data() else { continue };
        if whole.len() + data.len() > max_bytes {
            return Collected::TooLarge(body);
        }
        if let Err(refusal) = room.map_or(Ok(()), |room| room.take(&mut taken, data.len())) {
            return Collected::NoRoom(refusal, body);
        }
        whole.extend_from_slice(&data);
    }
    Collected::Whole(whole.into(), taken)
}

async fn drain(mut body: Body) {
    let reading = async {
        let mut seen = 0;
        while let Some(Ok(part)) = body.frame().await {
            seen += part.data_ref().map_or(0, Bytes::len);
            if seen > DRAIN_BYTES {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(ARRIVAL_S), reading).await;
}

fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
