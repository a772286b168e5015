"""Sheets: where the table is, what is a total, a note or a repeat, and what a file must not do to us."""

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sheets import csv_file, extended, only, xlsx_file

from fundanalytics.data import parse, schema
from fundanalytics.data.reader import layout
from fundanalytics.data.workbook import UNIT_FACTORS, address, read_grids, read_workbook
from fundanalytics.errors import DataError

MESSY = Path(__file__).parents[2] / "shared" / "data" / "messy_workbooks"
HSINCHU = ("議員姓名", "建議項目及內容", "建議地點", "建議金額", "核定情形/核定金額", "核定金額", "主辦機關", "得標廠商")
needs_messy = pytest.mark.skipif(not MESSY.is_dir(), reason="the real workbooks beside the project are not here")


def money(block, index: int, rows) -> list[parse.Parsed]:
    return [parse.parse_money(r.cells[index], factor=UNIT_FACTORS[block.unit]) for r in rows]


@needs_messy
@pytest.mark.parametrize(
    ("name", "rows", "requested", "approved", "stated"),
    [  # EXPECTED.md beside the files; the 1,543rd row of 1325 continues a merged project and makes the stated total right
        ("hsinchu_10202.xls", 55, 31_076_000, 30_829_000, 30_829_000), ("hsinchu_10301.xls", 27, 2_953_050, 2_788_108, 2_788_108),
        ("kaohsiung_1585.xlsx", 1391, 853_955_537, 746_504_772, 746_504_772), ("kaohsiung_1325.xls", 1543, 850_524_000, 754_599_337, 754_599_337),
    ],
)  # fmt: skip
def test_real_ledgers_sum_to_the_published_amounts(name, rows, requested, approved, stated):
    block = only(MESSY / name, known=extended(*HSINCHU))
    assert (len(block.rows), block.unit, block.header_rows) == (rows, "千元", [4, 5])
    assert [sum(p.value or 0 for p in money(block, i, block.rows)) for i in (3, 4)] == [requested, approved]
    assert [(t.kind, t.label) for t in block.totals] == [("sum", "合計")] and money(block, 4, block.totals)[0].value == stated
    assert block.headings[4].keys == ("核定情形/核定金額", "核定金額")


@needs_messy
def test_yearbooks_are_read_whatever_they_are():
    block = only(MESSY / "yearbook_budget_2020.xls", known=extended("地区", "外交支出"))
    assert (block.unit, len(block.rows), block.totals[0].label, block.notes) == ("亿元", 31, "地方合计", ["摘编自《中国统计年鉴2021》"])
    assert round(sum(r.cells[1] for r in block.rows), 2) == 210_583.47
    first, lonely, _ = read_workbook(MESSY / "yearbook_fertilizer_2018_2019.xlsx", known=extended("地区", "农用化肥施用量"))
    assert first.headings[3].text == "1.氮肥/2018年" and (lonely.headings, lonely.title) == ([], "http://www.cnki.net/")
    protected = read_grids(MESSY / "yearbook_budget_2022_writeprotected.xls")
    assert [(g.name, g.hidden) for g in protected] == [("1-2", False), ("3", False), ("CNKI", True)] and protected[0].rows[5][2] == "224981.29"
    (page,) = read_grids(MESSY / "yearbook_spend_2020_html.xls")
    assert page.rows[1:3] == [["单位:万元"], ["地区", "R&D经费内部支出"]] and page.rows[4][1] == "243931123"


def test_merged_headings_units_and_names_are_spread_but_amounts_are_not(tmp_path):
    path = xlsx_file(
        tmp_path / "a.xlsx",
        {"B5": "预算金额\n（元）", "C5": "合同  金额", "E5": "（万元）", "B6": 100, "C6": 90, "E6": 7, "C7": 80, "A8": "乙社区", "B8": 5, "C8": 4,
         "A9": "合  计", "B9": 105},
        {"A1:E1": "项目台账", "A2:E2": "（单位：万元）", "A4:A5": "社区", "B4:C4": "资金情况", "D4:D5": "项目　名称",
         "A6:A7": "甲社区", "B6:B7": 100, "D6:D7": "路灯"},
    )  # fmt: skip
    block = only(path)
    assert [h.text for h in block.headings] == ["社区", "资金情况/预算金额（元）", "资金情况/合同金额", "项目名称", "（万元）"]
    assert [h.unit for h in block.headings] == [None, "元", None, None, "万元"] and block.headings[1].keys[1] == "预算金额"
    assert (block.title, block.unit, block.header_rows) == ("项目台账\n（单位：万元）", "万元", [4, 5])
    assert [(r.number, r.cells[:4]) for r in block.rows] == [
        (6, ["甲社区", 100, 90, "路灯"]), (7, ["甲社区", None, 80, "路灯"]), (8, ["乙社区", 5, 4, None]),
    ]  # fmt: skip
    assert [(t.number, t.label, t.kind, t.cells[1]) for t in block.totals] == [(9, "合计", "sum", 105)]


def test_a_csv_has_two_heading_rows_without_merged_cells(tmp_path):
    text = "项目台账,,,,\n单位：千元,,,,\n项目编号,项目名称,资金情况,,验收日期\n,,预算金额,合同金额,\nX1,灯,1,2,2020-1-1\n"
    block = only(csv_file(tmp_path, text))
    assert [h.text for h in block.headings] == ["项目编号", "项目名称", "资金情况/预算金额", "资金情况/合同金额", "验收日期"]
    assert (block.unit, block.header_rows, [r.number for r in block.rows]) == ("千元", [3, 4], [5])


def test_a_row_of_units_below_the_headings_gives_the_units(tmp_path):
    block = only(csv_file(tmp_path, "项目编号,预算金额,人数\n,（万元）,（人）\nX1,1,2\n"))
    assert [(h.text, h.unit) for h in block.headings] == [("项目编号", None), ("预算金额", "万元"), ("人数", None)]
    assert len(block.rows) == 1


def test_a_parent_that_stands_over_one_column_is_a_name_of_it(tmp_path):
    block = only(csv_file(tmp_path, "项目编号,预算,,合同\n,金额小写,金额大写,\nX1,1,2,3\n"), known=extended("金额小写"))
    assert block.headings[1].keys == ("预算/金额小写", "金额小写")
    merges = {"A1:A2": "项目编号", "C1:C2": "合同", "D1:E1": "其他"}
    path = xlsx_file(tmp_path / "b.xlsx", {"B1": "预算", "B2": "小写", "D2": "乙", "E2": "丙", "A3": 1, "B3": 2}, merges)
    assert only(path).headings[1].keys == ("预算/小写", "小写", "预算")


def test_tens_of_thousands_of_persons_are_not_taken_for_persons(tmp_path):
    block = only(csv_file(tmp_path, "社区代码,年度,人口（万人）,户数（户）\n1,2020,2,3\n"))
    assert [set(h.keys) & schema.known_headings() for h in block.headings[2:]] == [set(), {"户数"}]


def test_totals_are_told_from_projects_that_sound_like_them():
    sums = ["合计", "合  计", "合計：", "小计", "总计", "本页合计", "街道合计", "全区合计", "地方合计", "（合计）", "合计（元）", "Total", "基础设施类小计"]
    assert {layout.total_kind(c) for c in sums} == {"sum"}
    assert {layout.total_kind(c) for c in ("其中", "其中：基础设施")} == {"part"} and {layout.total_kind(c) for c in ("平均", "全区平均分", "均值")} == {"mean"}
    names = ["合计超市改造", "小计算机房", "平均主义展", "设计", "总计划", "会计培训", "平均年龄调查", "计生宣传", 5.0, None, "统计", "累计工时登记"]
    assert {layout.total_kind(c) for c in names} == {None}


def test_notes_repeats_and_blank_rows_are_no_data_and_group_lines_are(tmp_path):
    heading = "街道台账,,,\n项目编号,项目名称,预算金额,社区\n"
    text = (f"{heading}X1,灯,1,甲\n,,,\n{heading}一、基础设施,,,\nX2,合计超市改造,2,乙\n合计,,3,\n其中：甲,,1,\n"
            "注：含税。,,,\n另附清单,,,\n填表人：张三,,审核人：李四,\n")  # fmt: skip
    block = only(csv_file(tmp_path, text))
    assert [r.number for r in block.rows] == [3, 7, 8]
    assert [(t.number, t.kind) for t in block.totals] == [(9, "sum"), (10, "part")]
    assert block.notes == ["注：含税。", "填表人：张三 审核人：李四", "另附清单"]


def test_a_thin_row_is_no_note(tmp_path):
    text = "项目编号,项目名称,预算金额,社区,备注\nX1,,,,说明：缺资料\n说明会,,,,注：甲\n注：1,灯,5,甲,\nX2,,,,\n"
    block = only(csv_file(tmp_path, text))
    assert ([r.number for r in block.rows], block.notes) == ([2, 3, 4, 5], [])
    numbered = only(csv_file(tmp_path, "社区,项目编号,预算金额\n甲,1,2\n甲社区,X1,5\n"))
    assert (len(numbered.rows), numbered.notes) == (1, ["甲 1 2"])


def test_a_project_that_sounds_like_a_note_is_a_row(tmp_path):
    heading = "项目名称,项目编号,预算金额,社区,验收日期,备注,状态,类别,\n"
    rows = "日期：重阳节活动,X9,,,,,\n说明：灯,,5,,,,\n注：,X8,,,,,\n"
    block = only(csv_file(tmp_path, f"{heading}灯,X1,1,甲,,,\n{rows}填表人：,张三,日期：,2020-1-1,,,\n负责人：张三,2020年12月31日,,,,,\n说明：含税,,,,,,\n"))
    assert [r.number for r in block.rows] == [2, 3, 4, 5] and len(block.notes) == 3


def test_an_amount_merged_over_several_rows_is_named(tmp_path):
    cells = {"A1": "支付编号", "B1": "项目编号", "C1": "支付金额", "D1": "序号", "E1": "核定", "A2": "Z1", "A3": "Z2", "A4": "Z3", "A5": "合计", "C5": 9}
    merges = {"B2:B4": "X1", "C2:C4": 9, "D2:D4": 1, "E2:E3": 7}
    block = only(xlsx_file(tmp_path / "a.xlsx", cells, merges))
    assert ([r.cells[1:3] for r in block.rows], block.merged_amounts) == ([["X1", 9], ["X1", None], ["X1", None]], ["C2:C4", "E2:E3"])


def test_columns_without_a_heading_and_gaps_keep_their_place(tmp_path):
    block = only(xlsx_file(tmp_path / "a.xlsx", {"B2": "项目编号", "D2": "预算金额", "B3": "X1", "D3": 5, "E3": 9, "B4": "X2"}))
    assert [(h.text, h.index) for h in block.headings] == [("项目编号", 1), ("预算金额", 3), ("", 4)]
    assert [r.cells for r in block.rows] == [["X1", 5, 9], ["X2", None, None]] and address(block.rows[0].number, block.headings[1].index) == "D3"
    assert [address(1, i) for i in (0, 25, 26, 701, 702)] == ["A1", "Z1", "AA1", "ZZ1", "AAA1"]


def test_a_sheet_without_headings_is_seen_and_an_empty_one_is_not(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        book.add_worksheet("说明").write("A1", "请按要求填写")
        book.add_worksheet("Sheet2")
        book.add_worksheet("台账").write_row("A1", ["项目编号", "预算金额"])
    blocks = read_workbook(tmp_path / "a.xlsx")
    assert [(b.sheet, b.title, len(b.headings)) for b in blocks] == [("说明", "请按要求填写", 0), ("台账", "", 2)]
    assert [b.sheet for b in read_workbook(tmp_path / "a.xlsx", sheet="台账")] == ["台账"]


def test_a_broken_formula_is_not_taken_for_a_blank(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet("台账")
        sheet.write_row("A1", ["项目编号", "预算金额"])
        sheet.write_row("A2", ["X1"])
        sheet.write_formula("B2", "=1/0", None, "#DIV/0!")
    assert only(tmp_path / "a.xlsx").rows[0].cells == ["X1", "#DIV/0!"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_encodings_and_delimiters_are_found(tmp_path, encoding, mark):
    text = '项目编号,项目名称,预算金额\nX1,"路灯, 一期; 二期\n三期",1\n'
    if mark != ",":
        text = text.replace(", ", "@").replace(",", mark).replace("@", ", ")
    block = only(csv_file(tmp_path, text, encoding))
    assert block.headings[0].text == "项目编号" and [r.cells for r in block.rows] == [["X1", "路灯, 一期; 二期\n三期", "1"]]


def foreign_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr(zipfile.ZipInfo("word/document.xml"), "<w/>")  # its fixed date keeps the tests' names the same in every process
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", b"", "empty_workbook"), ("a.csv", b"\r\n \r\n", "empty_workbook"), ("a.xlsx", b"not a workbook", "not_a_workbook"),
        ("a.xlsx", foreign_zip(), "not_a_workbook"), ("a.xlsx", foreign_zip()[:40], "not_a_workbook"),
        ("a.xls", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "not_a_workbook"), ("a.xls", b"\n\n<html><p>a</p>", "html_workbook"),
        ("a.csv", b"a,b\n\xff\xff,1\n", "bad_encoding"), ("a.csv", b"a,\0b\n", "not_a_workbook"), ("a.csv", b'a,b\n"1,2\n3,4\n', "bad_csv"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_bad_file_is_a_data_error_that_says_what_to_do(tmp_path, name, content, code):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as error:
        read_workbook(tmp_path / name)
    assert error.value.code == code and name in error.value.say("zh") and name in error.value.say("en")


def test_a_missing_file_sheet_or_encoding_is_named(tmp_path):
    book = xlsx_file(tmp_path / "a.xlsx", {"A1": "项目编号", "B1": "预算金额"})
    chinese = csv_file(tmp_path, "项目编号,项目名称\n", "gb18030")
    wrong = [
        ({"path": tmp_path / "no.xlsx"}, "unreadable_file"), ({"path": tmp_path}, "unreadable_file"), ({"path": book, "sheet": "支付"}, "no_such_sheet"),
        ({"path": chinese, "encoding": "utf-8"}, "bad_encoding"),
    ]  # fmt: skip
    for options, code in wrong:
        with pytest.raises(DataError) as error:
            read_workbook(**options)
        assert error.value.code == code


def test_a_stray_cell_in_the_last_corner_is_an_error_and_not_the_end(tmp_path):
    with pytest.raises(DataError) as error:
        read_workbook(xlsx_file(tmp_path / "a.xlsx", {"A1": "项目编号", "B1": "预算金额", "XFD1048576": 1}))
    assert error.value.code == "sheet_too_large" and "XFD1048576" in str(error.value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_workbook_gives_blocks_or_a_data_error(tmp_path, data):
    path = xlsx_file(tmp_path / "a.xlsx", {"A1": "项目编号", "B1": "预算金额", "A2": "X1", "B2": 5})
    content = bytearray(path.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=5)):
        content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)
    try:
        read_workbook(path)
    except DataError as error:
        assert str(error)
