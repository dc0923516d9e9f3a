"""Many tunnels: what a stalled client costs the others, and what 2,000 idle ones cost.

Each test prints what it measured.
"""

import contextlib
import pathlib
import selectors
import socket
import statistics
import struct
import subprocess
import sys
import time

from h1_client import H1
from h2_client import LARGEST_WINDOW, H2
from origins import Origin, echo
from proxy import LOOPBACK, SECONDS, ProxyTest, until

ORIGIN = pathlib.Path(__file__).resolve().parent / "load_origin.py"
MIB = 1 << 20
# Types of frames.
DATA, RST_STREAM, GOAWAY, WINDOW_UPDATE = 0, 3, 7, 8


class LoadOrigin:
    def __init__(self, kind):
        self.process = subprocess.Popen([sys.executable, ORIGIN, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.authority = f"127.0.0.1:{int(self.process.stdout.readline())}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Taker:
    """Reads one connection for all its tunnels and counts the bytes of each; of HTTP/2 it takes the heads of frames apart."""

    # What is granted anew at a time, where windows are as large as they get.
    GRANT = 1 << 27

    def __init__(self, client, streams=None):
        self.sock = client.sock
        self.counts = {stream: 0 for stream in streams or [0]}
        # Bytes that were not granted again yet; those of the connection for 0.
        self.taken = {stream: 0 for stream in (0, *streams)} if streams else None
        # Small turns: who waits for one does not wait long.
        self.buffer = bytearray(1 << 16)
        self.view = memoryview(self.buffer)
        # Bytes of a frame that are still to come, and the beginning of a frame's head.
        self.left = 0
        self.head = b""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
        self.sock.setblocking(False)

    def take(self):
        try:
            count = self.sock.recv_into(self.buffer)
        except BlockingIOError:
            return
        if count == 0:
            raise AssertionError("a tunnel ended")
        if self.taken is None:
            self.counts[0] += count
        else:
            self.take_frames(count)

    def take_frames(self, count):
        at = min(self.left, count)
        self.left -= at
        while at < count:
            head = self.head + bytes(self.view[at : min(at + 9 - len(self.head), count)])
            at += len(head) - len(self.head)
            if len(head) < 9:
                self.head = head
                return
            self.head = b""
            length, kind = int.from_bytes(head[:3], "big"), head[3]
            if kind == DATA:
                stream = int.from_bytes(head[5:], "big")
                self.counts[stream] += length
                self.grant(stream, length)
                self.grant(0, length)
            elif kind in (RST_STREAM, GOAWAY):
                raise AssertionError(f"a frame of type {kind}")
            step = min(length, count - at)
            self.left = length - step
            at += step

    def grant(self, stream, length):
        self.taken[stream] += length
        if self.taken[stream] >= self.GRANT:
            self.sock.sendall(struct.pack("!BHBBII", 0, 4, WINDOW_UPDATE, 0, stream, self.taken[stream]))
            self.taken[stream] = 0


class Stalled(ProxyTest):
    """200 tunnels of clients that take what they get, half of them over HTTP/2, and with them now and then some that take nothing."""

    ARGUMENTS = (*LOOPBACK, "--max-connections", "128", "--max-tunnels", "256")
    HTTP_1, HTTP_2, ON_EACH = 100, 10, 10
    SECONDS = 1.0
    # Who else works on the machine makes rates differ from one second to the next: more rounds, then.
    ROUNDS, MORE = 4, 12

    def setUp(self):
        super().setUp()
        self.origin = self.enter(LoadOrigin("pour"))

    def test_others_keep_their_rate_and_memory_its_bound(self):
        empty = self.proxy.now()["rss"]
        self.open()
        self.measure(1.0)
        # With all their buffers in use, and nobody stalled.
        before = self.proxy.now()["rss"]
        self.largest, self.held = 0, []
        clean, stalled = [self.measure(self.SECONDS)], []
        while len(stalled) < self.ROUNDS or (self.kept(clean, stalled) < 0.92 and len(stalled) < self.MORE):
            stalled.append(self.with_stalled())
            clean.append(self.measure(self.SECONDS))
        kept = self.kept(clean, stalled)
        each = sorted(self.kept([[rates[index]] for rates in clean], [[rates[index]] for rates in stalled]) for index in range(200))
        bound = self.proxy.status()["limits"]["memory_bound"]
        print(
            f"\nstalled clients among 200 others: {statistics.median(map(sum, clean)) / MIB:.0f} MiB/s without, {statistics.median(map(sum, stalled)) / MIB:.0f} MiB/s with them; "
            f"{kept:.3f} of the rate is kept, of {len(stalled)} rounds; a tunnel keeps {each[0]:.2f} at least and {statistics.median(each):.2f} in the middle. "
            f"Resident memory: {empty / MIB:.1f} MiB without tunnels, {before / MIB:.1f} MiB with 200, {self.largest / MIB:.1f} MiB with the stalled ones as well, the bound being {bound / MIB:.0f} MiB. "
            f"A stalled tunnel holds {max(self.held)} bytes at most"
        )
        self.assertGreaterEqual(kept, 0.9)
        # None of them pays for all.
        self.assertGreaterEqual(each[0], 0.3)
        self.assertLess(self.largest, bound)
        self.assertLessEqual(max(self.held), 131072)

    def open(self):
        self.selector = self.enter(selectors.DefaultSelector())
        self.takers, starts = [], []
        for _ in range(self.HTTP_1):
            client = self.enter(H1(self.proxy.port))
            self.assertEqual(client.connect(self.origin.authority).status, 200)
            self.takers.append(Taker(client))
            starts.append(lambda client=client: client.send(b"x"))
        for _ in range(self.HTTP_2):
            client = self.enter(H2(self.proxy.port, window=LARGEST_WINDOW))
            streams = [client.connect(self.origin.authority)[0] for _ in range(self.ON_EACH)]
            self.takers.append(Taker(client, streams))
            starts += [lambda client=client, stream=stream: client.send(stream, b"x") for stream in streams]
        for taker in self.takers:
            self.selector.register(taker.sock, selectors.EVENT_READ, taker)
        self.assertEqual(self.proxy.now()["tunnels"], 200)
        for start in starts:
            start()

    def kept(self, clean, stalled):
        """Of the rate before and after: the median of all rounds."""
        sums, with_them = [sum(rates) for rates in clean], [sum(rates) for rates in stalled]
        return statistics.median(2 * rate / (before + after) for rate, before, after in zip(with_them, sums, sums[1:]))

    def with_stalled(self):
        """Rates with three who take nothing, whom everybody who looks can see."""
        with contextlib.ExitStack() as stack:
            clients = {client.address for client in self.three(stack)}

            def seen():
                return [tunnel for tunnel in self.proxy.tunnels() if tunnel["stalled_ms"] is not None and tunnel["client"] in clients]

            self.go_on_until(lambda: len(seen()) == 3)
            self.assertGreaterEqual(self.proxy.now()["stalled"], 3)
            self.assertGreaterEqual(self.proxy.metrics()["connect_proxy_tunnels_stalled"], 3)
            rates = self.measure(self.SECONDS)
            self.largest = max(self.largest, self.proxy.now()["rss"])
            self.held += [tunnel["held"] for tunnel in seen()]
            self.assertGreater(max(self.held), 0)
        self.go_on_until(lambda: self.proxy.now()["tunnels"] == 200)
        return rates

    def three(self, stack):
        """One of HTTP/1 and two of HTTP/2: one that grants nothing, and one that grants everything and does not read."""
        first = stack.enter_context(H1(self.proxy.port))
        self.assertEqual(first.connect(self.origin.authority).status, 200)
        first.send(b"x")
        second = stack.enter_context(H2(self.proxy.port, window=65535))
        third = stack.enter_context(H2(self.proxy.port, window=LARGEST_WINDOW))
        for client in (second, third):
            client.send(client.connect(self.origin.authority)[0], b"x")
        return first, second, third

    def go_on_until(self, look):
        """The others are served meanwhile."""
        end = time.monotonic() + SECONDS
        while not look():
            self.assertLess(time.monotonic(), end, self.proxy.now())
            self.measure(0.1)

    def measure(self, seconds):
        """Bytes a second that each tunnel brings meanwhile."""
        before = [count for taker in self.takers for count in taker.counts.values()]
        start = now = time.monotonic()
        while now < start + seconds:
            for key, _ in self.selector.select(start + seconds - now):
                key.data.take()
            now = time.monotonic()
        after = [count for taker in self.takers for count in taker.counts.values()]
        return [(one - other) / (now - start) for one, other in zip(after, before)]


class Many(ProxyTest):
    ARGUMENTS = (*LOOPBACK, "--max-connections", "2048", "--max-tunnels", "2048")
    TUNNELS = 2000

    def setUp(self):
        super().setUp()
        self.origin = self.enter(LoadOrigin("echo"))

    def idle(self, title, opened):
        """Opens tunnels, uses each, and says what each costs."""
        before = self.proxy.now()["rss"]
        started = time.monotonic()
        tunnels = opened()
        took = time.monotonic() - started
        self.assertEqual(len(tunnels), self.TUNNELS)
        status = self.proxy.status()
        self.assertEqual((status["now"]["tunnels"], status["now"]["stalled"], status["now"]["held"]), (self.TUNNELS, 0, 0))
        self.assertEqual(len(status["tunnels"]), 500)
        self.assertEqual(status["tunnels_shown"], 500)
        # Each of them works while all are open.
        for index, (send, receive) in enumerate(tunnels):
            word = b"%06d" % index
            send(word)
            self.assertEqual(receive(6), word)
        self.assertEqual(self.proxy.now()["tunnels"], self.TUNNELS)
        growth = self.proxy.now()["rss"] - before
        bound = status["limits"]["memory_bound"]
        print(
            f"\n{self.TUNNELS} tunnels over {title}, opened in {took:.1f} s: {growth / self.TUNNELS / 1024:.1f} KiB of resident memory for an idle one, "
            f"{(before + growth) / MIB:.0f} MiB in all, the bound being {bound / MIB:.0f} MiB"
        )
        self.assertLess(before + growth, bound)

    def test_idle_tunnels_over_http_1_cost_little(self):
        def opened():
            tunnels = []
            for _ in range(self.TUNNELS):
                client = self.enter(H1(self.proxy.port))
                self.assertEqual(client.connect(self.origin.authority).status, 200)
                tunnels.append((client.send, client.receive))
            return tunnels

        self.idle("HTTP/1", opened)

    def test_idle_tunnels_over_http_2_cost_little(self):
        def opened():
            tunnels = []
            for _ in range(self.TUNNELS // 100):
                client = self.enter(H2(self.proxy.port))
                for _ in range(100):
                    number, stream = client.connect(self.origin.authority)
                    self.assertEqual(stream.status, 200)
                    tunnels.append((lambda data, client=client, number=number: client.send(number, data), lambda count, client=client, number=number: client.receive(number, count)))
            return tunnels

        self.idle("HTTP/2, 100 on a connection", opened)


class AllStalled(ProxyTest):
    """Nobody takes anything while the other side pours: what that costs is known beforehand."""

    ARGUMENTS = (*LOOPBACK, "--max-connections", "64", "--max-tunnels", "256")
    TUNNELS = 200

    def test_memory_stays_within_the_bound_of_each(self):
        origin = self.enter(LoadOrigin("pour"))
        before = self.proxy.now()["rss"]
        for _ in range(self.TUNNELS // 20):
            # The windows are open, and nobody reads the socket.
            client = self.enter(H2(self.proxy.port, window=LARGEST_WINDOW))
            for number in [client.connect(origin.authority)[0] for _ in range(20)]:
                client.send(number, b"x")
        until(lambda: self.proxy.now()["stalled"] == self.TUNNELS, lambda: self.proxy.now(), SECONDS)
        status = self.proxy.status()
        held = [tunnel["held"] for tunnel in status["tunnels"]]
        growth = status["now"]["rss"] - before
        bound = status["limits"]["memory_bound"]
        print(
            f"\n{self.TUNNELS} stalled tunnels: {growth / self.TUNNELS / 1024:.1f} KiB of resident memory for each, of which {sum(held) / self.TUNNELS / 1024:.1f} KiB are held; "
            f"{status['now']['rss'] / MIB:.0f} MiB in all, the bound being {bound / MIB:.0f} MiB"
        )
        self.assertLessEqual(max(held), 131072)
        self.assertEqual(status["now"]["held"], sum(held))
        self.assertLess(status["now"]["rss"], bound)
        # A send buffer, a buffer each way, and as much again for all that is about them.
        self.assertLess(growth / self.TUNNELS, 2 * (131072 + 2 * 16384))
        self.stays(status["now"]["rss"])

    def test_uploads_that_no_target_reads_stay_within_the_bound(self):
        # The kernel takes megabytes for each, so fewer of them do.
        origin = self.enter(LoadOrigin("ignore"))
        before = self.proxy.now()["rss"]
        client = self.enter(H2(self.proxy.port))
        numbers = [client.connect(origin.authority)[0] for _ in range(20)]
        block = bytes(16384)

        def fill():
            windows = {number: client.h2.local_flow_control_window(number) for number in numbers}
            for number in numbers:
                size = min(client.h2.local_flow_control_window(number), len(block))
                if size:
                    client.send(number, block[:size])
            client.sock.settimeout(0.1)
            try:
                client.pump()
            except socket.timeout:
                return not any(windows.values()) and self.proxy.now()["stalled"] == len(numbers)
            finally:
                client.sock.settimeout(SECONDS)

        until(fill, lambda: self.proxy.now(), 2 * SECONDS)
        now = self.proxy.now()
        print(f"\n{len(numbers)} uploads that stalled on a connection: resident memory grows by {(now['rss'] - before) / 1024:.0f} KiB")
        # A window and a copy buffer each, and as much again for all that is about them.
        self.assertLess(now["rss"] - before, 2 * len(numbers) * (64 + 16) * 1024 + MIB)
        # They take nothing from another upload of the connection.
        with Origin(echo) as other:
            number, _ = client.connect(other.authority)
            client.send(number, b"still here")
            self.assertEqual(client.receive(number, 10), b"still here")
        self.stays(now["rss"])

    def stays(self, rss):
        later = []
        until(lambda: later.append(self.proxy.now()["rss"]) or len(later) == 50, "fifty looks", SECONDS)
        self.assertLess(later[-1] - rss, 2 * MIB)
