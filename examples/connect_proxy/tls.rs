//! Certificates: our own, and whose we trust.
//!
//! Invariants:
//! - A pair that does not load, or does not fit together, never takes the place of one that did.
//! - A handshake uses the pair as it was when the handshake began.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rcgen::{generate_simple_self_signed, CertifiedKey};
use ring::digest::{digest, SHA256};
use rustls::crypto::{ring as provider, CryptoProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::options::Options;

#[cfg(test)]
mod tests;

/// What clients are shown.
#[derive(Clone)]
pub struct Tls {
    source: Arc<Source>,
    current: Arc<RwLock<Arc<ServerConfig>>>,
}

enum Source {
    Files { certificate: PathBuf, key: PathBuf },
    SelfSigned { sha256: String },
}

impl Tls {
    /// Loads the certificate that the options name; `None` where they name none.
    pub fn load(options: &Options) -> Result<Option<Tls>, String> {
        let (source, config) = match (&options.certificate, &options.key) {
            (Some(certificate), Some(key)) => {
                let source = Source::Files {
                    certificate: certificate.clone(),
                    key: key.clone(),
                };
                (source, from_files(certificate, key)?)
            }
            _ if options.self_signed => self_signed()?,
            _ => return Ok(None),
        };
        Ok(Some(Tls {
            source: Arc::new(source),
            current: Arc::new(RwLock::new(config)),
        }))
    }

    /// Reads the files again, if there are any.
    ///
    /// # Errors
    ///
    /// The files hold no pair; the one there is stays.
    pub fn reload(&self) -> Result<(), String> {
        if let Source::Files { certificate, key } = &*self.source {
            let config = from_files(certificate, key)?;
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
        }
        Ok(())
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current))
    }

    /// SHA-256 of a certificate that was made for this run.
    pub fn self_signed_sha256(&self) -> Option<&str> {
        match &*self.source {
            Source::SelfSigned { sha256 } => Some(sha256),
            Source::Files { .. } => None,
        }
    }
}

fn from_files(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, String> {
    let chain = read_certificates(certificate)?;
    let key_of = PrivateKeyDer::from_pem_file(key);
    let key_of = key_of.map_err(|error| format!("{}: {error}", key.display()))?;
    serving(chain, key_of)
        .map_err(|error| format!("{} and {}: {error}", certificate.display(), key.display()))
}

fn self_signed() -> Result<(Source, Arc<ServerConfig>), String> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
    let made = generate_simple_self_signed(names);
    let CertifiedKey { cert, key_pair } = made.map_err(|error| error.to_string())?;
    let certificate = cert.der().clone();
    let mut sha256 = String::new();
    for byte in digest(&SHA256, &certificate).as_ref() {
        write!(sha256, "{byte:02x}").expect("a string takes any text");
    }
    let key = PrivateKeyDer::Pkcs8(key_pair.serialize_der().into());
    let config = serving(vec![certificate], key).map_err(|error| error.to_string())?;
    Ok((Source::SelfSigned { sha256 }, config))
}

fn serving(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(crypto())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// What is needed to reach origins by TLS: the web's roots, and those that the options add.
pub fn for_origins(options: &Options) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(path) = &options.origin_ca {
        for certificate in read_certificates(path)? {
            let added = roots.add(certificate);
            added.map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    let mut config = ClientConfig::builder_with_provider(crypto())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // A WebSocket is opened by HTTP/1.1 (RFC 6455).
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let named = |error: rustls::pki_types::pem::Error| format!("{}: {error}", path.display());
    let certificates = CertificateDer::pem_file_iter(path).map_err(named)?;
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(named)?;
    match certificates.is_empty() {
        true => Err(format!("{}: no certificate in it", path.display())),
        false => Ok(certificates),
    }
}

fn crypto() -> Arc<CryptoProvider> {
    Arc::new(provider::default_provider())
}
