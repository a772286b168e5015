"""Intervals against published tables and other software, and at the edges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fundanalytics.errors import ArgumentError
from fundanalytics.measure.intervals import mean_t, newcombe_difference, paired_ratio_change, ratio_of_totals, wilson

PUBLISHED = pd.read_csv(Path(__file__).parent / "expected" / "intervals_newcombe_1998.csv", comment="#")


@pytest.mark.parametrize("row", [*PUBLISHED.itertuples(index=False)], ids=lambda r: f"{r.method} {r.count_1}/{r.total_1}")
def test_limits_are_those_of_newcombe(row) -> None:
    found = wilson(row.count_1, row.total_1) if row.method == "wilson" else newcombe_difference(row.count_1, row.total_1, row.count_2, row.total_2)
    # printed to four places
    assert [float(found.lower), float(found.upper)] == pytest.approx([row.lower, row.upper], abs=5e-5)


def test_wilson_equals_statsmodels_on_a_grid() -> None:
    from statsmodels.stats.proportion import proportion_confint

    x, n = np.array([0, 1, 5, 49, 50]), 50
    lower, upper = proportion_confint(x, n, alpha=0.1, method="wilson")
    found = wilson(x, n, confidence=0.9)
    np.testing.assert_allclose([found.lower, found.upper], [lower, upper], rtol=1e-12, atol=1e-15)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.98))
def test_wilson_brackets_the_share_and_widens_with_confidence(count: tuple[int, int], confidence: float) -> None:
    found, wider = wilson(*count, confidence=confidence), wilson(*count, confidence=confidence + 0.01)
    assert 0 <= wider.lower <= found.lower <= found.value <= found.upper <= wider.upper <= 1


def test_edges_none_all_one_and_nobody_asked() -> None:
    found = wilson([0, 20, 1, 0], [20, 20, 1, 0])
    assert found.lower[0] == 0 and found.upper[1] == 1 and found.upper[2] == 1
    assert np.isnan([found.value[3], found.lower[3], found.upper[3]]).all()
    assert np.isnan(newcombe_difference(1, 2, 0, 0).value)


@pytest.mark.parametrize(("count", "total"), [(5, 4), (-1, 4)])
def test_a_count_that_does_not_fit_its_total_is_refused(count: int, total: int) -> None:
    with pytest.raises(ArgumentError, match=f"{count} / {total}"):
        wilson(count, total)


@pytest.mark.parametrize("confidence", [95, 0, 1])
def test_confidence_is_a_share(confidence: float) -> None:
    with pytest.raises(ArgumentError, match=str(confidence)):
        wilson(1, 2, confidence=confidence)


def test_mean_equals_scipy_and_leaves_blanks_out() -> None:
    from scipy.stats import t

    x = np.array([[1.0, 2.0, 4.0, np.nan], [3.0, np.nan, np.nan, np.nan], [np.nan] * 4])
    found = mean_t(x)
    expected = t.interval(0.95, 2, loc=7 / 3, scale=np.std([1, 2, 4], ddof=1) / np.sqrt(3))
    assert (found.lower[0], found.upper[0]) == pytest.approx(expected)
    assert found.value[1] == 3 and np.isnan(found.lower[1]) and np.isnan(found.value[2])


def test_ratio_of_totals_is_the_survey_ratio_of_r() -> None:
    """Equal weights, no fpc: R's svyratio on a simple sample is n/(n−1) Σz²; here worked by hand on four units."""
    y, x = np.array([9.0, 18, 27, 30]), np.array([10.0, 20, 30, 40])
    z = (y - 0.84 * x) / 100
    half = 3.182446305 * np.sqrt(4 / 3 * (z**2).sum())
    found = ratio_of_totals(y, x)
    assert [float(found.value), float(found.lower), float(found.upper)] == pytest.approx([0.84, 0.84 - half, 0.84 + half])


def test_money_in_another_unit_gives_the_same_interval() -> None:
    y, x = np.array([9.0, 18, 27, 30]), np.array([10.0, 20, 30, 40])
    yuan, wan = ratio_of_totals(y * 10_000, x * 10_000), ratio_of_totals(y, x)
    assert float(yuan.lower) == pytest.approx(float(wan.lower), rel=1e-12)


def test_strata_add_and_a_lonely_unit_leaves_no_limits() -> None:
    y, x = np.array([9.0, 18, 27, 30]), np.array([10.0, 20, 30, 40])
    apart = ratio_of_totals(y, x, strata=["a", "a", "b", "b"])
    z = (y - 0.84 * x) / 100
    half = 4.30265273 * np.sqrt((z[0] - z[1]) ** 2 + (z[2] - z[3]) ** 2)
    assert float(apart.upper - apart.value) == pytest.approx(half)
    lonely = ratio_of_totals(y, x, strata=["a", "a", "a", "b"])
    assert float(lonely.value) == pytest.approx(0.84) and np.isnan(lonely.lower)


def test_a_paired_change_carries_the_covariance() -> None:
    """Units that all rise by the same points change surely, however much they differ among themselves."""
    x = np.full(12, 10.0)
    y = np.linspace(2, 8, 12)
    found = paired_ratio_change(y, x, y + 1, x)
    assert float(found.value) == pytest.approx(0.1) and float(found.upper - found.lower) == pytest.approx(0, abs=1e-12)
    shuffled = paired_ratio_change(y, x, (y + 1)[::-1], x)
    assert float(shuffled.value) == pytest.approx(0.1) and float(shuffled.upper - shuffled.lower) > 0.4


@pytest.mark.parametrize("units", [0, 1])
def test_one_unit_or_none_has_no_limits(units: int) -> None:
    found = paired_ratio_change(np.full(units, 8.0), np.full(units, 10.0), np.full(units, 9.0), np.full(units, 10.0))
    assert np.isnan(found.lower) and np.isnan(found.upper)


def test_a_million_intervals_take_no_time() -> None:
    x = np.arange(1_000_000) % 101
    assert np.isfinite(wilson(x, 100 + 0 * x).upper).all()
