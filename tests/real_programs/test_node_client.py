"""Node's clients, against `echo`, `upgrades`, `http_proxy` and `multi_server`."""

from programs import Relay, Test, example, node

GREETING = "POST something to /, /shout or /backwards\n"


class Client(Test):
    SERVER = ("echo",)

    def test_an_agent_keeps_its_connection(self):
        get, post, head = node("client.js", "keep_alive", str(self.relay.port))
        greeting = {"content-length": str(len(GREETING)), "dated": True}
        self.assertEqual((get["status"], get["headers"], get["body"]), (200, greeting, GREETING))
        self.assertEqual((post["status"], post["body"]), (200, "hello"))
        self.assertEqual(post["headers"], {"content-length": "5", "dated": True})
        self.assertEqual((head["status"], head["headers"], head["body"]), (200, greeting, ""))
        self.assertEqual([answer["reused"] for answer in (get, post, head)], [False, True, True])
        self.assertEqual(self.relay.connections, 1)

    def test_a_body_goes_out_in_chunks(self):
        answer = node("client.js", "chunked", str(self.relay.port))
        self.assertEqual((answer["version"], answer["status"], answer["body"]), ("1.1", 200, "ONE, TWO, THREE"))
        self.assertEqual(answer["headers"]["transfer-encoding"], "chunked")
        self.assertNotIn("content-length", answer["headers"])

    def test_what_is_expected_arrives_once(self):
        answer = node("client.js", "expect", str(self.relay.port))
        self.assertEqual(answer, {"status": 200, "continued": 1, "body": "hello"})

    def test_requests_go_through_a_tunnel_of_the_proxy(self):
        proxy = self.enter(example("http_proxy"))
        front = self.enter(Relay(proxy.port))
        answer = node("client.js", "connect", str(front.port), str(self.relay.port))
        self.assertEqual(answer["status"], 200)
        self.assertEqual((answer["first"]["status"], answer["first"]["body"]), (200, GREETING))
        self.assertEqual((answer["second"]["status"], answer["second"]["body"]), (200, "HELLO"))
        self.assertEqual((front.connections, self.relay.connections), (1, 1))


class Upgrade(Test):
    SERVER = ("upgrades",)

    def test_another_protocol_is_spoken_after_a_101(self):
        answer = node("client.js", "upgrade", str(self.relay.port))
        self.assertEqual(answer["status"], 101)
        self.assertEqual(answer["headers"], {"connection": "upgrade", "upgrade": "shout", "dated": True})
        self.assertEqual(answer["said"], "HELLO\nIS ANYBODY THERE?\n")
        self.assertEqual(self.relay.connections, 1)

    def test_an_unknown_protocol_is_refused(self):
        answer = node("client.js", "refused_upgrade", str(self.relay.port))
        self.assertEqual((answer["status"], answer["headers"]["upgrade"], answer["body"]), (426, "shout", ""))


class Http2(Test):
    SERVER = ("multi_server",)

    def test_two_requests_share_a_connection(self):
        answers = node("client.js", "http2", str(self.relay.port))
        self.assertEqual(answers, [{"status": 200, "body": "you speak HTTP/2.0\n"}] * 2)
        self.assertEqual(self.relay.connections, 1)
