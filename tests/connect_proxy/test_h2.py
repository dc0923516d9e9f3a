"""Python's `h2`, over TLS and with prior knowledge: what a tunnel is on the wire."""

import hashlib
import os
import socket

import certificates
from h2_client import CANCEL, CONNECT_ERROR, H2
from origins import LAST_WORDS, Nobody, Origin, answer_at_the_end, echo, fail_after_the_last_word, ignore, reset, reset_when_spoken_to, speak_first, watch
from proxy import ProxyTest, until


class Tunnel:
    """What holds over TLS and without; `client` says which."""

    def test_bytes_go_both_ways(self):
        origin = self.enter(Origin(echo))
        client = self.client()
        number, stream = client.connect(origin.authority)
        self.assertEqual(stream.status, 200)
        # RFC 9110, section 9.3.6.
        self.assertNotIn("content-length", stream.headers)
        self.assertNotIn("transfer-encoding", stream.headers)
        data = os.urandom(3_000_000)
        client.send(number, data, end=True)
        self.assertEqual(hashlib.sha256(client.rest(number)).digest(), hashlib.sha256(data).digest())
        self.assertTrue(stream.ended)
        self.assertIsNone(stream.reset)

    def test_the_clients_end_reaches_the_target_and_the_answer_comes_back(self):
        origin = self.enter(Origin(answer_at_the_end))
        client = self.client()
        number, _ = client.connect(origin.authority)
        data = os.urandom(200_000)
        client.send(number, data, end=True)
        self.assertEqual(client.rest(number).decode(), f"200000 {hashlib.sha256(data).hexdigest()}")
        self.assertTrue(client.streams[number].ended)

    def test_the_targets_end_reaches_the_client_and_what_it_sends_goes_on(self):
        origin = self.enter(Origin(speak_first))
        client = self.client()
        number, stream = client.connect(origin.authority)
        self.assertEqual(client.rest(number), b"that is all")
        self.assertTrue(stream.ended)
        client.send(number, b"but " * 50_000, end=True)
        self.assertEqual(origin.event(), b"but " * 50_000)

    def test_a_target_that_resets_ends_the_stream_with_connect_error(self):
        origin = self.enter(Origin(reset_when_spoken_to))
        client = self.client()
        number, stream = client.connect(origin.authority)
        client.send(number, b"hello")
        self.assertEqual(client.receive(number, 7), b"so much")
        client.send(number, b"and?")
        client.rest(number)
        self.assertEqual((stream.ended, stream.reset), (False, CONNECT_ERROR))
        self.end_is("backend_reset")

    def test_what_a_target_said_before_it_failed_arrives_before_the_reset(self):
        origin = self.enter(Origin(fail_after_the_last_word))
        client = self.client()
        for _ in range(20):
            number, stream = client.connect(origin.authority)
            client.send(number, b"hello")
            self.assertTrue(client.rest(number) == LAST_WORDS)
            self.assertEqual((stream.ended, stream.reset), (False, CONNECT_ERROR))

    def test_a_client_that_resets_its_stream_resets_the_target(self):
        origin = self.enter(Origin(watch))
        client = self.client()
        number, _ = client.connect(origin.authority)
        client.send(number, b"hello")
        client.reset(number, CANCEL)
        self.assertIsInstance(origin.event(), ConnectionResetError)
        self.end_is("client_reset")

    def test_a_client_that_goes_without_a_word_resets_the_target(self):
        origin = self.enter(Origin(watch))
        client = self.client()
        number, _ = client.connect(origin.authority)
        client.send(number, b"hello")
        until(lambda: [tunnel for tunnel in self.proxy.tunnels() if tunnel["to_target"] == 5], "the word in the tunnel")
        sock = client.sock if self.tls is None else socket.socket(fileno=client.sock.detach())
        reset(sock)
        self.assertIsInstance(origin.event(), ConnectionResetError)

    def test_tunnels_of_a_connection_do_not_touch_each_other(self):
        origin, torn = self.enter(Origin(echo)), self.enter(Origin(reset_when_spoken_to))
        client = self.client()
        kept, _ = client.connect(origin.authority)
        lost, stream = client.connect(torn.authority)
        client.send(lost, b"hello")
        client.receive(lost, 7)
        client.send(lost, b"and?")
        client.rest(lost)
        self.assertEqual(stream.reset, CONNECT_ERROR)
        with Nobody() as nobody:
            self.assertEqual(client.connect(nobody.authority)[1].status, 502)
        client.send(kept, b"still here", end=True)
        self.assertEqual(client.rest(kept), b"still here")

    def test_a_tunnel_leads_to_ipv6(self):
        origin = self.enter(Origin(echo, host="::1"))
        client = self.client()
        number, stream = client.connect(origin.authority)
        self.assertEqual(stream.status, 200)
        client.send(number, b"six", end=True)
        self.assertEqual(client.rest(number), b"six")

    def test_a_name_is_resolved(self):
        origin = self.enter(Origin(echo))
        client = self.client()
        number, stream = client.connect(f"localhost:{origin.port}")
        self.assertEqual(stream.status, 200)
        (tunnel,) = self.proxy.tunnels()
        self.assertEqual((tunnel["target"], tunnel["address"]), (f"localhost:{origin.port}", origin.authority))
        client.send(number, b"by name", end=True)
        self.assertEqual(client.rest(number), b"by name")

    def test_the_status_tells_of_a_tunnel(self):
        origin = self.enter(Origin(ignore))
        client = self.client()
        number, _ = client.connect(origin.authority)
        client.send(number, b"x" * 1000)
        (tunnel,) = until(lambda: [each for each in self.proxy.tunnels() if each["to_target"] == 1000], "1000 bytes")
        told = {name: tunnel[name] for name in ("protocol", "kind", "client", "target", "address", "user", "to_client", "held", "stalled_ms")}
        self.assertEqual(
            told,
            {"protocol": "h2", "kind": "connect", "client": client.address, "target": origin.authority, "address": origin.authority, "user": None, "to_client": 0, "held": 0, "stalled_ms": None},
        )
        metrics = self.proxy.metrics()
        self.assertEqual(metrics['connect_proxy_tunnels_open{protocol="h2"}'], 1)
        self.assertEqual(metrics['connect_proxy_connections_open{protocol="h2"}'], 1)

    def end_is(self, end):
        """Waits for the metric and the line in the log that tell how the only tunnel ended."""
        name = f'connect_proxy_tunnel_seconds_count{{end="{end}"}}'
        until(lambda: self.proxy.metrics().get(name) == 1, lambda: f"{name}: {self.proxy.metrics()}")
        until(lambda: f'"{end}"' in self.proxy.text(), lambda: self.proxy.text())


class WithTls(Tunnel, ProxyTest):
    @property
    def tls(self):
        return certificates.trusting("h2")

    def client(self, **more):
        return self.enter(H2(self.proxy.tls_port, tls=self.tls, **more))


class WithPriorKnowledge(Tunnel, ProxyTest):
    tls = None

    def client(self, **more):
        return self.enter(H2(self.proxy.port, **more))
