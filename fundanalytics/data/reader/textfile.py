"""CSV and other text tables → a grid.

Place in the flow: ``workbook`` comes here with the bytes. The encoding is known or the file is refused: UTF-8, else GB18030, strictly; a file
of two encodings is refused with the line. Rows are numbered as a spreadsheet numbers them that opens the file: a line break inside quotes
is none, and the line ``sep=;`` that Excel understands is no row.
"""

from __future__ import annotations

import codecs
import csv
import io
import re

from ...errors import DataError
from ..guard import unguarded
from .headings import Grid
from .marks import MAX_CELLS

ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = ",;\t"
MAX_BYTES = 2**27
_SEPARATOR = re.compile(r"\s*\"?sep=(.)\"?[ \t]*(?:\r\n|\r|\n|$)", re.IGNORECASE)
_PASTED = re.compile("[\u0a20-\u0a7e\u0d20-\u0d7e]")  # the end of a line of bytes read as UTF-16; letters of India
_FOREIGN = re.compile("[\u0080-\u07ff]")  # letters that Chinese text hardly holds; GB18030 looks like them when read as UTF-8


def open_text(content: bytes, encoding: str | None, file: str, name: str) -> Grid:
    if len(content) > MAX_BYTES:
        raise DataError("file_too_large", file=file, found=f"{len(content) >> 20} MB", expected=f"{MAX_BYTES >> 20} MB")
    text = decoded(content, encoding, file)
    stated = _SEPARATOR.match(text)
    if stated:
        text = text[stated.end() :]
    mark = stated[1] if stated else _delimiter(text)
    if text.count(mark) > MAX_CELLS:
        raise DataError("sheet_too_large", file=file, sheet=name, found=f"{text.count(mark)}")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True))
    except csv.Error as error:
        raise DataError("bad_csv", file=file, found=str(error)) from error
    if "'" in text:
        rows = [[unguarded(cell) for cell in row] for row in rows]
    return Grid(name, [[cell if cell and not cell.isspace() else None for cell in row] for row in rows])


def decoded(content: bytes, encoding: str | None, file: str) -> str:
    """The text of a file; with an encoding stated, in that one."""
    if encoding is None and content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    for name in (encoding,) if encoding else ENCODINGS:
        try:
            text = content.decode(name)
        except (UnicodeError, LookupError):
            if not encoding:
                _refuse_mixed(content, file)
            continue
        if "\0" in text:
            raise DataError("not_a_workbook", file=file, found="NUL")
        if encoding == "utf-16" and _PASTED.search(text):
            raise DataError("mixed_encoding", file=file, found=text.count("\n") + 1, expected="UTF-16")
        return text
    raise DataError("bad_encoding", file=file, expected=encoding or " | ".join(ENCODINGS))


def _refuse_mixed(content: bytes, file: str) -> None:
    """Raise if some lines can only be UTF-8 and others only GB18030: read as GB18030 the former are other characters, and no error."""
    first = None
    for number, line in enumerate(content.removeprefix(codecs.BOM_UTF8).splitlines(), 1):
        if line.isascii():
            continue
        found = _encoding_of(line)
        if found and first and found != first:
            raise DataError("mixed_encoding", file=file, found=number, expected={"utf-8": "UTF-8", "gb18030": "GB18030"}[first])
        first = first or found


def _encoding_of(line: bytes) -> str | None:
    """The one encoding in which a line is text, if that can be said of it."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        try:
            line.decode("gb18030")
        except UnicodeDecodeError:
            return None
        return "gb18030"
    return None if _FOREIGN.search(text) or sum(not c.isascii() for c in text) < 2 else "utf-8"


def _delimiter(text: str) -> str:
    """The mark that cuts most of the first lines, quoted text left out, into equally many fields."""
    lines = re.sub(r'"[^"]*"', "", text[:20_000]).splitlines()[:50]
    counts = {mark: [line.count(mark) for line in lines if mark in line] for mark in DELIMITERS}
    return max(DELIMITERS, key=lambda mark: max((n * counts[mark].count(n) for n in set(counts[mark])), default=0))
