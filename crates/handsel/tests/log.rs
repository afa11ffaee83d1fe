//! `handsel log` and `handsel witness`, run as a person runs them: over a folder, over HTTP, and after a kill.

use handsel_log::{
    Folder, KeyName, LogSigner, Note, Proof, Prover, VerifierKey, Writer,
    commitment::{EventKind, Opening},
    witness::{ADD_CHECKPOINT, Answered, LONGEST_REQUEST, Refused, SIZE_TYPE, ask},
};
use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

const NAME: &str = "shop.example/log";

fn handsel(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_handsel")).args(args).output().expect("the binary runs")
}

/// What it says when all is well.
#[track_caller]
fn holds(args: &[&str]) -> String {
    let out = handsel(args);
    let said = String::from_utf8(out.stdout).expect("text");
    assert!(out.status.success(), "{args:?}: {said}{}", String::from_utf8_lossy(&out.stderr));
    said
}

/// What it says when something does not hold.
#[track_caller]
fn fails(args: &[&str]) -> String {
    let out = handsel(args);
    let said = String::from_utf8(out.stdout).expect("text");
    assert_eq!(out.status.code(), Some(1), "{args:?}: {said}");
    said
}

/// A log in a folder, and what was committed to in its last entry.
struct Log {
    folder: tempfile::TempDir,
    writer: Writer,
    opening: Opening,
}

impl Log {
    fn new() -> Log {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer::open(&folder.path().join("log"), signer()).unwrap();
        writer.append(&(0..999).map(|entry| format!("entry {entry}")).collect::<Vec<_>>()).unwrap();
        let kind = EventKind::parse("palm_searched").unwrap();
        let opening = Opening::new(kind, 7, b"{\"purpose\": \"payment\"}".to_vec());
        writer.append(&[opening.leaf().to_bytes()]).unwrap();
        writer.publish().unwrap();
        Log { folder, writer, opening }
    }

    fn public(&self) -> String {
        self.writer.public().to_str().expect("a plain path").to_owned()
    }

    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("a plain path").to_owned()
    }
}

fn signer() -> LogSigner {
    LogSigner::new(KeyName::parse(NAME).unwrap(), &[7; 32])
}

fn vkey() -> String {
    signer().verifier().to_string()
}

#[test]
fn a_log_is_audited_in_its_folder_and_over_http() {
    let log = Log::new();
    let url = serve(log.writer.public());
    fs::copy(log.writer.public().join("checkpoint"), log.at("kept")).unwrap();
    log.writer.append(&["one more"]).unwrap();
    log.writer.publish().unwrap();
    for place in [&log.public(), &url] {
        let said = holds(&["log", "audit", place, "--vkey", &vkey(), "--old", &log.at("kept")]);
        assert!(said.contains("\"shop.example/log\" holds: 1001 entries"), "{said}");
        assert!(said.contains("continues each of 1 older checkpoints"), "{said}");
        let said = holds(&["log", "audit", place]);
        assert!(said.contains("who signed it was not checked"), "{said}");
    }

    let bundle = log.writer.public().join("tile/entries/002");
    let mut bytes = fs::read(&bundle).unwrap();
    bytes[40] ^= 1;
    fs::write(&bundle, &bytes).unwrap();
    for place in [&log.public(), &url] {
        let said = fails(&["log", "audit", place, "--vkey", &vkey()]);
        assert!(said.starts_with("It does not hold. tile/0/002: hash "), "{said}");
    }
    fs::remove_file(&bundle).unwrap();
    assert_eq!(fails(&["log", "audit", &url]), "It does not hold. tile/entries/002: it is missing\n");

    let other = Writer::open(&log.folder.path().join("other"), signer()).unwrap();
    other.append(&vec!["other"; 2000]).unwrap();
    other.publish().unwrap();
    let other = other.public().to_str().unwrap().to_owned();
    let said = fails(&["log", "audit", &other, "--vkey", &vkey(), "--old", &log.at("kept")]);
    assert!(said.contains("the log was forked: its first 1000 entries were others"), "{said}");
}

#[test]
fn a_proof_is_made_and_checked_elsewhere() {
    let log = Log::new();
    fs::write(log.at("opening"), log.opening.to_bytes()).unwrap();
    let (public, proof) = (log.public(), log.at("proof.tlog"));
    holds(&["log", "prove", &public, "999", "--opening", &log.at("opening"), "--out", &proof]);
    let said = holds(&["log", "verify", &proof, "--vkey", &vkey()]);
    assert!(said.contains("entry 999 of the 1000 in \"shop.example/log\""), "{said}");
    assert!(said.contains("a \"palm_searched\" of epoch 7") && said.contains("purpose"), "{said}");

    fs::write(log.at("entry"), "entry 500").unwrap();
    holds(&["log", "prove", &public, "500", "--out", &proof]);
    holds(&["log", "verify", &proof, "--vkey", &vkey(), "--entry", &log.at("entry")]);
    fs::write(log.at("entry"), "entry 501").unwrap();
    let said = fails(&["log", "verify", &proof, "--vkey", &vkey(), "--entry", &log.at("entry")]);
    assert_eq!(said, "It does not hold. the proof of inclusion: it leads to another root\n");
    let other = LogSigner::new(KeyName::parse(NAME).unwrap(), &[8; 32]).verifier().to_string();
    let said = fails(&["log", "verify", &proof, "--vkey", &other, "--entry", &log.at("entry")]);
    assert_eq!(said, "It does not hold. the checkpoint: it is not signed by shop.example/log\n");
}

#[test]
fn a_witness_signs_over_http_and_knows_after_a_kill_what_it_saw() {
    let log = Log::new();
    let data = log.folder.path().join("witness");
    let mut witness = Running::start(&data);
    let key: VerifierKey = witness.key.parse().unwrap();
    let mut known = 0;
    let note = log.writer.publish_with(|note, prover| witness.sign(&key, &mut known, note, prover).unwrap()).unwrap();
    assert_eq!((note.signatures().len(), known), (2, 1000));
    let said = holds(&["log", "audit", &log.public(), "--vkey", &vkey(), "--witness", &witness.key]);
    assert!(said.contains("seen to have only grown by witness.example/w1 at 20"), "{said}");

    witness.process.kill().unwrap();
    witness.process.wait().unwrap();
    let witness = Running::start(&data);
    assert_eq!(witness.key, key.to_string(), "it is the same one");
    // Another log of the same name and key, of the same size and larger; and the first one, shorter than it was.
    let other = Writer::open(&log.folder.path().join("other"), signer()).unwrap();
    for more in [1000, 1] {
        other.append(&vec!["other"; more]).unwrap();
        let note = other.publish().unwrap();
        let prover = Prover::new(Folder::new(other.public()), other.len());
        assert!(matches!(witness.sign(&key, &mut 0, &note, &prover), Err(Refused::Forked)));
    }
    let (status, kind, body) = witness.post(format!("old 1\n\n{note}"));
    assert_eq!((status, kind.as_str(), body.as_str()), (409, SIZE_TYPE, "1000\n"));
    assert_eq!(witness.post("nothing".to_owned()).0, 400);
    assert_eq!(witness.post("x".repeat(LONGEST_REQUEST as usize + 1)).0, 413);

    // Two at once would sign different things.
    let second = handsel(&witness_args(&data));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another process is this witness"));
}

/// A thousand uses of a palm, in one file as a wallet gives it.
#[test]
fn all_uses_of_a_palm_are_checked_in_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let writer = Writer::open(&folder.path().join("log"), signer()).unwrap();
    let kind = EventKind::parse("match").unwrap();
    let mine: Vec<Opening> = (0..1000)
        .map(|number| Opening::new(kind.clone(), 1, format!("{{\"number\": {number}}}").into_bytes()))
        .collect();
    for opening in &mine {
        // Between them, those of others.
        writer.append(&[opening.leaf().to_bytes(), b"another's".to_vec()]).unwrap();
    }
    let checkpoint = writer.publish().unwrap();
    let prover = Prover::new(Folder::new(writer.public()), writer.len());
    let proofs: Vec<String> = (0..)
        .zip(&mine)
        .map(|(number, opening)| {
            let (index, extra) = (2 * number, Some(opening.to_bytes()));
            let hashes = prover.inclusion(index).unwrap();
            Proof { extra, index, hashes, checkpoint: checkpoint.clone() }.to_string()
        })
        .collect();
    let path = folder.path().join("uses.tlog").to_str().unwrap().to_owned();
    let (vkey, check) = (vkey(), |text: String| fs::write(&path, text).unwrap());
    check(proofs.concat());
    let args = ["log", "verify", "--subject", &path, "--vkey", &vkey];
    let start = Instant::now();
    let said = holds(&args);
    eprintln!("a thousand uses were checked in {:?}, {} bytes each", start.elapsed(), proofs.concat().len() / 1000);
    assert!(said.contains("entry 1998: {\\\"number\\\": 999}") && said.contains("1000 entries hold"), "{said}");
    for (wrong, why) in [
        (proofs[..2].concat() + &proofs[0], "Proof 3: entry 0 is there twice"),
        (proofs[0].clone() + &proofs[1].replace("index 2\n", "index 4\n"), "Proof 2: the proof of inclusion"),
        ("nothing\n".to_owned() + &proofs[0], "Proof 1: it is not a proof file"),
        (
            proofs[0].lines().filter(|line| !line.starts_with("extra")).map(|l| l.to_owned() + "\n").collect(),
            "no opening",
        ),
    ] {
        check(wrong);
        let said = fails(&args);
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn appending_and_proving_are_timed() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("log.json");
    holds(&[
        "bench",
        "log",
        "--entries",
        "3000",
        "--batch",
        "100",
        "--tree",
        "5000",
        "--recognitions",
        "10",
        "--json",
        json.to_str().unwrap(),
    ]);
    let figures: serde_json::Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    assert_eq!((figures["append"]["entries"].as_u64(), figures["proof"]["hashes"].as_u64()), (Some(3000), Some(13)));
    assert!(figures["append"]["entries_per_s"].as_f64().unwrap() > 0.0, "{figures:#}");
    assert!(figures["proof"]["bytes"].as_u64().unwrap() < 2048, "{figures:#}");
}

/// A witness in a process of its own.
struct Running {
    process: Child,
    url: String,
    key: String,
}

fn witness_args(data: &Path) -> Vec<&str> {
    let data = data.to_str().expect("a plain path");
    // A text of the whole test's life.
    let log: &'static str = Box::leak(format!("{}={NAME}", vkey()).into_boxed_str());
    vec!["witness", "--listen", "127.0.0.1:0", "--name", "witness.example/w1", "--data-dir", data, "--log", log]
}

impl Running {
    fn start(data: &Path) -> Running {
        let mut process = Command::new(env!("CARGO_BIN_EXE_handsel"))
            .args(witness_args(data))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut lines = BufReader::new(process.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let mut said = |what: &str| {
            let line = lines.next().expect("it says where it is");
            line.strip_prefix(what).unwrap_or_else(|| panic!("{line}")).trim().to_owned()
        };
        let (url, key) = (said("The witness is at"), said("Its key:"));
        Running { process, url, key }
    }

    fn post(&self, body: String) -> (u16, String, String) {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .build()
            .into();
        let mut answer = agent.post(format!("{}{ADD_CHECKPOINT}", self.url)).send(body).expect("it answers");
        let kind = answer.headers()["content-type"].to_str().expect("text").to_owned();
        (answer.status().as_u16(), kind, answer.body_mut().read_to_string().expect("text"))
    }

    fn sign(
        &self,
        key: &VerifierKey,
        known: &mut u64,
        note: &Note,
        prover: &Prover<Folder>,
    ) -> Result<Vec<handsel_log::Signature>, Refused<std::convert::Infallible>> {
        ask(key, known, note, prover, &mut |body| {
            let (status, _, body) = self.post(body);
            Ok(Answered { status, body })
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A static host that knows nothing of logs.
fn serve(folder: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let folder: PathBuf = folder.to_owned();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let file = move |uri: axum::http::Uri| async move {
                fs::read(folder.join(uri.path().trim_start_matches('/'))).map_err(|_| axum::http::StatusCode::NOT_FOUND)
            };
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, axum::Router::new().fallback(file)).await.unwrap();
        });
    });
    url
}
