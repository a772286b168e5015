"""Rankings of evaluations and indicators, movement between two, and what ranks owe to the weights."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small import small_dataset

from fundanalytics import load_sample
from fundanalytics.data.sample import SEED, make_tables
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.movement import _noise, movement
from fundanalytics.measure.ranking import rank, rank_indicator
from fundanalytics.measure.ranksets import competition_rank
from fundanalytics.measure.request import COLUMNS
from fundanalytics.measure.scores import Evaluation, evaluate
from fundanalytics.measure.weightings import _dirichlet, _Scores, weight_robustness

NAN = float("nan")
STREETS = {"c1": "S1", "c2": "S1", "c3": "S2", "c4": "S2", "c5": "S2", "c6": "S3"}


def rubric(**more: Any) -> SimpleNamespace:
    bands = [SimpleNamespace(code=code, lower=lower) for code, lower in (("excellent", 90), ("good", 80), ("poor", 0))]
    return SimpleNamespace(**{"id": "r", "version": "1", "bands": bands, "decimals": 2, "maximum": 100.0, "cap": 100.0, "unranked": ()} | more)


def fake(monkeypatch: pytest.MonkeyPatch, totals: list[float], se: list[float], df: list[float] | None = None, *, known: list[bool] | None = None,
         note: list[str] | None = None, period: str = "2020", **more: Any) -> Any:  # fmt: skip
    """An evaluation of these communities; what ``score_errors`` says of it hangs on it."""
    codes, n = list(STREETS)[: len(totals)], len(totals)
    rows = [{"level": "community", "area_code": c, "total": t, "note": w} for c, t, w in zip(codes, totals, note or [""] * n, strict=True)]
    table = pd.DataFrame(rows + [{"level": "street", "area_code": s, "total": t, "note": ""} for s, t in means(codes, totals).items()])
    table = table.assign(area_name="name " + table["area_code"], project_id="", period=period, wave="1", grade="", bonus=0.0, quality=1).astype(
        {"quality": "Int64", "note": "str", "grade": "str"})  # fmt: skip
    frame = pd.DataFrame({"area_code": codes, "se": se, "df": df or [NAN] * n, "method": np.where(known or [True] * n, "score error", "")})

    def draw(count: int, seed: int) -> np.ndarray:
        return np.array(totals) + np.random.default_rng(seed).normal(size=(count, n)) * se

    limits = SimpleNamespace(at=lambda column, level: column.map(STREETS))
    found = SimpleNamespace(totals=table, rubric=rubric(**more), limits=limits, lowest="community", period=period, wave="1", origin="computed",
                            dataset=small_dataset(), errors=SimpleNamespace(frame=frame, draw=draw))  # fmt: skip
    monkeypatch.setattr("fundanalytics.measure.score_errors.score_errors", lambda evaluation: evaluation.errors)
    return found


def means(codes: list[str], totals: list[float]) -> dict[str, float]:
    by = pd.Series(totals, index=codes).groupby(pd.Series(STREETS)).mean()
    return by.round(2).to_dict()


def columns(table: pd.DataFrame, *names: str) -> list[list[Any]]:
    return table[list(names)].astype("object").where(table[list(names)].notna(), None).values.tolist()


@pytest.fixture(scope="module")
def sample() -> Evaluation:
    return evaluate(load_sample(), period="2020")


# --- ranks of an evaluation ---------------------------------------------------------------------------------------------
def test_subjects_without_a_total_or_left_out_by_the_rubric_stand_last_without_a_rank(monkeypatch) -> None:
    notes = ["", "small_sample", "", "too_little_scored", "without_peer", ""]
    found = fake(monkeypatch, [85.5, 70, 85.5, NAN, 95, 90], [0, 0, 0, NAN, 0, 0], note=notes, unranked=("without_peer",))
    table = rank(found)
    assert columns(table, "area_code", "rank", "rank_lower", "rank_upper") == [
        ["c6", 1, 1, 1], ["c1", 2, 2, 3], ["c3", 2, 2, 3], ["c2", 4, 4, 4], ["c4", None, None, None], ["c5", None, None, None]]  # fmt: skip
    assert columns(table, "total", "note", "chance_excellent", "chance_top")[3:] == [
        [70, "small_sample", 0, 1], [None, "too_little_scored", None, None], [95, "without_peer", 1, None]]  # fmt: skip
    assert table.columns.tolist() == [
        "level", "area_code", "area_name", "project_id", "period", "total", "grade", "rank", "rank_lower", "rank_upper", "rank_lower_all", "rank_upper_all",
        "confidence", "band", "se", "df", "chance_excellent", "chance_good", "chance_poor", "chance_top", "chance_bottom", "note", "method", "origin",
        "quality",
    ]  # fmt: skip


def test_where_no_error_is_known_there_is_a_rank_and_no_set(monkeypatch) -> None:
    table = rank(fake(monkeypatch, [90, 80, 70], [1, 0, 1], known=[True, False, True]))
    assert columns(table, "rank", "rank_lower", "rank_upper", "note", "band") == [[1, 1, 2, "", "above"], [2, None, None, "no_error_source", ""],
                                                                                  [3, 2, 3, "", "below"]]  # fmt: skip
    assert all(table[f"chance_{name}"].isna().tolist() == [False, True, False] for name in ("good", "top", "bottom"))


def test_the_band_carries_the_covariance_with_the_mean(monkeypatch) -> None:
    """Three totals, se 3: V of one less the mean = 9 (1 − 2/3) + 27/9 = 6, so the edge is 1.96 √6 = 4.80; without the covariance it were 6.79."""
    for gap, band in ((4.81, "above"), (4.79, "same")):
        table = rank(fake(monkeypatch, [80 + gap, 80 - gap / 2, 80 - gap / 2], [3, 3, 3])).set_index("area_code")
        assert table.loc["c1", "band"] == band
    known = rank(fake(monkeypatch, [80, 80, 80, 81], [0, 0, 0, 0]))
    assert known["band"].tolist() == ["above", "below", "below", "below"]
    assert rank(fake(monkeypatch, [81.1] * 6, [0] * 6))["band"].eq("same").all()  # the mean of equal numbers may differ in the last digit


def test_a_street_has_the_error_of_the_mean_of_its_communities(monkeypatch) -> None:
    """S1: √(1² + 2²)/2 = 1.118, df (1 + 4)²/(1/8 + 16/4) = 6.06; S2: c4 has no total; S3 has one without error."""
    found = rank(fake(monkeypatch, [90, 80, 79, NAN, 81, 60], [1, 2, 3, NAN, 4, 0], [8, 4, 9, NAN, NAN, NAN]), level="street").set_index("area_code")
    assert found["se"].to_dict() == pytest.approx({"S1": 5**0.5 / 2, "S2": 2.5, "S3": 0.0})
    assert found["df"].to_dict() == pytest.approx({"S1": 25 / (1 / 8 + 16 / 4), "S2": 25**2 / (81 / 9), "S3": NAN}, nan_ok=True)
    assert found["total"].to_dict() == {"S1": 85, "S2": 80, "S3": 60}
    assert found.loc["S2", ["chance_good", "chance_poor"]].tolist() == pytest.approx([0.5, 0.5], abs=0.05)


def test_equal_totals_as_shown_have_one_rank_and_their_chances_are_rounded_too(monkeypatch) -> None:
    table = rank(fake(monkeypatch, [89.995, 89.995, 80], [0, 0, 0]))
    assert table["rank"].tolist() == [1, 1, 3] and table["chance_excellent"].tolist() == [1, 1, 0]  # 90.00 to two decimals


def test_levels_and_confidence_that_cannot_be_are_refused(sample) -> None:
    for options, part in (({"level": "project"}, "community"), ({"confidence": 95}, "95"), ({"draws": 0}, "0")):
        with pytest.raises(ArgumentError, match=part):
            rank(sample, **options)


def test_the_ranking_of_the_sample_is_near_the_quality_it_was_made_with(sample) -> None:
    before = sample.totals.copy()
    found = rank(sample)
    assert len(found) == 90 and found["rank"].notna().all() and found["origin"].eq("synthetic").all()
    quality = make_tables(SEED)["traits"].query("after").set_index("area_code")["quality"]
    true = found["area_code"].map(quality.rank(ascending=False))
    assert found["rank"].astype(float).corr(true) > 0.85
    assert ((found["rank_lower_all"] <= true) & (true <= found["rank_upper_all"])).mean() > 0.95
    assert (found["rank_lower_all"] <= found["rank_lower"]).all() and (found["rank_upper"] <= found["rank_upper_all"]).all()
    grades = [f"chance_{band.code}" for band in sample.rubric.bands]
    np.testing.assert_allclose(found[grades].sum(axis=1), 1)
    assert found["chance_top"].sum() >= 10 and found.loc[found["band"].eq("above"), "total"].min() > found.loc[found["band"].eq("below"), "total"].max()
    small = found["note"].str.contains("small_sample")
    assert small.any() and found.loc[small, "quality"].ge(2).all()
    pd.testing.assert_frame_equal(found, rank(sample))
    pd.testing.assert_frame_equal(sample.totals, before)
    assert not rank(sample, seed=1)["chance_good"].equals(found["chance_good"]) and "Mogstad" in found.cite()


# --- ranks of an indicator ----------------------------------------------------------------------------------------------
def estimates(value: list[float], **more: Any) -> pd.DataFrame:
    made = {"indicator": "satisfaction_rate", "basis": "satisfied", "subset": "", "level": "street", "period": "2020", "unit": "share", "confidence": 0.95,
            "method": "survey, logit"}  # fmt: skip
    table = pd.DataFrame({"area_code": [f"s{i}" for i in range(len(value))], "value": value})
    table = table.assign(**made | {"lower": table["value"] - 0.05, "upper": table["value"] + 0.04} | more)
    return table.reindex(columns=COLUMNS).assign(note="")


def test_estimates_are_ranked_with_the_sets_that_their_limits_allow() -> None:
    found = rank_indicator(estimates([0.55, 0.80, 0.82, 0.55]))
    assert columns(found, "area_code", "rank", "rank_lower", "rank_upper") == [["s2", 1, 1, 2], ["s1", 2, 1, 2], ["s0", 3, 3, 4], ["s3", 3, 3, 4]]
    assert found.attrs["ranking"]["confidence"] == 0.95 and found.columns.tolist() == [*COLUMNS, "rank", "rank_lower", "rank_upper", "rank_lower_all",
                                                                                         "rank_upper_all"]  # fmt: skip
    extreme = rank_indicator(estimates([1.0, 0.98], lower=[0.95, 0.90], upper=[1.0, 1.0]))
    assert columns(extreme, "rank", "rank_lower", "rank_upper") == [[1, 1, 2], [2, 1, 2]]


def test_an_estimate_without_limits_has_no_set_and_a_full_count_has_its_rank() -> None:
    found = rank_indicator(estimates([0.9, 0.5, 0.1], lower=[0.85, NAN, 0.05], upper=[0.94, NAN, 0.15]))
    assert columns(found, "rank", "rank_lower", "rank_upper") == [[1, 1, 2], [2, None, None], [3, 2, 3]]
    exact = estimates([0.9, 0.9, 0.1, NAN], indicator="usage_rate", unit="ratio", method="full count", lower=NAN, upper=NAN, confidence=NAN)
    assert columns(rank_indicator(exact), "rank", "rank_lower", "rank_upper") == [[1, 1, 2], [1, 1, 2], [3, 3, 3], [None, None, None]]
    idle = rank_indicator(exact.assign(indicator="sediment_rate", unit="share"))
    assert columns(idle, "area_code", "rank") == [["s2", 1], ["s0", 2], ["s1", 2], ["s3", None]]  # less is better


def test_model_estimates_and_what_has_no_better_side_are_not_ranked() -> None:
    with pytest.raises(ArgumentError, match="Fay-Herriot"):
        rank_indicator(estimates([0.9, 0.8], method="model, Fay-Herriot (REML)"))
    with pytest.raises(ArgumentError, match="cost_per_project"):
        rank_indicator(estimates([9, 8], indicator="cost_per_project", unit="yuan"))
    with pytest.raises(ArgumentError, match="level"):
        rank_indicator(estimates([0.9, 0.8]).assign(level=["street", "community"]))


# --- movement -----------------------------------------------------------------------------------------------------------
def test_a_change_has_the_error_of_both_totals(monkeypatch) -> None:
    """se √(3² + 4²) = 5: c1 rose by 9.79 < 9.80 = 1.96 × 5, c2 by 9.81; c3 fell exactly; c4 with 4 degrees of freedom needs 2.776 × 5 = 13.88."""
    first = fake(monkeypatch, [70, 60, 80, 50, 90], [3, 3, 0, 3, 1], [NAN, NAN, NAN, 4, NAN], period="2019")
    second = fake(monkeypatch, [79.79, 69.81, 79.5, 63.8, NAN], [4, 4, 0, 4, NAN], [NAN, NAN, NAN, 30, NAN])
    found = movement(first, second)
    assert columns(found, "moved", "earlier_rank", "later_rank", "rank_change", "note") == [
        ["same", 2, 1, 1, ""], ["up", 3, 3, 0, ""], ["down", 1, 2, -1, ""], ["same", 4, 4, 0, ""], ["", None, None, None, "no_current"]]  # fmt: skip
    assert found.loc[0, ["change", "lower", "upper"]].tolist() == pytest.approx([9.79, 9.79 - 9.79982, 9.79 + 9.79982], abs=1e-5)
    assert found.loc[3, "upper"] == pytest.approx(13.8 + 2.776445 * 5, abs=1e-5)
    assert found["chance_rise"].tolist() == pytest.approx([0.974888, 0.975113, 0, 0.974575, NAN], abs=1e-5, nan_ok=True)  # Φ(1.958), Φ(1.962), t₄
    assert found["earlier_period"].eq("2019").all() and found.attrs["movement"]["areas"] == 4 and found.attrs["movement"]["mean_rank_change"] == 0.5


@pytest.mark.parametrize("spread", [0.0, 3.0])
def test_what_error_alone_would_have_shuffled(spread: float) -> None:
    """Forty that never moved, by two evaluations with standard errors 2 and 1: they change places as often as is expected by error alone."""
    rng, told = np.random.default_rng(1), []
    for _ in range(30):
        truth = rng.normal(85, spread, 40)
        pair = {"earlier": truth + rng.normal(0, 2, 40), "later": truth + rng.normal(0, 1, 40)}
        table = pd.DataFrame({f"{name}_total": total for name, total in pair.items()} | {"earlier_se": 2.0, "later_se": 1.0, "moved": "same", "lower": 0.0})
        told.append(_noise(table.assign(rank_change=competition_rank(pair["earlier"]) - competition_rank(pair["later"])), 50, 1))
    seen, expected = (np.mean([t[name] for t in told]) for name in ("mean_rank_change", "expected_by_error"))
    assert expected == pytest.approx(seen, rel=0.05) and seen > 4


def test_without_error_nothing_is_shuffled(monkeypatch) -> None:
    still = movement(*(fake(monkeypatch, [90, 80, 70], [0, 0, 0], period=p) for p in ("2019", "2020")), draws=5)
    assert still.attrs["movement"]["expected_by_error"] == 0 and np.isnan(still.attrs["movement"]["noise"]) and still["moved"].eq("same").all()


def test_a_code_that_was_another_area_is_told(sample) -> None:
    earlier = replace(sample, period="2019")
    told = movement(earlier, sample, draws=2).set_index("area_code")["note"].str.contains("break_communities_redrawn")
    links = sample.dataset.crosswalk
    assert set(told.index[told]) == set(links["new_code"]) & set(told.index) and 0 < told.sum() < len(told)


def test_other_rubrics_versions_and_sources_are_refused_or_told(monkeypatch) -> None:
    first = fake(monkeypatch, [70, 60], [1, 1], period="2019", note=["without_peer;small_sample", ""])
    with pytest.raises(ArgumentError, match="other"):
        movement(first, fake(monkeypatch, [70, 60], [1, 1], id="other"))
    with pytest.raises(ArgumentError, match="2019"):
        movement(first, first)
    told = movement(first, fake(monkeypatch, [75, 60, 50], [1, 1, 1], version="2", known=[True, False, True]))
    assert told["note"].tolist() == ["other_sources;rubric_version_changed", "no_error_source;rubric_version_changed", "no_baseline;rubric_version_changed"]


# --- weights ------------------------------------------------------------------------------------------------------------
def weighed() -> Any:
    """Part P: item a of 60 by self and district, alike; part Q: item b of 40 by the survey. c1: .8, .6, .5; c2: .4, .6, 1; c3 was not surveyed."""
    rows = [("c1", "a", "self", 0.8, 0.5), ("c1", "a", "district", 0.6, 0.5), ("c1", "b", "survey", 0.5, 1.0), ("c2", "a", "self", 0.4, 0.5),
            ("c2", "a", "district", 0.6, 0.5), ("c2", "b", "survey", 1.0, 1.0), ("c3", "a", "self", 0.9, 1.0), ("c3", "b", "survey", NAN, 0.0)]  # fmt: skip
    points = pd.DataFrame(rows, columns=["area_code", "item_code", "source", "share", "weight"]).assign(project_id="")
    totals = pd.DataFrame({"level": "community", "area_code": ["c1", "c2", "c3"], "area_name": "", "project_id": "", "total": [62.0, 70.0, 90.0],
                           "grade": ["poor", "poor", "excellent"], "bonus": 0.0, "note": ["", "", "rescaled"]})  # fmt: skip
    parts = tuple(SimpleNamespace(code=c, points=p) for c, p in (("P", 60.0), ("Q", 40.0)))
    items = tuple(SimpleNamespace(code=c, part=p, points=m) for c, p, m in (("a", "P", 60.0), ("b", "Q", 40.0)))
    made = rubric(parts=parts, base_items=items, source_shares={"self": 0.3, "district": 0.3, "survey": 0.4})
    return SimpleNamespace(points=points, totals=totals, rubric=made, lowest="community", period="2020", origin="computed", dataset=small_dataset())


def test_totals_under_other_weights_are_those_worked_by_hand() -> None:
    scores = _Scores.of(weighed())
    cases = {((1, 1), (1, 1, 1)): [62, 70, 90], ((5 / 6, 5 / 4), (1, 1, 1)): [60, 75, 90], ((0, 1), (1, 1, 1)): [50, 100, NAN],
             ((1, 1), (0, 1, 1)): [56, 76, NAN], ((1, 1), (1, 1, 0)): [70, 50, 90], ((1, 1), (3, 1, 1)): [65, 67, 90]}  # fmt: skip
    for (f, g), expected in cases.items():
        np.testing.assert_allclose(scores.totals(np.array([f]), np.array([g], dtype=float))[0], expected, err_msg=str((f, g)))
    found = weight_robustness(weighed(), draws=50).set_index(["scheme", "area_code"])
    assert found.loc["equal_parts", "median_rank"].tolist() == [3, 2, 1] and found.loc["without_source:survey", "median_rank"].tolist() == [2, 3, 1]
    assert found.loc[("without_part:P", "c3"), "note"] == "nothing_left;rescaled" and np.isnan(found.loc[("without_part:P", "c3"), "share_grade"])
    assert found.loc[("without_part:P", "c2"), ["share_grade", "rank"]].tolist() == [0, 2]  # 100: excellent, and poor by the rubric
    assert found.index.get_level_values(0).unique().tolist() == [
        "dirichlet", "uniform", "equal_parts", "equal_sources", "without_part:P", "without_part:Q", "without_source:self", "without_source:district",
        "without_source:survey"]  # fmt: skip


def test_weights_drawn_have_the_mean_and_the_scatter_that_they_should() -> None:
    old = np.array([0.4, 0.4, 0.2])
    drawn = _dirichlet(np.random.default_rng(1), old, 200_000, 0.25)
    np.testing.assert_allclose(drawn.mean(axis=0), old, atol=2e-3)
    assert np.sqrt(drawn.var(axis=0).sum() / (old**2).sum()) == pytest.approx(0.25, rel=0.01)
    assert (_dirichlet(np.random.default_rng(1), np.ones(1), 4, 0.25) == 1).all()  # a single part stays


def test_unchanged_weights_give_the_totals_shown_and_wider_spreads_wider_bands(sample) -> None:
    scores = _Scores.of(sample)
    np.testing.assert_array_equal(scores.shown(np.ones((1, 3)), np.ones((1, 4)))[0], scores.subjects["total"])
    narrow, wide = (weight_robustness(sample, draws=200, spread=s).query("scheme == 'dirichlet'") for s in (0.05, 0.5))
    width = [(t["rank_upper"] - t["rank_lower"]).mean() for t in (narrow, wide)]
    assert 0 < width[0] < width[1] / 3 and narrow["note"].str.contains("hangs_on_weights").sum() < wide["note"].str.contains("hangs_on_weights").sum()
    assert ((narrow["rank_lower"] <= narrow["median_rank"]) & (narrow["median_rank"] <= narrow["rank_upper"])).all()
    pd.testing.assert_frame_equal(narrow, weight_robustness(sample, draws=200, spread=0.05).query("scheme == 'dirichlet'"))
    for options, part in (({"spread": 25}, "25"), ({"draws": 0}, "draws")):
        with pytest.raises(ArgumentError, match=part):
            weight_robustness(sample, **options)


def test_an_evaluation_without_totals_gives_empty_tables_or_blank_ranks(monkeypatch) -> None:
    nothing = weighed()
    nothing.totals = nothing.totals.assign(total=NAN)
    assert weight_robustness(nothing, draws=3).empty
    blank = rank(fake(monkeypatch, [NAN, NAN], [NAN, NAN], note=["too_little_scored"] * 2))
    assert blank["rank"].isna().all() and blank["band"].eq("").all() and blank["note"].eq("too_little_scored").all()


def test_chances_are_of_totals_about_the_shown_ones(sample) -> None:
    """Items at their cap can only lose when they are drawn again; a total on a grade's limit keeps its grade about as often as not all the same."""
    assert 0.45 < rank(sample).query("total == 90.0")["chance_excellent"].item() < 0.75  # .33 where draws were left where they fell
