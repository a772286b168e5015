"""Gaps of scores, what went well, and what was repaired between waves: worked by hand on small evaluations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from small import area_tree, small_dataset

from fundanalytics.errors import ArgumentError
from fundanalytics.measure.gaps import compare_waves, gaps, strengths
from fundanalytics.measure.rubric import Band, Item, Part, Rubric
from fundanalytics.measure.scores import Evaluation, evaluate

URBAN, RURAL = list("abcdefgh"), list("xyz")
NO = "not_applicable"


def item(code: str, points: float = 10, *, value: str = "assessments", **options: object) -> Item:
    """Scored 0-10 by the community itself (weight 1) and the district (3)."""
    return Item(code, "p", {}, points, "rating", {"scale": 10}, {"self": 0.25, "district": 0.75}, value, record=code, **options)


def rubric(*items: Item, cap: float = 20) -> Rubric:
    return Rubric("r", "1", {}, "", "official", (), "community", 2, 20.0, cap, "district", 0.6, "mean", (), (Part("p", {}, 20.0),), items,
                  (Band("good", {}, 0.0),), "", "hash", "r.yaml")  # fmt: skip


ONE, TWO = item("one"), item("two")


def evaluation(scores: dict[tuple[str, str], object], *, wave: str = "1", of: Rubric | None = None) -> Evaluation:
    """(community, item) → the district's score, or source → score."""
    said = [(area, code, source, value) for (area, code), given in scores.items()
            for source, value in (given.items() if isinstance(given, dict) else [("district", given)])]  # fmt: skip
    tree = area_tree({"S1": URBAN, "S2": RURAL})
    for row in tree:
        row["community_type"] = "rural" if row["area_code"] in RURAL else "urban"
    rows = [{"area_code": a, "period": "2020", "wave": wave, "source": s, "assessor_code": a if s == "self" else "D", "item_code": c,
             "value": None if v == NO else v, "status": NO if v == NO else "scored"} for a, c, s, v in said]  # fmt: skip
    return evaluate(small_dataset(areas=tree, assessments=rows), of or rubric(ONE, TWO), period="2020", wave=wave)


def ladder(*, needed: float = 0.6, **more: object) -> Evaluation:
    """a-h are scored 10, 9 … 3 on item one, x-z 8, 7, 6; all 5 on item two, but for ``more``."""
    one = dict(zip([*URBAN, *RURAL], [*range(10, 2, -1), 8, 7, 6], strict=True))
    scores: dict[tuple[str, str], object] = {(a, "one"): v for a, v in one.items()} | {(a, "two"): 5 for a in one}
    scores |= {tuple(key.split("_")): v for key, v in more.items()}  # type: ignore[misc]
    return evaluation(scores, of=replace(rubric(ONE, TWO), needed=needed))


def of(table: pd.DataFrame, area: str, code: str) -> pd.Series:
    return table[table["area_code"].eq(area) & table["item_code"].eq(code)].iloc[0]


def test_the_gap_is_to_the_median_of_the_best_quarter_of_its_kind() -> None:
    found = gaps(ladder())
    h = of(found, "h", "one")  # two of eight urban ones are the best quarter: 10 and 9
    assert h[["points", "lost", "best", "to_gain", "comparable", "comparison", "order"]].tolist() == [3, 7, 9.5, 6.5, 8, "urban", 1]
    z = of(found, "z", "one")  # three rural ones are too few; of all eleven the best three have 10, 9, 8
    assert z[["best", "to_gain", "comparable", "comparison"]].tolist() == [9, 3, 11, "all"]
    assert of(found, "b", "one")["to_gain"] == 0.5 and not found[["area_code", "item_code"]].eq(["a", "one"]).all(axis=1).any()
    assert of(found, "h", "two")[["lost", "to_gain", "order"]].tolist() == [5, 0, 2]


def test_gains_are_points_of_the_total() -> None:
    """Without item two the total is 3 of 10 times 2; below the cap no more than the cap leaves can be gained."""
    h = of(gaps(ladder(h_two=NO, needed=0.5)), "h", "one")
    assert h["best"] == 9.5 and h["to_gain"] == 13
    scores = {(a, "one"): 9 for a in URBAN} | {("a", "one"): 10, ("b", "one"): 10} | {(a, "two"): 8 for a in URBAN}
    assert of(gaps(evaluation(scores, of=rubric(ONE, TWO, cap=17.4))), "h", "one")["to_gain"] == 0.4
    assert of(gaps(evaluation(scores)), "h", "one")["to_gain"] == 1


def test_what_was_not_scored_stands_last_and_what_does_not_apply_not_at_all() -> None:
    scores = {(a, c): 5 for a in URBAN for c in ("one", "two")} | {("a", "two"): 9}
    del scores["b", "one"]
    scores["c", "two"] = NO
    of_b = gaps(evaluation(scores)).query("area_code == 'b'")
    assert of_b["item_code"].tolist() == ["two", "one"] and of_b["note"].tolist() == ["too_little_scored", "unscored"]
    assert of_b["order"].iloc[0] == 1 and of_b[["to_gain", "order", "lost"]].iloc[1].isna().all()
    assert np.isnan(of_b["to_gain"].iloc[0])  # 10 of 20 points are too few for a total
    assert gaps(evaluation(scores)).query("area_code == 'c'")["item_code"].tolist() == ["one"]
    counted = gaps(evaluation(scores, of=rubric(item("one", missing="zero"), TWO)))
    assert of(counted, "b", "one")[["points", "lost", "note"]].tolist() == [0, 10, "counted_zero"]


def test_a_small_sample_behind_an_item_is_told_and_a_bonus_is_not_lost() -> None:
    made = ladder()
    made.items.loc[made.items["area_code"].eq("h") & made.items["item_code"].eq("one"), "note"] = "small_sample"
    found = gaps(made)
    assert found.loc[found["within_error"], ["area_code", "item_code", "note"]].values.tolist() == [["h", "one", "small_sample"]]
    bonus = Item("plus", "p", {}, 3, "rating", {"scale": 3}, {"district": 1.0}, "assessments", bonus=True, record="plus")
    assert set(gaps(evaluation({(a, "one"): 5 for a in URBAN} | {(a, "two"): 5 for a in URBAN}, of=rubric(ONE, TWO, bonus)))["item_code"]) == {"one", "two"}


def test_order_of_records_does_not_matter() -> None:
    scores = {(a, c): v for i, a in enumerate(URBAN) for c, v in (("one", 3.3 + i * 0.7), ("two", 9.1 - i * 0.3))}
    turned = dict(reversed(scores.items()))
    for table in (gaps, strengths):
        pd.testing.assert_frame_equal(table(evaluation(scores)), table(evaluation(turned)))


def test_strengths_are_above_the_mean_of_all() -> None:
    found = strengths(evaluation({("a", "one"): 8, ("a", "two"): 6, ("b", "one"): 6, ("b", "two"): 2}))
    assert found[["area_code", "item_code", "rate", "district_rate", "above", "order"]].values.tolist() == [
        ["a", "two", 0.6, 0.4, 0.2, 1], ["a", "one", 0.8, 0.7, 0.1, 2], ["b", "one", 0.6, 0.7, -0.1, 1], ["b", "two", 0.2, 0.4, -0.2, 2]]  # fmt: skip


def test_half_of_what_was_lost_makes_a_gap_repaired() -> None:
    cases = [(6, 8, "repaired"), (6, 10, "repaired"), (6, 7.9, "partly"), (6, 6, "not_repaired"), (6, 5, "worse"), (10, 10, "no_gap"), (10, 9, "worse"),
             (6, NO, "unscored"), (NO, 6, "unscored"), (9.3, 9.65, "repaired")]  # fmt: skip
    areas = [*URBAN, *RURAL][: len(cases)]
    first, second = (evaluation({(a, "one"): case[at] for a, case in zip(areas, cases, strict=True)} | {(a, "two"): 5 for a in areas}, wave=str(at + 1))
                     for at in (0, 1))  # fmt: skip
    found = compare_waves(first, second)
    assert found.loc[found["item_code"].eq("one"), "state"].tolist() == [state for _, _, state in cases]


def test_only_sources_that_scored_in_both_waves_are_compared() -> None:
    first = evaluation({("a", "one"): 6, ("a", "two"): {"self": 4, "district": 8}, ("b", "one"): 5})
    second = evaluation({("a", "one"): {"self": 10, "district": 7}, ("a", "two"): {"self": 8, "district": 8}, ("c", "one"): 5}, wave="2")
    found = compare_waves(first, second)
    assert found[["area_code", "item_code"]].values.tolist() == [["a", "one"], ["a", "two"]]  # b and c were assessed once
    columns = ["earlier_points", "later_points", "change", "lost_before", "repaired_share", "state", "sources", "note"]
    assert of(found, "a", "one")[columns].tolist() == [6, 7, 1, 4, 0.25, "partly", "district", "one_assessor;sources_in_common"]
    # (4 + 3 × 8) / 4 = 7, then (8 + 3 × 8) / 4 = 8
    assert of(found, "a", "two")[columns].tolist() == [7, 8, 1, 3, pytest.approx(1 / 3), "partly", "district;self", "one_assessor"]


def test_indicators_belong_to_the_year_and_have_no_waves() -> None:
    measured = Item("two", "p", {}, 10, "at_least", {"target": 1}, {"district": 1.0}, "usage_rate")
    one, two = (evaluation({("a", "one"): v}, wave=w, of=rubric(ONE, measured)) for v, w in ((5, "1"), (6, "2")))
    for made in (one, two):
        mine = made.points["item_code"].eq("two") & made.points["area_code"].eq("a")
        made.points.loc[mine, ["status", "share"]] = ["scored", 0.5]
    assert compare_waves(one, two)["item_code"].tolist() == ["one"]


def test_the_same_wave_twice_or_another_rubric_is_refused() -> None:
    first = evaluation({("a", "one"): 6})
    for other in (first, evaluation({("a", "one"): 6}, wave="2", of=replace(rubric(ONE, TWO), sha256="other"))):
        with pytest.raises(ArgumentError, match="2020"):
            compare_waves(first, other)
