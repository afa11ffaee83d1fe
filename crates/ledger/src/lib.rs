//! Money: amounts, accounts, transfers and holds. Pure rules; knows nothing of hands, of SQL or of a clock.
//!
//! Double entry on TigerBeetle's model: a [`Transfer`] never changes once it is written, its id is made by whoever asks
//! (so that asking twice is the same as asking once), and every transfer debits one account and credits another by the
//! same amount. Money is first held, then the hold is posted in full or in part, or voided – once.
//!
//! [`judge`] is the whole rule book: from what is known to what becomes of a new transfer. The server's SQL store asks it
//! inside its transaction; [`Book`] asks it in memory and is the rules' executable definition.
//!
//! ```
//! use handsel_ledger::{AccountId, Amount, Book, Currency, Outcome, Step, Transfer, TransferId};
//! let eur = Currency::parse("EUR").unwrap();
//! let (clearing, shop) = (AccountId::clearing(eur), AccountId::merchant(7, eur));
//! let hold = Transfer {
//!     id: TransferId::of(1, "hold"),
//!     step: Step::Hold,
//!     debit: clearing,
//!     credit: shop,
//!     amount: Amount::new(1240, eur).unwrap(),
//! };
//! let mut book = Book::new();
//! assert_eq!(book.apply(hold), Outcome::Created);
//! assert_eq!(book.apply(hold), Outcome::Exists);
//! let post = Transfer { id: TransferId::of(1, "capture"), step: Step::Post { hold: hold.id }, ..hold };
//! assert_eq!(book.apply(post), Outcome::Created);
//! assert_eq!(book.balance(shop).credits_posted, 1240);
//! ```

pub mod amount;
pub mod book;
pub mod currency;
pub mod judge;
pub mod transfer;

pub use amount::{Amount, OutOfRange};
pub use book::{Balance, Book};
pub use currency::Currency;
pub use judge::{Known, Outcome, judge};
pub use transfer::{AccountId, Step, Transfer, TransferId};
