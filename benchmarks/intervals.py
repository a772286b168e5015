"""Intervals: a million of each kind beside statsmodels or scipy, called as a user would.

Where the other library takes arrays it gets them whole; where it takes one interval at a time, some are measured and the million is reckoned.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

from fundanalytics.measure.intervals import (
    byar,
    clopper_pearson,
    mean_t,
    miettinen_nurminen_difference,
    newcombe_difference,
    paired_ratio_change,
    ratio_of_totals,
    wilson,
)

MANY, SOME, UNITS, BEST_OF = 1_000_000, 200, 12, 3
LIBRARIES = ("fundanalytics", "numpy", "scipy", "statsmodels")
Row = tuple[str, float, str, float, bool]


def run() -> str:
    """The Markdown of the section."""
    lines = [f"| {name} | {own:.2f} | {other} | {theirs:,.2f}{' (reckoned)' if reckoned else ''} | {theirs / own:,.1f} |"
             for name, own, other, theirs, reckoned in [*_counted(), *_totalled()]]  # fmt: skip
    return "\n".join([
        "## Intervals", "",
        f"Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores; {', '.join(f'{name} {version(name)}' for name in LIBRARIES)}.",
        f"Seconds for a million intervals, best of {BEST_OF}; totals of counts up to 400, ratios and means of {UNITS} units each.", "",
        "| interval | seconds | otherwise | seconds | × |", "|---|---:|---|---:|---:|", *lines, "",
        "Exact limits are computed once per different pair of count and total: with a million different pairs up to a million they take as long as scipy, "
        "shared by the cores. A bootstrap of 1,000 replicates is a thousand ratios; its row is reckoned from 20,000.",
    ])  # fmt: skip


def _counted() -> list[Row]:
    from scipy.stats import chi2
    from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

    rng = np.random.default_rng(4)
    n, m = rng.integers(1, 400, (2, MANY))
    x, y = rng.integers(0, n + 1), rng.integers(0, m + 1)
    return [
        ("`wilson`", _seconds(lambda: wilson(x, n)), 'statsmodels `proportion_confint("wilson")`',
         _seconds(lambda: proportion_confint(x, n, method="wilson")), False),
        ("`clopper_pearson`", _seconds(lambda: clopper_pearson(x, n)), 'statsmodels `proportion_confint("beta")`',
         _seconds(lambda: proportion_confint(x, n, method="beta"), 1), False),
        ("`byar`", _seconds(lambda: byar(x, n)), "scipy `chi2.ppf`, twice", _seconds(lambda: (chi2.ppf(0.025, 2 * x), chi2.ppf(0.975, 2 * x + 2)), 1), False),
        ("`newcombe_difference`", _seconds(lambda: newcombe_difference(x, n, y, m)), 'statsmodels `confint_proportions_2indep("newcomb")`',
         _seconds(lambda: confint_proportions_2indep(x, n, y, m, method="newcomb")), False),
        # one pair for all: for many others its search ends in an error
        ("`miettinen_nurminen_difference`", _seconds(lambda: miettinen_nurminen_difference(x, n, y, m)), 'statsmodels `confint_proportions_2indep("score")`',
         _seconds(lambda: [confint_proportions_2indep(56, 70, 48, 80, method="score") for _ in range(SOME)], 1) * MANY / SOME, True),
    ]  # fmt: skip


def _totalled() -> list[Row]:
    from scipy.stats import t
    from statsmodels.api import WLS

    rng = np.random.default_rng(5)
    x = rng.lognormal(0, 0.6, (MANY, UNITS))
    y = x * rng.random((MANY, UNITS))
    few = MANY // 50

    def robust(i: int) -> Any:
        return WLS(y[i] / x[i], np.ones(UNITS), weights=x[i]).fit(cov_type="HC0", use_t=True).conf_int()

    once = _seconds(lambda: [robust(i) for i in range(SOME)], 1) * MANY / SOME
    other = "statsmodels `WLS(rate, 1, weights=available)`, HC0"
    return [
        ("`mean_t`", _seconds(lambda: mean_t(y)), "scipy `t.interval`",
         _seconds(lambda: t.interval(0.95, UNITS - 1, loc=y.mean(axis=1), scale=y.std(axis=1, ddof=1) / UNITS**0.5)), False),
        ("`ratio_of_totals`", _seconds(lambda: ratio_of_totals(y, x)), other, once, True),
        ("`ratio_of_totals`, strata and clusters",
         _seconds(lambda: ratio_of_totals(y, x, strata=np.arange(UNITS) // 6, clusters=np.arange(UNITS) // 2)), other, once, True),
        ("`ratio_of_totals`, jackknife", _seconds(lambda: ratio_of_totals(y, x, variance="jackknife")), other + ", once per unit", once * UNITS, True),
        ("`ratio_of_totals`, bootstrap (reckoned)", _seconds(lambda: ratio_of_totals(y[:few], x[:few], variance="bootstrap")) * MANY / few,
         other + ", 1,000 times", once * 1_000, True),
        ("`paired_ratio_change`", _seconds(lambda: paired_ratio_change(y, x, y[::-1], x[::-1])), other + ", twice (without the covariance)", once * 2, True),
    ]  # fmt: skip


def _seconds(call: Callable[[], Any], times: int = BEST_OF) -> float:
    best = np.inf
    for _ in range(times):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best
