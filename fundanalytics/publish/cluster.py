"""A batch whose reports are made by Dask workers, on this machine or on others: ``fundanalytics report --scheduler tcp://HOST:PORT``.

Place in the flow: beside ``team``, which hands it the jobs; ``cluster_worker`` is what runs at the other end. No disk is shared: what the batch
reads goes to each worker once, as one archive, and what a run leaves comes back with its result, into the batch's own scratch folder. A worker
on which anything differs that can change a report is refused before anything runs. It starts neither schedulers nor workers.
"""

from __future__ import annotations

import io
import logging
import os
import tarfile
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..data.database import is_url
from ..data.mapping_file import files_beside
from ..errors import ArgumentError
from . import cluster_worker
from .cluster_worker import Order, Returned
from .made import PACKAGES, code_sum

if TYPE_CHECKING:
    from .common import Shared
    from .kernels import Job, Result

EXTRA = 'pip install "fundanalytics[cluster]"'
WAIT = 10  # seconds for a scheduler to answer, and for a first worker to come
AGAIN = 2  # times that a run is made again when the warm process behind it ended; Dask sees to workers that end
# what a scheduler must have in common with the batch; a worker must have everything
SCHEDULER = ("python", "dask", "distributed", "fundanalytics")


class Lost(RuntimeError):
    """A run whose result will not come."""


class ClusterTeam(Executor):
    """An executor for ``make`` whose runs are made by Dask workers; each result's files lie in ``scratch``, as if the run had been made here.

    Raises ``ArgumentError`` if there is no scheduler or no worker, or if their versions differ.
    """

    def __init__(self, address: str, shared: Shared, scratch: Path, limit: float | None = None) -> None:
        self._client = _connected(address)
        self._scratch, self._lock, self._count = scratch, Lock(), 0
        self._sent: dict[int, Any] = {}  # runs that have not come back
        try:
            _check(self._client, address)
            self._order = Order(uuid.uuid4().hex, shared, _places(shared), str(scratch), limit, cluster_worker.made_with())
            self._client.run(cluster_worker.start, self._order)  # workers import while the data are read here
        except BaseException:
            self._client.close()
            raise

    @cached_property
    def _inputs(self) -> Any:
        """What the runs read, on its way to the workers. It is made with the first run: then the data were read here, and the key of people is there."""
        archive = _archive(self._order.places)
        with _quiet():
            return self._client.submit(bytes, archive, key=f"fund_inputs-{sha256(archive).hexdigest()}")

    def submit(self, fn: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        """Have a run made: ``fn`` is ``make``, its argument a ``Job``."""
        job: Job = args[0]
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()
        with self._lock:
            self._count += 1
            number, inputs = self._count, self._inputs
        content = Path(job.notebook).read_bytes()
        sent = self._client.submit(cluster_worker.run, self._order, fn, job, content, inputs, key=f"fund_run-{self._order.batch}-{number}", retries=AGAIN)
        self._sent[number] = sent
        sent.add_done_callback(lambda done: self._come_back(number, job, done, future))
        return future

    def _come_back(self, number: int, job: Job, done: Any, future: Future[Result]) -> None:
        self._sent.pop(number, None)
        try:
            future.set_result(self._landed(job, done.result()))
        except BaseException as error:
            future.set_exception(_plainly(error))

    def _landed(self, job: Job, returned: Returned) -> Result:
        """The result with its files in the scratch folder of the batch."""
        folder = self._scratch / job.name
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in returned.contents.items():
            (folder / name).write_bytes(content)
        return returned.placed(folder)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Call back what has not been made, and have the workers forget the batch."""
        with suppress(Exception), _quiet():  # a cluster that is gone has forgotten it
            self._client.cancel([*self._sent.values()])
            self._client.run(cluster_worker.leave, self._order.batch, on_error="ignore")
        with _quiet():
            self._client.close()


def _connected(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise ArgumentError("cluster_not_installed", found=error.name or str(error), install=EXTRA) from None
    try:
        with _quiet():
            return Client(address, timeout=WAIT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ArgumentError("no_scheduler", found=address, reason=str(error).splitlines()[0]) from None


def _check(client: Any, address: str) -> None:
    """``ArgumentError`` unless there is a worker, and all of them, and the scheduler, are what this process is."""
    try:
        client.wait_for_workers(1, timeout=WAIT)
    except TimeoutError:
        raise ArgumentError("no_workers", found=address) from None
    told = client.get_versions(packages=list(PACKAGES))
    ours = _told(told["client"])
    _same({name: ours[name] for name in SCHEDULER}, _told(told["scheduler"]), address)
    for worker, theirs in told["workers"].items():
        _same(ours, _told(theirs), worker)
    for worker, code in client.run(code_sum, on_error="return").items():  # the same version may stand on other code
        _same({"fundanalytics": f"{ours['fundanalytics']} ({code_sum()[:8]})"}, {"fundanalytics": f"{ours['fundanalytics']} ({str(code)[:8]})"}, worker)


def _told(versions: Mapping[str, Any]) -> dict[str, str]:
    """What Dask tells of an installation, as far as it can change a report."""
    packages = {name: versions["packages"].get(name) or "—" for name in ("dask", "distributed", *PACKAGES)}
    return {"python": ".".join(versions["host"]["python"].split(".")[:3]), **packages}


def _same(ours: Mapping[str, str], theirs: Mapping[str, str], where: str) -> None:
    differ = [name for name in ours if ours[name] != theirs.get(name)]
    if differ:
        told = [", ".join(f"{name} {side.get(name)}" for name in differ) for side in (ours, theirs)]
        raise ArgumentError("cluster_differs", expected=told[0], found=told[1], where=where)


def _plainly(error: BaseException) -> BaseException:
    """What Dask says of a lost run, in fewer words."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker

    if isinstance(error, CancelledError):
        return Lost("the scheduler is gone or lost it")
    return Lost(f"{error.allowed_failures + 1} workers ended while they made it") if isinstance(error, KilledWorker) else error


def _places(shared: Shared) -> dict[str, str]:
    """Path here → place in the archive, of what the runs read. Addresses of databases and names of rubrics stay what they are."""
    given = {"data": shared.data, "rules": shared.rules, "rubric": shared.rubric}
    return {path: f"{kind}/{Path(path).name}" for kind, path in given.items() if path and not is_url(path) and Path(path).exists()}


def _archive(places: Mapping[str, str]) -> bytes:
    """The files in one archive: with them the mapping beside a single file, and the key that hashes people, so that codes made of it are the same."""
    from ..data.people import key_path

    files = dict(places)
    for path, place in places.items():
        if place.startswith("data/"):
            folder = Path(path).parent
            beside = {str(one): os.path.normpath(os.path.join("data", os.path.relpath(one, folder))) for one in files_beside(Path(path))}
            files |= {one: at for one, at in beside.items() if not at.startswith("..")}
    files |= {str(key_path()): cluster_worker.KEY} if key_path().is_file() else {}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as archive:
        for path, place in files.items():
            archive.add(path, place)
    return buffer.getvalue()


@contextmanager
def _quiet() -> Iterator[None]:
    """What Dask logs and warns of is told here in one sentence, or belongs to nobody: a scheduler that is not there, a large archive."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
