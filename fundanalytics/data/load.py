"""Files → checked Dataset, and what was refused, and why.

``load`` reads every workbook, text table and Parquet file below a folder, recognises which of our tables each sheet is (or
follows ``mapping.yml``), resolves areas, and checks rows against each other. Nothing is lost: rows read = rows kept +
rows refused, and for every amount column the same holds for the sums.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from ..errors import DataError, near_misses
from ..kept import keeps, kept
from . import checks, cross, crosswalk, database, parse, people, schema
from .areas import Names
from .dataset import BLOCKS, FINDINGS, REFUSED, SOURCES, SUMS, Dataset, empty_table, records
from .files import mapping_of, read_grids, source_of, text_files
from .intake import take
from .ledger import Grid, Ledger
from .locate import context_of
from .mapping import Entry, MappingFile, Plan, entries_of, left_out, plans_mapped
from .mapping_file import files_beside
from .paths import find_path
from .texts import read_texts
from .wide import plans_recognised
from .workbook import Heading


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
    path : folder, file, or address of a database; relative paths are tried from the working directory, then its parents.
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
    if database.is_url(path):
        with _uncollected():
            return _load(path, mapping, rules)
    found = find_path(path).absolute()
    return _loaded(found, mapping, rules, tuple(files_beside(found, find_path(mapping) if mapping else None)) if keeps() else ())


@kept
def _loaded(path: Path, mapping: str | Path | None, rules: str | Path | None, files: tuple[Path, ...]) -> Dataset:
    with _uncollected():
        found = _load(path, mapping, rules)
    for name in schema.TABLES:  # none is made later, so that a data set that somebody changed can be told
        getattr(found, name)
    return found


@contextmanager
def _uncollected() -> Iterator[None]:
    """Millions of cells are made and none of them points in a circle: the collector would look through them again and again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _load(path: str | Path, mapping: str | Path | None, rules: str | Path | None) -> Dataset:
    book = load_rules(rules)
    ledger = Ledger()
    sources: list[dict[str, Any]] = []
    root = None if database.is_url(path) else find_path(path)
    said, name = mapping_of(root, mapping), root.stem if root else database.name_of(path)
    grids = read_grids(path, said, ledger, sources)
    plans = []
    for grid in grids:
        fed = _plans(grid, entries_of(grid, said, grids), ledger)
        plans += [(grid, plan) for plan in fed]
    _unused(said, grids, sources, ledger)
    tables = _intake(plans, said, ledger)
    cross.check(tables, book, ledger)
    _place_refused(ledger, tables)
    folder, files = text_files(path)
    texts, written = read_texts(files, folder, tables["areas"], ledger)
    synthetic = said.origin == "synthetic" or any(s["origin"] == "synthetic" for s in sources)
    return Dataset(
        tables,
        records(ledger.refused, REFUSED),
        records(ledger.findings, FINDINGS),
        pd.concat([_sources(sources, ledger, Names(tables["areas"])), *([records(written, SOURCES)] if written else [])], ignore_index=True),
        _sums(ledger, tables),
        records(ledger.blocks, BLOCKS),
        book,
        "synthetic" if synthetic else "computed",
        said.name or name,
        texts,
    )


def _plans(grid: Grid, entries: list[Entry], ledger: Ledger) -> list[Plan]:
    """The tables that a block feeds: those of the mapping's entries for it, or the one that its headings fit."""
    if any(e.skip for e in entries):
        ledger.see(grid, None)
        ledger.find(grid, "skipped_sheet", found=grid.sheet, detail=len(grid))
        return []
    if entries:
        plans = [plan for e in entries for plan in plans_mapped(e, grid)]
        _left_out(grid, left_out(entries, grid), plans, ledger)
    else:
        plans = plans_recognised(grid, ledger) if grid.headings else []
    people.mask(grid, plans, ledger)
    if not plans:
        ledger.see(grid, None)
        ledger.find(grid, "unknown_sheet", found=" ".join(str(h.text) for h in grid.headings) or grid.title, detail=len(grid))
        _told_of(grid, [], ledger)
        _unmapped(grid, frozenset(), ledger)
        checks.check_totals(grid, None, ledger)
    else:
        for plan in plans:
            ledger.see(grid, plan)
        _told_of(grid, plans, ledger)
        _unmapped(grid, frozenset().union(*(p.used for p in plans)), ledger)
        checks.check_totals(grid, plans[0], ledger)
    return plans


def _told_of(grid: Grid, plans: list[Plan], ledger: Ledger) -> None:
    """What is read like the rest and may surprise: a hidden sheet, hidden rows, a heading that stands twice."""
    table = plans[0].table if plans else ""
    if grid.hidden and len(grid):
        ledger.find(grid, "hidden_sheet", table=table, found=grid.sheet, detail=len(grid))
    if grid.hidden_rows:
        rows = "、".join(str(number) for number in grid.hidden_rows)
        ledger.find(grid, "hidden_rows", table=table, cell=f"{grid.hidden_rows[0]}:{grid.hidden_rows[0]}", found=rows, detail=len(grid.hidden_rows))
    for number in grid.merged_rows:
        ledger.find(grid, "merged_row", table=table, cell=f"{number}:{number}")
    for plan in plans:
        names = {key: name for name, source in plan.sources.items() for h in grid.headings if h.index in source.index for key in h.keys[:1]}
        for heading in grid.headings:
            name = next((names[key] for key in heading.keys[:1] if key in names), None)
            if name and not any(heading.index in p.used for p in plans):
                cell = grid.cell(grid.heading_row, heading.index) if grid.heading_row else ""
                ledger.find(grid, "heading_twice", table=plan.table, column=name, cell=cell, found=heading.text)


def _left_out(grid: Grid, rows: np.ndarray, plans: list[Plan], ledger: Ledger) -> None:
    """Rows that the filters of a mapping leave out, with the sums of their amounts: none goes in silence."""
    if not len(rows):
        return
    found = False
    texts = {h.index: str(h.text) for h in grid.headings}
    money = {i for p in plans for c in schema.TABLES[p.table].columns if c.kind == "money" and c.name in p.sources for i in p.sources[c.name].every_index()}
    for index in sorted(money):
        cells = list(grid.columns[index])
        numbers = [n for i in rows.tolist() if (n := parse.parse_number(cells[i]).value) is not None]
        if numbers:
            ledger.find(grid, "filtered_rows", column=texts[index], found=len(rows), detail=f"{sum(numbers):.2f}")
            found = True
    if not found:
        ledger.find(grid, "filtered_rows", found=len(rows))


def _unused(said: MappingFile, grids: list[Grid], sources: list[dict[str, Any]], ledger: Ledger) -> None:
    """Entries of the mapping that matched no sheet, with the names that come near."""
    files = [s["file"] for s in sources]
    for entry in said.entries:
        unread = [s["file"] for s in sources if s["status"] != "used" and entry.takes(s["file"])]
        if entry.rows or unread or any(entry.takes(g.file, g.sheet) for g in grids):
            continue
        sheets = [g.sheet for g in grids if entry.takes(g.file)]
        near = [n for word in (entry.sheet if sheets else entry.file) for n in near_misses(word, sheets or files)]
        ledger.find(Grid(said.file, "", "", None, [], [], {}), "mapping_unused", table=entry.table, found=entry.told(), expected="、".join(near))


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
        if plan.table in ("areas", "aliases"):
            taken.setdefault(plan.table, []).append(take(grid, plan, {}, None, ledger))
    tables: dict[str, pd.DataFrame] = {name: _joined(name, taken, ledger) for name in ("areas", "aliases") if name == "areas" or name in taken}
    tables["areas"] = checks.check_parents(tables["areas"], ledger)
    crosswalk.check_editions(tables["areas"], ledger)
    if "aliases" in tables:
        tables["aliases"] = crosswalk.check_aliases(tables["aliases"], tables["areas"], ledger)
    names = Names(tables["areas"], tables.get("aliases"))
    for grid, plan in plans:
        if plan.table not in ("areas", "aliases"):
            context = {} if plan.distinct and not grid.title else context_of(grid, names, ledger)
            own = plan.sources.get("period")
            grid.street, grid.year = context.get("street"), str(own.value) if own and own.value else context.get("period")
            taken.setdefault(plan.table, []).append(take(grid, plan, context, names, ledger))
    for name in schema.TABLES:
        if name not in ("areas", "aliases") and name in taken:
            tables[name] = _joined(name, taken, ledger)
    if "crosswalk" in tables:
        tables["crosswalk"] = crosswalk.check_crosswalk(tables["crosswalk"], tables["areas"], ledger)
    checks.check_references(tables, ledger)
    crosswalk.check_counted_twice(tables, ledger)
    return tables


def _written(entry: Entry) -> tuple[Grid, Plan]:
    """Rows written out in a mapping file, as a block and its plan."""
    names = list(dict.fromkeys(k for row in entry.rows for k in row))
    headings = [Heading(n, (schema.heading_key(n),), None, i) for i, n in enumerate(names)]
    columns: dict[int, Any] = {h.index: [row.get(h.text) for row in entry.rows] for h in headings}
    grid = Grid("mapping.yml", entry.table, "", None, headings, range(1, len(entry.rows) + 1), columns)
    return grid, plans_mapped(replace(entry, columns={n: {"from": [n]} for n in names}), grid)[0]


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
        frame = pd.concat([frame, records([source_of("mapping.yml", "") | {"sheets": 1}], SOURCES)], ignore_index=True)
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
