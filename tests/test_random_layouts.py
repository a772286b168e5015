"""Tables written in layouts drawn at random come back equal: nothing that is a total or a note is a row, and no amount changes."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from layouts import Drawn, Paper, tables
from prove import cases

from fundanalytics.data import parse
from fundanalytics.data.workbook import UNIT_FACTORS, Block, read_workbook

drawn = settings(max_examples=cases(60, 0.1), deadline=None, suppress_health_check=list(HealthCheck))
corners = st.tuples(st.integers(0, 4), st.integers(0, 3))


def same(block: Block, table: Drawn, numbers: list[int], *, text: bool = False) -> None:
    """The block is the table as it was drawn, the cells as they were written or (``text``) as a text file shows them."""
    named = [i for i, h in enumerate(block.headings) if h.text]
    assert [block.headings[i].text for i in named] == ["/".join(path) for path in table.paths]
    expected = [[str(c) if text else c for c in row] for row in table.rows]
    assert [(r.number, [r.cells[i] for i in named]) for r in block.rows] == list(zip(numbers, expected, strict=True))
    assert (len(block.totals), sorted(block.notes), block.unit) == (len(table.totals), sorted(table.notes), table.unit)
    for column, kind in enumerate(table.kinds):
        if kind == "money":
            unit = block.headings[named[column]].unit or block.unit or "元"
            read = [parse.parse_money(row.cells[named[column]], factor=UNIT_FACTORS[unit]).value for row in block.rows]
            assert read == [row[column] for row in table.money]


@pytest.mark.parametrize("foreign", [False, True], ids=["known headings", "headings that nobody knows"])
def test_a_table_in_any_layout_comes_back_equal(tmp_path, foreign):
    @drawn
    @given(table=tables(foreign), at=corners)
    def holds(table, at):
        paper = Paper()
        numbers, _ = paper.put(table, *at)
        (block,) = read_workbook(paper.xlsx(tmp_path / "a.xlsx"))
        same(block, table, numbers)
        assert [h.index - at[1] for h in block.headings] == list(range(len(table.paths)))

    holds()


@pytest.mark.parametrize("foreign", [False, True], ids=["known headings", "headings that nobody knows"])
def test_a_text_file_in_any_encoding_comes_back_equal(tmp_path, foreign):
    @drawn
    @given(table=tables(foreign), at=corners, encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
    def holds(table, at, encoding):
        table.merged = None
        paper = Paper()
        numbers, _ = paper.put(table, *at)
        (block,) = read_workbook(paper.csv(tmp_path / "a.csv", encoding))
        same(block, table, numbers, text=True)

    holds()


@pytest.mark.parametrize("foreign", [False, True], ids=["known headings", "headings that nobody knows"])
def test_stacked_tables_come_back_one_by_one(tmp_path, foreign):
    @drawn
    @given(upper=tables(foreign), lower=tables(foreign), gap=st.integers(1, 3))
    def holds(upper, lower, gap):
        assume(upper.paths != lower.paths)  # the same again without a title of its own is a page
        lower.above = [(0, "另一张明细表"), *lower.above[-1:]] if lower.unit else [(0, "另一张明细表")]
        paper = Paper()
        numbers, top = paper.put(upper, 0, 0)
        more, _ = paper.put(lower, top + gap, 0)
        first, second = read_workbook(paper.xlsx(tmp_path / "a.xlsx"))
        same(first, upper, numbers)
        lower.unit = lower.unit or (None if upper.unit in (None, "元") else "?")
        if lower.unit != "?":
            same(second, lower, more)

    holds()


@pytest.mark.parametrize("foreign", [False, True], ids=["known headings", "headings that nobody knows"])
def test_tables_side_by_side_come_back_one_by_one(tmp_path, foreign):
    pairs = st.integers(1, 3).flatmap(lambda depth: st.tuples(*[tables(foreign, depth, least=4)] * 2))

    @drawn
    @given(pair=pairs, at=corners, gap=st.integers(0, 2), titled=st.booleans())
    def holds(pair, at, gap, titled):
        for table, text in zip(pair, ("左边明细表", "右边明细表"), strict=True):
            table.above = [(2, text), *[line for line in table.above if "单位" in line[1]]] if titled else []
            table.unit = table.unit if titled else None
        left, right = pair
        assume(left.depth == right.depth and len(left.above) == len(right.above))
        if not titled:
            assume(all(m is None or "（" in path[-1] for t in pair for row in t.money for m, path in zip(row, t.paths, strict=True)))
        paper = Paper()
        numbers, _ = paper.put(left, *at)
        more, _ = paper.put(right, at[0], at[1] + len(left.paths) + gap)
        first, second = read_workbook(paper.xlsx(tmp_path / "a.xlsx"))
        for block, table, rows in ((first, left, numbers), (second, right, more)):
            same(block, table, rows)

    holds()
