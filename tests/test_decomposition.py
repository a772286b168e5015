"""A change taken apart: rates, weights, who came and went; from which groups, and how sure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from small import area_tree, small_dataset
from test_indicators import by_area, joined, money

from fundanalytics.data.dataset import Dataset
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.compare import compare_periods
from fundanalytics.measure.decomposition import COLUMNS, PARTS, decompose, kitagawa

EXPECTED = Path(__file__).parent / "expected"
UNITS = pd.read_csv(EXPECTED / "decomposition_units.csv", comment="#")
CODES = [f"c{i:02}" for i in range(len(UNITS))]
STREETS = {f"S{street}": [CODES[i] for i in rows] for street, rows in UNITS.groupby("street").groups.items()}


def both(before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]], streets: dict[str, list[str]] = STREETS) -> Dataset:
    return small_dataset(areas=area_tree(streets), **joined(money(before, "cungong", "2017"), money(after, period="2020")))


def side(i: int) -> dict[str, tuple[float, float]]:
    return dict(zip(CODES, UNITS[[f"y_{i}", f"x_{i}"]].astype(float).itertuples(index=False, name=None), strict=True))


def taken_apart(dataset: Dataset, **options: object) -> pd.DataFrame:
    return decompose(dataset, **({"baseline": "2017", "current": "2020", "replicates": 300} | options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def forty() -> Dataset:
    return both(side(0), side(1))


# --- the identity ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("table", "rates", "structure"), [("5.1", 1.7403, 1.2269), ("5.3", -2.2277, 1.5415)])
def test_the_parts_are_those_that_das_gupta_published(table: str, rates: float, structure: float) -> None:
    rows = pd.read_csv(EXPECTED / "decomposition_das_gupta_1993.csv", comment="#", dtype={"table": str}).query("table == @table")
    found = kitagawa(rows["size_0"] * rows["rate_0"], rows["size_0"], rows["size_1"] * rows["rate_1"], rows["size_1"])
    assert [round(float(part), 4) for part in (found.within, found.between)] == [rates, structure]
    assert found.entered_left == 0 and float(found.within + found.between) == pytest.approx(float(found.value), rel=1e-13)


def test_two_units_by_hand() -> None:
    """Rates .5 → .6 and .8 → .7, weights .5, .5 → .25, .75."""
    found = kitagawa([5, 8], [10, 10], [6, 21], [10, 30])
    assert found.within == pytest.approx(0.1 * 0.375 - 0.1 * 0.625) and found.between == pytest.approx(-0.25 * 0.55 + 0.25 * 0.75)
    centre = (0.65 + 0.675) / 2
    assert found.between_by == pytest.approx([-0.25 * (0.55 - centre), 0.25 * (0.75 - centre)])


def test_who_comes_with_the_average_rate_changes_nothing() -> None:
    found = kitagawa([9, 9, 0], [10, 10, 0], [9, 9, 18], [10, 10, 20])
    assert [float(found.within), float(found.between), float(found.entered_left)] == pytest.approx([0, 0, 0], abs=1e-15)


def test_entry_and_exit_are_centred_at_the_mean_of_both_rates() -> None:
    """Griliches & Regev: entry w₁(r₁ − R̄), exit −w₀(r₀ − R̄)."""
    found = kitagawa([8, 2, 0], [10, 10, 0], [9, 0, 5], [10, 0, 10])
    centre = (0.5 + 0.7) / 2
    assert found.entered_left_by == pytest.approx([0, -0.5 * (0.2 - centre), 0.5 * (0.5 - centre)])
    assert found.within == pytest.approx(0.1 * 0.5) and float(found.value) == pytest.approx(0.2)


@given(arrays.arrays(float, st.tuples(st.just(4), st.integers(1, 12)), elements=st.integers(0, 10**7).map(float)))
def test_the_three_parts_sum_to_the_change_whatever_the_units(values: np.ndarray) -> None:
    before = values.copy()
    found = kitagawa(*values)
    if values[1].sum() and values[3].sum():
        change = values[2].sum() / values[3].sum() - values[0].sum() / values[1].sum()
        size = abs(values[2].sum() / values[3].sum()) + abs(values[0].sum() / values[1].sum()) + 1
        assert abs(sum(float(getattr(found, part)) for part in PARTS) - change) <= 1e-9 * size
        order = np.arange(values.shape[1])[::-1]
        assert float(kitagawa(*values[:, order]).within) == pytest.approx(float(found.within), abs=1e-9 * size)
    else:
        assert np.isnan([float(getattr(found, name)) for name in ("value", *PARTS)]).all()
    assert (values == before).all()


@pytest.mark.parametrize("empty", [[], [0.0, 0.0], [np.nan], 0.0])
def test_without_any_denominator_all_is_blank(empty: object) -> None:
    found = kitagawa(empty, empty, empty, empty)
    assert np.isnan(found.value) and np.isnan([found.within, found.between, found.entered_left]).all()


def test_a_blank_is_a_unit_that_was_not_there_and_lists_and_series_do() -> None:
    blank = kitagawa([5, np.nan], [10, np.nan], [6, 8], [10, 10])
    zero = kitagawa(pd.Series([5, 0], index=[7, 3]), [10, 0], pd.Series([6, 8], index=[3, 7]), [10, 10])
    assert float(blank.entered_left) == float(zero.entered_left) != 0 and float(blank.value) == pytest.approx(0.2)


@pytest.mark.parametrize("sides", [([1, 2], [3, 4, 5], [1, 2], [3, 4]), (["a"], [1], [1], [1]), ([np.inf], [1], [1], [1])])
def test_arrays_that_do_not_fit_are_refused(sides: tuple[list[object], ...]) -> None:
    with pytest.raises(ArgumentError):
        kitagawa(*sides)


def test_money_spent_without_a_denominator_is_in_the_change() -> None:
    found = kitagawa([5, 0], [10, 0], [5, 3], [10, 0])
    assert [float(found.value), float(found.entered_left)] == pytest.approx([0.3, 0.3])


def test_a_result_is_a_frame_of_units_and_cites(forty: Dataset) -> None:
    found = kitagawa([5, 8], [10, 10], [6, 21], [10, 30])
    assert list(found.to_frame().columns) == list(PARTS) and len(found.to_frame()) == 2
    assert any("Kitagawa" in line for line in found.references) and any("Das Gupta" in line for line in taken_apart(forty).references)


# --- groups ------------------------------------------------------------------------------------------------------------
def test_terms_and_percentile_limits_are_those_of_r_boot(forty: Dataset) -> None:
    """R's boot drew 20,000 times with other numbers: limits agree to a tenth of a standard error, about 2 % of their distance."""
    reference = pd.read_csv(EXPECTED / "decomposition_boot.csv", comment="#").set_index("term")
    whole = taken_apart(forty, replicates=20_000).iloc[0]
    for term, row in reference.iterrows():
        assert whole[term] == pytest.approx(row["value"], rel=1e-10)
        assert [whole[f"{term}_lower"], whole[f"{term}_upper"]] == pytest.approx([row["lower"], row["upper"]], abs=0.1 * row["se"])


@pytest.mark.parametrize("by", ["street", "community"])
def test_groups_sum_to_the_district_and_the_district_to_its_change(forty: Dataset, by: str) -> None:
    table = taken_apart(forty, by=by)
    whole, groups = table.iloc[0], table[table["level"] == by]
    assert list(table.columns) == list(COLUMNS) and len(groups) == (5 if by == "street" else 40)
    for part in (*PARTS, "total"):
        assert groups[part].sum() == pytest.approx(whole[part], abs=1e-14)
    assert whole["total"] == pytest.approx(whole["change"], abs=1e-14) and groups["current_weight"].sum() == pytest.approx(1)
    compared = compare_periods(forty, baseline="2017", current="2020").iloc[0]
    assert whole["change"] == pytest.approx(compared["change"], abs=1e-15)
    if by == "community":
        assert [whole["within"], whole["between"]] == pytest.approx([compared["within"], compared["between"]], abs=1e-14)


def test_a_community_alone_has_terms_and_no_limits(forty: Dataset) -> None:
    rows = taken_apart(forty, by="community").iloc[1:]
    assert rows["total"].notna().all() and rows["total_lower"].isna().all() and set(rows["note"]) == {"one_unit"}


def test_the_same_seed_gives_the_same_limits_and_more_confidence_wider_ones(forty: Dataset) -> None:
    one, same, other = (taken_apart(forty, seed=seed).iloc[0]["within_lower"] for seed in (1, 1, 2))
    wide, narrow = (taken_apart(forty, confidence=c).iloc[0] for c in (0.99, 0.8))
    assert one == same != other and wide["within_lower"] < narrow["within_lower"] < narrow["within"] < narrow["within_upper"] < wide["within_upper"]


def test_few_communities_have_no_limits() -> None:
    few = {c: v for c, v in side(0).items() if c in STREETS["S1"]}, {c: v for c, v in side(1).items() if c in STREETS["S1"]}
    table = taken_apart(both(*few, streets={"S1": STREETS["S1"]}))
    assert set(table["note"]) == {"too_few_units"} and table["total_lower"].isna().all() and table["confidence"].isna().all()
    street = table.iloc[1]  # one street: all of the change is its own
    assert street["between"] == 0 and street["within"] == pytest.approx(table.iloc[0]["change"])


def test_a_street_that_came_is_a_part_of_its_own() -> None:
    before = {c: v for c, v in side(0).items() if c not in STREETS["S2"]}
    table = taken_apart(both(before, side(1)))
    row = table[table["area_code"] == "S2"].iloc[0]
    assert row["within"] == row["between"] == 0 and row["entered_left"] == row["total"] != 0 and "no_baseline" in row["note"]
    assert table.iloc[0]["total"] == pytest.approx(table.iloc[0]["change"], abs=1e-14)


def test_a_street_known_only_as_a_whole_is_a_group_among_communities() -> None:
    before = {c: v for c, v in side(0).items() if c not in STREETS["S2"]} | {"S2": (500.0, 900.0)}
    table = taken_apart(both(before, side(1)), by="community")
    notes = by_area(table, "note")
    assert "S2" in notes and notes[STREETS["S2"][0]].startswith("known_only_above")
    assert table.iloc[1:]["total"].sum() == pytest.approx(table.iloc[0]["change"], abs=1e-14)


def test_all_rates_equal_leave_nothing_to_take_apart() -> None:
    same = {c: (x / 2, x) for c, (_, x) in side(0).items()}
    whole = taken_apart(both(same, same)).iloc[0]
    assert [whole[part] for part in (*PARTS, "total")] == pytest.approx([0, 0, 0, 0], abs=1e-15) and whole["total_lower"] == pytest.approx(0, abs=1e-12)


def test_without_data_every_area_has_its_reason() -> None:
    table = taken_apart(small_dataset(areas=area_tree(STREETS)))
    assert len(table) == 6 and set(table["note"]) == {"no_baseline"} and table["change"].isna().all() and (table["n"] == 0).all()


@pytest.mark.parametrize(
    ("options", "match"),
    [({"indicator": "awareness_rate"}, "awareness_rate"), ({"indicator": "participation_rate"}, "residents"), ({"by": "district"}, "by"),
     ({"replicates": 0}, "0"), ({"basis": "x"}, "basis"), ({"baseline": "2019-2020"}, "2019-2020, 2020")],
)  # fmt: skip
def test_what_cannot_be_taken_apart_is_refused(forty: Dataset, options: dict[str, object], match: str) -> None:
    with pytest.raises(ArgumentError, match=match):
        taken_apart(forty, **options)


@pytest.mark.parametrize(
    ("given", "note"),
    [
        (([np.nan, 8], [10, 10], [6, 21], [10, 30]), "missing_values"),
        (([5, 8], [10, 10], [6, 21], [np.nan, 30]), "missing_values"),
        (([5, 8], [0, 0], [6, 21], [10, 30]), "zero_denominator"),
        (([], [], [], []), "no_data"),
        (([5, np.nan], [10, np.nan], [6, 21], [10, 30]), ""),
        (([5, 8], 10, [6, 21], [10, 30]), ""),
    ],
)
def test_a_lacking_figure_is_no_entry_and_the_reason_is_told(given: Any, note: str) -> None:
    found = kitagawa(*given)
    assert found.note == note and all(isinstance(part, float) for part in (found.value, found.within, found.between, found.entered_left))
    assert np.isnan([found.value, found.entered_left]).all() == bool(note) and np.isnan(found.within_by).all() == bool(note)


def test_arrays_of_other_lengths_are_refused() -> None:
    with pytest.raises(ArgumentError) as caught:
        kitagawa([1], [10, 10], [6, 21], [10, 30])
    assert caught.value.code == "shapes_differ"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"seed": -1}, "unknown_option"),
        ({"seed": "x"}, "unknown_option"),
        ({"replicates": "many"}, "bad_replicates"),
        ({"subset": "fund"}, "unknown_option"),
        ({"subset": {"fund": None}}, "unknown_option"),
    ],
)
def test_arguments_of_another_kind_are_refused(forty: Dataset, options: dict[str, Any], code: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        taken_apart(forty, **options)
    assert caught.value.code == code


@pytest.mark.parametrize("by", [None, [], 3])
def test_a_level_has_to_be_named(forty: Dataset, by: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        compare_periods(forty, "usage_rate", baseline="2017", current="2020", by=by)
    assert caught.value.code == "unknown_option" and all("community" in caught.value.say(lang) for lang in ("zh", "en"))
