//! What this side trusts, and how it offers itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::{WebPkiServerVerifier, verify_server_name};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::error::Failure;

/// Whom to trust.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trust {
    /// A PEM file of roots to trust beside the system's.
    pub ca_cert_file: Option<PathBuf>,
    /// Whether any certificate will do.
    pub skip_verify: bool,
}

impl Trust {
    /// Reads the system's roots and the CA file, and offers `protocols` by ALPN. Blocks on the file system.
    pub(crate) fn config(&self, protocols: &[&[u8]]) -> Result<ClientConfig, Failure> {
        let provider = Arc::new(ring::default_provider());
        let verifier = self.verifier(provider.clone())?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::Tls(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(config)
    }

    fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<Verifier, Failure> {
        if self.skip_verify {
            return Ok(Verifier { provider, chain: None, named: Vec::new() });
        }
        let named = self.ca_cert_file.as_deref().map_or_else(|| Ok(Vec::new()), ca_certificates)?;
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots.add_parsable_certificates(named.iter().cloned());
        if roots.is_empty() {
            let why = "this machine has no root certificates. Install the system's (ca-certificates), or give the \
                       connection a CA certificate file.";
            return Err(Failure::Untrusted(why.to_owned()));
        }
        let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map_err(|error| Failure::Tls(error.to_string()))?;
        Ok(Verifier { provider, chain: Some(chain), named })
    }
}

fn ca_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let unusable = |why: String| Failure::File { path: path.to_owned(), why };
    let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let certificates = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unusable(format!("it is not PEM: {error}")))?;
    if certificates.is_empty() {
        return Err(unusable("it holds no certificate".to_owned()));
    }
    Ok(certificates)
}

/// Checks what a server shows. Whatever it is, the server must hold the key of it.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// The usual check by the roots; none when any certificate will do, as Flyte's `insecureSkipVerify` asks for.
    chain: Option<Arc<WebPkiServerVerifier>>,
    /// The certificates of the CA file.
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // A self-signed certificate is usually marked as an authority, which rustls refuses for a server after it
            // has looked at the dates. One that the CA file itself holds is trusted for the names that it carries.
            Err(Error::InvalidCertificate(CertificateError::Other(_))) if self.named.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
