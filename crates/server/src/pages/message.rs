//! A page that says one thing and where to go from there.

use super::Page;
use askama::Template;

/// What it says.
#[derive(Clone, Copy)]
pub(super) struct Message<'a> {
    /// Its heading.
    pub(super) title: &'a str,
    /// Its paragraphs.
    pub(super) lines: &'a [&'a str],
    /// Something to quote to whoever helps.
    pub(super) code: Option<&'a str>,
    /// Where to go: address and words, the likeliest first.
    pub(super) links: &'a [(&'a str, &'a str)],
    /// Where the browser goes by itself. A redirect would be a navigation begun elsewhere, and `SameSite=Strict`
    /// cookies set on its way would be left out.
    pub(super) refresh: Option<&'a str>,
}

/// Without a kiosk's session.
pub(super) const KIOSK: Message<'_> = Message {
    title: "This screen is not a kiosk yet",
    lines: &[
        "Open the demo store, or let the operator open a kiosk on this screen from the console. It then stays one for \
         twelve hours.",
    ],
    code: None,
    links: &[("/", "To the first page"), ("/console/places", "To the console")],
    refresh: None,
};

impl Message<'_> {
    /// As a page.
    pub(super) fn page(&self) -> Page<MessagePage<'_>> {
        Page(MessagePage {
            title: self.title,
            lines: self.lines,
            code: self.code,
            links: self.links,
            refresh: self.refresh,
        })
    }
}

#[derive(Template)]
#[template(path = "message.html")]
pub(super) struct MessagePage<'a> {
    title: &'a str,
    lines: &'a [&'a str],
    code: Option<&'a str>,
    links: &'a [(&'a str, &'a str)],
    refresh: Option<&'a str>,
}
