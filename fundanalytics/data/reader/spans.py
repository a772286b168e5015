"""How many rows the headings of a table take, one to five, and what they call each column. Pure: no files.

Place in the flow: ``headings`` and ``structure`` find one heading row, this module finds the rows above and below that belong to
it (by merged ranges, or by labels followed by blanks) and joins them to one name per column.
"""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Any

from .headings import DEPTH, Grid, Heading, amounts_in, clean, filled, is_heading_text, is_year, known_in
from .units import keys_of, only_unit, unit_of

_SAID = re.compile(r"[^:：]{1,12}[:：]|^[(（][^()（）]*[)）]$")  # 单位：万元, （2020年度）: a line above the headings
_COUNTER = re.compile("[人户个项次份家场]|人次")
_PART = re.compile(r"其\s*中\s*[:：]")


def header_span(grid: Grid, best: int, start: int, known: Set[str], *, sure: bool = False) -> tuple[int, int]:
    """First and last heading row: by ranges merged downwards, then by labels followed by blanks over a row of sub-headings.

    ``sure``: ``best`` is known to be the last heading row, by the data below it; rows above need no known heading.
    """
    first, last = _by_merges(grid, best, best, start)
    while not sure and last - first < DEPTH - 1 and last + 1 < len(grid.rows) and _is_over(grid, last, last + 1, known, sure=False):
        last += 1
    while last - first < DEPTH - 1 and first > start and _is_over(grid, first - 1, first, known, sure=sure):
        if not (sure or _names_columns(grid, first - 1, known)):
            break
        first = _by_merges(grid, first - 1, last, start)[0]
    below = grid.rows[last + 1] if last + 1 < len(grid.rows) else []
    if last - first < DEPTH - 1 and _translates(grid.rows[last], below, known):
        last += 1
    return first, last


def _by_merges(grid: Grid, first: int, last: int, start: int) -> tuple[int, int]:
    """The rows that ranges merged downwards tie together, as far as they hold headings and no data."""
    grown = True
    while grown:
        grown = False
        for top, _, bottom, _ in [merge for row in range(first, last + 1) for merge in grid.merges_on(row)]:
            if bottom == top or top < start or (top >= first and bottom <= last):
                continue
            above, below = min(first, top), max(last, bottom)
            if below - above < DEPTH and all(_may_be_heading(grid.rows[r]) for r in [*range(above, first), *range(last + 1, below + 1)] if r < len(grid.rows)):
                first, last, grown = above, below, True
    return first, min(last, len(grid.rows) - 1)


def _may_be_heading(row: list[Any]) -> bool:
    return all(is_heading_text(c) or is_year(c) for c in filled(row))


def _names_columns(grid: Grid, row: int, known: Set[str]) -> bool:
    """Whether a row over the headings is one of them, and not the last row of the table above: merged, or with a known heading or unit."""
    merged = any(top == row == bottom and right > left for top, left, bottom, right in grid.merges_on(row))
    return merged or bool(known_in(grid.rows[row], known)) or any(unit_of(clean(c)) for c in filled(grid.rows[row]))


def _translates(upper: list[Any], lower: list[Any], known: Set[str]) -> bool:
    """Whether the lower row says the same headings in English below the Chinese ones, or the other way round."""
    one, two = filled(upper), filled(lower)
    if len(one) != len(two) or not all(isinstance(c, str) for c in two) or len(known_in(two, known)) < max(2, 0.5 * len(two)):
        return False
    return len({all(str(c).isascii() for c in cells) for cells in (one, two)}) == 2


def _is_over(grid: Grid, upper: int, lower: int, known: Set[str], *, sure: bool) -> bool:
    """Whether the upper row's labels group the lower row's sub-headings (or the lower row holds only units)."""
    top, low = grid.rows[upper], grid.rows[lower]
    low_at = [c for c, cell in enumerate(low) if cell is not None]
    said = [_PART.sub("", str(c)) for c in filled(top)]
    if not low_at or not said or any(map(_SAID.search, said)):
        return False
    if all(isinstance(low[c], str) and only_unit(low[c]) for c in low_at):
        return len(said) >= len(low_at) and not amounts_in(top)
    groups, merged = _groups(grid, upper, len(low))
    if not groups or any(map(only_unit, said)) or not all(is_heading_text(low[c]) or is_year(low[c]) for c in low_at) or amounts_in(top):
        return False
    grouped = {c for group in groups for c in group}
    single = [c for c, cell in enumerate(top) if cell is not None and c not in grouped]
    over = [c for c in single if c < len(low) and low[c] is not None]
    if not _nested(grid, groups, lower):
        return False
    if merged:
        tied = len(groups) > 1 or any(t == upper < b for t, _, b, _ in grid.merges_on(upper))
        if over and not (tied and set(low_at) <= grouped | set(single)):
            return False
        return all(len(group) <= 0.6 * len(low_at) or len(single) > len(over) or (len(groups) > 1 and sure) for group in groups)
    if over or not all(c in grouped for c in low_at):
        return False
    if not (sure or known_in(low, known) or any(is_year(low[c]) for c in low_at)):
        return False
    if sure and groups[0].start > _leftmost(grid, lower):
        return True
    if len(groups) == 1 and all(c > low_at[-1] and _is_blank_below(grid, lower, c) for c in single):
        return False  # a title, and 附件2 beside the table
    return bool(single) or (len(groups) > 1 and all(any(c in low_at for c in group[1:]) for group in groups))


def _is_blank_below(grid: Grid, row: int, column: int) -> bool:
    return all(column >= len(cells) or cells[column] is None for cells in grid.rows[row + 1 :])


def _leftmost(grid: Grid, row: int) -> int:
    """The first column that anything stands in, in the rows right below."""
    return min((next(c for c, cell in enumerate(cells) if cell is not None) for cells in grid.rows[row : row + DEPTH + 1] if filled(cells)), default=0)


def _nested(grid: Grid, groups: list[range], lower: int) -> bool:
    """Whether each merged range of the lower row lies under one group: a title cuts through them."""
    below = [(left, right) for _, left, _, right in grid.merges_on(lower) if right > left]
    return all((left in group) == (right in group) for left, right in below for group in groups)


def _groups(grid: Grid, row: int, width: int, first: int | None = None) -> tuple[list[range], bool]:
    """Columns that share a label of this row: merged ranges where there are any, else a label and the blanks behind it.

    The blanks end where a heading row above, from ``first``, has another label.
    """
    merged = [range(left, right + 1) for top, left, bottom, right in grid.merges_on(row) if top == row == bottom and right > left]
    if merged:
        return merged, True
    cells = grid.rows[row]
    starts = [c for c, cell in enumerate(cells) if cell is not None]
    above = {c for r in range(row if first is None else first, row) for c, cell in enumerate(grid.rows[r]) if cell is not None}
    ends = sorted({*starts, *above, width})
    return [range(a, b) for a in starts if (b := next(e for e in [*ends, width] if e > a or e == width)) - a > 1], False


def headings_of(grid: Grid, first: int, last: int) -> list[Heading]:
    """One heading per column that has a text in these rows."""
    width = max(len(row) for row in grid.rows[first : last + 1])
    owners = [_owners(grid, row, first, last, width) for row in range(first, last + 1)]
    headings = []
    for column in range(width):
        parts: list[tuple[str, bool]] = []
        for line in owners:
            text, owner = line[column]
            if text and (not parts or parts[-1][0] != text):
                parts.append((text, sum(o == owner for _, o in line) == 1))
        if parts:
            headings.append(_heading(parts, column))
    return headings


def _owners(grid: Grid, row: int, first: int, last: int, width: int) -> list[tuple[str, int]]:
    """Per column the text of this heading row, and the column of the cell that it comes from."""
    cells = [*grid.rows[row], *[None] * width][:width]
    line = [(clean(cell) if cell is not None else "", column) for column, cell in enumerate(cells)]
    for top, left, bottom, right in grid.merges_on(row):
        if bottom <= last:
            text = clean(grid.rows[top][left]) if left < len(grid.rows[top]) and grid.rows[top][left] is not None else ""
            line[left : right + 1] = [(text, left)] * (min(right, width - 1) - left + 1)
    groups, merged = _groups(grid, row, width, first)
    if not merged and row < last:
        below = {c for r in range(row + 1, last + 1) for c, cell in enumerate(grid.rows[r]) if cell is not None}
        for column, owner in ((c, group[0]) for group in groups for c in group):
            if column in below and owner in below:
                line[column] = line[owner]
    return line


def _heading(parts: list[tuple[str, bool]], index: int) -> Heading:
    """Join the parts; a part that is only a unit gives the unit and no name."""
    shared = {i + 1 for i, (_, alone) in enumerate(parts) if not alone}  # 类, 款, 项 under 科目编码 are names
    names = [p for i, p in enumerate(parts) if not only_unit(p[0]) or (i in shared and _COUNTER.fullmatch(p[0]))] or parts
    unit = next((u for text, _ in reversed(parts) if (u := unit_of(text))), None)
    paths = ["/".join(keys_of(text)[0] for text, _ in names[i:]) for i in range(len(names))]
    lone = [key for text, alone in names[:-1] if alone for key in keys_of(text)]
    keys = dict.fromkeys([*paths, *keys_of(names[-1][0]), *lone])
    return Heading("/".join(text for text, _ in names), tuple(keys), unit, index)


def with_unnamed(grid: Grid, headings: list[Heading], data: list[int]) -> list[Heading]:
    """Columns without a heading that hold data are shown too."""
    width = max((len(grid.rows[r]) for r in data), default=0)
    unnamed = set(range(width)) - {h.index for h in headings}
    extra = [c for c in unnamed if any(c < len(grid.rows[r]) and grid.rows[r][c] is not None for r in data)]
    return sorted([*headings, *(Heading("", (), None, c) for c in extra)], key=lambda h: h.index)
