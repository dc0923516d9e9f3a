"""What is wrong is refused with the status that says so, is counted and logged, and leaves nothing behind.

Every test here has `ProxyTest`'s end: connections, tunnels, held bytes, descriptors and tasks are as at the start.
"""

import socket
import ssl
import time

import certificates
from h1_client import H1, basic, exchange
from h2_client import CONNECT_ERROR, LARGEST_WINDOW, H2
from origins import Full, Nobody, Origin, WebServer, echo, garble, ignore, pour, watch
from proxy import LOOPBACK, ProxyTest, until

PASSWORD = "pass:word with ünicode"
CREDENTIALS = ("--credentials", "alice:open sesame", "--credentials", f"bob:{PASSWORD}")


class Refusing(ProxyTest):
    def expect(self, authority, status, cause, error=None, headers=()):
        """That CONNECT is refused like this over both protocols, is counted by its cause and logged."""
        before = self.refusals().get(cause, 0)
        with H1(self.proxy.port) as client:
            response = client.connect(authority, *(f"{name}: {value}" for name, value in headers))
            self.told(response.status, response.headers, response.body, status, error)
        with H2(self.proxy.port) as client:
            _, stream = client.connect(authority, *headers)
            self.told(stream.status, stream.headers, bytes(stream.data), status, error)
            self.assertTrue(stream.ended)
            # It was this stream's fault and nobody else's.
            self.assertIsNone(client.goaway)
        self.assertEqual(self.refusals().get(cause, 0), before + 2, self.refusals())
        self.assertGreaterEqual(self.proxy.metrics()[f'connect_proxy_refusals_total{{cause="{cause}",status="{status}"}}'], 2)
        until(lambda: self.proxy.text().count(cause) >= before + 2, lambda: f"{cause} in the log: {self.proxy.text()}")

    def told(self, seen, headers, body, status, error):
        self.assertEqual(seen, status, body)
        if error:
            self.assertIn(f"connect_proxy; error={error}", headers["proxy-status"])
        self.assertTrue(headers["content-type"].startswith("text/plain"), headers)
        self.assertTrue(headers["date"])
        self.assertTrue(0 < len(body) < 500, body)


class Requests(Refusing):
    def test_a_target_without_a_port_is_a_bad_request(self):
        self.expect("127.0.0.1", 400, "http_request_error", "http_request_error")

    def test_a_target_with_user_information_is_a_bad_request(self):
        self.expect("user@127.0.0.1:443", 400, "http_request_error", "http_request_error")

    def test_port_0_is_no_port(self):
        with H1(self.proxy.port) as client:
            self.assertIn(client.connect("127.0.0.1:0").status, (400, 403))

    def test_a_name_that_does_not_exist_is_a_dns_error(self):
        self.expect("nobody.invalid:443", 502, "dns_error", "dns_error")

    def test_a_name_that_cannot_be_one_is_refused(self):
        for name in ("a" * 64 + ".test", "x." * 130 + "test", "a..b"):
            with H1(self.proxy.port) as client:
                self.assertIn(client.connect(f"{name}:443").status, (400, 502))

    def test_a_dead_target_is_refused(self):
        with Nobody() as nobody:
            self.expect(nobody.authority, 502, "connection_refused", "connection_refused")

    def test_garbage_is_answered_and_closed(self):
        for garbage in (b"garbage\r\n\r\n", b"\x00\x01\x02\x03\r\n\r\n", b"GET\r\n\r\n", b"CONNECT\r\n\r\n", b"\xff" * 1000 + b"\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"):
            answer = exchange(self.proxy.port, garbage)
            self.assertTrue(not answer or answer.startswith(b"HTTP/1.1 400 "), (garbage, answer))

    def test_half_a_preface_of_http_2_is_closed(self):
        for garbage in (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot a frame at all, is it?", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"):
            answer = exchange(self.proxy.port, garbage)
            self.assertNotIn(b"200", answer)

    def test_a_head_that_is_too_large_is_answered(self):
        answer = exchange(self.proxy.port, b"CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\nx: " + b"y" * 2_000_000)
        self.assertTrue(not answer or answer.startswith(b"HTTP/1.1 4"), answer[:200])

    def test_two_hosts_are_a_bad_request(self):
        answer = exchange(self.proxy.port, b"GET http://a.test/ HTTP/1.1\r\nhost: a.test\r\nhost: b.test\r\nconnection: close\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer)

    def test_a_request_for_the_proxy_itself_is_none(self):
        with H1(self.proxy.port) as client:
            self.assertEqual(client.ask("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 400)
        with H2(self.proxy.port) as client:
            number = client.request((":method", "GET"), (":scheme", "ftp"), (":authority", "localhost:80"), (":path", "/"), end=True)
            self.assertEqual(client.answer(number).status, 400)

    def test_a_request_without_a_host_is_a_bad_request(self):
        answer = exchange(self.proxy.port, b"CONNECT 127.0.0.1:443 HTTP/1.1\r\nconnection: close\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer)

    def test_another_scheme_is_a_bad_request(self):
        with H1(self.proxy.port) as client:
            response = client.ask("GET ftp://127.0.0.1:80/ HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n")
            self.assertEqual(response.status, 400)
            self.assertIn("http_request_error", response.headers["proxy-status"])

    def test_the_proxy_is_no_target_of_its_own(self):
        for port in (self.proxy.port, self.proxy.tls_port):
            with H1(self.proxy.port) as client:
                response = client.connect(f"127.0.0.1:{port}")
                self.assertEqual(response.status, 403)
                self.assertIn("proxy_loop_detected", response.headers["proxy-status"])
            with H1(self.proxy.port) as client:
                self.assertEqual(client.connect(f"[::ffff:127.0.0.1]:{port}").status, 403)

    def test_an_origin_that_does_not_speak_http_is_a_protocol_error(self):
        origin = self.enter(Origin(garble))
        with H1(self.proxy.port) as client:
            response = client.ask(f"GET http://{origin.authority}/ HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n")
            self.assertEqual(response.status, 502)
            self.assertIn("http_protocol_error", response.headers["proxy-status"])

    def test_a_port_without_a_route_is_unroutable(self):
        # No TCP goes to many, so that the system itself says so and nothing leaves the machine.
        self.proxy = self.start_proxy("--allow", "224.0.0.0/4", "--port", "any")
        self.expect("224.0.0.1:80", 502, "destination_ip_unroutable", "destination_ip_unroutable")


class Late(Refusing):
    ARGUMENTS = (*LOOPBACK, "--connect-timeout", "300ms", "--head-timeout", "300ms")

    def test_a_target_that_does_not_answer_is_a_timeout(self):
        with Full() as full:
            self.expect(full.authority, 504, "connection_timeout", "connection_timeout")

    def test_who_says_nothing_is_closed(self):
        started = time.monotonic()
        for port in (self.proxy.port, self.proxy.tls_port):
            with H1(port) as client:
                client.ended()
        self.assertLess(time.monotonic() - started, 5)
        self.assertEqual(self.refusals()["head_timeout"], 2)

    def test_who_says_it_slowly_is_closed(self):
        with H1(self.proxy.port) as client:
            with self.assertRaises(OSError):
                for letter in "CONNECT 127.0.0.1:443 HTTP/1.1\r\n" * 20:
                    client.send(letter.encode())
                    time.sleep(0.02)
        self.assertEqual(self.refusals()["head_timeout"], 1)

    def test_who_stops_within_the_preface_is_closed(self):
        with H1(self.proxy.port, first=b"PRI * HTTP/2.0\r\n") as client:
            client.ended()
        self.assertEqual(self.refusals()["head_timeout"], 1)

    def test_who_stops_within_a_handshake_is_closed(self):
        # A client hello is on its way, and no more of it comes.
        with H1(self.proxy.tls_port, first=b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc") as client:
            client.ended()
        self.assertEqual(sum(self.refusals().get(cause, 0) for cause in ("head_timeout", "tls_handshake")), 1)

    def test_a_client_that_gives_up_while_the_target_is_sought_leaves_nothing(self):
        with Full() as full:
            with H1(self.proxy.port) as client:
                client.send(f"CONNECT {full.authority} HTTP/1.1\r\nHost: {full.authority}\r\n\r\n".encode())
            with H2(self.proxy.port) as client:
                number = client.request((":method", "CONNECT"), (":authority", full.authority))
                client.reset(number, 8)
            self.proxy.settled()


class Tls(ProxyTest):
    def test_garbage_for_a_handshake_is_counted(self):
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 100, b"\x16\x03\x01\x00\x05hello"):
            exchange(self.proxy.tls_port, garbage)
        until(lambda: self.refusals().get("tls_handshake") == 3, self.refusals)

    def test_a_client_that_does_not_trust_the_certificate_is_counted(self):
        with self.assertRaises(ssl.SSLCertVerificationError):
            H1(self.proxy.tls_port, tls=ssl.create_default_context())
        until(lambda: self.refusals().get("tls_handshake") == 1, self.refusals)

    def test_no_protocol_in_common_is_an_end(self):
        with self.assertRaises(OSError):
            H1(self.proxy.tls_port, tls=certificates.trusting("spdy/1"))
        until(lambda: self.refusals().get("tls_handshake") == 1, self.refusals)

    def test_a_client_without_alpn_speaks_http_1(self):
        origin = self.enter(Origin(echo))
        client = self.enter(H1(self.proxy.tls_port, tls=certificates.trusting()))
        self.assertEqual(client.connect(origin.authority).status, 200)


class Credentials(Refusing):
    ARGUMENTS = (*LOOPBACK, *CREDENTIALS)
    REQUIRED = (407, "authentication_required")

    def test_without_credentials_they_are_asked_for(self):
        self.expect("127.0.0.1:443", *self.REQUIRED)
        with H1(self.proxy.port) as client:
            response = client.connect("127.0.0.1:443")
            self.assertEqual(response.headers["proxy-authenticate"], 'Basic realm="connect_proxy", charset="UTF-8"')

    def test_wrong_ones_are_refused(self):
        right = basic("alice", "open sesame")
        wrong = (basic("alice", "open sesam"), basic("alice", "open sesame!"), basic("alice", PASSWORD), basic("", ""), basic("ALICE", "open sesame"))
        wrong += ("Basic", "Basic ", "Basic %%%", "Bearer " + right.partition(" ")[2], right[:-2], right + "=", "Basic " + "A" * 5000)
        for value in wrong:
            with self.subTest(value):
                self.expect("127.0.0.1:443", *self.REQUIRED, headers=(("proxy-authorization", value),))

    def test_two_fields_of_credentials_are_refused(self):
        fields = (("proxy-authorization", basic("alice", "open sesame")), ("proxy-authorization", basic("mallory", "x")))
        self.expect("127.0.0.1:443", *self.REQUIRED, headers=fields)

    def test_the_right_ones_open_tunnels_and_are_passed_on_to_nobody(self):
        origin = self.enter(Origin(echo))
        for user, password in (("alice", "open sesame"), ("bob", PASSWORD)):
            with H1(self.proxy.port) as client:
                self.assertEqual(client.connect(origin.authority, f"Proxy-Authorization: {basic(user, password)}").status, 200)
                self.assertEqual([tunnel["user"] for tunnel in self.proxy.tunnels()], [user])
                client.send(b"whatever")
                self.assertEqual(client.receive(8), b"whatever")
            until(lambda: not self.proxy.tunnels(), "the end of the tunnel")
        web = self.enter(WebServer())
        with H1(self.proxy.port) as client:
            fields = f"Host: {web.authority}\r\nproxy-authorization: {basic('alice', 'open sesame')}"
            response = client.ask(f"GET http://{web.authority}/seen HTTP/1.1\r\n{fields}\r\n\r\n")
            self.assertEqual(response.status, 200)
            self.assertNotIn(b"authorization", response.body)

    def test_a_refused_target_says_nothing_to_those_without_credentials(self):
        with Nobody() as nobody:
            self.expect(nobody.authority, *self.REQUIRED)

    def test_every_kind_of_request_needs_them(self):
        web = self.enter(WebServer())
        with H1(self.proxy.port) as client:
            response = client.ask(f"GET http://{web.authority}/seen HTTP/1.1\r\nHost: {web.authority}\r\n\r\n")
            self.assertEqual(response.status, 407)
        with H2(self.proxy.port) as client:
            self.assertEqual(client.websocket("http", web.authority, "/")[1].status, 407)

    def test_neither_log_nor_status_nor_metrics_contain_them(self):
        token = basic("alice", "open sesame").partition(" ")[2]
        wrong = basic("mallory", "guessed wrongly")
        with H1(self.proxy.port) as client:
            client.connect("127.0.0.1:9", f"Proxy-Authorization: Basic {token}")
        with H1(self.proxy.port) as client:
            client.connect("127.0.0.1:9", f"Proxy-Authorization: {wrong}")
        until(lambda: "authentication_required" in self.proxy.text(), self.proxy.text)
        said = self.proxy.text() + str(self.proxy.status()) + str(self.proxy.metrics()) + str(self.proxy.said)
        for secret in ("open sesame", token, PASSWORD, "guessed wrongly", wrong.partition(" ")[2]):
            self.assertNotIn(secret, said)


class Targets(Refusing):
    """Whatever leads to this machine or a network of its own is refused as it is, without `--allow`."""

    ARGUMENTS = ("--port", "any")
    ADDRESSES = (
        "127.0.0.1 127.1.2.3 0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.168.1.1 "
        "198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 "
        "[::] [::1] [::127.0.0.1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:10.0.0.1] [0:0:0:0:0:ffff:a9fe:a9fe] [64:ff9b::7f00:1] [64:ff9b::10.0.0.1] "
        "[64:ff9b:1::1] [fe80::1] [febf::1] [fec0::1] [fc00::1] [fdff::1] [ff02::1] [ff0e::1] [2001:db8::1] [2002:7f00:1::1] [2002:a00:1::]"
    ).split()
    # What a resolver takes for 127.0.0.1, or what nobody may take for anything.
    NAMES = "localhost LOCALHOST localhost. 127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001 127.0.0.1. [::1%lo] [fe80::1%25lo]".split()

    def setUp(self):
        super().setUp()
        self.origin = self.enter(Origin(watch))
        self.sixth = self.enter(Origin(watch, host="::1"))

    def tearDown(self):
        self.assertEqual((self.origin.connections, self.sixth.connections), ([], []))

    def test_addresses_that_are_not_the_internets_are_prohibited(self):
        for address in self.ADDRESSES:
            with self.subTest(address):
                self.expect(f"{address}:{self.origin.port}", 403, "destination_ip_prohibited", "destination_ip_prohibited")

    def test_disguises_are_seen_through(self):
        for name in self.NAMES:
            for origin in (self.origin, self.sixth):
                with self.subTest(name), H1(self.proxy.port) as client:
                    response = client.connect(f"{name}:{origin.port}")
                    # Whether such a text is taken for an address, for a name or for neither is the resolver's affair.
                    self.assertIn(response.status, (400, 403, 502), response.body)
        with H1(self.proxy.port) as client:
            self.assertEqual(client.connect(f"localhost:{self.origin.port}").status, 403)

    def test_every_kind_of_request_is_checked(self):
        for authority in (self.origin.authority, f"localhost:{self.origin.port}", self.sixth.authority, f"[::ffff:127.0.0.1]:{self.origin.port}"):
            with self.subTest(authority):
                with H1(self.proxy.port) as client:
                    response = client.ask(f"GET http://{authority}/ HTTP/1.1\r\nHost: {authority}\r\n\r\n")
                    self.assertEqual(response.status, 403)
                    self.assertIn("destination_ip_prohibited", response.headers["proxy-status"])
                with H2(self.proxy.port) as client:
                    self.assertEqual(client.websocket("http", authority, "/")[1].status, 403)
                    number = client.request((":method", "GET"), (":scheme", "http"), (":authority", authority), (":path", "/"), end=True)
                    self.assertEqual(client.answer(number).status, 403)

    def test_what_is_allowed_is_allowed_alone(self):
        origin, sixth = self.enter(Origin(echo)), self.enter(Origin(echo, host="::1"))
        proxy = self.start_proxy("--allow", "127.0.0.0/16", "--port", "any")
        for authority, status in (
            (origin.authority, 200),
            (f"[::ffff:127.0.0.1]:{origin.port}", 200),
            (f"127.1.2.3:{origin.port}", 403),
            (sixth.authority, 403),
            ("10.0.0.1:443", 403),
        ):
            with self.subTest(authority), H1(proxy.port) as client:
                self.assertEqual(client.connect(authority).status, status)
        until(lambda: not proxy.tunnels(), "the end of those tunnels")
        # Of a name's addresses the allowed ones are taken.
        with H1(proxy.port) as client:
            self.assertEqual(client.connect(f"localhost:{origin.port}").status, 200)
            self.assertEqual([tunnel["address"] for tunnel in proxy.tunnels()], [origin.authority])


class Ports(Refusing):
    ARGUMENTS = ("--allow", "127.0.0.0/8")

    def test_only_the_ports_of_the_web_are_allowed_by_default(self):
        origin = self.enter(Origin(watch))
        for port in (origin.port, 22, 25, 8080):
            self.expect(f"127.0.0.1:{port}", 403, "port_prohibited", "http_request_denied")
        self.assertEqual(origin.connections, [])

    def test_what_is_allowed_is_allowed_alone(self):
        first, second = self.enter(Origin(echo)), self.enter(Origin(echo))
        proxy = self.start_proxy("--allow", "127.0.0.0/8", "--port", str(first.port))
        with H1(proxy.port) as client:
            self.assertEqual(client.connect(second.authority).status, 403)
        # Whoever names ports names all of them.
        with H1(proxy.port) as client:
            self.assertEqual(client.connect("127.0.0.1:443").status, 403)
        with H1(proxy.port) as client:
            self.assertEqual(client.connect(first.authority).status, 200)


class HalfOpen(ProxyTest):
    """Peers that are there and do nothing, or are gone and have not said so."""

    ARGUMENTS = (*LOOPBACK, "--idle-timeout", "500ms")

    def test_an_idle_tunnel_is_closed_on_both_sides(self):
        origin = self.enter(Origin(watch))
        first, second = self.enter(H1(self.proxy.port)), self.enter(H2(self.proxy.port))
        first.connect(origin.authority)
        number, stream = second.connect(origin.authority)
        first.ended()
        second.rest(number)
        self.assertTrue(stream.over)
        origin.event(), origin.event()
        until(lambda: self.proxy.metrics().get('connect_proxy_tunnel_seconds_count{end="idle_timeout"}') == 2, self.proxy.metrics)

    def test_a_tunnel_that_is_used_is_not_idle(self):
        origin = self.enter(Origin(echo))
        client = self.enter(H1(self.proxy.port))
        client.connect(origin.authority)
        for _ in range(8):
            time.sleep(0.15)
            client.send(b"x")
            self.assertEqual(client.receive(1), b"x")

    def test_a_target_that_never_reads_stalls_the_tunnel_and_is_given_up(self):
        self.proxy = self.start_proxy(*LOOPBACK, "--stalled-timeout", "500ms")
        origin = self.enter(Origin(ignore))
        client = self.enter(H1(self.proxy.port))
        client.connect(origin.authority)
        with self.assertRaises(ConnectionError):
            while True:
                client.send(bytes(65536))
        until(lambda: self.proxy.metrics().get('connect_proxy_tunnel_seconds_count{end="stalled"}') == 1, self.proxy.metrics)

    def test_a_client_that_never_reads_stalls_the_tunnel_and_is_given_up(self):
        self.proxy = self.start_proxy(*LOOPBACK, "--stalled-timeout", "500ms")
        origin = self.enter(Origin(pour))
        # One that grants no window, one that grants everything and does not read, one of HTTP/1.
        first = self.enter(H2(self.proxy.port, grant=False))
        number, stream = first.connect(origin.authority)
        second = self.enter(H2(self.proxy.port, window=LARGEST_WINDOW))
        second.connect(origin.authority)
        third = self.enter(H1(self.proxy.port))
        third.connect(origin.authority)
        until(lambda: self.proxy.metrics().get('connect_proxy_tunnel_seconds_count{end="stalled"}') == 3, self.proxy.metrics)
        first.rest(number)
        self.assertEqual((stream.ended, stream.reset), (False, CONNECT_ERROR))
        # The connection is as good as before.
        self.assertEqual(first.connect(self.enter(Origin(echo)).authority)[1].status, 200)
        for _ in range(3):
            self.assertIsInstance(origin.event(), ConnectionError)

    def test_an_origin_that_does_not_answer_a_request_is_a_timeout(self):
        origin = self.enter(Origin(ignore))
        with H1(self.proxy.port) as client:
            response = client.ask(f"GET http://{origin.authority}/ HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n")
            self.assertEqual(response.status, 504)
            self.assertIn("error=http_response_timeout", response.headers["proxy-status"])
        self.assertEqual(self.refusals(), {"http_response_timeout": 1})

    def test_a_half_closed_tunnel_is_still_bound_by_the_idle_time(self):
        origin = self.enter(Origin(ignore))
        client = self.enter(H1(self.proxy.port))
        client.connect(origin.authority)
        client.end()
        client.ended()

    def test_the_status_is_as_before_after_all_of_it_at_once(self):
        origin = self.enter(Origin(ignore))
        clients = [self.enter(H1(self.proxy.port)) for _ in range(20)]
        for client in clients:
            client.connect(origin.authority)
        for client in clients[::2]:
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            client.close()
        self.proxy.settled()
