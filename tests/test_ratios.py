"""Ratios of totals against R's survey, by hand, by enumeration, and where they cannot be said."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.coverage_ratios import simulate
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.intervals import paired_ratio_change, ratio_of_totals, total_variance

EXPECTED = Path(__file__).parent / "expected"
UNITS = pd.read_csv(EXPECTED / "ratio_units.csv", comment="#", skipinitialspace=True)
FROM_R = pd.read_csv(EXPECTED / "ratio_r_survey.csv", comment="#", skipinitialspace=True)
DESIGNS = {"simple": {}, "strata": {"strata": UNITS["stratum"]}, "clusters": {"clusters": UNITS["cluster"]},
           "both": {"strata": UNITS["stratum"], "clusters": UNITS["cluster"]}}  # fmt: skip
Y, X = np.array([9.0, 18, 27, 30]), np.array([10.0, 20, 30, 40])
VARIANCES = ("linear", "jackknife", "bootstrap")


def rows(estimate: str, variance: str):
    return [*FROM_R[(FROM_R["estimate"] == estimate) & (FROM_R["variance"] == variance)].itertuples(index=False)]


# --- authorities -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("row", [*rows("ratio", "linear"), *rows("ratio", "jackknife")], ids=lambda r: f"{r.design} {r.variance} {r.confidence}")
def test_ratio_of_totals_is_the_survey_ratio_of_r(row) -> None:
    found = ratio_of_totals(UNITS["y_1"], UNITS["x_1"], **DESIGNS[row.design], variance=row.variance, confidence=row.confidence)
    assert [found.value, found.lower, found.upper] == pytest.approx([row.value, row.lower, row.upper], rel=1e-11)


@pytest.mark.parametrize("row", rows("change", "linear"), ids=lambda r: r.design)
def test_paired_change_is_the_contrast_of_r(row) -> None:
    found = paired_ratio_change(UNITS["y_0"], UNITS["x_0"], UNITS["y_1"], UNITS["x_1"], **DESIGNS[row.design])
    assert [found.value, found.lower, found.upper] == pytest.approx([row.value, row.lower, row.upper], rel=1e-11)


@pytest.mark.parametrize("row", rows("ratio", "bootstrap"), ids=lambda r: r.design)
def test_bootstrap_is_that_of_r_but_for_chance(row) -> None:
    found = ratio_of_totals(UNITS["y_1"], UNITS["x_1"], **DESIGNS[row.design], variance="bootstrap", replicates=20_000)
    # 20,000 replicates on either side: a standard error is known to 0.5 % or so, a little less with heavy tails
    assert (found.upper - found.lower) / (row.upper - row.lower) == pytest.approx(1, abs=0.03) and found.value == pytest.approx(row.value)


def test_bootstrap_variance_is_that_of_all_draws() -> None:
    """Three of four units with replacement: 64 draws, all of them; the bootstrap is a sample of these."""
    each = [Y[list(draw)].sum() / X[list(draw)].sum() for draw in product(range(4), repeat=3)]
    half = 3.182446305284263 * np.std(each)
    found = ratio_of_totals(Y, X, variance="bootstrap", replicates=100_000)
    assert found.upper - found.value == pytest.approx(half, rel=0.01)


def test_bootstrap_of_strata_of_two_does_not_lose_half_the_variance() -> None:
    """Equal denominators make the ratio linear, so that all draws together give the linear variance itself."""
    rng = np.random.default_rng(5)
    y, strata = rng.random(40), np.repeat(np.arange(20), 2)
    linear, again = (ratio_of_totals(y, 1, strata=strata, variance=v, replicates=50_000) for v in ("linear", "bootstrap"))
    assert again.upper - again.value == pytest.approx(float(linear.upper - linear.value), rel=0.02)
    assert again.method == "ratio of totals, bootstrap" and linear.method == "ratio of totals, linearised"


def test_linear_variance_by_hand() -> None:
    z = (Y - 0.84 * X) / 100
    half = 3.182446305284263 * np.sqrt(4 / 3 * (z**2).sum())
    found = ratio_of_totals(Y, X)
    assert [found.value, found.lower, found.upper] == pytest.approx([0.84, 0.84 - half, 0.84 + half], rel=1e-12)
    apart = ratio_of_totals(Y, X, strata=["a", "a", "b", "b"])
    assert apart.upper - apart.value == pytest.approx(4.302652729749462 * np.sqrt((z[0] - z[1]) ** 2 + (z[2] - z[3]) ** 2), rel=1e-12)
    variance, df = total_variance(z, strata=["a", "a", "b", "b"])
    assert (variance, df) == (pytest.approx((z[0] - z[1]) ** 2 + (z[2] - z[3]) ** 2), 2)


def test_limits_hold_the_truth_where_the_usual_ones_do_not() -> None:
    """A sample of ``benchmarks/coverage_ratios.py``; 600 rounds know a coverage of 95 % to ±1.8 points (two standard errors)."""
    found = pd.DataFrame(simulate(600, 7))
    sound = found[~found["naive"]]
    assert len(sound) == 13 and sound["coverage"].between(0.92, 0.98).all()
    assert found["naive"].sum() == 12 and (found.loc[found["naive"], "coverage"] < 0.93).all()


# --- properties --------------------------------------------------------------------------------------------------------
money = st.lists(st.tuples(st.integers(0, 1_000), st.integers(1, 1_000)), min_size=3, max_size=12).map(lambda pairs: np.array(pairs, dtype=float).T)


@given(money, st.sampled_from(VARIANCES), st.floats(0.5, 0.98))
def test_limits_bracket_the_ratio_and_widen_with_confidence(units: np.ndarray, variance: str, confidence: float) -> None:
    found, wider = (ratio_of_totals(*units, variance=variance, confidence=c, replicates=50) for c in (confidence, confidence + 0.01))
    assert found.value == units[0].sum() / units[1].sum()
    assert wider.lower <= found.lower <= found.value <= found.upper <= wider.upper if not found.note else np.isnan(found.lower)


@given(money, st.randoms())
def test_order_index_and_currency_do_not_matter_and_input_is_left_alone(units: np.ndarray, random) -> None:
    order = list(range(units.shape[1]))
    random.shuffle(order)
    frame = pd.DataFrame(units.T[order] * 10_000, columns=["y", "x"], index=[5] * len(order))
    before = frame.copy()
    labels = np.array(["a", "b", "c"])[np.arange(len(order)) % 3]
    for variance in ("linear", "jackknife"):
        one = ratio_of_totals(*units, clusters=labels, variance=variance)
        other = ratio_of_totals(frame["y"], frame["x"], clusters=pd.Series(labels[order], index=frame.index), variance=variance)
        np.testing.assert_allclose([one.lower, one.upper], [other.lower, other.upper], rtol=1e-7, atol=1e-9)
        assert one.note == other.note
    pd.testing.assert_frame_equal(frame, before)


def test_many_ratios_at_once_are_those_of_each() -> None:
    rng = np.random.default_rng(2)
    y, x, strata, clusters = rng.random((3, 50_000, 12)), rng.random(12) + 1, np.repeat([0, 1], 6), np.arange(12) // 2
    for variance in ("linear", "jackknife"):
        found = ratio_of_totals(y, x, strata=strata, clusters=clusters, variance=variance)
        assert found.value.shape == (3, 50_000)
        for at in ((0, 0), (1, 33_333), (2, 49_999)):
            one = ratio_of_totals(y[at], x, strata=strata, clusters=clusters, variance=variance)
            assert [found.lower[at], found.upper[at]] == pytest.approx([one.lower, one.upper], rel=1e-12)
    few = ratio_of_totals(y[0, :900], x, variance="bootstrap")
    assert few.lower[899] == pytest.approx(ratio_of_totals(y[0, 899], x, variance="bootstrap").lower, rel=1e-12)


def test_a_seed_gives_the_same_bootstrap_and_another_seed_another() -> None:
    found = [float(ratio_of_totals(Y, X, variance="bootstrap", seed=seed).lower) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]


def test_each_unit_as_a_cluster_is_no_cluster_and_all_in_one_stratum_no_stratum() -> None:
    plain = ratio_of_totals(Y, X)
    assert float(ratio_of_totals(Y, X, strata=[1] * 4, clusters=list("dbca")).lower) == pytest.approx(float(plain.lower), rel=1e-14)
    pooled = ratio_of_totals(Y, X, clusters=["s", "t", "s", "t"])
    by_hand = ratio_of_totals([36, 48], [40, 60])
    assert float(pooled.lower) == pytest.approx(float(by_hand.lower), rel=1e-12)


def test_a_paired_change_carries_the_covariance() -> None:
    """Units that rise by nearly the same points change surely, however much they differ among themselves."""
    x, y = np.full(12, 10.0), np.linspace(2, 8, 12)
    nearly = y + 1 + np.array([1e-6, -1e-6] * 6)
    found = paired_ratio_change(y, x, nearly, x)
    assert float(found.value) == pytest.approx(0.1) and 0 < found.upper - found.lower < 1e-6
    shuffled = paired_ratio_change(y, x, nearly[::-1], x)
    assert float(shuffled.value) == pytest.approx(0.1) and shuffled.upper - shuffled.lower > 0.4


# --- edges -------------------------------------------------------------------------------------------------------------
def blank(found, note: str, *, value: bool) -> bool:
    return bool(np.isnan(found.lower) and np.isnan(found.upper) and np.isnan(found.value) == (not value) and found.note == note)


@pytest.mark.parametrize("variance", VARIANCES)
def test_what_cannot_be_said_is_blank_with_a_reason(variance: str) -> None:
    def ratio(y, x, **options):
        return ratio_of_totals(y, x, variance=variance, **options)

    assert blank(ratio([], []), "no_data", value=False)
    assert blank(ratio([1, np.nan], [2, 3]), "missing_values", value=False)
    assert blank(ratio([1, 2], [0, 0]), "zero_denominator", value=False)
    # what rounding left of nothing is nothing
    assert blank(ratio([1, 2, 3], [0.1, 0.2, -0.3]), "zero_denominator", value=False)
    assert blank(ratio(1, 2), "one_unit", value=True)
    assert blank(ratio(Y, X, strata=["a", "a", "a", "b"]), "one_unit", value=True)
    assert blank(ratio(Y, X, clusters=["a"] * 4), "one_unit", value=True)
    assert blank(ratio([1, 2, 3], [3, 6, 9]), "no_variation", value=True)
    assert blank(ratio([0, 0, 0], [3, 6, 9]), "no_variation", value=True)


@pytest.mark.parametrize("variance", ["jackknife", "bootstrap"])
def test_a_ratio_that_rests_on_one_unit_cannot_do_without_it(variance: str) -> None:
    assert blank(ratio_of_totals([5, 1, 2], [10, 0, 0], variance=variance), "too_few_units", value=True)
    assert np.isfinite(ratio_of_totals([5, 1, 2], [10, 0, 0]).lower)


def test_one_bad_row_leaves_the_others_alone() -> None:
    found = ratio_of_totals([[1, 2, 4], [1, 2, np.nan], [1, 2, 3]], [[2, 3, 4], [2, 3, 4], [0, 0, 0]])
    assert found.note.tolist() == ["", "missing_values", "zero_denominator"] and np.isfinite(found.lower).tolist() == [True, False, False]


@pytest.mark.parametrize("units", [0, 1])
def test_one_unit_or_none_has_no_change(units: int) -> None:
    found = paired_ratio_change(np.full(units, 8.0), np.full(units, 10.0), np.full(units, 9.0), np.full(units, 10.0))
    assert blank(found, ["no_data", "one_unit"][units], value=bool(units))


def test_a_change_says_why_it_is_blank() -> None:
    assert blank(paired_ratio_change(Y, X, Y, 0 * X), "zero_denominator", value=False)
    assert blank(paired_ratio_change(Y, X, Y, [1, 2, 3, np.nan]), "missing_values", value=False)
    assert blank(paired_ratio_change(Y, 10, Y + 1, 10), "no_variation", value=True)


@pytest.mark.parametrize(("call", "told"), [
    (lambda: ratio_of_totals([1, 2, 3], [4, 5]), r"\(3,\) · \(2,\)"),
    (lambda: ratio_of_totals([[1], [2]], [4, 5]), r"\(2, 1\) · \(2,\)"),
    (lambda: ratio_of_totals(Y, X, strata=["a", "b"]), r"strata \(2,\) · \(4,\)"),
    (lambda: ratio_of_totals(Y, X, clusters=["a", "b", None, "b"]), "clusters.*2"),
    (lambda: paired_ratio_change(Y, X, Y, X, strata=["s", "s", "t", "t"], clusters=["a", "b", "b", "c"]), "'b'|“b”"),
    (lambda: ratio_of_totals(Y, [1, 2, 3, np.inf]), "∞"),
    (lambda: ratio_of_totals(Y, X, variance="jacknife"), "jackknife"),
    (lambda: ratio_of_totals(Y, X, variance="bootstrap", replicates=1), "replicates"),
    (lambda: ratio_of_totals(Y, X, confidence=95), "95"),
    (lambda: paired_ratio_change(Y, X, Y, X, confidence=95), "95"),
])  # fmt: skip
def test_what_does_not_match_is_refused(call, told: str) -> None:
    with pytest.raises(ArgumentError, match=told):
        call()
