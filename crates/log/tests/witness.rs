//! A witness signs a log that grows, and nothing else, also after it was killed.

use handsel_log::{
    Folder, Note, Prover, Writer,
    verify::{Expected, audit},
    witness::{self, AddCheckpoint, Answer, Answered, OpenError, Refused, Witness},
};
use std::{collections::HashMap, convert::Infallible};
use support::{Witnessed, cosigner, open_witness, signer};

mod support;

const NOW_S: u64 = 1_800_000_000;

/// A log in a folder that goes with it.
struct Log {
    folder: tempfile::TempDir,
    log: Writer,
}

impl Log {
    fn of(entries: &[&str]) -> Log {
        let folder = tempfile::tempdir().unwrap();
        let log = Writer::open(folder.path(), signer()).unwrap();
        log.append(entries).unwrap();
        log.publish().unwrap();
        Log { folder, log }
    }

    fn grow(&self, entries: &[&str]) {
        self.log.append(entries).unwrap();
        self.log.publish().unwrap();
    }

    /// What it asks a witness that is at this size.
    fn request(&self, old: u64) -> AddCheckpoint {
        let prover = Prover::new(Folder::new(self.log.public()), self.log.len());
        AddCheckpoint { old, proof: prover.consistency(old).unwrap(), checkpoint: self.log.checkpoint().unwrap() }
    }
}

fn answer(witness: &Witness, request: &AddCheckpoint) -> Answer {
    witness.add_checkpoint(request.to_string().as_bytes(), NOW_S)
}

#[test]
fn a_growing_log_is_signed_step_by_step() {
    let (log, at) = (Log::of(&["a", "b", "c"]), Witnessed::new(1));
    let first = log.request(0);
    for _ in 0..2 {
        // The second time it is at that size, and says so.
        let answered = answer(&at.witness, &first);
        assert!(matches!(answered, Answer::Cosigned(_) | Answer::Stale(3)), "{answered:?}");
    }
    log.grow(&["d", "e"]);
    let second = log.request(3);
    let Answer::Cosigned(lines) = answer(&at.witness, &second) else { panic!("it is signed") };
    assert!(lines.starts_with("\u{2014} witness.example/w1 ") && lines.ends_with('\n'));
    let whole = Note::parse(format!("{}{lines}", second.checkpoint).as_bytes()).unwrap();
    assert_eq!(cosigner(1).verifier().check(&whole).unwrap().time_s, Some(NOW_S));
    // The same once more, from where it is.
    assert_eq!(answer(&at.witness, &log.request(5)).status(), 200);
}

#[test]
fn each_refusal_is_the_one_that_the_specification_wants() {
    let (log, at) = (Log::of(&["a", "b", "c"]), Witnessed::new(1));
    assert_eq!(answer(&at.witness, &log.request(0)).status(), 200);
    log.grow(&["d"]);
    let good = log.request(3);

    for body in ["", "old 3\n", "old 03\n\n", "new 3\n\nx\n", "old 3\nhash\n\ntext\n\n\u{2014} a AAAAAAA=\n"] {
        assert_eq!(at.witness.add_checkpoint(body.as_bytes(), NOW_S).status(), 400, "{body}");
    }
    let backwards = AddCheckpoint { old: 9, ..good.clone() };
    assert_eq!(answer(&at.witness, &backwards).status(), 400);
    let unknown = good.to_string().replace("test.example/log\n4", "test.example/other\n4");
    assert_eq!(at.witness.add_checkpoint(unknown.as_bytes(), NOW_S), Answer::UnknownLog);
    let unsigned = good.to_string().replace("\n4\n", "\n5\n");
    assert_eq!(at.witness.add_checkpoint(unsigned.as_bytes(), NOW_S), Answer::NotSigned);
    let stale = answer(&at.witness, &log.request(1));
    assert_eq!((stale.status(), stale.body().as_str()), (409, "3\n"));
    let unproven = AddCheckpoint { proof: Vec::new(), ..good.clone() };
    assert_eq!(answer(&at.witness, &unproven).status(), 422);
    let too_many = AddCheckpoint { proof: vec![handsel_log::Hash([0; 32]); 64], ..good.clone() };
    assert_eq!(answer(&at.witness, &too_many).status(), 400);
    assert_eq!(answer(&at.witness, &good).status(), 200);
}

#[test]
fn a_log_that_is_forked_or_rolled_back_is_not_signed_and_is_told_why() {
    let (log, at) = (Log::of(&["a", "b", "c"]), Witnessed::new(1));
    assert_eq!(answer(&at.witness, &log.request(0)).status(), 200);

    // Another tree of the same size, by the same key: the second checkpoint is the evidence.
    let other = Log::of(&["a", "b", "x"]);
    assert_eq!(answer(&at.witness, &other.request(3)), Answer::Forked(3));
    let kept = support::files(at.folder.path());
    let (_, evidence) = kept.iter().find(|(name, _)| name.ends_with(".contradicts")).expect("it is kept");
    let evidence = Note::parse(evidence).unwrap();
    assert!(signer().verifier().check(&evidence).is_ok());
    assert_eq!(evidence, other.log.checkpoint().unwrap());

    let ask = |log: &Log, known: &mut u64| {
        let (note, prover) = (log.log.checkpoint().unwrap(), Prover::new(Folder::new(log.log.public()), log.log.len()));
        witness::ask(at.witness.verifier(), known, &note, &prover, &mut |body| {
            let answer = at.witness.add_checkpoint(body.as_bytes(), NOW_S);
            Ok::<_, Infallible>(Answered { status: answer.status(), body: answer.body() })
        })
    };
    assert!(matches!(ask(&other, &mut 0), Err(Refused::Forked)));
    other.grow(&["y"]);
    assert!(matches!(ask(&other, &mut 0), Err(Refused::Forked)));
    assert!(matches!(ask(&Log::of(&["a", "b"]), &mut 0), Err(Refused::RolledBack(3))));
    // The honest one goes on, whatever it believes that the witness knows.
    log.grow(&["d", "e"]);
    let mut known = 1;
    assert_eq!(ask(&log, &mut known).unwrap().len(), 1);
    assert_eq!(known, 5);
}

#[test]
fn what_a_witness_saw_it_knows_after_a_restart_and_no_two_are_it() {
    let log = Log::of(&["a", "b", "c"]);
    let at = Witnessed::new(1);
    assert_eq!(answer(&at.witness, &log.request(0)).status(), 200);
    let logs = || HashMap::from([("test.example/log".to_owned(), vec![signer().verifier().clone()])]);
    assert!(matches!(Witness::open(at.folder.path(), cosigner(1), logs()), Err(OpenError::Locked)));
    let Witnessed { witness, folder } = at;
    drop(witness);
    let again = open_witness(1, folder.path());
    assert_eq!(answer(&again, &log.request(0)), Answer::Stale(3));
    assert_eq!(answer(&again, &Log::of(&["a", "b", "x"]).request(3)), Answer::Forked(3));
    drop(again);

    // What it wrote down and cannot read any more is no reason to begin anew.
    let name = support::files(folder.path()).into_keys().find(|name| name.len() == 64).unwrap();
    std::fs::write(folder.path().join(name), "nothing").unwrap();
    assert!(matches!(Witness::open(folder.path(), cosigner(1), logs()), Err(OpenError::Damaged(_))));
}

#[test]
fn two_requests_at_once_do_not_roll_a_witness_back() {
    let (log, at) = (Log::of(&["a"]), Witnessed::new(1));
    assert_eq!(answer(&at.witness, &log.request(0)).status(), 200);
    let mut requests = Vec::new();
    for entry in ["b", "c", "d", "e"] {
        log.grow(&[entry]);
        requests.push(log.request(1));
    }
    let signed: usize = std::thread::scope(|scope| {
        let witness = &at.witness;
        let ask = |request| scope.spawn(move || usize::from(answer(witness, request).status() == 200));
        let running: Vec<_> = requests.iter().map(ask).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(signed, 1, "only the first one continues the size of 1");
}

#[test]
fn a_published_checkpoint_carries_what_witnesses_signed_and_an_audit_wants_all_of_them() {
    let log = Log::of(&["a", "b"]);
    let (one, two) = (Witnessed::new(1), Witnessed::new(2));
    log.log.append(&["c"]).unwrap();
    let both = |note: &Note, prover: &Prover<Folder>| {
        [one.sign(note, prover, NOW_S), two.sign(note, prover, NOW_S + 1)].concat()
    };
    let note = log.log.publish_with(both).unwrap();
    assert_eq!(note.signatures().len(), 3);
    // Nothing new to publish: the signatures stay, and a later one of the same witness takes the place of its first.
    assert_eq!(log.log.publish().unwrap(), note);
    let note = log.log.publish_with(|note, prover| two.sign(note, prover, NOW_S + 2)).unwrap();
    assert_eq!(note.signatures().len(), 3);

    let key = |number| cosigner(number).verifier().clone();
    let known = |witnesses| Expected { key: Some(signer().verifier().clone()), witnesses, ..Expected::default() };
    let public = Folder::new(log.log.public());
    let report = audit(&public, &known(vec![key(1), key(2)])).unwrap();
    assert_eq!(report.witnessed_s, [NOW_S, NOW_S + 2]);
    let fault = audit(&public, &known(vec![key(1), key(3)])).unwrap_err();
    assert_eq!(fault.to_string(), "checkpoint: it is not signed by witness.example/w3");
    assert!(log.folder.path().join("journal").is_dir());
}
