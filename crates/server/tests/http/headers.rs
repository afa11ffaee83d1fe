//! What every answer tells a browser.

use crate::support::Server;

#[test]
fn every_answer_is_bound_by_the_same_headers() {
    let server = Server::start();
    for path in ["/", "/healthz", "/v1/payments", "/nothing", "/v1/openapi.json", "/problems/not_found", "/receipts/x"]
    {
        let answer = server.anyone().get(path);
        let policy = answer.header("content-security-policy").expect(path);
        for part in ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
        assert!(answer.header("permissions-policy").unwrap().contains("camera=(self)"));
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[test]
fn only_the_page_to_try_the_api_may_write_style_attributes() {
    let server = Server::start();
    let page = server.anyone().get("/v1/docs/");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self';") && policy.contains("style-src 'self' 'unsafe-inline'"), "{policy}");
}
