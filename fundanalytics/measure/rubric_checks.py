"""What a rubric must be: its keys, words and numbers, and how they hang together. Bytes → values, and every fault with its place.

Place in the flow: below ``rubric``, above ``rubric_file``. All faults are collected before anything is raised. It judges whether a rubric
can be scored and adds up, never whether its points are fair.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..data.areas import years
from ..data.schema import HONOUR_LEVELS, WORK_CLASSES
from ..errors import ArgumentError, near_misses
from .definitions import INDICATORS, RATIO, SCORE, SHARE, TIMES
from .formula import NAMES, evaluate_expression, names_in
from .rubric_file import LARGEST, Fault, Sheet, Steps, read

__all__ = ["LARGEST", "SOURCES", "VALUES", "Fault", "checked", "faults_of"]
SOURCES = ("self", "peer", "district", "survey")
VALUES = ("assessments", "panel_scores", "honours", "rectifications", "formula")  # and every indicator
TALL = {SHARE: 1.0, RATIO: 10.0, TIMES: 10.0, SCORE: 100.0}  # higher than any target or scale: 95 where 0.95 is meant would score everybody nearly 0
CLOSE = 5e-4  # shares and weights are written with three digits


@dataclass(frozen=True)
class Kind:
    """What a value must be: as a fault tells it, and as a test."""

    expected: str
    fits: Callable[[Any], bool]


def _number(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)


def _text(x: Any) -> bool:
    return isinstance(x, str) and bool(x.strip())


def _numbers(x: Any, lowest: float, highest: float = math.inf) -> bool:
    """Names or numbers → numbers within limits."""
    return isinstance(x, dict) and bool(x) and all(_number(v) and lowest <= v <= highest for v in x.values())


def _period(x: Any) -> bool:
    try:
        return bool(years(str(x)))
    except ArgumentError:
        return False


def _rising(x: Any) -> bool:
    pairs = sorted(x.items()) if _numbers(x, 0, 1) and all(map(_number, x)) else []
    return len(pairs) > 1 and all(a[1] <= b[1] for a, b in pairwise(pairs))


def _falling(x: Any) -> bool:
    values = list(x.values()) if _numbers(x, 0, 1) and all(map(_text, x)) else [1]
    return min(values) == 0 and values == sorted(set(values), reverse=True)


TEXT = Kind("…", _text)
OPTIONAL_TEXT = Kind('"" | …', lambda x: isinstance(x, str))
CODE = Kind("B01 | usage | …", lambda x: isinstance(x, str) and bool(re.fullmatch(r"[\w-]{1,40}", x)))
WORDS = Kind("{zh: …, en: …}", lambda x: isinstance(x, dict) and set(x) == {"zh", "en"} and all(map(_text, x.values())))
ABOVE_0 = Kind("> 0", lambda x: _number(x) and x > 0)
FROM_0 = Kind("≥ 0", lambda x: _number(x) and x >= 0)
SHARE_OF_1 = Kind("0 < … ≤ 1", lambda x: _number(x) and 0 < x <= 1)
DECIMALS = Kind("0 | 1 | 2 | 3 | 4", lambda x: isinstance(x, int) and not isinstance(x, bool) and 0 <= x <= 4)
YES_NO = Kind("true | false", lambda x: isinstance(x, bool))
PERIODS = Kind("[] | [2020] | [2018-2020]", lambda x: isinstance(x, list) and all(map(_period, x)))
TEXTS = Kind("[…]", lambda x: isinstance(x, list) and all(map(_text, x)))
# notes of a total that stands
NOTES = ("joined_areas", "rescaled", "small_sample", "unknown_assessor", "unscored_items", "without_district", "without_peer", "without_self", "without_survey")
NOTED = Kind(f"[{' | '.join(NOTES)}]", lambda x: isinstance(x, list) and all(note in NOTES for note in x))
ROWS = Kind("- {code: …}", lambda x: isinstance(x, list) and bool(x) and all(isinstance(row, dict) for row in x))
OPTIONS = Kind("{…: …}", lambda x: isinstance(x, dict))
WEIGHTS = Kind("{self: 1, peer: 2, district: 4}", lambda x: _numbers(x, 0) and all(v > 0 for v in x.values()))
SHARES = Kind("{self: 0.1, …}", lambda x: _numbers(x, 0, 1))
WORK = Kind(f"[{', '.join(WORK_CLASSES)}]", lambda x: isinstance(x, list) and all(v in [*WORK_CLASSES] for v in x) and len(set(x)) == len(x))
ELEMENTS = Kind("4 | {…: 2, …: 1}", lambda x: (isinstance(x, int) and not isinstance(x, bool) and 0 < x <= 100) or (_numbers(x, 0) and min(x.values()) > 0))
LEVELS = Kind("{met: 0.8, partly: 0.6, unmet: 0}", _falling)
MAP = Kind("{20: 0, 60: 0.6, 100: 1}", _rising)
BONUSES = Kind(f"{{{': 1, '.join(HONOUR_LEVELS)}: 1}}", lambda x: _numbers(x, 0) and set(x) <= set(HONOUR_LEVELS))
FLOOR = Kind("0 … 100", lambda x: _number(x) and 0 <= x <= 100)

# key → what it must be (a kind, or a choice of words), and whether it must be there
Spec = dict[str, tuple[Kind | tuple[str, ...], bool]]
TOP: Spec = {
    "id": (CODE, True), "version": (TEXT, True), "title": (WORDS, True), "document": (OPTIONAL_TEXT, True), "status": (("assumed", "official"), True),
    "years": (PERIODS, True), "unit": (("community", "project"), True), "decides": (SOURCES, True), "source": (TEXT, True), "parts": (ROWS, True),
    "items": (ROWS, True), "bands": (ROWS, True), "decimals": (DECIMALS, False), "maximum": (ABOVE_0, False), "cap": (ABOVE_0, False),
    "needed": (SHARE_OF_1, False), "aggregate": (("mean",), False), "unranked": (NOTED, False), "shares": (SHARES, False),
}  # fmt: skip
PART: Spec = {"code": (CODE, True), "title": (WORDS, True), "points": (ABOVE_0, True)}
BAND: Spec = {"code": (CODE, True), "title": (WORDS, True), "lower": (FROM_0, True)}
_TARGET: Spec = {"target": (FROM_0, True)}
_SCALE: Spec = {"scale": (ABOVE_0, False)}
SCORING: dict[str, Spec] = {
    "rating": _SCALE, "levels": _SCALE | {"levels": (LEVELS, False)}, "at_least": _TARGET, "equal": _TARGET,
    "at_most": _TARGET | {"variant": (("ratio",), False)}, "elements": {"elements": (ELEMENTS, True)},
    "deduction": {"per": (ABOVE_0, False), "floor": (FLOOR, False)}, "likert": {"scores": (MAP, True)}, "bonus": {}, "formula": _SCALE, "condition": {},
}  # fmt: skip
ITEM: Spec = {
    "code": (CODE, True), "part": (CODE, True), "title": (WORDS, True), "points": (ABOVE_0, True), "scoring": (tuple(SCORING), True),
    "sources": (WEIGHTS, True), "value": (TEXT, True), "source": (TEXT, True), "options": (OPTIONS, False), "missing": (("others", "zero"), False),
    "bonus": (YES_NO, False), "evidence": (WORDS, False), "record": (CODE, False), "group": (WORDS, False), "classes": (WORK, False),
}  # fmt: skip
# options that the origin of the value asks for
ORIGINS: dict[str, Spec] = {"formula": {"expression": (TEXT, True)}, "honours": {"scores": (BONUSES, True)}, "rectifications": {"about": (TEXTS, False)}}


def faults_of(content: bytes) -> tuple[Any, list[Fault]]:
    """What the file of a rubric says, and all that is wrong with it, in the order of its lines."""
    return checked(read(content))


def checked(sheet: Sheet) -> tuple[Any, list[Fault]]:
    """What was read, from YAML or a workbook, and all that is wrong with it."""
    if sheet.said is not None:
        _keys(sheet, (), sheet.said, TOP)
        for name, spec in (("parts", PART), ("bands", BAND), ("items", ITEM)):
            for n, row in _rows(sheet, name):
                _keys(sheet, (name, n), row, spec)
            _codes(sheet, name)
        for n, item in _rows(sheet, "items"):
            _item(sheet, ("items", n), item)
        _whole(sheet)
    return sheet.said, sheet.faults()


def _rows(sheet: Sheet, name: str) -> list[tuple[int, dict[Any, Any]]]:
    rows = sheet.said.get(name)
    return [(n, row) for n, row in enumerate(rows) if isinstance(row, dict)] if isinstance(rows, list) else []


def _known(sheet: Sheet, name: str) -> list[str]:
    return [str(row.get("code")) for _, row in _rows(sheet, name)]


def _keys(sheet: Sheet, steps: Steps, said: dict[Any, Any], spec: Spec) -> None:
    """The keys of one mapping: none unknown, none missing, each of its kind."""
    for key in said:
        if key not in spec:
            sheet.wrong((*steps, key), "rubric_unknown_key", key, " | ".join(near_misses(key, spec) or spec))
    for key, (kind, needed) in spec.items():
        if key not in said:
            if needed:
                sheet.wrong((*steps, key), "rubric_missing_key", key, kind.expected if isinstance(kind, Kind) else " | ".join(kind))
        elif isinstance(kind, tuple):
            _word(sheet, (*steps, key), said[key], kind)
        elif not kind.fits(said[key]):
            sheet.wrong((*steps, key), "rubric_wrong_value", _shown(said[key]), kind.expected)


def _shown(value: Any) -> Any:
    return "–" if value is None else str(value).lower() if isinstance(value, bool) else value


def _word(sheet: Sheet, steps: Steps, said: Any, choices: Iterable[str], told: Iterable[str] = ()) -> None:
    choices = list(choices)
    if said not in choices:
        sheet.wrong(steps, "rubric_unknown_word", _shown(said), " | ".join(near_misses(said, choices) or told or choices))


def _codes(sheet: Sheet, name: str) -> None:
    """No code twice; nor two items for one record of the data."""
    seen: dict[object, str] = {}
    for n, row in _rows(sheet, name):
        code = row.get("code")
        if not isinstance(code, str):
            continue
        if code in seen.values():
            sheet.wrong((name, n, "code"), "rubric_code_twice", code, name)
        record, classes = row.get("record", code), row.get("classes")
        of = [(str(record), str(kind)) for kind in (classes if isinstance(classes, list) and classes else WORK_CLASSES)]
        if name == "items" and code not in seen.values() and seen.keys() & set(of):
            sheet.wrong((name, n, "record"), "rubric_code_twice", record, name)
        seen |= dict.fromkeys(of, code)


# --- one item ----------------------------------------------------------------------------------------------------------


def _item(sheet: Sheet, steps: Steps, item: dict[Any, Any]) -> None:
    value, scoring, options = item.get("value"), item.get("scoring"), item.get("options", {})
    if isinstance(value, str):
        _word(sheet, (*steps, "value"), value, (*VALUES, *NAMES), (*VALUES, *INDICATORS))
    if "part" in item and _known(sheet, "parts"):
        _word(sheet, (*steps, "part"), item["part"], _known(sheet, "parts"))
    if isinstance(options, dict) and isinstance(scoring, str) and scoring in SCORING:
        origin = ORIGINS.get(value, {}) if isinstance(value, str) else {}
        _keys(sheet, (*steps, "options"), options, SCORING[scoring] | origin)
        _expression(sheet, (*steps, "options", "expression"), options.get("expression"))
        _heights(sheet, (*steps, "options"), value, options)
        for code in options.get("about", []) if isinstance(options.get("about", []), list) else []:
            _word(sheet, (*steps, "options", "about"), code, _known(sheet, "items"))
    _together(sheet, steps, item, sheet.said.get("unit"))
    if WEIGHTS.fits(item.get("sources")):
        _sources(sheet, (*steps, "sources"), item["sources"], value)


def _together(sheet: Sheet, steps: Steps, item: dict[Any, Any], unit: object) -> None:
    """How a value is scored, and for what, must fit where it is from."""
    value, scoring = item.get("value"), item.get("scoring")
    if scoring in ("formula", "condition") and value != "formula":
        sheet.wrong((*steps, "value"), "rubric_not_together", f"{scoring} + {value}", f"{scoring} + formula")
    options = item.get("options")
    measured, scaled = str(value).partition(":")[0] in INDICATORS, isinstance(options, dict) and "scale" in options
    if measured and (scoring in ("levels", "elements", "deduction", "bonus") or (scoring == "rating" and not scaled)):
        sheet.wrong((*steps, "scoring"), "rubric_not_together", f"{value} + {scoring}", f"{value} + at_least | at_most | equal | likert | rating (scale)")
    if value == "honours" and scoring != "bonus":
        sheet.wrong((*steps, "scoring"), "rubric_not_together", f"honours + {scoring}", "honours + bonus")
    if unit in ("community", "project") and (value == "panel_scores") != (unit == "project"):
        sheet.wrong((*steps, "value"), "rubric_not_together", f"{unit} + {value}", "project + panel_scores | community + …")
    if unit == "community" and item.get("classes"):
        sheet.wrong((*steps, "classes"), "rubric_not_together", "community + classes", "project + classes")


def _sources(sheet: Sheet, steps: Steps, sources: dict[Any, float], value: object) -> None:
    """Known sources, that can score such a value, with weights: whole numbers as 1:2:4, or shares that sum to 1."""
    for source in sources:
        _word(sheet, (*steps, source), source, SOURCES)
    if value == "assessments" and "survey" in sources:
        sheet.wrong((*steps, "survey"), "rubric_not_together", "assessments + survey", "assessments + self | peer | district")
    if value != "assessments" and len(sources) > 1:
        sheet.wrong(steps, "rubric_not_together", f"{value} + {', '.join(map(str, sources))}", f"{value} + 1")
    whole = all(float(weight).is_integer() for weight in sources.values())
    if not whole and abs(sum(sources.values()) - 1) > CLOSE * len(sources):
        sheet.wrong(steps, "rubric_weights_differ", f"{sum(sources.values()):g}", "1")


def _expression(sheet: Sheet, steps: Steps, said: Any) -> None:
    if not _text(said):
        return
    try:
        evaluate_expression(said, dict.fromkeys(NAMES, math.nan))
    except ArgumentError as error:
        sheet.wrong(steps, "rubric_bad_formula", error.facts["found"], error.facts["expected"])
        return
    if not names_in(said):
        sheet.wrong(steps, "rubric_bad_formula", said, " | ".join(INDICATORS))


def _heights(sheet: Sheet, steps: Steps, value: object, options: dict[Any, Any]) -> None:
    """Targets and scales in the unit of their indicator: shares are 0-1."""
    indicator = INDICATORS.get(str(value).partition(":")[0])
    highest = TALL.get(indicator.unit, math.inf) if indicator else math.inf
    scores = options.get("scores")
    levels: dict[Steps, Any] = {("scores", level): level for level in scores} if isinstance(scores, dict) else {}
    numbers: dict[Steps, Any] = {("target",): options.get("target"), ("scale",): options.get("scale")} | levels
    for key, number in numbers.items():
        if _number(number) and number > highest:
            sheet.wrong((*steps, *key), "rubric_wrong_value", number, f"≤ {highest:g}")


# --- the whole ---------------------------------------------------------------------------------------------------------


def _sound(sheet: Sheet, name: str, *keys: str) -> bool:
    """Whether nothing is wrong with what a sum rests on, so that no fault is told twice."""
    return not any(steps[:1] == (name,) and (len(steps) < 3 or steps[2] in keys) for steps, *_ in sheet.wrongs)


def _whole(sheet: Sheet) -> None:
    said = sheet.said
    maximum = float(said["maximum"]) if ABOVE_0.fits(said.get("maximum")) else 100.0
    if ABOVE_0.fits(said.get("cap")) and said["cap"] < maximum:
        sheet.wrong(("cap",), "rubric_wrong_value", said["cap"], f"≥ {maximum:g}")
    if said.get("status") == "official" and said.get("document") == "":
        sheet.wrong(("document",), "rubric_wrong_value", '""', "…")
    if _sound(sheet, "bands", "lower"):
        _bands(sheet, [band["lower"] for band in said["bands"]], maximum)
    if _sound(sheet, "parts", "code", "points") and _sound(sheet, "maximum"):
        _same(sheet, ("parts",), sum(part["points"] for part in said["parts"]), maximum)
        if _sound(sheet, "items", "part", "points", "classes", "bonus"):
            _points(sheet)
    if _sound(sheet, "items", "points", "bonus", "sources"):
        _shares(sheet)


def _bands(sheet: Sheet, lower: list[float], maximum: float) -> None:
    """From the best down to 0, within the maximum: every total has one grade."""
    for n, (limit, above) in enumerate(zip(lower, [math.inf, *lower], strict=False)):
        if limit >= above:
            sheet.wrong(("bands", n, "lower"), "rubric_bands", limit, f"< {above:g}")
        elif limit > maximum:
            sheet.wrong(("bands", n, "lower"), "rubric_bands", limit, f"≤ {maximum:g}")
    if lower[-1] != 0:
        sheet.wrong(("bands", len(lower) - 1, "lower"), "rubric_bands", lower[-1], "0")


def _same(sheet: Sheet, steps: Steps, found: float, expected: float, of: str = "") -> None:
    if abs(found - expected) > 1e-9:
        sheet.wrong(steps, "rubric_points_differ", f"{found:g}{of}", f"{expected:g}")


def _points(sheet: Sheet) -> None:
    """The items of a part add up to it, for each kind of work where sheets differ by it."""
    items = [item for item in sheet.said["items"] if not item.get("bonus")]
    kinds = list(WORK_CLASSES) if any(item.get("classes") for item in items) else [""]
    for n, part in enumerate(sheet.said["parts"]):
        for kind in kinds:
            mine = [i["points"] for i in items if i["part"] == part["code"] and (not i.get("classes") or kind in i["classes"])]
            _same(sheet, ("parts", n, "points"), sum(mine), part["points"], f" ({kind})" if kind else "")


def _shares(sheet: Sheet) -> None:
    """The source that decides scores something; shares that are stated are those that the points give."""
    items = [item for item in sheet.said["items"] if not item.get("bonus")]
    points: dict[str, float] = {}
    for item in items:
        for source, weight in item["sources"].items():
            points[source] = points.get(source, 0.0) + item["points"] * weight / sum(item["sources"].values())
    if points and sheet.said.get("decides") in SOURCES:
        _word(sheet, ("decides",), sheet.said["decides"], points)
    stated = sheet.said.get("shares")
    for source in {**points, **stated} if points and SHARES.fits(stated) else ():
        share = points.get(source, 0.0) / sum(points.values())
        if abs(stated.get(source, 0.0) - share) > CLOSE:
            sheet.wrong(("shares", source), "rubric_share_differs", stated.get(source, 0.0), f"{share:.4g}")
