"""The indicator table: definitions, roll-up, boundaries, and what is blank and why."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small import area_tree, small_dataset

import fundanalytics.measure.indicators
from fundanalytics.data.areas import LEVELS
from fundanalytics.data.dataset import Dataset
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.indicators import (
    COLUMNS,
    INDICATORS,
    awareness_rate,
    indicators,
    participation_rate,
    satisfaction_rate,
    satisfaction_score,
    usage_rate,
)
from fundanalytics.measure.request import _quality

TREE = area_tree({"S1": ["a", "b"], "S2": ["c"]})


def money(spent: dict[str, tuple[float, float]], fund: str = "guarantee", period: str = "2020") -> dict[str, list[dict[str, Any]]]:
    """Allocations, projects and payments: area → (paid, arrived)."""
    own = {"period": period, "fund": fund}
    names = {area: f"{area}-{fund}-{period}" for area in spent}
    return {
        "allocations": [own | {"area_code": a, "quota": 2 * x, "arrived": x} for a, (_, x) in spent.items()],
        "projects": [own | {"area_code": a, "project_id": names[a], "name": "x", "category": "other"} for a in spent],
        "payments": [{"payment_id": names[a], "project_id": names[a], "amount": y, "paid_on": f"{period}-06-01"} for a, (y, _) in spent.items()],
    }


def joined(*parts: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {name: [row for part in parts for row in part.get(name, [])] for name in {n for p in parts for n in p}}


def by_area(table: pd.DataFrame, column: str = "value") -> dict[str, Any]:
    return dict(zip(table["area_code"], table[column], strict=True))


def answer(area: str, cluster: str, **columns: object) -> dict[str, object]:
    return {"area_code": area, "period": "2020", "cluster": cluster} | columns


# --- usage -------------------------------------------------------------------------------------------------------------
def test_streets_and_district_are_ratios_of_sums() -> None:
    dataset = small_dataset(areas=TREE, **money({"a": (90, 100), "b": (10, 900), "c": (50, 100)}))
    table = usage_rate(dataset, by=LEVELS, period="2020")
    assert by_area(table) == pytest.approx({"D": 150 / 1100, "S1": 0.1, "S2": 0.5, "a": 0.9, "b": 10 / 900, "c": 0.5})
    assert set(table["method"]) == {"full count"} and table["lower"].isna().all() and set(table["unit"]) == {"ratio"}
    assert usage_rate(dataset, by="district", basis="paid/quota")["value"].iloc[0] == pytest.approx(150 / 2200)
    sums = table.groupby("level")[["numerator", "denominator", "n"]].sum()
    assert sums.eq(sums.iloc[0]).all(axis=None)


def test_what_was_not_reported_is_blank_and_named_and_not_zero() -> None:
    given = money({"a": (90, 100)})
    given["allocations"].append({"area_code": "b", "period": "2020", "fund": "guarantee", "quota": 50, "arrived": 50})
    given["projects"].append({"area_code": "c", "period": "2020", "fund": "guarantee", "project_id": "c", "name": "x", "category": "other"})
    table = usage_rate(small_dataset(areas=TREE, **given), by=LEVELS, period="2020")
    assert by_area(table, "note") == {"D": "part_no_denominator;part_not_reported", "S1": "part_not_reported", "S2": "no_denominator", "a": "",
                                      "b": "not_reported", "c": "no_denominator"}  # fmt: skip
    assert by_area(table)["D"] == by_area(table)["S1"] == 0.9 and np.isnan(by_area(table)["b"])
    assert by_area(table, "quality") == {"D": 2, "S1": 2, "S2": 3, "a": 1, "b": 3, "c": 3}


def test_projects_without_payments_paid_nothing_only_where_their_street_reported_payments() -> None:
    given = money({"a": (30, 100), "b": (1, 100), "c": (1, 100)})
    given["payments"] = given["payments"][:1]
    table = usage_rate(small_dataset(areas=TREE, **given), by=LEVELS, period="2020")
    assert by_area(table) == pytest.approx({"D": 0.15, "S1": 0.15, "S2": np.nan, "a": 0.3, "b": 0, "c": np.nan}, nan_ok=True)
    assert by_area(table, "note") == {"D": "part_not_reported", "S1": "", "S2": "not_reported", "a": "", "b": "", "c": "not_reported"}
    before = joined(given, money({"b": (1, 100)}, period="2019") | {"payments": []})
    assert by_area(usage_rate(small_dataset(areas=TREE, **before), by="community", period="2019"), "note")["b"] == "not_reported"


def test_a_total_for_the_whole_covers_projects_without_payments() -> None:
    given = money({"a": (0, 100), "c": (0, 300)}) | {"payments": []}
    for code, street in [("S1", 0.5), ("D", np.nan)]:
        totals = [{"area_code": code, "period": "2020", "fund": "guarantee", "measure": "paid", "value": 50}]
        table = usage_rate(small_dataset(areas=TREE, totals=totals, **given), by=["street", "district"], period="2020")
        assert by_area(table)["S1"] == pytest.approx(street, nan_ok=True) and by_area(table)["D"] == pytest.approx(0.5 if code == "S1" else 0.125)


def test_money_that_had_not_arrived_by_the_cut_off_is_not_below_the_line() -> None:
    given = money({"a": (50, 100), "b": (0, 100)})
    given["allocations"][1]["arrived_on"] = "2020-09-01"
    dataset = small_dataset(areas=TREE, **given)
    found = usage_rate(dataset, by=["district", "community"], period="2020", as_of="2020-06-30")
    assert by_area(found)["D"] == 0.5 and by_area(found, "note")["b"] == "zero_denominator"
    assert usage_rate(dataset, by="district", period="2020")["value"].iloc[0] == 0.25


def test_a_cut_off_before_the_period_is_refused() -> None:
    dataset = small_dataset(areas=TREE, **money({"a": (50, 100)}))
    with pytest.raises(ArgumentError, match=r"2018-01-01.*2017-12-31"):
        usage_rate(dataset, period="2018-2020", as_of="2017-12-31")
    assert len(usage_rate(dataset, period="2018-2020", as_of="2018-01-01")) == 2


def test_no_money_arrived_gives_no_rate_and_more_spent_than_arrived_is_shown() -> None:
    table = usage_rate(small_dataset(areas=TREE, **money({"a": (0, 0), "c": (110, 100)})), by="community", period="2020")
    assert by_area(table, "note") == {"a": "zero_denominator", "b": "no_data", "c": "above_one"}
    assert by_area(table)["c"] == pytest.approx(1.1) and np.isnan(by_area(table)["a"])


def test_funds_count_by_default_or_by_name() -> None:
    given = joined(*(money({"a": (y, 100)}, fund) for fund, y in [("guarantee", 90), ("gongfu", 50), ("incentive", 1)]))
    dataset = small_dataset(areas=TREE, **given)
    assert usage_rate(dataset, by="district")["value"].iloc[0] == pytest.approx(0.7)
    one = usage_rate(dataset, by="district", subset={"fund": ["incentive"]})
    assert one["value"].iloc[0] == pytest.approx(0.01) and one["subset"].iloc[0] == "fund=incentive"


def test_community_types_are_a_subset_and_the_others_say_so() -> None:
    tree = [row | {"community_type": "rural" if row["area_code"] == "b" else "urban"} for row in TREE]
    table = usage_rate(small_dataset(areas=tree, **money({"a": (90, 100), "b": (10, 100)})), by=["community", "district"], subset={"community_type": "rural"})
    assert by_area(table, "note") == {"D": "", "a": "outside_subset", "b": "", "c": "outside_subset"} and by_area(table)["D"] == pytest.approx(0.1)


def test_a_street_known_only_as_a_whole_is_set_against_its_communities() -> None:
    given = money({"a": (0, 100), "b": (0, 300)})
    given = {"allocations": given["allocations"], "totals": [{"area_code": "S1", "period": "2020", "fund": "guarantee", "measure": "paid", "value": 200}]}
    table = usage_rate(small_dataset(areas=TREE, **given), by=LEVELS, period="2020")
    assert by_area(table)["S1"] == by_area(table)["D"] == 0.5
    assert by_area(table, "note") == {"D": "", "S1": "", "S2": "no_data", "a": "known_only_above", "b": "known_only_above", "c": "no_data"}
    assert table["n"].isna().all()


def test_figures_that_lack_what_only_the_area_above_knows_say_so() -> None:
    given = joined(money({"a": (90, 100), "c": (50, 100)}), money({"D": (10, 100)}, "cungong"))
    table = usage_rate(small_dataset(areas=TREE, **given), by=LEVELS, period="2020")
    assert by_area(table, "note") == {"D": "", "S1": "part_only_above", "S2": "part_only_above", "a": "part_only_above", "b": "known_only_above",
                                      "c": "part_only_above"}  # fmt: skip
    assert by_area(table)["D"] == 0.5 and by_area(table)["a"] == 0.9 and by_area(table, "quality") == {"D": 1, "S1": 2, "S2": 2, "a": 2, "b": 3, "c": 2}
    street = joined(money({"a": (90, 100), "c": (50, 100)}), money({"S1": (10, 100)}, "cungong"))
    notes = by_area(usage_rate(small_dataset(areas=TREE, **street), by=LEVELS, period="2020"), "note")
    assert notes == {"D": "", "S1": "", "S2": "", "a": "part_only_above", "b": "known_only_above", "c": ""}


def test_a_period_that_lacks_a_year_of_a_community_says_so() -> None:
    years = ["2018", "2019", "2020"]
    given = joined(*(money({"c": (50, 100)} | ({"a": (90, 100)} if y == "2018" else {}), period=y) for y in years))
    dataset = small_dataset(areas=TREE, **given)
    table = usage_rate(dataset, by=LEVELS, period="2018-2020")
    assert by_area(table, "note") == {"D": "part_no_data", "S1": "part_no_data", "S2": "", "a": "part_no_data", "b": "no_data", "c": ""}
    assert by_area(table, "quality") == {"D": 2, "S1": 2, "S2": 1, "a": 2, "b": 3, "c": 1} and by_area(table)["a"] == 0.9
    assert set(usage_rate(dataset, by=LEVELS, period="2018")["note"]) == {"", "no_data"}
    nobody = small_dataset(areas=TREE, **joined(*(money({"a": (1, 2), "c": (1, 2)}, period=y) for y in ("2018", "2020"))))
    assert set(usage_rate(nobody, by="district", period="2018-2020")["note"]) == {""}
    whole = joined(money({"S1": (9, 10)}, period="2018"), *(money({"c": (5, 10)}, period=y) for y in years))
    assert by_area(usage_rate(small_dataset(areas=TREE, **whole), by="street", period="2018-2020"), "note") == {"S1": "part_no_data", "S2": ""}


def test_a_year_before_an_area_existed_or_without_prize_money_is_not_missing() -> None:
    tree = [row | {"valid_from": "2020-01-01" if row["area_code"] == "b" else None} for row in TREE]
    given = joined(money({"a": (1, 2)}, period="2019"), money({"a": (1, 2), "b": (1, 2)}), money({"a": (1, 2)}, "incentive", "2019"),
                   money({"b": (1, 2)}, "incentive"))  # fmt: skip
    dataset = small_dataset(areas=tree, **given)
    assert by_area(usage_rate(dataset, by=LEVELS, period="2019-2020"), "note") == {"D": "", "S1": "", "S2": "no_data", "a": "", "b": "", "c": "no_data"}
    assert set(usage_rate(dataset, by="district", period="2019-2020", subset={"fund": "incentive"})["note"]) == {""}


# --- boundaries --------------------------------------------------------------------------------------------------------
def redrawn() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """a and b become m; c (of S1) is split: .25 to m, .75 to n in S2; a code x is used again for part of itself."""
    old = area_tree({"S1": ["a", "b", "c"], "S2": ["x"]})
    last = {"a": "2019-12-31", "b": "2019-12-31", "c": "2019-12-31"}
    old = [row | {"valid_from": "2010-01-01", "valid_to": last.get(row["area_code"])} for row in old]
    new = [{"area_code": c, "area_name": c, "level": "community", "parent_code": s, "valid_from": "2020-01-01"}
           for c, s in [("m", "S1"), ("n", "S2"), ("y", "S2")]]  # fmt: skip
    steps = [("a", "m", 1.0), ("b", "m", 1.0), ("c", "m", 0.25), ("c", "n", 0.75), ("x", "x", 0.6), ("x", "y", 0.4)]
    return old + new, [{"old_code": o, "new_code": n, "share": s, "effective_from": "2020-01-01"} for o, n, s in steps]


def test_old_codes_go_through_the_crosswalk_and_nothing_is_lost() -> None:
    areas, crosswalk = redrawn()
    before = money({"a": (10, 20), "b": (30, 40), "c": (40, 80), "x": (5, 10)}, period="2019")
    after = money({"m": (1, 2), "x": (3, 6), "y": (2, 4), "n": (7, 8)})
    dataset = small_dataset(areas=areas, crosswalk=crosswalk, **joined(before, after))
    table = usage_rate(dataset, by=LEVELS, period="2019-2020")
    assert by_area(table, "numerator") == pytest.approx({"D": 98, "S1": 51, "S2": 47, "m": 51, "n": 37, "x": 6, "y": 4})
    assert by_area(table, "denominator") == pytest.approx({"D": 170, "S1": 82, "S2": 88, "m": 82, "n": 68, "x": 12, "y": 8})
    alone = usage_rate(dataset, by="community", period="2019")
    assert by_area(alone) == pytest.approx({"a": 0.5, "b": 0.75, "c": 0.5, "x": 0.5})


def test_people_of_a_split_community_are_not_divided() -> None:
    areas, crosswalk = redrawn()
    populations = [{"area_code": c, "period": "2019", "basis": "resident", "persons": 9, "eligible_persons": 8} for c in "abcx"]
    events = [{"event_id": c, "area_code": c, "period": "2019", "step": "review"} for c in "abc"]
    people = [{"event_id": e, "person_key": k} for e, k in [("a", "1"), ("b", "1"), ("b", "2"), ("c", "3")]]
    dataset = small_dataset(areas=areas, crosswalk=crosswalk, populations=populations, events=events, participants=people)
    asked = participation_rate(dataset, by=LEVELS, period="2019-2020")
    assert by_area(asked, "note") == {"D": "part_not_reported", "S1": "", "S2": "part_not_reported", "m": "split_area", "n": "split_area",
                                      "x": "split_area", "y": "split_area"}  # fmt: skip
    # person 1 came in two communities of S1 but is one person of it; c's people count where most of c went
    assert by_area(asked, "numerator")["S1"] == 2 and by_area(asked, "numerator")["S2"] == 1 and by_area(asked, "denominator")["S1"] == 16


# --- participation -----------------------------------------------------------------------------------------------------
def test_participation_counts_different_residents_never_attendances() -> None:
    events = [{"event_id": e, "area_code": "a", "period": "2020", "step": "review", "person_times": 99} for e in "12"]
    people = [{"event_id": e, "person_key": k, "household_key": h, "is_resident": r}
              for e, k, h, r in [("1", "x", "h", True), ("2", "x", "h", True), ("2", "y", "h", None), ("2", "z", "k", False)]]  # fmt: skip
    populations = [{"area_code": "a", "period": "2020", "basis": b, "persons": 9, "households": 4, "eligible_persons": n}
                   for b, n in [("resident", 8), ("actual", 80)]]  # fmt: skip
    dataset = small_dataset(areas=TREE, events=events, participants=people, populations=populations)
    assert participation_rate(dataset, by="district")["value"].iloc[0] == 2 / 8
    assert participation_rate(dataset, by="district", basis="households")["value"].iloc[0] == 1 / 4
    assert by_area(participation_rate(dataset, by="community"), "note") == {"a": "", "b": "no_data", "c": "no_data"}


def test_participation_by_survey_is_of_residents_with_limits() -> None:
    rows = [answer("a", f"k{i % 4}", took_part=i % 5 == 0, is_resident=i % 7 != 0) for i in range(60)]
    found = participation_rate(small_dataset(areas=TREE, responses=rows), by="district", period="2020", basis="survey").iloc[0]
    asked = [r for r in rows if r["is_resident"]]
    assert found["n"] == len(asked) and found["value"] == pytest.approx(np.mean([r["took_part"] for r in asked]))
    assert found["lower"] < found["value"] < found["upper"] and found["confidence"] == 0.95


# --- surveys -----------------------------------------------------------------------------------------------------------
def opinions(levels: dict[str, list[int | None]], **columns: object) -> list[dict[str, object]]:
    return [answer(a, f"k{i % 3}", satisfaction=x, aware=x is not None, **columns) for a, xs in levels.items() for i, x in enumerate(xs)]


def test_satisfied_basically_satisfied_and_the_score_leave_dont_know_out() -> None:
    dataset = small_dataset(areas=TREE, responses=opinions({"a": [5, 4, 3, 2, 1, 5, 4, 3, None, None]}))
    found = {b: satisfaction_rate(dataset, by="district", basis=b).iloc[0] for b in ("satisfied", "basically")}
    assert found["satisfied"]["value"] == 0.5 and found["basically"]["value"] == 0.75 and found["satisfied"]["n"] == 8
    score = satisfaction_score(dataset, by="district").iloc[0]
    assert score["value"] == pytest.approx(20 * 27 / 8) and score["unit"] == "score 0-100"
    assert awareness_rate(dataset, by="district").iloc[0]["value"] == 0.8


def test_satisfaction_among_the_aware_leaves_out_who_does_not_know_the_fund() -> None:
    levels = [(5, True), (4, True), (3, True), (2, True), (5, False), (1, False), (4, None), (None, True)]
    rows = [answer("a", f"k{i % 2}", satisfaction=x, aware=k) for i, (x, k) in enumerate(levels)]
    rows += [answer("b", f"k{i % 2}", satisfaction=4) for i in range(4)]
    counted = [{"area_code": "c", "period": "2020", "item": "satisfaction", "level": 4, "count": 9}]
    dataset = small_dataset(areas=TREE, responses=rows, response_counts=counted)
    strict, wide = (satisfaction_rate(dataset, by=LEVELS, basis=b) for b in ("satisfied_aware", "basically_aware"))
    assert by_area(strict)["a"] == 0.5 and by_area(wide)["a"] == 0.75 and by_area(strict, "n")["D"] == 4
    assert by_area(strict, "note")["b"] == by_area(strict, "note")["c"] == "unknown"
    assert by_area(satisfaction_rate(dataset, by=LEVELS))["c"] == 1


def test_another_scale_is_not_mixed_in() -> None:
    rows = opinions({"a": [5, 4, 3] * 4, "b": [3, 1, 2] * 4, "c": [1, 2, 1] * 4}, wave="1")
    surveys = [{"area_code": "b", "period": "2020", "wave": "1", "scale": 4}, {"area_code": "a", "period": "2020", "wave": "1", "scale": 5},
               {"area_code": "S2", "period": "2020", "scale": 3}]  # fmt: skip
    dataset = small_dataset(areas=TREE, responses=rows, surveys=surveys)
    table = satisfaction_rate(dataset, by=LEVELS, basis="basically")
    assert by_area(table, "note") == {"D": "part_scale_not_5", "S1": "part_scale_not_5", "S2": "scale_not_5", "a": "", "b": "scale_not_5",
                                      "c": "scale_not_5"}  # fmt: skip
    assert by_area(table)["D"] == 1 and np.isnan(by_area(table)["c"])
    assert awareness_rate(dataset, by="district")["n"].iloc[0] == 36


def test_a_wave_is_a_subset() -> None:
    dataset = small_dataset(areas=TREE, responses=opinions({"a": [5] * 9}, wave="1") + opinions({"a": [1] * 9}, wave="2"))
    assert satisfaction_rate(dataset, by="district", subset={"wave": "2"})["value"].iloc[0] == 0
    assert satisfaction_rate(dataset, by="district")["value"].iloc[0] == 0.5


def test_few_answers_wide_limits_or_none_lower_the_quality() -> None:
    rng = np.random.default_rng(3)
    sound = [answer("a", f"k{i % 40}", aware=bool(rng.random() < 0.5)) for i in range(800)]
    small = [answer("b", f"k{i}", aware=True) for i in range(25)]  # limits .86 to 1: narrow, but of few
    alone = [answer("c", "k0", aware=i % 2 == 0) for i in range(200)]
    table = awareness_rate(small_dataset(areas=TREE, responses=[*sound, *small, *alone]), by="community")
    assert by_area(table, "quality") == {"a": 1, "b": 3, "c": 3} and by_area(table, "note")["c"] == "one_cluster"
    assert by_area(table, "lower")["b"] > 0.85
    wide = awareness_rate(small_dataset(areas=TREE, responses=[answer("a", f"k{i % 3}", aware=i % 2 == 0) for i in range(90)]), by="district")
    assert wide["quality"].iloc[0] == 3


@pytest.mark.parametrize(
    ("value", "lower", "upper", "n", "expected"),
    [
        (0.50, 0.45, 0.55, 500, 1), (0.50, 0.45, 0.55, 59, 2), (0.50, 0.45, 0.55, 29, 3),  # number of answers
        (0.50, 0.40, 0.599, 500, 1), (0.50, 0.38, 0.62, 500, 2), (0.50, 0.34, 0.64, 500, 3),  # absolute width: .20 with care, .30 not at all
        (0.03, 0.02, 0.07, 500, 1), (0.03, 0.01, 0.0599, 500, 1), (0.04, 0.02, 0.0721, 500, 3), (0.05, 0.02, 0.084, 500, 1),  # 130 % of the value, if over .05
        (0.96, 0.93, 0.985, 500, 2), (0.97, 0.95, 0.995, 500, 1),  # the share left to all is not known well enough
        (0.00, 0.00, 0.04, 500, 2), (1.00, 0.96, 1.00, 500, 2), (0.00, 0.00, 0.10, 500, 2),  # none and all are looked at with care
    ],
)  # fmt: skip
def test_quality_follows_the_presentation_standards(value: float, lower: float, upper: float, n: int, expected: int) -> None:
    """NCHS (2017), Vital and Health Statistics 2(175): n or n_eff under 30; width .30 and more; over .05 and over 130 % of the value; complements noted."""
    row = {"value": value, "lower": lower, "upper": upper, "n": n, "n_eff": float(n), "unit": "share", "method": "survey, logit", "note": ""}
    assert _quality(pd.DataFrame([row]), Dataset({}))[0] == expected


# --- the table ---------------------------------------------------------------------------------------------------------
def everything() -> Dataset:
    """Something behind every basis of every indicator, in every community."""
    rng = np.random.default_rng(8)
    rows = [answer(a, f"k{i % 6}", aware=bool(rng.random() < 0.7), satisfaction=int(rng.integers(1, 6)), took_part=bool(rng.random() < 0.2),
                   weight=float(rng.integers(1, 5))) for a in "abc" for i in range(60)]  # fmt: skip
    events = [{"event_id": a, "area_code": a, "period": "2020", "step": "review", "person_times": 12} for a in "abc"]
    people = [{"event_id": a, "person_key": f"{a}{i}", "household_key": f"{a}{i // 2}"} for a in "abc" for i in range(9)]
    populations = [{"area_code": a, "period": "2020", "basis": "resident", "persons": 100, "eligible_persons": 80, "households": 30} for a in "abc"]
    given = money({"a": (90.35, 100.1), "b": (10.17, 900), "c": (50, 100)})
    months = ("proposed_on", "resolved_on", "contracted_on", "started_on", "finished_on", "repair_asked_on", "repaired_on", "accepted_on")
    done = {name: f"2020-{i + 2:02d}-0{i + 1}" for i, name in enumerate(months)} | {"planned_end_on": "2020-06-30", "status": "accepted"}
    for row in given["projects"]:
        row |= done | {"tier": "small", "sourcing": "direct", "budget": 120, "self_raised": 6, "contract_amount": 95}
    for row in given["payments"]:
        row |= {"has_invoice": True, "has_receipt": True, "has_bank_flow": True}
    for row in given["allocations"]:
        row |= {"carried_in": 5}
    notices = [{"area_code": p["area_code"], "period": "2020", "step": s, "project_id": p["project_id"], "channel": "board", "published_on": "2020-12-01"}
               for p in given["projects"] for s in ("resolution", "review")]  # fmt: skip
    sessions = [{"training_id": "t", "level": "district", "organiser_code": "D", "area_code": a, "held_on": "2020-05-01", "attendees": 3} for a in "abc"]
    listings = [{"area_code": a, "period": "2020", "amount": 10.5, "published_on": "2020-05-01", "matched_on": "2020-06-01"} for a in "abc"]
    return small_dataset(areas=TREE, responses=rows, events=events, participants=people, populations=populations, origin="synthetic", notices=notices,
                         trainings=sessions, listings=listings, **given)  # fmt: skip


def test_the_table_keeps_its_contract() -> None:
    table = indicators(everything(), period="2020")
    assert list(table.columns) == list(COLUMNS)
    key = ["indicator", "basis", "subset", "level", "area_code", "period", "as_of"]
    assert not table.duplicated(key).any() and table[key].equals(table[key].sort_values(key).reset_index(drop=True))
    assert len(table) == 6 * sum(len(i.bases) for i in INDICATORS.values()) and set(table["origin"]) == {"synthetic"}
    assert (table["as_of"] == pd.Timestamp("2020-12-31")).all()
    known = table.dropna(subset=["lower"])
    assert len(known) and (known["lower"] <= known["value"]).all() and (known["value"] <= known["upper"]).all()
    assert table["value"].notna().all() and set(table["note"]) == {"", "assumed_rule"}
    assert set(table.loc[table["note"].ne(""), "indicator"]) == {"sourcing_compliance_rate"}


def test_a_share_lies_within_its_denominator_and_the_unit_says_what_may_not() -> None:
    table = indicators(everything(), period="2020")
    assert set(table["unit"]) == {"share", "ratio", "person-times per person", "score 0-100", "yuan", "days"}
    shares = table[table["unit"].eq("share")]
    assert shares["value"].between(0, 1).all() and (shares["numerator"] <= shares["denominator"]).all()
    assert all(made.within == (made.unit == "share") for made in INDICATORS.values())
    assert {made.better for made in INDICATORS.values()} == {"higher", "lower", ""}


@pytest.mark.parametrize("name", [n for n in INDICATORS if n not in ("participation_rate", "process_days")])
def test_the_district_is_the_sum_of_its_streets_and_of_its_communities(name: str) -> None:
    table = indicators(everything(), period="2020", names=[name])
    sums = table.groupby(["basis", "level"])[["numerator", "denominator", "n"]].sum().astype("float64")
    for _, levels in sums.groupby("basis"):
        np.testing.assert_allclose(levels, np.broadcast_to(levels.iloc[0], levels.shape), rtol=1e-12)
    rates = table["numerator"] / table["denominator"]
    np.testing.assert_allclose(table["value"], rates, rtol=1e-12)


def test_all_at_once_equals_one_by_one() -> None:
    dataset = everything()
    table = indicators(dataset, period="2020")
    for name in INDICATORS:
        function = getattr(fundanalytics.measure.indicators, name)
        for basis in INDICATORS[name].bases:
            mine = table[(table["indicator"] == name) & (table["basis"] == basis)].reset_index(drop=True)
            pd.testing.assert_frame_equal(function(dataset, by=LEVELS, period="2020", basis=basis), mine)


def test_row_order_and_index_do_not_matter_and_tables_stay_as_they_are() -> None:
    dataset = everything()
    before = {name: frame.copy() for name, frame in dataset.tables.items()}
    expected = indicators(dataset, period="2020")
    for name, frame in before.items():
        pd.testing.assert_frame_equal(dataset.tables[name], frame)
    mixed = Dataset({n: f.sample(frac=1, random_state=2) for n, f in before.items()}, origin="synthetic")
    pd.testing.assert_frame_equal(indicators(mixed, period="2020"), expected)


def test_an_added_street_without_records_changes_no_other_row() -> None:
    dataset = everything()
    wider = small_dataset(areas=[*TREE, *area_tree({"S9": ["z"]})[1:]], origin="synthetic", **{n: f for n, f in dataset.tables.items() if n != "areas"})
    names = [name for name in INDICATORS if name != "training_coverage"]  # which counts the communities themselves
    table = indicators(wider, period="2020", names=names)
    new = table["area_code"].isin(["S9", "z"])
    pd.testing.assert_frame_equal(table[~new].reset_index(drop=True), indicators(dataset, period="2020", names=names))
    assert set(table.loc[new, "note"]) == {"no_data"} and set(table.loc[new, "quality"]) == {3}


def test_a_data_set_without_records_gives_every_area_a_blank_row() -> None:
    table = indicators(small_dataset(areas=TREE), period="2020")
    assert len(table) == 6 * sum(len(i.bases) for i in INDICATORS.values()) and table["value"].isna().all() and set(table["note"]) == {"no_data"}


@pytest.mark.parametrize(
    ("change", "said"),
    [({"by": "county"}, "county"), ({"basis": "paid"}, "paid/arrived"), ({"period": "20x"}, "20x"), ({"as_of": "someday"}, "someday"),
     ({"subset": {"wave": "1"}}, "wave"), ({"subset": {"fund": "cash"}}, "cash"), ({"confidence": 95}, "95")],
)  # fmt: skip
def test_wrong_arguments_are_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        usage_rate(small_dataset(areas=TREE, **money({"a": (1, 2)})), **change)


def test_registers_have_no_waves() -> None:
    with pytest.raises(ArgumentError, match="wave"):
        participation_rate(small_dataset(areas=TREE), period="2020", subset={"wave": "1"})


def test_the_default_period_is_the_last_with_records() -> None:
    given = joined(money({"a": (1, 2)}, period="2019"), {"allocations": money({"a": (1, 2)}, period="2021")["allocations"]})
    given["projects"].append(given["projects"][0] | {"project_id": "odd", "period": "2019-2021"})
    dataset = small_dataset(areas=TREE, **given)
    assert set(usage_rate(dataset)["period"]) == {"2019"}
    with pytest.raises(ArgumentError, match=r"no data|没有数据"):
        usage_rate(small_dataset(areas=TREE))


def test_the_cut_off_may_come_from_the_rule_book() -> None:
    dataset = small_dataset(areas=TREE, rules={"cut_off": {"value": "05-31"}}, **money({"a": (1, 2)}))
    assert usage_rate(dataset, by="district")["value"].iloc[0] == 0
    assert usage_rate(dataset, by="district", as_of="2020-06-01")["value"].iloc[0] == 0.5


def test_a_district_of_ninety_communities_takes_less_than_a_second_for_a_survey() -> None:
    streets = {f"S{s:02}": [f"c{s:02}{c}" for c in range(7)] for s in range(13)}
    rng = np.random.default_rng(1)
    codes = np.repeat([c for cs in streets.values() for c in cs], 55)
    rows = pd.DataFrame({"area_code": codes, "period": "2020", "cluster": rng.integers(0, 3, len(codes)).astype(str), "aware": rng.random(len(codes)) < 0.6,
                         "satisfaction": rng.integers(1, 6, len(codes)), "took_part": rng.random(len(codes)) < 0.1})  # fmt: skip
    dataset = small_dataset(areas=area_tree(streets), responses=rows)
    start = time.process_time()
    table = indicators(dataset, period="2020", names=["awareness_rate", "satisfaction_rate", "satisfaction_score"])
    assert table["value"].notna().all() and time.process_time() - start < 1.0
