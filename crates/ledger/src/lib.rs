//! Money: amounts, accounts, transfers and holds. Pure rules; knows nothing of hands, of SQL or of a clock.
//!
//! Double entry on TigerBeetle's model: a [`Transfer`] never changes once it is written, its id is made by whoever asks
//! (so that asking twice is the same as asking once), and every transfer debits one account and credits another by the
//! same amount. Money moves at once, or is first held and the hold is posted in full or in part, voided or expired – once.
//!
//! [`judge`] is the whole rule book: from what is known to what becomes of a new transfer. The server's SQL store asks it
//! inside its transaction; [`Book`] asks it in memory and is the rules' executable definition.
//!
//! ```
//! use handsel_ledger::{Account, Amount, Book, Currency, Outcome, Step, Transfer, TransferId};
//! let eur = Currency::parse("EUR").unwrap();
//! let (clearing, shop) = (Account::clearing(eur), Account::merchant(7, eur));
//! let mut book = Book::new();
//! book.open(clearing);
//! book.open(shop);
//! let hold = Transfer {
//!     id: TransferId::of(1, "hold"),
//!     step: Step::Hold { expires_ms: None },
//!     debit: clearing.id,
//!     credit: shop.id,
//!     amount: Amount::new(1240, eur).unwrap(),
//! };
//! assert_eq!(book.apply(hold, 0), Outcome::Created);
//! assert_eq!(book.apply(hold, 0), Outcome::Exists);
//! let post = Transfer { id: TransferId::of(1, "capture"), step: Step::Post { hold: hold.id }, ..hold };
//! assert_eq!(book.apply(post, 0), Outcome::Created);
//! assert_eq!(book.balance(shop.id).credits_posted, 1240);
//! ```

pub mod account;
pub mod amount;
pub mod book;
pub mod currency;
pub mod judge;
pub mod transfer;

pub use account::{Account, AccountId, Balance, Rule};
pub use amount::{Amount, OutOfRange};
pub use book::Book;
pub use currency::Currency;
pub use judge::{Known, Outcome, judge};
pub use transfer::{Step, Transfer, TransferId};

use sha2::{Digest, Sha256};

/// The first 128 bits of the SHA-256 of the parts, each behind its length so that no two lists of parts run together.
fn name(parts: &[&[u8]]) -> u128 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    digest[..16].iter().fold(0, |id, &byte| (id << 8) | u128::from(byte))
}
