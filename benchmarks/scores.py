"""Scoring and ranking the sample, and ten times as many communities; and the score workbook, beside a spreadsheet that recomputes it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

GROWN, ROUNDS, PERIOD = 10, 3, "2020"
LIBRARIES = ("fundanalytics", "pandas", "numpy", "xlsxwriter")
OWN_KEYS = ("project_id", "parent_project_id", "payment_id", "event_id", "response_id", "rectification_id", "stratum", "cluster", "assessor_code")


def run() -> str:
    """Everything, as the Markdown of its section."""
    from fundanalytics.data.load import load_sample

    sample = load_sample()
    small, large = _steps(sample), _steps(_grown(sample))
    rows = [f"| {name} | {small[name]:.2f} | {large[name]:.2f} |" for name in small]
    book, office = _workbook(sample)
    return "\n".join([
        "## Scores", "",
        f"Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores; {', '.join(f'{name} {version(name)}' for name in LIBRARIES)}.",
        f"Seconds, the best of {ROUNDS} calls, loading not counted; the rubric `governance_fund`, every error counted.", "",
        f"| step | 90 communities | {90 * GROWN} communities |", "|---|---:|---:|", *rows, "",
        f"The score workbook with its live formulas is written in {book:.1f} s; LibreOffice opens, recomputes and saves it in {office}.",
    ])  # fmt: skip


def _steps(dataset: Any) -> dict[str, float]:
    from fundanalytics.measure.gaps import gaps
    from fundanalytics.measure.ranking import rank
    from fundanalytics.measure.scores import evaluate
    from fundanalytics.measure.weightings import weight_robustness

    scores = evaluate(dataset, period=PERIOD)
    steps: dict[str, Callable[[], object]] = {
        "`evaluate`": lambda: evaluate(dataset, period=PERIOD), "`rank` with both rank sets": lambda: rank(scores), "`gaps`": lambda: gaps(scores),
        "`weight_robustness`": lambda: weight_robustness(scores),
    }  # fmt: skip
    return {name: min(_timed(step) for _ in range(ROUNDS)) for name, step in steps.items()}


def _timed(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def _grown(dataset: Any) -> Any:
    """The sample's streets and communities many times over under codes of their own, in the same district."""
    tables = dict(dataset.tables)
    district = set(dataset.areas.loc[dataset.areas["level"].eq("district"), "area_code"])
    for name, table in dataset.tables.items():
        tables[name] = pd.concat([_copy(table, f"-{i}", district) if i else table for i in range(GROWN)], ignore_index=True)
    tables["areas"] = tables["areas"].drop_duplicates(["area_code", "valid_from"])
    return replace(dataset, tables=tables)


def _copy(table: pd.DataFrame, mark: str, district: set[str]) -> pd.DataFrame:
    changed = {}
    for column in ("area_code", "parent_code", "old_code", "new_code", *OWN_KEYS):
        if column in table:
            whole = table[column].isin(district) | table[column].isna()
            changed[column] = table[column].where(whole, table[column] + mark)
    return table.assign(**changed)


def _workbook(dataset: Any) -> tuple[float, str]:
    from fundanalytics.measure.ranking import rank
    from fundanalytics.measure.scores import evaluate
    from fundanalytics.publish.scorebook import write_scorebook

    scores = evaluate(dataset, period=PERIOD)
    ranking = rank(scores)
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder, "scores.xlsx")
        seconds = min(_timed(lambda: write_scorebook(scores, book, ranking=ranking, gaps=scores.gaps)) for _ in range(ROUNDS))
        office = shutil.which("soffice") or shutil.which("libreoffice")
        if office is None:
            return seconds, "(no LibreOffice here)"
        call = [office, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "ods", "--outdir", folder, str(book)]
        spent = _timed(lambda: subprocess.run(call, check=True, capture_output=True))
        return seconds, f"{spent:.1f} s"
