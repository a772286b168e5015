"""Forks of a warm process: what one does is seen by no other, and nothing of it is left."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import as_completed
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from prove import cases

from fundanalytics.publish import forks
from fundanalytics.publish.forks import Ended, ForkPool, NotBegun, NotSafe

pytestmark = pytest.mark.skipif(bool(forks.obstacle()), reason=forks.obstacle())


# --- tasks: a fork imports them from here --------------------------------------------------------------------------------------


def prepare() -> None:
    import numpy as np
    import pandas as pd
    import plotly.io

    random.seed(1)
    np.random.seed(1)
    pd.DataFrame({"a": [1]}).describe()
    plotly.io.templates.default = "plotly"


def look() -> dict[str, object]:
    """Whatever a run could have changed for the next one."""
    import numpy as np
    import pandas as pd
    import plotly.io

    return {
        "modules": sorted(sys.modules),
        "environment": {name: value for name, value in os.environ.items() if name != "TMPDIR"},
        "cwd": os.getcwd(),
        "path": list(sys.path),
        "rows": pd.get_option("display.max_rows"),
        "template": plotly.io.templates.default,
        "numpy": np.geterr(),
        "files": sorted(os.readlink(f"/proc/self/fd/{n}").partition("[")[0] for n in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{n}")),
        "mask": oct(os.umask(0o22)),
        "handlers": str(signal.getsignal(signal.SIGTERM)),
        "globals": sorted(globals()),
        "threads": threading.active_count(),
        "temp": os.listdir(tempfile.gettempdir()),
        "group": os.getpgid(0) == os.getpid(),
        "recursion": sys.getrecursionlimit(),
    }


def litter() -> tuple[int, int, str]:
    """Change all that ``look`` looks at, and leave things running: a thread, a process of the group, one in a session of its own."""
    import colorsys  # noqa: F401

    import numpy as np
    import pandas as pd
    import plotly.io

    os.environ["LEFT"] = "1"
    os.chdir("/")
    sys.path.insert(0, "/left")
    pd.set_option("display.max_rows", 3)
    plotly.io.templates.default = "none"
    np.seterr(all="ignore")
    os.umask(0)
    sys.setrecursionlimit(5000)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    globals()["left"] = open("/proc/self/status")  # noqa: SIM115
    Path(tempfile.gettempdir(), "left").write_text("left")
    threading.Thread(target=time.sleep, args=(600,)).start()
    near = subprocess.Popen(["sleep", "600"])
    far = subprocess.run(["sh", "-c", "setsid sleep 600 >/dev/null 2>&1 & echo $!"], capture_output=True, text=True)
    return near.pid, int(far.stdout), tempfile.gettempdir()


def drawn() -> tuple[float, float, str]:
    import numpy as np

    return random.random(), float(np.random.random()), next(tempfile._get_candidate_names())


def die(how: int) -> None:
    os.kill(os.getpid(), how)
    time.sleep(60)


def die_in_the_middle() -> None:
    """Killed while a big result is on its way."""
    threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGKILL)).start()
    forks._child.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    send_slowly("x" * 10_000_000)


def send_slowly(text: str) -> None:
    from fundanalytics.publish import packets

    packets.PACKET = 1000
    whole = packets.pickle.dumps(("told", text), protocol=5)
    for start in range(0, len(whole), 1000):
        forks._child.send(packets.MORE + whole[start : start + 1000])
        time.sleep(0.01)


def wait(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.05)
        forks.tell("waiting")


def fail() -> None:
    raise ZeroDivisionError("no figures")


def strange() -> object:
    return lambda: None  # cannot be sent


def big(size: int) -> str:
    forks.tell("y" * size)
    return "x" * size


def same_hash() -> int:
    return hash("年度")


def with_thread() -> None:
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()


def tiny(i: int) -> int:
    Path(tempfile.gettempdir(), "some").write_text("x" * 1000)
    subprocess.run(["true"])
    return i


# --- tests -----------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def warm() -> Iterator[ForkPool]:
    with ForkPool(2, (prepare, ())) as pool:
        pool.ready()
        yield pool


def _gone(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


def _soon(what, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(what())


def test_nothing_that_a_task_does_is_seen_by_the_next(warm):
    before = warm.run(look)
    near, far, temp = warm.run(litter)
    assert warm.run(look) == before and before["temp"] == [] and before["group"]
    assert _gone(near) and _gone(far), "told before what a task left running was ended"
    assert not Path(temp).exists()


def test_what_one_task_leaves_is_ended_while_another_keeps_its_own(warm):
    alone = warm.run(look)
    waiting = warm.submit(subprocess.check_output, ["sh", "-c", "(sleep 1; echo done) & wait"])
    time.sleep(0.3)
    assert warm.run(look) == alone, "it holds the line of another task"
    warm.run(litter)
    assert waiting.result() == b"done\n"


def test_each_task_draws_random_numbers_of_its_own(warm):
    seen = [warm.run(drawn) for _ in range(4)]
    assert all(len(set(those)) == 4 for those in zip(*seen, strict=True)), seen


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_killed_task_says_by_what_and_the_next_one_runs(warm, how):
    with pytest.raises(Ended, match=how.name) as raised:
        warm.run(die, how)
    assert raised.value.status == -how and warm.run(tiny, 7) == 7


def test_a_task_killed_in_the_middle_of_a_message_says_so_too(warm):
    with pytest.raises(Ended, match="SIGKILL"):
        warm.run(die_in_the_middle)


def test_what_a_task_raises_is_raised_and_what_cannot_be_sent_is_told(warm):
    with pytest.raises(ZeroDivisionError, match="no figures"):
        warm.run(fail)
    with pytest.raises(Ended):
        warm.run(os._exit, 3)
    with pytest.raises(Exception, match="pickle"):
        warm.run(strange)


def test_big_messages_arrive_whole(warm):
    heard: list[str] = []
    assert len(warm.run(big, 5_000_000, heard=heard.append)) == len(heard[0]) == 5_000_000


def test_a_run_has_a_time_limit_however_much_it_tells():
    with ForkPool(1, (tiny, (0,)), limit=1.0) as pool:
        pool.ready()
        started = time.monotonic()
        with pytest.raises(Ended, match="longer than 1 s"):
            pool.run(wait, 30)
        assert time.monotonic() - started < 5
        with pytest.raises(Ended, match=r"longer than 0\.2 s"):
            pool.run(time.sleep, 30, silence=0.2)
        assert pool.run(tiny, 1) == 1


def test_a_template_with_a_thread_is_not_forked():
    with ForkPool(1, (with_thread, ())) as pool, pytest.raises(NotSafe, match="2 threads"):
        pool.ready()


def test_what_makes_ready_and_fails_says_why():
    with ForkPool(1, (fail, ())) as pool, pytest.raises(ZeroDivisionError):
        pool.ready()


def test_a_killed_template_is_told_and_leaves_nothing(tmp_path):
    with ForkPool(1, (tiny, (0,)), scratch=tmp_path) as pool:
        pool.ready()
        future = pool.submit(subprocess.check_output, ["sleep", "600"])
        template = psutil.Process(pool._process.pid)
        assert _soon(lambda: any("sleep" in p.name() for p in template.children(recursive=True)))
        family = template.children(recursive=True)
        template.kill()
        with pytest.raises(Ended, match="the process that starts the runs ended"):
            future.result(timeout=20)
        assert _soon(lambda: all(_gone(p.pid) for p in family))
        with pytest.raises(NotBegun):
            pool.run(tiny, 1)
    assert list(tmp_path.iterdir()) == []


OWNER = """
import sys, time
sys.path[:0] = {path!r}
import test_forks
from fundanalytics.publish.forks import ForkPool
pool = ForkPool(2, (test_forks.prepare, ()), scratch={scratch!r})
if {ready}:
    pool.ready()
    for _ in range(2):
        pool.submit(test_forks.litter_and_wait)
print(pool._process.pid, flush=True)
time.sleep(600)
"""


def litter_and_wait() -> None:
    litter()
    time.sleep(600)


@pytest.mark.parametrize("ready", [True, False])
def test_when_the_owner_is_killed_its_forks_and_its_scratch_folder_go(tmp_path, ready):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (scratch / "half").write_text("a report")
    code = OWNER.format(path=[str(Path(__file__).parent), str(Path(__file__).parents[1])], scratch=str(scratch), ready=ready)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as owner:
        template = psutil.Process(int(owner.stdout.readline()))
        assert not ready or _soon(lambda: len([p for p in template.children(recursive=True) if p.name() == "sleep"]) == 4)
        family = [template, *template.children(recursive=True)]
        owner.kill()
    assert _soon(lambda: all(_gone(p.pid) for p in family)), [p for p in family if not _gone(p.pid)]
    assert _soon(lambda: not scratch.exists())


def test_an_orderly_end_leaves_the_scratch_folder_to_its_owner(tmp_path):
    (tmp_path / "half").write_text("a report")
    with ForkPool(1, (tiny, (0,)), scratch=tmp_path) as pool:
        pool.ready()
    assert [path.name for path in tmp_path.iterdir()] == ["half"]


def _level(pool: ForkPool) -> dict[str, int]:
    template = psutil.Process(pool._process.pid)
    return {
        "descriptors here": psutil.Process().num_fds(),
        "descriptors": template.num_fds(),
        "processes": len(template.children(recursive=True)),
        "files": sum(1 for _ in Path(pool._temporary).rglob("*")),
        "threads": template.num_threads(),
        "memory": template.memory_info().rss,
    }


def test_a_template_is_after_many_runs_as_it_was(warm):
    for _ in as_completed([warm.submit(tiny, i) for i in range(20)]):
        pass
    assert _soon(lambda: _level(warm)["processes"] == 0) and not time.sleep(0.2)
    before = _level(warm)
    done = [future.result() for future in as_completed([warm.submit(tiny, i) for i in range(cases(60, 0.2))])]
    assert _soon(lambda: _level(warm)["processes"] == 0) and not time.sleep(0.2)
    after = _level(warm)
    print(f"soak: {len(done)} runs, {before} -> {after}")
    assert sorted(done) == list(range(len(done)))
    assert after["memory"] - before["memory"] < 5e6
    assert {name: n for name, n in after.items() if name != "memory"} == {name: n for name, n in before.items() if name != "memory"}
