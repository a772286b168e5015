"""Sets of ranks: the authors' examples, a second implementation, exact cases, and what they promise by simulation."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, studentized_range

from benchmarks.coverage_ranks import ALONE, TOGETHER, different, held, truths
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.ranksets import RankSets, chances, competition_rank, rank_sets

NAN = float("nan")
PISA = pd.read_csv(Path(__file__).parent / "expected" / "ranks_csranks.csv", comment="#", index_col="jurisdiction")


def sets(found: RankSets) -> list[tuple[float, float]]:
    return list(zip(found.lower.tolist(), found.upper.tolist(), strict=True))


# --- ranks -------------------------------------------------------------------------------------------------------------
def test_equal_values_share_a_rank_and_the_next_are_passed_over() -> None:
    assert competition_rank([90, 95, 90, 70]).tolist() == [2, 1, 2, 4]
    assert competition_rank([90, 95, 90, 70], higher_is_better=False).tolist() == [2, 4, 2, 1]
    x = np.random.default_rng(1).integers(0, 20, 60).astype(float)
    np.testing.assert_array_equal(competition_rank(x), rankdata(-x, method="min"))


# --- published ---------------------------------------------------------------------------------------------------------
def test_pisa_2018_is_as_its_authors_published_it() -> None:
    found = rank_sets(PISA["value"], PISA["se"], draws=20_000).to_frame().set_index(PISA.index)
    assert found.loc["United Kingdom", ["rank", "lower", "upper"]].tolist() == [13, 8, 23]
    every = {c: rank_sets(PISA["value"], PISA["se"], simultaneous=True, confidence=c).to_frame().set_index(PISA.index) for c in (0.95, 0.75)}
    sure, last = every[0.95], ["Chile", "Mexico", "Colombia"]
    assert sure.drop(last)["upper"].max() < sure.loc[last, "lower"].min()
    assert sure.loc["Germany", "lower"] == sure.loc["Korea", "upper"] == 7
    assert every[0.75].loc["Germany", "lower"] > every[0.75].loc["Korea", "upper"]


def test_ten_units_in_a_row_are_as_the_authors_published_them() -> None:
    """The example of csranks' help: values 1-3, standard errors .2. Without step-down the sets are wider by one."""
    found = rank_sets(np.linspace(1, 3, 10), np.full(10, 0.2), simultaneous=True)
    assert found.lower.tolist() == [7, 6, 5, 4, 3, 2, 1, 1, 1, 1]
    assert found.upper.tolist() == [10, 10, 10, 10, 9, 8, 7, 6, 5, 4]


@pytest.mark.parametrize(("factor", "lower"), [(0.98, 1), (1.02, 2)])
def test_the_critical_value_of_all_pairs_is_the_studentized_range(factor: float, lower: int) -> None:
    """Of five units alike in error the largest pair is told apart from Tukey's q / √2 on."""
    gap = factor * studentized_range.ppf(0.95, 5, np.inf)
    found = rank_sets([gap, *np.linspace(0, 0.1, 4)[::-1] + 0.0], np.ones(5), draws=200_000, simultaneous=True)
    assert found.lower[-1] == lower


# --- a second implementation --------------------------------------------------------------------------------------------
def by_loops(x: np.ndarray, se: np.ndarray, df: np.ndarray, draws: int, seed: int, simultaneous: bool) -> list[tuple[int, int]]:
    """The same draws, pair by pair; units in ascending order."""
    n, rng = len(x), np.random.default_rng(seed)
    e, v = rng.standard_normal((n, draws)) * se[:, None], np.repeat(se[:, None] ** 2, draws, axis=1)
    vague = np.flatnonzero(np.isfinite(df))
    if len(vague):
        v[vague] *= rng.chisquare(df[vague][:, None], (len(vague), draws)) / df[vague][:, None]

    def z(difference: float, variance: float, nu: float) -> float:
        t = abs(difference) / np.sqrt(variance)
        return t if nu == np.inf else (8 * nu + 1) / (8 * nu + 3) * np.sqrt(nu * np.log(1 + t**2 / nu))

    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    drawn = {(i, j): np.array([z(e[i, b] - e[j, b], v[i, b] + v[j, b], min(df[i], df[j])) for b in range(draws)]) for i, j in pairs}
    seen = {(i, j): z(x[i] - x[j], se[i] ** 2 + se[j] ** 2, min(df[i], df[j])) for i, j in pairs}
    differ = set()
    for family in [set(pairs)] if simultaneous else [{p for p in pairs if p[0] == i} for i in range(n)]:
        while family:
            largest = sorted(np.max([drawn[p] for p in family], axis=0))
            limit = max(largest[int(np.ceil((draws + 1) * 0.95)) - 1], 1.959963984540054)
            found = {p for p in family if seen[p] > limit}
            if not found:
                break
            differ |= found
            family -= found
    return [(1 + sum((i, j) in differ and x[j] > x[i] for j in range(n)), n - sum((i, j) in differ and x[j] < x[i] for j in range(n))) for i in range(n)]


@pytest.mark.parametrize("simultaneous", [False, True])
@pytest.mark.parametrize("df", [[np.inf] * 7, [3.0, 7, np.inf, 2, 40, np.inf, 5]])
def test_sets_equal_a_second_implementation_by_loops(df: list[float], simultaneous: bool) -> None:
    x, se = np.array([60.0, 68, 71, 73, 74, 80, 91]), np.array([1.5, 0.8, 2.0, 1.0, 0.5, 1.2, 2.5])
    found = rank_sets(x, se, df=df, draws=300, seed=5, simultaneous=simultaneous)
    assert sets(found) == by_loops(x, se, np.array(df), 300, 5, simultaneous)
    assert 1 < (found.upper - found.lower).sum() < 6 * 7


# --- by simulation ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("case", ["two groups of 45, far apart", "30 alike, 7 degrees of freedom", *different()])
def test_sets_hold_the_true_ranks_as_often_as_they_promise(case: str) -> None:
    """Each unit's marginal set, and all simultaneous ones at once, in 95 % of samples; in full in benchmarks/coverage_ranks.py."""
    rounds = 150
    found = held((truths() | different())[case], rounds, np.random.default_rng(11))
    error = (0.95 * 0.05 / rounds) ** 0.5
    assert found[ALONE].mean() > 0.95 - 2 * error and found[TOGETHER].mean() > 0.95 - 2 * error
    assert found[ALONE].min() > 0.95 - 4 * error


# --- exact, unknown, few ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("x", "se", "rank", "expected"), [
    ([5, 4, 4, 3], [0, 0, 0, 0], [1, 2, 2, 4], [(1, 1), (2, 3), (2, 3), (4, 4)]),  # ledgers: the rank itself, ties share their places
    ([9, 5, 4.99, 1], [0, 0, 0, 1], [1, 2, 3, 4], [(1, 1), (2, 2), (3, 3), (4, 4)]),  # known exactly among estimates
    ([5, 4, NAN, 1], [0, NAN, 0, 0], [1, 2, NAN, 3], [(1, 2), (NAN, NAN), (NAN, NAN), (2, 3)]),  # nothing is concluded from an unknown error
    ([9, 5, 0], [1, NAN, 1], [1, 2, 3], [(1, 2), (NAN, NAN), (2, 3)]),
    ([7], [1], [1], [(1, 1)]), ([], [], [], []), ([NAN], [1], [NAN], [(NAN, NAN)]),
    ([3, 3, 3], [1, 2, 0.5], [1, 1, 1], [(1, 3)] * 3),
    ([4, 0], [1, 1], [1, 2], [(1, 1), (2, 2)]), ([2, 0], [1, 1], [1, 2], [(1, 2), (1, 2)]),  # 4/√2 > 1.96 > 2/√2
])  # fmt: skip
@pytest.mark.parametrize("simultaneous", [False, True])
def test_exact_unknown_and_few_values(x, se, rank, expected, simultaneous) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = rank_sets(x, se, simultaneous=simultaneous)
    np.testing.assert_array_equal(found.rank, rank)
    np.testing.assert_array_equal(np.reshape(sets(found), (-1, 2)), np.reshape(expected, (-1, 2)))


def test_with_too_few_draws_nothing_is_told_apart() -> None:
    assert sets(rank_sets([50, 0], [1, 1], draws=18)) == [(1, 2), (1, 2)] and sets(rank_sets([50, 0], [1, 1], draws=19)) == [(1, 1), (2, 2)]


def test_few_degrees_of_freedom_widen_and_one_vague_unit_does_not_widen_the_others() -> None:
    x, se = np.arange(20) * 1.5, np.ones(20)
    known, few = rank_sets(x, se), rank_sets(x, se, df=np.full(20, 3))
    assert (few.upper - few.lower).mean() > 1.4 * (known.upper - known.lower).mean()
    one = rank_sets(x, se, df=[2.0] + [np.inf] * 19)
    assert ((one.upper - one.lower)[1:] - (known.upper - known.lower)[1:]).max() <= 1 < (one.upper - one.lower)[0] - (known.upper - known.lower)[0]


# --- properties ---------------------------------------------------------------------------------------------------------
def units(n: int = 25) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    x, se = rng.normal(80, 3, n).round(1), rng.uniform(0.2, 2, n)
    x[3], x[7], x[9], se[7], se[9] = NAN, x[8], x[8], se[8], se[8]
    return x, se, np.where(np.arange(n) % 3, np.inf, 6.0)


@pytest.mark.parametrize("simultaneous", [False, True])
def test_order_does_not_matter_two_runs_agree_and_nothing_is_changed(simultaneous: bool) -> None:
    x, se, df = units()
    before = x.copy(), se.copy(), df.copy()
    found = rank_sets(x, se, df=df, draws=400, simultaneous=simultaneous)
    turn = np.random.default_rng(3).permutation(len(x))
    turned = rank_sets(x[turn], se[turn], df=df[turn], draws=400, simultaneous=simultaneous)
    for name in ("rank", "lower", "upper"):
        np.testing.assert_array_equal(getattr(turned, name), getattr(found, name)[turn], err_msg=name)
    np.testing.assert_array_equal(sets(found), sets(rank_sets(x, se, df=df, draws=400, simultaneous=simultaneous)))
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(before, (x, se, df), strict=True))


@pytest.mark.parametrize("simultaneous", [False, True])
def test_units_alike_have_one_set_whichever_draws_fell_to_them(simultaneous: bool) -> None:
    found = rank_sets(np.repeat(np.linspace(0, 6, 10), 5), np.ones(50), draws=59, simultaneous=simultaneous)
    for limit in (found.lower, found.upper):
        assert (limit.reshape(10, 5) == limit[::5, None]).all()


@pytest.mark.parametrize("simultaneous", [False, True])
def test_critical_values_from_the_highest_draws_alone_are_those_of_all(monkeypatch, simultaneous: bool) -> None:
    x, se = np.random.default_rng(4).normal(np.repeat([0, 9, 30], 12), 2), np.random.default_rng(5).uniform(0.5, 2, 36)
    told = []
    for first in (1, 10**6):
        monkeypatch.setattr("fundanalytics.measure.ranksets.FIRST", first)
        told.append(sets(rank_sets(x, se, draws=400, simultaneous=simultaneous)))
    assert told[0] == told[1]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 12), few=st.booleans())
def test_sets_hold_the_rank_nest_and_widen_with_confidence(seed: int, n: int, few: bool) -> None:
    rng = np.random.default_rng(seed)
    x, se, df = rng.normal(0, 3, n).round(), rng.uniform(0, 2, n).round(1), np.full(n, 4.0 if few else np.inf)
    told = [rank_sets(x, se, df=df, draws=150, confidence=c, simultaneous=s) for s in (False, True) for c in (0.8, 0.95)]
    for found in told:
        assert ((found.lower >= 1) & (found.lower <= found.rank) & (found.rank <= found.upper) & (found.upper <= n)).all()
    for narrow, wide in ((0, 1), (2, 3), (0, 2), (1, 3)):  # confidence; a set for one unit lies inside that for all at once
        assert (told[narrow].lower >= told[wide].lower).all() and (told[narrow].upper <= told[wide].upper).all()


@pytest.mark.parametrize(("options", "part"), [
    ({"se": [1, -1]}, "se"), ({"se": [1, 1], "df": [0, 5]}, "df"), ({"se": [1, 1, 1]}, "2"), ({"se": [1, 1], "draws": 0}, "draws"),
    ({"se": [1, 1], "confidence": 95}, "95"),
])  # fmt: skip
def test_what_cannot_be_is_refused(options: dict, part: str) -> None:
    with pytest.raises(ArgumentError, match=part):
        rank_sets([1, 2], **options)


# --- chances ------------------------------------------------------------------------------------------------------------
def test_bands_are_half_open_and_values_rounded_before_they_are_compared() -> None:
    draws = [[90.0, 80.0, 100.0], [89.995, 79.994, 59.0], [89.994, 79.995, 60.0], [90.01, 0.0, 100.0]]
    found = chances(draws, [90, 80, 60, 0], decimals=2)
    assert found.grades.tolist() == [[0.75, 0.25, 0, 0], [0, 0.5, 0.25, 0.25], [0.5, 0, 0.25, 0.25]]
    assert chances(draws, [0, 60, 80, 90]).grades.tolist() == found.grades[:, ::-1].tolist()  # the order of the cuts is that of the columns


def test_who_ties_with_the_last_place_is_in_and_blanks_are_out() -> None:
    draws = [[5.0, 4, 4, NAN, 1], [1.0, 2, 3, NAN, 4]]
    found = chances(draws, [0.0], ends=2)
    np.testing.assert_array_equal(found.top, [0.5, 0.5, 1, NAN, 0.5])
    np.testing.assert_array_equal(found.bottom, [0.5, 1, 0.5, NAN, 0.5])
    assert np.isnan(found.grades[3]).all() and chances(draws, [0.0], ends=9).top[0] == 1
    assert chances(np.empty((5, 0)), [0.0]).top.size == 0 and np.isnan(chances(np.full((5, 2), NAN), [0.0]).top).all()
