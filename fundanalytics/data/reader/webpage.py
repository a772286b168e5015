"""Web pages under the name of a workbook: what systems export as .xls, and what Excel saves as a page → grids.

Place in the flow: ``workbook`` comes here with the bytes. Each table is a grid; the lines of text above it come first, since they hold its
title and unit, those below the last table behind it. A table that holds tables only lays out a page, and one of a single column is text:
both count as such lines.
"""

from __future__ import annotations

import codecs
import email
import email.policy
import re
from typing import Any

from ...errors import DataError
from ..parse import parse_number
from .headings import Grid
from .marks import Canvas, wanted

MAX_BYTES = 2**26
MAX_SPAN_DOWN, MAX_SPAN_ACROSS = 2**20, 2**14
MAX_TABLES = 1000
LINES = 6  # beside a table: a title, a unit, a source, who made it; not the menu of the site
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_NAME = re.compile(r"<x:ExcelWorksheet>.*?<x:Name>(.*?)</x:Name>", re.DOTALL)
_UNSEEN = {"script", "style", "head", "title", "noscript", "template", "option"}
_LINES = {"p", "div", "br", "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "td", "th", "caption", "center", "body", "table"}


def open_webpage(content: bytes, sheet: str | None, file: str, name: str) -> list[Grid]:
    """The tables of a page, or of the pages in a web archive."""
    if len(content) > MAX_BYTES:
        raise DataError("file_too_large", file=file, found=f"{len(content) >> 20} MB", expected=f"{MAX_BYTES >> 20} MB")
    names: list[str] = []
    found: list[Canvas] = []
    for page in _pages(content):
        text = _decoded(page, file)
        names += _NAME.findall(text)
        found += _tables(text, file, name)
    if not found:
        raise DataError("html_workbook", file=file)
    if len(found) > MAX_TABLES:
        raise DataError("file_too_large", file=file, found=f"{len(found)} × <table>", expected=f"{MAX_TABLES} × <table>")
    if len(names) != len(found):
        names = [name] if len(found) == 1 else [f"{name} {i + 1}" for i in range(len(found))]
    for canvas, own in zip(found, names, strict=True):
        canvas.name = own
    chosen = wanted(names, sheet, file)
    return [canvas.grid() for canvas in found if canvas.name in chosen]


def is_archive(content: bytes) -> bool:
    """Whether the file is a web archive (.mht): a message whose parts are pages."""
    head = content[:4096].lower()
    return head.lstrip().startswith((b"mime-version:", b"from:")) and b"multipart/related" in head


def _pages(content: bytes) -> list[bytes]:
    if not is_archive(content):
        return [content]
    message = email.message_from_bytes(content.lstrip(), policy=email.policy.compat32)
    parts = [part for part in message.walk() if part.get_content_type() == "text/html"]
    pages = [(page, part.get_content_charset()) for part in parts if isinstance(page := part.get_payload(decode=True), bytes)]
    return [page if _CHARSET.search(page[:4096]) or not charset else b"<!-- charset=%s -->" % charset.encode() + page for page, charset in pages if page]


def _decoded(content: bytes, file: str) -> str:
    stated = _CHARSET.search(content[:4096])
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        names = ["utf-16"]
    else:
        said = stated[1].decode().lower() if stated else ""
        names = [said or "utf-8-sig", "utf-8-sig", "gb18030"]
    for name in names:
        try:
            return content.decode(name).replace("\0", "")
        except (UnicodeError, LookupError):
            continue
    raise DataError("bad_encoding", file=file, expected=" | ".join(dict.fromkeys(names)))


def _tables(text: str, file: str, name: str) -> list[Canvas]:
    from lxml import etree, html

    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise DataError("html_workbook", file=file) from error
    found: list[Canvas] = []
    above: list[str] = []
    inside: Any = None  # the table that is being passed, or a part of the page that nobody sees
    last = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if inside is None and event == "start":
            if element.tag == "table" and element.find(".//table") is None and _is_table(element):
                last = _filled(Canvas(file, name), element, _joined(above))
                found += [last] if any(cell is not None for row in last.rows for cell in row) else []
                above, inside = [], element
            elif element.tag in _UNSEEN:
                inside = element
            else:
                above += ["\n"] if element.tag in _LINES else []
                above.append(element.text or "")
        elif event == "end" and (inside is None or inside is element):
            inside = None
            above += ["\n"] if element.tag in _LINES else []
            above.append(element.tail or "")
    for line in _joined(above, last=False) if found and last is found[-1] else ():
        found[-1].put(len(found[-1].rows), 0, line)
    if not found and _joined(above) and root.find(".//table") is not None:
        found.append(_filled(Canvas(file, name), None, _joined(above)))
    return found


def _is_table(table: Any) -> bool:
    return any(sum(1 for cell in row if cell.tag in ("td", "th")) > 1 for row in table.iter("tr"))


def _joined(pieces: list[str], *, last: bool = True) -> list[str]:
    """The lines next to a table: the ``last`` ones above it, the first ones below."""
    lines = [" ".join(line.split()) for line in "".join(_spaced(pieces)).split("\n")]
    lines = [line for line in lines if line]
    return lines[-LINES:] if last else lines[:LINES]


def _filled(canvas: Canvas, table: Any, above: list[str]) -> Canvas:
    """Lay the cells of a table out below the lines above it; what a cell spans is a merged range."""
    for line in above:
        canvas.put(len(canvas.rows), 0, line)
    row = len(above)
    taken: dict[int, int] = {}  # column → the row down to which a cell above covers it
    for element in table.iter("tr") if table is not None else ():
        column = 0
        for cell in element:
            if cell.tag not in ("td", "th"):
                continue
            while taken.get(column, -1) >= row:
                column += 1
            down, across = _span(cell, "rowspan", MAX_SPAN_DOWN), _span(cell, "colspan", MAX_SPAN_ACROSS)
            value = _value(cell)
            if value is not None:
                canvas.put(row, column, value)
            if "mso-ignore:colspan" not in (cell.get("style") or "").replace(" ", ""):
                canvas.merge(row, column, row + down - 1, column + across - 1)
            if down > 1:
                taken.update(dict.fromkeys(range(column, column + across), row + down - 1))
            column += across
            if column > MAX_SPAN_ACROSS:
                raise DataError("sheet_too_large", file=canvas.file, sheet=canvas.name, found=str(column))
        if "display:none" in (element.get("style") or "").replace(" ", ""):
            canvas.hidden_rows.add(row)
        row += 1
    return canvas


def _span(cell: Any, name: str, most: int) -> int:
    said = (cell.get(name) or "").strip()
    return min(max(int(said), 1), most) if said.isdecimal() and len(said) < 10 else 1


def _value(cell: Any) -> object:
    """What a cell says. Excel keeps the number behind a rounded text in ``x:num``, and a broken formula in ``x:err``."""
    text = _text(cell)
    broken, number = cell.get("x:err"), cell.get("x:num")
    if broken:
        return broken
    if number and parse_number(text).value is not None:
        try:
            return float(number)
        except ValueError:
            return text
    return text or None


def _text(cell: Any) -> str:
    from lxml import etree

    parts: list[str] = []
    inside: Any = None
    for event, element in etree.iterwalk(cell, events=("start", "end")):
        if event == "start" and inside is None:
            if element.tag in _UNSEEN:
                inside = element
                continue
            parts += ["\n"] if element is not cell and element.tag in _LINES else []
            parts.append(element.text or "")
        elif event == "end" and (inside is None or inside is element):
            inside = None
            if element is not cell:
                parts += ["\n"] if element.tag in ("p", "div") else []
                parts.append(element.tail or "")
    lines = [" ".join(line.split()) for line in "".join(_spaced(parts)).split("\n")]
    return "\n".join(line for line in lines if line)


def _spaced(parts: list[str]) -> list[str]:
    """Line breaks of the source are spaces; only those of the page, pieces of their own, stay."""
    return [part if part == "\n" else " ".join(part.splitlines()) for part in parts]
