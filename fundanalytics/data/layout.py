"""Where the tables are in a sheet: title, unit, headings, data, totals, notes. Pure: no files.

Place in the flow: ``workbook`` reads a file into grids, this module makes blocks of them (``headings`` finds where a table begins,
``lines`` says what a row below is, ``units`` reads the unit), ``load`` gives each heading its column. Nothing is dropped in silence:
a row that is not blank is a heading, a repeated heading, a title, a row, a total or a note; numbers above the headings are shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Set
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from . import schema
from .headings import SEARCHED_ROWS, Grid, Heading, address, amounts_in, clean, filled, header_span, heading_row, headings_of, is_amount, known_in, with_unnamed
from .lines import PROSE, captions_above, heading_test, is_note, numbers_columns, total_kind
from .parse import parse_number
from .units import UNCLEAR, stated_unit

_QUANTITIES = {"money", "number", "share", "count", "level"}


@dataclass(frozen=True, slots=True)
class Row:
    """One data row, ``number`` as Excel shows it; ``cells`` stand as the headings do, None where blank."""

    number: int
    cells: list[Any]


@dataclass(frozen=True, slots=True)
class Total:
    """A row that sums (``sum``), breaks down (``part``) or averages (``mean``) others: checked, never counted."""

    number: int
    label: str
    kind: str
    cells: list[Any]


@dataclass(slots=True)
class Block:
    """One table of a sheet. Without a heading row ``headings`` and ``rows`` are empty and ``title`` holds the text found.

    ``unit`` is "?" where a unit is named that nobody can tell. ``merged_amounts`` are ranges ("F3:F5") of one quantity over several
    rows: it stays with the first. ``hidden``: the whole sheet; ``hidden_rows``: data rows as Excel numbers them, read like the others.
    """

    sheet: str
    title: str
    unit: str | None = None
    headings: list[Heading] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    header_rows: list[int] = field(default_factory=list)
    merged_amounts: list[str] = field(default_factory=list)
    hidden: bool = False
    hidden_rows: list[int] = field(default_factory=list)
    epoch: int = 1900


class _Line(NamedTuple):
    """A row below the headings: ``kind`` is "row", "note", "lone" (a text that may be either) or that of a total."""

    number: int
    kind: str
    label: str = ""


def blocks(grid: Grid, known: Set[str]) -> list[Block]:
    """Every table of a sheet, top to bottom; a block without headings where there is none, or numbers stand above the first."""
    known = frozenset(known)
    at = heading_row(grid, known)
    if at is None:
        return [Block(grid.name, _lines(grid.rows[:SEARCHED_ROWS]))] if grid.rows else []
    found: list[Block] = []
    start, following = 0, at
    loose = _loose_rows(grid, header_span(grid, at, 0, known)[0])
    if loose:
        found.append(Block(grid.name, _shown(grid, loose)))
    before: Block | None = None
    while start < len(grid.rows):
        block, start, following = _block(grid, start, following, known, loose)
        if before and block.unit is None:
            block.unit = _inherited(before, block)
        found.append(block)
        before = block
    return found


def _inherited(before: Block, block: Block) -> str | None:
    """A table that states no unit below one that does: the same columns go on in that unit, others may mean either."""
    if [h.text for h in before.headings] == [h.text for h in block.headings]:
        return before.unit
    return None if before.unit in (None, "元") else UNCLEAR


def _loose_rows(grid: Grid, first: int) -> list[int]:
    """Rows above the first headings that hold amounts, with the rows that stand against them."""
    runs: list[list[int]] = [[]]
    for number in range(first):
        if len(filled(grid.rows[number])) > 1:
            runs[-1].append(number)
        else:
            runs += [[number], []]
    return [number for run in runs if any(amounts_in(grid.rows[n]) for n in run) for number in run]


def _shown(grid: Grid, rows: list[int]) -> str:
    """Text of rows, each with its address."""
    shown = []
    for number in rows:
        at = [column for column, cell in enumerate(grid.rows[number]) if cell is not None]
        shown.append(f"{address(number + 1, at[0])}:{address(number + 1, at[-1])} {_lines([grid.rows[number]])}")
    return "\n".join(shown)


def _title_rows(grid: Grid, start: int, first: int, loose: list[int]) -> list[list[Any]]:
    """The lines above the headings; of those with amounts only the ones that carry a label (年度：2020)."""
    labelled = [n for n in loose if any(isinstance(c, str) and (":" in c or "：" in c) for c in grid.rows[n])]
    return [grid.rows[n] for n in range(start, first) if n not in loose or n in labelled]


def _block(grid: Grid, start: int, at: int, known: Set[str], loose: list[int]) -> tuple[Block, int, int]:
    """The table whose headings stand in row ``at``; where the next begins, and its headings stand."""
    first, last = header_span(grid, at, start, known)
    above = _title_rows(grid, start, first, loose)
    headings = headings_of(grid, first, last)
    block = Block(grid.name, _lines(above), None, headings, header_rows=list(range(first + 1, last + 2)))
    lines, start, following = _scan(grid, (first, at, last), headings, known, above)
    data = [line for line in lines if line.kind != "note"]
    notes = [grid.rows[line.number] for line in lines if line.kind == "note"]
    block.headings = with_unnamed(grid, headings, [line.number for line in data if line.kind == "row"])
    block.notes = [_lines([row]) for row in notes]
    _place(grid, block, data, last)
    block.merged_amounts = _merged_amounts(grid, block)
    block.unit = stated_unit(row for row in above if len(known_in(row, known)) < 2 or len(filled(row)) < 3) or stated_unit(notes, in_words=True)
    return block, start, following


def _lines(rows: list[list[Any]]) -> str:
    return "\n".join(" ".join(str(c).strip() for c in filled(row)) for row in rows if filled(row))


def _scan(grid: Grid, span: tuple[int, int, int], headings: list[Heading], known: Set[str], above: list[list[Any]]) -> tuple[list[_Line], int, int]:
    """Say of each row below the headings what it is, down to the next table: its first line and its heading row."""
    first, at, last = span
    printed = [cells for cells in map(filled, [*above, *grid.rows[first : last + 1]]) if cells]
    seen, firsts = {tuple(map(clean, cells)) for cells in printed}, {cells[0] for cells in printed}
    opening = tuple(map(clean, filled(grid.rows[first])))
    keys = {h.index for h in headings if _kinds_of(h) & {"code", "area"}}
    found: list[_Line] = []
    apart = False  # after a blank row or a lone text
    is_heading = heading_test(known)
    for number in range(last + 1, len(grid.rows)):
        cells = filled(grid.rows[number])
        if not cells:
            apart = True
            continue
        texts = tuple(map(clean, cells)) if cells[0] in firsts else ()
        again = texts == opening
        if texts and texts in seen and not again:
            continue
        label = next((c for c in cells[:4] if total_kind(c)), None)
        if again or (label is None and is_heading(cells, apart)):
            below_totals = max((line.number for line in found if line.label), default=last) + 1
            top = number if again else header_span(grid, number, below_totals, known)[0]
            start, opens = captions_above(grid, top, last, known, above)
            if opens or not again:
                return _settled(grid, [line for line in found if line.number < start]), start, number + (at - first if again else 0)
            found = [line._replace(kind="note") if line.number >= start else line for line in found]
            continue
        found.append(_line(grid, number, label, headings, keys, number == last + 1))
        apart = len(cells) == 1
    return _settled(grid, found), len(grid.rows), len(grid.rows)


def _line(grid: Grid, number: int, label: Any, headings: list[Heading], keys: Set[int], first: bool) -> _Line:
    row = grid.rows[number]
    cells = filled(row)
    if label is not None:
        return _Line(number, total_kind(label) or "row", clean(label))
    if is_note(row, cells, len(headings), keys) or (first and numbers_columns(cells, len(headings))):
        return _Line(number, "note")
    return _Line(number, "lone" if len(cells) == 1 and isinstance(cells[0], str) and len(headings) > 2 else "row")


def _settled(grid: Grid, lines: list[_Line]) -> list[_Line]:
    """Lone texts above data are rows (and refused in the open); below them all, notes where they read like one."""
    filling = [i for i, line in enumerate(lines) if line.kind not in ("lone", "note")]
    end = filling[-1] if filling else -1
    noted = any(line.kind == "note" for line in lines) or (end >= 0 and lines[end].kind != "row")
    settled, prose = [], []
    for i, line in enumerate(lines):
        if line.kind != "lone":
            settled.append(line)
        elif i > end and (noted or PROSE.search(_lines([grid.rows[line.number]]))):
            prose.append(line._replace(kind="note"))
        else:
            settled.append(line._replace(kind="row"))
    return [*settled, *prose]


def _place(grid: Grid, block: Block, data: list[_Line], last: int) -> None:
    """Rows and totals with their cells under the headings, merged text filled in."""
    fills = _fills(grid, block.headings, last)
    index = [h.index for h in block.headings]
    straight = index == list(range(len(index)))
    for number, kind, label in data:
        cells = grid.rows[number]
        if number in fills and kind == "row":
            cells = list(cells)
            for column, value in fills[number]:
                cells[column] = value
        if not (straight and len(cells) == len(index)):
            cells = [cells[c] if c < len(cells) else None for c in index]
        if kind == "row":
            block.rows.append(Row(number + 1, cells))
        else:
            block.totals.append(Total(number + 1, label, kind, cells))


def _fills(grid: Grid, headings: list[Heading], last: int) -> dict[int, list[tuple[int, Any]]]:
    """Per row the cells that a merged range above or to the left covers. An amount is never repeated: it would be counted twice."""
    by_index = {h.index: h for h in headings}
    fills: dict[int, list[tuple[int, Any]]] = {}
    for top, left, bottom, right in grid.merges:
        value = grid.rows[top][left] if last < top < len(grid.rows) and left < len(grid.rows[top]) else None
        if value is None:
            continue
        for row in range(top, min(bottom, len(grid.rows) - 1) + 1):
            for column in range(left, min(right, len(grid.rows[row]) - 1) + 1):
                if (row, column) != (top, left) and column in by_index and _repeats(by_index[column], value):
                    fills.setdefault(row, []).append((column, value))
    return fills


def _merged_amounts(grid: Grid, block: Block) -> list[str]:
    """Ranges of one quantity over several rows of the table: counted with the first row, blank in the others."""
    rows = {row.number - 1 for row in block.rows}
    quantities = {h.index for h in block.headings if _is_quantity(h)}
    ignored = {schema.heading_key(h) for h in schema.IGNORED}
    others = {h.index for h in block.headings if not _kinds_of(h) and ignored.isdisjoint(h.keys)}
    found = []
    for top, left, bottom, right in sorted(grid.merges):
        if top not in rows or len(rows.intersection(range(top, bottom + 1))) < 2 or left >= len(grid.rows[top]):
            continue
        value, columns = grid.rows[top][left], set(range(left, right + 1))
        if value is not None and (columns & quantities or (columns & others and is_amount(value))):
            found.append(f"{address(top + 1, left)}:{address(bottom + 1, right)}")
    return found


@cache
def _kinds() -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for table in schema.TABLES.values():
        for column in table.columns:
            for text in (column.name, *column.headings):
                kinds.setdefault(schema.heading_key(text), set()).add(column.kind)
    return kinds


def _kinds_of(heading: Heading) -> set[str]:
    return next((_kinds()[key] for key in heading.keys if key in _kinds()), set())


def _is_quantity(heading: Heading) -> bool:
    return not _QUANTITIES.isdisjoint(_kinds_of(heading))


def _says_the_same(value: object) -> bool:
    return isinstance(value, dt.date) or (isinstance(value, str) and parse_number(value).how == "refused")


def _repeats(heading: Heading, value: object) -> bool:
    """Whether a merged value holds for every row that it covers: names, codes and dates do, quantities do not."""
    return not _is_quantity(heading) if _kinds_of(heading) else _says_the_same(value)
