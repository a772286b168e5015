"""Comments in an xlsx package: new ones, and words added to those that a cell has already.

A comment lies in up to three parts: its text, the shape in which it is shown (VML, which is no XML to rely on: it is changed as bytes),
and, where people answered each other, a thread, to which ours is one more answer.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from lxml import etree

from ..data.reader.headings import address
from .sheetxml import HEIGHT, WIDTH, Mark, Patched, clean

if TYPE_CHECKING:
    from .package import Package

AUTHOR = "fundanalytics"
SPACE = uuid.UUID("6f1c7a52-5a0e-5d0e-9a55-0d6f3a4d7b11")
THREADS = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
BOX, LINE, MOST_LINES = 290, 17, 24  # of a comment, in pixels; lines shown without a scroll
LINE_LETTERS = 44  # a Chinese character counts two
CLUSTER = 1024  # shapes are numbered in clusters
_SHAPE = re.compile(rb"_x0000_s(\d+)")
_IDMAP = re.compile(rb"(<o:idmap\b[^>]*?\bdata=)([\"'])([\d, ]*)\2")
_NEW_DRAWING = (
    b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel"></xml>'
)
_SHAPE_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)


class Remarks:
    """The comments of all sheets of a package; shapes are numbered beyond those that it has."""

    def __init__(self, package: Package) -> None:
        self.package = package
        drawings = [name for name in package.names.values() if name.lower().endswith(".vml")]
        numbers = [int(n) for name in drawings for n in _SHAPE.findall(package.zip.read(name))]
        self.cluster = max(numbers, default=0) // CLUSTER + 1

    def write(self, sheet: str, patched: Patched) -> str:
        """Comments for the marks of a sheet; the identity of its drawing."""
        if not patched.placed:
            return ""
        package = self.package
        part = package.related(sheet, "comments")
        if part is None or not package.has(part):
            part = package.free("xl/comments{}.xml")
            empty = f'<comments xmlns="{package.main}"><authors/><commentList/></comments>'
            package.add(part, empty.encode(), "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml")
            package.relate(sheet, "comments", part)
        new = self._texts(package.edit(part), patched.placed, self._threads(sheet, patched.placed))
        return self._shapes(sheet, patched, new)

    def _texts(self, root: Any, placed: dict[tuple[int, int], Mark], answered: set[str]) -> list[tuple[int, int]]:
        """The text of every mark; which of them had no comment yet."""
        main = self.package.main
        authors, comments = _part(root, main, "authors", 0), _part(root, main, "commentList", 1)
        names = [a.text for a in authors]
        if AUTHOR not in names:
            etree.SubElement(authors, f"{{{main}}}author").text = AUTHOR
            names.append(AUTHOR)
        ours = str(names.index(AUTHOR))
        there = {c.get("ref"): c for c in comments}
        new = []
        for place, mark in sorted(placed.items()):
            ref = address(place[0], place[1] - 1)
            comment = there.get(ref)
            if comment is None:
                comment = etree.SubElement(comments, f"{{{main}}}comment", ref=ref, authorId=ours, shapeId="0")
                new.append(place)
            text = _part(comment, main, "text", 0)
            if comment.get("authorId") == ours:
                for run in list(text):
                    text.remove(run)
            elif len(text) or text.text:
                self._run(text, "\n\nReply:\n    " if ref in answered else "\n\n")
            self._run(text, mark.text)
        return new

    def _run(self, text: Any, words: str) -> None:
        main = self.package.main
        if len(text) == 1 and etree.QName(text[0]).localname == "t":  # plain text takes no runs beside it
            plain = text[0]
            text.remove(plain)
            etree.SubElement(text, f"{{{main}}}r").append(plain)
        run = etree.Element(f"{{{main}}}r")
        at = next((i for i, child in enumerate(text) if etree.QName(child).localname in ("rPh", "phoneticPr")), len(text))
        text.insert(at, run)
        told = etree.SubElement(run, f"{{{main}}}t")
        told.text = clean(words)
        told.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")

    def _threads(self, sheet: str, placed: dict[tuple[int, int], Mark]) -> set[str]:
        """Our words as an answer where a cell has a thread; which cells these are."""
        part = self.package.related(sheet, "threadedComment")
        persons = self.package.related(self.package.book, "person")
        if part is None or persons is None or not self.package.has(part) or not self.package.has(persons):
            return set()
        roots = {t.get("ref"): t for t in self.package.tree(part) if not t.get("parentId")}
        marks = {address(row, column - 1): mark for (row, column), mark in placed.items()}
        answered = roots.keys() & marks.keys()
        if answered:
            threads, me = self.package.edit(part), _guid(AUTHOR)
            people = self.package.edit(persons)
            if not any(p.get("id") == me for p in people):
                etree.SubElement(people, f"{{{THREADS}}}person", displayName=AUTHOR, id=me, userId=AUTHOR, providerId="None")
            for ref in sorted(answered):
                root, identity = roots[ref], _guid(f"{part} {ref} {marks[ref].text}")
                told = {"ref": ref, "dT": root.get("dT", "2020-01-01T00:00:00.00"), "personId": me, "id": identity, "parentId": root.get("id", "")}
                if not any(t.get("id") == identity for t in threads):
                    etree.SubElement(etree.SubElement(threads, f"{{{THREADS}}}threadedComment", told), f"{{{THREADS}}}text").text = clean(marks[ref].text)
        return set(answered)

    def _shapes(self, sheet: str, patched: Patched, new: list[tuple[int, int]]) -> str:
        package = self.package
        if patched.drawing:
            identity, part = patched.drawing, package.relation(sheet, patched.drawing)
            content = package.read(part)
        else:
            part, content = package.free("xl/drawings/vmlDrawing{}.vml"), _NEW_DRAWING
            identity = package.relate(sheet, "vmlDrawing", part)
            types = package.edit("[Content_Types].xml")
            if not any(t.get("Extension", "").lower() == "vml" for t in types):
                made = etree.Element(types.tag.replace("Types", "Default"), Extension="vml", ContentType=VML)
                types.insert(0, made)
        package.changed[part] = self._drawn(content, patched, new)
        return identity

    def _drawn(self, content: bytes, patched: Patched, new: list[tuple[int, int]]) -> bytes:
        """A VML drawing with a shape for each new comment."""
        if not new:
            return content
        first = self.cluster
        self.cluster += -(-len(new) // (CLUSTER - 1))
        clusters = ",".join(map(str, range(first, self.cluster)))
        numbers = (n for n in range(first * CLUSTER + 1, self.cluster * CLUSTER) if n % CLUSTER)
        shapes = "".join(_shape(number, place, patched.placed[place].text, patched.widths) for number, place in zip(numbers, new, strict=False))
        if b"_x0000_t202" not in content:
            shapes = _SHAPE_TYPE + shapes
        if found := _IDMAP.search(content):
            content = content[: found.end(3)] + (b"," if found[3].strip() else b"") + clusters.encode() + content[found.end(3) :]
        else:
            shapes = f'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{clusters}"/></o:shapelayout>' + shapes
        end = content.rfind(b"</")
        if end < 0:
            raise ValueError("a drawing without an end")
        return content[:end] + shapes.encode() + content[end:]


VML = "application/vnd.openxmlformats-officedocument.vmlDrawing"


def _part(parent: Any, main: str, name: str, place: int) -> Any:
    found = parent.find(f"{{{main}}}{name}")
    if found is None:
        found = etree.Element(f"{{{main}}}{name}")
        parent.insert(place, found)
    return found


def _guid(text: str) -> str:
    return f"{{{uuid.uuid5(SPACE, text)}}}".upper()


def _shape(number: int, place: tuple[int, int], text: str, widths: list[tuple[int, int, float]]) -> str:
    """A hidden box beside the cell, as high as its text."""
    row, column = place[0] - 1, place[1] - 1
    lines = sum(max(1, -(-sum(2 if ord(c) > 0x2E7F else 1 for c in line) // LINE_LETTERS)) for line in text.split("\n"))
    height = LINE * min(lines, MOST_LINES) + 12
    right, rest = column + 1, BOX
    while rest > _pixels(right, widths) and right < column + 40:
        rest -= _pixels(right, widths)
        right += 1
    top = max(row - 1, 0)
    anchor = f"{column + 1}, 12, {top}, 6, {right}, {min(rest + 12, 200)}, {top + height // HEIGHT}, {height % HEIGHT + 6}"
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;margin-left:80pt;margin-top:5pt;width:{BOX * 0.75:.0f}pt;'
        f'height:{height * 0.75:.0f}pt;z-index:{number % CLUSTER};visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
        '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left">'
        f'</div></v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill>'
        f"<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )


def _pixels(column: int, widths: list[tuple[int, int, float]]) -> int:
    """The width of a column, counted from 0."""
    return next((round(width * 7 + 5) if width else 0 for low, high, width in widths if low <= column + 1 <= high), WIDTH)
