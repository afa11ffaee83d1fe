//! A PostgreSQL of a test's own: a fresh cluster in a temporary folder, reached through a socket in it, gone when the test's
//! process is. Any crate's tests can have it: `#[path = "…/tests/support/postgres.rs"] mod postgres;`.

use std::{
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// The folder with `initdb` and `postgres`; without it they are looked for where Debian puts them, then on the `PATH`.
const BIN: &str = "POSTGRES_BIN";

/// Starts the server, waits until whoever started this closes its end of the pipe – as the system does for one that died –
/// and takes server and folder away. `$1` is the server's program, `$2` the folder.
const GUARD: &str = r#"
"$1" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=200 \
    >"$2/log" 2>&1 </dev/null &
cat >/dev/null
kill -QUIT $! 2>/dev/null
wait $!
rm -rf "$2"
"#;

struct Cluster {
    folder: PathBuf,
    bin: PathBuf,
    user: Option<(u32, u32)>,
    /// Its standard input is what keeps the server up.
    _guard: Child,
}

/// A new, empty database of this process's cluster, as an address to connect to.
///
/// # Panics
/// When there is no PostgreSQL, or it does not start.
pub(crate) fn database() -> String {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    static NAMES: AtomicU32 = AtomicU32::new(0);
    let cluster = CLUSTER.get_or_init(start);
    let name = format!("test_{}", NAMES.fetch_add(1, Ordering::Relaxed));
    cluster.sql("postgres", &format!("create database {name} template template0"));
    format!("postgres:///{name}?host={}&user=handsel", cluster.folder.display())
}

impl Cluster {
    fn sql(&self, database: &str, statement: &str) {
        let mut psql = command(&self.bin.join("psql"), self.user);
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "handsel", "-d", database, "-c", statement, "-h"]);
        run(psql.arg(&self.folder));
    }
}

fn start() -> Cluster {
    let bin = bin();
    let user = unprivileged();
    let folder = std::env::temp_dir().join(format!("handsel-pg-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a folder for PostgreSQL");
    if let Some((uid, gid)) = user {
        chown(&folder, Some(uid), Some(gid)).expect("the folder is given to the user PostgreSQL runs as");
    }
    let mut initdb = command(&bin.join("initdb"), user);
    initdb.args(["--auth=trust", "--username=handsel", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"]);
    run(initdb.arg(folder.join("data")));
    let mut guard = command(Path::new("sh"), user);
    guard.args(["-c", GUARD, "sh"]).arg(bin.join("postgres")).arg(&folder);
    let guard = guard.stdin(Stdio::piped()).process_group(0).spawn().expect("a shell");
    let begun = Instant::now();
    let mut ready = command(&bin.join("pg_isready"), user);
    ready.args(["-q", "-h"]).arg(&folder);
    while !ready.status().is_ok_and(|status| status.success()) {
        let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(begun.elapsed() < Duration::from_secs(60), "PostgreSQL does not start: {}", log());
        std::thread::sleep(Duration::from_millis(20));
    }
    Cluster { folder, bin, user, _guard: guard }
}

/// PostgreSQL refuses to run as the superuser: then it runs as the user its package made, or as nobody.
fn unprivileged() -> Option<(u32, u32)> {
    if id(&["-u"]) != Some(0) {
        return None;
    }
    let user = ["postgres", "nobody"].into_iter().find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)));
    Some(user.expect("a user that is not the superuser"))
}

fn id(args: &[&str]) -> Option<u32> {
    let out = Command::new("id").args(args).output().ok()?;
    String::from_utf8(out.stdout).ok()?.trim().parse().ok()
}

fn bin() -> PathBuf {
    if let Some(bin) = std::env::var_os(BIN) {
        return bin.into();
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())));
    let debian = newest.max().map(|(_, path)| path.join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = debian.into_iter().chain(std::env::split_paths(&path));
    let found = folders.find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file());
    found.unwrap_or_else(|| panic!("this test needs PostgreSQL 13 or later: install postgresql, or set {BIN}"))
}

fn command(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env_remove("LC_ALL").env("LANG", "C");
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn run(command: &mut Command) {
    let out = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
}
