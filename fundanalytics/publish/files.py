"""Files that appear whole or not at all, and tables in which no text is executed.

Place in the flow: whatever the package writes for people to open goes through here. Texts come from strangers' workbooks: one that begins
as a formula does is written so that every spreadsheet shows it and none computes it. Numbers stay numbers, negative ones too.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data.guard import guarded, is_formula

if TYPE_CHECKING:
    import pandas as pd

BOM = "\ufeff"  # without it Excel reads UTF-8 as the local code page
MAX_ROWS, MAX_TEXT = 1_048_575, 32_767  # of a sheet below its headings; of a cell
_WIDTHS = (8, 48)
_KEPT = frozenset("\t\n\r")


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A place to write a file that comes under its name in one step, when it is complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        yield part
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def write_whole(text: str, target: Path) -> None:
    with whole(target) as part:
        part.write_bytes(text.encode("utf-8"))


def sha256(path: Path) -> str:
    """Of a file's bytes, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def safe_text(value: Any) -> Any:
    """A value as it may stand in a CSV file: text that begins as a formula does gets an apostrophe, which ``load`` takes off again.

    Examples
    --------
    >>> [safe_text(value) for value in ("=1+1", "@SUM(1)", "甲街道", -5, "-5", "＝A1")]
    ["'=1+1", "'@SUM(1)", '甲街道', -5, "'-5", "'＝A1"]
    """
    return guarded(value) if isinstance(value, str) else value


def csv_text(table: pd.DataFrame, *, end: str = "\r\n") -> str:
    """A table as comma-separated text, its headings and texts safe."""
    import pandas as pd

    safe = table.rename(columns=safe_text)
    for place, (name, values) in enumerate(table.items()):
        if not (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values)):
            column = values.astype("object").map(safe_text)
            safe.isetitem(place, column.where(values.notna().to_numpy(), None).rename(safe_text(name)))
    return safe.to_csv(index=False, lineterminator=end)


def write_csv(table: pd.DataFrame, target: Path) -> None:
    """A table as a CSV file that Excel opens as it is meant (UTF-8 with its mark, Windows line ends)."""
    write_whole(BOM + csv_text(table), target)


def write_xlsx(tables: Mapping[str, pd.DataFrame], target: Path) -> None:
    """Tables as the sheets of a workbook: numbers and dates as such, every text as text, headings in bold and frozen.

    A table longer than a sheet goes on in sheets of its own (明细, 明细 (2)); a text longer than a cell is cut and ends in ….
    """
    with workbook(target) as (book, styles):
        for name, table in tables.items():
            for place, start in enumerate(range(0, max(len(table), 1), MAX_ROWS)):
                page = book.add_worksheet(_sheet_name(name, place, {p.get_name().casefold() for p in book.worksheets()}))
                _write_sheet(page, styles, table.iloc[start : start + MAX_ROWS])


@contextmanager
def workbook(target: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    """A workbook to write, in which text never becomes a formula or a link, and its styles: head, date, time, text."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with whole(target) as part, xlsxwriter.Workbook(str(part), options) as book:
        styles = {
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#E8EEF4", "border": 1, "border_color": "#B8C4D0"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            "text": book.add_format({"quote_prefix": True, "num_format": "@"}),  # stays text when somebody edits the cell
        }
        yield book, styles


def _write_sheet(page: Any, styles: Mapping[str, Any], table: pd.DataFrame) -> None:
    page.freeze_panes(1, 0)
    for column, (name, values) in enumerate(table.items()):
        page.write_string(0, column, cell_text(str(name)), styles["head"])
        widest = text_width(str(name))
        for row, value in enumerate(values.tolist(), 1):
            write_cell(page, row, column, value, styles)
            widest = max(widest, text_width(value)) if row <= 200 else widest
        page.set_column(column, column, min(max(widest + 2, _WIDTHS[0]), _WIDTHS[1]))


def write_cell(page: Any, row: int, column: int, value: Any, styles: Mapping[str, Any]) -> None:
    """One value as what it is: a blank, yes or no, a number, a date, or text."""
    if isinstance(value, str):
        page.write_string(row, column, cell_text(value), styles["text"] if is_formula(value) else None)
    elif value is None or type(value).__name__ in ("NAType", "NaTType") or value != value:
        return
    elif type(value).__name__ in ("bool", "bool_"):
        page.write_boolean(row, column, bool(value))
    elif isinstance(value, dt.datetime):
        page.write_datetime(row, column, value.replace(tzinfo=None), styles["time" if value.time() != dt.time() else "date"])
    elif isinstance(value, dt.date):
        page.write_datetime(row, column, value, styles["date"])
    elif isinstance(value, (Real, Decimal)) and abs(float(value)) < 1e15:
        page.write_number(row, column, float(value))
    else:
        write_cell(page, row, column, str(value), styles)


def cell_text(text: str) -> str:
    """A text that a cell can hold: not longer than 32,767 characters, without what XML forbids."""
    text = "".join(c for c in text if c >= " " or c in _KEPT) if not text.isprintable() else text
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def text_width(value: Any) -> int:
    """How many letters wide the beginning of a text is: a Chinese character counts two."""
    return sum(2 if c > "\u2e7f" else 1 for c in str(value)[:400])


def _sheet_name(name: str, place: int, taken: set[str]) -> str:
    """A name that a sheet may have and no other has."""
    plain = re.sub(r"[\[\]:*?/\\]", " ", str(name)).strip("' ") or "1"
    number = place + 1
    while True:
        end = f" ({number})" if number > 1 else ""
        full = plain[: 31 - len(end)] + end
        if full.casefold() not in taken:
            return full
        number += 1
