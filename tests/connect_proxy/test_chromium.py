"""Headless Chromium: through the proxy to a page, and at the proxy's own page."""

import socket

import certificates
from browser import Browser
from h1_client import H1, basic
from h2_client import H2
from origins import Origin, WebServer, WebSocketEcho, echo, ignore, pour
from proxy import LOOPBACK, Proxy, ProxyTest, Test, until

ECHO = """
const [url, done] = arguments;
const socket = new WebSocket(url, 'echo.test');
socket.binaryType = 'arraybuffer';
const got = [];
socket.onopen = () => { socket.send('hello'); socket.send(new Uint8Array(100000).fill(7)); };
socket.onmessage = ({ data }) => {
  got.push(typeof data === 'string' ? data : [data.byteLength, new Uint8Array(data).every((byte) => byte === 7)]);
  if (got.length === 2) socket.close(1000);
};
socket.onclose = ({ code }) => done({ got, code, protocol: socket.protocol });
"""


class Through(ProxyTest):
    """The browser's proxy is ours, by TLS and so over HTTP/2, for loopback too."""

    def setUp(self):
        super().setUp()
        # The two keys of these tests, and no others, are good without an authority that browsers know.
        pins = ",".join(certificates.key_pin(name) for name in ("server", "renewed"))
        flags = (f"--proxy-server=https://localhost:{self.proxy.tls_port}", "--proxy-bypass-list=<-loopback>", f"--ignore-certificate-errors-spki-list={pins}")
        self.browser = self.enter(Browser(*flags))

    def test_pages_and_websockets_come_through(self):
        origin = self.enter(WebServer(certificates.serving("renewed")))
        self.browser.open(f"https://localhost:{origin.port}/page")
        until(lambda: self.browser.command("GET", "/title") == "loaded", "the page's script")
        self.assertEqual(self.browser.run("return document.getElementById('text').textContent"), "hello from the origin")
        size = self.browser.run_async("fetch('/big').then((answer) => answer.arrayBuffer()).then((all) => arguments[0](all.byteLength))")
        self.assertEqual(size, len(origin.server.RequestHandlerClass.BIG))
        tunnels = [tunnel for tunnel in self.proxy.tunnels() if tunnel["target"] == f"localhost:{origin.port}"]
        self.assertTrue(tunnels)
        self.assertEqual({(tunnel["protocol"], tunnel["kind"]) for tunnel in tunnels}, {("h2", "connect")})

        for tls, scheme in ((certificates.serving("renewed"), "wss"), (None, "ws")):
            with WebSocketEcho(tls) as chat:
                # A page that came by TLS may not use `ws`, except to loopback.
                seen = self.browser.run_async(ECHO, f"{scheme}://localhost:{chat.port}/chat")
                self.assertEqual(seen, {"got": ["hello", [100000, True]], "code": 1000, "protocol": "echo.test"})
                self.assertEqual(chat.paths, ["/chat"])
        metrics = self.proxy.metrics()
        self.assertGreaterEqual(metrics['connect_proxy_tunnels_total{kind="connect",protocol="h2"}'], 3)
        self.assertEqual({name: value for name, value in metrics.items() if name.startswith("connect_proxy_tunnels_total") and '"h1"' in name and value}, {})

        plain = self.enter(WebServer())
        self.browser.open(f"http://localhost:{plain.port}/page")
        until(lambda: self.browser.command("GET", "/title") == "loaded", "the page's script")
        self.assertGreaterEqual(self.proxy.metrics()['connect_proxy_forwarded_total{status="200"}'], 2)
        self.browser.close()

    def test_a_refused_target_is_no_page(self):
        with self.assertRaisesRegex(AssertionError, "ERR_TUNNEL_CONNECTION_FAILED"):
            self.browser.open("https://10.0.0.1/")
        self.browser.close()


class Page(Test):
    """`GET /` on the admin address."""

    USER = "<b>eve</b>&amp;"

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()

    def setUp(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.admin = f"127.0.0.1:{free.getsockname()[1]}"
        self.browser.complaints()
        self.browser.screen(1280, 800)

    def start(self, *arguments):
        # An admin address that the next proxy can have, too.
        proxy = Proxy(*LOOPBACK, *arguments, "--credentials", f"{self.USER}:word", admin=self.admin)
        self.addCleanup(proxy.close)
        return proxy

    def text(self, selector):
        return self.browser.run("const found = document.querySelector(arguments[0]); return found ? found.innerText : null", selector)

    def wait(self, selector, *parts):
        """Until an element says all of it."""
        return until(lambda: (text := self.text(selector)) is not None and all(part in text for part in parts) and text, lambda: f"{selector} says {self.text(selector)!r}")

    def figures(self):
        return self.browser.run(
            "return Object.fromEntries([...document.querySelectorAll('#figures > div')].map((box) => [box.querySelector('dt').textContent, box.querySelector('.value').textContent]))"
        )

    def field(self):
        return f"Proxy-Authorization: {basic(self.USER, 'word')}"

    def test_it_shows_tunnels_stalled_ones_first(self):
        proxy = self.start()
        quiet, loud = self.enter(Origin(ignore)), self.enter(Origin(pour))
        idle = self.enter(H1(proxy.port))
        self.assertEqual(idle.connect(quiet.authority, self.field()).status, 200)
        stalled = self.enter(H2(proxy.tls_port, tls=certificates.trusting("h2"), grant=False))
        name, value = self.field().split(": ")
        self.assertEqual(stalled.connect(f"localhost:{loud.port}", (name.lower(), value))[1].status, 200)
        refused = self.enter(H1(proxy.port))
        refused.connect("nobody.invalid:443", self.field())
        self.browser.open(f"http://{self.admin}/")
        self.wait("#state", "serving")
        first = self.wait("#tunnels tr.stalled", "h2 connect", f"localhost:{loud.port}")
        # What users are called is text.
        self.assertIn(f"as {self.USER}", first)
        self.assertIsNone(self.text("main b"))
        self.assertIn(stalled.address, first)
        self.assertIn(f"127.0.0.1:{loud.port}", first)
        rows = self.browser.run("return [...document.querySelectorAll('#tunnels tr')].map((row) => [row.className, row.innerText])")
        self.assertEqual([kind for kind, _ in rows], ["stalled", ""])
        self.assertIn(quiet.authority, rows[1][1])
        self.assertIn("2 of 2 open tunnels", self.text("#shown"))
        self.wait("#refused", "dns_error 1")
        figures = self.figures()
        self.assertEqual((figures["Tunnels"], figures["Stalled"]), ("2", "1"))
        self.assertRegex(figures["Memory"], r"^\d+(\.\d)? MiB$")
        self.assertRegex(figures["Held"], r"^\d+(\.\d)? KiB$")
        until(lambda: self.browser.run("return [...document.querySelectorAll('#charts svg')].every((chart) => chart.querySelector('path.first'))"), "lines in charts")
        labels = self.browser.run("return [...document.querySelectorAll('#charts svg')].map((chart) => chart.getAttribute('aria-label'))")
        self.assertTrue(labels[0].startswith("Resident memory: resident ") and labels[2].startswith("Rates: to clients "), labels)

        # What the filter and the order say.
        self.browser.run("const filter = document.getElementById('filter'); filter.value = 'localhost'; filter.dispatchEvent(new Event('input'))")
        self.assertIn("1 of 2 open tunnels", self.text("#shown"))
        self.browser.run("const filter = document.getElementById('filter'); filter.value = ''; filter.dispatchEvent(new Event('input'))")
        self.browser.run("const order = document.getElementById('order'); order.value = 'age_ms'; order.dispatchEvent(new Event('change'))")
        self.assertIn(quiet.authority, self.text("#tunnels tr"))

        stalled.close()
        self.wait("#shown", "1 of 1 open tunnel")
        until(lambda: self.figures()["Stalled"] == "0", self.figures)
        self.assertEqual(self.browser.complaints(), [])

    def test_it_asks_nobody_else_and_runs_nothing_else(self):
        proxy = self.start()
        status, headers, body = proxy.ask("/")
        self.assertEqual((status, headers["content-type"]), (200, "text/html; charset=utf-8"))
        policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";") if part.strip())
        self.assertEqual((policy["default-src"], policy["connect-src"]), ("'none'", "'self'"))
        for name in ("script-src", "style-src"):
            self.assertRegex(policy[name], r"^'sha256-[A-Za-z0-9+/]{43}='$")
        self.assertEqual((policy["frame-ancestors"], policy["base-uri"]), ("'none'", "'none'"))
        self.assertNotIn(b"http://", body.replace(b"http://www.w3.org/2000/svg", b""))
        self.assertNotIn(b"https://", body)
        self.browser.open(f"http://{self.admin}/")
        self.wait("#state", "serving")
        asked = set(self.browser.run("return performance.getEntriesByType('resource').map((entry) => entry.name)"))
        self.assertEqual({url for url in asked if not url.startswith("data:")}, {f"http://{self.admin}/status.json"})
        self.assertEqual(self.browser.complaints(), [])
        # Another script than its own is none.
        self.browser.run("const script = document.createElement('script'); script.textContent = 'document.title = \"taken\"'; document.body.append(script)")
        self.assertNotEqual(self.browser.command("GET", "/title"), "taken")
        self.assertTrue(any("Content Security Policy" in complaint for complaint in self.browser.complaints()))

    def test_it_is_readable_on_a_phone_and_in_the_dark(self):
        proxy = self.start()
        origin = self.enter(Origin(echo))
        for _ in range(3):
            client = self.enter(H1(proxy.port))
            client.connect(origin.authority, self.field())
        self.browser.open(f"http://{self.admin}/")
        self.wait("#shown", "3 of 3")
        for width in (360, 1280):
            for scheme in ("light", "dark"):
                self.browser.screen(width, 800, scheme)
                until(lambda: self.browser.run("return document.documentElement.scrollWidth <= innerWidth"), f"no wider than {width}")
                ink, ground = self.browser.run("const style = getComputedStyle(document.body); return [style.color, style.backgroundColor]")
                self.assertGreater(contrast(ink, ground), 7)
                self.assertEqual(luminance(ground) > 0.5, scheme == "light")
                quiet = self.browser.run("return getComputedStyle(document.querySelector('dt.quiet')).color")
                self.assertGreater(contrast(quiet, ground), 4.5)
                self.assertTrue(self.browser.picture().startswith(b"\x89PNG"))
        # It stays a table for those to whom it is read.
        self.browser.screen(360, 800)
        tree = self.browser.devtools("Accessibility.getFullAXTree")["nodes"]
        roles = [node["role"]["value"] for node in tree if not node.get("ignored")]
        self.assertEqual((roles.count("table"), roles.count("columnheader"), roles.count("rowheader")), (1, 9, 3))
        self.assertEqual(self.browser.complaints(), [])

    def test_a_proxy_that_is_gone_is_said_to_be_with_what_was_open(self):
        proxy = self.start()
        origin = self.enter(Origin(echo))
        client = self.enter(H1(proxy.port))
        client.connect(origin.authority, self.field())
        self.browser.open(f"http://{self.admin}/")
        self.wait("#shown", "1 of 1 open tunnel")
        proxy.process.kill()
        proxy.process.wait()
        self.wait("#state", "gone")
        self.wait("#notice", "has not answered since", "1 tunnel on")
        self.assertIn(origin.authority, self.text("#tunnels"))
        self.start()
        self.wait("#state", "serving")
        self.wait("#notice", "started anew", "1 tunnel on", "are lost")
        self.wait("#shown", "no tunnel is open")

    def test_a_proxy_that_drains_is_said_to(self):
        proxy = self.start()
        origin = self.enter(Origin(echo))
        client = self.enter(H1(proxy.port))
        client.connect(origin.authority, self.field())
        self.browser.open(f"http://{self.admin}/")
        self.wait("#state", "serving")
        proxy.terminate()
        self.wait("#state", "draining")
        self.wait("#notice", "tunnels go on")
        client.close()
        self.assertEqual(proxy.wait(), 0)


def luminance(colour):
    """Of `rgb(..)`, as WCAG 2 has it."""
    parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
