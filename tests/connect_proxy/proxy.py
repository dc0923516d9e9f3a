"""The proxy, as its operator has it: started with options, asked by its admin address, told by signals.

Nothing waits without a limit: programs have `SECONDS`, sockets half of that.
"""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import certificates

SECONDS = 20
EXECUTABLE = os.environ["CONNECT_PROXY"]
# Everything here is on loopback, and on ports that were free.
LOOPBACK = ("--allow", "127.0.0.0/8", "--allow", "::1/128", "--port", "any")
# What has to be as before once the clients are gone.
STANDING = ("connections", "tunnels", "held", "fds", "tasks")

socket.setdefaulttimeout(SECONDS / 2)


def until(look, what, seconds=SECONDS / 2):
    """What `look` says as soon as that is something, within a limit."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.01)


class Proxy:
    """The proxy, until the end of the `with` block: plain and TLS on free ports, with an admin address and logs in JSON."""

    PROGRAM = (EXECUTABLE,)

    def __init__(self, *arguments, listen=True, variables=None, admin="127.0.0.1:0", log_format="json"):
        command = [*self.PROGRAM, "--admin", admin, "--log-format", log_format, *arguments]
        if listen:
            command += ["--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0"]
            command += ["--certificate", certificates.path("server.pem"), "--key", certificates.path("server.key")]
        self.command = command
        self.errors = tempfile.TemporaryFile("w+")
        environment = {**os.environ, **(variables or {})}
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        # A program that says nothing is ended, which ends the wait for a line.
        watchdog = threading.Timer(SECONDS, self.process.kill)
        watchdog.start()
        self.told_to_end = False
        self.said = []
        # No program of everyday use speaks the PROXY protocol, so that there is nothing to try then.
        last = "memory bound: " if "--proxy-protocol" in arguments else "try: "
        while not (self.said and self.said[-1].startswith(last)):
            line = self.process.stdout.readline()
            if not line:
                watchdog.cancel()
                errors = self.text()
                self.close()
                raise AssertionError(f"{command} says {self.said} and {errors!r}")
            self.said.append(line.rstrip("\n"))
        watchdog.cancel()
        self.port = self.listening("proxy on http")
        self.tls_port = self.listening("proxy on https")
        self.admin_port = self.listening("admin on http")
        if self.admin_port:
            self.start = self.settled_start()

    def listening(self, what):
        for line in self.said:
            match = re.fullmatch(rf"{what}://(\S+):(\d+)/?", line)
            if match:
                return int(match[2])
        return None

    def text(self):
        """Its standard error up to now."""
        self.errors.seek(0)
        return self.errors.read()

    def logs(self):
        """The whole lines among its standard error, each of which has to be JSON."""
        return [json.loads(line) for line in self.text().splitlines(keepends=True) if line.endswith("\n")]

    def ask(self, path, method="GET"):
        """Status, headers and body of an answer of the admin address."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=SECONDS / 2)
        with contextlib.closing(connection):
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()

    def status(self):
        status, headers, body = self.ask("/status.json")
        if status != 200 or not headers["content-type"].startswith("application/json"):
            raise AssertionError(f"{status} {headers}")
        return json.loads(body)

    def now(self):
        return self.status()["now"]

    def tunnels(self):
        return self.status()["tunnels"]

    def metrics(self):
        """{name with its labels, those sorted: value}"""
        status, headers, body = self.ask("/metrics")
        if status != 200 or not headers["content-type"].startswith("text/plain"):
            raise AssertionError(f"{status} {headers}")
        values = {}
        for line in body.decode().splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                base, _, labels = name.partition("{")
                if labels:
                    base += "{" + ",".join(sorted(re.findall(r'\w+="(?:[^"\\]|\\.)*"', labels))) + "}"
                values[base] = float(value)
        return values

    def settled_start(self):
        """What it holds once everything it starts with is there: ten times the same."""
        seen = []

        def same():
            now = self.now()
            seen.append({name: now[name] for name in STANDING})
            return len(seen) >= 10 and all(one == seen[-1] for one in seen[-10:]) and seen[-1]

        return until(same, lambda: seen)

    def settled(self):
        """Waits until it holds nothing that it did not hold at its start."""
        start, seen = self.start, {}

        def same():
            now = self.now()
            seen.update((name, now[name]) for name in STANDING)
            # A descriptor or thread that came and went at the start may be one less later.
            return all(seen[name] <= start[name] for name in STANDING)

        until(same, lambda: f"it started with {start} and still has {seen}: {self.status()['tunnels']}")

    def signal(self, number):
        self.told_to_end |= number != signal.SIGHUP
        self.process.send_signal(number)

    def terminate(self):
        self.signal(signal.SIGTERM)

    def wait(self, seconds=SECONDS):
        """Its exit status."""
        return self.process.wait(seconds)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def refused_start(*arguments, variables=None):
    """Exit status and standard error of a proxy that does not start."""
    environment = {**os.environ, **(variables or {})}
    done = subprocess.run([EXECUTABLE, "--admin", "none", *arguments], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=SECONDS)
    return done.returncode, done.stderr


def run(*command, stdin=b"", seconds=SECONDS):
    """A program's exit status, output and errors."""
    return subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=seconds)


class Test(unittest.TestCase):
    """A test that may keep what it enters until it is over."""

    def enter(self, context):
        self.addCleanup(context.__exit__, None, None, None)
        return context.__enter__()


class ProxyTest(Test):
    """A test with a proxy, which has to hold nothing any more once the test's clients are gone."""

    ARGUMENTS = LOOPBACK

    def setUp(self):
        self.proxy = self.start_proxy(*self.ARGUMENTS)

    def start_proxy(self, *arguments, **more):
        proxy = self.enter(Proxy(*arguments, **more))
        # Clean-ups run from the last to the first: after the clients' and before the proxy's own.
        self.addCleanup(self.settled, proxy)
        return proxy

    def settled(self, proxy):
        # One that was told to end may do so at any moment.
        if proxy.process.poll() is None and not proxy.told_to_end:
            proxy.settled()

    def refusals(self):
        """How many there were, by cause."""
        return {cause: count for cause, count in self.proxy.now()["refusals"].items() if count}
