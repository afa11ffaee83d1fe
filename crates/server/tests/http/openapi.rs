//! The description: every route is in it, every route in it answers, and it changes only on purpose.

use crate::support::Server;
use serde_json::Value;

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/openapi.json");

/// `HANDSEL_BLESS=1 cargo test -p handsel-server --test http openapi` writes it anew.
#[test]
fn the_description_changes_only_on_purpose() {
    let mut now = serde_json::to_string_pretty(&handsel_server::http::openapi::document()).unwrap();
    now.push('\n');
    if std::env::var_os("HANDSEL_BLESS").is_some() {
        std::fs::write(SNAPSHOT, &now).unwrap();
    }
    let kept = std::fs::read_to_string(SNAPSHOT).unwrap();
    assert!(kept == now, "the API's description changed; if on purpose, bless it");
}

#[test]
fn what_is_served_is_the_description() {
    let server = Server::start();
    let served: Value = server.anyone().get("/v1/openapi.json").ok();
    assert_eq!(served, serde_json::to_value(handsel_server::http::openapi::document()).unwrap());
    assert!(served["openapi"].as_str().unwrap().starts_with("3.1."));
}

#[test]
fn every_route_described_answers_and_says_how_it_refuses() {
    let server = Server::start();
    let document: Value = server.anyone().get("/v1/openapi.json").ok();
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            seen += 1;
            let id = &operation["operationId"];
            let filled = fill(path, operation);
            let answer = server.anyone().send(&method.to_uppercase(), &filled, None, Vec::new());
            let described = &operation["responses"][answer.status.to_string()];
            assert!(described.is_object(), "{id}: {} is not described: {}", answer.status, answer.text());
            if answer.status >= 400 {
                let code = answer.problem().code.name();
                assert!(described["description"].as_str().unwrap().contains(&code), "{id}: {code}");
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                if !status.starts_with('2') {
                    let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                    assert_eq!(schema, "#/components/schemas/Problem", "{id} {status}");
                }
            }
            let open = [
                "/healthz",
                "/readyz",
                "/policy.json",
                "/transparency.json",
                "/transparency.note",
                "/v1/erasures/{id}",
                "/v1/notices/{purpose}",
                "/v1/processor_events",
                "/v1/webhook_keys",
            ];
            let open = open.contains(&path.as_str()) || path.starts_with("/v1/receipts/");
            assert_eq!(operation["security"].is_array(), !open, "{id}");
        }
    }
    assert_eq!(seen, documented_in_prose().len(), "as many as in docs/API-DESIGN.md");
}

#[test]
fn every_operation_has_a_name_of_its_own_and_words_for_each_answer() {
    let document = serde_json::to_value(handsel_server::http::openapi::document()).unwrap();
    let mut names = std::collections::HashSet::new();
    for operation in document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values())
    {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name), "{name} twice");
        assert!(operation["summary"].as_str().is_some_and(|words| !words.is_empty()), "{name}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(response["description"].as_str().is_some_and(|words| !words.is_empty()), "{name} {status}");
        }
        for (media_type, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            assert_eq!(media_type.starts_with("image/"), content["schema"]["format"] == "binary", "{name}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = serde_json::to_value(handsel_server::http::openapi::document()).unwrap();
    let mut places = vec![&document];
    while let Some(place) = places.pop() {
        match place {
            Value::Object(members) => {
                if let Some(Value::String(target)) = members.get("$ref") {
                    let pointer = target.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{target}");
                }
                places.extend(members.values());
            }
            Value::Array(items) => places.extend(items),
            _ => {}
        }
    }
}

#[test]
fn the_table_in_the_design_names_the_same_routes() {
    let document = serde_json::to_value(handsel_server::http::openapi::document()).unwrap();
    let mut described: Vec<String> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = anonymous(path);
        described.extend(item.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())));
    }
    described.sort();
    let mut prose = documented_in_prose();
    prose.sort();
    assert_eq!(described, prose);
}

/// `METHOD /path` of each row of the table in docs/API-DESIGN.md, with `{}` for each parameter.
fn documented_in_prose() -> Vec<String> {
    let text = include_str!("../../../../docs/API-DESIGN.md");
    let mut routes = Vec::new();
    for row in text.lines().filter(|line| line.starts_with("| `")) {
        let cell = row.split('|').nth(1).unwrap();
        let quoted: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        let Some((method, first)) = quoted[0].split_once(' ') else { continue };
        routes.push(format!("{method} {}", anonymous(first)));
        for more in &quoted[1..] {
            let path = match more.strip_prefix('…') {
                Some(last) => format!("{}{last}", &first[..first.rfind('/').unwrap()]),
                None => (*more).to_owned(),
            };
            routes.push(format!("{method} {}", anonymous(&path)));
        }
    }
    routes
}

fn anonymous(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

/// A path with something of the right form for each parameter.
fn fill(path: &str, operation: &Value) -> String {
    let mut filled = path.to_owned();
    for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|one| one["in"] == "path") {
        let name = parameter["name"].as_str().unwrap();
        let pattern = parameter["schema"]["pattern"].as_str().unwrap_or_default();
        let value = match pattern.strip_prefix('^').and_then(|text| text.split_once('[')) {
            Some((prefix, _)) => format!("{prefix}01JD9VZZZZZZZZZZZZZZZZZZZZ"),
            None if name == "purpose" => "payment".to_owned(),
            None => "unknown".to_owned(),
        };
        filled = filled.replace(&format!("{{{name}}}"), &value);
    }
    filled
}
