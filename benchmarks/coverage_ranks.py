"""Do the sets of ranks hold the true ranks as often as they promise? Units drawn around truths that are known.

Truths with ties are the hard ones: units that are alike must share all their ranks, and far groups leave the family by step-down, after
which nothing is left over. Where all truths differ the sets hold the ranks in nearly all samples; that is in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fundanalytics.measure.ranksets import competition_rank, rank_sets

SEED, ROUNDS = 20200107, 2000
DRAWS = 199  # (199 + 1) × 0.95 is whole: with known errors the sets hold in exactly 95 %
ALONE, TOGETHER, OFTEN = "marginal sets, mean of units", "simultaneous sets, all units at once", "percentiles of simulated ranks"


@dataclass(frozen=True)
class Truth:
    """True values, standard errors and their degrees of freedom; ``part``: so many of the first are looked at by themselves as well."""

    value: np.ndarray
    se: np.ndarray
    df: np.ndarray
    part: int = 0

    def sample(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        x = self.value + rng.normal(size=len(self.value)) * self.se
        finite = np.where(np.isfinite(self.df), self.df, 1.0)
        return x, np.where(np.isfinite(self.df), self.se * np.sqrt(rng.chisquare(finite) / finite), self.se)

    @property
    def ranks(self) -> tuple[np.ndarray, np.ndarray]:
        """First and last rank that each unit truly shares."""
        return competition_rank(self.value), len(self.value) + 1 - competition_rank(self.value, higher_is_better=False)


def truths() -> dict[str, Truth]:
    even, known = np.ones(90), np.full(90, np.inf)
    groups, unequal = np.repeat([0.0, 30.0], 45), np.geomspace(0.4, 2.0, 30)
    return {
        "90 alike": Truth(np.zeros(90), even, known),
        "two groups of 45, far apart": Truth(groups, even, known),
        "30 alike, standard errors 0.4-2": Truth(np.zeros(30), unequal, np.full(30, np.inf)),
        "30 alike, 7 degrees of freedom": Truth(np.zeros(30), unequal, np.full(30, 7.0)),
        "30 alike, 2 degrees of freedom for the five vaguest, 10 for the others": Truth(np.zeros(30), unequal[::-1], np.repeat([2.0, 10.0], [5, 25]), 5),
    }


def different() -> dict[str, Truth]:
    """Truths that are not alike: conservative, never too narrow."""
    spread = np.linspace(-6, 6, 20)
    return {
        "20 different": Truth(spread, np.ones(20), np.full(20, np.inf)),
        "20 nearly alike, 3 degrees of freedom": Truth(spread / 10, np.ones(20), np.full(20, 3.0)),
        "20 with ties, mixed": Truth(np.repeat(spread[::4], 4), np.geomspace(0.3, 2.0, 20), np.tile([3.0, 7.0, 30.0, np.inf], 5)),
    }


def held(truth: Truth, rounds: int, rng: np.random.Generator, *, often: bool = False) -> dict[str, np.ndarray]:
    """Method → share of rounds in which each unit's set holds its ranks (of the simultaneous: all do).

    Percentiles need only hold one rank each, as if those alike differed by a trifle.
    """
    (first, last), order = truth.ranks, competition_rank(truth.value - 1e-9 * np.arange(len(truth.value)))
    hits = {name: np.zeros(len(truth.value)) for name in (ALONE, TOGETHER, *([OFTEN] if often else []))}
    for seed in range(rounds):
        x, se = truth.sample(rng)
        for name, every in ((ALONE, False), (TOGETHER, True)):
            found = rank_sets(x, se, df=truth.df, draws=DRAWS, seed=seed, simultaneous=every)
            inside = (found.lower <= first) & (found.upper >= last)
            hits[name] += inside.all() if every else inside
        if often:
            ranks = np.stack([competition_rank(row) for row in x + rng.normal(size=(DRAWS, len(x))) * se])
            lower, upper = np.quantile(ranks, [0.025, 0.975], axis=0)
            hits[OFTEN] += (lower <= order) & (upper >= order)
    return {name: count / rounds for name, count in hits.items()}


def simulate(rounds: int = ROUNDS, seed: int = SEED) -> list[dict[str, object]]:
    """One row per case and method: ``case``, ``method``, ``naive``, ``coverage``, ``rounds``."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for case, truth in truths().items():
        found = held(truth, rounds, rng, often=True)
        rows += [{"case": case, "method": name, "naive": name == OFTEN, "coverage": float(share.mean()), "rounds": rounds} for name, share in found.items()]
        if truth.part:
            rows.append({"case": case, "method": "marginal sets, the five vaguest", "naive": False, "coverage": float(found[ALONE][: truth.part].mean()),
                         "rounds": rounds})  # fmt: skip
    return rows
