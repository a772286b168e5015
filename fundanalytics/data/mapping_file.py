"""``mapping.yml``: which file, sheet and column feeds which of our tables, in the user's own words.

Every key and every word is checked when the file is read: a slip is a ``DataError`` that names the place and the near misses, never a
column left out in silence. What the keys mean for a sheet is the business of ``mapping``; docs/mapping.md explains them to users.
"""

from __future__ import annotations

import codecs
import csv
import glob
import io
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ..errors import DataError, hint_for
from . import parse, schema
from .reader.units import UNIT_FACTORS

_TOP = ("name", "origin", "tables")
_ENTRY = ("table", "file", "sheet", "skip", "encoding", "unit", "distinct", "header_row", "headings", "query", "columns", "wide", "where", "not", "rows")
_SKIP = ("skip", "file", "sheet")
_WAYS = ("from", "value", "format", "sum")
_COLUMN = (*_WAYS, "less", "nth", "unit", "blank", "codes")
_AMOUNTS = ("money", "number", "count")  # what may be added up
_READS = re.compile(r"\s*(?:select|with|values|table)\b", re.IGNORECASE)
ENCODINGS = ("utf-8-sig", "gb18030")  # of a list of codes
FIELD = re.compile(r"\{([^{}:]+?)(?:\[(-?\d*):(-?\d*)\])?(?::0?(\d+))?\}")


class Filter(NamedTuple):
    """Rows by one column: kept where its cell is among ``words`` ("" is blank), or where it is not."""

    heading: str
    words: frozenset[str]
    keep: bool


@dataclass(frozen=True)
class Entry:
    """One item of ``tables:``. ``file`` and ``sheet`` are names or globs, none meaning any; ``columns`` hold a specification each."""

    table: str = ""
    file: tuple[str, ...] = ()
    sheet: tuple[str, ...] = ()
    skip: bool = False
    encoding: str | None = None
    unit: str | None = None
    distinct: bool = False
    header_row: int | None = None
    names: tuple[str, ...] = ()
    query: str = ""
    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    wide: tuple[dict[str, dict[str, Any]], ...] = ()
    pattern: dict[str, str] = field(default_factory=dict)
    filters: tuple[Filter, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()

    def takes(self, file: str, sheet: str | None = None) -> bool:
        """Whether the entry speaks of this file (and of this sheet of it); rows written out speak of none."""
        return not self.rows and _among(file, self.file) and (sheet is None or _among(sheet, self.sheet))

    def headings(self) -> Iterable[str]:
        """Every heading that the entry names, so that a row of them is known for a heading row."""
        yield from self.names
        yield from (f.heading for f in self.filters)
        for columns in (self.columns, *self.wide):
            for spec in columns.values():
                yield from names_of(spec)

    def told(self) -> str:
        """The entry as a finding names it."""
        return " ".join(filter(None, (self.table or "skip", "|".join(self.file), "|".join(self.sheet))))


@dataclass(frozen=True)
class MappingFile:
    name: str = ""
    origin: str = "computed"
    entries: tuple[Entry, ...] = ()
    file: str = "mapping.yml"

    def entries_for(self, file: str, sheet: str | None = None) -> list[Entry]:
        return [e for e in self.entries if e.takes(file, sheet)]

    def skips(self, file: str) -> bool:
        """Whether the whole file is none of ours."""
        return any(e.skip and not e.sheet for e in self.entries_for(file))


def _among(name: str, globs: tuple[str, ...]) -> bool:
    return not globs or any(name == glob or fnmatch(name, glob) for glob in globs)


def names_of(spec: Mapping[str, Any]) -> list[str]:
    """The headings that a column's specification names."""
    if "format" in spec:
        return [found[1] for found in FIELD.finditer(spec["format"]) if found[1] != "row"]
    return [*spec.get("from", ()), *spec.get("sum", ()), *spec.get("less", ())]


class _Yaml(yaml.SafeLoader):
    """YAML as version 1.2 reads it, where 01 and yes are words; a key that stands twice is an error."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        twice = next((k for i, k in enumerate(keys) if k in keys[:i]), None)
        if twice is not None:
            raise yaml.YAMLError(f"{twice}: × 2 (line {node.start_mark.line + 1})")
        return super().construct_mapping(node, deep)


_Yaml.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", "true|True|false|False", "tTfF"), ("int", r"-?(?:0|[1-9]\d*)", "-0123456789"), ("float", r"-?\d+\.\d*(?:[eE][-+]?\d+)?", "-0123456789"),
    ("null", "~|null|", ["~", "n", ""]), ("timestamp", r"\d{4}-\d\d-\d\d", "0123456789"), ("merge", "<<", "<"),
):  # fmt: skip
    _Yaml.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))


class _Place(NamedTuple):
    """Where in the mapping file something stands, for errors."""

    path: Path
    steps: tuple[str, ...] = ()

    def at(self, *steps: object) -> _Place:
        return _Place(self.path, (*self.steps, *map(str, steps)))

    def wrong(self, found: object, expected: Iterable[str] | str, word: object = None) -> DataError:
        choices = [expected] if isinstance(expected, str) else list(expected)
        shown = " › ".join([*self.steps, str(found)[:80]])
        hint = hint_for(found if word is None else word, choices)
        return DataError("mapping_word", file=self.path.name, found=shown, expected=" | ".join(choices), hint=hint)

    def keys(self, found: object, known: Iterable[str]) -> dict[str, Any]:
        known = list(known)
        if not isinstance(found, dict):
            raise self.wrong(found, [f"{k}: …" for k in known], "")
        for key in found:
            if key not in known:
                raise self.wrong(key, known)
        return found

    def one_of(self, found: object, choices: Iterable[str]) -> str:
        choices = list(choices)
        if found not in choices:
            raise self.wrong(found, choices)
        return str(found)

    def words(self, found: object, expected: str) -> tuple[str, ...]:
        """One word or several; numbers are words here (a sheet named 2012)."""
        words = found if isinstance(found, list) else [found]
        if not words or any(isinstance(w, dict | list | bool) or w is None for w in words):
            raise self.wrong(found, expected, "")
        return tuple(map(str, words))

    def flag(self, found: object) -> bool:
        if not isinstance(found, bool):
            raise self.wrong(found, ("true", "false"))
        return found


def files_beside(path: Path, mapping: Path | None = None) -> list[Path]:
    """The files outside ``path`` that reading it hangs on: the mapping and its lists of codes, and what a database keeps beside its file."""
    own = mapping or (path if path.is_dir() else path.parent) / "mapping.yml"
    found = [] if path.is_dir() else [*path.parent.glob(f"{glob.escape(path.name)}[-.]*")]
    if own.is_file():
        found += [own, *(own.parent / name for name in _lists_in(own))]
    return sorted({one for one in map(_plain, found) if one.is_file() and path not in one.parents})


def _plain(path: Path) -> Path:
    return Path(os.path.normpath(path))


def _lists_in(mapping: Path) -> Iterator[str]:
    """Names of the lists of codes that a mapping speaks of; one that is no mapping is told when it is read."""
    with suppress(OSError, yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        waiting: list[Any] = [yaml.load(mapping.read_text("utf-8-sig"), _Yaml)]
        while waiting:
            one = waiting.pop()
            waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else []
            if isinstance(one, dict) and isinstance(one.get("codes"), str):
                yield one["codes"]


def read_mapping(path: Path) -> MappingFile:
    """A checked ``mapping.yml``; ``DataError`` names the key that is wrong and where it stands."""
    try:
        said = yaml.load(path.read_text("utf-8-sig"), _Yaml) or {}  # a safe loader
    except (OSError, yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise DataError("bad_yaml", file=path.name, found=" ".join(str(error).split())[:200]) from None
    if not isinstance(said, dict):
        raise DataError("bad_yaml", file=path.name, found=type(said).__name__)
    place = _Place(path)
    place.keys(said, _TOP)
    origin = place.at("origin").one_of(said.get("origin", "computed"), ("computed", "synthetic"))
    tables = said.get("tables") or []
    if not isinstance(tables, list):
        raise place.at("tables").wrong(tables, "- table: …", "")
    return MappingFile(str(said.get("name") or ""), origin, tuple(_entry(e, place.at(f"tables {i}")) for i, e in enumerate(tables, 1)), path.name)


def _entry(said: Any, place: _Place) -> Entry:
    place.keys(said, _ENTRY)
    words: dict[str, Any] = {key: place.at(key).words(said[key], f"{key}: …") for key in ("file", "sheet") if said.get(key) is not None}
    if "skip" in said and place.at("skip").flag(said["skip"]):
        place.keys(said, _SKIP)
        if not words:
            raise place.wrong("skip", "file: …  sheet: …", "")
        return Entry(skip=True, **words)
    if "table" not in said:
        raise place.wrong(", ".join(map(str, said)), "table: …", "")
    table = place.at("table").one_of(said["table"], schema.TABLES)
    plain: dict[str, Any] = {key: str(said[key]) for key in ("encoding", "unit", "query") if said.get(key) is not None}
    _check_plain(plain, words, place)
    if said.get("header_row") is not None and (type(said["header_row"]) is not int or said["header_row"] < 1):
        raise place.at("header_row").wrong(said["header_row"], "1, 2, 3 …", "")
    names = place.at("headings").words(said["headings"], "headings: [ … ]") if "headings" in said else ()
    rows = said.get("rows") or []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise place.at("rows").wrong(rows, "- {…: …}", "")
    known = _columns_of(table)
    for row in rows:
        place.at("rows").keys(row, [*known, *(k for k in row if str(k).startswith("q_"))])
    columns = _columns(said.get("columns") or {}, table, place.at("columns"))
    wide, pattern = _wide(said.get("wide"), table, place.at("wide"))
    if not rows and not columns and not wide and not pattern:
        raise place.wrong(", ".join(map(str, said)), ("columns: …", "rows: …"), "")
    filters = [*_filters(said.get("where"), True, place.at("where")), *_filters(said.get("not"), False, place.at("not"))]
    distinct = place.at("distinct").flag(said.get("distinct", False))
    return Entry(table, distinct=distinct, header_row=said.get("header_row"), names=names, columns=columns, wide=wide, pattern=pattern,
                 filters=tuple(filters), rows=tuple(rows), **words, **plain)  # fmt: skip


def _check_plain(plain: dict[str, str], words: dict[str, tuple[str, ...]], place: _Place) -> None:
    if "unit" in plain:
        place.at("unit").one_of(plain["unit"], UNIT_FACTORS)
    if "encoding" in plain:
        try:
            codecs.lookup(plain["encoding"])
        except LookupError:
            raise place.at("encoding").wrong(plain["encoding"], ("utf-8", "gb18030", "big5")) from None
    if "query" in plain and (not _READS.match(plain["query"]) or ";" in plain["query"].rstrip(" ;\n")):
        raise place.at("query").wrong(plain["query"], "select …", "")
    if "query" in plain and len(words.get("sheet", ())) != 1:
        raise place.at("query").wrong("sheet", "sheet: …", "")


def _columns_of(table: str) -> dict[str, schema.Column]:
    return {c.name: c for c in (*schema.HELPERS, *schema.TABLES[table].columns)}


def _columns(said: Any, table: str, place: _Place) -> dict[str, dict[str, Any]]:
    known = _columns_of(table)
    place.keys(said, [*known, *(k for k in said if str(k).startswith("q_"))] if isinstance(said, dict) else known)
    return {name: _column(spec, known.get(name) or schema.Column(name, "number", ()), place.at(name)) for name, spec in said.items()}


def _column(said: Any, column: schema.Column, place: _Place) -> dict[str, Any]:
    """One column's specification, checked: headings as lists, codes as a table of words."""
    if not isinstance(said, dict):
        if isinstance(said, int | float) and not isinstance(said, bool):
            raise place.wrong(said, f"{{value: {said}}}", "")
        return {"from": list(place.words(said, "…: heading"))}
    spec = dict(place.keys(said, _COLUMN))
    if len([way for way in _WAYS if way in spec]) != 1:
        raise place.wrong(", ".join(map(str, spec)) or "{}", _WAYS, "")
    for key in ("from", "sum", "less"):
        if key in spec:
            spec[key] = list(place.at(key).words(spec[key], "heading"))
    for key, needs in (("less", "sum"), ("nth", "from")):
        if key in spec and needs not in spec:
            raise place.wrong(key, needs, "")
    if "sum" in spec and column.kind not in _AMOUNTS:
        raise place.wrong("sum", ("from", "value", "format"), "")
    if "nth" in spec and (type(spec["nth"]) is not int or spec["nth"] < 1):
        raise place.at("nth").wrong(spec["nth"], "1, 2, 3 …", "")
    if "unit" in spec:
        place.at("unit").one_of(spec["unit"], UNIT_FACTORS)
    if "format" in spec and not isinstance(spec["format"], str):
        raise place.at("format").wrong(spec["format"], "{…}", "")
    if "value" in spec and (isinstance(spec["value"], dict | list) or spec["value"] is None):
        raise place.at("value").wrong(spec["value"], "value: …", "")
    blank = spec.get("blank", [])
    spec["blank"] = frozenset(place.at("blank").words(blank, "blank: […]")) if blank != [] else frozenset()
    spec["codes"] = _codes(spec.get("codes", {}), column, place.at("codes"))
    return spec


def _codes(said: Any, column: schema.Column, place: _Place) -> dict[str, str]:
    """Their words → ours, written out or in a CSV file beside the mapping; a word of ours that a choice does not know is refused."""
    pairs = _code_list(said, place) if isinstance(said, str) else [(str(k), v) for k, v in said.items()] if isinstance(said, dict) else None
    if pairs is None:
        raise place.wrong(said, ("{…: …}", "codes.csv"), "")
    if isinstance(said, str) and pairs and column.choices and parse.parse_choice(pairs[0][1], column.choices).value is None:
        pairs = pairs[1:]  # the headings of the list
    for word, ours in pairs:
        if isinstance(ours, dict | list) or ours is None or (column.choices and parse.parse_choice(str(ours), column.choices).value is None):
            raise place.at(word).wrong(ours, column.choices or "…")
    return {word.strip(): str(ours) for word, ours in pairs}


def _code_list(name: str, place: _Place) -> list[tuple[str, Any]]:
    file = place.path.parent / name
    try:
        content = file.read_bytes()
    except OSError:
        raise place.wrong(name, sorted(p.name for p in place.path.parent.glob("*.csv")) or "codes.csv") from None
    for encoding in ENCODINGS:
        try:
            rows = [row for row in csv.reader(io.StringIO(content.decode(encoding), newline="")) if any(row)]
        except (UnicodeDecodeError, csv.Error):
            continue
        short = next((row for row in rows if len(row) < 2), None)
        if short is not None:
            raise place.at(name).wrong(",".join(short), "…,…", "")
        return [(row[0].strip(), row[1].strip()) for row in rows]
    raise DataError("bad_encoding", file=name, expected=" | ".join(ENCODINGS))


def _wide(said: Any, table: str, place: _Place) -> tuple[tuple[dict[str, dict[str, Any]], ...], dict[str, str]]:
    """A list of sets of columns, one for each block of rows; or patterns such as {quota: "{period}年额度"}."""
    if said is None:
        return (), {}
    if isinstance(said, list) and said:
        return tuple(_columns(part, table, place.at(i)) for i, part in enumerate(said, 1)), {}
    known = _columns_of(table)
    patterns = place.keys(said, known)
    for column, pattern in patterns.items():
        fields = re.findall(r"\{([^{}]*)\}", str(pattern))
        if not fields:
            raise place.at(column).wrong(pattern, f"{{{next(iter(known))}}}…", "")
        for name in fields:
            if name not in known:
                raise place.at(column).wrong(name, known)
    if len({frozenset(re.findall(r"\{([^{}]*)\}", str(p))) for p in patterns.values()}) > 1:
        raise place.wrong(patterns, "{period}…", "")
    return (), {column: str(pattern) for column, pattern in patterns.items()}


def _filters(said: Any, keep: bool, place: _Place) -> list[Filter]:
    if said is None:
        return []
    if not isinstance(said, dict):
        raise place.wrong(said, "{heading: [word, …]}", "")
    filters = []
    for heading, words in said.items():
        listed = words if isinstance(words, list) else [words]
        if not listed or any(isinstance(w, dict | list) for w in listed):
            raise place.at(heading).wrong(words, "[word, …]", "")
        filters.append(Filter(str(heading), frozenset(word_of(w) for w in listed), keep))
    return filters


def word_of(cell: Any) -> str:
    """A cell as filters compare it: text without outer space, full width folded; whole numbers without ".0"; blank is ""."""
    if cell is None or cell != cell or type(cell).__name__ in ("NAType", "NaTType"):
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if hasattr(cell, "isoformat"):
        return str(cell.isoformat()).removesuffix("T00:00:00")
    return unicodedata.normalize("NFKC", str(cell)).strip()
