"""Packages (xlsx) built part by part: sound ones, and those that unpack to far more than they are."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_SPREADSHEET}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SPREADSHEET}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_SPREADSHEET}.sharedStrings+xml"/></Types>'
)
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_REL = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def parts_of(rows: str, *, strings: str = "", book: str = "", before: str = "", after: str = "") -> dict[str, str]:
    """The parts of a workbook with one sheet 项目台账; ``rows`` is the content of its sheetData."""
    return {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": f'{_REL}<Relationship Id="rId1" Type="{_DOC}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{book}<workbook xmlns="{MAIN}" xmlns:r="{_DOC}"><sheets><sheet name="项目台账" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_REL}<Relationship Id="rId1" Type="{_DOC}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_DOC}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>',
        "xl/sharedStrings.xml": strings or f'<sst xmlns="{MAIN}"/>',
    }


def cell(at: str, value: object) -> str:
    return f'<c r="{at}"><v>{value}</v></c>' if isinstance(value, (int, float)) else f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>'


def row(number: int, *values: object) -> str:
    return f'<row r="{number}">' + "".join(cell(f"{chr(65 + i)}{number}", v) for i, v in enumerate(values) if v is not None) + "</row>"


def save(path: Path, parts: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def swollen(path: Path, parts: dict[str, str], name: str, filling: str, size: int, *, stated: int | None = None) -> Path:
    """``parts`` as a package in which one part repeats ``filling`` (before its last closing tags) up to ``size`` bytes; ``stated`` is what it claims."""
    content = parts[name]
    at = content.rindex("</sheetData>") if "</sheetData>" in content else content.rindex("</")
    block = (filling * (2**20 // len(filling.encode()) + 1)).encode()
    times = size // len(block)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(content[:at].encode()) + packer.flush(zlib.Z_FULL_FLUSH)
    once = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    tail = packer.compress(content[at:].encode()) + packer.flush()
    packed = head + once * times + tail
    whole = len(content.encode()) + len(block) * times if stated is None else stated
    with path.open("wb") as out:
        entries = []
        for part, text in parts.items():
            data, real = (packed, whole) if part == name else (text.encode(), len(text.encode()))
            method = 8 if part == name else 0
            extra = struct.pack("<HHQQ", 1, 16, real, len(data))
            common = struct.pack("<HHHHHIII", 45, 0x800, method, 0, 33, 0 if part == name else zlib.crc32(data), 0xFFFFFFFF, 0xFFFFFFFF)
            entries.append((part.encode(), common, extra, out.tell()))
            out.write(b"PK\x03\x04" + common + struct.pack("<HH", len(part.encode()), len(extra)) + part.encode() + extra + data)
        start = out.tell()
        for part_name, common, extra, offset in entries:
            out.write(
                b"PK\x01\x02" + struct.pack("<H", 45) + common + struct.pack("<HHHHHII", len(part_name), len(extra), 0, 0, 0, 0, offset) + part_name + extra
            )
        end = out.tell()
        out.write(b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), end - start, start, 0))
    return path
