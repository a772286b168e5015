"""Sheets whose heading row a mapping names, or whose headings it writes out, since no search can find them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .mapping_file import Entry
from .reader.headings import Grid, clean, filled
from .reader.layout import Block, tables
from .reader.units import keys_of

if TYPE_CHECKING:
    from .reader.layout import Row, Total


def read_tables(grids: Sequence[Grid], known: Set[str], file: str, entries: Sequence[Entry]) -> list[Block]:
    """The tables of a file's sheets; those with a heading row of their own are read below it, the others are searched."""
    said = {g.name: e for g in grids for e in reversed(entries) if (e.header_row or e.names) and e.takes(file, g.name)}
    plain = tables([g for g in grids if g.name not in said], known) if len(said) < len(grids) else []
    return [*plain, *(block for grid in grids if grid.name in said for block in _headed(grid, said[grid.name]))]


def _headed(grid: Grid, entry: Entry) -> list[Block]:
    """The tables of a sheet in which only the named row (or the names in its place) looks like headings."""
    lines = int(entry.header_row is None)  # names for a sheet that has no heading row stand above its first row
    at = (entry.header_row or 1) - 1
    rows: list[list[Any]] = [[]] * lines + list(grid.rows)
    if at >= len(rows):
        return []
    width = max(len(rows[at]), len(entry.names))
    cells: list[Any] = [*rows[at], *[None] * (width - len(rows[at]))]
    rows[at] = [*entry.names, *(None if c is None else clean(c) for c in cells[len(entry.names) :])]
    above = [row if len(filled(row)) == 1 else [] for row in rows[:at]]
    merges = [(a + lines, b, c + lines, d) for a, b, c, d in grid.merges if a + lines > at]
    hidden = frozenset(number + lines for number in grid.hidden_rows)
    known = {key for text in filled(rows[at]) for key in keys_of(text)}
    found = tables([replace(grid, rows=[*above, *rows[at:]], merges=merges, hidden_rows=hidden)], known)
    return [_moved(block, lines) for block in found] if lines else found


def _moved(block: Block, by: int) -> Block:
    """A block with its rows numbered as they stand in the file."""

    def up(rows: Sequence[Any]) -> list[Any]:
        return [replace(row, number=row.number - by) for row in rows]

    moved: list[Row] = up(block.rows)
    sums: list[Total] = up(block.totals)
    hidden = [number - by for number in block.hidden_rows]
    return replace(block, rows=moved, totals=sums, hidden_rows=hidden, header_rows=[number - by for number in block.header_rows if number > by])
