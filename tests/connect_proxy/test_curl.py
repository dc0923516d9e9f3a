"""Debian's curl, and the line that the proxy prints for it."""

import hashlib
import json
import os
import shlex

import certificates
from origins import Nobody, WebServer
from proxy import LOOPBACK, Proxy, ProxyTest, run

CURL = ("curl", "--disable", "--silent", "--show-error", "--max-time", "10")


class Curl(ProxyTest):
    ARGUMENTS = (*LOOPBACK, "--credentials", "alice:open sesame")

    def setUp(self):
        super().setUp()
        self.plain = self.enter(WebServer())
        self.secure = self.enter(WebServer(certificates.serving()))
        self.user = ("--proxy-user", "alice:open sesame")

    def proxies(self):
        """Arguments that lead through the proxy: to its plain port, and to the other by TLS."""
        return [
            ("--proxy", f"http://localhost:{self.proxy.port}"),
            ("--proxy", f"https://localhost:{self.proxy.tls_port}", "--proxy-cacert", certificates.path("ca.pem")),
        ]

    def curl(self, *arguments, stdin=b""):
        done = run(*CURL, *arguments, stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_pages_come_through_tunnels(self):
        page = self.plain.server.RequestHandlerClass.PAGE
        for proxy in self.proxies():
            urls = (f"http://{self.plain.authority}/page", f"https://localhost:{self.secure.port}/page")
            self.assertEqual(self.curl(*proxy, *self.user, "--proxytunnel", "--cacert", certificates.path("ca.pem"), *urls), page * 2)

    def test_requests_for_http_are_forwarded(self):
        data = os.urandom(1_000_000)
        for proxy in self.proxies():
            seen = json.loads(self.curl(*proxy, *self.user, "--data-binary", "@-", f"http://{self.plain.authority}/up?a=b", stdin=data))
            self.assertEqual((seen["method"], seen["url"], seen["body"]), ("POST", "/up?a=b", hashlib.sha256(data).hexdigest()))

    def test_refusals_are_seen(self):
        with Nobody() as nobody:
            cases = [(nobody.authority, self.user, 502), ("10.0.0.1", self.user, 403), (self.secure.authority, (), 407), (self.secure.authority, ("--proxy-user", "alice:wrong"), 407)]
            for authority, user, status in cases:
                for proxy in self.proxies():
                    done = run(*CURL, *proxy, *user, "--write-out", "%{http_connect}", f"https://{authority}/")
                    self.assertEqual((done.stdout, done.returncode), (str(status).encode(), 56), done.stderr)

    def test_the_answer_to_wrong_credentials_asks_for_right_ones(self):
        done = run(*CURL, *self.proxies()[0], "--include", f"http://{self.plain.authority}/page")
        self.assertIn(b"HTTP/1.1 407 ", done.stdout)
        self.assertIn(b'basic realm="connect_proxy"', done.stdout.lower())


class Printed(ProxyTest):
    def test_the_printed_line_works(self):
        line = self.proxy.said[-1]
        self.assertTrue(line.startswith("try: curl "), line)
        command = shlex.split(line[len("try: ") :])
        self.assertEqual(command[-1], "https://example.com/")
        self.assertIn(f"http://127.0.0.1:{self.proxy.port}", command)
        # The same, for a server that is near.
        origin = self.enter(WebServer(certificates.serving()))
        done = run(*command[:-1], "--silent", "--cacert", certificates.path("ca.pem"), f"https://localhost:{origin.port}/page")
        self.assertEqual((done.returncode, done.stdout), (0, origin.server.RequestHandlerClass.PAGE), done.stderr)

    def test_a_certificate_of_its_own_is_trusted_by_its_printed_hash(self):
        proxy = self.enter(Proxy("--listen-tls", "127.0.0.1:0", "--self-signed", *LOOPBACK, listen=False))
        self.assertIsNone(proxy.port)
        origin = self.enter(WebServer())
        done = run(*CURL, "--proxy", f"https://localhost:{proxy.tls_port}", "--proxy-insecure", f"http://{origin.authority}/page")
        self.assertEqual((done.returncode, done.stdout), (0, origin.server.RequestHandlerClass.PAGE), done.stderr)
        shown = run("openssl", "s_client", "-connect", f"127.0.0.1:{proxy.tls_port}", "-alpn", "h2").stdout
        printed = run("openssl", "x509", "-noout", "-fingerprint", "-sha256", "-ext", "subjectAltName", stdin=shown).stdout.decode()
        digest = printed.partition("Fingerprint=")[2].splitlines()[0].replace(":", "").lower()
        self.assertIn(digest, ("\n".join(proxy.said) + proxy.text()).replace(":", "").lower())
        for name in ("DNS:localhost", "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1"):
            self.assertIn(name, printed)
