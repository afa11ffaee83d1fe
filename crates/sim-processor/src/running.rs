//! A processor on a thread of its own.

use crate::SimProcessor;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    thread::JoinHandle,
};
use tokio::{net::TcpListener, sync::oneshot};

/// A simulated processor that serves at loopback. Dropped, it finishes what runs and stops.
pub struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(processor: SimProcessor) -> io::Result<Running> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = move || {
            let stopped = async { drop(stopped.await) };
            let serving = async { processor.serve(TcpListener::from_std(listener)?, stopped).await };
            if let Err(error) = runtime.block_on(serving) {
                tracing::error!(%error, "the simulated processor stopped");
            }
        };
        let thread = std::thread::Builder::new().name("sim-processor".to_owned()).spawn(serve)?;
        Ok(Running { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it serves.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it serves, as a URL without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // it panicked: the log has it
        }
    }
}
