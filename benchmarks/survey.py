"""Survey estimates: 1,000 domains of 200,000 answers, beside a loop over filtered frames in statsmodels and, where it is installed, R's ``survey``."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from fundanalytics.measure import survey

ANSWERS, DOMAINS, SEED = 200_000, 1_000, 20
LOOPED = 50  # domains that the slow ways are timed on
R_CODE = """
suppressMessages(library(survey))
x <- read.csv("answers.csv")
d <- svydesign(id = ~cluster, strata = ~area, weights = ~weight, data = x)
s <- system.time(for (a in {some}) p <- svyciprop(~yes, subset(d, area == a), method = "xlogit"))[[3]]
cat(s, as.character(packageVersion("survey")), sprintf("%.15g", c(coef(p), confint(p))))
"""


def run() -> str:
    """The Markdown of its section."""
    frame = answers()
    design, making = _timed(lambda: survey.survey_design(frame, strata="area", clusters="cluster", weights="weight"))
    rows = [("`survey_design`", making, "once")]
    for name, call in (
        ("`survey.proportion`", lambda: survey.proportion(design, "yes", by="area")),
        ("`survey.mean`", lambda: survey.mean(design, "score", by="area")),
        ("`survey.quantile`", lambda: survey.quantile(design, "score", by="area")),
    ):
        rows.append((name, _timed(call)[1], f"{DOMAINS:,} domains"))
    some = f"{LOOPED} domains, × {DOMAINS // LOOPED}"
    rows.append(("statsmodels, a weighted regression per filtered frame", _timed(lambda: _statsmodels(frame))[1] / LOOPED * DOMAINS, some))
    found = survey.proportion(design, "yes", by="area")
    told = _r(frame, [float(v[LOOPED - 1]) for v in (found.value, found.lower, found.upper)])
    if told:
        rows.append((f"R `survey` {told[1]}, `svyciprop` per subset", told[0] / LOOPED * DOMAINS, some))
    lines = [f"| {name} | {seconds:.2f} | {how} |" for name, seconds, how in rows]
    return "\n".join([
        "## Surveys", "", f"{ANSWERS:,} answers in {DOMAINS:,} strata of 20 clusters; pandas {version('pandas')}, statsmodels {version('statsmodels')}.", "",
        "| what | seconds for all | measured on |", "|---|---:|---|", *lines,
    ])  # fmt: skip


def answers() -> pd.DataFrame:
    rng = np.random.default_rng(SEED)
    area = np.repeat(np.arange(DOMAINS), ANSWERS // DOMAINS)
    cluster = area * 20 + rng.integers(0, 20, ANSWERS)
    likely = rng.beta(8, 2, 20 * DOMAINS)[cluster]
    return pd.DataFrame({"area": area, "cluster": cluster, "weight": rng.uniform(1, 5, ANSWERS).round(3), "yes": (rng.random(ANSWERS) < likely) * 1,
                         "score": rng.integers(1, 6, ANSWERS)})  # fmt: skip


def _timed(call: Callable) -> tuple:
    start = time.perf_counter()
    return call(), time.perf_counter() - start


def _statsmodels(frame: pd.DataFrame) -> None:
    from statsmodels.api import WLS

    for area in range(LOOPED):
        own = frame[frame["area"] == area]
        WLS(own["yes"], np.ones(len(own)), weights=own["weight"]).fit(cov_type="cluster", cov_kwds={"groups": own["cluster"]}, use_t=True).conf_int()


def _r(frame: pd.DataFrame, mine: list[float]) -> tuple[float, str] | None:
    """Seconds of R on some domains, and its version; the last domain's share and limits must be the same."""
    if not shutil.which("Rscript") or subprocess.run(["Rscript", "-e", "library(survey)"], capture_output=True).returncode:
        return None
    with tempfile.TemporaryDirectory() as scratch:
        frame.to_csv(Path(scratch, "answers.csv"), index=False)
        code = R_CODE.format(some=f"0:{LOOPED - 1}")
        told = subprocess.run(["Rscript", "-e", code], cwd=scratch, capture_output=True, text=True, check=True).stdout.split()
    np.testing.assert_allclose([float(v) for v in told[2:]], mine, rtol=1e-9)
    return float(told[0]), told[1]
