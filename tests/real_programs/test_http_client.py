"""Python's `http.client`, against `echo` and `http_proxy`."""

import http.client
import os

from programs import Relay, Test, example

GREETING = b"POST something to /, /shout or /backwards\n"


class HttpClient(Test):
    SERVER = ("echo",)

    def setUp(self):
        super().setUp()
        self.client = http.client.HTTPConnection("127.0.0.1", self.relay.port)
        self.addCleanup(self.client.close)

    def exchange(self, *request, **options):
        self.client.request(*request, **options)
        return self.answer()

    def answer(self):
        response = self.client.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        self.assertIsNotNone(headers.pop("date", None))
        self.assertEqual(response.version, 11)
        return response.status, headers, response.read()

    def test_a_connection_is_kept(self):
        greeting = {"content-length": str(len(GREETING))}
        self.assertEqual(self.exchange("GET", "/"), (200, greeting, GREETING))
        socket = self.client.sock
        self.assertEqual(self.exchange("POST", "/", b"hello"), (200, {"content-length": "5"}, b"hello"))
        self.assertEqual(self.exchange("HEAD", "/"), (200, greeting, b""))
        self.assertEqual(self.exchange("GET", "/nowhere")[0], 404)
        self.assertIs(self.client.sock, socket)
        self.assertEqual(self.relay.connections, 1)

    def test_a_connection_is_closed_on_demand(self):
        status, headers, _ = self.exchange("GET", "/", headers={"Connection": "close"})
        self.assertEqual((status, headers["connection"]), (200, "close"))
        self.assertIsNone(self.client.sock)

    def test_an_iterable_goes_out_in_chunks(self):
        # No more than fits into sockets: `http.client` reads nothing until all of it is sent, and then the echo is not read.
        pieces = [os.urandom(size) for size in (1, 10, 1_000, 100_000)]
        answer = self.exchange("POST", "/", iter(pieces), encode_chunked=True)
        self.assertEqual(answer, (200, {"transfer-encoding": "chunked"}, b"".join(pieces)))
        answer = self.exchange("POST", "/backwards", iter([b"abc", b"def"]), encode_chunked=True)
        self.assertEqual(answer, (200, {"content-length": "6"}, b"fedcba"))
        self.assertEqual(self.relay.connections, 1)

    def test_what_is_expected_arrives_before_the_body_is_sent(self):
        self.client.putrequest("POST", "/")
        self.client.putheader("Content-Length", "5")
        self.client.putheader("Expect", "100-continue")
        self.client.endheaders()
        expected = b"HTTP/1.1 100 Continue\r\n\r\n"
        arrived = b""
        while len(arrived) < len(expected):
            piece = self.client.sock.recv(len(expected) - len(arrived))
            self.assertNotEqual(piece, b"", "the server closed")
            arrived += piece
        self.assertEqual(arrived, expected)
        self.client.send(b"hello")
        self.assertEqual(self.answer(), (200, {"content-length": "5"}, b"hello"))

    def test_a_body_may_be_read_in_pieces(self):
        body = os.urandom(100_000)
        self.client.request("POST", "/shout", iter([body]), encode_chunked=True)
        response = self.client.getresponse()
        received = b"".join(iter(lambda: response.read(997), b""))
        self.assertEqual(received, body.upper())

    def test_a_tunnel_of_the_proxy_is_kept(self):
        proxy = self.enter(example("http_proxy"))
        front = self.enter(Relay(proxy.port))
        self.client = http.client.HTTPConnection("127.0.0.1", front.port)
        self.client.set_tunnel("127.0.0.1", self.relay.port)
        self.assertEqual(self.exchange("GET", "/")[2], GREETING)
        self.assertEqual(self.exchange("POST", "/", b"hello")[2], b"hello")
        self.assertEqual((front.connections, self.relay.connections), (1, 1))
        self.client.close()
        self.assertRegex(proxy.line(), "^tunnel closed: ")
