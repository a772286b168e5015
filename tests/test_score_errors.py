"""Errors of scores: covariances as R has them, assessors as the analysis of variance has them, and what the rubric makes of both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small import area_tree, small_dataset

from fundanalytics import load_sample
from fundanalytics.data.dataset import Dataset
from fundanalytics.measure import survey
from fundanalytics.measure.design import domains_of
from fundanalytics.measure.estimates import linear, reach
from fundanalytics.measure.indicators import awareness_rate, satisfaction_rate, satisfaction_score
from fundanalytics.measure.raters import assessor_agreement, icc_one_way
from fundanalytics.measure.request import request
from fundanalytics.measure.rubric import Item, Part, Rubric, load_rubric
from fundanalytics.measure.score_errors import ScoreErrors, score_errors
from fundanalytics.measure.scores import evaluate
from fundanalytics.measure.survey_covariance import Joint, covariance, joint

EXPECTED = Path(__file__).parent / "expected"
REFERENCE = pd.read_csv(EXPECTED / "covariance_r_survey.csv", comment="#")
RATE, KNOWN, SCORE = ("satisfaction_rate", "satisfied"), ("awareness_rate", "aware"), ("satisfaction_score", "level_x20")
TREE = area_tree({"S1": ["a", "b"], "S2": ["c"], "S3": ["d"]})
MANY = 40_000


@pytest.fixture(scope="module")
def district() -> Dataset:
    return load_sample()


@pytest.fixture(scope="module")
def sample(district: Dataset) -> ScoreErrors:
    return score_errors(evaluate(district, period="2020"))


# --- covariance of survey estimates ------------------------------------------------------------------------------------
def schools(name: str) -> tuple[pd.DataFrame, survey.Design]:
    roles = {"strat": {"strata": "stype", "clusters": "snum", "stratum_size": "fpc", "weights": "pw", "whole_clusters": True},
             "clus1": {"clusters": "dnum", "weights": "pw"},
             "halves": {"strata": "half", "clusters": "dnum", "weights": "half_pw", "stratum_size": "half_size", "cluster_size": "fpc2"}}  # fmt: skip
    data = pd.read_csv(EXPECTED / f"api{name.replace('halves', 'clus2')}_r_survey.csv", comment="#")
    return data, survey.survey_design(data, **roles[name])


@pytest.mark.parametrize("name", ["strat", "clus1", "halves"])
def test_covariances_of_a_domain_are_those_of_r(name: str) -> None:
    data, design = schools(name)
    domains = domains_of(design, None, None, "stype")
    values = [data["awards"].eq("Yes"), data["sch.wide"].eq("Yes"), data["api00"]]
    found = [linear(design, y.to_numpy(dtype="float64"), np.ones(len(y)), domains) for y in values]
    rows = REFERENCE[REFERENCE["design"] == name]
    expected = rows["covariance"].to_numpy().reshape(3, 3, 3)  # domains E, H, M in order
    np.testing.assert_allclose(covariance(design, found), expected, rtol=1e-8)
    np.testing.assert_array_equal(reach(design, domains.codes, 3)[0], rows.groupby("domain")["df"].first())


def together(dataset: Dataset, *keys: tuple[str, str]) -> Joint:
    return joint(request(dataset, by="community", period="2020", subset=None, as_of=None, confidence=0.95, subsets=()), keys)


def drawn(found: Joint, count: int = MANY) -> np.ndarray:
    return found.draw(np.random.default_rng(1).standard_normal((count, *found.centre.shape)))


def asked(area: str, *clusters: list[int], **columns: Any) -> list[dict[str, Any]]:
    """One list of levels per cluster; those of 4 and 5 know of the fund."""
    own = {"area_code": area, "period": "2020", "wave": "1"}
    return [own | {"cluster": f"{area}{k}", "satisfaction": x, "aware": x > 3} | columns for k, levels in enumerate(clusters) for x in levels]


MIXED = ([5, 4, 3, 2, 5, 4], [3, 3, 2, 5, 4, 4], [5, 5, 4, 4, 5, 1], [2, 3, 4, 5, 4, 3])


def test_draws_vary_as_the_estimates_do_and_together(district: Dataset) -> None:
    found = together(district, RATE, KNOWN, SCORE)
    made = [f(district, by="community", period="2020") for f in (satisfaction_rate, awareness_rate, satisfaction_score)]
    np.testing.assert_allclose(found.value, np.column_stack([m["value"] for m in made]), rtol=1e-12)
    room = found.centre * (1 - found.centre)
    share = made[0]
    np.testing.assert_allclose((found.spread * room)[:, 0], np.sqrt(share["value"] * (1 - share["value"]) / share["n_eff"]), rtol=1e-9)
    odds = np.log((x := (drawn(found, 8000) - found.ends[0]) / (found.ends[1] - found.ends[0])) / (1 - x))
    np.testing.assert_allclose(odds.std(axis=0), found.spread, rtol=0.05)
    correlation = found.root @ found.root.transpose(0, 2, 1)
    assert 0.6 < np.median(correlation[:, 0, 2]) < 1  # the satisfied give high scores
    for i in (0, 40, 89):
        np.testing.assert_allclose(np.corrcoef(odds[:, i].T), correlation[i], atol=0.04)


def test_answers_that_do_not_vary_are_drawn_as_their_exact_limits_have_it() -> None:
    data = small_dataset(areas=TREE, responses=asked("a", [5] * 6, [5] * 6, [5] * 6) + asked("b", *MIXED) + asked("c", [4] * 6, [4] * 6, [4] * 6))
    found = together(data, RATE, SCORE)
    assert found.note.tolist() == ["no_variation", "", "no_variation", ""] and found.df[:2].tolist() == [2, 3]
    limits = satisfaction_rate(data, by="community", period="2020").set_index("area_code").loc["a"]
    x = drawn(found)
    assert np.quantile(x[:, 0, 0], 0.025) == pytest.approx(limits["lower"], abs=0.01) and limits["upper"] == 1
    assert np.ptp(x[:, 0, 1]) > 1 and x[:, 0].max() <= 100
    assert x[:, 2, 1].std() > 5  # all gave 4: how far the others might be is not seen, so it is taken as far


def test_where_everybody_was_asked_nothing_varies() -> None:
    rows = asked("a", [5, 4, 2, 1], [3, 4, 4, 5], stratum_size=2, cluster_size=4) + asked("b", *MIXED, stratum_size=9, cluster_size=60)
    found = together(small_dataset(areas=TREE, responses=rows), RATE, SCORE)
    x = drawn(found, 50)
    np.testing.assert_allclose(x[:, 0], np.broadcast_to(found.value[0], (50, 2)), rtol=1e-14)
    assert np.isnan(found.df[0]) and x[:, 1].std() > 0


@pytest.mark.parametrize("others", [MIXED, ([5, 5, 4, 5, 3, 4], [3, 2, 4, 1, 3, 2], [4, 4, 5, 2, 4, 5], [2, 4, 3, 1, 2, 3])])
def test_one_cluster_has_the_design_effect_of_the_others_or_more(others: tuple[list[int], ...]) -> None:
    """Six levels of one cluster: mean 10/3, mean square about it 20/9; of the others' effect, the part below 1 is not taken."""
    rows = asked("a", [5, 4, 3, 2, 1, 5]) + asked("b", *others) + asked("c", *others)
    found = together(small_dataset(areas=TREE, responses=rows), SCORE)
    levels = np.array(others, dtype=float)
    between = ((levels.mean(axis=1) - levels.mean()) ** 2).sum() / 3 / 4
    effect = between / (((levels - levels.mean()) ** 2).mean() / 24)
    assert found.note[0] == "one_cluster" and found.df[0] == 3 and (effect > 1) == (others is not MIXED)
    room = (10 / 3 - 1) * (5 - 10 / 3)  # on levels 1-5
    assert found.spread[0, 0] * room / 4 == pytest.approx((20 / 9 / 6 * max(effect, 1)) ** 0.5)


def test_counts_are_a_simple_sample_of_answers() -> None:
    levels = [5] * 9 + [4] * 14 + [3] * 4 + [1] * 3
    tallies = [{"area_code": "a", "period": "2020", "item": "satisfaction", "level": x, "count": levels.count(x)} for x in (1, 3, 4, 5)]
    counted = together(small_dataset(areas=TREE, responses=asked("b", *MIXED, weight=2.5), response_counts=tallies), RATE, SCORE)
    told = [{"area_code": "a", "period": "2020", "satisfaction": x} for x in levels]
    answered = together(small_dataset(areas=TREE, responses=told), RATE, SCORE)
    for name in ("centre", "spread", "root", "df"):
        np.testing.assert_allclose(getattr(counted, name)[0], getattr(answered, name)[0], rtol=1e-12)
    assert (answered.spread[0, 1] * np.prod([answered.centre[0, 1], 1 - answered.centre[0, 1], 80])) == pytest.approx(20 * np.std(levels, ddof=1) / 30**0.5)


# --- assessors -------------------------------------------------------------------------------------------------------------
def item(code: str, points: float, scoring: str = "rating", value: str = "assessments", sources: dict[str, float] | None = None, **options: Any) -> Item:
    whole = {"scale": 100} | options if scoring == "rating" else options
    return Item(code, "p", {}, points, scoring, whole, sources or {"peer": 0.5, "district": 0.5}, value, record=code)


def rubric(*items: Item, **changes: Any) -> Rubric:
    whole = sum(i.points for i in items)
    return replace(load_rubric(), items=items, parts=(Part("p", {}, whole),), maximum=whole, cap=whole, needed=0.0, **changes)


def given(source: str, assessor: str, area: str, **scores: float | None) -> list[dict[str, Any]]:
    own = {"area_code": area, "period": "2020", "wave": "1", "source": source, "assessor_code": assessor}
    return [own | {"item_code": code, "value": x, "status": "not_applicable" if x is None else "scored"} for code, x in scores.items()]


def errors(used: Rubric, **tables: Any) -> ScoreErrors:
    return score_errors(evaluate(small_dataset(areas=TREE, **tables), used, period="2020"))


TWO = rubric(item("A", 6), item("B", 4))
PEERS = [*given("peer", "S2", "a", A=80, B=60), *given("peer", "S3", "a", A=90, B=80), *given("peer", "S2", "b", A=70, B=70),
         *given("peer", "S3", "b", A=80, B=75), *given("peer", "S1", "c", A=60, B=95)]  # fmt: skip
OFFICE = [r for area in "abc" for r in given("district", "D", area, A=70, B=70)]


def test_assessors_differ_as_worked_by_hand() -> None:
    """Weighted means: a .72 and .86, b .70 and .78; squares .0098 + .0032 on 2 df: .0065. The peers hold 5 of 10 points."""
    found = errors(TWO, assessments=PEERS + OFFICE)
    row = found.frame.set_index("area_code")
    np.testing.assert_allclose(row["se_assessors"], [(25 * 0.0065 / 2) ** 0.5, (25 * 0.0065 / 2) ** 0.5, (25 * 0.0065) ** 0.5, np.nan])
    assert row["df"].dropna().tolist() == pytest.approx([2, 2, 2]) and row["note"].iloc[:3].tolist() == ["", "", "one_assessor"]
    assert found.sources == {"peer": "assessors", "district": "none"} and (row["se_survey"].iloc[:3] == 0).all()


def test_what_is_left_out_makes_the_rest_count_more() -> None:
    """Without the district the peers hold all 10 points of b; where B does not apply, 5 points stand on A alone, 6 made 10."""
    rows = [r for r in PEERS + OFFICE if (r["area_code"], r["source"]) != ("b", "district")]
    rows = [r | {"value": None, "status": "not_applicable"} if r["area_code"] == "c" and r["item_code"] == "B" else r for r in rows]
    se = errors(TWO, assessments=rows).frame["se_assessors"]
    assert se[1] / se[0] == pytest.approx(2) and se[2] / se[0] == pytest.approx(2**0.5)


def test_the_pooled_variance_is_the_residual_of_an_analysis_of_variance() -> None:
    from statsmodels.formula.api import ols

    rng = np.random.default_rng(5)
    teams = {"a": ["S2", "S3", "S4"], "b": ["S2", "S5"], "c": ["S1", "S3", "S4", "S5"], "d": ["S1", "S2"]}
    rows = [r for area, team in teams.items() for s in team for r in given("peer", s, area, A=rng.uniform(50, 99), B=rng.uniform(50, 99))]
    wide = pd.DataFrame(rows).pivot(index=["area_code", "assessor_code"], columns="item_code", values="value").reset_index()
    fit = ols("total ~ C(area_code)", data=wide.assign(total=0.06 * wide["A"] + 0.04 * wide["B"])).fit()
    found = errors(TWO, assessments=rows).frame
    np.testing.assert_allclose(found["se_assessors"], np.sqrt(fit.mse_resid / np.array([3, 2, 4, 2])), rtol=1e-10)
    assert found["df"].tolist() == pytest.approx([fit.df_resid] * 4)


def test_an_item_that_one_assessor_left_out_does_no_harm() -> None:
    """All give A 90 and B 50; S3 is silent on B: still nobody differs."""
    rows = [r for area in "ab" for s in ("S2", "S3") for r in given("peer", s, area, A=90, B=50) if (s, area, r["item_code"]) != ("S3", "a", "B")]
    found = errors(TWO, assessments=rows).frame
    assert (found["se_assessors"].dropna() < 1e-12).all() and found["note"].iloc[0] == ""


def test_a_known_disagreement_is_recovered() -> None:
    rng = np.random.default_rng(8)
    codes = [f"a{i:03}" for i in range(500)]
    true = rng.normal(70, 6, 500)
    rows = [
        r for code, t in zip(codes, true, strict=True) for s in ("S2", "S3") for r in given("peer", s, code, A=t + rng.normal(0, 5), B=t + rng.normal(0, 5))
    ]
    data = small_dataset(areas=area_tree({"S1": codes}), assessments=rows)
    found = score_errors(evaluate(data, TWO, period="2020")).frame
    known = np.hypot(0.06 * 5, 0.04 * 5) / 2**0.5
    np.testing.assert_allclose(found["se"], known, rtol=0.06)  # a variance on 500 df is known to 6 %


def test_judges_of_projects_differ_as_worked_by_hand() -> None:
    """Judges give 60 and 80, 90 and 90 of 100 for 10 points: .02/2 a mean of two."""
    used = rubric(item("A", 10, value="panel_scores", sources={"panel": 1.0}), unit="project")
    projects = [{"project_id": p, "area_code": "a", "period": "2020", "work_class": "works"} for p in ("p1", "p2")]
    scores = [
        {"project_id": p, "judge": j, "item_code": "A", "score": x} for p, j, x in (("p1", "J1", 60), ("p1", "J2", 80), ("p2", "J1", 90), ("p2", "J3", 90))
    ]
    found = errors(used, projects=projects, panel_scores=scores)
    assert found.frame["project_id"].tolist() == ["p1", "p2"] and found.frame["df"].tolist() == [2, 2]
    np.testing.assert_allclose(found.frame["se"], 10 * (0.02 / 2 / 2) ** 0.5)
    x = found.draw(500, seed=1)
    assert x.shape == (500, 2) and x.max() == 10 and x[:, 0].max() < 10  # p2 stands at 9 of 10 and cannot have more


# --- the survey, through the rubric ------------------------------------------------------------------------------------
def told(code: str, points: float, of: tuple[str, str] = RATE, target: float = 0.9, scoring: str = "at_least", **options: Any) -> Item:
    return item(code, points, scoring, ":".join(of), {"survey": 1.0}, **({"target": target} if scoring == "at_least" else options))


def test_points_below_the_target_have_the_error_of_their_estimates() -> None:
    """Both items are straight lines in their estimates there: V = (10/.99)² V₁ + (4/.99)² V₂ + 2 · 40/.99² C."""
    rng = np.random.default_rng(3)
    rows = [r for area in "abcd" for r in asked(area, *rng.integers(2, 6, (60, 12)).tolist())]
    rows = [r | {"aware": bool(r["aware"] ^ (rng.random() < 0.2))} for r in rows]
    data = small_dataset(areas=TREE, responses=rows)
    found = score_errors(evaluate(data, rubric(told("S1", 10, target=0.99), told("S2", 4, KNOWN, target=0.99)), period="2020"))
    frame = pd.DataFrame(rows)
    design = survey.survey_design(frame)
    domains = domains_of(design, None, None, "area_code")
    estimates = [linear(design, y.to_numpy(dtype="float64"), np.ones(len(y)), domains) for y in (frame["satisfaction"] > 3, frame["aware"])]
    slope = np.array([10, 4]) / 0.99
    known = np.sqrt(np.einsum("j,ajk,k->a", slope, covariance(design, estimates), slope))
    np.testing.assert_allclose(found.frame["se"], known, rtol=0.05)
    np.testing.assert_allclose(found.draw(MANY, seed=4).std(axis=0), found.frame["se"], rtol=0.06)  # t on 59
    assert found.frame["df"].tolist() == pytest.approx([59] * 4) and found.sources == {"survey": "survey"}


def test_an_item_at_its_maximum_can_only_lose() -> None:
    rows = [r for area in "ab" for r in asked(area, *MIXED)]
    p = together(small_dataset(areas=TREE, responses=rows), RATE).centre[0, 0]
    at = errors(rubric(told("S1", 10, target=p)), responses=rows)
    x = at.draw(MANY, seed=1)[:, 0]
    assert at.total[0] == 10 and x.max() == 10 and (x < 10).mean() == pytest.approx(0.5, abs=0.01) and at.frame["se"][0] > 0.5
    far = errors(rubric(told("S1", 10, target=p / 4)), responses=rows)
    assert far.frame["se"][0] < 0.1 * at.frame["se"][0] and far.frame["note"][0] == ""


def test_all_satisfied_is_not_certain_and_a_census_is() -> None:
    rows = asked("a", [5] * 6, [5] * 6, [5] * 6) + asked("b", [5, 4, 2, 1], [3, 4, 4, 5], stratum_size=2, cluster_size=4)
    found = errors(rubric(told("S1", 10, target=1.0)), responses=rows).frame
    assert found["se"][0] > 0.3 and found["note"][0] == "no_variation"
    assert found["se"][1] == 0 and np.isnan(found["df"][1]) and found["note"][1] == "no_error_source"


def test_a_formula_of_an_estimate_has_its_error() -> None:
    rows = [r for area in "ab" for r in asked(area, *MIXED)]
    direct = errors(rubric(told("S1", 10, target=0.9)), responses=rows)
    made = Item("S1", "p", {}, 10, "formula", {"expression": "min(1, satisfaction_rate / 0.9)"}, {"survey": 1.0}, "formula")
    np.testing.assert_allclose(errors(rubric(made), responses=rows).draw(500, seed=2)[:, :2], direct.draw(500, seed=2)[:, :2], rtol=1e-9)


def test_without_survey_and_with_one_assessor_nothing_is_known_of_the_error() -> None:
    found = errors(TWO, assessments=OFFICE)
    assert found.frame["se"].iloc[:3].tolist() == [0, 0, 0] and set(found.frame["note"].iloc[:3]) == {"no_error_source"}
    np.testing.assert_array_equal(found.draw(5, seed=1)[:, :3], np.full((5, 3), 7.0))
    d = found.frame.loc[3]  # has no total
    assert d[["se", "df"]].isna().all() and d["note"] == "" and np.isnan(found.draw(5, seed=1)[:, 3]).all()


# --- the sample --------------------------------------------------------------------------------------------------------
def test_the_sample_has_both_errors_and_draws_are_its_totals_moved(district: Dataset, sample: ScoreErrors) -> None:
    frame = sample.frame
    assert len(frame) == 90 and (frame["se"] > 0).all() and sample.sources["survey"] == "survey" and sample.sources["peer"] == "assessors"
    np.testing.assert_allclose(frame["se"], np.hypot(frame["se_survey"], frame["se_assessors"]))
    x = sample.draw(4000, seed=7)
    np.testing.assert_array_equal(x, sample.draw(4000, seed=7))
    assert not np.array_equal(x, sample.draw(4000, seed=8)) and x.max() <= 100
    inside = np.abs(x - sample.total) <= 3 * frame["se"].to_numpy()
    assert (inside.mean(axis=0) > 0.93).all()
    pd.testing.assert_frame_equal(score_errors(evaluate(district, period="2020")).frame, frame)


def test_the_peers_error_is_that_of_the_one_way_icc_of_their_totals(district: Dataset, sample: ScoreErrors) -> None:
    """Two streets a community score 20 of its points, a few items not at all; of the agreement of single items the error is the order of size."""
    points = {i.code: i.points for i in load_rubric().items if i.value == "assessments"}
    rows = district.assessments.query("source == 'peer' and wave == '2' and period == '2020' and status == 'scored'")
    totals = rows.assign(part=rows["value"] / 100 * rows["item_code"].map(points) * 2 / 7).groupby(["area_code", "assessor_code"])["part"].agg(["sum", "size"])
    whole = totals[totals["size"] == len(points)].reset_index()
    table = whole.assign(place=whole.groupby("area_code").cumcount()).pivot(index="area_code", columns="place", values="sum").dropna()
    residual = icc_one_way(table).residual_variance
    assert len(table) > 60 and sample.frame["se_assessors"].median() == pytest.approx((residual / 2) ** 0.5, rel=0.05)
    agreement = assessor_agreement(district, period="2020").query("source == 'peer' and coefficient == 'icc(1,1)' and item_code != 'all'")
    apart = 20 * (agreement["residual_variance"].mean() / 100**2 / len(points) / 2) ** 0.5
    assert sample.frame["se_assessors"].median() == pytest.approx(apart, rel=0.2)
