"""Files damaged in the ways that files are: bytes, parts of a package, the XML of a sheet, the lines of a text. Each takes a seeded generator."""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable
from random import Random

Damage = Callable[[bytes, Random], bytes]
Text = Callable[[str, Random], str]

ZIP = b"PK\x03\x04"


def flip(data: bytes, rng: Random) -> bytes:
    """A few bytes become others."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 3, 20))):
        if changed:
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut(data: bytes, rng: Random) -> bytes:
    """The end is missing, as after a broken download."""
    return data[: rng.randrange(len(data) + 1)]


def behead(data: bytes, rng: Random) -> bytes:
    return data[rng.randrange(1, min(600, len(data) + 2)) :]


def blank_out(data: bytes, rng: Random) -> bytes:
    """A sector of zeros."""
    start, size = rng.randrange(len(data) + 1), rng.choice((1, 64, 512, 4096))
    return data[:start] + bytes(size) + data[start + size :]


def repeat(data: bytes, rng: Random) -> bytes:
    start, end = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
    return data[:end] + data[start:end] + data[end:]


def swap_blocks(data: bytes, rng: Random) -> bytes:
    size = rng.choice((16, 512, 4096))
    a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:a] + data[b : b + size] + data[a + size : b] + data[a : a + size] + data[b + size :]


def append(data: bytes, rng: Random) -> bytes:
    return data + rng.randbytes(rng.choice((1, 100, 5000)))


BYTES: tuple[Damage, ...] = (flip, flip, cut, behead, blank_out, repeat, swap_blocks, append)


def unzipped(data: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return [(i.filename, package.read(i)) for i in package.infolist()]


def zipped(parts: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A package of these parts, whole or not; a name may stand twice."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as package:
        warnings.simplefilter("ignore")  # that a name stands twice
        for name, content in parts:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            package.writestr(info, content)
    return out.getvalue()


def drop_part(parts: list[tuple[str, bytes]], rng: Random) -> list[tuple[str, bytes]]:
    at = rng.randrange(len(parts))
    return parts[:at] + parts[at + 1 :]


def double_part(parts: list[tuple[str, bytes]], rng: Random) -> list[tuple[str, bytes]]:
    return [*parts, rng.choice(parts)]


def rename_part(parts: list[tuple[str, bytes]], rng: Random) -> list[tuple[str, bytes]]:
    at = rng.randrange(len(parts))
    name = parts[at][0]
    new = rng.choice(
        (name.upper(), name.replace("/", "\\"), f"/{name}", f"../{name}", "xl/worksheets/sheet1.xml", "xl/vbaProject.bin", "表.xml", name + "/", "a" * 5000)
    )
    return [*parts[:at], (new, parts[at][1]), *parts[at + 1 :]]


def swap_parts(parts: list[tuple[str, bytes]], rng: Random) -> list[tuple[str, bytes]]:
    a, b = rng.randrange(len(parts)), rng.randrange(len(parts))
    parts = list(parts)
    (name_a, data_a), (name_b, data_b) = parts[a], parts[b]
    parts[a], parts[b] = (name_a, data_b), (name_b, data_a)
    return parts


def damage_part(parts: list[tuple[str, bytes]], rng: Random) -> list[tuple[str, bytes]]:
    """Damage inside a part; the package around it is sound."""
    at = rng.randrange(len(parts))
    return [*parts[:at], (parts[at][0], rng.choice(BYTES)(parts[at][1], rng)), *parts[at + 1 :]]


def empty_part(parts: list[tuple[str, bytes]], rng: Random) -> list[tuple[str, bytes]]:
    at = rng.randrange(len(parts))
    return [*parts[:at], (parts[at][0], rng.choice((b"", b"<a/>", b"\0" * 100, parts[at][1].split(b">", 1)[0] + b">"))), *parts[at + 1 :]]


PARTS = (drop_part, double_part, rename_part, swap_parts, damage_part, damage_part, empty_part)


def damage_package(data: bytes, rng: Random) -> bytes:
    return zipped(rng.choice(PARTS)(unzipped(data), rng))


MERGES = (
    "A1:XFD1048576",
    "A1:A1",
    "B2:A1",
    "A4:C9",
    "A5:D6",
    "A1:Z3",
    "A3:B4",
    "XFD1048576:XFE1048577",
    "A0:B2",
    "A1",
    ":",
    "",
    "A1:B2:C3",
    "A-1:B2",
    "C:C",
    "4:5",
)
NUMBERS = ("1e999", "-1e999", "NaN", "nan", "INF", "", " ", "0x10", "9" * 400, "1,5", "--1", "1e-400", "٣", "12 ", "1_000", "\t7")


def _at(pattern: str, text: str, rng: Random) -> re.Match[str] | None:
    found = list(re.finditer(pattern, text))
    return rng.choice(found) if found else None


def _put(text: str, found: re.Match[str] | None, new: str) -> str:
    return text if found is None else text[: found.start()] + new + text[found.end() :]


def dimension(text: str, rng: Random) -> str:
    """The used range that a sheet states of itself, wrongly."""
    new = rng.choice(("A1", "A1:A1", "XFD1048576", "A1:XFD1048576", "B7:A1", "", "A1:ZZZ99999999999", "-", "C5:D6"))
    return re.sub(r'<dimension ref="[^"]*"', f'<dimension ref="{new}"', text)


def row_number(text: str, rng: Random) -> str:
    new = rng.choice(("-5", "0", "1048576", "1048577", "4294967296", "99999999999999999999", "", "x", "3"))
    return _put(text, _at(r'<row r="\d+"', text, rng), f'<row r="{new}"')


def cell_address(text: str, rng: Random) -> str:
    new = rng.choice(("A0", "XFD1048576", "XFE1", "A1048577", "1A", "", "A", "5", "a5", "AAAAAAAAAAAA1", "A99999999999", "$A$5", "R1C1", "A1:B2", "甲1"))
    return _put(text, _at(r'<c r="[A-Z]+\d+"', text, rng), f'<c r="{new}"')


def bad_string(text: str, rng: Random) -> str:
    """An index into the table of texts that leads nowhere."""
    return _put(text, _at(r"(?<=<v>)\d+(?=</v>)", text, rng), rng.choice(("999999", "-1", "4294967296", "1.5", "", "x")))


def cell_type(text: str, rng: Random) -> str:
    new = rng.choice((' t="s"', ' t="e"', ' t="b"', ' t="inlineStr"', ' t="d"', ' t="x"', ' t="str"', ' t=""', ' s="99999"', ' s="-1"', ' cm="1"'))
    found = _at(r'<c r="[A-Z]+\d+"[^>/]*', text, rng)
    return text if found is None else _put(text, found, re.sub(r' [ts]="[^"]*"', "", found[0]) + new)


def cell_value(text: str, rng: Random) -> str:
    return _put(text, _at(r"(?<=<v>)[^<]*(?=</v>)", text, rng), rng.choice(NUMBERS))


def merges(text: str, rng: Random) -> str:
    """Ranges that overlap, reach over the whole sheet, or are none."""
    new = "".join(f'<mergeCell ref="{rng.choice(MERGES)}"/>' for _ in range(rng.choice((1, 2, 5))))
    if "<mergeCells" in text:
        return re.sub(r"</mergeCells>", f"{new}</mergeCells>", text)
    return text.replace("</sheetData>", f'</sheetData><mergeCells count="1">{new}</mergeCells>')


def rows_out_of_order(text: str, rng: Random) -> str:
    rows = re.findall(r"<row .*?</row>", text, re.DOTALL)
    if len(rows) < 2:
        return text
    a, b = sorted(rng.sample(range(len(rows)), 2))
    head, tail = text.split(rows[0], 1)[0], text.rsplit(rows[-1], 1)[1]
    rows[a], rows[b] = rows[b], rows[a]
    return head + "".join(rows) + tail


def without_addresses(text: str, rng: Random) -> str:
    """Rows and cells that do not say where they stand, as some programs write them."""
    pattern = rng.choice((r'(?<=<row) r="\d+"', r'(?<=<c) r="[A-Z]+\d+"', r'(?<=<row) r="\d+"|(?<=<c) r="[A-Z]+\d+"'))
    return re.sub(pattern, "", text)


def same_address(text: str, rng: Random) -> str:
    """Two cells at one place."""
    found = _at(r"<c [^>]*>(?:(?!</c>).)*</c>", text, rng)
    return text if found is None else _put(text, found, found[0] * 2)


def prologue(text: str, rng: Random) -> str:
    """Entities, encodings and declarations before the first element."""
    body = re.sub(r"^<\?xml.*?\?>\s*", "", text)
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "长" * 10}">' for i in range(10))
    head = rng.choice((
        f"<!DOCTYPE x [{entities}]>", '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>', '<?xml version="1.0" encoding="UTF-16"?>',
        '<?xml version="1.0" encoding="GB18030"?>', "\ufeff", "   \n", "<!-- -- -->", '<?xml version="9.9"?>',
    ))  # fmt: skip
    found = _at(r"(?<=>)[^<>]+(?=<)", body, rng)
    return head + _put(body, found, rng.choice(("&e9;", "&f;", "&nbsp;", "&#0;", "&#1114112;", "]]>", "<![CDATA[<v>1</v>]]>")) if found else "")


def elements(text: str, rng: Random) -> str:
    """One tag lost, doubled, or nested very deep."""
    found = _at(r"<[^>]+>", text, rng)
    return _put(text, found, rng.choice(("", (found[0] if found else "") * 2, "<a>" * 20_000, "<", "</row>", "<c>", "<v>7")))


def attribute(text: str, rng: Random) -> str:
    """Any attribute gets another value: counts, states, ids, epochs, links."""
    new = rng.choice(
        ("", "-1", "0", "1", "4294967295", "18446744073709551616", "hidden", "veryHidden", "x", "'", "&amp;", "rId1", "true", "../../../a", "1" * 3000)
    )
    return _put(text, _at(r'(?<==")[^"]*(?=")', text, rng), new)


def formula(text: str, rng: Random) -> str:
    """A formula without a stored value, or one around a value."""
    found = _at(r"<v>[^<]*</v>", text, rng)
    kept = found[0] if found and rng.random() < 0.5 else ""
    return _put(text, found, rng.choice(("<f>SUM(A1:A9)</f>", '<f t="shared" si="7"/>', '<f t="array" ref="A1:XFD9">1</f>', "<f/>")) + kept)


XML: tuple[Text, ...] = (dimension, row_number, cell_address, bad_string, cell_type, cell_value, merges, rows_out_of_order, without_addresses, same_address,
                         prologue, elements, attribute, formula)  # fmt: skip
# those that leave every cell where it is and as it is
HARMLESS: tuple[Text, ...] = (dimension, merges)


def damage_xml(data: bytes, rng: Random, kinds: tuple[Text, ...] = XML) -> bytes:
    """One part of the package in another form, mostly a sheet."""
    parts = unzipped(data)
    inner = [i for i, (name, _) in enumerate(parts) if name.endswith((".xml", ".rels"))]
    sheets = [i for i in inner if "worksheets/" in parts[i][0] or parts[i][0] == "content.xml"]
    at = rng.choice(sheets if sheets and (rng.random() < 0.8 or kinds is not XML) else inner)
    text = parts[at][1].decode("utf-8", "replace")
    parts[at] = (parts[at][0], rng.choice(kinds)(text, rng).encode("utf-8", "surrogatepass"))
    return zipped(parts)


def decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def other_encoding(data: bytes, rng: Random) -> bytes:
    return decoded(data).encode(rng.choice(("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "big5", "utf-32", "utf-7")), "replace")


def mixed_encodings(data: bytes, rng: Random) -> bytes:
    """The first lines in one encoding, the others in another: two exports pasted together."""
    lines = decoded(data).splitlines(keepends=True)
    at = rng.randrange(len(lines) + 1)
    first, second = rng.sample(("utf-8", "gb18030", "utf-16-le"), 2)
    return "".join(lines[:at]).encode(first) + "".join(lines[at:]).encode(second)


def lines_changed(data: bytes, rng: Random) -> bytes:
    """Lines cut, lost, doubled, joined or exchanged."""
    lines = decoded(data).splitlines(keepends=True) or [""]
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    line = lines[at]
    lines[at] = rng.choice(
        (line[: rng.randrange(len(line) + 1)], "", line * 2, line.rstrip("\r\n"), lines[other], "\r\r\n", "\0" + line, line.replace(",", ",,", 1))
    )
    return "".join(lines).encode()


def columns_changed(data: bytes, rng: Random) -> bytes:
    """A column lost, doubled or put in; the heading goes along or not."""
    rows = [line.split(",") for line in decoded(data).splitlines()]
    at, way = rng.randrange(max(map(len, rows), default=1) or 1), rng.randrange(4)
    for row in rows:
        if at < len(row):
            row[at : at + 1] = ([], row[at : at + 1] * 2, ["", row[at]], [row[at], "7"])[way]
    return "\r\n".join(",".join(row) for row in rows).encode("utf-8-sig")


def marks_changed(data: bytes, rng: Random) -> bytes:
    """A quote that nobody closes, another delimiter, other ends of lines, a very long field."""
    text = decoded(data)
    at = rng.randrange(len(text) + 1)
    ends = re.sub(r"\r?\n", rng.choice(("\r", "\n\n", "\v", "\u2028")), text)
    put = rng.choice(('"', '"甲\n乙"', "长" * 140_000))
    new = (
        text[:at] + put + text[at:],
        text.replace(",", rng.choice(";\t|、，")),
        ends,
        text.replace("\n", ",\n"),
        text + text,
        text.upper(),
        "sep=,\r\n" + text,
    )
    return rng.choice(new).encode()


CSV: tuple[Damage, ...] = (other_encoding, mixed_encodings, lines_changed, columns_changed, marks_changed, flip, cut)


def damage(data: bytes, suffix: str, rng: Random) -> bytes:
    """One to three kinds of damage that fit the file."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        whole = data.startswith(ZIP) and zipfile.is_zipfile(io.BytesIO(data))
        if whole and rng.random() < 0.85:
            try:
                data = rng.choice((damage_package, damage_xml, damage_xml))(data, rng)
            except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError, IndexError, zlib.error):
                data = flip(data, rng)
        else:
            data = rng.choice(CSV if suffix in (".csv", ".txt", ".tsv", ".html") and not whole else BYTES)(data, rng)
    return data
