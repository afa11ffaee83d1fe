use crate::support::Server;
use handsel_api::Code;
use serde_json::Value;
use sqlx::{ConnectOptions, Executor, sqlite::SqliteConnectOptions};

#[test]
fn a_server_that_runs_is_live_and_ready() {
    let server = Server::start();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.anyone().get(path).ok::<Value>()["status"], "ok", "{path}");
    }
}

#[test]
fn a_server_whose_store_takes_no_writes_is_live_and_not_ready() {
    let server = Server::start();
    let path = server.data.path().join("handsel.db");
    let mut other = server.runtime.block_on(async {
        let mut other = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
        other.execute("begin immediate").await.unwrap();
        other
    });
    assert_eq!(server.anyone().get("/readyz").refused(), (503, Code::StoreUnavailable));
    assert_eq!(server.anyone().get("/healthz").status, 200);
    server.runtime.block_on(other.execute("rollback")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(server.anyone().get("/readyz").status, 200, "it is ready again by itself");
}
