use rustls_native_certs::load_native_certs;

/// The certificates, in DER, of the authorities that this machine trusts, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
pub(crate) fn load() -> Vec<Vec<u8>> {
    let found = load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "certificates of trusted authorities cannot be read");
    }
    if found.certs.is_empty() {
        tracing::warn!(
            "no authority is trusted, so activities can call no host by https: install this system's certificates \
             (ca-certificates), or name a file of them in SSL_CERT_FILE"
        );
    }
    found.certs.iter().map(|der| der.to_vec()).collect()
}
