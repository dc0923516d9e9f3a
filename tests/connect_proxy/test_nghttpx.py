"""`nghttpx --http2-proxy` as the balancer in front: it takes HTTPS and passes tunnels on to the proxy."""

import contextlib
import os
import socket
import subprocess
import tempfile

import certificates
from h2_client import H2
from origins import Nobody, Origin, WebServer, echo
from proxy import SECONDS, ProxyTest, run, until


class Nghttpx:
    """With the given protocol (`h2` or `http/1.1`) to the proxy."""

    def __init__(self, port, protocol):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.errors = tempfile.TemporaryFile("w+")
        command = ["nghttpx", "--http2-proxy", "--workers=1", "--backend-connections-per-host=100", f"--frontend=127.0.0.1,{self.port}", f"--backend=127.0.0.1,{port};;proto={protocol}"]
        command += [certificates.path("server.key"), certificates.path("server.pem"), "--conf=/dev/null", "--no-ocsp", "--accesslog-file=/dev/null"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors, env={**os.environ, "LC_ALL": "C"})
        until(self.listening, self.text)

    def listening(self):
        if self.process.poll() is not None:
            raise AssertionError(self.text())
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True

    def text(self):
        self.errors.seek(0)
        return self.errors.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(SECONDS)
        self.errors.close()


class Front:
    def front(self):
        return self.enter(Nghttpx(self.proxy.port, self.PROTOCOL))

    def test_a_page_comes_through_both(self):
        front = self.front()
        secure = self.enter(WebServer(certificates.serving()))
        proxy = ("--proxy", f"https://localhost:{front.port}", "--proxy-cacert", certificates.path("ca.pem"), "--cacert", certificates.path("ca.pem"))
        for path, body in (("/page", secure.server.RequestHandlerClass.PAGE), ("/big", secure.server.RequestHandlerClass.BIG)):
            done = run("curl", "--disable", "--silent", "--show-error", "--max-time", "10", *proxy, f"https://localhost:{secure.port}{path}")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(done.stdout == body)
        self.assertEqual(self.proxy.metrics()[f'connect_proxy_tunnels_total{{kind="connect",protocol="{self.SEEN}"}}'], 2)

    def test_tunnels_of_one_connection_go_through_both(self):
        front = self.front()
        origin = self.enter(Origin(echo))
        client = self.enter(H2(front.port, tls=certificates.trusting("h2")))
        numbers = [client.connect(origin.authority)[0] for _ in range(10)]
        self.assertEqual({tunnel["protocol"] for tunnel in self.proxy.tunnels()}, {self.SEEN})
        self.assertEqual(len(self.proxy.tunnels()), 10)
        for number in numbers:
            data = os.urandom(300_000)
            for start in range(0, len(data), 30_000):
                client.send(number, data[start : start + 30_000])
                self.assertTrue(client.receive(number, 30_000) == data[start : start + 30_000])

    def test_a_refusal_comes_through(self):
        front = self.front()
        client = self.enter(H2(front.port, tls=certificates.trusting("h2")))
        with Nobody() as nobody:
            _, stream = client.connect(nobody.authority)
        self.assertEqual(stream.status, 502)
        self.assertIn("error=connection_refused", stream.headers["proxy-status"])


class Http2(Front, ProxyTest):
    PROTOCOL, SEEN = "h2", "h2"


class Http1(Front, ProxyTest):
    PROTOCOL, SEEN = "http/1.1", "h1"
