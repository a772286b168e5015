"""The compound files (OLE) that xls workbooks and encrypted xlsx workbooks are.

Place in the flow: ``workbook`` comes here with such a file and gets the stream of an xls workbook, or the package that was inside, decrypted
with the password that Excel itself uses for write protection. ``container`` writes a stream into a fresh compound file for calamine,
which follows the chains of a damaged one for ever.
"""

from __future__ import annotations

import io
import re
import struct
from typing import Any

from ...errors import DataError

BUILT_IN_PASSWORD = "VelvetSweatshop"  # Excel protects a workbook against writing with it, and opens it unasked
MAX_SPINS = 1_000_000  # Excel writes 100,000; each costs a hash
_SIZE = 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_KINDS = {"worddocument": "doc", "powerpoint document": "ppt", "__properties_version1.0": "msg", "fileheader": "hwp"}


def open_compound(content: bytes, file: str, *, decrypted: bool = False) -> tuple[str, bytes]:
    """("xls", the stream of a workbook) or ("zip", a package)."""
    import olefile

    sectors = struct.unpack_from("<I", content, 44)[0] if len(content) > 512 else _FREE
    try:
        if sectors * 512 > len(content):
            raise DataError("not_a_workbook", file=file, found="ole")
        with olefile.OleFileIO(io.BytesIO(content)) as ole:
            names = {"/".join(entry).lower() for entry in ole.listdir()}
            if "encryptedpackage" in names and not decrypted:
                return "zip", _decrypted(content, file, ole.openstream("EncryptionInfo").read(4096))
            stream = next((name for name in ("Workbook", "Book") if name.lower() in names), None)
            if stream is None:
                raise DataError("not_a_workbook", file=file, found=next((_KINDS[n] for n in names if n in _KINDS), "ole"))
            workbook = ole.openstream(stream).read()
    except DataError:
        raise
    except Exception as error:  # olefile raises whatever a damaged chain leads to
        raise DataError("not_a_workbook", file=file, found="ole") from error
    if _has_password(workbook):
        if decrypted:
            raise DataError("encrypted_workbook", file=file)
        return open_compound(_decrypted(content, file, b""), file, decrypted=True)
    return "xls", workbook


def _has_password(stream: bytes) -> bool:
    """Whether a FILEPASS record stands among the first ones of the workbook."""
    at = 0
    while at + 6 <= len(stream):
        kind, size, value = struct.unpack_from("<HHH", stream, at)
        if kind in (0x000A, 0x0085):
            return False
        if kind == 0x002F and (size > 2 or value):
            return any(stream[at + 4 : at + 4 + size])
        at += 4 + size
    return False


def _decrypted(content: bytes, file: str, info: bytes) -> bytes:
    import msoffcrypto

    spins = re.search(rb'spinCount="(\d+)"', info)
    if spins and int(spins[1]) > MAX_SPINS:
        raise DataError("encrypted_workbook", file=file)
    out = io.BytesIO()
    try:
        office: Any = msoffcrypto.OfficeFile(io.BytesIO(content))
        office.load_key(password=BUILT_IN_PASSWORD, **({"verify_password": True} if info else {}))
        office.decrypt(out)
    except Exception as error:  # a wrong password, or a way to encrypt that is not known
        raise DataError("encrypted_workbook", file=file) from error
    return out.getvalue()


def container(stream: bytes) -> bytes:
    """A compound file that holds nothing but this stream, as ``Workbook``."""
    stream = stream.ljust(_SIZE, b"\0")
    stream += bytes(-len(stream) % _SIZE)
    sectors = len(stream) // _SIZE
    tables = 1
    while tables * 1024 < tables + 2 + sectors:
        tables += 1
    chain = [*range(tables + 3, tables + 2 + sectors), _END]
    table = [*[_FAT] * tables, _END, _END, *chain]
    table += [_FREE] * (tables * 1024 - len(table))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<5H6x", 0x3E, 4, 0xFFFE, 12, 6)
    header += struct.pack("<9I", 1, tables, tables, 0, _SIZE, _END, 0, _END, 0)
    header += struct.pack("<109I", *range(tables), *[_FREE] * (109 - tables))
    folder = _entry("Root Entry", 5, 1, tables + 1, 64) + _entry("Workbook", 2, _FREE, tables + 2, len(stream))
    return b"".join((header.ljust(_SIZE, b"\0"), struct.pack(f"<{len(table)}I", *table), folder.ljust(_SIZE, b"\0"), bytes(_SIZE), stream))


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    letters = name.encode("utf-16-le")
    return letters.ljust(64, b"\0") + struct.pack("<HBB3I36xIQ", len(letters) + 2, kind, 1, _FREE, _FREE, child, start, size)
