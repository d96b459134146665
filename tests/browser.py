"""Open a page in a real, headless browser and tell what it shows.

The browser is driven by its own debugging protocol over two pipes: nothing is installed beside it, no port is opened,
and a window as narrow as a phone's is truly that narrow.
"""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NoReturn

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-first-run",
    # No name but the machine's own is ever looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
)
_TIMEOUT_SECONDS = 60.0
_STEP_SECONDS = 0.05
_PHONE_WIDTH = 600
_READY = "document.readyState === 'complete' && document.documentElement.dataset.figures !== 'pending'"


@dataclass(frozen=True)
class PageVisit:
    """What a visit to a page showed.

    Attributes:
        dom: the document after its scripts have run, as HTML.
        console_errors: errors and warnings of the console, uncaught exceptions and refused loads.
        screenshot_path: a PNG of ``width`` x ``height`` pixels beside the page.
        requests: addresses the page asked for, its own not counted.
        scroll_width: the width of the content in pixels; more than the window's means sideways scrolling.
        answer: what ``probe`` gave.
    """

    dom: str
    console_errors: tuple[str, ...]
    screenshot_path: Path
    requests: tuple[str, ...]
    scroll_width: int
    answer: Any


def open_page(
    path: Path,
    *,
    width: int,
    height: int,
    scheme: Literal["light", "dark"] = "light",
    probe: str = "null",
    has_scripts: bool = True,
) -> PageVisit:
    """Open a file in a headless browser, wait until its figures are drawn, and look.

    Args:
        path: an HTML file.
        width: of the window, in pixels.
        height: of the window, in pixels.
        scheme: what ``prefers-color-scheme`` says.
        probe: a JavaScript expression, evaluated once the page is ready; a promise is awaited.
        has_scripts: whether the page may run scripts.

    Returns:
        What the page shows. Skips the test where no browser is installed; fails it where ``CI`` is "true".
    """
    shot = path.with_name(f"{path.stem}-{width}-{scheme}{'' if has_scripts else '-noscript'}.png")
    with _browser() as browser:
        browser.watch_page()
        phone = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < _PHONE_WIDTH}
        browser.call("Emulation.setDeviceMetricsOverride", **phone)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.call("Emulation.setEmulatedMedia", features=features)
        browser.call("Emulation.setScriptExecutionDisabled", value=not has_scripts)
        browser.call("Page.navigate", url=path.resolve().as_uri())
        browser.wait_until(_READY)
        answer = browser.evaluate(probe)
        shot.write_bytes(base64.b64decode(browser.call("Page.captureScreenshot", format="png")["data"]))
        return PageVisit(
            dom=browser.evaluate("document.documentElement.outerHTML"),
            console_errors=tuple(browser.errors),
            screenshot_path=shot,
            requests=tuple(url for url in browser.requests if not url.startswith(("data:", path.resolve().as_uri()))),
            scroll_width=browser.evaluate("document.documentElement.scrollWidth"),
            answer=answer,
        )


@dataclass
class _Browser:
    write_fd: int
    read_fd: int
    deadline: float
    session: str | None = None
    last_id: int = 0
    unread: bytes = b""
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch_page(self) -> None:
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self.last_id += 1
        message: dict[str, Any] = {"id": self.last_id, "method": method, "params": params}
        if self.session is not None:
            message["sessionId"] = self.session
        os.write(self.write_fd, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next_message()
            if answer.get("id") == self.last_id:
                assert "error" not in answer, f"{method}: {answer['error']['message']}"
                return answer["result"]

    def evaluate(self, expression: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, f"{expression}: {answer['exceptionDetails']}"
        return answer["result"].get("value")

    def wait_until(self, condition: str) -> None:
        while not (self.evaluate("location.protocol") == "file:" and self.evaluate(condition)):
            assert time.monotonic() < self.deadline, f"The page was not ready in time: {condition}"
            time.sleep(_STEP_SECONDS)

    def _next_message(self) -> dict[str, Any]:
        while b"\0" not in self.unread:
            left = self.deadline - time.monotonic()
            assert left > 0, "The browser did not answer in time."
            if not select.select([self.read_fd], [], [], left)[0]:
                continue
            chunk = os.read(self.read_fd, 1 << 16)
            assert chunk, "The browser ended before it answered."
            self.unread += chunk
        first, self.unread = self.unread.split(b"\0", 1)
        message: dict[str, Any] = json.loads(first)
        self._note(message.get("method"), message.get("params", {}))
        return message

    def _note(self, method: str | None, params: dict[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.errors.append(" ".join(str(part.get("value", part)) for part in params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.errors.append(params["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])


@contextmanager
def _browser() -> Iterator[_Browser]:
    binary = _find_binary()
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    with tempfile.TemporaryDirectory(prefix="evergreen-browser-", ignore_cleanup_errors=True) as profile:
        # The protocol speaks over descriptors 3 and 4, which Python cannot hand over under those numbers itself.
        wire = f'exec "$@" 3</dev/fd/{to_read} 4>/dev/fd/{from_write}'
        process = subprocess.Popen(
            ["sh", "-c", wire, "sh", binary, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(to_read, from_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_read)
        os.close(from_write)
        try:
            yield _Browser(to_write, from_read, time.monotonic() + _TIMEOUT_SECONDS)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=_TIMEOUT_SECONDS)
            os.close(to_write)
            os.close(from_read)


def _find_binary() -> str:
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    return found if found is not None else _refuse()


def _refuse() -> NoReturn:
    missing = f"no chromium on this machine (looked for {', '.join(_NAMES)}); install one to see the pages"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)
