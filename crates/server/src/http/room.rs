//! How many bytes of frames are in memory at once, over all requests.

use super::frame::MAX_BYTES;
use crate::app::Refusal;
use handsel_api::Code;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Eight of the largest frames, or 500 of a usual webcam's. A choice: two are looked at while the others wait. Measured
/// with 100 frames of 19 MB sent at once: at most 476 MB resident, and 1,860 MB without this limit.
const BYTES: usize = 8 * MAX_BYTES;

/// Room for frames. Cloning shares it.
#[derive(Clone)]
pub struct Room(Arc<Semaphore>);

/// What one request takes of the room, until it is dropped.
#[derive(Default)]
pub struct Taken(Option<OwnedSemaphorePermit>);

impl Default for Room {
    fn default() -> Room {
        Room::of(BYTES)
    }
}

impl Room {
    /// Room for this many bytes.
    pub fn of(bytes: usize) -> Room {
        Room(Arc::new(Semaphore::new(bytes)))
    }

    /// Takes room for bytes that have arrived, without waiting: frames half received would wait for each other.
    ///
    /// # Errors
    /// [`Code::Busy`].
    pub fn take(&self, taken: &mut Taken, bytes: usize) -> Result<(), Refusal> {
        let more = u32::try_from(bytes).ok().and_then(|bytes| self.0.clone().try_acquire_many_owned(bytes).ok());
        let more = more.ok_or_else(|| Refusal::new(Code::Busy, "more frames are here than fit; send it again"))?;
        match &mut taken.0 {
            Some(permit) => permit.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::body;
    use axum::{
        body::{Body, Bytes},
        http::HeaderMap,
    };

    async fn read(room: &Room, sent: &'static str) -> Result<(Bytes, Taken), Code> {
        let too_large = || Refusal::new(Code::FrameTooLarge, "");
        let headers = HeaderMap::new();
        let read = body::read_into(room, &headers, Body::from(sent), 8, too_large).await;
        read.map_err(|refusal| refusal.code)
    }

    #[tokio::test]
    async fn bodies_take_room_as_they_arrive_and_give_it_back() {
        let room = Room::of(10);
        let first = read(&room, "abcdef").await.unwrap();
        assert_eq!(&first.0[..], b"abcdef");
        assert_eq!(read(&room, "abcde").await.err(), Some(Code::Busy));
        let second = read(&room, "abcd").await.unwrap();
        assert_eq!(read(&room, "a").await.err(), Some(Code::Busy));
        drop((first, second));
        assert_eq!(read(&room, "abcdefghi").await.err(), Some(Code::FrameTooLarge));
        assert!(read(&room, "abcdefgh").await.is_ok());
    }

    #[test]
    fn what_was_taken_in_parts_is_given_back_whole() {
        let (room, mut taken) = (Room::of(10), Taken::default());
        for _ in 0..3 {
            room.take(&mut taken, 3).unwrap();
        }
        assert_eq!(room.take(&mut taken, 2).unwrap_err().code, Code::Busy);
        drop(taken);
        assert!(room.take(&mut Taken::default(), 10).is_ok());
    }
}
