"""`client`, `client_json` and `http_proxy`, against a server of Node's."""

import json

from programs import EXAMPLES, NODE, Program, Relay, Test, curl, example, run


class Server(Test):
    def setUp(self):
        self.server = self.enter(Program("node", NODE / "server.js"))
        self.relay = self.enter(Relay(self.server.port))
        self.host = f"127.0.0.1:{self.relay.port}"
        self.url = f"http://{self.host}"

    def client(self, *arguments):
        """What `client` writes to stdout, and to stderr without what differs from run to run."""
        done = run(EXAMPLES["client"], *arguments)
        said = done.stderr.decode()
        self.assertEqual(done.returncode, 0, said)
        return done.stdout, [line for line in said.splitlines() if not line.startswith("date: ")]

    def test_a_request_is_what_it_should_be(self):
        body, head = self.client(f"{self.url}/seen?a=b")
        self.assertEqual(head[0], "HTTP/1.1 200 OK")
        self.assertEqual(
            json.loads(body),
            {
                "method": "GET",
                "url": "/seen?a=b",
                "httpVersion": "1.1",
                "headers": {"host": self.host},
                "trailers": {},
                "body": "",
                "connection": 1,
            },
        )

    def test_a_body_arrives_with_its_length(self):
        seen = json.loads(self.client("--data", "hello", f"{self.url}/seen")[0])
        self.assertEqual((seen["method"], seen["body"]), ("POST", "hello"))
        self.assertEqual(seen["headers"], {"host": self.host, "content-length": "5"})

    def test_chunks_are_joined(self):
        body, head = self.client(f"{self.url}/chunked")
        self.assertEqual(body, b"one, two, three\n")
        self.assertIn("transfer-encoding: chunked", head)

    def test_trailers_follow_the_body(self):
        body, said = self.client(f"{self.url}/trailers")
        self.assertEqual(body, b"a body with more behind it\n")
        self.assertIn("trailer: x-checksum", said)
        self.assertEqual(said[-1], "x-checksum: c0ffee")

    def test_interim_responses_come_before_the_final_one(self):
        body, said = self.client(f"{self.url}/interim")
        self.assertEqual(body, b"final\n")
        self.assertEqual(
            said[:4],
            ["HTTP/1.1 102 Processing", "HTTP/1.1 103 Early Hints", "link: </style.css>; rel=preload", "HTTP/1.1 200 OK"],
        )

    def test_a_connection_is_kept_through_all_of_it(self):
        paths = ("/chunked", "/trailers", "/interim", "/empty", "/nowhere", "/seen")
        body, said = self.client(*(self.url + path for path in paths))
        self.assertTrue(body.startswith(b"one, two, three\na body with more behind it\nfinal\n{"), body)
        statuses = [line.split()[1] for line in said if line.startswith("HTTP/1.1 ")]
        self.assertEqual(statuses, ["200", "200", "102", "103", "200", "204", "404", "200"])
        self.assertEqual(json.loads(body[body.index(b"{") :])["connection"], 1)
        self.assertEqual(self.relay.connections, 1)

    def test_a_connection_that_the_server_closes_is_followed_by_another(self):
        body, said = self.client(f"{self.url}/close", f"{self.url}/seen")
        self.assertTrue(body.startswith(b"the last one\n"), body)
        self.assertIn("connection: close", said)
        self.assertEqual(json.loads(body[body.index(b"{") :])["connection"], 2)

    def test_json_goes_there_and_back(self):
        done = run(EXAMPLES["client_json"], f"{self.url}/count")
        self.assertEqual((done.returncode, done.stdout), (0, b"7 words, the longest is woodchuck\n"))

    def test_json_is_not_read_from_a_failure(self):
        done = run(EXAMPLES["client_json"], f"{self.url}/broken")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"the server answered 500", done.stderr)

    def test_the_proxy_passes_on_what_it_should(self):
        proxy = self.enter(example("http_proxy"))
        headers = ("x-here: and there", "x-hop: only", "connection: x-hop", "user-agent: a client", "accept:", "expect:")
        arguments = [part for header in headers for part in ("--header", header)]
        arguments += ["--proxy", f"127.0.0.1:{proxy.port}", "--request", "POST", "--upload-file", "-"]
        (response,) = curl(*arguments, f"{self.url}/seen", stdin=b"a body in chunks")
        seen = json.loads(response.body)
        self.assertEqual((seen["method"], seen["url"], seen["body"]), ("POST", "/seen", "a body in chunks"))
        expected = {"host": self.host, "user-agent": "a client", "x-here": "and there", "via": "1.1 http_proxy"}
        self.assertEqual(seen["headers"], {**expected, "transfer-encoding": "chunked"})
