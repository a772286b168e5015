"""The same comparison under other choices: every variant is there, with its number or its reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from small import area_tree, small_dataset
from test_indicators import joined, money

from fundanalytics import load_sample
from fundanalytics.data.dataset import Dataset
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.compare import compare_periods
from fundanalytics.measure.intervals import ratio_of_totals
from fundanalytics.measure.pairs import AREAS
from fundanalytics.measure.robustness import ROBUSTNESS_COLUMNS, SENSITIVITY_COLUMNS, robustness, sensitivity
from fundanalytics.show.labels import LABELS

CODES = [f"c{i:02}" for i in range(12)]
TREE = area_tree({"S1": CODES[:6], "S2": CODES[6:]})
RNG = np.random.default_rng(8)
BEFORE, AFTER = ({c: (float(RNG.integers(low, 90)), 100.0 + i) for i, c in enumerate(CODES)} for low in (40, 60))
PERIODS = {"baseline": "2017", "current": "2019-2020"}


def three_years(late: str = "2021-06-01", **tables: Any) -> Dataset:
    given = joined(money(BEFORE, "cungong", "2017"), money(AFTER, period="2019"), money({c: (y - 5, x) for c, (y, x) in AFTER.items()}, period="2020"))
    given["payments"].append({"payment_id": "late", "project_id": "c00-guarantee-2020", "amount": 4.0, "paid_on": late})
    return small_dataset(areas=TREE, **given, **tables)


def varied(dataset: Dataset, **options: Any) -> pd.DataFrame:
    return robustness(dataset, **({**PERIODS, "bases": ["paid/arrived"]} | options))


def moved(dataset: Dataset, **options: Any) -> pd.DataFrame:
    return sensitivity(dataset, **(PERIODS | options))


@pytest.fixture(scope="module")
def variants() -> pd.DataFrame:
    return varied(three_years())


# --- robustness --------------------------------------------------------------------------------------------------------
def test_every_combination_has_a_row_and_the_first_is_the_comparison_itself() -> None:
    table = varied(three_years(), bases=["paid/arrived", "paid/quota"])
    keys = ["basis", "cut_off", "boundaries", "left_out"]
    assert list(table.columns) == list(ROBUSTNESS_COLUMNS) and len(table) == len(table[keys].drop_duplicates()) == 2 * 2 * 3 * 2
    main = compare_periods(three_years(), **PERIODS).iloc[0]
    assert table.iloc[0][["change", "lower", "upper", "n", "note"]].tolist() == main[["change", "lower", "upper", "n", "note"]].tolist()
    assert table["basis"].iloc[:12].eq("paid/arrived").all() and set(table["boundaries"]) == set(AREAS)


@pytest.mark.parametrize("at", [1, 2, 7, 8])
def test_each_variant_is_the_comparison_made_that_way(variants: pd.DataFrame, at: int) -> None:
    row = variants.iloc[at]
    options = {"baseline": "2017", "current": row["current"], "as_of": None if row["cut_off"].endswith("12-31") else row["cut_off"]}
    alone = compare_periods(three_years(), common_areas=row["boundaries"] == "common_areas", **options).iloc[0]
    assert row[["change", "lower", "upper"]].tolist() == alone[["change", "lower", "upper"]].tolist()


def test_a_later_cut_off_counts_what_was_paid_until_then() -> None:
    by_day = varied(three_years("2021-05-31")).query("boundaries == 'all_areas' and left_out == ''").set_index("cut_off")["current_value"]
    assert by_day["2021-05-31"] - by_day["2020-12-31"] == pytest.approx(4 / sum(2 * x for _, x in AFTER.values()))


def test_a_cut_off_that_the_data_do_not_reach_says_so() -> None:
    table = varied(three_years("2020-12-30"))
    late = table[table["cut_off"].str.endswith("05-31")]
    assert late.loc[late["left_out"].eq(""), "note"].eq("data_end_before").all() and late.loc[late["left_out"].eq(""), "change"].isna().all()
    assert late.loc[late["left_out"].eq("2020"), "change"].notna().all()  # May 2020 was reached


@pytest.mark.parametrize(("current", "note"), [("2020", "year_alone"), ("2019-2021", "year_inside")])
def test_a_year_that_cannot_be_left_out_keeps_its_row_with_the_reason(current: str, note: str) -> None:
    table = varied(three_years(), current=current)
    assert table.loc[table["left_out"] == "2020", "note"].eq(note).all() and len(table) == 12
    assert set(varied(three_years(), current="2019")["left_out"]) == {""}


def test_redrawn_communities_are_left_out_of_the_unchanged() -> None:
    crosswalk = [{"old_code": "c00", "new_code": "c01", "share": 1.0, "effective_from": "2020-01-01"}]
    table = varied(three_years(crosswalk=crosswalk)).query("left_out == ''").drop_duplicates("boundaries").set_index("boundaries")
    rest = {c: v for c, v in BEFORE.items() if c not in ("c00", "c01")}
    assert table.loc["unchanged_areas", "baseline_value"] == pytest.approx(sum(y for y, _ in rest.values()) / sum(x for _, x in rest.values()))
    assert table["n"].to_dict() == {"all_areas": 11, "common_areas": 11, "unchanged_areas": 10}


def test_surveys_have_one_cut_off_and_medians_are_varied_too() -> None:
    rows = [
        {"area_code": c, "period": y, "cluster": f"{y}{i % 4}", "aware": (i + int(c[1:])) % 3 > 0}
        for c in CODES[:2]
        for y in ("2017", "2020")
        for i in range(12)
    ]
    rows += [r | {"area_code": "c02"} for r in rows[:12]]  # asked in the first year only
    crosswalk = [{"old_code": "c05", "new_code": "c01", "share": 1.0, "effective_from": "2019-01-01"}]
    table = robustness(small_dataset(areas=TREE, responses=rows, crosswalk=crosswalk), "awareness_rate", **PERIODS)
    assert len(table) == 6 and table["cut_off"].nunique() == 2  # 31 December of 2020, and of 2019 where 2020 is left out
    n = table.query("left_out == ''").set_index("boundaries")["n"]
    assert n["common_areas"] == 48 and n["all_areas"] == 60 and n["unchanged_areas"] == 36
    medians = robustness(three_years(), "process_days", bases=["proposed-accepted"], **PERIODS)
    assert len(medians) == 12 and medians["change"].isna().all() and medians["note"].ne("").all()


def test_streets_follow_each_other_each_with_its_variants() -> None:
    table = varied(three_years(), by=["district", "street"])
    assert table["area_code"].tolist() == ["D"] * 12 + ["S1"] * 12 + ["S2"] * 12


# --- sensitivity -------------------------------------------------------------------------------------------------------
def test_a_point_and_another_denominator_move_the_change() -> None:
    table = moved(three_years()).set_index("assumption")
    main = compare_periods(three_years(), **PERIODS).iloc[0]
    assert list(table.columns) == [c for c in SENSITIVITY_COLUMNS if c != "assumption"]
    assert table.loc["as_measured", ["change", "lower", "upper"]].tolist() == main[["change", "lower", "upper"]].tolist()
    for name, side in (("baseline_1_lower", 0.01), ("baseline_1_higher", -0.01)):
        assert (table.loc[name, ["change", "lower", "upper"]] - main[["change", "lower", "upper"]]).tolist() == pytest.approx([side] * 3, abs=1e-15)
        assert table.loc[name, "relative_change"] == pytest.approx((main["change"] + side) / (main["baseline_value"] - side))
    others = table.loc[["other_denominator"]].set_index("basis")
    assert list(others.index) == ["paid/quota", "paid/available"] and others.loc["paid/quota", "change"] == pytest.approx(main["change"] / 2)


def test_a_published_baseline_is_a_constant() -> None:
    """The limits are those of the later rate alone: R's svyratio, as ratio_of_totals is tested against it."""
    row = moved(three_years(), published=0.5).iloc[0]
    own = ratio_of_totals([2 * y - 5 for y, _ in AFTER.values()], [2 * x for _, x in AFTER.values()])
    assert row[["change", "lower", "upper"]].tolist() == pytest.approx([float(side) - 0.5 for side in (own.value, own.lower, own.upper)], rel=1e-12)
    assert row["assumption"] == "as_published" and row["baseline_value"] == 0.5 and "constant_baseline" in row["note"] and row["n"] == 12
    without = moved(small_dataset(areas=TREE, **money(AFTER, period="2019")), current="2019", published=0.5).iloc[0]
    assert without["change"] > 0  # no data of the earlier period are needed


def test_a_published_baseline_of_a_survey_has_the_limits_of_the_later_one() -> None:
    rows = [{"area_code": "c00", "period": "2020", "aware": i < 56} for i in range(70)]
    row = sensitivity(small_dataset(areas=TREE, responses=rows), "awareness_rate", baseline="2017", current="2020", published=0.6).iloc[0]
    assert row[["change", "n"]].tolist() == pytest.approx([0.2, 70]) and row["lower"] < 0.2 < row["upper"] and row["confidence"] == 0.95
    blank = sensitivity(small_dataset(areas=TREE, responses=rows), "awareness_rate", baseline="2020", current="2017", published=0.6).iloc[0]
    assert np.isnan(blank["change"]) and blank["note"] == "no_current"


def test_a_baseline_off_its_scale_is_blank_and_days_have_no_point() -> None:
    rows = [{"area_code": "c00", "period": y, "aware": True} for y in ("2017", "2020") for _ in range(9)]
    table = sensitivity(small_dataset(areas=TREE, responses=rows), "awareness_rate", baseline="2017", current="2020").set_index("assumption")
    assert table.loc["baseline_1_higher", "note"] == "outside_scale" and np.isnan(table.loc["baseline_1_higher", "change"])
    assert table.loc["baseline_1_lower", "change"] == pytest.approx(0.01)
    assert sensitivity(three_years(), "process_days", **PERIODS)["assumption"].tolist() == ["as_measured"]


def test_few_communities_have_no_limits_for_a_constant_either() -> None:
    table = moved(three_years(), published=0.5, by="street").query("assumption == 'as_published'")
    assert table["lower"].isna().all() and table["note"].str.contains("too_few_units").all() and set(table["method"]) == {"full count"}


@pytest.mark.parametrize(
    ("function", "options", "match"),
    [(sensitivity, {"published": 80.8}, "80.8"), (sensitivity, {"published": -0.1}, "-0.1"), (sensitivity, {"baseline": "2019"}, "2019"),
     (sensitivity, {"indicator": "awareness_rate", "published": 1.1}, "0 – 1"), (sensitivity, {"basis": "x"}, "basis"),
     (robustness, {"bases": ["paid/x"]}, "paid/x"), (robustness, {"indicator": "usage"}, "usage_rate"), (robustness, {"by": "city"}, "city"),
     (robustness, {"confidence": 0}, "0")],
)  # fmt: skip
def test_wrong_arguments_are_refused(function: Any, options: dict[str, Any], match: str) -> None:
    with pytest.raises(ArgumentError, match=match):
        function(three_years(), **(PERIODS | options))


# --- the sample --------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def sample() -> Dataset:
    return load_sample()


def test_the_headline_stands_under_every_variant_that_the_sample_allows(sample: Dataset) -> None:
    table = robustness(sample, baseline="2012-2017", current="2018-2020", bases=["paid/arrived", "paid+payable/arrived"])
    known = table[table["change"].notna()]
    assert len(table) == 24 and known["change"].between(0.15, 0.19).all() and known["n"].min() == 65
    assert table.loc[table["basis"] == "paid+payable/arrived", "change"].isna().all()  # the old funds' contracts are not known
    assert table["change"].notna().eq(table["baseline_value"].notna()).all() and table["note"].ne("").all()
    assert any("Särndal" in line for line in table.references) and sample.sha256 in table.cite()


def test_every_code_has_a_label(sample: Dataset) -> None:
    tables = [
        robustness(sample, baseline="2018", current="2020", bases=["paid/quota"]),
        sensitivity(sample, baseline="2012-2017", current="2020", published=0.8),
    ]
    for lang in ("zh", "en"):
        for table in tables:
            codes = {c for note in table["note"] for c in note.split(";") if c}
            assert codes <= set(LABELS[lang]["note"]) and set(table["method"]) <= set(LABELS[lang]["method"])
        assert set(tables[0]["boundaries"]) <= set(LABELS[lang]["boundaries"]) and set(tables[1]["assumption"]) <= set(LABELS[lang]["assumption"])


@pytest.mark.parametrize(("year", "code"), [("last", "bad_period"), ("2019-2020", "bad_period"), ("20", "bad_period"), ("2012", "unknown_option")])
def test_only_a_year_of_the_period_can_be_left_out(year: str, code: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        varied(three_years(), leave_out=year)
    assert caught.value.code == code and (code == "bad_period" or "2019 | 2020" in str(caught.value))
