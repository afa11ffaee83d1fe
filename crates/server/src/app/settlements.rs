//! One merchant's day: payments and refunds on one side, the ledger's transfers on the other, and whether they agree.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
    tender,
};
use crate::{
    clock, secret,
    store::{
        merchants,
        settlements::{self, Flow, Moved, Span},
    },
};
use handsel_api::{
    DisputeId, MerchantId, PaymentId, RefundId,
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

    /// The millisecond after its last.
    pub(super) fn ends_ms(self) -> i64 {
        self.next().start_ms()
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
        drop(conn);
        let ledger = LedgerDay {
            opening_minor,
            captured: books.posted,
            refunded: books.returned,
            refunds_refused: books.moved_to,
            taken_back: books.moved_from,
            closing_minor: opening_minor + books.posted.sum_minor + books.moved_to.sum_minor
                - books.returned.sum_minor
                - books.moved_from.sum_minor,
        };
        let Books { captured, tips, credits, refunded, refused, taken_back, .. } = books;
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
            refunds_refused: refused,
            taken_back,
            tips: (tips.count > 0).then_some(tips),
            credits: (credits.count > 0).then_some(credits),
            net_minor: captured.sum_minor + refused.sum_minor - refunded.sum_minor - taken_back.sum_minor,
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
    moved_to: Figure,
    moved_from: Figure,
    captured: Figure,
    tips: Figure,
    credits: Figure,
    refunded: Figure,
    refused: Figure,
    taken_back: Figure,
    open: HashMap<TransferId, Entry>,
    differ: Vec<Difference>,
}

/// One side of an entry.
#[derive(Clone, Copy)]
enum Entry {
    Ledger { minor: i64 },
    Paper { about: About, minor: i64 },
}

/// What an entry is about.
#[derive(Clone, Copy)]
struct About {
    payment: PaymentId,
    refund: Option<RefundId>,
    dispute: Option<DisputeId>,
}

impl Books {
    fn add(&mut self, moved: Moved) {
        match moved {
            Moved::Transfer(flow, id, minor) => {
                let figure = match flow {
                    Flow::Posted => &mut self.posted,
                    Flow::Refunded => &mut self.returned,
                    Flow::MovedTo => &mut self.moved_to,
                    Flow::MovedFrom => &mut self.moved_from,
                };
                count(figure, minor);
                self.meet(id, Entry::Ledger { minor });
            }
            Moved::Captured { payment, minor, credit_minor, tip_minor } => {
                count(&mut self.captured, minor);
                count(&mut self.credits, credit_minor);
                count(&mut self.tips, tip_minor);
                self.expect(payment.0.into(), "capture", minor, credit_minor, About::payment(payment));
            }
            Moved::Refunded { refund, payment, minor, credit_minor } => {
                count(&mut self.refunded, minor);
                let about = About { refund: Some(refund), ..About::payment(payment) };
                self.expect(refund.0.into(), "refund", minor, credit_minor, about);
            }
            Moved::Refused { refund, payment, minor } => {
                count(&mut self.refused, minor);
                let about = About { refund: Some(refund), ..About::payment(payment) };
                self.expect(refund.0.into(), "refund_refused", minor, 0, about);
            }
            Moved::Lost { dispute, payment, minor, credit_minor } => {
                count(&mut self.taken_back, minor);
                let about = About { dispute: Some(dispute), ..About::payment(payment) };
                self.expect(dispute.0.into(), "lost", minor, credit_minor, about);
            }
        }
    }

    /// Expects a transfer for each way that `minor` units went.
    fn expect(&mut self, of: u128, what: &str, minor: i64, credit_minor: i64, about: About) {
        for (id, minor) in tender::parts(of, what, minor, credit_minor) {
            self.meet(id, Entry::Paper { about, minor });
        }
    }

    fn meet(&mut self, id: TransferId, entry: Entry) {
        match (self.open.remove(&id), entry) {
            (Some(Entry::Ledger { minor: ledger }), Entry::Paper { about, minor })
            | (Some(Entry::Paper { about, minor }), Entry::Ledger { minor: ledger }) => {
                if minor != ledger {
                    self.differ.push(about.differs(DifferenceKind::AmountDiffers, id, minor, Some(ledger)));
                }
            }
            // Ids are primary keys, so the same side never comes twice.
            (_, entry) => {
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
                    dispute: None,
                    transfer: hex(id),
                    payment_minor: None,
                    ledger_minor: Some(minor),
                },
                Entry::Paper { about, minor } => about.differs(DifferenceKind::NotInLedger, id, minor, None),
            });
        }
        self.differ.sort_by(|a, b| a.transfer.cmp(&b.transfer));
        self.differ
    }
}

impl About {
    fn payment(payment: PaymentId) -> About {
        About { payment, refund: None, dispute: None }
    }

    fn differs(self, kind: DifferenceKind, id: TransferId, minor: i64, ledger_minor: Option<i64>) -> Difference {
        Difference {
            kind,
            payment: Some(self.payment),
            refund: self.refund,
            dispute: self.dispute,
            transfer: hex(id),
            payment_minor: Some(minor),
            ledger_minor,
        }
    }
}

/// Counts what is more than nothing.
fn count(figure: &mut Figure, minor: i64) {
    if minor > 0 {
        figure.count += 1;
        figure.sum_minor += minor;
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
