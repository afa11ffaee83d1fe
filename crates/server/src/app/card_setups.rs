//! Linking a card on the processor's own page: out to it, back here, and the card is looked up. No card number comes near.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
    payment_methods::room_for_a_card,
};
use crate::{
    clock::now_ms,
    ids,
    processor::Silent,
    store::{card_setups, card_setups::StoredSetup, subjects},
};
use handsel_api::{
    CardSetupId, Code, SubjectId,
    subjects::{CardSetup, CreateCardSetup},
};

/// How long after it was begun a page's card is still linked: a day.
const OPEN_MS: i64 = 24 * 60 * 60 * 1000;
/// The longest `return_url`.
const LONGEST_URL: usize = 2_000;

/// How a card setup stands when a browser comes back from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameBack {
    /// Whether a card is linked.
    pub linked: bool,
    /// Where whoever began it wants the browser to go; to the wallet when there is none.
    pub return_url: Option<String>,
}

impl App {
    /// Opens a page of the processor's own for a subject. `here` is this server as the browser reaches it.
    pub async fn start_card_setup(
        &self,
        caller: &Caller,
        subject: SubjectId,
        here: &str,
        request: CreateCardSetup,
    ) -> Answer<CardSetup> {
        let now_ms = now_ms();
        let mut conn = self.0.store.read().await?;
        let stored = subjects::subject(&mut conn, subject).await?.ok_or_else(|| Refusal::not_found("subject"))?;
        allow(caller, Right::Enrol { subject: &stored, now_ms })?;
        room_for_a_card(&mut conn, subject).await?;
        drop(conn);
        if !request.return_url.as_deref().is_none_or(is_web) {
            let detail = format!("An http or https URL of at most {LONGEST_URL} visible ASCII characters.");
            return Err(Refusal::field(Code::InvalidField, "/return_url", detail));
        }
        let id = CardSetupId(ids::next());
        let started = self.0.processor.start_setup(id, format!("{here}/cards/{id}")).await.map_err(unavailable)?;
        let setup = StoredSetup {
            subject,
            processor: self.0.processor.name().to_owned(),
            reference: started.reference,
            return_url: request.return_url,
            linked: false,
            created_ms: now_ms,
        };
        let mut tx = self.0.store.write().await?;
        // Erased meanwhile.
        subjects::subject(&mut tx, subject).await?.ok_or_else(|| Refusal::not_found("subject"))?;
        card_setups::insert(&mut tx, id, &setup).await?;
        tx.commit().await?;
        tracing::info!(%subject, card_setup = %id, "card setup begun");
        Ok(CardSetup { id, redirect_url: started.redirect_url })
    }

    /// A browser came back: looks up which card was named, and links it to whoever the page was for. Whoever comes, and
    /// however often, the effect is the same, so it needs no session: a browser sends none on its way back.
    pub async fn finish_card_setup(&self, id: CardSetupId) -> Answer<CameBack> {
        let mut conn = self.0.store.read().await?;
        let setup = card_setups::setup(&mut conn, id).await?.filter(|setup| setup.processor == self.0.processor.name());
        let setup = setup.ok_or_else(|| Refusal::not_found("card setup"))?;
        drop(conn);
        let came_back = |linked| Ok(CameBack { linked, return_url: setup.return_url.clone() });
        if setup.linked {
            return came_back(true);
        }
        if now_ms() >= setup.created_ms.saturating_add(OPEN_MS) {
            return came_back(false);
        }
        let looked_up = self.0.processor.look_up_setup(setup.reference.clone()).await.map_err(unavailable)?;
        let Some(card) = looked_up else { return came_back(false) };
        let mut tx = self.0.store.write().await?;
        // Somebody else may have come back at the same time, or the subject may be gone with their setups.
        let linked = match card_setups::set_linked(&mut tx, id).await? {
            true => Some(self.link(&mut tx, setup.subject, card).await?),
            false => None,
        };
        let is_linked = card_setups::setup(&mut tx, id).await?.is_some_and(|setup| setup.linked);
        tx.commit().await?;
        if let Some(method) = linked {
            tracing::info!(subject = %setup.subject, payment_method = %method.id, "card linked");
        }
        came_back(is_linked)
    }
}

/// Something went wrong on the way; nothing was changed here.
pub(super) fn unavailable(_: Silent) -> Refusal {
    Refusal::new(Code::ProcessorUnavailable, "The processor did not answer. Nothing was changed; try again.")
}

fn is_web(url: &str) -> bool {
    let web = url.starts_with("https://") || url.starts_with("http://");
    web && url.len() <= LONGEST_URL && url.bytes().all(|byte| byte.is_ascii_graphic())
}
