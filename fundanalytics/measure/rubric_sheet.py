"""The workbook of a rubric → the plain values that its YAML gives, each with its cell.

Place in the flow: beside ``rubric_file``, for those who do not write YAML; ``publish.rubric_book`` writes the workbook. Which values a rubric may
have is not judged here: ``rubric_checks`` does, for both.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..data.reader.headings import Grid, address
from ..data.schema import IGNORED, heading_key
from ..data.workbook import read_grids
from ..errors import near_misses
from .rubric_fields import ABOUT_HEADS, CODES, FIELDS, KEYS, LISTED, LISTS, PAIRS, SHEETS, Field, Pair, number_of, part_codes
from .rubric_file import Fault, Sheet, Steps

MOST_ROWS = 2000  # of a sheet that are read
SEARCHED = 10  # rows among which the headings stand
_IGNORED = {heading_key(word) for word in IGNORED}
_HEADS = _IGNORED | {heading_key(word) for word in ABOUT_HEADS}
SIGNATURES = (b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1"))  # xlsx, ods; xls


@dataclass
class Book(Sheet):
    """What a workbook says. ``lines`` are numbers of ``cells``: the address and the text of each."""

    cells: list[Pair] = field(default_factory=lambda: [("", "")])
    lang: int = 0

    def stands(self, steps: Steps, place: str, cell: object = None) -> None:
        self.lines[steps] = len(self.cells)
        self.cells.append((place, "" if cell is None else _text(cell)))

    def faults(self) -> list[Fault]:
        """All that is wrong, by cell and in the words of the workbook."""
        ordered = sorted(self.wrongs, key=lambda wrong: self._number(wrong[0], wrong[1], wrong[2], wrong[3]))
        return list(dict.fromkeys(self._told(*wrong) for wrong in ordered))

    def _number(self, steps: Steps, number: int | None, code: str, found: str) -> int:
        """Of the cell: that of a missing key is the blank one."""
        missing = self.lines.get((*steps, found)) if code == "rubric_missing_key" else None
        return missing or number or 0

    def _told(self, steps: Steps, number: int | None, code: str, found: str, expected: str) -> Fault:
        place, typed = self.cells[self._number(steps, number, code, found)]
        if code == "rubric_not_together":
            found = self._worded(found, steps)
        elif code in ("rubric_wrong_value", "rubric_unknown_word") and typed:
            found = typed[:80]
        else:
            found = self._word(found, steps)
        expected = expected.replace("{zh: …, en: …}", "…")
        if expected[:1] in ("[", "{"):  # as a cell has it: 国家级=3；省级=2
            expected = re.sub(r"[\[\]{}]", "", expected.replace(": ", "=").replace(", ", "；"))
        return Fault(place, None, code, found, self._worded(expected, steps))

    def _worded(self, text: str, steps: Steps) -> str:
        return re.sub(r"[a-z][a-z_]+", lambda word: self._word(word.group(), steps), text)

    def _word(self, code: str, steps: Steps) -> str:
        """What the workbook calls a code or a key."""
        kind = next((f.kind for f in FIELDS.get(steps[0] if len(steps) > 1 else "", ()) if f.steps == tuple(steps[2:] or steps)), "")
        parts = {part.get("code"): (part["title"]["zh"], part["title"]["en"]) for part in self.said.get("parts", ()) if "title" in part}
        kinds = [parts if kind == "part" else CODES.get(kind, {}), KEYS, *CODES.values()]
        return next((words[code][self.lang] for words in kinds if code in words), code)


def is_book(content: bytes) -> bool:
    """Whether the content of a file is a workbook's."""
    return content.startswith(SIGNATURES)


def read_book(path: Path) -> Book:
    """What the workbook of a rubric says; what cannot be a rubric's is among the faults."""
    book, grids = Book(), {heading_key(grid.name): grid for grid in read_grids(path)}
    book.lang, book.said = int(heading_key(SHEETS["items"][0]) not in grids), {}
    for name, titles in SHEETS.items():
        grid = next((grids[key] for key in map(heading_key, titles) if key in grids), None)
        if grid is None:
            book.stands((name,), titles[book.lang])
        elif len(grid.rows) > MOST_ROWS:
            book.wrong((name,), "rubric_too_large", len(grid.rows), f"≤ {MOST_ROWS}")
        elif name:
            _table(book, grid, name)
        else:
            _about(book, grid)
    _parts_named(book)
    return book


def _about(book: Book, grid: Grid) -> None:
    """The sheet of what holds for the whole: a name and beside it its value."""
    index = _index("")
    book.cells[0] = (grid.name, "")
    for n, row in enumerate(grid.rows):
        name, cell = [*row, None, None][:2]
        found = index.get(heading_key(name)) if name is not None else None
        place = f"{grid.name}!{address(n + 1, 1)}"
        if found is None and name is not None and heading_key(name) not in _HEADS:
            _unknown(book, name, f"{grid.name}!{address(n + 1, 0)}", "")
        elif found is not None and found.steps in book.lines:
            book.stands((place,), place)
            book.wrong((place,), "rubric_key_twice", name)
        elif found is not None:
            _stands(book, (), found, place, cell)
            _put(book, book.said, (), found, cell)
    for key, blank in (("document", ""), ("years", [])):  # they may be blank where they stand
        if (key,) in book.lines:
            book.said.setdefault(key, blank)
    _paired(book.said)


def _table(book: Book, grid: Grid, name: str) -> None:
    """A sheet of rows under headings."""
    index = _index(name)
    known = [[index.get(heading_key(c)) if c is not None else None for c in row] for row in grid.rows[:SEARCHED]]
    top = next((n for n, row in enumerate(known) if sum(f is not None for f in row) > 1), None)
    if top is None:
        book.stands((name,), grid.name)
        return
    book.stands((name,), f"{grid.name}!{address(top + 1, 0)}")
    columns = _columns(book, grid, name, top, known[top])
    filled = _filled(grid, {at for at, f in columns.items() if f.steps[0] in ("part", "group")})
    rows: list[dict[str, Any]] = []
    for n in range(top + 1, len(grid.rows)):
        cells = {at: cell for at, cell in enumerate(grid.rows[n]) if cell is not None}
        for at in cells.keys() - columns.keys():
            if _cell(grid, top, at) is None:  # under no heading
                _unknown(book, cells[at], f"{grid.name}!{address(n + 1, at)}", name)
        if cells.keys() & columns.keys():
            rows.append(_row(book, (name, len(rows)), columns, {at: filled.get((n, at), cells.get(at)) for at in columns}, f"{grid.name}!", n + 1))
    book.said[name] = rows


def _columns(book: Book, grid: Grid, name: str, top: int, known: list[Field | None]) -> dict[int, Field]:
    """Place → field. A heading that nobody knows, or that stands twice, is a fault."""
    columns: dict[int, Field] = {}
    for at, cell in enumerate(grid.rows[top]):
        found, place = known[at], f"{grid.name}!{address(top + 1, at)}"
        if found in columns.values():
            book.stands((name, place), place)
            book.wrong((name, place), "rubric_key_twice", cell)
        elif found is not None:
            columns[at] = found
        elif cell is not None and heading_key(cell) not in _IGNORED:
            _unknown(book, cell, place, name)
    return columns


def _row(book: Book, steps: Steps, columns: Mapping[int, Field], cells: Mapping[int, Any], sheet: str, number: int) -> dict[str, Any]:
    said: dict[str, Any] = {}
    book.stands(steps, sheet + address(number, min(columns)))
    for at, found in columns.items():
        _stands(book, steps, found, sheet + address(number, at), cells[at])
        _put(book, said, steps, found, cells[at])
    _paired(said)
    return said


def _stands(book: Book, steps: Steps, found: Field, place: str, cell: object) -> None:
    """Where a value stands; what it is a part of stands where its first part does."""
    for n in range(1, len(found.steps)):
        if (*steps, *found.steps[:n]) not in book.lines:
            book.stands((*steps, *found.steps[:n]), place)
    book.stands((*steps, *found.steps), place, cell)


def _put(book: Book, said: dict[str, Any], steps: Steps, found: Field, cell: object) -> None:
    """A value into its place among the others; a blank is none."""
    value = None if cell is None else _value(book, (*steps, *found.steps), found, cell)
    if value is None:
        return
    for step in found.steps[:-1]:
        said = said.setdefault(step, {})
    said[found.steps[-1]] = value


def _paired(said: dict[str, Any]) -> None:
    """Words in one language serve for both."""
    for key in ("title", "group", "evidence"):
        words = said.get(key)
        if isinstance(words, dict):
            said[key] = {"zh": words.get("zh", words.get("en")), "en": words.get("en", words.get("zh"))}


def _parts_named(book: Book) -> None:
    """Items may name their part by its title."""
    codes = part_codes(book.said.get("parts", ()))
    for item in book.said.get("items", ()):
        if "part" in item:
            item["part"] = codes.get(item["part"], item["part"])


def _unknown(book: Book, cell: object, place: str, name: str) -> None:
    headings = [(f.zh, f.en)[book.lang] for f in FIELDS[name]]
    book.stands((place,), place, cell)
    book.wrong((place,), "rubric_unknown_key", str(cell), " | ".join(near_misses(cell, headings) or [*headings[:3], "…"]))


def _index(name: str) -> dict[str, Field]:
    return {heading_key(word): f for f in FIELDS[name] for word in (f.zh, f.en, ".".join(f.steps))}


def _cell(grid: Grid, row: int, at: int) -> Any:
    return grid.rows[row][at] if at < len(grid.rows[row]) else None


def _filled(grid: Grid, columns: Iterable[int]) -> dict[tuple[int, int], Any]:
    """What merged cells of some columns say, for each of their rows."""
    merges = [m for m in grid.merges if m[1] in columns and m[1] == m[3] and m[2] < len(grid.rows)]
    return {(row, m[1]): _cell(grid, m[0], m[1]) for m in merges for row in range(m[0], m[2] + 1)}


# --- cells → values ----------------------------------------------------------------------------------------------------


def _value(book: Book, steps: Steps, found: Field, cell: object) -> Any:
    kind = found.kind
    if kind == "number":
        return number_of(cell)
    if kind == "pairs":
        return _pairs(book, steps, cell, found.steps[-1])
    text = _text(cell)
    if kind in LISTED:
        return [_code(name, kind) if rest is None else name + rest for name, rest in _entries(text, LISTS)]
    if kind == "flag":
        return {"true": True, "false": False}.get(_code(text, kind), text)
    if kind == "value":  # 资金使用率 usage_rate:paid/quota
        found_code = _code(text, kind)
        return found_code if found_code in CODES[kind] else text.split()[-1]
    return _code(text, kind) if kind in CODES else text.strip() if kind in ("code", "part") else text


def _text(cell: object) -> str:
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        cell = cell.date()
    if isinstance(cell, bool):
        return str(cell).lower()
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell)


def _code(text: str, kind: str) -> str:
    """The code of a word in either language."""
    folded = heading_key(text)
    return next((code for code, words in CODES.get(kind, {}).items() if folded in map(heading_key, (code, *words))), text.strip())


def _entries(text: str, marks: str) -> list[tuple[str, str | None]]:
    """What stands between marks; of an entry in quotes the text in them, and what follows."""
    found: list[tuple[str, str | None]] = []
    pattern, at = re.compile(rf'\s*(?:"(?P<name>(?:[^"]|"")*)"(?P<rest>[^{marks}]*)|(?P<bare>[^{marks}]*))(?:[{marks}]|\Z)'), 0
    while at < len(text) and (match := pattern.match(text, at)):
        at = match.end()
        if match["name"] is not None:
            found.append((match["name"].replace('""', '"'), match["rest"].strip()))
        elif match["bare"].strip():
            found.append((match["bare"].strip(), None))
    return found


def _pairs(book: Book, steps: Steps, cell: object, key: str) -> Any:
    """``国家级=3；省级=2``; a single number stays one."""
    text = _text(cell)
    if not re.search('[=＝"]', text):
        return number_of(cell)
    pairs: dict[Any, Any] = {}
    for name, rest in _entries(text, PAIRS):
        said, value = (name, rest.lstrip("=＝ ")) if rest is not None else re.fullmatch("([^=＝]*)[=＝]?(.*)", name, re.DOTALL).groups()  # type: ignore[union-attr]
        level = said if rest is not None else _code(said, key)
        level = number_of(level) if rest is None and key == "scores" else level
        if level in pairs:
            book.wrong(steps, "rubric_key_twice", said)
        pairs[level] = number_of(value)
    return pairs
