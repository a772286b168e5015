"""The package's rules of scoring as formulas of a spreadsheet. References in, text out; pure.

Place in the flow: below ``score_parts`` and ``scorebook``, which know where the cells are. Only functions that Excel 2010 and WPS have
(``FUNCTIONS``). ``measure.scoring`` and ``measure.score_totals`` are what these formulas must agree with; a test has them computed by another program.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..measure.formula import names_in
from ..measure.rubric import Item
from ..measure.scoring import LEVELS

FUNCTIONS = ("AND", "AVERAGE", "AVERAGEIF", "COUNT", "COUNTIF", "IF", "IFERROR", "INDEX", "ISNUMBER", "MATCH", "MAX", "MIN", "OR", "RANK", "ROUND", "SUM",
             "SUMPRODUCT")  # fmt: skip
LINEAR = ("rating", "levels", "elements")  # value ÷ scale
TARGETED = ("at_least", "at_most", "equal")
_WRITTEN = {"×": "*", "÷": "/", "≥": ">=", "≤": "<=", "−": "-", "==": "=", "!=": "<>", "min": "MIN", "max": "MAX"}


@dataclass(frozen=True)
class Cells:
    """Where the numbers of an item's rule stand."""

    points: str
    scale: str = ""
    target: str = ""
    operator: str = ""  # the cell of its sign, where it differs between rows
    per: str = ""
    floor: str = ""
    levels: Sequence[tuple[str, str]] = field(default=())


@dataclass(frozen=True)
class Given:
    """One source of an item in one row: the cells that hold its numbers or its share (``cells``), that share, and its weight."""

    source: str
    cells: str
    share: str
    weight: str


@dataclass(frozen=True)
class Marks:
    """What stands where there is no number."""

    not_applicable: str
    missing: str


def quoted(text: str) -> str:
    """A text as a formula holds it."""
    return '"' + text.replace('"', '""') + '"'


def sheet(name: str) -> str:
    """The beginning of a reference to another sheet."""
    return "'" + name.replace("'", "''") + "'!"


# --- a value → its share of the points ---------------------------------------------------------------------------------


def share(item: Item, way: str, raw: str, cells: Cells, marks: Marks) -> str:
    """The share (0-1) that the values of one source earn, or the mark that stands in their place.

    ``way`` is the rule where the data name one (``at_least`` …), else the item's scoring; blank where ``cells.operator`` names it row by row.
    """
    x = f"AVERAGE({raw})" if ":" in raw else raw
    rule = _by_sign(item, x, cells) if not way else _RULES[way](item, x, cells)
    known = _within(item, x, cells)
    rule = f"IF({known},{rule},{quoted(marks.missing)})" if known else rule
    return f"IF(COUNT({raw})=0,{_mark(raw, marks)},{rule})"


def _mark(cells: str, marks: Marks) -> str:
    return f"IF({_says(cells, marks)}>0,{quoted(marks.not_applicable)},{quoted(marks.missing)})"


def _within(item: Item, x: str, cells: Cells) -> str:
    """What must hold for a share to be known: a target, a value that the item can have."""
    if item.scoring in TARGETED:
        return f"AND(COUNT({cells.target})>0,{cells.target}>=0)"
    if item.scoring == "likert":
        return f"AND({x}>={cells.levels[0][0]},{x}<={cells.levels[-1][0]})"
    if item.scoring in ("deduction", "bonus"):
        return f"{x}>=0"
    return "" if item.scoring == "condition" else f"AND({x}>=0,{x}<={cells.scale})"


def _by_sign(item: Item, x: str, cells: Cells) -> str:
    least, most, equal = (_RULES[way](item, x, cells) for way in TARGETED)
    return f'IF({cells.operator}="≥",{least},IF({cells.operator}="≤",{most},{equal}))'


def _at_least(item: Item, x: str, cells: Cells) -> str:
    return f"IF({cells.target}>0,{_reached(x, cells)},IF({x}>=0,1,0))"


def _equal(item: Item, x: str, cells: Cells) -> str:
    return f"IF({cells.target}>0,{_reached(x, cells)},IF({x}<=0,1,0))"


def _reached(x: str, cells: Cells) -> str:
    return f"IF({x}>={cells.target},1,MAX({x}/{cells.target},0))"


def _at_most(item: Item, x: str, cells: Cells) -> str:
    t = cells.target
    beyond = f"{t}/{x}" if item.options.get("variant") == "ratio" else f"MAX(1-({x}-{t})/{t},0)"
    return f"IF({t}>0,IF({x}<={t},1,{beyond}),IF({x}<=0,1,0))"


def _scaled(item: Item, x: str, cells: Cells) -> str:
    return f"{x}/{cells.scale}"


def _deduction(item: Item, x: str, cells: Cells) -> str:
    return f"MAX(100-{cells.per}*{x},{cells.floor})/100"


def _likert(item: Item, x: str, cells: Cells) -> str:
    """Straight lines between the levels, the lowest two first."""
    text = ""
    for (low, below), (high, above) in zip(cells.levels[-2::-1], cells.levels[:0:-1], strict=True):
        line = f"{below}+({x}-{low})/({high}-{low})*({above}-{below})"
        text = f"IF({x}<={high},{line},{text})" if text else line
    return text


_RULES: dict[str, Callable[[Item, str, Cells], str]] = {
    "at_least": _at_least, "at_most": _at_most, "equal": _equal, "rating": _scaled, "levels": _scaled, "elements": _scaled, "formula": _scaled,
    "deduction": _deduction, "likert": _likert, "bonus": lambda item, x, cells: f"MIN({x}/{cells.points},1)",
    "condition": lambda item, x, cells: f"IF({x}<>0,1,0)",
}  # fmt: skip


def expression(text: str, cells: Mapping[str, str], marks: Marks) -> str:
    """The formula of a rubric over the cells of its indicators; the mark where one of them is not known or something is divided by 0."""
    names = sorted(names_in(text), key=len, reverse=True)
    pattern = "|".join([*(rf"{re.escape(name)}(?![\w:])" for name in names), "[=!]=", "[×÷≥≤−]", r"\b(?:min|max)\b"])
    plain = unicodedata.normalize("NFKC", text)
    written = re.sub(pattern, lambda found: cells.get(found[0], _WRITTEN.get(found[0], found[0])), plain)
    missing = quoted(marks.missing)
    return f"IF(COUNT({','.join(cells[name] for name in names)})<{len(names)},{missing},IFERROR(({written})*1,{missing}))"


# --- shares → points ---------------------------------------------------------------------------------------------------


def item_points(item: Item, given: Sequence[Given], points: str, *, decides: str, decimals: int, marks: Marks) -> str:
    """The points of an item: its sources by their weights, those that did not score left out; or the mark that stands in their place."""
    every = _together([one.cells for one in given])
    none = f"COUNT({every})=0"
    word = next((one.cells for one in given if one.source == decides), every)
    test = f"AND(COUNT({word})=0,{_says(word, marks)}>0)"
    got = f"ROUND({points}*{_mean(item, given)},{decimals})"
    if item.missing != "zero":
        got = f"IF({none},{quoted(marks.missing)},{got})"
    return f"IF({test},{quoted(marks.not_applicable)},{got})"


def _says(cells: str, marks: Marks) -> str:
    return f"COUNTIF({cells},{quoted(marks.not_applicable)})"


def _together(cells: Sequence[str]) -> str:
    """The cells of all sources, as one range: they stand side by side in a row."""
    return cells[0] if len(cells) == 1 else f"{cells[0].partition(':')[0]}:{cells[-1].rpartition(':')[2]}"


def _mean(item: Item, given: Sequence[Given]) -> str:
    """The mean share by the weights of the sources that count."""
    if len(given) == 1:
        return f"IF(COUNT({given[0].cells})>0,{given[0].share},0)" if item.missing == "zero" else given[0].share
    got = "+".join(f"IF(COUNT({one.cells})>0,{one.weight}*{one.share},0)" for one in given)
    counts = "+".join(one.weight if item.missing == "zero" else f"IF(COUNT({one.cells})>0,{one.weight},0)" for one in given)
    return f"({got})/({counts})"


def attained(got: str, points: str, names: Mapping[str, str]) -> str:
    """The level that the points of an item fall in, by the lower end of each; blank without points."""
    text = quoted("")
    for code, lower in sorted(LEVELS.items(), key=lambda level: level[1]):
        text = f"IF(ROUND({got}/{points},12)>={lower:g},{quoted(names[code])},{text})"
    return f"IF(COUNT({got})=0,{quoted('')},{text})"


# --- sums, totals, grades, ranks ---------------------------------------------------------------------------------------


def part_points(cells: Sequence[str], decimals: int) -> str:
    return f'IF(COUNT({",".join(cells)})=0,"",ROUND(SUM({",".join(cells)}),{decimals}))' if cells else '""'


def scored_maximum(cells: Sequence[tuple[str, str]]) -> str:
    """The points of the items that have a number; ``cells``: of the item's points got, and of its maximum."""
    return "+".join(f"COUNT({got})*{maximum}" for got, maximum in cells) or "0"


def asked_maximum(cells: Sequence[tuple[str, str]], marks: Marks) -> str:
    """The points of the items that apply: those with a number and those that nobody scored."""
    return "+".join(f"(COUNT({got})+COUNTIF({got},{quoted(marks.missing)}))*{maximum}" for got, maximum in cells) or "0"


def found(column: str, key: str, keys: str) -> str:
    """The cell of a column on the row of a key, wherever the rows were sorted to."""
    return f"INDEX({column},MATCH({key},{keys},0))"


def total(parts: str, scored: str, bonus: str, *, maximum: str, cap: str, needed: str, decimals: int) -> str:
    """The parts over what was scored, of the maximum, with the bonus up to the cap; blank where too little was scored."""
    whole = f"ROUND(SUM({parts})/{scored}*{maximum},{decimals})"
    return f'IF(OR({scored}=0,{scored}<{needed}*{maximum}),"",ROUND(MIN({cap},{whole}{f"+{bonus}" if bonus else ""}),{decimals}))'


def grade(total: str, bands: Sequence[tuple[str, str]]) -> str:
    """The title of the first band, from the best down, whose lower limit is reached; ``bands``: cells of title and limit."""
    text = '""'
    for title, lower in reversed(bands):
        text = f"IF({total}>={lower},{title},{text})"
    return f'IF(ISNUMBER({total}),{text},"")'


def rank(total: str, totals: str, ranked: str = "", all_ranked: str = "", yes: str = "") -> str:
    """Competition rank; with ``ranked``, among the rows that take part."""
    if not ranked:
        return f'IF(ISNUMBER({total}),RANK({total},{totals}),"")'
    better = f"1+SUMPRODUCT(({all_ranked}={quoted(yes)})*ISNUMBER({totals})*({totals}>{total}))"
    return f'IF(AND(ISNUMBER({total}),{ranked}={quoted(yes)}),{better},"")'


def mean_if(keys: str, key: str, values: str, decimals: int) -> str:
    return f'IFERROR(ROUND(AVERAGEIF({keys},{key},{values}),{decimals}),"")'


def mean_of(keys: str, key: str, totals: str, values: str, decimals: int) -> str:
    """The mean of a column over the rows of a key that have a total."""
    rows = f"({keys}={key})*ISNUMBER({totals})*ISNUMBER({values})"
    return f'IFERROR(ROUND(SUMPRODUCT({rows},{values})/SUMPRODUCT({rows}),{decimals}),"")'
