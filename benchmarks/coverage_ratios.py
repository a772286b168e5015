"""Usage rates of communities that behave again and again: do the limits of ``ratio_of_totals`` and ``paired_ratio_change`` cover?

The communities and their money are fixed (lognormal, as uneven as in the sample), what they spend of it is not: about four fifths, less where
there is more to spend, with luck of their own and of their street. The truth is what they spend on average over very many rounds. Naive ways
take yuan for people, average the communities' rates, or forget the streets. Two uses of the package's own limits stand among the naive, because
the docstring warns of them: few communities, and rates near 1 of which some fall far below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from fundanalytics.measure.intervals import Interval, mean_t, newcombe_difference, paired_ratio_change, ratio_of_totals, wilson

SPREAD = 0.6  # of log money between communities
FALL = 0.5  # of the log odds of spending per unit of log money
LUCK, STREET_LUCK = 0.7, 0.5  # of the log odds, of a community and of its street
LEVEL, NEAR_ONE = 1.5, 3.5  # log odds: four fifths, 97 %
ROUNDS_OF_TRUTH = 20_000
VARIANCES = ("linear", "jackknife", "bootstrap")
Rng = np.random.Generator
Judged = Iterator[tuple[str, str, bool, Interval, float]]


def simulate(rounds: int, seed: int) -> list[dict]:
    """Rows of ``case``, ``method``, ``naive``, ``coverage``, ``rounds``."""
    rng = np.random.default_rng(seed)
    return [{"case": case, "method": method, "naive": naive, "coverage": float(np.mean((found.lower <= true) & (true <= found.upper))), "rounds": rounds}
            for cases in (_alone, _strata, _streets, _twice, _warned) for case, method, naive, found, true in cases(rng, rounds)]  # fmt: skip


def _money(n: int) -> np.ndarray:
    """What ``n`` communities have, in yuan: the quantiles of a lognormal distribution."""
    from scipy.special import ndtri

    return np.round(300_000 * np.exp(SPREAD * ndtri((np.arange(n) + 0.5) / n)))


def _spent(rng: Rng, x: np.ndarray, rows: int, luck: np.ndarray | float = 0.0, *, own: float = LUCK, level: float = LEVEL) -> np.ndarray:
    odds = level - FALL * np.log(x / 300_000) + luck + rng.normal(0, own, (rows, len(x)))
    return np.round(x / (1 + np.exp(-odds)))


def _true(spent: Callable[[int], np.ndarray], x: np.ndarray) -> float:
    parts = [spent(1_000).mean(axis=0) for _ in range(ROUNDS_OF_TRUTH // 1_000)]
    return float(np.mean(parts, axis=0).sum() / x.sum())


def _alone(rng: Rng, rounds: int) -> Judged:
    for n in (110, 50):
        case, x = f"{n} communities", _money(n)
        true = _true(lambda rows, x=x: _spent(rng, x, rows), x)
        y = _spent(rng, x, rounds)
        for variance in VARIANCES:
            yield case, f"ratio of totals, {variance}", False, ratio_of_totals(y, x, variance=variance), true
        yield case, "Wilson on yuan", True, wilson(y.sum(axis=1), x.sum()), true
        yield case, "mean of the communities' rates, t", True, mean_t(y / x), true


def _strata(rng: Rng, rounds: int) -> Judged:
    x = _money(60)
    kinds = np.arange(60) % 3
    true = _true(lambda rows: _spent(rng, x, rows, 0.5 * kinds), x)
    y = _spent(rng, x, rounds, 0.5 * kinds)
    for variance in VARIANCES:
        yield "60 communities of 3 kinds", f"ratio of totals in strata, {variance}", False, ratio_of_totals(y, x, strata=kinds, variance=variance), true


def _streets(rng: Rng, rounds: int) -> Judged:
    x = _money(120)[np.random.default_rng(0).permutation(120)]
    street = np.repeat(np.arange(24), 5)

    def spent(rows: int) -> np.ndarray:
        return _spent(rng, x, rows, rng.normal(0, STREET_LUCK, (rows, 24))[:, street])

    true, y = _true(spent, x), spent(rounds)
    for variance in VARIANCES:
        yield "24 streets of 5", f"ratio of totals by street, {variance}", False, ratio_of_totals(y, x, clusters=street, variance=variance), true
    yield "24 streets of 5", "ratio of totals, streets forgotten", True, ratio_of_totals(y, x), true


def _twice(rng: Rng, rounds: int) -> Judged:
    before = _money(60)
    after = np.round(before * np.exp(np.random.default_rng(0).normal(0.1, 0.2, 60)))

    def spent(rows: int) -> tuple[np.ndarray, np.ndarray]:
        lasting = rng.normal(0, LUCK, (rows, 60))
        return _spent(rng, before, rows, lasting, own=0.4), _spent(rng, after, rows, lasting + 0.4, own=0.4)

    true = _true(lambda rows: spent(rows)[1], after) - _true(lambda rows: spent(rows)[0], before)
    y_0, y_1 = spent(rounds)
    yield "60 communities, two periods", "paired ratio change", False, paired_ratio_change(y_0, before, y_1, after), true
    yuan = newcombe_difference(y_1.sum(axis=1), after.sum(), y_0.sum(axis=1), before.sum())
    yield "60 communities, two periods", "two shares of yuan, Newcombe", True, yuan, true


def _warned(rng: Rng, rounds: int) -> Judged:
    for case, n, level, own in (("6 communities only", 6, LEVEL, LUCK), ("30 communities near 100 %, a few far below", 30, NEAR_ONE, 2 * LUCK)):
        x = _money(n)
        true = _true(lambda rows, x=x, level=level, own=own: _spent(rng, x, rows, level=level, own=own), x)
        y = _spent(rng, x, rounds, level=level, own=own)
        for variance in VARIANCES:
            yield case, f"ratio of totals against its warning, {variance}", True, ratio_of_totals(y, x, variance=variance), true
