"""Where a table begins: the first row that looks like headings, by those that ``schema`` knows. Pure: no files.

Place in the flow: ``layout`` asks here first, then ``structure``, which needs no known heading. The first row that looks like
headings and has data below it is taken, not the fullest one: a small table above a large one is a table too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Set
from typing import Any

from .. import schema
from .headings import SEARCHED_ROWS, Grid, amounts_in, clean, filled, is_amount, is_key_value, known_in
from .structure import data_below, is_form, span_of

_CONTEXT = {schema.heading_key(h) for c in (schema.AREA, schema.PERIOD, schema.FUND, *schema.HELPERS) for h in (c.name, *c.headings)}

_NUMBERING = {schema.heading_key(h) for h in schema.IGNORED}


def known_span(grid: Grid, known: Set[str]) -> tuple[int, int] | None:
    """The heading rows of the first table with two known headings and data below."""
    window = _window(grid)
    found = [known_in(row, known) for row in window]
    likely = [i for i, row in enumerate(window) if len(found[i]) >= 2 and _may_be_headings(filled(row))]
    for place, row in enumerate(likely):
        first, last = span_of(grid, row, 0, known)
        later = [other for other in likely[place + 1 :] if other > last and filled(window[other]) != filled(window[row])]
        if not later and _is_form(grid, row, last, known):
            continue
        if not later or _has_data(grid, row, last, later[0], found[row], known):
            return first, last
    return None


def lonely_span(grid: Grid, known: Set[str]) -> tuple[int, int] | None:
    """The heading rows around one known heading, in the widest row, of nothing but text."""
    window = _window(grid)
    found = [known_in(row, known) for row in window]
    widths = [len(filled(row)) for row in window]
    best = max(range(len(window)), key=lambda i: (len(found[i]), -i), default=None)
    if best is None or len(found[best]) != 1 or not all(isinstance(c, str) for c in filled(window[best])):
        return None
    if found[best] & _NUMBERING or sum(bool(known_in(row[:1], known)) for row in map(filled, window[best + 1 : best + 4])) > 1:
        return None  # a list of instructions or of headings
    return span_of(grid, best, 0, known) if widths[best] == max(widths) and not any(w > 1 for w in widths[:best]) else None


def _is_form(grid: Grid, row: int, last: int, known: Set[str]) -> bool:
    """Label beside value in this row and in those below it."""
    cells = filled(grid.rows[row])
    return is_key_value(cells, known) and is_form([clean(c) for c in cells], data_below(grid, last + 1))


def _window(grid: Grid) -> list[list[Any]]:
    """The first rows of a sheet; where nothing stands in them, as many more from the first that holds anything."""
    top = next((n for n, row in enumerate(grid.rows) if filled(row)), 0)
    return grid.rows[: top + SEARCHED_ROWS]


def _may_be_headings(cells: list[Any]) -> bool:
    """Mostly text; numbers only as years or counted through (months)."""
    numbers = [clean(c) for c in cells if is_amount(c)]
    counted = numbers == [str(i + 1) for i in range(len(numbers))]
    values = sum(isinstance(c, (dt.date, bool)) for c in cells)
    return counted and not values and (len(numbers) < len(cells) - 1)


def _has_data(grid: Grid, row: int, last: int, later: int, found: set[str], known: Set[str]) -> bool:
    """Whether a table stands between likely headings and the next ones, and not the particulars that a title is made of."""
    cells = filled(grid.rows[row])
    between = grid.rows[last + 1 : later]
    data = [r for r in between if len(filled(r)) > 1]
    amounts = any(amounts_in(r) for r in between)
    if is_key_value(cells, known) and (not amounts or any(isinstance(c, (int, float)) or str(c).endswith((":", "：")) for c in cells)):
        return False
    if len(data) == 1 and found <= _CONTEXT:
        return False
    if data and any(not is_key_value(filled(r), known) for r in data):
        return True
    apart = last + 1 < later and len(filled(grid.rows[last + 1])) < 2
    return apart and len(found - _CONTEXT) >= 2 and len(found) >= 0.8 * len(cells)  # a table without rows
