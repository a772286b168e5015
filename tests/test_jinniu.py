"""The two editions of a real area list beside the project: what is the same by code, and what only looks like it."""

from pathlib import Path

import pandas as pd
import pytest

from fundanalytics.data.areas import match_editions

SHARED = Path(__file__).parents[2] / "shared" / "data" / "jinniu_codes"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the real data beside the project are not here")


@pytest.fixture(scope="module")
def matched() -> pd.DataFrame:
    old, new = (pd.read_csv(SHARED / f"areas_{year}.csv", dtype="str").rename(columns={"area_id": "area_code"}) for year in (2016, 2023))
    return match_editions(old, new)


def test_communities_are_matched_by_code_and_the_rest_is_reported(matched):
    counts = matched[matched["level"] == "community"].groupby("status").size().to_dict()
    assert counts["same"] + counts["renamed"] == 69 and counts["renamed"] == 6
    communities = matched[matched["level"] == "community"]
    assert communities["old_code"].notna().sum() == 110 and communities["new_code"].notna().sum() == 90
    assert (counts["gone"], counts["new"], counts["moved_candidate"]) == (38, 18, 6)  # three names moved: once in each edition


def test_nothing_is_taken_by_its_name(matched):
    both = matched.dropna(subset=["old_code", "new_code"])
    assert (both["old_code"] == both["new_code"]).all() and both["status"].isin(["same", "renamed"]).all()
    assert matched.loc[matched["status"] == "moved_candidate", "same_name"].ne("").all()
    street = matched.set_index("old_code").loc["510106037"]  # a street is no community of its name
    assert (street["old_name"], street["status"], street["same_name"]) == ("黄忠街道", "gone", "")
    assert "银沙社区居委会" in matched.set_index("old_code").loc["510106038002", "near"]


def test_every_row_is_as_in_the_list_of_changes_made_by_hand(matched):
    listed = pd.read_csv(SHARED / "changes_2016_to_2023.csv", dtype="str").set_index("area_id")
    ours = matched.assign(area_id=matched["old_code"].fillna(matched["new_code"])).set_index("area_id")
    assert set(ours.index) == set(listed.index) and ours.index.is_unique
    ours = ours.loc[listed.index]
    pairs = {
        "same code": ["same"],
        "same code, other name": ["renamed"],
        "gone or recoded": ["gone", "moved_candidate"],
        "new or recoded": ["new", "moved_candidate"],
    }
    assert all(status in pairs[change] for status, change in zip(ours["status"], listed["change"], strict=True))
    moved = listed["same_name_now_at"].fillna(listed["same_name_was_at"]).fillna("")
    assert ours["same_name"].tolist() == moved.tolist()
    for year, side in (("2016", "old"), ("2023", "new")):
        assert ours[f"{side}_name"].fillna("").tolist() == listed[f"area_name_{year}"].fillna("").tolist()
        assert ours[f"{side}_code"].notna().tolist() == listed[f"area_name_{year}"].notna().tolist()
