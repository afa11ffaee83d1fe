//! Problems as pages: one that happened, and what a code means.

use super::message::Message;
use handsel_api::{Code, Problem};

/// A problem that happened, for somebody at a browser.
pub fn problem(problem: &Problem) -> String {
    let (title, advice) = match problem.code {
        Code::NotFound => ("There is nothing here", "The address may be mistyped, or what it named is gone."),
        _ => (problem.title.as_str(), problem.code.advice()),
    };
    let number = format!("Number for whoever helps: {}", problem.request_id);
    let lines: &[&str] = match problem.code {
        Code::NotFound => &[advice],
        _ => &[&problem.detail, advice],
    };
    text(&Message { title, lines, code: Some(&number), links: &[("/", "To the first page")], refresh: None })
}

/// What a code means: where a problem's `type` points.
pub fn explained(code: Code) -> String {
    let name = format!("{} · HTTP {}", code.name(), code.status());
    let links = &[("/v1/docs", "The HTTP API"), ("/", "To the first page")];
    text(&Message { title: code.title(), lines: &[code.advice()], code: Some(&name), links, refresh: None })
}

fn text(message: &Message<'_>) -> String {
    askama::Template::render(&message.page().0).unwrap_or_else(|_| message.title.to_owned())
}
