"""A client of the `h2` package that does as it is told: it reads only while a test waits for something."""

import contextlib
import socket
import time

import h2.config
import h2.connection
import h2.events
import h2.settings
import hyperframe.frame

from proxy import SECONDS

CONNECT_ERROR = 0xA
CANCEL = 0x8
LARGEST_WINDOW = 2**31 - 1


class Stream:
    """What came on a stream."""

    def __init__(self):
        self.headers = None
        self.data = bytearray()
        self.ended = False
        self.reset = None

    @property
    def status(self):
        return int(self.headers[":status"])

    @property
    def over(self):
        return self.ended or self.reset is not None


class H2:
    """One connection, with prior knowledge or, with a context for TLS, by ALPN."""

    def __init__(self, port, tls=None, window=None, grant=True, first=b""):
        """`window`: each stream's at first. `grant`: whether what is read is granted again."""
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if first:
            self.sock.sendall(first)
        if tls:
            self.sock = tls.wrap_socket(self.sock, server_hostname="localhost")
            if self.sock.selected_alpn_protocol() != "h2":
                raise AssertionError(f"ALPN chose {self.sock.selected_alpn_protocol()}")
        self.grant = grant
        self.streams = {}
        self.goaway = None
        self.ended = False
        # What tests send may be wrong on purpose; what comes in is checked.
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8", validate_outbound_headers=False, normalize_outbound_headers=False)
        self.h2 = h2.connection.H2Connection(config)
        if window is not None:
            settings = {**dict(self.h2.local_settings), h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window}
            self.h2.local_settings = h2.settings.Settings(client=True, initial_values=settings)
        # The package takes GOAWAY for the end of everything; to RFC 9113, section 6.8, streams below its number go on.
        self.h2._frame_dispatch_table[hyperframe.frame.GoAwayFrame] = self.take_goaway
        self.h2.initiate_connection()
        if window is not None and window > 65535:
            self.h2.increment_flow_control_window(LARGEST_WINDOW - 65535)
        self.settings = None
        self.flush()
        self.until(lambda: self.settings is not None, "settings of the proxy")

    @property
    def address(self):
        return "%s:%d" % self.sock.getsockname()[:2]

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            self.sock.sendall(data)

    def pump(self):
        """Takes what one read brings."""
        data = self.sock.recv(262144)
        if not data:
            self.ended = True
            return
        for event in self.h2.receive_data(data):
            self.take(event)
        self.flush()

    def take_goaway(self, frame):
        self.goaway = frame.error_code
        return [], []

    def take(self, event):
        stream = self.streams.get(getattr(event, "stream_id", None))
        if isinstance(event, h2.events.RemoteSettingsChanged):
            self.settings = event.changed_settings
        elif stream is None:
            return
        elif isinstance(event, h2.events.ResponseReceived):
            stream.headers = dict(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            stream.data += event.data
            if self.grant and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            stream.ended = True
        elif isinstance(event, h2.events.StreamReset):
            stream.reset = int(event.error_code)

    def until(self, look, what):
        """Reads until `look` says so."""
        end = time.monotonic() + SECONDS / 2
        while not look():
            if self.ended or time.monotonic() > end:
                raise AssertionError(f"{'the end' if self.ended else 'too late'} for {what}; GOAWAY: {self.goaway}")
            self.pump()

    def request(self, *headers, end=False):
        """Opens a stream and gives its number."""
        number = self.h2.get_next_available_stream_id()
        self.streams[number] = Stream()
        self.h2.send_headers(number, headers, end_stream=end)
        self.flush()
        return number

    def answer(self, number):
        """The stream, once its head is there; for an answer that is no tunnel, once all of it is."""
        stream = self.streams[number]
        self.until(lambda: stream.headers or stream.over, f"the answer on stream {number}")
        if stream.headers and stream.status != 200:
            self.until(lambda: stream.over, f"the end of the answer on stream {number}")
        return stream

    def connect(self, authority, *headers):
        """Asks for a tunnel, and gives number and stream once that is answered."""
        number = self.request((":method", "CONNECT"), (":authority", authority), *headers)
        return number, self.answer(number)

    def websocket(self, scheme, authority, path, *headers):
        """Asks for a WebSocket (RFC 8441), and gives number and stream once that is answered."""
        pseudo = ((":method", "CONNECT"), (":protocol", "websocket"), (":scheme", scheme), (":path", path), (":authority", authority))
        number = self.request(*pseudo, ("sec-websocket-version", "13"), *headers)
        return number, self.answer(number)

    def send(self, number, data, end=False):
        """Sends as the windows allow it."""
        view = memoryview(data)
        while view:
            size = min(self.h2.local_flow_control_window(number), self.h2.max_outbound_frame_size, len(view))
            if size == 0:
                self.pump()
                continue
            self.h2.send_data(number, bytes(view[:size]))
            self.flush()
            view = view[size:]
        if end:
            self.end(number)

    def end(self, number):
        """END_STREAM."""
        self.h2.end_stream(number)
        self.flush()

    def reset(self, number, code):
        """RST_STREAM."""
        self.h2.reset_stream(number, code)
        self.flush()

    def window(self, number, by):
        """WINDOW_UPDATE."""
        self.h2.increment_flow_control_window(by, number or None)
        self.flush()

    def receive(self, number, count):
        """So many bytes of a stream."""
        stream = self.streams[number]
        self.until(lambda: len(stream.data) >= count or stream.over, f"{count} bytes on stream {number}")
        data = bytes(stream.data[:count])
        del stream.data[:count]
        return data

    def rest(self, number):
        """All bytes of a stream up to its end."""
        stream = self.streams[number]
        self.until(lambda: stream.over, f"the end of stream {number}")
        data = bytes(stream.data)
        stream.data.clear()
        return data

    def over(self):
        """Reads up to the end of the connection."""
        with contextlib.suppress(ConnectionError):
            while not self.ended:
                self.pump()

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
