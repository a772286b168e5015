"""The content of one cell → a number, an amount, a date, a code. Pure: no files, no tables.

Place in the flow: ``load`` hands every cell here with the column it belongs to. Nothing is guessed: what cannot be read with
certainty is refused with a code; what says itself that it is about right (约3万, ≥50个) is kept and flagged.

``how`` of a result: ``exact`` (the cell says just this value), ``converted`` (a rule was applied, named in ``why``),
``approximate`` (kept, but the cell is vague), ``blank`` (nothing there: missing, never zero), ``refused``.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from . import schema

# every code that ``why`` may hold; the sentences for them are words of ``show``
WHY = ("", "about", "bound", "remark", "month_only", "rounded", "unit_in_cell", "counter", "percent", "negative_in_brackets", "serial", "roc_year",
       "year_of_date", "excel_error", "not_a_number", "not_money", "not_whole", "not_a_date", "not_a_period", "not_a_flag", "not_a_level", "not_a_choice",
       "not_a_code", "not_text", "digits_lost", "out_of_range")  # fmt: skip
YEARS = (1990, 2060)
SERIALS = (20000, 60000)
MONEY_LIMIT = 1e12  # yuan; up to here a double holds every 分 with room to spare
NOISE = 1e-6  # yuan; what sums in Excel leave behind lies far below, what people write far above
ROC_OFFSET = 1911
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Parsed:
    """The value of a cell, how it was come by, and the code of the rule that was applied or broken."""

    value: Any
    how: str
    why: str = ""


BLANK = Parsed(None, "blank")
_BLANK_WORDS = {"无", "無", "暂无", "暫無", "空", "空白", "n/a", "na", "nan", "null", "none", "<na>", "nat"}
_DASHES = re.compile(r"[-–—―─−/\\]+")
_ERRORS = re.compile(r"#(REF!|DIV/0!|N/A|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!)", re.IGNORECASE)
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\xad"))

_SCALES = {"": 1, "百": 100, "千": 1_000, "万": 10_000, "百万": 10**6, "千万": 10**7, "亿": 10**8}
_COUNTERS = "人次|户次|个|人|户|次|场|期|件|项|份|家|张|组|队|年|月|天|岁|名|处|座|套|台|分|%|百分比"
_NUMBER = re.compile(
    rf"""(?P<before>大约|约|预估|预计|估计|估算|暂估|估|≈|~|≥|>=|≤|<=|>|<|不少于|不低于|不超过|不高于|=|[^\W\d]{{1,8}}:)?
    (?P<sign>[+-])?(?P<currency>¥|\$|rmb|cny|人民币)?(?P<sign2>-)?
    (?P<digits>\d{{1,3}}(?:[,\ ]\d{{3}})+(?:\.\d+)?|\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+)
    (?P<more>余|多)?(?P<scale>百万|千万|百|千|万|亿)?(?P<more2>余|多)?(?P<money>元|圆|块)?(?P<counter>{_COUNTERS})?(?P<after>左右|上下|以上|以下|以内|余|多)?
    (?P<remark>\([^()\d]*\))?""",
    re.VERBOSE,
)
_BOUNDS = {"≥", ">=", "≤", "<=", ">", "<", "不少于", "不低于", "不超过", "不高于", "以上", "以下", "以内"}
_SIMPLIFIED = str.maketrans({"萬": "万", "億": "亿", "圓": "圆", "塊": "块", "個": "个", "戶": "户", "場": "场", "項": "项", "約": "约", "預": "预",
                             "估": "估", "計": "计", "暫": "暂", "餘": "余", "幣": "币", "−": "-", "－": "-", "￥": "¥", "民國": "民国"} if False else
                            {"萬": "万", "億": "亿", "圓": "圆", "塊": "块", "個": "个", "戶": "户", "場": "场", "項": "项", "約": "约", "預": "预",
                             "計": "计", "暫": "暂", "餘": "余", "幣": "币", "國": "国", "−": "-", "～": "~"})
