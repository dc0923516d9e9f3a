"""Requests for `http` with the whole address in them (RFC 9112, section 3.2.2), which the proxy passes on itself."""

import hashlib
import json
import os

import certificates
from h1_client import H1
from h2_client import H2
from origins import Nobody, WebServer
from proxy import ProxyTest, run


class Forward(ProxyTest):
    def setUp(self):
        super().setUp()
        self.origin = self.enter(WebServer())
        self.url = f"http://{self.origin.authority}"

    def headers(self, body):
        return dict(json.loads(body)["headers"])

    def test_the_origin_sees_a_request_of_its_own(self):
        fields = (
            f"Host: {self.origin.authority}\r\nX-Here: and there\r\nConnection: x-hop, keep-alive\r\nX-Hop: only\r\nKeep-Alive: 5\r\n"
            "Proxy-Connection: keep-alive\r\nTE: trailers\r\nUpgrade: something\r\nUser-Agent: a client"
        )
        with H1(self.proxy.port) as client:
            response = client.ask(f"GET {self.url}/seen?a=b HTTP/1.1\r\n{fields}\r\n\r\n")
            seen = json.loads(response.body)
            self.assertEqual((seen["method"], seen["url"], seen["version"]), ("GET", "/seen?a=b", "HTTP/1.1"))
            headers = dict(seen["headers"])
            self.assertEqual((headers["host"], headers["x-here"], headers["user-agent"]), (self.origin.authority, "and there", "a client"))
            for name in ("x-hop", "keep-alive", "proxy-connection", "te", "upgrade"):
                self.assertNotIn(name, headers)
            self.assertRegex(headers["via"], r"^1\.1 \S+$")
            self.assertEqual(response.headers["x-end"], "to end")
            self.assertRegex(response.headers["via"], r"^1\.1 \S+$")

    def test_what_is_between_the_origin_and_the_proxy_stays_there(self):
        with H1(self.proxy.port) as client:
            response = client.ask(f"GET {self.url}/hops HTTP/1.1\r\nHost: {self.origin.authority}\r\n\r\n")
            self.assertEqual(response.status, 200)
            self.assertNotIn("x-hop", response.headers)
            self.assertNotIn("keep-alive", response.headers)

    def test_the_host_is_the_one_of_the_address(self):
        with H1(self.proxy.port) as client:
            response = client.ask(f"GET {self.url}/seen HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n")
            # RFC 9112, section 3.2.2: a proxy ignores what Host says and writes it anew.
            self.assertEqual(self.headers(response.body)["host"], self.origin.authority)

    def test_a_connection_serves_one_request_after_the_other(self):
        with H1(self.proxy.port) as client:
            for path, status in (("/seen", 200), ("/nowhere", 404), ("/seen", 200)):
                self.assertEqual(client.ask(f"GET {self.url}{path} HTTP/1.1\r\nHost: a.test\r\n\r\n").status, status)
        metrics = self.proxy.metrics()
        self.assertEqual((metrics['connect_proxy_forwarded_total{status="200"}'], metrics['connect_proxy_forwarded_total{status="404"}']), (2, 1))

    def test_bodies_of_either_kind_are_passed_on(self):
        data = os.urandom(1_000_000)
        digest = hashlib.sha256(data).hexdigest()
        with H1(self.proxy.port) as client:
            head = f"PUT {self.url}/seen HTTP/1.1\r\nHost: a.test\r\n".encode()
            response = client.ask(head + b"Content-Length: 1000000\r\n\r\n" + data)
            self.assertEqual(json.loads(response.body)["body"], digest)
            chunk = b"%x\r\n" % len(data) + data + b"\r\n0\r\n\r\n"
            response = client.ask(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk)
            self.assertEqual(json.loads(response.body)["body"], digest)

    def test_head_has_no_body(self):
        with H1(self.proxy.port) as client:
            client.send(f"HEAD {self.url}/big HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
            response = client.head()
            self.assertEqual(response.headers["content-length"], str(251 * 20_000))
            self.assertEqual(client.ask(f"GET {self.url}/seen HTTP/1.1\r\nHost: a.test\r\n\r\n").status, 200)

    def test_http_1_0_is_passed_on(self):
        done = run("curl", "--disable", "--silent", "--http1.0", "--proxy", f"http://127.0.0.1:{self.proxy.port}", f"{self.url}/page")
        self.assertEqual(done.stdout, self.origin.server.RequestHandlerClass.PAGE)

    def test_five_megabytes_come_over_either_protocol(self):
        big = self.origin.server.RequestHandlerClass.BIG
        with H1(self.proxy.port) as client:
            response = client.ask(f"GET {self.url}/big HTTP/1.1\r\nHost: a.test\r\n\r\n")
            self.assertTrue(response.body == big)
        with H2(self.proxy.tls_port, tls=certificates.trusting("h2")) as client:
            number = client.request((":method", "GET"), (":scheme", "http"), (":authority", self.origin.authority), (":path", "/big"), end=True)
            self.assertEqual(client.answer(number).status, 200)
            self.assertTrue(client.rest(number) == big)

    def test_http_2_is_turned_into_http_1(self):
        with H2(self.proxy.port) as client:
            number = client.request((":method", "POST"), (":scheme", "http"), (":authority", self.origin.authority), (":path", "/seen?a"), ("cookie", "a=b"), ("cookie", "c=d"))
            client.send(number, b"hello", end=True)
            stream = client.answer(number)
            seen = json.loads(client.rest(number))
            self.assertEqual((stream.status, seen["method"], seen["url"], seen["length"]), (200, "POST", "/seen?a", 5))
            headers = dict(seen["headers"])
            self.assertEqual(headers["host"], self.origin.authority)
            # RFC 9113, section 8.2.3.
            self.assertEqual([value for name, value in seen["headers"] if name == "cookie"], ["a=b; c=d"])
            self.assertRegex(headers["via"], r"^2(\.0)? \S+$")

    def test_a_dead_origin_is_a_bad_gateway(self):
        with Nobody() as nobody, H1(self.proxy.port) as client:
            response = client.ask(f"GET http://{nobody.authority}/ HTTP/1.1\r\nHost: a.test\r\n\r\n")
            self.assertEqual(response.status, 502)
            self.assertIn("error=connection_refused", response.headers["proxy-status"])

    def test_a_client_that_gives_up_leaves_nothing(self):
        with H1(self.proxy.port) as client:
            client.send(f"GET {self.url}/big HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
            client.head()
        self.proxy.settled()
