"""Files → checked Dataset, and what was refused, and why.

``load`` reads every workbook, text table and Parquet file below a folder, recognises which of our tables each sheet is (or
follows ``mapping.yml``), resolves areas, and checks rows against each other. Nothing is lost: rows read = rows kept +
rows refused, and for every amount column the same holds for the sums.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import yaml

from ..errors import DataError
from . import checks, cross, database, parse, people, schema
from .areas import Names
from .dataset import BLOCKS, FINDINGS, REFUSED, SOURCES, SUMS, Dataset, empty_table, records
from .intake import Grid, Ledger, take
from .locate import context_of
from .mapping import Entry, MappingFile, Plan, plan_mapped, plan_recognised, read_mapping
from .workbook import read_workbook

SUFFIXES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".csv", ".tsv", ".txt", ".html", ".htm", ".parquet", ".duckdb")
NOT_DATA = (".md", ".yml", ".yaml")
SYNTHETIC = ("虚构示例数据", "Fictional sample data")


class _Heading(NamedTuple):
    """A column of a Parquet file, in the shape of a workbook's heading."""

    text: str
    keys: tuple[str, ...]
    unit: str | None
    index: int  # type: ignore[assignment]


def find_path(path: str | Path) -> Path:
    """``path``, tried from the working directory and then its parents, so that notebooks and commands agree."""
    wanted = Path(path).expanduser()
    for base in (Path.cwd(), *Path.cwd().parents):
        if (base / wanted).exists():
            return base / wanted
    raise DataError("no_such_path", found=str(path), where=Path.cwd().name)


def load_sample() -> Dataset:
    """The fictional sample district, from ``data/sample`` of the working directory, its parents, or the source tree."""
    here = Path(__file__).resolve().parents[2] / "data" / "sample"
    return load(here if here.is_dir() else "data/sample")


def load_rules(path: str | Path | None = None) -> dict[str, Any]:
    """The rule book of the package, with the entries of ``path`` in place of its own."""
    rules = yaml.safe_load(Path(__file__).with_name("rules.yaml").read_text("utf-8"))
    if path:
        file = find_path(path)
        try:
            own = yaml.safe_load(file.read_text("utf-8-sig"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise DataError("bad_yaml", file=file.name, found=str(error).splitlines()[0]) from None
        if not isinstance(own, dict):
            raise DataError("bad_yaml", file=file.name, found=type(own).__name__)
        rules |= own
    return rules


def load(path: str | Path, *, mapping: str | Path | None = None, rules: str | Path | None = None) -> Dataset:
    """Read everything below ``path`` (a folder or one file) into a checked ``Dataset``.

    Parameters
    ----------
    path : folder or file; relative paths are tried from the working directory, then its parents.
    mapping : a mapping file (see ``data.mapping``); without it ``mapping.yml`` in the folder, if there is one.
    rules : a rule book whose entries replace the package's own.

    Returns
    -------
    Dataset : each table as an attribute; ``refused``, ``findings``, ``sources``, ``sums`` say what happened to the rest.

    Raises
    ------
    DataError : the path does not exist, holds no data file, or the mapping or rule book is wrong. A single bad file does
        not raise: it is listed in ``sources`` as ``unread`` and in ``findings``.
    """
    book = load_rules(rules)
    ledger = Ledger()
    sources: list[dict[str, Any]] = []
    if database.is_url(path):
        said, name = _mapping(None, mapping), database.name_of(path)
        grids = _guarded(lambda: database.read_url(str(path), said), name, "", ledger, sources)
    else:
        root = find_path(path)
        said, name = _mapping(root, mapping), root.stem
        grids = [grid for file in _files(root, path) for grid in _read(file, root, said, ledger, sources)]
    plans = []
    for grid in grids:
        fed = _plans(grid, said, ledger)
        people.mask(grid, fed, ledger)
        plans += [(grid, plan) for plan in fed]
    tables = _intake(plans, said, ledger)
    cross.check(tables, sources, book, ledger)
    _place_refused(ledger, tables)
    synthetic = said.origin == "synthetic" or any(s["origin"] == "synthetic" for s in sources)
    return Dataset(
        tables,
        records(ledger.refused, REFUSED),
        records(ledger.findings, FINDINGS),
        _sources(sources, ledger, Names(tables["areas"])),
        _sums(ledger, tables),
        records(ledger.blocks, BLOCKS),
        book,
        "synthetic" if synthetic else "computed",
        said.name or name,
    )


def _mapping(root: Path | None, mapping: str | Path | None) -> MappingFile:
    if mapping:
        return read_mapping(find_path(mapping))
    if root is None:
        return MappingFile()
    own = (root if root.is_dir() else root.parent) / "mapping.yml"
    return read_mapping(own) if own.is_file() else MappingFile()


def _files(root: Path, asked: str | Path) -> list[Path]:
    """Files to read, in a fixed order; lock files of an open Excel and hidden files are none."""
    if root.is_file():
        return [root]
    files = sorted(p for p in root.rglob("*") if p.is_file() and not p.name.startswith(("~$", ".")) and p.suffix.lower() not in NOT_DATA)
    if not files:
        raise DataError("empty_folder", found=str(asked), expected=" ".join(SUFFIXES))
    return files


def _read(file: Path, root: Path, said: MappingFile, ledger: Ledger, sources: list[dict[str, Any]]) -> list[Grid]:
    """The blocks of one file."""
    name = file.relative_to(root).as_posix() if root.is_dir() else file.name
    readers = {".parquet": _parquet, ".duckdb": database.read_duckdb}
    read = readers.get(file.suffix.lower(), _workbook)
    return _guarded(lambda: read(file, name, said), name, hashlib.sha256(file.read_bytes()).hexdigest(), ledger, sources)


def _guarded(read: Callable[[], list[Grid]], name: str, sha256: str, ledger: Ledger, sources: list[dict[str, Any]]) -> list[Grid]:
    """What ``read`` gives; a file that cannot be read is only written down."""
    source = {"file": name, "sha256": sha256, "sheets": 0, "status": "used", "origin": "computed"}
    sources.append(source)
    grid = Grid(name, "", "", None, [], [], {})
    try:
        grids = read()
    except DataError as error:
        source["status"] = "unread"
        ledger.find(grid, error.code, found=error.facts.get("found", name), expected=error.facts.get("expected", ""))
        return []
    source["sheets"] = len({g.sheet for g in grids})
    if any(word in text for g in grids for text in (g.title, *g.notes) for word in SYNTHETIC):
        source["origin"] = "synthetic"
    return grids


def _workbook(file: Path, name: str, said: MappingFile) -> list[Grid]:
    if file.suffix.lower() not in SUFFIXES:
        raise DataError("unknown_file_type", found=file.name, expected=" ".join(SUFFIXES))
    entries = [e for e in said.entries if fnmatch(name, e.file)]
    known = schema.known_headings() | {schema.heading_key(h) for e in entries for h in e.headings()}
    encoding = next((e.encoding for e in entries if e.encoding), None)
    grids = []
    for block in read_workbook(file, known=known, encoding=encoding):
        cells = zip(*(row.cells for row in block.rows), strict=True) if block.rows else [()] * len(block.headings)
        columns = dict(zip((h.index for h in block.headings), cells, strict=True))
        numbers = [row.number for row in block.rows]
        about = (block.sheet, block.title, block.unit, block.headings)
        grid = Grid(name, *about, numbers, columns, block.totals, block.notes, block.merged_amounts)
        grids.append(replace(grid, hidden=block.hidden, hidden_rows=block.hidden_rows, epoch=block.epoch))
    for grid in grids:
        grid.book = "\n".join(dict.fromkeys(g.title for g in grids if g.title and g.sheet != grid.sheet))
    return grids


def _parquet(file: Path, name: str, said: MappingFile) -> list[Grid]:
    try:
        frame = pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise DataError("not_a_workbook", file=name, found=str(error).splitlines()[0]) from None
    headings = [_Heading(str(c), (schema.heading_key(c),), None, i) for i, c in enumerate(frame.columns)]
    columns = {i: frame.iloc[:, i] for i in range(frame.shape[1])}
    return [Grid(name, file.stem, "", None, headings, np.arange(2, len(frame) + 2), columns)]


def _plans(grid: Grid, said: MappingFile, ledger: Ledger) -> list[Plan]:
    """The tables that a block feeds: those of the mapping, or the one that its headings fit."""
    entries = [e for e in said.entries if e.file and fnmatch(grid.file, e.file) and e.sheet in (None, grid.sheet)]
    if entries:
        plans = [plan_mapped(e, grid.headings) for e in entries]
    else:
        context = context_of(grid, None)
        if any(w in f"{grid.title}{grid.sheet}{grid.file}" for w in ("街道", "镇")):
            context["street"] = ""
        plan = plan_recognised(grid, context) if grid.headings else None
        plans = [plan] if plan else []
    if not plans:
        ledger.see(grid, None)
        ledger.find(grid, "unknown_sheet", found=" ".join(str(h.text) for h in grid.headings) or grid.title, detail=len(grid))
    else:
        for plan in plans:
            ledger.see(grid, plan)
        _unmapped(grid, frozenset().union(*(p.used for p in plans)), ledger)
        checks.check_totals(grid, plans[0], ledger)
    return plans


def _unmapped(grid: Grid, used: frozenset[int], ledger: Ledger) -> None:
    """Numeric columns that nobody mapped, with their sums: money must not vanish because of a heading."""
    ignored = {schema.heading_key(h) for h in schema.IGNORED}
    for heading in grid.headings:
        if heading.index in used or not ignored.isdisjoint(heading.keys) or heading.index not in grid.columns:
            continue
        numbers = [parse.parse_number(cell).value for cell in grid.columns[heading.index]]
        numbers = [n for n in numbers if n is not None]
        if numbers:
            ledger.find(grid, "unmapped_column", column=heading.text, detail=f"{sum(numbers):.2f}")


def _intake(plans: list[tuple[Grid, Plan]], said: MappingFile, ledger: Ledger) -> dict[str, pd.DataFrame]:
    """All blocks → tables: areas first, since the others need them."""
    taken: dict[str, list[pd.DataFrame]] = {}
    plans = [_written(e) for e in said.entries if e.rows] + plans
    for grid, plan in plans:
        if plan.table == "areas":
            taken.setdefault("areas", []).append(take(grid, plan, {}, None, ledger))
    tables = {"areas": _joined("areas", taken, ledger)}
    tables["areas"] = checks.check_parents(tables["areas"], ledger)
    names = Names(tables["areas"])
    for grid, plan in plans:
        if plan.table != "areas":
            context = {} if plan.distinct and not grid.title else context_of(grid, names, ledger)
            grid.street, grid.year = context.get("street"), context.get("period")
            taken.setdefault(plan.table, []).append(take(grid, plan, context, names, ledger))
    for name in schema.TABLES:
        if name != "areas" and name in taken:
            tables[name] = _joined(name, taken, ledger)
    if "crosswalk" in tables:
        tables["crosswalk"] = checks.check_crosswalk(tables["crosswalk"], tables["areas"], ledger)
    checks.check_references(tables, ledger)
    return tables


def _written(entry: Entry) -> tuple[Grid, Plan]:
    """Rows written out in a mapping file, as a block and its plan."""
    names = list(dict.fromkeys(k for row in entry.rows for k in row))
    headings = [_Heading(n, (schema.heading_key(n),), None, i) for i, n in enumerate(names)]
    columns = {h.index: [row.get(h.text) for row in entry.rows] for h in headings}
    grid = Grid("mapping.yml", entry.table, "", None, headings, range(1, len(entry.rows) + 1), columns)
    return grid, plan_mapped(replace(entry, columns=dict(zip(names, names, strict=True))), headings)


def _joined(name: str, taken: dict[str, list[pd.DataFrame]], ledger: Ledger) -> pd.DataFrame:
    parts = [p for p in taken.get(name, []) if len(p)]
    if not parts:
        return empty_table(name)
    rows = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    if name == "payments":
        rows = _dated(rows, ledger)
    return checks.drop_duplicates(rows, name, ledger)


def _dated(payments: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """A payment needs a day or at least a year."""
    blank = payments["paid_on"].isna() & payments["period"].isna()
    if blank.any():
        checks.refuse_rows(payments[blank], "payments", "paid_on", "missing", ledger, expected="date")
    return payments[~blank].reset_index(drop=True)


def _place_refused(ledger: Ledger, tables: dict[str, pd.DataFrame]) -> None:
    """Refused payments belong to their project's area and fund year, whether the project was kept or refused itself."""
    projects = tables.get("projects", empty_table("projects")).drop_duplicates("project_id").set_index("project_id")
    places = projects[["area_code", "period"]].to_dict("index")
    for told in ledger.refused:
        if told["table"] == "projects" and told.get("project_id"):
            places.setdefault(told["project_id"], {"area_code": told["area_code"], "period": told["period"]})
    for told in ledger.refused:
        told |= places.get(told.get("project_id"), {}) if told["table"] == "payments" else {}


def _sources(sources: list[dict[str, Any]], ledger: Ledger, names: Names) -> pd.DataFrame:
    rows = records(ledger.rows, ("file", "sheet", "table", "read", "refused")).groupby("file")[["read", "refused"]].sum()
    frame = records(sources, SOURCES)
    if "mapping.yml" in rows.index:
        written = {"file": "mapping.yml", "sha256": "", "sheets": 1, "status": "used", "origin": "computed"}
        frame = pd.concat([frame, records([written], SOURCES)], ignore_index=True)
    counts = rows.reindex(frame["file"]).fillna(0).astype("int64")
    frame["read"], frame["refused"] = counts["read"].to_numpy(), counts["refused"].to_numpy()
    frame["kept"] = frame["read"] - frame["refused"]
    copies = frame.duplicated("sha256") & frame["sha256"].ne("") & frame["kept"].eq(0)  # its path may still say another year
    told = [context_of(Grid(file, "", "", None, [], [], {}), names) for file in frame["file"]]  # whom a file is from, even when unread
    frame["area_code"], frame["period"] = [t.get("street") for t in told], [t.get("period") for t in told]
    frame["status"] = frame["status"].mask(copies & frame["status"].eq("used"), "superseded")
    return frame


def _sums(ledger: Ledger, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Per file, sheet and amount column: yuan read, kept (summed over the finished tables), refused."""
    key = ["file", "sheet", "table", "column"]
    sums = records(ledger.sums, (*key, "read", "refused")).groupby(key, sort=False)[["read", "refused"]].sum().reset_index()
    kept = []
    for name, rows in tables.items():
        for column in (c.name for c in schema.TABLES[name].columns if c.kind == "money"):
            part = rows[["source_file", "source_sheet"]].set_axis(["file", "sheet"], axis=1).assign(kept=checks.to_fen(rows[column]))
            kept.append(part.groupby(["file", "sheet"], sort=False)["kept"].sum().reset_index().assign(table=name, column=column))
    sums = sums.merge(pd.concat(kept, ignore_index=True), on=key, how="left") if kept else sums.assign(kept=0)
    for column in ("read", "kept", "refused"):
        sums[column] = sums[column].fillna(0).astype("float64") / 100
    return sums[list(SUMS)]
