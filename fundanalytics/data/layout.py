"""Where the table is in a sheet: title, unit, headings of one to three rows, data, totals, notes. Pure: no files.

Place in the flow: ``workbook`` reads a file into grids, this module makes blocks of them, ``load`` gives each heading its
column. Nothing is dropped in silence: a row that is not blank is a heading, a repeated heading, a title, a row, a total or a note.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from . import schema
from .parse import parse_number

SEARCHED_ROWS = 30  # a heading stands among the first rows of a sheet; the fiscal platform's forms start by row 15
DEPTH = 3
UNIT_FACTORS = {"元": 1, "千元": 1_000, "仟元": 1_000, "万元": 10_000, "萬元": 10_000, "百万元": 10**6, "百萬元": 10**6, "亿元": 10**8, "億元": 10**8}

_MONEY = r"(?:百?[万萬]|[千仟]|[亿億])?元"
_BIG_MONEY = r"(?:百?[万萬]|[千仟]|[亿億])元"
_STATED = re.compile(rf"[单單]位\s*[:：为為]?\s*(?:人民[币幣]|新[台臺][币幣])?\s*({_MONEY})(?!\w)")
_BRACKETS = re.compile(rf"[\[(（【]\s*(?:[单單]位\s*[:：]?)?\s*({_MONEY}|[%％])\s*[\])）】]")
_TRAILING = re.compile(rf"^(.+?)\s*(?:({_BIG_MONEY})|[/／,，:：]\s*({_MONEY}|[%％]))$")
_ONLY_UNIT = re.compile(rf"[\[(（]?\s*(?:[单單]位\s*[:：]?)?\s*(?:({_MONEY}|[%％])|人次?|户|个|项|次|份|分)\s*[\])）]?")
# 人口（万人） is not our 人口: dropping that unit would be wrong by ten thousand
_SCALED_COUNT = re.compile(r"[\[(（]([百千万萬亿億]+[^元)）\]]{1,2})[\])）]")
_YEAR = re.compile(r"(19|20)\d\d年?")
_TOTAL_HINT = re.compile(r"[计計均]|其中|total|average|mean|^sum", re.IGNORECASE)
_TOTALS = (
    ("part", re.compile(r"其中([:：].*)?")),
    ("mean", re.compile(r".{0,8}(平均[分数數值]?|均[值分]|^均)|average|mean", re.IGNORECASE)),
    ("sum", re.compile(r"[^,，。;；、]{0,10}([合小总總共][计計]|总合计|累[计計])|^[计計]|(grand|sub)?total|sum", re.IGNORECASE)),
)
_SIGNED = (
    r"((填[表报報]|[制製]表|编制|[审審][核计]|[复複]核|经办|經辦|联系|签字|统计|(街道|单位)?[负負][责責])人?"
    r"|分管领导|联系电话|(填[表报]|制表|编制)日期|签章|盖章)"
)
_NOTE = re.compile(
    rf"(附?[注註]|[备備][注註]|(填表)?[说說]明|日期|([资資]料|数据)?[来來]源|[单單]位|{_SIGNED})\s*([(（](签字|盖章|签章)[)）])?\s*\d*\s*[:：.．、]|摘编自|{_SIGNED}$"
    r"|[(（]?续表?[)）]?$|.{0,40}续表[)）]?$|[12]\d{3}年\d{1,2}月"
)
# a lone text below the data that is none of these may be a key without its row: it stays a row, to be refused in the open
_PROSE = re.compile(r".{16}|[:：。，,；;《》]|^[\d一二三四五六七八九]+[.．、]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a sheet: ``text`` joined over the heading rows, ``keys`` to look up in ``schema``, most trusted first."""

    text: str
    keys: tuple[str, ...]
    unit: str | None
    index: int


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
class Grid:
    """A sheet as it stands in the file: rows from A1, None where blank; merged ranges as (row, column, last row, last column)."""

    name: str
    rows: list[list[Any]]
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """One table of a sheet. Without a heading row ``headings`` and ``rows`` are empty and ``title`` holds the text found."""

    sheet: str
    title: str
    unit: str | None = None
    headings: list[Heading] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    header_rows: list[int] = field(default_factory=list)


def blocks(grid: Grid, known: Set[str]) -> list[Block]:
    """Every table of a sheet, top to bottom; one block without headings when there is none."""
    found: list[Block] = []
    start = 0
    while start < len(grid.rows):
        block, start = _block(grid, start, known)
        if block.headings or not found:
            found.append(block)
        elif block.title:
            found[-1].notes.append(block.title)
    return found


def _block(grid: Grid, start: int, known: Set[str]) -> tuple[Block, int]:
    best = _heading_row(grid, start, known)
    if best is None:
        return Block(grid.name, _lines(grid.rows[start : start + SEARCHED_ROWS])), len(grid.rows)
    first, last = _header_span(grid, best, start, known)
    title = _lines(grid.rows[start:first])
    headings = _headings(grid, first, last)
    block = Block(grid.name, title, None, headings, header_rows=list(range(first + 1, last + 2)))
    raw, end = _scan(grid, start, last, block, known)
    block.headings = _with_unnamed(grid, headings, [r for r, kind, _ in raw if kind == "row"])
    _place(grid, block, raw, last)
    block.unit = _stated_unit(title.split("\n")) or _stated_unit(block.notes, in_words=True)
    return block, end


def clean(cell: object) -> str:
    """Text of a heading: line breaks gone, no space beside a Chinese character, whole numbers without ".0"."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = " ".join(str(cell).split())
    return re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", text)


def _filled(row: list[Any]) -> list[Any]:
    return [cell for cell in row if cell is not None]


def _lines(rows: list[list[Any]]) -> str:
    return "\n".join(" ".join(str(c).strip() for c in _filled(row)) for row in rows if _filled(row))


def _unit_name(text: str) -> str:
    return text.translate(str.maketrans("萬億仟％", "万亿千%"))


def _stated_unit(lines: list[str], in_words: bool = False) -> str | None:
    """The unit that stands nearest to the headings; in notes only where the word 单位 says so."""
    for pattern in (_STATED,) if in_words else (_STATED, _BRACKETS):
        for line in reversed(lines):
            if (found := pattern.search(line)) and found[1] not in "%％":
                return _unit_name(found[1])
    return None


def _unit_of(text: str) -> str | None:
    found = _BRACKETS.search(text) or _TRAILING.match(text) or _ONLY_UNIT.fullmatch(text)
    return _unit_name(found[found.lastindex]) if found and found.lastindex else None


def _keys_of(text: str) -> list[str]:
    """The keys of one heading text: as it is, and without a unit written behind it."""
    if _SCALED_COUNT.search(text):
        return [schema.heading_key(_SCALED_COUNT.sub(r"\1", text))]
    keys = [schema.heading_key(text)]
    if trailing := _TRAILING.match(text):
        keys.append(schema.heading_key(trailing[1]))
    return keys


def _known_in(row: list[Any], known: Set[str]) -> int:
    """How many different known headings stand in a row."""
    texts = {clean(c) for c in row if isinstance(c, str) and len(c) < 80}
    return len({next((k for k in _keys_of(t) if k in known), None) for t in texts} - {None})


def _heading_row(grid: Grid, start: int, known: Set[str]) -> int | None:
    """The row with most known headings: two, or one in a row of nothing but text that is as wide as the sheet gets."""
    window = grid.rows[start : start + SEARCHED_ROWS]
    scores = [_known_in(row, known) for row in window]
    best = max(range(len(window)), key=lambda i: (scores[i], -i))
    if scores[best] >= 2:
        return start + best
    widths = [len(_filled(row)) for row in window]
    if scores[best] == 1 and all(isinstance(c, str) for c in _filled(window[best])) and widths[best] == max(widths) and not any(w > 1 for w in widths[:best]):
        return start + best
    return None


def _header_span(grid: Grid, best: int, start: int, known: Set[str]) -> tuple[int, int]:
    """First and last heading row: by ranges merged downwards, then by labels followed by blanks over a row of sub-headings."""
    first = last = best
    for top, _, bottom, _ in grid.merges:
        if top <= best <= bottom and start <= top < bottom < top + DEPTH:
            first, last = min(first, top), max(last, bottom)
    while last - first < DEPTH - 1 and last + 1 < len(grid.rows) and _is_over(grid, last, last + 1, known):
        last += 1
    while last - first < DEPTH - 1 and first > start and _is_over(grid, first - 1, first, known):
        first -= 1
    return first, last


def _is_over(grid: Grid, upper: int, lower: int, known: Set[str]) -> bool:
    """Whether the upper row's labels group the lower row's sub-headings (or the lower row holds only units)."""
    top, low = grid.rows[upper], grid.rows[lower]
    low_at = [c for c, cell in enumerate(low) if cell is not None]
    if not low_at or not _filled(top) or any(re.search(r"[:：]", str(c)) for c in _filled(top)):
        return False
    if all(isinstance(low[c], str) and _ONLY_UNIT.fullmatch(low[c].strip()) for c in low_at):
        return len(_filled(top)) >= len(low_at)
    if not all(_YEAR.fullmatch(clean(low[c])) or (isinstance(low[c], str) and parse_number(low[c]).how == "refused") for c in low_at):
        return False
    groups, merged = _groups(grid, upper, len(low))
    grouped = {c for group in groups for c in group}
    single = [c for c, cell in enumerate(top) if cell is not None and c not in grouped]
    if not groups or any(low[c] is not None for c in single if c < len(low)):
        return False
    if merged:
        return all(len(group) <= 0.6 * len(low_at) or single for group in groups)
    named = _known_in(low, known) or any(_YEAR.fullmatch(clean(low[c])) for c in low_at)
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


def _headings(grid: Grid, first: int, last: int) -> list[Heading]:
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
    names = [p for p in parts if not _ONLY_UNIT.fullmatch(p[0])] or parts
    unit = next((u for text, _ in reversed(parts) if (u := _unit_of(text))), None)
    paths = ["/".join(_keys_of(text)[0] for text, _ in names[i:]) for i in range(len(names))]
    lone = [key for text, alone in names[:-1] if alone for key in _keys_of(text)]
    keys = dict.fromkeys([*paths, *_keys_of(names[-1][0]), *lone])
    return Heading("/".join(text for text, _ in names), tuple(keys), unit, index)


def _with_unnamed(grid: Grid, headings: list[Heading], data: list[int]) -> list[Heading]:
    """Columns without a heading that hold data are shown too."""
    unnamed = set(range(max((len(grid.rows[r]) for r in data), default=0))) - {h.index for h in headings}
    extra = [c for c in unnamed if any(c < len(grid.rows[r]) and grid.rows[r][c] is not None for r in data)]
    return sorted([*headings, *(Heading("", (), None, c) for c in extra)], key=lambda h: h.index)


def total_kind(cell: object) -> str | None:
    """``sum``, ``part`` or ``mean`` when the whole cell is the label of a total row; 合计超市改造 is not one."""
    if type(cell) is not str or len(cell) > 60 or not _TOTAL_HINT.search(cell):
        return None
    label = re.sub(r"\s+|[:：]$|[(（][^()（）]*元[)）]$", "", cell).strip("()（）")
    return next((kind for kind, pattern in _TOTALS if pattern.fullmatch(label)), None)


def _scan(grid: Grid, start: int, last: int, block: Block, known: Set[str]) -> tuple[list[tuple[int, str, str]], int]:
    """Say of each row below the headings what it is: (row, "row" | kind of total, label). Notes go to the block."""
    seen = {tuple(map(clean, _filled(row))) for row in grid.rows[start : last + 1]}
    firsts = {cells[0] for cells in map(_filled, grid.rows[start : last + 1]) if cells}
    raw: list[tuple[int, str, str]] = []
    pending: list[int] = []  # lone texts: notes when no data follow, else rows (and refused in the open)
    is_heading = _heading_test(known)
    for number in range(last + 1, len(grid.rows)):
        cells = _filled(grid.rows[number])
        if not cells or (cells[0] in firsts and tuple(map(clean, cells)) in seen):
            continue
        label = next((c for c in cells[:4] if total_kind(c)), None)
        if label is None and is_heading(cells):
            return raw, pending[0] if pending else number
        if label is None and (_is_note(cells, len(block.headings)) or (number == last + 1 and _numbers_columns(cells, len(block.headings)))):
            block.notes.append(_lines([grid.rows[number]]))
        elif len(cells) == 1 and isinstance(cells[0], str) and len(block.headings) > 2 and label is None:
            pending.append(number)
        else:
            raw += [(r, "row", "") for r in pending]
            pending.clear()
            raw.append((number, total_kind(label) or "row", clean(label) if label else ""))
    prose = [r for r in pending if block.notes or (raw and raw[-1][1] != "row") or _PROSE.search(_lines([grid.rows[r]]))]
    block.notes += [_lines([grid.rows[r]]) for r in prose]
    return [*raw, *((r, "row", "") for r in pending if r not in prose)], len(grid.rows)


def _heading_test(known: Set[str]) -> Callable[[list[Any]], bool]:
    """A test for a second heading row, quick on rows that are none."""
    memo: dict[str, bool] = {}

    def is_heading(cells: list[Any]) -> bool:
        cell = cells[0]
        if type(cell) is not str or len(cell) > 16 or cell[-1].isdigit() or len(cells) < 2:
            return False
        if cell not in memo:
            memo[cell] = any(key in known for key in _keys_of(clean(cell)))
        return memo[cell] and all(isinstance(c, str) for c in cells) and _known_in(cells, known) >= max(2, 0.5 * len(cells))

    return is_heading


def _numbers_columns(cells: list[Any], width: int) -> bool:
    """The row 栏次 of statistical forms: 1, 2, 3 … under every heading, or 甲, 乙 before them."""
    texts = [clean(c) for c in cells]
    numbers = [t for t in texts if t not in ("甲", "乙", "丙", "栏次", "欄次")]
    sure = len(numbers) < len(texts) or len(numbers) > 4
    return sure and len(texts) >= width - 1 and len(numbers) > 1 and numbers == [str(i + 1) for i in range(len(numbers))]


def _is_note(cells: list[Any], width: int) -> bool:
    """A line that begins as notes and signatures do, and is not filled as data are."""
    if len(cells) * 2 > max(width, 2) or any(isinstance(c, (int, float)) for c in cells):
        return False
    return isinstance(cells[0], str) and _NOTE.match(cells[0].strip()) is not None


def _place(grid: Grid, block: Block, raw: list[tuple[int, str, str]], last: int) -> None:
    """Rows and totals with their cells under the headings, merged text filled in."""
    fills = _fills(grid, block.headings, last)
    index = [h.index for h in block.headings]
    straight = index == list(range(len(index)))
    for number, kind, label in raw:
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


@cache
def _kinds() -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for table in schema.TABLES.values():
        for column in table.columns:
            for text in (column.name, *column.headings):
                kinds.setdefault(schema.heading_key(text), set()).add(column.kind)
    return kinds


def _repeats(heading: Heading, value: object) -> bool:
    """Whether a merged value holds for every row that it covers: names, codes and dates do, quantities do not."""
    kinds = next((_kinds()[key] for key in heading.keys if key in _kinds()), None)
    if kinds is not None:
        return not kinds & {"money", "number", "share", "count", "level"}
    return isinstance(value, dt.date) or (isinstance(value, str) and parse_number(value).how == "refused")
