"""Codes of areas and projects as parts of file names.

Place in the flow: wherever ``publish`` names a file after a code. Codes come from strangers' workbooks: one that holds ``/`` or ``..`` must not lead
out of the folder. Names of areas never become names of files.
"""

from __future__ import annotations

import re
import zlib

LONGEST = 60  # characters of a code in a file name
_ODD = re.compile(r"[^\w-]")


def file_code(code: str) -> str:
    """A code as it may stand in a file name: as it is where it has only letters, digits, ``_`` and ``-``; else without the rest, and with a checksum.

    Examples
    --------
    >>> file_code("999901001010"), file_code("../a")
    ('999901001010', 'a-7bd30558')
    """
    kept = _ODD.sub("-", code)[:LONGEST]
    return code if code and kept == code else f"{kept.strip('-')}-{zlib.crc32(code.encode('utf-8', 'surrogatepass')):08x}".strip("-")
