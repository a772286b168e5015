"""One run in a process of its own: a notebook and its parameters → an executed notebook and an HTML page.

Place in the flow: ``runs`` plans and checks, then hands rows here. papermill does the parameterising and the execution, so
any notebook works. Everything is written to a scratch folder; only ``runs`` puts files into the output folder. Workers are forks of a
warm process that has read the data (``warm_pool``), or processes of their own with a kernel for each run (``plain_pool``); either have
private Jupyter and IPython folders, so that neither the user's start-up files nor other kernels reach a report, and nothing is left
in the home folder.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import sys
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from .. import kept
from .forks import ForkPool

KERNEL = "python3"
# strings hash alike in every kernel, so that nothing in a report depends on the order of a set
HASH_SEED = 0
# the system's limit for the path of a socket is 104 bytes on macOS, 108 on Linux; jupyter appends a number
LONGEST_SOCKET = 100
LAST_WAIT = 10.0  # seconds for a process that was killed to be gone
_WARNING = re.compile(r"\b\w*Warning: .*")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Job:
    """What a worker needs to make one report. ``shown`` maps machine paths to what a reader may see instead."""

    name: str
    notebook: str
    parameters: dict[str, Any]
    title: str
    lang: str
    origin: str
    scratch: str
    shown: dict[str, str]
    engine: str | None = None
    audience: str = "public"
    assumed: bool = False  # scored by a rubric that nobody decreed
    single_file: bool = False
    limit: float | None = None  # seconds for a cell
    formats: tuple[str, ...] = ("html",)


@dataclass(frozen=True)
class Result:
    """How a run ended. ``files`` maps names in the output folder to finished files in the scratch folder; ``executed`` is the notebook."""

    name: str
    status: str
    seconds: float
    reason: str = ""
    figures: int = 0
    warnings: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    executed: str = ""


def plain_pool(workers: int, scratch: Path) -> Executor:
    """Worker processes, started afresh (not forked: the caller may have threads); each run has a kernel of its own."""
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_set_up, initargs=(str(scratch),))


def warm_pool(workers: int, scratch: Path, limit: float | None = None) -> ForkPool:
    """Forks of a process that has imported what reports need and keeps what they share."""
    return ForkPool(workers, (_warm_up, (str(scratch),)), limit=limit, environment={"PYTHONHASHSEED": str(HASH_SEED)}, scratch=scratch)


def _warm_up(scratch: str) -> None:
    keep_private(scratch)
    from . import export, warm

    warm.warm_up()
    export.warm_up()
    kept.keep()


def _set_up(scratch: str) -> None:
    """Make the worker's Jupyter private, and end the worker when the batch is gone; its kernels watch the worker."""
    if hasattr(os, "setsid"):
        os.setsid()  # Ctrl-C reaches the batch alone, which then ends its workers
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent, scratch), daemon=True).start()
    keep_private(scratch)


def keep_private(scratch: str) -> None:
    """Jupyter, IPython, temporary files and the console of this process and its kernels, for themselves alone."""
    private = Path(scratch, f"worker-{os.getpid()}")
    for name in ("runtime", "ipython", "config", "temp"):
        (private / name).mkdir(parents=True, exist_ok=True)
    log = os.open(private / "log", os.O_WRONLY | os.O_CREAT)
    for stream in (1, 2):  # what kernels say while they start and stop belongs to nobody's report or console
        os.dup2(log, stream)
    kernels = [str(Path(sys.prefix, "share", "jupyter")), os.environ.get("JUPYTER_PATH", "")]
    os.environ.update(
        JUPYTER_PATH=os.pathsep.join(filter(None, kernels)),  # this interpreter's own python3 goes before any other
        JUPYTER_RUNTIME_DIR=str(private / "runtime"),
        JUPYTER_CONFIG_DIR=str(private / "config"),
        IPYTHONDIR=str(private / "ipython"),
        TMPDIR=str(private / "temp"),  # temporary files of notebooks and kernels go when the batch goes
        PLOTLY_RENDERER="plotly_mimetype",
        PYTHONHASHSEED=str(HASH_SEED),
        PYDEVD_DISABLE_FILE_VALIDATION="1",
    )


def end_with_kernels(workers: Iterable[BaseProcess]) -> None:
    """End workers and the kernels they started, and wait until they are gone: one that ends later would write into the folder once more."""
    import psutil

    workers, kernels = list(workers), []
    for worker in workers:
        with suppress(psutil.NoSuchProcess):
            kernels += psutil.Process(worker.pid).children(recursive=True)
        worker.kill()
    for kernel in kernels:
        with suppress(psutil.NoSuchProcess):
            kernel.kill()
    for worker in workers:
        worker.join(LAST_WAIT)
    psutil.wait_procs(kernels, timeout=LAST_WAIT)


def _end_with(parent: Any, scratch: str) -> None:
    """When the batch is gone, go too, and take what it left with you."""
    parent.join()
    shutil.rmtree(scratch, ignore_errors=True)
    os._exit(1)


def make(job: Job) -> Result:
    """Run one notebook and export it. Whatever goes wrong in it becomes a failed ``Result``, never an exception."""
    started = time.monotonic()
    folder = Path(job.scratch, job.name)
    folder.mkdir()  # if the batch is over, its folder is gone
    (folder / "cwd").mkdir()
    executed = folder / "executed.ipynb"
    reason = _execute(job, executed, folder)
    files: dict[str, str] = {}
    warnings, figures = [], 0
    try:
        notebook = _read_for_readers(executed, job) if executed.exists() else None
        if notebook is not None:
            figures, warnings = _figures(notebook), _warnings(notebook)
        if not reason:
            files[f"{job.name}.html"] = _export(notebook, job, folder)
    except Exception as error:  # the exporter met something it cannot show: this report fails, the others go on
        reason = f"{type(error).__name__}: {error}"
    if reason and executed.exists():
        files = {f"failed/{job.name}.ipynb": str(executed)}
    seconds = round(time.monotonic() - started, 2)
    return Result(job.name, "failed" if reason else "made", seconds, _shown(reason, job.shown), figures, warnings, files, str(executed))


def _execute(job: Job, executed: Path, folder: Path) -> str:
    """Run the notebook with papermill; the reason if it failed."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    options: dict[str, Any] = {"config": _transport(job)} if job.engine is None else {}
    notebook = folder / "notebook.ipynb"
    over: list[str] = []
    try:
        text, tame = _for_reader(job.notebook, job.lang, job.audience)
        notebook.write_text(text, encoding="utf-8")
        if not tame:
            kept.distrust()
        with _limited(job.limit if job.engine is None else None, over):  # a fork has a limit of its own
            papermill.execute_notebook(
                str(notebook),
                executed,
                parameters=job.parameters,
                engine_name=job.engine,
                kernel_name=KERNEL,
                language="python",
                progress_bar=False,
                cwd=folder / "cwd",
                start_timeout=120,
                execution_timeout=job.limit and int(job.limit),
                **options,
            )
    except PapermillExecutionError as error:
        return f"{error.ename}: {_ANSI.sub('', str(error.evalue))}"
    except Exception as error:  # a dead kernel, a notebook that cannot be read, a full disk: told, and the others go on
        return over[0] if over else f"{type(error).__name__}: {error}"
    return ""


@contextmanager
def _limited(seconds: float | None, over: list[str]) -> Iterator[None]:
    """Kill the kernel of a run that takes longer, and say so in ``over``."""
    import psutil

    def end() -> None:
        over.append(f"took longer than {seconds:g} s and was ended")
        for kernel in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                kernel.kill()

    timer = threading.Timer(seconds, end) if seconds else None
    if timer:
        timer.start()
    try:
        yield
    finally:
        if timer:
            timer.cancel()


@kept.kept
def _for_reader(path: str, lang: str, audience: str) -> tuple[str, bool]:
    """The notebook without what is not for this reader: it is neither computed nor kept; and whether others may rely on what it computes."""
    import nbformat

    from .export import for_reader
    from .tame import is_tame

    notebook = for_reader(nbformat.read(path, as_version=4), lang, audience)
    return nbformat.writes(notebook), is_tame(notebook)


def _transport(job: Job) -> Any:
    """Sockets in the private scratch folder: no port races, nobody else on the machine can listen."""
    from traitlets.config import Config

    socket = str(Path(job.scratch, f"s{zlib.crc32(job.name.encode()):x}"))
    private = os.name == "posix" and len(socket.encode()) < LONGEST_SOCKET
    return Config({"KernelManager": {"transport": "ipc", "ip": socket}} if private else {})


def _read_for_readers(executed: Path, job: Job) -> Any:
    """The executed notebook with what a reader may see in place of this machine's paths; rewritten in its file too."""
    import json

    import nbformat

    text = executed.read_text(encoding="utf-8")
    escaped = {json.dumps(path, ensure_ascii=False)[1:-1]: shown for path, shown in job.shown.items()}
    text = _shown(text, escaped)
    executed.write_text(text, encoding="utf-8")
    return nbformat.reads(text, as_version=4)


def _export(notebook: Any, job: Job, folder: Path) -> str:
    from .export import to_html

    page = folder / "report.html"
    told: dict[str, Any] = {"title": job.title, "lang": job.lang, "origin": job.origin, "audience": job.audience, "assumed": job.assumed}
    page.write_text(to_html(notebook, **told, single_file=job.single_file), encoding="utf-8")
    return str(page)


def _figures(notebook: Any) -> int:
    """How many charts the notebook left: as many must be drawn in the page."""
    from .export import PLOTLY_MIME

    return sum(PLOTLY_MIME in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", []))


def _warnings(notebook: Any) -> list[str]:
    """What the kernel wrote to stderr: kept out of the report, told on the console."""
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    text = "\n".join(o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == "stderr")
    return list(dict.fromkeys(_WARNING.findall(_ANSI.sub("", text))))


def _shown(text: str, shown: dict[str, str]) -> str:
    for path, instead in sorted(shown.items(), key=lambda pair: -len(pair[0])):
        text = text.replace(path, instead)
    return text
