"""The indicator table of the whole sample: all indicators, bases and levels, and one indicator on larger ledgers.

Every measurement runs in a process of its own: pandas holds the tables as ``load`` gives them, DuckDB as relations.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CASES = {
    "sample": ("all indicators of the sample, one year", 5),
    "years": ("all indicators of the sample, three years", 3),
    "usage": ("`usage_rate` alone", 10),
}
GROWN = 100  # times the sample's projects and payments
TARGET = 1.5  # seconds for all indicators of the sample on two idle cores
ENGINES = ("pandas", "duckdb")
LIBRARIES = ("fundanalytics", "pandas", "narwhals", "duckdb")


def run() -> str:
    """Everything, as the Markdown of its section."""
    plain = {name: _child(name, "pandas", rounds) for name, (_, rounds) in CASES.items()}
    grown = {engine: _child("grown", engine, 3) for engine in ENGINES}
    rows = [f"| {title} | {plain[name]['rows']:,} | {plain[name]['seconds']:.2f} |" for name, (title, _) in CASES.items()]
    return "\n".join([
        "## Indicators", "",
        f"Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores; {', '.join(f'{name} {version(name)}' for name in LIBRARIES)}.",
        "Best of some calls after a first, loading not counted.", "",
        "| what | rows | seconds |", "|---|---:|---:|", *rows, "",
        f"Target: under {TARGET:g} s for all indicators of one year on 2 idle cores; measured {plain['sample']['seconds']:.2f} s.", "",
        f"Completion, disclosure and vouchers of all levels on {GROWN} times the projects and payments ({grown['pandas']['records']:,} records):", "",
        "| engine | seconds |", "|---|---:|", *(f"| {engine} | {grown[engine]['seconds']:.2f} |" for engine in ENGINES),
    ])  # fmt: skip


def _child(case: str, engine: str, rounds: int) -> dict[str, Any]:
    call = [sys.executable, "-m", "benchmarks.indicators", case, engine, str(rounds)]
    done = subprocess.run(call, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"the measurement {case} on {engine} failed; its reason stands above")
    return json.loads(done.stdout.splitlines()[-1])


def _grown(dataset: Any, engine: str) -> Any:
    """The data set with its projects and payments many times over, each with keys of its own, on an engine."""
    from dataclasses import replace

    import duckdb
    import pandas as pd

    tables = dict(dataset.tables)
    for name, keys in (("projects", ("project_id",)), ("payments", ("payment_id", "project_id"))):
        copies = [dataset.tables[name].assign(**{k: dataset.tables[name][k] + f"-{i}" for k in keys}) for i in range(GROWN)]
        tables[name] = pd.concat(copies, ignore_index=True)
    if engine == "duckdb":
        tables |= {name: duckdb.from_df(tables[name]) for name in ("projects", "payments", "notices")}
    return replace(dataset, tables=tables)


def _main(case: str, engine: str, rounds: int) -> None:
    """One measurement, told as a line of JSON."""
    import fundanalytics as fa
    from fundanalytics.measure.indicators import indicators, usage_rate

    dataset = fa.load_sample()
    told: dict[str, Any] = {}
    if case == "grown":
        told["records"] = GROWN * (len(dataset.projects) + len(dataset.payments))
        dataset = _grown(dataset, engine)
    call = {
        "sample": lambda: indicators(dataset, period="2020"),
        "years": lambda: indicators(dataset, period="2018-2020"),
        "usage": lambda: usage_rate(dataset, by=("community", "street", "district"), period="2020"),
        "grown": lambda: indicators(dataset, period="2020", names=["completion_rate", "disclosure_rate", "voucher_rate"]),
    }[case]
    table, seconds = call(), []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    print(json.dumps(told | {"seconds": min(seconds), "rows": len(table)}))


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
