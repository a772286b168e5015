"""Who makes the reports of a batch: forks of one warm process, or workers with a kernel for each run, or somebody else's executor.

Place in the flow: between ``runs``, which has jobs, and ``kernels``, which make one. However a batch ends, no process of it is left.
"""

from __future__ import annotations

import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import check_option
from .apart import make_apart
from .forks import NotBegun, NotSafe, obstacle
from .kernels import Job, Result, end_with_kernels, make, plain_pool, warm_pool
from .warm import WARM

if TYPE_CHECKING:
    from .common import Common

# beyond four, kernels that start at the same time wait for the disk and for memory
MAX_WORKERS = 4
ENGINES = ("warm", "plain")


@contextmanager
def team(
    engine: str | Executor, workers: int | None, scratch: Path, common: Common, limit: float | None, scheduler: str | None = None
) -> Iterator[tuple[Executor, str | None]]:
    """Who makes the reports, and the papermill engine that they use (none: papermill's own). Forks are given what is common.

    An executor of somebody else's must run its tasks on this machine; it is not shut down.
    """
    if isinstance(engine, Executor):
        yield _Apart(engine), None
        return
    if scheduler:
        from .cluster import ClusterTeam

        with ClusterTeam(scheduler, common.shared, scratch, limit) as cluster:
            _ = common.runs  # while the workers import
            yield cluster, {"warm": WARM, "plain": None}.get(engine, engine)
        return
    count, why = workers or processors(), ""
    if engine not in ENGINES:
        _check_engine(engine)
    if engine == "warm":
        why = obstacle()
        if not why:
            with warm_pool(count, scratch, limit) as forks:
                try:
                    common.give(forks)
                except NotSafe as error:
                    why = str(error)
                else:
                    yield forks, WARM
                    return
        warnings.warn(f"each report has a kernel of its own, since {why}", stacklevel=4)
    before = set(multiprocessing.active_children())
    plain = plain_pool(count, scratch)
    try:
        yield plain, None if engine in ENGINES else engine
    finally:
        end_with_kernels(set(multiprocessing.active_children()) - before)  # whether they are idle or the batch was stopped
        plain.shutdown(cancel_futures=True)


def _check_engine(name: str) -> None:
    from papermill.engines import papermill_engines
    from papermill.exceptions import PapermillException

    try:
        papermill_engines.get_engine(name)
    except PapermillException:
        check_option("engine", name, (*ENGINES, *papermill_engines._engines))


class _Apart(Executor):
    """Somebody's executor, each of whose tasks starts a process for its run."""

    def __init__(self, by: Executor) -> None:
        self._by = by

    def submit(self, fn: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        return self._by.submit(make_apart, fn, *args, **options)


def results(by: Executor, jobs: Iterable[Job]) -> Iterator[Result]:
    """Results as they come. A run whose process ended before its time has failed, and says so; one that could not begin has none."""
    waiting = {by.submit(make, job): job for job in jobs}
    try:
        for future in as_completed(waiting):
            error = future.exception()
            if not isinstance(error, NotBegun):
                over = getattr(error, "after", None) or 0.0
                yield Result(waiting[future].name, "failed", over, f"{type(error).__name__}: {error}") if error else future.result()
    finally:
        for future in waiting:
            future.cancel()


def processors() -> int:
    """As many as this process may use, at most four."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(count, MAX_WORKERS)
