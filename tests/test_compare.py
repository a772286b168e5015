"""Two periods: the change, its interval, its parts, and when it must not be given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small import area_tree, small_dataset
from test_indicators import by_area, joined, money, redrawn

from fundanalytics import load_sample
from fundanalytics.data.dataset import Dataset
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.compare import COLUMNS, FEWEST_UNITS, compare_periods
from fundanalytics.measure.definitions import INDICATORS
from fundanalytics.measure.figures import numbers
from fundanalytics.measure.intervals import paired_ratio_change
from fundanalytics.measure.pairs import pair_of
from fundanalytics.show.labels import LABELS

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
    assert table["entered_left"].abs().max() == 0
    assert table.loc[table["level"] == "community", "between"].abs().max() == 0


def test_few_units_have_no_limits() -> None:
    table = compared(both(), by=["street", "community"])
    few = table["n"] < FEWEST_UNITS
    assert by_area(table, "note")["S1"] == "" and set(table.loc[few, "note"]) == {"too_few_units"}
    assert table.loc[few, "lower"].isna().all() and table.loc[few, "change"].notna().all() and set(table.loc[few, "method"]) == {"full count"}


def test_areas_that_came_or_went_are_named_or_left_out() -> None:
    after = {c: v for c, v in AFTER.items() if c != "c00"}
    whole = compared(both(after=after)).iloc[0]
    assert whole["note"] == "entered_or_left" and whole["n"] == 11 and whole["entered_left"] != 0
    assert whole["within"] + whole["between"] + whole["entered_left"] == pytest.approx(whole["change"], abs=1e-15)
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


# --- the sample, every indicator ---------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def sample() -> Dataset:
    return load_sample()


BASES = [(i, b) for i, made in INDICATORS.items() for b in dict.fromkeys((next(iter(made.bases)), list(made.bases)[-1]))]


@pytest.fixture(scope="module")
def comparisons(sample: Dataset) -> dict[tuple[str, str], pd.DataFrame]:
    """First and last basis of every indicator."""
    options = {"baseline": "2018", "current": "2020"}
    return {(i, b): compare_periods(sample, i, basis=b, by=["district", "community"], **options) for i, b in BASES}


@pytest.fixture(scope="module")
def indicators_own(sample: Dataset) -> list[pd.DataFrame]:
    """The numbers that the indicators themselves give for either period, by the boundaries of the current one."""
    pair = pair_of(sample, "usage_rate", baseline="2018", current="2020", by=["district", "community"], subset=None, as_of=None, basis=None, confidence=0.95)
    wanted = {i: [b for name, b in BASES if name == i] for i in INDICATORS}
    return [numbers(side, wanted).set_index(["indicator", "basis", "level", "area_code"]).sort_index() for side in pair.sides]


@pytest.mark.parametrize("key", BASES, ids="-".join)
def test_values_and_counts_are_the_indicators_own_for_every_indicator(comparisons, indicators_own, key: tuple[str, str]) -> None:  # type: ignore[no-untyped-def]
    table = comparisons[key]
    for column, own in zip(("baseline", "current"), indicators_own, strict=True):
        told = own.loc[key].reindex(pd.MultiIndex.from_frame(table[["level", "area_code"]]))
        np.testing.assert_allclose(table[f"{column}_value"], told["value"], rtol=1e-12)
        n = told["n"].where(told["value"].notna())
        np.testing.assert_allclose(table[f"{column}_n"].astype("float64"), n.astype("float64").round(), rtol=1e-12)
    known = table[table["change"].notna()]
    np.testing.assert_allclose(known["change"], known["current_value"] - known["baseline_value"], rtol=0, atol=1e-12)
    assert (known["lower"].isna() | ((known["lower"] <= known["change"]) & (known["change"] <= known["upper"]))).all()
    parts = known[["within", "between", "entered_left"]].sum(axis=1, min_count=3)
    np.testing.assert_allclose(parts.dropna(), known.loc[parts.notna(), "change"], rtol=0, atol=1e-9 * max([1.0, *known["change"].abs()]))
    assert (table["change"].notna() | table["note"].ne("")).all()


def test_every_code_that_a_comparison_emits_has_a_label(comparisons) -> None:  # type: ignore[no-untyped-def]
    table = pd.concat([frame.to_frame() for frame in comparisons.values()])
    codes = {code for note in table["note"].unique() for code in note.split(";") if code}
    for lang in ("zh", "en"):
        assert not codes - set(LABELS[lang]["note"]) and not set(table["method"]) - set(LABELS[lang]["method"])


def test_the_headline_comes_out_of_the_sample(sample: Dataset) -> None:
    row = compare_periods(sample, baseline="2012-2017", current="2018-2020").iloc[0]
    assert [f"{100 * row[c]:.1f}" for c in ("baseline_value", "current_value", "change")] == ["80.8", "97.8", "17.0"]
    assert row["entered_left"] == 0 and row["within"] + row["between"] == pytest.approx(row["change"], abs=1e-15) and row["n"] == 90
    assert [row["lower"], row["upper"]] == pytest.approx([0.159557, 0.180443], abs=1e-6)


def test_breaks_of_the_rule_book_are_named_in_every_comparison_across_them(sample: Dataset) -> None:
    def named(indicator: str, **periods: str) -> set[str]:
        note = compare_periods(sample, indicator, **periods).iloc[0]["note"]
        return {code.removeprefix("break_") for code in note.split(";") if code.startswith("break_")}

    assert named("usage_rate", baseline="2012-2017", current="2018-2020") == {"fund_reform", "communities_redrawn", "sediment_cleared"}
    assert named("usage_rate", baseline="2017", current="2018") == {"fund_reform"}
    assert named("awareness_rate", baseline="2018", current="2020") == {"communities_redrawn"}  # no break of money
    assert named("usage_rate", baseline="2018", current="2019") == set()
    assert named("usage_rate", baseline="2019", current="2020") == {"communities_redrawn", "sediment_cleared"}


def test_a_break_is_not_named_where_nothing_is_compared(sample: Dataset) -> None:
    row = compare_periods(sample, "matching_rate", baseline="2018", current="2020").iloc[0]
    assert row["note"] == "no_baseline"


# --- shares of records, people, medians --------------------------------------------------------------------------------
def works(period: str, of: dict[str, list[dict[str, object]]]) -> list[dict[str, object]]:
    return [{"area_code": a, "period": period, "fund": "guarantee", "project_id": f"{a}-{period}-{i}", "name": "x", "category": "other"} | row
            for a, rows in of.items() for i, row in enumerate(rows)]  # fmt: skip


def done(finished: dict[str, int], of: int, period: str) -> list[dict[str, object]]:
    ready, open_ = {"finished_on": f"{period}-05-01"}, {"status": "underway"}
    return works(period, {a: [ready] * n + [open_] * (of - n) for a, n in finished.items()})


def waited(days: dict[str, list[int]], period: str) -> list[dict[str, object]]:
    first = pd.Timestamp(f"{period}-01-05")
    return works(period, {a: [{"proposed_on": first, "accepted_on": first + pd.Timedelta(days=n)} for n in each] for a, each in days.items()})


def test_a_share_of_projects_is_paired_by_community_as_money_is() -> None:
    before, after = ({c: int(n) for c, n in zip(CODES, RNG.integers(1, 9, 12), strict=True)} for _ in (0, 1))
    row = compare_periods(small_dataset(areas=TREE, projects=done(before, 9, "2017") + done(after, 10, "2020")), "completion_rate", baseline="2017",
                          current="2020", subset={"fund": "guarantee"}).iloc[0]  # fmt: skip
    expected = paired_ratio_change([before[c] for c in CODES], [9] * 12, [after[c] for c in CODES], [10] * 12)
    assert row[["change", "lower", "upper"]].tolist() == pytest.approx([float(expected.value), float(expected.lower), float(expected.upper)], rel=1e-12)
    assert row[["n", "baseline_n", "current_n"]].tolist() == [12, 108, 120]


def test_a_median_is_a_plain_difference_without_limits() -> None:
    given = waited({"c00": [30, 33, 90], "c01": [10, 33, 34]}, "2017") + waited({"c00": [35, 36, 40]}, "2020")
    row = compare_periods(small_dataset(areas=TREE, projects=given), "process_days", basis="proposed-accepted", baseline="2017", current="2020").iloc[0]
    assert [row["baseline_value"], row["current_value"], row["change"]] == [33, 36, 3] and row["method"] == "full count"
    assert row[["lower", "within", "between", "entered_left"]].isna().all() and row[["n", "baseline_n", "current_n"]].tolist() == [1, 6, 3]
    common = compare_periods(small_dataset(areas=TREE, projects=given), "process_days", basis="proposed-accepted", baseline="2017", current="2020",
                             common_areas=True).iloc[0]  # fmt: skip
    assert common[["baseline_n", "change"]].tolist() == [3, 3]


def test_money_without_projects_has_no_count_of_them() -> None:
    totals = [{"area_code": c, "period": "2017", "fund": "cungong", "measure": m, "value": v, "as_of": "2017-12-31"} for c, (y, x) in BEFORE.items()
              for m, v in (("paid", y), ("arrived", x))]  # fmt: skip
    row = compared(small_dataset(areas=TREE, totals=totals, **money(AFTER, period="2020"))).iloc[0]
    assert row["baseline_value"] > 0 and pd.isna(row["baseline_n"]) and row["current_n"] == 12


def test_a_denominator_of_zero_is_blank_with_its_reason() -> None:
    row = compared(both(before=dict.fromkeys(CODES, (0.0, 0.0)))).iloc[0]
    assert np.isnan(row["change"]) and row["note"] == "no_baseline;zero_denominator" and row["current_value"] > 0


def test_all_rates_equal_are_no_change_and_limits_close_on_it() -> None:
    same = {c: (x / 2, x) for c, (_, x) in BEFORE.items()}
    row = compared(both(before=same, after=same)).iloc[0]
    assert row[["change", "within", "between"]].tolist() == pytest.approx([0, 0, 0], abs=1e-15) and not row["lower"] > 0 and not row["upper"] < 0


@pytest.mark.parametrize(
    ("options", "match"),
    [({"indicator": "usage"}, "usage_rate"), ({"basis": "x"}, "paid/arrived"), ({"by": "city"}, "district"), ({"as_of": ("2017-12-31",)}, "as_of"),
     ({"confidence": 95}, "95"), ({"baseline": "17"}, "17"), ({"subset": {"wave": "1"}}, "subset")],
)  # fmt: skip
def test_wrong_arguments_are_refused(options: dict[str, object], match: str) -> None:
    with pytest.raises(ArgumentError, match=match):
        compared(both(), **options)
