//! A writer that is killed, anywhere, loses nothing that it acknowledged, and what it published before is the beginning of what it
//! publishes afterwards. It starts itself again as the victim. `KILLS` says how many kills there are at random moments.

use handsel_log::{
    Folder, KeyName, LogSigner, Source, Writer,
    failpoint::FAILPOINTS,
    layout::{Place, TILE_WIDTH},
    verify::{Expected, audit},
};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// How many kills at random moments, where the environment does not say.
const KILLS: u32 = 20;
/// A victim that nobody kills ends itself.
const LONGEST_LIFE: Duration = Duration::from_secs(20);

fn main() {
    if let Ok(folder) = std::env::var("VICTIM") {
        return append_until_killed(Path::new(&folder));
    }
    let kills: u32 = std::env::var("KILLS").map_or(KILLS, |text| text.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a folder");
    let mut older = Vec::new();
    let mut acknowledged = 0;
    for failpoint in FAILPOINTS {
        acknowledged = victim(folder.path(), Some(failpoint), Duration::ZERO).max(acknowledged);
        hold_to_account(folder.path(), acknowledged, &mut older);
    }
    for kill in 0..kills {
        let after = Duration::from_micros(u64::from(kill.wrapping_mul(2_654_435_761) >> 16) * 60_000 / 65_536);
        acknowledged = victim(folder.path(), None, after).max(acknowledged);
        hold_to_account(folder.path(), acknowledged, &mut older);
    }
    println!(
        "{} kills at named points, {kills} at random: {acknowledged} entries acknowledged, 0 lost",
        FAILPOINTS.len()
    );
}

/// Starts a victim and waits until it is dead: by its failpoint, or killed so long after its first acknowledgement. Gives back how many
/// entries it acknowledged.
fn victim(folder: &Path, failpoint: Option<&str>, after: Duration) -> u64 {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.env("VICTIM", folder).stdout(Stdio::piped());
    command.envs(failpoint.map(|name| ("LOG_FAILPOINT", name)));
    let mut child = command.spawn().expect("the victim starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let mut acknowledged = 0;
    if failpoint.is_none() {
        acknowledged = lines.next().expect("something is acknowledged").parse().expect("a number");
        std::thread::sleep(after);
        child.kill().expect("it is killed");
    }
    // A line that was not finished was not heard.
    acknowledged = lines.filter_map(|line| line.parse().ok()).last().unwrap_or(acknowledged);
    let status = child.wait().expect("it ends");
    assert!(!status.success(), "nothing came by {failpoint:?}");
    acknowledged
}

/// Appends and publishes at the same time, and says how far it is.
fn append_until_killed(folder: &Path) {
    let until = Instant::now() + LONGEST_LIFE;
    let log = Writer::open(folder, signer()).expect("the log opens");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while Instant::now() < until {
                log.publish().expect("it is published");
            }
        });
        let mut next = log.len();
        while Instant::now() < until {
            let count = 1 + next % 97;
            let entries: Vec<String> = (next..next + count).map(entry).collect();
            let indexes = log.append(&entries).expect("it is appended");
            assert_eq!(indexes, next..next + count);
            next = indexes.end;
            // One write for the whole line, without a buffer that dies with the process.
            std::io::stdout().write_all(format!("{next}\n").as_bytes()).expect("it is said");
        }
    });
}

/// What was acknowledged is there, in its place; all of the log holds; and everything that was published before is its beginning.
fn hold_to_account(folder: &Path, acknowledged: u64, older: &mut Vec<Vec<u8>>) {
    let published = std::fs::read(folder.join("public/checkpoint"));
    older.extend(published.ok());
    let log = Writer::open(folder, signer()).expect("the log opens again");
    assert!(log.len() >= acknowledged, "{} of {acknowledged} acknowledged entries are there", log.len());
    let checkpoint = log.publish().expect("it is published");
    let public = Folder::new(log.public());
    let known = Expected { key: Some(signer().verifier().clone()), older: older.clone(), ..Expected::default() };
    let report = audit(&public, &known).unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(report.checkpoint.size, log.len());
    for index in 0.. {
        let Some(place) = Place::of_tree(None, index, log.len()) else { break };
        let bundle = public.read(&place.path(), 1 << 24).expect("readable").expect("there");
        let wanted = (index * TILE_WIDTH..).take(place.width as usize).map(entry);
        let wanted: Vec<u8> =
            wanted.flat_map(|entry| [&(entry.len() as u16).to_be_bytes()[..], entry.as_bytes()].concat()).collect();
        assert!(bundle == wanted, "bundle {index} holds other entries");
    }
    older.push(checkpoint.to_string().into_bytes());
}

/// What entry `index` is.
fn entry(index: u64) -> String {
    format!("entry {index}{}", ".".repeat((index % 50) as usize))
}

fn signer() -> LogSigner {
    LogSigner::new(KeyName::parse("test.example/log").expect("a name"), &[7; 32])
}
