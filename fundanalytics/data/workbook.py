"""A messy workbook or CSV file → plain blocks of rows, each cell with its address.

Place in the flow: the only reader of table files. It opens the file (xlsx, xls, xlsb, ods, csv) and hands its sheets to
``layout``, which finds the tables. It does not know what a column means and changes no value. A file that cannot be
read is a ``DataError``, whatever is wrong with it.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections.abc import Set
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import python_calamine as calamine

from ..errors import DataError
from . import schema
from .headings import Grid, Heading, address
from .layout import Block, Row, Total, blocks
from .units import UNCLEAR, UNIT_FACTORS

__all__ = ["UNCLEAR", "UNIT_FACTORS", "Block", "Heading", "Row", "Total", "address", "read_workbook"]

ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = ",;\t"
MAX_CELLS = 20_000_000  # the reader allots the whole rectangle: one stray cell in the last row and column would end the process
MAX_BYTES = 2**30  # of one sheet, unpacked
_ZIP, _OLE = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")
_TEXT_SUFFIXES = {".csv", ".tsv", ".txt"}


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
    DataError : the file is missing, empty, encrypted, broken or no table file
    """
    path = Path(path)
    known = schema.known_headings() if known is None else known
    grids = _grids(path, _content(path), sheet, encoding)
    found = [block for grid in grids for block in blocks(grid, known)]
    if not found:
        raise DataError("empty_workbook", file=path.name)
    return found


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError("unreadable_file", file=path.name, found=error.strerror or str(error)) from error
    if not content.strip(b"\0 \r\n\t"):
        raise DataError("empty_workbook", file=path.name)
    return content


def _grids(path: Path, content: bytes, sheet: str | None, encoding: str | None) -> list[Grid]:
    if content.startswith((_ZIP, _OLE)):
        return _sheets(path, content, sheet)
    head = content[:4096].lstrip(codecs.BOM_UTF8).lstrip().lower()
    if head.startswith(b"<") and (b"<html" in head or b"<table" in head or b"<?xml" in head):
        raise DataError("html_workbook", file=path.name)
    if path.suffix.lower() not in _TEXT_SUFFIXES and encoding is None:
        raise DataError("not_a_workbook", file=path.name)
    return [_csv_grid(path, _decode(path, content, encoding))]


def _sheets(path: Path, content: bytes, sheet: str | None) -> list[Grid]:
    try:
        book = calamine.load_workbook(io.BytesIO(content))
        names = [m.name for m in book.sheets_metadata if m.typ == calamine.SheetTypeEnum.WorkSheet]
        if sheet is not None and sheet not in names:
            raise DataError("no_such_sheet", file=path.name, found=sheet, expected=" | ".join(names))
        grids = [_sheet(path, book, name, _sheet_xml(content, name)) for name in names if sheet in (None, name)]
    except DataError:
        raise
    except BaseException as error:  # a panic of the reader is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise DataError("encrypted_workbook" if _encrypted(path, content) else "not_a_workbook", file=path.name) from error
    return [grid for grid in grids if grid.rows]


def _sheet(path: Path, book: Any, name: str, xml: bytes) -> Grid:
    height, width = _extent(xml)
    if height * width > MAX_CELLS or len(xml) >= MAX_BYTES:
        raise DataError("sheet_too_large", file=path.name, sheet=name, found=address(height, width - 1))
    source = book.get_sheet_by_name(name)
    rows = [[None if type(c) is str and (not c or c.isspace()) else c for c in row] for row in source.to_python(skip_empty_area=False)]
    merges = [(top, left, bottom, right) for (top, left), (bottom, right) in source.merged_cell_ranges or ()]
    _mark_errors(rows, xml)
    return Grid(name, rows if any(c is not None for row in rows for c in row) else [], merges)


def _encrypted(path: Path, content: bytes) -> bool:
    if "EncryptedPackage".encode("utf-16le") in content:
        return True
    try:
        calamine.load_workbook(path)
    except calamine.PasswordError:
        return True
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
    return False


def _sheet_xml(content: bytes, sheet: str) -> bytes:
    """The sheet as it stands in an xlsx package; nothing for the other formats."""
    if not content.startswith(_ZIP):
        return b""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package, package.open(_part_of(package, sheet)) as part:
            return part.read(MAX_BYTES)
    except (KeyError, ValueError, StopIteration, zipfile.BadZipFile, zlib.error, ElementTree.ParseError, NotImplementedError, RuntimeError, OSError):
        return b""  # xlsb, ods, or a package that only the reader understands


def _extent(xml: bytes) -> tuple[int, int]:
    """How many rows and columns the cells with a value reach."""
    rows, columns = {b"0"}, {b"A"}
    for cell in re.finditer(rb'<c\s[^>]*?\br="([A-Z]+)(\d+)"[^>/]*>', xml):
        columns.add(cell[1])
        rows.add(cell[2])
    return max(map(int, rows)), max(_column(letters.decode()) for letters in columns) + 1


def _mark_errors(rows: list[list[Any]], xml: bytes) -> None:
    """Put #REF! and the like back where the reader leaves a blank: a broken amount is no missing one (xlsx only)."""
    if b't="e"' not in xml:
        return
    for letters, number, text in re.findall(rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)(\d+)"[^>]*>(?:(?!</c>).)*?<v>([^<]*)</v>', xml, re.DOTALL):
        row, column = int(number) - 1, _column(letters.decode())
        if row < len(rows) and column < len(rows[row]) and rows[row][column] is None:
            rows[row][column] = text.decode()


def _column(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _part_of(package: zipfile.ZipFile, sheet: str) -> str:
    """The name of the package part that holds a sheet."""
    book = ElementTree.fromstring(package.read("xl/workbook.xml"))
    ids = {e.get("name"): next(v for k, v in e.attrib.items() if k.endswith("}id")) for e in book.iter() if e.tag.endswith("}sheet")}
    links = {e.get("Id"): e.get("Target", "") for e in ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))}
    target = links[ids[sheet]]
    return target.lstrip("/") if target.startswith("/") else f"xl/{target}"


def _decode(path: Path, content: bytes, encoding: str | None) -> str:
    if encoding is None and content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    for name in (encoding,) if encoding else ENCODINGS:
        try:
            text = content.decode(name)
        except (UnicodeError, LookupError):
            continue
        if "\0" in text:
            raise DataError("not_a_workbook", file=path.name)
        return text
    raise DataError("bad_encoding", file=path.name, expected=encoding or " | ".join(ENCODINGS))


def _csv_grid(path: Path, text: str) -> Grid:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True))
    except csv.Error as error:
        raise DataError("bad_csv", file=path.name, found=str(error)) from error
    return Grid(path.stem, [[cell if cell and not cell.isspace() else None for cell in row] for row in rows])


def _delimiter(text: str) -> str:
    """The mark that cuts most of the first lines, quoted text left out, into equally many fields."""
    lines = re.sub(r'"[^"]*"', "", text[:20_000]).splitlines()[:50]
    counts = {mark: [line.count(mark) for line in lines if mark in line] for mark in DELIMITERS}
    return max(DELIMITERS, key=lambda mark: max((n * counts[mark].count(n) for n in set(counts[mark])), default=0))
