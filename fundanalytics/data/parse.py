"""The content of one cell → a number, an amount, a date, a code. Pure: no files, no tables.

Place in the flow: ``load`` hands every cell here with the column it belongs to. Nothing is guessed: what cannot be read with
certainty is refused with a code; what says itself that it is about right (约3万, ≥50个) is kept and flagged.

``how`` of a result: ``exact`` (the cell says just this value), ``converted`` (a rule was applied, named in ``why``),
``approximate`` (kept, but the cell is vague), ``blank`` (nothing there: missing, never zero), ``refused``.
Days and fund years are read in ``dates``, Chinese numerals in ``numerals``.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from numbers import Real
from typing import NamedTuple

from . import schema
from .cells import BLANK, INVISIBLE, WHY, Parsed, empty, figures_of, fold, no_value, refused, text_of
from .dates import parse_date, parse_period
from .numerals import in_digits

__all__ = ["BLANK", "WHY", "Parsed", "parse", "parse_date", "parse_period"]  # found here by the rest of the package, beside what follows

MONEY_LIMIT = 5e13  # yuan; a double holds every 分 up to 9e13
COUNT_LIMIT = 1e12
OLDEST = 120  # years
NOISE = 1e-6  # yuan; what sums in Excel leave behind lies below, what people write lies far above
EXCEL_DIGITS = 1e15  # Excel keeps 15 digits: the rest of a longer number is gone
CENT = Decimal("0.01")


class _Reading(NamedTuple):
    """A number as written: ``unit`` is "", "money", "scaled" (万, 亿), "counter" or "percent"; ``scale`` (10000 for 万) is applied
    already; ``marked`` when a sign of currency stands before it."""

    number: Decimal
    unit: str
    how: str
    why: str
    scale: int = 1
    marked: bool = False


_SCALES = {"百": 100, "千": 1_000, "万": 10_000, "百万": 10**6, "千万": 10**7, "亿": 10**8}
_SCALE = "百万|千万|[百千万亿]"
_COUNTERS = "人次|户次|场次|百分比|个月|[个人户次场期件项份家张组队支本册条幅年天岁名处座套台分%]"
# what a remark must not say: another unit, another currency
_OTHER_UNIT = "元|万|亿|美金|港币|外币|欧|英镑|日币|台币|%|‰|usd|eur|hkd|jpy"
_ASIDE = "已|未|尚|待|含|不含|暂|另|详见|见附|其中|拟|因"
_NUMBER = re.compile(
    rf"""(?P<before>大约|大概|约|近|预估|预计|估计|估算|暂估|估|≈|~|≥|>=|≤|<=|>|<|不少于|不低于|不超过|不高于|不足|至少|至多|最多|最少|超过|大于|小于|高于|低于
    |(?![^:]*(?:{_OTHER_UNIT}))[^\W\d]{{1,8}}:)?=?
    (?P<sign>[+-]|负)?(?P<currency>¥|\$|rmb|cny|人民币)?(?P<inner>-)?
    (?:(?P<mixed>(?:\d+(?:{_SCALE})){{1,4}}\d+(?:{_SCALE})?)
    |(?P<digits>[1-9]\d{{0,2}}(?:,\d{{3}})+(?:\.\d*)?|[1-9]\d{{0,2}}(?:\ \d{{3}})+(?:\.\d*)?|\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+)
    (?P<more>余|多)?(?P<scale>{_SCALE})?)(?P<more2>余|多)?(?:(?P<money>元|圆|块)(?:(?P<jiao>\d)角)?(?:(?P<fen>\d)分)?[整正]?)?
    (?P<counter>{_COUNTERS})?(?P<after>左右|上下|以上|以下|以内|余|多)?
    (?P<remark>(?!.*(?:{_OTHER_UNIT}))(?:\([^()\d]*\)|[,;、。]?(?:{_ASIDE})[^()\d]*))?""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_FIGURE = re.compile(r"[\d零〇一二两三四五六七八九十壹贰叁肆伍陆柒捌玖拾]")
_BOUNDS = frozenset({"≥", ">=", "≤", "<=", ">", "<", "不少于", "不低于", "不超过", "不高于", "不足", "至少", "至多", "最多", "最少", "超过", "大于", "小于",
                     "高于", "低于", "以上", "以下", "以内", "余", "多"})  # fmt: skip
_UNIT_IN_BRACKETS = re.compile(rf"\(((?:{_SCALE})?(?:元|圆|块)|{_COUNTERS})\)$")
_TRUE = frozenset({"是", "是的", "有", "已有", "对", "対", "√", "✓", "✔", "☑", "✅", "v", "y", "yes", "1", "1.0", "true", "t"})
_FALSE = frozenset({"否", "无", "無", "没有", "没", "不是", "错", "×", "✗", "✘", "✕", "✖", "╳", "❌", "x", "n", "no", "0", "0.0", "false", "f"})
_DONE = (
    "公示|公开|公布|完成|参与|参加|知晓|知道|提供|取得|开具|上传|附|收到|到位|签|签订|签字|盖章|支付"
    + "|验收|实施|开展|落实|整改|备案|发布|入账|开票|领取|办理|通过|达标"
)
_TOLD = re.compile(rf"(?:(?P<yes>已经?|有)|(?P<no>未|尚未|没有?))(?:(?:{_DONE})过?)?")
_ANSWER = re.compile("(?P<no>不)?(?:知晓|参与|参加)过?")  # 不知道 may be "don't know", so 知道 is not taken by itself either
_SUSPECT = frozenset("#＃=＝{eE -‐‑‒–—―⸺─━−ー/\\")  # what a blank, an error or a formula may begin with
_TICK, _BOX = "[☑√✓✔■✅]", "[□☐]"
_TICKED = re.compile(rf"(?P<yes>{_TICK}[是有]{_BOX}[否无]|[是有]{_TICK}[否无]{_BOX})|(?P<no>{_BOX}[是有]{_TICK}[否无]|[是有]{_BOX}[否无]{_TICK})")


def _read(cell: object) -> _Reading | Parsed:
    """A number with what is written around it."""
    if isinstance(cell, (Real, Decimal)) and not isinstance(cell, bool) and not empty(cell):
        number = float(cell)
        return _Reading(Decimal(str(number)), "", "exact", "") if math.isfinite(number) else refused("out_of_range")
    if isinstance(cell, dt.date) and not empty(cell):
        return refused("not_a_number")
    text = figures_of(cell, "not_a_number")
    if isinstance(text, Parsed):
        return text
    return _read_text(text.lstrip("'‘’")) if _FIGURE.search(text) else refused("not_a_number")


def _read_text(text: str) -> _Reading | Parsed:
    if text.startswith("(") and text.endswith(")"):
        inner = _read_text(text[1:-1]) if len(text) > 2 and text[1] not in "+-(负" else refused("not_a_number")
        if isinstance(inner, Parsed) or inner.how == "approximate" or inner.unit not in ("", "percent") or inner.why == "chinese_numeral":
            return refused("not_a_number")  # (三) is a running number, (500元) may be a remark
        return inner._replace(number=-inner.number, how="converted", why="negative_in_brackets")
    text = _UNIT_IN_BRACKETS.sub(r"\1", text)
    found = _NUMBER.fullmatch(text)
    if found is None and text.startswith("百分之"):
        text = f"{text[3:]}%"
        found = _NUMBER.fullmatch(text)
    if found is not None:
        return _judge(found)
    digits = in_digits(text)
    found = _NUMBER.fullmatch(digits[0]) if digits else None
    if found is None or digits is None:
        return refused("not_a_number")
    reading = _judge(found)
    if isinstance(reading, Parsed) or reading.how == "approximate":
        return reading
    if digits[1] > 1:
        reading = reading._replace(unit=reading.unit or "scaled", scale=digits[1])
    return reading._replace(how="converted", why="chinese_numeral")


def _judge(found: re.Match[str]) -> _Reading | Parsed:
    """The number, exact or approximate, and which unit, by the words around it."""
    number, scale = _mixed(found["mixed"]) if found["mixed"] else _scaled(found["digits"], found["scale"])
    if number is None or (found["sign"] and found["inner"]):
        return refused("not_a_number")
    if abs(number) > Decimal("1e300"):
        return refused("out_of_range")
    number += Decimal(f"0.{found['jiao'] or 0}{found['fen'] or 0}")
    number = -number if found["sign"] in ("-", "负") or found["inner"] else number
    unit, how, why = "", "exact", ""
    if found["counter"] in ("%", "百分比"):
        number, unit, how, why = number / 100, "percent", "converted", "percent"
    elif found["counter"]:
        unit = "counter"
        if found["counter"] == "年" and number >= 1000:
            return refused("not_a_number")  # 2020年 is a year, and no number of years
    elif found["money"] or scale > 1:
        unit, how, why = ("money" if found["money"] else "scaled"), "converted", "unit_in_cell"
    words = {found[name] for name in ("before", "more", "more2", "after")} - {None}
    if words:
        how, why = "approximate", "bound" if words & _BOUNDS else "remark" if str(found["before"]).endswith(":") else "about"
    elif found["remark"]:
        how, why = "approximate", "remark"
    elif found["digits"] and _cut_short(found["digits"]):
        how, why = "approximate", "digits_lost"
    return _Reading(number, unit, how, why, scale, found["currency"] is not None)


def _scaled(digits: str, scale: str | None) -> tuple[Decimal, int]:
    factor, number = _SCALES[scale] if scale else 1, Decimal(digits.replace(",", "").replace(" ", ""))
    return number * factor if number.adjusted() < 400 else Decimal("1e400"), factor  # 1e9999999 is more than a product may be


def _mixed(text: str) -> tuple[Decimal | None, int]:
    """3万5千, 1亿2千万, 1万2000: each part below the one before it; 3万5 says 35000 to some and 30005 to others."""
    parts = re.findall(rf"(\d+)({_SCALE})?", text)
    total, above, first = 0, 0, _SCALES[parts[0][1]]
    for digits, scale in parts:
        factor = _SCALES[scale] if scale else 1
        if above and (int(digits) * factor >= above or factor >= above or (not scale and 10 ** len(digits) != above)):
            return None, 1
        total, above = total + int(digits) * factor, factor
    return Decimal(total), first


def _cut_short(digits: str) -> bool:
    """1.2E+07 is how a text file shows a number whose other digits are gone."""
    found = re.fullmatch(r"\d+(?:\.(\d*))?e\+?(\d+)", digits)
    return found is not None and len(found[1] or "") < int(found[2])


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
    factor : yuan per unit of the sheet (万元: 10000); a unit in the cell overrides it, and is refused where it may only add to it
        (5千 or ￥5 under 万元)
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
        return refused("not_money")
    if (reading.unit == "scaled" and reading.scale < factor) or (reading.unit == "" and reading.marked and factor != 1):
        return refused("unit_unclear")
    yuan = reading.number if reading.unit else reading.number * Decimal(str(factor))
    if abs(yuan) >= MONEY_LIMIT:
        return refused("out_of_range")
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
        return refused("not_a_number")
    value = float(reading.number if reading.unit else reading.number * Decimal(str(factor)))
    if not -1e-9 < value < 1 + 1e-9:
        return refused("out_of_range")
    return Parsed(min(max(value, 0.0), 1.0), reading.how, reading.why)


def parse_count(cell: object) -> Parsed:
    """A whole number, not negative."""
    if type(cell) is str and len(cell) < 12 and cell.isascii() and cell.isdigit():
        return Parsed(int(cell), "exact")
    if (type(cell) is float or type(cell) is int) and 0 <= cell < COUNT_LIMIT and cell == int(cell):
        return Parsed(int(cell), "exact")
    reading = _read(cell)
    if isinstance(reading, Parsed):
        return reading
    if reading.unit in ("money", "percent") or reading.marked:
        return refused("not_a_number")
    if not 0 <= reading.number < Decimal(COUNT_LIMIT):
        return refused("out_of_range")
    whole = reading.number.to_integral_value()
    return Parsed(int(whole), reading.how, reading.why) if abs(reading.number - whole) < Decimal("1e-6") else refused("not_whole")


def parse_level(cell: object) -> Parsed:
    """A level from 1 to 5; "don't know" is blank. Words are refused: 满意 is 4 of 5 on one scale and 3 of 4 on another."""
    if isinstance(cell, str) and fold(cell) in schema.DONT_KNOW:
        return BLANK
    level = parse_count(cell)
    if level.how == "refused":
        return refused("not_a_level") if level.why in ("not_a_number", "not_whole") else level
    return level if level.value in (None, 1, 2, 3, 4, 5) else refused("out_of_range")


def parse_flag(cell: object, answers: Mapping[str, bool] | None = None) -> Parsed:
    """Yes or no; ``answers`` are words of this column alone. 无 is no here, while it is blank in a column of numbers; 未知 and an empty box are neither."""
    if isinstance(cell, bool):
        return Parsed(cell, "exact")
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    word = "" if empty(cell) else re.sub(r"\s+", "", fold(cell)).lower()
    if word in _TRUE or word in _FALSE:
        return Parsed(word in _TRUE, "exact")
    if answers and word in answers:
        return Parsed(answers[word], "exact")
    found = _TOLD.fullmatch(word) or _TICKED.fullmatch(word) or _ANSWER.fullmatch(word)
    if found:
        return Parsed(found["no"] is None, "exact")
    return (no_value(fold(cell)) if word else None) or no_value(word) or refused("not_a_flag")


def _word(text: str) -> str:
    return re.sub(r"[\s_]+", "", fold(text).lower())


def parse_choice(cell: object, choices: Mapping[str, tuple[str, ...]]) -> Parsed:
    """The code that the cell names by itself or by one of its aliases."""
    if isinstance(cell, str):
        if cell in choices:
            return Parsed(cell, "exact")
        word = _word(cell)
        for code, aliases in choices.items():
            if cell in aliases or word == _word(code) or any(word == _word(alias) for alias in aliases):
                return Parsed(code, "exact")
    text = text_of(cell, "not_a_choice")
    return text if isinstance(text, Parsed) else refused("not_a_choice")


def parse_age(cell: object) -> Parsed:
    """The group of ages that an age in years belongs to."""
    text = text_of(cell, "not_a_choice")
    found = text if isinstance(text, Parsed) else re.fullmatch(r"(\d{1,3})(?:\.0)?\s*(?:周?岁)?", text)
    if found is None or isinstance(found, Parsed):
        return found or refused("not_a_choice")
    groups = [group for group in schema.AGES if int(group[:2]) <= int(found[1]) <= OLDEST]
    return Parsed(groups[-1], "converted") if groups else refused("not_a_choice")


def _plain_code(cell: object) -> bool:
    return type(cell) is str and len(cell) > 4 and cell.isascii() and (cell.isalnum() or cell.replace("-", "").isalnum())


def plain_codes(cells: Iterable[object]) -> bool:
    """Whether each of many cells is a key just as it stands."""
    return all(map(_plain_code, cells))


def parse_code(cell: object) -> Parsed:
    """A key as text. A number loses its ".0"; one that Excel has cut at 15 digits is refused."""
    if _plain_code(cell):
        return Parsed(cell, "exact")
    if isinstance(cell, dt.date) and not empty(cell):
        return refused("not_a_code")
    if isinstance(cell, float) and math.isfinite(cell):
        if abs(cell) >= EXCEL_DIGITS:
            return refused("digits_lost")
        cell = int(cell) if cell.is_integer() else repr(float(cell))
    text = text_of(cell, "not_a_code")
    if isinstance(text, Parsed):
        return text
    if re.fullmatch(r"\d(\.\d+)?[eE]\+\d+", text):
        return refused("digits_lost")
    text = re.sub(r"^(\d{6,})\.0+$", r"\1", text.lstrip("'"))
    return Parsed(text, "exact") if text else BLANK


def parse_text(cell: object) -> Parsed:
    """Text as written, outer space removed, a line break as a space."""
    if type(cell) is str and len(cell) > 6 and cell.isprintable() and cell[0] not in _SUSPECT and cell[-1] != " ":
        return Parsed(cell, "exact")
    if isinstance(cell, dt.date) and not empty(cell):
        return Parsed(cell.isoformat(), "exact")
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = text_of(cell, "not_text")
    return text if isinstance(text, Parsed) else Parsed(re.sub(r"\s*[\r\n\v\f]+\s*", " ", str(cell).translate(INVISIBLE).strip()), "exact")


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


def parse(cell: object, column: schema.Column, *, factor: float = 1, epoch: int = 1900) -> Parsed:
    """Read a cell as its column wants it.

    ``factor`` belongs to amounts: a sheet in 万元 leaves its other numbers alone. Below 1 (a heading in %) it belongs to shares.
    ``epoch`` belongs to days: where the serial numbers of the workbook begin, 1900 or 1904.
    """
    kind = column.kind
    if kind == "money":
        return parse_money(cell, factor=factor)
    if kind == "date":
        return parse_date(cell, epoch=epoch)
    if kind == "choice":
        chosen = parse_choice(cell, column.choices)
        return parse_age(cell) if column.choices is schema.AGES and chosen.how == "refused" else chosen
    if kind == "flag":
        return parse_flag(cell, column.answers)
    if kind == "share" and factor < 1:
        return parse_share(cell, factor=factor)
    return PARSERS[kind](cell)
