//! The server's log as others meet it: audited over HTTP, signed by a witness, and whole after a kill at any point of writing it.

use client::Client;
use handsel_api::{
    SubjectId,
    incidents::{Incident, IncidentKind},
    merchants::{CreateMerchant, CreateSite, Merchant, Page, Site},
    subjects::{CreateSubject, CreatedSubject, Subject},
};
use handsel_log::{Folder, Source, commitment::Leaf, failpoint::FAILPOINTS, layout::Place};
use handsel_server::{Config, doctor, failpoint::DIRECTORY};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

#[path = "../src/demo/client.rs"]
#[allow(dead_code, unreachable_pub, reason = "the demo uses more of it")]
mod client;

/// A process, its address and its last word; killed when dropped.
struct Running {
    process: Child,
    said: Vec<String>,
}

impl Running {
    fn start(lines: usize, args: &[&str], env: &[(&str, &str)]) -> Option<Running> {
        let mut process = Command::new(env!("CARGO_BIN_EXE_handsel"))
            .args(args)
            .envs(env.iter().copied())
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let said: Vec<String> =
            out.take(lines).filter_map(|line| line.split_whitespace().last().map(str::to_owned)).collect();
        let whole = said.len() == lines;
        let running = Running { process, said };
        whole.then_some(running)
    }

    fn has_ended(&mut self) -> bool {
        self.process.try_wait().unwrap().is_some()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already ended is fine.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn serve(data: &Path, env: &[(&str, &str)]) -> Option<Running> {
    let data = data.to_str().unwrap();
    Running::start(2, &["serve", "--listen", "127.0.0.1:0", "--no-demo", "--data-dir", data], env)
}

/// The server's address and an operator at it.
fn operator(server: &Running) -> (String, Client) {
    let base = server.said[0].trim_end_matches('/').to_owned();
    let anyone = Client::new(&base);
    let token = server.said[1].rsplit('/').next().unwrap();
    let operator = anyone.with_bearer(&anyone.claim_admin(token).unwrap());
    (base, operator)
}

fn handsel(args: &[&str]) -> (bool, String) {
    let Output { status, stdout, .. } = Command::new(env!("CARGO_BIN_EXE_handsel")).args(args).output().unwrap();
    (status.success(), String::from_utf8(stdout).unwrap())
}

/// Somebody to look at.
fn somebody(operator: &Client) -> CreatedSubject {
    let merchant = CreateMerchant { name: "Fennel & Rye".into(), currency: "EUR".into() };
    let merchant = operator.post::<Merchant>("/v1/merchants", &merchant, None).unwrap().done().unwrap().id;
    let site = CreateSite { merchant, name: "Quay Street".into() };
    let site = operator.post::<Site>("/v1/sites", &site, None).unwrap().done().unwrap().id;
    operator.act::<Site>(&format!("/v1/sites/{site}/sign"), None).unwrap().done().unwrap();
    let create = CreateSubject { site, display_name: "Wren".into(), of_age: true, phone_last4: None };
    operator.post::<CreatedSubject>("/v1/subjects", &create, None).unwrap().done().unwrap()
}

/// Looks at somebody's record, which is logged before it is shown.
fn look(operator: &Client, at: SubjectId) -> bool {
    operator.get::<Subject>(&format!("/v1/subjects/{at}")).is_ok_and(|answer| answer.done().is_ok())
}

/// How many entries say that somebody's record was looked at, and how many there are.
fn looks(log: &Folder) -> (usize, usize) {
    let size: u64 = checkpoint_size(log);
    let mut kinds = Vec::new();
    for index in 0..size.div_ceil(256) {
        let bytes = log.read(&Place::of_tree(None, index, size).unwrap().path(), 1 << 24).unwrap().unwrap();
        let mut rest = &bytes[..];
        while let Some((length, tail)) = rest.split_first_chunk() {
            let (entry, tail) = tail.split_at(usize::from(u16::from_be_bytes(*length)));
            kinds.push(Leaf::parse(entry).unwrap().kind.to_string());
            rest = tail;
        }
    }
    (kinds.iter().filter(|kind| *kind == "staff_access").count(), kinds.len())
}

fn checkpoint_size(log: &Folder) -> u64 {
    let text = String::from_utf8(log.read("checkpoint", 1 << 16).unwrap().unwrap()).unwrap();
    text.lines().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_stranger_audits_it_over_http_and_a_witness_signs_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    // The log's key is known once it has been begun.
    let server = serve(&data, &[]).unwrap();
    let (base, first) = operator(&server);
    let CreatedSubject { subject: Subject { id: wren, .. }, wallet_path, .. } = somebody(&first);
    let key = |base: &str| {
        let said = ureq::get(format!("{base}/log/key")).call().unwrap().into_body().read_to_string().unwrap();
        said.trim().to_owned()
    };
    let vkey = key(&base);
    drop(server);
    let seen = folder.path().join("witness");
    let args = ["witness", "--listen", "127.0.0.1:0", "--name", "witness.example/w1", "--log", &vkey, "--data-dir"];
    let witness = Running::start(2, &[&args[..], &[seen.to_str().unwrap()]].concat(), &[]).unwrap();
    let (url, witness_key) = (&witness.said[0], witness.said[1].clone());
    let witnesses = format!("[{{url=\"{url}\",key=\"{witness_key}\"}}]");
    let server = serve(&data, &[("HANDSEL_WITNESSES", &witnesses)]).unwrap();
    let (base, operator) = operator(&server);
    assert_eq!(key(&base), vkey, "it is the same log");
    assert!(look(&operator, wren) && look(&operator, wren));

    let log = format!("{base}/log");
    let audit = ["log", "audit", &log, "--vkey", &vkey, "--witness", &witness_key];
    let until = Instant::now() + Duration::from_secs(20);
    let said = loop {
        let (holds, said) = handsel(&audit);
        if holds {
            break said;
        }
        assert!(Instant::now() < until, "{said}");
        std::thread::sleep(Duration::from_millis(200));
    };
    assert!(said.contains("seen to have only grown by witness.example/w1"), "{said}");
    // What is answered to everybody is signed by the same key, and names a checkpoint that the log still continues.
    let answers = folder.path().join("answers.note");
    let note = ureq::get(format!("{base}/transparency.note")).call().unwrap().into_body().read_to_vec().unwrap();
    let then = folder.path().join("then");
    let (file, out) = (answers.to_str().unwrap(), then.to_str().unwrap());
    let verify = |note: &[u8], vkey: &str| {
        std::fs::write(&answers, note).unwrap();
        handsel(&["log", "verify", "--answers", file, "--vkey", vkey, "--checkpoint-out", out])
    };
    let (holds, said) = verify(&note, &vkey);
    assert!(holds && said.contains("answered at 20"), "{said}");
    let (holds, said) = handsel(&["log", "audit", &log, "--vkey", &vkey, "--old", out]);
    assert!(holds, "{said}");
    let (holds, said) = verify(&note, &witness_key);
    assert!(!holds && said.contains("It does not hold"), "{said}");
    for at in (0..note.len()).step_by(note.len() / 60) {
        let mut bent = note.clone();
        bent[at] ^= 1;
        assert!(!verify(&bent, &vkey).0, "byte {at}");
        assert!(!verify(&note[..at], &vkey).0, "cut at {at}");
    }
    let head = |path: &str| {
        let answer = ureq::get(format!("{log}/{path}")).config().http_status_as_error(false).build().call().unwrap();
        let keep = answer.headers().get("cache-control").map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), keep.unwrap_or_default())
    };
    assert_eq!(head("checkpoint"), (200, "no-store".to_owned()));
    let bundle = Place::of_tree(None, 0, checkpoint_size(&Folder::new(data.join("log/public")))).unwrap().path();
    assert_eq!(head(&bundle), (200, "public, max-age=31536000, immutable".to_owned()));

    // Whose uses they are is shown that they are all, and shows it to anybody.
    let uses = folder.path().join("uses.tlog");
    let download = || {
        let token = wallet_path.rsplit('/').next().unwrap();
        let answer = ureq::get(format!("{base}/v1/subjects/{wren}/uses.tlog"))
            .header("authorization", format!("Bearer {token}"))
            .call()
            .unwrap();
        answer.into_body().read_to_string().unwrap()
    };
    let verify = ["log", "verify", "--subject", uses.to_str().unwrap(), "--vkey", &vkey];
    let whole = download();
    std::fs::write(&uses, &whole).unwrap();
    let (holds, said) = handsel(&verify);
    assert!(holds && said.contains("They are all 2 of this person's uses, and there is no other one"), "{said}");
    let (holds, said) = handsel(&[&verify[..], &["--since", "2999-01-01T00:00:00Z"]].concat());
    assert!(!holds && said.contains("which is before the time that was asked for"), "{said}");
    let second = whole.match_indices("c2sp.org/tlog-proof@v1").nth(1).unwrap().0;
    let (section, _) = whole.match_indices("handsel/completeness@v1").next().unwrap();
    for (changed, why) in [
        (whole[second..].to_owned(), "a use is left out: the directory tells of 2, and here are 1"),
        (whole[..second].to_owned() + &whole[section..], "a use is left out: the directory tells of 2, and here are 1"),
        (whole[..section + 400].to_owned(), "it is cut short"),
        (whole[section..].to_owned(), "a use is left out: the directory tells of 2, and here are 0"),
    ] {
        std::fs::write(&uses, changed).unwrap();
        let (holds, said) = handsel(&verify);
        assert!(!holds && said.contains(why), "{said}");
    }
    std::fs::write(&uses, &whole[..section]).unwrap();
    let (holds, said) = handsel(&verify);
    assert!(holds && said.contains("whether these are all that there are was not checked"), "{said}");
    assert!(look(&operator, wren));
    let section_of = |file: &str| file[file.find("handsel/completeness@v1").unwrap()..].to_owned();
    std::fs::write(&uses, download().split("handsel/completeness@v1").next().unwrap().to_owned() + &section_of(&whole))
        .unwrap();
    let (holds, said) = handsel(&verify);
    assert!(!holds && said.contains("That these are all"), "an old proof under newer uses: {said}");
    let (holds, said) = handsel(&["log", "audit", &log, "--vkey", &vkey]);
    assert!(holds && said.contains("its directory of uses only grew"), "{said}");
    for none in [
        "..%2f..%2fkeys/handsel.key",
        "directory/..%2f..%2fdirectory.redb",
        "directory.redb",
        "tile/0/999",
        "lock",
        "tile/entries/../../checkpoint",
    ] {
        assert_eq!(head(none).0, 404, "{none}");
    }
}

#[test]
fn a_server_put_back_beside_an_older_log_is_told_on_by_its_witness() {
    let folder = tempfile::tempdir().unwrap();
    let (data, older) = (folder.path().join("data"), folder.path().join("older"));
    let server = serve(&data, &[]).unwrap();
    let (base, first) = operator(&server);
    let wren = somebody(&first);
    let vkey = ureq::get(format!("{base}/log/key")).call().unwrap().into_body().read_to_string().unwrap();
    drop(server);
    copy(&data, &older);
    let seen = folder.path().join("witness");
    let args =
        ["witness", "--listen", "127.0.0.1:0", "--name", "witness.example/w1", "--log", vkey.trim(), "--data-dir"];
    let witness = Running::start(2, &[&args[..], &[seen.to_str().unwrap()]].concat(), &[]).unwrap();
    let witnesses = format!("[{{url=\"{}\",key=\"{}\"}}]", witness.said[0], witness.said[1]);
    let configured = [("HANDSEL_WITNESSES", &*witnesses)];
    let incidents = |operator: &Client| operator.get::<Page<Incident>>("/v1/incidents").unwrap().done().unwrap().data;

    let server = serve(&data, &configured).unwrap();
    let (_, now) = operator(&server);
    for _ in 0..5 {
        assert!(look(&now, wren.subject.id));
    }
    let log = Folder::new(data.join("log/public"));
    let signed =
        || String::from_utf8(log.read("checkpoint", 1 << 16).unwrap().unwrap()).unwrap().contains("witness.example");
    let until = Instant::now() + Duration::from_secs(20);
    while checkpoint_size(&log) < checkpoint_size(&Folder::new(older.join("log/public"))) + 5 || !signed() {
        assert!(Instant::now() < until, "the witness signs what was done");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(incidents(&now).is_empty());
    drop(server);

    let server = serve(&older, &configured).unwrap();
    let (_, then) = operator(&server);
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let found = incidents(&then);
        if found.iter().any(|one| one.kind == IncidentKind::WitnessDisagrees && one.ended_at.is_none()) {
            break;
        }
        assert!(Instant::now() < until, "{found:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
    let told =
        ureq::get(format!("{}transparency", server.said[0])).call().unwrap().into_body().read_to_string().unwrap();
    assert!(told.contains("A witness knew the public log otherwise"), "anybody is told");
}

/// Copies a folder and everything in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(&from, &to).unwrap();
        }
    }
}

#[test]
fn killed_at_any_point_of_writing_it_has_every_entry_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = serve(&data, &[]).unwrap();
    let wren = somebody(&operator(&server).1).subject.id;
    drop(server);
    let mut acknowledged = 0;
    let points = FAILPOINTS.map(|point| ("LOG_FAILPOINT", point)).into_iter();
    for (variable, failpoint) in points.chain(DIRECTORY.map(|point| ("FAILPOINT", point))) {
        // Some are come by while it starts.
        let Some(mut server) = serve(&data, &[(variable, failpoint)]) else { continue };
        let anyone = Client::new(server.said[0].trim_end_matches('/'));
        let token = server.said[1].rsplit('/').next().unwrap().to_owned();
        let until = Instant::now() + Duration::from_secs(20);
        if let Ok(session) = anyone.claim_admin(&token) {
            let operator = anyone.with_bearer(&session);
            while look(&operator, wren) {
                acknowledged += 1;
                assert!(Instant::now() < until, "nothing came by {failpoint}");
            }
        }
        while !server.has_ended() {
            assert!(Instant::now() < until, "{failpoint}: it refused, and goes on");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    // The next start goes on with what is there.
    let server = serve(&data, &[]).unwrap();
    assert!(look(&operator(&server).1, wren));
    acknowledged += 1;
    let public = Folder::new(data.join("log/public"));
    let until = Instant::now() + Duration::from_secs(20);
    let before = checkpoint_size(&public);
    while checkpoint_size(&public) == before {
        assert!(Instant::now() < until, "it is not published");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(server);
    let (holds, said) = handsel(&["log", "audit", data.join("log/public").to_str().unwrap()]);
    assert!(holds && said.contains("its directory of uses only grew"), "{said}");
    let (logged, entries) = looks(&public);
    assert!(acknowledged > 1 && logged >= acknowledged, "{acknowledged} acknowledged, {logged} logged");
    let config = Config { data_dir: data, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(doctor::examine(&config)).unwrap();
    assert!(report.sound && report.log_entries as usize == entries, "{report:?}");
}
