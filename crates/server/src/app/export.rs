//! A merchant's sales and refunds as CSV, for its books.
//!
//! A row per sale, then a row per refund, each oldest first, so that the sums of a day are those of its settlement. Read and
//! written in parts: memory stays the same however much there is, and no connection is held while a slow reader reads.

use super::{
    Answer, App, Caller, Day, Refusal,
    access::{Right, allow},
};
use crate::{
    clock::rfc3339,
    log::event::{Event, Exported},
    store::{
        export::{self, Behind, Entry, Kind},
        merchants, rows,
        settlements::Span,
    },
};
use handsel_api::{Code, MerchantId, keys::Scope};
use handsel_ledger::Currency;

/// How many rows are read and written at once.
const ROWS: u32 = 500;

/// The names of the columns.
const COLUMNS: [&str; 16] = [
    "kind",
    "time_utc",
    "payment",
    "refund",
    "site",
    "till_number",
    "currency",
    "amount",
    "amount_minor",
    "means",
    "card_brand",
    "card_last4",
    "authorisation",
    "dispute",
    "tip_minor",
    "credit_minor",
];

/// From one day to another, both included, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRange {
    from: Day,
    to: Day,
}

impl DayRange {
    /// From `from` to `to`, both included.
    ///
    /// # Errors
    /// [`Code::InvalidField`] when `to` comes before `from`.
    pub fn new(from: Day, to: Day) -> Answer<DayRange> {
        if to < from {
            return Err(Refusal::field(Code::InvalidField, "to", "Not before `from`."));
        }
        Ok(DayRange { from, to })
    }
}

/// An export that goes on part by part.
pub struct Export {
    app: App,
    merchant: MerchantId,
    span: Span,
    at: At,
    name: String,
}

/// Where an export has come to.
enum At {
    Header,
    Entries(Kind, Option<Behind>),
    End,
}

impl App {
    /// Begins an export. The operator's, and a till's of that merchant.
    pub async fn export(&self, caller: &Caller, merchant: MerchantId, range: DayRange) -> Answer<Export> {
        allow(caller, Right::Manage { merchant, scope: Scope::ReportsRead })?;
        let found = merchants::merchant(&mut *self.0.store.read().await?, merchant).await?;
        found.ok_or_else(|| Refusal::not_found("merchant"))?;
        self.log_now(Event::Export { what: Exported::Payments, merchant }).await?;
        Ok(Export {
            app: self.clone(),
            merchant,
            span: Span { from_ms: range.from.start_ms(), to_ms: range.to.next().start_ms() },
            at: At::Header,
            name: format!("payments-{}-{}.csv", range.from, range.to),
        })
    }
}

impl Export {
    /// What the file is called: only letters, digits, dashes and a point.
    pub fn file_name(&self) -> &str {
        &self.name
    }

    /// The next part of the file; `None` at its end.
    ///
    /// # Errors
    /// When the store cannot be read; the file is not whole then.
    pub async fn next(&mut self) -> Answer<Option<Vec<u8>>> {
        let (part, at) = match &self.at {
            At::Header => (write([COLUMNS.map(str::to_owned)])?, At::Entries(Kind::Sale, None)),
            At::Entries(kind, behind) => {
                let mut conn = self.app.0.store.read().await?;
                let found = export::entries(&mut conn, *kind, self.merchant, self.span, behind.as_ref(), ROWS).await?;
                drop(conn);
                let last = found.last().map(|entry| Behind { at_ms: entry.at_ms, id: entry.id.clone() });
                let at = match (kind, last) {
                    (kind, Some(last)) => At::Entries(*kind, Some(last)),
                    (Kind::Sale, None) => At::Entries(Kind::Refund, None),
                    (Kind::Refund, None) => At::End,
                };
                (write(found.iter().map(|entry| row(*kind, entry)))?, at)
            }
            At::End => return Ok(None),
        };
        self.at = at;
        Ok(Some(part))
    }
}

fn row(kind: Kind, entry: &Entry) -> [String; COLUMNS.len()] {
    let (kind, refund) = match kind {
        Kind::Sale => ("sale", String::new()),
        Kind::Refund => ("refund", entry.id.clone()),
    };
    let card = entry.card.as_ref();
    [
        kind.to_owned(),
        rfc3339(entry.at_ms),
        entry.payment.clone(),
        refund,
        text(&entry.site),
        text(entry.client_reference.as_deref().unwrap_or_default()),
        entry.currency.clone(),
        decimal(entry.amount_minor, &entry.currency),
        entry.amount_minor.to_string(),
        entry.means.as_ref().and_then(|means| rows::word(means).ok()).unwrap_or_default(),
        card.map(|card| text(&card.brand)).unwrap_or_default(),
        card.map(|card| text(&card.last4)).unwrap_or_default(),
        text(entry.auth_code.as_deref().unwrap_or_default()),
        entry.dispute.clone().unwrap_or_default(),
        entry.tip_minor.to_string(),
        entry.credit_minor.to_string(),
    ]
}

/// A text from outside. Table programs run a cell that begins like a formula; an apostrophe in front makes it text.
fn text(cell: &str) -> String {
    const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    // Some programs throw spaces away first.
    if cell.trim_start_matches(' ').starts_with(FORMULA) { format!("'{cell}") } else { cell.to_owned() }
}

/// Minor units with the currency's point: `12.40`, `1240`, `1.240`.
fn decimal(minor: i64, currency: &str) -> String {
    let digits = Currency::parse(currency).map_or(2, |currency| usize::from(currency.digits()));
    let padded = format!("{minor:0>width$}", width = digits + 1);
    let (whole, part) = padded.split_at(padded.len() - digits);
    if digits == 0 { whole.to_owned() } else { format!("{whole}.{part}") }
}

/// RFC 4180: commas, quotes where needed, lines that end in CR LF.
fn write<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> Answer<Vec<u8>> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        csv.write_record(&row).map_err(|_| Refusal::internal("csv"))?;
    }
    csv.into_inner().map_err(|_| Refusal::internal("csv"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_text() {
        for cell in ["=1+1", "+1", "-1", "@a", "\tx", "\rx", " =1", "＝1"] {
            assert_eq!(text(cell), format!("'{cell}"), "{cell:?}");
        }
        for cell in ["", "Front", "4471-0098", "a=b", "'=1", "شاي"] {
            assert_eq!(text(cell), cell);
        }
    }

    #[test]
    fn cells_are_quoted_as_the_rfc_says() {
        let written = write([["a,b".to_owned(), "say \"hi\"".to_owned(), "plain".to_owned()]]).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), "\"a,b\",\"say \"\"hi\"\"\",plain\r\n");
    }

    #[test]
    fn amounts_have_their_currencys_digits() {
        let table = [(1_240, "EUR", "12.40"), (5, "EUR", "0.05"), (1_240, "JPY", "1240"), (7, "BHD", "0.007")];
        for (minor, currency, written) in table {
            assert_eq!(decimal(minor, currency), written);
        }
    }
}
