"""Workbooks in the XML of Excel 2003 (``<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">``), often named .xls → grids.

Place in the flow: ``workbook`` comes here with the XML.
"""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from ...errors import DataError
from .archive import refuse_entities
from .headings import Grid
from .marks import Canvas, wanted

NAMESPACE = b"urn:schemas-microsoft-com:office:spreadsheet"
_SS, _X = "{urn:schemas-microsoft-com:office:spreadsheet}", "{urn:schemas-microsoft-com:office:excel}"


def open_excel2003(xml: bytes, sheet: str | None, file: str) -> list[Grid]:
    from lxml import etree

    refuse_entities(xml, file)
    found: list[tuple[Canvas, list[bool]]] = []
    epoch, row = 1900, 0
    tags = [f"{_SS}Worksheet", f"{_SS}Row", f"{_X}Visible", f"{_X}Date1904"]
    try:
        for event, element in etree.iterparse(io.BytesIO(xml), ("start", "end"), tag=tags, resolve_entities=False, no_network=True, huge_tree=True):
            name = element.tag.rpartition("}")[2]
            if name == "Date1904":
                epoch = 1904
            elif name == "Worksheet" and event == "start":
                row = 0
                found.append((Canvas(file, element.get(f"{_SS}Name", "")), []))
            elif name == "Visible" and event == "end" and found:
                found[-1][1].append((element.text or "") != "SheetVisible")
            elif name == "Row" and event == "end" and found:
                row = _row(found[-1][0], element, row)
                element.clear(keep_tail=False)
                while element.getprevious() is not None and element.getprevious().tag == element.tag:
                    element.getparent().remove(element.getprevious())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DataError("not_a_workbook", file=file, found=str(error)) from error
    if not found:
        raise DataError("not_a_workbook", file=file, found="Worksheet")
    names = wanted([canvas.name for canvas, _ in found], sheet, file)
    return [canvas.grid(hidden=any(hidden), epoch=epoch) for canvas, hidden in found if canvas.name in names]


def _row(canvas: Canvas, element: Any, row: int) -> int:
    row = _number(element, "Index", row + 1) - 1
    column = 0
    for cell in element.iterchildren(f"{_SS}Cell"):
        column = _number(cell, "Index", column + 1) - 1
        value = _value(cell)
        if value is not None:
            canvas.put(row, column, value)
        across, down = _number(cell, "MergeAcross", 0), _number(cell, "MergeDown", 0)
        canvas.merge(row, column, row + down, column + across)
        column += across + 1
    if element.get(f"{_SS}Hidden") == "1":
        canvas.hidden_rows.add(row)
    return row + 1 + _number(element, "Span", 0)


def _number(element: Any, name: str, default: int) -> int:
    said = element.get(f"{_SS}{name}", "")
    return int(said) if said.isdecimal() and len(said) < 8 else default


def _value(cell: Any) -> object:
    data = cell.find(f"{_SS}Data")
    text = "" if data is None else "".join(data.itertext())
    if not text.strip():
        formula = cell.get(f"{_SS}Formula")
        return formula if formula and data is None else None
    kind = data.get(f"{_SS}Type")
    try:
        if kind == "Number":
            return float(text)
        if kind == "DateTime":
            moment = dt.datetime.fromisoformat(text)
            return moment.date() if moment.time() == dt.time() else moment.time() if moment.date() <= dt.date(1900, 1, 1) else moment
    except ValueError:
        return text
    return text.strip() == "1" if kind == "Boolean" else text
