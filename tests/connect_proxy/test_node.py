"""Node's http2, with CONNECT."""

import json
import pathlib

import certificates
from h2_client import CONNECT_ERROR
from origins import Nobody, Origin, WebServer, echo, reset_when_spoken_to
from proxy import ProxyTest, run

SCRIPT = pathlib.Path(__file__).resolve().parent / "node/connect.js"


class Node:
    """What holds over TLS and with prior knowledge."""

    def node(self, scenario, *arguments):
        done = run("node", SCRIPT, scenario, self.url(), certificates.path("ca.pem"), *arguments)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        said = json.loads(done.stdout)
        self.assertEqual(said["alpn"], self.ALPN)
        return said["result"]

    def test_tunnels_of_a_session_echo(self):
        origin = self.enter(Origin(echo))
        expected = [{"status": 200, "text": f"tunnel {index}", "rst": 0} for index in range(2)]
        self.assertEqual(self.node("echo", origin.authority), expected)
        metrics = self.proxy.metrics()
        self.assertEqual(metrics['connect_proxy_tunnels_total{kind="connect",protocol="h2"}'], 2)

    def test_a_page_comes_by_tls_within_a_tunnel(self):
        origin = self.enter(WebServer(certificates.serving()))
        page = self.node("page", f"localhost:{origin.port}", "/page")
        self.assertTrue(page["authorized"])
        self.assertTrue(page["text"].startswith("HTTP/1.1 200 OK\r\n"), page)
        self.assertTrue(page["text"].endswith(origin.server.RequestHandlerClass.PAGE.decode()), page)

    def test_a_target_that_resets_is_an_error(self):
        origin = self.enter(Origin(reset_when_spoken_to))
        seen = self.node("reset", origin.authority)
        self.assertEqual(seen, {"text": "so much", "code": "ERR_HTTP2_STREAM_ERROR", "rst": CONNECT_ERROR})

    def test_a_refusal_has_a_body(self):
        with Nobody() as nobody:
            seen = self.node("refused", nobody.authority)
        self.assertEqual(seen["status"], 502)
        self.assertIn("error=connection_refused", seen["proxyStatus"])
        self.assertTrue(seen["text"])


class WithTls(Node, ProxyTest):
    ALPN = "h2"

    def url(self):
        return f"https://localhost:{self.proxy.tls_port}"


class WithPriorKnowledge(Node, ProxyTest):
    ALPN = "h2c"

    def url(self):
        return f"http://localhost:{self.proxy.port}"
