"""Limits: on connections, on tunnels of a connection and on tunnels in all, and what is said beyond them."""

from h1_client import H1, exchange
from h2_client import H2
from origins import Origin, echo
from proxy import LOOPBACK, ProxyTest, until


class Limits(ProxyTest):
    def setUp(self):
        self.origin = self.enter(Origin(echo))

    def limited(self, *arguments):
        self.proxy = self.start_proxy(*LOOPBACK, *arguments)

    def tunnel(self):
        client = self.enter(H1(self.proxy.port))
        self.assertEqual(client.connect(self.origin.authority).status, 200)
        return client

    def test_a_connection_has_so_many_tunnels(self):
        self.limited("--max-tunnels-per-connection", "3")
        client = self.enter(H2(self.proxy.port))
        numbers = [client.connect(self.origin.authority)[0] for _ in range(3)]
        refused, stream = client.connect(self.origin.authority)
        if stream.headers:
            self.assertEqual(stream.status, 503)
            self.assertIn("error=connection_limit_reached", stream.headers["proxy-status"])
            self.assertEqual(self.refusals(), {"connection_tunnel_limit": 1})
        else:
            # The setting MAX_CONCURRENT_STREAMS has said so before.
            self.assertEqual(stream.reset, 7)
        # Another connection has its own.
        other = self.enter(H2(self.proxy.port))
        self.assertEqual(other.connect(self.origin.authority)[1].status, 200)
        # And the place of one that ends is free.
        client.end(numbers[0])
        client.rest(numbers[0])
        until(lambda: len(self.proxy.tunnels()) == 3, "the end of a tunnel")
        self.assertEqual(client.connect(self.origin.authority)[1].status, 200)

    def test_there_are_so_many_tunnels_in_all(self):
        self.limited("--max-tunnels", "4")
        first = self.tunnel()
        self.tunnel()
        client = self.enter(H2(self.proxy.port))
        for _ in range(2):
            self.assertEqual(client.connect(self.origin.authority)[1].status, 200)
        _, stream = client.connect(self.origin.authority)
        self.assertEqual(stream.status, 503)
        self.assertIn("error=connection_limit_reached", stream.headers["proxy-status"])
        with H1(self.proxy.port) as late:
            response = late.connect(self.origin.authority)
            self.assertEqual(response.status, 503)
            self.assertEqual(self.refusals(), {"tunnel_limit": 2})
            first.close()
            until(lambda: len(self.proxy.tunnels()) == 3, "the end of a tunnel")
            # The refused connection is good for another try.
            self.assertEqual(late.connect(self.origin.authority).status, 200)

    def test_there_are_so_many_connections(self):
        self.limited("--max-connections", "5")
        clients = [self.tunnel() for _ in range(5)]
        answer = exchange(self.proxy.port, b"CONNECT a.test:443 HTTP/1.1\r\nhost: a.test:443\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 503 "), answer)
        self.assertIn(b"error=connection_limit_reached", answer)
        until(lambda: self.refusals().get("connection_limit") == 1, self.refusals)
        clients[0].close()
        until(lambda: self.proxy.now()["connections"] <= 4, "the end of a connection")
        self.tunnel()

    def test_beyond_the_beyond_a_connection_waits_until_there_is_room(self):
        self.limited("--max-connections", "2")
        holders = [self.tunnel() for _ in range(2)]
        # 64 that say nothing and wait for their 503, and one more behind them.
        crowd = [self.enter(H1(self.proxy.port)) for _ in range(64)]
        last = self.enter(H1(self.proxy.port))
        last.send(f"CONNECT {self.origin.authority} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
        for client in (*holders, *crowd):
            client.close()
        self.assertIn(last.head().status, (200, 503))
        last.close()
        self.proxy.settled()

    def test_no_place_is_lost_by_those_who_are_refused(self):
        self.limited("--max-tunnels", "2", "--max-tunnels-per-connection", "2")
        client = self.enter(H2(self.proxy.port))
        for _ in range(20):
            self.assertEqual(client.connect("nobody.invalid:1")[1].status, 502)
            self.assertEqual(client.connect("10.0.0.1:1")[1].status, 403)
        for _ in range(2):
            self.assertEqual(client.connect(self.origin.authority)[1].status, 200)
