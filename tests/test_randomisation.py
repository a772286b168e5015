"""Sign-flip, other choices inside the sets, wild bootstrap and CR2: against R, SciPy, published figures and brute force."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundanalytics.errors import ArgumentError
from fundanalytics.measure.clustered import cluster_robust
from fundanalytics.measure.randomisation import randomise, sign_flip, wild_bootstrap

NAN = float("nan")
EXPECTED = Path(__file__).parent / "expected"
R = pd.read_csv(EXPECTED / "pilots_r.csv", comment="#").set_index("what")
PANEL = pd.read_csv(EXPECTED / "pilots_panel.csv", comment="#")
WIDE = PANEL.pivot(index=["area", "street", "pilot"], columns="year", values=["y", "dose"]).reset_index()
STREET, PILOT = WIDE["street"].to_numpy(), WIDE["pilot"].to_numpy()
CHANGE = (WIDE["y"][2020] - WIDE["y"][2017]).to_numpy()
DOSE = (WIDE["dose"][2020] - WIDE["dose"][2017]).to_numpy()
NUMBERS = st.floats(-5, 5).map(lambda x: round(x, 3))
MATCHED = np.array([CHANGE[(s == STREET) & (PILOT == 1)].mean() - CHANGE[(s == STREET) & (PILOT == 0)].mean() for s in range(1, 9)])
BY_STREET = (STREET[:, None] == np.unique(STREET)).astype(float)


# --- signs -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("null", [0, 0.3, 0.9])
def test_the_sign_flip_test_is_that_of_r_by_brute_force(null: float) -> None:
    found = sign_flip(MATCHED - null)
    assert found.p == pytest.approx(R.at[f"matched sign-flip; null {null}", "p"], abs=1e-12) and found.exact and found.assignments == 256


def test_the_sign_flip_test_is_that_of_scipy() -> None:
    from scipy.stats import permutation_test

    d = np.random.default_rng(4).normal(0.4, 1, 13)
    theirs = permutation_test((d,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip(d).p == pytest.approx(theirs.pvalue, abs=1e-12)


def test_darwins_maize_as_fisher_tested_it() -> None:
    """Fisher (1935), section 21: fifteen pairs, total 314; 863 of 32,768 sign vectors give 314 or more, so 1,726 are as far on either side."""
    found = sign_flip([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48])
    assert found.value == pytest.approx(314 / 15) and round(found.p * 32_768) == 1_726


@given(st.lists(NUMBERS, min_size=6, max_size=9), st.sampled_from([0.8, 0.9, 0.95]))
@settings(max_examples=60, deadline=None)
def test_sign_flip_limits_part_the_values_that_the_test_rejects(values: list[float], confidence: float) -> None:
    found = sign_flip(values, confidence=confidence)
    if np.ptp(values) <= 1e-9 * np.abs(values).max():
        assert np.isnan([found.lower, found.upper]).all() and found.note == "all_alike"
        return
    assert found.lower <= found.value <= found.upper
    step = 1e-4
    for limit, outward in ((found.lower, -step), (found.upper, step)):
        assert sign_flip(np.subtract(values, limit - outward / 10)).p > 1 - confidence - 1e-9
        assert sign_flip(np.subtract(values, limit + outward)).p <= 1 - confidence + 1e-9


def test_too_few_differences_have_a_p_and_no_limits() -> None:
    five = sign_flip([1, 2, 3, 4, 5])
    assert five.p == 2 / 32 and np.isnan([five.lower, five.upper]).all() and five.note == "too_few_sets"
    assert sign_flip([1, 2, 3, 4, 5], confidence=0.9).note == ""
    for nothing in ([], [np.nan, np.nan]):
        assert sign_flip(nothing).note == "too_few_sets" and np.isnan(sign_flip(nothing).p)
    assert sign_flip(pd.Series([0, 0, 0], index=[9, 9, 2])).p == 1 and sign_flip(3).p == 1


def test_many_differences_are_drawn_with_a_seed_and_say_so() -> None:
    d = np.random.default_rng(5).normal(0.5, 1, 40)
    one, same, other = sign_flip(d), sign_flip(d), sign_flip(d, seed=1)
    assert not one.exact and one.assignments == 10_000 and one.p == same.p and one.lower == same.lower != other.lower
    t = d.mean() / (d.std(ddof=1) / np.sqrt(40))
    assert one.p == pytest.approx(2 * _normal_tail(t), abs=0.01)


def _normal_tail(t: float) -> float:
    from scipy.special import ndtr

    return float(ndtr(-abs(t)))


# --- other choices -----------------------------------------------------------------------------------------------------
def test_gerber_and_green_2012_table_2_2() -> None:
    """Seven villages, two with a woman at the head of the council: difference 6.5, 5 of 21 as large, 8 of 21 as far."""
    found = randomise([15, 15, 20, 20, 10, 15, 30], [1, 0, 0, 0, 0, 0, 1])
    assert found.value == 6.5 and found.p == pytest.approx(8 / 21, abs=1e-12) and found.exact


@pytest.mark.parametrize(("statistic", "what"), [("matched", "choices stat"), ("pooled", "choices pooled")])
def test_choices_inside_sets_are_those_of_r_by_brute_force(statistic: str, what: str) -> None:
    first = STREET <= 5
    found = randomise(CHANGE[first], PILOT[first], STREET[first], statistic=statistic)
    assert found.value == pytest.approx(R.at[what, "value"], rel=1e-12) and found.p == pytest.approx(R.at[what, "p"], abs=1e-12)
    assert found.assignments == 840 and found.note == "test_only"


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_counting_by_halves_is_listing_every_choice(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(2, 4), min_size=1, max_size=4))
    sets = np.repeat(np.arange(len(sizes)), sizes)
    chosen = [data.draw(st.integers(1, n - 1)) for n in sizes]
    treated = np.concatenate([np.arange(n) < k for n, k in zip(sizes, chosen, strict=True)])
    values = np.array(data.draw(st.lists(NUMBERS, min_size=len(sets), max_size=len(sets))))
    statistic = data.draw(st.sampled_from(["matched", "pooled"]))
    found = randomise(values, treated, sets, statistic=statistic)

    def of(t: np.ndarray) -> float:
        if statistic == "pooled":
            return float(values[t].mean() - values[~t].mean())
        return float(np.mean([values[(sets == s) & t].mean() - values[(sets == s) & ~t].mean() for s in range(len(sizes))]))

    each = [[np.isin(np.arange(n), c) for c in itertools.combinations(range(n), k)] for n, k in zip(sizes, chosen, strict=True)]
    every = np.array([of(np.concatenate(choice)) for choice in itertools.product(*each)])
    assert found.assignments == len(every) and found.value == pytest.approx(of(treated), abs=1e-12)
    assert found.p == pytest.approx(np.mean(np.abs(every) >= abs(of(treated)) - 1e-9), abs=1e-12)


def test_order_and_names_of_units_do_not_matter_and_input_stays() -> None:
    turn = np.random.default_rng(2).permutation(len(CHANGE))
    before = CHANGE.copy()
    one = randomise(CHANGE, PILOT, STREET)
    other = randomise(pd.Series(CHANGE[turn], index=turn[::-1]), pd.Series(PILOT[turn] == 1), [f"s{s}" for s in STREET[turn]])
    assert one.p == pytest.approx(other.p, abs=1e-12) and (before == CHANGE).all()


def test_sets_too_large_to_count_are_drawn_and_come_near() -> None:
    rng = np.random.default_rng(8)
    sets, values = np.repeat(np.arange(4), 24), rng.normal(size=96)
    treated = np.tile(np.arange(24) < 5, 4)
    drawn = randomise(values, treated, sets)
    assert not drawn.exact and drawn.assignments == 10_000 and drawn.p == randomise(values, treated, sets).p
    assert randomise(values + 100 * treated, treated, sets).p == 1 / 10_000  # the observed choice is one of those counted
    exact = randomise(values[:48], treated[:48], sets[:48])
    assert exact.exact and exact.assignments == 42_504**2
    again = [randomise(values[:48], treated[:48], sets[:48], statistic=s).p for s in ("matched", "pooled")]
    assert again[0] == again[1] == exact.p  # sets of one size: both statistics are the same


def test_where_there_is_no_other_choice_there_is_no_p() -> None:
    for treated in ([0, 0, 0], [1, 1, 1]):
        found = randomise([1, 2, 3], treated)
        assert np.isnan([found.value, found.p]).all() and found.note == "too_few_sets"
    alone = randomise([1, 2, 3], [1, 0, 0], [1, 2, 2], statistic="pooled")
    assert alone.value == -1.5 and np.isnan(alone.p) and alone.note == "too_few_sets"
    for values, treated in (([1, np.nan], [1, 0]), ([1, 2, 3], [1, np.nan, 0])):
        with pytest.raises(ArgumentError, match="NaN"):
            randomise(values, treated)
    with pytest.raises(ArgumentError):
        randomise([1, 2], [1, 0], [1])
    with pytest.raises(ArgumentError, match="matched"):
        randomise([1, 2], [1, 0], statistic="mean")


# --- few clusters ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("what", "regressor", "controls"),
    [("twoway CR2", PILOT, None), ("dose CR2", DOSE, None), ("dose CR2; street by year", DOSE, BY_STREET)],
)
def test_cr2_of_changes_is_clubsandwichs_of_the_panel(what: str, regressor: np.ndarray, controls: np.ndarray | None) -> None:
    """R fits the panel with a constant per area and year (or street and year); the changes hold the same information."""
    found = cluster_robust(CHANGE, regressor, STREET, controls=controls)
    theirs = R.loc[what, ["value", "lower", "upper", "se", "df", "p"]].to_numpy(dtype=float)
    assert [found.value, found.lower, found.upper, found.se, found.df, found.p] == pytest.approx(theirs, rel=1e-8)


@pytest.mark.parametrize("null", [0, 0.25, 1])
def test_the_wild_bootstrap_of_changes_is_that_of_the_panel_in_r(null: float) -> None:
    found = wild_bootstrap(CHANGE - null * PILOT, PILOT, STREET)
    assert found.p == pytest.approx(R.at[f"twoway wild; null {null}", "p"], abs=1e-12) and found.assignments == 512 and found.exact
    assert found.value == pytest.approx(R.at["twoway CR2", "value"] - null, rel=1e-10)


def test_the_wild_bootstrap_of_a_dose_is_that_of_the_panel_in_r() -> None:
    assert wild_bootstrap(CHANGE, DOSE, STREET).p == pytest.approx(R.at["dose wild; null 0", "p"], abs=1e-12)
    assert wild_bootstrap(CHANGE, DOSE, STREET, controls=BY_STREET).p == pytest.approx(R.at["dose wild; street by year", "p"], abs=1e-12)


@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95])
def test_wild_bootstrap_limits_part_the_values_that_the_test_rejects(confidence: float) -> None:
    found = wild_bootstrap(CHANGE, PILOT, STREET, confidence=confidence)
    assert found.lower < found.value < found.upper
    for limit, outward in ((found.lower, -1e-6), (found.upper, 1e-6)):
        assert wild_bootstrap(CHANGE - (limit - outward) * PILOT, PILOT, STREET).p > 1 - confidence
        assert wild_bootstrap(CHANGE - (limit + outward) * PILOT, PILOT, STREET).p <= 1 - confidence
    wider = wild_bootstrap(CHANGE, PILOT, STREET, confidence=0.97)
    assert wider.lower <= found.lower and wider.upper >= found.upper


def test_few_clusters_have_a_p_and_no_limits_and_nothing_leaks() -> None:
    few = STREET <= 5
    found = wild_bootstrap(CHANGE[few], PILOT[few], STREET[few])
    assert 0 < found.p <= 1 and np.isnan([found.lower, found.upper]).all() and found.note == "too_few_sets"
    for fitted in (wild_bootstrap, cluster_robust):
        assert fitted([1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 2, 2]).note == "no_contrast"
        flat = fitted([1, 0, 1, 0], [1, 0, 1, 0], [1, 1, 2, 2])
        assert flat.value == pytest.approx(1) and np.isnan([flat.p, flat.lower]).all() and flat.note == "all_alike"
        empty = fitted([], [], [])
        assert np.isnan(empty.value) and empty.note == "no_contrast"
        with pytest.raises(ArgumentError):
            fitted([1, 2, np.nan], [1, 0, 0], [1, 1, 2])
        with pytest.raises(ArgumentError):
            fitted([1, 2], [1, 0, 0], [1, 1, 2])
    one = cluster_robust([1, 2, 4], [1, 0, 0], [1, 1, 1])
    assert one.value == pytest.approx(-2) and np.isnan([one.se, one.lower, one.p]).all() and one.note == "too_few_sets"


def test_many_clusters_are_drawn_with_a_seed() -> None:
    rng = np.random.default_rng(9)
    clusters, treated = np.repeat(np.arange(20), 4), np.tile([1, 0, 0, 0], 20)
    change = rng.normal(size=80) + np.repeat(rng.normal(size=20), 4) + 0.9 * treated
    one = wild_bootstrap(change, treated, clusters)
    assert not one.exact and one.assignments == 10_000 and one.p == wild_bootstrap(change, treated, clusters).p
    robust = cluster_robust(change, treated, clusters)
    assert one.value == pytest.approx(robust.value) and [one.lower, one.upper] == pytest.approx([robust.lower, robust.upper], abs=0.15)


@pytest.mark.parametrize("blank", [None, NAN, pd.NA])
@pytest.mark.parametrize("test", [wild_bootstrap, cluster_robust, randomise])
def test_a_unit_without_cluster_is_refused(test, blank) -> None:
    with pytest.raises(ArgumentError) as error:
        test([3, 0, 1, 5, 2, 1], [1, 0, 0] * 2, ["a", "a", blank, "b", "b", "b"])
    assert error.value.code == "unlabelled_unit" and str(error.value)


@pytest.mark.parametrize(("bad", "code"), [(["x", 0, 1, 5], "not_finite"), ([np.inf, 0, 1, 5], "not_finite"), (pd.array([3, pd.NA, 1, 5]), "unequal_arrays")])
@pytest.mark.parametrize("test", [wild_bootstrap, cluster_robust, randomise])
def test_words_infinity_and_blanks_are_refused(test, bad, code) -> None:
    with pytest.raises(ArgumentError) as error:
        test(bad, [1, 0, 1, 0], [1, 1, 2, 2])
    assert error.value.code == code


def test_signs_leave_nullable_blanks_out() -> None:
    assert sign_flip(pd.array([1, 2, pd.NA, 3])).value == 2
    for bad in (["x"], [1, np.inf]):
        with pytest.raises(ArgumentError):
            sign_flip(bad)


@pytest.mark.parametrize("marks", [[2, 0, 0, 0], [0.5, 0, 1, 0], [-1, 1, 0, 0]])
def test_treated_is_yes_or_no(marks) -> None:
    with pytest.raises(ArgumentError) as error:
        randomise([1, 2, 3, 4], marks)
    assert error.value.code == "bad_treated" and str(error.value)
    assert randomise([1, 2, 3, 4], [True, False, False, False]).value == -2


def test_one_treated_cluster_gives_no_limits() -> None:
    y, clusters = [3, 0, 1, 5, 2, 1, 2, 0, 0, 1, 4, 2], np.repeat([1, 2, 3, 4], 3)
    found = cluster_robust(y, [1, 0, 1] + [0] * 9, clusters)
    if found.df >= 1:
        assert found.note == "one_treated"
    assert np.isfinite(found.value) and np.isnan([found.lower, found.upper, found.p]).all() and found.note
    assert cluster_robust(y, clusters == 1, clusters).note in ("one_treated", "too_few_sets")
    assert cluster_robust(y, [1, 0, 0] * 4, clusters).note == ""
