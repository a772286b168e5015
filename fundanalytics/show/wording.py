"""Sentences about rows of the indicator table, in Chinese and English, that say no more than the row allows.

A full count states exact figures and exact differences, nothing about causes. A sentence about a survey always carries n
and the interval, and calls something higher or lower only when the limits say so. Reliability 3 claims nothing. What is
missing says why. Every function returns a ``Sentence``: plain text as ``str``, escaped where a notebook shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..errors import ArgumentError
from ..measure.request import SMALL
from .facts import (
    LOST,
    about_zero,
    apart,
    change_limits,
    confidence_text,
    counted,
    gap_text,
    gap_unit,
    is_full_count,
    joined_parts,
    lost_data,
    names,
    quality_of,
    quantity,
    sides_of,
    signed_percent,
    telling,
    too_small,
    unit_of,
)
from .formats import Sentence, amount, as_printed, bare, day, difference, fields, is_blank, limits, number, together
from .labels import label, period_label
from .sentences import SENTENCES as TEXT

__all__ = [
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

REFORM = "break_fund_reform"
# the three rates that the fund's rules aim at (成社办发〔2020〕2号), each on its main definition
HEADLINE = (("usage_rate", "paid/arrived"), ("participation_rate", "residents"), ("satisfaction_rate", "satisfied"))


def say_note(code: object, lang: str = "zh") -> Sentence:
    """Why a value is blank or to be taken with care, from a code in ``note``; several codes are joined."""
    codes = [part.strip() for part in str(code).replace(",", ";").split(";") if part.strip()] if not is_blank(code) else ["no_data"]
    return Sentence(("；" if lang == "zh" else "; ").join(label(part, lang, "note") for part in codes))


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
    return Sentence(_row_told(_facts(row, lang), lang), rows=(row,))


def _row_told(facts: dict[str, Any], lang: str, brief: str = "") -> str:
    """``brief``: the ending of the short forms' names."""
    say = TEXT[lang]
    if is_blank(facts["raw"]):
        return say["missing"].format(**facts)
    if facts["unreliable"]:
        return _unreliable(facts, lang)
    if facts["full"]:
        sentence = say[("full_alone" if is_blank(facts["above"]) else "full") + brief]
    elif is_blank(facts["low"]) or is_blank(facts["high"]):
        return say["no_limits"].format(**facts)
    else:
        sentence = say[f"survey{brief}"]
    return joined_parts([sentence.format(**facts), facts["care"]], lang)


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
    if is_blank(row["value"]) or row["level"] == "district":
        return say_row(row, lang)
    facts, say = _facts(row, lang), TEXT[lang]
    if facts["unreliable"]:
        return Sentence(_unreliable(facts, lang) if facts["full"] or facts["lost"] else say["no_compare"].format(**facts), rows=(row,))
    known = table[(table["period"] == row["period"]) & table["value"].notna()]
    whole = known[known["level"] == "district"]
    if whole.empty:
        return Sentence(say["no_whole"].format(**facts), rows=(row,))
    value = float(whole["value"].iloc[0])
    facts["whole"] = amount(value, row["unit"], lang)
    used = [row, whole.iloc[0]]
    if facts["full"]:
        peers = known[(known["level"] == row["level"]) & (known["area_code"] != area)]
        told = _full_position([float(row["value"]), *peers["value"]], row, facts, value, lang)
        return Sentence(told, rows=[*used, *peers.to_dict("records")])
    if is_blank(facts["low"]) or is_blank(facts["high"]):
        return Sentence(say["no_limits"].format(**facts), rows=(row,))
    side, near = ("above", row["lower"]) if row["lower"] > value else ("below", row["upper"]) if row["upper"] < value else ("same", None)
    if near is not None and bare(near, row["unit"], 4) == bare(value, row["unit"], 4):
        side, near = "same", None  # printed alike, however many decimals are given
    if near is not None:  # the limit and the district's value must look as far apart as they are said to be
        digits = telling(near, value, row["unit"])
        facts |= {"limits": limits(row["lower"], row["upper"], row["unit"], digits, lang=lang), "whole": amount(value, row["unit"], lang, digits)}
    return Sentence(say[f"survey_{side}"].format(**facts), rows=used)


def _full_position(values: list[float], row: pd.Series, facts: dict[str, Any], whole: float, lang: str) -> str:
    """``values``: of the area, then of the other areas of its level."""
    say, gap = TEXT[lang], values[0] - whole
    side = "same" if too_small(gap, row["unit"]) else "above" if gap > 0 else "below"
    difference = say[side].format(gap=gap_text(gap, row["unit"], lang), unit=gap_unit(row["unit"], lang))
    low, high = (bare(end, row["unit"], lang=lang) for end in (min(values), max(values)))
    peers = say["peers"].format(count=len(values), levels=facts["levels"], low=low, high=high) if len(values) > 1 else ""
    unrounded = _unrounded(facts["value"], facts["whole"], gap, row["unit"], lang)
    return say["full_position"].format(**facts, difference=difference, peers=peers, unrounded=unrounded).strip()


def _unrounded(before: str, after: str, gap: float, unit: object, lang: str) -> str:
    """That a difference is not that of the printed values, where a reader would find another."""
    say = TEXT[lang]
    return say["between"] + say["unrounded"] if apart(before, after, gap_text(gap, unit)) else ""


def say_comparison(row: Any, lang: str = "zh", *, brief: bool = False) -> Sentence:
    """One row of ``compare_periods`` in words.

    A full count states the exact difference in points and, apart from it, the relative change; its parts and the process
    interval follow where the row has them. From a survey, higher or lower is said only when the limits exclude 0.

    ``brief``: both values, the difference, and one sentence of caution; for a summary, beside a chapter that has the long form.
    """
    data, say = fields(row), TEXT[lang]
    words = names(data, lang) | {"baseline": period_label(data["baseline"], lang), "current": period_label(data["current"], lang)}
    # only the main rates are known without their definition
    words["subset"] += say["aside"].format(told=words["basis"]) if brief and (data["indicator"], data["basis"]) not in HEADLINE else ""
    if is_blank(data["change"]):
        return Sentence(say["not_compared"].format(**words, why=say_note(data.get("note"), lang)), rows=(data,))
    if not is_full_count(data) and min(counted(data, "baseline_n"), counted(data, "current_n")) < SMALL:
        return Sentence(say["not_compared"].format(**words, why=label("3", lang, "quality")), rows=(data,))
    told = _count_change if is_full_count(data) else _survey_change
    return Sentence(told(data, words, lang, brief), rows=(data,))


def _count_change(data: dict[str, Any], words: dict[str, Any], lang: str, brief: bool = False) -> str:
    first = _difference_told(data, words, lang, brief)
    if brief:
        return joined_parts([first, _caution(data, lang)], lang)
    parts = [_process_told(data, lang), _parts_told(data, lang)]
    cause = "other_fund" if REFORM in str(data.get("note")).split(";") else "no_cause"
    return joined_parts([first, *parts, _remark(data, lang), TEXT[lang][cause]], lang)


def _difference_told(data: dict[str, Any], words: dict[str, Any], lang: str, brief: bool) -> str:
    """Both values of a full count and their difference."""
    say, unit, change = TEXT[lang], unit_of(data), float(data["change"])
    side = "equal" if too_small(change, unit) else "higher" if change > 0 else "lower"
    values = {name: amount(data[value], unit, lang) for name, value in (("before", "baseline_value"), ("after", "current_value"))}
    relative = "" if brief or is_blank(data["relative_change"]) else say["relative"].format(relative=signed_percent(data["relative_change"]))
    told = (relative + _unrounded(values["before"], values["after"], change, unit, lang)).removeprefix(say["between"])
    aside = say["aside"].format(told=told) if told else ""
    difference = say[side].format(gap=gap_text(change, unit, lang), unit=gap_unit(unit, lang))
    return say["compared_brief" if brief else "compared"].format(**words, **values, change=difference, aside=aside)


def _process_told(data: dict[str, Any], lang: str) -> str:
    if is_blank(data["lower"]) or is_blank(data["upper"]):
        return ""
    told = change_limits(data["lower"], data["upper"], unit_of(data), lang)
    return TEXT[lang]["process"].format(confidence=confidence_text(data), limits=told, unit=gap_unit(unit_of(data), lang))


def _parts_told(data: dict[str, Any], lang: str) -> str:
    """Where the points of a difference lie: of a community only in itself; with those that came or went where they are not about nothing."""
    if is_blank(data["within"]) or is_blank(data["between"]) or data["level"] == "community":
        return ""
    say, unit = TEXT[lang], unit_of(data)
    names = ("within", "between") if about_zero(data.get("entered_left"), unit) else ("within", "between", "entered_left")
    parts = {name: difference(data[name], unit, signed=True, lang=lang) for name in names}
    whole = as_printed(difference(data["change"], unit, signed=True))
    unrounded = say["parts_unrounded"] if sum(as_printed(part) or 0 for part in parts.values()) != whole else ""
    return say["parts" if len(parts) == 2 else "three_parts"].format(**parts, unit=gap_unit(unit, lang), unrounded=unrounded)


def _caution(data: dict[str, Any], lang: str) -> str:
    """The one sentence that a difference is never told without."""
    say, codes = TEXT[lang], str(data.get("note")).split(";")
    lost = [code for code in codes if code in LOST]
    if lost:
        return say["careful"].format(why=say_note(";".join(lost), lang))
    return say["other_fund_brief" if REFORM in codes else "no_cause"]


def _remark(data: dict[str, Any], lang: str) -> str:
    """What must be known of a difference that stands."""
    return "" if is_blank(data.get("note")) else TEXT[lang]["remark"].format(why=say_note(data["note"], lang))


def _survey_change(data: dict[str, Any], words: dict[str, Any], lang: str, brief: bool = False) -> str:
    say = TEXT[lang]
    if is_blank(data["lower"]) or is_blank(data["upper"]):
        return say["not_compared"].format(**words, why=say_note(data.get("note"), lang))
    told = _change_sentence(data, words, say["both_n"].format(n=number(data["n"])), lang, "_brief" if brief else "")
    moved = data["lower"] > 0 or data["upper"] < 0
    return joined_parts([told, _remark(data, lang) if not brief else _caution(data, lang) if moved else ""], lang)


def _change_sentence(data: dict[str, Any], words: dict[str, Any], n: str, lang: str, brief: str = "") -> str:
    """Two survey values and their difference, a rise or a fall only where its limits exclude 0."""
    unit, change, lower, upper = unit_of(data), float(data["change"]), data["lower"], data["upper"]
    side = "change_up" if lower > 0 else "change_down" if upper < 0 else "change_none"
    digits = 1 if side == "change_none" else telling(data["baseline_value"], data["current_value"], unit)
    before, after = (amount(data[name], unit, lang, digits) for name in ("baseline_value", "current_value"))
    text = TEXT[lang][side].format(
        earlier=words["baseline"], later=words["current"], before=before, after=after, n=n, gap=gap_text(change, unit, lang), unit=gap_unit(unit, lang),
        confidence=confidence_text(data), limits=change_limits(lower, upper, unit, lang), unrounded=_unrounded(before, after, change, unit, lang),
    )  # fmt: skip
    return TEXT[lang][f"of_survey{brief}"].format(**words, told=text)


def say_change(earlier: Any, later: Any, lang: str = "zh") -> Sentence:
    """Two rows of the same indicator and area in two periods.

    From a survey, an increase or a decrease is said only when the limits of the difference exclude 0; the limits join the
    two intervals by square-and-add, which holds for independent samples (Newcombe 1998, method 10; Zou & Donner 2008).
    """
    one, two = fields(earlier), fields(later)
    return Sentence(_pair_told(one, two, lang), rows=(one, two))


def _pair_told(one: dict[str, Any], two: dict[str, Any], lang: str) -> str:
    words, say = names(two, lang), TEXT[lang]
    why = _not_comparable(one, two, lang)
    if why:
        return say["not_compared"].format(**words, why=why)
    words |= {"baseline": period_label(one["period"], lang), "current": period_label(two["period"], lang)}
    change = float(two["value"]) - float(one["value"])
    both = {**two, "baseline_value": one["value"], "current_value": two["value"], "change": change}
    if is_full_count(one) and is_full_count(two):
        return _count_change(both | dict.fromkeys(("lower", "upper", "relative_change", "within", "between")), words, lang)
    lower = change - ((two["value"] - two["lower"]) ** 2 + (one["upper"] - one["value"]) ** 2) ** 0.5
    upper = change + ((two["upper"] - two["value"]) ** 2 + (one["value"] - one["lower"]) ** 2) ** 0.5
    n = say["each_n"].format(n0=number(one["n"]), n1=number(two["n"]))
    return _change_sentence(both | {"lower": lower, "upper": upper}, words, n, lang)


def _not_comparable(one: dict[str, Any], two: dict[str, Any], lang: str) -> str:
    """Why nothing may be said of a change between two rows; blank where it may."""
    for data in (one, two):
        if is_blank(data["value"]):
            return say_note(data["note"], lang)
        if quality_of(data) == 3:
            return _unsure(data, lang)
    if one["period"] == two["period"]:
        return TEXT[lang]["same_period"]
    if one["basis"] != two["basis"]:
        return TEXT[lang]["basis_differs"].format(one=label(one["basis"], lang, "basis"), two=label(two["basis"], lang, "basis"))
    counted = is_full_count(one) and is_full_count(two)
    if not counted and any(is_blank(data[side]) for data in (one, two) for side in ("lower", "upper")):
        return label("one_cluster", lang, "note")
    return ""


def _unsure(data: Mapping[str, Any], lang: str) -> str:
    """Why a value is nothing to act on: too small a sample, unless it is something else."""
    small = not is_full_count(data) and not lost_data(data)
    return label("3", lang, "quality") if small or is_blank(data["note"]) else say_note(data["note"], lang)


def say_headline(table: pd.DataFrame, area: str, lang: str = "zh", *, brief: bool = False) -> Sentence:
    """The three rates of an area together: money used, people taking part, people satisfied.

    ``table`` holds rows of ``usage_rate``, ``participation_rate`` and ``satisfaction_rate``; their main definitions are told.
    ``brief``: each in one sentence, for a summary; what is too uncertain to be concluded from is told as in the long form.
    """
    mine = table[table["area_code"] == area]
    lines = []
    for indicator, basis in HEADLINE:
        rows = mine[(mine["indicator"] == indicator) & (mine["basis"] == basis)]
        lines += [Sentence(_row_told(_facts(row, lang), lang, "_brief" if brief else ""), rows=(row,)) for _, row in rows.iterrows()]
    return together(lines, prefix="- ")


def _facts(row: Any, lang: str) -> dict[str, Any]:
    """Everything a template may name, formatted once."""
    data, say = fields(row), TEXT[lang]
    words = names(data, lang) | {"period": period_label(data["period"], lang)}
    top, bottom = sides_of(words["basis"])
    unit, full, note = data["unit"], is_full_count(data), data.get("note")
    care = (say["care_plain"] if is_blank(note) else say["care"].format(why=say_note(note, lang))) if quality_of(data) == 2 else ""
    as_of = data.get("as_of")
    return words | {
        "subject": say["subject"].format(**words),
        "raw": data["value"],
        "above": data["numerator"],
        "low": data["lower"],
        "high": data["upper"],
        "full": full,
        "value": amount(data["value"], unit, lang),
        "limits": limits(data["lower"], data["upper"], unit, lang=lang),
        "confidence": confidence_text(data),
        "n": number(data["n"]),
        "n_eff": "" if is_blank(data["n_eff"]) or data["n_eff"] >= data["n"] else say["n_eff"].format(n_eff=number(round(float(data["n_eff"])))),
        "numerator": quantity(data, "numerator", lang),
        "denominator": quantity(data, "denominator", lang),
        "top": top,
        "bottom": bottom,
        "as_of": "" if is_blank(as_of) else say["as_of"].format(date=day(as_of, lang)),
        "why": say_note(note, lang),
        "care": care,
        "unreliable": quality_of(data) == 3,
        "lost": not full and lost_data(data),
    }


def _unreliable(facts: dict[str, Any], lang: str) -> str:
    say = TEXT[lang]
    if facts["full"]:
        return say["unreliable_count"].format(**facts)
    if facts["lost"]:
        return say["unreliable_lost"].format(**facts)
    known = not is_blank(facts["low"]) and not is_blank(facts["high"])
    return say["unreliable"].format(**facts, interval=say["shown_interval"].format(**facts) if known else "")
