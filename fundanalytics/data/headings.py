"""Which rows of a sheet are headings, and what they call its columns. Pure: no files.

Place in the flow: ``layout`` asks here where a table begins. The first row that looks like headings and has data below it is
taken, not the fullest one: a small table above a large one is a table too.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Set
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from . import schema
from .parse import parse_date, parse_number
from .units import keys_of, only_unit, stated_unit, unit_of

SEARCHED_ROWS = 30  # a heading stands among the first rows of a sheet; the fiscal platform's forms start by row 15
DEPTH = 3

_YEAR = re.compile(r"(19|20)\d\d年?")
_NO_AMOUNT = re.compile(r"(19|20)\d\d(年度?|财年)?|\d{1,2}月份?|第?\d{1,3}[页期]|共\d{1,3}页")
_NAMES_A_CODE = re.compile(r"(代码|编码|编号|序号|电话|手机|邮编|年度|年份|月份|日期|页)\s*[:：]?$")
_NAMED_VALUE = re.compile(r"(.{1,10}?)\s*[:：]\s*(.+)", re.DOTALL)
_NAMED_VALUES = re.compile(r"([^\s:：]{1,10})\s*[:：]\s*([^\s:：]*)")
_CONTEXT = {schema.heading_key(h) for c in (schema.AREA, schema.PERIOD, schema.FUND, *schema.HELPERS) for h in (c.name, *c.headings)}


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a sheet: ``text`` joined over the heading rows, ``keys`` to look up in ``schema``, most trusted first."""

    text: str
    keys: tuple[str, ...]
    unit: str | None
    index: int


@dataclass(slots=True)
class Grid:
    """A sheet as it stands in the file: rows from A1, None where blank; merged ranges as (row, column, last row, last column).

    ``hidden_rows`` are counted from 0; ``epoch`` is the year from which serial dates count (1904 in old files of a Mac).
    """

    name: str
    rows: list[list[Any]]
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    epoch: int = 1900


def address(row_number: int, index: int) -> str:
    """The address of a cell as Excel writes it: row 7, column 2 → C7."""
    letters, rest = "", index + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(65 + digit) + letters
    return f"{letters}{row_number}"


def clean(cell: object) -> str:
    """Text of a heading: line breaks gone, no space beside a Chinese character, whole numbers without ".0"."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = " ".join(str(cell).split())
    return re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", text)


def filled(row: list[Any]) -> list[Any]:
    return [cell for cell in row if cell is not None]


def is_amount(cell: object, label: object = None) -> bool:
    """Whether a cell above the headings may hold money or a count: a number that is no year, date or code (as ``label`` before it says)."""
    if isinstance(cell, bool) or not isinstance(cell, (int, float, str)) or len(str(cell)) > 40:
        return False
    text = clean(cell)
    if stated_unit([[text]]):
        return False
    named = [pair for pair in _NAMED_VALUES.findall(text) if pair[1]]
    return any(_counts(value, name) for name, value in named) if named else _counts(text, label)


def _counts(text: str, label: object) -> bool:
    if isinstance(label, str) and _NAMES_A_CODE.search(label):
        return False
    if _NO_AMOUNT.fullmatch(text) or (re.fullmatch(r"\d{8}", text) and parse_date(text).value is not None):
        return False
    return parse_number(text).value is not None


def amounts_in(row: list[Any]) -> bool:
    """Whether a row holds an amount, each cell judged with the one before it."""
    cells = filled(row)
    return any(is_amount(cell, cells[i - 1] if i else None) for i, cell in enumerate(cells))


def is_key_value(cells: list[Any], known: Set[str]) -> bool:
    """街道：甲街道 | 年度：2020 in cells of their own or label by label: what a title says, not headings."""
    texts = [clean(c) for c in cells]
    if all(_NAMED_VALUE.fullmatch(t) for t in texts):
        return True
    labels, said = texts[::2], texts[1::2]
    named = [t.endswith((":", "：")) or _is_known(t, known) for t in labels]
    return len(texts) > 1 and all(named) and not any(t.endswith((":", "：")) or _is_known(t, known) for t in said)


@lru_cache(maxsize=20_000)
def _key_in(text: str, known: Set[str]) -> str | None:
    return next((key for key in keys_of(text) if key in known), None)


def _is_known(text: str, known: Set[str]) -> bool:
    return _key_in(text, known) is not None


def known_in(row: list[Any], known: Set[str]) -> set[str]:
    """The different known headings that stand in a row."""
    texts = {clean(c) for c in row if isinstance(c, str) and len(c) < 80}
    return {key for text in texts if (key := _key_in(text, known)) is not None}


def heading_row(grid: Grid, known: Set[str]) -> int | None:
    """The first row with two known headings and data below; else one known heading in the widest row, of nothing but text."""
    window = grid.rows[:SEARCHED_ROWS]
    found = [known_in(row, known) for row in window]
    likely = [i for i, row in enumerate(window) if len(found[i]) >= 2 and _may_be_headings(filled(row))]
    for place, row in enumerate(likely):
        last = header_span(grid, row, 0, known)[1]
        later = [other for other in likely[place + 1 :] if other > last and filled(window[other]) != filled(window[row])]
        if not later or _has_data(grid, row, last, later[0], found[row], known):
            return row
    widths = [len(filled(row)) for row in window]
    best = max(range(len(window)), key=lambda i: (len(found[i]), -i), default=None)
    if best is None or len(found[best]) != 1 or not all(isinstance(c, str) for c in filled(window[best])):
        return None
    return best if widths[best] == max(widths) and not any(w > 1 for w in widths[:best]) else None


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


def header_span(grid: Grid, best: int, start: int, known: Set[str]) -> tuple[int, int]:
    """First and last heading row: by ranges merged downwards, then by labels followed by blanks over a row of sub-headings."""
    first = last = best
    for top, _, bottom, _ in grid.merges:
        if top <= best <= bottom and start <= top < bottom < top + DEPTH:
            first, last = min(first, top), max(last, bottom)
    while last - first < DEPTH - 1 and last + 1 < len(grid.rows) and _is_over(grid, last, last + 1, known):
        last += 1
    while last - first < DEPTH - 1 and first > start and _is_over(grid, first - 1, first, known) and _names_columns(grid, first - 1, known):
        first -= 1
    below = grid.rows[last + 1] if last + 1 < len(grid.rows) else []
    if last - first < DEPTH - 1 and _translates(grid.rows[last], below, known):
        last += 1
    return first, last


def _names_columns(grid: Grid, row: int, known: Set[str]) -> bool:
    """Whether a row over the headings is one of them, and not the last row of the table above: merged, or with a known heading or unit."""
    merged = any(top == row == bottom and right > left for top, left, bottom, right in grid.merges)
    return merged or bool(known_in(grid.rows[row], known)) or any(unit_of(clean(c)) for c in filled(grid.rows[row]))


def _translates(upper: list[Any], lower: list[Any], known: Set[str]) -> bool:
    """Whether the lower row says the same headings in English below the Chinese ones, or the other way round."""
    one, two = filled(upper), filled(lower)
    if len(one) != len(two) or not all(isinstance(c, str) for c in two) or len(known_in(two, known)) < max(2, 0.5 * len(two)):
        return False
    return len({all(str(c).isascii() for c in cells) for cells in (one, two)}) == 2


def _is_over(grid: Grid, upper: int, lower: int, known: Set[str]) -> bool:
    """Whether the upper row's labels group the lower row's sub-headings (or the lower row holds only units)."""
    top, low = grid.rows[upper], grid.rows[lower]
    low_at = [c for c, cell in enumerate(low) if cell is not None]
    if not low_at or not filled(top) or amounts_in(top) or any(re.search(r"[:：]", str(c)) for c in filled(top)):
        return False
    if all(isinstance(low[c], str) and only_unit(low[c]) for c in low_at):
        return len(filled(top)) >= len(low_at)
    if not all(_YEAR.fullmatch(clean(low[c])) or (isinstance(low[c], str) and parse_number(low[c]).how == "refused") for c in low_at):
        return False
    groups, merged = _groups(grid, upper, len(low))
    grouped = {c for group in groups for c in group}
    single = [c for c, cell in enumerate(top) if cell is not None and c not in grouped]
    if not groups or any(low[c] is not None for c in single if c < len(low)):
        return False
    if merged:
        return all(len(group) <= 0.6 * len(low_at) or single for group in groups)
    named = known_in(low, known) or any(_YEAR.fullmatch(clean(low[c])) for c in low_at)
    return bool(single) and bool(named) and all(c in grouped for c in low_at)


def _groups(grid: Grid, row: int, width: int) -> tuple[list[range], bool]:
    """Columns that share a label of this row: merged ranges where there are any, else a label and the blanks behind it."""
    merged = [range(left, right + 1) for top, left, bottom, right in grid.merges if top == row == bottom and right > left]
    if merged:
        return merged, True
    cells = grid.rows[row]
    starts = [c for c, cell in enumerate(cells) if cell is not None]
    ends = [*starts[1:], width]
    return [range(a, b) for a, b in zip(starts, ends, strict=True) if b - a > 1], False


def headings_of(grid: Grid, first: int, last: int) -> list[Heading]:
    width = max(len(row) for row in grid.rows[first : last + 1])
    owners = [_owners(grid, row, last, width) for row in range(first, last + 1)]
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


def _owners(grid: Grid, row: int, last: int, width: int) -> list[tuple[str, int]]:
    """Per column the text of this heading row, and the column of the cell that it comes from."""
    cells = [*grid.rows[row], *[None] * width][:width]
    line = [(clean(cell) if cell is not None else "", column) for column, cell in enumerate(cells)]
    for top, left, bottom, right in grid.merges:
        if top <= row <= bottom and bottom <= last:
            text = clean(grid.rows[top][left]) if left < len(grid.rows[top]) and grid.rows[top][left] is not None else ""
            line[left : right + 1] = [(text, left)] * (min(right, width - 1) - left + 1)
    groups, merged = _groups(grid, row, width)
    if not merged and row < last:
        below = [*grid.rows[row + 1], *[None] * width]
        for column, owner in ((c, group[0]) for group in groups for c in group):
            if below[column] is not None and below[owner] is not None:
                line[column] = line[owner]
    return line


def _heading(parts: list[tuple[str, bool]], index: int) -> Heading:
    """Join the parts; a part that is only a unit gives the unit and no name."""
    names = [p for p in parts if not only_unit(p[0])] or parts
    unit = next((u for text, _ in reversed(parts) if (u := unit_of(text))), None)
    paths = ["/".join(keys_of(text)[0] for text, _ in names[i:]) for i in range(len(names))]
    lone = [key for text, alone in names[:-1] if alone for key in keys_of(text)]
    keys = dict.fromkeys([*paths, *keys_of(names[-1][0]), *lone])
    return Heading("/".join(text for text, _ in names), tuple(keys), unit, index)


def with_unnamed(grid: Grid, headings: list[Heading], data: list[int]) -> list[Heading]:
    """Columns without a heading that hold data are shown too."""
    unnamed = set(range(max((len(grid.rows[r]) for r in data), default=0))) - {h.index for h in headings}
    extra = [c for c in unnamed if any(c < len(grid.rows[r]) and grid.rows[r][c] is not None for r in data)]
    return sorted([*headings, *(Heading("", (), None, c) for c in extra)], key=lambda h: h.index)
