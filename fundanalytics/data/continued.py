"""续表: the columns of a table that go on below it, or on another sheet → one block.

Place in the flow: ``load`` hands the blocks of a file here before their columns get their names. A continuation with the same
headings is a block of its own, its rows simply go on; one with other columns is joined here, but only where its labels (the
columns that both parts have) say the same row by row. Otherwise it stays apart: nothing is matched by guess.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .ledger import WIDTH, Grid
from .reader.headings import clean


def join_continued(grids: list[Grid]) -> list[Grid]:
    """The blocks of one file, each 续表 of other columns joined to the block that it continues."""
    joined: list[Grid] = []
    for grid in grids:
        wide = _widened(joined[-1], grid) if grid.continues and joined else None
        if wide:
            joined[-1] = wide
        else:
            joined.append(grid)
    return joined


def _widened(first: Grid, more: Grid) -> Grid | None:
    """``first`` with the columns of ``more`` behind its own; None where the two do not say the same rows."""
    named = {h.text: h.index for h in first.headings if h.text}
    shared = [h for h in more.headings if h.text in named]
    new = [h for h in more.headings if h.text not in named]
    if not shared or not new or len(first) != len(more):
        return None
    if any(_texts(first.columns[named[h.text]]) != _texts(more.columns[h.index]) for h in shared):
        return None
    offset = WIDTH * (len(first.parts) + 1)
    place = dict(zip(map(int, first.numbers), map(int, more.numbers), strict=True))
    totals = _totals(first, more, [more.headings.index(h) for h in new], place)
    return replace(
        first,
        headings=[*first.headings, *(replace(h, index=h.index + offset, unit=h.unit or more.unit) for h in new)],
        columns=first.columns | {h.index + offset: more.columns[h.index] for h in new},
        totals=totals,
        notes=[*first.notes, *more.notes],
        merged_amounts=[*first.merged_amounts, *more.merged_amounts],
        parts=[*first.parts, (more.sheet, place)],
    )


def _texts(cells: Any) -> list[str]:
    return ["" if cell is None else clean(cell) for cell in cells]


def _totals(first: Grid, more: Grid, new: list[int], place: dict[int, int]) -> list[Any]:
    """Total rows side by side where both parts have the same ones; else those of the first part, blank behind."""
    same = [t.label for t in first.totals] == [t.label for t in more.totals]
    behind = more.totals if same else [None] * len(first.totals)
    totals = []
    for total, other in zip(first.totals, behind, strict=True):
        if other:
            place[total.number] = other.number
        totals.append(replace(total, cells=[*total.cells, *(other.cells[i] if other else None for i in new)]))
    return totals
