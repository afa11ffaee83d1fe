//! One merchant's day: its figures, whether payments and ledger agree, and the books as CSV.

use super::{
    super::{
        Page, Shown,
        visitor::{Operator, Tab},
        words,
    },
    Done,
};
use crate::app::{App, Day};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::IntoResponse,
};
use handsel_api::{
    MerchantId,
    settlements::{Difference, DifferenceKind, Figure, Settlement},
};
use serde::Deserialize;

/// The most stores there are to choose from.
const MOST: u32 = 100;

#[derive(Template)]
#[template(path = "console_settlement.html")]
struct SettlementPage {
    here: Tab,
    done: Option<Done>,
    stores: Vec<Choice>,
    shown: Option<Settled>,
}

struct Choice {
    id: String,
    name: String,
    chosen: bool,
}

/// A settlement in the words people read.
struct Settled {
    id: String,
    merchant: String,
    day: String,
    /// The day as it is written.
    date: String,
    before: String,
    after: String,
    today: String,
    is_today: bool,
    /// The day's figures, and the ledger's beside those it has too.
    rows: Vec<Row>,
    net: String,
    opening: String,
    closing: String,
    reconciled: bool,
    count: u64,
    differences: Vec<Differing>,
}

struct Row {
    name: &'static str,
    count: u64,
    sum: String,
    /// Count and sum by the ledger; none where the ledger does not say.
    ledger: Option<(u64, String)>,
}

struct Differing {
    kind: &'static str,
    about: String,
    transfer: String,
    payment: String,
    ledger: String,
}

/// The query of the page. What does not read is as if it were not there: the page says which day it shows.
#[derive(Deserialize)]
pub(super) struct Asked {
    merchant: Option<String>,
    day: Option<String>,
}

pub(super) async fn show(State(app): State<App>, operator: Operator, Query(asked): Query<Asked>) -> Shown {
    let merchants = app.list_merchants(&operator.0, MOST, None).await?.data;
    let asked_for: Option<MerchantId> = asked.merchant.as_deref().and_then(|id| id.parse().ok());
    let chosen = merchants.iter().find(|one| Some(one.id) == asked_for).or(merchants.first());
    let day = asked.day.as_deref().and_then(|text| text.parse().ok()).unwrap_or_else(Day::today);
    let shown = match chosen {
        Some(merchant) => {
            let settlement = app.settlement(&operator.0, merchant.id, day).await?;
            Some(settled(settlement, merchant.name.clone(), day))
        }
        None => None,
    };
    let stores = merchants
        .iter()
        .map(|one| Choice {
            id: one.id.to_string(),
            name: one.name.clone(),
            chosen: chosen.is_some_and(|chosen| chosen.id == one.id),
        })
        .collect();
    Ok(Page(SettlementPage { here: operator.at("/console/settlement"), done: None, stores, shown }).into_response())
}

fn settled(of: Settlement, merchant: String, day: Day) -> Settled {
    let money = |minor| words::money(minor, &of.currency);
    let given = |figure: Figure| Figure { sum_minor: -figure.sum_minor, ..figure };
    let row = |name, figure: Figure, ledger: Option<Figure>| Row {
        name,
        count: figure.count,
        sum: money(figure.sum_minor),
        ledger: ledger.map(|figure| (figure.count, money(figure.sum_minor))),
    };
    let mut rows = vec![row("Captured", of.captured, Some(of.ledger.captured))];
    rows.extend(of.tips.map(|tips| row("of it tips", tips, None)));
    rows.extend(of.credits.map(|credits| row("of it with credit", credits, None)));
    rows.push(row("Refunded", given(of.refunded), Some(given(of.ledger.refunded))));
    if of.refunds_refused.count > 0 || of.ledger.refunds_refused.count > 0 {
        rows.push(row("Refunds refused", of.refunds_refused, Some(of.ledger.refunds_refused)));
    }
    rows.push(row("Lost disputes", given(of.taken_back), Some(given(of.ledger.taken_back))));
    let today = Day::today();
    Settled {
        id: of.merchant.to_string(),
        merchant,
        before: day.before().to_string(),
        after: day.next().to_string(),
        today: today.to_string(),
        is_today: day == today,
        net: money(of.net_minor),
        opening: money(of.ledger.opening_minor),
        closing: money(of.ledger.closing_minor),
        rows,
        reconciled: of.reconciled,
        count: of.difference_count,
        differences: of.differences.iter().map(|one| differing(one, &of.currency)).collect(),
        date: words::day(&of.day),
        day: of.day,
    }
}

fn differing(of: &Difference, currency: &str) -> Differing {
    let money = |minor: Option<i64>| minor.map_or_else(|| "–".to_owned(), |minor| words::money(minor, currency));
    let about = of.refund.map(|id| id.to_string()).or(of.dispute.map(|id| id.to_string()));
    let about = about.or(of.payment.map(|id| id.to_string()));
    Differing {
        kind: match of.kind {
            DifferenceKind::NotInLedger => "Not in the ledger",
            DifferenceKind::OnlyInLedger => "Only in the ledger",
            DifferenceKind::AmountDiffers => "Another amount",
        },
        about: about.unwrap_or_else(|| "–".to_owned()),
        transfer: of.transfer.clone(),
        payment: money(of.payment_minor),
        ledger: money(of.ledger_minor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use handsel_api::{PaymentId, settlements::LedgerDay};

    #[test]
    fn what_does_not_agree_is_on_the_page() {
        let payment = PaymentId(crate::ids::next());
        let figure = |count, sum_minor| Figure { count, sum_minor };
        let settlement = Settlement {
            merchant: MerchantId(crate::ids::next()),
            day: "2026-11-23".to_owned(),
            currency: "EUR".to_owned(),
            captured: figure(2, 500),
            refunded: figure(1, 100),
            refunds_refused: figure(1, 60),
            taken_back: figure(0, 0),
            tips: Some(figure(1, 40)),
            credits: None,
            net_minor: 400,
            ledger: LedgerDay {
                opening_minor: -5,
                captured: figure(1, 300),
                refunded: figure(1, 100),
                refunds_refused: figure(0, 0),
                taken_back: figure(0, 0),
                closing_minor: 195,
            },
            reconciled: false,
            difference_count: 1,
            differences: vec![Difference {
                kind: DifferenceKind::NotInLedger,
                payment: Some(payment),
                refund: None,
                dispute: None,
                transfer: "0f".repeat(16),
                payment_minor: Some(200),
                ledger_minor: None,
            }],
        };
        let day = "2026-11-23".parse().unwrap();
        let shown = Some(settled(settlement, "Corner <Store>".to_owned(), day));
        let page = SettlementPage {
            here: Operator(crate::app::Caller::Operator).at("/console/settlement"),
            done: None,
            stores: Vec::new(),
            shown,
        };
        let html = page.render().unwrap();
        let parts = [
            "1 difference<",
            "Not in the ledger",
            "€2.00",
            "€3.00 (1)",
            "−€1.00",
            "−€0.05",
            "of it tips",
            "Refunds refused",
            "23 Nov 2026",
        ];
        for part in parts {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(html.contains(&payment.to_string()) && html.contains(&"0f".repeat(16)));
        assert!(!html.contains("ledger agree") && !html.contains("<Store>"));
    }
}
