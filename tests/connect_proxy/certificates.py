"""Certificates for loopback, good for two days, from an authority that exists for one run of the tests."""

import base64
import hashlib
import os
import pathlib
import ssl
import subprocess

NAMES = "DNS:localhost,DNS:origin.test,IP:127.0.0.1,IP:::1"


def make(directory):
    """Fills a directory: `ca.pem` has signed `server.pem` and `renewed.pem`, and nobody but itself `stranger.pem`; each has its `.key`."""
    directory.mkdir(parents=True, exist_ok=True)
    authority = ("-x509", "-days", "2", "-addext", "keyUsage=critical,keyCertSign,digitalSignature")
    request(directory, "ca", "an authority for tests", *authority)
    request(directory, "stranger", "a stranger", "-x509", "-days", "2", "-addext", f"subjectAltName={NAMES}")
    extensions = directory / "extensions"
    extensions.write_text(f"subjectAltName={NAMES}\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n")
    for name in ("server", "renewed"):
        request(directory, name, name, "-new")
        (directory / f"{name}.pem").rename(directory / f"{name}.csr")
        sign = ("x509", "-req", "-days", "2", "-in", f"{name}.csr", "-out", f"{name}.pem", "-extfile", extensions)
        openssl(directory, *sign, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial")
    return directory


def request(directory, name, subject, *arguments):
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key")
    openssl(directory, "req", *arguments, *key, "-out", f"{name}.pem", "-subj", f"/CN={subject}")


def openssl(directory, *arguments):
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)


def path(name):
    """Of a file that `make` made."""
    return str(pathlib.Path(os.environ["CERTIFICATES"], name))


def serving(name="server"):
    """What a TLS server here needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path(f"{name}.pem"), path(f"{name}.key"))
    return context


def trusting(*protocols):
    """What a TLS client here needs to trust the servers here, with what it offers by ALPN."""
    context = ssl.create_default_context(cafile=path("ca.pem"))
    if protocols:
        context.set_alpn_protocols(protocols)
    return context


def fingerprint(name):
    """The SHA-256 of a certificate, in hexadecimal."""
    return hashlib.sha256(der(name)).hexdigest()


def der(name):
    with open(path(f"{name}.pem")) as file:
        return ssl.PEM_cert_to_DER_cert(file.read())


def key_pin(name):
    """The SHA-256 of a public key, in base64, as browsers take it."""
    public = subprocess.run(["openssl", "x509", "-in", path(f"{name}.pem"), "-pubkey", "-noout"], check=True, stdout=subprocess.PIPE, timeout=20).stdout
    body = b"".join(public.splitlines()[1:-1])
    return base64.b64encode(hashlib.sha256(base64.b64decode(body)).digest()).decode()
