//! A server that is told to stop finishes what it began and takes nothing new.

use crate::support::{Server, Shop, hands};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

#[test]
fn what_runs_is_answered_and_nothing_new_is_taken() {
    let mut server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let frame = hands::right(5, 0);
    let head = format!(
        "POST /v1/payments/{}/identify HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: image/jpeg\r\ncontent-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
        shop.ask(100),
        shop.key,
        frame.len(),
    );
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n", "the handler runs and waits for the frame");
    server.stop();
    let refused = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        TcpStream::connect(server.address).is_err()
    });
    assert!(refused, "it still takes new connections");
    stream.write_all(&frame).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"no_match\""), "{answer}");
}
