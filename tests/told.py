"""Numbers in a sentence, read back: what a test needs to hold a text against the rows that it came from."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from fundanalytics.show import formats
from fundanalytics.show.labels import LABELS, period_label

NUMBER = re.compile(r"(<|不足|under )?([\d,]*\d(?:\.\d+)?)\s?(%|万元|亿元|million yuan|个百分点|percentage points?)?")
SCALES = {"%": "0.01", "个百分点": "0.01", "percentage point": "0.01", "percentage points": "0.01", "万元": "1e4", "亿元": "1e8", "million yuan": "1e6"}
KINDS = ("indicator", "basis", "note", "fund", "method", "quality")
LEVELS = ("value", "lower", "upper", "baseline_value", "current_value", "relative_change", "confidence", "rate")
ZERO = re.compile(r"含0|(?:in|ex)cludes 0|(?<=\d) of 100\b")  # what an interval is held against, what a score is out of
# words that claim an order, a cause or a test that no sentence rests on
NEVER = re.compile(r"效果|趋势|显著|落后|末位|垫底|\beffects?\b|\btrends?\b|significant|worst")
DIRECTION = {"zh": ("提高到", "下降到", "高于", "低于"), "en": ("rose from", "fell from", ", above the", ", below the")}


@functools.cache
def _labels(lang: str) -> re.Pattern[str]:
    words = {str(word) for kind in KINDS for word in LABELS[lang][kind].values()}
    words |= {side.strip("（） ()") for word in words for side in word.split("÷")}
    return _any_of(words | {word[:1].upper() + word[1:] for word in words})


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    found = sorted((word for word in words if word), key=len, reverse=True)
    return re.compile("|".join(rf"(?<![\d,.]){re.escape(word)}(?![\d,.]*\d)" if word.isdigit() else re.escape(word) for word in found) or "$^")


def bare_text(text: str, rows: Iterable[dict[str, Any]], lang: str) -> str:
    """The text without what is no figure: names, labels, periods, days."""
    words = set()
    for row in rows:
        words |= {period_label(row[name], lang) for name in ("period", "baseline", "current") if not formats.is_blank(row.get(name))}
        words |= {formats.day(row["as_of"], lang)} if not formats.is_blank(row.get("as_of")) else set()
        words |= {formats.plain(row["area_name"])} if "area_name" in row else set()
    return _labels(lang).sub("·", _any_of(words).sub("·", ZERO.sub("", text)))


def figures(rows: Iterable[dict[str, Any]]) -> list[tuple[str, float]]:
    """Every number of the rows with its column, what follows from them, and how many rows there are."""
    rows = list(rows)
    found = [(name, float(v)) for row in rows for name, v in row.items() if isinstance(v, int | float) or hasattr(v, "dtype")
             if not isinstance(v, bool) and not pd.isna(v)]  # fmt: skip
    for one, two in itertools.permutations([row for row in rows if not formats.is_blank(row.get("value"))], 2):
        change = two["value"] - one["value"]
        found.append(("difference", change))
        if not any(formats.is_blank(row.get(side)) for row in (one, two) for side in ("lower", "upper")):
            down = ((two["value"] - two["lower"]) ** 2 + (one["upper"] - one["value"]) ** 2) ** 0.5
            up = ((two["upper"] - two["value"]) ** 2 + (one["value"] - one["lower"]) ** 2) ** 0.5
            found += [("difference", change - down), ("difference", change + up)]
    levels = [row.get("level") for row in rows]
    return [*found, *(("count", float(levels.count(level))) for level in set(levels)), ("count", float(len(rows)))]


def unsaid(text: str, rows: Iterable[dict[str, Any]], lang: str, more: Iterable[float] = ()) -> list[str]:
    """The numbers of a text that no figure of its rows gives, rounded once and half up (or down, below a multiple of five)."""
    rows = list(rows)
    known = [*figures(rows), *(("more", float(value)) for value in more)]
    found = NUMBER.finditer(bare_text(text, rows, lang))
    return [match[0] for match in found if not any(_says(match, name, abs(value)) for name, value in known)]


def stand_in_order(text: str, *parts: str) -> None:
    """Fails unless the parts stand in the text one after the other: a right figure in another's place is a false claim."""
    at = 0
    for part in parts:
        at = text.find(part, at)
        assert at >= 0, (part, parts, text)
        at += len(part)


def _says(match: re.Match[str], name: str, value: float) -> bool:
    unit = match[3] or ""
    if (unit == "%" and name not in (*LEVELS, "more")) or (
        unit.endswith(("百分点", "point", "points")) and name in ("value", "baseline_value", "current_value")
    ):
        return False  # per cent is of a share, points are of a difference
    told = Decimal(match[2].replace(",", ""))
    step = Decimal(1).scaleb(told.as_tuple().exponent)  # type: ignore[arg-type]
    for scale in [SCALES[unit]] if unit else ["1", "0.01"]:
        exact = Decimal(repr(round(float(value), 12))) / Decimal(scale)
        if match[1]:
            return 0 < exact < told
        rounded = exact.quantize(step, ROUND_HALF_UP)
        if told == rounded or (rounded % 5 == 0 and told == rounded - step <= exact):
            return True
    return False
