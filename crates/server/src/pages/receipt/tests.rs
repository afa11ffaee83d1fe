//! Every form of a receipt from one table: names of any length and direction, currencies of no, two and three digits, refunds.

use super::{
    page, pdf,
    shape::{BOLD, MONO},
    text::{self, Columns},
};
use askama::Template;
use handsel_api::{
    PaymentId,
    disputes::{DisputeParty, DisputeStatus},
    payments::Means,
    receipts::{Receipt, ReceiptDispute, ReceiptRefund},
    subjects::Card,
};
use unicode_width::UnicodeWidthStr;

/// What a row of the table must show: on a screen, and on a till's printer.
struct Row {
    name: &'static str,
    receipt: Receipt,
    screen: Vec<&'static str>,
    till: Vec<&'static str>,
    /// Whether the PDF lacks letters.
    lacks: bool,
}

fn plain() -> Receipt {
    Receipt {
        payment: PaymentId(ulid::Ulid::from_parts(1_795_305_600_123, 7)),
        merchant: "Corner Store".to_owned(),
        site: "Front counter".to_owned(),
        paid_at: "2026-11-22T09:05:00.123Z".to_owned(),
        amount_minor: 123_450,
        tip_minor: None,
        credit_minor: None,
        refunded_minor: 0,
        currency: "EUR".to_owned(),
        refunds: Vec::new(),
        means: Means::Palm,
        card: Some(Card { brand: "visa".to_owned(), last4: "4242".to_owned() }),
        auth_code: "A1B2C3".to_owned(),
        client_reference: None,
        dispute: None,
        can_dispute: true,
    }
}

fn refund(amount_minor: i64) -> ReceiptRefund {
    ReceiptRefund { amount_minor, created_at: "2026-11-23T10:00:00.000Z".to_owned() }
}

fn disputed(status: DisputeStatus, closed_at: Option<&str>) -> Option<ReceiptDispute> {
    Some(ReceiptDispute {
        status,
        opened_by: DisputeParty::Processor,
        opened_at: "2026-11-24T10:00:00.000Z".to_owned(),
        closed_at: closed_at.map(str::to_owned),
    })
}

fn table() -> Vec<Row> {
    let named = |merchant: &str| Receipt { merchant: merchant.to_owned(), ..plain() };
    vec![
        Row {
            name: "plain",
            receipt: plain(),
            screen: vec!["Corner Store", "22 Nov 2026, 09:05 UTC", "€1,234.50", "Visa •• 4242", "A1B2C3", "Palm"],
            till: vec!["EUR 1234.50", "Visa **4242", "22 Nov 2026, 09:05 UTC", "A1B2C3", "Front counter", "Palm"],
            lacks: false,
        },
        Row {
            name: "long names",
            receipt: Receipt {
                merchant: "The Extraordinarily Long Established Provision Merchants Ltd".to_owned(),
                site: "W".repeat(60),
                client_reference: Some("till-4/".repeat(9)),
                ..plain()
            },
            screen: vec!["The Extraordinarily Long Established Provision Merchants Ltd"],
            till: vec!["The Extraordinarily Long", "Till number"],
            lacks: false,
        },
        Row {
            name: "no minor digits",
            receipt: Receipt { currency: "JPY".to_owned(), amount_minor: 1_240, ..named("Ca\u{308}fé Łódź") },
            screen: vec!["¥1,240"],
            till: vec!["JPY 1240"],
            lacks: false,
        },
        Row {
            name: "three minor digits",
            receipt: Receipt { currency: "BHD".to_owned(), amount_minor: 1_240, ..plain() },
            screen: vec!["BHD 1.240"],
            till: vec!["BHD 1.240"],
            lacks: false,
        },
        Row {
            name: "read from the right",
            receipt: Receipt { site: "סניף ראשי 12".to_owned(), ..named("متجر الزاوية 24 Corner") },
            screen: vec!["متجر الزاوية 24 Corner", "סניף ראשי 12"],
            till: vec!["متجر الزاوية 24 Corner", "סניף ראשי 12"],
            lacks: false,
        },
        Row {
            name: "letters no face has",
            receipt: named("角の店 \u{202e}Corner"),
            screen: vec!["角の店"],
            till: vec!["角の店"],
            lacks: true,
        },
        Row {
            name: "markup",
            receipt: Receipt { client_reference: Some("<b>&\"'".to_owned()), ..named("<script>1</script>") },
            screen: vec!["&#60;script&#62;1", "&#60;b&#62;"],
            till: vec!["<script>1</script>", "<b>&\"'"],
            lacks: false,
        },
        Row {
            name: "tip, credit, refunds and a lost dispute",
            receipt: Receipt {
                tip_minor: Some(1_000),
                credit_minor: Some(500),
                refunded_minor: 3_000,
                refunds: vec![refund(1_000), refund(2_000)],
                dispute: disputed(DisputeStatus::Lost, Some("2026-12-01T10:00:00.000Z")),
                ..plain()
            },
            screen: vec![
                "Tip",
                "€10.00",
                "−€20.00",
                "Remains",
                "€1,214.50",
                "Credit used",
                "€5.00",
                "the money goes back to the card",
            ],
            till: vec!["-EUR 20.00", "Remains", "EUR 1214.50", "goes back"],
            lacks: false,
        },
        Row {
            name: "an open dispute, paid by card",
            receipt: Receipt {
                means: Means::Card,
                dispute: disputed(DisputeStatus::Open, None),
                can_dispute: false,
                ..plain()
            },
            screen: vec!["not decided yet"],
            till: vec!["not decided yet"],
            lacks: false,
        },
    ]
}

#[test]
fn the_page_shows_every_row() {
    for Row { name, receipt, screen, .. } in table() {
        let can = receipt.can_dispute;
        let html = page(receipt, "5ec7e7".to_owned()).render().unwrap();
        for part in screen {
            assert!(html.contains(part), "{name}: {part} is not in {html}");
        }
        assert!(!html.contains("<script>1") && !html.contains("<b>"), "{name}");
        assert_eq!(html.contains("This wasn’t me"), can, "{name}");
        for form in ["txt", "json", "pdf"] {
            assert!(html.contains(&format!("/receipts/5ec7e7.{form}")), "{name}");
        }
    }
}

#[test]
fn the_text_fits_both_printers() {
    for Row { name, receipt, till, .. } in table() {
        for (columns, width) in [(Columns::C32, 32), (Columns::C42, 42)] {
            let text = text::write(&receipt, columns);
            for line in text.lines() {
                assert!(line.width() <= width, "{name}: {line:?} is wider than {width}");
            }
            // Lines may break anywhere between words.
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for part in &till {
                assert!(flat.contains(part), "{name}: {part} is not in {text}");
            }
            assert!(text.ends_with('\n') && flat.contains(&receipt.payment.to_string()), "{name}");
            assert!(!text.contains(['€', '•', '−', '\r', '\t']), "{name}: {text}");
        }
    }
}

#[test]
fn a_narrow_receipt_reads_like_one() {
    let receipt = Receipt {
        refunded_minor: 350,
        refunds: vec![refund(350)],
        client_reference: Some("0417".to_owned()),
        ..plain()
    };
    let expected = "\
Corner Store
Front counter
22 Nov 2026, 09:05 UTC
--------------------------------
Sale                 EUR 1234.50
Refund, 23 Nov 2026, 10:00 UTC
                       -EUR 3.50
--------------------------------
Remains              EUR 1231.00
--------------------------------
Paid by                     Palm
Card                 Visa **4242
Authorisation             A1B2C3
Till number                 0417
Reference
pay_01M808TX3V0000000000000007

Simulated card: no money moved.
";
    assert_eq!(text::write(&receipt, Columns::C32), expected);
}

#[test]
fn the_data_survives_its_text() {
    for Row { name, receipt, .. } in table() {
        let json = serde_json::to_string(&receipt).unwrap();
        assert_eq!(serde_json::from_str::<Receipt>(&json).unwrap(), receipt, "{name}");
        for absent in ["tip_minor", "credit_minor", "dispute\":", "client_reference"] {
            let there = match absent {
                "tip_minor" => receipt.tip_minor.is_some(),
                "credit_minor" => receipt.credit_minor.is_some(),
                "client_reference" => receipt.client_reference.is_some(),
                _ => receipt.dispute.is_some(),
            };
            assert_eq!(json.contains(&format!("\"{absent}")), there, "{name}: {absent}");
        }
    }
}

/// The writer itself checks PDF/UA-1: a title, a language, tags on everything, and no letter without a shape.
#[test]
fn the_pdf_is_one_tagged_page_and_says_what_it_lacks() {
    for Row { name, receipt, lacks, .. } in table() {
        let merchant = receipt.merchant.clone();
        let bytes = pdf::write(&receipt).unwrap_or_else(|why| panic!("{name}: {why:?}"));
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.starts_with("%PDF-1.") && text.trim_end().ends_with("%%EOF"), "{name}");
        assert!(text.contains("/Count 1") && text.contains("/StructTreeRoot") && text.contains("/Lang"), "{name}");
        assert!(bytes.len() < 64 * 1024, "{name}: {} bytes", bytes.len());
        let clean = BOLD.clean(&merchant);
        assert_eq!(clean.lacks, lacks, "{name}");
        assert_eq!(clean.text.contains('□'), lacks, "{name}");
    }
}

#[test]
fn the_faces_have_what_receipts_say() {
    for letter in "AZaz09 €£¥$•−,.’□ĄŁőŽşΩЖאبܐ՞ა".chars().filter(|letter| *letter != 'ܐ') {
        assert!(!MONO.clean(&letter.to_string()).lacks, "{letter} in the slip's type");
        assert!(!BOLD.clean(&letter.to_string()).lacks, "{letter} in the bold type");
    }
    assert_eq!(MONO.clean("a\u{202e}b\u{7}c").text, "abc");
}

#[test]
fn a_line_is_laid_out_in_the_direction_it_is_read() {
    let order = |text: &str| {
        let shaped = MONO.shape(text);
        (shaped.from_right, shaped.runs.into_iter().map(|run| run.text).collect::<Vec<_>>())
    };
    assert_eq!(order("Corner 24"), (false, vec!["Corner 24".to_owned()]));
    let (from_right, runs) = order("אב 24");
    assert!(from_right);
    assert_eq!(runs.first().map(String::as_str), Some("24"), "{runs:?}");
    let (from_right, runs) = order("Shop אב");
    assert!(!from_right);
    assert_eq!(runs.first().map(|run| run.trim()), Some("Shop"), "{runs:?}");
    // Arabic letters join: each has another shape beside others than alone.
    let (alone, joined) = (BOLD.shape("ب"), BOLD.shape("بب"));
    assert!((joined.width - 2.0 * alone.width).abs() > 0.01);
}

proptest::proptest! {
    /// Whatever a merchant is called: a name is 1 to 60 characters, none of them a control character.
    #[test]
    fn any_name_makes_every_form(name in "\\PC{1,60}", site in "[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Zs}\\p{Cf}\\p{Co}]{1,60}") {
        let receipt = Receipt { merchant: name, site, ..plain() };
        proptest::prop_assert!(pdf::write(&receipt).is_ok(), "{:?}", receipt);
        for (columns, width) in [(Columns::C32, 32), (Columns::C42, 42)] {
            let text = text::write(&receipt, columns);
            proptest::prop_assert!(text.lines().all(|line| line.width() <= width), "{}", text);
        }
    }
}
