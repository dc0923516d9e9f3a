"""libcurl, by `pycurl`: a client that speaks HTTP/2 to a proxy. Debian's curl is too old for that."""

import hashlib
import io
import os

import pycurl

import certificates
from origins import Nobody, WebServer
from proxy import LOOPBACK, SECONDS, ProxyTest, until

# CURLPROXY_HTTP, CURLPROXY_HTTPS and CURLPROXY_HTTPS2: the last is in no list of names everywhere.
HTTP, HTTPS, HTTPS2 = 0, 2, 3


class Transfers:
    """Transfers with one handle, which keeps its connections from one to the next."""

    def __init__(self, kind, port, user=None):
        self.handle = pycurl.Curl()
        self.said = []
        options = {
            pycurl.PROXY: "localhost",
            pycurl.PROXYPORT: port,
            pycurl.PROXYTYPE: kind,
            pycurl.HTTPPROXYTUNNEL: 1,
            pycurl.CAINFO: certificates.path("ca.pem"),
            pycurl.PROXY_CAINFO: certificates.path("ca.pem"),
            pycurl.TIMEOUT: SECONDS // 2,
            pycurl.NOSIGNAL: 1,
            pycurl.VERBOSE: 1,
            pycurl.DEBUGFUNCTION: self.hear,
        }
        if user:
            options[pycurl.PROXYUSERPWD] = user
        for option, value in options.items():
            self.handle.setopt(option, value)

    def hear(self, kind, text):
        if kind == pycurl.INFOTYPE_TEXT:
            self.said.append(text.decode("latin-1"))

    def get(self, url):
        """Status and body."""
        body = io.BytesIO()
        self.handle.setopt(pycurl.URL, url)
        self.handle.setopt(pycurl.WRITEDATA, body)
        self.handle.perform()
        return self.handle.getinfo(pycurl.RESPONSE_CODE), body.getvalue()

    def put(self, url, data):
        self.handle.setopt(pycurl.UPLOAD, 1)
        self.handle.setopt(pycurl.READDATA, io.BytesIO(data))
        self.handle.setopt(pycurl.INFILESIZE, len(data))
        answer = self.get(url)
        self.handle.setopt(pycurl.UPLOAD, 0)
        self.handle.setopt(pycurl.HTTPGET, 1)
        return answer

    def refused(self, url):
        """The status of the proxy's refusal, of which libcurl says nothing over HTTP/2."""
        try:
            self.get(url)
        except pycurl.error:
            return self.handle.getinfo(pycurl.HTTP_CONNECTCODE)
        raise AssertionError("a tunnel was opened")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.handle.close()


class Through:
    """What holds for each way to the proxy."""

    ARGUMENTS = (*LOOPBACK, "--credentials", "alice:open sesame")

    def setUp(self):
        super().setUp()
        self.plain = self.enter(WebServer())
        self.secure = self.enter(WebServer(certificates.serving()))

    def transfers(self, user="alice:open sesame"):
        port = self.proxy.port if self.KIND == HTTP else self.proxy.tls_port
        return self.enter(Transfers(self.KIND, port, user))

    def test_pages_come_through_tunnels(self):
        transfers = self.transfers()
        for url in (f"http://{self.plain.authority}/page", f"https://localhost:{self.secure.port}/page"):
            status, body = transfers.get(url)
            self.assertEqual((status, body), (200, self.page()))
        self.assertEqual({tunnel["protocol"] for tunnel in self.proxy.tunnels()}, {self.PROTOCOL})
        self.assertEqual({tunnel["user"] for tunnel in self.proxy.tunnels()}, {"alice"})
        metrics = self.proxy.metrics()
        self.assertEqual(metrics[f'connect_proxy_tunnels_total{{kind="connect",protocol="{self.PROTOCOL}"}}'], 2)

    def page(self):
        return self.plain.server.RequestHandlerClass.PAGE

    def test_five_megabytes_come_and_three_go(self):
        transfers = self.transfers()
        status, body = transfers.get(f"https://localhost:{self.secure.port}/big")
        big = self.plain.server.RequestHandlerClass.BIG
        self.assertEqual((status, hashlib.sha256(body).digest()), (200, hashlib.sha256(big).digest()))
        data = os.urandom(3_000_000)
        status, body = transfers.put(f"https://localhost:{self.secure.port}/up", data)
        self.assertEqual(status, 200)
        self.assertIn(hashlib.sha256(data).hexdigest(), body.decode())
        # One tunnel served both.
        self.assertEqual(len(self.proxy.tunnels()), 1)

    def test_refusals_are_seen(self):
        nobody = self.enter(Nobody())
        right, wrong = "alice:open sesame", "alice:wrong"
        for authority, user, status, cause in (
            (nobody.authority, right, 502, "connection_refused"),
            ("nobody.invalid", right, 502, "dns_error"),
            ("10.0.0.1", right, 403, "destination_ip_prohibited"),
            (f"localhost:{self.secure.port}", wrong, 407, "authentication_required"),
            (f"localhost:{self.secure.port}", None, 407, "authentication_required"),
        ):
            name = f'connect_proxy_refusals_total{{cause="{cause}",status="{status}"}}'
            before = self.proxy.metrics()[name]
            self.assertEqual(self.transfers(user).refused(f"https://{authority}/"), 0 if self.PROTOCOL == "h2" else status)
            self.assertGreater(self.proxy.metrics()[name], before)


class Plain(Through, ProxyTest):
    KIND, PROTOCOL = HTTP, "h1"


class Secure(Through, ProxyTest):
    KIND, PROTOCOL = HTTPS, "h1"


class Http2(Through, ProxyTest):
    KIND, PROTOCOL = HTTPS2, "h2"

    def test_libcurl_says_that_it_speaks_http_2_to_the_proxy(self):
        transfers = self.transfers()
        transfers.get(f"https://localhost:{self.secure.port}/page")
        self.assertTrue([line for line in transfers.said if "CONNECT" in line and "h2" in line.lower()] or [line for line in transfers.said if "HTTP/2" in line], transfers.said)
        self.assertEqual([tunnel["protocol"] for tunnel in self.proxy.tunnels()], ["h2"])

    def test_many_transfers_at_once(self):
        multi = pycurl.CurlMulti()
        self.addCleanup(multi.close)
        many = [(self.transfers(), io.BytesIO()) for _ in range(30)]
        for transfers, body in many:
            transfers.handle.setopt(pycurl.URL, f"https://localhost:{self.secure.port}/big")
            transfers.handle.setopt(pycurl.WRITEDATA, body)
            multi.add_handle(transfers.handle)

        def advance():
            _, running = multi.perform()
            multi.select(0.1)
            return not running

        until(advance, "thirty transfers")
        big = self.plain.server.RequestHandlerClass.BIG
        for transfers, body in many:
            self.assertEqual(transfers.handle.getinfo(pycurl.RESPONSE_CODE), 200)
            self.assertTrue(body.getvalue() == big)
            multi.remove_handle(transfers.handle)
