//! Sessions: new at each sign-in, listed, ended, and used by no page of elsewhere.

use super::{page, staff, submit, with_session};
use crate::support::{Server, Shop};
use handsel_api::Code;
use handsel_server::app::Role;

#[test]
fn signing_in_makes_a_new_session_and_ends_the_one_before() {
    let server = Server::start();
    let (before, mut device) = staff(&server, Role::Manager, "Fern");
    // Whoever planted a session in this browser is not in the new one.
    let after = with_session(&server, &device.sign_in(&before));
    assert_eq!((before.get("/console/you").status, after.get("/console/you").status), (401, 200));
    let elsewhere = with_session(&server, &device.sign_in(&page(&server)));
    let listed = after.get("/console/you").text();
    assert_eq!(listed.matches("/sessions/ses_").count(), 2, "{listed}");
    let other =
        listed.split("<li>").find(|part| part.contains("/sessions/ses_") && !part.contains("This device")).unwrap();
    let end = other.split('"').find(|part| part.contains("/sessions/ses_")).unwrap();
    let (somebody, _) = staff(&server, Role::Owner, "Ash");
    assert_eq!(submit(&somebody, end, "").status, 404, "nobody ends another's");
    assert_eq!(submit(&after, end, "").status, 303);
    assert_eq!((elsewhere.get("/console/you").status, after.get("/console/you").status), (401, 200));
    assert_eq!(submit(&after, "/console/leave", "").status, 303);
    assert_eq!(after.get("/console/you").status, 401);
}

#[test]
fn a_wallet_s_link_stays_good_when_a_session_of_it_ends() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let shopper = shop.sign(&server, "Wren", "visa_approved");
    let path = format!("/wallet/{}", shopper.wallet_token);
    let opened = with_session(&server, &page(&server).get(&path));
    assert_eq!(opened.get("/wallet").status, 200);
    assert_eq!(submit(&opened, "/wallet/close", "").status, 303);
    assert_eq!(opened.get("/wallet").status, 401);
    assert_eq!(with_session(&server, &page(&server).get(&path)).get("/wallet").status, 200);
}

#[test]
fn a_link_from_the_machine_lets_an_owner_in_while_the_server_runs() {
    let server = Server::start();
    let token = handsel_server::operator_link(server.data.path()).unwrap();
    assert_eq!(page(&server).get("/admin/hsa_wrong").status, 410);
    let inside = with_session(&server, &page(&server).get(&format!("/admin/{token}")));
    assert_eq!(inside.get("/console/staff").status, 200);
    assert_eq!(page(&server).get(&format!("/admin/{token}")).status, 410, "once");
}

#[test]
fn behind_tls_cookies_are_this_host_s_alone() {
    let public_url = Some("https://pay.example".parse().unwrap());
    let config = handsel_server::Config { public_url, ..handsel_server::Config::default() };
    let server = Server::start_with(tempfile::tempdir().unwrap(), config);
    let link = server.runtime.block_on(server.app.admin_link_token());
    let opened = page(&server).header("host", "pay.example").get(&format!("/admin/{link}"));
    let set = opened.header("set-cookie").unwrap().to_owned();
    assert!(set.starts_with("__Host-handsel_operator=") && set.contains("; Secure"), "{set}");
    let token = set.split(['=', ';']).nth(1).unwrap();
    let plain = page(&server).header("cookie", &format!("handsel_operator={token}"));
    let kept = page(&server).header("cookie", &format!("__Host-handsel_operator={token}"));
    assert_eq!((plain.get("/console/you").status, kept.get("/console/you").status), (401, 200));
}

/// Reads every route that changes something from where routes are registered, so that none is forgotten.
#[test]
fn no_page_of_elsewhere_changes_anything_with_a_session() {
    let sources = [
        include_str!("../../../src/pages.rs"),
        include_str!("../../../src/pages/wallet.rs"),
        include_str!("../../../src/pages/console.rs"),
    ];
    let posts = sources.iter().flat_map(|source| source.split(".route(\"").skip(1)).filter_map(|route| {
        let (path, rest) = route.split_once('"')?;
        rest.split_once(')')?.0.contains("post(").then(|| ("POST".to_owned(), path.to_owned()))
    });
    let document = serde_json::to_value(handsel_server::http::openapi::document()).unwrap();
    let api = document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        let unsafe_ones = item.as_object().unwrap().keys().filter(|method| *method != "get");
        unsafe_ones.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    });
    let routes: Vec<(String, String)> = posts.chain(api).collect();
    assert!(routes.len() > 80, "{} routes are not all", routes.len());
    let server = Server::start();
    let session = server.operator_token();
    for (method, path) in routes {
        let filled: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
        let client = server.anyone().header("cookie", &format!("handsel_operator={session}"));
        for elsewhere in [None, Some("cross-site"), Some("same-site")] {
            let client = elsewhere.map_or(client.clone(), |site| client.header("sec-fetch-site", site));
            let problem = client.send(&method, &filled.join("/"), None, Vec::new()).problem();
            let found = (problem.code, problem.field.as_deref());
            assert_eq!(found, (Code::Forbidden, Some("origin")), "{method} {path} {elsewhere:?}");
        }
    }
}
