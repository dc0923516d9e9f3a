"""Two proxies behind HAProxy, with the configuration of `examples/connect_proxy/deploy`, and one of them drained."""

import contextlib
import csv
import pathlib
import re
import socket
import subprocess
import tempfile

import certificates
from h1_client import H1
from h2_client import H2
from origins import Origin, echo
from proxy import LOOPBACK, SECONDS, Proxy, Test, run, until

CONFIGURATION = pathlib.Path(__file__).resolve().parents[2] / "examples/connect_proxy/deploy/haproxy.cfg"


class HaProxy:
    """The configuration as it is, but for addresses and for the descriptors that it wants."""

    def __init__(self, proxies):
        self.directory = tempfile.TemporaryDirectory()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.socket = f"{self.directory.name}/admin.sock"
        text = CONFIGURATION.read_text()
        for pattern, to in (
            (r"maxconn \d+", "maxconn 200"),
            (r"stats socket \S+", f"stats socket {self.socket}"),
            (r"bind :3443", f"bind 127.0.0.1:{self.port}"),
            (r"192\.0\.2\.11:3443 port 9128$", f"127.0.0.1:{proxies[0].tls_port} port {proxies[0].admin_port}"),
            (r"192\.0\.2\.12:3443 port 9128$", f"127.0.0.1:{proxies[1].tls_port} port {proxies[1].admin_port}"),
        ):
            text, count = re.subn(pattern, to, text, flags=re.M)
            if count != 1:
                raise AssertionError(f"{count} of {pattern}")
        file = pathlib.Path(self.directory.name, "haproxy.cfg")
        file.write_text(text)
        self.output = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(["haproxy", "-db", "-f", file], stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output)
        until(self.answers, self.text)

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(self.text())
        with contextlib.suppress(OSError):
            return self.servers()

    def text(self):
        self.output.seek(0)
        return self.output.read()

    def servers(self):
        """{name of a server: what HAProxy knows of it}"""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(self.socket)
            sock.sendall(b"show stat\n")
            text = b"".join(iter(lambda: sock.recv(65536), b"")).decode()
        rows = csv.DictReader(text.lstrip("# ").splitlines())
        return {row["svname"]: row for row in rows if row["pxname"] == "connect_proxy"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(SECONDS)
        self.output.close()
        self.directory.cleanup()


class Tunnel:
    """One tunnel on a connection of its own."""

    def __init__(self, client, authority):
        self.client = client
        if isinstance(client, H2):
            self.number, stream = client.connect(authority)
            self.status = stream.status
        else:
            self.status = client.connect(authority).status

    def works(self):
        word = self.client.address.encode()
        if isinstance(self.client, H2):
            self.client.send(self.number, word)
            return self.client.receive(self.number, len(word)) == word
        self.client.send(word)
        return self.client.receive(len(word)) == word


class Balanced(Test):
    ARGUMENTS = (*LOOPBACK, "--listen-tls", "127.0.0.1:0", "--certificate", certificates.path("server.pem"), "--key", certificates.path("server.key"))
    TUNNELS = 20

    def setUp(self):
        self.origin = self.enter(Origin(echo))
        self.proxies = [self.enter(Proxy(*self.ARGUMENTS, "--proxy-protocol", listen=False)) for _ in range(2)]
        self.balancer = self.enter(HaProxy(self.proxies))

    def tunnel(self, index):
        port = self.balancer.port
        client = H2(port, tls=certificates.trusting("h2")) if index % 2 else H1(port, tls=certificates.trusting("http/1.1"))
        return Tunnel(self.enter(client), self.origin.authority)

    def clients(self, proxy):
        return {tunnel["client"] for tunnel in proxy.tunnels()}

    def test_a_proxy_is_drained_without_losing_a_tunnel(self):
        first, second = self.proxies
        until(lambda: {row["check_status"] for name, row in self.balancer.servers().items() if name != "BACKEND"} == {"L7OK"}, lambda: str(self.balancer.servers()))
        tunnels = [self.tunnel(index) for index in range(self.TUNNELS)]
        self.assertEqual({tunnel.status for tunnel in tunnels}, {200})
        # Least connections: each has its half. The proxies know the clients, and not only the balancer.
        self.assertEqual([len(self.clients(proxy)) for proxy in self.proxies], [self.TUNNELS // 2] * 2)
        self.assertEqual(self.clients(first) | self.clients(second), {tunnel.client.address for tunnel in tunnels})
        self.assertTrue(all(tunnel.works() for tunnel in tunnels))

        drained = self.clients(first)
        first.terminate()
        # What comes while HAProxy has not noticed goes to the other one.
        until(lambda: first.ask("/healthz")[0] == 503, "the health to say so")
        early = [self.tunnel(index) for index in range(10)]
        self.assertEqual([tunnel.status for tunnel in early], [200] * 10)
        until(lambda: self.balancer.servers()["first"]["status"].startswith("DOWN"), lambda: str(self.balancer.servers()["first"]))
        late = [self.tunnel(index) for index in range(10)]
        self.assertEqual([tunnel.status for tunnel in late], [200] * 10)
        self.assertEqual(self.clients(first), drained)
        self.assertEqual(len(self.clients(second)), self.TUNNELS // 2 + 20)
        self.assertTrue(all(tunnel.works() for tunnel in (*tunnels, *early, *late)))

        for tunnel in tunnels:
            if tunnel.client.address in drained:
                tunnel.client.close()
        self.assertEqual(first.wait(), 0)
        self.assertTrue(all(tunnel.works() for tunnel in (*tunnels, *early, *late) if tunnel.client.sock.fileno() >= 0))

    def test_a_proxy_that_dies_is_left_out(self):
        first, second = self.proxies
        first.process.kill()
        # Until it is gone, its kernel accepts connections for it.
        first.process.wait(SECONDS)
        tunnels = [self.tunnel(index) for index in range(6)]
        self.assertEqual([tunnel.status for tunnel in tunnels], [200] * 6)
        self.assertEqual(len(self.clients(second)), 6)


class Configuration(Test):
    def test_haproxy_takes_it_as_it_is(self):
        done = run("haproxy", "-c", "-f", CONFIGURATION)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(b"WARNING", done.stderr)
