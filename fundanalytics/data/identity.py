"""Numbers that name a person, inside a text: identity cards, telephones, bank cards, addresses of e-mail. Pure: no tables.

Place in the flow: ``people`` asks here what a cell holds, and every text that is shown goes through ``masked``. A number counts
only when it proves itself: an identity card by its date and check digit, a bank card by its issuer and check digit, a
telephone by its form. A long number that does not is a code and stays.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

STARS = "***"
_PROVINCE = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_GAP = r"[\s\-‐-―－−()（）]{0,3}"
_LONG = re.compile(rf"\d(?:{_GAP}\d){{9,}}")
_RUN = re.compile(r"\d+")
_MOBILE = re.compile(r"(?:(?:00)?86)?(1[3-9]\d{9})")
_DOTTED = re.compile(r"(?<![\d.])1[3-9]\d([./_·])\d{4}\1\d{4}(?![\d.])")  # 138.1234.5678: marks that elsewhere part dates and decimals
_LANDLINE = re.compile(r"0(?:10|2\d|[3-9]\d\d)[\s\-‐-―－−)）]{1,3}[2-8]\d{2,3}[\s\-‐-―－−]?\d{4}")
_ISSUERS = re.compile(r"62|4|5[1-5]|35|37|60|9558")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_LETTER = re.compile("[A-Za-z]")
_CUT = re.compile(r"\b\d\.\d{8,}[eE]\+1[4-8]\b")  # how a number of 15 to 19 digits looks once a spreadsheet has cut it
_CODE_BEFORE = re.compile(r"(?<![A-Za-z])(?!(?:tel|phone|mobile|mob|cell|wx|id)$)[A-Za-z]+$", re.IGNORECASE)
_SIGNED = "姓名|联系人|受访人|受访者|被访人|被访者|户主|填表人|填报人|制表人|制表|审核人|审核|复核人|复核|经办人|负责人|责任人|法定代表人|签名|签字|调查员|访员"
_LABELLED = re.compile(rf"((?:{_SIGNED})(?:签字|姓名|[(（][^()（）]*[)）])?\s*[:：]\s*)([一-鿿·]{{2,4}})(?![一-鿿]|\s*[:：])")


class Found(NamedTuple):
    """A number in a text: where it stands, what it is, and its digits alone."""

    start: int
    end: int
    kind: str
    digits: str


def masked(text: str) -> str:
    """``text`` as it may be shown: the middle of such numbers, e-mail addresses and the names after 填表人： and the like are starred."""
    if may_hold(text):
        for found in reversed(find(text)):
            text = text[: found.start] + starred(found.digits) + text[found.end :]
    if "@" in text:
        text = _EMAIL.sub(STARS, text)
    if "e+1" in text or "E+1" in text:
        text = _CUT.sub(STARS, text)
    return _LABELLED.sub(rf"\1{STARS}", text) if ":" in text or "：" in text else text


def starred(digits: str) -> str:
    """The first three and last four digits, stars between: enough for the owner to find it, too little for anyone else."""
    last = 4 if len(digits) > 10 else 2
    return digits[:3] + "*" * (len(digits) - 3 - last) + digits[-last:] if len(digits) > 6 else STARS


def may_hold(text: str) -> bool:
    """Whether a text (or many, joined by line breaks) is worth a closer look."""
    return "@" in text or _LONG.search(text) is not None or _DOTTED.search(text) is not None


def find(text: str) -> list[Found]:
    """Every identity card, telephone and bank card in ``text``, with spaces, dashes, dots and full-width digits or without."""
    dotted = [Found(m.start(), m.end(), "phone", "".join(_RUN.findall(m[0]))) for m in _DOTTED.finditer(text)]
    return sorted([*dotted, *(found for chunk in _LONG.finditer(text) for found in _within(text, chunk))])


def whole(text: str) -> Found | None:
    """The number that ``text`` is, when it is one and nothing else."""
    text = text.strip()
    found = find(text)
    return found[0] if len(found) == 1 and not text[: found[0].start].strip("(（+ ") and found[0].end == len(text) else None


def _within(text: str, chunk: re.Match[str]) -> list[Found]:
    """The numbers among the groups of digits of one chunk ("2020-12-31 138 0000 0000" is a date and a telephone), longest first."""
    runs = [(chunk.start() + m.start(), chunk.start() + m.end()) for m in _RUN.finditer(chunk[0])]
    found: list[Found] = []
    i = 0
    while i < len(runs):
        for j in range(min(len(runs), i + 8), i, -1):
            one = _kind(text, runs[i][0], runs[j - 1][1], "".join(text[a:b] for a, b in runs[i:j]))
            if one:
                found.append(one)
                i = j
                break
        else:
            i += 1
    return found


def _kind(text: str, start: int, end: int, written: str) -> Found | None:
    size = len(written)
    if not 10 <= size <= 19 or re.match(r"\.\d\d|\.[1-9]", text[end : end + 3]) or text[max(start - 1, 0) : start] == ".":
        return None  # decimals: an amount
    digits = "".join(str(int(c)) for c in written)
    if size == 17 and text[end : end + 1] in ("x", "X", "ｘ", "Ｘ") and is_identity(digits + "X"):
        return Found(start, end + 1, "id_card", digits + "X")
    if size == 18 and is_identity(digits):
        return Found(start, end, "id_card", digits)
    if _CODE_BEFORE.search(text[max(start - 12, 0) : start]) or _LETTER.match(text, end):
        return None
    if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(text[start:end]):
        return Found(start, end, "phone", digits)
    if size == 15 and is_old_identity(digits):
        return Found(start, end, "id_card", digits)
    return Found(start, end, "bank_card", digits) if size >= 16 and is_card(digits) else None


def is_identity(number: str) -> bool:
    """18 characters: a region, a birthday, and a check digit that fits (GB 11643)."""
    if not _PROVINCE.match(number) or not _is_day(number[6:14]):
        return False
    return _CHECKS[sum(w * int(d) for w, d in zip(_WEIGHTS, number, strict=False)) % 11] == number[17]


def is_old_identity(number: str) -> bool:
    """15 digits, until 1999: a region and a birthday; there was no check digit. 20 is a year of a code, not of a birth."""
    return _PROVINCE.match(number) is not None and number[6:8] > "20" and _is_day("19" + number[6:12])


def is_card(number: str) -> bool:
    """16 to 19 digits of a known issuer whose check digit fits (ISO/IEC 7812)."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        step = int(digit) * (1 + place % 2)
        total += step - 9 if step > 9 else step
    return total % 10 == 0 and _ISSUERS.match(number) is not None


def _is_day(text: str) -> bool:
    if text[:2] not in ("19", "20"):
        return False
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:8])).year > 0
    except ValueError:
        return False


def mobile(digits: str) -> str:
    """A mobile number without its country code; other digits as they are."""
    found = _MOBILE.fullmatch(digits)
    return found[1] if found else digits
