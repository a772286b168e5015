"""The zip packages that xlsx, xlsb and ods are: their parts, within bounds.

Place in the flow: ``workbook`` opens a package here. A part is unpacked piece by piece, so that a bomb is noticed while it unpacks, whatever
its directory says; a document type (the way entities are made to explode) is refused; parts that nobody asks for, such as pictures and
macros, are never unpacked.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from ...errors import DataError

MAX_KEPT = 2**27  # bytes of the parts of one file that are kept: three million cells
MAX_UNPACKED = 2**31  # bytes looked at: a million rows that are formatted and empty unpack to hundreds of megabytes
MAX_DIRECTORY = 2**22
MAX_RATIO = 50  # data pack ten to one, a sheet of the same row over and over fifty to one
CHUNK = 2**20
_UNNUMBERED, _FILLED = re.compile(rb'<row (?!r=")'), re.compile(rb"</[^r]|<!")
_LINKED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
# what zipfile raises on a damaged package, by its parts: directory, stream, method, password, length, offset, name
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, KeyError)


class Archive:
    """A zip package; names of parts are compared without case, and with either slash."""

    def __init__(self, content: bytes, file: str) -> None:
        self.file = file
        end = content.rfind(b"PK\x05\x06", -65_557)
        if end < 0 or len(content) < end + 22:
            raise self.damaged("zip")
        if int.from_bytes(content[end + 12 : end + 16], "little") > MAX_DIRECTORY:
            raise self.bomb("zip")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except _BROKEN as error:
            raise self.damaged("zip") from error
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            if self._parts.setdefault(_key(info.filename), info) is not info:
                raise self.damaged(info.filename)
        if sum(info.compress_size for info in self._parts.values()) > len(content):
            raise self.bomb("zip")
        self._looked_at = self._kept = 0

    def damaged(self, found: str) -> DataError:
        return DataError("not_a_workbook", file=self.file, found=found)

    def bomb(self, found: str) -> DataError:
        return DataError("zip_bomb", file=self.file, found=found, expected=f"{MAX_KEPT >> 20} MB")

    def _too_large(self, part: str) -> DataError:
        info = self._parts[_key(part)]
        if info.file_size > MAX_RATIO * info.compress_size:
            return self.bomb(part)
        return DataError("file_too_large", file=self.file, found=f"{info.file_size >> 20} MB ({part})", expected=f"{MAX_KEPT >> 20} MB")

    def __contains__(self, part: str) -> bool:
        return _key(part) in self._parts

    def names(self) -> list[str]:
        return list(self._parts)

    def read(self, part: str) -> bytes:
        """A part, whole."""
        info = self._parts.get(_key(part))
        if info is not None and self._kept + info.file_size > MAX_KEPT:
            raise self._too_large(part)
        content = bytearray()
        for chunk in self._chunks(part):
            content += chunk
            self._keep(part, len(chunk))
        return bytes(content)

    def sheet(self, part: str) -> bytes:
        """The XML of a sheet without the rows in which nothing stands: a format for a million empty rows must not cost a million rows."""
        info = self._parts.get(_key(part))
        if info is None or info.file_size < 8 * CHUNK:
            return self.read(part)
        kept, rest, rows_left_out = bytearray(), bytearray(), False
        for chunk in self._chunks(part):
            rest += chunk
            cut = rest.rfind(b"<row ", max(0, len(rest) - len(chunk) - 5))
            if cut < 0 and len(rest) > 8 * CHUNK:
                return self.read(part)
            if cut <= 0:
                continue
            body, rest = rest[:cut], rest[cut:]
            numbered = not _UNNUMBERED.search(body)
            if numbered and kept and not _FILLED.search(body):
                rows_left_out = True
            elif rows_left_out and not numbered:
                return self.read(part)
            else:
                kept += body
                self._keep(part, len(body))
        self._keep(part, len(rest))
        return bytes(kept + rest)

    def _keep(self, part: str, size: int) -> None:
        self._kept += size
        if self._kept > MAX_KEPT:
            raise self._too_large(part)

    def _chunks(self, part: str) -> Iterator[bytes]:
        info = self._parts.get(_key(part))
        if info is None:
            raise self.damaged(part)
        if info.flag_bits & 1:
            raise DataError("encrypted_workbook", file=self.file)
        self._looked_at += info.file_size
        if self._looked_at > MAX_UNPACKED:
            raise self._too_large(part)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise self.damaged(part)
        try:
            with self._zip.open(info) as stream:  # it stops at the size that the directory states, and says so if there is more
                while chunk := stream.read(CHUNK):
                    yield chunk
        except _BROKEN as error:
            raise self.damaged(part) from error


def _key(name: str) -> str:
    return name.replace("\\", "/").strip("/").lower()


def refuse_entities(xml: bytes, file: str) -> None:
    """A table file needs no document type; where there is one, entities may explode."""
    if any(mark in xml for mark in _DOCTYPES):
        raise DataError("xml_entities", file=file)


def parsed(xml: bytes, file: str) -> ElementTree.Element:
    """A small part as a tree."""
    refuse_entities(xml, file)
    try:
        return ElementTree.fromstring(xml)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise DataError("not_a_workbook", file=file, found=str(error)) from error


def links_of(archive: Archive, book: str) -> dict[str, tuple[str, str]]:
    """The relationships of a workbook part: id → kind (worksheet, styles, …) and name of the part."""
    folder, _, name = book.rpartition("/")
    links = {}
    for link in parsed(archive.read(f"{folder}/_rels/{name}.rels"), archive.file):
        target = link.get("Target", "").replace("\\", "/")
        part = target if target.startswith("/") else f"{folder}/{target}"
        steps: list[str] = []
        for step in part.split("/"):
            steps = steps[:-1] if step == ".." else steps if step in ("", ".") else [*steps, step]
        links[link.get("Id", "")] = (link.get("Type", "").rpartition("/")[2], "/".join(steps))
    return links


def packed(parts: dict[str, bytes], book: str, sheets: dict[str, str]) -> bytes:
    """A package of these parts, as they are: what the reader gets is what was looked at here. ``sheets`` are parts by relationship."""
    folder, _, name = book.rpartition("/")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for part, content in (("_rels/.rels", _links({"rId1": book}, "officeDocument")), (f"{folder}/_rels/{name}.rels", _links(sheets, "worksheet"))):
            package.writestr(zipfile.ZipInfo(part), content)
        for part, content in parts.items():
            package.writestr(zipfile.ZipInfo(part), content)
    return out.getvalue()


def _links(targets: dict[str, str], kind: str) -> bytes:
    links = "".join(f'<Relationship Id={quoteattr(key)} Type="{_LINKED}/{kind}" Target={quoteattr(target)}/>' for key, target in targets.items())
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>'.encode()
