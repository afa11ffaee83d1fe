//! Requests on their way, and the answers to them. Only the first answer that was sealed for a request counts; anything else that
//! arrives under its name is dropped, and the request goes on waiting.

use super::{
    message::{Answer, MatcherId},
    seal::{Kind, Seal},
};
use async_nats::{Client, Message, StatusCode, Subscriber};
use futures_util::StreamExt;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::oneshot;

/// Where answers arrive.
pub(crate) struct Inbox {
    client: Client,
    seal: Arc<Seal>,
    subject: String,
    waiting: Mutex<HashMap<u128, oneshot::Sender<Option<Answer>>>>,
}

/// Stops waiting when it is dropped.
struct Waiting<'a>(&'a Inbox, u128);

impl Inbox {
    /// An inbox, and what [`Inbox::receive`] has to be given.
    pub(crate) async fn open(
        client: Client,
        seal: Arc<Seal>,
    ) -> Result<(Inbox, Subscriber), async_nats::SubscribeError> {
        let subject = client.new_inbox();
        let arriving = client.subscribe(format!("{subject}.*")).await?;
        Ok((Inbox { client, seal, subject, waiting: Mutex::default() }, arriving))
    }

    /// Hands answers to who waits for them, for ever.
    pub(crate) async fn receive(&self, mut arriving: Subscriber) {
        while let Some(message) = arriving.next().await {
            self.hand_over(&message);
        }
    }

    /// Asks a matcher, with a sealed request of this id; `None` when nobody is there or no answer came in time.
    pub(crate) async fn ask(
        &self,
        matcher: MatcherId,
        id: u128,
        sealed: Vec<u8>,
        patience: Duration,
    ) -> Option<Answer> {
        let (sender, answer) = oneshot::channel();
        self.lock().insert(id, sender);
        let _waiting = Waiting(self, id);
        let to = search_subject(&self.seal, matcher);
        let asked = async {
            self.client.publish_with_reply(to, format!("{}.{id:032x}", self.subject), sealed.into()).await.ok()?;
            answer.await.ok()?
        };
        tokio::time::timeout(patience, asked).await.ok()?
    }

    fn hand_over(&self, message: &Message) {
        let named = message.subject.rsplit('.').next().and_then(|id| u128::from_str_radix(id, 16).ok());
        // What is late was asked for elsewhere already.
        let Some(id) = named.filter(|id| self.lock().contains_key(id)) else { return };
        let answer = if message.status == Some(StatusCode::NO_RESPONDERS) {
            None
        } else {
            let opened = self.seal.open(Kind::Answer(id), &message.payload, Answer::read);
            if opened.is_none() {
                return;
            }
            opened
        };
        if let Some(sender) = self.lock().remove(&id) {
            // Whoever has stopped waiting does not want it.
            let _ = sender.send(answer);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u128, oneshot::Sender<Option<Answer>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}

/// Where a matcher is asked.
pub(crate) fn search_subject(seal: &Seal, matcher: MatcherId) -> String {
    seal.subject(&format!("search.{matcher:032x}"))
}
