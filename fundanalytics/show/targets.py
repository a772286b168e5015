"""The targets set beforehand (绩效目标) beside what was reached.

Beside ``annexes``. A target is reached or not as the figure says; of an estimate only where its whole interval lies on one side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..data.areas import years
from ..data.dataset import Dataset
from ..measure.definitions import INDICATORS
from .annexes import stamps
from .facts import is_full_count
from .formats import BLANK, Sentence, amount, is_blank, limits, number, plain
from .labels import label, period_label
from .tables import Table
from .target_words import TARGETS as TEXT

COLUMNS = ("indicator", "target", "value", "limits", "verdict")
NEAR = 1e-9


def target_table(dataset: Dataset, table: pd.DataFrame, area: str, period: str, lang: str = "zh") -> Table | Sentence:
    """What was aimed at for an area and its period, what was reached, and whether that is enough.

    Use: in the chapter on targets. A survey's value is held against its target by its interval, which may leave the question open.

    Parameters
    ----------
    dataset : Dataset
        With ``targets``.
    table : DataFrame
        The released indicator table of the period; the main definition of each indicator counts.
    area, period : str
    lang : str
        ``zh`` or ``en``.

    Returns
    -------
    Table
        One line per target; its own unit and no verdict where it is about none of our indicators. A sentence where no target was reported.
    """
    targets = dataset.targets
    targets = targets[targets["area_code"].eq(area) & targets["period"].isin(years(period))]
    if targets.empty:
        return Sentence(TEXT[lang]["none"].format(period=period_label(period, lang)))
    rows = [_line(target, _reached(table, str(target["item_code"]), area), lang) for target in targets.to_dict("records")]
    columns = [name for name in COLUMNS if any(row[name] != BLANK for row in rows)]
    cells = pd.DataFrame(rows, columns=columns)
    return Table(cells, {name: TEXT[lang]["headings"][name] for name in columns}, TEXT[lang]["caption"], stamps(dataset, lang))


def _reached(table: pd.DataFrame, indicator: str, area: str) -> dict[str, Any] | None:
    """The area's row of an indicator on its main definition."""
    if indicator not in INDICATORS:
        return None
    main = next(iter(INDICATORS[indicator].bases))
    rows = table[table["indicator"].eq(indicator) & table["basis"].eq(main) & table["area_code"].eq(area)]
    return dict(rows.iloc[0]) if len(rows) else None


def _line(target: Mapping[str, Any], row: dict[str, Any] | None, lang: str) -> dict[str, str]:
    say, code = TEXT[lang], str(target["item_code"])
    known = INDICATORS.get(code)
    unit = "" if is_blank(target["unit"]) else plain(target["unit"])
    aimed = amount(target["target"], known.unit, lang) if known else f"{number(target['target'])}{unit}"
    told = say.get(str(target["operator"]), "{target}").format(target=aimed)
    line = {"indicator": label(code, lang, "indicator"), "target": told, "value": BLANK, "limits": BLANK, "verdict": BLANK}
    if row is None or is_blank(row["value"]):
        return line | {"verdict": say["no_value"] if row is not None else BLANK}
    return line | {"value": amount(row["value"], row["unit"], lang), "limits": limits(row["lower"], row["upper"], row["unit"], lang=lang),
                   "verdict": say[verdict(str(target["operator"]), float(target["target"]), row)]}  # fmt: skip


def verdict(operator: str, target: float, row: Mapping[str, Any]) -> str:
    """``reached``, ``missed`` or ``open``: a full count by its value, an estimate by the ends of its interval (without one it is open)."""
    ends = [row["value"]] if is_full_count(row) else [row["lower"], row["upper"]]
    if any(is_blank(end) for end in ends) or operator not in ("ge", "le", "eq"):
        return "open"
    sides = {"ge": [float(end) >= target - NEAR for end in ends], "le": [float(end) <= target + NEAR for end in ends],
             "eq": [abs(float(end) - target) <= NEAR for end in ends]}[operator]  # fmt: skip
    return "reached" if all(sides) else "open" if any(sides) else "missed"
