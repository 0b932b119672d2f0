"""Debian's chromium, headless, driven through its DevTools protocol over a WebSocket: for tests of pages.

One browser with a profile of its own, one page in it. Ended by its own process, never by name.
"""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

import aiohttp
import pytest

CHROMIUM = "/usr/bin/chromium"
needs_browser = pytest.mark.skipif(not shutil.which(CHROMIUM), reason=f"there is no browser at {CHROMIUM}")

LAPTOP, DESKTOP, PHONE = (1366, 768), (1920, 1080), (390, 844)

_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --hide-scrollbars --disable-dev-shm-usage --mute-audio"
)
_START = 40.0
_CALL = 30.0
_TICK = 0.1


class Browser:
    """One page. Calls of the protocol raise AssertionError for what the browser refuses."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reading = asyncio.ensure_future(self._read())
        self._session = ""
        #: What scripts complained of: uncaught errors, and errors on the console.
        self.complaints: list[str] = []

    @classmethod
    async def attached(cls, socket: aiohttp.ClientWebSocketResponse) -> Self:
        """The browser's page, ready to be sent somewhere."""
        browser = cls(socket)
        target = await browser.call("Target.createTarget", url="about:blank")
        session = await browser.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        browser._session = session["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            await browser.call(f"{domain}.enable")
        return browser

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One call of the protocol, and its result."""
        self._number += 1
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[self._number] = answer
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        await self._socket.send_json(message | ({"sessionId": self._session} if self._session else {}))
        told = await asyncio.wait_for(answer, _CALL)
        assert "error" not in told, f"{method}: {told['error']}"
        result: dict[str, Any] = told["result"]
        return result

    async def look(self, size: tuple[int, int] = LAPTOP, *, dark: bool = False) -> None:
        """Be a window of `size` CSS pixels, in a light or dark theme."""
        width, height = size
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=size == PHONE,
        )
        theme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.call("Emulation.setEmulatedMedia", features=theme)

    async def go(self, address: str) -> None:
        """Open a page and wait until it has been read."""
        await self.call("Page.navigate", url=address)
        await self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression (awaited), as JSON carries it."""
        told = await self.call(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    async def until(self, expression: str, seconds: float = 30.0) -> Any:
        """Ask until the answer is true; the answer."""
        end = asyncio.get_running_loop().time() + seconds
        while not (found := await self.ask(expression)):
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(f"waited {seconds:g} s in vain for {expression}")
            await asyncio.sleep(_TICK)
        return found

    async def click(self, selector: str) -> None:
        """Click the first element of a CSS selector."""
        await self.ask(f"document.querySelector({json.dumps(selector)}).click()")

    async def type(self, selector: str, words: str) -> None:
        """Put the focus on a field and type into it."""
        await self.ask(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.call("Input.insertText", text=words)

    async def press(self, key: str, code: int) -> None:
        """Press and release a key, by its name and its Windows virtual code."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            await self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text
            )

    async def screenshot(self, path: Path) -> None:
        """What is seen now, as a PNG."""
        shot = await self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))

    async def close(self) -> None:
        """Stop reading."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._socket.close()

    async def _read(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                answer = self._answers.pop(told["id"])
                if not answer.done():
                    answer.set_result(told)
            else:
                self._note(told.get("method", ""), told.get("params", {}))

    def _note(self, method: str, told: Mapping[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            details = told["exceptionDetails"]
            self.complaints.append(str(details.get("exception", {}).get("description", details["text"])))
        elif method == "Log.entryAdded" and told["entry"]["level"] == "error":
            entry = told["entry"]
            self.complaints.append(f"{entry['text']} {entry.get('url', '')}")


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Browser]:
    """A browser with an empty profile in `folder`, ended on leaving."""
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *_FLAGS.split(),
        "--remote-debugging-port=0",
        f"--user-data-dir={folder / 'profile'}",
        "about:blank",
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
    )
    try:
        address = await asyncio.wait_for(_address(process), _START)
        async with (
            aiohttp.ClientSession(trust_env=False) as session,
            session.ws_connect(address, max_msg_size=0) as socket,
        ):
            browser = await Browser.attached(socket)
            try:
                yield browser
            finally:
                await browser.close()
    finally:
        await _end(process)


async def _address(process: Process) -> str:
    assert process.stderr is not None
    while line := (await process.stderr.readline()).decode():
        if "DevTools listening on " in line:
            return line.rpartition(" ")[2].strip()
    raise AssertionError("the browser did not start")


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.communicate(), 10)
    except TimeoutError:
        process.kill()
        await process.communicate()
