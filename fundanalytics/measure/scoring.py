"""How a value becomes a share of an item's points: one rule for each scoring type. Pure, arrays only.

Place in the flow: ``score_totals`` takes raw values to points with it, once a rubric (``rubric``) says how an item is scored. It hides the
rounding of decimals that binary fractions cannot hold. It clips nothing in silence: a value that an item cannot have is told by
``above_maximum`` and has no share. ``rubrics/README.md`` lists the types with their formulas.

The rules for targets are those of a fiscal platform in use (公开的预算绩效系统评分规则: 正向, 反向, 等于, 定性三档).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .interval import Floats
from .rubric import Item

# 达成年度指标 [0.8, 1], 部分达成并具有一定效果 [0.6, 0.8), 未达成且效果较差 [0, 0.6)
LEVELS: Mapping[str, float] = {"met": 0.8, "partly": 0.6, "unmet": 0.0}
OPERATORS = {"ge": "at_least", "le": "at_most", "eq": "equal"}  # of the table of targets
SIGNIFICANT = 15  # digits that a spreadsheet keeps
_SLACK = 1e-12  # relative: what binary fractions add to a value on its limit


def share_of(item: Item, values: ArrayLike, *, targets: ArrayLike | None = None, operators: ArrayLike | None = None) -> Floats:
    """The share (0-1) of an item's points that each value earns.

    Parameters
    ----------
    item : Item
        Its ``scoring`` and ``options`` say how.
    values : array
        Raw values, one a subject, in the unit of the item: scores on its scale, shares 0-1 of an indicator, a number of faults. For weighted
        ``elements`` also a table of one row a subject and one column (1 met, 0 not) an element.
    targets, operators : array, optional
        For the types that have a target: each subject's own, before the item's; operators ``ge``, ``le``, ``eq``. Blank: the item's.

    Returns
    -------
    ndarray
        One share a subject; blank where the value is, where the item cannot have it, or where no target (of 0 or more) is known.

    Examples
    --------
    >>> from fundanalytics.measure.rubric import load_rubric
    >>> share_of(load_rubric().item("R1"), [0.97, 0.76, float("nan")]).tolist()
    [1.0, 0.8, nan]
    """
    given = np.asarray(values, dtype="float64")
    with np.errstate(all="ignore"):
        share = _against(item, given, targets, operators) if item.scoring in OPERATORS.values() else _RULES[item.scoring](item, given)
    blank = np.isnan(given).any(axis=-1) if given.ndim == 2 else np.isnan(given)
    return np.where(blank | above_maximum(item, given), np.nan, np.clip(share, 0.0, 1.0))  # of a target, more or less than all


def limits_of(item: Item) -> tuple[float, float]:
    """The lowest and the highest value that an item can have; infinite where there is no such limit."""
    options = item.options
    if item.scoring in ("rating", "levels", "formula"):
        return 0.0, float(options.get("scale", 1.0 if item.scoring == "formula" else item.points))
    if item.scoring == "elements":
        return 0.0, float(sum(_weights(item)))
    if item.scoring == "likert":
        return min(options["scores"]), max(options["scores"])
    return (0.0, np.inf) if item.scoring in ("deduction", "bonus") else (-np.inf, np.inf)


def above_maximum(item: Item, values: ArrayLike) -> NDArray[np.bool_]:
    """Whether each value is one that the item cannot have: above its scale, below 0, more elements than there are. A blank is not."""
    given = np.asarray(values, dtype="float64")
    if given.ndim == 2:
        return np.asarray((~np.isin(given, (0.0, 1.0)) & ~np.isnan(given)).any(axis=1))
    lowest, highest = limits_of(item)
    return np.asarray((given > highest + _SLACK * abs(highest)) | (given < lowest - _SLACK * abs(lowest)))


def level_of(share: ArrayLike, levels: Mapping[str, float] = LEVELS) -> NDArray[np.str_]:
    """The level whose interval a share lies in, so that a level stated beside a score can be held against it; blank outside 0-1.

    Examples
    --------
    >>> level_of([1, 0.8, 0.79, 0.6, 0.59]).tolist()
    ['met', 'met', 'partly', 'partly', 'unmet']
    """
    given = np.asarray(share, dtype="float64")
    lower = sorted(levels.items(), key=lambda pair: -pair[1])
    reached = [given >= limit - _SLACK for _, limit in lower]
    code = np.select(reached, [np.array(name) for name, _ in lower], "")
    return np.where((given < 0) | (given > 1 + _SLACK), "", code)


def round_half_up(x: ArrayLike, decimals: int) -> Floats:
    """Numbers rounded as a spreadsheet's ROUND does: halves away from zero, of the 15 digits that it keeps.

    Binary fractions hold no 2.675; the nearest lies below. Only numbers that near a half are looked at digit by digit.

    Examples
    --------
    >>> round_half_up([2.675, 1.005, -0.5, 89.995], 2).tolist(), float(round_half_up(-0.5, 0))
    ([2.68, 1.01, -0.5, 90.0], -1.0)
    """
    given = np.asarray(x, dtype="float64")
    power = 10.0**decimals
    kept = np.abs(given) < 10.0**SIGNIFICANT / power  # larger ones, and blanks, stay as they are
    scaled = np.abs(np.where(kept, given, 0.0)) * power
    rounded = np.asarray(np.where(kept, np.copysign(np.floor(scaled + 0.5) / power, given), given))
    near = kept & (np.abs(scaled - np.floor(scaled) - 0.5) <= 10.0 ** (1 - SIGNIFICANT) * scaled)
    rounded[near] = [_decimal(value, decimals) for value in given[near]]
    return rounded + 0.0  # no -0


def _decimal(value: float, decimals: int) -> float:
    return float(Decimal(f"{value:.{SIGNIFICANT}g}").quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


# --- the rules ---------------------------------------------------------------------------------------------------------


def _against(item: Item, values: Floats, targets: ArrayLike | None, operators: ArrayLike | None) -> Floats:
    """``at_least``, ``at_most``, ``equal``: against the subject's own target, or the item's; a target below 0 has no rule. Not yet within 0-1."""
    own = np.full(values.shape, np.nan) if targets is None else np.broadcast_to(np.asarray(targets, dtype="float64"), values.shape)
    target = np.where(np.isnan(own), float(item.options.get("target", np.nan)), own)
    said = np.asarray("" if operators is None else operators, dtype=object)
    way = np.broadcast_to(np.vectorize(lambda o: OPERATORS.get(o, item.scoring), otypes=[object])(said) if values.size else said, values.shape)
    ratio = values / target
    above = target / values if item.options.get("variant") == "ratio" else 1 - (values - target) / target
    most = np.where(values <= target, 1.0, above)
    nought = np.where(way == "at_least", values >= 0, values <= 0)
    share = np.where(target > 0, np.where(way == "at_most", most, ratio), nought)
    return np.where(target >= 0, share, np.nan)


def _scaled(item: Item, values: Floats) -> Floats:
    return values / limits_of(item)[1]


def _condition(item: Item, values: Floats) -> Floats:
    return (values != 0).astype("float64")


def _weights(item: Item) -> list[float]:
    """The weight of each element; a number of elements counts one each."""
    said: Any = item.options["elements"]
    return list(said.values()) if isinstance(said, Mapping) else [1.0] * int(said)


def _elements(item: Item, values: Floats) -> Floats:
    weights = np.array(_weights(item))
    return (values @ weights if values.ndim == 2 else values) / math.fsum(weights)


def _deduction(item: Item, values: Floats) -> Floats:
    return np.maximum(100 - item.options.get("per", 1) * values, item.options.get("floor", 0)) / 100


def _likert(item: Item, values: Floats) -> Floats:
    scores = sorted(item.options["scores"].items())
    return np.interp(values, [level for level, _ in scores], [share for _, share in scores])


def _bonus(item: Item, values: Floats) -> Floats:
    return values / item.points  # the cap is the rule, so more is worth as much


_RULES: dict[str, Callable[[Item, Floats], Floats]] = {
    "rating": _scaled, "levels": _scaled, "formula": _scaled, "condition": _condition, "elements": _elements, "deduction": _deduction, "likert": _likert,
    "bonus": _bonus,
}  # fmt: skip
