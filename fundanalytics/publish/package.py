"""An xlsx package with marks put into it: coloured cells, comments, one more sheet. Every other part stays byte for byte.

Place in the flow: ``workbooks`` says which cells are to be marked and why; this module knows how a package is built. It writes into
the XML itself, since a library that reads a workbook and writes it again loses what it does not know: charts, pictures, macros,
extensions. ``sheetxml`` changes a sheet, ``remarks`` the comments; here are the parts, their relations, and the styles.
"""

from __future__ import annotations

import posixpath
import shutil
import zipfile
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from lxml import etree

from . import remarks, sheetxml
from .sheetxml import Mark

FILLS = {"refused": "FFFFC7CE", "look": "FFFFEB9C"}
MAX_BYTES = 2**28  # of one part that is changed, unpacked
MAX_PACKAGE = 2**31  # of all parts, unpacked
TRANSITIONAL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."
# the parts of a style sheet in the order that the format demands
_STYLE_ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors", "extLst")
_MAIN = {TRANSITIONAL: "http://schemas.openxmlformats.org/spreadsheetml/2006/main", STRICT: "http://purl.oclc.org/ooxml/spreadsheetml/main"}


@dataclass
class Listing:
    """The sheet that is added last: ``lines`` above, then a table whose cells may link to a place in the workbook."""

    name: str
    lines: list[str]
    headings: list[str]
    rows: list[tuple[str, list[str], str]]  # colour, texts, place linked to ("" for none)
    widths: list[int]
    linked: int  # the column whose text carries the link
    again: bool = False  # the workbook has one of ours already


@dataclass
class Package:
    """The parts of a package, read when asked for, and those that were changed."""

    zip: zipfile.ZipFile
    changed: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, Any] = field(default_factory=dict)
    edited: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.names = {name.replace("\\", "/").lstrip("/").lower(): name for name in self.zip.namelist()}
        book = self.related("", "officeDocument")
        if book is None:
            raise KeyError("officeDocument")
        self.book = book
        self.base = STRICT if any(r.get("Type", "").startswith(STRICT) for r in self.relations("")) else TRANSITIONAL
        self.main = etree.QName(self.tree(book)).namespace or _MAIN[self.base]

    def has(self, part: str) -> bool:
        return part.lower() in self.names or part in self.changed or part in self.trees

    def read(self, part: str) -> bytes:
        if part in self.changed:
            return self.changed[part]
        entry = self.zip.getinfo(self.names[part.lower()])
        if entry.file_size > MAX_BYTES:
            raise ValueError(f"{part} is too large")
        return self.zip.read(entry)

    def tree(self, part: str) -> Any:
        """A part as XML, to be looked at."""
        if part not in self.trees:
            self.trees[part] = _parsed(self.read(part))
        return self.trees[part]

    def edit(self, part: str, tree: Any = None) -> Any:
        """A part as XML that is changed, or made as ``tree``; it is written with the package."""
        self.edited.add(part)
        if tree is not None:
            self.trees[part] = tree
        return self.tree(part)

    def relations(self, part: str) -> Any:
        name = _relations_of(part)
        return self.tree(name) if self.has(name) else ()

    def related(self, part: str, kind: str) -> str | None:
        """The part to which ``part`` has a relation of this kind, in either edition of the format."""
        found = (r for r in self.relations(part) if r.get("Type", "").rpartition("/")[2] == kind and r.get("TargetMode") != "External")
        return next((_resolved(part, r.get("Target", "")) for r in found), None)

    def relation(self, part: str, identity: str) -> str:
        return next(_resolved(part, r.get("Target", "")) for r in self.relations(part) if r.get("Id") == identity)

    def add(self, part: str, content: bytes, content_type: str) -> None:
        """A new part, or a part written anew, with its type."""
        self.changed[part] = content
        types = self.edit("[Content_Types].xml")
        if not any(t.get("PartName", "").lower() == f"/{part}".lower() for t in types):
            etree.SubElement(types, f"{{{CONTENT_TYPES}}}Override", PartName=f"/{part}", ContentType=content_type)

    def relate(self, part: str, kind: str, target: str) -> str:
        """A new relation from ``part``; its identity."""
        name = _relations_of(part)
        root = self.edit(name, None if self.has(name) else etree.Element(f"{{{RELATIONS}}}Relationships", nsmap={None: RELATIONS}))
        taken = {r.get("Id") for r in root}
        identity = next(f"rId{n}" for n in range(1, len(taken) + 2) if f"rId{n}" not in taken)
        etree.SubElement(root, f"{{{RELATIONS}}}Relationship", Id=identity, Type=kind if "://" in kind else f"{self.base}/{kind}", Target=f"/{target}")
        return identity

    def free(self, pattern: str) -> str:
        """The first name of the pattern ("xl/comments{}.xml") that no part has."""
        return next(name for n in range(1, 100_000) if not self.has(name := pattern.format(n)))

    def sheets(self) -> dict[str, str]:
        """Worksheets by name, as parts; whatever order and identities they have."""
        found = {}
        for sheet in self.tree(self.book).iter(f"{{{self.main}}}sheet"):
            identity = next((v for k, v in sheet.attrib.items() if etree.QName(k).localname == "id"), "")
            kinds = {r.get("Id"): r.get("Type", "").rpartition("/")[2] for r in self.relations(self.book)}
            if kinds.get(identity) == "worksheet":
                found[sheet.get("name", "")] = self.relation(self.book, identity)
        return found

    def write(self, target: IO[bytes]) -> None:
        """The package: parts in their old order, what was not changed as it was, new parts behind."""
        rest = self.changed | {part: _serialised(self.trees[part]) for part in self.edited}
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
            for entry in self.zip.infolist():
                part = entry.filename.replace("\\", "/").lstrip("/")
                told = zipfile.ZipInfo(entry.filename, entry.date_time)
                told.compress_type, told.external_attr = entry.compress_type, entry.external_attr
                ours = next((name for name in rest if name.lower() == part.lower()), None)
                if ours is not None:
                    out.writestr(told, rest.pop(ours))
                else:
                    told.file_size = entry.file_size
                    with self.zip.open(entry) as source, out.open(told, "w") as copy:
                        shutil.copyfileobj(source, copy, 2**20)
            for part, content in rest.items():
                told = zipfile.ZipInfo(part)
                told.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(told, content)


def mark_package(source: Path, target: Path, marks: Mapping[str, Mapping[str, Mark]], listing: Listing) -> None:
    """A copy of ``source`` in which the cells of ``marks`` (sheet → "G7", "7:7" for a row, "F3:F5") are coloured and commented.

    Raises ``ValueError``, ``KeyError`` or ``zipfile.BadZipFile`` for a package that is not built as the format says.
    """
    with zipfile.ZipFile(source) as opened, target.open("wb") as out:
        if sum(entry.file_size for entry in opened.infolist()) > MAX_PACKAGE:
            raise ValueError("the package is too large")
        package = Package(opened)
        styles, sheets, texts = Styles(package), package.sheets(), remarks.Remarks(package)
        for name, wanted in marks.items():
            if name in sheets:
                part = sheets[name]
                patched = sheetxml.patch(package.read(part), wanted, styles.marked)
                drawing = texts.write(part, patched)
                package.changed[part] = sheetxml.finish(patched, drawing, package.base)
        _add_listing(package, styles, sheets, listing)
        package.write(out)


class Styles:
    """The formats of cells: the same as before with another fill."""

    def __init__(self, package: Package) -> None:
        self.main = package.main
        part = package.related(package.book, "styles")
        if part is None or not package.has(part):
            part = package.free("xl/styles{}.xml")
            package.add(part, f'<styleSheet xmlns="{self.main}"/>'.encode(), f"{SPREADSHEET}styles+xml")
            package.relate(package.book, "styles", part)
        self.root = package.edit(part)
        self._made: dict[tuple[int, str], int] = {}
        self._fills: dict[str, int] = {}
        self._formats = self._list("cellXfs", "<xf/>")

    def marked(self, style: int, colour: str) -> int:
        """The number of the format that is ``style`` with the fill of ``colour``."""
        if (style, colour) not in self._made:
            if colour not in self._fills:
                self._fills[colour] = self._append(self._list("fills", "<fill><patternFill/></fill>", '<fill><patternFill patternType="gray125"/></fill>'), (
                    f'<fill><patternFill patternType="solid"><fgColor rgb="{FILLS[colour]}"/><bgColor indexed="64"/></patternFill></fill>'
                ))  # fmt: skip
            plain = self._formats[style] if style < len(self._formats) else self._formats[0]
            self._made[style, colour] = self._append(self._formats, plain, fillId=str(self._fills[colour]), applyFill="1")
        return self._made[style, colour]

    def text(self, *, bold: bool = False, link: bool = False, colour: str = "", wrap: bool = True) -> int:
        """A format for text."""
        style = 0
        if bold or link:
            look = "<b/>" if bold else '<u/><color rgb="FF0563C1"/>'
            fonts = self._list("fonts", '<font><sz val="11"/></font>')
            plain = deepcopy(fonts[0])
            for child in [c for c in plain if etree.QName(c).localname in ("b", "u", "color")]:
                plain.remove(child)
            font = self._append(fonts, plain)
            added = [etree.fromstring(e) for e in (look[: look.find(">") + 1], look[look.find(">") + 1 :]) if e]
            for place, element in enumerate(added):  # bold and underline come before size and name
                fonts[font].insert(place, self._ours(element))
            style = self._append(self._formats, self._formats[0], fontId=str(font), applyFont="1")
        made = self._append(self._formats, self._formats[style], applyAlignment="1")
        for old in list(self._formats[made]):
            if etree.QName(old).localname == "alignment":
                self._formats[made].remove(old)
        self._formats[made].insert(0, etree.Element(f"{{{self.main}}}alignment", vertical="top", wrapText=str(int(wrap))))
        return self.marked(made, colour) if colour else made

    def _list(self, name: str, *first: str) -> Any:
        """A list of the style sheet; made, with what must stand first in it, where it is missing."""
        found = self.root.find(f"{{{self.main}}}{name}")
        if found is None:
            found = etree.Element(f"{{{self.main}}}{name}")
            later = _STYLE_ORDER[_STYLE_ORDER.index(name) + 1 :]
            place = next((i for i, child in enumerate(self.root) if etree.QName(child).localname in later), len(self.root))
            self.root.insert(place, found)
        if not len(found):
            for element in first:
                self._append(found, element)
        return found

    def _append(self, parent: Any, element: Any, **attributes: str) -> int:
        made = self._ours(etree.fromstring(element)) if isinstance(element, str) else deepcopy(element)
        for name, value in attributes.items():
            made.set(name, value)
        parent.append(made)
        parent.set("count", str(len(parent)))
        return len(parent) - 1

    def _ours(self, element: Any) -> Any:
        for each in element.iter():
            each.tag = f"{{{self.main}}}{etree.QName(each).localname}"
        return element


def _add_listing(package: Package, styles: Styles, sheets: Mapping[str, str], listing: Listing) -> None:
    """The sheet with all faults: an earlier one of ours is written anew, a sheet of the owner's keeps its name."""
    content, name = sheetxml.listing(listing, styles, package.main), listing.name
    old = sheets.get(name)
    if old and listing.again:
        package.changed[old] = content
        return
    book = package.edit(package.book)
    taken = {sheet.get("name", "").lower() for sheet in book.iter(f"{{{package.main}}}sheet")}
    name = next(n for n in (name, *(f"{name}({i})" for i in range(2, 1000))) if n.lower() not in taken)
    part = package.free("xl/worksheets/sheet{}.xml")
    package.add(part, content, f"{SPREADSHEET}worksheet+xml")
    identity = package.relate(package.book, "worksheet", part)
    parent = next(book.iter(f"{{{package.main}}}sheets"))
    number = 1 + max((int(s.get("sheetId", 0)) for s in parent), default=0)
    made = etree.SubElement(parent, f"{{{package.main}}}sheet", name=name, sheetId=str(number))
    made.set(f"{{{package.base}}}id", identity)


def _relations_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _resolved(part: str, target: str) -> str:
    target = target.replace("\\", "/")
    path = target.lstrip("/") if target.startswith("/") else posixpath.join(posixpath.dirname(part), target)
    return posixpath.normpath(path)


def _parsed(content: bytes) -> Any:
    """XML without a document type: the format has none, and entities are how a bomb is built."""
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise ValueError(str(error)) from None
    if root.getroottree().docinfo.doctype:
        raise ValueError("a document type")
    return root


def _serialised(tree: Any) -> bytes:
    return bytes(etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True))
