"""The records of an xls workbook → a stream that calamine can read safely, and what calamine does not tell of its sheets.

Place in the flow: ``workbook`` comes here with the stream that ``compound`` found. The records are looked through once: errors, merged
ranges (also those behind a chart), hidden rows and sheets, the epoch. Stated sizes that calamine would allot unseen are blotted out. Record names as in
[MS-XLS].
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ...errors import DataError
from .compound import container
from .marks import ERRORS, Opened, Sheet, check_area, wanted

MAX_COLUMNS = 256
_EOF, _BOF, _FORMULA, _BOUNDSHEET, _SST, _CONTINUE = 0x0A, 0x0809, 0x06, 0x85, 0xFC, 0x3C
_DIMENSIONS, _ROW, _MERGECELLS, _BOOLERR, _MULRK, _DATEMODE = 0x0200, 0x0208, 0xE5, 0x0205, 0xBD, 0x22
_CELLS = {_FORMULA, 0x0203, 0x0204, _BOOLERR, 0x027E, 0xFD}


def open_xls(stream: bytes, sheet: str | None, file: str) -> Opened:
    """The worksheets of an xls workbook; chart and macro sheets hold no table."""
    book = bytearray(stream)
    epoch, bound = _globals(book, file)
    sheets: list[Sheet] = []
    formulas = blanks = 0
    uncounted: dict[str, list[tuple[int, int]]] = {}
    for index, (at, visible, kind) in enumerate(bound):
        if at + 4 > len(book):
            raise DataError("not_a_workbook", file=file, found="BOUNDSHEET")
        if kind:
            struct.pack_into("<H", book, at, _EOF)
            continue
        one = Sheet(str(index), index, visible != 0, epoch)
        count, blank = _look(book, at, one, file)
        formulas, blanks = formulas + count, blanks + len(blank)
        uncounted[one.name] = blank
        sheets.append(one)
    if formulas and formulas == blanks:  # a program wrote the formulas, and nobody has opened the file yet
        for one in sheets:
            one.texts.update(dict.fromkeys(uncounted[one.name], "="))
    return Opened(container(bytes(book)), _named(sheets, book, sheet, file))


def _records(book: bytearray, at: int) -> Iterator[tuple[int, int, int]]:
    """Kind, start of the data and its size, to the end of the part that begins here."""
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        if at + 4 + size > len(book):
            return
        yield kind, at + 4, size
        at += 4 + size


def _globals(book: bytearray, file: str) -> tuple[int, list[tuple[int, int, int]]]:
    """The epoch, and of each sheet where it begins, whether it is hidden, and its kind."""
    epoch, bound = 1900, []
    strings, room, last = 0, 0, 0
    for kind, at, size in _records(book, 0):
        if kind == _EOF:
            break
        if kind == _DATEMODE and size >= 2 and book[at]:
            epoch = 1904
        elif kind == _BOUNDSHEET and size >= 6:
            start, visible, sort = struct.unpack_from("<IBB", book, at)
            bound.append((start, visible & 3, sort))
        elif kind == _SST and size >= 8:
            strings, room = struct.unpack_from("<i", book, at + 4)[0], size
        elif kind == _CONTINUE and last in (_SST, _CONTINUE):
            room += size
        last = kind
    if not bound or strings < 0 or strings * 3 > room:  # calamine allots what is stated
        raise DataError("not_a_workbook", file=file, found="SST" if bound else "BOUNDSHEET")
    return epoch, bound


def _look(book: bytearray, start: int, sheet: Sheet, file: str) -> tuple[int, list[tuple[int, int]]]:
    """Fill in the marks of a sheet; how many formulas it has, and which hold nothing."""
    depth = height = width = formulas = 0
    hidden: list[int] = []
    blank: list[tuple[int, int]] = []
    for kind, at, size in _records(book, start):
        if kind == _BOF:
            depth += 1
        if kind == _EOF:
            depth -= 1
            if depth < 1:
                break
        if depth != 1:
            continue
        if kind in _CELLS and size >= 6:
            row, column = struct.unpack_from("<HH", book, at)
            height, width = max(height, row + 1), max(width, column + 1)
            if kind == _BOOLERR and size >= 8 and book[at + 7] == 1:
                sheet.texts[row, column] = ERRORS.get(book[at + 6], "#N/A")
            elif kind == _FORMULA and size >= 14:
                formulas += 1
                if book[at + 12] == book[at + 13] == 0xFF:
                    if book[at + 6] == 2:
                        sheet.texts[row, column] = ERRORS.get(book[at + 8], "#N/A")
                    elif book[at + 6] == 3:
                        blank.append((row, column))
        elif kind == _MULRK and size >= 6:
            height, width = max(height, struct.unpack_from("<H", book, at)[0] + 1), max(width, struct.unpack_from("<H", book, at + size - 2)[0] + 1)
        elif kind == _ROW and size >= 16:
            if book[at + 12] & 0x20:
                hidden.append(struct.unpack_from("<H", book, at)[0])
        elif kind == _MERGECELLS and size >= 2:
            for place in range(at + 2, at + 2 + min(struct.unpack_from("<H", book, at)[0], (size - 2) // 8) * 8, 8):
                top, bottom, left, right = struct.unpack_from("<4H", book, place)
                sheet.merges.append((top, left, bottom, right))
        elif kind == _DIMENSIONS:
            book[at : at + size] = bytes(size)  # calamine allots what is stated
    if width > MAX_COLUMNS:
        raise DataError("not_a_workbook", file=file, found=f"{width} columns")
    check_area(file, sheet.name, height, width)
    sheet.hidden_rows = frozenset(hidden)
    return formulas, blank


def _named(sheets: list[Sheet], book: bytearray, sheet: str | None, file: str) -> list[Sheet]:
    """The sheets asked for, by the names that stand in the workbook."""
    names = list(_names(book))
    for one in sheets:
        one.name = names[one.index]
    chosen = wanted([one.name for one in sheets], sheet, file)
    return [one for one in sheets if one.name in chosen]


def _names(book: bytearray) -> Iterator[str]:
    codec = "gb18030"
    old = False
    for kind, at, size in _records(book, 0):
        if kind == _EOF:
            return
        if kind == _BOF and size >= 2:
            old = struct.unpack_from("<H", book, at)[0] < 0x0600
        elif kind == 0x42 and size >= 2:
            codec = {936: "gb18030", 950: "cp950", 54936: "gb18030"}.get(struct.unpack_from("<H", book, at)[0], codec)
        elif kind == _BOUNDSHEET and size >= 6:
            letters = bytes(book[at + 7 : at + size])
            if old:
                yield letters.decode(codec, "replace")
            elif letters[:1] == b"\1":
                yield letters[1:].decode("utf-16-le", "replace").replace("\0", "")
            else:
                yield letters[1:].decode("latin-1").replace("\0", "")
