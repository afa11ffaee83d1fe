//! What authorities ask is noted, decided by one rule, answered with what was decided and nothing more, and told to whom it concerns.

use super::*;
use crate::{
    app::{Day, NoteRequest, RequestTexts, Ruling, retention::DAY_MS},
    clock::JUMPED_MS,
};
use handsel_api::{
    Code, LegalRequestId,
    transparency::{Part, RequestKind},
};

fn texts() -> RequestTexts {
    RequestTexts {
        authority: "Fraud unit of Elsewhere".to_owned(),
        reference: "24-CV-0815".to_owned(),
        court: "District court of Elsewhere".to_owned(),
        scope: "Everything about the owner of a hand".to_owned(),
    }
}

fn request(kind: RequestKind, subject: Option<SubjectId>) -> NoteRequest {
    NoteRequest { kind, subject, texts: texts(), deadline: None, barred_until: None }
}

fn in_days(days: u32) -> Day {
    (0..days).fold(Day::today(), |day, _| day.next())
}

async fn noted(shop: &Shop, kind: RequestKind, subject: SubjectId) -> LegalRequestId {
    shop.app.note_request(&Caller::Operator, request(kind, Some(subject))).await.unwrap()
}

async fn decided(shop: &Shop, id: LegalRequestId, ruling: &Ruling) -> Result<(), Code> {
    let answer = shop.app.decide_request(&Caller::Operator, id, ruling, "As the order says").await;
    answer.map_err(|refusal| refusal.code)
}

async fn who_may_be_answered_is_one_rule(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren", None).await;
    let give = Ruling::Answered(vec![Part::Membership]);
    for (moratorium, may) in [(false, [true, true, true, false]), (true, [true, true, false, false])] {
        if moratorium {
            shop.app.begin_moratorium(&Caller::Operator).await.unwrap();
        }
        for (kind, may) in RequestKind::ALL.into_iter().zip(may) {
            let id = noted(&shop, kind, wren).await;
            let expected = if may { Ok(()) } else { Err(Code::WrongState) };
            assert_eq!(decided(&shop, id, &give).await, expected, "{kind:?}, moratorium {moratorium}");
            if !may {
                assert_eq!(decided(&shop, id, &Ruling::Refused).await, Ok(()));
            }
            assert_eq!(decided(&shop, id, &Ruling::Refused).await, Err(Code::WrongState), "a decision stays");
        }
    }
    let counted = shop.app.transparency().await.unwrap().answers.authorities.clone();
    for (one, refused) in counted.requests.iter().zip([0, 0, 1, 2]) {
        assert_eq!((one.received, one.refused, one.answered, one.open), (2, refused, 2 - refused, 0), "{one:?}");
    }
    assert_eq!((counted.gave_membership, counted.gave_payments, counted.gave_cards), (5, 0, 0));
}

async fn a_moratorium_ends_thirty_days_after_that_is_announced(on: On) {
    let shop = Shop::open_on(on).await;
    let in_force = async || shop.app.moratoria_now().await.unwrap().iter().any(|one| one.in_force);
    assert!(!in_force().await);
    let none = shop.app.end_moratorium(&Caller::Operator).await.unwrap_err();
    assert_eq!(none.code, Code::WrongState);
    shop.app.begin_moratorium(&Caller::Operator).await.unwrap();
    assert_eq!(shop.app.begin_moratorium(&Caller::Operator).await.unwrap_err().code, Code::WrongState);
    shop.app.end_moratorium(&Caller::Operator).await.unwrap();
    assert_eq!(shop.app.end_moratorium(&Caller::Operator).await.unwrap_err().code, Code::WrongState);
    JUMPED_MS.set(29 * DAY_MS);
    assert!(in_force().await, "announced, and in force");
    JUMPED_MS.set(31 * DAY_MS);
    assert!(!in_force().await);
    assert_eq!(shop.app.moratoria_now().await.unwrap().len(), 1, "that it was stays public");
    JUMPED_MS.set(0);
}

async fn what_is_given_is_what_was_decided(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren", Some("4242")).await;
    let hand = Drawn::new(11, Hand::Right);
    shop.enrol(wren, &hand).await;
    for (given, fields) in [
        (vec![Part::Membership], vec!["enrolled_since"]),
        (vec![Part::Payments, Part::Cards], vec!["cards", "payments"]),
    ] {
        let id = noted(&shop, RequestKind::Warrant, wren).await;
        assert_eq!(shop.app.disclosure(&Caller::Operator, id).await.err().unwrap().code, Code::WrongState);
        decided(&shop, id, &Ruling::Answered(given)).await.unwrap();
        let disclosure = shop.app.disclosure(&Caller::Operator, id).await.unwrap();
        let disclosure = serde_json::to_value(&disclosure).unwrap();
        let mut names: Vec<_> = disclosure.as_object().unwrap().keys().map(String::as_str).collect();
        names.retain(|name| !matches!(*name, "request" | "reference"));
        names.sort_unstable();
        assert_eq!(names, fields);
        assert!(!disclosure.to_string().contains("Wren"), "the name was not asked for");
    }
    let refused = noted(&shop, RequestKind::Warrant, wren).await;
    decided(&shop, refused, &Ruling::Refused).await.unwrap();
    assert_eq!(shop.app.disclosure(&Caller::Operator, refused).await.err().unwrap().code, Code::WrongState);
}

async fn whom_it_concerns_is_told_unless_a_judge_bars_it(on: On) {
    let shop = Shop::open_on(on).await;
    let ((wren, _), (moss, _)) = (shop.shopper("Wren", None).await, shop.shopper("Moss", None).await);
    let open = noted(&shop, RequestKind::Subpoena, wren).await;
    let barred = NoteRequest { barred_until: Some(in_days(10)), ..request(RequestKind::Warrant, Some(wren)) };
    let barred = shop.app.note_request(&Caller::Operator, barred).await.unwrap();
    let seen = async |who| -> Vec<LegalRequestId> {
        let told = shop.app.requests_about(&Caller::Subject(who), who).await.unwrap();
        told.into_iter().map(|request| request.id).collect()
    };
    assert_eq!(seen(wren).await, [open]);
    assert_eq!(seen(moss).await, []);
    let anothers = shop.app.requests_about(&Caller::Subject(moss), wren).await;
    assert_eq!(anothers.err().unwrap().code, Code::NotFound);
    JUMPED_MS.set(12 * DAY_MS);
    assert_eq!(seen(wren).await, [barred, open], "the bar ends by itself");
    JUMPED_MS.set(0);
}

async fn what_was_written_goes_with_whom_it_concerns(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren", None).await;
    let id = noted(&shop, RequestKind::CourtOrder, wren).await;
    let nobody = shop.app.note_request(&Caller::Operator, request(RequestKind::Subpoena, None)).await.unwrap();
    let give = decided(&shop, nobody, &Ruling::Answered(vec![Part::Cards])).await;
    assert_eq!(give, Err(Code::WrongState), "nobody is there to give anything of");
    decided(&shop, nobody, &Ruling::NothingHeld).await.unwrap();
    shop.app.erase_subject(&Caller::Operator, wren).await.unwrap();
    let listed = shop.app.list_requests(&Caller::Operator, 10, None).await.unwrap().data;
    assert_eq!(listed.iter().map(|one| one.id).collect::<Vec<_>>(), [nobody, id]);
    assert_eq!(listed[0].texts.as_ref().unwrap().scope, texts().scope);
    assert!(listed[1].texts.is_none() && listed[1].subject.is_none());
    decided(&shop, id, &Ruling::NothingHeld).await.unwrap();
}

async fn requests_are_checked(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren", None).await;
    let with = |change: fn(&mut NoteRequest)| {
        let mut note = request(RequestKind::Warrant, Some(wren));
        change(&mut note);
        note
    };
    for wrong in [
        with(|note| note.texts.authority.clear()),
        with(|note| note.texts.reference = "x".repeat(121)),
        with(|note| note.texts.court = " ".to_owned()),
        with(|note| note.texts.scope.clear()),
        with(|note| note.deadline = Some(Day::today().before())),
        with(|note| note.barred_until = Some(Day::today().before())),
        with(|note| note.barred_until = Some(in_days(400))),
        with(|note| {
            note.kind = RequestKind::Subpoena;
            note.barred_until = Some(in_days(10));
        }),
    ] {
        assert_eq!(shop.app.note_request(&Caller::Operator, wrong).await.unwrap_err().code, Code::InvalidField);
    }
    let stranger = request(RequestKind::Warrant, Some(SubjectId(crate::ids::next())));
    assert_eq!(shop.app.note_request(&Caller::Operator, stranger).await.unwrap_err().code, Code::NotFound);
    let id = noted(&shop, RequestKind::Warrant, wren).await;
    let empty = Ruling::Answered(Vec::new());
    assert_eq!(decided(&shop, id, &empty).await, Err(Code::InvalidField));
    let unknown = LegalRequestId(crate::ids::next());
    assert_eq!(decided(&shop, unknown, &Ruling::Refused).await, Err(Code::NotFound));
    for caller in [shop.till(), shop.kiosk(), Caller::Subject(wren)] {
        let forbidden = [
            shop.app.note_request(&caller, request(RequestKind::Warrant, None)).await.err(),
            shop.app.decide_request(&caller, id, &Ruling::Refused, "no").await.err(),
            shop.app.disclosure(&caller, id).await.err(),
            shop.app.list_requests(&caller, 10, None).await.err(),
            shop.app.begin_moratorium(&caller).await.err(),
            shop.app.end_moratorium(&caller).await.err(),
        ];
        for refusal in forbidden {
            assert_eq!(refusal.unwrap().code, Code::Forbidden);
        }
    }
}

on_both_engines!(
    who_may_be_answered_is_one_rule,
    a_moratorium_ends_thirty_days_after_that_is_announced,
    what_is_given_is_what_was_decided,
    whom_it_concerns_is_told_unless_a_judge_bars_it,
    what_was_written_goes_with_whom_it_concerns,
    requests_are_checked,
);
