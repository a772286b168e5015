"""Where tables begin and end: titles, tables above and below each other, any layout drawn at random."""

from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sheets import csv_file, only

from fundanalytics.data.workbook import read_workbook


def test_a_second_table_below_is_a_block_of_its_own(tmp_path):
    text = "项目编号,项目名称,预算金额\nX1,灯,1\n支付明细,,\n支付编号,项目编号,支付金额\nZ1,X1,5\n"
    first, second = read_workbook(csv_file(tmp_path, text))
    assert [r.cells for r in first.rows] == [["X1", "灯", "1"]] and [r.cells for r in second.rows] == [["Z1", "X1", "5"]]
    assert second.title == "支付明细" and second.rows[0].number == 5


def test_a_small_table_above_a_large_one_is_a_table_too(tmp_path):
    projects = "项目编号,区划代码,年度,资金类别,项目名称,项目类别,预算金额\nX1,A1,2020,保障,灯,环境整治,5\n"
    allocations = "资金到位表,,,,,,\n区划代码,年度,资金类别,预算额度,到位金额,,\nA1,2020,保障,90,80,,\nA2,2020,保障,70,60,,\n"
    for between in (
        ",,,,,,\n",
        "2020年项目台账,,,,,单位：万元,\n",
        "合计,,,160,140,,\n填表人：张三,,审核人：李四,,,,\n,,,,,,\n项目台账,,,,,,\n单位：万元,,,,,,\n",
    ):
        first, second = read_workbook(csv_file(tmp_path, allocations + between + projects))
        assert [r.cells[3:5] for r in first.rows] == [["90", "80"], ["70", "60"]] and first.title == "资金到位表"
        assert [r.cells[0] for r in second.rows] == ["X1"] and second.unit == ("万元" if "万元" in between else None)
        assert first.unit is None and first.notes == (["填表人：张三 审核人：李四"] if "填表人" in between else [])


@pytest.mark.parametrize(
    "lines",
    [
        ["街道：甲街道 年度：2020"], ["街道：,甲街道,年度：,2020"], ["街道,甲街道,年度,2020"], ["街道,年度,资金类别", "甲街道,2020,保障资金", ""],
        ["街道：甲街道,年度：2020"], ["街道：,甲街道,年度：,2020", "社区：,乙社区,资金类别：,保障", ""], ["年度,资金类别"],
    ],
)  # fmt: skip
def test_what_a_title_says_of_street_and_year_is_no_table(tmp_path, lines):
    block = only(csv_file(tmp_path, "\n".join([*lines, "项目编号,项目名称,预算金额,验收日期", "X1,灯,5,2020-1-1"])))
    assert [r.cells[0] for r in block.rows] == ["X1"] and block.title == "\n".join(line.replace(",", " ") for line in lines if line)


def test_numbers_above_the_headings_are_shown_and_no_title(tmp_path):
    text = "某街道,,\n片区,批号,拨款（万元）\n东片,一,500\n西片,二,300\n,,\n资金总额：,80,\n年度：,2020,\n项目编号,项目名称,预算金额\nX1,灯,5\n"
    loose, block = read_workbook(csv_file(tmp_path, text))
    assert (loose.headings, loose.rows) == ([], []) and all(said in loose.title for said in ("A3:C3 东片 一 500", "A4:C4 西片 二 300", "A6:B6 资金总额： 80"))
    assert (block.title, block.unit, [r.cells[2] for r in block.rows]) == ("某街道\n资金总额： 80\n年度： 2020", None, ["5"])


@pytest.mark.parametrize("beside", [",,,附件2", ",,第1页", ",附件2"])
def test_a_text_beside_a_title_makes_it_no_heading(tmp_path, beside):
    block = only(csv_file(tmp_path, f"甲街道2020年保障资金到位{beside}\n社区,预算额度,到位金额\n甲社区,1,2\n"))
    assert (block.title.split()[0], [h.text for h in block.headings][:3]) == ("甲街道2020年保障资金到位", ["社区", "预算额度", "到位金额"])


@pytest.mark.parametrize("note", ["备注,以上为全年,", "说明,,资金于三月到位", "填表人,张三,", "制表：,张三,审核：李四", "主要领导：,,经办人："])
def test_notes_and_signatures_in_cells_of_their_own_are_no_data(tmp_path, note):
    block = only(csv_file(tmp_path, f"社区,预算额度,到位金额\n甲社区,1,2\n乙社区,3,4\n{note}\n"))
    assert ([r.number for r in block.rows], block.notes) == ([2, 3], [" ".join(filter(None, note.split(",")))])


@pytest.mark.parametrize("row", ["备注,3万元,", "说明,,5", "负责人,3,张三", "备注工程,甲,", "填表人,3万,审核：李四"])
def test_a_row_that_may_hold_an_amount_is_no_note(tmp_path, row):
    assert [r.number for r in only(csv_file(tmp_path, f"社区,预算额度,到位金额\n甲社区,1,2\n乙社区,3,4\n{row}\n")).rows] == [2, 3, 4]


def test_english_names_below_the_headings_are_headings(tmp_path):
    block = only(csv_file(tmp_path, "台账（千元）,,\n项目编号,项目名称,预算金额（万元）\nproject_id,name,budget\nX1,灯,5\n"))
    assert ([h.keys[1] for h in block.headings], block.headings[2].unit, block.title) == (["projectid", "name", "budget"], "万元", "台账（千元）")


def test_a_repeated_heading_under_a_title_of_its_own_begins_a_table(tmp_path):
    heading, years = "项目编号,项目名称,预算金额\n", ("2019年保障资金项目台账", "2020年激励资金项目台账")
    text = f"{years[0]},,\n单位：万元,,\n{heading}X1,灯,5\n注：含税,,\n\n{years[1]},,单位：元\n{heading}X2,路,7\n"
    first, second = read_workbook(csv_file(tmp_path, text))
    assert [(b.title.split("\n")[0].split()[0], b.unit, [r.cells[0] for r in b.rows]) for b in (first, second)] == [
        (years[0], "万元", ["X1"]), (years[1], "元", ["X2"])]  # fmt: skip
    assert first.notes == ["注：含税"]
    pages = [
        heading,
        f"{years[0]},,\n{heading}",
        f"续表,,\n{heading}",
        f"{years[0]}（续表）,,\n{heading}",
        f"第2页,,\n{heading}",
        f"{years[0]},,第 2 页\n{heading}",
    ]
    for page in pages:
        assert [r.cells[0] for r in only(csv_file(tmp_path, f"{years[0]},,\n{heading}X1,灯,5\n{page}X2,路,7\n")).rows] == ["X1", "X2"]
    footed = f"{years[0]},,\n{heading}X1,灯,5\n第1页,,\n{years[1]}（第2页）,,\n{heading}X2,路,7\n"
    assert len(read_workbook(csv_file(tmp_path, footed))) == 2


SINGLES = ["项目编号", "项目名称", "所属社区", "资金类别", "开工日期", "预算金额", "志愿者人数"]
GROUPED = ["合同金额（元）", "自筹资金", "验收日期", "完工日期", "项目等级"]
words = st.text(st.sampled_from("甲乙丙路灯改造院落一二"), min_size=2, max_size=6)
values = st.one_of(words, st.integers(1, 10**6), st.floats(0.5, 1e6).map(lambda x: round(x, 2)))


@st.composite
def tables(draw):
    singles = draw(st.permutations(SINGLES)).copy()[: draw(st.integers(3, 7))]
    grouped = draw(st.permutations(GROUPED)).copy()[: draw(st.sampled_from([0, 2, 3]))]
    at = draw(st.integers(0, len(singles)))
    columns = [(s, None) for s in singles]
    columns[at:at] = [("资金与进度", g) for g in grouped]
    rows = draw(st.lists(st.lists(st.one_of(values, st.none()), min_size=len(columns), max_size=len(columns)), min_size=1, max_size=6))
    for row in rows:
        row[:2] = [draw(words), draw(values)]
    unit = draw(st.sampled_from([None, "元", "千元", "万元", "亿元"]))
    return {
        "columns": columns, "rows": rows, "unit": unit, "at": (draw(st.integers(0, 4)), draw(st.integers(0, 3))), "title": draw(st.booleans()),
        "total": draw(st.sampled_from([None, "合计", "合  计", "总计："])),
        "notes": draw(st.lists(st.sampled_from(["注：含税", "填表人：甲", "2020年12月31日填"]), max_size=3)),
    }  # fmt: skip


def write(table: dict, path: Path) -> list[int]:
    """Write the table as drawn into a book of its own; returns the sheet rows of its data."""
    with xlsxwriter.Workbook(path) as book:
        return put(table, book.add_worksheet("台账"), table["at"][0])[0]


def put(table: dict, sheet, top: int) -> tuple[list[int], int]:
    """Put the table into a sheet from row ``top``; returns the sheet rows of its data, and the first row below it."""
    left, columns, two = table["at"][1], table["columns"], any(child for _, child in table["columns"])
    if table["title"]:
        sheet.merge_range(top, left, top, left + len(columns) - 1, "某街道项目台账")
        top += 1
    if table["unit"]:
        sheet.write(top, left + len(columns) - 1, f"单位：{table['unit']}")
        top += 1
    for i, (name, child) in enumerate(columns):
        if child:
            sheet.write(top + 1, left + i, child)
        elif two:
            sheet.merge_range(top, left + i, top + 1, left + i, name)
        else:
            sheet.write(top, left + i, name)
    group = [left + i for i, (_, child) in enumerate(columns) if child]
    if two:
        sheet.merge_range(top, group[0], top, group[-1], "资金与进度")
    top += 2 if two else 1
    numbers = list(range(top + 1, top + 1 + len(table["rows"])))
    for row in table["rows"]:
        sheet.write_row(top, left, row)
        top += 1
    if table["total"]:
        sheet.merge_range(top, left, top, left + 1, table["total"])
        top += 1
    for note in table["notes"]:
        sheet.write(top, left, note)
        top += 1
    return numbers, top


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables())
def test_a_table_comes_back_equal_from_any_layout(tmp_path, table):
    numbers = write(table, tmp_path / "a.xlsx")
    block = only(tmp_path / "a.xlsx")
    assert [h.text for h in block.headings] == ["/".join(p for p in c if p) for c in table["columns"]]
    assert [h.index for h in block.headings] == [table["at"][1] + i for i in range(len(table["columns"]))]
    assert [(r.number, r.cells) for r in block.rows] == list(zip(numbers, table["rows"], strict=True))
    assert (block.unit, len(block.totals), sorted(block.notes)) == (table["unit"], bool(table["total"]), sorted(table["notes"]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(upper=tables(), lower=tables(), gap=st.integers(0, 3))
def test_two_stacked_tables_come_back_as_two(tmp_path, upper, lower, gap):
    assume(upper["columns"] != lower["columns"])  # the same again without a title is a page
    last = upper["rows"][-1]
    over = upper["total"] is None and None in last and not any(isinstance(c, int | float) for c in last)  # words and blanks: as headings over headings
    gap = max(gap, 1) if upper["notes"] or over else gap  # else a note of the first may be a title line of the second
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        sheet = book.add_worksheet("台账")
        numbers, top = put(upper, sheet, upper["at"][0])
        more, _ = put(lower, sheet, top + gap)
    first, second = read_workbook(tmp_path / "a.xlsx")
    for block, table, at in ((first, upper, numbers), (second, lower, more)):
        assert [h.text for h in block.headings if h.text] == ["/".join(p for p in c if p) for c in table["columns"]]
        assert [(r.number, [c for c, h in zip(r.cells, block.headings, strict=True) if h.text]) for r in block.rows] == list(
            zip(at, table["rows"], strict=True)
        )
        assert (len(block.totals), sorted(block.notes)) == (bool(table["total"]), sorted(table["notes"]))
    assert (first.unit, second.unit) == (upper["unit"], lower["unit"] or (None if upper["unit"] in (None, "元") else "?"))


def test_a_unit_on_the_second_page_alone_leaves_the_first_unclear(tmp_path):
    page = "项目编号,项目名称,预算金额\n{},灯,1\n"
    first, second = read_workbook(csv_file(tmp_path, "项目台账,,\n" + page.format("X1") + "项目台账（续表）,,\n单位：万元,,\n" + page.format("X2")))
    assert (first.unit, second.unit) == ("?", "万元")
