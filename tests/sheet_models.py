"""Workbooks as plain rows, to be changed as people change them and written again in any format that we can write."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import python_calamine as calamine
import xlsxwriter

Range = tuple[int, int, int, int]


@dataclass(frozen=True)
class Sheet:
    """Rows from A1; merged ranges as (row, column, last row, last column); rows counted from 0."""

    name: str
    rows: list[list[Any]]
    merges: list[Range] = field(default_factory=list)
    hidden: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()


def sheets_of(content: bytes) -> list[Sheet]:
    """The sheets of a sound workbook."""
    book = calamine.load_workbook(io.BytesIO(content))
    sheets = []
    for name in book.sheet_names:
        source = book.get_sheet_by_name(name)
        rows = [[None if c == "" else c for c in row] for row in source.to_python(skip_empty_area=False)]
        sheets.append(Sheet(name, rows, [(*a, *b) for a, b in source.merged_cell_ranges or ()]))
    return sheets


def filled(sheet: Sheet) -> Sheet:
    """Every merged cell says what the range says, and nothing is merged."""
    rows = [list(row) for row in sheet.rows]
    for top, left, bottom, right in sheet.merges:
        for r in range(top, bottom + 1):
            for c in range(left, min(right, len(rows[r]) - 1) + 1):
                rows[r][c] = rows[top][left]
    return replace(sheet, rows=rows, merges=[])


def with_row(sheet: Sheet, at: int, cells: list[Any]) -> Sheet:
    """A row put in; what is merged below moves, what is merged around it grows."""
    merges = [(t + (t >= at), left, b + (b >= at), right) for t, left, b, right in sheet.merges]
    return replace(sheet, rows=[*sheet.rows[:at], cells, *sheet.rows[at:]], merges=merges, hidden=frozenset(h + (h >= at) for h in sheet.hidden))


def with_column(sheet: Sheet, at: int, cells: list[Any]) -> Sheet:
    merges = [(t, left + (left >= at), b, r + (r >= at)) for t, left, b, r in sheet.merges]
    rows = [[*row[:at], *[None] * max(0, at - len(row)), cell, *row[at:]] for row, cell in zip(sheet.rows, cells, strict=True)]
    return replace(sheet, rows=rows, merges=merges)


def xlsx(sheets: list[Sheet]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        days = book.add_format({"num_format": "yyyy-mm-dd"})
        for model in sheets:
            sheet = book.add_worksheet(model.name)
            for r, row in enumerate(model.rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, dt.date):
                        sheet.write_datetime(r, c, cell, days)
                    elif cell is not None:
                        sheet.write(r, c, cell)
            for top, left, bottom, right in model.merges:
                sheet.merge_range(top, left, bottom, right, "")
                cell = model.rows[top][left]
                sheet.write(top, left, cell) if not isinstance(cell, dt.date) else sheet.write_datetime(top, left, cell, days)
            for r in model.hidden:
                sheet.set_row(r, None, None, {"hidden": True})
            for c in model.hidden_columns:
                sheet.set_column(c, c, None, None, {"hidden": True})
    return out.getvalue()


def text_of(cell: object) -> str:
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else repr(cell) if isinstance(cell, float) else str(cell)


def text(sheet: Sheet, encoding: str = "utf-8-sig", delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([text_of(c) for c in row] for row in sheet.rows)
    return out.getvalue().encode(encoding)


def html(sheets: list[Sheet]) -> bytes:
    """A web page of tables, as accounting programs write it under the name of a workbook."""
    out = ['<html><head><meta charset="utf-8"></head><body>']
    for sheet in sheets:
        spans = {(t, left): (b - t + 1, r - left + 1) for t, left, b, r in sheet.merges}
        covered = {(r, c) for t, left, b, rr in sheet.merges for r in range(t, b + 1) for c in range(left, rr + 1)} - set(spans)
        out.append("<table>")
        for r, row in enumerate(sheet.rows):
            cells = []
            for c, cell in enumerate(row):
                if (r, c) not in covered:
                    down, across = spans.get((r, c), (1, 1))
                    cells.append(f'<td rowspan="{down}" colspan="{across}">{escape(text_of(cell))}</td>')
            out.append(f"<tr>{''.join(cells)}</tr>")
        out.append("</table>")
    return "\n".join([*out, "</body></html>"]).encode()


_ODS = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text"))


def ods(sheets: list[Sheet]) -> bytes:
    tables = []
    for sheet in sheets:
        spans = {(t, left): f' table:number-rows-spanned="{b - t + 1}" table:number-columns-spanned="{r - left + 1}"' for t, left, b, r in sheet.merges}
        rows = ["".join(_ods_cell(cell, spans.get((r, c), "")) for c, cell in enumerate(row)) for r, row in enumerate(sheet.rows)]
        tables.append(
            f'<table:table table:name="{escape(sheet.name)}">' + "".join(f"<table:table-row>{row}</table:table-row>" for row in rows) + "</table:table>"
        )
    book = f"<office:body><office:spreadsheet>{''.join(tables)}</office:spreadsheet></office:body>"
    content = f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_ODS} office:version="1.2">{book}</office:document-content>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = ('<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
                f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
                '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>')  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(zipfile.ZipInfo("mimetype"), kind)
        package.writestr("content.xml", content)
        package.writestr("META-INF/manifest.xml", manifest)
    return out.getvalue()


def _ods_cell(cell: object, span: str) -> str:
    if cell is None:
        return f"<table:table-cell{span}/>"
    if isinstance(cell, dt.date):
        return f'<table:table-cell{span} office:value-type="date" office:date-value="{cell.isoformat()}"><text:p>{cell}</text:p></table:table-cell>'
    if isinstance(cell, (int, float)):
        return f'<table:table-cell{span} office:value-type="float" office:value="{cell!r}"><text:p>{cell}</text:p></table:table-cell>'
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(cell).split("\n"))
    return f'<table:table-cell{span} office:value-type="string">{lines}</table:table-cell>'
