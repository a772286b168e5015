"""What a Dask worker does for a batch: it keeps one warm process, and has a fork of it make each run.

Place in the flow: at the other end of ``cluster``. Each process of a worker unpacks what the batch reads into its own folder, and its warm process
reads that. Where forking is not safe each run has a process and a kernel of its own. When the batch leaves, or asks for nothing for a while, all of
it is removed.
"""

from __future__ import annotations

import asyncio
import io
import os
import platform
import shutil
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .apart import Apart
from .forks import Ended, ForkPool, NotSafe, obstacle
from .kernels import Job, Result, warm_pool
from .warm import WARM

if TYPE_CHECKING:
    from .common import Shared

IDLE = 300.0  # seconds after which a batch that asks for nothing is taken for gone
CONFIG = "config"
KEY = f"{CONFIG}/fundanalytics/person_key"


@dataclass(frozen=True)
class Order:
    """What workers are told of a batch. Paths are those of its own machine; ``places`` says where each lies in the archive."""

    batch: str
    shared: Shared
    places: dict[str, str]
    scratch: str
    limit: float | None
    made_with: str


@dataclass(frozen=True)
class Returned:
    """A result and the files that it names, whole."""

    result: Result
    contents: dict[str, bytes]

    def placed(self, folder: Path) -> Result:
        """The result, its files in ``folder``."""
        files = {name: str(folder / path) for name, path in self.result.files.items()}
        return replace(self.result, files=files, executed=str(folder / self.result.executed))


def made_with() -> str:
    """All that can change a report, in one line."""
    from .made import code_sum, versions

    return f"python {platform.python_version()}, {', '.join(f'{name} {told}' for name, told in versions().items())} ({code_sum()[:8]})"


def start(order: Order, dask_worker: Any) -> None:
    """Begin with a batch: its warm process imports while nothing else is known."""
    _hold(order, dask_worker.local_directory)


def run(order: Order, make: Callable[[Job], Result], job: Job, notebook: bytes, archive: bytes) -> Returned:
    """Make one run. What raises here is made again; a notebook that fails, or a run that is ended, has its result."""
    from distributed import get_worker

    if order.made_with != made_with():  # a worker that came when the others had been looked at
        raise RuntimeError(f"{made_with()}; the batch: {order.made_with}")
    held = _hold(order, get_worker().local_directory)
    with held.used(), tempfile.TemporaryDirectory(dir=held.root, ignore_cleanup_errors=True) as folder:
        try:
            held.make_ready(archive)
            return _packed(held.run(make, _here(order, job, held.root, Path(folder), notebook)))
        except Ended as error:
            if error.status is None and error.after is None:  # not the run's own fault: the process that it is forked from is gone
                _let_go(held)
                raise
            return Returned(Result(job.name, "failed", 0.0, f"{type(error).__name__}: {error}"), {})


async def leave(batch: str) -> None:
    """Forget a batch that is over, and end what still runs for it."""
    _over.add(batch)
    if held := _held.get(batch):
        await asyncio.to_thread(_let_go, held)


# --- what is held ------------------------------------------------------------------------------------------------------

_held: dict[str, Held] = {}  # by batch: forks must come from one process, which outlives each run
_over: set[str] = set()
_lock = threading.Lock()


def _hold(order: Order, folder: str) -> Held:
    with _lock:
        if order.batch in _over:
            raise RuntimeError("the batch is over")
        if order.batch not in _held:
            _held[order.batch] = Held(order, Path(folder).resolve())
        return _held[order.batch]


def _let_go(held: Held) -> None:
    with _lock:
        if _held.get(held.order.batch) is held:
            del _held[held.order.batch]
    held.close()


@dataclass
class Held:
    """A batch in this process: its inputs, unpacked below ``root``, and the warm process that has read them."""

    order: Order
    folder: Path
    root: Path = field(init=False)
    forks: ForkPool | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="fund-", dir=self.folder))
        if not obstacle():
            self.forks = warm_pool(1, self.root, self.order.limit)  # a thread of Dask's waits for each fork
        self._lock, self._users, self._ready = threading.Lock(), 0, False
        self._apart: set[Apart] = set()
        self._wait()

    @contextmanager
    def used(self) -> Iterator[None]:
        with self._lock:
            self._timer.cancel()
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._wait()

    def _wait(self) -> None:
        self._timer = threading.Timer(IDLE, _let_go, (self,))
        self._timer.daemon = True
        self._timer.start()

    def make_ready(self, archive: bytes) -> None:
        """Unpack what the batch reads and have the warm process know what all runs share. The first run does it, others wait."""
        with self._lock:
            if self._ready:
                return
            with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
                packed.extractall(self.root, filter="data")
            if self.forks:
                try:
                    self.forks.ready()
                    self.forks.run(_read, _shared_here(self.order, self.root), str(self.root / CONFIG))
                except NotSafe:
                    self.forks = None
            self._ready = True

    def run(self, make: Callable[[Job], Result], job: Job) -> Result:
        if self.forks and job.engine == WARM:
            result: Result = self.forks.run(_with_config, str(self.root / CONFIG), make, job)
            return result
        one = Apart(make, replace(job, engine=None) if job.engine == WARM else job, {"XDG_CONFIG_HOME": str(self.root / CONFIG)})
        self._apart.add(one)
        try:
            return one.result()
        finally:
            self._apart.discard(one)

    def close(self) -> None:
        """End what runs, and remove what was unpacked."""
        self._timer.cancel()
        for one in list(self._apart):
            one.end()
        if self.forks:
            self.forks.shutdown()
        shutil.rmtree(self.root, ignore_errors=True)


# --- in a fork ---------------------------------------------------------------------------------------------------------


def _read(shared: Shared, config: str) -> None:
    """Read and compute what all runs share, for what is kept of it. What is wrong with it, the notebooks say."""
    from ..errors import ArgumentError, DataError
    from .common import Common, score

    os.environ["XDG_CONFIG_HOME"] = config
    with suppress(ArgumentError, DataError):
        _ = Common(shared).table
        score(shared)


def _with_config(config: str, make: Callable[[Job], Result], job: Job) -> Result:
    os.environ["XDG_CONFIG_HOME"] = config
    return make(job)


# --- paths -------------------------------------------------------------------------------------------------------------


def _shared_here(order: Order, root: Path) -> Shared:
    here = {name: str(root / order.places[path]) for name, path in vars(order.shared).items() if path in order.places}
    return replace(order.shared, **here)


def _here(order: Order, job: Job, root: Path, folder: Path, notebook: bytes) -> Job:
    """The job with the paths of this machine, and what a reader is shown in their place: what he would be shown of a run made at home."""
    copy = folder / Path(job.notebook).name
    copy.write_bytes(notebook)
    parameters, shown = dict(job.parameters), dict(job.shown)
    for name in ("data", "rules", "rubric"):
        if (given := parameters.get(name)) in order.places:
            parameters[name] = str(root / order.places[given])
            shown[parameters[name]] = job.shown.get(given, Path(given).name)
    home = Path.home()
    shown |= {f"{path}{os.sep}": instead for path, instead in ((home, "~/"), (folder, ""), (root, "")) if path != Path(path.anchor)}
    return replace(job, notebook=str(copy), parameters=parameters, scratch=str(folder), shown=shown)


def _packed(result: Result) -> Returned:
    paths = {Path(path) for path in (*result.files.values(), result.executed)}
    contents = {path.name: path.read_bytes() for path in paths if path.is_file()}
    files = {name: Path(path).name for name, path in result.files.items()}
    return Returned(replace(result, files=files, executed=Path(result.executed).name), contents)
