//! The simulated processor as a command: killed, it forgets no charge; and a server uses the one it is given.

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

/// A process of the binary, killed when this is dropped.
struct Process {
    child: Child,
    /// The first line it printed.
    line: String,
    /// Whatever else it prints needs somewhere to go.
    _output: BufReader<ChildStdout>,
}

impl Process {
    fn start(args: &[&str], environment: &[(&str, &str)]) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handsel"));
        command.args(args).envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the binary runs");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        output.read_line(&mut line).expect("a line");
        Process { child, line, _output: output }
    }

    fn sim(books: &Path) -> Process {
        Process::start(&["sim-processor", "--books", books.to_str().expect("a plain path")], &[])
    }

    fn url(&self) -> &str {
        let url = self.line.split_whitespace().find(|word| word.starts_with("http://"));
        url.unwrap_or_else(|| panic!("no address in {:?}", self.line)).trim_end_matches('/')
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn charge(sim: &Process, key: &str) -> Value {
    let body = json!({
        "payment": "pay_1", "amount_minor": 500, "currency": "EUR", "card": "card_visa_approved", "capture": true,
    });
    let request = ureq::post(format!("{}/v1/charges", sim.url())).header("idempotency-key", key);
    request.send_json(body).expect("an answer").body_mut().read_json().expect("JSON")
}

fn get(url: &str) -> Value {
    ureq::get(url).call().expect("an answer").body_mut().read_json().expect("JSON")
}

#[test]
fn a_killed_processor_forgets_no_charge_and_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let books = folder.path().join("books.db");
    let sim = Process::sim(&books);
    let first = charge(&sim, "k");
    drop(sim);
    let sim = Process::sim(&books);
    assert_eq!(charge(&sim, "k"), first);
    let totals = get(&format!("{}/audit/totals", sim.url()));
    assert_eq!((&totals["captures"], &totals["captured_minor"]), (&json!(1), &json!(500)));
}

#[test]
fn a_server_uses_the_processor_it_is_given_and_its_own_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let sim = Process::sim(&folder.path().join("books.db"));
    for (name, environment, own) in [
        ("given", vec![("HANDSEL_PROCESSOR__KIND", "sim"), ("HANDSEL_PROCESSOR__URL", sim.url())], false),
        ("own", vec![], true),
    ] {
        let data = folder.path().join(name);
        let server = Process::start(
            &["serve", "--no-demo", "--listen", "127.0.0.1:0", "--data-dir", data.to_str().unwrap()],
            &environment,
        );
        assert_eq!(ureq::get(format!("{}/readyz", server.url())).call().unwrap().status(), 200);
        assert_eq!(data.join("sim-processor.db").exists(), own, "{name}");
    }
}

#[test]
fn a_processor_that_is_misspelled_is_refused_without_its_secret() {
    let folder = tempfile::tempdir().unwrap();
    for wrong in [
        r#"{kind="stripe"}"#,
        r#"{kind="stripe",secret_key="hush",secret="hush"}"#,
        r#"{kind="stripe",secret_key="hush",url="http://elsewhere.example"}"#,
        r#"{kind="paypal",secret_key="hush"}"#,
    ] {
        let out = Command::new(env!("CARGO_BIN_EXE_handsel"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir", folder.path().to_str().unwrap()])
            .env("HANDSEL_PROCESSOR", wrong)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(!out.status.success() && said.contains("configuration") && !said.contains("hush"), "{wrong}: {said}");
    }
}
