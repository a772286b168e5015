"""Reports: the batch beside papermill and nbconvert, called for one report after another.

Every call is a command of its own, so what starting and importing cost is counted on both sides. Seconds and processor time are taken without
looking on, memory in a further run, since looking costs time. BENCH_ALL=1 runs the plain way for every report; BENCH_CITY=1 (or numbers, as
100,300) makes reports of a fictional city too.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample"
BIN = Path(sys.executable).parent
FUND = str(BIN / "fundanalytics")
PERIOD = "2020"
BATCHES = {14: ("district", "streets"), 104: ()}  # number of reports: what to ask for
AIMS = {14: 15, 104: 20}  # times faster than the plain way
AGAIN, MARGIN = 2.0, 1.5  # seconds with nothing changed; what one more report costs, as a multiple of its cells
ROUNDS, STARTED = 3, 10
FEW = {"street": 3, "community": 10}  # from so many reports to all of a kind: what one more costs
CITY = (100, 300, 1000)
LOOK = 0.05  # seconds between looks at memory; ten times as many in a city
STARTS = {"import fundanalytics": (0.15, [sys.executable, "-c", "import fundanalytics"]), "fundanalytics --help": (0.4, [FUND, "--help"])}
LIBRARIES = ("fundanalytics", "papermill", "nbconvert", "pandas", "plotly")


class Cost(NamedTuple):
    """What a command took with all that it started; ``peak`` in MB, pages that several share counted once, 0 if nobody looked."""

    seconds: float
    processor: float
    peak: float = 0.0

    def __str__(self) -> str:
        return f"{self.seconds:.1f} | {self.processor:.1f} | {f'{self.peak:.0f}' if self.peak else '–'}"

    def times(self, count: int) -> Cost:
        return Cost(self.seconds * count, self.processor * count, self.peak)


def run() -> str:
    """Everything, as the Markdown of its section."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        runs = _runs()
        costs, batches = _in_turn(runs, folder)
        told, plain = _plain(runs, costs, folder)
        lines = [
            "## Reports", "",
            f"Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores ({_processor()}); "
            f"{', '.join(f'{name} {version(name)}' for name in LIBRARIES)}.",
            f"Means of {ROUNDS} rounds, in each of them a plain report of every kind, then the batches into empty folders. "
            "Processor seconds and peak memory (MB) are those of a command and all that it starts.", "",
            "| | seconds | processor | peak MB | × faster | aim |", "|---|---:|---:|---:|---:|---:|", *told, *_batches(runs, plain, batches, folder), "",
            "Plain: the commands `papermill` and `jupyter nbconvert` for one report after another, the same cells with the same parameters. "
            "Their pages have no charts, and there is no index and no check.", "",
            *_margins(runs, folder), "", *_starts(),
        ]  # fmt: skip
        if os.environ.get("BENCH_CITY"):
            lines += ["", *_city(folder)]
    return "\n".join(lines)


def _runs() -> pd.DataFrame:
    """The reports of the sample, with the parameters that a batch passes."""
    from fundanalytics.data.load import load
    from fundanalytics.publish.plan import plan

    return plan(load(SAMPLE), period=PERIOD, standard={"data": str(SAMPLE), "lang": "zh", "as_of": "", "rules": "", "audience": "public"})


def _in_turn(runs: pd.DataFrame, folder: Path) -> tuple[dict[str, list[Cost]], dict[int, list[Cost]]]:
    """By level what plain reports cost, by number what batches do: measured in turn, since a machine that changes its speed changes it for both."""
    of = {str(level): those.to_dict("records") for level, those in runs.groupby("level", sort=False)}
    plain: dict[str, list[Cost]] = {level: [] for level in of}
    cold: dict[int, list[Cost]] = {count: [] for count in BATCHES}
    for turn in range(ROUNDS):
        for level, those in of.items():
            tried = those[turn::ROUNDS] if os.environ.get("BENCH_ALL") else [those[turn % len(those)]]
            plain[level] += [_one_plain(one, folder) for one in tried]
        for count, only in BATCHES.items():
            cold[count].append(_batch(folder / f"{count}-{turn}", only, count))
    return plain, cold


def _mean(costs: list[Cost]) -> Cost:
    return Cost(*(sum(part) / len(costs) for part in zip(*costs, strict=True)))


def _plain(runs: pd.DataFrame, costs: dict[str, list[Cost]], folder: Path) -> tuple[list[str], dict[str, Cost]]:
    """Rows on a report of each kind, and its mean cost by level."""
    lines, means = [], {}
    for level, those in runs.groupby("level", sort=False):
        peak = _one_plain(those.iloc[0].to_dict(), folder, LOOK).peak
        means[str(level)] = _mean(costs[str(level)])._replace(peak=peak)
        lines.append(f"| plain, a {level} report | {means[str(level)]} | | |")
    return lines, means


def _one_plain(run: dict[str, Any], folder: Path, every: float | None = None) -> Cost:
    """papermill, then nbconvert. Charts are left as data, which is the quickest; cells for other readers are taken out beforehand, for free."""
    import nbformat

    from fundanalytics.publish.export import for_reader

    asked, done = folder / "asked.ipynb", folder / f"{run['name']}.ipynb"
    nbformat.write(for_reader(nbformat.read(run["notebook"], as_version=4), "zh"), asked)
    given = [word for name, value in run["parameters"].items() for word in ("-r", name, str(value))]
    one = _cost([str(BIN / "papermill"), "--no-progress-bar", "-k", "python3", str(asked), str(done), *given], every)
    two = _cost([str(BIN / "jupyter-nbconvert"), "--to", "html", "--log-level", "ERROR", str(done)], every)
    return Cost(one.seconds + two.seconds, one.processor + two.processor, max(one.peak, two.peak))


def _batches(runs: pd.DataFrame, plain: dict[str, Cost], costs: dict[int, list[Cost]], folder: Path) -> list[str]:
    """Rows on each batch: the plain way, cold, and again."""
    limits = _in_one_process(runs)
    lines, how = [], "every one run" if os.environ.get("BENCH_ALL") else "number of each kind × the mean above"
    for count, only in BATCHES.items():
        parts = [plain[level].times(n) for level, n in runs["level"].head(count).value_counts().items()]
        slow = Cost(sum(part.seconds for part in parts), sum(part.processor for part in parts), max(part.peak for part in parts))
        cold = _mean(costs[count])
        again = _mean([_batch(folder / f"{count}-0", only, count, made=0) for _ in range(ROUNDS)])
        peak = _batch(folder / f"{count}-look", only, count, every=LOOK).peak
        peak_again = _batch(folder / f"{count}-look", only, count, made=0, every=LOOK).peak
        lines += [
            f"| **plain, {count} reports** ({how}) | {slow} | 1 | |",
            f"| **`fundanalytics report`, {count} reports** | {cold._replace(peak=peak)} | {slow.seconds / cold.seconds:.1f} | {AIMS[count]} |",
            f"| again, nothing changed | {again._replace(peak=peak_again)} | {slow.seconds / again.seconds:,.0f} | under {AGAIN:g} s |",
            f"| the cells alone, one after another in one warm process that keeps what they share | {limits[count]:.1f} | {limits[count]:.1f} | | | |",
        ]
    return lines


def _in_one_process(runs: pd.DataFrame) -> dict[int, float]:
    """Number of reports → seconds of their cells in one warmed process, without kernel, papermill, pages: the limit for one processor."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.reports", "cells"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    seconds = json.loads(done.stdout.splitlines()[-1])
    return {count: sum(seconds[:count]) for count in BATCHES}


def _cells() -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    from fundanalytics import kept
    from fundanalytics.publish.export import for_reader
    from fundanalytics.publish.warm import warm_up

    warm_up()
    kept.keep()
    shell, seconds = InteractiveShell.instance(), []
    for run in _runs().to_dict("records"):
        notebook = parameterize_notebook(
            for_reader(load_notebook_node(str(run["notebook"])), "zh"), run["parameters"], kernel_name="python3", language="python"
        )
        shell.reset()
        start = time.perf_counter()
        for cell in notebook.cells:
            if cell.cell_type == "code":
                with capture_output():
                    shell.run_cell(cell.source, store_history=True).raise_error()
        seconds.append(time.perf_counter() - start)
    print(json.dumps(seconds))


def _batch(out: Path, only: Iterable[str], count: int, *, made: int | None = None, data: Path = SAMPLE, every: float | None = None) -> Cost:
    """The command for ``count`` reports, of which it must make ``made`` (all)."""
    start = time.time()
    cost = _cost([FUND, "report", "--data", str(data), "--period", PERIOD, "--out", str(out), *(word for one in only for word in ("--only", one))], every)
    pages = [page.stat().st_mtime >= start for page in out.glob("*_*.html")]
    if (len(pages), sum(pages)) != (count, count if made is None else made):
        sys.exit(f"{len(pages)} reports, {sum(pages)} of them made now; {count} were asked for: it did not do the same work")
    return cost


def _margins(runs: pd.DataFrame, folder: Path) -> list[str]:
    """What one more report costs: the slope between few and all of a kind."""
    lines = [
        "One more report in a batch with one worker, beside its cells alone in the same warm forks (from the third report on):", "",
        "| kind | reports | one more, s | cells, s | × cells | aim |", "|---|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for level, few in FEW.items():
        codes = list(runs.loc[runs["level"] == level, "area_code"])
        short, long = (_one_worker(folder / f"{level}-{len(part)}", part) for part in (codes[:few], codes))
        more = (long["seconds"] - short["seconds"]) / (len(codes) - few)
        cells = sum(long["cells"][2:]) / len(long["cells"][2:])
        lines.append(f"| {level} | {few} → {len(codes)} | {more:.2f} | {cells:.2f} | {more / cells:.2f} | {MARGIN:g} |")
    return lines


def _one_worker(out: Path, codes: list[str]) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-m", "benchmarks.reports", str(out), *codes], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _main(out: str, codes: list[str]) -> None:
    """A batch with one worker: its seconds, and those that papermill noted for the cells of each report."""
    from fundanalytics.publish.runs import run_reports

    texts: list[str] = []
    start = time.perf_counter()
    run_reports(SAMPLE, period=PERIOD, out=out, only=codes, workers=1, progress=lambda done, of, result: texts.append(Path(result.executed).read_text()))
    seconds = time.perf_counter() - start
    cells = [sum(cell["metadata"].get("papermill", {}).get("duration") or 0 for cell in json.loads(text)["cells"]) for text in texts]
    print(json.dumps({"seconds": seconds, "cells": cells}))


def _city(folder: Path) -> list[str]:
    """More and more community sheets of one city."""
    counts = CITY if os.environ["BENCH_CITY"] == "1" else tuple(map(int, os.environ["BENCH_CITY"].split(",")))
    city = folder / "city"
    subprocess.run([FUND, "sample", "--out", str(city), "--communities", str(max(counts))], stdout=subprocess.DEVNULL, check=True)
    codes = pd.read_parquet(city / "areas.parquet").query("level == 'community'")["area_code"]
    lines = [
        f"Community sheets of a fictional city of {max(counts):,} communities:", "",
        "| reports | seconds | processor | peak MB | one more, s |", "|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    before, last = 0, 0.0
    for count in counts:
        cost = _batch(folder / f"city-{count}", codes.head(count), count, data=city, every=10 * LOOK)
        lines.append(f"| {count:,} | {cost} | {f'{(cost.seconds - last) / (count - before):.2f}' if before else ''} |")
        before, last = count, cost.seconds
    again = _batch(folder / f"city-{counts[-1]}", codes.head(counts[-1]), counts[-1], made=0, data=city, every=10 * LOOK)
    return [*lines, f"| {counts[-1]:,} again, nothing changed | {again} | |"]


def _starts() -> list[str]:
    told = [f"| `{name}` | {min(_cost(call) for _ in range(STARTED)).seconds:.3f} | {limit:g} |" for name, (limit, call) in STARTS.items()]
    return ["| start | seconds | limit |", "|---|---:|---:|", *told]


def _cost(call: list[str], every: float | None = None) -> Cost:
    """Run a command to its end; with ``every``, look at the memory of its tree each so many seconds."""
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(call, stdout=said, stderr=said, cwd=tempfile.gettempdir(), env={**os.environ, "PLOTLY_RENDERER": "plotly_mimetype"})
        most = _watched(process.pid, every) if every else None
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(call[:6])} … ended with {process.returncode}:\n{said.read().decode()[-2000:]}")
    return Cost(seconds, used.ru_utime + used.ru_stime, most() if most else 0.0)


def _watched(pid: int, every: float) -> Callable[[], float]:
    """Begin to look at a tree of processes; what is returned ends that, and gives the most that was seen."""
    import psutil

    sums, ended = [0.0], threading.Event()

    def look() -> None:
        while not ended.wait(every):
            try:
                top = psutil.Process(pid)
                sums.append(sum(_share(one.pid) for one in (top, *top.children(recursive=True))))
            except psutil.NoSuchProcess:
                return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()

    def most() -> float:
        ended.set()
        thread.join()
        return max(sums)

    return most


def _share(pid: int) -> float:
    """A process's share of memory in MB: pages that several have are divided among them."""
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it has just ended
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("Pss:")), 0.0)


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    _cells() if sys.argv[1] == "cells" else _main(sys.argv[1], sys.argv[2:])
