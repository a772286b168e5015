"""Text that no spreadsheet executes when it opens a CSV file, and the same text read back. Pure.

Place in the flow: ``publish.files`` guards every text that it writes, ``workbook`` takes the guard off again. A spreadsheet makes a
formula of a field that begins with one of ``SIGNS``, whatever quotes stand around it; an apostrophe before it keeps it text.
"""

from __future__ import annotations

import re

SIGNS = "=+-@＝＋－＠"
# spreadsheets drop space and what cannot be seen before they look for a sign; a tab or line break may begin a field of its own
_FORMULA = re.compile(rf"[\s\x00-\x20\x7f\u200b-\u200f\u2060\ufeff]*[{re.escape(SIGNS)}]|[\t\r\n\x00]")
_GUARDED = re.compile(rf"'+(?:{_FORMULA.pattern})")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take the text for a formula."""
    return _FORMULA.match(text) is not None


def guarded(text: str) -> str:
    """The text with an apostrophe before it where it needs one (also where it already begins with one, so that it can be taken off)."""
    return f"'{text}" if is_formula(text) or _GUARDED.match(text) else text


def unguarded(text: str) -> str:
    """What ``guarded`` was given."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text
