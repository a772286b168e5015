"""An xlsx or xlsm package → one that calamine can read safely, and what calamine does not tell of its sheets.

Place in the flow: ``workbook`` comes here with an opened ``archive``. The XML of a sheet is looked through once: errors (#REF!) and formulas
without a stored value are turned into text, since calamine leaves them blank and a broken amount is no missing one; hidden rows, merged
ranges and the reach of the cells are noted. Macros stay in the package that was sent: nothing here could run them.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.etree import ElementTree

from ...errors import DataError
from .archive import Archive, links_of, packed, parsed, refuse_entities
from .marks import Opened, Sheet, check_area, wanted

BOOK = "xl/workbook.xml"
MAX_UNUSUAL = 2**26  # bytes of a sheet that has to be rewritten before it can be looked through
_TRUE = ("1", "true", "on")
# other writers' XML: prefixes, single quotes, comments, line breaks inside tags. Whoever writes so does it from the start,
_UNUSUAL = (b"<!", b":sheetData", b":c ", b":row", b"<row\n", b"<row\r", b"<row\t", b"='", b"= ", b' ="')
_START = 2**16
_HIDES_CELLS = (b"<c\n", b"<c\r", b"<c\t", b"<!", b":c ", b":c\n", b":c\r", b":c\t")  # unless it is to hide how far the cells reach
# a sheet in which no cell fits lies within 104 × 9,999, 182 × 99,999 or 19 × 999,999 cells: nineteen million at most
_NEAR = tuple(re.compile(rb'<c (?!r="(?:%s)")' % cell) for cell in (rb"(?:[A-Z]|[A-C][A-Z])\d{1,4}", rb"(?:[A-Z]|[A-F][A-Z])\d{1,5}", rb"[A-S]\d{1,6}"))
_CELL = re.compile(rb'<c (?=[^>]*?\br="([A-Za-z]+)(\d+)")[^>]*?(/?)>')
_ERROR = re.compile(rb'(<c [^>]*?\bt=)"e"')
_FORMULA = rb"<f\b(?:[^>]*/>|[^>]*>([^<]*)</f>)"
_BLANK = re.compile(_FORMULA + rb"\s*(?:<v\s*/>|<v[^>]*></v>)?\s*</c>")
_BLANK_CELL = re.compile(rb"<c ([^>]*)>\s*" + _FORMULA + rb"\s*(?:<v\s*/>|<v[^>]*></v>)?\s*</c>")
_ZERO_CELL = re.compile(rb"<c ([^>]*)>\s*" + _FORMULA + rb"\s*(?:<v\s*/>|<v[^>]*>0?</v>)?\s*</c>")
_CALCULATED = re.compile(rb"(?:</f>|<f\b[^>]*/>)\s*<v[^>]*>(?!0</v>)[^<]")
_TYPE = re.compile(rb'\s*\bt="[^"]*"')
_MERGE = re.compile(rb'<mergeCell\b[^>]*?\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')


class _Listed(NamedTuple):
    name: str
    hidden: bool
    part: str


def open_xlsx(archive: Archive, sheet: str | None) -> Opened:
    """The worksheets of a package; chart, dialog and macro sheets hold no table."""
    links = links_of(archive, BOOK)
    book = parsed(archive.read(BOOK), archive.file)
    listed = _listed(book, links)
    names = wanted([s.name for s in listed], sheet, archive.file)
    chosen = [s for s in listed if s.name in names]
    epoch = 1904 if any(e.get("date1904") in _TRUE for e in book.iter() if e.tag.endswith("workbookPr")) else 1900
    texts = [_usual(archive, s, archive.sheet(s.part)) for s in chosen]
    if any(e.get("fullCalcOnLoad") in _TRUE for e in book.iter() if e.tag.endswith("calcPr")) and not any(_CALCULATED.search(xml) for xml in texts):
        blank = _ZERO_CELL  # a program wrote the formulas, and 0 where a value belongs; nobody has opened the file yet
    else:
        blank = _BLANK_CELL
    parts, sheets = {BOOK: _book(len(chosen), epoch)}, []
    for kind, name in (("sharedStrings", "xl/sharedStrings.xml"), ("styles", "xl/styles.xml")):
        part = next((part for linked, part in links.values() if linked == kind), name)
        if part in archive:
            parts[name] = archive.read(part)
            refuse_entities(parts[name], archive.file)
    for index, one in enumerate(chosen):
        xml = texts[index]
        texts[index] = b""
        check_area(archive.file, one.name, *_reach(xml))
        sheets.append(Sheet(one.name, index, one.hidden, epoch, _hidden_rows(xml), _merges(xml)))
        parts[f"xl/worksheets/sheet{index}.xml"] = _worded(xml, blank)
    return Opened(packed(parts, BOOK, {f"r{i}": f"worksheets/sheet{i}.xml" for i in range(len(chosen))}), sheets)


def _listed(book: ElementTree.Element, links: dict[str, tuple[str, str]]) -> list[_Listed]:
    found = []
    for entry in book.iter():
        if entry.tag.rpartition("}")[2] != "sheet":
            continue
        link = next((value for key, value in entry.attrib.items() if key.rpartition("}")[2] == "id"), "")
        kind, part = links.get(link, ("", ""))
        if kind == "worksheet":
            found.append(_Listed(entry.get("name", ""), entry.get("state", "visible") != "visible", part))
    return found


def _book(count: int, epoch: int) -> bytes:
    sheets = "".join(f'<sheet name="{i}" sheetId="{i + 1}" r:id="r{i}"/>' for i in range(count))
    names = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    return f'<workbook {names}><workbookPr date1904="{int(epoch == 1904)}"/><sheets>{sheets}</sheets></workbook>'.encode()


def _usual(archive: Archive, sheet: _Listed, xml: bytes) -> bytes:
    """The XML of a sheet in the form that spreadsheets write, whoever wrote it."""
    refuse_entities(xml, archive.file)
    start = xml[:_START]
    odd = xml[:4].count(0) or (b"encoding=" in xml[:100] and b"utf-8" not in xml[:100].lower())
    if not odd and not any(mark in start for mark in _UNUSUAL) and not any(mark in xml for mark in _HIDES_CELLS):
        return xml
    if len(xml) > MAX_UNUSUAL:
        raise DataError("sheet_too_large", file=archive.file, sheet=sheet.name, found=f"{len(xml) >> 20} MB")
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        xml = etree.tostring(etree.fromstring(xml, parser), encoding="utf-8")
    except (etree.XMLSyntaxError, ValueError) as error:
        raise archive.damaged(sheet.part) from error
    return re.sub(rb"<(/?)[A-Za-z_][\w.-]*:", rb"<\1", xml)


def _reach(xml: bytes) -> tuple[int, int]:
    """How many rows and columns the cells with a value reach; a sheet that is small at first sight is not measured."""
    if any(not far.search(xml) for far in _NEAR):
        return 0, 0
    height, columns = 0, {b"A"}
    for cell in _CELL.finditer(xml):
        if not cell[3]:
            columns.add(cell[1])
            height = max(height, int(cell[2]))
    return height, max(map(_column, columns)) + 1


def _hidden_rows(xml: bytes) -> frozenset[int]:
    if not (b'hidden="1"' in xml or b'hidden="true"' in xml or b' ht="0"' in xml):
        return frozenset()
    number, hidden = 0, []
    for row in re.finditer(rb"<row\b([^>]*)", xml):
        stated = re.search(rb'\br="(\d+)"', row[1])
        number = int(stated[1]) if stated else number + 1
        if re.search(rb'\bhidden="(?:1|true)"|\bht="0"', row[1]):
            hidden.append(number - 1)
    return frozenset(hidden)


def _merges(xml: bytes) -> list[tuple[int, int, int, int]]:
    found = _MERGE.findall(xml, max(xml.rfind(b"</sheetData>"), 0))
    return [(int(top) - 1, _column(left), int(bottom) - 1, _column(right)) for left, top, right, bottom in found]


def _worded(xml: bytes, blank: re.Pattern[bytes]) -> bytes:
    """Errors and formulas without a value as text."""
    if b't="e"' in xml:
        xml = _ERROR.sub(rb'\1"str"', xml)
    if b"<f" in xml and (blank is _ZERO_CELL or _BLANK.search(xml)):
        xml = blank.sub(_formula, xml)
    return xml


def _formula(cell: re.Match[bytes]) -> bytes:
    if b't="str"' in cell[1]:
        return cell[0]  # its value is an empty text
    return b'<c %s t="str"><v>=%s</v></c>' % (_TYPE.sub(b"", cell[1]), cell[2] or b"")


def _column(letters: bytes) -> int:
    index = 0
    for letter in letters.upper():
        index = index * 26 + letter - 64
    return index - 1
