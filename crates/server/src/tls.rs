//! Which library's cryptography TLS uses, chosen once for the process.

use std::sync::Once;

/// Has to be called before a client is made.
pub(crate) fn choose() {
    static TLS: Once = Once::new();
    TLS.call_once(|| {
        // Refused when there is one already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
