"""Servers to be reached through the proxy, each on a free port of loopback and each with its own manners.

What happened to a connection goes into `events`, so that a test can wait for it.
"""

import contextlib
import fcntl
import hashlib
import http.server
import json
import queue
import socket
import struct
import termios
import threading
import time

import websockets.sync.server

from proxy import SECONDS

LAST_WORDS = bytes(range(256)) * 400


def reset(sock):
    """Closes at once: what waits is thrown away, and a TCP peer sees a reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Origin:
    """Serves every connection by `serve(origin, connection)`, in a thread of its own."""

    def __init__(self, serve, host="127.0.0.1", tls=None):
        self.serve = serve
        self.host = host
        self.tls = tls
        self.events = queue.Queue()
        self.done = threading.Event()
        self.connections = []
        self.listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024)
        self.listener.settimeout(None)
        self.port = self.listener.getsockname()[1]
        self.authority = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections.append(connection)
            threading.Thread(target=self.handle, args=(connection,), daemon=True).start()

    def handle(self, connection):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self.serve(self, connection)
        except OSError as error:
            self.events.put(error)
        finally:
            connection.close()

    def event(self):
        """The next thing that happened."""
        return self.events.get(timeout=SECONDS / 2)

    def close(self):
        self.done.set()
        for end in (self.listener, *self.connections):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def pieces(connection):
    while piece := connection.recv(65536):
        yield piece


def echo(_, connection):
    """What arrives goes back, the end too."""
    for piece in pieces(connection):
        connection.sendall(piece)
    connection.shutdown(socket.SHUT_WR)


def answer_at_the_end(origin, connection):
    """Says nothing until the client's side has ended; then how much came, and its hash."""
    count, digest = 0, hashlib.sha256()
    for piece in pieces(connection):
        count += len(piece)
        digest.update(piece)
    origin.events.put("eof")
    connection.sendall(f"{count} {digest.hexdigest()}".encode())
    connection.shutdown(socket.SHUT_WR)


def speak_first(origin, connection):
    """Says a word and ends its own side at once; tells what came after that."""
    connection.sendall(b"that is all")
    connection.shutdown(socket.SHUT_WR)
    origin.events.put(b"".join(pieces(connection)))


def reset_when_spoken_to(_, connection):
    """A word back, and then the connection is torn down."""
    connection.recv(65536)
    connection.sendall(b"so much")
    # Unread bytes or lingering for no time: either way what goes out is a RST, after the client had its word.
    connection.recv(65536)
    reset(connection)


def fail_after_the_last_word(_, connection):
    """Much at once, and a reset right behind it."""
    connection.recv(65536)
    connection.sendall(LAST_WORDS)
    # Whatever the other side's kernel has taken is beyond the reset's reach.
    while struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))[0]:
        time.sleep(0.001)
    reset(connection)


def pour(origin, connection):
    """Bytes without an end; tells how it could not go on."""
    block = bytes(range(256)) * 1024
    while not origin.done.is_set():
        connection.sendall(block)


def ignore(origin, connection):
    """Never reads, never writes, and keeps the connection until the test is over."""
    origin.done.wait(SECONDS * 3)


def watch(origin, connection):
    """Tells how the connection ended: `eof`, or the error."""
    for _ in pieces(connection):
        pass
    origin.events.put("eof")


def garble(_, connection):
    """An answer that is none of HTTP's."""
    connection.recv(65536)
    connection.sendall(b"\x16\x03\x01 this is no answer\r\n\r\n")


class Handler(http.server.BaseHTTPRequestHandler):
    """Says what it was asked, as JSON; on `/page` a page with a script, on `/big` five megabytes."""

    protocol_version = "HTTP/1.1"
    PAGE = b"<!doctype html><title>before</title><p id=text>hello from the origin</p><script src=script.js></script>"
    SCRIPT = b"document.title = 'loaded'"
    BIG = bytes(range(251)) * 20_000

    def answer(self):
        length = int(self.headers.get("content-length") or 0)
        if self.headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(length)
        path = self.path.partition("?")[0]
        known = {"/page": ("text/html", self.PAGE), "/script.js": ("text/javascript", self.SCRIPT), "/big": ("application/octet-stream", self.BIG)}
        if path in known:
            kind, content = known[path]
        else:
            seen = {"method": self.command, "url": self.path, "version": self.request_version, "headers": [[name.lower(), value] for name, value in self.headers.items()], "body": hashlib.sha256(body).hexdigest(), "length": len(body)}
            kind, content = "application/json", json.dumps(seen).encode()
        self.send_response(404 if path == "/nowhere" else 200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        if path == "/hops":
            self.send_header("connection", "x-hop")
            self.send_header("x-hop", "only this one")
            self.send_header("keep-alive", "timeout=5")
        self.send_header("x-end", "to end")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


class WebServer:
    """`Handler` on a free port, by TLS if there is a context for it."""

    def __init__(self, tls=None):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        # A client that spoils a handshake is the business of the test that has it.
        self.server.handle_error = lambda *_: None
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_port
        self.authority = f"127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class WebSocketEcho:
    """Sends messages back, until the client closes."""

    def __init__(self, tls=None):
        self.paths = []
        self.headers = []
        self.server = websockets.sync.server.serve(self.serve, "127.0.0.1", 0, ssl=tls, select_subprotocol=self.select, max_size=None, compression=None)
        self.port = self.server.socket.getsockname()[1]
        self.authority = f"127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def select(self, _, offered):
        return "echo.test" if "echo.test" in offered else None

    def serve(self, connection):
        self.paths.append(connection.request.path)
        self.headers.append(connection.request.headers)
        for message in connection:
            connection.send(message)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()


class Nobody:
    """A port on which nobody listens, and which nobody else gets."""

    def __enter__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.authority = f"127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_):
        self.socket.close()


class Full:
    """A listener whose queue is full, so that what comes to it is left without an answer."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self.listener.getsockname()[1]
        self.authority = f"127.0.0.1:{self.port}"
        self.waiting = []
        # The first ones are queued; from then on nobody is answered.
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", self.port))
            self.waiting.append(sock)
        return self

    def __exit__(self, *_):
        for sock in (*self.waiting, self.listener):
            sock.close()
