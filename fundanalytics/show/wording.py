"""Sentences about rows of the indicator table, in Chinese and English, that say no more than the row allows.

A full count states exact figures and exact differences, nothing about causes. A sentence about a survey always carries n
and the interval, and calls something higher or lower only when the limits say so. Reliability 3 claims nothing. What is
missing says why. Every function returns a ``Sentence``: plain text as ``str``, escaped where a notebook shows it.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..errors import ArgumentError
from ..measure.definitions import INDICATORS
from .formats import Sentence, amount, bare, day, difference, fields, is_blank, kind_of, limits, money, number, percent, plain, sentence_case
from .labels import LABELS, label, period_label, subset_label
from .sentences import SENTENCES as TEXT

__all__ = [
    "LABELS",
    "Sentence",
    "label",
    "say_awareness",
    "say_change",
    "say_comparison",
    "say_headline",
    "say_note",
    "say_participation",
    "say_position",
    "say_row",
    "say_satisfaction",
    "say_usage",
]

# a comparison of two full counts is one too: its interval, where given, is about the process and not about sampling
FULL_COUNT = "full count"
FULL_COUNTS = (FULL_COUNT, "paired ratio change")
# what floating point leaves of a difference that is zero
NOISE = 1e-9
# indicators whose numerator and denominator are yuan
MONEY = ("usage_rate", "sediment_rate", "self_raised_ratio", "cost_per_project")
PEOPLE = ("participation_rate", "awareness_rate", "satisfaction_rate")
# the three rates that the fund's rules aim at (成社办发〔2020〕2号), each on its main definition
HEADLINE = (("usage_rate", "paid/arrived"), ("participation_rate", "residents"), ("satisfaction_rate", "satisfied"))


def say_note(code: object, lang: str = "zh") -> Sentence:
    """Why a value is blank or to be taken with care, from a code in ``note``; several codes are joined."""
    codes = [part.strip() for part in str(code).replace(",", ";").split(";") if part.strip()] if not is_blank(code) else ["no_data"]
    return Sentence(("；" if lang == "zh" else "; ").join(label(part, lang, "note") for part in codes))


def is_full_count(row: Any) -> bool:
    """Whether a row of the indicator or comparison table is a full count, which has no sampling error."""
    return str(fields(row).get("method")).startswith(FULL_COUNTS)


def say_usage(row: Any, lang: str = "zh") -> Sentence:
    """How much of the fund was paid: the exact share and both sums. One row of ``usage_rate``."""
    return say_row(row, lang)


def say_participation(row: Any, lang: str = "zh") -> Sentence:
    """How many of those eligible took part, each counted once. One row of ``participation_rate``."""
    return say_row(row, lang)


def say_awareness(row: Any, lang: str = "zh") -> Sentence:
    """How many know the fund, with the interval. One row of ``awareness_rate``."""
    return say_row(row, lang)


def say_satisfaction(row: Any, lang: str = "zh") -> Sentence:
    """The satisfaction rate (率) or score (度), whichever the row holds; the two are never mixed in one sentence."""
    return say_row(row, lang)


def say_row(row: Any, lang: str = "zh") -> Sentence:
    """One row of the indicator table in a sentence.

    Parameters
    ----------
    row
        A row of the indicator table: Series, named tuple, mapping or frame of one row.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Sentence
        The value with its definition, and its interval and n when it comes from a survey.

    Notes
    -----
    Blank value: says why. Reliability 3: says so and concludes nothing. A survey value without limits concludes nothing.
    """
    facts, say = _facts(row, lang), TEXT[lang]
    if is_blank(facts["raw"]):
        return Sentence(say["missing"].format(**facts))
    if facts["unreliable"]:
        return Sentence(_unreliable(facts, lang))
    if facts["full"]:
        sentence = say["full_alone" if is_blank(facts["above"]) else "full"]
    elif is_blank(facts["low"]) or is_blank(facts["high"]):
        return Sentence(say["no_limits"].format(**facts))
    else:
        sentence = say["survey"]
    return Sentence(_joined([sentence.format(**facts), facts["care"]], lang))


def say_position(table: pd.DataFrame, area: str, lang: str = "zh") -> Sentence:
    """Where an area stands against its district, without false precision.

    Parameters
    ----------
    table
        Rows of one indicator, definition, subset and period: the area, the district and, for a full count, the other
        areas of the area's level.
    area
        The area's code.

    Returns
    -------
    Sentence
        A full count gives the exact difference and the range of all areas of the level. A survey says above or below only
        when the area's interval excludes the district's value.
    """
    found = table[table["area_code"] == area]
    if len(found) != 1:
        raise ArgumentError("several_rows" if len(found) else "area_not_in_table", found=area)
    row = found.iloc[0]
    facts, say = _facts(row, lang), TEXT[lang]
    whole = table.loc[(table["level"] == "district") & (table["period"] == row["period"]), "value"].dropna()
    if is_blank(facts["raw"]) or row["level"] == "district":
        return say_row(row, lang)
    if facts["unreliable"]:
        return Sentence((say["unreliable_count"] if facts["full"] else say["no_compare"]).format(**facts))
    if whole.empty:
        return Sentence(say["no_whole"].format(**facts))
    facts["whole"] = amount(whole.iloc[0], row["unit"], lang)
    if facts["full"]:
        return Sentence(_full_position(table, row, facts, float(whole.iloc[0]), lang))
    if is_blank(facts["low"]) or is_blank(facts["high"]):
        return Sentence(say["no_limits"].format(**facts))
    side = "above" if row["lower"] > whole.iloc[0] else "below" if row["upper"] < whole.iloc[0] else "same"
    return Sentence(say[f"survey_{side}"].format(**facts))


def _full_position(table: pd.DataFrame, row: pd.Series, facts: dict[str, Any], whole: float, lang: str) -> str:
    say, gap = TEXT[lang], float(row["value"]) - whole
    side = "same" if abs(gap) < NOISE else "above" if gap > 0 else "below"
    difference = say[side].format(gap=_gap(gap, row["unit"]), unit=_gap_unit(row["unit"], lang))
    peers = table.loc[(table["level"] == row["level"]) & (table["period"] == row["period"]), "value"].dropna()
    among = {"count": len(peers), "level": facts["level"], "low": bare(peers.min(), row["unit"]), "high": bare(peers.max(), row["unit"])}
    text = say["peers"].format(**among) if len(peers) > 1 else ""
    return say["full_position"].format(**facts, difference=difference, peers=text).strip()


def say_comparison(row: Any, lang: str = "zh") -> Sentence:
    """One row of ``compare_periods`` in words.

    A full count states the exact difference in points and, apart from it, the relative change; its parts and the process
    interval follow where the row has them. From a survey, higher or lower is said only when the limits exclude 0.
    """
    data, say = fields(row), TEXT[lang]
    words = _names(data, lang) | {"baseline": period_label(data["baseline"], lang), "current": period_label(data["current"], lang)}
    if is_blank(data["change"]):
        return Sentence(say["not_compared"].format(**words, why=say_note(data.get("note"), lang)))
    if not is_full_count(data):
        return _survey_change(data, words, lang)
    unit, change = unit_of(data), float(data["change"])
    side = "equal" if abs(change) < NOISE else "higher" if change > 0 else "lower"
    relative = "" if is_blank(data["relative_change"]) else say["relative"].format(relative=signed_percent(data["relative_change"]))
    first = say["compared"].format(
        **words,
        before=amount(data["baseline_value"], unit, lang),
        after=amount(data["current_value"], unit, lang),
        relative=relative,
        change=say[side].format(gap=_gap(change, unit), unit=_gap_unit(unit, lang)),
    )
    rest = []
    if not is_blank(data["lower"]) and not is_blank(data["upper"]):
        told = change_limits(data["lower"], data["upper"], unit, lang)
        rest.append(say["process"].format(confidence=_confidence(data), limits=told, unit=_gap_unit(unit, lang)))
    if not is_blank(data["within"]) and not is_blank(data["between"]):
        parts = {name: difference(data.get(name), unit, signed=True) for name in ("within", "between", "entered_left")}
        moved = is_blank(data.get("entered_left")) or abs(float(data["entered_left"])) < NOISE
        rest.append(say["parts" if moved else "three_parts"].format(**parts, unit=_gap_unit(unit, lang)))
    return Sentence(_joined([first, *rest, _remark(data, lang), say["no_cause"]], lang))


def _remark(data: dict[str, Any], lang: str) -> str:
    """What must be known of a difference that stands."""
    return "" if is_blank(data.get("note")) else TEXT[lang]["remark"].format(why=say_note(data["note"], lang))


def _survey_change(data: dict[str, Any], words: dict[str, Any], lang: str) -> Sentence:
    say, unit = TEXT[lang], unit_of(data)
    subject = {"earlier": words["baseline"], "later": words["current"], "n": say["both_n"].format(n=number(data["n"]))}
    if is_blank(data["lower"]) or is_blank(data["upper"]):
        return Sentence(say["not_compared"].format(**words, why=say_note(data.get("note"), lang)))
    told = _change_sentence(subject, words, float(data["change"]), data["lower"], data["upper"], _confidence(data), unit, lang)
    return Sentence(_joined([str(told), _remark(data, lang)], lang))


def _change_sentence(
    subject: dict[str, str], words: dict[str, Any], change: float, lower: float, upper: float, confidence: str, unit: str, lang: str
) -> Sentence:
    side = "change_up" if lower > 0 else "change_down" if upper < 0 else "change_none"
    text = TEXT[lang][side].format(
        **subject, gap=_gap(change, unit), unit=_gap_unit(unit, lang), confidence=confidence, limits=change_limits(lower, upper, unit, lang)
    )
    start = f"{words['area']}的{words['indicator']}（{words['basis']}）：" if lang == "zh" else f"{words['indicator']}, {words['area']} ({words['basis']}): "
    return Sentence(start + text)


def say_change(earlier: Any, later: Any, lang: str = "zh") -> Sentence:
    """Two rows of the same indicator and area in two periods.

    From a survey, an increase or a decrease is said only when the limits of the difference exclude 0; the limits join the
    two intervals by square-and-add, which holds for independent samples (Newcombe 1998, method 10; Zou & Donner 2008).
    """
    one, two, say = fields(earlier), fields(later), TEXT[lang]
    words = _names(two, lang)
    for data in (one, two):
        if is_blank(data["value"]):
            return Sentence(say["not_compared"].format(**words, why=say_note(data["note"], lang)))
        if _quality(data) == 3:
            return Sentence(say["not_compared"].format(**words, why=label("3", lang, "quality")))
    if one["period"] == two["period"]:
        return Sentence(say["not_compared"].format(**words, why=say["same_period"]))
    if one["basis"] != two["basis"]:
        why = say["basis_differs"].format(one=label(one["basis"], lang, "basis"), two=label(two["basis"], lang, "basis"))
        return Sentence(say["not_compared"].format(**words, why=why))
    change = float(two["value"]) - float(one["value"])
    if is_full_count(one) and is_full_count(two):
        row = {
            **two,
            "baseline": one["period"],
            "current": two["period"],
            "baseline_value": one["value"],
            "current_value": two["value"],
            "change": change,
            "lower": None,
            "upper": None,
            "relative_change": None,
            "within": None,
            "between": None,
        }
        return say_comparison(row, lang)
    if any(is_blank(data[side]) for data in (one, two) for side in ("lower", "upper")):
        return Sentence(say["not_compared"].format(**words, why=label("one_cluster", lang, "note")))
    lower = change - ((two["value"] - two["lower"]) ** 2 + (one["upper"] - one["value"]) ** 2) ** 0.5
    upper = change + ((two["upper"] - two["value"]) ** 2 + (one["value"] - one["lower"]) ** 2) ** 0.5
    subject = {
        "earlier": period_label(one["period"], lang),
        "later": period_label(two["period"], lang),
        "n": say["each_n"].format(n0=number(one["n"]), n1=number(two["n"])),
    }
    return _change_sentence(subject, words, change, lower, upper, _confidence(two), two["unit"], lang)


def say_headline(table: pd.DataFrame, area: str, lang: str = "zh") -> Sentence:
    """The three rates of an area together: money used, people taking part, people satisfied.

    ``table`` holds rows of ``usage_rate``, ``participation_rate`` and ``satisfaction_rate``; their main definitions are told.
    """
    mine = table[table["area_code"] == area]
    lines = []
    for indicator, basis in HEADLINE:
        rows = mine[(mine["indicator"] == indicator) & (mine["basis"] == basis)]
        lines += [str(say_row(row, lang)) for _, row in rows.iterrows()]
    return Sentence("\n".join(lines), prefix="- ")


def _names(data: dict[str, Any], lang: str) -> dict[str, Any]:
    subset = subset_label(data.get("subset"), lang)
    indicator = label(data["indicator"], lang, "indicator")
    return {
        "area": plain(data["area_name"]),
        "indicator": sentence_case(indicator),
        "basis": label(data["basis"], lang, "basis"),
        "subset": (f"（{subset}）" if lang == "zh" else f" ({subset})") if subset else "",
        "level": label(data.get("level"), lang, "level"),
    }


def _facts(row: Any, lang: str) -> dict[str, Any]:
    """Everything a template may name, formatted once."""
    data, say = fields(row), TEXT[lang]
    words = _names(data, lang) | {"period": period_label(data["period"], lang)}
    top, bottom = _parts(words["basis"])
    unit, full, note = data["unit"], is_full_count(data), data.get("note")
    care = (say["care_plain"] if is_blank(note) else say["care"].format(why=say_note(note, lang))) if _quality(data) == 2 else ""
    as_of = data.get("as_of")
    return words | {
        "subject": say["subject"].format(**words),
        "raw": data["value"],
        "above": data["numerator"],
        "low": data["lower"],
        "high": data["upper"],
        "full": full,
        "value": amount(data["value"], unit, lang),
        "limits": limits(data["lower"], data["upper"], unit),
        "confidence": _confidence(data),
        "n": number(data["n"]),
        "n_eff": "" if is_blank(data["n_eff"]) or data["n_eff"] >= data["n"] else say["n_eff"].format(n_eff=number(round(float(data["n_eff"])))),
        "numerator": _quantity(data, "numerator", lang),
        "denominator": _quantity(data, "denominator", lang),
        "top": top,
        "bottom": bottom,
        "as_of": "" if is_blank(as_of) else say["as_of"].format(date=day(as_of, lang)),
        "why": say_note(note, lang),
        "care": care,
        "unreliable": _quality(data) == 3,
    }


def _quality(data: dict[str, Any]) -> int:
    return 0 if is_blank(data.get("quality")) else int(data["quality"])


def _unreliable(facts: dict[str, Any], lang: str) -> str:
    say = TEXT[lang]
    if facts["full"]:
        return say["unreliable_count"].format(**facts)
    known = not is_blank(facts["low"]) and not is_blank(facts["high"])
    return say["unreliable"].format(**facts, interval=say["shown_interval"].format(**facts) if known else "")


def _parts(basis: str) -> tuple[str, str]:
    """The two sides of a definition written as a division."""
    top, _, bottom = basis.partition("÷")
    return top.strip("（） ()"), bottom.strip("（） ()")


def _quantity(data: dict[str, Any], name: str, lang: str) -> str:
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


def _joined(parts: list[str], lang: str) -> str:
    return ("" if lang == "zh" else " ").join(part for part in parts if part)


def _confidence(data: dict[str, Any]) -> str:
    return "" if is_blank(data["confidence"]) else f"{number(round(float(data['confidence']) * 100, 1))}%"


def unit_of(row: Any) -> str:
    """The unit of a row; that of its indicator where it has no column for it, as in a comparison."""
    if "unit" in row:
        return str(row["unit"])
    known = INDICATORS.get(str(row.get("indicator")))
    return known.unit if known else "share"


def _gap(change: float, unit: object) -> str:
    return difference(abs(change), unit)


def _gap_unit(unit: object, lang: str) -> str:
    return label("points" if kind_of(unit) == "share" else unit, lang, "unit")


def change_limits(lower: float, upper: float, unit: object, lang: str = "zh") -> str:
    """Limits of a difference, signed, without the unit."""
    return f"{difference(lower, unit, signed=True)}{'至' if lang == 'zh' else ' to '}{difference(upper, unit, signed=True)}"


def signed_percent(value: float) -> str:
    """A relative change: always with its sign."""
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{percent(abs(value))}"
