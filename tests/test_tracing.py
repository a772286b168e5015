"""Tracing: the rows named are the rows that count, they add up to the figure, and an annex tells nothing that its text hides."""

from __future__ import annotations

import functools
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import area_tree, small_dataset

import fundanalytics as fa
from fundanalytics.measure.definitions import INDICATORS
from fundanalytics.measure.disclosure import release
from fundanalytics.measure.people import made_of
from fundanalytics.measure.tracing import NOT_EQUAL, NOT_TRACED, Tracer, ranges, sources_of
from fundanalytics.show.formats import Sentence

DISTRICT, STREET, REDRAWN = "999901", "999901001", "999901001019"
SUMS = pytest.approx


@pytest.fixture(scope="module")
def sample() -> fa.Dataset:
    return fa.load_sample()


def cells(dataset: fa.Dataset, found: pd.DataFrame, column: str) -> list[Any]:
    """The values that stand in the rows named, read back from the tables."""
    values = []
    for one in found.to_dict("records"):
        table = getattr(dataset, one["table"])
        numbers = [n for part in one["rows"].split(", ") for n in range(int(part.split("-")[0]), int(part.split("-")[-1]) + 1)]
        mine = table[table["source_file"].eq(one["source_file"]) & table["source_sheet"].eq(one["source_sheet"]) & table["source_row"].isin(numbers)]
        assert len(mine) == len(numbers) == one["count"]
        values += list(mine[column])
    return values


@pytest.mark.parametrize(("area", "level"), [(DISTRICT, "district"), (STREET, "street")])
def test_the_rows_named_hold_the_money_of_the_figure(sample: fa.Dataset, area: str, level: str) -> None:
    row = fa.row_of(fa.usage_rate(sample, by=level, period="2020"), area)
    found = sources_of(sample, row)
    for role, column in (("numerator", "amount"), ("denominator", "arrived")):
        mine = found[found["role"] == role]
        assert sum(cells(sample, mine, column)) == SUMS(row[role], abs=0.005) and mine["amount"].sum() == SUMS(row[role], abs=0.005)


def test_the_rows_named_hold_the_answers_of_a_survey_and_the_people_at_events(sample: fa.Dataset) -> None:
    rate = fa.row_of(fa.satisfaction_rate(sample, period="2020"), STREET)
    found = sources_of(sample, rate)
    answers = cells(sample, found[found["role"] == "denominator"], "satisfaction")
    assert len(answers) == rate["n"] and set(cells(sample, found[found["role"] == "numerator"], "satisfaction")) == {4, 5}
    came = fa.row_of(fa.participation_rate(sample, period="2020"), STREET)
    signed = sources_of(sample, came).query("role == 'numerator'")
    assert len(set(cells(sample, signed, "person_key"))) == came["numerator"] == signed["amount"].sum() < signed["count"].sum()


@pytest.mark.parametrize("period", ["2017", "2018-2020"])
def test_every_figure_is_the_sum_of_its_rows_also_where_areas_were_redrawn(sample: fa.Dataset, period: str) -> None:
    table, tracer, seen = fa.indicators(sample, period=period), Tracer(sample), set()
    for row in table[table["area_code"].isin([DISTRICT, STREET, REDRAWN]) & table["value"].notna()].to_dict("records"):
        found = tracer.sources(row)
        assert not found["note"].isin([NOT_EQUAL, NOT_TRACED]).any(), (row["indicator"], row["basis"], row["area_code"])
        sums = found.groupby("role")["amount"].sum()
        for role in ("numerator", "denominator"):
            assert pd.isna(row[role]) or sums.get(role, 0.0) == SUMS(row[role], rel=1e-9, abs=0.005)
        seen.add(row["indicator"])
    assert period == "2017" or seen == set(INDICATORS)


COUNTED = ["usage_rate", "sediment_rate", "cost_per_project", "self_raised_ratio", "completion_rate", "on_time_rate", "participation_rate",
           "participation_intensity"]  # fmt: skip
AMOUNTS = st.sampled_from([None, 0.0, 100.0, 333.33, 50.01])
DAYS = st.sampled_from([None, "2020-05-01", "2020-12-31", "2021-02-01"])


@st.composite
def districts(draw: st.DrawFn, whole_streets: bool) -> fa.Dataset:
    """Two streets of a district, one of whose communities was split and one joined; money told by payments, by sums, or by neither; late, blank and stopped."""
    codes = ["A1", "A2", "B1", "B2", "B3"]
    tree = area_tree({"A": ["A1", "A3", "A4"], "B": ["B1", "B2"]}, community_type="urban")
    gone = {"area_name": "old", "level": "community", "community_type": "rural", "valid_to": "2019-12-31"}
    tree += [gone | {"area_code": "A2", "parent_code": "A"}, gone | {"area_code": "B3", "parent_code": "B"}]
    steps = [{"old_code": "A2", "new_code": "A3", "share": 0.6, "effective_from": "2020-01-01"},
             {"old_code": "A2", "new_code": "A4", "share": 0.4, "effective_from": "2020-01-01"},
             {"old_code": "B3", "new_code": "B2", "share": 1.0, "effective_from": "2020-01-01"}]  # fmt: skip
    unit = st.fixed_dictionaries(
        {
            "area_code": st.sampled_from([*codes, "A3", *(["A"] if whole_streets else [])]),
            "period": st.sampled_from(["2019", "2020"]),
            "fund": st.just("guarantee"),
        }
    )
    tables: dict[str, list[dict[str, Any]]] = {"areas": tree, "crosswalk": steps}
    held = draw(st.lists(unit, min_size=1, max_size=6, unique_by=lambda u: (u["area_code"], u["period"])))
    tables["allocations"] = [u | {"quota": draw(AMOUNTS), "arrived": draw(AMOUNTS), "carried_in": draw(AMOUNTS), "arrived_on": draw(DAYS)} for u in held]
    projects = draw(st.lists(unit, max_size=6))
    tables["projects"] = [u | {"name": "p", "category": "other", "budget": draw(AMOUNTS), "self_raised": draw(AMOUNTS), "contract_amount": draw(AMOUNTS),
                               "finished_on": draw(DAYS), "planned_end_on": draw(DAYS), "status": draw(st.sampled_from([None, "stopped", "finished"])),
                               "parent_project_id": draw(st.sampled_from([None, None, "projects-0"]))} for u in projects]  # fmt: skip
    ids = [f"projects-{i}" for i in range(len(projects))] or ["none"]
    tables["payments"] = [{"project_id": draw(st.sampled_from(ids)), "amount": draw(AMOUNTS), "paid_on": draw(DAYS), "period": "2020"}
                          for _ in range(draw(st.integers(0, 6)))]  # fmt: skip
    stated = draw(st.lists(unit, max_size=4, unique_by=lambda u: (u["area_code"], u["period"])))
    tables["totals"] = [u | {"measure": draw(st.sampled_from(["paid", "arrived", "projects"])), "value": draw(AMOUNTS), "as_of": draw(DAYS)} for u in stated]
    tables["events"] = [
        {"event_id": f"e{i}", "step": "proposal", "person_times": draw(st.sampled_from([None, 0, 7])), "held_on": draw(DAYS)} | draw(unit) for i in range(3)
    ]
    tables["participants"] = [{"event_id": draw(st.sampled_from(["e0", "e1", "e2"])), "person_key": draw(st.sampled_from("abc")), "household_key": "h",
                               "is_resident": True} for _ in range(draw(st.integers(0, 6)))]  # fmt: skip
    people = draw(st.lists(unit, max_size=4, unique_by=lambda u: (u["area_code"], u["period"])))
    tables["populations"] = [u | {"basis": "resident", "persons": 100, "eligible_persons": 80, "households": 40} for u in people]
    return small_dataset(**{name: _numbered(rows) for name, rows in tables.items()})


def _numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"source_file": "f.xlsx", "source_sheet": "s", "source_row": i} for i, row in enumerate(rows, 3)]


@settings(max_examples=4, deadline=None)
@given(districts(whole_streets=False))
def test_whatever_the_data_are_the_rows_add_up_to_the_figure(dataset: fa.Dataset) -> None:
    check(dataset, "2019-2020")


@settings(max_examples=4, deadline=None)
@given(districts(whole_streets=True))
def test_the_rows_of_a_street_known_as_a_whole_add_up_too(dataset: fa.Dataset) -> None:
    check(dataset, "2020")


def check(dataset: fa.Dataset, period: str) -> None:
    tracer, table = Tracer(dataset), fa.indicators(dataset, period=period, names=COUNTED)
    for row in table[table["value"].notna()].to_dict("records"):
        assert set(tracer.sources(row)["note"]) <= {""}, (row["indicator"], row["basis"], row["area_code"])


def test_one_person_counts_once_in_each_area_and_counts_of_answers_only_where_there_are_no_answers() -> None:
    year = {"period": "2020"}
    dataset = small_dataset(**{name: _numbered(rows) for name, rows in {
        "areas": area_tree({"A": ["A1"], "B": ["B1"]}, community_type="urban"),
        "populations": [year | {"area_code": a, "basis": "resident", "persons": 100, "eligible_persons": 80, "households": 40} for a in ("A1", "B1")],
        "events": [year | {"event_id": a, "area_code": a, "step": "proposal", "held_on": "2020-05-01"} for a in ("A1", "B1")],
        "participants": [{"event_id": a, "person_key": "one", "household_key": "h", "is_resident": True} for a in ("A1", "A1", "B1")],
        "responses": [year | {"area_code": "A1", "response_id": f"r{i}", "satisfaction": level} for i, level in enumerate((5, 4, 2))],
        "response_counts": [year | {"area_code": a, "item": "satisfaction", "level": level, "count": 7} for a in ("A1", "B1") for level in (2, 5)],
    }.items()})  # fmt: skip
    table, tracer = fa.indicators(dataset, period="2020", names=["participation_rate", "satisfaction_rate"]), Tracer(dataset)
    for basis, counted in (("residents", {"A1": 2, "B1": 1}), ("satisfied", {"A1": 3, "B1": 2})):
        for area, rows in counted.items():
            found = tracer.sources(table[table["area_code"].eq(area) & table["basis"].eq(basis)].iloc[0])
            top = found[found["role"].eq("numerator" if basis == "residents" else "denominator")]
            assert set(found["note"]) == {""} and top["count"].sum() == rows
            assert basis == "satisfied" or top["amount"].sum() == 1


def test_both_periods_of_a_comparison_are_traced(sample: fa.Dataset) -> None:
    row = fa.compare_periods(sample, baseline="2012-2017", current="2018-2020").iloc[0]
    sums = sources_of(sample, row).groupby(["period", "role"])["amount"].sum()
    assert sums["2012-2017", "numerator"] / sums["2012-2017", "denominator"] == SUMS(row["baseline_value"])
    assert sums["2018-2020", "numerator"] / sums["2018-2020", "denominator"] == SUMS(row["current_value"])


def test_a_total_leads_to_the_scores_that_people_gave(sample: fa.Dataset) -> None:
    evaluation = fa.evaluate(sample, period="2020")
    row = evaluation.totals.query("level == 'community'").iloc[0]
    found = sources_of(sample, row, evaluation=evaluation).query("table == 'assessments'")
    assert set(cells(sample, found, "area_code")) == {row["area_code"]} and found["count"].sum() > 20


def test_a_figure_that_does_not_follow_from_its_rows_is_told_and_so_is_one_that_is_no_sum(sample: fa.Dataset) -> None:
    row = fa.usage_rate(sample, by="district", period="2020").iloc[0]
    assert set(sources_of(sample, {**row, "numerator": row["numerator"] + 1})["note"]) == {NOT_EQUAL}
    assert sources_of(sample, {"term": "slope", "value": 0.1})["note"].iloc[0] == NOT_TRACED
    blank = fa.row_of(fa.participation_rate(sample, period="2017"), STREET)
    assert sources_of(sample, blank)["note"].iloc[0] == blank["note"] != ""


def test_rows_are_told_as_ranges() -> None:
    told = ranges(pd.Series([7, 5, 9, 6, 9, 10, None, None, 1], dtype="Int64"), pd.Series([0, 0, 0, 0, 0, 2, 2, 1, -1]))
    assert told.to_dict() == {0: "5-7, 9", 2: "10"} and ranges(pd.Series([], dtype="Int64"), pd.Series([], dtype="int64")).empty


# --- the annex ---------------------------------------------------------------------------------------------------------
@functools.cache
def released(audience: str, min_people: int | None) -> pd.DataFrame:
    names = ["usage_rate", "participation_rate", "satisfaction_rate"]
    return release(fa.indicators(fa.load_sample(), period="2020", names=names), audience, min_people=min_people)


def shown(sample: fa.Dataset, audience: str, lang: str = "zh", min_people: int | None = None) -> dict[int, object]:
    table = released(audience, min_people)
    usage, rate = fa.rows_of(table, "usage_rate"), fa.rows_of(table, "satisfaction_rate")
    came = fa.rows_of(table, "participation_rate")
    said = [fa.say_title(sample, STREET, "2020", lang), fa.say_headline(table, STREET, lang), usage, fa.say_usage(fa.row_of(usage, STREET), lang),
            fa.say_position(usage, STREET, lang), fa.say_position(rate, STREET, lang), fa.say_participation(fa.row_of(came, REDRAWN), lang)]  # fmt: skip
    return dict(enumerate(said, 5))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_number_has_one_line_in_the_order_of_the_text(sample: fa.Dataset, lang: str) -> None:
    found = fa.tracing(sample, shown(sample, "public", lang), lang)
    assert list(found.cells["value"])[:3] == ["97.6%", "3.2%", "85.2%"] and found.cells["what"].is_unique
    first = found.cells["sources"].iloc[0]
    assert "梧桐街道/2020年社区保障资金台账.xlsx" in first and "4-38, 41-92, 94-107" in first and "4-11" in first


def test_the_annex_names_no_area_and_no_file_that_the_text_does_not(sample: fa.Dataset) -> None:
    found = fa.tracing(sample, shown(sample, "public"))
    text = found._repr_html_() + found.frame.to_csv()
    others = sample.areas.query("level == 'street' and area_code != @STREET")["area_name"]
    assert not [name for name in others if name in text] and "12个街道" in text
    assert any(name in fa.tracing(sample, shown(sample, "internal"), audience="internal").frame.to_csv() for name in others)


def test_rows_of_people_are_listed_inside_the_house_only(sample: fa.Dataset) -> None:
    people = {INDICATORS[name].id for name in INDICATORS if made_of(name, next(iter(INDICATORS[name].bases)))}
    assert "satisfaction_rate" in people
    for audience in ("public", "internal"):
        found = fa.tracing(sample, shown(sample, audience), audience=audience)
        of_people = found.frame[found.frame["table"].isin(["responses", "participants", "populations"])]
        assert len(of_people) and of_people["rows"].ne("").any() == (audience == "internal") == of_people["amount"].notna().any()


def test_a_hidden_count_has_no_line(sample: fa.Dataset) -> None:
    open_, hidden = (fa.tracing(sample, shown(sample, "public", min_people=least)) for least in (None, 1000))
    name = fa.row_of(fa.participation_rate(sample, by="community", period="2020"), REDRAWN)["area_name"]
    assert open_.cells["what"].str.contains(name).any() and not hidden.cells["what"].str.contains(name).any()


def test_a_value_that_the_text_does_not_give_is_not_called_one_of_the_text(sample: fa.Dataset) -> None:
    row = fa.row_of(fa.usage_rate(sample, by="street", period="2020"), STREET)
    said = Sentence("只说差额。", rows=(row,))
    assert fa.tracing(sample, [said]).cells["value"].tolist() == ["—"] and fa.tracing(sample, [fa.say_usage(row)]).cells["value"].tolist() == ["97.6%"]
    both = fa.say_comparison(fa.row_of(fa.compare_periods(sample, "satisfaction_rate", baseline="2018", current="2020", by="street"), STREET))
    assert fa.tracing(sample, [both]).cells["value"].tolist() == ["73.9%；85.2%"]


def test_text_without_such_numbers_says_so(sample: fa.Dataset) -> None:
    assert isinstance(fa.tracing(sample, [Sentence("无"), 7, None]), Sentence)
