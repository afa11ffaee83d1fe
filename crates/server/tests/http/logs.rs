//! The log of a whole run, at its finest level, has nothing in it that should not be there.

use crate::support::{Server, Shop, hands, log};
use serde_json::json;

#[test]
fn no_secret_name_frame_or_template_is_logged() {
    let server = Server::start();
    let operator_token = server.operator_token();
    let operator = server.with(&operator_token);
    let shop = Shop::open(&server, &operator);
    let name = "Zebulon Quarterstaff";
    let (first, second) = (hands::right(31, 0), hands::left(31, 0));
    let shopper = shop.enrol(&server, name, &[&first, &second]);
    let paid = shop.pay(4321, &hands::right(31, 1));
    let receipt = paid.receipt_path.unwrap();
    let receipt = receipt.rsplit('/').next().unwrap();
    // Secrets in paths and queries, valid and not.
    server.anyone().get(&format!("/receipts/{receipt}"));
    server.anyone().get(&format!("/wallet/{}", shopper.wallet_token));
    server.anyone().get("/wallet/hsw_mistyped-but-secret");
    server.anyone().get("/healthz?token=secret-in-a-query");
    server.anyone().get("/nowhere/secret-in-a-path");
    server.with("hsk_test_mistyped-but-secret").get("/v1/payments");
    shop.till.post_text("/v1/subjects", r#"{"display_name":"secret-in-a-broken-body""#);
    shop.till.post("/v1/subjects", &json!({"site": "secret-in-a-wrong-field"}));
    server.anyone().act(&format!("/v1/receipts/{receipt}/dispute"));
    assert_eq!(shopper.wallet.delete(&format!("/v1/subjects/{}", shopper.id)).status, 200);

    let log = log::so_far();
    assert!(log.contains("/v1/payments/{id}/identify"), "the run was logged");
    let secrets =
        [&operator_token, &shop.key, &shopper.wallet_token, receipt, "secret-in-a", "but-secret", name, "Zebulon"];
    for secret in secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is in the log");
    }
    for line in log.lines() {
        assert!(!many_numbers(line), "bytes of something: {}", &line[..line.len().min(400)]);
        assert!(!long_blob(line), "a blob: {}", &line[..line.len().min(400)]);
    }
}

/// How `Debug` writes bytes and features: more than a dozen numbers after each other.
fn many_numbers(line: &str) -> bool {
    let mut run = 0;
    for part in line.split(", ") {
        let digits = part.trim_matches(|c: char| !c.is_ascii_digit());
        run = if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') { run + 1 } else { 0 };
        if run > 12 {
            return true;
        }
    }
    false
}

/// Hexadecimal or base64 longer than a hash.
fn long_blob(line: &str) -> bool {
    line.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '=' | '_' | '-'))).any(|word| word.len() > 64)
}
