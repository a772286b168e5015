"""Batches on a cluster: real schedulers and workers, whose reports are those of this machine, whatever happens to a worker."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from small_folder import DISTRICT, EAST, WEST

from fundanalytics.errors import ArgumentError
from fundanalytics.publish.runs import Batch, run_reports

pytestmark = pytest.mark.xdist_group("cluster")
NAMES = [f"tiny_{code}_2020" for code in (DISTRICT, EAST, WEST)]
PATIENCE = 60.0  # seconds


class Cluster:
    """A scheduler and its workers, each with a folder of its own."""

    def __init__(self, place: Path) -> None:
        self.place, self.workers, self._all = place, [], []
        self._told = place / "scheduler.json"
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(self._told))
        wait_for(self._told.exists)
        self.address = json.loads(self._told.read_text())["address"]

    def _start(self, kind: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        paths = [environment.pop("PYTHONPATH", ""), *sys.path]
        command = [sys.executable, "-m", "dask", kind, "--no-dashboard", *options]
        with (self.place / f"{kind}{len(self._all)}.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=self.place, stderr=log, stdout=log, start_new_session=True,
                                       env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), **environment})  # fmt: skip
        self._all.append(process)
        return process

    def work(self, **environment: str) -> subprocess.Popen[bytes]:
        folder = self.folder(len(self.workers))
        options = ("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
        self.workers.append(self._start("worker", self.address, *options, **environment))
        return self.workers[-1]

    def folder(self, number: int) -> Path:
        return self.place / f"disk{number}"

    def stop(self) -> None:
        for process in self._all:
            process.kill()
            process.wait()


def wait_for(there: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


@contextmanager
def cluster_in(place: Path, workers: int = 1) -> Iterator[Cluster]:
    cluster = Cluster(place)
    try:
        for _ in range(workers):
            cluster.work()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster_in(tmp_path_factory.mktemp("cluster"), workers=2) as cluster:
        yield cluster


def batch(out: str, **options) -> Batch:
    told = {"period": "2020", "only": ["district", "streets"], "notebook": "tiny.ipynb", "workers": 1}
    return run_reports("data", out=out, **told | options)


def pages(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".html", ".csv")}


def processes_of(cluster: Cluster) -> list[int]:
    """What lives below the workers."""
    return [child.pid for worker in cluster.workers if psutil.pid_exists(worker.pid) for child in psutil.Process(worker.pid).children(recursive=True)]


def test_reports_of_a_cluster_are_those_of_this_machine_and_nothing_of_them_stays_with_the_workers(cluster, place):
    here = batch("here", parameters={"fails_for": EAST})
    there = batch("there", parameters={"fails_for": EAST}, scheduler=cluster.address)
    columns = ["name", "status", "reason", "output"]
    assert there.runs[columns].to_dict("records") == here.runs[columns].to_dict("records")
    assert list(there.runs["status"]) == ["made", "failed", "made"]
    assert pages(place / "there") == pages(place / "here") and len(pages(place / "here")) == 4
    assert str(cluster.place) not in (place / f"there/failed/tiny_{EAST}_2020.ipynb").read_text("utf-8")
    assert processes_of(cluster) == []
    assert [path for number in range(2) for path in cluster.folder(number).rglob("fund-*")] == []


def test_a_worker_gets_the_inputs_once_and_needs_no_disk_of_the_batch(cluster, place):
    """The runs read an unpacked copy in the worker's own folder."""
    asked = "os.path.realpath(data)[::-1], os.stat(data).st_ino, os.getcwd() =="
    text = (place / "tiny.ipynb").read_text().replace("os.getcwd() ==", asked)
    (place / "where.ipynb").write_text(text)
    batch("out", notebook="where.ipynb", scheduler=cluster.address)
    told = [re.search(r"data: data here: (\S+) (\d+) True", page.read_text("utf-8")) for page in (place / "out").glob("where_*.html")]
    paths = {found[1][::-1] for found in told if found}
    assert len(told) == 3 and all(str(cluster.place) in path for path in paths) and len({found[2] for found in told}) == len(paths) <= 2


def test_the_runs_of_a_killed_worker_are_made_by_another(place, tmp_path):
    with cluster_in(tmp_path) as cluster:
        first, killed = cluster.workers[0], []

        def kill_it(done: int, count: int, result: object) -> None:
            if not killed:
                cluster.work()
                wait_for(lambda: "Registered to" in (tmp_path / "worker2.log").read_text())
                killed.extend([*psutil.Process(first.pid).children(recursive=True)])
                first.send_signal(signal.SIGKILL)

        made = batch("out", scheduler=cluster.address, progress=kill_it, parameters={"seconds": 1})
        assert list(made.runs["status"]) == ["made"] * 3, made.runs["reason"].tolist()
        assert {path.stem for path in (place / "out").glob("tiny*.html")} == set(NAMES)
        assert killed and psutil.wait_procs(killed, timeout=PATIENCE)[1] == []  # the template and its forks went with their worker


def test_a_run_whose_process_is_killed_has_failed_at_once_and_the_others_are_made(cluster, place):
    text = (place / "tiny.ipynb").read_text().replace("raise ValueError", f"open('{place}/tries', 'a').write('x'); os.kill(os.getpid(), 9); raise ValueError")
    (place / "tiny.ipynb").write_text(text)
    made = batch("out", parameters={"fails_for": EAST}, scheduler=cluster.address)
    assert list(made.runs["status"]) == ["made", "failed", "made"]
    assert "SIGKILL" in made.runs["reason"][1] and (place / "tries").read_text() == "x"


def test_the_runs_of_a_worker_whose_warm_process_ended_are_made_again(cluster, place):
    killed = []

    def kill_it(done: int, count: int, result: object) -> None:
        for pid in processes_of(cluster) if done == 1 else []:
            killed.append(pid)
            os.kill(pid, signal.SIGKILL)

    made = batch("out", scheduler=cluster.address, progress=kill_it, parameters={"seconds": 2})
    assert killed and list(made.runs["status"]) == ["made"] * 3, made.runs["reason"].tolist()


def test_an_interrupted_batch_ends_what_its_workers_run(cluster, place):
    def interrupt() -> None:
        wait_for(lambda: len(processes_of(cluster)) == 4)  # two warm processes, two forks
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    made = batch("out", scheduler=cluster.address, parameters={"seconds": 300})
    interrupting.join()
    assert made.stopped and list(made.runs["status"]) == ["not_begun"] * 3
    assert processes_of(cluster) == []


def test_without_its_scheduler_a_batch_ends_and_says_so(place, tmp_path, monkeypatch):
    monkeypatch.setattr("fundanalytics.publish.cluster.WAIT", 3)
    with cluster_in(tmp_path) as cluster:
        made = batch("out", scheduler=cluster.address, progress=lambda *_: cluster.scheduler.kill(), parameters={"seconds": 1})
    assert list(made.runs["status"]).count("made") == 1 and made.failed == 2
    assert set(made.runs["reason"]) == {"", "Lost: the scheduler is gone or lost it"}


def test_workers_with_other_versions_are_refused_before_anything_runs(place, tmp_path):
    other = tmp_path / "other/numpy-9.9.9.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 9.9.9\n")
    with cluster_in(tmp_path, workers=1) as cluster:
        cluster.work(PYTHONPATH=str(other.parent))
        wait_for(lambda: "Registered to" in (tmp_path / "worker2.log").read_text())
        with pytest.raises(ArgumentError) as raised:
            batch("out", scheduler=cluster.address)
    assert raised.value.code == "cluster_differs"
    assert "numpy 9.9.9" in raised.value.say("zh") and "numpy 9.9.9" in raised.value.say("en") and "pandas" not in raised.value.say("en")
    assert not (place / "out").exists()


def test_an_address_without_a_scheduler_is_told(place, monkeypatch):
    monkeypatch.setattr("fundanalytics.publish.cluster.WAIT", 1)
    for address in ("tcp://127.0.0.1:9", "http://127.0.0.1", "nonsense"):
        with pytest.raises(ArgumentError) as raised:
            batch("out", scheduler=address)
        assert raised.value.code == "no_scheduler" and address in raised.value.say("en")
    assert not (place / "out").exists()


def test_a_worker_that_cannot_fork_gives_each_run_a_kernel(place, tmp_path):
    """As on macOS or Windows."""
    unsafe = tmp_path / "unsafe"
    unsafe.mkdir()
    (unsafe / "sitecustomize.py").write_text("import sys\nif 'dask' in ' '.join(sys.orig_argv):\n    from fundanalytics.publish import forks, cluster_worker\n"
                                             "    cluster_worker.obstacle = lambda: 'told so'\n")  # fmt: skip
    text = (place / "tiny.ipynb").read_text().replace("sys.prefix", "'ipykernel' in open('/proc/self/cmdline').read()")
    (place / "tiny.ipynb").write_text(text)
    with cluster_in(tmp_path, workers=0) as cluster:
        cluster.work(PYTHONPATH=str(unsafe))
        made = batch("out", scheduler=cluster.address, parameters={"fails_for": EAST})
        assert list(made.runs["status"]) == ["made", "failed", "made"], made.runs["reason"].tolist()
        assert processes_of(cluster) == []
    assert "kernel: True" in (place / f"out/tiny_{WEST}_2020.html").read_text("utf-8")
