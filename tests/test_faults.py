"""Whatever ends a run or a batch: each run says how it ended, no half file bears a final name, nothing is left over, the next call goes on from there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from prove import cases
from small_folder import DISTRICT, EAST, WEST, write_data

from fundanalytics.errors import ArgumentError
from fundanalytics.publish import files, forks
from fundanalytics.publish.made import Made, alone
from fundanalytics.publish.runs import Batch, run_reports

pytestmark = [pytest.mark.skipif(bool(forks.obstacle()), reason=forks.obstacle()), pytest.mark.xdist_group("faults")]

AREAS = (DISTRICT, EAST, WEST)
ROOT = Path(__file__).parents[1]
PARAMETERS = """data: str = "data"  # folder
period: str = "2020"
area: str = "999902001"
lang: str = "zh"
how: str = ""  # what goes wrong where
seconds: float = 0.0  # to sleep"""
BODY = """import os, resource, signal, time
print("area", area)
time.sleep(seconds)
fault = dict(one.split("=") for one in how.split(",") if one).get(area, "")
if fault == "raise":
    raise ValueError("no figures in the ledger")
if fault == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if fault == "memory":
    room = int(open("/proc/self/statm").read().split()[0]) * 4096 + (200 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    held = [bytearray(50 << 20) for _ in range(9)]
if fault == "left":
    os._exit(7)
if fault == "hang":
    time.sleep(600)
if fault == "hang for good":
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    time.sleep(600)"""


def _notebook(path: Path) -> Path:
    cells = [new_code_cell(PARAMETERS, id="a"), new_code_cell(BODY, id="b"), new_code_cell("area", id="c")]
    cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}), path)
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("faults")
    write_data(place / "data")
    _notebook(place / "tiny.ipynb")
    return place


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A folder of data with enough areas for a batch that can be stopped in its midst."""
    place = tmp_path_factory.mktemp("city")
    data = write_data(place / "data")
    more = [f"{street}{number:03d},第{number}社区,community,{street}" for street in (EAST, WEST) for number in range(2, 15)]
    areas = data / "areas.csv"
    areas.write_text(areas.read_text(encoding="utf-8") + "\n".join(more) + "\n", encoding="utf-8")
    _notebook(place / "tiny.ipynb")
    return place, 3 + 2 + len(more)


@pytest.fixture
def batch(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(place)

    def made(how: str = "", **options: Any) -> Batch:
        own = {"period": "2020", "out": tmp_path / "out", "only": ["district", "streets"], "notebook": "tiny.ipynb", "workers": 2}
        return run_reports("data", **(own | {"parameters": {"how": how}} | options))

    return made


def _names(out: Path) -> set[str]:
    return {path.name for path in out.rglob("*.html")} - {"index.html"}


def _statuses(batch: Batch) -> dict[str, str]:
    return dict(zip(batch.runs["area_code"], batch.runs["status"], strict=True))


def _parts(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*.part")]


# --- one run -------------------------------------------------------------------------------------------------------------------


BREAKS = {
    EAST: ("raise", "ValueError: no figures in the ledger"),
    f"{EAST}001": ("killed", "SIGKILL; the memory may have run out"),
    f"{EAST}002": ("memory", "MemoryError"),
    f"{EAST}003": ("left", "left with status 7"),
    f"{EAST}004": ("hang", "took longer than"),
    f"{EAST}005": ("hang for good", "took longer than 6 s and was ended"),
}


def test_runs_that_break_are_told_and_the_others_are_made(city, tmp_path, monkeypatch):
    place, count = city
    monkeypatch.chdir(place)
    asked: dict[str, Any] = {"period": "2020", "out": tmp_path / "out", "only": ["district", "streets", "communities"], "notebook": "tiny.ipynb", "workers": 3}
    how = ",".join(f"{area}={fault}" for area, (fault, _) in BREAKS.items())
    broken = run_reports("data", **asked, parameters={"how": how}, limit=6)
    reasons = broken.runs.set_index("area_code")["reason"]
    assert {area for area, status in _statuses(broken).items() if status == "failed"} == BREAKS.keys()
    assert [area for area, (_, told) in BREAKS.items() if told not in reasons[area]] == [], reasons[list(BREAKS)].to_dict()
    assert len(_names(tmp_path / "out")) == count - len(BREAKS) and not _parts(tmp_path)
    again = run_reports("data", **asked)
    assert again.failed == 0 and len(_names(tmp_path / "out")) == count


def test_executors_of_somebody_elses_make_the_same_and_leave_nothing(batch, tmp_path, monkeypatch):
    """Threads, which share one folder and one environment; and processes, through which what went wrong must travel."""
    (temp := tmp_path / "temp").mkdir()
    monkeypatch.setenv("TMPDIR", str(temp))
    monkeypatch.setattr("tempfile.tempdir", None)
    here, warm = os.getcwd(), batch(out=tmp_path / "warm")
    with ThreadPoolExecutor(3) as threads:
        made = batch(out=tmp_path / "made", engine=threads)
    with ProcessPoolExecutor(2) as processes:
        broken = batch(f"{EAST}=killed,{WEST}=hang for good", out=tmp_path / "broken", engine=processes, limit=15)
    assert _statuses(made) == _statuses(warm) == dict.fromkeys(AREAS, "made") and _contents(made.out) == _contents(warm.out)
    assert _statuses(broken) == {DISTRICT: "made", EAST: "failed", WEST: "failed"}
    assert "longer than 15 s" in broken.runs.set_index("area_code").loc[WEST, "reason"]
    assert os.getcwd() == here and _settled(temp) == ([], [])


def test_a_batch_that_was_interrupted_stops_on_the_executor_of_somebody_else_too(batch, tmp_path, monkeypatch):
    (temp := tmp_path / "temp").mkdir()
    monkeypatch.setenv("TMPDIR", str(temp))
    monkeypatch.setattr("tempfile.tempdir", None)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    futures = []
    with ThreadPoolExecutor(1) as threads:
        submit = threads.submit
        monkeypatch.setattr(threads, "submit", lambda *task: futures.append(submit(*task)) or futures[-1])
        stopped = batch(f"{WEST}=hang", engine=threads, progress=interrupt, limit=100)
        assert sorted(_statuses(stopped).values()) == ["made", "not_begun", "not_begun"] and stopped.stopped
        assert futures[-1].cancelled(), "a process would be started for it"
        started = time.monotonic()
    assert time.monotonic() - started < 30 and _settled(temp) == ([], [])


def test_a_run_has_its_time_limit_in_an_ordinary_kernel_too(batch, place):
    cells = [new_code_cell(PARAMETERS, id="a"), *(new_code_cell("import time; time.sleep(4)", id=f"c{i}") for i in range(4))]
    cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(
        new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}), place / "slow.ipynb"
    )
    slow = batch(notebook="slow.ipynb", only=[EAST], engine="plain", limit=8)
    assert list(slow.runs["reason"]) == ["took longer than 8 s and was ended"]


# --- the disk ------------------------------------------------------------------------------------------------------------------


def test_a_file_that_the_disk_has_no_room_for_fails_its_report_and_leaves_no_part(batch, tmp_path, monkeypatch):
    whole = files.whole

    def full(target: Path):
        if EAST in target.name:
            raise OSError(28, "No space left on device")
        return whole(target)

    monkeypatch.setattr("fundanalytics.publish.runs.whole", full)
    failed = batch()
    assert _statuses(failed)[EAST] == "failed" and "No space left" in failed.runs.set_index("area_code").loc[EAST, "reason"]
    assert _names(tmp_path / "out") == {f"tiny_{code}_2020.html" for code in (DISTRICT, WEST)} and not _parts(tmp_path)
    monkeypatch.undo()


LIMITED = """
import resource, signal, sys
from pathlib import Path
from fundanalytics.publish.files import write_whole
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
target = Path(sys.argv[1])
write_whole("old", target)
try:
    write_whole("x" * 5000, target)
except OSError as error:
    print(type(error).__name__, target.read_text(), [path.name for path in target.parent.iterdir()])
"""


def test_a_file_that_cannot_be_written_to_its_end_leaves_the_old_one(tmp_path):
    told = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path / "report.html")], capture_output=True, text=True, cwd=ROOT)
    assert told.stdout.strip() == "OSError old ['report.html']", told.stderr


@contextlib.contextmanager
def _disk(folder: Path, options: str) -> Iterator[Path]:
    """A file system of its own in a folder."""
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_told_and_with_room_the_next_batch_goes_on(batch, tmp_path):
    page = next(path for path in _made_once(batch, tmp_path).glob("*.html") if path.name != "index.html").stat().st_size
    with _disk(tmp_path / "disk", f"size={2 * page + 20_000}") as disk:
        outcome = _outcome(lambda: batch(out=disk / "out", single_file=True))
        assert "No space left" in outcome, outcome
        assert not _parts(disk) and all(b"</html>" in path.read_bytes()[-200:] for path in disk.rglob("*.html"))
        subprocess.run(["mount", "-o", "remount,size=80m", str(disk)], check=True)
        again = batch(out=disk / "out", single_file=True)
        assert again.failed == 0 and "kept" in set(again.runs["status"])


def _made_once(batch, tmp_path: Path) -> Path:
    return batch(out=tmp_path / "calm", only=[WEST], single_file=True).out


def _outcome(call) -> str:
    try:
        return " ".join(call().runs["reason"])
    except ArgumentError as error:
        return f"{error.code} {error.say('en')}"


def test_a_folder_that_may_not_be_written_is_told_before_anything_runs(place, tmp_path):
    with _disk(tmp_path / "disk", "size=1m,ro") as disk:
        for out in (disk, disk / "out"):
            done = _call(place, out, [])
            assert done.returncode == 2, done.stderr
            assert "cannot write the output folder" in done.stderr and "Read-only" in done.stderr and "Traceback" not in done.stderr


def test_two_batches_do_not_share_a_folder(place, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with alone(out):
        done = _call(place, out, [])
    assert done.returncode == 2 and "the output folder is in use" in done.stderr and "Traceback" not in done.stderr
    assert not _names(out)


# --- the batch itself ------------------------------------------------------------------------------------------------------------


def _command(out: Path, more: list[str]) -> list[str]:
    return [sys.executable, "-c", "from fundanalytics.cli import main; main()", "report", "--data", "data", "--period", "2020", "--out", str(out),
            "--notebook", "tiny.ipynb", "--lang", "en", "--workers", "2", "--only=district", "--only=streets", "--only=communities", *more]  # fmt: skip


def _environment(temp: Path | None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)} | ({"TMPDIR": str(temp)} if temp else {})


def _call(place: Path, out: Path, more: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run(_command(out, more), cwd=place, capture_output=True, text=True, env=_environment(None))


def _start(place: Path, out: Path, temp: Path, more: list[str], first: str = "") -> subprocess.Popen:
    call = _command(out, more)
    return subprocess.Popen(
        [*call[:2], first + call[2], *call[3:]],
        cwd=place,
        env=_environment(temp),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _alive(temp: Path) -> list[str]:
    """Living processes whose environment or command speaks of a folder for temporary files."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes()
            if command and str(temp).encode() in (folder / "environ").read_bytes() + command:
                found.append(command.decode().replace("\0", " "))
    return found


def _settled(temp: Path, seconds: float = 20.0) -> tuple[list[str], list[str]]:
    """Processes and temporary files that are left when nothing changes any more."""
    end = time.monotonic() + seconds
    while ((left := _alive(temp)) or any(temp.iterdir())) and time.monotonic() < end:
        time.sleep(0.05)
    return left, [str(path) for path in temp.rglob("*")]


def _contents(out: Path) -> dict[str, str]:
    """What a folder holds, but for times."""
    found = {}
    for path in sorted(out.rglob("*")):
        if path.is_file() and path.name not in (".lock", ".made.jsonl"):
            data = path.read_bytes()
            if path.name == "manifest.json":
                told = json.loads(data)
                for run in told["runs"]:
                    run["seconds"] = 0
                    for output in run["outputs"]:
                        output["sha256"] = ""
                for output in told["files"]:
                    output["sha256"] = ""
                data = json.dumps(told, sort_keys=True).encode()
            found[path.relative_to(out).as_posix()] = hashlib.sha256(re.sub(rb"\d+(\.\d+)? ?(s|seconds)\b", b"TIME", data)).hexdigest()
    return found


def test_a_batch_killed_at_any_moment_goes_on_to_what_an_undisturbed_one_makes(city, tmp_path_factory, record_property):
    place, count = city
    calm, temp = tmp_path_factory.mktemp("calm") / "out", tmp_path_factory.mktemp("temp")
    started = time.monotonic()
    undisturbed = _start(place, calm, temp, ["-p", "seconds=0.02"])
    assert undisturbed.wait() == 0, undisturbed.stderr.read()
    whole = time.monotonic() - started
    wanted, chance, kills, rounds = _contents(calm), random.Random(7), 0, 0
    assert len(_names(calm)) == count
    while kills < cases(10, 0.04):
        out, rounds = tmp_path_factory.mktemp("killed") / "out", rounds + 1
        while True:
            going = _start(place, out, temp, ["-p", "seconds=0.02"])
            how = chance.choice((signal.SIGINT, signal.SIGTERM, signal.SIGKILL))
            try:
                going.wait(chance.uniform(0.2, 0.8) * whole)
            except subprocess.TimeoutExpired:
                going.send_signal(how)
                kills += 1
            errors = going.communicate(timeout=60)[1]
            assert going.returncode in (0, 130, -how), (going.returncode, errors)
            assert "Traceback" not in errors, errors
            assert _settled(temp) == ([], []), f"left after {how.name}"
            assert not out.exists() or all(b"</html>" in path.read_bytes()[-200:] for path in out.rglob("*.html"))
            if going.returncode == 0:
                break
        assert _contents(out) == wanted
        shutil.rmtree(out.parent)
    record_property("kills", kills)
    print(f"kills: {kills} of batches of {count} runs, {rounds} folders resumed to the end")


@pytest.mark.parametrize("at", ["runs.finish", "runs.shutil.rmtree", "forks.ForkPool.shutdown"])
def test_a_batch_killed_at_its_very_end_leaves_no_temporary_file(place, tmp_path, at):
    temp = tmp_path / "temp"
    temp.mkdir()
    first = f"import os; from fundanalytics.publish import forks, runs; {at} = lambda *_, **__: os.kill(os.getpid(), 9); "
    going = _start(place, tmp_path / "out", temp, ["--workers", "1"], first)
    assert going.communicate(timeout=60) and going.returncode == -9
    assert _settled(temp) == ([], []) and len(_names(tmp_path / "out")) > 1


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs a browser")
def test_a_batch_killed_while_it_prints_leaves_no_browser(city, tmp_path):
    place, _ = city
    temp = tmp_path / "temp"
    temp.mkdir()
    going = _start(place, tmp_path / "out", temp, ["--formats", "pdf", "-p", "seconds=0.5"])
    end = time.monotonic() + 60
    while not any("--user-data-dir" in line for line in _alive(temp)) and time.monotonic() < end and going.poll() is None:
        time.sleep(0.05)
    assert going.poll() is None, going.stderr.read()
    going.kill()
    going.communicate()
    assert _settled(temp) == ([], [])


# --- notes ---------------------------------------------------------------------------------------------------------------------


def test_a_note_that_was_cut_off_counts_for_nothing_and_spoils_no_other(batch, tmp_path):
    batch()
    notes = tmp_path / "out" / ".made.jsonl"
    lines = notes.read_text(encoding="utf-8").splitlines()
    notes.write_text("\n".join(lines[:3])[:-40], encoding="utf-8")
    assert len(Made.read(tmp_path / "out").runs) == 2
    assert sorted(_statuses(batch()).values()) == ["kept", "kept", "made"]
    assert sorted(_statuses(batch()).values()) == ["kept"] * 3
