"""Scores: a sheet worked by hand, what is refused and flagged, and what must hold of any data."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import area_tree, small_dataset

from fundanalytics import load_sample
from fundanalytics.data.dataset import Dataset
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.rubric import Rubric, load_rubric
from fundanalytics.measure.score_release import release_scores
from fundanalytics.measure.scores import Evaluation, evaluate

EXPECTED = Path(__file__).parent / "expected"
TREE = area_tree({"S1": ["c1", "c2", "c3"], "S2": [], "S3": []})


def sheet() -> pd.DataFrame:
    return pd.read_csv(EXPECTED / "scores_three_communities.csv", dtype={"assessor_code": "str"})


@pytest.fixture(scope="module")
def rubric() -> Rubric:
    return load_rubric(EXPECTED / "scores_three_communities.yaml")


def data(scores: pd.DataFrame, **tables: Any) -> Dataset:
    honours = [{"area_code": "c1", "period": "2020", "honour_level": "city", "title": "x"}]
    numbered = scores.assign(period="2020", wave="1", source_file="scores.csv", source_sheet="scores", source_row=np.arange(2, len(scores) + 2))
    return small_dataset(**({"areas": TREE, "honours": honours, "assessments": numbered} | tables))


def totals(evaluation: Evaluation, column: str = "total", level: str = "community") -> dict[str, Any]:
    rows = evaluation.totals[evaluation.totals["level"].eq(level)]
    return dict(zip(rows["area_code"], rows[column], strict=True))


def test_the_sheet_of_three_communities_comes_out_as_worked_by_hand(rubric):
    found = evaluate(data(sheet()), rubric, period="2020")
    items = found.items[found.items["level"].eq("community")].pivot(index="area_code", columns="item_code", values="points")
    assert items.loc["c1"].to_dict() == {"A1": 34.45, "A2": 15.0, "C1": 25.5, "C2": 7.0, "J": 1.0}
    assert items.loc["c2"].fillna(-1).to_dict() == {"A1": -1, "A2": 16.0, "C1": 30.0, "C2": 0.0, "J": 0.0}
    assert items.loc["c3"].fillna(-1).to_dict() == {"A1": 34.4, "A2": -1, "C1": 0.0, "C2": 10.0, "J": 0.0}
    assert totals(found) == {"c1": 82.95, "c2": 76.67, "c3": 55.5} and totals(found, "grade") == {"c1": "good", "c2": "fair", "c3": "poor"}
    assert totals(found, level="district") == {"D": 71.71} and totals(found, level="street")["S1"] == 71.71
    assert totals(found, "note") == {"c1": "", "c2": "rescaled;without_self", "c3": "unscored_items;without_peer"} | {"c2": totals(found, "note")["c2"]}
    assert "rescaled" in totals(found, "note")["c2"]


def test_every_point_leads_to_its_row(rubric):
    found = evaluate(data(sheet()), rubric, period="2020")
    given_scores = sheet()
    for row in found.records[found.records["source_row"].notna() & found.records["item_code"].ne("J")].itertuples():
        said = given_scores.iloc[row.source_row - 2]
        assert (said["area_code"], said["item_code"], said["assessor_code"]) == (row.area_code, row.item_code, row.assessor_code)
        assert said["value"] == row.value or (np.isnan(said["value"]) and np.isnan(row.value))


BAD = {
    "unknown_item": ({"area_code": "c1", "source": "district", "assessor_code": "D", "item_code": "Z9", "value": 50}, "Z9", "A1"),
    "above_maximum": ({"area_code": "c1", "source": "peer", "assessor_code": "S9", "item_code": "A1", "value": 100.5}, "100.5", "0–100"),
    "own_community": ({"area_code": "c1", "source": "peer", "assessor_code": "S1", "item_code": "A1", "value": 99}, "S1", ""),
    "not_own_community": ({"area_code": "c1", "source": "self", "assessor_code": "c2", "item_code": "A1", "value": 99}, "c2", ""),
    "source_not_asked": ({"area_code": "c1", "source": "peer", "assessor_code": "S2", "item_code": "A2", "value": 99}, "peer", ""),
    "two_scores": ({"area_code": "c1", "source": "peer", "assessor_code": "S3", "item_code": "A1", "value": 86}, "86", ""),
}


@pytest.mark.parametrize("code", BAD)
def test_what_cannot_be_scored_is_refused_with_its_row_and_the_others_are_scored(rubric, code):
    row, said, expected = BAD[code]
    before = evaluate(data(sheet()), rubric, period="2020")
    found = evaluate(data(pd.concat([sheet(), pd.DataFrame([row | {"status": "scored"}])], ignore_index=True)), rubric, period="2020")
    told = found.refused.iloc[-1]
    assert (told["code"], told["file"], told["row"], told["found"]) == (code, "scores.csv", 18, said) and expected in told["expected"]
    assert {k: v for k, v in totals(found).items() if k != "c1"} == {k: v for k, v in totals(before).items() if k != "c1"}
    assert (totals(found)["c1"] == totals(before)["c1"]) is (code != "two_scores")
    if code == "two_scores":  # neither counts: 80 alone is left of the peers
        assert len(found.refused) == 2 and totals(found)["c1"] == pytest.approx(82.95 - 0.25 * 40 * 0.025, abs=0.0051)


def test_an_item_nobody_scored_and_a_part_that_does_not_apply_are_told(rubric):
    scores = sheet()
    part = scores["area_code"].eq("c1") & scores["item_code"].isin(["C1", "C2"])
    scores.loc[part, ["value", "status"]] = [np.nan, "not_applicable"]
    found = evaluate(data(scores), rubric, period="2020")
    assert totals(found)["c1"] == round((34.45 + 15) / 60 * 100 + 1, 2) and "rescaled" in totals(found, "note")["c1"]
    assert found.parts.query("area_code == 'c1' and part == 'performance'")["maximum"].tolist() == [0.0]
    scores.loc[scores["area_code"].eq("c1"), ["value", "status"]] = [np.nan, "not_applicable"]
    found = evaluate(data(scores), rubric, period="2020")
    assert np.isnan(totals(found)["c1"]) and totals(found, "note")["c1"].startswith("nothing_applicable")
    assert totals(found)["c2"] == 76.67 and totals(found, "note", "street")["S1"] == "some_without_total" and totals(found, "note", "street")["S2"] == "no_data"


@pytest.mark.parametrize("missing", ["others", "zero"])
def test_only_the_deciding_source_takes_an_item_out(rubric, missing):
    """c1 says of itself that A1 does not apply and nobody else says anything: that is no score, and 0 where evidence is owed."""
    items = tuple(dataclasses.replace(i, missing=missing) if i.code == "A1" else i for i in rubric.items)
    scores = sheet()
    scores = scores[~(scores["area_code"].eq("c1") & scores["item_code"].eq("A1") & scores["source"].ne("self"))]
    scores.loc[scores["area_code"].eq("c1") & scores["source"].eq("self"), ["value", "status"]] = [np.nan, "not_applicable"]
    found = evaluate(data(scores), dataclasses.replace(rubric, items=items), period="2020")
    row = found.items.query("area_code == 'c1' and item_code == 'A1'").iloc[0]
    assert row["status"] == ("zero" if missing == "zero" else "missing") and "rescaled" not in totals(found, "note")["c1"]
    assert totals(found)["c1"] == (48.5 if missing == "zero" else round(47.5 / 60 * 100 + 1, 2))


def test_what_does_not_apply_is_not_scored_and_too_much_of_it_leaves_no_total(rubric):
    scores = sheet()
    scores.loc[scores["area_code"].eq("c1") & scores["source"].eq("district") & scores["item_code"].isin(["A1", "A2"]), ["value", "status"]] = [
        np.nan, "not_applicable"]  # fmt: skip
    assert np.isnan(totals(evaluate(data(scores), rubric, period="2020"))["c1"])  # 40 of 100 points, 50 are needed
    assert totals(evaluate(data(scores), dataclasses.replace(rubric, needed=0.4), period="2020"))["c1"] == 82.25


def test_where_missing_evidence_counts_nothing_each_missing_source_takes_its_weight(rubric):
    """c3 without a peer: .25 x 100 + .5 x 79 = 64.5 % of 40."""
    items = tuple(dataclasses.replace(i, missing="zero") if i.code == "A1" else i for i in rubric.items)
    found = evaluate(data(sheet()), dataclasses.replace(rubric, items=items), period="2020")
    row = found.items.query("area_code == 'c3' and item_code == 'A1'").iloc[0]
    assert (row["points"], row["status"]) == (25.8, "scored")


def test_scores_under_the_codes_of_joined_communities_are_averaged_and_told(rubric):
    """c1 was x1 and x2 until the middle of the year; the district gave A1 80 and 90 to them."""
    rows = [{"area_code": x, "source": "district", "assessor_code": "D", "item_code": i, "value": v, "status": "scored"}
            for x, v in (("x1", 80), ("x2", 90)) for i in ("A1", "A2")]  # fmt: skip
    old = [{"area_code": x, "area_name": x, "level": "community", "parent_code": "S1", "valid_to": "2020-06-30"} for x in ("x1", "x2")]
    link = [{"old_code": x, "new_code": "c1", "share": 1.0, "effective_from": "2020-07-01"} for x in ("x1", "x2")]
    scores = pd.concat([sheet().query("area_code != 'c1'"), pd.DataFrame(rows)], ignore_index=True)
    found = evaluate(data(scores, areas=[*TREE, *old], crosswalk=link), rubric, period="2020")
    got = found.items.query("level == 'community' and area_code == 'c1'").set_index("item_code")["points"]
    assert found.refused.empty and (got["A1"], got["A2"]) == (34.0, 17.0) and "joined_areas" in totals(found, "note")["c1"]


def test_less_than_the_needed_share_gives_no_total(rubric):
    scores = sheet()
    scores = scores[~(scores["area_code"].eq("c3") & scores["item_code"].isin(["A1"]))]
    found = evaluate(data(scores), rubric, period="2020")  # 40 of 100 points, 50 are needed
    assert totals(evaluate(data(scores), dataclasses.replace(rubric, needed=0.4), period="2020"))["c3"] == 25.0
    assert np.isnan(totals(found)["c3"]) and "too_little_scored" in totals(found, "note")["c3"] and totals(found, "grade")["c3"] == ""


def test_ninety_is_excellent_however_it_is_held(rubric):
    """89.995 rounds to 90.00, is shown as 90.00 and graded as 90.00."""
    items = tuple(dataclasses.replace(i, scoring="rating", options={"scale": 100}, missing="others") for i in rubric.items if not i.bonus)
    one = {"area_code": "c1", "source": "district", "assessor_code": "D", "value": 89.995, "status": "scored"}
    scores = pd.DataFrame([one | {"item_code": i.code} for i in items])
    found = evaluate(data(scores), dataclasses.replace(rubric, items=items), period="2020")
    got = found.items[found.items["area_code"].eq("c1")].set_index("item_code")["points"].to_dict()
    assert got == {"A1": 36.0, "A2": 18.0, "C1": 27.0, "C2": 9.0} and totals(found)["c1"] == 90.0 and totals(found, "grade")["c1"] == "excellent"


def test_a_half_is_rounded_up_as_on_paper(rubric):
    """40 x 86.2625 % = 34.505, of which binary fractions hold less."""
    scores = sheet().query("area_code == 'c1' and source == 'district'").assign(value=lambda t: t["value"].mask(t["item_code"].eq("A1"), 86.2625))
    found = evaluate(data(scores), rubric, period="2020")
    assert found.items.query("area_code == 'c1' and item_code == 'A1'")["points"].item() == 34.51


def test_a_target_is_the_areas_own_else_its_streets_else_its_districts_else_the_rubrics(rubric):
    item = dataclasses.replace(rubric.item("A2"), scoring="at_least", options={"target": 50})
    only = dataclasses.replace(rubric, items=(item,), needed=0.1)
    one = {"source": "district", "assessor_code": "D", "item_code": "A2", "value": 30, "status": "scored"}
    scores = pd.DataFrame([one | {"area_code": c} for c in ("c1", "c2", "d1")])
    tree = area_tree({"S1": ["c1", "c2"], "S2": ["d1"]})
    said = (("c1", "le", 60), ("S1", "ge", 40), ("D", "ge", 30))
    aims = [{"area_code": a, "period": "2020", "item_code": "A2", "operator": o, "target": t} for a, o, t in said]
    shares = [evaluate(data(scores, areas=tree, targets=aims[n:]), only, period="2020").points["share"].tolist() for n in range(4)]
    assert shares == [[1.0, 0.75, 1.0], [0.75, 0.75, 1.0], [1.0, 1.0, 1.0], [0.6, 0.6, 0.6]]


def test_projects_are_scored_by_the_sheet_of_their_class_and_a_year_without_judges_is_refused():
    found = evaluate(load_sample(), "project_classes", period="2020")
    kinds = found.subjects.set_index("project_id")["work_class"]
    per = found.items[found.items["level"].eq("project")].groupby("project_id")["item_code"].agg(set)
    sheets = {"works": {"W1", "W2", "W3"}, "service": {"C1", "C2", "C3"}, "goods": {"C1", "C2", "C3"}, "self_help": {"H1", "H2", "H3"}}
    assert len(per) == 42 and all(per[project] == sheets[kind] for project, kind in kinds.items())
    first = per.index[0]
    means = found.records[found.records["project_id"].eq(first)].groupby("item_code")["value"].mean()
    points = {i.code: i.points for i in found.rubric.items}
    by_hand = sum(np.floor(value * points[code] + 0.5 + 1e-9) / 100 for code, value in means.items())
    assert found.totals.set_index("project_id").loc[first, "total"] == pytest.approx(by_hand, abs=1e-9)
    assert found.refused["code"].eq("no_class").all() and found.refused["area_code"].nunique() > 1
    with pytest.raises(ArgumentError, match="2020"):
        evaluate(load_sample(), "project_classes", period="2018")


def test_one_community_alone_and_all_alike(rubric):
    one = sheet().query("area_code == 'c1'")
    assert totals(evaluate(data(one, areas=area_tree({"S1": ["c1"]})), rubric, period="2020")) == {"c1": 82.95}
    alike = pd.concat([one.assign(area_code=c, assessor_code=one["assessor_code"].replace({"c1": c})) for c in ("c1", "c2", "c3")], ignore_index=True)
    assert set(totals(evaluate(data(alike, honours=[]), rubric, period="2020")).values()) == {81.95}


@pytest.mark.parametrize(("options", "code"), [({"period": "2018-2020"}, "one_year"), ({"period": "2031"}, "no_data_for_period"),
                                               ({"period": "2020", "wave": "7"}, "unknown_option")])  # fmt: skip
def test_a_wrong_call_is_told(rubric, options, code):
    with pytest.raises(ArgumentError) as raised:
        evaluate(data(sheet()), rubric, **options)
    assert raised.value.code == code


def test_a_rubric_of_other_years_is_refused(rubric):
    with pytest.raises(ArgumentError, match="2021"):
        evaluate(data(sheet()), dataclasses.replace(rubric, years=("2021",)), period="2020")


values = st.integers(0, 1000).map(lambda v: v / 10)


@settings(max_examples=10, deadline=None)
@given(st.lists(values, min_size=12, max_size=12), st.integers(0, 9), values, st.permutations(["c1", "c2", "c3"]))
def test_scores_stay_in_bounds_and_raising_one_never_lowers_the_total(rubric, numbers, at, up, order):
    scored = sheet().query("status == 'scored' and item_code in ['A1', 'A2', 'C2']").reset_index(drop=True)
    scored = scored.assign(value=numbers[: len(scored)])
    first = evaluate(data(scored), rubric, period="2020")
    points = first.points.dropna(subset=["points"])
    assert points["share"].between(0, 1).all() and (points["points"] <= points["maximum"]).all()
    raised = scored.assign(value=scored["value"].where(scored.index != at, np.maximum(scored["value"], up)))
    after = totals(evaluate(data(raised), rubric, period="2020"))
    assert all(after[c] >= total or np.isnan(total) for c, total in totals(first).items())
    mixed = data(scored.sample(frac=1, random_state=1).reset_index(drop=True), areas=area_tree({"S1": order, "S2": [], "S3": []}))
    shuffled = totals(evaluate(mixed, rubric, period="2020"))
    assert shuffled == pytest.approx(totals(first), nan_ok=True)


@pytest.mark.parametrize(("source", "who"), [("peer", "c1"), ("peer", "c2"), ("peer", "name S1"), ("peer", " S1"), ("district", "c1"), ("district", "S1")])
def test_nobody_of_the_own_street_scores_in_another_name(rubric, source, who):
    row = {"area_code": "c1", "source": source, "assessor_code": who, "item_code": "A1", "value": 100, "status": "scored"}
    found = evaluate(data(pd.concat([sheet(), pd.DataFrame([row])], ignore_index=True)), rubric, period="2020")
    assert found.refused["code"].tolist() == ["own_community"] and totals(found)["c1"] == 82.95


@pytest.mark.parametrize("who", ["S9", "13800000000", "street 1", ""])
def test_a_peer_that_is_no_area_is_told_for_it_may_have_scored_its_own(rubric, who):
    """S9 stands second in the list: not only the first record of an item is looked at."""
    row = {"area_code": "c1", "source": "peer", "assessor_code": who, "item_code": "A1", "value": 82, "status": "scored"}
    found = evaluate(data(pd.concat([sheet(), pd.DataFrame([row])], ignore_index=True)), rubric, period="2020")
    told = found.records[found.records["note"].eq("unknown_assessor")]
    assert told["source_row"].tolist() == [18] and found.refused.empty
    assert [code for code, note in totals(found, "note").items() if "unknown_assessor" in note] == ["c1"] and totals(found, "quality")["c1"] == 2


def test_what_is_scored_by_levels_says_which_it_reached(rubric):
    """Of 40 points: 34.45, 34.4 and none; of 20 by levels 15, 16 and none."""
    by_level = dataclasses.replace(rubric.item("A2"), scoring="levels")
    found = evaluate(data(sheet()), dataclasses.replace(rubric, items=tuple(by_level if i.code == "A2" else i for i in rubric.items)), period="2020")
    told = found.items.query("item_code == 'A2'").set_index("area_code")[["points", "attained"]]
    assert told.loc[["c1", "c2", "c3"], "attained"].tolist() == ["partly", "met", ""] and told.loc[["c1", "c2"], "points"].tolist() == [15, 16]
    assert found.items.query("item_code != 'A2' or level != 'community'")["attained"].eq("").all()


def test_a_source_that_left_most_of_its_items_open_is_told(rubric):
    """The district's own items of c1 are 40 + 20 + 30 + 10 points; with the last alone it has scored 10 of 100."""
    scores = sheet()
    gone = scores["area_code"].eq("c1") & scores["source"].eq("district") & scores["item_code"].ne("C2")
    assert "without_district" in totals(evaluate(data(scores[~gone]), rubric, period="2020"), "note")["c1"]


def test_a_register_without_a_row_of_the_year_was_not_kept(rubric):
    item = dataclasses.replace(rubric.item("C1"), value="rectifications")
    used = dataclasses.replace(rubric, items=tuple(item if i.code == "C1" else i for i in rubric.items))
    problem = {"area_code": "c1", "problem": "x", "found_on": "2020-05-01"}
    kept, not_kept = (evaluate(data(sheet(), rectifications=[problem | {"found_on": day}]), used, period="2020") for day in ("2020-05-01", "2019-05-01"))
    assert kept.items.query("level == 'community' and item_code == 'C1'")["points"].tolist() == [28.5, 30.0, 30.0]
    assert not_kept.items.query("level == 'community' and item_code == 'C1'")["points"].isna().all()


@pytest.mark.parametrize(("names", "last"), [(["2", "10"], "10"), (["第二阶段", "第三阶段"], "第三阶段"), (["第九轮", "第十一轮"], "第十一轮")])
def test_the_last_wave_is_the_last_by_number(rubric, names, last):
    waves = data(pd.concat([sheet().assign(w=name) for name in names], ignore_index=True))
    waves.tables["assessments"]["wave"] = waves.tables["assessments"].pop("w")
    assert evaluate(waves, rubric, period="2020").wave == last


def test_waves_without_a_known_order_must_be_named(rubric):
    waves = data(sheet().assign(w=["before", "after"] * 8))
    waves.tables["assessments"]["wave"] = waves.tables["assessments"].pop("w")
    with pytest.raises(ArgumentError, match="after, before"):
        evaluate(waves, rubric, period="2020")
    assert evaluate(waves, rubric, period="2020", wave="before").wave == "before"


# --- the sample --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample() -> Evaluation:
    return evaluate(load_sample(), period="2020")


def test_two_runs_give_the_same_tables(sample):
    again = evaluate(load_sample(), period="2020")
    for name in ("records", "points", "items", "parts", "totals", "refused"):
        pd.testing.assert_frame_equal(pd.DataFrame(getattr(again, name)), pd.DataFrame(getattr(sample, name)), check_exact=True)


def test_totals_of_the_sample_follow_from_what_is_shown(sample):
    """Items add up to parts, parts to points, points (rescaled) and bonus to totals, and the district is the mean of its communities."""
    shown = sample.totals[sample.totals["level"].eq("community")].set_index("area_code")
    parts = sample.parts[sample.parts["level"].eq("community")].groupby("area_code")["points"].sum().round(2)
    middle, whole = (sample.parts[sample.parts["level"].eq(level)].groupby("part")["points"].mean().round(2) for level in ("community", "district"))
    assert middle.to_dict() == whole.to_dict()
    assert (parts == shown["points"]).all() and len(shown) == 90 and shown["total"].notna().all()
    rescaled = shown["note"].str.contains("rescaled")
    assert rescaled.any() and (shown.loc[~rescaled, "total"] == (shown["points"] + shown["bonus"]).clip(upper=100).round(2)[~rescaled]).all()
    assert sample.totals.query("level == 'district'")["total"].item() == round(shown["total"].mean(), 2)
    assert sample.origin == "synthetic" and sample.refused.empty and sample.totals["period"].eq("2020").all()


def test_a_wave_of_the_pilots_scores_only_them(sample):
    """Half-way only the district had scored the pilots: 77 communities have nothing but their indicators, which is too little for a total."""
    first = evaluate(load_sample(), period="2020", wave="1")
    done = first.totals[first.totals["level"].eq("community") & first.totals["total"].notna()]
    assert len(done) == 13 and done["note"].str.contains("without_self").all() and done["note"].str.contains("without_peer").all()


def test_points_that_give_a_hidden_count_back_are_hidden_with_what_only_assessors_know(sample):
    table = pd.DataFrame([{"indicator": "awareness_rate", "basis": "aware", "level": "community", "area_code": "999901001010", "note": "suppressed"}])
    found = release_scores(sample, table=table)
    gone = found.items[found.items["note"].eq("suppressed")]
    assert set(zip(gone["area_code"], gone["item_code"], strict=True)) == {(a, i) for a in ("999901001010", "999901001", "999901") for i in ("S2", "P1")}
    sums = found.parts[found.parts["note"].eq("suppressed")]
    assert set(zip(sums["area_code"], sums["part"], strict=True)) == {(a, p) for a in set(gone["area_code"]) for p in ("survey", "performance")}
    assert sums["points"].isna().all() and found.totals.equals(sample.totals)
    assert gone["points"].isna().all() and found.points.query("note == 'suppressed'")[["value", "share", "points", "n"]].isna().all(axis=None)
    assert found.records.query("note == 'suppressed'")[["value", "n"]].isna().all(axis=None)  # of a share of people n may be the count itself
    assert release_scores(sample, "internal", table=table).items["points"].equals(sample.items["points"])
    assert release_scores(sample, table=table).items.attrs["audience"] == "public"


def test_an_item_of_a_formula_is_hidden_with_the_indicators_in_it(sample):
    table = pd.DataFrame([{"indicator": "awareness_rate", "basis": "aware", "level": "community", "area_code": "999901001010", "note": "suppressed"}])
    items = tuple(dataclasses.replace(i, value="formula", scoring="formula", options={"expression": "min(1, awareness_rate / 0.75)"}) if i.code == "S2" else i
                  for i in sample.rubric.items)  # fmt: skip
    found = release_scores(evaluate(load_sample(), dataclasses.replace(sample.rubric, items=items), period="2020"), table=table)
    assert set(found.items.loc[found.items["note"].eq("suppressed"), "item_code"]) == {"S2", "P1"}


def test_a_source_that_only_computes_is_not_heard_as_a_judge():
    ds = load_sample()
    rows = ds.assessments[~(ds.assessments["source"].eq("district") & ds.assessments["area_code"].eq("999901001010"))]
    found = evaluate(dataclasses.replace(ds, tables=ds.tables | {"assessments": rows}), period="2020")
    assert "without_district" in totals(found, "note")["999901001010"] and found.totals["note"].str.contains("without_district").sum() == 1


def test_a_computed_value_that_an_item_cannot_have_is_refused_with_its_value(sample):
    items = tuple(dataclasses.replace(i, value="formula", scoring="formula", options={"expression": "usage_rate:paid/arrived * 1.05"}) if i.code == "R1" else i
                  for i in sample.rubric.items)  # fmt: skip
    found = evaluate(load_sample(), dataclasses.replace(sample.rubric, items=items), period="2020")
    blank = found.points.query("item_code == 'R1' and status == 'missing'")
    assert len(blank) == len(found.refused) > 0 and set(found.refused["code"]) == set(blank["note"]) == {"above_maximum"}
    assert found.refused["found"].astype("float64").gt(1).all()


def test_a_target_in_another_unit_is_refused_and_the_next_one_holds():
    ds = load_sample()
    targets = ds.targets.assign(target=ds.targets["target"].mask(ds.targets["item_code"].eq("awareness_rate"), 75.0))
    found = evaluate(dataclasses.replace(ds, tables=ds.tables | {"targets": targets}), period="2020")
    assert found.refused[["code", "item_code", "found", "expected"]].values.tolist() == [["above_maximum", "awareness_rate", "75", "0–1"]]
    assert set(found.points.query("item_code == 'S2'")["target"]) == {0.75}  # the rubric's
