//! The whole story of a shop whose palms are held elsewhere; then its server is killed and comes back.

use crate::{
    client::Client,
    machines::{Nats, Process},
    story,
    world::{PATIENCE, program},
};
use anyhow::{Context, Result, bail, ensure};
use handsel_api::Code;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

#[test]
fn a_shop_works_with_matchers_and_refuses_without_them() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let nats = Nats::start(folder.path(), 1)?;
    let server = Server::start(&data, &nats.url())?;
    ready(&server)?.refused_with(Code::GalleryUnavailable)?;
    let matcher = || Process::matcher(program(), &data, &nats.url(), Stdio::null());
    let (_one, mut two) = (matcher()?, matcher()?);
    server.wait_until_ready()?;
    let report = std::thread::scope(|scope| {
        let telling = scope.spawn(|| story::tell(&server.base, &server.admin_link, &data, false));
        two.kill();
        telling.join().expect("the story does not panic")
    });
    ensure!(report.ok, "{}", serde_json::to_string_pretty(&report)?);

    let mut server = server;
    server.kill();
    let server = Server::start(&data, &nats.url())?;
    server.wait_until_ready()
}

fn ready(server: &Server) -> Result<crate::client::Answer<serde_json::Value>> {
    Client::new(&server.base).get("/readyz")
}

/// The real binary as a real process.
struct Server {
    process: Child,
    base: String,
    admin_link: String,
}

impl Server {
    fn start(data_dir: &Path, nats: &str) -> Result<Server> {
        std::fs::create_dir_all(data_dir)?;
        let mut process = Command::new(program())
            .args(["serve", "--listen", "127.0.0.1:0", "--no-demo", "--data-dir"])
            .arg(data_dir)
            .env("HANDSEL_GALLERY", nats)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut lines = BufReader::new(process.stdout.take().context("no standard output")?).lines();
        let mut url = || -> Result<String> {
            let line = lines.next().context("the server printed no address")??;
            Ok(line.split_whitespace().last().context("an empty line")?.to_owned())
        };
        let base = url()?.trim_end_matches('/').to_owned();
        let admin_link = url()?.rsplit('/').next().context("no link")?.to_owned();
        Ok(Server { process, base, admin_link })
    }

    fn wait_until_ready(&self) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let crate::client::Answer::Done(_) = ready(self)? {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the server never became ready")
    }

    /// Signal 9: no chance to finish anything.
    fn kill(&mut self) {
        // Already ended is fine.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
