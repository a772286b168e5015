"""A table file of any kind → plain blocks of rows, each cell with its address.

Place in the flow: the only reader of table files. What a file is decides its content, not its name: xlsx and xlsm (``sheet_xml``), xlsb
(``biff12``), xls (``biff``), ods (``opendocument``), web pages and the XML of Excel 2003 under the name of a workbook (``webpage``,
``excel2003``), text (``textfile``). The grids go to ``layout``, which finds the tables. Nothing here knows what a column means or changes a
value. Macros are never run: they are not even unpacked. A file that cannot be read is a ``DataError``, whatever is wrong with it.
"""

from __future__ import annotations

import io
import stat
from collections.abc import Set
from pathlib import Path
from typing import Any

import python_calamine as calamine

from ..errors import DataError
from . import schema
from .reader import biff, biff12, compound, excel2003, opendocument, sheet_xml, textfile, webpage
from .reader.archive import Archive
from .reader.headings import Grid, Heading, address
from .reader.layout import Block, Row, Total, tables
from .reader.marks import Opened, Sheet
from .reader.units import UNCLEAR, UNIT_FACTORS

__all__ = ["UNCLEAR", "UNIT_FACTORS", "Block", "Heading", "Row", "Total", "address", "read_grids", "read_workbook"]

MAX_FILE = 2**28  # bytes; pictures in a workbook are left alone, but the file stands in memory
_ZIP, _OLE = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")
_TEXT_SUFFIXES = {".csv", ".tsv", ".txt"}
_SIGNATURES = {
    b"%PDF": "pdf", b"\xff\xd8\xff": "jpg", b"\x89PNG": "png", b"GIF8": "gif", b"Rar!": "rar", b"7z\xbc\xaf": "7z", b"\x1f\x8b": "gz", b"{\\rtf": "rtf",
    b"PAR1": "parquet", b"MZ": "exe", b"SQLite format 3": "sqlite", b"PK\x05\x06": "zip",
}  # fmt: skip


def read_workbook(path: str | Path, *, known: Set[str] | None = None, sheet: str | None = None, encoding: str | None = None) -> list[Block]:
    """The tables of a file, sheet by sheet.

    Parameters
    ----------
    path : the file; what it is decides its content, not its name
    known : headings as compared (``schema.heading_key``) by which a heading row is told; default those of ``schema``
    sheet : only this sheet
    encoding : of a CSV file; default UTF-8, then GB18030

    Returns
    -------
    list of Block : one per table. A sheet without a heading row is a block without headings, its text in ``title``; an empty sheet is none.

    Raises
    ------
    DataError : the file is missing, empty, encrypted, broken, too large or no table file
    """
    path = Path(path)
    known = schema.known_headings() if known is None else known
    found = tables(read_grids(path, sheet=sheet, encoding=encoding), known)
    if not found:
        raise DataError("empty_workbook", file=path.name)
    return found


def read_grids(path: str | Path, *, sheet: str | None = None, encoding: str | None = None) -> list[Grid]:
    """The sheets of a file as they stand in it, empty ones left out; parameters and errors as of ``read_workbook``."""
    path = Path(path)
    try:
        grids = _grids(path, _content(path), sheet, encoding)
    except DataError:
        raise
    except BaseException as error:  # a panic of calamine is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        raise DataError("not_a_workbook", file=path.name, found=type(error).__name__) from error
    return [grid for grid in map(_trimmed, grids) if grid.rows]


def _content(path: Path) -> bytes:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise DataError("unreadable_file", file=path.name, found="folder" if stat.S_ISDIR(found.st_mode) else "device")
        if found.st_size > MAX_FILE:
            raise DataError("file_too_large", file=path.name, found=f"{found.st_size >> 20} MB", expected=f"{MAX_FILE >> 20} MB")
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise DataError("unreadable_file", file=path.name, found=getattr(error, "strerror", None) or str(error)) from error
    if not content.strip(b"\0 \r\n\t"):
        raise DataError("empty_workbook", file=path.name)
    return content


def _grids(path: Path, content: bytes, sheet: str | None, encoding: str | None) -> list[Grid]:
    file = path.name
    if content.startswith(_OLE):
        kind, content = compound.open_compound(content, file)
        if kind == "xls":
            return _read(biff.open_xls(content, sheet, file))
    if content.startswith(_ZIP):
        return _packaged(Archive(content, file), sheet)
    head = content[:4096].lower().replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    if head.startswith(b"<"):
        if excel2003.NAMESPACE in head and b"<html" not in head:
            return excel2003.open_excel2003(content.lstrip(), sheet, file)
        if b"opendocument" in head:
            return opendocument.open_flat(content.lstrip(), sheet, file)
        if b"<html" in head or b"<table" in head or b"<!doctype html" in head or b"<meta" in head:
            return webpage.open_webpage(content, sheet, file, path.stem)
    if webpage.is_archive(content):
        return webpage.open_webpage(content, sheet, file, path.stem)
    foreign = next((kind for mark, kind in _SIGNATURES.items() if content.startswith(mark)), None)
    if foreign or (path.suffix.lower() not in _TEXT_SUFFIXES and encoding is None and not _is_table_text(content)):
        raise DataError("not_a_workbook", file=file, found=foreign or "?")
    return [textfile.open_text(content, encoding, file, path.stem)]


def _is_table_text(content: bytes) -> bool:
    """Whether a file under the name of a workbook is the text of a table: lines of the same many fields."""
    lines = content[:4096].splitlines()
    return len(lines) > 1 and b"\0" not in content[:4096] and any(lines[0].count(mark) == lines[1].count(mark) > 0 for mark in (b",", b"\t"))


def _packaged(archive: Archive, sheet: str | None) -> list[Grid]:
    if sheet_xml.BOOK in archive:
        return _read(sheet_xml.open_xlsx(archive, sheet))
    if biff12.BOOK in archive:
        return _read(biff12.open_xlsb(archive, sheet))
    if "content.xml" in archive:
        return opendocument.open_ods(archive, sheet)
    folders = {"word": "docx", "ppt": "pptx", "visio": "vsdx", "index": "numbers"}
    raise archive.damaged(next((kind for name in archive.names() if (kind := folders.get(name.partition("/")[0]))), "zip"))


def _read(opened: Opened) -> list[Grid]:
    """The values of the sheets, with their marks."""
    if not opened.sheets:
        return []
    book = calamine.load_workbook(io.BytesIO(opened.content))
    return [_grid(sheet, book.get_sheet_by_index(sheet.index)) for sheet in opened.sheets]


def _grid(sheet: Sheet, source: Any) -> Grid:
    """Rows from A1; those at which nothing stands share one list."""
    pad: list[Any] = [None] * source.start[1] if source.start else []
    blank: list[Any] = []
    rows: list[list[Any]] = []
    for cells in source.iter_rows():
        filled = [None if type(c) is str and (not c or c.isspace()) else c for c in cells]
        rows.append(pad + filled if filled.count(None) < len(filled) else blank)
    for (row, column), text in sheet.texts.items():
        if row >= len(rows):
            rows.extend([blank] * (row + 1 - len(rows)))
        if rows[row] is blank:
            rows[row] = []
        rows[row].extend([None] * (column + 1 - len(rows[row])))
        if rows[row][column] is None:
            rows[row][column] = text
    return Grid(sheet.name, rows, sheet.merges, sheet.hidden, sheet.hidden_rows, sheet.epoch)


def _trimmed(grid: Grid) -> Grid:
    """Without the blank rows below the last cell."""
    last = next((i for i in range(len(grid.rows) - 1, -1, -1) if any(c is not None for c in grid.rows[i])), -1)
    del grid.rows[last + 1 :]
    return grid
