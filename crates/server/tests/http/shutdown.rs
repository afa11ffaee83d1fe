//! A server that is told to stop finishes what it began and takes nothing new.

use crate::support::{Server, Shop, hands};
use std::{net::TcpStream, time::Duration};

#[test]
fn what_runs_is_answered_and_nothing_new_is_taken() {
    let mut server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let path = format!("/v1/payments/{}/identify", shop.ask(100));
    let frame = hands::right(5, 0);
    let answer = std::thread::scope(|scope| {
        let running = scope.spawn(|| shop.till.frame(&path, &frame));
        std::thread::sleep(Duration::from_millis(20));
        server.stop();
        running.join().unwrap()
    });
    assert_eq!(answer.status, 200, "{}", answer.text());
    let refused = (0..50).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        TcpStream::connect(server.address).is_err()
    });
    assert!(refused, "it still listens");
}
