//! A real token: SoftHSM2, which keeps its keys in files. Its library reads where from the environment, so what uses it runs in a
//! process of its own.

use super::super::{KeyFileError, Vault, make_wrapping_key};
use super::*;
use handsel_api::SubjectId;
use std::{
    path::{Path, PathBuf},
    process::Command,
};
use ulid::Ulid;

/// Tells a test that runs in a process of its own where its token is.
const HOME: &str = "TOKEN_TEST_HOME";

/// SoftHSM2's library, as Debian installs it or as `SOFTHSM2_MODULE` says.
fn library() -> PathBuf {
    let debian = "/usr/lib/softhsm/libsofthsm2.so";
    std::env::var_os("SOFTHSM2_MODULE").map_or_else(|| PathBuf::from(debian), PathBuf::from)
}

fn private(path: &Path, text: &str) {
    super::super::write_private(path, text.as_bytes()).unwrap();
}

/// Makes a token, and runs itself again in a process that knows where it is.
#[test]
fn keys_are_wrapped_by_one_that_never_leaves_its_token() {
    if let Some(home) = std::env::var_os(HOME) {
        return at_home(Path::new(&home));
    }
    let home = tempfile::tempdir().unwrap();
    let (tokens, conf) = (home.path().join("tokens"), home.path().join("softhsm2.conf"));
    fs::create_dir(&tokens).unwrap();
    fs::write(
        &conf,
        format!("directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n", tokens.display()),
    )
    .unwrap();
    private(&home.path().join("pin"), "56781234\n");
    let made = Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", "handsel", "--so-pin", "12345678", "--pin", "56781234"])
        .env("SOFTHSM2_CONF", &conf)
        .output()
        .expect("softhsm2-util: `cargo xtask test` installs it, or apt-get install softhsm2");
    assert!(made.status.success(), "{made:?}");
    let inner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "vault::token::tests::keys_are_wrapped_by_one_that_never_leaves_its_token", "--nocapture"])
        .env("SOFTHSM2_CONF", &conf)
        .env(HOME, home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&inner.stdout).into_owned() + &String::from_utf8_lossy(&inner.stderr);
    assert!(inner.status.success() && said.contains("1 passed"), "{said}");
}

fn at_home(home: &Path) {
    let keys = home.join("keys");
    let config = TokenConfig { module: library(), token: "handsel".to_owned(), pin_file: home.join("pin") };
    // An installation that began without a token goes on with one.
    let vault = Vault::with(&keys, true, Some(&config)).unwrap();
    let (a, b) = (SubjectId(Ulid::from_parts(1, 1)), SubjectId(Ulid::from_parts(1, 2)));
    let (_, first) = vault.new_subject_key(a).unwrap();
    assert_eq!(make_wrapping_key(&keys, Some(&config)).unwrap(), 2);
    vault.reread_wrapping().unwrap();
    let again = vault.rewrap_subject(&a.to_string(), &first).unwrap();
    assert_eq!(again.by, 2);
    let what = super::super::What::DisplayName;
    let sealed = vault.subject_key(a, &first).unwrap().seal(what, b"Wren");
    assert_eq!(vault.subject_key(a, &again).unwrap().open(what, sealed.bytes()).unwrap().as_slice(), b"Wren");
    assert!(vault.subject_key(b, &again).is_err(), "moved to another subject");
    for i in [0, 11, 12, again.sealed.len() - 1] {
        let mut damaged = again.clone();
        damaged.sealed.to_mut()[i] ^= 1;
        assert!(vault.subject_key(a, &damaged).is_err(), "byte {i}");
    }

    // The file names the key and does not hold it.
    let text = fs::read_to_string(keys.join("wrapping.keys")).unwrap();
    assert!(text.starts_with("2 pkcs11 ") && text.lines().count() == 1 && text.len() < 50, "{text}");
    let without = Vault::with(&keys, false, None).err().unwrap();
    assert!(matches!(without, KeyFileError::Token(TokenError::NotConfigured(2))), "{without}");
    for (wrong, expected) in [
        (TokenConfig { token: "another".to_owned(), ..config.clone() }, "none of this label"),
        (TokenConfig { pin_file: home.join("no_pin"), ..config.clone() }, "cannot be used"),
        (TokenConfig { module: home.join("no.so"), ..config.clone() }, "cannot be used"),
    ] {
        let refused = Vault::with(&keys, false, Some(&wrong)).err().unwrap().to_string();
        assert!(refused.contains(expected), "{refused}");
    }

    // Replaced, it is destroyed in the token.
    assert_eq!(make_wrapping_key(&keys, Some(&config)).unwrap(), 3);
    vault.reread_wrapping().unwrap();
    let third = vault.rewrap_subject(&a.to_string(), &again).unwrap();
    vault.forget_old_wrapping().unwrap();
    let id = secret::unhex::<16>(text.trim_end().strip_prefix("2 pkcs11 ").unwrap()).unwrap();
    let token = Token::open(&config).unwrap();
    assert_eq!(token.decrypt(&id, b"", &[0; 60]).err(), Some(TokenError::NoSuchKey("handsel".to_owned())));
    assert!(vault.subject_key(a, &again).is_err());
    let vault = Vault::with(&keys, false, Some(&config)).unwrap();
    let key = vault.subject_key(a, &third).unwrap();
    assert_eq!(key.open(what, sealed.bytes()).unwrap().as_slice(), b"Wren");

    let start = std::time::Instant::now();
    for _ in 0..1_000 {
        vault.subject_key(a, &third).unwrap();
    }
    println!("{:.1} µs to unwrap a key", start.elapsed().as_secs_f64() * 1e3);
}
