"""urllib3, against `echo`, `send_file` and `http_proxy`."""

import concurrent.futures
import os
import pathlib
import tempfile

import urllib3
from programs import SECONDS, Relay, Test, example

GREETING = b"POST something to /, /shout or /backwards\n"
OPTIONS = {"retries": False, "timeout": SECONDS / 2}


class Pool(Test):
    SERVER = ("echo",)

    def setUp(self):
        super().setUp()
        self.pool = self.enter(urllib3.HTTPConnectionPool("127.0.0.1", self.relay.port, maxsize=4, block=True, **OPTIONS))

    def test_a_pool_uses_its_connection_again(self):
        for _ in range(5):
            response = self.pool.request("GET", "/")
            self.assertEqual((response.status, response.version, response.data), (200, 11, GREETING))
            self.assertEqual(response.headers["content-length"], str(len(GREETING)))
        self.assertEqual(self.pool.num_requests, 5)
        self.assertEqual((self.pool.num_connections, self.relay.connections), (1, 1))

    def test_connections_serve_side_by_side(self):
        bodies = [os.urandom(50_000) for _ in range(40)]
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            answers = threads.map(lambda body: self.pool.request("POST", "/", body=body).data, bodies)
            self.assertEqual(list(answers), bodies)
        self.assertEqual(self.pool.num_requests, 40)
        self.assertLessEqual(self.relay.connections, 4)
        self.assertEqual(self.relay.connections, self.pool.num_connections)

    def test_a_generator_goes_out_in_chunks(self):
        pieces = [os.urandom(5_000) for _ in range(20)]
        response = self.pool.request("POST", "/", body=(piece for piece in pieces), chunked=True)
        self.assertEqual((response.status, response.headers["transfer-encoding"]), (200, "chunked"))
        self.assertEqual(response.data, b"".join(pieces))

    def test_chunks_are_read_as_they_come(self):
        response = self.pool.request("POST", "/shout", body=iter([b"one ", b"two"]), chunked=True, preload_content=False)
        self.assertEqual(b"".join(response.read_chunked()), b"ONE TWO")
        self.assertEqual(self.pool.request("GET", "/").data, GREETING)
        self.assertEqual(self.relay.connections, 1)

    def test_a_head_leaves_the_connection_usable(self):
        head = self.pool.request("HEAD", "/")
        self.assertEqual((head.status, head.headers["content-length"], head.data), (200, str(len(GREETING)), b""))
        self.assertEqual(self.pool.request("GET", "/").data, GREETING)
        self.assertEqual(self.relay.connections, 1)

    def test_through_the_proxy(self):
        proxy = self.enter(example("http_proxy"))
        front = self.enter(Relay(proxy.port))
        manager = self.enter(urllib3.ProxyManager(f"http://127.0.0.1:{front.port}", **OPTIONS))
        for body in (b"hello", b"again"):
            response = manager.request("POST", f"{self.url}/", body=body)
            self.assertEqual((response.status, response.data, response.headers["via"]), (200, body, "1.1 http_proxy"))
        self.assertEqual((front.connections, self.relay.connections), (1, 2))


class Stream(Test):
    def setUp(self):
        self.root = self.enter(tempfile.TemporaryDirectory())
        self.SERVER = ("send_file", self.root)
        super().setUp()

    def test_a_file_is_streamed(self):
        content = os.urandom(5_000_000)
        pathlib.Path(self.root, "file").write_bytes(content)
        with urllib3.HTTPConnectionPool("127.0.0.1", self.relay.port, **OPTIONS) as pool:
            response = pool.request("GET", "/file", preload_content=False)
            self.assertEqual(response.headers["content-length"], str(len(content)))
            self.assertEqual(response.headers["content-type"], "application/octet-stream")
            self.assertEqual(b"".join(response.stream(65536)), content)
            response.release_conn()
            self.assertEqual(pool.request("GET", "/none").status, 404)
        self.assertEqual(self.relay.connections, 1)
