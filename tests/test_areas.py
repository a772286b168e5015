"""Areas: editions, names, the crosswalk."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundanalytics.data import areas, crosswalk
from fundanalytics.data.dataset import Dataset, empty_table
from fundanalytics.data.ledger import Ledger
from fundanalytics.data.load import load
from fundanalytics.data.locate import locate
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


@settings(max_examples=25)
@given(st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.33, 0.5, 1.0]), min_size=1, max_size=5), st.integers(1, 10**13))
def test_sums_stay_whatever_the_shares(shares, fen):
    """To the 分 where a code goes whole; else to the rounding of doubles, also where shares written with two decimals sum to 0.99."""
    if not sum(shares):
        return
    steps = pd.DataFrame({"old_code": "A", "new_code": [f"N{i}" for i, _ in enumerate(shares)], "share": shares, "effective_from": pd.Timestamp("2020-01-01")})
    rows = pd.DataFrame({"area_code": ["A"], "period": ["2019"], "value": [fen / 100]})
    moved = areas.to_edition(rows, Dataset({"areas": TREE, "crosswalk": steps}), "2020", columns=["value"])["value"]
    assert abs(moved.sum() - fen / 100) <= (0 if len(shares) == 1 else 1e-9 * fen / 100)


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


TOWN = pd.DataFrame(
    [
        ("510999", "虚区", "district", None), ("510999001", "梧桐街道", "street", "510999"), ("510999002", "天回镇街道", "street", "510999"),
        ("510999003", "华街道", "street", "510999"), ("510999004", "西华街道", "street", "510999"),
        ("510999001001", "梧桐社区居委会", "community", "510999001"), ("510999001002", "郎家社区居委会", "community", "510999001"),
        ("510999001003", "交通大学社区居委会", "community", "510999001"), ("510999001004", "铁路新村社区居委会", "community", "510999001"),
        ("510999002001", "郎家社区居委会", "community", "510999002"), ("510999002002", "金华村委会", "community", "510999002"),
        ("510999002003", "凤凰里社区居委会", "community", "510999002"),
    ],
    columns=["area_code", "area_name", "level", "parent_code"],
).assign(valid_from=pd.NaT, valid_to=pd.NaT)  # fmt: skip
ALIASES = pd.DataFrame(
    [("老交大", "510999001003", None), ("郎家", "510999002001", "天回镇街道"), ("五\ue000坝", "510999002002", None), ("回镇办", "510999002", None)],
    columns=["alias", "area_code", "street_name"],
)


def place(name=None, *, code=None, street=None, title=None, level="community", aliases=ALIASES):
    return locate(areas.Names(TOWN, aliases), code, name, street, "2020", title, named=True, level=level)


@pytest.mark.parametrize(
    "name",
    [
        "凤凰里",
        "鳳凰裏社區",
        "鳯凰里社区",
        "凤凰里 社区居委会",
        "凤凰里（社区）",
        "３．凤凰里社区",
        "凤凰里居民委员会",
        "凤凰里村",
        "天回镇街道凤凰里社区",
        "虚区天回镇街道/凤凰里",
    ],
)
def test_a_name_is_known_in_every_form_people_write(name):
    assert place(name) == ("510999002003", "", "")


def test_a_suffix_must_fit_what_it_names():
    assert place("铁路新村")[0] == "510999001004"
    assert place("金华街道")[1] == "unknown_area"  # there is a village 金华 only
    assert place("天回镇社区")[1] == "unknown_area"  # and a street 天回镇 only
    assert place("天回镇", level=None)[0] == place("天回镇街道办事处", level=None)[0] == "510999002"


def test_a_bare_name_of_a_street_and_a_community_needs_the_heading_or_the_street():
    assert place("梧桐", level=None)[1] == "ambiguous_area"
    assert place("梧桐")[0] == place("梧桐", level=None, street="梧桐街道")[0] == "510999001001"


def test_the_same_name_in_two_streets_is_refused_unless_the_street_decides():
    assert place("郎家社区", aliases=None)[:2] == (None, "ambiguous_area")
    assert place("郞家", street="梧桐街道", aliases=None)[0] == "510999001002"
    assert place("郎家社区", title="510999002", aliases=None)[0] == "510999002001"
    assert place("郎家社区", street="西华街道", aliases=None) == (None, "unknown_area", "梧桐街道郎家社区居委会、天回镇街道郎家社区居委会")


@pytest.mark.parametrize("name", ["凤\ue123里社区", "凤□里社区", "?凰里", "凤凰\ufffd社区"])
def test_a_lost_character_matches_nothing_and_what_it_fits_is_proposed(name):
    assert place(name) == (None, "unknown_area", "凤凰里社区居委会")
    assert place(name, code="510999002003") == ("510999002003", "", "")  # the code says which
    lost = areas.Names(TOWN.replace("凤凰里社区居委会", name))  # lost in the list too: which of the two was meant, nobody knows
    assert lost.find(name, street=None, period=None) == set()


def test_near_misses_are_proposed_and_never_taken():
    assert place("交通大学社") == (None, "unknown_area", "交通大学社区居委会")
    assert place("交大社区")[0] is None
    assert place("铁路新", street="梧桐街道")[2] == "铁路新村社区居委会"
    assert place("凤凰里社区", street="天回镇街")[1:] == ("unknown_area", "天回镇街道")


def test_the_code_comes_first_and_a_wrong_one_is_not_mended_by_the_name():
    assert place("凤凰里", code="510999002003", street="天回镇街道") == ("510999002003", "", "")
    assert place("郎家", code="510999002003")[1] == place(code="510999002003", street="梧桐街道")[1] == "code_name_differ"
    assert place("凤凰里", code="510999002099") == (None, "unknown_area", "510999002003 凤凰里社区居委会")
    assert place("凤凰里", code="07")[0] == "510999002003"  # a number of the sender's own


def test_an_alias_goes_before_names_within_its_street_and_is_told():
    assert place("老交大社区") == ("510999001003", "alias_used", "交通大学社区居委会")
    assert place("五\ue000坝")[:2] == ("510999002002", "alias_used")
    assert place("老交大", street="天回镇街道")[1] == "unknown_area"
    assert place("郎家", street="天回镇街道")[:2] == ("510999002001", "alias_used")
    assert place("郎家", street="梧桐街道") == ("510999001002", "", "") and place("郎家")[1] == "ambiguous_area"
    assert place("凤凰里", street="回镇办")[0] == "510999002003"


def test_a_title_speaks_of_the_longest_street_in_it():
    assert areas.Names(TOWN).street("西华街道2020年台账") == "510999004"
    assert areas.Names(TOWN).street("西华街道、梧桐街道") is None


def steps(*rows):
    frame = pd.DataFrame(rows, columns=["old_code", "new_code", "share", "effective_from"]).astype({"effective_from": "datetime64[s]"})
    return frame.assign(source_file="对照.csv", source_sheet="", source_row=range(2, len(rows) + 2))


@pytest.mark.parametrize(
    ("rows", "rule", "left"),
    [
        ([("A", "B", 0.5, "2020-01-01"), ("A", "C", 0.4, "2020-01-01")], "shares_not_one", 0),
        ([("A", "B", 1.0, "2020-01-01"), ("X", "Y", 1.0, "2020-01-01")], "unknown_area", 1),
        ([("B", "A", 1.0, "2020-01-01"), ("E", "C", 1.0, "2020-01-01")], "code_ended", 1),  # A ended in 2019
        ([("B", "E", 1.0, "2020-01-01"), ("E", "B", 1.0, "2020-01-01"), ("A", "C", 1.0, "2020-01-01")], "crosswalk_circle", 1),
    ],
)
def test_a_step_that_cannot_be_followed_is_refused_and_its_code_stays(rows, rule, left):
    ledger = Ledger()
    assert len(crosswalk.check_crosswalk(steps(*rows), TREE, ledger)) == left
    assert {r["rule"] for r in ledger.refused} == {rule}


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ([("A", "B", 0.25, "2020-01-01"), ("A", "C", 0.75, "2020-01-01")], []),
        ([("B", "B", 0.9, "2020-01-01"), ("B", "E", 0.1, "2020-01-01"), ("E", "E", 0.8, "2020-01-01"), ("E", "B", 0.2, "2020-01-01")], []),  # a strip each way
        ([("B", "E", 1.0, "2020-01-01")], ["code_still_valid"]),
        ([("A", "B", 1.0, "2020-01-01"), ("B", "E", 1.0, "2020-01-01")], ["code_still_valid", "code_refilled"]),
        ([("A", "C", 1.0, "2019-07-01")], ["code_still_valid", "edition_dates_differ"]),
    ],
)
def test_a_step_that_says_two_things_is_kept_and_found(rows, codes):
    ledger = Ledger()
    assert len(crosswalk.check_crosswalk(steps(*rows), TREE, ledger)) == len(rows)
    assert [f["code"] for f in ledger.findings] == codes and not ledger.refused


def test_codes_that_hold_twice_or_outlive_their_street_are_found():
    tree = TREE.assign(source_file="区划.csv", source_sheet="", source_row=range(2, len(TREE) + 2))
    ledger = Ledger()
    crosswalk.check_editions(tree, ledger)
    assert not ledger.findings
    tree.loc[tree["area_code"] == "S2", "valid_to"] = pd.Timestamp("2019-12-31")
    again = tree[tree["area_code"] == "B"].assign(valid_from=pd.Timestamp("2020-01-01"), source_row=99)
    crosswalk.check_editions(pd.concat([tree, again], ignore_index=True), ledger)
    assert [(f["code"], f["found"], f["cell"]) for f in ledger.findings] == [("editions_overlap", "B", "99:99"), ("parent_not_valid", "E 西社区", "8:8")]


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (("A", "2019"), ("B", "2019"), False), (("A", "2020"), ("B", "2020"), True),  # B was there before, and holds A from 2020 on
        (("A", "2019"), ("C", "2019"), True), (("A", "2019"), ("C", "2020"), False),  # C begins in 2020: its 2019 is A's
        (("A", "2021"), ("E", "2021"), True), (("A", "2020"), ("E", "2020"), False),  # E holds what was A's from 2021 on
        (("B", "2020"), ("C", "2020"), False),
    ],
)  # fmt: skip
def test_a_place_counted_under_its_old_and_its_new_code_is_found(first, second, found):
    walk = steps(("A", "B", 0.25, "2020-01-01"), ("A", "C", 0.75, "2020-01-01"), ("C", "E", 1.0, "2021-01-01"))
    rows = pd.DataFrame([first, second], columns=["area_code", "period"])
    rows = rows.assign(basis="resident", persons=1, source_file=["旧.csv", "新.csv"], source_sheet="", source_row=[5, 7])
    ledger = Ledger()
    crosswalk.check_counted_twice({"areas": TREE, "crosswalk": walk, "populations": rows}, ledger)
    assert [(f["code"], f["cell"], f["detail"]) for f in ledger.findings] == [("counted_twice", "5:5", "新.csv  7:7")] * found


def test_aliases_and_the_crosswalk_are_read_like_any_table(tmp_path):
    sent = {
        "区划": "区划代码,名称,级别,上级代码,停用日期\nD,虚区,区,,\nD1,甲街道,街道,D,\nD101,一社区,社区,D1,2019-12-31\nD102,二社区,社区,D1,\n",
        "别名": "别名,区划代码\n老二社,D102\n没有的,D199\n",
        "对照": "原代码,新代码,比例,调整日期\nD101,D102,1,2020-01-01\n",
        "人口": "社区,年度,人口口径,人口数\n老二社,2019,常住,10\n老二社,2020,常住,20\n一社区,2020,常住,7\n",
    }
    for name, text in sent.items():
        (tmp_path / f"{name}.csv").write_text(text, "utf-8-sig")
    dataset = load(tmp_path)
    assert dataset.populations[["area_code", "persons"]].values.tolist() == [["D102", 10], ["D102", 20], ["D101", 7]]
    told = dataset.findings[dataset.findings["code"].isin(["alias_used", "counted_twice"])]
    assert told[["code", "found", "expected"]].values.tolist() == [["alias_used", "老二社", "二社区"], ["counted_twice", "D101 D102", "D102"]]
    assert (told.iloc[1]["cell"], told.iloc[1]["detail"].split()[-1]) == ("D4", "D3")
    assert dataset.refused[["table", "found", "rule"]].values.tolist() == [["aliases", "D199", "unknown_area"]]
