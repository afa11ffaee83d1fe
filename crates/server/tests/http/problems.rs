use crate::support::Server;
use handsel_api::Code;

#[test]
fn every_problems_type_is_a_page() {
    let server = Server::start();
    for &code in Code::ALL {
        let page = server.anyone().get(&format!("/problems/{}", code.name()));
        assert_eq!(page.status, 200, "{code:?}");
        assert!(page.text().contains(code.advice().split(['`', '\'', '&']).next().unwrap()), "{}", page.text());
    }
    assert_eq!(server.anyone().get("/problems/nonsense").refused(), (404, Code::NotFound));
}

#[test]
fn a_browser_gets_pages_and_a_program_never_does() {
    let server = Server::start();
    let browser = server.anyone().header("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
    for (path, status) in [("/problems/forbidden", 200), ("/nothing", 404), ("/receipts/unknown", 404)] {
        let page = browser.get(path);
        assert_eq!(page.status, status, "{path}: {}", page.text());
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        assert!(page.text().contains("<html"), "{path}");
    }
    assert_eq!(browser.get("/v1/nothing").refused(), (404, Code::NotFound), "not under /v1");
}

#[test]
fn what_is_not_there_is_a_problem_too() {
    let server = Server::start();
    for path in ["/v1", "/v1/", "/v1/nothing", "/nothing", "/v1/payments/pay_1/nothing", "/%00", "/v1/%ff"] {
        assert_eq!(server.anyone().get(path).refused(), (404, Code::NotFound), "{path}");
    }
}

#[test]
fn a_wrong_method_is_named_with_the_right_ones() {
    let server = Server::start();
    for (method, path, allow) in [
        ("PUT", "/v1/payments", "GET"),
        ("GET", "/v1/payments/pay_01JD9VZZZZZZZZZZZZZZZZZZZZ/confirm", "POST"),
        ("DELETE", "/v1/merchants", "POST"),
        ("PATCH", "/v1/subjects/sub_01JD9VZZZZZZZZZZZZZZZZZZZZ", "DELETE"),
        ("POST", "/healthz", "GET"),
        ("POST", "/v1/openapi.json", "GET"),
    ] {
        let answer = server.anyone().send(method, path, Some("application/json"), b"{}".to_vec());
        assert_eq!(answer.refused(), (405, Code::MethodNotAllowed), "{method} {path}");
        assert!(answer.header("allow").is_some_and(|methods| methods.contains(allow)), "{:?}", answer.headers);
    }
}

#[test]
fn a_request_id_is_on_every_answer_and_in_every_problem() {
    let server = Server::start();
    let mut seen = std::collections::HashSet::new();
    for path in ["/healthz", "/v1/payments", "/nothing", "/problems/forbidden", "/v1/openapi.json"] {
        let answer = server.anyone().header("x-request-id", "mine").get(path);
        let id = answer.header("x-request-id").expect(path).to_owned();
        assert!(id.starts_with("req_") && id.len() == 30, "{id}");
        if answer.status >= 400 {
            assert_eq!(answer.problem().request_id, id);
        }
        assert!(seen.insert(id), "every request has its own");
    }
}
