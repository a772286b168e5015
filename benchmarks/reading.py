"""Reading: ``load`` beside ``pandas.read_excel`` on the same files.

``read_excel`` gives the cells; ``load`` also finds the tables, understands units, checks every cell and refuses in the open, so a ratio
above 1 is the price of that. Each contender runs in processes of its own, in turn, so that neither a warm cache nor memory is shared.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample"
CONTENDERS = {"load": "`fundanalytics.load`", "calamine": '`pandas.read_excel(engine="calamine")`', "openpyxl": '`pandas.read_excel(engine="openpyxl")`'}
ROUNDS = {"workbooks": 3, "sample": 3, "large": 2}
LARGE_ROWS = 100_000
TARGET = 3.0  # seconds for the sample's workbooks, on two cores
LIBRARIES = ("fundanalytics", "pandas", "numpy", "python-calamine", "openpyxl")
# the functions that are the steps of load; what is left are checks across rows, joins and sums
STEPS = {
    "open the files": "workbook.read_grids",
    "find the tables (layout)": "reader.layout.tables",
    "tell the columns (headings, totals)": "load._plans",
    "parse cells and place areas": "intake.take",
}


def run() -> str:
    """Everything, as the Markdown of its section."""
    steps = _child("steps", SAMPLE)["steps"]
    with tempfile.TemporaryDirectory() as scratch:
        large = Path(scratch, "large.xlsx")
        size = write_large(large)
        workbooks = shutil.copytree(SAMPLE, Path(scratch, "workbooks"), ignore=shutil.ignore_patterns("*.csv"))
        cases = {"workbooks": workbooks, "sample": SAMPLE, "large": large}
        measured = {case: _measured(path, ROUNDS[case]) for case, path in cases.items()}
    files = {suffix: [p for p in SAMPLE.rglob("*") if p.suffix == suffix] for suffix in (".xlsx", ".csv")}
    size_of = {suffix: sum(p.stat().st_size for p in found) / 2**20 for suffix, found in files.items()}
    seconds = measured["workbooks"]["load"]["seconds"]
    lines = [
        "## Reading files", "",
        f"Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores; {', '.join(f'{name} {version(name)}' for name in LIBRARIES)}.",
        "Best of some fresh processes that take turns, imports not counted; peak memory of the whole process.", "",
        *_table(f"The sample's workbooks: {len(files['.xlsx'])} files, {size_of['.xlsx']:.1f} MB", measured["workbooks"]),
        f"Target: under {TARGET:g} s on 2 cores; measured {seconds:.2f} s.", "",
        *_table(f"The whole sample, with {len(files['.csv'])} CSV files of {size_of['.csv']:.1f} MB beside them", measured["sample"]),
        *_table(f"One workbook of {LARGE_ROWS:,} rows, {size / 2**20:.1f} MB", measured["large"]),
        "Where `load` spends its time on the sample:", "", "| step | seconds | share |", "|---|---:|---:|",
        *(f"| {name} | {part:.2f} | {part / sum(steps.values()):.0%} |" for name, part in steps.items()), "",
        "`read_excel` returns cells (no table found, no cell checked); CSV files are read by `read_csv` for it.",
    ]  # fmt: skip
    return "\n".join(lines)


def _table(title: str, measured: dict[str, Any]) -> list[str]:
    base = measured["calamine"]
    rows = [
        f"| {CONTENDERS[name]} | {one['seconds']:.2f} | {one['seconds'] / base['seconds']:.2f} | {one['peak']:.0f} | {one['peak'] / base['peak']:.2f} |"
        for name, one in measured.items()
    ]
    return [f"{title}:", "", "| reader | seconds | × calamine | peak MB | × calamine |", "|---|---:|---:|---:|---:|", *rows, ""]


def _measured(path: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Per contender the best time and the peak memory, the contenders taking turns."""
    told: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(rounds):
        for name in CONTENDERS:
            told[name].append(_child(name, path))
    return {name: {what: min(one[what] for one in ones) for what in ("seconds", "peak")} for name, ones in told.items()}


def _child(name: str, path: Path) -> dict[str, Any]:
    call = [sys.executable, "-m", "benchmarks.reading", name, str(path)]
    done = subprocess.run(call, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"the measurement {name} of {path.name} failed; its reason stands above")
    return json.loads(done.stdout.splitlines()[-1])


def write_large(path: Path) -> int:
    """A workbook of a fifth projects and four fifths payments, as a street keeps them; its size in bytes."""
    import datetime as dt

    import xlsxwriter

    projects = LARGE_ROWS // 5
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page = book.add_worksheet("项目台账")
        page.write_row(0, 0, ["项目编号", "社区代码", "年度", "资金类别", "项目名称", "项目类别", "预算金额（元）"])
        for i in range(projects):
            page.write_row(i + 1, 0, [f"P{i:06}", f"9999{i % 200:05}", 2020, "保障资金", f"院落改造{i}", "基础设施", 1000 + i / 100])
        page = book.add_worksheet("支付明细")
        page.write_row(0, 0, ["支付编号", "项目编号", "支付金额（元）", "支付日期", "发票"])
        for i in range(LARGE_ROWS - projects):
            page.write_row(i + 1, 0, [f"Z{i:06}", f"P{i % projects:06}", 10 + i % 1000 / 100])
            page.write_datetime(i + 1, 3, dt.datetime(2020, 1, 1) + dt.timedelta(days=i % 366), day)
            page.write_string(i + 1, 4, "是")
    return path.stat().st_size


def read_with_load(path: Path) -> None:
    import fundanalytics as fa

    dataset = fa.load(path)
    if path.is_file() and (dataset.sources["kept"].sum() != LARGE_ROWS or len(dataset.refused)):
        sys.exit(f"load kept {dataset.sources['kept'].sum()} of {LARGE_ROWS} rows: it did not do the same work")


def read_with_pandas(path: Path, engine: str) -> None:
    import pandas as pd

    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.suffix == ".xlsx":
            pd.read_excel(file, engine=engine, header=None, sheet_name=None)
        elif file.suffix == ".csv":
            try:
                pd.read_csv(file, header=None, names=range(40), encoding="utf-8-sig", low_memory=False)
            except UnicodeDecodeError:
                pd.read_csv(file, header=None, names=range(40), encoding="gb18030", low_memory=False)


@contextmanager
def _timed_steps() -> Iterator[dict[str, float]]:
    """Seconds per step of ``load``, without those of the steps that it calls."""
    spent = dict.fromkeys(STEPS, 0.0)
    inside: list[float] = []

    def timed(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def one(*arguments: Any, **options: Any) -> Any:
            inside.append(0.0)
            start = time.perf_counter()
            try:
                return call(*arguments, **options)
            finally:
                took = time.perf_counter() - start
                spent[name] += took - inside.pop()
                if inside:
                    inside[-1] += took

        return one

    for name, place in STEPS.items():
        module, _, function = place.rpartition(".")
        call = getattr(importlib.import_module(f"fundanalytics.data.{module}"), function)
        for user in [m for at, m in sys.modules.items() if at.startswith("fundanalytics.") and getattr(m, function, None) is call]:
            setattr(user, function, timed(name, call))
    yield spent


def _main(name: str, path: Path) -> None:
    """One measurement, told as a line of JSON."""
    import openpyxl  # noqa: F401
    import pandas as pd  # noqa: F401
    import python_calamine  # noqa: F401

    from fundanalytics.data import load  # noqa: F401

    told: dict[str, Any] = {}
    start = time.perf_counter()
    if name == "steps":
        with _timed_steps() as spent:
            read_with_load(path)
        rest = time.perf_counter() - start - sum(spent.values())
        if idle := [STEPS[step] for step, took in spent.items() if not took]:
            sys.exit(f"load no longer calls {', '.join(idle)}: name its steps anew in STEPS")
        told["steps"] = spent | {"check rows against each other, join, sum": rest}
    elif name == "load":
        read_with_load(path)
    else:
        read_with_pandas(path, name)
    told["seconds"] = time.perf_counter() - start
    told["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(json.dumps(told))


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]))
