"""A sheet as it stands, and what the cells around its headings are: text, a known heading, a year, an amount. Pure: no files.

Place in the flow: ``beginnings`` finds where a table begins, ``spans`` how deep its headings are, both by what is said here.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ..cells import INVISIBLE
from ..parse import parse_date, parse_number
from .units import keys_of, stated_unit

DEPTH = 5  # rows that the headings of a table take at most
SEARCHED_ROWS = 30  # a heading stands among the first rows of a sheet; the fiscal platform's forms start by row 15

_YEAR = re.compile(r"(19|20)\d\d(年度?|年?[末底])?|\d{1,2}月份?")
_NO_AMOUNT = re.compile(r"(19|20)\d\d(年度?|财年)?|\d{1,2}月份?|第?\d{1,3}[页期]|共\d{1,3}页")
_NAMES_A_CODE = re.compile(r"(代码|编码|编号|序号|电话|手机|邮编|年度|年份|月份|日期|页)\s*[:：]?$")
_NAMED_VALUE = re.compile(r"(.{1,10}?)\s*[:：]\s*(.+)", re.DOTALL)
_NAMED_VALUES = re.compile(r"([^\s:：]{1,10})\s*[:：]\s*([^\s:：]*)")
_DIGIT = re.compile(r"[\d零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬億半几數数]")
_GAP = re.compile(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])")
_WORD = re.compile(r"[^\d]*[\u4e00-\u9fff][^\d零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬億半几數数空无無\W]{2}[^\d]*")
_SENTENCE = re.compile(r"[。；;！？]|[:：]\s*$")


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a sheet: ``text`` joined over the heading rows, ``keys`` to look up in ``schema``, most trusted first."""

    text: str
    keys: tuple[str, ...]
    unit: str | None
    index: int


@dataclass(slots=True)
class Grid:
    """A sheet as it stands in the file: rows from A1, None where blank; merged ranges as (row, column, last row, last column).

    ``hidden_rows`` are counted from 0; ``epoch`` is the year from which serial dates count (1904 in old files of a Mac).
    """

    name: str
    rows: list[list[Any]]
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    epoch: int = 1900
    _tops: dict[int, list[tuple[int, int, int, int]]] | None = field(default=None, init=False, repr=False, compare=False)

    def merges_on(self, row: int) -> list[tuple[int, int, int, int]]:
        """The merged ranges that a row of headings may belong to: they cover it, and begin at most so many rows above."""
        if self._tops is None:
            self._tops = {}
            for merge in self.merges:
                self._tops.setdefault(merge[0], []).append(merge)
        return [merge for top in range(row - DEPTH + 1, row + 1) for merge in self._tops.get(top, ()) if merge[2] >= row]


def address(row_number: int, index: int) -> str:
    """The address of a cell as Excel writes it: row 7, column 2 → C7."""
    letters, rest = "", index + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(65 + digit) + letters
    return f"{letters}{row_number}"


def clean(cell: object) -> str:
    """Text of a heading: line breaks gone, no space beside a Chinese character, whole numbers without ".0"."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return _cleaned(str(cell))


@lru_cache(maxsize=50_000)
def _cleaned(text: str) -> str:
    text = " ".join(text.translate(INVISIBLE).split())
    return _GAP.sub("", text) if " " in text else text


def filled(row: list[Any]) -> list[Any]:
    return [cell for cell in row if cell is not None]


def is_amount(cell: object, label: object = None) -> bool:
    """Whether a cell above the headings may hold money or a count: a number that is no year, date or code (as ``label`` before it says)."""
    if isinstance(cell, bool) or not isinstance(cell, (int, float, str)):
        return False
    text = clean(cell)
    if isinstance(cell, str) and (len(cell) > 40 or not _DIGIT.search(text) or stated_unit([[text]])):
        return False
    named = [pair for pair in _NAMED_VALUES.findall(text) if pair[1]]
    return any(_counts(value, name) for name, value in named) if named else _counts(text, label)


def _counts(text: str, label: object) -> bool:
    if isinstance(label, str) and _NAMES_A_CODE.search(label):
        return False
    if _NO_AMOUNT.fullmatch(text) or (re.fullmatch(r"\d{8}", text) and parse_date(text).value is not None):
        return False
    return parse_number(text).value is not None


def amounts_in(row: list[Any]) -> bool:
    """Whether a row holds an amount, each cell judged with the one before it."""
    cells = filled(row)
    return any(is_amount(cell, cells[i - 1] if i else None) for i, cell in enumerate(cells))


def is_key_value(cells: list[Any], known: Set[str]) -> bool:
    """街道：甲街道 | 年度：2020 in cells of their own or label by label: what a title says, not headings."""
    texts = [clean(c) for c in cells]
    if all(_NAMED_VALUE.fullmatch(t) for t in texts):
        return True
    labels, said = texts[::2], texts[1::2]
    named = [t.endswith((":", "：")) or _is_known(t, known) for t in labels]
    return len(texts) > 1 and all(named) and not any(t.endswith((":", "：")) or _is_known(t, known) for t in said)


@lru_cache(maxsize=20_000)
def _key_in(text: str, known: Set[str]) -> str | None:
    return next((key for key in keys_of(text) if key in known), None)


def _is_known(text: str, known: Set[str]) -> bool:
    return _key_in(text, known) is not None


def known_in(row: list[Any], known: Set[str]) -> set[str]:
    """The different known headings that stand in a row."""
    texts = {clean(c) for c in row if isinstance(c, str) and len(c) < 80}
    return {key for text in texts if (key := _key_in(text, known)) is not None}


def is_year(cell: object) -> bool:
    """2019, 2019年, 2019年末, 3月: a year or a month as a heading."""
    return not isinstance(cell, bool) and isinstance(cell, (int, float, str)) and _YEAR.fullmatch(clean(cell)) is not None


def is_heading_text(cell: object) -> bool:
    """Whether a text is short and plain enough for a heading: no sentence, no number, no label that waits for its value."""
    if not isinstance(cell, str):
        return False
    text = clean(cell)
    if not text or len(text) > (140 if "\n" in cell else 60) or _SENTENCE.search(text.removesuffix("其中：").removesuffix("其中:")):
        return False
    return _WORD.fullmatch(text) is not None or is_year(text) or parse_number(text).how == "refused"
