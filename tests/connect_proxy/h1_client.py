"""A client that writes HTTP/1 byte by byte as it is told, and reads what comes."""

import base64
import contextlib
import socket

from proxy import SECONDS


def basic(user, password):
    """The value of a Proxy-Authorization field."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Response:
    """The head of a response; names of fields in lower case."""

    def __init__(self, head):
        line, *fields = head.decode("latin-1").split("\r\n")
        self.version, _, status = line.partition(" ")
        self.status = int(status[:3])
        self.headers = {}
        for field in fields:
            name, _, value = field.partition(":")
            self.headers[name.lower()] = value.strip()
        self.body = None


class H1:
    """One connection."""

    def __init__(self, port, tls=None, name="localhost", first=b""):
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if first:
            self.sock.sendall(first)
        if tls:
            self.sock = tls.wrap_socket(self.sock, server_hostname=name, suppress_ragged_eofs=False)
        self.buffer = b""

    @property
    def address(self):
        return "%s:%d" % self.sock.getsockname()[:2]

    def send(self, data):
        self.sock.sendall(data)

    def some(self):
        """Bytes, or none at the end."""
        if self.buffer:
            data, self.buffer = self.buffer, b""
            return data
        return self.sock.recv(65536)

    def receive(self, count):
        """So many bytes, or fewer where the end comes before."""
        data = b""
        while len(data) < count:
            more = self.some()
            if not more:
                break
            data += more
        self.buffer = data[count:] + self.buffer
        return data[:count]

    def rest(self):
        """Everything up to the end."""
        parts = []
        while data := self.some():
            parts.append(data)
        return b"".join(parts)

    def head(self):
        """The next response, without its body."""
        while b"\r\n\r\n" not in self.buffer:
            more = self.sock.recv(65536)
            if not more:
                raise AssertionError(f"an end in a head: {self.buffer!r}")
            self.buffer += more
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return Response(head)

    def response(self):
        """The next response, with its body as its length says, or as the end of the connection does."""
        response = self.head()
        length = response.headers.get("content-length")
        response.body = self.rest() if length is None else self.receive(int(length))
        return response

    def ask(self, text):
        """The response to a request that is written out."""
        self.send(text.encode("latin-1") if isinstance(text, str) else text)
        return self.response()

    def connect(self, authority, *fields):
        """Asks for a tunnel. Where one is opened, what follows in this connection is the tunnel's."""
        self.send("".join(f"{line}\r\n" for line in (f"CONNECT {authority} HTTP/1.1", f"Host: {authority}", *fields, "")).encode())
        response = self.head()
        if response.status != 200:
            response.body = self.receive(int(response.headers.get("content-length", 0)))
        return response

    def end(self):
        """Ends its own side."""
        self.sock.shutdown(socket.SHUT_WR)

    def ended(self):
        """Waits for the end; "eof", or the error it came with."""
        try:
            self.rest()
        except OSError as error:
            return error
        return "eof"

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def exchange(port, data):
    """What comes back for bytes, up to the end of the connection or its reset."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS / 2) as sock:
        with contextlib.suppress(OSError):
            sock.sendall(data)
        answer = b""
        with contextlib.suppress(ConnectionError):
            while more := sock.recv(65536):
                answer += more
        return answer
