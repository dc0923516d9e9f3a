"""curl, against each server among the examples."""

import os
import pathlib
import socket
import tempfile

from programs import Relay, Test, curl, example, run

GREETING = b"POST something to /, /shout or /backwards\n"
CHUNKED = {"transfer-encoding": "chunked"}
# For longer than curl is allowed to take, so that a missing 100 fails.
EXPECTING = ("--header", "expect: 100-continue", "--expect100-timeout", "60")


def length(number):
    return {"content-length": str(number)}


class Hello(Test):
    SERVER = ("hello",)

    def test_a_get_is_answered(self):
        (response,) = curl(f"{self.url}/")
        self.expect(response, "HTTP/1.1 200", length(14), b"Hello, world!\n")

    def test_a_request_that_is_none_is_refused(self):
        done = run("curl", "-qsi", "--max-time", "10", "-H", "host: a", "-X", "G(T", f"{self.url}/")
        self.assertTrue(done.stdout.startswith(b"HTTP/1.1 400 Bad Request\r\n"), done.stdout)


class Echo(Test):
    SERVER = ("echo",)

    def test_get(self):
        (response,) = curl(f"{self.url}/")
        self.expect(response, "HTTP/1.1 200", length(len(GREETING)), GREETING)

    def test_post(self):
        (response,) = curl("--data", "hello", f"{self.url}/")
        self.expect(response, "HTTP/1.1 200", length(5), b"hello")

    def test_a_body_without_a_length_is_chunked_both_ways(self):
        body = os.urandom(3_000_000)
        (response,) = curl("--request", "POST", "--upload-file", "-", f"{self.url}/", stdin=body)
        self.expect(response, "HTTP/1.1 200", CHUNKED, body)

    def test_a_body_with_a_length_has_it_both_ways(self):
        body = os.urandom(3_000_000)
        (response,) = curl("--data-binary", "@-", f"{self.url}/", stdin=body)
        self.expect(response, "HTTP/1.1 200", length(len(body)), body)

    def test_who_expects_a_100_gets_it(self):
        (response,) = curl(*EXPECTING, "--data", "hello", f"{self.url}/")
        self.assertEqual(response.interim, [(100, {})])
        self.expect(response, "HTTP/1.1 200", length(5), b"hello")

    def test_who_expects_a_100_keeps_a_body_that_is_too_large(self):
        body = bytes(65537)
        (response,) = curl(*EXPECTING, "--data-binary", "@-", f"{self.url}/backwards", stdin=body)
        self.assertEqual(response.interim, [])
        self.assertEqual(response.status, 413)
        self.assertEqual(response.body, b"64 KiB are the most\n")

    def test_head_has_the_length_of_what_get_would_send(self):
        (response,) = curl("--head", f"{self.url}/")
        self.expect(response, "HTTP/1.1 200", length(len(GREETING)), b"")

    def test_a_connection_serves_one_request_after_the_other(self):
        responses = curl(f"{self.url}/", f"{self.url}/nowhere", "--next", "--include", "--head", f"{self.url}/")
        first, second, third = responses
        self.expect(first, "HTTP/1.1 200", length(len(GREETING)), GREETING)
        self.expect(second, "HTTP/1.1 404", length(13), b"nothing here\n")
        self.expect(third, "HTTP/1.1 200", length(len(GREETING)), b"")
        self.assertEqual(self.relay.connections, 1)

    def test_a_connection_ends_where_the_client_wants_it(self):
        url = f"{self.url}/"
        first, second = curl("--header", "connection: close", url, url)
        for response in (first, second):
            self.expect(response, "HTTP/1.1 200", {"connection": "close", **length(len(GREETING))}, GREETING)
        self.assertEqual(self.relay.connections, 2)

    def test_http_1_0(self):
        first, second = curl("--http1.0", f"{self.url}/", f"{self.url}/")
        self.expect(first, "HTTP/1.0 200", length(len(GREETING)), GREETING)
        self.expect(second, "HTTP/1.0 200", length(len(GREETING)), GREETING)
        self.assertEqual(self.relay.connections, 2)

    def test_http_1_0_that_keeps_its_connection(self):
        first, second = curl("--http1.0", "--header", "connection: keep-alive", f"{self.url}/", f"{self.url}/")
        for response in (first, second):
            headers = {"connection": "keep-alive", **length(len(GREETING))}
            self.expect(response, "HTTP/1.0 200", headers, GREETING)
        self.assertEqual(self.relay.connections, 1)

    def test_http_1_0_gets_a_body_of_unknown_length_up_to_the_close(self):
        (response,) = curl("--http1.0", "--data", "hello", f"{self.url}/shout")
        self.expect(response, "HTTP/1.0 200", {}, b"HELLO")

    def test_another_method_is_told_which_one_to_use(self):
        (response,) = curl("--request", "DELETE", f"{self.url}/")
        self.expect(response, "HTTP/1.1 405", {"allow": "POST", **length(8)}, b"POST it\n")


class SendFile(Test):
    def setUp(self):
        root = pathlib.Path(self.enter(tempfile.TemporaryDirectory()))
        self.content = os.urandom(3_000_000)
        (root / "file.svg").write_bytes(self.content)
        (root / "inside").mkdir()
        (root / "link").symlink_to(__file__)
        self.SERVER = ("send_file", str(root))
        super().setUp()

    def test_a_file_arrives_as_it_is(self):
        (response,) = curl(f"{self.url}/file.svg")
        headers = {"content-type": "image/svg+xml", **length(len(self.content))}
        self.expect(response, "HTTP/1.1 200", headers, self.content)

    def test_head_tells_length_and_kind(self):
        head, get = curl("--head", f"{self.url}/file.svg", "--next", "--include", f"{self.url}/file.svg")
        headers = {"content-type": "image/svg+xml", **length(len(self.content))}
        self.expect(head, "HTTP/1.1 200", headers, b"")
        self.expect(get, "HTTP/1.1 200", headers, self.content)
        self.assertEqual(self.relay.connections, 1)

    def test_nothing_leads_out_of_the_directory(self):
        for path in ("../../etc/passwd", "inside/../file.svg", "/etc/passwd", "link", "inside", "", "%2e%2e/x"):
            (response,) = curl("--path-as-is", f"{self.url}/{path}")
            self.expect(response, "HTTP/1.1 404", length(10), b"not found\n")

    def test_nothing_can_be_posted(self):
        (response,) = curl("--data", "hello", f"{self.url}/file.svg")
        self.expect(response, "HTTP/1.1 405", {"allow": "GET, HEAD", **length(7)}, b"GET it\n")


class MultiServer(Test):
    SERVER = ("multi_server",)

    def test_http_1(self):
        (response,) = curl(f"{self.url}/")
        self.expect(response, "HTTP/1.1 200", length(19), b"you speak HTTP/1.1\n")

    # One request on a connection: curl 7.88 fails the second with prior knowledge, whatever the server.
    def test_http_2_with_prior_knowledge(self):
        (response,) = curl("--http2-prior-knowledge", f"{self.url}/")
        self.expect(response, "HTTP/2 200", length(19), b"you speak HTTP/2.0\n")

    def test_http_2_has_head(self):
        (response,) = curl("--http2-prior-knowledge", "--head", f"{self.url}/")
        self.expect(response, "HTTP/2 200", length(19), b"")

    def test_http_2_takes_a_body(self):
        (response,) = curl("--http2-prior-knowledge", "--data", "hello", f"{self.url}/")
        self.expect(response, "HTTP/2 200", length(19), b"you speak HTTP/2.0\n")

    def test_an_offer_to_upgrade_to_http_2_is_passed_over(self):
        (response,) = curl("--http2", f"{self.url}/")
        self.expect(response, "HTTP/1.1 200", length(19), b"you speak HTTP/1.1\n")


class HttpProxy(Test):
    """`relay` is before the proxy, `origin` before the server it is asked for."""

    SERVER = ("http_proxy",)
    VIA = {"via": "1.1 http_proxy"}

    def setUp(self):
        super().setUp()
        self.proxy = ("--proxy", f"127.0.0.1:{self.relay.port}")
        server = self.enter(example("echo"))
        self.origin = self.enter(Relay(server.port))
        self.url = f"http://127.0.0.1:{self.origin.port}"

    def test_a_request_is_passed_on(self):
        url = f"{self.url}/"
        first, second = curl(*self.proxy, url, url)
        for response in (first, second):
            self.expect(response, "HTTP/1.1 200", {**length(len(GREETING)), **self.VIA}, GREETING)
        self.assertEqual((self.relay.connections, self.origin.connections), (1, 2))

    def test_a_body_is_passed_on(self):
        body = os.urandom(3_000_000)
        (response,) = curl(*self.proxy, "--data-binary", "@-", f"{self.url}/", stdin=body)
        self.expect(response, "HTTP/1.1 200", {**length(len(body)), **self.VIA}, body)

    def test_a_body_in_chunks_is_passed_on(self):
        body = os.urandom(3_000_000)
        (response,) = curl(*self.proxy, "--request", "POST", "--upload-file", "-", f"{self.url}/", stdin=body)
        self.expect(response, "HTTP/1.1 200", {**CHUNKED, **self.VIA}, body)

    def test_http_1_0_is_passed_on(self):
        (response,) = curl(*self.proxy, "--http1.0", f"{self.url}/")
        self.expect(response, "HTTP/1.0 200", {**length(len(GREETING)), **self.VIA}, GREETING)

    def test_a_tunnel_carries_one_request_after_the_other(self):
        body = os.urandom(3_000_000)
        arguments = (*self.proxy, "--proxytunnel", "--suppress-connect-headers")
        get = (*arguments, f"{self.url}/")
        post = ("--include", *arguments, "--data-binary", "@-", f"{self.url}/")
        first, second = curl(*get, "--next", *post, stdin=body)
        self.expect(first, "HTTP/1.1 200", length(len(GREETING)), GREETING)
        self.expect(second, "HTTP/1.1 200", length(len(body)), body)
        self.assertEqual((self.relay.connections, self.origin.connections), (1, 1))
        self.assertRegex(self.server.line(), r"^tunnel closed: 300\d{4} bytes up, 300\d{4} bytes down$")

    def test_a_tunnel_is_answered_without_a_length(self):
        (response,) = curl(*self.proxy, "--proxytunnel", f"{self.url}/")
        # curl writes the answer to CONNECT before the one that came through the tunnel.
        self.expect(response, "HTTP/1.1 200", {}, response.body)
        self.assertTrue(response.body.endswith(b"\r\n\r\n" + GREETING))

    def test_a_server_that_cannot_be_reached_is_a_bad_gateway(self):
        with socket.socket() as nobody:
            # Bound, so that no other program takes it, and without anyone who listens.
            nobody.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
            (response,) = curl(*self.proxy, url)
            done = run("curl", "-qs", "--proxytunnel", *self.proxy, "--write-out", "%{http_connect}", url)
        self.assertEqual(response.status, 502)
        self.assertEqual(done.stdout, b"502")

    def test_it_is_no_server(self):
        (response,) = curl(f"http://127.0.0.1:{self.relay.port}/")
        body = b"a proxy is asked for http://HOST/PATH\n"
        self.expect(response, "HTTP/1.1 400", length(len(body)), body)
