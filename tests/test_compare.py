"""Two periods: the change, its interval, its parts, and when it must not be given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small import area_tree, small_dataset
from test_indicators import by_area, joined, money, redrawn

from fundanalytics.data.dataset import Dataset
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.compare import COLUMNS, FEWEST_UNITS, compare_periods, kitagawa

EXPECTED = Path(__file__).parent / "expected" / "paired_change_r_survey.csv"
CODES = [f"c{i:02}" for i in range(12)]
TREE = area_tree({"S1": CODES[:10], "S2": CODES[10:]})
RNG = np.random.default_rng(6)
BEFORE = {c: (float(RNG.integers(50, 90)), 100.0 + i) for i, c in enumerate(CODES)}
AFTER = {c: (y + 12 + i % 3, x + 10 * (i % 2)) for i, (c, (y, x)) in enumerate(BEFORE.items())}


def both(before: dict = BEFORE, after: dict = AFTER, **tables) -> Dataset:  # type: ignore[type-arg]
    return small_dataset(areas=TREE, **joined(money(before, "cungong", "2017"), money(after, period="2020")), **tables)


def compared(dataset: Dataset, **options) -> pd.DataFrame:
    return compare_periods(dataset, **({"baseline": "2017", "current": "2020"} | options))


def test_the_change_is_that_of_ratios_of_sums_with_a_paired_interval() -> None:
    """The limits are those of R's survey package: two ratios of one design, their contrast with its covariance."""
    units = pd.read_csv(EXPECTED, comment="#")
    value, _, lower, upper, df = (float(x) for x in EXPECTED.read_text().splitlines()[1].split(": ")[1].split(","))
    before, after = (dict(zip(CODES, units[[f"y_{i}", f"x_{i}"]].astype(float).itertuples(index=False, name=None), strict=True)) for i in (0, 1))
    row = compared(both(before=before, after=after)).iloc[0]
    # R prints 15 digits; nothing iterative on either side
    assert [row["change"], row["lower"], row["upper"]] == pytest.approx([value, lower, upper], rel=1e-9)
    assert row["relative_change"] == pytest.approx(value / (units["y_0"].sum() / units["x_0"].sum())) and row["n"] == len(units) == df + 1
    assert "process interval" in row["method"] and row["note"] == "" and list(row.index) == list(COLUMNS)


def test_within_and_between_sum_to_the_change_at_every_level() -> None:
    table = compared(both(), by=["district", "street", "community"])
    np.testing.assert_allclose(table["within"] + table["between"], table["change"], rtol=0, atol=1e-14)
    assert table.loc[table["level"] == "community", "between"].abs().max() == 0


def test_parts_are_kitagawas() -> None:
    """Two units worked by hand: rates .5 → .6 and .8 → .7, weights .5, .5 → .25, .75."""
    within, between = kitagawa(np.array([5.0, 8.0]), np.array([10.0, 10.0]), np.array([6.0, 21.0]), np.array([10.0, 30.0]))
    assert within == pytest.approx(0.1 * 0.375 - 0.1 * 0.625) and between == pytest.approx(-0.25 * 0.55 + 0.25 * 0.75)


def test_few_units_have_no_limits() -> None:
    table = compared(both(), by=["street", "community"])
    few = table["n"] < FEWEST_UNITS
    assert by_area(table, "note")["S1"] == "" and set(table.loc[few, "note"]) == {"too_few_units"}
    assert table.loc[few, "lower"].isna().all() and table.loc[few, "change"].notna().all() and set(table.loc[few, "method"]) == {"full count"}


def test_areas_that_came_or_went_are_named_or_left_out() -> None:
    after = {c: v for c, v in AFTER.items() if c != "c00"}
    whole = compared(both(after=after)).iloc[0]
    assert whole["note"] == "entered_or_left" and whole["n"] == 11 and whole["within"] + whole["between"] == pytest.approx(whole["change"])
    common = compared(both(after=after), common_areas=True, by=["district", "community"])
    assert by_area(common, "note")["D"] == "" and by_area(common, "note")["c00"] == "not_common"
    alone = compared(both(before={c: v for c, v in BEFORE.items() if c != "c00"}, after=after)).iloc[0]
    assert by_area(common, "change")["D"] == pytest.approx(alone["change"])


def test_common_areas_hold_for_surveys_and_registers_too() -> None:
    rows = [{"area_code": c, "period": y, "cluster": f"{y}-{i % 5}", "aware": i % 3 == 0} for c, y in [("c00", "2017"), ("c00", "2020"), ("c01", "2020")]
            for i in range(20 if c == "c00" else 30)]  # fmt: skip
    events = [{"event_id": c + y, "area_code": c, "period": y, "step": "review"} for c, y in [("c00", "2017"), ("c00", "2020"), ("c01", "2020")]]
    people = [{"event_id": e["event_id"], "person_key": e["event_id"]} for e in events]
    populations = [{"area_code": c, "period": y, "basis": "resident", "persons": 9, "eligible_persons": 4} for c in ("c00", "c01") for y in ("2017", "2020")]
    dataset = small_dataset(areas=TREE, responses=rows, events=events, participants=people, populations=populations)
    for name, alone in [("awareness_rate", 7 / 20), ("participation_rate", 1 / 4)]:
        table = compare_periods(dataset, name, baseline="2017", current="2020", by=["district", "community"], common_areas=True)
        assert by_area(table, "current_value")["D"] == pytest.approx(alone) and by_area(table, "note")["c01"] == "not_common"


def test_old_boundaries_are_brought_to_the_new() -> None:
    areas, crosswalk = redrawn()
    given = joined(money({"a": (10, 20), "b": (30, 40), "c": (40, 80)}, period="2019"), money({"m": (40, 80), "n": (45, 60)}))
    table = compared(small_dataset(areas=areas, crosswalk=crosswalk, **given), baseline="2019", by="community")
    assert by_area(table, "baseline_value") == pytest.approx({"m": 50 / 80, "n": 0.5, "x": np.nan, "y": np.nan}, nan_ok=True)
    assert by_area(table, "change")["m"] == pytest.approx(-0.125) and by_area(table, "note")["x"] == "no_baseline"


def test_a_period_without_data_is_blank_with_its_reason() -> None:
    assert compared(both(), baseline="2005").iloc[0][["note", "n"]].tolist() == ["no_baseline", 0]
    row = compared(both(), current="2022").iloc[0]
    assert row["note"] == "no_current" and np.isnan(row["change"]) and row["baseline_value"] > 0
    empty = compared(small_dataset(areas=TREE), by="street")
    assert len(empty) == 2 and set(empty["note"]) == {"no_baseline"}


def test_money_of_equal_age_is_compared_or_said_not_to_be() -> None:
    dataset = both()
    assert compared(dataset, as_of="2020-05-31").iloc[0][["baseline_value", "current_value"]].tolist() == [0, 0]
    late = compared(dataset, as_of=("2017-12-31", "2021-06-30")).iloc[0]
    assert late["note"] == "different_age"


def test_periods_that_overlap_are_refused() -> None:
    with pytest.raises(ArgumentError, match="2018-2020, 2020"):
        compared(both(), baseline="2018-2020")


def test_surveys_are_compared_as_two_samples() -> None:
    rng = np.random.default_rng(9)
    rows = [{"area_code": c, "period": y, "cluster": f"{y}-{i % 5}", "aware": bool(rng.random() < p), "satisfaction": 5}
            for c in CODES for y, p in [("2017", 0.4), ("2020", 0.6)] for i in range(20)]  # fmt: skip
    row = compare_periods(small_dataset(areas=TREE, responses=rows), "awareness_rate", baseline="2017", current="2020").iloc[0]
    assert row["lower"] < row["change"] < row["upper"] and row["n"] == 480 and "independent" in row["method"]
    assert row["change"] == pytest.approx(row["current_value"] - row["baseline_value"]) and np.isnan(row["within"])
    flat = compare_periods(small_dataset(areas=TREE, responses=rows), "satisfaction_score", baseline="2017", current="2020").iloc[0]
    assert flat["change"] == 0 and np.isnan(flat["lower"]) and flat["note"] == "no_variation"


def test_clusters_asked_twice_are_said_to_be_shared() -> None:
    rows = [{"area_code": "c00", "period": y, "cluster": f"k{i % 5}", "aware": (i * 7) % 3 > 0} for y in ("2017", "2020") for i in range(40)]
    row = compare_periods(small_dataset(areas=TREE, responses=rows), "awareness_rate", baseline="2017", current="2020").iloc[0]
    assert "shared clusters" in row["method"] and row["change"] == 0 and row["note"] == "no_variation"


def test_registers_are_compared_without_an_interval() -> None:
    events = [{"event_id": y, "area_code": "c00", "period": y, "step": "review"} for y in ("2017", "2020")]
    people = [{"event_id": e, "person_key": k} for e, k in [("2017", "1"), ("2020", "1"), ("2020", "2")]]
    populations = [{"area_code": "c00", "period": y, "basis": "resident", "persons": 9, "eligible_persons": 8} for y in ("2017", "2020")]
    row = compare_periods(small_dataset(areas=TREE, events=events, participants=people, populations=populations), "participation_rate",
                          baseline="2017", current="2020").iloc[0]  # fmt: skip
    assert row["change"] == 0.125 and row["relative_change"] == 1 and np.isnan(row["lower"]) and row["method"] == "full count"


def test_a_hundred_communities_without_report_are_not_taken_for_something_else() -> None:
    silent = [f"x{i:03}" for i in range(100)]
    given = joined(money(BEFORE, "cungong", "2017"), money(AFTER, period="2020"))
    given["allocations"] += [{"area_code": c, "period": "2020", "fund": "guarantee", "quota": 1, "arrived": 1} for c in silent]
    row = compared(small_dataset(areas=area_tree({"S1": CODES[:10], "S2": CODES[10:], "S3": silent}), **given)).iloc[0]
    assert row["note"] == "part_not_reported"


def test_figures_that_lack_a_year_or_are_known_above_only_say_so() -> None:
    given = joined(money(BEFORE, "cungong", "2016"), money({c: v for c, v in BEFORE.items() if c != "c00"}, "cungong", "2017"), money(AFTER, period="2020"),
                   money({"S2": (1, 2)}, "gongfu", "2017"))  # fmt: skip
    table = compared(small_dataset(areas=TREE, **given), baseline="2016-2017", by=["street", "community"])
    notes = by_area(table, "note")
    assert notes["S1"] == notes["c01"].replace("too_few_units", "part_no_data") == "part_no_data" and notes["c00"] == "part_no_data;too_few_units"
    assert notes["c10"] == notes["c11"] == "known_only_above" and notes["S2"] == "too_few_units"


def test_a_baseline_cut_off_before_it_began_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"2017-01-01.*2015-06-30|2017-01-01.*2015-07-01"):
        compared(both(), current="2018-2020", as_of="2018-06-30")
