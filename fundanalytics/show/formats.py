"""Numbers and names as a reader sees them: rounded once and last, half up in decimal, and made harmless.

Below ``wording``, ``tables`` and ``charts``. It knows units, not indicators.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any, Self

import pandas as pd

BLANK = "—"
# grade bands and targets of the field are multiples of five per cent; a figure below one is never printed as having reached it
THRESHOLD = 5
PER_PERSON, TIMES = "person-times per person", 3  # a unit of small numbers, and their decimals
DECIMALS = {PER_PERSON: TIMES, "yuan": 0}  # of differences; one where nothing is said
# a difference that is not zero and would be printed as zero: with its sign, without it; no language: for tables and charts
ABOUT = {"zh": ("约0", "不足"), "en": ("about 0", "under "), "": ("≈0", "<")}
PRINTED = re.compile(r"([−+]?)([\d,]*\d(?:\.\d+)?)\s?(亿|万|million)?")
SIZES = {"亿": 10**8, "万": 10**4, "million": 10**6, None: 1}
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>&#$|~!]|(?<=:)(?=//)|^(?=\s*(?:[-+]|\d+[.)])\s)")


def is_blank(value: Any) -> bool:
    """None, NaN, NA, NaT or empty text."""
    return value is None or bool(pd.isna(value)) or value == ""


def _decimal(value: Any) -> Decimal:
    # twelve digits: 0.1 + 0.2 and its like must not look as if they were below a threshold
    return Decimal(repr(round(float(value), 12)))


def rounded(value: Decimal, digits: int = 1) -> Decimal:
    """Half up, but never up onto a multiple of five that the figure did not reach."""
    step = Decimal(1).scaleb(-digits)
    result = value.quantize(step, ROUND_HALF_UP)
    reaches = result > value >= 0 and result % THRESHOLD == 0
    return value.quantize(step, ROUND_DOWN) if reaches else result


def percent(value: Any, digits: int = 1) -> str:
    """A share as per cent: ``0.9776`` → 97.8%.

    ``0.7995`` is 79.9%, not 80.0%: it must not read as having reached 80 %. A positive share never reads 0.0%.
    """
    if is_blank(value):
        return BLANK
    exact = _decimal(value) * 100
    shown = rounded(exact, digits)
    if shown == 0 and exact > 0:
        return f"<{Decimal(1).scaleb(-digits)}%"
    return f"{shown:,}%"


def score(value: Any, digits: int = 1) -> str:
    """A score on 0–100, one decimal, under the same rule as ``percent``."""
    return BLANK if is_blank(value) else f"{rounded(_decimal(value), digits):,}"


def points(value: Any, *, signed: bool = False, lang: str = "") -> str:
    """A difference of two shares, in points, without the unit: ``0.17`` → 17.0. What is not zero and rounds to it reads ≈0 or <0.1."""
    return difference(value, "share", signed=signed, lang=lang)


def score_points(value: Any, *, signed: bool = False) -> str:
    """A difference of two scores, or a limit of one, without the unit. A small one gets more decimals: it is not zero."""
    return limit(value, "score", signed=signed)


def difference(value: Any, unit: object, *, signed: bool = False, lang: str = "") -> str:
    """A difference of two values of ``unit``: points of a share, or the unit's own; without the unit.

    All have the same decimals. What is not zero and rounds to it reads 约0 or 不足0.1, in a table ≈0 or <0.1 (``lang`` blank).
    """
    if is_blank(value):
        return BLANK
    exact, digits = _in_unit(value, unit), DECIMALS.get(str(unit), 1)
    if exact and not _shown(exact, digits):
        about, under = ABOUT[lang]
        return about if signed else f"{under}{Decimal(1).scaleb(-digits)}"
    return _whole_days(_signed(_shown(exact, digits), signed), unit)


def limit(value: Any, unit: object, *, signed: bool = True) -> str:
    """One end of an interval of a difference. A small one gets more decimals: on which side of zero it lies must be seen."""
    if is_blank(value):
        return BLANK
    exact, least = _in_unit(value, unit), DECIMALS.get(str(unit), 1)
    digits = next((d for d in range(least, 5) if _shown(exact, d)), least)
    return _whole_days(_signed(_shown(exact, digits), signed), unit)


def as_printed(text: str) -> Decimal | None:
    """The number that a reader sees in a text, in the unit itself: 3.52万元 → 35200. None where it is only known to be small."""
    found = PRINTED.search(text)
    if not found or "<" in text or any(under in text for _, under in ABOUT.values()):
        return None
    told = Decimal(found[2].replace(",", "")) * SIZES[found[3]]
    return -told if found[1] == "−" else told


def _in_unit(value: Any, unit: object) -> Decimal:
    return _decimal(value) * (100 if kind_of(unit) == "share" else 1)


def _shown(exact: Decimal, digits: int) -> Decimal:
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _signed(shown: Decimal, signed: bool) -> str:
    return f"{('+' if shown > 0 else '−' if shown < 0 else '') if signed else ''}{abs(shown):,}"


def _whole_days(text: str, unit: object) -> str:
    return text.removesuffix(".0") if unit == "days" else text


def money(value: Any, lang: str = "zh") -> str:
    """Yuan as 元, 万元 or 亿元; in English as million yuan, or below a million as whole yuan."""
    if is_blank(value):
        return BLANK
    exact = _decimal(value)
    units = [(10**8, "亿元"), (10**4, "万元")] if lang == "zh" else [(10**6, " million yuan")]
    for size, unit in units:
        if abs(exact) >= size:
            return f"{(exact / size).quantize(Decimal('0.01'), ROUND_HALF_UP):,}{unit}"
    if lang == "zh":
        return f"{_short(exact)}元"
    return f"{exact.quantize(Decimal(1), ROUND_HALF_UP):,} yuan" if abs(exact) >= 1 else f"{_short(exact)} yuan"


def wan(value: Any) -> str:
    """Yuan as 万元 without the unit, for the cells of a table."""
    return BLANK if is_blank(value) else f"{(_decimal(value) / 10**4).quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


def number(value: Any) -> str:
    """A plain number: no decimals where there are none, else at most two."""
    return BLANK if is_blank(value) else _short(_decimal(value))


def _short(exact: Decimal) -> str:
    shown = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{shown:,.0f}" if shown == shown.to_integral_value() else f"{shown:,}".rstrip("0")


def day(value: Any, lang: str = "zh") -> str:
    """A date as 2020年12月31日 or 2020-12-31."""
    if is_blank(value):
        return BLANK
    date = pd.Timestamp(value)
    return f"{date.year}年{date.month}月{date.day}日" if lang == "zh" else f"{date:%Y-%m-%d}"


def kind_of(unit: object) -> str:
    """``share`` for what is shown as per cent (a ratio may exceed 100 %), ``score`` for points of 100, else the unit."""
    return {"share": "share", "ratio": "share", "score 0-100": "score"}.get(str(unit), str(unit))


def amount(value: Any, unit: object, lang: str = "zh", digits: int = 1) -> str:
    """A value with its unit, by the unit of an indicator row; ``digits`` of shares and scores."""
    if is_blank(value):
        return BLANK
    match kind_of(unit):
        case "share":
            return percent(value, digits)
        case "score":
            return f"{score(value, digits)}分" if lang == "zh" else f"{score(value, digits)} of 100"
        case "yuan":
            return money(value, lang)
        case kind if kind == PER_PERSON:
            return f"{rounded(_decimal(value), TIMES):,}{'人次/人' if lang == 'zh' else ' per person'}"
        case "days":
            return f"{number(value)}天" if lang == "zh" else f"{number(value)} days"
    return number(value)


def bare(value: Any, unit: object, digits: int = 1, *, lang: str = "zh") -> str:
    """A value without a unit behind it (but with %), for limits and labels of a chart."""
    if kind_of(unit) == "score":
        return score(value, digits)
    return amount(value, unit, lang, digits).removesuffix("人次/人").removesuffix(" per person")


def limits(lower: Any, upper: Any, unit: object, digits: int = 1, *, lang: str = "zh") -> str:
    """``a–b``; blank when either is missing."""
    return BLANK if is_blank(lower) or is_blank(upper) else f"{bare(lower, unit, digits, lang=lang)}–{bare(upper, unit, digits, lang=lang)}"


def sentence_case(text: str) -> str:
    """The first letter as a capital, the rest as it is."""
    return text[:1].upper() + text[1:]


def plain(text: object) -> str:
    """Text from the data on one line, without control characters and marks of direction, which would turn what follows around."""
    return BLANK if is_blank(text) else re.sub(r"\s+", " ", re.sub(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", " ", str(text))).strip()


def escape_html(text: object) -> str:
    """Text that shows as itself inside HTML, and inside the pseudo-HTML of plotly."""
    return html.escape(plain(text), quote=True)


def escape_markdown(text: str) -> str:
    """Text that shows as itself in markdown. Numeric entities cannot be structure, whichever renderer reads them."""
    return _MARKDOWN.sub(lambda found: f"&#{ord(found[0])};" if found[0] else "&#8203;", text)


class Sentence(str):
    """Text for a reader: plain as a ``str``, escaped where a notebook shows it as markdown.

    ``prefix`` is the markdown that stands before each line (``# `` or ``- ``); it never comes from the data. ``rows`` are the rows that the
    numbers of the text come from, as plain dicts; they stay when sentences are added to each other or put ``together``.
    """

    prefix: str
    rows: tuple[dict[str, Any], ...]

    def __new__(cls, text: str, *, prefix: str = "", rows: Any = ()) -> Self:
        made = super().__new__(cls, text)
        made.prefix = prefix
        made.rows = tuple(fields(row) for row in (rows.to_dict("records") if isinstance(rows, pd.DataFrame) else rows))
        return made

    def __add__(self, other: str) -> Sentence:
        return Sentence(str(self) + str(other), prefix=self.prefix, rows=(*self.rows, *getattr(other, "rows", ())))

    def __radd__(self, other: str) -> Sentence:
        return Sentence(str(other) + str(self), prefix=self.prefix, rows=self.rows)

    def _repr_markdown_(self) -> str:
        lines = [self.prefix + escape_markdown(line) for line in self.split("\n") if line]
        return ("\n" if self.prefix == "- " else "\n\n").join(lines)


def together(parts: Iterable[str], between: str = "\n", *, prefix: str = "") -> Sentence:
    """Several texts as one, with the rows of all of them."""
    texts = [part for part in parts if part]
    return Sentence(between.join(texts), prefix=prefix, rows=[row for text in texts for row in getattr(text, "rows", ())])


def fields(row: Any) -> dict[str, Any]:
    """A row as a dict, whether it came as a Series, a named tuple, a mapping or a frame of one row."""
    if isinstance(row, pd.DataFrame):
        row = row.iloc[0]
    if isinstance(row, pd.Series):
        return {str(k): v for k, v in row.items()}
    if hasattr(row, "_asdict"):
        return dict(row._asdict())
    if isinstance(row, Mapping):
        return dict(row)
    raise TypeError(f"a row is a Series, a named tuple or a mapping, not {type(row).__name__}")
