"""WebSockets: by CONNECT over HTTP/1 as clients do it today, and by the extended CONNECT of RFC 8441 over HTTP/2."""

import base64
import hashlib
import os
import ssl

import websockets.frames
import websockets.streams
import websockets.sync.client

import certificates
from h1_client import H1
from h2_client import H2
from origins import Nobody, Origin, WebServer, WebSocketEcho, garble
from proxy import ProxyTest


class OverConnect(ProxyTest):
    """The client of PyPI's `websockets`, in a tunnel."""

    def echo(self, url, sock, **more):
        with websockets.sync.client.connect(url, sock=sock, proxy=None, max_size=None, **more) as client:
            for message in ("hello", b"\x00\x01", os.urandom(1_000_000)):
                client.send(message)
                self.assertTrue(client.recv(timeout=10) == message)

    def test_messages_come_back(self):
        plain, secure = self.enter(WebSocketEcho()), self.enter(WebSocketEcho(certificates.serving()))
        for origin, scheme in ((plain, "ws"), (secure, "wss")):
            for client in (H1(self.proxy.port), H1(self.proxy.tls_port, tls=certificates.trusting("http/1.1"))):
                if scheme == "wss" and isinstance(client.sock, ssl.SSLSocket):
                    # Python's TLS does not go through Python's TLS.
                    client.close()
                    continue
                self.assertEqual(client.connect(f"localhost:{origin.port}").status, 200)
                client.sock.settimeout(None)
                more = {"ssl": certificates.trusting()} if scheme == "wss" else {}
                self.echo(f"{scheme}://localhost:{origin.port}/chat", client.sock, **more)
                client.close()

    def test_the_library_finds_its_own_way_through_the_proxy(self):
        origin = self.enter(WebSocketEcho())
        url = f"ws://localhost:{origin.port}/chat"
        with websockets.sync.client.connect(url, proxy=f"http://127.0.0.1:{self.proxy.port}") as client:
            client.send("by itself")
            self.assertEqual(client.recv(timeout=10), "by itself")


class Extended(ProxyTest):
    """RFC 8441, to a WebSocket server of HTTP/1."""

    def client(self):
        return self.enter(H2(self.proxy.tls_port, tls=certificates.trusting("h2")))

    def messages(self, client, number, messages):
        """Sends messages and reads as many back, as frames of RFC 6455."""
        reader = websockets.streams.StreamReader()
        for opcode, data in messages:
            client.send(number, websockets.frames.Frame(opcode, data).serialize(mask=True))
            parse = websockets.frames.Frame.parse(reader.read_exact, mask=False)
            while True:
                try:
                    next(parse)
                except StopIteration as done:
                    frame = done.value
                    break
                stream = client.streams[number]
                client.until(lambda: stream.data or stream.over, "a frame")
                self.assertTrue(stream.data, "the end within a frame")
                reader.feed_data(bytes(stream.data))
                stream.data.clear()
            self.assertEqual(frame.opcode, opcode)
            self.assertTrue(frame.data == data)

    def test_the_setting_says_that_it_is_offered(self):
        for client in (self.client(), self.enter(H2(self.proxy.port))):
            # SETTINGS_ENABLE_CONNECT_PROTOCOL
            self.assertEqual(client.settings[8].new_value, 1)

    def test_messages_come_back(self):
        plain, secure = self.enter(WebSocketEcho()), self.enter(WebSocketEcho(certificates.serving()))
        proxy = self.proxy = self.start_proxy(*self.ARGUMENTS, "--origin-ca", certificates.path("ca.pem"))
        for origin, scheme in ((plain, "http"), (secure, "https")):
            client = self.enter(H2(proxy.tls_port, tls=certificates.trusting("h2")))
            fields = (("sec-websocket-protocol", "chat.test, echo.test"), ("origin", "https://page.test"), ("x-here", "and there"))
            number, stream = client.websocket(scheme, f"localhost:{origin.port}", "/chat?room=1", *fields)
            self.assertEqual(stream.status, 200)
            self.assertEqual(stream.headers["sec-websocket-protocol"], "echo.test")
            # Of the handshake that HTTP/2 has no use for (RFC 8441, section 5) nothing is left.
            for name in ("sec-websocket-accept", "connection", "upgrade"):
                self.assertNotIn(name, stream.headers)
            (tunnel,) = [tunnel for tunnel in proxy.tunnels() if tunnel["target"].endswith(str(origin.port))]
            self.assertEqual((tunnel["protocol"], tunnel["kind"]), ("h2", "websocket"))
            text, binary = websockets.frames.OP_TEXT, websockets.frames.OP_BINARY
            self.messages(client, number, ((text, b"hello"), (binary, os.urandom(1_000_000)), (text, b"bye")))
            self.messages(client, number, ((websockets.frames.OP_CLOSE, b"\x03\xe8"),))
            client.rest(number)
            self.assertTrue(stream.over)
            self.assertEqual(origin.paths, ["/chat?room=1"])
            seen = origin.headers[0]
            self.assertEqual((seen["x-here"], seen["origin"], seen["host"]), ("and there", "https://page.test", f"localhost:{origin.port}"))
            # A key of the proxy's own: 16 bytes in base64.
            self.assertEqual(len(base64.b64decode(seen["sec-websocket-key"])), 16)
            self.assertEqual(len(seen.get_all("sec-websocket-version")), 1)
        self.assertEqual(proxy.metrics()['connect_proxy_tunnels_total{kind="websocket",protocol="h2"}'], 2)

    def test_an_answer_that_does_not_switch_is_a_bad_gateway(self):
        web, garbage = self.enter(WebServer()), self.enter(Origin(garble))
        client = self.client()
        for origin in (web, garbage):
            _, stream = client.websocket("http", origin.authority, "/seen")
            self.assertEqual(stream.status, 502)
            self.assertIn("error=http_protocol_error", stream.headers["proxy-status"])
        with Nobody() as nobody:
            _, stream = client.websocket("http", nobody.authority, "/")
            self.assertEqual(stream.status, 502)
            self.assertIn("error=connection_refused", stream.headers["proxy-status"])

    def test_a_certificate_that_nobody_knows_is_refused(self):
        for name, error in (("server", "tls_certificate_error"), ("stranger", "tls_certificate_error")):
            origin = self.enter(WebSocketEcho(certificates.serving(name)))
            proxy = self.start_proxy(*self.ARGUMENTS, *(("--origin-ca", certificates.path("ca.pem")) if name == "stranger" else ()))
            with H2(proxy.port) as client:
                _, stream = client.websocket("https", f"localhost:{origin.port}", "/")
                self.assertEqual(stream.status, 502)
                self.assertIn(f"error={error}", stream.headers["proxy-status"])

    def test_what_is_no_tls_is_a_tls_error(self):
        web = self.enter(WebServer())
        _, stream = self.client().websocket("https", web.authority, "/")
        self.assertEqual(stream.status, 502)
        self.assertIn("error=tls_protocol_error", stream.headers["proxy-status"])

    def test_another_protocol_is_refused(self):
        client = self.client()
        pseudo = ((":method", "CONNECT"), (":protocol", "carrier-pigeon"), (":scheme", "http"), (":path", "/"), (":authority", "127.0.0.1:80"))
        stream = client.answer(client.request(*pseudo))
        self.assertIn(stream.status, (400, 501))

    def test_a_target_that_resets_after_the_switch_ends_the_stream_with_connect_error(self):
        def switch_and_reset(_, connection):
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65536)
            key = next(line.split(b": ", 1)[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key: "))
            accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
            connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\nfirst")
            connection.recv(65536)
            connection.setsockopt(1, 13, b"\x01\0\0\0\0\0\0\0")

        origin = self.enter(Origin(switch_and_reset))
        client = self.client()
        number, stream = client.websocket("http", origin.authority, "/")
        self.assertEqual(client.receive(number, 5), b"first")
        client.send(number, b"x")
        client.rest(number)
        self.assertEqual((stream.ended, stream.reset), (False, 10))

    def test_a_switch_without_the_right_key_is_none(self):
        def switch_wrongly(_, connection):
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n")
            connection.recv(65536)

        origin = self.enter(Origin(switch_wrongly))
        _, stream = self.client().websocket("http", origin.authority, "/")
        self.assertEqual(stream.status, 502)


class Upgrade(ProxyTest):
    """A WebSocket asked for with `Upgrade` in a forwarded request: Upgrade is for the next hop alone, and so it is not passed on."""

    def test_it_is_no_switch(self):
        origin = self.enter(WebServer())
        with H1(self.proxy.port) as client:
            fields = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
            response = client.ask(f"GET http://{origin.authority}/seen HTTP/1.1\r\nHost: {origin.authority}\r\n{fields}\r\n\r\n")
            self.assertEqual(response.status, 200)
            self.assertNotIn(b'"upgrade"', response.body)
