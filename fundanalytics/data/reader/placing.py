"""Rows and totals under their headings, what is merged over several rows filled in. Pure: no files.

Place in the flow: ``layout`` has found the headings and knows what each row is; here its cells go into the block. A name that is
merged over rows holds for each of them; an amount stays with the first, or it would be counted twice.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from .. import schema
from ..parse import parse_number
from .block import Block, Row, Total
from .headings import Grid, Heading, address, is_amount
from .lines import Line

_QUANTITIES = {"money", "number", "share", "count", "level"}


def place(grid: Grid, block: Block, data: list[Line], last: int) -> None:
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


def merged_amounts(grid: Grid, block: Block) -> list[str]:
    """Ranges of one quantity over several rows of the table: counted with the first row, blank in the others."""
    rows = {row.number - 1 for row in block.rows}
    quantities = {h.index for h in block.headings if _is_quantity(h)}
    ignored = {schema.heading_key(h) for h in schema.IGNORED}
    others = {h.index for h in block.headings if not kinds_of(h) and ignored.isdisjoint(h.keys)}
    found = []
    for top, left, bottom, right in sorted(grid.merges):
        if top not in rows or len(rows.intersection(range(top, bottom + 1))) < 2 or left >= len(grid.rows[top]):
            continue
        value, columns = grid.rows[top][left], set(range(left, right + 1))
        if value is not None and (columns & quantities or (columns & others and is_amount(value))):
            found.append(f"{address(top + 1, left)}:{address(bottom + 1, right)}")
    return found


def merged_rows(grid: Grid, block: Block) -> list[int]:
    """Rows whose name is merged with the row above, and whose first cell of their own is a number: a second contract of one project."""
    rows = {row.number - 1 for row in block.rows}
    columns = [h.index for h in block.headings]
    covered: dict[int, set[int]] = {}
    for top, left, bottom, right in grid.merges:
        if top in rows and bottom > top:
            for row in rows.intersection(range(top + 1, bottom + 1)):
                covered.setdefault(row, set()).update(range(left, right + 1))
    found = []
    for row, under in covered.items():
        own = next((c for c in columns if c < len(grid.rows[row]) and grid.rows[row][c] is not None), None)
        if own is not None and columns[0] in under and isinstance(grid.rows[row][own], (int, float)):
            found.append(row + 1)
    return sorted(found)


@cache
def _kinds() -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for table in schema.TABLES.values():
        for column in table.columns:
            for text in (column.name, *column.headings):
                kinds.setdefault(schema.heading_key(text), set()).add(column.kind)
    return kinds


def kinds_of(heading: Heading) -> set[str]:
    return next((_kinds()[key] for key in heading.keys if key in _kinds()), set())


def _is_quantity(heading: Heading) -> bool:
    return not _QUANTITIES.isdisjoint(kinds_of(heading))


def _says_the_same(value: object) -> bool:
    return isinstance(value, dt.date) or (isinstance(value, str) and parse_number(value).how == "refused")


def _repeats(heading: Heading, value: object) -> bool:
    """Whether a merged value holds for every row that it covers: names, codes and dates do, quantities do not."""
    return not _is_quantity(heading) if kinds_of(heading) else _says_the_same(value)
