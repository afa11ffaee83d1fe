//! Disputes: who may open, close and read one, and what each leaves behind.

use super::*;
use handsel_api::{
    Code,
    disputes::{CloseDispute, Dispute, DisputeOutcome, DisputeParty, DisputeStatus, OpenDispute, OpenedBy},
};

const OPERATOR: Caller = Caller::Operator;

fn opening(opened_by: OpenedBy, note: Option<&str>) -> OpenDispute {
    OpenDispute { opened_by, note: note.map(str::to_owned) }
}

fn closing(outcome: DisputeOutcome, note: Option<&str>) -> CloseDispute {
    CloseDispute { outcome, note: note.map(str::to_owned) }
}

async fn all(shop: &Shop, caller: &Caller) -> Vec<Dispute> {
    shop.app.list_disputes(caller, 100, None).await.unwrap().data
}

/// The name of a refusal's code.
fn code<T>(answer: super::super::Answer<T>) -> Option<Code> {
    answer.err().map(|refusal| refusal.code)
}

async fn a_dispute_opens_and_closes_once(on: On) {
    let shop = Shop::open_on(on).await;
    let paid = shop.paid(1_000).await;
    shop.app.refund(&shop.till(), &RequestKey::unique(), paid.id, shop.refund(300)).await.unwrap();
    let secret = paid.receipt_path.as_deref().unwrap().rsplit('/').next().unwrap();
    assert!(shop.app.receipt(secret).await.unwrap().dispute.is_none());

    let note = Some("Called by the issuer; case 17.\nÅse");
    let opened = shop.app.open_dispute(&OPERATOR, paid.id, opening(OpenedBy::Processor, note)).await.unwrap();
    assert_eq!((opened.status, opened.opened_by), (DisputeStatus::Open, DisputeParty::Processor));
    assert_eq!((opened.amount_minor, opened.note.as_deref()), (700, note), "what remained paid");
    assert_eq!(opened.closed_at, None);
    let again = shop.app.open_dispute(&OPERATOR, paid.id, opening(OpenedBy::Processor, None)).await.err().unwrap();
    assert_eq!(again.code, Code::WrongState);
    assert!(again.detail.contains(&opened.id.to_string()), "{}", again.detail);
    assert_eq!(shop.app.receipt(secret).await.unwrap().dispute.unwrap().status, DisputeStatus::Open);

    // The operator's own beside it: only one of them can take the money back.
    let own = shop.app.open_dispute(&OPERATOR, paid.id, opening(OpenedBy::Operator, None)).await.unwrap();
    let lost = shop.app.close_dispute(&OPERATOR, opened.id, closing(DisputeOutcome::Lost, None)).await.unwrap();
    assert_eq!((lost.status, lost.note.as_deref()), (DisputeStatus::Lost, note), "the note stays");
    assert!(lost.closed_at.is_some());
    let twice = shop.app.close_dispute(&OPERATOR, own.id, closing(DisputeOutcome::Lost, None)).await.err().unwrap();
    assert_eq!((twice.code, twice.field.as_deref()), (Code::WrongState, Some("/outcome")));
    let withdrawn = closing(DisputeOutcome::Withdrawn, Some("mine was a mistake"));
    let own = shop.app.close_dispute(&OPERATOR, own.id, withdrawn.clone()).await.unwrap();
    assert_eq!((own.status, own.note.as_deref()), (DisputeStatus::Withdrawn, Some("mine was a mistake")));

    // The same again changes nothing, another way is refused.
    let same = shop.app.close_dispute(&OPERATOR, opened.id, closing(DisputeOutcome::Lost, None)).await.unwrap();
    assert_eq!(same.closed_at, lost.closed_at);
    for outcome in [DisputeOutcome::Won, DisputeOutcome::Withdrawn] {
        let other = shop.app.close_dispute(&OPERATOR, opened.id, closing(outcome, None)).await;
        assert_eq!(code(other), Some(Code::WrongState));
    }
    let after = shop.app.open_dispute(&OPERATOR, paid.id, opening(OpenedBy::Processor, None)).await;
    assert_eq!(code(after), Some(Code::WrongState), "its money was taken back already");
    assert_eq!(all(&shop, &OPERATOR).await.len(), 2);
}

async fn only_the_operator_opens_closes_and_reads_notes(on: On) {
    let shop = Shop::open_on(on).await;
    let paid = shop.paid(1_000).await;
    for caller in [shop.till(), shop.kiosk(), Caller::Subject(SubjectId(crate::ids::next()))] {
        let refused = shop.app.open_dispute(&caller, paid.id, opening(OpenedBy::Operator, None)).await;
        assert_eq!(code(refused), Some(Code::Forbidden), "{caller:?}");
    }
    let note = "Wren Ashdown called";
    let opened = shop.app.open_dispute(&OPERATOR, paid.id, opening(OpenedBy::Operator, Some(note))).await.unwrap();
    for caller in [shop.till(), shop.kiosk()] {
        let refused = shop.app.close_dispute(&caller, opened.id, closing(DisputeOutcome::Won, None)).await;
        assert_eq!(code(refused), Some(Code::Forbidden), "{caller:?}");
    }
    assert_eq!(all(&shop, &OPERATOR).await[0].note.as_deref(), Some(note));
    let own = all(&shop, &shop.till()).await;
    assert_eq!((own.len(), own[0].id, own[0].note.as_deref()), (1, opened.id, None));
    let other = Caller::till(MerchantId(crate::ids::next()));
    assert!(all(&shop, &other).await.is_empty(), "another merchant's till");
    assert_eq!(code(shop.app.list_disputes(&shop.kiosk(), 10, None).await), Some(Code::Forbidden));

    // In the store the note cannot be read.
    let mut conn = shop.app.0.store.read().await.unwrap();
    let (sealed,): (Vec<u8>,) = sqlx::query_as("select note_sealed from dispute").fetch_one(&mut *conn).await.unwrap();
    assert!(!sealed.windows(4).any(|part| part == b"Wren"));
}

async fn what_cannot_be_disputed_is_refused(on: On) {
    let shop = Shop::open_on(on).await;
    let open = shop.payment(100).await.id;
    let refused = shop.app.open_dispute(&OPERATOR, open, opening(OpenedBy::Processor, None)).await;
    assert_eq!(code(refused), Some(Code::WrongState), "nothing was captured");
    let nothing = shop.app.open_dispute(&OPERATOR, PaymentId(crate::ids::next()), opening(OpenedBy::Processor, None));
    assert_eq!(code(nothing.await), Some(Code::NotFound));
    let paid = shop.paid(100).await.id;
    for note in ["", "  ", "a\u{7}b", &"x".repeat(501)] {
        let refused = shop.app.open_dispute(&OPERATOR, paid, opening(OpenedBy::Operator, Some(note))).await;
        let refused = refused.err().unwrap();
        assert_eq!((refused.code, refused.field.as_deref()), (Code::InvalidField, Some("/note")), "{note:?}");
    }
    let most = "é".repeat(500);
    let opened = shop.app.open_dispute(&OPERATOR, paid, opening(OpenedBy::Operator, Some(&most))).await.unwrap();
    assert_eq!(opened.note.as_deref(), Some(most.as_str()));
    let unknown = handsel_api::DisputeId(crate::ids::next());
    let nothing = shop.app.close_dispute(&OPERATOR, unknown, closing(DisputeOutcome::Won, None)).await;
    assert_eq!(code(nothing), Some(Code::NotFound));
}

async fn a_shoppers_dispute_freezes_once_and_its_note_leaves_with_them(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren", None).await;
    let hand = Drawn::new(11, Hand::Right);
    shop.enrol(wren, &hand).await;
    let id = shop.payment(500).await.id;
    shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, hand.frame(4)).await.unwrap();
    let paid = shop.app.confirm(&shop.kiosk(), &RequestKey::unique(), id, ConfirmPayment::default()).await.unwrap();
    let secret = paid.receipt_path.unwrap().rsplit('/').next().unwrap().to_owned();
    // A processor's dispute does not keep the shopper from saying so too.
    let first = shop.app.open_dispute(&OPERATOR, id, opening(OpenedBy::Processor, Some("about Wren"))).await.unwrap();
    assert!(shop.app.receipt(&secret).await.unwrap().can_dispute);
    shop.app.dispute(&secret).await.unwrap();
    shop.app.unfreeze(&Caller::Subject(wren), wren).await.unwrap();
    shop.app.dispute(&secret).await.unwrap();
    let me = shop.app.subject(&Caller::Subject(wren), wren).await.unwrap();
    assert_eq!(me.status, handsel_api::subjects::SubjectStatus::Active, "said twice, frozen once");
    let disputes = all(&shop, &OPERATOR).await;
    assert_eq!(
        disputes.iter().map(|one| one.opened_by).collect::<Vec<_>>(),
        [DisputeParty::Shopper, DisputeParty::Processor]
    );
    let listed = shop.app.subject_payments(&Caller::Subject(wren), wren).await.unwrap();
    assert_eq!((listed[0].can_dispute, listed[0].dispute.as_ref().unwrap().status), (false, DisputeStatus::Open));

    shop.app.erase_subject(&Caller::Subject(wren), wren).await.unwrap();
    let left = all(&shop, &OPERATOR).await.into_iter().find(|one| one.id == first.id).unwrap();
    assert_eq!((left.status, left.note), (DisputeStatus::Open, None), "the dispute stays, the note does not");
}

on_both_engines!(
    a_dispute_opens_and_closes_once,
    only_the_operator_opens_closes_and_reads_notes,
    what_cannot_be_disputed_is_refused,
    a_shoppers_dispute_freezes_once_and_its_note_leaves_with_them,
);
