"""Real workbooks that nobody here wrote, read without being told their headings, against the figures that are published beside them."""

from pathlib import Path

import pytest

from fundanalytics.data import parse
from fundanalytics.data.workbook import UNIT_FACTORS, Block, read_workbook

MESSY = Path(__file__).parents[2] / "shared" / "data" / "messy_workbooks"
pytestmark = pytest.mark.skipif(not MESSY.is_dir(), reason="the real workbooks beside the project are not here")


def tables(name: str) -> list[Block]:
    return [block for block in read_workbook(MESSY / name) if block.headings]


def yuan(block: Block, index: int, numbers: set[int] | None = None) -> list[parse.Parsed]:
    rows = [r for r in block.rows if numbers is None or r.number in numbers]
    return [parse.parse_money(r.cells[index], factor=UNIT_FACTORS[block.unit or "元"]) for r in rows]


def total(block: Block, index: int) -> float:
    return round(sum(parse.parse_number(r.cells[index]).value or 0 for r in block.rows), 2)


@pytest.mark.parametrize(
    ("name", "rows", "requested", "approved", "stated", "words"),
    [
        ("hsinchu_10202.xls", 55, 31_076_000, 30_829_000, 30_829_000, 0), ("hsinchu_10301.xls", 27, 2_953_050, 2_788_108, 2_788_108, 0),
        ("kaohsiung_1585.xlsx", 1391, 853_955_537, 746_504_772, 746_504_772, 2),
    ],
)  # fmt: skip
def test_ledgers_of_works_sum_to_what_they_state(name, rows, requested, approved, stated, words):
    (block,) = tables(name)
    assert (len(block.rows), block.unit, block.header_rows, block.merged_rows) == (rows, "千元", [4, 5], [])
    assert [h.text for h in block.headings[3:5]] == ["建議金額", "核定情形/核定金額"]
    asked, given = yuan(block, 3), yuan(block, 4)
    assert (sum(p.value or 0 for p in asked), sum(p.value or 0 for p in given)) == (requested, approved)
    assert [t.label for t in block.totals] == ["合計"] and parse.parse_money(block.totals[0].cells[4], factor=1000).value == stated
    assert sum(p.how == "refused" for p in given) == words


def test_a_second_contract_under_a_merged_project_is_shown_and_makes_the_stated_total_right():
    # 1,542 projects; one has a second row without a name of its own (30,000): without it the stated total is 30,000 higher
    (block,) = tables("kaohsiung_1325.xls")
    named = {r.number for r in block.rows} - set(block.merged_rows)
    assert (len(named), block.merged_rows, block.unit) == (1542, [117], "千元")
    assert [sum(p.value or 0 for p in yuan(block, i, named)) for i in (3, 4)] == [850_524_000, 754_569_337]
    stated = parse.parse_money(block.totals[0].cells[4], factor=1000).value
    assert stated - 754_569_337 == 30_000 and sum(p.value or 0 for p in yuan(block, 4)) == stated
    assert sum(p.how == "refused" for p in yuan(block, 4)) == 6
    assert [note[:5] for note in block.notes] == ["註：1.本", "2.本表第"]


@pytest.mark.parametrize(
    ("name", "unit", "first", "stated", "label"),
    [
        ("yearbook_budget_2020.xls", "亿元", 210_583.47, 210_583.46, "地方合计"), ("yearbook_spend_2020_html.xls", "万元", 243_931_125, 243_931_123, "全国"),
        ("yearbook_budget_2022_writeprotected.xls", "亿元", 224_981.31, 224_981.29, "地方合计"),
    ],
)  # fmt: skip
def test_yearbooks_have_31_provinces_and_a_total_over_them(name, unit, first, stated, label):
    blocks = tables(name)
    index = next(i for i, h in enumerate(blocks[0].headings) if i and parse.parse_number(blocks[0].rows[0].cells[i]).value is not None)
    assert {len(b.rows) for b in blocks} == {31} and {b.unit for b in blocks} == {unit}
    assert total(blocks[0], index) == first
    assert (blocks[0].totals[0].label, float(blocks[0].totals[0].cells[index])) == (label, stated)


def test_a_yearbook_table_goes_on_below_and_on_the_next_sheet():
    blocks = tables("yearbook_budget_2022_writeprotected.xls")
    assert [(b.sheet, b.continues, b.header_rows, len(b.headings)) for b in blocks] == [
        ("1-2", False, [5], 10), ("1-2", True, [45], 10), ("3", True, [4], 11)]  # fmt: skip
    assert all(b.title.startswith("7-6 分地区一般公共预算支出(2022年)") for b in blocks)
    assert len(blocks[0].notes) == 2 and not blocks[1].notes


def test_years_under_an_item_and_a_sheet_that_is_one_link():
    first, link, more = read_workbook(MESSY / "yearbook_fertilizer_2018_2019.xlsx")
    assert [h.text for h in first.headings[:4]] == ["地区", "农用化肥施用量/2018年", "农用化肥施用量/2019年", "1.氮肥/2018年"]
    assert (link.headings, link.title, link.hidden) == ([], "http://www.cnki.net/", True)
    assert [h.text for h in more.headings] == ["地区", "3.钾肥/2018年", "3.钾肥/2019年", "4.复合肥/2018年", "4.复合肥/2019年"]
    for block, amount in ((first, "5653.4"), (more, "590.3")):
        assert (len(block.rows), block.totals[0].label, block.totals[0].cells[1], total(block, 1)) == (31, "全国", amount, float(amount))
    assert more.continues and "单位:万吨" in more.title and more.title.startswith("3-11 各地区农用化肥施用量")
    assert [r.cells[0] for r in first.rows[-1:]] == ["新 疆"]
