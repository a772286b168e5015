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
from numbers import Real
from typing import Any, NamedTuple

from . import schema

# every code that ``why`` may hold; the sentences for them are words of ``show``
WHY = ("", "about", "bound", "remark", "month_only", "rounded", "unit_in_cell", "percent", "negative_in_brackets", "serial", "roc_year", "year_of_date",
       "excel_error", "not_a_number", "not_money", "not_whole", "not_a_date", "not_a_period", "not_a_flag", "not_a_level", "not_a_choice", "not_a_code",
       "not_text", "digits_lost", "out_of_range")  # fmt: skip
YEARS = (1990, 2060)
SERIALS = (20_000, 60_000)
MONEY_LIMIT = 1e12  # yuan; up to here a double holds every 分 with room to spare
COUNT_LIMIT = 1e12
NOISE = 1e-6  # yuan; what sums in Excel leave behind lies below, what people write lies far above
EXCEL_DIGITS = 1e15  # Excel keeps 15 digits: the rest of a longer number is gone
ROC_OFFSET = 1911
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Parsed:
    """The value of a cell (None when blank or refused), how it was come by, and the rule applied or broken."""

    value: Any
    how: str
    why: str = ""


class _Reading(NamedTuple):
    """A number as written: ``unit`` is "", "money", "scaled" (万, 亿), "counter" or "percent"; a scale is applied already."""

    number: Decimal
    unit: str
    how: str
    why: str


BLANK = Parsed(None, "blank")
_BLANK_WORDS = frozenset({"", "无", "無", "暂无", "暫無", "空", "空白", "n/a", "na", "nan", "null", "none", "<na>", "nat"})
_DASHES = re.compile(r"[-–—―─−/\\]+")
_ERROR = re.compile(r"#(REF!|DIV/0!|N/A|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!)", re.IGNORECASE)
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\xad"))
_SIMPLIFIED = str.maketrans("萬億圓塊個戶場項約預計暫餘幣國張組隊歲處−～﹣", "万亿圆块个户场项约预计暂余币国张组队岁处-~-")
_SCALES = {"百": 100, "千": 1_000, "万": 10_000, "百万": 10**6, "千万": 10**7, "亿": 10**8}
_COUNTERS = "人次|户次|百分比|[个人户次场期件项份家张组队年月天岁名处座套台分%]"
_NUMBER = re.compile(
    rf"""(?P<before>大约|约|预估|预计|估计|估算|暂估|估|≈|~|≥|>=|≤|<=|>|<|不少于|不低于|不超过|不高于|[^\W\d]{{1,8}}:)?=?
    (?P<sign>[+-])?(?P<currency>¥|\$|rmb|cny|人民币)?(?P<inner>-)?
    (?P<digits>\d{{1,3}}(?:,\d{{3}})+(?:\.\d*)?|\d{{1,3}}(?:\ \d{{3}})+(?:\.\d*)?|\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+)
    (?P<more>余|多)?(?P<scale>百万|千万|百|千|万|亿)?(?P<more2>余|多)?(?P<money>元|圆|块)?
    (?P<counter>{_COUNTERS})?(?P<after>左右|上下|以上|以下|以内|余|多)?(?P<remark>\([^()\d]*\))?""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_BOUNDS = frozenset({"≥", ">=", "≤", "<=", ">", "<", "不少于", "不低于", "不超过", "不高于", "以上", "以下", "以内", "余", "多"})
_UNIT_IN_BRACKETS = re.compile(rf"\(((?:百万|千万|百|千|万|亿)?(?:元|圆|块)|{_COUNTERS})\)$")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = r"(?:[t ]?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?z?)?"
_DAY = re.compile(rf"(民国)?(\d{{2,4}})([-./年])(\d{{1,2}})[-./月](\d{{1,2}})[日号]?{_TIME}")
_MONTH = re.compile(r"(民国)?(\d{2,4})[-./年](\d{1,2})月?")
_YEAR = r"(民国)?(\d{2,4})(?:年度|年|财年)?"
_PERIOD = re.compile(rf"{_YEAR}(?:[-–—~至到]+{_YEAR})?")
_TRUE = frozenset({"是", "有", "√", "✓", "✔", "☑", "y", "yes", "1", "true", "t"})
_FALSE = frozenset({"否", "无", "無", "没有", "×", "✗", "✘", "x", "n", "no", "0", "false", "f"})


def _refused(why: str) -> Parsed:
    return Parsed(None, "refused", why)


def _fold(cell: object) -> str:
    """Text as it is compared: full width folded, invisible characters and outer space removed."""
    return unicodedata.normalize("NFKC", str(cell)).translate(_INVISIBLE).strip()


def _squeeze(text: str) -> str:
    """Lower case, simplified, without space, except between two digits (where it may mean thousands, or two numbers)."""
    return re.sub(r"(?<!\d)\s+|\s+(?!\d)", "", text.lower().translate(_SIMPLIFIED))


def _empty(cell: object) -> bool:
    """None, NaN, NaT and NA."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell)) or type(cell).__name__ in ("NAType", "NaTType")


def _blank_text(text: str) -> bool:
    return text.lower() in _BLANK_WORDS or _DASHES.fullmatch(text) is not None


def _text_of(cell: object, refusal: str) -> str | Parsed:
    """The folded text of a cell, or the result at once when it is blank, an Excel error or nothing that has a text."""
    if _empty(cell):
        return BLANK
    if isinstance(cell, (bool, dt.time, dt.timedelta)):
        return _refused(refusal)
    text = _fold(cell)
    if _blank_text(text):
        return BLANK
    return _refused("excel_error") if _ERROR.fullmatch(text) else text


def _read(cell: object) -> _Reading | Parsed:
    """A number with what is written around it."""
    if isinstance(cell, (Real, Decimal)) and not isinstance(cell, bool) and not _empty(cell):
        number = float(cell)
        return _Reading(Decimal(str(number)), "", "exact", "") if math.isfinite(number) else _refused("out_of_range")
    if isinstance(cell, dt.date) and not _empty(cell):
        return _refused("not_a_number")
    text = _text_of(cell, "not_a_number")
    return text if isinstance(text, Parsed) else _read_text(_squeeze(text.lstrip("'")))


def _read_text(text: str) -> _Reading | Parsed:
    if text.startswith("(") and text.endswith(")"):
        inner = _read_text(text[1:-1])
        if isinstance(inner, Parsed) or inner.how == "approximate" or text[1] in "+-(":
            return _refused("not_a_number")
        return inner._replace(number=-inner.number, how="converted", why="negative_in_brackets")
    found = _NUMBER.fullmatch(_UNIT_IN_BRACKETS.sub(r"\1", text))
    if found is None or (found["sign"] and found["inner"]):
        return _refused("not_a_number")
    number = Decimal(re.sub("[, ]", "", found["digits"])) * _SCALES.get(found["scale"] or "", 1)
    if abs(number) > Decimal("1e300"):
        return _refused("out_of_range")
    return _judge(-number if "-" in (found["sign"], found["inner"]) else number, found)


def _judge(number: Decimal, found: re.Match[str]) -> _Reading:
    """Exact or approximate, and which unit, by the words around the number."""
    unit, how, why = "", "exact", ""
    if found["counter"] in ("%", "百分比"):
        number, unit, how, why = number / 100, "percent", "converted", "percent"
    elif found["counter"]:
        unit = "counter"
    elif found["money"] or found["scale"]:
        unit, how, why = ("money" if found["money"] else "scaled"), "converted", "unit_in_cell"
    words = {found[name] for name in ("before", "more", "more2", "after")} - {None}
    if words:
        how, why = "approximate", "bound" if words & _BOUNDS else "remark" if str(found["before"]).endswith(":") else "about"
    elif found["remark"]:
        how, why = "approximate", "remark"
    return _Reading(number, unit, how, why)


def parse_number(cell: object) -> Parsed:
    """A plain number. 85% is 0.85; 1.2万 is 12000."""
    if type(cell) is float and math.isfinite(cell):
        return Parsed(cell, "exact")
    if type(cell) is str and len(cell) < 18 and _PLAIN.fullmatch(cell):
        return Parsed(float(cell), "exact")
    reading = _read(cell)
    return reading if isinstance(reading, Parsed) else Parsed(float(reading.number), reading.how, reading.why)


def parse_money(cell: object, *, factor: float = 1) -> Parsed:
    """An amount in yuan: the double nearest to a whole number of 分.

    Parameters
    ----------
    cell : the content
    factor : yuan per unit of the sheet (万元: 10000); a unit in the cell overrides it
    """
    if type(cell) is str and len(cell) < 18 and _PLAIN.fullmatch(cell):
        cell = float(cell)
    if type(cell) is float or type(cell) is int:
        scaled = cell * factor * 100
        if abs(scaled) < MONEY_LIMIT * 100:  # false for NaN
            cents = round(scaled)
            if abs(scaled - cents) < NOISE * 100:
                return Parsed(cents / 100, "exact")
    reading = _read(cell)
    if isinstance(reading, Parsed):
        return reading
    if reading.unit in ("counter", "percent"):
        return _refused("not_money")
    yuan = reading.number if reading.unit else reading.number * Decimal(str(factor))
    if abs(yuan) >= MONEY_LIMIT:
        return _refused("out_of_range")
    cents_only = yuan.quantize(CENT, ROUND_HALF_UP)
    if abs(yuan - cents_only) >= NOISE and reading.how != "approximate":
        return Parsed(float(cents_only), "converted", "rounded")
    return Parsed(float(cents_only), reading.how, reading.why)


def parse_share(cell: object, *, factor: float = 1) -> Parsed:
    """A share between 0 and 1. ``factor`` is 0.01 where the heading says %; above 1 is refused, never taken for percent."""
    reading = _read(cell)
    if isinstance(reading, Parsed):
        return reading
    if reading.unit not in ("", "percent"):
        return _refused("not_a_number")
    value = float(reading.number if reading.unit else reading.number * Decimal(str(factor)))
    if not -1e-9 < value < 1 + 1e-9:
        return _refused("out_of_range")
    return Parsed(min(max(value, 0.0), 1.0), reading.how, reading.why)


def parse_count(cell: object, *, factor: float = 1) -> Parsed:
    """A whole number, not negative. ``factor`` is 10000 where the heading says 万人."""
    reading = _read(cell)
    if isinstance(reading, Parsed):
        return reading
    if reading.unit in ("money", "percent"):
        return _refused("not_a_number")
    number = reading.number if reading.unit == "scaled" else reading.number * Decimal(str(factor))
    if not 0 <= number < Decimal(COUNT_LIMIT):
        return _refused("out_of_range")
    whole = number.to_integral_value()
    return Parsed(int(whole), reading.how, reading.why) if abs(number - whole) < Decimal("1e-6") else _refused("not_whole")


def parse_level(cell: object) -> Parsed:
    """A level from 1 to 5; "don't know" is blank. Words are refused: 满意 is 4 of 5 on one scale and 3 of 4 on another."""
    if isinstance(cell, str) and _fold(cell) in schema.DONT_KNOW:
        return BLANK
    level = parse_count(cell)
    if level.how == "refused":
        return _refused("not_a_level") if level.why in ("not_a_number", "not_whole") else level
    return level if level.value in (None, 1, 2, 3, 4, 5) else _refused("out_of_range")


def _year(roc: str | None, digits: str) -> int | None:
    """The year as counted in the West; three digits, or 民国 before it, is a year of the Republic. Two digits say nothing."""
    if roc or len(digits) == 3:
        return int(digits) + ROC_OFFSET if int(digits) < 200 else None
    return int(digits) if len(digits) == 4 else None


def _day(year: int | None, month: int, day: int, how: str = "exact", why: str = "") -> Parsed:
    if year is None:
        return _refused("not_a_date")
    try:
        value = dt.date(year, month, day)
    except ValueError:
        return _refused("not_a_date")
    return Parsed(value, how, why) if YEARS[0] <= year <= YEARS[1] else _refused("out_of_range")


def _day_of_number(number: float) -> Parsed:
    """20200305, or a serial number of Excel (1900 epoch)."""
    whole = int(number)
    if SERIALS[0] <= number <= SERIALS[1]:
        day = dt.date(1899, 12, 30) + dt.timedelta(days=whole)
        return _day(day.year, day.month, day.day, "converted", "serial")
    if whole == number and 10**7 <= whole < 10**8:
        return _day(whole // 10_000, whole // 100 % 100, whole % 100)
    return _refused("not_a_date")


def parse_date(cell: object) -> Parsed:
    """A ``datetime.date``. A month alone is its first day, approximate. Impossible days and years outside ``YEARS`` are refused."""
    if isinstance(cell, dt.date) and not _empty(cell):
        return _day(cell.year, cell.month, cell.day)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and not _empty(cell):
        return _day_of_number(cell) if math.isfinite(cell) else _refused("not_a_date")
    if type(cell) is str and _ISO.fullmatch(cell):
        return _day(int(cell[:4]), int(cell[5:7]), int(cell[8:]))
    text = _text_of(cell, "not_a_date")
    if isinstance(text, Parsed):
        return text
    text = _squeeze(text)
    if found := _DAY.fullmatch(text):
        year = _year(found[1], found[2])
        roc = year is not None and year != int(found[2])
        return _day(year, int(found[4]), int(found[5]), *(("converted", "roc_year") if roc else ()))
    if found := _MONTH.fullmatch(text):
        return _day(_year(found[1], found[2]), int(found[3]), 1, "approximate", "month_only")
    return _day_of_number(float(text)) if re.fullmatch(r"\d{5}(\.\d+)?|\d{8}(\.0)?", text) else _refused("not_a_date")


def parse_period(cell: object) -> Parsed:
    """A fund year, "2020", or several, "2018-2020"."""
    if isinstance(cell, dt.date) and not _empty(cell):
        found = parse_date(cell)
        return Parsed(str(cell.year), "converted", "year_of_date") if found.how == "exact" else found
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = _text_of(cell, "not_a_period")
    if isinstance(text, Parsed):
        return text
    found_years = _PERIOD.fullmatch(re.sub(r"\.0$", "", _squeeze(text)))
    if found_years is None:
        day = parse_date(text) if re.search(r"[-./年]", text) else BLANK
        return Parsed(str(day.value.year), "converted", "year_of_date") if day.how in ("exact", "converted") else _refused("not_a_period")
    written = [(found_years[i], found_years[i + 1]) for i in (1, 3) if found_years[i + 1]]
    years = [_year(*pair) for pair in written]
    if None in years or years != sorted(set(years)):  # type: ignore[type-var]
        return _refused("not_a_period")
    if not all(YEARS[0] <= year <= YEARS[1] for year in years if year):
        return _refused("out_of_range")
    roc = any(year != int(digits) for year, (_, digits) in zip(years, written, strict=True))
    return Parsed("-".join(map(str, years)), *(("converted", "roc_year") if roc else ("exact", "")))


def parse_flag(cell: object) -> Parsed:
    """Yes or no. 无 is no here, while it is blank in a column of numbers."""
    if isinstance(cell, bool):
        return Parsed(cell, "exact")
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    word = "" if _empty(cell) else _fold(cell).lower()
    if word in _TRUE or word in _FALSE:
        return Parsed(word in _TRUE, "exact")
    return BLANK if _blank_text(word) else _refused("excel_error" if _ERROR.fullmatch(word) else "not_a_flag")


def _word(text: str) -> str:
    return re.sub(r"[\s_]+", "", _fold(text).lower())


def parse_choice(cell: object, choices: Mapping[str, tuple[str, ...]]) -> Parsed:
    """The code that the cell names by itself or by one of its aliases."""
    if isinstance(cell, str):
        if cell in choices:
            return Parsed(cell, "exact")
        word = _word(cell)
        for code, aliases in choices.items():
            if cell in aliases or word == _word(code) or any(word == _word(alias) for alias in aliases):
                return Parsed(code, "exact")
    text = _text_of(cell, "not_a_choice")
    return text if isinstance(text, Parsed) else _refused("not_a_choice")


def parse_code(cell: object) -> Parsed:
    """A key as text. A number loses its ".0"; one that Excel has cut at 15 digits is refused."""
    if type(cell) is str and len(cell) > 4 and cell.isascii() and cell.isalnum():
        return Parsed(cell, "exact")
    if isinstance(cell, dt.date) and not _empty(cell):
        return _refused("not_a_code")
    if isinstance(cell, float) and math.isfinite(cell):
        if abs(cell) >= EXCEL_DIGITS:
            return _refused("digits_lost")
        cell = int(cell) if cell.is_integer() else repr(float(cell))
    text = _text_of(cell, "not_a_code")
    if isinstance(text, Parsed):
        return text
    if re.fullmatch(r"\d(\.\d+)?[eE]\+\d+", text):
        return _refused("digits_lost")
    text = re.sub(r"^(\d{6,})\.0+$", r"\1", text.lstrip("'"))
    return Parsed(text, "exact") if text else BLANK


def parse_text(cell: object) -> Parsed:
    """Text as written, outer space removed, a line break as a space."""
    if isinstance(cell, dt.date) and not _empty(cell):
        return Parsed(cell.isoformat(), "exact")
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = _text_of(cell, "not_text")
    return text if isinstance(text, Parsed) else Parsed(re.sub(r"\s*[\r\n\v\f]+\s*", " ", str(cell).translate(_INVISIBLE).strip()), "exact")


def parse_list(cell: object) -> Parsed:
    """Several words as one text, joined by ";"."""
    text = parse_text(str(cell).replace("\n", ";") if isinstance(cell, str) else cell)
    if text.value is None:
        return text
    words = [word.strip() for word in re.split("[、,，;；/／]", text.value)]
    return Parsed(";".join(dict.fromkeys(w for w in words if w)), "exact")


PARSERS: dict[str, Callable[..., Parsed]] = {
    "code": parse_code, "area": parse_code, "text": parse_text, "list": parse_list, "period": parse_period, "money": parse_money,
    "number": parse_number, "share": parse_share, "count": parse_count, "level": parse_level, "date": parse_date, "flag": parse_flag,
}  # fmt: skip


def parse(cell: object, column: schema.Column, *, factor: float = 1) -> Parsed:
    """Read a cell as its column wants it.

    ``factor`` belongs to amounts: a sheet in 万元 leaves its other numbers alone. Below 1 (a heading in %) it belongs to shares.
    """
    kind = column.kind
    if kind == "money":
        return parse_money(cell, factor=factor)
    if kind == "choice":
        return parse_choice(cell, column.choices)
    if kind == "share" and factor < 1:
        return parse_share(cell, factor=factor)
    return PARSERS[kind](cell)
