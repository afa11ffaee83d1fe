//! The line between a shop and its server, with a switch.

use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passes {
    Everything,
    /// Connections break.
    Nothing,
    /// Requests arrive, answers do not: the connection breaks when one comes.
    Requests,
}

pub(super) struct Line {
    pub(super) address: SocketAddr,
    passes: watch::Sender<Passes>,
}

impl Line {
    /// A line to a server through which everything gets.
    pub(super) async fn to(server: SocketAddr) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (passes, now) = watch::channel(Passes::Everything);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let mut now = now.clone();
                if *now.borrow_and_update() == Passes::Nothing {
                    continue;
                }
                let Ok(far) = TcpStream::connect(server).await else { continue };
                tokio::spawn(async move {
                    tokio::select! {
                        () = carry(near, far, now.clone()) => {}
                        _ = now.changed() => {}
                    }
                });
            }
        });
        Line { address, passes }
    }

    /// Breaks what is open.
    pub(super) fn set(&self, passes: Passes) {
        self.passes.send_replace(passes);
        std::thread::sleep(Duration::from_millis(20));
    }
}

async fn carry(near: TcpStream, far: TcpStream, now: watch::Receiver<Passes>) {
    let ((mut near_in, mut near_out), (mut far_in, mut far_out)) = (near.into_split(), far.into_split());
    let there = async { drop(tokio::io::copy(&mut near_in, &mut far_out).await) };
    let back = async {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(count @ 1..) = far_in.read(&mut bytes).await {
            if *now.borrow() == Passes::Requests || near_out.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! { () = there => {}, () = back => {} }
}
