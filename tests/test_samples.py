"""Two surveys: which interval their difference carries, and when it carries none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small import area_tree, small_dataset

from fundanalytics.measure.compare import compare_periods
from fundanalytics.measure.indicators import awareness_rate, satisfaction_rate, satisfaction_score
from fundanalytics.measure.intervals import wilson
from fundanalytics.measure.samples import _square_and_add

EXPECTED = Path(__file__).parent / "expected"
TREE = area_tree({"S1": ["a", "b"]})
RNG = np.random.default_rng(31)


def answers(area: str, year: str, said: Any, item: str = "aware", **columns: Any) -> list[dict[str, Any]]:
    own = {"area_code": area, "period": year}
    return [own | {item: value} | {k: v[i] if isinstance(v, list) else v for k, v in columns.items()} for i, value in enumerate(said)]


def counts(area: str, year: str, levels: dict[int, int]) -> list[dict[str, Any]]:
    return [{"area_code": area, "period": year, "item": "satisfaction", "level": level, "count": n} for level, n in levels.items()]


def shares(yes: int, n: int) -> list[bool]:
    return [i < yes for i in range(n)]


def compared(indicator: str = "awareness_rate", by: str = "community", **tables: Any) -> pd.DataFrame:
    options = {name: tables.pop(name) for name in ("basis", "confidence", "common_areas") if name in tables}
    return compare_periods(small_dataset(areas=TREE, **tables), indicator, baseline="2017", current="2020", by=by, **options).set_index("area_code")


# --- simple samples ----------------------------------------------------------------------------------------------------
def test_shares_of_two_simple_samples_have_newcombes_limits() -> None:
    """Newcombe (1998), table II, method 10: 56/70 − 48/80 → .0524, .3339."""
    row = compared(responses=answers("a", "2017", shares(48, 80)) + answers("a", "2020", shares(56, 70))).loc["a"]
    assert [round(row["lower"], 4), round(row["upper"], 4)] == [0.0524, 0.3339] and row["method"] == "newcombe 10"
    assert row[["n", "baseline_n", "current_n"]].tolist() == [150, 80, 70]


def test_counts_per_level_stand_in_for_answers() -> None:
    """The same published pair, as counts of satisfied (4, 5) and others; 5/56 − 0/29 → −.0381, .1926."""
    given = counts("a", "2017", {4: 40, 5: 8, 2: 32}) + counts("a", "2020", {5: 56, 3: 14}) + counts("b", "2017", {1: 29}) + counts("b", "2020", {4: 5, 2: 51})
    table = compared("satisfaction_rate", response_counts=given)
    assert table[["lower", "upper"]].round(4).to_numpy().tolist() == [[0.0524, 0.3339], [-0.0381, 0.1926]]
    assert set(table["note"]) == {"counts_only"} and set(table["method"]) == {"newcombe 10"}


def test_scores_of_two_simple_samples_have_welchs_limits() -> None:
    from scipy.stats import ttest_ind

    before, after = RNG.integers(1, 6, 40), RNG.integers(2, 6, 25)
    expected = ttest_ind(20.0 * after, 20.0 * before, equal_var=False).confidence_interval(0.9)
    earlier, later = answers("a", "2017", before, "satisfaction"), answers("a", "2020", after, "satisfaction")
    row = compared("satisfaction_score", responses=earlier + later, confidence=0.9).loc["a"]
    assert [row["lower"], row["upper"]] == pytest.approx([expected.low, expected.high], rel=1e-12) and row["method"] == "welch t"
    told = {level: int((before == level).sum()) for level in range(1, 6)}
    mixed = compared("satisfaction_score", responses=later, response_counts=counts("a", "2017", told), confidence=0.9).loc["a"]
    assert [mixed["lower"], mixed["upper"]] == pytest.approx([expected.low, expected.high], rel=1e-12) and mixed["note"] == "counts_only"


@pytest.mark.parametrize("before", [[3], [3, 3, 3]])
def test_a_score_without_spread_in_one_year_has_no_limits(before: list[int]) -> None:
    row = compared("satisfaction_score", responses=answers("a", "2017", before, "satisfaction") + answers("a", "2020", [3, 4, 5], "satisfaction")).loc["a"]
    assert row["change"] == pytest.approx(20) and np.isnan(row["lower"]) and row["note"] == "no_variation" and np.isnan(row["confidence"])


# --- designs -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("which", ["apart", "twice"])
@pytest.mark.parametrize(("item", "indicator"), [("aware", "awareness_rate"), ("satisfaction", "satisfaction_score")])
def test_two_samples_with_a_design_have_the_limits_of_rs_contrast(which: str, item: str, indicator: str) -> None:
    rows = pd.read_csv(EXPECTED / "change_answers.csv", comment="#").query("set == @which").astype({"period": str, "cluster": str})
    told = pd.read_csv(EXPECTED / "change_r_survey.csv", comment="#").query("set == @which and item == @item").iloc[0]
    given = rows.drop(columns="set").assign(area_code="a", aware=rows["aware"].astype(bool))
    row = compared(indicator, responses=given.to_dict("records")).loc["a"]
    assert row[["change", "lower", "upper"]].tolist() == pytest.approx(told[["change", "lower", "upper"]].tolist(), rel=1e-10)
    assert ("shared" in row["method"]) == (which == "twice")


def test_an_edge_share_is_not_taken_for_certain() -> None:
    """All of one sample agree: its error is not 0, so its own limits are joined to the other's."""
    whole = answers("a", "2020", [True] * 40, cluster=[f"n{i % 8}" for i in range(40)])
    half = answers("a", "2017", shares(20, 40), cluster=[f"o{i % 8}" for i in range(40)])
    dataset = small_dataset(areas=TREE, responses=whole + half)
    row = compare_periods(dataset, "awareness_rate", baseline="2017", current="2020", by="community").iloc[0]
    one, two = (awareness_rate(dataset, by="community", period=year).iloc[0] for year in ("2017", "2020"))
    below = np.hypot(two["value"] - two["lower"], one["upper"] - one["value"])
    assert row["method"] == "square-and-add" and row["lower"] == pytest.approx(0.5 - below, rel=1e-12)
    assert row["upper"] == pytest.approx(0.5 + one["value"] - one["lower"], rel=1e-12)


def test_square_and_add_of_wilson_limits_is_newcombes_method_10() -> None:
    """Newcombe (1998), table II, all of its pairs: the limits printed with four digits."""
    pairs = pd.read_csv(EXPECTED / "intervals_newcombe_1998.csv", comment="#").query("method == 'newcombe 10'")
    sides = {f"{name}_{i}": getattr(wilson(pairs[f"count_{2 - i}"], pairs[f"total_{2 - i}"]), name) for name in ("value", "lower", "upper") for i in (0, 1)}
    found = _square_and_add(pd.DataFrame(sides))
    assert len(pairs) > 3 and np.abs(found[["lower", "upper"]].to_numpy() - pairs[["lower", "upper"]].to_numpy()).max() < 5.1e-5


def test_a_simple_sample_and_one_with_a_design_are_joined_by_their_own_limits() -> None:
    given = answers("a", "2017", shares(48, 80)) + answers("a", "2020", shares(56, 70), cluster=[f"k{i % 7}" for i in range(70)], weight=1.5)
    dataset = small_dataset(areas=TREE, responses=given)
    row = compare_periods(dataset, "awareness_rate", baseline="2017", current="2020", by="community").iloc[0]
    one, two = (awareness_rate(dataset, by="community", period=year).iloc[0] for year in ("2017", "2020"))
    assert row["method"] == "square-and-add" and row["baseline_value"] == 0.6  # no weight in 2017 is not weight 0
    assert row["lower"] == pytest.approx(row["change"] - np.hypot(two["value"] - two["lower"], one["upper"] - one["value"]), rel=1e-12)


def test_a_year_without_weights_beside_one_with_them_counts_each_answer_once() -> None:
    given = answers("a", "2017", shares(20, 40), cluster=[f"o{i % 8}" for i in range(40)])
    given += answers("a", "2020", shares(30, 40), cluster=[f"n{i % 8}" for i in range(40)], weight=2.0)
    row = compared(responses=given).loc["a"]
    same = compared(responses=[r | {"weight": 2.0} for r in given]).loc["a"]
    assert row[["change", "lower", "upper"]].tolist() == pytest.approx(same[["change", "lower", "upper"]].tolist(), rel=1e-12) and row["note"] == ""


# --- blanks ------------------------------------------------------------------------------------------------------------
def test_other_scales_are_refused_as_the_indicator_refuses_them() -> None:
    surveys = [{"area_code": "a", "period": "2017", "scale": 3}, {"area_code": "b", "period": "2020", "scale": 3}]
    given = [r for area in "ab" for year in ("2017", "2020") for r in answers(area, year, [1, 2, 3, 4] * 5, "satisfaction")]
    table = compared("satisfaction_rate", responses=given, surveys=surveys)
    assert table["note"].tolist() == ["no_baseline;scale_not_5", "no_current;scale_not_5"] and table["change"].isna().all()


def test_areas_without_answers_say_in_which_year() -> None:
    table = compared(responses=answers("a", "2017", [True, False]) + answers("b", "2020", [True, False]))
    assert table["note"].to_dict() == {"a": "no_current", "b": "no_baseline"} and table["lower"].isna().all() and table["n"].tolist() == [2, 2]
    assert compared("satisfaction_rate", responses=answers("a", "2017", [True]))["note"].tolist() == ["no_baseline"] * 2


def test_values_are_the_indicators_own_and_limits_bracket_the_change() -> None:
    given = [r for area in "ab" for year in ("2017", "2020")
             for r in answers(area, year, list(RNG.integers(1, 6, 60)), "satisfaction", cluster=[f"{area}{year}{i % 6}" for i in range(60)],
                              weight=list(RNG.uniform(1, 3, 60)))]  # fmt: skip
    dataset = small_dataset(areas=TREE, responses=given)
    for indicator, function in (("satisfaction_rate", satisfaction_rate), ("satisfaction_score", satisfaction_score)):
        table = compare_periods(dataset, indicator, baseline="2017", current="2020", by=["district", "community"])
        for year, column in (("2017", "baseline"), ("2020", "current")):
            own = function(dataset, by=["district", "community"], period=year).sort_values(["level", "area_code"])
            np.testing.assert_array_equal(table[f"{column}_value"], own["value"])
            assert table[f"{column}_n"].tolist() == own["n"].tolist()
        assert (table["lower"] < table["change"]).all() and (table["change"] < table["upper"]).all()
        wider = compare_periods(dataset, indicator, baseline="2017", current="2020", by=["district", "community"], confidence=0.99)
        assert (wider["lower"] < table["lower"]).all() and (wider["upper"] > table["upper"]).all()
