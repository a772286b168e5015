"""Which column of an incoming sheet is which of ours: by its headings, or as a ``mapping.yml`` says.

Both ways give a ``Plan``: for one table, where each column's cells come from. Nothing here parses a cell or opens a workbook; what may
stand in a mapping file, and how it is checked, is the business of ``mapping_file``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import near_misses
from . import parse, people, schema
from .locate import context_of
from .mapping_file import FIELD, Entry, MappingFile, names_of, read_mapping, word_of
from .reader.units import UNCLEAR
from .schema import heading_key

if TYPE_CHECKING:
    from .ledger import Grid

__all__ = ["Entry", "MappingFile", "Plan", "Source", "entries_of", "filled", "left_out", "plan_recognised", "plans_mapped", "read_mapping", "told_of_all"]

_IGNORED = {heading_key(h) for h in schema.IGNORED}
_YEAR = r"(?:19|20)\d{2}年?度?|民国\d{2,3}年?度?|1\d{2}年度?"


@dataclass(frozen=True)
class Source:
    """Where a column's cells come from: sheet columns (first non-blank wins), a constant, a format over headings, or a sum of ``parts``."""

    index: tuple[int, ...] = ()
    value: object = None
    format: str = ""
    fields: dict[str, int] = field(default_factory=dict)
    unit: str | None = None
    blank: frozenset[str] = frozenset()
    codes: dict[str, str] = field(default_factory=dict)
    parts: tuple[tuple[int, Source], ...] = ()

    def every_index(self) -> set[int]:
        """Every sheet column that it reads."""
        return {*self.index, *self.fields.values(), *(i for _, part in self.parts for i in part.index)}

    def fill(self, cells: Mapping[str, object]) -> str:
        """The format with its fields taken from ``cells``; ``{ward:2}`` pads with zeros, ``{code[0:9]}`` takes a part."""

        def one(match: re.Match[str]) -> str:
            cell = cells[match[1]]
            if isinstance(cell, float) and cell.is_integer():
                cell = int(cell)
            text = "" if cell is None else str(cell).strip()
            if match[2] is not None:
                text = text[int(match[2]) if match[2] else None : int(match[3]) if match[3] else None]
            return text.zfill(int(match[4] or 0))

        return FIELD.sub(one, self.format)


@dataclass(frozen=True)
class Plan:
    """For one table: a ``Source`` per column (and helper), the headings used, required columns that are missing.

    ``rows``: places of the rows that it takes, None for all; ``hints``: near misses of headings that are missing.
    """

    table: str
    sources: dict[str, Source]
    used: frozenset[int]
    missing: tuple[str, ...]
    distinct: bool = False
    score: float = 0.0
    rows: np.ndarray | None = field(default=None, compare=False)
    hints: str = ""


class _Places(NamedTuple):
    """The headings of a sheet as a mapping finds them: every column under a key, and each column's unit."""

    at: dict[str, list[int]]
    unit: dict[int, str | None]

    def find(self, name: str, nth: int = 1) -> int | None:
        found = self.at.get(heading_key(name), [])
        return found[nth - 1] if nth <= len(found) else None


def _places(headings: Sequence[Any]) -> _Places:
    """The key that a heading is best known by goes before keys that it shares with others."""
    at: dict[str, list[int]] = {}
    for depth in range(max((len(h.keys) for h in headings), default=0)):
        for heading in headings:
            if depth < len(heading.keys) and heading.index not in at.setdefault(heading.keys[depth], []):
                at[heading.keys[depth]].append(heading.index)
    return _Places(at, {h.index: h.unit for h in headings})


def told_of_all(grid: Grid) -> dict[str, str]:
    """What title, sheet and file name say of all rows, before the names of areas are known."""
    context = context_of(grid, None)
    if any(w in f"{grid.title}{grid.sheet}{grid.file}" for w in ("街道", "镇")):
        context["street"] = ""
    return context


def entries_of(grid: Grid, said: MappingFile, grids: Sequence[Grid]) -> list[Entry]:
    """The mapping's entries for a block. One whose headings stand in another block of the sheet (of the file, if it names no sheet) is not for it."""
    entries = said.entries_for(grid.file, grid.sheet)

    def elsewhere(entry: Entry) -> bool:
        return any(_stands(entry, g) for g in grids if g.file == grid.file and entry.takes(g.file, g.sheet) and (not entry.sheet or g.sheet == grid.sheet))

    return [e for e in entries if e.skip or (grid.headings and (_stands(e, grid) or not elsewhere(e)))]


def _stands(entry: Entry, grid: Grid) -> bool:
    """Whether the block has the headings that the entry names."""
    places = _places(grid.headings)
    filters = all(places.find(f.heading) is not None for f in entry.filters)
    return bool(grid.headings) and filters and not any(_source(spec, entry, places)[1] for spec in entry.columns.values())


def plans_mapped(entry: Entry, grid: Grid) -> list[Plan]:
    """The plans that a mapping entry asks for, several where it is wide; headings it names that the sheet lacks are ``missing``."""
    places = _places(grid.headings)
    context = {} if entry.distinct and not grid.title else told_of_all(grid)
    parts = list(_wide_parts(entry, grid.headings)) if entry.wide or entry.pattern else [{}]
    return [_plan(entry, part, grid, places, context) for part in parts]


def _plan(entry: Entry, part: dict[str, dict[str, Any]], grid: Grid, places: _Places, context: dict[str, str]) -> Plan:
    columns = _said(entry.columns, part) | part
    sources: dict[str, Source] = {}
    missing = [f.heading for f in entry.filters if places.find(f.heading) is None]
    used = {place for f in entry.filters if (place := places.find(f.heading)) is not None}
    for column, spec in columns.items():
        source, lost = _source(spec, entry, places)
        missing += lost
        if not lost:
            sources[column] = source
            used |= source.every_index()
    missing += [c for c in _lacking(entry.table, set(sources), context) if c not in columns]
    headings = [str(h.text) for h in grid.headings if h.text]
    rows = _rows(entry, grid, places)
    if part:
        values = sorted(set().union(*(sources[c].every_index() for c in part if c in sources)))
        rows = filled(grid, values, rows)
    hints = "；".join(f"{n}: {'、'.join(near)}" for n in dict.fromkeys(missing) if n not in columns and (near := near_misses(n, headings)))
    return Plan(entry.table, sources, frozenset(used), tuple(dict.fromkeys(missing)), entry.distinct, rows=rows, hints=hints)


def _said(columns: dict[str, dict[str, Any]], part: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Formats may name what a wide column stands for: {编号}-{period}."""
    values = {name: str(spec["value"]) for name, spec in part.items() if "value" in spec}

    def one(spec: dict[str, Any]) -> dict[str, Any]:
        if "format" not in spec or not values:
            return spec
        return spec | {"format": FIELD.sub(lambda m: values.get(m[1], m[0]), spec["format"])}

    return {name: one(spec) for name, spec in columns.items()}


def _source(spec: dict[str, Any], entry: Entry, places: _Places) -> tuple[Source, list[str]]:
    """One column's source, and the headings that it lacks."""
    common: dict[str, Any] = {"blank": spec.get("blank", frozenset()), "codes": spec.get("codes", {})}
    if "value" in spec:
        return Source(value=spec["value"], **common), []
    names = names_of(spec)
    found = {n: place for n in names if (place := places.find(n, spec.get("nth", 1))) is not None}
    if "from" in spec and found:  # of several headings those that are there
        index = tuple(dict.fromkeys(found.values()))
        return Source(index, unit=_unit(index[0], spec, entry, places), **common), []
    if len(found) < len(set(names)) or "from" in spec:
        return Source(), [n for n in names if n not in found]
    if "format" in spec:
        return Source(format=spec["format"], fields=found, **common), []
    signs = [(1, n) for n in spec["sum"]] + [(-1, n) for n in spec.get("less", ())]
    return Source(parts=tuple((sign, Source((found[n],), unit=_unit(found[n], spec, entry, places), **common)) for sign, n in signs)), []


def _unit(place: int, spec: dict[str, Any], entry: Entry, places: _Places) -> str | None:
    stated = places.unit[place]
    return spec.get("unit") or (entry.unit if stated in (None, UNCLEAR) else stated) or stated


def _wide_parts(entry: Entry, headings: Sequence[Any]) -> Iterable[dict[str, dict[str, Any]]]:
    """The sets of columns of a wide entry: as listed, or one for each combination of words that its patterns find in the headings."""
    yield from entry.wide
    parts: dict[tuple[tuple[str, str], ...], dict[str, dict[str, Any]]] = {}
    for column, pattern in entry.pattern.items():
        fits = _pattern(pattern, entry.table)
        for heading in headings:
            text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(heading.text)))
            found = next((m for t in (text, *heading.keys) if (m := fits.fullmatch(t))), None)
            if found:
                words = tuple(sorted(found.groupdict().items()))
                part = parts.setdefault(words, {name: {"value": word} for name, word in words})
                nth = sum(heading_key(heading.text) == h.keys[0] for h in headings[: headings.index(heading) + 1] if h.keys) or 1
                part[column] = {"from": [str(heading.text)], "nth": nth}
    if entry.pattern and not parts:
        yield {column: {"from": [pattern]} for column, pattern in entry.pattern.items()}
    yield from parts.values()


def _pattern(pattern: str, table: str) -> re.Pattern[str]:
    """{period}年额度 as a regular expression: a year, one of the words of a choice, or any text."""
    kinds = {c.name: c for c in (*schema.HELPERS, *schema.TABLES[table].columns)}
    regex = ""
    for literal, name in re.findall(r"([^{]*)(?:\{([^{}]*)\})?", re.sub(r"\s+", "", unicodedata.normalize("NFKC", pattern))):
        regex += re.escape(literal)
        if name:
            column = kinds[name]
            words = sorted({w for code, aliases in column.choices.items() for w in (code, *aliases)}, key=len, reverse=True)
            any_text = _YEAR if column.kind == "period" else r"\d+" if column.kind in ("count", "level") else ".+?"
            regex += f"(?P<{name}>{'|'.join(map(re.escape, words)) or any_text})" if f"(?P<{name}>" not in regex else f"(?P={name})"
    return re.compile(regex + r"(?:\([^()]*\))?", re.IGNORECASE)


def _rows(entry: Entry, grid: Grid, places: _Places) -> np.ndarray | None:
    """Places of the rows that the entry's filters leave; None for all."""
    if not entry.filters or any(places.find(f.heading) is None for f in entry.filters):
        return None
    keep = np.ones(len(grid), dtype=bool)
    for one in entry.filters:
        place = places.find(one.heading)
        words = {cell: word_of(cell) in one.words for cell in dict.fromkeys(map(word_of, grid.columns[place]))} if place is not None else {}
        keep &= np.fromiter((words[word_of(cell)] is one.keep for cell in grid.columns[place or 0]), dtype=bool, count=len(grid))
    return np.flatnonzero(keep)


def filled(grid: Grid, columns: list[int], rows: np.ndarray | None) -> np.ndarray:
    """Of a wide sheet the rows that say something in these columns: a blank there is no row."""
    every = np.arange(len(grid)) if rows is None else rows
    cells = [list(grid.columns[c]) for c in columns if c in grid.columns]
    said = [any(word_of(column[i]) and parse.parse_number(column[i]).how != "blank" for column in cells) for i in every.tolist()]
    return every[np.array(said, dtype=bool)] if len(every) else every


def left_out(entries: Sequence[Entry], grid: Grid) -> np.ndarray:
    """Places of the rows that the filters of every entry leave out."""
    places, left = _places(grid.headings), np.ones(len(grid), dtype=bool)
    for entry in entries:
        rows = _rows(entry, grid, places)
        if rows is None:
            return np.array([], dtype="int64")
        left[rows] = False
    return np.flatnonzero(left)


def plan_recognised(block: Any, context: dict[str, str]) -> Plan | None:
    """The table that a block's headings and title fit best, or None when it looks like no table of ours."""
    plans = [p for p in (_fit(table, block, context) for table in schema.TABLES) if p]
    return max(plans, key=lambda p: p.score, default=None)


def _fit(table: str, block: Any, context: dict[str, str]) -> Plan | None:
    index = schema.heading_index(table)
    places: dict[str, list[int]] = {}
    units: dict[str, str | None] = {}
    for heading in block.headings:
        column = next((index[k] for k in heading.keys if k in index), None)
        if column is None and table == "responses" and re.fullmatch(r"q_\w+", str(heading.text).lower()):
            column = str(heading.text).lower()
        if column == "area_code" and "社区" in str(heading.text):
            places.setdefault(column, []).insert(0, heading.index)  # before a column that may hold the district's code
        elif column and (column not in places or column == "area_code"):
            places.setdefault(column, []).append(heading.index)
        if column:
            units.setdefault(column, heading.unit)
    if table == "participants" and "event_id" in places and "person_key" not in places:
        said = {people.kind_said(h): h.index for h in reversed(block.headings)}
        for kind in ("phone", "id_card"):  # an office's own register: the better of the two; hashed, never kept
            places |= {"person_key": [said[kind]]} if kind in said else {}
    own = [c for c in places if c not in ("area_name", "street_name")]
    named = _named(table, block)
    lacking = _lacking(table, set(places), context)
    required = schema.TABLES[table].required
    if not own or (lacking and len(lacking) * 2 > len(required) and not named):
        return None
    sources = {c: Source(tuple(at), unit=units.get(c)) for c, at in places.items()}
    used = frozenset(i for at in places.values() for i in at)
    strange = sum(h.index not in used and not _IGNORED.intersection(h.keys) for h in block.headings)
    score = len(own) + named - 3 * len(lacking) - 0.5 * strange - 0.01 * len(schema.TABLES[table].columns)
    return Plan(table, sources, used, tuple(lacking), score=score)


def _named(table: str, block: Any) -> float:
    """How clearly sheet name or title names the table: its own name or title counts most."""
    text = f"{block.sheet} {block.title}"
    if block.sheet == table or schema.TABLES[table].title in text:
        return 3.0
    return 1.0 if any(w in text for w in schema.TABLES[table].words) else 0.0


def _lacking(table: str, given: set[str], context: dict[str, str]) -> list[str]:
    """Required columns that neither the headings nor the title, sheet and file name give."""
    have = given | set(context)
    if have & {"area_name", "street_name", "street"}:
        have.add("area_code")
    lacking = [c for c in schema.TABLES[table].required if c not in have]
    if table == "payments" and not have & {"paid_on", "period"}:
        lacking.append("paid_on")
    return lacking
