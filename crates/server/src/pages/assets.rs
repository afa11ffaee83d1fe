//! Scripts, styles and images, from inside the binary. Their address holds a hash of all of them, so a browser keeps them
//! for good and still never mixes versions; a module's relative imports stay within one version.

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
