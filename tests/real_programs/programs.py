"""Programs to test and to test with, and what stands between them.

Nothing waits without a limit: programs have `SECONDS`, sockets half of that.
"""

import contextlib
import email.utils
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

SECONDS = 20
EXAMPLES = json.loads(os.environ["EXAMPLES"])
NODE = pathlib.Path(__file__).resolve().parent / "node"

socket.setdefaulttimeout(SECONDS / 2)


class Program:
    """A program that serves until the end of the `with` block, and says as its first line where it listens."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        # A program that says nothing is ended, which ends the wait for a line.
        self.watchdog = threading.Timer(SECONDS * 2, self.process.kill)
        self.watchdog.start()
        first = self.line()
        if not first.startswith("listening on http://127.0.0.1:"):
            self.close()
            raise AssertionError(f"{command} says {first!r}")
        self.port = int(first.rstrip("/").rpartition(":")[2])

    def line(self):
        """The next line of its output, or "" at the end."""
        return self.process.stdout.readline().rstrip("\n")

    def interrupt(self):
        """What Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)

    def wait(self):
        """Its exit status."""
        return self.process.wait(SECONDS)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.watchdog.cancel()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def example(name, *arguments):
    """An example that serves, on a port that was free."""
    return Program(EXAMPLES[name], *arguments, "127.0.0.1:0")


class Relay:
    """Stands before a server, and counts the connections that are made to it."""

    def __init__(self, port):
        self.upstream = port
        self.connections = 0
        self.open = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(None)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            server = socket.create_connection(("127.0.0.1", self.upstream))
            for end in (client, server):
                # How long a connection may be silent is none of the relay's business.
                end.settimeout(None)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.open.add(end)
            threading.Thread(target=carry, args=(client, server), daemon=True).start()
            threading.Thread(target=carry, args=(server, client), daemon=True).start()

    def close(self):
        for end in (self.listener, *self.open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def carry(source, sink):
    """Bytes and then the end, or what failed, as far as the other side can be told."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def run(*command, stdin=b""):
    """A program's exit status, output and errors."""
    return subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS)


def node(script, *arguments):
    """What a script for Node prints: one value, as JSON."""
    done = run("node", NODE / script, *arguments)
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode())
    return json.loads(done.stdout)


class Response:
    """One response as it was written, with the heads of the interim responses before it."""

    def __init__(self, text):
        self.interim = []
        while True:
            head, _, text = text.partition(b"\r\n\r\n")
            line, *fields = head.decode("latin-1").split("\r\n")
            self.version, _, status = line.partition(" ")
            self.status = int(status.split(" ")[0])
            self.headers = dict(field.split(": ", 1) for field in fields)
            if self.status >= 200:
                break
            self.interim.append((self.status, self.headers))
        self.body = text
        self.date = self.headers.pop("date", None)


def is_date(text):
    """Whether a Date is written as RFC 9110, section 5.6.7, has it."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return False
    return email.utils.format_datetime(moment, usegmt=True) == text


def curl(*arguments, stdin=b""):
    """The responses curl got, one for each `http://` address among its arguments."""
    with tempfile.TemporaryDirectory() as directory:
        command, files = ["curl", "--disable", "--silent", "--show-error", "--include", "--max-time", str(SECONDS / 2)], []
        for argument in arguments:
            if argument.startswith("http://"):
                files.append(pathlib.Path(directory, str(len(files))))
                command += ["--output", str(files[-1])]
            command.append(argument)
        done = run(*command, stdin=stdin)
        if done.returncode != 0:
            raise AssertionError(f"curl exits with {done.returncode}: {done.stderr.decode()}")
        return [Response(file.read_bytes()) for file in files]


class Test(unittest.TestCase):
    """A test with an example as its server, and a relay between client and server that counts connections."""

    # The example, and what arguments it has besides its address.
    SERVER = ()

    def setUp(self):
        self.server = self.enter(example(*self.SERVER))
        self.relay = self.enter(Relay(self.server.port))
        self.url = f"http://127.0.0.1:{self.relay.port}"

    def enter(self, context):
        """Keeps what it enters until the test is over."""
        self.addCleanup(context.__exit__, None, None, None)
        return context.__enter__()

    def expect(self, response, start, headers, body):
        """That a response of curl's is exactly this, and dated."""
        self.assertEqual(f"{response.version} {response.status}", start)
        self.assertEqual(response.headers, headers)
        self.assertTrue(is_date(response.date), response.date)
        # A mebibyte in a message helps nobody.
        self.assertTrue(response.body == body, f"{len(response.body)} bytes: {response.body[:200]}")
