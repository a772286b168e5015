"""People's data: found, masked, hashed; never kept, and nothing else is touched."""

import hmac
import re
import stat
import tempfile
import threading
import unicodedata
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fundanalytics.data import identity, people
from fundanalytics.data.ledger import Ledger
from fundanalytics.data.load import load

AREAS = "area_code,area_name,level,parent_code\nD,虚区,district,\nD1,甲街道,street,D\nD101,一社区,community,D1\n"
EXAMPLE = "11010519491231002X"  # of GB 11643-1999, section 4
VISA = "4111111111111111"  # the issuer's own test number


@pytest.fixture(autouse=True)
def own_key(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def folder(path: Path, **files: str) -> Path:
    path.mkdir(exist_ok=True, parents=True)
    for name, text in ({"areas": AREAS} | files).items():
        (path / f"{name}.csv").write_text(text, "utf-8-sig")
    return path


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (EXAMPLE, "110***********002X"),
        ("证号110105 19491231 002x。", "证号110***********002X。"),
        ("联系电话：13800000000", "联系电话：138****0000"),
        ("２０２０年 １３８-００００-００００", "２０２０年 138****0000"),
        ("2020-12-31 138 0000 0000", "2020-12-31 138****0000"),
        ("+86 13800000000", "+861******0000"),
        ("138.0000.0000 或 139/0000/0000", "138****0000 或 139****0000"),
        ("028-87654321", "028****4321"),
        ("卡 4111 1111 1111 1111", "卡 411*********1111"),
        ("13800000000.0", "138****0000.0"),
        ("1.10105194912310e+17", "***"),
        ("写信给 someone@example.org", "写信给 ***"),
        ("填表人：某甲乙 审核人: 联系电话:13800000000", "填表人：*** 审核人: 联系电话:138****0000"),
    ],
)
def test_a_number_of_a_person_is_shown_by_its_ends_only(text, shown):
    assert people.masked(text) == shown


@pytest.mark.parametrize(
    "text",
    ["110105194912310021", "13800000000.50", "HT13812345678", "2018-12-001", "12800000000", "4111111111111112", "110105194913310029",
     "2020010120201231", "1,380,000,000", "负责人: 复核人: 填表人:", "0.13800000000", "510106202001001", "510106201201001"],
)  # fmt: skip
def test_a_number_that_does_not_prove_itself_stays(text):
    assert people.masked(text) == text


DIGIT = st.integers(0, 9).map(str)


@st.composite
def identities(draw: st.DrawFn) -> str:
    day = draw(st.dates(pd.Timestamp(1930, 1, 1).date(), pd.Timestamp(2020, 12, 31).date()))
    body = draw(st.sampled_from(["110105", "510106", "440524"])) + f"{day:%Y%m%d}" + "".join(draw(st.lists(DIGIT, min_size=3, max_size=3)))
    return body + "10X98765432"[sum(2 ** (17 - i) * int(d) for i, d in enumerate(body)) % 11]


@st.composite
def cards(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from(["62", "4", "51"])) + "".join(draw(st.lists(DIGIT, min_size=14, max_size=16)))
    total = sum(sum(map(int, str(int(d) * (2 - i % 2)))) for i, d in enumerate(reversed(body)))
    return body + str(-total % 10)


MOBILES = st.tuples(st.sampled_from(["13", "15", "18", "19"]), st.lists(DIGIT, min_size=9, max_size=9)).map(lambda t: t[0] + "".join(t[1]))


@st.composite
def written(draw: st.DrawFn, numbers: st.SearchStrategy[str]) -> tuple[str, str]:
    """A number and how somebody wrote it: in groups, in full width."""
    number = draw(numbers)
    groups = {11: (3, 4, 4), 18: (6, 8, 4)}.get(len(number), (4, 4, 4, 4, 3))
    ends = [sum(groups[:i]) for i in range(len(groups) + 1)]
    gap = draw(st.sampled_from(["", "", " ", "-", "\u3000", "－"]))
    text = gap.join(part for part in (number[a:b] for a, b in pairwise(ends)) if part)
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    return number, text.translate(wide) if draw(st.booleans()) else text


def everything(dataset) -> str:
    """All that a data set holds and tells, as one text of letters and digits; "|" between cells."""
    frames = [*dataset.tables.values(), dataset.refused, dataset.findings, dataset.blocks, dataset.sources, dataset.sums]
    cells = [str(cell) for frame in frames for column in frame for cell in frame[column].dropna().unique().tolist()]
    return "|".join(re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", cell)).upper() for cell in cells)


ANY = written(st.one_of(identities(), cards(), MOBILES))


@settings(max_examples=12, deadline=None)
@given(ids=st.lists(written(identities()), min_size=3, max_size=3, unique_by=lambda n: n[0]), phones=st.lists(written(MOBILES), min_size=3, max_size=3),
       loose=st.lists(ANY, min_size=8, max_size=8))  # fmt: skip
def test_no_number_of_a_person_survives_anywhere(ids, phones, loose):
    """As keys, in columns that the headings name or do not, in free text, where a choice or a date should stand, in titles and notes."""
    n = [text for _, text in loose]
    answers = f"虚区2020年满意度测评答卷　联系人电话 {n[0]}\n答卷编号,社区,年度,满意度,年龄段,是否知晓,联系电话,家里情况,q_1,记下{n[3]}\n"
    for i in range(3):
        spoilt = n[1] if i == 0 else "60+"
        answers += f"{ids[i][1]},一社区,2020,5,{spoilt},{n[2] if i == 1 else '是'},{phones[i][1]},请找{n[3]}谢谢,{phones[i][0]},{loose[4][1]}\n"
    projects = "项目编号,社区名称,年度,资金类别,项目名称,项目类别,预算金额（元）,完工日期,负责人,联系方式\n"
    projects += f"P1,一社区,2020,保障资金,灯（{n[5]}）,基础设施,3,{n[6]},某甲,{phones[0][1]}\nP2,{n[7]},2020,保障资金,路,其他,3,,,\n"
    projects += f"填表人：某乙 电话：{n[0]}\n"
    with tempfile.TemporaryDirectory() as path:
        dataset = load(folder(Path(path), answers=answers, projects=projects, strange=f"名目,数目\n甲 {n[1]},{n[2]}\n"))
    told = everything(dataset)
    for number, _ in [*ids, *phones, *loose]:
        assert number not in told
    assert len(dataset.responses) == 3
    assert dataset.responses["response_id"].str.fullmatch("[0-9a-f]{32}").all()
    assert dataset.responses["response_id"].is_unique


def test_one_finding_for_each_column_and_block(tmp_path):
    rows = "".join(f"D{i},一社区,2020,{i % 5 + 1},1380000{i:04},某甲,甲街{i}号\n" for i in range(300))
    dataset = load(folder(tmp_path / "in", responses="答卷编号,社区,年度,满意度,联系电话,受访人姓名,家庭住址\n" + rows))
    found = dataset.findings[dataset.findings["code"] == "personal_data"]
    assert found[["cell", "column", "found", "expected", "detail"]].values.tolist() == [
        ["E2", "联系电话", "phone × 300", "masked", "E2:E301"],
        ["F2", "受访人姓名", "name × 300", "masked", "F2:F301"],
        ["G2", "家庭住址", "address × 300", "masked", "G2:G301"],
    ]
    assert "unmapped_column" not in set(dataset.findings["code"])


def test_a_telephone_among_other_numbers_of_answers_is_hashed(tmp_path):
    dataset = load(folder(tmp_path, responses="答卷编号,社区,年度,满意度\nD1,一社区,2020,5\nD2,一社区,2020,4\n13800000001,一社区,2020,4\n"))
    assert dataset.responses["response_id"].str.len().tolist() == [2, 2, 32]


def test_amounts_and_codes_that_only_look_like_it_are_left_alone(tmp_path):
    projects = "项目编号,社区名称,年度,资金类别,项目名称,项目类别,预算金额（元）,内部号,核减金额\n"
    payments = "支付编号,项目编号,支付金额,支付日期\n"
    for i in range(40):
        key = f"51010620200101{i:04}"  # region, day and number: one in eleven has the check digit of an identity card
        projects += f"{key},一社区,2020,保障资金,灯,其他,13800000{i:03},{key},139000000{i:02}\n"
        payments += f"138000000{i:02},{key},138000000{i:02},2020-05-01\n"
    dataset = load(folder(tmp_path / "in", projects=projects, payments=payments))
    assert "personal_data" not in set(dataset.findings["code"])
    assert dataset.projects["project_id"].tolist() == [f"51010620200101{i:04}" for i in range(40)]
    assert dataset.projects["budget"].tolist() == [13800000000.0 + i for i in range(40)]
    assert dataset.payments["payment_id"].tolist() == [f"138000000{i:02}" for i in range(40)]
    assert dataset.payments["amount"].tolist() == [13800000000.0 + i for i in range(40)]
    assert dataset.findings.set_index("column").loc["核减金额", "detail"] == f"{13900000000 * 40 + 780:.2f}"


def test_judges_are_hashed_where_they_are_people(tmp_path):
    head = "项目编号,社区名称,年度,资金类别,项目名称,项目类别,预算金额（元）\nP1,一社区,2020,保障资金,灯,其他,3\n"
    scores = "项目编号,评委,评价项,得分\nP1,{0},A1,9\nP1,{1},A1,8\n"
    named = load(folder(tmp_path / "a", projects=head, panel_scores=scores.format("王某某", "李某")))
    assert named.panel_scores["judge"].str.len().tolist() == [32, 32]
    coded = load(folder(tmp_path / "b", projects=head, panel_scores=scores.format("P01", "甲街道")))
    assert coded.panel_scores["judge"].tolist() == ["P01", "甲街道"]
    yards = load(folder(tmp_path / "c", responses="答卷编号,社区,年度,院落\nD1,一社区,2020,王家院\nD2,一社区,2020,李家坝\n"))
    assert yards.responses["cluster"].tolist() == ["王家院", "李家坝"]


@pytest.mark.parametrize(("heads", "keys"), [("姓名,身份证号,联系电话", 3), ("姓名,联系电话", 2), ("姓名,住址", 0)])
def test_an_office_register_is_hashed_by_identity_card_or_telephone(tmp_path, heads, keys):
    events = "活动编号,社区名称,年度,环节\nH1,一社区,2020,民主议决\n"
    cells = {"姓名": "赵某{0}", "身份证号": "1101011990010100{0}x", "联系电话": "138000000{1}", "住址": "甲街{0}号"}
    rows = [",".join(["H1", *(cells[h].format(i, i // 2) for h in heads.split(","))]) for i in (20, 21, 30)]
    dataset = load(folder(tmp_path, events=events, participants=f"会议编号,{heads}\n" + "\n".join(rows) + "\n"))
    assert dataset.participants["person_key"].str.fullmatch("[0-9a-f]{32}").sum() == keys
    assert not any(word in everything(dataset) for word in ("赵某", "1101011990", "138000000"))


def test_participants_are_the_same_in_every_file_however_they_are_typed(tmp_path):
    events = "活动编号,社区名称,年度,环节\nH1,一社区,2020,民主议决\nH2,一社区,2020,民主议决\n"
    first = "活动编号,人员标识,户标识\nH1,某甲,a1\nH1,13800000000,\nH1,Ｘ１２,无\n"
    second = "活动编号,人员标识,户标识\nH2, 某 甲 ,A1\nH2,138-0000-0000,a2\nH2,x12,a2\nH2,,a3\n"
    dataset = load(folder(tmp_path / "in", events=events, participants=first, 签到册=second))
    then, now = (part.sort_values("source_row") for _, part in dataset.participants.groupby("event_id"))
    assert then["person_key"].tolist() == now["person_key"].tolist()
    assert then["household_key"].isna().tolist() == [False, True, True]
    assert then["household_key"].iloc[0] == now["household_key"].iloc[0] != now["household_key"].iloc[1]
    key = bytes.fromhex((tmp_path / "config" / "fundanalytics" / "person_key").read_text())
    assert then["person_key"].iloc[0] == hmac.new(key, "某甲".encode(), "sha256").hexdigest()[:32]
    assert dataset.refused["rule"].tolist() == ["missing"]
    assert "某" not in everything(dataset)


def test_the_key_is_made_once_for_its_owner_only(tmp_path):
    path, keys, together = tmp_path / "new" / "person_key", [], threading.Barrier(12)

    def start() -> None:
        together.wait()
        keys.append(people.read_key(path))

    threads = [threading.Thread(target=start) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 12
    assert len(set(keys)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["person_key"]


@pytest.mark.parametrize("broken", ["no folder", "half a key"])
def test_without_a_place_for_the_key_people_are_hashed_all_the_same(tmp_path, monkeypatch, broken):
    config = tmp_path / "config2"
    if broken == "no folder":
        config.write_text("a file, not a folder")
    else:
        (config / "fundanalytics").mkdir(parents=True)
        (config / "fundanalytics" / "person_key").write_text("abcd")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config))
    ledger = Ledger()
    once, again = people.hashed(["某甲", None], ledger), people.hashed(["某甲", None], ledger)
    assert once[0] == again[0] != "某甲"
    assert pd.isna(once[1])
    assert [told["code"] for told in ledger.findings] == ["no_hash_key"]


def test_the_standards_own_examples_prove_themselves():
    assert identity.is_identity(EXAMPLE)
    assert identity.is_card(VISA)
    assert identity.is_card("6011111111111117")
    assert identity.is_old_identity("110105491231002")
    assert not identity.is_old_identity("110105491331002")
