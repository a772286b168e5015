"""Intervals of counts and means against published tables and other software, and at the edges."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundanalytics.errors import ArgumentError
from fundanalytics.measure.intervals import (
    Interval,
    byar,
    clopper_pearson,
    mean_t,
    miettinen_nurminen_difference,
    newcombe_difference,
    quantile_t,
    wilson,
)

EXPECTED = Path(__file__).parent / "expected"
PUBLISHED = pd.read_csv(EXPECTED / "intervals_newcombe_1998.csv", comment="#")
FROM_R = pd.read_csv(EXPECTED / "interval_r.csv", comment="#")
SHARES = {"wilson": wilson, "clopper-pearson": clopper_pearson}
DIFFERENCES = {"newcombe 10": newcombe_difference, "miettinen-nurminen": miettinen_nurminen_difference}
GRID = [np.ravel(g) for g in np.meshgrid([0, 1, 4, 9], [9, 40], [0, 1, 16, 30], [30, 200])]


def limits(found: Interval) -> list[float]:
    return [float(found.lower), float(found.upper)]


def counts(largest: int = 500) -> st.SearchStrategy:
    return st.integers(1, largest).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


# --- authorities -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("row", [*PUBLISHED.itertuples(index=False)], ids=lambda r: f"{r.method} {r.count_1}/{r.total_1}")
def test_limits_are_those_of_newcombe(row) -> None:
    found = wilson(row.count_1, row.total_1) if row.method == "wilson" else DIFFERENCES[row.method](row.count_1, row.total_1, row.count_2, row.total_2)
    # printed to four places
    assert limits(found) == pytest.approx([row.lower, row.upper], abs=5.1e-5) and found.method == row.method


@pytest.mark.parametrize(("rows", "function"), [("binom.test", clopper_pearson), ("poisson.test", byar)])
def test_exact_limits_are_those_of_r(rows: str, function) -> None:
    for row in FROM_R[FROM_R["method"] == rows].itertuples(index=False):
        assert limits(function(row.count, row.total, confidence=row.confidence)) == pytest.approx([row.lower, row.upper], rel=1e-10, abs=1e-300)


def test_byar_is_as_near_to_the_exact_limits_of_r_as_its_authors_say() -> None:
    """Public Health England (2018), Technical Guide: Confidence Intervals, appendix 1: within 0.2 % at 95 % from ten events on."""
    rows = FROM_R[(FROM_R["method"] == "pois.exact") & (FROM_R["confidence"] == 0.95)]
    found = byar(rows["count"])
    np.testing.assert_allclose([found.lower, found.upper], [rows["lower"], rows["upper"]], rtol=2e-3)
    # and not those limits themselves
    assert abs(found.lower[0] / rows["lower"].iloc[0] - 1) > 1e-5


def test_byar_equals_another_program() -> None:
    """The Ruby program ``byar`` 1.0.0 documents 100 events with z = 1.96: 0.9040199067337297 × 90 and 121.628347271806."""
    from scipy.special import ndtr

    found = byar(100, confidence=float(2 * ndtr(1.96) - 1))
    assert limits(found) == pytest.approx([0.9040199067337297 * 90, 121.628347271806], rel=1e-9)


def test_wilson_and_clopper_pearson_equal_statsmodels() -> None:
    from statsmodels.stats.proportion import proportion_confint

    x, n = np.array([0, 1, 5, 49, 50]), 50
    for name, function in (("wilson", wilson), ("beta", clopper_pearson)):
        found = function(x, n, confidence=0.9)
        np.testing.assert_allclose([found.lower, found.upper], proportion_confint(x, n, alpha=0.1, method=name), rtol=1e-12, atol=1e-15)


def test_a_small_share_keeps_its_digits() -> None:
    """0 and 1 of a thousand million: the limits of the count are those of z² and of Byar's neighbour, not what rounding left."""
    found = wilson([0, 1], 1e9)
    assert found.lower[0] == 0 and found.upper[0] * (1e9 + 3.841458820694124) == pytest.approx(3.841458820694124, rel=1e-12)
    assert found.lower[1] == pytest.approx(1e-9 / (1 + 1.920729410347062 + 1.959963984540054 * np.sqrt(1.960364705173531 - 1e-9)), rel=1e-9)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_newcombe_equals_statsmodels(confidence: float) -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep

    found = newcombe_difference(*GRID, confidence=confidence)
    expected = confint_proportions_2indep(*GRID, method="newcomb", compare="diff", alpha=1 - confidence)
    np.testing.assert_allclose([found.lower, found.upper], expected, rtol=1e-10, atol=1e-12)


def score(x_1: float, n_1: float, x_2: float, n_2: float, delta: float) -> float:
    """Miettinen and Nurminen's statistic at a difference, the likely shares from Farrington and Manning's (1990) cubic.

    statsmodels 0.15 is no second implementation: its cubic has a count in the place of a total and misses Newcombe's table II.
    """
    total, p_1, p_2 = n_1 + n_2, x_1 / n_1, x_2 / n_2
    ratio = n_2 / n_1
    a, d = 1 + ratio, -p_1 * delta * (1 + delta)
    b = -(1 + ratio + p_1 + ratio * p_2 + delta * (ratio + 2))
    c = delta**2 + delta * (2 * p_1 + ratio + 1) + p_1 + ratio * p_2
    v = b**3 / (27 * a**3) - b * c / (6 * a**2) + d / (2 * a)
    u = np.copysign(np.sqrt(max(b**2 / (9 * a**2) - c / (3 * a), 0)), v)
    w = (np.pi + np.arccos(np.clip(v / u**3 if u else 0.0, -1, 1))) / 3
    q_1 = np.clip(2 * u * np.cos(w) - b / (3 * a), max(0, delta), min(1, 1 + delta))
    q_2 = q_1 - delta
    variance = (q_1 * (1 - q_1) / n_1 + q_2 * (1 - q_2) / n_2) * total / (total - 1)
    return (p_1 - p_2 - delta) ** 2 / variance


@given(counts(60), counts(400), st.floats(0.5, 0.999))
def test_score_limits_solve_the_score_equation_of_farrington_and_manning(first, second, confidence: float) -> None:
    found = miettinen_nurminen_difference(*first, *second, confidence=confidence)
    z = quantile_t(confidence, 1e12)
    for limit in limits(found):
        if abs(limit) < 1:
            # the cubic loses half its digits where two of its roots meet
            assert score(*first, *second, limit) == pytest.approx(float(z) ** 2, rel=1e-6)


def test_score_limits_end_where_the_shares_end_and_mirror_each_other() -> None:
    assert limits(miettinen_nurminen_difference(0, 10, 7, 7))[0] == -1
    found = miettinen_nurminen_difference(*GRID)
    swapped = miettinen_nurminen_difference(GRID[2], GRID[3], GRID[0], GRID[1])
    np.testing.assert_allclose(found.lower, -swapped.upper, rtol=1e-12, atol=1e-14)
    # one search at a time or all at once
    alone = [float(miettinen_nurminen_difference(*(g[i] for g in GRID)).lower) for i in range(len(GRID[0]))]
    np.testing.assert_allclose(found.lower, alone, rtol=1e-10, atol=1e-12)


def test_mean_equals_scipy_and_leaves_blanks_out() -> None:
    from scipy.stats import t

    x = np.array([[1.0, 2.0, 4.0, np.nan], [3.0, np.nan, np.nan, np.nan], [np.nan] * 4, [2.0, 2.0, np.nan, 2.0]])
    found = mean_t(x)
    expected = t.interval(0.95, 2, loc=7 / 3, scale=np.std([1, 2, 4], ddof=1) / np.sqrt(3))
    assert (found.lower[0], found.upper[0]) == pytest.approx(expected)
    assert found.value[1] == 3 and np.isnan(found.lower[1:]).all() and np.isnan(found.value[2])
    assert found.note.tolist() == ["", "one_unit", "no_data", "no_variation"]
    # a tenth is not stored exactly, and seven of them have no spread for it
    assert mean_t([0.1] * 7).note == "no_variation"


# --- properties --------------------------------------------------------------------------------------------------------
@given(counts(), st.sampled_from([wilson, clopper_pearson, byar]), st.floats(0.5, 0.98))
def test_limits_bracket_the_value_and_widen_with_confidence(count: tuple[int, int], function, confidence: float) -> None:
    found, wider = function(*count, confidence=confidence), function(*count, confidence=confidence + 0.01)
    assert 0 <= wider.lower <= found.lower <= found.value <= found.upper <= wider.upper
    assert found.upper <= 1 or function is byar


@given(counts(), counts(), st.sampled_from([*DIFFERENCES.values()]), st.floats(0.5, 0.98))
def test_limits_of_a_difference_bracket_it_and_widen_with_confidence(first, second, function, confidence: float) -> None:
    found, wider = function(*first, *second, confidence=confidence), function(*first, *second, confidence=confidence + 0.01)
    inside = [-1, wider.lower, found.lower, found.value, found.upper, wider.upper, 1]
    assert (np.diff(inside) >= -1e-12).all()


@given(st.lists(counts(), min_size=1, max_size=20), st.randoms())
def test_order_and_index_do_not_matter_and_input_is_left_alone(pairs: list[tuple[int, int]], random) -> None:
    shuffled = pairs[:]
    random.shuffle(shuffled)
    frame = pd.DataFrame(shuffled, columns=["x", "n"], index=[7] * len(pairs))
    before = frame.copy()
    by_pair = {pair: float(wilson(*pair).lower) for pair in pairs}
    assert wilson(frame["x"], frame["n"]).lower.tolist() == pytest.approx([by_pair[pair] for pair in shuffled], rel=1e-14)
    pd.testing.assert_frame_equal(frame, before)


def test_exact_limits_of_repeated_counts_are_those_of_each() -> None:
    """Long arrays are computed once per pair, in parts: the same numbers as one by one."""
    rng = np.random.default_rng(3)
    n = rng.integers(1, 2_000, 120_000)
    x = rng.integers(0, n + 1).astype(float)
    x[7] = np.nan
    found, rates = clopper_pearson(x.reshape(2, -1), n.reshape(2, -1)), byar(x % 15, n)
    assert np.isnan(found.lower.flat[7]) and found.note.flat[7] == rates.note[7] == "no_data"
    for i in (0, 59_999, 60_000, 119_999):
        assert [found.lower.flat[i], found.upper.flat[i]] == pytest.approx(limits(clopper_pearson(x[i], n[i])), rel=1e-12)
        assert [rates.lower[i], rates.upper[i]] == pytest.approx(limits(byar(x[i] % 15, n[i])), rel=1e-12)


# --- edges -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", SHARES)
def test_edges_none_all_one_and_nobody_asked(name: str) -> None:
    found = SHARES[name]([0, 20, 1, 0, 3], [20, 20, 1, 0, np.nan])
    assert found.lower[0] == 0 and found.upper[1] == 1 and found.upper[2] == 1
    assert np.isnan([found.value[3:], found.lower[3:], found.upper[3:]]).all()
    assert found.note.tolist() == ["", "", "", "no_data", "no_data"] and found.method == name


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_group_in_which_nobody_was_asked_has_no_difference(name: str) -> None:
    found = DIFFERENCES[name]([1, 1], [2, 2], [0, 1], [0, 3])
    assert np.isnan([found.value[0], found.lower[0], found.upper[0]]).all() and np.isfinite(found.lower[1])
    assert found.note.tolist() == ["no_data", ""] and found.method == name


def test_a_rate_counts_per_exposure_and_multiplier() -> None:
    found = byar([0, 9, 10, 5, np.nan], [1, 2, 2, 0, 1], multiplier=10_000)
    assert found.value[:3].tolist() == [0, 45_000, 50_000] and found.lower[0] == 0
    assert found.lower[1] == pytest.approx(5_000 * float(byar(9).lower), rel=1e-14)
    assert found.note.tolist() == ["", "", "", "zero_denominator", "no_data"] and np.isnan(found.value[3:]).all()


@pytest.mark.parametrize("call", [lambda: wilson(81, 263), lambda: clopper_pearson(81, 263), lambda: byar(5), lambda: mean_t([1, 2]),
                                  lambda: newcombe_difference(1, 2, 3, 4), lambda: miettinen_nurminen_difference(1, 2, 3, 4)])  # fmt: skip
def test_numbers_in_numbers_out(call) -> None:
    found = call()
    assert round(found.lower, 6) < round(found.upper, 6) and np.shape(found.value) == () and found.note == ""


def test_blanks_of_every_kind_are_blanks() -> None:
    for x in ([None, 3], [pd.NA, 3], pd.Series([None, 3], dtype="Int64"), np.ma.masked_array([9, 3], [True, False])):
        assert wilson(x, 5).note.tolist() == ["no_data", ""]
    assert wilson([], []).value.shape == (0,) and miettinen_nurminen_difference([], [], [], []).lower.shape == (0,)


@pytest.mark.parametrize(("count", "total"), [(5, 4), (-1, 4), (0, -2)])
def test_a_count_that_does_not_fit_its_total_is_refused(count: int, total: int) -> None:
    for call in (lambda: wilson([1, count], [2, total]), lambda: miettinen_nurminen_difference(1, 2, count, total)):
        with pytest.raises(ArgumentError, match=f"{count} / {total}"):
            call()


@pytest.mark.parametrize(("call", "told"), [
    (lambda: wilson(np.inf, np.inf), "∞"), (lambda: clopper_pearson("many", 5), "many"), (lambda: mean_t([1, "x"]), "x"),
    (lambda: wilson([1, 2, 3], [4, 5]), r"\(3,\) · \(2,\)"), (lambda: newcombe_difference([1, 2], [3, 3], [1, 2, 3], [4, 4, 4]), r"\(2,\) · \(3,\)"),
    (lambda: byar(-1), "-1 / 1"), (lambda: byar(1, -2), "1 / -2"), (lambda: byar(1, multiplier=0), "multiplier"),
])  # fmt: skip
def test_what_is_no_number_or_does_not_match_is_refused(call, told: str) -> None:
    with pytest.raises(ArgumentError, match=told):
        call()


@pytest.mark.parametrize("confidence", [95, 0, 1, float("nan"), "0.95", True, 1e-17])
@pytest.mark.parametrize("function", [wilson, clopper_pearson, byar, lambda x, n, confidence: mean_t([x, n], confidence=confidence),
                                      lambda x, n, confidence: miettinen_nurminen_difference(x, n, x, n, confidence=confidence)])  # fmt: skip
def test_confidence_is_a_share(function, confidence: float) -> None:
    with pytest.raises(ArgumentError, match=str(confidence)):
        function(1, 2, confidence=confidence)


def test_a_million_intervals_of_every_kind_take_seconds() -> None:
    """About two seconds on two cores (``benchmarks/intervals.py``); one call each would take minutes."""
    rng = np.random.default_rng(1)
    n = rng.integers(1, 400, 1_000_000)
    x = rng.integers(0, n + 1)
    start = time.perf_counter()
    for found in (wilson(x, n), clopper_pearson(x, n), byar(x, n), newcombe_difference(x, n, x[::-1], n[::-1]),
                  miettinen_nurminen_difference(x, n, x[::-1], n[::-1])):  # fmt: skip
        assert np.isfinite(found.lower).all() and np.isfinite(found.upper).all()
    assert time.perf_counter() - start < 15
