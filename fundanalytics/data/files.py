"""Files and databases → blocks, one ``Grid`` each; a file that cannot be read is written down and the others count.

Place in the flow: ``load`` comes here first. Which table a block is, and what its cells mean, is not known here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import DataError
from . import database, schema, workbook
from .continued import join_continued
from .dataset import TEXTS
from .forced import read_tables
from .ledger import Grid, Ledger
from .mapping import MappingFile, read_mapping
from .paths import find_path
from .reader.units import stated_unit
from .texts import NOTES
from .typed import column_of_arrow

SUFFIXES = (
    ".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlt", ".et", ".xlsb", ".ods", ".fods", ".csv", ".tsv", ".txt", ".html", ".htm", ".mht", ".mhtml", ".xml",
    ".parquet", ".duckdb", ".db", ".sqlite", ".sqlite3",
)  # fmt: skip
DATABASES = (".duckdb", ".db", ".sqlite", ".sqlite3")
LITTER = ("~$", ".", "Thumbs.db", "desktop.ini")  # how the names of lock files and what systems leave behind begin
NOT_DATA = (".md", ".yml", ".yaml", ".wal", ".db-wal", ".db-shm", ".sqlite-wal", ".sqlite-shm", ".sqlite3-wal", ".sqlite3-shm")
MACROS = (b"vbaProject.bin", "_VBA_PROJECT".encode("utf-16le"))  # their names in a package and in an xls workbook
_COPY = re.compile(r"\s*[(（]\d+[)）]$|\s*[-—–_]?\s*(副本|copy)$", re.IGNORECASE)
MARKER = ".fundanalytics"  # in a folder that this package wrote
SYNTHETIC = ("虚构示例数据", "Fictional sample data")


def mapping_of(root: Path | None, mapping: str | Path | None) -> MappingFile:
    if mapping:
        return read_mapping(find_path(mapping))
    if root is None:
        return MappingFile()
    own = (root if root.is_dir() else root.parent) / "mapping.yml"
    return read_mapping(own) if own.is_file() else MappingFile()


def read_grids(path: str | Path, said: MappingFile, ledger: Ledger, sources: list[dict[str, Any]]) -> list[Grid]:
    """Every block of the files below ``path``, or of a database; ``sources`` gets a row per file."""
    if not database.is_url(path):
        root = find_path(path)
        return [grid for file in _files(root, path) for grid in _read(file, root, said, ledger, sources)]
    grids = database.read_url(str(path), said, ledger)
    sources.append(source_of(database.name_of(path), "") | {"sheets": len({g.sheet for g in grids})})
    return grids


def source_of(name: str, sha256: str, status: str = "used") -> dict[str, Any]:
    return {"file": name, "sha256": sha256, "sheets": 0, "status": status, "origin": "computed"}


def _files(root: Path, asked: str | Path) -> list[Path]:
    """Files to read, in a fixed order; lock files of an open Excel, hidden files and what a check wrote are none."""
    if root.is_file():
        return [root]
    ours = {p.parent for p in root.rglob(MARKER)}
    ours.add(root / TEXTS)
    files = [p for p in root.rglob("*") if p.is_file() and not p.name.startswith(LITTER) and p.suffix.lower() not in NOT_DATA]
    files = sorted((p for p in files if ours.isdisjoint(p.parents)), key=_original_first)
    if not files:
        raise DataError("empty_folder", found=str(asked), expected=" ".join(SUFFIXES))
    return files


def text_files(path: str | Path) -> tuple[Path, list[Path]]:
    """The folder that is read, and the files of its ``texts``; none of a single file or a database."""
    root = Path() if database.is_url(path) else find_path(path)
    found = sorted((root / TEXTS).rglob("*")) if root.is_dir() and not database.is_url(path) else []
    return root, [p for p in found if p.is_file() and not p.name.startswith(LITTER) and p.name != NOTES]


def _original_first(file: Path) -> tuple[Path, bool, Path]:
    """In the order of names, but 台账(1).xlsx after 台账.xlsx: of two with the same rows it is the one that repeats them."""
    original = file.with_name((_COPY.sub("", file.stem) or file.stem) + file.suffix)
    return original, file != original, file


def _read(file: Path, root: Path, said: MappingFile, ledger: Ledger, sources: list[dict[str, Any]]) -> list[Grid]:
    """The blocks of one file."""
    name = file.relative_to(root).as_posix() if root.is_dir() else file.name
    try:
        sha256, macros = _looked_through(file)
    except OSError as error:
        found = error.strerror or type(error).__name__
        return _guarded(lambda: _raise(DataError("unreadable_file", file=name, found=found)), name, "", ledger, sources)
    if said.skips(name):
        sources.append(source_of(name, sha256, "skipped"))
        return []
    if file.suffix.lower() in DATABASES:
        return _guarded(lambda: database.read_file(file, name, said, ledger), name, sha256, ledger, sources)
    if macros:
        ledger.find(Grid(name, "", "", None, [], [], {}), "macros_left_alone", found=name)
    read = _parquet if file.suffix.lower() == ".parquet" else _workbook
    return _guarded(lambda: read(file, name, said), name, sha256, ledger, sources)


def _looked_through(file: Path) -> tuple[str, bool]:
    """The checksum of a file, and whether a workbook brings macros."""
    digest, macros, before = hashlib.sha256(), False, b""
    with file.open("rb") as source:
        while piece := source.read(2**20):
            digest.update(piece)
            macros = macros or any(mark in before + piece for mark in MACROS)
            before = piece[-64:]
    return digest.hexdigest(), macros and file.suffix.lower().startswith((".xl", ".et"))


def _raise(error: DataError) -> list[Grid]:
    raise error


def _guarded(read: Callable[[], list[Grid]], name: str, sha256: str, ledger: Ledger, sources: list[dict[str, Any]]) -> list[Grid]:
    """What ``read`` gives; a file that cannot be read is only written down."""
    source = source_of(name, sha256)
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
    entries = said.entries_for(name)
    known = schema.known_headings() | {schema.heading_key(h) for e in entries for h in e.headings()}
    encoding = next((e.encoding for e in entries if e.encoding), None)
    grids = []
    found = read_tables(workbook.read_grids(file, encoding=encoding), known, name, entries)
    if not found:
        raise DataError("empty_workbook", file=name)
    aside = {block.sheet for block in found if any(mark in block.title for mark in schema.NOT_READ)}
    for block in (block for block in found if block.sheet not in aside):
        cells = zip(*(row.cells for row in block.rows), strict=True) if block.rows else [()] * len(block.headings)
        columns = dict(zip((h.index for h in block.headings), cells, strict=True))
        numbers = [row.number for row in block.rows]
        about = (block.sheet, block.title, block.unit or stated_unit([[file.stem]]), block.headings)
        grid = Grid(name, *about, numbers, columns, block.totals, block.notes, block.merged_amounts)
        heading_row = block.header_rows[-1] if block.header_rows else 0
        grid = replace(grid, continues=block.continues, merged_rows=block.merged_rows, heading_row=heading_row)
        grids.append(replace(grid, hidden=block.hidden, hidden_rows=block.hidden_rows, epoch=block.epoch))
    grids = join_continued(grids)
    for grid in grids:
        grid.book = "\n".join(dict.fromkeys(g.title for g in grids if g.title and g.sheet != grid.sheet))
    return grids


def _parquet(file: Path, name: str, said: MappingFile) -> list[Grid]:
    from pyarrow import ArrowException, parquet

    try:
        table = parquet.ParquetFile(file).read()
        cells = {c: column_of_arrow(table.column(i)) for i, c in enumerate(table.column_names) if not c.startswith("__index_level_")}
    except (OSError, ValueError, ArrowException) as error:
        raise DataError("not_a_workbook", file=name, found=str(error).splitlines()[0]) from None
    return [database.typed_grid(name, file.stem, list(cells.items()))]
