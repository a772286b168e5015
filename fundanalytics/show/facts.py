"""What a row of the indicator or comparison table is called and how its parts read: the facts that sentences, tables and annexes share.

Below ``wording`` and ``tables``, above ``formats`` and ``labels``. It makes no sentence and draws no conclusion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..measure.definitions import INDICATORS
from ..measure.request import SMALL
from .formats import as_printed, bare, difference, fields, is_blank, kind_of, limit, money, number, percent, plain, sentence_case
from .labels import label, subset_label
from .sentences import SENTENCES as TEXT

# a comparison of two full counts is one too: its interval, where given, is about the process and not about sampling
FULL_COUNT = "full count"
FULL_COUNTS = (FULL_COUNT, "paired ratio change")
# notes that say that much of what was sent could not be used
LOST = {"much_refused", "part_unread"}
# indicators whose numerator and denominator are yuan
MONEY = ("usage_rate", "sediment_rate", "self_raised_ratio", "cost_per_project")
PEOPLE = ("participation_rate", "awareness_rate", "satisfaction_rate")


def is_full_count(row: Any) -> bool:
    """Whether a row of the indicator or comparison table is a full count, which has no sampling error."""
    return str(fields(row).get("method")).startswith(FULL_COUNTS)


def names(data: dict[str, Any], lang: str) -> dict[str, Any]:
    """What a row is about, in words: area, indicator, definition, subset, level."""
    subset = subset_label(data.get("subset"), lang)
    return {
        "area": plain(data["area_name"]),
        "indicator": sentence_case(called(data, lang)),
        "basis": label(data["basis"], lang, "basis"),
        "subset": (f"（{subset}）" if lang == "zh" else f" ({subset})") if subset else "",
        "level": label(data.get("level"), lang, "level"),
        "levels": label(data.get("level"), lang, "levels"),
    }


def called(data: Mapping[str, Any], lang: str) -> str:
    """What an indicator is called. Taking part as people themselves say is not the rate counted from signatures, and has a name of its own."""
    asked = (data["indicator"], data.get("basis")) == ("participation_rate", "survey")
    return str(TEXT[lang]["self_reported"]) if asked else label(data["indicator"], lang, "indicator")


def quality_of(data: dict[str, Any]) -> int:
    """The reliability of a row; 0 where it has none."""
    return 0 if is_blank(data.get("quality")) else int(data["quality"])


def lost_data(data: Mapping[str, Any]) -> bool:
    """Whether it is not the number of answers that makes a survey's value unsure: much was refused, or it can have no limits."""
    codes = set(str(data["note"]).split(";"))
    blank = is_blank(data["lower"]) or is_blank(data["upper"])
    return bool(codes & LOST) or (blank and not is_blank(data["note"]) and counted(data, "n") >= SMALL)


def counted(data: Mapping[str, Any], name: str) -> float:
    """A count of a row; without end where it is not known, so that nothing is called small."""
    return float("inf") if is_blank(data.get(name)) else float(data[name])


def too_small(change: float, unit: object) -> bool:
    """Whether a difference is too small to be called one."""
    return not limit(change, unit, signed=False).strip("0.")


def about_zero(change: Any, unit: object) -> bool:
    """Whether a difference is blank or would be printed as zero, or as about zero."""
    return is_blank(change) or as_printed(difference(abs(float(change)), unit)) in (None, 0)


def apart(before: str, after: str, gap: str) -> bool:
    """Whether a reader who takes the two printed values from each other finds another difference than the printed one."""
    printed = [as_printed(text) for text in (before, after, gap)]
    return None not in printed and abs(printed[0] - printed[1]) != abs(printed[2])  # type: ignore[operator, arg-type]


def telling(one: float, other: float, unit: object) -> int:
    """The fewest decimals that tell two values apart; one where none do."""
    return next((digits for digits in range(1, 5) if bare(one, unit, digits) != bare(other, unit, digits)), 1)


def sides_of(basis: str) -> tuple[str, str]:
    """The two sides of a definition written as a division."""
    top, _, bottom = basis.partition("÷")
    return top.strip("（） ()"), bottom.strip("（） ()")


def quantity(data: dict[str, Any], name: str, lang: str) -> str:
    """A row's ``numerator`` or ``denominator`` with its unit."""
    value = data[name]
    if in_yuan(data, name):
        return money(value, lang)
    if data["indicator"] not in PEOPLE:
        return number(value)
    return TEXT[lang]["households" if data["basis"] == "households" else "persons"].format(n=number(value))


def in_yuan(row: Any, side: str) -> bool:
    """Whether a row's ``numerator`` or ``denominator`` is money."""
    money_made = row["indicator"] in MONEY or str(row["basis"]).endswith("_amount")
    return bool(money_made) and not (row["indicator"] == "cost_per_project" and side == "denominator")


def joined_parts(parts: list[str], lang: str) -> str:
    """Sentences one after the other; blank ones are left out."""
    return ("" if lang == "zh" else " ").join(part for part in parts if part)


def confidence_text(data: dict[str, Any]) -> str:
    """The confidence of a row as per cent."""
    return "" if is_blank(data["confidence"]) else f"{number(round(float(data['confidence']) * 100, 1))}%"


def unit_of(row: Any) -> str:
    """The unit of a row; that of its indicator where it has no column for it, as in a comparison."""
    if "unit" in row:
        return str(row["unit"])
    known = INDICATORS.get(str(row.get("indicator")))
    return known.unit if known else "share"


def gap_text(change: float, unit: object, lang: str = "zh") -> str:
    """The size of a difference, without sign and unit."""
    return difference(abs(change), unit, lang=lang)


def gap_unit(unit: object, lang: str) -> str:
    """The unit of a difference: points where the values are shares."""
    return label("points" if kind_of(unit) == "share" else unit, lang, "unit")


def change_limits(lower: float, upper: float, unit: object, lang: str = "zh") -> str:
    """Limits of a difference, signed, without the unit."""
    return f"{limit(lower, unit)}{'至' if lang == 'zh' else ' to '}{limit(upper, unit)}"


def signed_percent(value: float) -> str:
    """A relative change: always with its sign."""
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{percent(abs(value))}"
