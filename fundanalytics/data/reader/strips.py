"""Tables that stand beside each other in a sheet: where one ends and the next begins. Pure: no files.

Place in the flow: ``layout`` asks here once it knows the heading rows. A wide table with an empty column in it stays one: tables are
told apart by headings that begin again, by a title over each, or by rows that go on in one of them alone.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import replace
from itertools import pairwise
from typing import Any

from .. import schema
from .headings import Grid, Heading, clean, filled, is_heading_text
from .spans import headings_of
from .structure import CODE, NUMBER, TEXT, kind_of
from .units import stated_unit

LOOKED_AT = 200
_TITLED = re.compile(r"^(?!附).{1,}([表账帐册]|台[账帐]|明细|清单|名单|一览|目录)\s*([(（].*[)）])?$")
_CAPTION = re.compile(rf"{_TITLED.pattern}|(情况|统计|汇总|收入|支出|部分|到位|拨付|支付|使用)$|^[一二三四五六][、.．]")
_SENTENCE = re.compile(r".{10}.*(情况|统计|汇总|到位|拨付|支付|使用)\s*([(（].*[)）])?$")  # too long for the name of a group of columns
_RUNNING = re.compile(r"序号|编号|no\.?", re.IGNORECASE)
_IDENTIFIES = {schema.heading_key(t) for c in (schema.AREA, schema.PROJECT, *schema.HELPERS) for t in (c.name, *c.headings)}


def beside(grid: Grid, span: tuple[int, int], start: int) -> list[range]:
    """Columns of each table whose headings stand in rows ``span``, left to right; empty where there is only one."""
    headings = headings_of(grid, *span)
    if len(headings) < 4:
        return []
    cuts = _titled(grid, headings, span, start)
    repeated = [i for i in range(2, len(headings) - 1) if all(_leaf(headings[i + j]) == _leaf(headings[j]) for j in (0, 1))]
    if repeated or headings[-1].index - headings[0].index >= len(headings):
        data = [row for row in grid.rows[span[1] + 1 : span[1] + 1 + LOOKED_AT] if filled(row)]
        cuts |= _again(headings, repeated, data) | _gaps(grid, headings, data, span, start)
    if not cuts:
        return []
    return [range(a, b) for a, b in pairwise([0, *sorted(cuts), max(map(len, grid.rows[span[0] :]))])]


def _leaf(heading: Heading) -> str:
    return heading.text.rsplit("/", 1)[-1]


def _labels(data: list[list[Any]], heading: Heading) -> bool:
    """Whether a column says what a row is: words or codes, or a running number."""
    kinds = [kind_of(row[heading.index]) for row in data if heading.index < len(row) and row[heading.index] is not None]
    words = kinds.count(TEXT) + kinds.count(CODE)
    return bool(_RUNNING.search(_leaf(heading))) or (bool(kinds) and words >= 0.6 * len(kinds) and words >= kinds.count(NUMBER))


def _again(headings: list[Heading], repeated: list[int], data: list[list[Any]]) -> set[int]:
    """Columns where the headings begin again from the first, each time with a column of labels."""
    return {headings[i].index for i in repeated if _labels(data, headings[i])} if _labels(data, headings[0]) else set()


def _titled(grid: Grid, headings: list[Heading], span: tuple[int, int], start: int) -> set[int]:
    """Columns where a title of its own begins: the lines over the headings, or their first row, hold several side by side."""
    columns = [h.index for h in headings]
    for row in range(span[0] - 1, max(start, span[0] - 4) - 1, -1):
        if cuts := _titles_in(grid, row, columns):
            return cuts
    return _titles_in(grid, span[0], columns) if span[1] > span[0] else set()


def _titles_in(grid: Grid, row: int, columns: list[int]) -> set[int]:
    places = [c for c, cell in enumerate(grid.rows[row]) if cell is not None]
    titles = [c for c in places if _TITLED.search(clean(grid.rows[row][c])) and is_heading_text(grid.rows[row][c])]
    if len(titles) < 2 or any(c not in titles and stated_unit([[grid.rows[row][c]]]) is None for c in places):
        return set()
    return set(titles[1:]) if all(c in columns for c in titles[1:]) and titles[0] <= columns[0] + 1 else set()


def _gaps(grid: Grid, headings: list[Heading], data: list[list[Any]], span: tuple[int, int], start: int) -> set[int]:
    """Columns behind an empty one where another table begins."""
    used = {h.index for h in headings} | {c for row in data for c, cell in enumerate(row) if cell is not None and len(filled(row)) > 1}
    cuts: set[int] = set()
    left: list[Heading] = []
    for before, heading in zip([None, *headings], headings, strict=False):
        gap = before is not None and heading.index - before.index > 1 and not used.intersection(range(before.index + 1, heading.index))
        run = _run(headings, heading, used)
        if gap and len(left) > 1 and len(run) > 1 and _another(grid, left, run, data, span, start):
            cuts.add(heading.index)
            left = []
        left.append(heading)
    return cuts


def _run(headings: list[Heading], first: Heading, used: Set[int]) -> list[Heading]:
    """The headings from ``first`` up to the next empty column."""
    run = [first]
    for heading in headings:
        if heading.index > run[-1].index:
            if not set(range(run[-1].index + 1, heading.index)) <= used:
                break
            run.append(heading)
    return run


def _another(grid: Grid, left: list[Heading], right: list[Heading], data: list[list[Any]], span: tuple[int, int], start: int) -> bool:
    """Whether the headings behind an empty column are those of a table of its own."""
    if _IDENTIFIES.isdisjoint(right[0].keys) and not any(_labels(data, h) for h in right[:2]):
        return False
    keys = [{k for h in side for k in h.keys} for side in (left, right)]
    first = {*left[0].keys, schema.heading_key(_leaf(left[0]))}
    if keys[1] & (first | _IDENTIFIES) & keys[0] or _leaf(right[0]) == _leaf(left[0]):
        return True
    return _own_caption(grid, left, right, span, start) or _goes_on(left, right, data)


def _own_caption(grid: Grid, left: list[Heading], right: list[Heading], span: tuple[int, int], start: int) -> bool:
    """Whether a line over the headings has a text over each side, and the right one is no unit, date or page."""
    columns = range(right[0].index, right[-1].index + 1)
    for row in range(max(start, span[0] - 3), span[0] + (span[1] > span[0])):
        cells = {c: cell for c, cell in enumerate(grid.rows[row]) if cell is not None}
        own = [c for c in cells if c in columns]
        if len(own) != 1 or not any(left[0].index <= c <= left[-1].index for c in cells):
            continue
        text = clean(cells[own[0]])
        whole = row < span[0] or any((t, a, b, z) == (row, own[0], row, columns[-1]) for t, a, b, z in grid.merges_on(row))
        if (
            whole
            and own[0] == columns[0]
            and is_heading_text(cells[own[0]])
            and ((_TITLED if row == span[0] else _CAPTION).search(text) or _SENTENCE.search(text))
        ):
            return stated_unit([[text]]) is None
    return False


def _goes_on(left: list[Heading], right: list[Heading], data: list[list[Any]]) -> bool:
    """Whether rows go on to the right after the last one on the left."""

    def size(row: list[Any], side: list[Heading]) -> int:
        return sum(1 for h in side if h.index < len(row) and row[h.index] is not None)

    alone = [size(row, right) > 1 and size(row, left) == 0 for row in data]
    return any(alone) and any(size(row, left) > 1 for row in data)


def region_end(grid: Grid, strips: list[range], span: tuple[int, int]) -> int:
    """The first row below the headings that belongs to a table across the strips, or to the next ones."""
    last = span[1]
    edges = [s.start for s in strips[1:]]
    heads = {h.index for h in headings_of(grid, *span)}
    opening = [clean(c) for c in filled(grid.rows[last])]
    free, begins = False, last + 1  # after a blank row or a single text; where that began
    for number in range(last + 1, len(grid.rows)):
        row = grid.rows[number]
        places = [c for c, cell in enumerate(row) if cell is not None]
        if len(places) < 2:
            begins = number + (not places) if not free or not places else begins
            free = True
            continue
        crosses = any(row[e - 1] is not None for e in edges if e - 1 not in heads and e - 1 < len(row))
        crosses |= any(top == number and left < edge <= right for top, left, _, right in grid.merges_on(number) for edge in edges)
        heading = len(places) > 2 and places[0] < edges[0] <= places[-1] and all(is_heading_text(row[c]) for c in places)
        if free and (crosses or (heading and [clean(row[c]) for c in places] != opening)):
            return begins
        free = False
    return len(grid.rows)


def cut_out(grid: Grid, columns: range, rows: range, shared: range) -> Grid:
    """The sheet with nothing but these columns and rows; a caption in rows ``shared`` merged over the edge is every strip's."""
    cells: list[list[Any]] = []
    for number, row in enumerate(grid.rows):
        inside = number in rows
        cells.append([cell if columns.start <= c < columns.stop else None for c, cell in enumerate(row[: columns.stop])] if inside else [])
    merges = []
    for top, left, bottom, right in grid.merges:
        if top not in rows:
            continue
        if left in columns:
            merges.append((top, left, bottom, min(right, columns.stop - 1)))
        elif top in shared and left < columns.start <= right and grid.rows[top][left] is not None:
            cells[top] = [*cells[top], *[None] * (columns.stop - len(cells[top]))]
            cells[top][columns.start] = grid.rows[top][left]
    return replace(grid, rows=cells, merges=merges)
