"""``fundanalytics check``: what the report says, what it keeps to itself, when it refuses to write."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from typer.testing import CliRunner

from fundanalytics.cli import app
from fundanalytics.data import parse, schema
from fundanalytics.data.load import load
from fundanalytics.errors import LANGS, MESSAGES, ArgumentError
from fundanalytics.publish.check import run_check
from fundanalytics.show import checkup
from fundanalytics.show.faults import FAULTS, GROUPS, SEVERITIES, say_fault
from fundanalytics.show.views import repairs

DATA = Path(__file__).parents[1] / "fundanalytics" / "data"
AREAS = "区划代码,名称,级别,上级代码\n999,虚区,区,\n999001,甲街道,街道,999\n999001001,一社区,社区,999001\n999001002,二社区,社区,999001\n"
HEADINGS = ["项目编号", "社区", "年度", "资金类别", "项目名称", "项目类别", "预算金额（万元）", "街道补充数"]
VARIABLE = """duplicate_row duplicate_key unknown_area ambiguous_area code_name_differ alias_used total_differs total_unread paid_above_contract
paid_above_budget dates_out_of_order contracted_before_resolution shares_not_one code_ended crosswalk_circle no_hash_key returned_above_issued
valid_above_returned eligible_above_persons households_above_persons persons_above_times
unknown_project unknown_event approximate missing_year area_without_data"""
SCRIPT = "<script>alert(1)</script>"


def write_folder(place: Path, *, faulty: bool = True) -> Path:
    """One street's workbook; ``faulty``: with a word for an amount, an unknown area, a wrong total, and files that cannot be read."""
    (place / "甲").mkdir(parents=True)
    (place / "areas.csv").write_text(AREAS, "utf-8-sig")
    rows = [["P1", "一社区", 2020, "保障", "灯", "基础设施", 3.5, 7], ["P2", "二社区", 2020, "保障", "路", "环境整治", 2, 8]]
    if faulty:
        rows += [
            ["P3", "四社区", 2020, "保障", "@灯", "环境整治", 1, 0],
            *([f"P{i}", "一社区", 2020, "保障", "灯", "环境整治", SCRIPT, 0] for i in range(4, 9)),
        ]
    with xlsxwriter.Workbook(place / "甲" / "2020台账.xlsx", {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("项目")
        for number, row in enumerate([HEADINGS, *rows, *([["合计", "", "", "", "", "", 9]] if faulty else [])]):
            sheet.write_row(number, 0, row)
        if faulty:
            book.add_worksheet("封面").write("A1", "本册为甲街道报送")
    if faulty:
        (place / "坏.xlsx").write_bytes(b"PK\x03\x04 nothing")
    return place


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory):
    place = tmp_path_factory.mktemp("check")
    return run_check(write_folder(place / "data"), place / "out")


def test_every_code_that_the_door_may_write_down_has_its_words() -> None:
    """Codes are the literals in calls that find or refuse, and those that a list of the module names."""
    names = {c.name for t in schema.TABLES.values() for c in t.columns} | set(schema.TABLES)
    calls = {"find", "refuse", "refuse_rows", "DataError", "refused", "tell", "_tell", "write", "Parsed"}
    found = {word for word in parse.WHY if word}
    for file in DATA.glob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in calls):
            words = (n.value for a in call.args for n in ast.walk(a) if isinstance(n, ast.Constant) and isinstance(n.value, str))
            found |= {w for w in words if re.fullmatch(r"[a-z]+(_[a-z]+)+", w) and w not in names}
    # codes that a variable carries, where it is set
    found |= set(VARIABLE.split())
    # raised before a file of data is read: ``errors`` has their words
    of_the_call = {"no_such_path", "empty_folder", "bad_yaml", "mapping_word", "no_such_sheet", "no_code_property", "not_geojson"}
    assert of_the_call <= MESSAGES.keys()
    assert sorted(found - of_the_call - FAULTS.keys()) == []


def test_words_are_complete_in_both_languages() -> None:
    for code, fault in FAULTS.items():
        assert fault.severity in SEVERITIES and fault.group in GROUPS, code
        for lang in LANGS:
            told = say_fault(code, lang, found="甲", expected="乙", detail="丙")
            assert told["label"] and told["do"] + told["expected"] != "" and not re.search(r"[{}\[\]]", "".join(told.values())), code
    assert say_fault("unknown_area", "zh", expected="二社区")["expected"].endswith("是否为：二社区") and "是否" not in say_fault("unknown_area")["expected"]


def test_the_summary_says_what_was_understood_and_that_sums_foot(checked) -> None:
    lines = "\n".join(checked.say("zh"))
    assert "读取3个文件，采用2个，读不出的1个" in lines and "没有认出1张工作表" in lines
    assert "读入12 = 采用11 + 未采用1" in lines and "读入65,000 = 采用55,000 + 未采用10,000" in lines and "都对得上" in lines
    assert "另有5个金额单元格读不出数" in lines and str(checked.out / "check.html") in lines
    assert any("Both foot." in line for line in checked.say("en"))


def test_the_page_shows_each_fault_with_its_cell_and_what_to_do(checked) -> None:
    page = (checked.out / "check.html").read_text("utf-8")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "G5–G9 · 共5处 预算金额" in text and "不是数字 一个数字 改成数字" in text  # five alike in one line
    assert re.search(r"B4 区划代码 四社区 对不上任何区域", text)
    assert "90,000" in text and "55,000" not in re.findall(r"G10 预算金额 (\S+) ", text)
    assert "街道补充数（合计15）" in text and "封面 认作：没有认出" in text and "坏.xlsx" in text and "没有发现" in text


def test_the_page_runs_nothing_and_asks_nobody(checked) -> None:
    page = (checked.out / "check.html").read_text("utf-8")
    assert SCRIPT not in page and "&lt;script&gt;" in page and "<script" not in page
    assert "default-src &#39;none&#39;" in page and not re.search(r"https?://|@import|url\(|<link|<img|<iframe", page)


def test_the_workbook_holds_every_row_and_no_formula(checked) -> None:
    book = openpyxl.load_workbook(checked.out / "check.xlsx")
    rows = [[c.value for c in row] for row in book["须改正的单元格和行"].iter_rows()]
    assert sorted(row[3] for row in rows[1:]) == ["B4", "G5", "G6", "G7", "G8", "G9"]
    assert {c.data_type for sheet in book.worksheets for row in sheet.iter_rows() for c in row} <= {"s", "n"}
    assert len(book.sheetnames) == len(set(book.sheetnames)) == 4 + len(GROUPS)


def test_marked_copies_are_made_of_faulty_workbooks_only(checked) -> None:
    assert [p.relative_to(checked.out).as_posix() for p in checked.files] == ["check.html", "check.xlsx", "marked/甲/2020台账.xlsx"]
    book = openpyxl.load_workbook(checked.files[2])
    sheet = book["项目"]
    assert "【须改正】" in sheet["G5"].comment.text and SCRIPT in sheet["G5"].comment.text and sheet["G2"].comment is None
    assert "本行因此没有采用" in sheet["B4"].comment.text and "【请核对】" in sheet["G10"].comment.text
    assert sheet["E4"].value == "@灯" and sheet["E4"].data_type == "s"


def test_a_corrected_copy_that_comes_back_reads_as_data_without_its_list(checked, tmp_path) -> None:
    book = openpyxl.load_workbook(checked.files[2])
    for cell in ("G5", "G6", "G7", "G8", "G9"):
        book["项目"][cell] = 1
    book["项目"]["B4"], book["项目"]["G10"] = "二社区", 11.5
    book.save(tmp_path / "back.xlsx")
    (tmp_path / "areas.csv").write_text(AREAS, "utf-8-sig")
    dataset = load(tmp_path)
    assert dataset.refused.empty and dataset.projects["budget"].sum() == 115_000
    assert "问题清单" not in set(dataset.blocks["sheet"]) | set(dataset.findings["sheet"])


def test_a_report_inside_the_data_is_not_read_as_data(tmp_path) -> None:
    data = write_folder(tmp_path / "data")
    first = run_check(data, data / "check")
    second = run_check(data, data / "check", lang="en")
    assert second.counts == first.counts and sorted(second.dataset.sources["file"]) == ["areas.csv", "坏.xlsx", "甲/2020台账.xlsx"]


def test_other_peoples_files_and_changed_copies_are_not_written_over(tmp_path) -> None:
    data, out = write_folder(tmp_path / "data"), tmp_path / "out"
    with pytest.raises(ArgumentError, match="--out"):
        run_check(data, data)
    checked = run_check(data, out)
    checked.files[2].write_bytes(checked.files[2].read_bytes() + b" ")
    with pytest.raises(ArgumentError, match="2020台账"):
        run_check(data, out)


@pytest.mark.parametrize(("faulty", "code", "told"), [(True, 1, "须改正"), (False, 0, "须改正0处")])
def test_the_exit_code_says_whether_something_was_refused(tmp_path, faulty, code, told) -> None:
    data = write_folder(tmp_path / "data", faulty=faulty)
    result = CliRunner().invoke(app, ["check", str(data), "--out", str(tmp_path / "out"), "--lang", "zh"])
    assert (result.exit_code, told in result.output) == (code, True)
    if not faulty:
        assert not (tmp_path / "out" / "marked").exists()
    wrong = CliRunner().invoke(app, ["check", str(tmp_path / "nowhere"), "--lang", "zh"])
    assert wrong.exit_code == 2 and "nowhere" in wrong.output


def test_many_areas_without_data_become_a_grid(checked) -> None:
    rows = checkup.faults(checked.dataset).iloc[:0]
    many = rows.reindex(range(20)).assign(
        code="area_without_data", table="项目台账", found=[f"99{i // 2} 社区" for i in range(20)], figure=["2019", "2020"] * 10
    )
    grid = checkup.gaps(many)
    assert list(grid.columns) == ["found", "table", "2019", "2020"] and len(grid) == 10 and grid["2020"].eq("✕").all()
    assert checkup.gaps(many.head(3)).empty


def test_a_factor_of_ten_thousand_is_told_before_words_and_a_report_does_not_ask_for_what_was_guessed(tmp_path):
    (tmp_path / "areas.csv").write_text(AREAS, "utf-8-sig")
    rows = [[f"P{i}", "一社区", "2020", "保障", "灯", "基础设施", f"{3.5 + i / 10:.1f}", f"{5 + i}月"] for i in range(12)]
    rows[3][6], rows[4][6], rows[5][6] = "38000", "约3", "一些"
    lines = [",".join([*HEADINGS[:7], "验收日期"]), *map(",".join, rows)]
    (tmp_path / "甲街道台账.csv").write_text("\n".join(lines), "utf-8-sig")
    dataset = load(tmp_path)
    assert "千倍" in checkup.to_do(dataset)[0]
    told = repairs(dataset, "999001", audience="internal").set_index("code")["expected"]
    assert (told["about"], told["not_a_number"]) == ("", "money")


@pytest.mark.parametrize("side", ["sources", "sums"])
def test_rows_or_yuan_that_do_not_foot_are_told(tmp_path, side):
    write_folder(tmp_path / "data")
    dataset = load(tmp_path / "data")
    lost = replace(dataset, **{side: getattr(dataset, side).assign(kept=0)})
    for lang, words in (("zh", "没有对上"), ("en", "do not foot")):
        assert [words in "".join(checkup.say_check(one, lang)) for one in (dataset, lost)] == [False, True]
