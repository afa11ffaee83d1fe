//! Webhooks arrive signed; on demand twice, late, after the next one, and with a lie.

use super::Sim;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::mpsc,
    time::{Duration, Instant},
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What arrived.
struct Arrived {
    id: String,
    genuine: bool,
    event: Value,
}

/// Takes webhooks; the first `refused` ones with 500.
fn listen(mut refused: u32) -> (String, mpsc::Receiver<Arrived>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let (arrived, arrivals) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = std::collections::HashMap::new();
            let mut line = String::new();
            while stream.read_line(&mut line).unwrap() > 2 {
                if let Some((name, value)) = line.trim().split_once(": ") {
                    head.insert(name.to_ascii_lowercase(), value.to_owned());
                }
                line.clear();
            }
            let mut body = vec![0; head["content-length"].parse().unwrap()];
            stream.read_exact(&mut body).unwrap();
            let status = if refused > 0 { "500 No" } else { "200 OK" };
            write!(stream.get_mut(), "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            if refused > 0 {
                refused -= 1;
                continue;
            }
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&STANDARD.decode(&SECRET[6..]).unwrap()).unwrap();
            mac.update(format!("{}.{}.", head["webhook-id"], head["webhook-timestamp"]).as_bytes());
            mac.update(&body);
            let signature = STANDARD.decode(head["webhook-signature"].strip_prefix("v1,").unwrap()).unwrap();
            let genuine = mac.verify_slice(&signature).is_ok();
            let event = serde_json::from_slice(&body).unwrap();
            arrived.send(Arrived { id: head["webhook-id"].clone(), genuine, event }).unwrap();
        }
    });
    (url, arrivals)
}

fn next(arrivals: &mpsc::Receiver<Arrived>) -> Arrived {
    arrivals.recv_timeout(Duration::from_secs(10)).expect("a webhook")
}

fn told(refused: u32, faults: &Value) -> (Sim, mpsc::Receiver<Arrived>) {
    let sim = Sim::open();
    let (url, arrivals) = listen(refused);
    assert_eq!(sim.put("/webhooks", &json!({"url": url, "secret": SECRET})).unwrap().0, 200);
    assert_eq!(sim.put("/faults", faults).unwrap().0, 200);
    (sim, arrivals)
}

#[test]
fn a_change_is_told_once_and_signed_and_told_again_when_it_was_not_taken() {
    let (sim, arrivals) = told(2, &json!({}));
    let body = super::visa("pay_1", 500, true);
    for _ in 0..2 {
        sim.post("/v1/charges", "k", &body).unwrap(); // the second one is a replay and no news
    }
    let arrived = next(&arrivals);
    assert!(arrived.genuine && arrived.id.starts_with("evt_"));
    assert_eq!(
        (&arrived.event["type"], &arrived.event["data"]["payment"]),
        (&json!("charge.captured"), &json!("pay_1"))
    );
    sim.charge("pay_2", 500, false);
    assert_eq!(next(&arrivals).event["type"], "charge.authorized");
    assert_eq!(sim.put("/webhooks", &json!({"url": "http://x", "secret": "short"})).unwrap().0, 422);
}

#[test]
fn webhooks_go_wrong_on_demand() {
    let (sim, arrivals) = told(0, &json!({"webhooks": {"duplicate": 1.0}}));
    sim.charge("pay_1", 500, true);
    assert_eq!(next(&arrivals).id, next(&arrivals).id);

    sim.put("/faults", &json!({"webhooks": {"late": 1.0, "late_ms": 500}}));
    let start = Instant::now();
    sim.charge("pay_2", 500, true);
    assert_eq!(next(&arrivals).event["data"]["payment"], "pay_2");
    assert!(start.elapsed() >= Duration::from_millis(500));

    sim.put("/faults", &json!({}));
    sim.charge("pay_3", 66_622, true); // reordered by its amount
    sim.charge("pay_4", 500, true);
    let order = [next(&arrivals), next(&arrivals)].map(|arrived| arrived.event["data"]["payment"].clone());
    assert_eq!(order, [json!("pay_4"), json!("pay_3")]);

    sim.charge("pay_5", 66_624, false); // forged by its amount
    let both = [next(&arrivals), next(&arrivals)];
    let forged = both.iter().find(|arrived| !arrived.genuine).expect("a forged one");
    assert_eq!(forged.event["type"], "charge.captured");
    assert!(both.iter().any(|arrived| arrived.genuine && arrived.event["type"] == "charge.authorized"));
}
