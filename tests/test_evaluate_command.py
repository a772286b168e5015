"""The commands about rubrics and scores: what they write and print, and how they refuse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from small_folder import EAST, WEST, write_data
from typer.testing import CliRunner

from fundanalytics.cli import app
from fundanalytics.measure.rubric import Item, Part, load_rubric
from fundanalytics.publish.rubric_book import write_rubric_book

SCORES = [(EAST, "self", 90), (EAST, "district", 80), (WEST, "self", 60), (WEST, "district", 70)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two communities, one sheet of scores with an item that nobody knows, and a rubric of two items as a workbook."""
    place = tmp_path_factory.mktemp("place")
    write_data(place / "data")
    rows = [f"{street}001,2020,1,{source},{street + '001' if source == 'self' else source},A,{value},scored" for street, source, value in SCORES]
    rows.append(f"{EAST}001,2020,1,nobody,x,A,50,scored")  # a row that cannot be read
    rows.append(f"{WEST}001,2020,1,district,district,Z9,55,scored")
    heads = "area_code,period,wave,source,assessor_code,item_code,value,status"
    (place / "data" / "assessments.csv").write_text("\n".join([heads, *rows]), encoding="utf-8")
    title, shipped = {"zh": "甲", "en": "A"}, load_rubric()
    items = (
        Item("A", "P", title, 60, "rating", {"scale": 100}, {"self": 1 / 3, "district": 2 / 3}, "assessments", source="假定", record="A"),
        Item("U", "P", title, 40, "at_least", {"target": 0.8}, {"district": 1.0}, "usage_rate", source="假定", record="U"),
    )
    write_rubric_book(replace(shipped, parts=(Part("P", title, 100),), items=items), place / "own.xlsx")
    book = openpyxl.load_workbook(place / "own.xlsx")
    book["评价项"]["E2"] = 70
    book.save(place / "bad.xlsx")
    (place / "folder.xlsx").mkdir()
    return place


@pytest.fixture
def call(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(place)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


def test_an_evaluation_by_an_own_workbook_is_written_and_told(call, tmp_path):
    """60 × (90 + 2 × 80) / 300 + 40; and 60 × (60 + 2 × 70) / 300 + 40 × 0.5 / 0.8."""
    out = tmp_path / "new" / "scores.xlsx"
    options = ["evaluate", "--data", "data", "--rubric", "own.xlsx", "--period", "2020", "--out", out]
    answer = call(*options, "--lang", "zh")
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.splitlines()[:2] == [str(out), str(out.with_name("scores_tables"))]
    assert "2020年度2个社区：有总分2个，没有总分0个；未采用的评分1处：assessments.csv" in answer.stdout and "第7行" in answer.stdout and "Z9" in answer.stdout
    assert "依据假定标准试算" in answer.stdout
    totals = pd.read_parquet(out.with_name("scores_tables") / "totals.parquet").query("level == 'community'").set_index("area_code")["total"]
    assert totals.to_dict() == {f"{EAST}001": 90.0, f"{WEST}001": 65.0}
    ranking = pd.read_parquet(out.with_name("scores_tables") / "ranking.parquet")
    assert ranking[["area_code", "rank"]].values.tolist() == [[f"{EAST}001", 1], [f"{WEST}001", 2]]
    assert {"gaps", "rewards", "records", "refused"} <= {path.stem for path in (tmp_path / "new" / "scores_tables").iterdir()}
    assert len(openpyxl.load_workbook(out).sheetnames) > 4
    answer = call(*options, "--strict", "--lang", "en", "--audience", "internal")
    assert answer.exit_code == 1 and "2 cells, rows or scores were refused (--strict)" in answer.stderr


EVALUATE = ("evaluate", "--data", "data", "--rubric", "own.xlsx", "--out", "o.xlsx", "--period")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((*EVALUATE, "2031"), ["2031", "2020"]),
        ((*EVALUATE, "2019-2020"), ["2019-2020"]),
        ((*EVALUATE, "2020", "--wave", "7"), ["7", "1"]),
        ((*EVALUATE, "2020", "--rubric", "goverance_fund"), ["goverance_fund", "governance_fund"]),
        ((*EVALUATE, "2020", "--rewards", "nowhere.yaml"), ["nowhere.yaml"]),
        ((*EVALUATE, "2020", "--audience", "everyone"), ["everyone", "internal"]),
        ((*EVALUATE, "2020", "--as-of", "soon"), ["soon"]),
        ((*EVALUATE, "2020", "--data", "nowhere"), ["nowhere"]),
        ((*EVALUATE, "2020", "--out", "o.csv"), [".csv", ".xlsx"]),
        ((*EVALUATE, "2020", "--out", "folder.xlsx"), ["folder.xlsx"]),
        ((*EVALUATE, "2020", "--out", "own.xlsx/o.xlsx"), ["own.xlsx"]),
        (("rubric", "check", "nowhere.xlsx"), ["nowhere.xlsx", "governance_fund"]),
        (("rubric", "export", "own.xlsx", "--out", "bad.xlsx"), ["bad.xlsx"]),
        (("rubric", "export", "own.xlsx", "--out", "own.pdf"), [".pdf", ".yaml"]),
        (("rubric", "export", "own.xlsx", "--out", "bad.xlsx/o.xlsx"), ["bad.xlsx"]),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_wrong_call_gets_one_sentence_and_exit_code_2(call, arguments, told, lang):
    answer = call(*arguments, "--lang", lang)
    assert answer.exit_code == 2, answer.output
    assert answer.stdout == "" and answer.stderr.count("\n") == 1 and answer.stderr.count("– ") >= 3
    assert all(word in answer.stderr for word in told) and not Path("o.xlsx").exists()


def test_a_rubric_is_checked_fault_by_fault(call):
    answer = call("rubric", "check", "bad.xlsx", "--lang", "zh")
    assert answer.exit_code == 1 and answer.stdout.splitlines()[0] == "bad.xlsx 有 1 处错误"
    assert answer.stdout.splitlines()[1].startswith("部分!D2：") and "110" in answer.stdout and "line" not in answer.stdout
    answer = call("rubric", "check", "own.xlsx", "--lang", "en")
    assert answer.exit_code == 0 and "1 parts, 2 items, 100 points" in answer.stdout and "self 20%, district 80%" in answer.stdout
    assert call("evaluate", "--rubric", "bad.xlsx", "--period", "2020", "--out", "o.xlsx").exit_code == 2


def test_a_rubric_is_exported_as_yaml_and_back(call, tmp_path):
    assert call("rubric", "export", "own.xlsx", "--out", tmp_path / "own.yaml").exit_code == 0
    assert call("rubric", "export", tmp_path / "own.yaml", "--out", tmp_path / "again.xlsx", "--lang", "en").exit_code == 0
    one, other = load_rubric("own.xlsx"), load_rubric(tmp_path / "again.xlsx")
    assert replace(one, name="", sha256="") == replace(other, name="", sha256="")
    assert "governance_fund\t社区发展治理专项保障资金工作综合评价" in call("list", "rubrics", "--lang", "zh").stdout
