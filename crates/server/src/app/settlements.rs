//! One merchant's day: payments and refunds on one side, the ledger's transfers on the other, and whether they agree.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
};
use crate::{
    clock, secret,
    store::{
        merchants,
        settlements::{self, Moved, Span},
    },
};
use handsel_api::{
    MerchantId, PaymentId, RefundId,
    keys::Scope,
    settlements::{Difference, DifferenceKind, Figure, LedgerDay, Settlement},
};
use handsel_ledger::{Account, Currency, TransferId};
use std::{collections::HashMap, fmt, str::FromStr, time::UNIX_EPOCH};

/// How many differences are listed; more are counted.
const MOST_DIFFERENCES: usize = 100;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A day of UTC, `YYYY-MM-DD`, from 1970 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

/// A text that is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a day of UTC, YYYY-MM-DD")]
pub struct NoDay;

impl Day {
    /// The day it is now in UTC.
    pub fn today() -> Day {
        Day(clock::now_ms().div_euclid(DAY_MS))
    }

    /// The day after it.
    #[must_use]
    pub fn next(self) -> Day {
        Day(self.0 + 1)
    }

    /// The day before it.
    #[must_use]
    pub fn before(self) -> Day {
        Day((self.0 - 1).max(0))
    }

    /// Its first millisecond.
    pub(super) fn start_ms(self) -> i64 {
        self.0 * DAY_MS
    }
}

impl FromStr for Day {
    type Err = NoDay;

    fn from_str(text: &str) -> Result<Day, NoDay> {
        if text.len() != 10 || !text.is_ascii() {
            return Err(NoDay);
        }
        let start = humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).map_err(|_| NoDay)?;
        let past = start.duration_since(UNIX_EPOCH).map_err(|_| NoDay)?;
        let day = Day(i64::try_from(past.as_millis()).map_err(|_| NoDay)?.div_euclid(DAY_MS));
        // A date that does not exist would have become another one.
        if day.to_string() == text { Ok(day) } else { Err(NoDay) }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&clock::day(self.start_ms()))
    }
}

impl App {
    /// A merchant's settlement of a day. The operator's, and a till's of that merchant.
    pub async fn settlement(&self, caller: &Caller, merchant: MerchantId, day: Day) -> Answer<Settlement> {
        allow(caller, Right::Manage { merchant, scope: Scope::ReportsRead })?;
        let mut conn = self.0.store.read().await?;
        let found = merchants::merchant(&mut conn, merchant).await?.ok_or_else(|| Refusal::not_found("merchant"))?;
        let currency = Currency::parse(&found.currency).ok_or_else(|| Refusal::internal("currency"))?;
        let account = Account::merchant(merchant.0.into(), currency).id;
        let span = Span { from_ms: day.start_ms(), to_ms: day.next().start_ms() };
        let opening_minor = settlements::owed_before(&mut conn, account, span.from_ms).await?;
        let mut books = Books::default();
        settlements::each_moved(&mut conn, merchant, account, span, &mut |moved| books.add(moved)).await?;
        let taken_back = settlements::taken_back(&mut conn, merchant, span).await?;
        drop(conn);
        let ledger = LedgerDay {
            opening_minor,
            captured: books.posted,
            refunded: books.returned,
            closing_minor: opening_minor + books.posted.sum_minor - books.returned.sum_minor,
        };
        let (captured, refunded) = (books.captured, books.refunded);
        let mut differences = books.differences();
        if !differences.is_empty() {
            tracing::error!(%merchant, %day, differences = differences.len(), "payments and ledger differ");
        }
        let difference_count = differences.len() as u64;
        differences.truncate(MOST_DIFFERENCES);
        Ok(Settlement {
            merchant,
            day: day.to_string(),
            currency: found.currency,
            captured,
            refunded,
            taken_back,
            tips: None,
            credits: None,
            net_minor: captured.sum_minor - refunded.sum_minor - taken_back.sum_minor,
            ledger,
            reconciled: difference_count == 0,
            difference_count,
            differences,
        })
    }
}

/// Both books of a day. An entry stands in `open` until its other side has come.
#[derive(Default)]
struct Books {
    posted: Figure,
    returned: Figure,
    captured: Figure,
    refunded: Figure,
    open: HashMap<TransferId, Entry>,
    differ: Vec<Difference>,
}

/// One side of an entry.
#[derive(Clone, Copy)]
enum Entry {
    Ledger { minor: i64 },
    Paper { payment: PaymentId, refund: Option<RefundId>, minor: i64 },
}

impl Books {
    fn add(&mut self, moved: Moved) {
        let (figure, id, entry) = match moved {
            Moved::Posted(id, minor) => (&mut self.posted, id, Entry::Ledger { minor }),
            Moved::Returned(id, minor) => (&mut self.returned, id, Entry::Ledger { minor }),
            Moved::Captured(payment, minor) => {
                let id = TransferId::of(payment.0.into(), "capture");
                (&mut self.captured, id, Entry::Paper { payment, refund: None, minor })
            }
            Moved::Refunded(refund, payment, minor) => {
                let id = TransferId::of(refund.0.into(), "refund");
                (&mut self.refunded, id, Entry::Paper { payment, refund: Some(refund), minor })
            }
        };
        figure.count += 1;
        figure.sum_minor += match entry {
            Entry::Ledger { minor } | Entry::Paper { minor, .. } => minor,
        };
        match (self.open.remove(&id), entry) {
            (None, entry) => {
                self.open.insert(id, entry);
            }
            (Some(Entry::Ledger { minor: ledger }), Entry::Paper { payment, refund, minor })
            | (Some(Entry::Paper { payment, refund, minor }), Entry::Ledger { minor: ledger }) => {
                if minor != ledger {
                    self.differ.push(Difference {
                        kind: DifferenceKind::AmountDiffers,
                        payment: Some(payment),
                        refund,
                        transfer: hex(id),
                        payment_minor: Some(minor),
                        ledger_minor: Some(ledger),
                    });
                }
            }
            // Ids are primary keys, so the same side never comes twice.
            (Some(_), entry) => {
                self.open.insert(id, entry);
            }
        }
    }

    /// Everything that does not agree, in the order of transfers' ids.
    fn differences(mut self) -> Vec<Difference> {
        for (id, entry) in self.open {
            self.differ.push(match entry {
                Entry::Ledger { minor } => Difference {
                    kind: DifferenceKind::OnlyInLedger,
                    payment: None,
                    refund: None,
                    transfer: hex(id),
                    payment_minor: None,
                    ledger_minor: Some(minor),
                },
                Entry::Paper { payment, refund, minor } => Difference {
                    kind: DifferenceKind::NotInLedger,
                    payment: Some(payment),
                    refund,
                    transfer: hex(id),
                    payment_minor: Some(minor),
                    ledger_minor: None,
                },
            });
        }
        self.differ.sort_by(|a, b| a.transfer.cmp(&b.transfer));
        self.differ
    }
}

fn hex(id: TransferId) -> String {
    secret::hex(&id.0.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_or_refused() {
        for text in ["1970-01-01", "2024-02-29", "2026-11-24", "9999-12-31"] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), text);
        }
        let wrong = [
            "",
            "today",
            "2026-1-1",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "1969-12-31",
            "2026-11-2é",
            "2026/11/24",
        ];
        for text in wrong {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
        let day: Day = "2026-02-28".parse().unwrap();
        assert_eq!((day.next().to_string().as_str(), day.next().start_ms() - day.start_ms()), ("2026-03-01", DAY_MS));
        assert_eq!("1970-01-01".parse::<Day>().unwrap().before().start_ms(), 0);
    }
}
