"""A headless Chromium for tests, driven by the DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import threading

from collections import defaultdict
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import IO

import aiohttp


__all__ = ["CHROMIUM", "Tab", "browser", "open_tab"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

# Nothing that a browser does on its own behalf: no updates, no probes, no reports.
_ARGUMENTS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "about:blank",
)
_PATIENCE = 20.0


class Tab:
    """One page of the browser, and what it was seen to do."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future] = {}
        self._waiting: dict[str, list[asyncio.Future]] = defaultdict(list)
        self.requests: list[str] = []
        self.complaints: list[str] = []

    async def read(self) -> None:
        """Take what the browser says until it hangs up."""
        async for message in self._socket:
            told = message.json()
            if (number := told.get("id")) is not None:
                self._answers.pop(number).set_result(told)
            else:
                self._note(told["method"], told["params"])

    async def call(self, method: str, **params):
        """Send a command and return its result."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        told = await answer
        assert "error" not in told, told["error"]
        return told["result"]

    async def run(self, script: str):
        """Return what the expression *script* is in the page, promises awaited."""
        told = await self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    async def show(self, url: str, *, width: int = 1280, height: int = 900) -> None:
        """Load *url* in a window of that many CSS pixels and wait until it is drawn."""
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self.call(f"{domain}.enable")
        await self.resize(width, height)
        loaded = asyncio.get_running_loop().create_future()
        self._waiting["Page.loadEventFired"].append(loaded)
        await self.call("Page.navigate", url=url)
        await loaded
        await self.settle()

    async def resize(self, width: int, height: int) -> None:
        """Give the window that many CSS pixels."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def scheme(self, name: str) -> None:
        """Prefer the ``light`` or the ``dark`` colours."""
        features = [{"name": "prefers-color-scheme", "value": name}]
        await self.call("Emulation.setEmulatedMedia", features=features)
        await self.settle()

    async def settle(self) -> None:
        """Wait for two frames: one to lay out, one to draw."""
        await self.run(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    async def press(self, key: str, code: int, text: str = "") -> None:
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            await self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                text=text if kind == "keyDown" else "",
            )
        await self.settle()

    async def screenshot(self, *, whole: bool = True) -> bytes:
        """Return a PNG of the page."""
        told = await self.call(
            "Page.captureScreenshot", format="png", captureBeyondViewport=whole
        )
        return base64.b64decode(told["data"])

    async def pdf(self) -> bytes:
        """Return the page as it is printed."""
        told = await self.call(
            "Page.printToPDF", printBackground=True, paperWidth=8.27, paperHeight=11.69
        )
        return base64.b64decode(told["data"])

    def _note(self, method: str, params: dict) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in {"error", "warning"}:
            self.complaints.append(str(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(params["entry"]["text"])
        for waiting in self._waiting.pop(method, ()):
            waiting.set_result(params)


@asynccontextmanager
async def open_tab(port: int, *, patience: float = _PATIENCE):
    """Yield a new tab of the browser that listens on *port*, and close it."""
    async with (
        asyncio.timeout(patience),
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        async with session.put("/json/new?about:blank") as response:
            target = await response.json()
        async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            tab = Tab(socket)
            reader = asyncio.create_task(tab.read())
            try:
                yield tab
            finally:
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)
        async with session.get(f"/json/close/{target['id']}") as response:
            assert response.ok


@contextmanager
def browser():
    """Start a browser, yield its port, and leave no process of it behind."""
    with (
        tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile,
        subprocess.Popen(  # noqa: S603 - the machine's own browser
            [CHROMIUM, f"--user-data-dir={profile}", *_ARGUMENTS],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "HOME": profile, "XDG_CONFIG_HOME": profile},
            start_new_session=True,
        ) as process,
    ):
        # The whole group: its renderers and helpers too.
        end = partial(os.killpg, process.pid, signal.SIGKILL)
        guard = threading.Timer(_PATIENCE, end)
        guard.start()
        try:
            port = _port(process.stderr)
            guard.cancel()
            # Nobody reads what else it says, but its pipe must not fill.
            drain = threading.Thread(target=process.stderr.read)
            drain.start()
            yield port
        finally:
            guard.cancel()
            with contextlib.suppress(ProcessLookupError):
                end()
        drain.join()


def _port(stderr: IO[bytes]) -> int:
    for line in stderr:
        if b"DevTools listening on ws://" in line:
            return int(line.split(b":")[2].split(b"/")[0])
    raise AssertionError("Chromium ended before it listened")
