"""Workbooks in binary forms that no library here writes, record by record: xls as in [MS-XLS], xlsb as in [MS-XLSB]."""

import io
import struct
import zipfile

from fundanalytics.data.reader.compound import container

U16, U32 = struct.Struct("<H").pack, struct.Struct("<I").pack


def record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def bof(part: int) -> bytes:
    return record(0x0809, struct.pack("<4H2I", 0x0600, part, 0, 0, 0, 6))


def number(row: int, column: int, value: float) -> bytes:
    return record(0x0203, struct.pack("<3Hd", row, column, 0, value))


def label(row: int, column: int, text: str) -> bytes:
    return record(0x0204, struct.pack("<4HB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def formula(row: int, column: int, result: bytes) -> bytes:
    return record(0x0006, struct.pack("<3H", row, column, 0) + result + bytes(6) + struct.pack("<HBH", 3, 0x1E, 1))


def chart(*cells: bytes) -> bytes:
    """A chart inside a sheet; the numbers that it shows stand in it as if they were cells."""
    return bof(0x20) + b"".join(cells) + record(0x0A)


def xls(*sheets: bytes, book: bytes = b"", dimensions: bytes = struct.pack("<2I3H", 0, 9, 0, 9, 0)) -> bytes:
    """An xls workbook; each sheet is its records."""
    bodies = [bof(0x10) + record(0x0200, dimensions) + sheet + record(0x0A) for sheet in sheets]
    names = [f"表{i + 1}" for i in range(len(sheets))]
    bound = [struct.pack("<BBBB", 0, 0, len(name), 1) + name.encode("utf-16-le") for name in names]
    start = len(bof(5)) + len(book) + sum(len(b) + 8 for b in bound) + 4
    out = bof(5) + book
    for body, tail in zip(bodies, bound, strict=True):
        out += record(0x85, U32(start) + tail)
        start += len(body)
    return container(out + record(0x0A) + b"".join(bodies))


def brt(kind: int, data: bytes = b"") -> bytes:
    """A record of an xlsb part: kind and size in seven bits a byte."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(data)
    while size > 127:
        head, size = head + bytes([size & 0x7F | 0x80]), size >> 7
    return head + bytes([size]) + data


def wide(text: str) -> bytes:
    return U32(len(text)) + text.encode("utf-16-le")


def cell(kind: int, column: int, value: bytes, style: int = 0) -> bytes:
    return brt(kind, U32(column) + U32(style) + value)


def row(number: int, *cells: bytes, hidden: bool = False) -> bytes:
    return brt(0, U32(number) + U32(0) + U16(300) + bytes([0, 0x10 if hidden else 0, 0]) + U32(1) + U32(0) + U32(4)) + b"".join(cells)


NO_FORMULA = U16(0) + U32(2) + b"\x1c\x07" + U32(0)  # =#DIV/0!


def xlsb(*sheets: tuple[str, int, bytes], merges: tuple[tuple[int, int, int, int], ...] = (), epoch: int = 1900) -> bytes:
    """An xlsb workbook; each sheet is its name, whether it is hidden (0, 1, 2) and its rows. Style 1 is a date."""
    kinds, base = "application/vnd.ms-excel.", "http://schemas.openxmlformats.org/"
    linked = f"{base}officeDocument/2006/relationships"
    targets = [(f"rId{i + 1}", "worksheet", f"worksheets/sheet{i + 1}.bin") for i in range(len(sheets))] + [("rIdS", "styles", "styles.bin")]
    links = "".join(f'<Relationship Id="{i}" Type="{linked}/{kind}" Target="{target}"/>' for i, kind, target in targets)
    bundle = b"".join(brt(156, U32(state) + U32(i + 1) + wide(f"rId{i + 1}") + wide(name)) for i, (name, state, _) in enumerate(sheets))
    book = brt(131) + brt(153, U32(epoch == 1904) + U32(0) + wide("")) + brt(143) + bundle + brt(144) + brt(157, bytes(26)) + brt(132)
    xf = struct.pack("<2H", 0, 0) + bytes(12), struct.pack("<2H", 0, 14) + bytes(12)
    styles = brt(278) + brt(617, U32(2)) + b"".join(brt(47, x) for x in xf) + brt(618) + brt(279)
    merged = brt(177, U32(len(merges))) + b"".join(brt(176, struct.pack("<4I", t, b, left, right)) for t, left, b, right in merges) + brt(178)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{base}package/2006/content-types"><Default Extension="bin" ContentType="{kinds}sheet.binary.macroEnabled.main"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(f'<Override PartName="/xl/worksheets/sheet{i + 1}.bin" ContentType="{kinds}worksheet"/>' for i in range(len(sheets)))
        + f'<Override PartName="/xl/styles.bin" ContentType="{kinds}styles"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{base}package/2006/relationships"><Relationship Id="r" Type="{linked}/officeDocument" Target="xl/workbook.bin"/>'
        "</Relationships>",
        "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{base}package/2006/relationships">{links}</Relationships>',
        "xl/workbook.bin": book,
        "xl/styles.bin": styles,
    }  # fmt: skip
    for i, (_, _, rows) in enumerate(sheets):
        body = brt(129) + brt(148, struct.pack("<4I", 0, 9, 0, 9)) + brt(145) + rows + brt(146) + (merged if merges and not i else b"") + brt(130)
        parts[f"xl/worksheets/sheet{i + 1}.bin"] = body
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, content in parts.items():
            package.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()
