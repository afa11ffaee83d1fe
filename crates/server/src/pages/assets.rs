//! Scripts, styles and images, from inside the binary. Their address holds a hash of all of them, so a browser keeps
//! them for good and still never mixes versions; a module's relative imports stay within one version.

use crate::app::Refusal;
use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};
use handsel_api::Code;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "../../web/assets"]
struct Assets;

/// The first 48 bits of a SHA-256 over every asset's name and content, in hexadecimal.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Assets::iter().collect();
    names.sort();
    let mut hash = Sha256::new();
    for name in names {
        hash.update(name.as_bytes());
        hash.update(Assets::get(&name).map(|file| file.metadata.sha256_hash()).unwrap_or_default());
    }
    hash.finalize()[..6].iter().map(|byte| format!("{byte:02x}")).collect()
});

/// The address of an asset.
pub fn url(path: &str) -> String {
    format!("/assets/{}/{path}", *VERSION)
}

/// An asset; an address of another version answers with what there is now, and is not kept.
pub(super) async fn serve(Path((version, path)): Path<(String, String)>) -> Response {
    let Some(file) = Assets::get(&path) else {
        return Refusal::new(Code::NotFound, "no such file").into_response();
    };
    let keep = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-store" };
    let kind = file.metadata.mimetype().to_owned();
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep.to_owned())], file.data.into_owned()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kiosk loads, the heaviest page, is to stay below 20 kB of styles: it may run on a small board over a
    /// shop's network.
    #[test]
    fn styles_of_the_heaviest_page_stay_small() {
        let size = |name: &str| Assets::get(name).unwrap().data.len();
        let kiosk = ["css/tokens.css", "css/base.css", "css/kiosk.css", "css/slip.css"];
        let total: usize = kiosk.into_iter().map(size).sum();
        assert!(total <= 20_000, "{total}");
    }

    #[test]
    fn no_template_names_an_asset_that_is_not_there() {
        let templates = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/templates");
        let mut named = 0;
        for entry in std::fs::read_dir(templates).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            for rest in text.split("assets::url(\"").skip(1) {
                let name = rest.split('"').next().unwrap();
                assert!(Assets::get(name).is_some(), "{name}");
                named += 1;
            }
            assert!(!text.contains("style=") && !text.contains("<style") && !text.contains(" onclick"), "inline code");
            assert!(text.split("<script").skip(1).all(|script| script.contains("src=")), "inline script");
        }
        assert!(named > 10);
    }

    #[test]
    fn scripts_import_only_what_is_there() {
        for name in Assets::iter().filter(|name| name.ends_with(".js")) {
            let file = Assets::get(&name).unwrap();
            let text = std::str::from_utf8(&file.data).unwrap();
            let folder = name.rsplit_once('/').unwrap().0;
            for line in text.lines().filter(|line| line.starts_with("import ")) {
                let path = line.split('"').nth(1).unwrap();
                let full = match path.strip_prefix("../") {
                    Some(rest) => format!("{}/{rest}", folder.rsplit_once('/').unwrap().0),
                    None => format!("{folder}/{}", path.trim_start_matches("./")),
                };
                assert!(Assets::get(&full).is_some(), "{name} imports {path}");
            }
        }
    }
}
