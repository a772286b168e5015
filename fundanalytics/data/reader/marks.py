"""What is to be known of a sheet besides the values that the reader of workbooks gives. Pure: no files.

Place in the flow: ``sheet_xml``, ``biff`` and ``biff12`` look through a workbook before calamine reads it, and hand over ``Sheet``s;
``workbook`` puts values and marks together. Merged ranges, hidden rows, broken formulas, and how far the cells reach are found here,
since calamine gives them for some formats only, and allots the whole rectangle whatever it costs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...errors import DataError
from .headings import Grid, address

MAX_CELLS = 20_000_000  # the reader allots the whole rectangle: one stray cell in the last row and column would end the process

ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A", 0x2B: "#GETTING_DATA"}


@dataclass(slots=True)
class Sheet:
    """A worksheet: ``index`` in the workbook as calamine counts, ``texts`` to put where it leaves a blank, by (row, column) from 0."""

    name: str
    index: int
    hidden: bool = False
    epoch: int = 1900
    hidden_rows: frozenset[int] = frozenset()
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    texts: dict[tuple[int, int], str] = field(default_factory=dict)


class Opened(NamedTuple):
    """A workbook made safe to read: only what calamine needs, every size in it checked; macros, pictures and drawings are left behind."""

    content: bytes
    sheets: list[Sheet]


def check_area(file: str, sheet: str, height: int, width: int) -> None:
    """Refuse a sheet whose cells reach too far."""
    if height * width > MAX_CELLS:
        raise DataError("sheet_too_large", file=file, sheet=sheet, found=address(height, width - 1))


def wanted(names: list[str], sheet: str | None, file: str) -> set[str]:
    """The names of the sheets to read."""
    if sheet is not None and sheet not in names:
        raise DataError("no_such_sheet", file=file, found=sheet, expected=" | ".join(names))
    return set(names) if sheet is None else {sheet}


class Canvas:
    """A sheet that is filled cell by cell; rows at which nothing stands share one list, so that a stray cell costs little."""

    def __init__(self, file: str, name: str) -> None:
        self.file, self.name = file, name
        self.rows: list[list[Any]] = []
        self.merges: list[tuple[int, int, int, int]] = []
        self.hidden_rows: set[int] = set()
        self._width = 0
        self._blank: list[Any] = []

    def put(self, row: int, column: int, value: object) -> None:
        if row >= len(self.rows) or column >= self._width:
            self._width = max(self._width, column + 1)
            check_area(self.file, self.name, max(row + 1, len(self.rows)), self._width)
            self.rows.extend([self._blank] * (row + 1 - len(self.rows)))
        cells = self.rows[row]
        if cells is self._blank:
            cells = self.rows[row] = []
        cells.extend([None] * (column + 1 - len(cells)))
        cells[column] = value

    def repeat(self, row: int, times: int) -> None:
        """The last row once more, ``times`` - 1 times: it is one list."""
        check_area(self.file, self.name, row + times, self._width)
        self.rows.extend([self.rows[row]] * (times - 1))

    def merge(self, top: int, left: int, bottom: int, right: int) -> None:
        if bottom > top or right > left:
            self.merges.append((top, left, bottom, right))

    def grid(self, *, hidden: bool = False, epoch: int = 1900) -> Grid:
        return Grid(self.name, self.rows, self.merges, hidden, frozenset(self.hidden_rows), epoch)
