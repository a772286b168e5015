"""Which column of an incoming sheet is which of ours: by its headings, or as a ``mapping.yml`` says.

Both ways give a ``Plan``: for one table, where each column's cells come from. Nothing here parses a cell or opens a workbook.

mapping.yml, beside the files or named in ``load(path, mapping=…)``::

    name: Chicago wards              # of the data set
    origin: computed                 # or synthetic
    tables:
      - table: payments              # which of our tables
        file: menu.csv               # name or glob
        sheet: 2012                  # optional
        encoding: gb18030            # optional, text files
        unit: 千元                   # optional, for amounts whose heading states none
        distinct: true               # optional: equal rows once (a table of areas out of a list of projects)
        columns:
          amount: est_cost                                     # a heading of the file
          satisfaction: {from: Q2_6, blank: [9]}               # cells that mean "no answer"
          fund: {from: programme, codes: {Menu: guarantee}}    # their words for our codes
          budget: {from: 核定金额, unit: 万元}
          period: {value: 2015}                                # a constant
          area_code: {format: "W{ward:2}"}                     # from headings, padded with zeros; {row} is the row number
      - table: areas
        rows:                        # or rows written out
          - {area_code: CHI, area_name: Chicago, level: district}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ..errors import DataError, hint_for
from . import schema
from .schema import heading_key
from .units import UNCLEAR

_ENTRY = {"table", "file", "sheet", "encoding", "unit", "distinct", "columns", "rows"}
_COLUMN = {"from", "unit", "blank", "codes", "value", "format"}
_IGNORED = {heading_key(h) for h in schema.IGNORED}
_FIELD = re.compile(r"\{([^{}:]+)(?::0?(\d+))?\}")


@dataclass(frozen=True)
class Source:
    """Where a column's cells come from: sheet columns (first non-blank wins), a constant, or a format over headings."""

    index: tuple[int, ...] = ()
    value: object = None
    format: str = ""
    fields: dict[str, int] = field(default_factory=dict)
    unit: str | None = None
    blank: frozenset[str] = frozenset()
    codes: dict[str, str] = field(default_factory=dict)

    def fill(self, cells: Mapping[str, object]) -> str:
        """The format with its fields taken from ``cells``; ``{ward:2}`` pads with zeros."""

        def one(match: re.Match[str]) -> str:
            cell = cells[match[1]]
            if isinstance(cell, float) and cell.is_integer():
                cell = int(cell)
            return ("" if cell is None else str(cell).strip()).zfill(int(match[2] or 0))

        return _FIELD.sub(one, self.format)


@dataclass(frozen=True)
class Plan:
    """For one table: a ``Source`` per column (and helper), the headings used, required columns that are missing."""

    table: str
    sources: dict[str, Source]
    used: frozenset[int]
    missing: tuple[str, ...]
    distinct: bool = False
    score: float = 0.0


@dataclass(frozen=True)
class Entry:
    """One item of ``tables:`` in a mapping file."""

    table: str
    file: str = ""
    sheet: str | None = None
    encoding: str | None = None
    unit: str | None = None
    distinct: bool = False
    columns: dict[str, Any] = field(default_factory=dict)
    rows: tuple[dict[str, Any], ...] = ()

    def headings(self) -> Iterable[str]:
        for spec in self.columns.values():
            if isinstance(spec, str):
                yield spec
            elif "from" in spec:
                yield str(spec["from"])
            elif "format" in spec:
                yield from (name for name, _ in _FIELD.findall(spec["format"]) if name != "row")


@dataclass(frozen=True)
class MappingFile:
    name: str = ""
    origin: str = "computed"
    entries: tuple[Entry, ...] = ()


def read_mapping(path: Path) -> MappingFile:
    """A checked ``mapping.yml``; ``DataError`` names the key that is wrong."""
    try:
        said = yaml.safe_load(path.read_text("utf-8-sig")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError("bad_yaml", file=path.name, found=str(error).splitlines()[0]) from None
    if not isinstance(said, dict):
        raise DataError("bad_yaml", file=path.name, found=type(said).__name__)
    _check_keys(said, {"name", "origin", "tables"}, path.name)
    if said.get("origin", "computed") not in ("computed", "synthetic"):
        raise DataError("mapping_word", file=path.name, found=f"origin: {said['origin']}", expected="computed | synthetic", hint=hint_for("", ()))
    entries = tuple(_entry(e, path.name) for e in said.get("tables") or ())
    return MappingFile(str(said.get("name", "")), said.get("origin", "computed"), entries)


def _check_keys(found: dict[str, Any], known: Iterable[str], file: str) -> None:
    known = sorted(known)
    for key in found:
        if key not in known:
            raise DataError("mapping_word", file=file, found=key, expected=" | ".join(known), hint=hint_for(key, known))


def _entry(said: dict[str, Any], file: str) -> Entry:
    if not isinstance(said, dict) or "table" not in said:
        raise DataError("mapping_word", file=file, found=str(said)[:60], expected="table: …", hint=hint_for("", ()))
    _check_keys(said, _ENTRY, file)
    table = str(said["table"])
    if table not in schema.TABLES:
        raise DataError("mapping_word", file=file, found=table, expected=" | ".join(schema.TABLES), hint=hint_for(table, schema.TABLES))
    columns = {c.name for c in schema.TABLES[table].columns} | {h.name for h in schema.HELPERS}
    for name, spec in (said.get("columns") or {}).items():
        if not name.startswith("q_"):
            _check_keys({name: spec}, columns, file)
        if not isinstance(spec, str | dict):
            raise DataError("mapping_word", file=file, found=f"{name}: {spec}", expected=" | ".join(sorted(_COLUMN)), hint=hint_for("", ()))
        if isinstance(spec, dict):
            _check_keys(spec, _COLUMN, file)
    sheet = said.get("sheet")
    return Entry(table, str(said.get("file", "")), None if sheet is None else str(sheet), said.get("encoding"), said.get("unit"),
                 bool(said.get("distinct", False)), said.get("columns") or {}, tuple(said.get("rows") or ()))  # fmt: skip


def plan_mapped(entry: Entry, headings: Sequence[Any]) -> Plan:
    """The plan that a mapping entry asks for; headings it names that the sheet lacks are ``missing``."""
    where = {key: h.index for h in reversed(headings) for key in reversed(h.keys)}
    unit = {h.index: h.unit for h in headings}
    sources, missing, used = {}, [], set()
    for column, spec in entry.columns.items():
        spec = {"from": spec} if isinstance(spec, str) else spec
        if "value" in spec:
            sources[column] = Source(value=spec["value"])
            continue
        names = [str(spec["from"])] if "from" in spec else [n for n, _ in _FIELD.findall(spec["format"]) if n != "row"]
        places = {n: where.get(heading_key(n)) for n in names}
        if None in places.values():
            missing += [n for n, place in places.items() if place is None]
            continue
        found = {n: p for n, p in places.items() if p is not None}
        used |= set(found.values())
        common: dict[str, Any] = {
            "blank": frozenset(str(b) for b in spec.get("blank", ())),
            "codes": {str(k): str(v) for k, v in spec.get("codes", {}).items()},
        }
        if "format" in spec:
            sources[column] = Source(format=spec["format"], fields=found, **common)
        else:
            place = found[names[0]]
            sources[column] = Source(
                (place,), unit=spec.get("unit") or (entry.unit if unit[place] in (None, UNCLEAR) else unit[place]) or unit[place], **common
            )
    given = set(sources)
    missing += [c for c in _lacking(entry.table, given, {}) if c not in entry.columns]
    return Plan(entry.table, sources, frozenset(used), tuple(dict.fromkeys(missing)), entry.distinct)


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
    own = [c for c in places if c not in ("area_name", "street_name")]
    named = _named(table, block)
    lacking = _lacking(table, set(places), context)
    required = schema.TABLES[table].required
    if not own or (lacking and len(lacking) * 2 > len(required) and not named):
        return None
    sources = {c: Source(tuple(at), unit=units[c]) for c, at in places.items()}
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
