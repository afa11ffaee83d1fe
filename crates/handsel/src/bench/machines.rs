//! NATS servers and matchers as real processes on this machine, to be measured, tried and killed.

use anyhow::{Context, Result, bail};
use handsel_server::matchers::NatsServers;
use std::{
    hash::{BuildHasher, RandomState},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// The user of the servers started here.
const USER: &str = "rehearsal";
/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Servers of one cluster, at loopback. Killed when dropped.
pub(crate) struct Nats {
    servers: Mutex<Vec<Process>>,
    ports: Vec<u16>,
    password: String,
}

impl Nats {
    /// Starts as many servers as are asked for, one cluster if they are several. Their files are in `folder`.
    pub(crate) fn start(folder: &Path, count: usize) -> Result<Nats> {
        let program =
            program().context("nats-server is not installed (on Debian or Ubuntu: apt-get install nats-server)")?;
        // All held at once, so that they differ.
        let free: Vec<TcpListener> =
            (0..2 * count).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
        let all: Vec<u16> = free.iter().map(|port| Ok(port.local_addr()?.port())).collect::<Result<_>>()?;
        drop(free);
        let (ports, routes) = all.split_at(count);
        let password = format!("{:016x}", RandomState::new().hash_one(count));
        let mut servers = Vec::new();
        for (number, port) in ports.iter().enumerate() {
            let mut text = format!(
                "server_name: n{number}\nlisten: 127.0.0.1:{port}\nauthorization {{ user: {USER}, password: \"{password}\" }}\n"
            );
            if count > 1 {
                let others: Vec<String> = routes.iter().map(|route| format!("nats://127.0.0.1:{route}")).collect();
                let (own, others) = (routes[number], others.join(", "));
                text += &format!("cluster {{ name: rehearsal, listen: 127.0.0.1:{own}, routes: [{others}] }}\n");
            }
            let file = folder.join(format!("nats-{number}.conf"));
            std::fs::write(&file, text)?;
            servers.push(Process::start(Command::new(&program).arg("--config").arg(&file).stderr(Stdio::null()))?);
        }
        let start = Instant::now();
        for port in ports {
            while TcpStream::connect(("127.0.0.1", *port)).is_err() {
                if start.elapsed() > PATIENCE {
                    bail!("nats-server does not listen on port {port}");
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        Ok(Nats { servers: Mutex::new(servers), ports: ports.to_vec(), password })
    }

    /// The address of all servers, with credentials.
    pub(crate) fn url(&self) -> String {
        self.url_with(&self.password)
    }

    /// The same, with another password.
    pub(crate) fn url_with(&self, password: &str) -> String {
        let one = |port: &u16| format!("nats://{USER}:{password}@127.0.0.1:{port}");
        self.ports.iter().map(one).collect::<Vec<_>>().join(",")
    }

    /// The address of one server, a user and their password.
    pub(crate) fn login(&self) -> (String, String, String) {
        (format!("nats://127.0.0.1:{}", self.ports[0]), USER.to_owned(), self.password.clone())
    }

    /// What a server of ours connects with.
    pub(crate) fn servers(&self) -> Result<NatsServers> {
        Ok(self.url().parse()?)
    }

    /// Kills one server with signal 9.
    pub(crate) fn kill(&self, number: usize) {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)[number].kill();
    }
}

/// A process that is killed when it is dropped.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Result<Process> {
        let child = command.stdin(Stdio::null()).spawn();
        Ok(Process(child.with_context(|| format!("cannot start {}", command.get_program().display()))?))
    }

    /// Starts a matcher of this program. What it logs goes to `log`.
    pub(crate) fn matcher(program: &Path, data_dir: &Path, nats: &str, log: Stdio) -> Result<Process> {
        Process::start(matcher(program, data_dir, nats).stdout(Stdio::null()).stderr(log))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Signal 9: no chance to finish anything.
    pub(crate) fn kill(&mut self) {
        // Already ended is fine.
        drop(self.0.kill());
        drop(self.0.wait());
    }

    /// Signal 15, and waits until it has ended.
    pub(crate) fn stop(mut self) -> Result<std::process::ExitStatus> {
        let id = rustix::process::Pid::from_child(&self.0);
        rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
        Ok(self.0.wait()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The command that starts a matcher.
pub(crate) fn matcher(program: &Path, data_dir: &Path, nats: &str) -> Command {
    let mut command = Command::new(program);
    command.arg("matcher").arg("--data-dir").arg(data_dir).env("HANDSEL_GALLERY", nats).current_dir(data_dir);
    command
}

/// On the path of a user, or where only the system's own path leads.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")]);
    folders.map(|folder| folder.join("nats-server")).find(|program| program.is_file())
}
