"""Headless Chromium, driven by its driver as the W3C's WebDriver has it."""

import base64
import contextlib
import http.client
import json
import re
import shutil
import subprocess
import tempfile
import threading

from proxy import SECONDS

# No requests but the tests' own.
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --disable-dev-shm-usage"
).split()


class Browser:
    """A browser with an empty profile, until the end of the `with` block."""

    def __init__(self, *flags):
        self.profile = tempfile.mkdtemp()
        self.driver = subprocess.Popen([shutil.which("chromedriver"), "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        watchdog = threading.Timer(SECONDS, self.driver.kill)
        watchdog.start()
        self.session = None
        try:
            for line in self.driver.stdout:
                match = re.search(r"started successfully on port (\d+)", line)
                if match:
                    self.port = int(match[1])
                    break
            else:
                raise AssertionError("chromedriver does not start")
            options = {"args": [*FLAGS, f"--user-data-dir={self.profile}", *flags], "binary": shutil.which("chromium")}
            wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}, "timeouts": {"pageLoad": SECONDS * 500, "script": SECONDS * 500}}
            self.session = self.command("POST", "/session", {"capabilities": {"alwaysMatch": wanted}}, whole=True)["sessionId"]
        except BaseException:
            self.close()
            raise
        finally:
            watchdog.cancel()

    def command(self, method, path, body=None, whole=False):
        if self.session and not whole:
            path = f"/session/{self.session}{path}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body), {"content-type": "application/json"})
            response = connection.getresponse()
            value = json.loads(response.read())["value"]
        if response.status != 200:
            raise AssertionError(f"{value.get('error')}: {value.get('message')}")
        return value

    def open(self, url):
        self.command("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """What a function body returns."""
        return self.command("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        """What a function body hands to its last argument."""
        return self.command("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def devtools(self, command, **parameters):
        """A command of the DevTools protocol."""
        return self.command("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def screen(self, width, height, scheme="light"):
        """Gives the page a screen, and what its owner likes."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, whole=False):
        """A PNG of what is to be seen, or of the whole page."""
        shot = self.devtools("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(shot["data"])

    def complaints(self):
        """What the console got to hear since it was asked last."""
        return [entry["message"] for entry in self.command("POST", "/se/log", {"type": "browser"})]

    def close(self):
        if self.session:
            with contextlib.suppress(Exception):
                self.command("DELETE", "")
        self.driver.terminate()
        try:
            self.driver.wait(SECONDS / 2)
        except subprocess.TimeoutExpired:
            self.driver.kill()
            self.driver.wait()
        self.driver.stdout.close()
        # Helpers of the browser may still write to it.
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
