"""An xlsb package → one that calamine can read safely, and what calamine does not tell of its sheets.

Place in the flow: as ``sheet_xml`` for the binary form of the same package. Record names as in [MS-XLSB].
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .archive import Archive, links_of, packed
from .marks import ERRORS, Opened, Sheet, check_area, wanted

BOOK = "xl/workbook.bin"
MAX_ROWS, MAX_COLUMNS = 2**20, 2**14
_ROW, _CELL_ERROR, _FORMULA_ERROR, _LAST_CELL, _MERGE, _BOOK_PROPERTIES, _BUNDLE = 0, 3, 11, 11, 176, 153, 156
_FOLDERS = {"worksheet": "worksheets", "chartsheet": "chartsheets"}


def open_xlsb(archive: Archive, sheet: str | None) -> Opened:
    """The worksheets of a package; chart and macro sheets hold no table."""
    links = links_of(archive, BOOK)
    parts = {BOOK: archive.read(BOOK)}
    for needed, name in (("sharedStrings", "xl/sharedStrings.bin"), ("styles", "xl/styles.bin")):
        part = next((part for linked, part in links.values() if linked == needed), name)
        if part in archive:
            parts[name] = archive.read(part)
    epoch, sheets = 1900, []
    targets: dict[str, str] = {}
    index = 0
    for kind, data in _records(parts[BOOK]):
        if kind == _BOOK_PROPERTIES and data:
            epoch = 1904 if data[0] & 1 else 1900
        elif kind == _BUNDLE and len(data) >= 16:
            link, at = _text(data, 8)
            if at == 12:
                continue  # a sheet without a part; calamine passes it over too
            sort, part = links.get(link, ("", ""))
            target = f"{_FOLDERS.get(sort, 'dialogsheets')}/sheet{index}.bin"
            targets[link] = target
            if sort == "worksheet":
                sheets.append((Sheet(_text(data, at)[0], index, data[0] != 0, epoch), part, f"xl/{target}"))
            index += 1
    names = wanted([one.name for one, _, _ in sheets], sheet, archive.file)
    chosen = [entry for entry in sheets if entry[0].name in names]
    for one, part, name in chosen:
        parts[name] = archive.read(part)
        _look(parts[name], one, archive)
    return Opened(packed(parts, BOOK, targets), [one for one, _, _ in chosen])


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    at, end = 0, len(stream)
    while at < end:
        kind, shift = stream[at], 7
        at += 1
        if kind & 0x80 and at < end:
            kind = kind & 0x7F | (stream[at] & 0x7F) << 7
            at += 1
        size = shift = 0
        while at < end and shift < 28:
            size |= (stream[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if not stream[at - 1] & 0x80:
                break
        yield kind, stream[at : at + size]
        at += size


def _text(data: bytes, at: int) -> tuple[str, int]:
    count = struct.unpack_from("<I", data, at)[0] if len(data) >= at + 4 else 0
    count = 0 if count == 0xFFFFFFFF else count
    end = at + 4 + 2 * min(count, 10_000)
    return data[at + 4 : end].decode("utf-16-le", "replace"), end


def _look(stream: bytes, sheet: Sheet, archive: Archive) -> None:
    row = height = width = 0
    hidden = []
    for kind, data in _records(stream):
        if (kind == _ROW and len(data) < 12) or (1 < kind <= _LAST_CELL and len(data) < 9):
            raise archive.damaged(sheet.name)  # calamine would take what is missing from the record before
        if kind == _ROW:
            row = int.from_bytes(data[:4], "little")
            if data[11] & 0x10:
                hidden.append(row)
        elif 1 < kind <= _LAST_CELL:
            column = int.from_bytes(data[:4], "little")
            height, width = max(height, row + 1), max(width, column + 1)
            if kind in (_CELL_ERROR, _FORMULA_ERROR):
                sheet.texts[row, column] = ERRORS.get(data[8], "#N/A")
        elif kind == _MERGE and len(data) >= 16:
            top, bottom, left, right = struct.unpack_from("<4I", data)
            sheet.merges.append((top, left, bottom, right))
    if height > MAX_ROWS or width > MAX_COLUMNS:
        raise archive.damaged(sheet.name)
    check_area(archive.file, sheet.name, height, width)
    sheet.hidden_rows = frozenset(hidden)
