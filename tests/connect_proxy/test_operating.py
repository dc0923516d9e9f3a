"""What an operator does with the proxy: starts it with options or variables, reads its logs and metrics, renews its
certificate, drains it."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import tempfile
import time

import certificates
from h1_client import H1, basic
from h2_client import H2
from origins import Origin, WebServer, answer_at_the_end, echo, ignore, pour
from proxy import EXECUTABLE, LOOPBACK, Proxy, ProxyTest, Test, refused_start, run, until


class Documented(Proxy):
    """As its documentation has it, from the root of the repository; `run` has built just that."""

    MANIFEST = pathlib.Path(__file__).resolve().parents[2] / "Cargo.toml"
    PROGRAM = ("cargo", "run", "--quiet", "--locked", "--manifest-path", str(MANIFEST), "--release", "--features", "full", "--example", "connect_proxy", "--")


class Start(Test):
    def test_the_documented_command_starts_it_ready_on_loopback(self):
        # Its usual port may be taken on this machine; the rest is as if nobody had said anything.
        with Documented(listen=False, variables={"CONNECT_PROXY_LISTEN": "127.0.0.1:0"}) as proxy:
            self.assertEqual(len(proxy.said), 4)
            self.assertEqual(proxy.said[0], f"proxy on http://127.0.0.1:{proxy.port}")
            self.assertEqual(proxy.said[1], f"admin on http://127.0.0.1:{proxy.admin_port}")
            self.assertRegex(proxy.said[2], r"^memory bound: [\d.]+ [KMG]iB \(.+\)$")
            self.assertEqual(proxy.said[3], f"try: curl --proxy http://127.0.0.1:{proxy.port} https://example.com/")
            limits = proxy.status()["limits"]
            self.assertEqual({name: limits[name] for name in ("connections", "tunnels", "tunnels_per_connection")}, {"connections": 4096, "tunnels": 8192, "tunnels_per_connection": 100})
            self.assertEqual(proxy.ask("/healthz")[::2], (200, b"ok\n"))
            proxy.terminate()
            self.assertEqual(proxy.wait(), 0)

    def test_the_help_names_every_option_with_its_variable(self):
        done = run(EXECUTABLE, "--help")
        text = done.stdout.decode()
        self.assertEqual(done.returncode, 0)
        options = (
            "listen listen-tls certificate key self-signed admin proxy-protocol credentials credentials-file allow port max-connections max-tunnels "
            "max-tunnels-per-connection head-timeout connect-timeout idle-timeout stalled-timeout drain-timeout send-buffer copy-buffer origin-ca log-format log-filter"
        )
        for name in options.split():
            self.assertIn(f"--{name}", text)
            self.assertIn("CONNECT_PROXY_" + name.upper().replace("-", "_"), text)

    def test_what_cannot_be_is_refused_with_a_reason(self):
        cases = [
            # Beyond loopback nobody goes without credentials.
            (("--listen", "0.0.0.0:0"), "credentials"),
            (("--listen", "[::]:0"), "credentials"),
            (("--listen", "127.0.0.1:0", "--listen-tls", "0.0.0.0:0", "--self-signed"), "credentials"),
            (("--listen", "192.0.2.1:3128"), "credentials"),
            (("--listen", "nonsense"), "nonsense"),
            (("--listen-tls", "127.0.0.1:0"), "certificate"),
            (("--listen-tls", "127.0.0.1:0", "--certificate", certificates.path("server.pem")), "key"),
            (("--listen-tls", "127.0.0.1:0", "--certificate", "/nowhere/a.pem", "--key", "/nowhere/a.key"), "/nowhere/a"),
            (("--listen-tls", "127.0.0.1:0", "--certificate", certificates.path("server.pem"), "--key", certificates.path("renewed.key")), "key"),
            (("--allow", "10.0.0.0/40"), "10.0.0.0/40"),
            (("--allow", "everything"), "everything"),
            (("--port", "0"), "port"),
            (("--port", "70000"), "70000"),
            (("--credentials", "alice"), "credentials"),
            (("--credentials-file", "/nowhere/credentials"), "/nowhere/credentials"),
            (("--max-connections", "0"), "max-connections"),
            (("--max-tunnels", "0"), "max-tunnels"),
            (("--max-tunnels-per-connection", "0"), "max-tunnels-per-connection"),
            (("--send-buffer", "0"), "send-buffer"),
            (("--copy-buffer", "0"), "copy-buffer"),
            (("--head-timeout", "soon"), "head-timeout"),
            (("--origin-ca", "/nowhere/ca.pem"), "/nowhere/ca.pem"),
            (("--log-format", "xml"), "xml"),
            (("--nonsense",), "--nonsense"),
        ]
        for arguments, reason in cases:
            with self.subTest(arguments):
                listen = () if "--listen" in arguments or "--listen-tls" in arguments else ("--listen", "127.0.0.1:0")
                status, errors = refused_start(*listen, *arguments)
                self.assertEqual(status, 2, errors)
                self.assertIn(reason, errors)
                self.assertNotIn("panicked", errors)

    def test_a_secret_does_not_show_in_what_is_said_of_it(self):
        status, errors = refused_start("--listen", "127.0.0.1:0", "--credentials", "hunter2-without-a-colon")
        self.assertEqual(status, 2)
        self.assertNotIn("hunter2", errors)

    def test_a_port_that_is_taken_is_a_failure(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            status, errors = refused_start("--listen", "127.0.0.1:%d" % taken.getsockname()[1])
        self.assertEqual(status, 1, errors)
        self.assertIn("127.0.0.1:", errors)

    def test_variables_say_the_same_as_options(self):
        variables = {
            "CONNECT_PROXY_LISTEN": "127.0.0.1:0,[::1]:0",
            "CONNECT_PROXY_LISTEN_TLS": "127.0.0.1:0",
            "CONNECT_PROXY_CERTIFICATE": certificates.path("server.pem"),
            "CONNECT_PROXY_KEY": certificates.path("server.key"),
            "CONNECT_PROXY_ALLOW": "127.0.0.0/8,::1/128",
            "CONNECT_PROXY_PORT": "any",
            "CONNECT_PROXY_CREDENTIALS": "alice:open sesame",
            "CONNECT_PROXY_MAX_TUNNELS": "77",
        }
        origin = self.enter(Origin(echo))
        with Proxy(listen=False, variables=variables) as proxy:
            self.assertEqual(len([line for line in proxy.said if line.startswith("proxy on http://")]), 2)
            self.assertEqual(proxy.status()["limits"]["tunnels"], 77)
            with H1(proxy.tls_port, tls=certificates.trusting("http/1.1")) as client:
                self.assertEqual(client.connect(origin.authority).status, 407)
                self.assertEqual(client.connect(origin.authority, f"Proxy-Authorization: {basic('alice', 'open sesame')}").status, 200)

    def test_credentials_come_from_a_file(self):
        origin = self.enter(Origin(echo))
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("alice:open sesame\nbob:second: line\n")
            file.flush()
            with Proxy(*LOOPBACK, "--credentials-file", file.name) as proxy:
                for user, password, status in (("alice", "open sesame", 200), ("bob", "second: line", 200), ("bob", "second", 407)):
                    with H1(proxy.port) as client:
                        self.assertEqual(client.connect(origin.authority, f"Proxy-Authorization: {basic(user, password)}").status, status)


class Admin(ProxyTest):
    def test_only_what_there_is_is_answered(self):
        for path in ("/nowhere", "/status", "/../etc/passwd", "/metrics/", "//"):
            self.assertEqual(self.proxy.ask(path)[0], 404, path)
        for path in ("/", "/status.json", "/metrics", "/healthz"):
            status, headers, _ = self.proxy.ask(path, "POST")
            self.assertEqual(status, 405)
            self.assertIn("GET", headers["allow"])

    def test_answers_are_neither_kept_nor_shared(self):
        for path in ("/", "/status.json", "/metrics", "/healthz"):
            status, headers, body = self.proxy.ask(path)
            self.assertEqual((status, headers["cache-control"]), (200, "no-store"))
            self.assertNotIn("access-control-allow-origin", headers)
            self.assertTrue(body)

    def test_it_forwards_nothing_itself(self):
        origin = self.enter(WebServer())
        with H1(self.proxy.admin_port) as client:
            self.assertIn(client.ask(f"CONNECT {origin.authority} HTTP/1.1\r\nHost: {origin.authority}\r\n\r\n").status, (400, 404, 405))

    def test_metrics_have_names_help_and_types(self):
        origin = self.enter(Origin(echo))
        with H1(self.proxy.port) as client:
            client.connect(origin.authority)
            client.send(b"hello")
            client.receive(5)
            self.assertEqual(self.proxy.metrics()['connect_proxy_tunnels_open{protocol="h1"}'], 1)
        until(lambda: not self.proxy.tunnels(), "the end of the tunnel")
        metrics = self.proxy.metrics()
        expected = {
            'connect_proxy_connections_total{listener="http"}': 1,
            'connect_proxy_tunnels_total{kind="connect",protocol="h1"}': 1,
            'connect_proxy_bytes_total{direction="to_target"}': 5,
            'connect_proxy_bytes_total{direction="to_client"}': 5,
            'connect_proxy_tunnels_open{protocol="h1"}': 0,
            "connect_proxy_tunnels_stalled": 0,
            "connect_proxy_held_bytes": 0,
            "connect_proxy_draining": 0,
            "connect_proxy_connect_seconds_count": 1,
            'connect_proxy_tunnel_seconds_count{end="closed"}': 1,
        }
        self.assertEqual({name: metrics.get(name) for name in expected}, expected)
        for name in ("process_resident_memory_bytes", "process_open_fds", "connect_proxy_tasks"):
            self.assertGreater(metrics[name], 0)
        text = self.proxy.ask("/metrics")[2].decode()
        for name, kind in (("connect_proxy_tunnels_open", "gauge"), ("connect_proxy_bytes_total", "counter"), ("connect_proxy_tunnel_seconds", "histogram"), ("connect_proxy_connect_seconds", "histogram")):
            self.assertIn(f"# TYPE {name} {kind}\n", text)
            self.assertIn(f"# HELP {name} ", text)

    def test_the_status_has_a_history(self):
        origin = self.enter(Origin(pour))
        with H1(self.proxy.port) as client:
            client.connect(origin.authority)
            client.sock.settimeout(10)

            def rate():
                client.receive(1_000_000)
                history = self.proxy.status()["history"]
                return [each for each in history if each["to_client_rate"] > 0]

            sample = until(rate, "a sample with a rate")[0]
        self.assertEqual(set(sample), {"t", "rss", "held", "tunnels", "stalled", "to_target_rate", "to_client_rate"})
        self.assertLess(abs(sample["t"] - time.time() * 1000), 60_000)


class Logs(ProxyTest):
    def test_each_line_is_json_and_tells_of_a_tunnel_and_of_a_refusal(self):
        origin = self.enter(Origin(echo))
        with H1(self.proxy.port) as client:
            address = client.address
            client.connect("nobody.invalid:443")
            client.connect(origin.authority)
            client.send(b"hello")
            client.receive(5)
        until(lambda: "closed" in self.proxy.text() or "client_" in self.proxy.text(), self.proxy.text)
        logs = self.proxy.logs()
        for entry in logs:
            self.assertTrue(entry["timestamp"] and entry["level"], entry)
        refused = [entry for entry in logs if "dns_error" in json.dumps(entry)]
        ended = [entry for entry in logs if origin.authority in json.dumps(entry) and '"end"' in json.dumps(entry)]
        self.assertEqual((len(refused), len(ended)), (1, 1), logs)
        told = {name: refused[0].get(name) for name in ("client", "host", "port", "method", "status")}
        self.assertEqual(told, {"client": address, "host": "nobody.invalid", "port": 443, "method": "CONNECT", "status": "502"})
        self.assertIn(address, json.dumps(ended))

    def test_what_strangers_say_is_one_line(self):
        with H1(self.proxy.port) as client:
            client.send(b"CONNECT a\x0bb\x1b[31m:443 HTTP/1.1\r\nHost: a\r\n\r\n")
            client.ended()
        for line in self.proxy.text().splitlines():
            json.loads(line)
        self.assertNotIn("\x1b", self.proxy.text())

    def test_text_is_for_people(self):
        proxy = self.enter(Proxy(*LOOPBACK, log_format="text"))
        with H1(proxy.port) as client:
            client.connect("nobody.invalid:443")
        until(lambda: "dns_error" in proxy.text(), proxy.text)
        self.assertNotIn("\x1b", proxy.text())
        self.assertRegex(proxy.text(), re.compile(r"^\S+\s+(INFO|WARN)\s", re.M))


class Certificate(ProxyTest):
    def setUp(self):
        directory = self.enter(tempfile.TemporaryDirectory())
        self.files = [os.path.join(directory, name) for name in ("a.pem", "a.key")]
        self.put("server")
        self.proxy = self.start_proxy(*LOOPBACK, "--listen-tls", "127.0.0.1:0", "--certificate", self.files[0], "--key", self.files[1], listen=False)

    def put(self, name):
        for file, kind in zip(self.files, ("pem", "key")):
            shutil.copyfile(certificates.path(f"{name}.{kind}"), file)

    def presented(self):
        with H1(self.proxy.tls_port, tls=certificates.trusting("http/1.1")) as client:
            return client.sock.getpeercert(binary_form=True)

    def test_a_hangup_takes_a_new_one_and_leaves_tunnels_alone(self):
        origin = self.enter(Origin(echo))
        self.assertEqual(self.presented(), certificates.der("server"))
        client = self.enter(H2(self.proxy.tls_port, tls=certificates.trusting("h2")))
        number, _ = client.connect(origin.authority)
        self.put("renewed")
        self.proxy.signal(signal.SIGHUP)
        until(lambda: self.presented() == certificates.der("renewed"), "the new certificate")
        client.send(number, b"still here", end=True)
        self.assertEqual(client.rest(number), b"still here")

    def test_a_bad_one_is_logged_and_the_old_one_stays(self):
        with open(self.files[1], "w") as file:
            file.write("no key\n")
        before = len(self.proxy.logs())
        self.proxy.signal(signal.SIGHUP)
        until(lambda: [entry for entry in self.proxy.logs()[before:] if entry["level"] in ("ERROR", "WARN")], self.proxy.text)
        self.assertEqual(self.presented(), certificates.der("server"))
        # A key that belongs to another certificate is as bad.
        shutil.copyfile(certificates.path("renewed.key"), self.files[1])
        before = len(self.proxy.logs())
        self.proxy.signal(signal.SIGHUP)
        until(lambda: [entry for entry in self.proxy.logs()[before:] if entry["level"] in ("ERROR", "WARN")], self.proxy.text)
        self.assertEqual(self.presented(), certificates.der("server"))
        self.put("renewed")
        self.proxy.signal(signal.SIGHUP)
        until(lambda: self.presented() == certificates.der("renewed"), "the new certificate")


class Drain(ProxyTest):
    ARGUMENTS = (*LOOPBACK, "--drain-timeout", "15s")

    def test_tunnels_go_on_and_nothing_new_comes(self):
        origin, asking = self.enter(Origin(echo)), self.enter(Origin(answer_at_the_end))
        first, second = self.enter(H1(self.proxy.port)), self.enter(H2(self.proxy.tls_port, tls=certificates.trusting("h2")))
        first.connect(origin.authority)
        number, _ = second.connect(asking.authority)
        self.proxy.terminate()
        until(lambda: self.proxy.ask("/healthz")[::2] == (503, b"draining\n"), "the health to say so")
        self.assertTrue(self.proxy.status()["draining"])
        self.assertEqual(self.proxy.metrics()["connect_proxy_draining"], 1)
        # On a connection from before there is nothing new either.
        late, stream = second.connect(origin.authority) if second.goaway is None else (None, None)
        if stream and stream.reset is None:
            self.assertEqual(stream.status, 503)
            self.assertIn("connect_proxy", stream.headers["proxy-status"])
        data = os.urandom(300_000)
        for start in range(0, len(data), 30_000):
            piece = data[start : start + 30_000]
            first.send(piece)
            self.assertEqual(first.receive(30_000), piece)
            second.send(number, piece)
        second.end(number)
        self.assertTrue(second.rest(number).startswith(b"300000 "))
        self.assertIsNone(self.proxy.process.poll())
        first.close()
        self.assertEqual(self.proxy.wait(), 0)
        self.assertGreater(len(self.proxy.logs()), 0)

    def test_an_idle_proxy_is_done_at_once(self):
        kept = self.enter(H1(self.proxy.port))
        other = self.enter(H2(self.proxy.port))
        self.assertEqual(kept.connect("nobody.invalid:1").status, 502)
        started = time.monotonic()
        self.proxy.terminate()
        # It answers the ping that comes with GOAWAY, as clients do.
        other.over()
        self.assertEqual(self.proxy.wait(), 0)
        self.assertLess(time.monotonic() - started, 5)
        self.assertEqual(other.goaway, 0)

    def test_ctrl_c_is_a_drain_too(self):
        self.proxy.signal(signal.SIGINT)
        self.assertEqual(self.proxy.wait(), 0)


class Deadline(ProxyTest):
    ARGUMENTS = (*LOOPBACK, "--drain-timeout", "500ms")

    def test_what_is_left_is_ended(self):
        origin = self.enter(Origin(ignore))
        first, second = self.enter(H1(self.proxy.port)), self.enter(H2(self.proxy.port))
        first.connect(origin.authority)
        number, stream = second.connect(origin.authority)
        self.proxy.terminate()
        first.ended()
        second.over()
        # Cut off, and not as if the target had ended.
        self.assertFalse(stream.ended)
        self.assertEqual(self.proxy.wait(), 0)
        self.assertIn('"drained"', self.proxy.text())


class Tls(ProxyTest):
    def test_both_versions_that_are_good_are_spoken(self):
        context = certificates.trusting("h2")
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context.maximum_version = version
            with H2(self.proxy.tls_port, tls=context) as client:
                self.assertEqual(client.sock.version(), "TLSv1.2" if version == ssl.TLSVersion.TLSv1_2 else "TLSv1.3")
