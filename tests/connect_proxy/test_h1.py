"""HTTP/1 tunnels, byte by byte."""

import hashlib
import os
import ssl
import threading

import certificates
from h1_client import H1
from origins import LAST_WORDS, Origin, answer_at_the_end, echo, fail_after_the_last_word, reset, reset_when_spoken_to, speak_first, watch
from proxy import ProxyTest, until


class Tunnel(ProxyTest):
    def client(self):
        return self.enter(H1(self.proxy.port))

    def test_bytes_go_both_ways(self):
        origin = self.enter(Origin(echo))
        for client in (self.client(), self.enter(H1(self.proxy.tls_port, tls=certificates.trusting("http/1.1")))):
            response = client.connect(origin.authority)
            self.assertEqual((response.version, response.status), ("HTTP/1.1", 200))
            self.assertNotIn("content-length", response.headers)
            self.assertNotIn("transfer-encoding", response.headers)
            data = os.urandom(3_000_000)
            sender = threading.Thread(target=client.send, args=(data,))
            sender.start()
            self.assertEqual(hashlib.sha256(client.receive(len(data))).digest(), hashlib.sha256(data).digest())
            sender.join()

    def test_bytes_right_behind_the_request_are_the_tunnels(self):
        origin = self.enter(Origin(echo))
        client = self.client()
        client.send(f"CONNECT {origin.authority} HTTP/1.1\r\nHost: {origin.authority}\r\n\r\nearly".encode())
        self.assertEqual(client.head().status, 200)
        self.assertEqual(client.receive(5), b"early")

    def test_the_clients_end_reaches_the_target_and_the_answer_comes_back(self):
        origin = self.enter(Origin(answer_at_the_end))
        client = self.client()
        client.connect(origin.authority)
        data = os.urandom(200_000)
        client.send(data)
        client.end()
        self.assertEqual(client.rest().decode(), f"200000 {hashlib.sha256(data).hexdigest()}")

    def test_the_targets_end_reaches_the_client_and_what_it_sends_goes_on(self):
        origin = self.enter(Origin(speak_first))
        client = self.client()
        client.connect(origin.authority)
        self.assertEqual(client.rest(), b"that is all")
        client.send(b"but " * 50_000)
        client.end()
        self.assertEqual(origin.event(), b"but " * 50_000)

    def test_a_target_that_resets_resets_the_client(self):
        origin = self.enter(Origin(reset_when_spoken_to))
        client = self.client()
        client.connect(origin.authority)
        client.send(b"hello")
        self.assertEqual(client.receive(7), b"so much")
        client.send(b"and?")
        self.assertIsInstance(client.ended(), ConnectionResetError)

    def test_what_a_target_said_before_it_failed_arrives_before_the_reset(self):
        origin = self.enter(Origin(fail_after_the_last_word))
        for _ in range(5):
            with self.client() as client:
                client.connect(origin.authority)
                client.send(b"hello")
                self.assertTrue(client.receive(len(LAST_WORDS)) == LAST_WORDS)
                self.assertIsInstance(client.ended(), ConnectionResetError)

    def test_by_tls_a_target_that_fails_is_no_end_either(self):
        origin = self.enter(Origin(fail_after_the_last_word))
        for _ in range(20):
            with H1(self.proxy.tls_port, tls=certificates.trusting("http/1.1")) as client:
                client.connect(origin.authority)
                client.send(b"hello")
                self.assertTrue(client.receive(len(LAST_WORDS)) == LAST_WORDS)
                # Without a close_notify, whatever becomes of the TCP connection.
                self.assertIsInstance(client.ended(), (ConnectionResetError, ssl.SSLEOFError))

    def test_by_tls_an_end_is_said_to_be_one(self):
        origin = self.enter(Origin(speak_first))
        client = self.enter(H1(self.proxy.tls_port, tls=certificates.trusting("http/1.1")))
        client.connect(origin.authority)
        self.assertEqual(client.rest(), b"that is all")
        client.send(b"but " * 50_000)
        client.sock.unwrap()
        self.assertEqual(origin.event(), b"but " * 50_000)

    def test_a_client_that_resets_resets_the_target(self):
        origin = self.enter(Origin(watch))
        client = self.client()
        client.connect(origin.authority)
        client.send(b"hello")
        until(lambda: [tunnel for tunnel in self.proxy.tunnels() if tunnel["to_target"] == 5], "the word in the tunnel")
        reset(client.sock)
        self.assertIsInstance(origin.event(), ConnectionResetError)

    def test_a_refusal_leaves_the_connection_for_the_next_request(self):
        origin = self.enter(Origin(echo))
        client = self.client()
        self.assertEqual(client.connect("nobody.invalid:443").status, 502)
        self.assertEqual(client.connect(origin.authority).status, 200)
        client.send(b"after all")
        self.assertEqual(client.receive(9), b"after all")
