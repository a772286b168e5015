"""The mix of projects and how far they have come."""

from __future__ import annotations

import numpy as np
import pytest
from small import area_tree, small_dataset

from fundanalytics.errors import ArgumentError
from fundanalytics.measure.process import project_mix, stages

TREE = area_tree({"S1": ["a", "b"], "S2": ["c"]})


def dataset():
    own = {"period": "2020", "fund": "guarantee", "name": "x"}
    dates = {"proposed_on": "2020-01-01", "resolved_on": "2020-01-11", "contracted_on": "2020-02-01"}
    projects = [
        own | dates | {"project_id": "1", "area_code": "a", "category": "environment", "budget": 10, "started_on": "2021-01-05"},
        own | {"project_id": "2", "area_code": "b", "category": "environment", "budget": 20, "proposed_on": "2020-01-01", "resolved_on": "2020-01-31"},
        own | {"project_id": "3", "area_code": "b", "category": "other", "proposed_on": "2020-03-01", "resolved_on": "2020-02-01"},
        own | {"project_id": "4", "area_code": "c", "category": "other", "budget": 40},
        own | {"project_id": "5", "area_code": "a", "category": "other", "budget": 40, "fund": "incentive"},
    ]
    paid = [("1", 5, "2020-06-01"), ("2", 10, "2020-06-01"), ("2", 100, "2021-06-01"), ("3", 5, "2020-06-01"), ("4", 8, "2020-06-01")]
    return small_dataset(areas=TREE, projects=projects, payments=[{"project_id": p, "amount": m, "paid_on": d} for p, m, d in paid])


def test_the_mix_is_by_money_paid_in_time_in_the_area() -> None:
    mix = project_mix(dataset(), area="name S1", period="2020")
    assert mix["category"].tolist() == ["environment", "other"] and mix["projects"].tolist() == [2, 1]
    assert mix["paid"].tolist() == [15, 5] and mix["share"].tolist() == [0.75, 0.25]
    assert mix["budget"].iloc[0] == 30 and np.isnan(mix["budget"].iloc[1])
    assert project_mix(dataset(), area="D", period="2020")["paid"].sum() == 28


def test_stages_count_dates_up_to_the_cut_off_and_days_in_order() -> None:
    table = stages(dataset(), area="S1", period="2020").set_index("stage")
    assert table["projects"].tolist() == [3, 3, 1, 0, 0, 0] and table["share"].iloc[2] == pytest.approx(1 / 3)
    assert table.loc["resolved", "median_days"] == 20 and table.loc["contracted", "median_days"] == 21
    assert table.loc[["proposed", "started"], "median_days"].isna().all()


def test_a_later_date_says_that_earlier_stages_were_passed() -> None:
    projects = [{"period": "2020", "fund": "guarantee", "name": "x", "project_id": "1", "area_code": "c", "category": "other", "contracted_on": "2020-02-01"}]
    table = stages(small_dataset(areas=TREE, projects=projects), area="S2", period="2020")
    assert table["projects"].tolist() == [1, 1, 1, 0, 0, 0] and table["median_days"].isna().all()


def test_an_area_without_projects_has_no_mix_and_blank_shares() -> None:
    assert project_mix(dataset(), area="S1", period="2019").empty
    table = stages(dataset(), area="S1", period="2019")
    assert table["projects"].tolist() == [0] * 6 and table["share"].isna().all()


def test_an_unknown_area_is_named() -> None:
    with pytest.raises(ArgumentError, match="nowhere"):
        project_mix(dataset(), area="nowhere", period="2020")


def test_a_cut_off_before_the_period_is_refused() -> None:
    with pytest.raises(ArgumentError, match="2020-01-01"):
        stages(dataset(), area="S1", period="2020", as_of="2019-12-31")
