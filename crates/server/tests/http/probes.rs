use crate::support::Server;
use serde_json::Value;

#[test]
fn a_server_that_runs_is_live_and_ready() {
    let server = Server::start();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.anyone().get(path).ok::<Value>()["status"], "ok", "{path}");
    }
}
