"""Areas: editions, names, the crosswalk."""

from pathlib import Path

import pandas as pd
import pytest

from fundanalytics.data import areas
from fundanalytics.data.dataset import Dataset, empty_table
from fundanalytics.errors import ArgumentError

SHARED = Path(__file__).parents[2] / "shared" / "data" / "jinniu_codes"

TREE = pd.DataFrame(
    [
        ("D", "虚区", "district", None, None, None),
        ("S1", "甲街道", "street", "D", None, None),
        ("S2", "乙街道", "street", "D", None, None),
        ("A", "东社区", "community", "S1", None, "2019-12-31"),
        ("B", "西社区", "community", "S1", None, None),
        ("C", "新社区", "community", "S1", "2020-01-01", None),
        ("E", "西社区", "community", "S2", None, None),
    ],
    columns=["area_code", "area_name", "level", "parent_code", "valid_from", "valid_to"],
).astype({"valid_from": "datetime64[s]", "valid_to": "datetime64[s]"})


def dataset() -> Dataset:
    crosswalk = pd.DataFrame(
        {"old_code": ["A", "A", "B"], "new_code": ["B", "C", "B"], "share": [0.25, 0.75, 1.0], "effective_from": pd.Timestamp("2020-01-01")}
    )
    return Dataset({"areas": TREE, "crosswalk": crosswalk.astype({"effective_from": "datetime64[s]"})})


def test_editions_hold_the_areas_of_their_day():
    assert set(areas.edition(TREE, "2019-12-31")["area_code"]) == {"D", "S1", "S2", "A", "B", "E"}
    assert set(areas.edition(TREE, "2020-01-01")["area_code"]) == {"D", "S1", "S2", "B", "C", "E"}


def test_ancestors_are_found_at_any_level_and_absent_where_there_is_none():
    tree = areas.edition(TREE, "2019-06-30")
    assert areas.ancestor(tree, "street") == {"S1": "S1", "S2": "S2", "A": "S1", "B": "S1", "E": "S2"}
    assert set(areas.ancestor(tree, "district").values()) == {"D"}


def test_the_crosswalk_conserves_sums_and_leaves_new_rows_alone():
    rows = pd.DataFrame({"area_code": ["A", "B", "B"], "period": ["2019", "2019", "2020"], "value": [100.0, 10.0, 1.0]})
    now = areas.to_edition(rows, dataset(), "2020", columns=["value"])
    assert now.groupby("area_code")["value"].sum().to_dict() == {"B": 36.0, "C": 75.0}
    before = areas.to_edition(rows, dataset(), "2019", columns=["value"])
    assert before["value"].tolist() == rows["value"].tolist()


def test_a_name_in_two_streets_is_not_guessed():
    assert areas.resolve(TREE, "东社区居委会") == "A"
    with pytest.raises(ArgumentError) as error:
        areas.resolve(TREE, "西社区")
    assert error.value.code == "ambiguous_area"
    names = areas.Names(TREE)
    assert names.find("西社区", street="S2", period="2020") == {"E"}


def test_an_unknown_name_gets_near_misses():
    with pytest.raises(ArgumentError, match="甲街道"):
        areas.resolve(TREE, "甲乙街道")


@pytest.mark.parametrize("period", ["20", "2020-2018", "2020年", ""])
def test_a_period_that_is_none_says_so(period):
    with pytest.raises(ArgumentError) as error:
        areas.years(period)
    assert error.value.code == "bad_period"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real data beside the project are not here")
def test_every_real_community_name_resolves_to_its_code_within_its_street():
    real = pd.read_csv(SHARED / "areas_2023.csv", dtype="str").rename(columns={"area_id": "area_code", "parent_id": "parent_code"})
    real = pd.concat([empty_table("areas"), real])[["area_code", "area_name", "level", "parent_code", "valid_from", "valid_to"]]
    names = areas.Names(real)
    found = [names.find(a.area_name, street=a.parent_code, period="2023") for a in real[real["level"] == "community"].itertuples()]
    assert found == [{c} for c in real.loc[real["level"] == "community", "area_code"]]
