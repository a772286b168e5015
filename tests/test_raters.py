"""Agreement of raters: as psych, survey and the published tables have it; and which coefficient the assessments allow."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundanalytics import Dataset, load_sample
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.raters import assessor_agreement, icc, icc_one_way, krippendorff_alpha, self_assessment_gap, self_gap

EXPECTED = Path(__file__).parent / "expected"
FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
NAN = float("nan")
LEVELS = ["nominal", "ordinal", "interval", "ratio"]


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(EXPECTED / name, comment="#", skipinitialspace=True)


def table(name: str, of: str, *columns: str) -> pd.DataFrame:
    rows = read(name)
    return rows[rows["set"] == of].pivot(index=columns[0], columns=columns[1], values=columns[2])


# --- intraclass correlation --------------------------------------------------------------------------------------------
def test_shrout_and_fleiss_table_4() -> None:
    found = icc(FLEISS)
    assert found.value.round(2).tolist() == [0.17, 0.44, 0.29, 0.62, 0.71, 0.91]
    assert (found.subjects, found.raters) == (6, 4.0)
    assert found.residual_variance == pytest.approx(1.02, abs=0.005)  # WMS less raters: table 3


@pytest.mark.parametrize("confidence", [0.95, 0.8])
@pytest.mark.parametrize("name", ["fleiss", "strict", "noise"])
def test_values_and_limits_equal_psych(name, confidence) -> None:
    rows = read("icc_psych.csv")
    rows = rows[(rows["set"] == name) & (rows["confidence"] == confidence)].set_index("coefficient")
    found = icc(table("icc_scores.csv", name, "subject", "rater", "score"), confidence=confidence)
    for at, code in enumerate(["ICC1", "ICC1k", "ICC2", "ICC2k", "ICC3", "ICC3k"]):
        for part in ("value", "lower", "upper"):
            assert getattr(found, part)[at] == pytest.approx(rows.loc[code, part], rel=1e-9), (code, part)


def test_unequal_numbers_of_raters_equal_the_analysis_of_variance() -> None:
    rows = read("icc_unequal_scores.csv")
    scores = rows.assign(place=rows.groupby("subject").cumcount()).pivot(index="subject", columns="place", values="score")
    found, expected = icc_one_way(scores), read("icc_unequal_aov.csv")
    for part in ("value", "lower", "upper"):
        np.testing.assert_allclose(getattr(found, part), expected[part], rtol=1e-10)
    assert found.raters == pytest.approx(expected["raters"].iloc[0]) and found.residual_variance == pytest.approx(expected["residual_variance"].iloc[0])
    assert set(found.note) == {"unequal_raters"}


def test_subjects_without_all_ratings_are_left_out_and_told() -> None:
    found = icc([*FLEISS, [5, NAN, 4, 4]])
    np.testing.assert_allclose(found.value, icc(FLEISS).value)
    assert set(found.note) == {"incomplete_left_out"} and found.subjects == 6


def test_a_strict_rater_lowers_agreement_but_not_consistency() -> None:
    x = np.random.default_rng(1).normal(80, 6, (50, 1)) + np.random.default_rng(2).normal(0, 2, (50, 3))
    fair, strict = icc(x), icc(x - [0, 0, 9])
    assert strict.value[2] < fair.value[2] - 0.2 and strict.value[4] == pytest.approx(fair.value[4])
    assert strict.rater_variance > 20 > 1 > fair.rater_variance


@pytest.mark.parametrize(("scores", "note"), [
    (np.full((7, 3), 0.1), "no_variation"), ([[1, 2, 3]], "too_few_subjects"), ([[1], [2], [3]], "too_few_raters"), ([[5, 5], [5, 5], [5, 5]], "no_variation"),
    (np.full((3, 2), NAN), "too_few_subjects"), (np.empty((0, 3)), "too_few_subjects"),
])  # fmt: skip
def test_where_nothing_can_be_said_the_reason_is(scores, note) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for found in (icc(scores), icc_one_way(scores)):
            assert np.isnan([found.value, found.lower, found.upper]).all() and set(found.note) == {note}


def test_perfect_agreement_and_none_warn_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        same = icc([[0.1, 0.1, 0.1], [0.7, 0.7, 0.7], [4.3, 4.3, 4.3]])
        apart = [icc(np.full((5, 3), [0.1, 0.7, 4.3])), icc([[1, 2], [1, 2], [1, 2]])]  # raters differ, subjects do not; the first in fractions
    assert (same.value == 1).all() and (same.lower == 1).all() and set(same.note) == {""}
    for found in apart:
        blank = np.isnan(found.value)
        assert blank.tolist() == [False, True, False, False, True, True] and (found.note[blank] == "no_variation").all()
    with pytest.raises(ArgumentError, match=r"评分|ratings"):
        icc([1, 2, 3])


# --- Krippendorff's alpha ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)])
def test_example_c_as_published(level, published) -> None:
    found = krippendorff_alpha(table("alpha_ratings.csv", "example_c", "unit", "rater", "rating"), level=level)
    assert round(found.value, 3) == published and (found.units, found.ratings) == (11, 40)


def test_nominal_examples_a_and_b_as_published() -> None:
    """Krippendorff (2011), sections A and B: two observers, two and five values."""
    assert round(krippendorff_alpha(np.transpose([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]])).value, 3) == 0.095
    assert round(krippendorff_alpha(np.transpose([list("aabbdcccedda"), list("babbbccceddd")])).value, 3) == 0.692


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ["example_c", "gaps"])
def test_alpha_equals_the_coincidence_matrix(name, level) -> None:
    rows = read("alpha_coincidences.csv")
    expected = rows.loc[(rows["set"] == name) & (rows["level"] == level), "value"].iloc[0]
    ratings = table("alpha_ratings.csv", name, "unit", "rater", "rating")
    found = krippendorff_alpha(ratings, level=level, draws=300)
    assert found.value == pytest.approx(expected, rel=1e-12) and found.lower < found.value < found.upper
    assert krippendorff_alpha(ratings.sample(frac=1, axis=1, random_state=1), level=level).value == pytest.approx(found.value, rel=1e-12)


@pytest.mark.parametrize("level", LEVELS)
def test_draws_are_those_of_the_units_themselves(level) -> None:
    """One draw by hand: units taken as often as the generator says, one after the other."""
    x = table("alpha_ratings.csv", "gaps", "unit", "rater", "rating").to_numpy()
    x = x[np.isfinite(x).sum(axis=1) > 1]
    times = np.random.default_rng(3).multinomial(len(x), np.full(len(x), 1 / len(x)), 1)[0]
    by_hand = krippendorff_alpha(np.repeat(x, times, axis=0), level=level).value
    drawn = krippendorff_alpha(x, level=level, draws=1, seed=3)
    assert drawn.lower == pytest.approx(by_hand, rel=1e-9) and drawn.upper == drawn.lower


@settings(max_examples=50, deadline=None)
@given(x=st.integers(2, 4).flatmap(lambda k: st.lists(st.lists(st.one_of(st.integers(0, 4), st.none()), min_size=k, max_size=k), min_size=1, max_size=12)))
def test_alpha_is_at_most_one_and_a_number_or_a_reason(x) -> None:
    for level in LEVELS:
        found = krippendorff_alpha(np.array(x, dtype=float), level=level)
        assert found.value <= 1 + 1e-12 if not found.note else np.isnan(found.value)


def test_no_pairs_no_variation_and_wrong_input_are_told() -> None:
    assert krippendorff_alpha([[1, NAN], [NAN, 2]]).note == "no_pairs" and krippendorff_alpha(np.empty((0, 2))).note == "no_pairs"
    for level in LEVELS:
        same = krippendorff_alpha(np.full((7, 3), 0.1), level=level, draws=20)
        assert same.note == "no_variation" and np.isnan(same.value)
        thin = krippendorff_alpha([[0.7, 0.7], [0.7, 0.7], [0.7, 0.1]], level=level, draws=200)  # many draws lack the one difference
        assert thin.note == "no_variation" and np.isfinite(thin.value) and np.isnan(thin.lower)
    assert krippendorff_alpha([["是", None, "是"], ["否", "否", None]]).value == 1
    with pytest.raises(ArgumentError, match="level"):
        krippendorff_alpha([[1, 2]], level="metric")
    with pytest.raises(ArgumentError, match="-1"):
        krippendorff_alpha([[1, -1]], level="ratio")


# --- own less other ----------------------------------------------------------------------------------------------------
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def test_peak_flow_as_published() -> None:
    """Bland & Altman (1986): mean -2.1, s 38.8, limits of the mean -22.0 and 17.8 (t 2.12); limits of agreement there with 2 s."""
    found = self_gap(WRIGHT, MINI)
    assert round(found.value, 1) == -2.1 and [round(x, 1) for x in (found.lower, found.upper)] == [-22.0, 17.8]
    s = (found.agreement_upper - found.value) / 1.959963984540054
    assert round(s, 1) == 38.8


def test_clustered_limits_equal_survey() -> None:
    pairs, expected = read("self_gap_pairs.csv"), read("self_gap_survey.csv").iloc[0]
    found = self_gap(pairs["own"], pairs["district"], clusters=pairs["street"], tolerance=5)
    for part in expected.index:
        assert getattr(found, part) == pytest.approx(expected[part], rel=1e-9), part
    assert found.clusters == 7


@pytest.mark.parametrize(("own", "other", "clusters", "note"), [
    ([], [], None, "no_data"), ([NAN, 3], [2, NAN], None, "no_data"), ([5], [3], None, "too_few_units"), ([5, 6], [3, 4], None, "no_variation"),
    ([5, 6, 9], [3, 4, 4], ["a", "a", "a"], "one_cluster"),
])  # fmt: skip
def test_a_gap_without_limits_says_why(own, other, clusters, note) -> None:
    found = self_gap(own, other, clusters=clusters)
    assert found.note == note and np.isnan([found.lower, found.upper]).all() and (note == "no_data") == np.isnan(found.value)
    assert np.isfinite(found.agreement_upper) == (note == "one_cluster")


def test_the_tolerance_is_strict_and_lengths_must_agree() -> None:
    assert self_gap([10, 15, 16], [10, 10, 10], tolerance=5).share_above == pytest.approx(1 / 3)
    with pytest.raises(ArgumentError, match="2"):
        self_gap([1, 2], [1, 2, 3])


# --- the assessments ---------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def sample() -> Dataset:
    return load_sample()


def with_rows(dataset: Dataset, rows: pd.DataFrame) -> Dataset:
    return replace(dataset, tables=dataset.tables | {"assessments": rows})


def test_streets_that_score_different_communities_allow_one_way_coefficients_only(sample) -> None:
    found = assessor_agreement(sample, period="2020")
    peers = found[found["source"] == "peer"]
    assert set(peers["coefficient"]) == {"alpha", "icc(1,1)", "icc(1,k)"} and found["wave"].eq("2").all()
    alone = found[found["source"].isin(["self", "district"])]
    assert alone["note"].eq("one_assessor").all() and alone["value"].isna().all()
    assert set(found.loc[found["source"] == "all", "coefficient"]) == {"alpha", "icc(2,1)", "icc(2,k)"}
    assert found["item_code"].nunique() == 17 and found["origin"].eq("synthetic").all()
    row = peers[(peers["item_code"] == "B01") & (peers["coefficient"] == "icc(1,1)")].iloc[0]
    rows = sample.assessments.query("source == 'peer' and wave == '2' and item_code == 'B01' and status == 'scored'")
    scores = rows.assign(place=rows.groupby("area_code").cumcount()).pivot(index="area_code", columns="place", values="value")
    by_hand = icc_one_way(scores)
    assert row["value"] == pytest.approx(by_hand.value[0]) and row["residual_variance"] == pytest.approx(by_hand.residual_variance)
    item = peers.loc[(peers["coefficient"] == "icc(1,1)") & peers["item_code"].ne("all"), "residual_variance"]
    assert item.mean() == pytest.approx(25, rel=0.15)  # the sample's streets err by 5 points


def test_one_panel_for_all_allows_two_way_coefficients(sample) -> None:
    panel = pd.DataFrame({"area_code": np.repeat([f"99990100{s}01{c}" for s in range(1, 5) for c in range(3)], 3), "period": "2020", "wave": "1",
                          "source": "district", "assessor_code": ["A", "B", "C"] * 12, "item_code": "B01", "status": "scored"})  # fmt: skip
    scores = np.random.default_rng(8).normal(80, 5, (12, 1)) + np.array([0, -4, 1]) + np.random.default_rng(9).normal(0, 2, (12, 3))
    panel["value"] = scores.ravel()
    empty = sample.assessments.iloc[:0]
    found = assessor_agreement(with_rows(sample, pd.concat([empty, panel])), period="2020")
    rows = found[found["item_code"] == "B01"].set_index("coefficient")
    expected = icc(scores)
    assert rows.loc["icc(2,1)", "value"] == pytest.approx(expected.value[2]) and rows.loc["icc(2,k)", "upper"] == pytest.approx(expected.upper[3])
    assert rows.loc["icc(2,1)", "rater_variance"] == pytest.approx(expected.rater_variance) and set(rows["source"]) == {"district"}
    missed = assessor_agreement(with_rows(sample, pd.concat([empty, panel.iloc[1:]])), period="2020").query("item_code == 'B01'").set_index("coefficient")
    assert missed.loc["icc(2,1)", "n"] == 11 and missed.loc["icc(2,1)", "note"] == "incomplete_left_out"


def test_a_missing_item_does_not_move_the_mean_of_all(sample) -> None:
    """An assessor's mean over items is of differences from each item's mean: without a low item it would else rise."""
    rows = sample.assessments.query("wave == '2'")
    whole = assessor_agreement(with_rows(sample, rows.assign(value=rows["value"].fillna(80.0), status="scored")), period="2020")
    lost = np.random.default_rng(4).random(len(rows)) < 0.5
    gone = rows.assign(value=rows["value"].mask(rows["item_code"].eq("B01") & lost), status="scored")
    less = assessor_agreement(with_rows(sample, gone.assign(value=gone["value"] - 60 * gone["item_code"].eq("B01"))), period="2020")
    pair = [t.query("item_code == 'all' and source == 'peer' and coefficient == 'icc(1,1)'")["value"].iloc[0] for t in (whole, less)]
    assert pair[0] == pytest.approx(pair[1], abs=0.05)


def test_the_gap_of_the_district_is_the_mean_over_communities_clustered_by_street(sample) -> None:
    found = self_assessment_gap(sample, period="2020", by=["district", "street", "community"])
    district = found[found["level"] == "district"].iloc[0]
    communities = found[found["level"] == "community"]
    assert len(found) == 1 + 13 + 90 and district["clusters"] == 13 and district["n"] == 90
    assert district["value"] == pytest.approx(communities["value"].mean())
    assert district["share_above"] == pytest.approx((communities["value"] > 5).mean()) and district["tolerance"] == 5
    assert district["agreement_lower"] == pytest.approx(district["value"] - 1.959963984540054 * communities["value"].std())
    assert district["lower"] < 5.0 < district["upper"] or abs(district["value"] - 5) < 0.5  # what the sample was made with
    assert communities["note"].eq("too_few_units").all() and communities["lower"].isna().all()
    wide = sample.assessments.query("wave == '2' and area_code == '999901001010'").pivot_table(index="item_code", columns="source", values="value")
    pairs = wide[["self", "district"]].dropna()
    row = communities[communities["area_code"] == "999901001010"].iloc[0]
    assert row["value"] == pytest.approx((pairs["self"] - pairs["district"]).mean()) and row["items"] == len(pairs)


def test_what_was_not_scored_does_not_count_whatever_stands_there(sample) -> None:
    rows = sample.assessments.query("wave == '2'")
    filled = rows.assign(value=rows["value"].mask(rows["status"].ne("scored"), 0.0))
    for call in (assessor_agreement, self_assessment_gap):
        pd.testing.assert_frame_equal(call(with_rows(sample, filled), period="2020"), call(with_rows(sample, rows), period="2020"))


def test_every_area_has_a_row_and_a_reason(sample) -> None:
    assert self_assessment_gap(sample, period="2020", wave="1")["note"].eq("no_self").all()  # half-way only the district scored
    lone = sample.assessments.query("wave == '2' and area_code == '999901001010' and source == 'self'")
    found = self_assessment_gap(with_rows(sample, lone), period="2020").set_index("area_code")
    assert found.loc["999901001", "note"] == "no_district" and found["note"].value_counts()["no_data"] == 12 and found["value"].isna().all()


def test_an_unknown_wave_period_or_level_is_refused(sample) -> None:
    for call, code in ((lambda: assessor_agreement(sample, period="2019"), "no_data_for_period"),
                       (lambda: self_assessment_gap(sample, period="2020", wave="9"), "unknown_option"),
                       (lambda: self_assessment_gap(sample, period="2020", by="village"), "unknown_option"),
                       (lambda: self_assessment_gap(sample, period="2020", confidence=95), "bad_confidence")):  # fmt: skip
        with pytest.raises(ArgumentError) as error:
            call()
        assert error.value.code == code


def test_subjects_alike_have_no_coefficient_beyond_its_range() -> None:
    found = icc([[1, 2], [2, 1], [1, 2], [2, 1]])
    assert np.isnan(found.value).tolist() == [False, True, True, True, False, True] and np.isnan([found.lower, found.upper]).all()
    assert found.note.tolist() == ["no_variation", "no_variation", "not_estimable", "not_estimable", "no_variation", "no_variation"]


@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=3, max_size=6))
def test_limits_never_cross(scores) -> None:
    found = icc(scores)
    known = np.isfinite(found.lower)
    assert (found.lower[known] <= found.value[known] + 1e-9).all() and (found.value[known] <= found.upper[known] + 1e-9).all()
    assert not (found.value > 1 + 1e-9).any() and not (found.value[::2] < -1 - 1e-9).any()


def test_alpha_of_one_unit_has_no_limits() -> None:
    found = krippendorff_alpha([[1, 2, 2]], draws=50)
    assert np.isnan([found.lower, found.upper]).all() and found.note == "too_few_units"


@pytest.mark.parametrize("draws", [-1, 2.5, NAN, "9", True])
def test_draws_are_a_whole_number(draws) -> None:
    with pytest.raises(ArgumentError) as error:
        krippendorff_alpha([[1, 2], [2, 2]], draws=draws)
    assert error.value.code == "bad_draws" and str(error.value)


@pytest.mark.parametrize("of", [icc, icc_one_way, lambda x: krippendorff_alpha(x, level="interval"), lambda x: self_gap(*np.asarray(x, dtype=object).T[:2])])
def test_nullable_blanks_are_blanks_and_words_are_refused(of) -> None:
    nullable = pd.DataFrame({"a": pd.array([1, 2, pd.NA, 5], dtype="Int64"), "b": pd.array([2, 2, 3, 4], dtype="Int64")})
    np.testing.assert_array_equal(of(nullable).value, of(nullable.astype("Float64").to_numpy(dtype=float, na_value=NAN)).value)
    for bad in ([[1, "x"], [2, 3]], [[1, np.inf], [2, 3]]):
        with pytest.raises(ArgumentError) as error:
            of(bad)
        assert error.value.code == "not_finite"


@pytest.mark.parametrize(("more", "code"), [
    ({"clusters": ["a", None, "b"]}, "unlabelled_unit"), ({"clusters": [1, NAN, 2]}, "unlabelled_unit"), ({"tolerance": NAN}, "not_finite"),
])  # fmt: skip
def test_gap_refuses_blank_clusters_and_tolerance(more, code) -> None:
    with pytest.raises(ArgumentError) as error:
        self_gap([1, 2, 3], [1, 1, 1], **more)
    assert error.value.code == code
