"""The papermill engine ``fundanalytics-warm``: a notebook's cells run in a process forked from one that has everything imported.

Place in the flow: papermill parameterises a notebook and hands it here, from ``kernels`` or from its own command line. In a process that was
forked for one run the cells run in an IPython kernel inside it, without sockets; nbclient reads that kernel's messages as it reads any
other's, so that outputs, timings and metadata are recorded by the same code. Where forking is not safe papermill's ordinary kernel takes
over, with a line that says why.
"""

from __future__ import annotations

import asyncio
import atexit
import codecs
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ipykernel import ipkernel
from ipykernel.inprocess.blocking import BlockingInProcessChannel, BlockingInProcessKernelClient
from ipykernel.inprocess.ipkernel import InProcessKernel
from ipykernel.inprocess.manager import InProcessKernelManager
from ipykernel.iostream import OutStream
from ipykernel.zmqshell import ZMQInteractiveShell
from nbclient.exceptions import CellTimeoutError
from nbformat import from_dict
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NBClientEngine
from papermill.log import logger
from papermill.utils import merge_kwargs, remove_args
from traitlets import Float, Type
from traitlets.config import Config

from . import forks
from .warm import WARM, warm_up

__all__ = ["ForkEngine", "run_cells"]

LANGUAGE = "python"
_templates: dict[tuple[int, ...], forks.ForkPool] = {}
PIPE, PIPE_WAIT, PAUSE = 65_536, 0.1, 1e-4  # bytes read at once; seconds for what is in the pipe to be read, between looks
AGAIN, GRACE = 2.0, 15.0  # seconds until a cell that goes on after its time limit is interrupted once more; until it is killed with its process


class ForkEngine(Engine):
    """Runs a notebook in a forked process; papermill's own options hold (``execution_timeout`` is per cell)."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        """Run the cells of ``nb_man.nb`` and record what they leave, as papermill's own engine does."""
        if forks.in_child():
            run_cells(nb_man, kernel_name, **options)
            return
        try:
            if reason := forks.obstacle() or _other_kernel(nb_man.nb, kernel_name):
                raise forks.NotSafe(reason)
            template = _template()
        except forks.NotSafe as error:
            logger.warning("%s: ordinary kernel, since %s", WARM, error)
            NBClientEngine.execute_managed_notebook(nb_man, kernel_name, **options)
            return
        _run_apart(template, nb_man, kernel_name, options)


def run_cells(nb_man: Any, kernel_name: str, *, execution_timeout: int | None = None, **options: Any) -> None:
    """Run the cells in this process, which must have been forked for it: it is not fit for anything else afterwards."""
    told = merge_kwargs(remove_args(["timeout"], **options), timeout=execution_timeout, kernel_name=kernel_name, log=logger)
    out, nb_man.output_path = nb_man.output_path, None  # papermill would write the file twice for each cell, and at the end does so once more
    try:
        _Cells(nb_man, km=_Manager(), **{name: value for name, value in told.items() if name in _Cells.class_trait_names()}).execute()
    except BaseException:
        nb_man.output_path = out
        raise


def _run_apart(template: forks.ForkPool, nb_man: Any, kernel_name: str, options: dict[str, Any]) -> None:
    """Have a fork run the cells; what it tells of each cell is recorded here, as if they had run here."""
    plain = {name: value for name, value in options.items() if isinstance(value, str | int | float | bool | None)}
    console = PapermillNotebookClient(nb_man, **{name: options.get(name) for name in ("log_output", "stdout_file", "stderr_file") if options.get(name)})

    def heard(message: tuple[str, int, dict[str, Any]]) -> None:
        told, index, left = message
        cell = nb_man.nb.cells[index]
        _put(cell, left)
        getattr(nb_man, told)(cell, cell_index=index)
        for output in cell.get("outputs", []) if told == "cell_complete" else []:
            console.log_output_message(output)

    limit: Any = plain.get("execution_timeout")
    left, metadata = template.run(_apart, dict(nb_man.nb), kernel_name, plain, os.getcwd(), dict(os.environ), heard=heard, silence=limit and limit + GRACE)
    for cell, last in zip(nb_man.nb.cells, left, strict=True):
        _put(cell, last)  # a later cell may have written to what an earlier one shows
    nb_man.nb.metadata.update(from_dict(metadata))


def _apart(
    notebook: dict[str, Any], kernel_name: str, options: dict[str, Any], cwd: str, environment: dict[str, str]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    os.chdir(cwd)
    os.environ |= environment | {"TMPDIR": os.environ["TMPDIR"]}  # the template's may be older
    teller = _Teller(from_dict(notebook))
    run_cells(teller, kernel_name, **options)
    return [_left(cell) for cell in teller.nb.cells], {name: teller.nb.metadata[name] for name in ("language_info", "widgets") if name in teller.nb.metadata}


def _left(cell: Any) -> dict[str, Any]:
    """What running a cell left."""
    return {**{name: cell[name] for name in ("outputs", "execution_count") if name in cell}, "execution": cell.metadata.get("execution")}


def _put(cell: Any, left: dict[str, Any]) -> None:
    for name, value in left.items():
        if name == "execution":
            cell.metadata.update({name: from_dict(value)} if value else {})
        else:
            cell[name] = from_dict(value) if isinstance(value, dict) else [from_dict(one) for one in value] if isinstance(value, list) else value


class _Teller:
    """Stands for papermill's record of a run, in the fork: it passes on what happens to cells."""

    output_path = None

    def __init__(self, notebook: Any) -> None:
        self.nb = notebook

    def cell_start(self, cell: Any, cell_index: int) -> None:
        forks.tell(("cell_start", cell_index, {}))

    def cell_exception(self, cell: Any, cell_index: int, **_: Any) -> None:
        forks.tell(("cell_exception", cell_index, _left(cell)))

    def cell_complete(self, cell: Any, cell_index: int) -> None:
        forks.tell(("cell_complete", cell_index, _left(cell)))

    def autosave_cell(self) -> None:
        pass


def _template() -> forks.ForkPool:
    """The warm process behind this one, for as long as the package and what is installed stay as they are."""
    stamp = _stamp()
    for old in [known for known in _templates if known != stamp]:
        _templates.pop(old).shutdown()
    if stamp not in _templates:
        _templates[stamp] = _started()
    return _templates[stamp]


def _stamp() -> tuple[int, ...]:
    """When the package's files and the folders that modules are installed in were last changed."""
    own = (path for path in Path(__file__).parents[1].rglob("*.py"))
    return tuple(path.stat().st_mtime_ns for path in (*sorted(own), *(Path(folder) for folder in sys.path if Path(folder).is_dir())))


def _started() -> forks.ForkPool:
    # plotly asks when it is imported where it is, and in the template it is nowhere
    pool = forks.ForkPool(1, (warm_up, ()), environment={"PLOTLY_RENDERER": os.environ.get("PLOTLY_RENDERER", "plotly_mimetype")})
    pool.ready()
    atexit.register(pool.shutdown)
    return pool


def _other_kernel(notebook: Any, kernel_name: str) -> str:
    """Why the notebook does not belong in a fork of this interpreter; blank if it does."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec(kernel_name)
    except NoSuchKernel:
        return ""  # there is only this interpreter
    command = spec.argv[0] if spec.argv else ""
    if spec.language.lower() != LANGUAGE:
        return f"the notebook's language is {spec.language}"
    return "" if command in ("python", "python3") or os.path.realpath(command) == os.path.realpath(sys.executable) else f"its kernel is {command}"


class _Stream(OutStream):
    """Standard output or error of this process and of those that it starts: ipykernel's, which after a cell that wrote nothing has nothing to wait for."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._reading, self._sending = threading.Lock(), threading.RLock()
        self._decoder = codecs.getincrementaldecoder(self.encoding)(errors="replace")
        super().__init__(*args, **options)

    def _watch_pipe_fd(self) -> None:
        """Hand on what subprocesses and C write."""
        while select.select([self._fid], [], [])[0] and self._should_watch:
            with self._reading:
                told = os.read(self._fid, PIPE)
                self.write(self._decoder.decode(told))
                os.write(self._original_stdstream_copy, told)

    def _flush(self) -> None:
        with self._sending if self._is_master_process() else nullcontext():
            super()._flush()

    def flush(self) -> None:
        """Wait until all that was written is sent."""
        if not self._is_master_process():
            super().flush()
            return
        end = time.monotonic() + PIPE_WAIT
        while self._unread() and time.monotonic() < end:  # what runs on in the background may write for ever
            time.sleep(PAUSE)
        with self._sending, self._buffer_lock:  # what has left the buffers is sent by now
            written = any(buffer.tell() for buffer in self._buffers.values())
        if written:
            super().flush()

    def _unread(self) -> bool:
        """Whether something is in the pipe. If not, what the decoder still holds is no part of a character to come."""
        with self._reading:
            if self._should_watch and select.select([self._fid], [], [], 0)[0]:
                return True
            if rest := self._decoder.decode(b"", final=True):
                self.write(rest)
            return False


class _Kernel(InProcessKernel):
    """The kernel inside this process: ipykernel's own, with its usual shell, and standard streams that hold what subprocesses write as well."""

    shell_class = Type(ZMQInteractiveShell)
    _execute_sleep = Float(0.0)  # for clients at the other end of a socket

    def take_streams(self) -> None:
        """From now on, what this process writes is what the cells write."""
        for name in ("stdout", "stderr"):
            setattr(sys, name, _Stream(self.session, self.iopub_thread, name, watchfd=True))

    def _redirected_io(self) -> Any:
        return nullcontext()

    async def do_execute(self, *args: Any, **options: Any) -> Any:
        """Cells with ``await`` ask on which thread and loop they are, which ipykernel's own kernel inside a process does not tell them."""
        loop = asyncio.get_running_loop()  # ``quit`` asks it to stop later: a run ends with its last cell
        self.io_loop: Any = SimpleNamespace(add_callback=loop.call_soon_threadsafe, call_later=lambda *_: None, stop=None)
        self.shell_channel_thread = SimpleNamespace(parent_thread=threading.current_thread())
        try:
            return await super().do_execute(*args, **options)
        finally:
            self.shell_channel_thread = None


class _Channel(BlockingInProcessChannel):
    def send(self, message: dict[str, Any]) -> None:
        """Hand the kernel what nbclient tells widgets; the kernel looks at it when the loop comes round."""
        client: Any = self.client
        stream = client.kernel.shell_stream
        client.session.send(stream, message)
        client.sent = asyncio.ensure_future(client.kernel.dispatch_shell(stream.recv_multipart()))


class _Client(BlockingInProcessKernelClient):
    """Waits on the running loop for a cell to end, so that tasks of one cell go on in the next."""

    allow_stdin = False
    shell_channel_class = Type(_Channel)
    sent: Any = None
    limited: Any = nullcontext()

    async def execute(self, code: str, silent: bool = False, store_history: bool = True, stop_on_error: bool = True, **options: Any) -> str:  # type: ignore[override]
        content = {"code": code, "silent": silent, "store_history": store_history, "user_expressions": {}, "allow_stdin": False,
                   "stop_on_error": stop_on_error}  # fmt: skip
        message = self.session.msg("execute_request", content)
        kernel: Any = self.kernel
        stream = kernel.shell_stream
        self.session.send(stream, message)
        with self.limited:
            await kernel.dispatch_shell(stream.recv_multipart())
        self.shell_channel.call_handlers(self.session.recv(stream, copy=False)[1])
        return str(message["header"]["msg_id"])


class _Manager(InProcessKernelManager):
    def start_kernel(self, **options: Any) -> None:
        with _no_modules():
            self.kernel = _Kernel.instance(config=Config({"IPKernelApp": {}}), session=self.session)  # libraries ask for the section to know where they are
        self.kernel.take_streams()

    def client(self, **options: Any) -> Any:
        return _Client(kernel=self.kernel, session=self.session)


@contextmanager
def _no_modules() -> Iterator[None]:
    """For its debugger, which nobody can reach here, ipykernel asks every module for its file: in a fork that copies a part of each."""
    names = vars(ipkernel)
    names["sys"] = SimpleNamespace(modules={}, platform=sys.platform)
    try:
        yield
    finally:
        names["sys"] = sys


class _Cells(PapermillNotebookClient):
    """nbclient, on the kernel inside."""

    @contextmanager
    def setup_kernel(self, **options: Any) -> Iterator[None]:
        self.km.start_kernel()
        self.kc = self.km.client()
        self.kc.start_channels()
        yield

    async def async_execute_cell(self, cell: Any, cell_index: int, **options: Any) -> Any:
        over: list[str] = []
        self.kc.limited = _limited(self._get_timeout(cell), cell, over)
        try:
            return await super().async_execute_cell(cell, cell_index, **options)
        finally:
            for output in cell.get("outputs", []) if over else []:
                if output.output_type == "error" and output.ename in ("KeyboardInterrupt", "CancelledError"):  # how it was interrupted says nothing
                    output.ename, output.evalue = CellTimeoutError.__name__, over[0]

    def execute_cell(self, cell: Any, cell_index: int, **options: Any) -> Any:
        from jupyter_core.utils import run_sync

        return run_sync(self.async_execute_cell)(cell, cell_index, **options)


@contextmanager
def _limited(seconds: float | None, cell: Any, over: list[str]) -> Iterator[None]:
    """Interrupt a cell that takes longer, and say so in ``over``. What cannot be interrupted is ended from outside."""
    if not seconds:
        yield
        return

    def interrupt(*_: object) -> None:
        again = bool(over)
        over.append(f"cell took longer than {seconds:g} s")
        if again or asyncio.current_task() is None:  # it swallowed the error, or it awaits something: ipykernel knows what to cancel
            signal.raise_signal(signal.SIGINT)
        else:
            raise CellTimeoutError.error_from_timeout_and_cell(over[0], int(seconds), cell)

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
