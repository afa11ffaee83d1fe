use crate::support::{Server, Shop, hands};
use handsel_api::{
    Code,
    payments::Decision,
    references::{Enrolled, Hand},
    subjects::Subject,
};

#[test]
fn one_palm_or_both_are_enrolled_and_a_second_frame_adds_a_capture() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let shopper = shop.sign(&server, "Wren", "visa_approved");
    let path = format!("/v1/subjects/{}/references", shopper.id);
    let first: Enrolled = shop.till.frame(&path, &hands::right(1, 0)).ok();
    assert_eq!((first.reference.hand, first.reference.captures), (Hand::Right, 1));
    assert!(first.quality.score <= 100);
    let again: Enrolled = shop.till.frame(&path, &hands::right(1, 1)).ok();
    assert_eq!((again.reference.id, again.reference.captures), (first.reference.id, 2));
    let other: Enrolled = shop.till.frame(&path, &hands::left(1, 0)).ok();
    assert_eq!((other.reference.hand, other.reference.captures), (Hand::Left, 1));
    let subject: Subject = shopper.wallet.get(&format!("/v1/subjects/{}", shopper.id)).ok();
    assert_eq!(subject.references.len(), 2);
}

#[test]
fn a_palm_belongs_to_one_subject_only() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    shop.enrol(&server, "Wren", &[&hands::right(1, 0)]);
    let second = shop.sign(&server, "Eve", "visa_approved");
    let path = format!("/v1/subjects/{}/references", second.id);
    assert_eq!(shop.till.frame(&path, &hands::right(1, 1)).refused(), (409, Code::AlreadyEnrolled));
    let subject: Subject = second.wallet.get(&format!("/v1/subjects/{}", second.id)).ok();
    assert!(subject.references.is_empty());
}

#[test]
fn captures_of_one_palm_must_be_of_one_palm() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let shopper = shop.enrol(&server, "Wren", &[&hands::right(1, 0)]);
    let answer = shop.till.frame(&format!("/v1/subjects/{}/references", shopper.id), &hands::right(2, 0));
    assert_eq!(answer.refused(), (409, Code::PalmsDiffer));
}

#[test]
fn an_erased_palm_is_not_found_any_more() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let shopper = shop.sign(&server, "Wren", "visa_approved");
    let path = format!("/v1/subjects/{}/references", shopper.id);
    let enrolled: Enrolled = shop.till.frame(&path, &hands::right(1, 0)).ok();
    let palm = format!("{path}/{}", enrolled.reference.id);
    assert_eq!(shop.till.delete(&palm).refused(), (403, Code::Forbidden), "a till does not erase");
    assert_eq!(shopper.wallet.delete(&palm).status, 204);
    assert_eq!(shopper.wallet.delete(&palm).refused(), (404, Code::NotFound));
    assert_eq!(shop.identify(shop.ask(100), &hands::right(1, 1)).decision, Decision::NoMatch);
}
