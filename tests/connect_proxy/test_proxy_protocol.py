"""The PROXY protocol, version 2, as a balancer in TCP mode speaks it before everything else."""

import socket
import struct
import time

import certificates
from h1_client import H1, exchange
from h2_client import H2
from origins import Origin, echo
from proxy import LOOPBACK, ProxyTest, until

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def header(source="192.0.2.7", port=4567, command=0x21, extra=b""):
    """A connection from `source`."""
    sixth = ":" in source
    family = socket.AF_INET6 if sixth else socket.AF_INET
    loopback = "::1" if sixth else "127.0.0.1"
    addresses = socket.inet_pton(family, source) + socket.inet_pton(family, loopback) + struct.pack("!HH", port, 3128) + extra
    return SIGNATURE + bytes([command, 0x21 if sixth else 0x11]) + struct.pack("!H", len(addresses)) + addresses


class ProxyProtocol(ProxyTest):
    ARGUMENTS = (*LOOPBACK, "--proxy-protocol", "--head-timeout", "2s")

    def setUp(self):
        super().setUp()
        self.origin = self.enter(Origin(echo))

    def shown(self):
        return [tunnel["client"] for tunnel in self.proxy.tunnels()]

    def test_the_client_is_the_one_whom_the_balancer_names(self):
        tls = certificates.trusting("http/1.1")
        for source, shown in (("192.0.2.7", "192.0.2.7:4567"), ("2001:db8::7", "[2001:db8::7]:4567")):
            for port, context in ((self.proxy.port, None), (self.proxy.tls_port, tls)):
                with H1(port, tls=context, first=header(source)) as client:
                    self.assertEqual(client.connect(self.origin.authority).status, 200)
                    self.assertEqual(self.shown(), [shown])
                    client.send(b"hello")
                    self.assertEqual(client.receive(5), b"hello")
                until(lambda: not self.shown(), "the end of the tunnel")
        with H2(self.proxy.port, first=header()) as client:
            self.assertEqual(client.connect(self.origin.authority)[1].status, 200)
            self.assertEqual(self.shown(), ["192.0.2.7:4567"])

    def test_what_else_is_in_the_header_is_passed_over(self):
        # A TLV of an application's own (0xE0), and a NOOP.
        with H1(self.proxy.port, first=header(extra=b"\xe0\x00\x03abc\x04\x00\x00")) as client:
            self.assertEqual(client.connect(self.origin.authority).status, 200)

    def test_a_balancer_that_speaks_for_itself_is_the_client(self):
        # LOCAL: a health check.
        with H1(self.proxy.port, first=SIGNATURE + b"\x20\x00\x00\x00") as client:
            self.assertEqual(client.connect(self.origin.authority).status, 200)
            self.assertEqual(self.shown(), [client.address])

    def test_it_may_come_in_pieces(self):
        client = self.enter(H1(self.proxy.port))
        whole = header()
        for start in range(0, len(whole), 5):
            client.send(whole[start : start + 5])
            time.sleep(0.01)
        self.assertEqual(client.connect(self.origin.authority).status, 200)

    def test_whoever_begins_otherwise_is_closed(self):
        wrong = (
            b"CONNECT a.test:443 HTTP/1.1\r\nhost: a.test:443\r\n\r\n",
            b"PROXY TCP4 192.0.2.7 127.0.0.1 4567 3128\r\nCONNECT a.test:443 HTTP/1.1\r\nhost: a.test:443\r\n\r\n",
            SIGNATURE + b"\x31\x11\x00\x0c" + bytes(12),
            SIGNATURE + b"\x21\x11\x00\x03abc" + bytes(50),
            b"\x16\x03\x01\x00\x05hello" * 4,
        )
        for number, data in enumerate(wrong, 1):
            self.assertEqual(exchange(self.proxy.port, data), b"")
            until(lambda: self.refusals().get("proxy_protocol") == number, self.refusals)
        self.proxy.settled()

    def test_whoever_does_not_finish_it_is_closed(self):
        client = self.enter(H1(self.proxy.port, first=header()[:20]))
        client.ended()
        until(lambda: sum(self.refusals().get(cause, 0) for cause in ("head_timeout", "proxy_protocol")) == 1, self.refusals)


class Without(ProxyTest):
    def test_a_header_that_nobody_asked_for_is_garbage(self):
        answer = exchange(self.proxy.port, header() + b"CONNECT a.test:443 HTTP/1.1\r\nhost: a.test:443\r\n\r\n")
        self.assertTrue(not answer or answer.startswith(b"HTTP/1.1 400 "), answer)
