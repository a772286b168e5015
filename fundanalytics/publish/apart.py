"""A run in a process of its own, wherever it is asked for: in a thread, in a process of somebody else's, in a worker where forking is not safe.

Place in the flow: between ``kernels``, whose ``make`` it runs, and who has no processes for that. papermill changes the folder of its process
while a notebook runs, and the folders of Jupyter are told to a process by its environment: neither bears two runs in one process.
"""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from .forks import Ended, end_group
from .kernels import Job, Result, keep_private

__all__ = ["Apart", "make_apart"]

Make = Callable[[Job], Result]
LOOK = 0.5  # seconds between looks at whether the batch is over


def make_apart(make: Make, job: Job) -> Result:
    """The run's result; ``Ended`` if its process ended too early, or was ended after the time limit of a cell."""
    return Apart(make, job).result()


class Apart:
    """A run that has begun. Its process ends with this one: it reads its standard input, which is open as long as it is wanted."""

    def __init__(self, make: Make, job: Job, environment: Mapping[str, str] | None = None) -> None:
        self._job, self._outcome = job, Path(job.scratch, f"{job.name}.outcome")
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import _live; _live()"], stdin=subprocess.PIPE, start_new_session=True,
            env={**os.environ, **(environment or {}), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(pickle.dumps((str(self._outcome), make, job)))
            self._process.stdin.flush()

    def result(self) -> Result:
        try:
            status = self._process.wait(self._job.limit)
        except subprocess.TimeoutExpired:
            raise Ended(None, after=self._job.limit) from None
        finally:
            self.end()
        if not self._outcome.exists():
            raise Ended(status)
        found: Result = pickle.loads(self._outcome.read_bytes())
        return found

    def end(self) -> None:
        """End the process, and its kernel, which leads a session of its own."""
        import psutil

        left: list[Any] = []
        with suppress(psutil.NoSuchProcess):
            left = psutil.Process(self._process.pid).children(recursive=True)
        end_group(self._process.pid)
        for one in left:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()


def _live() -> None:
    outcome, make, job = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_input, args=(Path(job.scratch, job.name),), daemon=True).start()
    threading.Thread(target=_end_with_batch, args=(Path(job.scratch),), daemon=True).start()
    keep_private(job.scratch)
    part = Path(f"{outcome}.part")
    part.write_bytes(pickle.dumps(make(job)))
    part.replace(outcome)


def _end_with_batch(scratch: Path) -> None:
    """The batch is over when its folder is gone; somebody's executor may not know."""
    while scratch.is_dir():
        time.sleep(LOOK)
    os._exit(1)


def _end_with_input(folder: Path) -> None:
    sys.stdin.buffer.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)
