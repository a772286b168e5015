"""What people do to a sound workbook between two submissions. ``KEPT`` must change no sum that is kept; ``SPOILED`` says by how much one changes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby, zip_longest
from random import Random
from typing import Any

from sheet_models import Sheet, filled, with_column, with_row


@dataclass(frozen=True)
class Page:
    """A sheet with one table: where its headings end, its data rows, and the columns of our tables that are money."""

    sheet: Sheet
    first: int
    last: int
    data: tuple[int, ...]
    money: tuple[int, ...]
    unit: str = "元"

    @property
    def end(self) -> int:
        return max(self.data) + 1


Edit = Callable[[Page, Random], Page]


def _with_row(page: Page, at: int, cells: list[Any]) -> Page:
    return replace(page, sheet=with_row(page.sheet, at, cells), first=page.first + (at <= page.first), last=page.last + (at <= page.last),
                   data=tuple(d + (d >= at) for d in page.data))  # fmt: skip


def _unmerged(page: Page) -> Page:
    """Data cells that were merged each say what the range says; merged headings and titles stay."""
    above = [m for m in page.sheet.merges if m[2] <= page.last]
    return replace(page, sheet=replace(filled(replace(page.sheet, merges=[m for m in page.sheet.merges if m[2] > page.last])), merges=above))


def _number(cell: object) -> float | None:
    try:
        return float(str(cell).replace(",", "")) if not isinstance(cell, bool) else None
    except ValueError:
        return None


def rows_shuffled(page: Page, rng: Random) -> Page:
    page = _unmerged(page)
    rows, order = list(page.sheet.rows), list(page.data)
    rng.shuffle(order)
    for at, source in zip(page.data, order, strict=True):
        rows[at] = page.sheet.rows[source]
    return replace(page, sheet=replace(page.sheet, rows=rows))


def blank_rows(page: Page, rng: Random) -> Page:
    for _ in range(rng.choice((1, 2, 5))):
        page = _with_row(page, rng.choice((0, *page.data, page.end)), [])
    return page


def title_line(page: Page, rng: Random) -> Page:
    return _with_row(
        page, 0, rng.choice((["附件1"], ["附件：台账样表"], ["（内部资料，注意保存）"], [None, None, "社区发展治理专项保障资金"], ["第1页，共3页"]))
    )


def total_row(page: Page, rng: Random) -> Page:
    """合计 below the data, 小计 between, with the sums of the rows above."""
    at = rng.choice((page.end, *page.data[1:]))
    cells: list[Any] = [None] * max(map(len, page.sheet.rows))
    cells[0] = rng.choice(("合计", "合 计", "小计", "总计", "合计：")) if at == page.end else "小计"
    for column in page.money:
        numbers = [_number(page.sheet.rows[d][column]) for d in page.data if d < at and column < len(page.sheet.rows[d])]
        cells[column] = round(sum(n for n in numbers if n is not None), 6)
    return _with_row(_unmerged(page), at, cells)


def notes(page: Page, rng: Random) -> Page:
    for line in rng.sample(
        (["注：本表金额以台账为准。"], ["填表人：", None, "审核人："], ["说明：数据截至年末，未含税。"], ["单位负责人：", None, None, "联系电话："]), 2
    ):
        page = _with_row(page, len(page.sheet.rows), line)
    return page


def sheet_renamed(page: Page, rng: Random) -> Page:
    return replace(
        page,
        sheet=replace(
            page.sheet, name=rng.choice((f"{page.sheet.name} (2)", f"{page.sheet.name[:20]}最终版", f" {page.sheet.name}", f"附表{page.sheet.name[:20]}"))
        ),
    )


def hidden(page: Page, rng: Random) -> Page:
    rows = frozenset(rng.sample(page.data, min(len(page.data), 3)))
    return replace(page, sheet=replace(page.sheet, hidden=rows, hidden_columns=frozenset(rng.sample(range(6), 2))))


def blank_column(page: Page, rng: Random) -> Page:
    """An empty column on the left or between two others."""
    at = rng.randrange(len(page.sheet.rows[page.first]))
    at = 0 if page.last > page.first else at
    return replace(page, sheet=with_column(page.sheet, at, [None] * len(page.sheet.rows)), money=tuple(c + (c >= at) for c in page.money))


def numbered(page: Page, rng: Random) -> Page:
    """序号 in front."""
    cells: list[Any] = [None] * len(page.sheet.rows)
    cells[page.first] = rng.choice(("序号", "编号", "No."))
    for n, d in enumerate(page.data):
        cells[d] = n + 1
    sheet = with_column(page.sheet, 0, cells)
    merges = [*sheet.merges, (page.first, 0, page.last, 0)] if page.last > page.first else sheet.merges
    return replace(page, sheet=replace(sheet, merges=merges), money=tuple(c + 1 for c in page.money))


def columns_swapped(page: Page, rng: Random) -> Page:
    """Two columns change places, heading and all; only below one row of headings."""
    if page.last > page.first or any(m[2] >= page.first for m in page.sheet.merges):
        return page
    width = len(page.sheet.rows[page.first])
    a, b = rng.sample(range(width), 2)
    rows = [list(row) for row in page.sheet.rows]
    for row in rows[page.first :]:
        row += [None] * (width - len(row))
        row[a], row[b] = row[b], row[a]
    places = {a: b, b: a}
    return replace(page, sheet=replace(page.sheet, rows=rows), money=tuple(places.get(c, c) for c in page.money))


def spaced_headings(page: Page, rng: Random) -> Page:
    """Headings with spaces, full-width spaces and line breaks inside, as people make them fit."""
    rows = [list(row) for row in page.sheet.rows]
    for row in rows[page.first : page.last + 1]:
        for c, cell in enumerate(row):
            if isinstance(cell, str) and "（" not in cell and len(cell) > 1 and rng.random() < 0.5:
                at = rng.randrange(1, len(cell))
                row[c] = cell[:at] + rng.choice((" ", "\u3000", "\n", "  ")) + cell[at:]
    return replace(page, sheet=replace(page.sheet, rows=rows))


def headings_again(page: Page, rng: Random) -> Page:
    """The headings repeated between the data, as on every printed page."""
    page = _unmerged(page)
    at = rng.choice(page.data[1:] or page.data)
    for shift, row in enumerate([list(r) for r in page.sheet.rows[page.first : page.last + 1]]):
        page = _with_row(page, at + shift, row)
    return page


def numbers_as_text(page: Page, rng: Random) -> Page:
    rows = [list(row) for row in page.sheet.rows]
    ways: tuple[Callable[[float], str], ...] = (
        lambda n: f"{n:,.6f}".rstrip("0").rstrip("."), lambda n: f"{n!r}".translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)}),
        lambda n: f" {n!r} ", lambda n: f"{n!r}{page.unit}", lambda n: f"¥{n!r}" if page.unit == "元" else f"{n!r}", lambda n: f"'{n!r}",
    )  # fmt: skip
    for d in page.data:
        for column in page.money:
            cell = rows[d][column] if column < len(rows[d]) else None
            number = _number(cell)
            if number is not None and abs(number) > 0.001 and rng.random() < 0.7:
                rows[d][column] = rng.choice(ways)(number)
    return replace(page, sheet=replace(page.sheet, rows=rows))


def other_unit(page: Page, rng: Random) -> Page:
    """Amounts in 元 where they were in 万元, or in 千元 where they were in 元: said above the headings, or in them."""
    new = {"万元": "元", "元": rng.choice(("万元", "千元"))}.get(page.unit)
    said = [(r, c) for r in range(page.last + 1) for c, cell in enumerate(page.sheet.rows[r]) if isinstance(cell, str) and page.unit in cell]
    where = [(r, c) for r, c in said if r < page.first] or said
    amounts = [row[c] for row in page.sheet.rows[page.last + 1 :] for c in page.money if c < len(row)]
    written = any(isinstance(a, str) and _number(a) is None and re.search(r"\d", a) for a in amounts)  # with a unit of its own
    if new is None or not where or written or (any(r < page.first for r, _ in said) and any(r >= page.first for r, _ in said)):
        return page
    factor = {"元": Decimal(1), "千元": Decimal(1000), "万元": Decimal(10_000)}
    rows = [list(row) for row in page.sheet.rows]
    headings = {rows[r][c] for r, c in where}
    for row in rows:  # also where the headings stand again
        row[:] = [cell.replace(page.unit, new) if isinstance(cell, str) and cell in headings else cell for cell in row]
    for row in rows[page.last + 1 :]:
        for column in page.money:
            number = _number(row[column]) if column < len(row) else None
            if number is not None:
                row[column] = float(Decimal(repr(number)) * factor[page.unit] / factor[new])
    return replace(page, sheet=replace(page.sheet, rows=rows), unit=new)


def groups_merged(page: Page, rng: Random) -> Page:
    """Equal texts below one another become one merged cell, as offices like them (the last of its kind stays a cell)."""
    page = _unmerged(page)
    column = rng.randrange(3)
    runs = [list(run) for _, run in groupby(page.data, key=lambda d: _text(page.sheet.rows[d], column))]
    merges = [(run[0], column, run[-1], column) for run in runs if len(run) > 1 and run[-1] - run[0] == len(run) - 1 and _text(page.sheet.rows[run[0]], column)]
    rows = [list(row) for row in page.sheet.rows]
    for top, _, bottom, _ in merges:
        for r in range(top + 1, bottom + 1):
            rows[r][column] = None
    return replace(page, sheet=replace(page.sheet, rows=rows, merges=[*page.sheet.merges, *merges]))


def _text(row: list[Any], column: int) -> str | None:
    cell = row[column] if column < len(row) else None
    return cell if isinstance(cell, str) else None


def remarks(page: Page, rng: Random) -> Page:
    """A column of remarks, some with numbers inside."""
    cells: list[Any] = [None] * len(page.sheet.rows)
    cells[page.first] = "备注"
    for d in page.data:
        cells[d] = rng.choice((None, None, "见附件3", "含上年结转2000元", "已于2018年底前完成", "5", "—"))
    width = max(len(page.sheet.rows[r]) for r in range(page.first, page.end))
    if any(_text(row, c) == "备注" for row in page.sheet.rows[page.first : page.last + 1] for c in range(len(row))):
        return page
    return replace(page, sheet=with_column(page.sheet, width, cells))


def invisible(page: Page, rng: Random) -> Page:
    """Spaces that break no line, marks without width, tabs: around texts, headings and numbers."""
    rows = [list(row) for row in page.sheet.rows]
    for r in rng.sample((*range(page.first, page.last + 1), *page.data), min(4, len(page.data))):
        for c, cell in enumerate(rows[r]):
            if isinstance(cell, str) and rng.random() < 0.5:
                rows[r][c] = rng.choice(("\xa0{}", "{}\xa0", "\u200b{}", "{}\ufeff", " {} ", "\u3000{}", "{}\n")).format(cell)
    return replace(page, sheet=replace(page.sheet, rows=rows))


def dashes(page: Page, rng: Random) -> Page:
    """A mark for nothing in each amount that is blank."""
    rows, mark = [list(row) for row in page.sheet.rows], rng.choice(("—", "-", "/", "无", "——", "\\", "暂无"))
    for d in page.data:
        for c in page.money:
            if c < len(rows[d]) and rows[d][c] is None:
                rows[d][c] = mark
    return replace(page, sheet=replace(page.sheet, rows=rows))


def longer_names(page: Page, rng: Random) -> Page:
    """一社区 is called 一社区居委会, or 一社区居民委员会."""
    rows, suffix = [list(row) for row in page.sheet.rows], rng.choice(("居委会", "居民委员会"))
    for d in page.data:
        for c, cell in enumerate(rows[d][:4]):
            if isinstance(cell, str) and re.fullmatch(r"[^\d\W]{1,6}社区", cell):
                rows[d][c] = cell + suffix
    return replace(page, sheet=replace(page.sheet, rows=rows))


def group_line(page: Page, rng: Random) -> Page:
    """A line between the headings and the first row, or a second title line."""
    return _with_row(page, page.first, rng.choice((["（续填）"], ["填报单位："], [None, "填表日期：2021年1月5日"])))


def row_doubled(page: Page, rng: Random) -> Page:
    """A row pasted twice: the second is the same row."""
    page = _unmerged(page)
    source = rng.choice(page.data)
    return _with_row(page, page.end, list(page.sheet.rows[source]))


KEPT: tuple[Edit, ...] = (rows_shuffled, blank_rows, title_line, total_row, notes, sheet_renamed, hidden, blank_column, numbered, columns_swapped,
                          spaced_headings, headings_again, numbers_as_text, other_unit, groups_merged, remarks,
                          invisible, dashes, longer_names, group_line)  # fmt: skip

Rebind = Callable[[list[Page], Random], list[Sheet]]


def _below(upper: Sheet, lower: Sheet, gap: int) -> Sheet:
    down = len(upper.rows) + gap
    merges = [*upper.merges, *((t + down, left, b + down, r) for t, left, b, r in lower.merges)]
    return Sheet(upper.name, [*upper.rows, *[[] for _ in range(gap)], *lower.rows], merges)


def stacked(pages: list[Page], rng: Random) -> list[Sheet]:
    """Two tables one above the other on one sheet."""
    sheets = [p.sheet for p in pages]
    if len(sheets) < 2:
        return sheets
    upper, lower = rng.sample(sheets, 2)
    return [*(s for s in sheets if s not in (upper, lower)), _below(upper, lower, rng.choice((1, 2, 5)))]


def side_by_side(pages: list[Page], rng: Random) -> list[Sheet]:
    """Two tables beside each other on one sheet, a blank column between."""
    sheets = [p.sheet for p in pages]
    if len(sheets) < 2:
        return sheets
    one, other = rng.sample(sheets, 2)
    width = max(map(len, one.rows)) + rng.choice((1, 2))
    rows = [[*(a or []), *[None] * (width - len(a or [])), *(b or [])] for a, b in zip_longest(one.rows, other.rows)]
    merges = [*one.merges, *((t, left + width, b, r + width) for t, left, b, r in other.merges)]
    return [*(s for s in sheets if s not in (one, other)), Sheet(one.name, rows, merges)]


def continued(pages: list[Page], rng: Random) -> list[Sheet]:
    """The second half of a table as 续表: under it, or on a sheet of its own; the headings again."""
    at = rng.randrange(len(pages))
    page = _unmerged(pages[at])
    half = page.data[len(page.data) // 2]
    if half == page.data[0]:
        return [p.sheet for p in pages]
    top, rows = page.sheet.rows[: page.last + 1], page.sheet.rows
    above = [m for m in page.sheet.merges if m[2] <= page.last]
    first = Sheet(page.sheet.name, rows[:half], above)
    title = rng.choice(("续表", "（续表）", f"{next((c for c in rows[0] if c), '')}（续表）", "续表1"))
    lines = [[title], *top[page.first :]] if rng.random() < 0.5 else [*top]
    shift = page.first - 1 if len(lines) == 1 + page.last - page.first + 1 else 0
    heads = [(t - shift, left, b - shift, r) for t, left, b, r in above if t >= page.first or not shift]
    second = Sheet(f"{page.sheet.name[:25]}续", [*lines, *rows[half:]], [m for m in heads if m[0] > 0 or not shift])
    parts = [first, second] if rng.random() < 0.5 else [_below(first, second, rng.choice((0, 1)))]
    return [*(p.sheet for p in pages[:at]), *parts, *(p.sheet for p in pages[at + 1 :])]


def copied(pages: list[Page], rng: Random) -> list[Sheet]:
    """A sheet twice: the working copy was left in."""
    page = rng.choice(pages)
    return [*(p.sheet for p in pages), replace(page.sheet, name=f"{page.sheet.name[:25]}副本")]


def summed(pages: list[Page], rng: Random) -> list[Sheet]:
    """A sheet that sums the others up, which is nobody's data."""
    sums = [[p.sheet.name, len(p.data), sum(_number(p.sheet.rows[d][c]) or 0 for d in p.data for c in p.money[:1] if c < len(p.sheet.rows[d]))] for p in pages]
    sheet = Sheet("汇总", [["各表汇总"], ["表名", "条数", "金额合计"], *sums, ["合计", sum(s[1] for s in sums), sum(s[2] for s in sums)]])
    return [sheet, *(p.sheet for p in pages)] if rng.random() < 0.5 else [*(p.sheet for p in pages), sheet]


REBOUND: tuple[Rebind, ...] = (stacked, side_by_side, continued, copied, summed)

WORDS = (
    "1e9999999",
    "若干",
    "待定",
    "#REF!",
    "#DIV/0!",
    "见附件",
    "许多",
    "12..5",
    "1.2.3",
    "约",
    "1 2 3 4",
    "20万?",
    dt.date(2018, 5, 1),
    True,
    "12%",
    "5个",
)


def spoil(page: Page, rng: Random) -> tuple[Page, int, float, Any] | None:
    """One amount becomes a word: the page, the column, what stood there, and the word. None where there is no amount."""
    places = [(d, c) for d in page.data for c in page.money if c < len(page.sheet.rows[d]) and (_number(page.sheet.rows[d][c]) or 0) > 0.01]
    if not places:
        return None
    (row, column), word = rng.choice(places), rng.choice(WORDS)
    rows = [list(r) for r in page.sheet.rows]
    was = _number(rows[row][column]) or 0.0
    rows[row][column] = word
    return replace(page, sheet=replace(page.sheet, rows=rows)), column, was, word
