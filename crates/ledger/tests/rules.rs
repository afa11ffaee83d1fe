//! The rule book by examples, and by random histories that look at every transfer afresh.

use handsel_ledger::{Account, AccountId, Amount, Book, Currency, Outcome, Rule, Step, Transfer, TransferId};
use proptest::prelude::*;
use std::collections::HashMap;

/// When every history happens.
const NOW_MS: i64 = 1_000;

fn eur(minor: i64) -> Amount {
    Amount::new(minor, Currency::parse("EUR").unwrap()).unwrap()
}

fn hold(id: u128, minor: i64) -> Transfer {
    Transfer {
        id: TransferId(id),
        step: Step::Hold { expires_ms: None },
        debit: AccountId(1),
        credit: AccountId(2),
        amount: eur(minor),
    }
}

fn post(id: u128, of: &Transfer, minor: i64) -> Transfer {
    Transfer { id: TransferId(id), step: Step::Post { hold: of.id }, amount: eur(minor), ..*of }
}

fn void(id: u128, of: &Transfer, minor: i64) -> Transfer {
    Transfer { id: TransferId(id), step: Step::Void { hold: of.id }, amount: eur(minor), ..*of }
}

fn expire(id: u128, of: &Transfer) -> Transfer {
    Transfer { id: TransferId(id), step: Step::Expire { hold: of.id }, ..*of }
}

/// To or from account 3, which spends no more than it was given.
fn moved(id: u128, debit: u128, credit: u128, minor: i64) -> Transfer {
    let (debit, credit) = (AccountId(debit), AccountId(credit));
    Transfer { id: TransferId(id), step: Step::Move, debit, credit, amount: eur(minor) }
}

/// Accounts 0 to 3 in euros, of which 3 spends no more than it was given, and 4 in dollars.
fn book() -> Book {
    let mut book = Book::new();
    for id in 0..5 {
        let currency = Currency::parse(if id == 4 { "USD" } else { "EUR" }).unwrap();
        let rule = if id == 3 { Rule::DebitsWithinCredits } else { Rule::Free };
        book.open(Account { id: AccountId(id), currency, rule });
    }
    book
}

fn refund(id: u128, of: &Transfer, minor: i64) -> Transfer {
    Transfer {
        id: TransferId(id),
        step: Step::Refund { post: of.id },
        debit: of.credit,
        credit: of.debit,
        amount: eur(minor),
    }
}

#[test]
fn a_table_of_histories_and_what_becomes_of_their_last_transfer() {
    let held = hold(1, 100);
    let posted = post(2, &held, 100);
    let part = post(2, &held, 40);
    let usd = Amount::new(100, Currency::parse("USD").unwrap()).unwrap();
    let (soon, later) = (Step::Hold { expires_ms: Some(NOW_MS) }, Step::Hold { expires_ms: Some(NOW_MS + 1) });
    let table: Vec<(&str, Vec<Transfer>, Transfer, Outcome)> = vec![
        ("retry", vec![held], held, Outcome::Exists),
        ("retry, other amount", vec![held], hold(1, 99), Outcome::ExistsWithDifferentAmount),
        ("retry, other currency", vec![held], Transfer { amount: usd, ..held }, Outcome::ExistsWithDifferentCurrency),
        (
            "retry, to another",
            vec![held],
            Transfer { credit: AccountId(9), ..held },
            Outcome::ExistsWithDifferentCredit,
        ),
        (
            "retry, from another",
            vec![held],
            Transfer { debit: AccountId(9), ..held },
            Outcome::ExistsWithDifferentDebit,
        ),
        ("retry, other time", vec![held], Transfer { step: soon, ..held }, Outcome::ExistsWithDifferentExpiry),
        ("id used for another step", vec![held], post(1, &held, 100), Outcome::ExistsWithDifferentStep),
        (
            "retry, another hold",
            vec![held, hold(5, 100), posted],
            Transfer { step: Step::Post { hold: TransferId(5) }, ..posted },
            Outcome::ExistsWithDifferentTarget,
        ),
        ("to an account nobody opened", vec![], Transfer { credit: AccountId(9), ..held }, Outcome::AccountNotFound),
        ("from an account nobody opened", vec![], Transfer { debit: AccountId(9), ..held }, Outcome::AccountNotFound),
        ("to an account in dollars", vec![], Transfer { credit: AccountId(4), ..held }, Outcome::CurrencyDiffers),
        ("spend what is not there", vec![], moved(1, 3, 2, 1), Outcome::ExceedsCredits { available_minor: 0 }),
        ("spend all", vec![moved(1, 0, 3, 50)], moved(2, 3, 2, 50), Outcome::Created),
        ("spend more", vec![moved(1, 0, 3, 50)], moved(2, 3, 2, 51), Outcome::ExceedsCredits { available_minor: 50 }),
        (
            "spend what is held",
            vec![moved(1, 0, 3, 50), Transfer { debit: AccountId(3), ..hold(2, 30) }],
            moved(3, 3, 2, 21),
            Outcome::ExceedsCredits { available_minor: 20 },
        ),
        ("expire early", vec![Transfer { step: later, ..held }], expire(2, &held), Outcome::HoldNotExpired),
        ("expire what never does", vec![held], expire(2, &held), Outcome::HoldNotExpired),
        ("expire", vec![Transfer { step: soon, ..held }], expire(2, &held), Outcome::Created),
        (
            "post what expired",
            vec![Transfer { step: soon, ..held }, expire(2, &held)],
            post(3, &held, 1),
            Outcome::HoldAlreadyResolved { by: TransferId(2) },
        ),
        ("post late, but before it was let go", vec![Transfer { step: soon, ..held }], posted, Outcome::Created),
        ("to itself", vec![], Transfer { credit: AccountId(1), ..held }, Outcome::SameAccount),
        ("post nothing", vec![], posted, Outcome::TargetNotFound),
        ("post in part", vec![held], part, Outcome::Created),
        ("post too much", vec![held], post(2, &held, 101), Outcome::ExceedsHold { held_minor: 100 }),
        ("post twice", vec![held, posted], post(3, &held, 1), Outcome::HoldAlreadyResolved { by: posted.id }),
        (
            "post in part, then the rest",
            vec![held, part],
            post(3, &held, 60),
            Outcome::HoldAlreadyResolved { by: part.id },
        ),
        ("void after post", vec![held, posted], void(3, &held, 100), Outcome::HoldAlreadyResolved { by: posted.id }),
        ("void a part", vec![held], void(2, &held, 40), Outcome::ExceedsHold { held_minor: 100 }),
        ("void", vec![held], void(2, &held, 100), Outcome::Created),
        ("post a post", vec![held, posted], post(3, &posted, 1), Outcome::TargetOfAnotherKind),
        ("post elsewhere", vec![held], Transfer { credit: AccountId(3), ..posted }, Outcome::AccountsDiffer),
        ("post in dollars", vec![held], Transfer { amount: usd, ..posted }, Outcome::CurrencyDiffers),
        ("refund a hold", vec![held], refund(3, &held, 1), Outcome::TargetOfAnotherKind),
        ("refund all", vec![held, posted], refund(3, &posted, 100), Outcome::Created),
        ("refund the part", vec![held, part], refund(3, &part, 41), Outcome::ExceedsCaptured { left_minor: 40 }),
        (
            "refund twice",
            vec![held, posted, refund(3, &posted, 70)],
            refund(4, &posted, 31),
            Outcome::ExceedsCaptured { left_minor: 30 },
        ),
        ("refund again, the same", vec![held, posted, refund(3, &posted, 70)], refund(3, &posted, 70), Outcome::Exists),
        (
            "refund forward",
            vec![held, posted],
            Transfer { debit: AccountId(1), credit: AccountId(2), ..refund(3, &posted, 1) },
            Outcome::AccountsDiffer,
        ),
    ];
    for (name, history, last, expected) in table {
        let mut book = book();
        for transfer in history {
            assert_eq!(book.apply(transfer, NOW_MS), Outcome::Created, "{name}");
        }
        assert_eq!(book.apply(last, NOW_MS), expected, "{name}");
    }
}

/// Any transfer between few accounts and few ids, so that histories collide often.
fn any_transfer() -> impl Strategy<Value = Transfer> {
    (0u128..12, 0u8..7, 0u128..12, 0u128..4, 0u128..4, 1i64..30).prop_map(|(id, kind, target, debit, credit, minor)| {
        let target = TransferId(target);
        let step = match kind {
            0 => Step::Move,
            1 => Step::Hold { expires_ms: None },
            2 => Step::Hold { expires_ms: Some(NOW_MS + minor % 2) },
            3 => Step::Post { hold: target },
            4 => Step::Void { hold: target },
            5 => Step::Expire { hold: target },
            _ => Step::Refund { post: target },
        };
        Transfer { id: TransferId(id), step, debit: AccountId(debit), credit: AccountId(credit), amount: eur(minor) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_histories_keep_the_books(history in prop::collection::vec(any_transfer(), 1..120)) {
        let mut book = book();
        let mut written: HashMap<TransferId, Transfer> = HashMap::new();
        for transfer in history {
            let before = book.total();
            match book.apply(transfer, NOW_MS) {
                Outcome::Created => prop_assert!(written.insert(transfer.id, transfer).is_none(), "an id was written twice"),
                Outcome::Exists => prop_assert_eq!(written.get(&transfer.id), Some(&transfer)),
                _ => prop_assert_eq!(book.total(), before, "a refused transfer moved money"),
            }
            let total = book.total();
            prop_assert_eq!(total.debits_posted, total.credits_posted);
            prop_assert_eq!(total.debits_pending, total.credits_pending);
            prop_assert!(total.debits_pending >= 0);
            prop_assert!(book.balance(AccountId(3)).available() >= 0, "more was spent than given");
        }
        // Looked at from the transfers alone, not through the book's own sums.
        for transfer in written.values() {
            let building_on: Vec<&Transfer> =
                written.values().filter(|other| other.step.target() == Some(transfer.id)).collect();
            match transfer.step {
                Step::Hold { .. } => {
                    prop_assert!(building_on.len() <= 1, "a hold was resolved twice");
                    prop_assert!(building_on.iter().all(|one| one.amount.minor() <= transfer.amount.minor()));
                }
                Step::Post { .. } => {
                    let refunded: i64 = building_on.iter().map(|one| one.amount.minor()).sum();
                    prop_assert!(refunded <= transfer.amount.minor(), "more was given back than taken");
                }
                Step::Move | Step::Void { .. } | Step::Expire { .. } | Step::Refund { .. } => prop_assert!(building_on.is_empty()),
            }
        }
    }
}
