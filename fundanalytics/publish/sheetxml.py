"""The XML of one sheet: cells get another format, missing cells and rows are put in, a drawing for comments is named.

Works on the bytes: what is not changed stays as it was written, whatever prefixes, order of attributes or extensions it has. One pass of
expat says where rows and cells stand; memory is that of the text itself.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from ..data.reader.headings import address

if TYPE_CHECKING:
    from .package import Listing, Styles

# what stands behind <legacyDrawing> in a worksheet
_AFTER = {"legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst"}
_TAG = re.compile(rb"<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
_STYLE = re.compile(rb"(\ss\s*=\s*)(?:\"\d*\"|'\d*')")
_SPANS = re.compile(rb"\sspans\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_MERGE = re.compile(rb"<(?:[\w.-]+:)?mergeCell\s[^>]*?\bref\s*=\s*[\"']\$?([A-Z]+)\$?(\d+):\$?([A-Z]+)\$?(\d+)[\"']")
_PLACE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::.*)?")
_WHOLE_ROW = re.compile(r"(\d{1,7}):\1")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
WIDTH, HEIGHT = 64, 20  # of a column and a row that say nothing, in pixels


class Mark(NamedTuple):
    """Why a cell is marked: ``colour`` is a key of ``package.FILLS``."""

    colour: str
    text: str

    def joined(self, other: Mark | None) -> Mark:
        """Two faults of one cell in one comment; the graver colour."""
        if other is None or other.text == self.text:
            return self
        return Mark("refused" if "refused" in (self.colour, other.colour) else self.colour, f"{self.text}\n\n{other.text}")


@dataclass
class Patched:
    """A sheet with its cells coloured; ``placed``: where the comments go, as (row, column) from 1."""

    xml: bytes
    placed: dict[tuple[int, int], Mark]
    drawing: str | None  # identity of the drawing that it has already
    place: int  # where one would be named
    prefix: str
    relations: dict[str, str]  # prefix → namespace, of the root
    widths: list[tuple[int, int, float]]


@dataclass
class _Pass:
    """What expat tells, and the edits that follow from it."""

    xml: bytes
    wanted: dict[int, dict[int, Mark]]
    whole: dict[int, Mark]
    style_of: Callable[[int, str], int]
    edits: list[tuple[int, int, bytes]] = field(default_factory=list)
    placed: dict[tuple[int, int], Mark] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    columns: list[tuple[int, int, int]] = field(default_factory=list)
    widths: list[tuple[int, int, float]] = field(default_factory=list)
    depth: int = 0
    row: int = 0
    column: int = 0
    inside: bool = False
    data_seen: bool = False
    active: bool = False
    row_at: tuple[int, dict[str, str]] = (0, {})
    data_at: int = 0
    cells: list[list[Any]] = field(default_factory=list)  # column, offset, attributes, has content
    drawing: str | None = None
    place: int = -1
    alternate: int = -1
    root: dict[str, str] = field(default_factory=dict)
    prefix: str = ""

    def run(self) -> None:
        self.todo = sorted(self.wanted.keys() | self.whole.keys(), reverse=True)
        parser = expat.ParserCreate()
        self.parser = parser
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.Parse(self.xml, True)
        except expat.ExpatError as error:
            raise ValueError(str(error)) from None

    def _doctype(self, *_: object) -> None:
        raise ValueError("a document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = self.names.get(name) or self.names.setdefault(name, name.rpartition(":")[2])
        self.depth += 1
        if self.inside:
            if local == "c":
                if self.active:
                    self._cell(attributes)
            elif local == "row":
                self._row(attributes)
            elif self.active and local in ("v", "is", "f") and self.cells:
                self.cells[-1][3] = True
        elif self.depth == 1:
            self.root, self.prefix = attributes, name[: -len(local)]
        elif local == "col" and not self.data_seen:
            low, high = int(attributes.get("min", 1)), int(attributes.get("max", 1))
            self.columns.append((low, high, int(attributes.get("style", 0))))
            if "width" in attributes:
                self.widths.append((low, high, 0 if attributes.get("hidden") in ("1", "true") else float(attributes["width"])))
        elif self.depth == 2 and local == "sheetData":
            self.inside = self.data_seen = True
            self.data_at = self.parser.CurrentByteIndex
        elif self.data_seen:
            self._behind(local, attributes)

    def _behind(self, local: str, attributes: dict[str, str]) -> None:
        """Elements after the cells: where a drawing is named, or would be."""
        if self.depth == 2:
            self.alternate = self.parser.CurrentByteIndex if local == "AlternateContent" else -1
        if local == "legacyDrawing" and self.drawing is None:
            self.drawing = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), None)
        elif local in _AFTER and self.place < 0 and (self.depth == 2 or self.alternate >= 0):
            self.place = self.parser.CurrentByteIndex if self.depth == 2 else self.alternate

    def _end(self, name: str) -> None:
        local = self.names[name]
        self.depth -= 1
        if self.inside and local == "row":
            if self.active:
                self._finish_row(self.parser.CurrentByteIndex)
            self.active = False
        elif self.depth == 1 and local == "sheetData":
            self.inside = False
            self._finish_data(self.parser.CurrentByteIndex)
        elif self.depth == 0 and self.place < 0:
            self.place = self.parser.CurrentByteIndex

    def _row(self, attributes: dict[str, str]) -> None:
        self.row = int(attributes.get("r", self.row + 1))
        self.column = 0
        at = self.parser.CurrentByteIndex
        while self.todo and self.todo[-1] < self.row:
            self.edits.append((at, at, self._new_row(self.todo.pop())))
        self.active = bool(self.todo) and self.todo[-1] == self.row
        if self.active:
            self.todo.pop()
            self.row_at, self.cells = (at, attributes), []

    def _cell(self, attributes: dict[str, str]) -> None:
        told = re.match(r"[A-Z]+", attributes.get("r", ""))
        self.column = column_of(told[0]) if told else self.column + 1
        self.cells.append([self.column, self.parser.CurrentByteIndex, attributes, False])

    def _finish_row(self, end: int) -> None:
        wanted = dict(self.wanted.get(self.row, {}))
        if self.row in self.whole:
            first = next((c[0] for c in self.cells if c[3]), self.cells[0][0] if self.cells else 1)
            wanted[first] = self.whole[self.row].joined(wanted.get(first))
        start, attributes = self.row_at
        tag = _tag_at(self.xml, start)
        there = {cell[0]: cell for cell in self.cells}
        base = int(attributes.get("s", 0)) if attributes.get("customFormat") in ("1", "true") else None
        missing = sorted(column for column in wanted if column not in there)
        closed = tag.endswith(b"/>")
        if missing:
            opened = _SPANS.sub(b"", tag)
            body = b"".join(self._new_cell(c, wanted[c], base) for c in missing) + f"</{self.prefix}row>".encode() if closed else b""
            self.edits.append((start, start + len(tag), (opened[:-2].rstrip() + b">" if closed else opened) + body))
        for column, mark in sorted(wanted.items()):
            self.placed[self.row, column] = mark
            if column in there:
                _, at, told, _ = there[column]
                cell = _tag_at(self.xml, at)
                self.edits.append((at, at + len(cell), _restyled(cell, self.style_of(int(told.get("s", 0)), mark.colour))))
            elif not closed:
                after = next((c[1] for c in self.cells if c[0] > column), end)
                self.edits.append((after, after, self._new_cell(column, mark, base)))

    def _finish_data(self, end: int) -> None:
        rows = b"".join(self._new_row(self.todo.pop()) for _ in range(len(self.todo)))
        if not rows:
            return
        tag = _tag_at(self.xml, self.data_at)
        if tag.endswith(b"/>"):
            self.edits.append((self.data_at, self.data_at + len(tag), tag[:-2].rstrip() + b">" + rows + f"</{self.prefix}sheetData>".encode()))
        else:
            self.edits.append((end, end, rows))

    def _new_row(self, row: int) -> bytes:
        self.row = row
        wanted = dict(self.wanted.get(row, {}))
        if row in self.whole:
            wanted[1] = self.whole[row].joined(wanted.get(1))
        self.placed |= {(row, column): mark for column, mark in wanted.items()}
        cells = b"".join(self._new_cell(column, mark, None) for column, mark in sorted(wanted.items()))
        return f'<{self.prefix}row r="{row}">'.encode() + cells + f"</{self.prefix}row>".encode()

    def _new_cell(self, column: int, mark: Mark, base: int | None) -> bytes:
        if base is None:
            base = next((style for low, high, style in self.columns if low <= column <= high), 0)
        return f'<{self.prefix}c r="{address(self.row, column - 1)}" s="{self.style_of(base, mark.colour)}"/>'.encode()


def patch(xml: bytes, marks: Mapping[str, Mark], style_of: Callable[[int, str], int]) -> Patched:
    """A sheet with the cells of ``marks`` coloured. ``style_of``: number of a cell's format and a colour → number of the new format."""
    if xml.startswith((b"\xff\xfe", b"\xfe\xff")):
        xml = xml.decode("utf-16").encode()
        xml = re.sub(rb"^<\?xml[^>]*\?>", b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', xml)
    wanted, whole = by_row(marks)
    _into_merges(xml, wanted)
    told = _Pass(xml, wanted, whole, style_of)
    told.run()
    pieces, at, place = [], 0, told.place
    for start, end, new in sorted(told.edits, key=lambda e: (e[0], e[1])):
        pieces += [xml[at:start], new]
        at = end
        place += len(new) - (end - start) if start < told.place else 0
    pieces.append(xml[at:])
    spaces = {k[6:]: v for k, v in told.root.items() if k.startswith("xmlns:")}
    return Patched(b"".join(pieces), told.placed, told.drawing, place, told.prefix, spaces, told.widths)


def finish(patched: Patched, drawing: str, base: str) -> bytes:
    """The sheet, which names the drawing of its comments (``drawing``, the identity of a relation)."""
    if patched.drawing or not drawing:
        return patched.xml
    prefix = next((p for p, space in patched.relations.items() if space == base), "")
    told = f'{prefix}:id="{drawing}"' if prefix else f'xmlns:r="{base}" r:id="{drawing}"'
    return patched.xml[: patched.place] + f"<{patched.prefix}legacyDrawing {told}/>".encode() + patched.xml[patched.place :]


def by_row(marks: Mapping[str, Mark]) -> tuple[dict[int, dict[int, Mark]], dict[int, Mark]]:
    """Marks of cells by row and column, and of whole rows."""
    wanted: dict[int, dict[int, Mark]] = {}
    whole: dict[int, Mark] = {}
    for place, mark in marks.items():
        if row := _WHOLE_ROW.fullmatch(place):
            whole[int(row[1])] = mark
        elif found := _PLACE.fullmatch(place):
            cells = wanted.setdefault(int(found[2]), {})
            column = column_of(found[1])
            cells[column] = mark.joined(cells.get(column))
    return wanted, whole


def _into_merges(xml: bytes, wanted: dict[int, dict[int, Mark]]) -> None:
    """Cells that are covered by a merged one: their marks go to the one that is seen."""
    rows = sorted(wanted)
    for left, top, right, bottom in _MERGE.findall(xml):
        first = (int(top), column_of(left.decode()))
        for row in rows[bisect_right(rows, int(top) - 1) : bisect_right(rows, int(bottom))]:
            for column in [c for c in wanted[row] if first[1] <= c <= column_of(right.decode()) and (row, c) != first]:
                mark = wanted[row].pop(column)
                cells = wanted.setdefault(first[0], {})
                cells[first[1]] = cells[first[1]].joined(mark) if first[1] in cells else mark
    for row in [r for r, cells in wanted.items() if not cells]:
        del wanted[row]


def _tag_at(xml: bytes, at: int) -> bytes:
    found = _TAG.match(xml, at)
    if found is None:
        raise ValueError(f"no tag at {at}")
    return found[0]


def _restyled(tag: bytes, style: int) -> bytes:
    if _STYLE.search(tag):
        return _STYLE.sub(rb'\g<1>"%d"' % style, tag, count=1)
    end = -2 if tag.endswith(b"/>") else -1
    return tag[:end].rstrip() + b' s="%d"' % style + tag[end:]


def column_of(letters: str) -> int:
    """A → 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def clean(text: str) -> str:
    """Text that XML and Excel take as it is."""
    return re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", _CONTROL.sub(" ", text))


def listing(told: Listing, styles: Styles, main: str) -> bytes:
    """The sheet with all faults of a workbook: text in cells of their own, links to places in the workbook."""
    title, head, plain, link = styles.text(bold=True, wrap=False), styles.text(bold=True), styles.text(), styles.text(link=True)
    filled = {colour: styles.text(colour=colour) for colour in {row[0] for row in told.rows} if colour}
    lines = [[(text, title if i == 0 else 0)] for i, text in enumerate(told.lines)]
    lines += [[], [(text, head) for text in told.headings]]
    links = []
    for colour, texts, place in told.rows:
        cells = [(text, filled.get(colour, plain) if i == 0 else plain) for i, text in enumerate(texts)]
        if place:
            cells[told.linked] = (texts[told.linked], link)
            links.append(f"<hyperlink ref={quoteattr(address(len(lines) + 1, told.linked))} location={quoteattr(clean(place))}/>")
        lines.append(cells)
    rows = "".join(_listed(number, cells) for number, cells in enumerate(lines, 1) if cells)
    widths = "".join(f'<col min="{i}" max="{i}" width="{width}" customWidth="1"/>' for i, width in enumerate(told.widths, 1))
    linked = f"<hyperlinks>{''.join(links)}</hyperlinks>" if links else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{main}">'
        '<sheetPr><tabColor rgb="FFC00000"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView workbookViewId="0"/></sheetViews><cols>{widths}</cols><sheetData>{rows}</sheetData>'
        f"{linked}"
        '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>'
    ).encode()


def _listed(number: int, cells: list[tuple[str, int]]) -> str:
    told = "".join(
        f'<c r="{address(number, i)}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{escape(clean(text))}</t></is></c>'
        for i, (text, style) in enumerate(cells)
    )
    return f'<row r="{number}">{told}</row>'
