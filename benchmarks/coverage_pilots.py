"""Pilots that were picked because they were good, with and without a gain of their own: do limits cover, do tests keep their size?

Thirteen streets as in the sample. A community has a lasting quality, by which its street's pilot was picked, and answers that stray
in both years; everybody moves, streets together, and pilots gain by different amounts around the true mean. The naive ways set pilots
against all others in the last year, or the pilots' last year against their first.
"""

from __future__ import annotations

import numpy as np

from fundanalytics.measure.clustered import cluster_robust
from fundanalytics.measure.pilots import mean_of_sets
from fundanalytics.measure.randomisation import randomise, sign_flip, wild_bootstrap

SIZES = (8, 9, 6, 7, 6, 8, 5, 6, 7, 9, 7, 9, 3)  # of the sample's streets in 2020
STREET = np.repeat(np.arange(len(SIZES)), SIZES)
LASTING, STRAY, MOVE, VARIED = 0.08, 0.06, 0.05, 0.03
TREND, GAIN = 0.04, 0.05


def simulate(rounds: int, seed: int) -> list[dict]:
    """Rows of ``case``, ``method``, ``naive``, ``coverage``, ``rounds``; for tests coverage is 1 less the share of false alarms."""
    rng = np.random.default_rng(seed)
    kept: dict[tuple[str, str, bool], list[bool]] = {}
    for _ in range(rounds):
        for case, gain in (("gain of 5 points", GAIN), ("no gain", 0.0)):
            for method, naive, holds in _judged(*_drawn(rng, gain), gain):
                kept.setdefault((case, method, naive), []).append(holds)
    return [{"case": case, "method": method, "naive": naive, "coverage": float(np.mean(held)), "rounds": rounds}
            for (case, method, naive), held in sorted(kept.items(), key=lambda item: (item[0][0], item[0][2]))]  # fmt: skip


def _drawn(rng: np.random.Generator, gain: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both years and who is a pilot. Gains vary only where there is one: the sharp hypothesis is that nobody gained."""
    lasting = rng.normal(0, LASTING, len(STREET))
    pilot = np.zeros(len(STREET), dtype=bool)
    for s in range(len(SIZES)):
        members = np.flatnonzero(s == STREET)
        pilot[members[lasting[members].argmax()]] = True
    move = rng.normal(TREND, MOVE, len(SIZES))[STREET]
    own = gain + (rng.normal(0, VARIED, len(STREET)) if gain else 0.0)
    first = 0.6 + lasting + rng.normal(0, STRAY, len(STREET))
    return first, 0.6 + lasting + move + pilot * own + rng.normal(0, STRAY, len(STREET)), pilot


def _judged(first: np.ndarray, last: np.ndarray, pilot: np.ndarray, gain: float) -> list[tuple[str, bool, bool]]:
    change = last - first
    d = np.array([change[(s == STREET) & pilot].mean() - change[(s == STREET) & ~pilot].mean() for s in range(len(SIZES))])
    limits, robust = mean_of_sets(d, 0.95), cluster_robust(change, pilot, STREET)
    ended, began = last[pilot], last[~pilot]
    judged = [
        ("matched sets, t", False, limits.lower <= gain <= limits.upper),
        ("matched sets, sign-flip", False, sign_flip(d - gain).p > 0.05),
        ("two-way fixed effects, wild bootstrap", False, wild_bootstrap(change - gain * pilot, pilot, STREET, limits=False).p > 0.05),
        ("two-way fixed effects, CR2", False, robust.lower <= gain <= robust.upper),
        (
            "pilots against all others in the last year, t",
            True,
            _holds(ended.mean() - began.mean(), ended.var(ddof=1) / len(ended) + began.var(ddof=1) / len(began), gain),
        ),
        ("the pilots' last year against their first, t", True, _holds(change[pilot].mean(), change[pilot].var(ddof=1) / pilot.sum(), gain)),
    ]
    if not gain:  # choices inside the sets are equally likely only where nobody gained
        judged.append(("matched sets, other choices inside", False, randomise(change, pilot, STREET).p > 0.05))
    return [(name, naive, bool(holds)) for name, naive, holds in judged]


def _holds(value: float, variance: float, true: float) -> bool:
    """Whether the usual t limits (12 degrees of freedom, the wider ones) hold the truth."""
    return bool(abs(value - true) <= 2.1788 * np.sqrt(variance))
