"""What the examples do on their own: two that need no other program, a shutdown, and bad arguments."""

import http.client
import socket
import unittest

from programs import EXAMPLES, Test, example, run


class GracefulShutdown(Test):
    SERVER = ("graceful_shutdown",)

    def test_a_request_in_flight_is_answered_and_nobody_else_let_in(self):
        idle = socket.create_connection(("127.0.0.1", self.server.port))
        self.addCleanup(idle.close)
        client = http.client.HTTPConnection("127.0.0.1", self.server.port)
        self.addCleanup(client.close)
        client.request("GET", "/")
        self.assertEqual(self.server.line(), "answering in two seconds")

        self.server.interrupt()
        self.assertEqual(self.server.line(), "shutting down")
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.server.port))
        self.assertEqual(idle.recv(1), b"", "a connection without a request ends at once")
        self.assertIsNone(self.server.process.poll(), "the request is not answered yet")

        response = client.getresponse()
        self.assertEqual((response.status, response.read()), (200, b"worth waiting for\n"))
        self.assertEqual(response.headers["connection"], "close")
        self.assertEqual(self.server.line(), "every client was served")
        self.assertEqual(self.server.wait(), 0)

    def test_without_clients_it_ends_at_once(self):
        self.server.interrupt()
        self.assertEqual(self.server.line(), "shutting down")
        self.assertEqual(self.server.line(), "every client was served")
        self.assertEqual(self.server.wait(), 0)


class Alone(unittest.TestCase):
    def test_a_protocol_is_spoken_after_an_upgrade(self):
        done = run(EXAMPLES["upgrades"])
        self.assertEqual(done.returncode, 0, done.stderr)
        said = done.stdout.decode().splitlines()[1:]
        conversation = ["> hello", "< HELLO", "> is anybody there?", "< IS ANYBODY THERE?"]
        self.assertEqual(said, [*conversation, "the server closed as well, and had 0 bytes to add"])

    def test_json_goes_there_and_back(self):
        done = run(EXAMPLES["client_json"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.endswith(b"\n7 words, the longest is woodchuck\n"), done.stdout)


class BadArguments(unittest.TestCase):
    def refused(self, name, *arguments):
        done = run(EXAMPLES[name], *arguments)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        return done.stderr.decode().splitlines()

    def test_servers_say_what_they_take(self):
        servers = ("hello", "echo", "upgrades", "http_proxy", "graceful_shutdown", "multi_server")
        for name in servers:
            usage = f"usage: {name} [ADDRESS]"
            self.assertEqual(self.refused(name, "nowhere"), ["no address like 127.0.0.1:8080: nowhere", usage])
            self.assertEqual(self.refused(name, "127.0.0.1:0", "more"), ["unexpected argument: more", usage])
            self.assertEqual(self.refused(name, "--port"), ["unexpected argument: --port", usage])

    def test_a_directory_has_to_be_one(self):
        usage = "usage: send_file DIRECTORY [ADDRESS]"
        self.assertEqual(self.refused("send_file"), ["a directory is missing", usage])
        self.assertEqual(self.refused("send_file", __file__), [f"no directory: {__file__}", usage])

    def test_clients_take_addresses_of_http(self):
        usage = "usage: client [--data TEXT] URL..."
        self.assertEqual(self.refused("client"), ["an address is missing", usage])
        self.assertEqual(self.refused("client", "https://a/"), ["not an http:// address: https://a/", usage])
        usage = "usage: client_json [URL]"
        self.assertEqual(self.refused("client_json", "ftp://a/"), ["not an http:// address: ftp://a/", usage])

    def test_a_port_in_use_is_named(self):
        with example("hello") as server:
            address = f"127.0.0.1:{server.port}"
            done = run(EXAMPLES["hello"], address)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"cannot listen on {address}: ", done.stderr.decode())
