"""Quarters, and a break in them: the fit of other software, and no test where there are too few points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small import area_tree, small_dataset

from fundanalytics import load_sample, usage_rate
from fundanalytics.data.dataset import Dataset
from fundanalytics.errors import ArgumentError
from fundanalytics.measure.quarters import quarters
from fundanalytics.measure.trend import Segmented, bartlett_lags, segmented, trend
from fundanalytics.show.labels import LABELS

EXPECTED = Path(__file__).parent / "expected"
SERIES = pd.read_csv(EXPECTED / "trend_series.csv", comment="#")
REFERENCE = pd.read_csv(EXPECTED / "trend_sandwich.csv", comment="#")
CALIFORNIA = SERIES.loc[SERIES["series"] == "california", "y"].to_numpy()
TREE = area_tree({"S1": ["a", "b"], "S2": ["c"]})


def of(name: str) -> dict[str, Any]:
    rows = SERIES[SERIES["series"] == name]
    return {"y": rows["y"].to_numpy(), "t_break": int(rows["at"].iloc[0]) - 1, "season": None if rows["season"].isna().all() else rows["season"].to_numpy()}


# --- the fit -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "lags"), list(REFERENCE.groupby(["series", "lags"]).groups))
def test_terms_and_errors_are_those_of_r_sandwich(name: str, lags: int) -> None:
    """NeweyWest(prewhite=FALSE, adjust=TRUE); R prints 15 digits."""
    told = REFERENCE.query("series == @name and lags == @lags")
    given = of(name)
    found = segmented(given["y"], given["t_break"], lags=lags, season=given["season"])
    for column in ("value", "se", "lower", "upper"):
        np.testing.assert_allclose(getattr(found, column), told[column], rtol=1e-9)
    np.testing.assert_allclose(found.p, told["p"], rtol=1e-7, atol=1e-30)
    assert found.df == told["df"].iloc[0] and found.lags == lags and found.note == ""


@pytest.mark.parametrize(("name", "lags"), [("california", 1), ("quarters", 4)])
def test_terms_and_errors_are_those_of_statsmodels(name: str, lags: int) -> None:
    import statsmodels.api as sm

    given = of(name)
    t = np.arange(1.0, len(given["y"]) + 1)
    post = (np.arange(len(t)) >= given["t_break"]).astype(float)
    columns = [np.ones(len(t)), t, post, (t - t[given["t_break"]]) * post]
    columns += [] if given["season"] is None else [(given["season"] == s).astype(float) for s in (2, 3, 4)]
    fit = sm.OLS(given["y"], np.column_stack(columns)).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True)
    found = segmented(given["y"], given["t_break"], lags=lags, season=given["season"], confidence=0.9)
    np.testing.assert_allclose(found.value, fit.params, rtol=1e-9)
    np.testing.assert_allclose(found.se, fit.bse, rtol=1e-9)
    np.testing.assert_allclose(np.column_stack([found.lower, found.upper]), fit.conf_int(0.1), rtol=1e-9)
    np.testing.assert_allclose(found.p, fit.pvalues, rtol=1e-7, atol=1e-30)


def test_californias_cigarettes() -> None:
    found = segmented(CALIFORNIA, 19, lags=1)
    assert found.term.tolist() == ["level", "slope", "level_change", "slope_change"]
    assert [round(float(found.value[2]), 3), round(float(found.se[2]), 4)] == [-20.058, 4.7244]


def test_a_missing_step_keeps_the_distance_of_the_others() -> None:
    """Every pair of points weighs by the steps between them: the sum written out, where one step is gone."""
    y, at, lags = CALIFORNIA.copy(), 19, 3
    y[[7, 24]] = np.nan
    known = np.isfinite(y)
    t = np.arange(1.0, len(y) + 1)
    post = (np.arange(len(t)) >= at).astype(float)
    x = np.column_stack([np.ones(len(t)), t, post, (t - t[at]) * post])
    beta = np.linalg.lstsq(x[known], y[known], rcond=None)[0]
    score = [x[i] * (y[i] - x[i] @ beta) for i in np.flatnonzero(known)]
    places = np.flatnonzero(known)
    omega = sum(max(0.0, 1 - abs(i - j) / (lags + 1)) * np.outer(a, b) for i, a in zip(places, score, strict=True) for j, b in zip(places, score, strict=True))
    bread = np.linalg.inv(x[known].T @ x[known])
    found = segmented(y, at, lags=lags)
    np.testing.assert_allclose(found.se, np.sqrt(np.diag(bread @ omega @ bread) * 29 / 25), rtol=1e-9)
    assert found.n == 29 and found.df == 25
    np.testing.assert_allclose(found.value, beta, rtol=1e-9)


def test_lists_series_and_missing_marks_are_read_alike() -> None:
    values = list(CALIFORNIA)
    values[5] = None  # type: ignore[call-overload]
    told = segmented([np.nan if v is None else v for v in values], 19, lags=1)
    for shape in (values, pd.Series(values, dtype="Float64", index=range(31)[::-1]), np.array(values, dtype=object)[:, None]):
        np.testing.assert_array_equal(segmented(shape, 19, lags=1).se, told.se)


def test_the_default_lags_are_those_of_the_usual_rule() -> None:
    """⌊4 (T/100)^(2/9)⌋: 4 of 100, 3 of 31, 2 of 16."""
    assert [bartlett_lags(n) for n in (0, 16, 31, 100, 1000)] == [0, 2, 3, 4, 6] and segmented(CALIFORNIA, 19).lags == 3


@given(st.floats(-5, 5), st.floats(0.1, 100), st.floats(0.5, 0.999))
def test_the_unit_of_the_series_moves_nothing_but_the_numbers_and_more_confidence_is_wider(shift: float, scale: float, confidence: float) -> None:
    own, moved = segmented(CALIFORNIA, 19, lags=2, confidence=confidence), segmented(list(CALIFORNIA * scale + shift), 19, lags=2, confidence=confidence)
    np.testing.assert_allclose(moved.t[1:], own.t[1:], rtol=1e-6)
    np.testing.assert_allclose(moved.se, own.se * scale, rtol=1e-6)
    wider = segmented(CALIFORNIA, 19, lags=2, confidence=(1 + confidence) / 2)
    assert (wider.lower < own.lower).all() and (own.lower < own.value).all() and (own.value < own.upper).all() and (own.upper < wider.upper).all()


# --- what is not tested ------------------------------------------------------------------------------------------------
def blank(found: Segmented, note: str) -> bool:
    return found.note == note and bool(np.isnan(np.concatenate([found.value, found.se, found.lower, found.p])).all())


def test_under_eight_points_on_either_side_nothing_is_estimated() -> None:
    y = np.arange(20.0) ** 1.5
    assert blank(segmented(y, 7), "too_few_points") and blank(segmented(y, 13), "too_few_points") and segmented(y, 8).note == segmented(y, 12).note == ""
    y[2] = np.nan
    assert blank(segmented(y, 8), "too_few_points") and blank(segmented([np.nan, np.nan], 1), "too_few_points")


@pytest.mark.parametrize("y", [np.full(20, 7.0), np.zeros(20), np.arange(20.0), np.where(np.arange(20) < 10, 1.0, 3.0)])
def test_a_series_without_error_has_estimates_and_no_limits(y: np.ndarray) -> None:
    found = segmented(y, 10)
    assert found.note == "no_variation" and np.isfinite(found.value).all() and np.isnan(np.concatenate([found.se, found.lower, found.upper, found.p])).all()


def test_terms_that_cannot_be_told_apart_are_not_estimated() -> None:
    assert blank(segmented(CALIFORNIA, 19, season=["a"] * 19 + ["b"] * 12), "not_estimable")


@pytest.mark.parametrize(
    ("options", "match"),
    [({"t_break": 0}, "1 – 30"), ({"t_break": 31}, "31"), ({"t_break": 12.5}, "12.5"), ({"t_break": "2018"}, "2018"), ({"lags": "four"}, "four"),
     ({"lags": -1}, "-1"), ({"lags": 31}, "31"), ({"lags": 1.5}, "1.5"), ({"season": [1, 2]}, "season"),
     ({"y": ["a", "b"]}, "a"), ({"y": [1.0, np.inf]}, "∞"), ({"confidence": 95}, "95"), ({"y": [], "t_break": 1}, "1"), ({"y": 3.0, "t_break": 1}, "1")],
)  # fmt: skip
def test_wrong_arguments_are_refused(options: dict[str, Any], match: str) -> None:
    with pytest.raises(ArgumentError, match=match):
        segmented(**({"y": CALIFORNIA, "t_break": 19} | options))


# --- quarters ----------------------------------------------------------------------------------------------------------
def paid(rows: list[tuple[str, str, str | None, float]], arrived: dict[tuple[str, str], float]) -> Dataset:
    """Payments (area, fund year of the project, day, yuan) and what arrived (area, year)."""
    projects = [{"area_code": a, "period": y, "fund": "guarantee", "project_id": f"{a}{y}", "name": "x", "category": "other"}
                for a, y in dict.fromkeys((a, y) for a, y, *_ in rows)]  # fmt: skip
    payments = [{"project_id": f"{a}{y}", "paid_on": day, "period": None if day else y, "amount": amount} for a, y, day, amount in rows]
    allocations = [{"area_code": a, "period": y, "fund": "guarantee", "quota": x, "arrived": x} for (a, y), x in arrived.items()]
    return small_dataset(areas=TREE, projects=projects, payments=payments, allocations=allocations)


def test_what_was_paid_in_a_quarter_is_set_against_what_arrived_in_its_year() -> None:
    rows = [("a", "2019", "2019-02-01", 10.0), ("a", "2019", "2020-01-05", 5.0), ("b", "2020", "2020-12-31", 20.0), ("c", "2020", "2020-04-01", 8.0)]
    table = quarters(paid(rows, {("a", "2019"): 50, ("a", "2020"): 40, ("b", "2020"): 60, ("c", "2020"): 16}), by=["district", "street"])
    whole = table[table["level"] == "district"].set_index("quarter")
    assert whole["value"].to_dict() == pytest.approx({"2019Q1": 0.2, "2019Q2": 0, "2019Q3": 0, "2019Q4": 0, "2020Q1": 5 / 116, "2020Q2": 8 / 116, "2020Q3": 0,
                                                      "2020Q4": 20 / 116})  # fmt: skip
    streets = table[table["quarter"] == "2020Q1"].set_index("area_code")
    assert streets.loc["S1", ["numerator", "denominator"]].tolist() == [5, 100] and streets.loc["S2", "value"] == 0


def test_a_quarter_that_is_not_known_is_blank_with_its_reason() -> None:
    totals = [{"area_code": "a", "period": "2018", "fund": "guarantee", "measure": "paid", "value": 9.0, "as_of": "2018-12-31"}]
    dataset = paid([("a", "2019", "2019-02-01", 10.0), ("a", "2020", "2020-05-01", 10.0)], {("a", "2018"): 10, ("a", "2019"): 50, ("c", "2020"): 16})
    dataset = Dataset(dataset.tables | small_dataset(totals=totals).tables, rules={}, origin="computed", name="small")
    notes = quarters(dataset, as_of="2020-11-30").set_index("quarter")
    assert notes.loc["2018Q2", "note"] == "totals_only" and notes.loc["2020Q4", "note"] == "not_over" and np.isnan(notes.loc["2020Q4", "value"])
    assert notes.loc["2020Q1", "note"] == "no_denominator" and notes.loc["2019Q1", "value"] == 0.2
    assert notes["value"].isna().equals(notes["note"].isin(["totals_only", "no_denominator", "not_over", "not_reported", "no_data"]))


@pytest.mark.parametrize(("amount", "note"), [(0.1, "part_undated"), (2.0, "undated")])
def test_payments_without_a_day_are_in_no_quarter(amount: float, note: str) -> None:
    found = quarters(paid([("a", "2020", "2020-02-01", 99.0), ("a", "2020", None, amount)], {("a", "2020"): 200})).set_index("quarter")["value"]
    table = quarters(paid([("a", "2020", "2020-02-01", 99.0), ("a", "2020", None, amount)], {("a", "2020"): 200}))
    assert set(table["note"]) == {note} and (np.isnan(found["2020Q1"]) if note == "undated" else found["2020Q1"] == 99 / 200)


def test_without_any_year_of_money_there_is_no_series() -> None:
    with pytest.raises(ArgumentError):
        quarters(small_dataset(areas=TREE))


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return load_sample()


def test_the_quarters_of_a_year_add_up_to_what_was_paid_in_it(sample: Dataset) -> None:
    """All levels alike, once the sample's payments without a day are gone."""
    dated = Dataset(sample.tables | {"payments": sample.payments.dropna(subset=["paid_on"])}, rules=sample.rules, origin="synthetic", name="dated")
    table = quarters(dated, by=["district", "street", "community"], period="2019-2020")
    assert list(table.groupby("level").size()) == [8 * n for n in (90, 1, 13)]
    sums = table.assign(year=table["quarter"].str[:4]).groupby(["level", "year"])["numerator"].sum().unstack()
    assert sums["2020"].to_numpy() == pytest.approx(sums.loc["district", "2020"], rel=1e-9)
    assert sums.loc["district", "2020"] == pytest.approx(usage_rate(dated, by="district", period="2020", basis="paid/available")["numerator"].iloc[0])


# --- the trend ---------------------------------------------------------------------------------------------------------
def steady(years: range, *, jump: float = 0.0) -> Dataset:
    rng = np.random.default_rng(5)
    rows = [
        ("a", str(y), f"{y}-{3 * q + 2:02}-01", round(100 * (1 + q) + 20 * rng.random() + (jump if y >= 2018 else 0.0), 2)) for y in years for q in range(4)
    ]
    return paid(rows, {("a", str(y)): 2000.0 for y in years})


def test_a_break_is_found_where_it_is_and_season_is_taken_out() -> None:
    found = trend(steady(range(2015, 2021), jump=200.0), break_at="2018Q1")
    level = found.terms.set_index("term").loc["level_change"]
    assert level["lower"] < 0.1 < level["upper"] and level["p"] < 1e-4 and level["lags"] == 4 and found.note == ""
    assert set(found.terms["term"]) == {"level", "slope", "level_change", "slope_change", "season_2", "season_3", "season_4"}
    told = segmented(found.series["value"], 12, lags=4, season=found.series["quarter"].str[-1])
    np.testing.assert_allclose(found.terms["value"], told.value)
    assert set(trend(steady(range(2015, 2021)), break_at="2018", season=False, lags=1).terms["term"]) == {"level", "slope", "level_change", "slope_change"}


def test_a_short_series_is_drawn_and_not_tested(sample: Dataset) -> None:
    found = trend(sample, by="street")
    assert found.note == "too_few_points" and found.break_at == "2018Q1" and found.terms["value"].isna().all()
    assert (found.series["value"].notna() | found.series["note"].eq("undated")).sum() == 13 * 12 and set(found.terms["area_code"]) == set(
        found.series["area_code"]
    )


def test_a_trend_prints_itself_becomes_a_frame_and_cites(sample: Dataset) -> None:
    short, fitted = trend(sample), trend(steady(range(2015, 2021)), break_at="2018Q1")
    assert "2018Q1" in short._repr_html_() and "level_change" in fitted._repr_html_()
    assert any("Newey" in line for line in fitted.references) and sample.sha256 in short.cite() and type(fitted.to_frame()) is pd.DataFrame
    codes = {c for c in set(short.series["note"]) | set(short.terms["note"]) if c}
    for lang in ("zh", "en"):
        assert not codes - set(LABELS[lang]["note"]) and set(short.terms["method"]) <= set(LABELS[lang]["method"])


@pytest.mark.parametrize(
    ("options", "match"),
    [({"break_at": "2015Q1"}, "2015Q2"), ({"break_at": "2021Q1"}, "2020Q4"), ({"break_at": "2018Q5"}, "2018Q5"), ({"break_at": "spring"}, "spring"),
     ({}, "fund_reform"),
     ({"indicator": "awareness_rate", "break_at": "2018"}, "usage_rate"), ({"by": "city", "break_at": "2018"}, "district"),
     ({"break_at": "2018", "lags": 99}, "99"), ({"break_at": "2018", "subset": {"wave": "1"}}, "fund")],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(options: dict[str, Any], match: str) -> None:
    with pytest.raises(ArgumentError, match=match):
        trend(steady(range(2015, 2021)), **options)
