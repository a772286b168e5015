"""OpenDocument spreadsheets (ods, and fods without the package) → grids.

Place in the flow: ``workbook`` comes here with the XML. It is read here and not by calamine, which gives no merged ranges, hidden rows or
errors of this format, and allots every repeated row. Names as in OpenDocument 1.3, part 3.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

from ...errors import DataError
from .archive import Archive, refuse_entities
from .headings import Grid
from .marks import Canvas, wanted

_URN = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE, _TABLE, _TEXT, _STYLE = (f"{{{_URN}{name}:1.0}}" for name in ("office", "table", "text", "style"))
_CALCEXT = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_SPACES = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}
_DURATION = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:\.\d+)?S")
_BROKEN = re.compile(r"#\S+[!?]|#N/A|#NULL!|Err:\d+")
_MAX_COLUMN = 2**14


def open_ods(archive: Archive, sheet: str | None) -> list[Grid]:
    if "META-INF/manifest.xml" in archive and b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise DataError("encrypted_workbook", file=archive.file)
    return open_flat(archive.read("content.xml"), sheet, archive.file)


def open_flat(xml: bytes, sheet: str | None, file: str) -> list[Grid]:
    """The sheets of a document; charts, drawings and the changes that are kept track of hold no table."""
    from lxml import etree

    refuse_entities(xml, file)
    tags = [f"{_TABLE}table", f"{_TABLE}table-row", f"{_TABLE}null-date", f"{_STYLE}style"]
    found: list[tuple[Canvas, bool]] = []
    concealing: set[str] = set()
    epoch, canvas, own, row = 1900, None, None, 0
    try:
        for event, element in etree.iterparse(io.BytesIO(xml), ("start", "end"), tag=tags, resolve_entities=False, no_network=True, huge_tree=True):
            name = element.tag.rpartition("}")[2]
            if name == "table" and event == "start" and element.getparent() is not None and element.getparent().tag == f"{_OFFICE}spreadsheet":
                canvas, own, row = Canvas(file, element.get(f"{_TABLE}name", "")), element, 0
                found.append((canvas, element.get(f"{_TABLE}style-name") in concealing))
            elif name == "table-row" and event == "end" and canvas is not None and next(element.iterancestors(f"{_TABLE}table"), None) is own:
                row = _row(canvas, element, row)
                element.clear(keep_tail=False)
                while element.getprevious() is not None and element.getprevious().tag == element.tag:
                    element.getparent().remove(element.getprevious())
            elif name == "style" and event == "end" and any(e.get(f"{_TABLE}display") == "false" for e in element):
                concealing.add(element.get(f"{_STYLE}name", ""))
            elif name == "null-date" and (element.get(f"{_TABLE}date-value") or "").startswith("1904"):
                epoch = 1904
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DataError("not_a_workbook", file=file, found=str(error)) from error
    if not found:
        raise DataError("not_a_workbook", file=file, found="content.xml")
    names = wanted([one.name for one, _ in found], sheet, file)
    return [one.grid(hidden=hidden, epoch=epoch) for one, hidden in found if one.name in names]


def _row(canvas: Canvas, element: Any, row: int) -> int:
    """Put the cells of a row, once or as often as it is repeated; the number of the next row."""
    column, filled = 0, False
    for cell in element:
        if cell.tag not in _CELLS:
            continue
        value, times = _value(cell), _count(cell, "number-columns-repeated")
        if value is not None:
            if column + times > _MAX_COLUMN:
                raise DataError("sheet_too_large", file=canvas.file, sheet=canvas.name, found=f"{column + times}")
            for offset in range(times):
                canvas.put(row, column + offset, value)
            filled = True
        canvas.merge(row, column, row + _count(cell, "number-rows-spanned") - 1, column + _count(cell, "number-columns-spanned") - 1)
        column += times
    times = _count(element, "number-rows-repeated")
    if filled:
        canvas.repeat(row, times)
        if element.get(f"{_TABLE}visibility", "visible") != "visible":
            canvas.hidden_rows.update(range(row, row + times))
    return row + times


def _count(element: Any, name: str) -> int:
    said = element.get(f"{_TABLE}{name}", "1")
    return max(int(said), 1) if said.isdecimal() and len(said) < 10 else 1


def _value(cell: Any) -> object:
    kind = cell.get(f"{_OFFICE}value-type")
    if kind is None and len(cell) == 0:
        return _formula(cell)
    text = "\n".join(_words(p) for p in cell if p.tag == f"{_TEXT}p")
    if cell.get(_CALCEXT) == "error" or _BROKEN.fullmatch(text):
        return text or "#N/A"
    try:
        if kind in ("float", "percentage", "currency"):
            return float(cell.get(f"{_OFFICE}value"))
        if kind == "boolean":
            return cell.get(f"{_OFFICE}boolean-value") == "true"
        if kind == "date":
            return _date(cell.get(f"{_OFFICE}date-value"))
        if kind == "time":
            return _time(cell.get(f"{_OFFICE}time-value"))
    except (TypeError, ValueError):
        pass  # a value that cannot be read; its text stands
    text = cell.get(f"{_OFFICE}string-value") or text
    return text if text and not text.isspace() else (_formula(cell) if kind is None else None)


def _formula(cell: Any) -> str | None:
    """A formula without a stored value."""
    formula = cell.get(f"{_TABLE}formula")
    return f"={formula.partition('=')[2]}" if formula else None


def _date(said: str) -> dt.date:
    return dt.datetime.fromisoformat(said) if "T" in said else dt.date.fromisoformat(said)


def _time(said: str) -> dt.time | dt.timedelta:
    found = _DURATION.fullmatch(said)
    if not found:
        raise ValueError(said)
    hours, minutes, seconds = map(int, found.groups())
    return dt.time(hours, minutes, seconds) if hours < 24 else dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _words(paragraph: Any) -> str:
    """The text of a paragraph; spaces, tabs and line breaks are elements of their own, comments no part of it."""
    parts = [paragraph.text or ""]
    for child in paragraph:
        if child.tag == f"{_TEXT}s":
            said = child.get(f"{_TEXT}c", "1")
            parts.append(" " * (int(said) if said.isdecimal() and len(said) < 4 else 1))
        elif child.tag in _SPACES:
            parts.append(_SPACES[child.tag])
        elif child.tag != f"{_OFFICE}annotation" and isinstance(child.tag, str):
            parts.append(_words(child))
        parts.append(child.tail or "")
    return "".join(parts)
