"""Tasks, each in a process forked from one that is warm: everything imported, the data read, a single thread.

Place in the flow: below ``runs`` and the engine; it knows nothing of notebooks. A ``ForkPool`` starts the template, a fresh interpreter, and
asks it to fork for each task; the task and its result go over a socket of their own. Whatever a task does to its process ends with it, and so
do the processes that it started. The template ends with the process that started it, however that ends.
"""

from __future__ import annotations

import gc
import os
import pickle
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import kept

# one thread in each library: a fork copies only the thread that forks, and a lock held by another would never open
SINGLE = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
SINGLE |= {"JE_ARROW_MALLOC_CONF": "background_thread:false", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
TASKS = Path("/proc/self/task")
COLLECT = (50_000, 20, 20)  # what was inherited is not looked through again and again
GRACE = 5.0  # seconds for a killed process to be gone
_HEAD = struct.Struct("!Q")
_child: socket.socket | None = None  # in a child: the way to who asked for it


class Ended(RuntimeError):
    """A process ended before its task had a result; ``status`` as in ``subprocess``: below zero the signal that killed it."""

    def __init__(self, status: int | None, *, after: float | None = None) -> None:
        self.status, self.after = status, after
        super().__init__(self._told())

    def _told(self) -> str:
        if self.after is not None:
            return f"took longer than {self.after:g} s and was ended"
        if self.status is None:
            return "the process that starts the runs ended"
        if self.status >= 0:
            return f"its process left with status {self.status}"
        name = signal.Signals(-self.status).name
        return f"its process was killed ({name}{'; the memory may have run out' if name == 'SIGKILL' else ''})"


class NotSafe(RuntimeError):
    """The template has more than one thread, or could not be made ready."""


def obstacle() -> str:
    """Why processes cannot be forked safely here; blank where they can."""
    if sys.platform != "linux":
        return f"forking is not safe on {sys.platform}"
    return "" if TASKS.is_dir() else "the threads of a process cannot be counted here"


def in_child() -> bool:
    """Whether this process was forked for one task."""
    return _child is not None


def tell(message: Any) -> None:
    """In a child: send something to who asked, before the result."""
    if _child is not None:
        _send(_child, ("told", message))


class ForkPool(Executor):
    """An executor whose tasks run each in a fork of a warm process.

    Parameters
    ----------
    workers
        Tasks at the same time.
    prepare
        A function, and what to call it with, that makes the template ready: it imports and reads. It must leave a single thread.
    limit
        Seconds after which a task is ended; none for no limit.
    environment
        What is set in the template besides this process's own.

    A result whose process ends too early raises ``Ended`` from its future; what ``prepare`` raises comes from ``ready``.
    """

    def __init__(
        self, workers: int, prepare: tuple[Callable[..., object], tuple[Any, ...]], *, limit: float | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self._limit, self._waiting, self._lock = limit, ThreadPoolExecutor(workers, "fork"), threading.Lock()
        self._running: set[int] = set()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", f"from {__name__} import _serve; _serve({theirs.fileno()})"], pass_fds=[theirs.fileno()], start_new_session=True,
                stdin=subprocess.DEVNULL, env={**os.environ, **SINGLE, **(environment or {}), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )  # fmt: skip
        self._control = ours
        _send(ours, prepare)

    def ready(self) -> None:
        """Wait until the template is ready; raises what its preparation raised, or ``NotSafe``."""
        with self._lock:
            told, value = _receive(self._control) or ("raised", NotSafe("the template ended while it was made ready"))
        if told == "raised":
            self.shutdown()
            raise value

    def submit(self, fn: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        return self._waiting.submit(self.run, fn, *args, **options)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End what runs and the template."""
        self._waiting.shutdown(wait=False, cancel_futures=True)
        self._control.close()  # the template ends its children and itself
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._waiting.shutdown(wait=True)

    def run(self, fn: Callable[..., Any], /, *args: Any, heard: Callable[[Any], object] = lambda message: None, **options: Any) -> Any:
        """Have a fork made, hand it the task, wait for what comes; ``heard`` gets what the task tells on its way."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with ours:
            try:
                with theirs, self._lock:
                    socket.send_fds(self._control, [b"f"], [theirs.fileno()])
                _send(ours, (fn, args, options))
            except OSError:
                raise Ended(None) from None
            return self._result(ours, heard)

    def teach(self, results: Mapping[str, Any]) -> None:
        """Have the template keep results that were computed here."""
        self._teach(pickle.dumps(dict(results), protocol=5))

    def _teach(self, results: bytes) -> None:
        """Have the template keep what a child computed that others will need: the next forks inherit it."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with ours, suppress(OSError):
            with theirs, self._lock:
                socket.send_fds(self._control, [b"k"], [theirs.fileno()])
            _send(ours, results)
            ours.recv(1)  # until the template has closed its end

    def _result(self, channel: socket.socket, heard: Callable[[Any], object]) -> Any:
        channel.settimeout(self._limit)
        outcome: tuple[str, Any] | None = None
        pid = 0
        while True:
            try:
                told = _receive(channel)
            except TimeoutError:
                end_group(pid)
                raise Ended(None, after=self._limit) from None
            match told:
                case None:
                    break
                case ("pid", pid):
                    pass
                case ("told", message):
                    heard(message)
                case ("kept", results):
                    self._teach(results)
                case ("ended", status):
                    outcome = outcome or ("raised", Ended(status))
                    break
                case _:
                    outcome = told
        kind, value = outcome or ("raised", Ended(None))
        if kind == "raised":
            raise value
        return value


def end_group(pid: int) -> None:
    """Kill a process that leads a group, and its group."""
    if pid:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


# --- the template ------------------------------------------------------------------------------------------------------


def _serve(number: int) -> None:
    """The template's life: make ready, fork when asked, tell how each child ended, leave when nobody asks any more."""
    control = socket.socket(fileno=number)
    control.set_inheritable(False)
    waking, wake = socket.socketpair()
    for end in (waking, wake):
        end.setblocking(False)
    scratch = tempfile.mkdtemp(prefix="fund-warm-")
    os.environ["TMPDIR"] = tempfile.tempdir = scratch
    children: dict[int, socket.socket] = {}
    try:
        prepare, args = _receive(control) or (None, ())
        if not _prepared(control, prepare, args):
            return
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno())
        with selectors.DefaultSelector() as selector:
            selector.register(control, selectors.EVENT_READ)
            selector.register(waking, selectors.EVENT_READ)
            while _turn(selector, control, waking, children, scratch):
                pass
    finally:
        if not in_child():
            for pid in children:
                end_group(pid)
            shutil.rmtree(scratch, ignore_errors=True)


def _prepared(control: socket.socket, prepare: Any, args: tuple[Any, ...]) -> bool:
    """Make ready and say so; false, with the reason sent, where that failed."""
    try:
        prepare(*args)
        threads = len(os.listdir(TASKS))
        if threads != 1:
            raise NotSafe(f"the template has {threads} threads")
    except BaseException as error:
        _send(control, ("raised", _sendable(error)))
        return False
    kept.news()
    gc.collect()
    gc.freeze()  # the collector of a child would write into every page, and so copy it
    _send(control, ("ready", None))
    return True


def _turn(selector: selectors.BaseSelector, control: socket.socket, waking: socket.socket, children: dict[int, socket.socket], scratch: str) -> bool:
    """Wait for something and see to it; false when the process that asks is gone."""
    for key, _ in selector.select():
        if key.fileobj is waking:
            with suppress(BlockingIOError):
                waking.recv(4096)
            _bury(children)
        else:
            asked, numbers, _, _ = socket.recv_fds(control, 1, 1)
            if not asked or not numbers:
                return False
            channel = socket.socket(fileno=numbers[0])
            if asked == b"k":
                with channel:
                    kept.learn(pickle.loads(_receive(channel)))
                gc.freeze()
                continue
            if len(os.listdir(TASKS)) != 1:
                _send(channel, ("raised", NotSafe("the template has more than one thread")))
                channel.close()
                continue
            pid = os.fork()
            if pid == 0:
                for other in (control, *children.values()):
                    other.close()
                selector.close()
                _live(channel, scratch)
            children[pid] = channel
    return True


def _bury(children: dict[int, socket.socket]) -> None:
    """Tell of each child that ended, and end what it left running."""
    for pid in list(children):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            end_group(pid)
            with children.pop(pid) as channel, suppress(OSError):
                _send(channel, ("ended", os.waitstatus_to_exitcode(status)))


# --- the child ---------------------------------------------------------------------------------------------------------


def _live(channel: socket.socket, scratch: str) -> None:
    """A forked process's life: one task, in a session and a folder of its own. It never returns."""
    global _child
    _child = channel
    status = 1
    try:
        os.setsid()
        _die_with_parent()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _reset(scratch)
        gc.set_threshold(*COLLECT)
        _send(channel, ("pid", os.getpid()))
        fn, args, options = _receive(channel)
        try:
            outcome = ("done", fn(*args, **options))
        except Exception as error:
            outcome = ("raised", _sendable(error))
        if news := kept.news():
            _send(channel, ("kept", pickle.dumps(news, protocol=5)))
        _send(channel, outcome)
        status = 0
    except BaseException:  # nobody is left to be told
        pass
    finally:
        shutil.rmtree(os.environ.get("TMPDIR", ""), ignore_errors=True)
        os._exit(status)


def _reset(scratch: str) -> None:
    """What a fresh interpreter would have of its own: random numbers, folder for temporary files."""
    import random

    own = os.path.join(scratch, str(os.getpid()))
    os.mkdir(own)
    os.environ["TMPDIR"] = tempfile.tempdir = own
    random.seed()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()


def _die_with_parent() -> None:
    """Have the system kill this process when the template is killed."""
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


# --- messages ----------------------------------------------------------------------------------------------------------


def _send(channel: socket.socket, message: Any) -> None:
    data = pickle.dumps(message, protocol=5)
    channel.sendall(_HEAD.pack(len(data)) + data)


def _receive(channel: socket.socket) -> Any:
    """The next message; none at the end."""
    head = _read(channel, _HEAD.size)
    data = _read(channel, *_HEAD.unpack(head)) if head else b""
    return pickle.loads(data) if data else None


def _read(channel: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        try:
            part = channel.recv(min(size - len(parts), 1 << 20))
        except ConnectionResetError:
            return b""
        if not part:
            return b""
        parts += part
    return bytes(parts)


def _sendable(error: BaseException) -> BaseException:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
