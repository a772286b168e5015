"""Days and fund years out of cells. Pure.

Place in the flow: ``parse`` hands columns of dates and periods here. A year that is not written in full is never completed, and
a day that could be another (3/5/2020) is refused; a range gives its first day, flagged.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import NamedTuple

from .cells import Parsed, empty, figures_of, refused
from .numerals import date_in_digits

YEARS = (1990, 2060)
SERIALS = (20_000, 60_000)
EPOCHS = {1900: dt.date(1899, 12, 30), 1904: dt.date(1904, 1, 1)}  # day 0; Excel counts a 29 February 1900 that never was
ROC_OFFSET = 1911
_WEEKDAYS = "一二三四五六日"
_PLAIN = re.compile(r"([0-9]{4})([-./])([0-9]{1,2})\2([0-9]{1,2})")
_FIGURE = re.compile(r"[\d一二三四五六七八九十廿]")
_YEAR = r"(?:(?:中华)?(民国))?(\d{2,4})"
_DAY = re.compile(rf"{_YEAR}(?:([-./])(\d{{1,2}})\3(\d{{1,2}})[日号]?|[-./年](\d{{1,2}})月(\d{{1,2}})[日号]?)")
_MONTH = re.compile(rf"{_YEAR}(?:[-./](\d{{1,2}})|[-./年](\d{{1,2}})月)")
_COMPACT = re.compile(r"((?:19|20)\d\d|1[0-4]\d)(\d\d)(\d\d)(?:\.0)?")
_CLOCK = re.compile(r"[t ]?(?:上午|下午|[ap]m)?(?:\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[ap]m|z|\+08:?00)?|\d{1,2}时(?:\d{1,2}分(?:\d{1,2}秒)?)?)$")
_WEEKDAY = re.compile(rf"\(?(?:星期|礼拜|周)([{_WEEKDAYS}天])\)?$")
_BETWEEN = re.compile("[-–—―~至到]+")
_REST_OF_DAY = re.compile(r"(?:(\d{1,2})[-./月])?(\d{1,2})[日号]?")
_REST_OF_MONTH = re.compile(r"(\d{1,2})月")
_MONTHS = re.compile(r"(.*年)(\d{1,2})月?[-–—―~至到]+(\d{1,2})月")
_NO_YEAR = re.compile(r"(?:\d{2}(?:[-./]\d{1,2}){2}|(?:\d{2}年)?\d{1,2}月(?:\d{1,2}[日号]?)?|\d{1,2}[日号])")
_ONE_YEAR = r"(?:(?:中华)?(民国))?(?:fy)?(\d{2,4})(?:财政年度|会计年度|年度|年|财年)?"
_PERIOD = re.compile(rf"{_ONE_YEAR}(?:[-–—~至到]+{_ONE_YEAR})?")


class _Point(NamedTuple):
    """A day or the first of a month, as written."""

    day: dt.date
    monthly: bool
    why: str


def _year(roc: str | None, digits: str) -> int | None:
    """The year as counted in the West; three digits, or 民国 before it, is a year of the Republic. Two digits say nothing."""
    if roc or len(digits) == 3:
        return int(digits) + ROC_OFFSET if int(digits) < 200 else None
    return int(digits) if len(digits) == 4 else None


def _date(year: int | None, month: int, day: int) -> dt.date | None:
    try:
        return None if year is None else dt.date(year, month, day)
    except ValueError:
        return None


def _told(day: dt.date, how: str = "exact", why: str = "") -> Parsed:
    return Parsed(day, how, why) if YEARS[0] <= day.year <= YEARS[1] else refused("out_of_range")


def _point(text: str) -> _Point | None:
    """A squeezed text that is one day or one month, with its clock and weekday if they agree."""
    text = _CLOCK.sub("", text) if text[-1] in "mz0123456789时分秒" and len(text) > 9 else text
    weekday = _WEEKDAY.search(text)
    text = text[: weekday.start()] if weekday else text
    if found := _DAY.fullmatch(text):
        year, month, day = _year(found[1], found[2]), int(found[4] or found[6]), int(found[5] or found[7])
    elif found := _COMPACT.fullmatch(text):
        year, month, day = _year(None, found[1]), int(found[2]), int(found[3])
    else:
        return None if weekday else _month(text)
    date = _date(year, month, day)
    if date is None or (weekday and weekday[1].replace("天", "日") != _WEEKDAYS[date.weekday()]):
        return None
    return _Point(date, False, "" if str(year) in text else "roc_year")


def _month(text: str) -> _Point | None:
    """102.3 may be a number: a year of the Republic needs its 年 here. 202003 is a month, 200305 may be a day."""
    if found := re.fullmatch(r"(20(?:1[3-9]|[2-6]\d))(\d\d)", text):
        date = _date(int(found[1]), int(found[2]), 1)
        return _Point(date, True, "month_only") if date else None
    found = _MONTH.fullmatch(text)
    if found is None or (found[3] and (found[1] or len(found[2]) < 4)):
        return None
    date = _date(_year(found[1], found[2]), int(found[3] or found[4]), 1)
    return _Point(date, True, "month_only") if date else None


def _span(text: str) -> tuple[_Point, _Point] | None:
    """First and last of a range of days, or of months; None when it is none, or can be split in two ways."""
    if (months := _MONTHS.fullmatch(text)) and (first := _point(f"{months[1]}{months[2]}月")) and (last := _point(f"{months[1]}{months[3]}月")):
        found = [(first, last)]
    else:
        found = []
        for mark in _BETWEEN.finditer(text):
            before, after = text[: mark.start()], text[mark.end() :]
            first = _point(before) if before and after else None
            last = (_point(after) or _rest(first, after)) if first else None
            if first and last and first.monthly == last.monthly:
                found.append((first, last))
    return found[0] if len(found) == 1 and found[0][0].day <= found[0][1].day else None


def _rest(first: _Point, text: str) -> _Point | None:
    """The end of a range that leaves out what it shares with the beginning: 2020年3月1日至5日."""
    if first.monthly:
        found = _REST_OF_MONTH.fullmatch(text)
        date = _date(first.day.year, int(found[1]), 1) if found else None
    else:
        found = _REST_OF_DAY.fullmatch(text)
        date = _date(first.day.year, int(found[1] or first.day.month), int(found[2])) if found else None
    return _Point(date, first.monthly, first.why) if date else None


def _day_of_number(number: float, epoch: int) -> Parsed:
    """20200305, or a serial number of Excel."""
    if SERIALS[0] <= number <= SERIALS[1]:
        return _told(EPOCHS[epoch] + dt.timedelta(days=int(number)), "converted", "serial")
    point = _point(str(int(number))) if number == int(number) and 10**5 <= number < 10**8 else None
    return _of_point(point) if point else refused("not_a_date")


def _of_point(point: _Point, why: str = "") -> Parsed:
    if point.monthly:
        return _told(point.day, "approximate", "month_only")
    return _told(point.day, "converted", point.why or why) if point.why or why else _told(point.day)


def parse_date(cell: object, *, epoch: int = 1900) -> Parsed:
    """A ``datetime.date``. A month is its first day and a range its first, approximate. Impossible days, days without a full year
    and years outside ``YEARS`` are refused. ``epoch``: where the workbook's serial numbers begin, 1900 or 1904."""
    if type(cell) is str and (plain := _PLAIN.fullmatch(cell)):
        date = _date(int(plain[1]), int(plain[3]), int(plain[4]))
        return _told(date) if date else refused("not_a_date")
    if isinstance(cell, dt.date) and not empty(cell):
        return _told(dt.date(cell.year, cell.month, cell.day))
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and not empty(cell):
        return _day_of_number(cell, epoch) if math.isfinite(cell) else refused("not_a_date")
    text = figures_of(cell, "not_a_date")
    return text if isinstance(text, Parsed) else _of_text(text, epoch)


def _of_text(text: str, epoch: int) -> Parsed:
    if not _FIGURE.search(text):
        return refused("not_a_date")
    digits = text if text.isascii() else _in_digits(text)
    why = "chinese_numeral" if digits != text else ""
    if point := _point(digits):
        return _of_point(point, why)
    if span := _span(digits):
        last = _told(span[1].day)
        return last if last.how == "refused" else _told(span[0].day, "approximate", "range")
    if _NO_YEAR.fullmatch(digits):
        return refused("missing_year_in_date")
    return _day_of_number(float(digits), epoch) if re.fullmatch(r"\d{5}(\.\d+)?", digits) else refused("not_a_date")


def _in_digits(text: str) -> str:
    weekday = _WEEKDAY.search(text)
    cut = weekday.start() if weekday else len(text)
    return date_in_digits(text[:cut]) + text[cut:]


def parse_period(cell: object) -> Parsed:
    """A fund year, "2020", or several, "2018-2020"; of a day, a month with 年, or a range of either, its years."""
    if type(cell) is str and len(cell) == 4 and cell.isascii() and cell.isdigit():
        return Parsed(cell, "exact") if YEARS[0] <= int(cell) <= YEARS[1] else refused("out_of_range")
    if isinstance(cell, dt.date) and not empty(cell):
        found = parse_date(cell)
        return Parsed(str(cell.year), "converted", "year_of_date") if found.how == "exact" else found
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = figures_of(cell, "not_a_period")
    if isinstance(text, Parsed):
        return text
    digits = date_in_digits(re.sub(r"\.0$", "", text))
    found_years = _PERIOD.fullmatch(digits)
    if found_years is None:
        return _years_of_days(digits)
    written = [(found_years[i], found_years[i + 1]) for i in (1, 3) if found_years[i + 1]]
    years = [_year(*pair) for pair in written]
    if None in years or years != sorted(set(years)):  # type: ignore[type-var]
        return refused("not_a_period")
    if not all(YEARS[0] <= year <= YEARS[1] for year in years if year):
        return refused("out_of_range")
    roc = any(year != int(number) for year, (_, number) in zip(years, written, strict=True))
    why = "roc_year" if roc else "chinese_numeral" if digits != re.sub(r"\.0$", "", text) else ""
    return Parsed("-".join(map(str, years)), "converted" if why else "exact", why)


def _years_of_days(text: str) -> Parsed:
    point = _point(text) if re.search(r"[-./年]", text) else None
    span = (point, point) if point and (not point.monthly or "年" in text) else _span(text)
    if span is None:
        return refused("not_a_period")
    if any(_told(each.day).how == "refused" for each in span):
        return refused("out_of_range")
    years = dict.fromkeys(str(each.day.year) for each in span)
    return Parsed("-".join(years), "converted", "year_of_date")
