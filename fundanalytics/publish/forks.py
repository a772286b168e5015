"""Tasks, each in a process forked from one that is warm: everything imported, the data read, a single thread.

Place in the flow: below ``runs`` and the engine; it knows nothing of notebooks. A ``ForkPool`` starts the template, a fresh interpreter, and
asks it to fork for each task; the task and its result go over a socket of their own. Whatever a task does to its process ends with it, and so
do the processes that it started, in whatever session. The template ends with the process that started it, however that ends.
"""

from __future__ import annotations

import gc
import os
import pickle
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import kept
from .packets import ANEW, pair, receive, send, sendable

# one thread in each library: a fork copies only the thread that forks, and a lock held by another would never open
SINGLE = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
SINGLE |= {"JE_ARROW_MALLOC_CONF": "background_thread:false", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
TASKS = Path("/proc/self/task")
COLLECT = (50_000, 20, 20)  # what was inherited is not looked through again and again
SETTLED = 10  # looks, a tenth of a second apart, at which a removed folder must not be there
GRACE = 5.0  # seconds for a killed process to be gone
DEATH_SIGNAL, REAPER = 1, 36  # what is asked of the system: PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER
_child: socket.socket | None = None  # in a child: the way to who asked for it


class Ended(RuntimeError):
    """A process ended before its task had a result; ``status`` as in ``subprocess``: below zero the signal that killed it."""

    def __init__(self, status: int | None, after: float | None = None) -> None:
        self.status, self.after = status, after
        super().__init__(self._told())

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.status, self.after)

    def _told(self) -> str:
        if self.after is not None:
            return f"took longer than {self.after:g} s and was ended"
        if self.status is None:
            return "the process that starts the runs ended"
        if self.status >= 0:
            return f"its process left with status {self.status}"
        name = signal.Signals(-self.status).name
        return f"its process was killed ({name}{'; the memory may have run out' if name == 'SIGKILL' else ''})"


class NotBegun(Ended):
    """No process was there for the task."""

    def __init__(self, status: int | None = None, after: float | None = None) -> None:
        super().__init__(status, after)


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
        send(_child, ("told", message))


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
    scratch
        A folder for all that tasks write, which the template removes if this process is killed; by default one of the template's own.

    A result whose process ends too early raises ``Ended`` from its future; what ``prepare`` raises comes from ``ready``.
    """

    def __init__(
        self, workers: int, prepare: tuple[Callable[..., object], tuple[Any, ...]], *, limit: float | None = None,
        environment: Mapping[str, str] | None = None, scratch: str | Path | None = None,
    ) -> None:  # fmt: skip
        self._limit, self._waiting, self._lock = limit, ThreadPoolExecutor(workers, "fork"), threading.Lock()
        self._temporary = ""  # the template's own folder
        ours, theirs = pair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", f"from {__name__} import _serve; _serve({theirs.fileno()})"], pass_fds=[theirs.fileno()], start_new_session=True,
                stdin=subprocess.DEVNULL, env={**os.environ, **SINGLE, **(environment or {}), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )  # fmt: skip
        self._control = ours
        send(ours, (*prepare, str(scratch or "")))

    def ready(self) -> None:
        """Wait until the template is ready; raises what its preparation raised, or ``NotSafe``."""
        with self._lock:
            told, value = receive(self._control) or ("raised", NotSafe("the template ended while it was made ready"))
        if told == "raised":
            self.shutdown()
            raise value
        self._temporary = str(value)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        return self._waiting.submit(self.run, fn, *args, **options)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End what runs and the template."""
        self._waiting.shutdown(wait=False, cancel_futures=True)
        with suppress(OSError):
            self._control.send(b"q")
        self._control.close()  # the template ends its children and itself
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._temporary, ignore_errors=True)  # if it was killed
        self._waiting.shutdown(wait=True)

    def run(
        self, fn: Callable[..., Any], /, *args: Any, heard: Callable[[Any], object] = lambda message: None, silence: float | None = None, **options: Any
    ) -> Any:
        """Have a fork made, hand it the task, wait for what comes.

        ``heard`` gets what the task tells on its way; ``silence``: seconds without a word after which it is ended.
        """
        ours, theirs = pair()
        with ours:
            try:
                with theirs, self._lock:
                    socket.send_fds(self._control, [b"f"], [theirs.fileno()])
                send(ours, (fn, args, options))
            except OSError:
                raise NotBegun from None
            return self._result(ours, heard, silence)

    def teach(self, results: Mapping[str, Any]) -> None:
        """Have the template keep results that were computed here."""
        self._teach(pickle.dumps(dict(results), protocol=5))

    def _teach(self, results: bytes) -> None:
        """Have the template keep what a child computed that others will need: the next forks inherit it."""
        ours, theirs = pair()
        with ours, suppress(OSError):
            with theirs, self._lock:
                socket.send_fds(self._control, [b"k"], [theirs.fileno()])
            send(ours, results)
            ours.recv(1)  # until the template has closed its end

    def _result(self, channel: socket.socket, heard: Callable[[Any], object], silence: float | None) -> Any:
        end = time.monotonic() + self._limit if self._limit else None
        outcome: tuple[str, Any] | None = None
        pid = 0
        while True:
            left = None if end is None else max(end - time.monotonic(), 1e-3)
            channel.settimeout(min((one for one in (left, silence) if one), default=None))
            try:
                told = receive(channel)
            except TimeoutError:
                end_group(pid)
                raise Ended(None, after=self._limit if end and end - time.monotonic() < 1e-2 else silence) from None
            match told:
                case None:
                    end_group(pid)  # the template was killed
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
    children: dict[int, socket.socket] = {}
    outer, own, quiet = "", "", False
    _ask_system(REAPER, 1)  # what a task leaves behind becomes a child of this process
    try:
        prepare, args, outer = receive(control) or (None, (), "")
        os.environ["TMPDIR"] = tempfile.tempdir = own = tempfile.mkdtemp(prefix="fund-warm-", dir=outer or None)
        if not _prepared(control, prepare, args, own):
            quiet = True
            return
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno())
        with selectors.DefaultSelector() as selector:
            selector.register(control, selectors.EVENT_READ)
            selector.register(waking, selectors.EVENT_READ)
            while (asked := _turn(selector, control, waking, children, own)) is None:
                pass
            quiet = asked == b"q"
    except BrokenPipeError:  # nobody asks any more
        pass
    finally:
        if not in_child():
            for pid in children:
                end_group(pid)
            children.clear()
            _end_others(children)
            shutil.rmtree(own, ignore_errors=True) if quiet else _remove(outer or own)


def _prepared(control: socket.socket, prepare: Any, args: tuple[Any, ...], own: str) -> bool:
    """Make ready and say so; false, with the reason sent, where that failed."""
    try:
        prepare(*args)
        threads = len(os.listdir(TASKS))
        if threads != 1:
            raise NotSafe(f"the template has {threads} threads")
    except BaseException as error:
        send(control, ("raised", sendable(error)))
        return False
    kept.news()
    gc.collect()
    gc.freeze()  # the collector of a child would write into every page, and so copy it
    send(control, ("ready", own))
    return True


def _turn(selector: selectors.BaseSelector, control: socket.socket, waking: socket.socket, children: dict[int, socket.socket], own: str) -> bytes | None:
    """Wait for something and see to it; the last word of the process that asks, blank if it is gone without one."""
    for key, _ in selector.select():
        if key.fileobj is waking:
            with suppress(BlockingIOError):
                waking.recv(4096)
            _bury(children, own)
        else:
            asked, numbers, _, _ = socket.recv_fds(control, 1, 1)
            if not asked or not numbers:
                return asked
            channel = socket.socket(fileno=numbers[0])
            if asked == b"k":
                with channel:
                    kept.learn(pickle.loads(receive(channel) or pickle.dumps({})))
                gc.freeze()
                continue
            if len(os.listdir(TASKS)) != 1:
                send(channel, ("raised", NotSafe("the template has more than one thread")))
                channel.close()
                continue
            pid = os.fork()
            if pid == 0:
                for other in (control, *children.values()):
                    other.close()
                selector.close()
                _live(channel, own)
            children[pid] = channel
    return None


def _bury(children: dict[int, socket.socket], own: str) -> None:
    """Tell of each child that ended, and end what it left running and remove what it left lying."""
    for pid in list(children):
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            end_group(pid)
            channel = children.pop(pid)
            _end_others(children)
            shutil.rmtree(os.path.join(own, str(pid)), ignore_errors=True)
            with channel, suppress(OSError):
                send(channel, ("ended", os.waitstatus_to_exitcode(status)), ANEW)


def _end_others(children: Mapping[int, object]) -> None:
    """End all children of this process but for those: tasks that run keep what they started, so the others are what ended tasks left."""
    with suppress(OSError, ChildProcessError):
        while others := {int(pid) for pid in Path(TASKS, str(os.getpid()), "children").read_text().split()} - children.keys():
            for pid in others:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _remove(folder: str) -> None:
    """Remove a folder into which processes that are about to end may still write."""
    end, gone = time.monotonic() + GRACE, 0
    while gone < SETTLED and time.monotonic() < end:
        shutil.rmtree(folder, ignore_errors=True)
        gone = 0 if os.path.isdir(folder) else gone + 1  # a browser that is ending makes its folder anew
        time.sleep(0.1)


# --- the child ---------------------------------------------------------------------------------------------------------


def _live(channel: socket.socket, temporary: str) -> None:
    """A forked process's life: one task, in a session and a folder of its own. It never returns."""
    global _child
    _child = channel
    status = 1
    try:
        os.setsid()
        _ask_system(DEATH_SIGNAL, signal.SIGKILL)  # when the template is killed
        _ask_system(REAPER, 1)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _reset(temporary)
        gc.set_threshold(*COLLECT)
        send(channel, ("pid", os.getpid()))
        fn, args, options = receive(channel)
        try:
            outcome = ("done", fn(*args, **options))
        except Exception as error:
            outcome = ("raised", sendable(error))
        if news := kept.news():
            send(channel, ("kept", pickle.dumps(news, protocol=5)))
        try:
            send(channel, outcome)
        except (pickle.PicklingError, AttributeError, TypeError) as error:  # a result of a kind that cannot leave the process
            send(channel, ("raised", sendable(error)))
        status = 0
    except BaseException:  # nobody is left to be told
        pass
    finally:
        os._exit(status)


def _reset(temporary: str) -> None:
    """What a fresh interpreter would have of its own: random numbers (Python's own see to themselves), folder for temporary files."""
    own = os.path.join(temporary, str(os.getpid()))
    os.mkdir(own)
    os.environ["TMPDIR"] = tempfile.tempdir = own
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()


def _ask_system(what: int, value: int) -> None:
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(what, value)
