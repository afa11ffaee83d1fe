//! How fast a key may ask.

use crate::support::{Server, Shop, Sse};
use handsel_api::{Code, logs::RequestLine};
use handsel_server::Config;

#[test]
fn what_is_too_much_at_once_is_refused_for_that_key_alone() {
    let config = Config { requests_per_s: 20.try_into().unwrap(), ..Config::default() };
    let server = Server::start_with(tempfile::tempdir().unwrap(), config);
    let operator = server.operator();
    let (shop, other) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    let first = shop.till.get("/v1/payments");
    assert_eq!(first.header("ratelimit-policy"), Some("\"key\";q=20;w=1"));
    assert_eq!(first.header("ratelimit"), Some("\"key\";r=19;t=1"));
    let refused = (0..2_000).map(|_| shop.till.get("/v1/payments")).find(|answer| answer.status != 200).unwrap();
    assert_eq!(refused.refused(), (429, Code::TooManyRequests));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("ratelimit"), Some("\"key\";r=0;t=1"));
    assert_eq!(other.till.get("/v1/payments").status, 200);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(shop.till.get("/v1/payments").status, 200);
    for unknown in [server.anyone(), server.with("hsk_test_unknown")] {
        let answer = unknown.get("/v1/payments");
        assert_eq!(
            (answer.status, answer.header("ratelimit")),
            (401, None),
            "nobody fills the memory with unknown keys"
        );
    }
}

#[test]
fn a_key_follows_its_own_requests_and_an_operator_all() {
    let server = Server::start();
    let token = server.operator_token();
    let operator = server.with(&token);
    let (shop, other) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    let lines = |token: &str, count: usize| -> Vec<RequestLine> {
        let mut stream = Sse::open(server.address, "/v1/logs/stream", token, None);
        (0..count).map(|_| serde_json::from_str(&stream.next().unwrap().data).unwrap()).collect()
    };
    other.till.get("/v1/sites");
    let answer = shop.till.get("/v1/payments/pay_01JD9VZZZZZZZZZZZZZZZZZZZZ?secret=x");
    shop.till.get("/v1/payments");
    let own = lines(&shop.key, 2);
    assert_eq!((own[0].route.as_str(), own[0].status, own[0].method.as_str()), ("/v1/payments/{id}", 404, "GET"));
    assert_eq!(own[0].code.as_deref(), Some("not_found"));
    assert_eq!(Some(own[0].request_id.as_str()), answer.header("x-request-id"));
    assert_eq!(own[1].route, "/v1/payments");
    let hint = own[0].key.as_deref().unwrap();
    assert!(hint.starts_with("hsk_test_…") && shop.key.ends_with(&hint["hsk_test_…".len()..]));
    let all = lines(&token, 9);
    assert!(all.iter().any(|line| line.route == "/v1/sites" && line.key != own[0].key));
    assert!(all.iter().any(|line| line.route == "/v1/merchants" && line.key.is_none()));
    assert_eq!(server.anyone().get("/v1/logs/stream").refused(), (401, Code::Unauthenticated));
}
