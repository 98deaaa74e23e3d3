use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

/// How servers are told from impostors: by certificates that one of these authorities has signed.
pub(super) fn config(roots: &[Vec<u8>]) -> Arc<ClientConfig> {
    let mut store = RootCertStore::empty();
    let certificates = roots.iter().map(|der| CertificateDer::from(der.as_slice()));
    let (_, unusable) = store.add_parsable_certificates(certificates);
    if unusable > 0 {
        tracing::warn!(
            unusable,
            "some certificates of trusted authorities cannot be used"
        );
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks the versions that are safe")
        .with_root_certificates(store)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}
