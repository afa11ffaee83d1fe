//! At loopback, only names of loopback are answered: against a page elsewhere that points its own name here.

use crate::support::Server;
use handsel_api::Code;

#[test]
fn a_foreign_host_is_refused_before_anything_else() {
    let server = Server::start();
    let operator = server.operator();
    for host in ["evil.example", "evil.example:8321", "localhost.evil.example"] {
        for path in ["/v1/merchants", "/healthz", "/v1/openapi.json", "/nothing"] {
            let problem = operator.header("host", host).get(path).problem();
            assert_eq!((problem.code, problem.field.as_deref()), (Code::Forbidden, Some("host")), "{host} {path}");
        }
    }
    for host in ["localhost", "LOCALHOST:1", "[::1]:8321"] {
        assert_eq!(operator.header("host", host).get("/v1/merchants").status, 200, "{host}");
    }
}

#[test]
fn a_request_without_a_host_is_refused() {
    let server = Server::start();
    let answer = server.anyone().raw("GET /v1/merchants HTTP/1.0\r\n\r\n");
    assert!(answer.contains(" 403 ") && answer.contains("\"forbidden\""), "{answer}");
}
