use std::fs;

use base64::engine::general_purpose::STANDARD as BASE64;
use base64::Engine;
use clap::Parser;
use rustls::pki_types::ServerName;
use tokio::io::duplex;
use tokio_rustls::TlsConnector;

use super::*;

/// Files that are gone with this.
struct Files(PathBuf);

impl Files {
    fn new(name: &str) -> Files {
        let name = format!("connect_proxy-{}-{name}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir(&directory).expect("the directory for temporary files takes one");
        Files(directory)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("the directory takes a file");
    }

    fn options(&self) -> Options {
        let [certificate, key] = ["certificate", "key"].map(|name| self.path(name));
        let line = ["connect_proxy", "--certificate"]
            .map(Into::into)
            .into_iter();
        let line = line.chain([
            certificate.into_os_string(),
            "--key".into(),
            key.into_os_string(),
        ]);
        Options::parse_from(line)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("the directory is there");
    }
}

fn pair() -> CertifiedKey {
    generate_simple_self_signed(["localhost".to_owned()]).expect("a name like that is good")
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

fn certificate_of(pair: &CertifiedKey) -> String {
    pem("CERTIFICATE", pair.cert.der())
}

fn key_of(pair: &CertifiedKey) -> String {
    pem("PRIVATE KEY", &pair.key_pair.serialize_der())
}

/// The certificate that a client is shown.
async fn shown(tls: &Tls, trusted: &CertifiedKey) -> Result<Vec<u8>, String> {
    let mut roots = RootCertStore::empty();
    roots
        .add(trusted.cert.der().clone())
        .expect("it is a certificate");
    let config = ClientConfig::builder_with_provider(crypto())
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let (client, server) = duplex(64 << 10);
    let name = ServerName::try_from("localhost").expect("it is a name");
    let connector = TlsConnector::from(Arc::new(config));
    let (accepted, connected) = tokio::join!(
        tls.acceptor().accept(server),
        connector.connect(name, client)
    );
    let connected = connected.map_err(|error| error.to_string())?;
    accepted.expect("the client trusts the server");
    let chain = connected.get_ref().1.peer_certificates();
    Ok(chain.expect("the server showed one")[0].to_vec())
}

#[tokio::test]
async fn a_new_pair_is_shown_once_it_is_read_and_a_bad_one_never() {
    let files = Files::new("reload");
    let (old, new) = (pair(), pair());
    files.write("certificate", &certificate_of(&old));
    files.write("key", &key_of(&old));
    let tls = Tls::load(&files.options()).expect("the pair is good");
    let tls = tls.expect("the options name a pair");
    assert_eq!(shown(&tls, &old).await, Ok(old.cert.der().to_vec()));

    files.write("certificate", &certificate_of(&new));
    tls.reload()
        .expect_err("the key does not fit the certificate");
    assert_eq!(shown(&tls, &old).await, Ok(old.cert.der().to_vec()));
    files.write("key", "this is no key");
    tls.reload().expect_err("there is no key");
    files.write("certificate", "");
    tls.reload().expect_err("there is no certificate");
    assert_eq!(shown(&tls, &old).await, Ok(old.cert.der().to_vec()));

    files.write("certificate", &certificate_of(&new));
    files.write("key", &key_of(&new));
    tls.reload().expect("the pair is good");
    assert_eq!(shown(&tls, &new).await, Ok(new.cert.der().to_vec()));
    shown(&tls, &old).await.expect_err("the old one is gone");
}

#[test]
fn a_certificate_of_our_own_is_told_by_its_hash() {
    let options = Options::parse_from(["connect_proxy", "--self-signed"]);
    let tls = Tls::load(&options).expect("it can be made");
    let tls = tls.expect("the options ask for one");
    let sha256 = tls.self_signed_sha256().expect("it was made here");
    assert_eq!(sha256.len(), 64);
    tls.reload().expect("there is nothing to read");
    assert_eq!(tls.self_signed_sha256(), Some(sha256));
}

#[test]
fn roots_that_cannot_be_read_are_told() {
    let files = Files::new("roots");
    let load = |name: &str| {
        let path = files.path(name).into_os_string();
        let line = ["connect_proxy".into(), "--origin-ca".into(), path];
        for_origins(&Options::parse_from(line))
    };
    files.write("good", &certificate_of(&pair()));
    files.write("empty", "");
    load("good").expect("that is a root");
    load("empty").expect_err("there is none");
    load("missing").expect_err("there is no file");
}
