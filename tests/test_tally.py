"""Sums: exact, by the fund year of the project, up to the cut-off, on any dataframe engine."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from small import area_tree, small_dataset

from fundanalytics.data import load
from fundanalytics.data.dataset import Dataset
from fundanalytics.measure import figures, tally
from fundanalytics.measure.definitions import INDICATORS
from fundanalytics.measure.request import request

DAY = pd.Timestamp("2020-12-31")
AREAS = area_tree({"S1": ["a", "b"]})


def project(name: str, area: str = "a", **columns: object) -> dict[str, object]:
    return {"project_id": name, "area_code": area, "period": "2020", "fund": "guarantee", "name": name, "category": "other"} | columns


def test_money_is_summed_in_whole_fen_in_any_order() -> None:
    amounts = np.round(np.random.default_rng(2).lognormal(8, 2, 5000), 2)
    frame = pd.DataFrame({"area_code": "a", "amount": amounts})
    mixed = frame.sample(frac=1, random_state=1)
    first, second = (tally.sums(f, ["area_code"], ["amount"])["amount"] for f in (frame, mixed))
    assert first.dtype == "int64" and first.iloc[0] == second.iloc[0] == sum(round(float(x) * 100) for x in amounts)


def test_sums_are_the_same_on_arrow_and_pandas() -> None:
    frame = pd.DataFrame({"area_code": ["a", "b", "a", None], "period": ["2020"] * 4, "amount": [0.1, np.nan, 0.2, 5.0]})
    by = ["area_code", "period"]
    expected = tally.sums(frame, by, ["amount"], count="rows")
    pd.testing.assert_frame_equal(tally.sums(pa.Table.from_pandas(frame), by, ["amount"], count="rows"), expected)
    assert expected["amount"].tolist() == [30, 0] and expected["amount_known"].tolist() == [2, 0] and expected["rows"].tolist() == [2, 1]


ENGINES = ("projects", "payments", "allocations", "events", "participants", "populations", "notices", "listings", "trainings")


def on_duckdb(dataset: Dataset) -> Dataset:
    return replace(dataset, tables={n: duckdb.from_df(t) if n in ENGINES else t for n, t in dataset.tables.items()})


def on_dask(dataset: Dataset) -> Dataset:
    dask = pytest.importorskip("dask.dataframe", reason="Dask is not installed")
    return replace(dataset, tables={n: dask.from_pandas(t, npartitions=2) if n in ENGINES else t for n, t in dataset.tables.items()})


@pytest.mark.filterwarnings("ignore:Dask support is moving:FutureWarning")
@pytest.mark.parametrize("engine", [on_duckdb, on_dask])
@pytest.mark.parametrize("period", ["2020", "2018-2020"])
def test_every_full_count_of_the_sample_is_the_same_on_another_engine(engine, period) -> None:
    sample = load.load_sample()
    names = [name for name, made in INDICATORS.items() if set(made.bases) != set(made.surveyed)]
    asked = request(sample, by=("street", "district"), period=period, subset=None, as_of=None, confidence=0.95, subsets=())
    wanted = {name: [b for b in INDICATORS[name].bases if b not in INDICATORS[name].surveyed] for name in names}
    expected, found = (figures.numbers(replace(asked, dataset=d), wanted) for d in (sample, engine(sample)))
    key = ["indicator", "basis", "level", "area_code"]
    pd.testing.assert_frame_equal(*(t.sort_values(key).reset_index(drop=True) for t in (found, expected)))


def test_the_last_year_with_records_is_found_on_another_engine() -> None:
    dataset = on_duckdb(small_dataset(areas=AREAS, projects=[project("p"), project("q", period="2019-2020")], trainings=[
        {"training_id": "t", "level": "street", "organiser_code": "S1", "area_code": "a", "held_on": "2019-05-01", "attendees": 1}]))  # fmt: skip
    assert figures.last_period(dataset, "usage_rate") == "2020" and figures.last_period(dataset, "training_coverage") == "2019"


def test_a_payment_counts_in_its_projects_year_if_made_by_the_cut_off() -> None:
    payments = [
        {"project_id": "p", "amount": 10.01, "paid_on": "2020-12-31"},
        {"project_id": "p", "amount": 100, "paid_on": "2021-01-01"},
        {"project_id": "p", "amount": 1000, "period": "2021"},
        {"project_id": "p", "amount": 7, "period": "2020"},
        {"project_id": "old", "amount": 5, "paid_on": "2020-03-01"},
    ]
    dataset = small_dataset(areas=AREAS, projects=[project("p"), project("old", period="2019")], payments=payments)
    assert tally.spent(dataset, "2020", as_of=DAY)["paid"].tolist() == [1701]
    assert tally.spent(dataset, "2020", as_of=pd.Timestamp("2021-12-31"))["paid"].tolist() == [111701]
    both = tally.spent(dataset, "2019-2020", as_of=DAY)
    assert dict(zip(both["period"], both["paid"], strict=True)) == {"2019": 500, "2020": 1701}


def test_a_total_stands_only_where_there_are_no_payments() -> None:
    total = {"period": "2020", "fund": "guarantee", "measure": "paid"}
    dataset = small_dataset(
        areas=AREAS, projects=[project("p")], payments=[{"project_id": "p", "amount": 10, "period": "2020"}],
        totals=[total | {"area_code": "a", "value": 99}, total | {"area_code": "b", "value": 20, "as_of": "2020-06-30"},
                total | {"area_code": "b", "value": 30, "as_of": "2020-12-31"}, total | {"area_code": "b", "value": 70, "as_of": "2021-06-30"}],
    )  # fmt: skip
    found = tally.spent(dataset, "2020", as_of=DAY)
    assert found["paid"].tolist() == [1000, 3000] and found["both_sources"].tolist() == [True, False]


def test_incentive_money_counts_only_by_name() -> None:
    rows = [{"area_code": "a", "period": "2020", "fund": f, "quota": 1, "arrived": 1} for f in ("guarantee", "incentive")]
    dataset = small_dataset(areas=AREAS, allocations=rows)
    assert tally.received(dataset, "2020", as_of=DAY)["fund"].tolist() == ["guarantee"]
    assert tally.received(dataset, "2020", as_of=DAY, funds=("incentive",))["fund"].tolist() == ["incentive"]


def test_money_that_has_not_been_reported_is_not_known() -> None:
    dataset = small_dataset(areas=AREAS, allocations=[{"area_code": "a", "period": "2020", "fund": "guarantee", "quota": 50}])
    found = tally.received(dataset, "2020", as_of=DAY)
    assert found["quota"].tolist() == [5000] and found["arrived"].isna().all()


def test_a_person_counts_once_a_year_and_outsiders_do_not() -> None:
    events = [{"event_id": e, "area_code": "a", "period": y, "step": "review", "held_on": d}
              for e, y, d in [("1", "2020", "2020-03-01"), ("2", "2020", None), ("3", "2019", "2019-03-01"), ("4", "2020", "2021-01-02")]]  # fmt: skip
    signed = [("1", "x", True), ("2", "x", None), ("2", "y", False), ("2", "w", None), ("3", "x", True), ("4", "z", True)]
    people = [{"event_id": e, "person_key": k, "is_resident": r} for e, k, r in signed]
    found = tally.people(small_dataset(areas=AREAS, events=events, participants=people), "2019-2020", "person_key", as_of=DAY)
    assert found.to_numpy().tolist() == [["a", "2019", "x"], ["a", "2020", "w"], ["a", "2020", "x"]]


def test_a_row_that_only_heads_its_sub_projects_is_no_project() -> None:
    projects = [project("head"), project("one", parent_project_id="head"), project("paid"), project("two", parent_project_id="paid")]
    dataset = small_dataset(areas=AREAS, projects=projects, payments=[{"project_id": "paid", "amount": 1, "period": "2020"}])
    assert tally.headings(dataset) == ["head"]
    assert tally.spent(dataset, "2020", as_of=DAY)["projects"].tolist() == [3]


@pytest.mark.parametrize("table", [tally.spent, tally.received])
def test_no_records_give_no_rows(table) -> None:
    assert table(small_dataset(areas=AREAS), "2020", as_of=DAY).empty


def test_no_payment_is_blank_and_a_later_payment_is_nothing_yet() -> None:
    payments = [{"project_id": "late", "amount": 5, "paid_on": "2021-02-01"}]
    found = tally.spent(small_dataset(areas=AREAS, projects=[project("late"), project("p", "b")], payments=payments), "2020", as_of=DAY)
    assert found["area_code"].tolist() == ["a", "b"] and found["paid"].iloc[0] == 0 and np.isnan(found["paid"].iloc[1])


def test_money_that_came_after_the_cut_off_had_not_arrived() -> None:
    given = [("a", "2021-01-05", 100), ("b", None, 30), ("c", "2020-12-31", 7), ("d", "2021-01-05", None)]
    rows = [{"area_code": a, "period": "2020", "fund": "guarantee", "quota": 9, "arrived": x, "arrived_on": d} for a, d, x in given]
    found = tally.received(small_dataset(areas=AREAS, allocations=rows), "2020", as_of=DAY)
    np.testing.assert_array_equal(found["arrived"], [0, 3000, 700, np.nan])
    assert found["quota"].tolist() == [900] * 4
    assert tally.received(small_dataset(areas=AREAS, allocations=rows), "2020", as_of=pd.Timestamp("2021-01-05"))["arrived"].iloc[0] == 10000


def test_a_period_that_is_no_fund_year_is_ignored() -> None:
    odd = [{"project_id": "p", "amount": 5, "period": y} for y in ("2019-2020", "1st", None)]
    dataset = small_dataset(areas=AREAS, projects=[project("p"), project("q", period="2018-2020")], payments=odd)
    assert tally.spent(dataset, "2020", as_of=DAY)["paid"].tolist() == [0]


def test_person_times_stand_in_for_persons_of_one_event_and_unknown_ones_are_counted_apart() -> None:
    told = [(10, None, "2020-03-01"), (None, 4, None), (None, None, "2020-03-01"), (0, 9, "2020-03-01"), (5, 5, "2021-01-01")]
    events = [{"event_id": str(i), "area_code": "a", "period": "2020", "step": "review", "person_times": t, "persons": p, "held_on": d}
              for i, (t, p, d) in enumerate(told)]  # fmt: skip
    found = tally.attended(small_dataset(areas=AREAS, events=events), "2020", as_of=DAY)
    assert found[["times", "events", "unknown"]].to_numpy().tolist() == [[14, 3, 1]]
