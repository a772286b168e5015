"""The Chromium of the system, started without a window, without a network, and with everything it writes in a folder that is removed with it.

Place in the flow: below ``browser``, which says what is printed and drawn. Here is only how commands reach the browser: through a pipe, by
choreographer, on a thread with an event loop of its own, so that callers need none and may run inside one (as JupyterLab does). Nothing is
fetched: names and addresses lead nowhere, and each page is told that it is offline.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import threading
from collections.abc import AsyncIterator, Coroutine, MutableMapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import ArgumentError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "microsoft-edge-stable", "msedge")
STARTING, STOPPING = 60, 20  # seconds
SOCKET = 60  # letters of a folder's path: it must leave room for the name of a socket, of which systems take about a hundred
# what choreographer sets and pages made from other people's words need not have
DROPPED = ("--disable-web-security", "--allow-file-access-from-files", "--enable-logging=stderr")
QUIET = (
    "--disable-background-networking",
    "--disable-component-extensions-with-background-pages",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-crash-reporter",
    "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider",
    "--no-pings",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://127.0.0.1:9",  # nobody listens there: what is asked by its address gets nowhere either
    "--proxy-bypass-list=<-loopback>",
)


def find_browser() -> str:
    """Path of the Chromium, Chrome or Edge of this machine; ``BROWSER_PATH`` goes first."""
    asked = os.environ.get("BROWSER_PATH")
    found = next(filter(None, map(shutil.which, [asked] if asked else NAMES)), None)
    if not found and not asked:
        from choreographer.browsers import Chromium

        found = Chromium.find_browser(skip_local=True)  # where Windows and macOS keep them
    if not found:
        raise ArgumentError("no_browser", expected="Chromium, Chrome, Edge", found=asked or "–")
    return str(found)


class Connection:
    """One started browser. ``run`` carries out what is asked of it and waits."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = str(folder) if folder else None  # for the profile; by default the one for temporary files
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="browser", daemon=True)
        self._browser: Any = None

    def start(self) -> None:
        """Start it; where the machine allows no sandbox, without one."""
        logging.getLogger("choreographer").setLevel(logging.CRITICAL)  # what goes wrong is raised
        path, root = find_browser(), hasattr(os, "geteuid") and os.geteuid() == 0
        self._thread.start()
        for sandbox in [False] if root else [True, False]:
            try:
                self.run(self._open(path, sandbox), STARTING)
                return
            except ArgumentError:
                self._close()
                if not sandbox:
                    self.stop()
                    raise

    async def _open(self, path: str, sandbox: bool) -> None:
        import choreographer

        self._browser = choreographer.Browser(path, browser_cls=_offline(), enable_sandbox=sandbox, tmp_dir=self._folder)
        await self._browser.open()
        if not self._browser.tabs:
            raise RuntimeError("no window")

    def run(self, work: Coroutine[Any, Any, Any], seconds: float) -> Any:
        """The result of ``work`` on the browser's thread."""
        future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, seconds), self._loop)
        try:
            return future.result()
        except TimeoutError:
            raise ArgumentError("browser_slow", expected=f"{seconds:g}") from None
        except (asyncio.CancelledError, RuntimeError, OSError) as error:
            told = " ".join(map(str, error.args)) or type(error).__name__
            raise ArgumentError("browser_failed", found=told[:300]) from error
        except BaseException:  # as when someone stops the program: the work must not go on unwatched
            future.cancel()
            raise

    @contextlib.asynccontextmanager
    async def tab(self) -> AsyncIterator[Tab]:
        """A new tab, closed at the end."""
        tab = await self.opened()
        try:
            yield tab
        finally:
            await tab.close()

    async def opened(self) -> Tab:
        """A new tab, offline."""
        opened = Tab(self._browser, await self._browser.create_tab("about:blank"))
        for command in ("Page.enable", "Network.enable"):
            await opened.send(command)
        await opened.send("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)
        return opened

    def stop(self) -> None:
        """End the browser, remove what it wrote, end the thread."""
        try:
            self._close()
        finally:
            if self._thread.is_alive():
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._thread.join(STOPPING)
            if not self._thread.is_alive():
                self._loop.close()

    def _close(self) -> None:
        browser, self._browser = self._browser, None
        if browser is None:
            return
        with contextlib.suppress(ArgumentError):
            self.run(browser.close(), STOPPING)
        if getattr(browser, "subprocess", None) is not None and browser.subprocess.poll() is None:
            from choreographer.utils._kill import kill

            kill(browser.subprocess)
        browser._browser_impl.clean()


class Tab:
    """A tab of the browser: commands of the DevTools protocol, and JavaScript."""

    def __init__(self, browser: Any, tab: Any) -> None:
        self._browser, self._tab = browser, tab

    async def send(self, command: str, **parameters: Any) -> dict[str, Any]:
        answer = await self._tab.send_command(command, parameters)
        if "error" in answer:
            raise RuntimeError(f"{command}: {answer['error'].get('message')}")
        return dict(answer["result"])

    async def call(self, function: str, *arguments: Any) -> Any:
        """What a JavaScript function returns (or promises) for the arguments."""
        found = await self.send("Runtime.evaluate", expression="globalThis", objectGroup="own")
        answer = await self.send(
            "Runtime.callFunctionOn", functionDeclaration=function, objectId=found["result"]["objectId"],
            arguments=[{"value": value} for value in arguments], awaitPromise=True, returnByValue=True,
        )  # fmt: skip
        if "exceptionDetails" in answer:
            told = answer["exceptionDetails"]
            raise RuntimeError(told.get("exception", {}).get("description") or told.get("text"))
        return answer["result"].get("value")

    async def go(self, address: str) -> None:
        """Open a page, and wait until it is loaded."""
        loaded = self._tab.subscribe_once("Page.loadEventFired")
        answer = await self.send("Page.navigate", url=address)
        if answer.get("errorText"):
            raise RuntimeError(f"{answer['errorText']}: {address}")
        await loaded

    async def close(self) -> None:
        await self._browser.close_tab(self._tab.target_id)


@cache
def _offline() -> type:
    """Chromium as choreographer starts it, but offline, and with all its temporary files in the folder of its profile."""
    from choreographer.browsers import Chromium

    class Offline(Chromium):
        def get_cli(self) -> Sequence[str]:
            return [word for word in super().get_cli() if word not in DROPPED] + list(QUIET)

        def get_env(self) -> MutableMapping[str, str]:
            own = str(self.tmp_dir.path)
            return {**super().get_env(), "TMPDIR": own if len(own) < SOCKET else "/tmp"}

    return Offline
