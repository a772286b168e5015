"""What every reading of a cell begins with: the result, the codes of its rules, text as it is compared, blanks. Pure.

Place in the flow: below ``numerals``, ``dates`` and ``parse``; the rest of the package asks ``parse``.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

# every code that ``why`` may hold; the sentences for them are words of ``show``
WHY = ("", "about", "bound", "remark", "month_only", "range", "rounded", "unit_in_cell", "percent", "negative_in_brackets", "chinese_numeral", "serial",
       "roc_year", "year_of_date", "excel_error", "formula_without_value", "not_a_number", "not_money", "unit_unclear", "not_whole", "not_a_date",
       "missing_year_in_date", "not_a_period", "not_a_flag", "not_a_level", "not_a_choice", "not_a_code", "not_text", "digits_lost",
       "out_of_range")  # fmt: skip
LONG = 200  # characters; a number or a date with its remarks is shorter


@dataclass(frozen=True, slots=True)
class Parsed:
    """The value of a cell (None when blank or refused), how it was come by, and the rule applied or broken."""

    value: Any
    how: str
    why: str = ""


BLANK = Parsed(None, "blank")
_BLANK_WORDS = frozenset({"", "无", "無", "暂无", "暫無", "空", "空白", "n/a", "na", "nan", "null", "none", "<na>", "nat"})
_DASHES = re.compile(r"[-‐‑‒–—―⸺─━−ー/\\ ]+")
_ERROR = re.compile(r"#(REF!|DIV/0!|N/A|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!|GETTING_DATA)|ERR:\d{3}|#{3,}", re.IGNORECASE)
# =8个 is a value; a cell reference, a function, an operator or a text behind the sign make a formula. Spreadsheets store names of functions and
# columns in capitals: =cmd() is what somebody typed
_FORMULA = re.compile(r"\{?=[-+(]*(\$?[A-Z]{1,3}\$?\d|[A-Z_][A-Z\d_.]*\(|['\"]|[\w一-鿿\[\]. ]+!\$?[A-Z]|[\d.]+%?[-+*/^&<>])")
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\xad\ufe0e\ufe0f"))
_SIMPLIFIED = str.maketrans(
    "萬億圓塊個戶場項約預計暫餘幣國張組隊歲處兩貳參陸點負號時週華達過萬−～﹣≧≦○◯", "万亿圆块个户场项约预计暂余币国张组队岁处两贰叁陆点负号时周华达过万-~-≥≤〇〇"
)
# footnote marks, ordinals and fractions that NFKC would turn into more digits: 5① is not 51
_MARKS = re.compile("[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u2089\u2150-\u218b\u2460-\u24ff\u2776-\u2793\u3220-\u32b0]")


def refused(why: str) -> Parsed:
    return Parsed(None, "refused", why)


def fold(cell: object) -> str:
    """Text as it is compared: full width folded, invisible characters and outer space removed."""
    return unicodedata.normalize("NFKC", str(cell)).translate(INVISIBLE).strip()


def squeeze(text: str) -> str:
    """Lower case, simplified, without space, except between two digits (where it may mean thousands, or two numbers)."""
    if text.isascii() and text.isalnum():
        return text.lower()
    return re.sub(r"(?<!\d)\s+|\s+(?!\d)", "", text.lower().translate(_SIMPLIFIED))


def empty(cell: object) -> bool:
    """None, NaN, NaT and NA."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell)) or type(cell).__name__ in ("NAType", "NaTType")


def blank_text(text: str) -> bool:
    return len(text) < 30 and (text.lower() in _BLANK_WORDS or _DASHES.fullmatch(text) is not None)


def no_value(text: str) -> Parsed | None:
    """The result at once of a folded text that is blank, an error of Excel, or a formula whose value nobody stored."""
    if blank_text(text):
        return BLANK
    if text[0] in "#eE=＝{" and (_ERROR.fullmatch(text) or _FORMULA.match(text)):
        return refused("excel_error" if _ERROR.fullmatch(text) else "formula_without_value")
    return None


def text_of(cell: object, refusal: str) -> str | Parsed:
    """The folded text of a cell, or the result at once when there is none."""
    if empty(cell):
        return BLANK
    if isinstance(cell, (bool, dt.time, dt.timedelta)):
        return refused(refusal)
    text = fold(cell)
    return no_value(text) or text


def figures_of(cell: object, refusal: str) -> str | Parsed:
    """The squeezed text of a cell that should hold a number or a date; marks that fold into digits, and prose, are refused."""
    text = text_of(cell, refusal)
    if isinstance(text, Parsed):
        return text
    written = str(cell)
    if len(text) > LONG or (not written.isascii() and _MARKS.search(written)):
        return refused(refusal)
    return squeeze(text)
